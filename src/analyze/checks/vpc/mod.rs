//! Checks of VPCs: routes, NAT gateways, endpoints, peering.

mod vpc_route_blackhole;

use crate::analyze::Check;

/// Every check of this service.
pub(super) static CHECKS: &[&Check] = &[
    &vpc_route_blackhole::CHECK,
];
