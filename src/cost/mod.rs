//! The monthly bill of an inventory: prices by region and date, traffic scaled to a month, and what a change of it saves.
//!
//! Synchronous and pure: reads an `Inventory` and the paths of the network room, knows no clock and no check. Money is decimal.
//! GB are 2^30 bytes, as AWS's tier edges of 10,240 GB show. A figure is measured, bounded (low..high) or absent: what has no price or no
//! traffic that was read is listed as unpriced, and no total includes it.

mod bill;
mod break_even;
mod carried;
mod charges;
mod estimate;
mod money;
mod prices;
mod saving;
mod table;
mod usage;

pub use bill::{Bill, BillLine, Unpriced, monthly};
pub use break_even::{BreakEven, break_even};
pub use carried::Routes;
pub use estimate::{Estimate, EstimateLine, WhatIf, estimate};
pub use money::{UsdRange, cents, exact, rounded};
pub use prices::{Prices, Terms};
pub use saving::saving;
pub use usage::{Measured, Usage};
