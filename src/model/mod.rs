//! The words every stage shares: plain data that says what was read from one account at one instant.
//!
//! Nothing here does I/O, knows a clock or names an SDK type. Collections are ordered maps, so the same account gives
//! the same bytes. What could not be read is never a default: a [`Listing`] carries the gap that cut it short, an
//! [`Observed`] value is either known or names the gap.

mod aws_enum;
pub mod directconnect;
pub mod ec2;
mod gap;
mod identity;
mod inventory;
mod observed;
pub mod organizations;
pub mod price;
pub mod route53;
pub mod s3;
pub mod traffic;

pub use gap::{Gap, GapId, GapKind};
pub use identity::{Account, GLOBAL, Partition, Tags, is_account_id, is_organization_id, is_region_name, service_slug};
pub use inventory::{INVENTORY_SCHEMA, Inventory, LivePrices, RegionInventory, Scope};
pub use observed::{Listing, Observed};
