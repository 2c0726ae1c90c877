//! Which way a packet goes: longest prefix match, security groups, network ACLs, DNS, hops.
//!
//! Synchronous and pure: reads an `Inventory`, knows no clock, no environment and no check. What belongs to another account
//! of the same scan is told by [`Sisters`].
//!
//! What the engine takes as given, because no call tells it: clients ask the Amazon resolver; their own groups let
//! TCP 443 out; whatever stands behind a Gateway Load Balancer endpoint hands packets back unchanged; the way back is not
//! looked at, except in network ACLs. A path is that of the service's ordinary name. Over IPv6 that name has an address
//! only through an endpoint with AAAA records or through DNS64; otherwise the path is that of the dual-stack name.

mod acl;
mod admission;
mod blocks;
#[cfg(test)]
mod brute_force;
mod dns;
mod exposure;
#[cfg(test)]
mod fixtures;
mod index;
mod lookup;
mod matrix;
mod obstacle;
mod path;
mod seen;
mod sisters;
mod targets;
mod transit;
mod walk;

pub use admission::{Admission, Admissions};
pub(crate) use blocks::{covered, covers_public_space, is_reserved, overlap, private_blocks};
pub use exposure::{Transport, WayIn};
pub use index::Network;
pub(crate) use index::group_by;
pub use matrix::{ELSEWHERE, Paths};
pub use obstacle::Obstacle;
pub use path::{Destinations, End, Family, Hop, NatZone, Path, Segment, ranges_by_subnet};
pub use sisters::{Directory, Held, HeldEndpoint, Sisters, Wanted};
