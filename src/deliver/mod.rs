//! Where a finished audit goes besides files: a bucket, an SNS topic, Security Hub, an event bus.
//!
//! Beside `collect` the only room that waits on the network, and the only one that writes to AWS: what it writes is natless's own, and where it
//! writes is what somebody named. Each destination fails by itself.

pub mod calls;
mod courier;
mod destinations;
pub mod event_bridge;
pub mod s3;
pub mod security_hub;
pub mod sns;

pub use courier::Courier;
pub use destinations::{Arn, Destinations, EventBus, S3Prefix};
