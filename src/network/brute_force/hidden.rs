//! Takes things out of an account as a scan that failed in part would.

use proptest::prelude::*;

use crate::model::{Inventory, Listing, Observed};
use crate::network::fixtures::{REGION, gap};

/// One call that failed: which one, and which of the things it lists are missing, by their places.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hidden {
    kind: usize,
    missing: u32,
}

/// Any call; often it tells nothing at all.
pub(super) fn hidden() -> impl Strategy<Value = Hidden> {
    (0..KINDS, prop_oneof![Just(u32::MAX), any::<u32>()]).prop_map(|(kind, missing)| Hidden { kind, missing })
}

const KINDS: usize = 21;

fn cut<T>(listing: &mut Listing<T>, operation: &str, missing: u32) {
    let mut place = 0;
    listing.items.retain(|_, _| {
        place += 1;
        missing >> ((place - 1) % 32) & 1 == 0
    });
    listing.gap = Some(gap(operation));
}

fn cut_values<'a, T: 'a>(values: impl Iterator<Item = &'a mut Observed<T>>, operation: &str, missing: u32) {
    for (_, value) in values.enumerate().filter(|(place, _)| missing >> (place % 32) & 1 == 1) {
        *value = Observed::Unknown(gap(operation));
    }
}

/// Hides what one failed call would have told.
pub(super) fn hide(inventory: &mut Inventory, hidden: Hidden) {
    let Hidden { kind, missing } = hidden;
    let zones = &mut inventory.private_zones;
    let region = inventory.regions.get_mut(REGION).unwrap();
    match kind {
        0 => cut(&mut region.vpcs, "DescribeVpcs", missing),
        1 => cut(&mut region.subnets, "DescribeSubnets", missing),
        2 => cut(&mut region.route_tables, "DescribeRouteTables", missing),
        3 => cut(&mut region.nat_gateways, "DescribeNatGateways", missing),
        4 => cut(&mut region.vpc_endpoints, "DescribeVpcEndpoints", missing),
        5 => cut(&mut region.security_group_rules, "DescribeSecurityGroupRules", missing),
        6 => cut(&mut region.network_acls, "DescribeNetworkAcls", missing),
        7 => cut(&mut region.prefix_lists, "DescribeManagedPrefixLists", missing),
        8 => cut(&mut region.network_interfaces, "DescribeNetworkInterfaces", missing),
        9 => cut(&mut region.internet_gateways, "DescribeInternetGateways", missing),
        10 => cut(&mut region.egress_only_internet_gateways, "DescribeEgressOnlyInternetGateways", missing),
        11 => cut(&mut region.peering_connections, "DescribeVpcPeeringConnections", missing),
        12 => cut(&mut region.transit_gateway_attachments, "DescribeTransitGatewayAttachments", missing),
        13 => cut(&mut region.transit_gateway_vpc_attachments, "DescribeTransitGatewayVpcAttachments", missing),
        14 => cut(&mut region.transit_gateway_route_tables, "DescribeTransitGatewayRouteTables", missing),
        15 => cut(zones, "ListResourceRecordSets", missing),
        16 => {
            let entries = region.prefix_lists.items.values_mut().map(|list| &mut list.entries);
            cut_values(entries, "GetManagedPrefixListEntries", missing);
        }
        17 => cut_values(region.vpcs.items.values_mut().map(|vpc| &mut vpc.dns_support), "DescribeVpcAttribute", missing),
        18 => cut_values(region.vpcs.items.values_mut().map(|vpc| &mut vpc.dns_hostnames), "DescribeVpcAttribute", missing),
        19 => cut_values(region.vpcs.items.values_mut().map(|vpc| &mut vpc.hosted_zones), "ListHostedZonesByVPC", missing),
        _ => {
            let routes = region.transit_gateway_route_tables.items.values_mut().map(|table| &mut table.routes);
            cut_values(routes, "SearchTransitGatewayRoutes", missing);
        }
    }
}
