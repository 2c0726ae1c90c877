//! First stage: AWS calls in, [`crate::model::Inventory`] out. The only stage that waits on the network.
//!
//! Every call is in the one table of [`calls`], paced by `pacing`, guarded in `aws::guard` and judged in `outcome`: it
//! becomes a value, an absence or a gap. Nothing here judges what was read or prints.

mod aws;
pub mod calls;
mod cloudwatch;
mod directconnect;
mod ec2;
mod error;
mod event;
mod lock;
mod members;
mod organizations;
mod outcome;
mod pacing;
pub mod permissions;
mod pricing;
mod regions;
mod request;
mod route53;
mod s3;
mod s3control;
mod scan;
mod session;

pub(crate) use aws::Callers;
pub(crate) use aws::tape::hide;
pub use error::CollectError;
pub use event::{Event, NullObserver, Observer};
pub use members::{Member, ROLE_NAME, is_role_name, members};
pub(crate) use outcome::failure_in_words;
pub use request::{MAX_LOOKBACK_DAYS, ScanRequest, Transport};
pub use scan::collect;
