//! Checks of VPCs: routes, NAT gateways, endpoints, peering.

mod connected;
mod endpoint_policies;
mod endpoints;
mod gateway_paths;
mod idle_endpoints;
mod naming_policies;
mod nat_gateways;
mod outside_callers;
mod vpc_dns_attributes_off;
mod vpc_endpoint_bundle_incomplete;
mod vpc_endpoint_not_available;
mod vpc_endpoint_policy_breaks_aws_owned;
mod vpc_endpoint_policy_denies_all;
mod vpc_endpoint_policy_foreign_principals;
mod vpc_endpoint_policy_foreign_resources;
mod vpc_endpoint_policy_full_access;
mod vpc_endpoint_security_group_too_wide;
mod vpc_endpoint_service_any_principal;
mod vpc_flow_logs_blind;
mod vpc_gateway_endpoint_missing;
mod vpc_gateway_endpoint_missing_in_spoke;
mod vpc_gateway_endpoint_shadowed;
mod vpc_gateway_endpoint_unrouted;
mod vpc_gwlb_endpoint_idle;
mod vpc_gwlb_endpoint_unrouted;
mod vpc_gwlb_endpoint_zone_mismatch;
mod vpc_interface_endpoint_blocks_clients;
mod vpc_interface_endpoint_duplicate;
mod vpc_interface_endpoint_idle;
mod vpc_interface_endpoint_private_dns_off;
mod vpc_interface_endpoint_unprofitable;
mod vpc_interface_endpoint_where_gateway_serves;
mod vpc_interface_endpoint_zone_gap;
mod vpc_nat_gateway_cross_zone;
mod vpc_nat_gateway_idle;
mod vpc_nat_gateway_redundant;
mod vpc_peering_no_return_route;
mod vpc_peering_route_too_wide;
mod vpc_route_blackhole;

use crate::analyze::Check;

/// Every check of this service.
pub(super) static CHECKS: &[&Check] = &[
    &vpc_dns_attributes_off::CHECK,
    &vpc_endpoint_bundle_incomplete::CHECK,
    &vpc_endpoint_not_available::CHECK,
    &vpc_endpoint_policy_breaks_aws_owned::CHECK,
    &vpc_endpoint_policy_denies_all::CHECK,
    &vpc_endpoint_policy_foreign_principals::CHECK,
    &vpc_endpoint_policy_foreign_resources::CHECK,
    &vpc_endpoint_policy_full_access::CHECK,
    &vpc_endpoint_security_group_too_wide::CHECK,
    &vpc_endpoint_service_any_principal::CHECK,
    &vpc_flow_logs_blind::CHECK,
    &vpc_gateway_endpoint_missing::CHECK,
    &vpc_gateway_endpoint_missing_in_spoke::CHECK,
    &vpc_gateway_endpoint_shadowed::CHECK,
    &vpc_gateway_endpoint_unrouted::CHECK,
    &vpc_gwlb_endpoint_idle::CHECK,
    &vpc_gwlb_endpoint_unrouted::CHECK,
    &vpc_gwlb_endpoint_zone_mismatch::CHECK,
    &vpc_interface_endpoint_blocks_clients::CHECK,
    &vpc_interface_endpoint_duplicate::CHECK,
    &vpc_interface_endpoint_idle::CHECK,
    &vpc_interface_endpoint_private_dns_off::CHECK,
    &vpc_interface_endpoint_unprofitable::CHECK,
    &vpc_interface_endpoint_where_gateway_serves::CHECK,
    &vpc_interface_endpoint_zone_gap::CHECK,
    &vpc_nat_gateway_cross_zone::CHECK,
    &vpc_nat_gateway_idle::CHECK,
    &vpc_nat_gateway_redundant::CHECK,
    &vpc_peering_no_return_route::CHECK,
    &vpc_peering_route_too_wide::CHECK,
    &vpc_route_blackhole::CHECK,
];
