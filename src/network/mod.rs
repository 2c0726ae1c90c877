//! Which way a packet goes: longest prefix match, security groups, network ACLs, DNS, hops.
//!
//! Synchronous and pure: reads an `Inventory`, knows no clock, no environment and no check.

mod path;

pub use path::{Destinations, End, Family, Hop, NatZone, Path, Segment};
