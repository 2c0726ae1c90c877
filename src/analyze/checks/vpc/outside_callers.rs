//! Who outside of a VPC may call its interface endpoints: networks that the VPC is linked with, and clients whom a private
//! hosted zone leads there.

use super::connected::{Leads, is_wider_than_private, leads};
use super::endpoints::zone_leads_to;
use crate::analyze::{Audit, Doubt};
use crate::model::ec2::{PeeringState, Route, RouteDestination, RouteState, RouteTarget, TransitGatewayResource, VpcEndpoint};
use crate::model::route53::PrivateZone;
use crate::model::{GapId, Inventory, RegionInventory};

/// Whether other networks are linked with a VPC: a virtual private gateway, a transit gateway, a peer, or a route to one of these
/// or to another way out.
///
/// A virtual interface of Direct Connect ends at a virtual private gateway or a transit gateway: it needs no look of its own.
///
/// # Errors
/// No link was found, and what was not read may be one.
pub(super) fn is_linked(audit: &Audit<'_>, name: &str, region: &RegionInventory, vpc_id: &str) -> Result<bool, Doubt> {
    let private = region.vpn_gateways.values().any(|gateway| gateway.vpc_ids.iter().any(|id| id == vpc_id));
    let attached = region
        .transit_gateway_attachments
        .values()
        .filter(|one| one.resource == TransitGatewayResource::Vpc && one.resource_id == vpc_id);
    let attached = attached.map(|one| one.state.as_str());
    let in_subnets = region.transit_gateway_vpc_attachments.values().filter(|one| one.vpc_id == vpc_id);
    let transit = attached.chain(in_subnets.map(|one| one.state.as_str())).any(|state| !is_over(state));
    let mut peerings = region.peering_connections.values().filter(|peering| peering.state == PeeringState::Active);
    let peered = peerings.any(|peering| peering.requester.vpc_id == vpc_id || peering.accepter.vpc_id == vpc_id);
    let mut routes = audit.network.tables_of(name, vpc_id).iter().flat_map(|table| &table.routes);
    if private || transit || peered || routes.any(leads_to_a_network) {
        return Ok(true);
    }
    match region.vpcs.find(vpc_id) {
        Ok(Some(vpc)) if vpc.owner_id == audit.inventory.account.id => {}
        Ok(Some(vpc)) => {
            let why = format!("what {vpc_id} is linked with is for account {} to see", vpc.owner_id);
            return Err(Doubt { why, gaps: Vec::new() });
        }
        Ok(None) => return Err(Doubt { why: format!("{vpc_id} is not visible to this account"), gaps: Vec::new() }),
        Err(gap) => return Err(Doubt::of_gap(format!("{vpc_id} was not read"), gap)),
    }
    let gaps: [&Option<GapId>; 5] = [
        &region.vpn_gateways.gap,
        &region.transit_gateway_attachments.gap,
        &region.transit_gateway_vpc_attachments.gap,
        &region.peering_connections.gap,
        &region.route_tables.gap,
    ];
    let doubts = gaps.into_iter().flatten();
    let doubts = doubts.map(|gap| Doubt::of_gap(format!("whether other networks are linked with {vpc_id} was not read"), gap));
    Doubt::join(doubts).map_or(Ok(false), Err)
}

/// Whether a transit gateway attachment is gone, or never came to be.
fn is_over(state: &str) -> bool {
    ["deleting", "deleted", "failing", "failed", "rejecting", "rejected"].contains(&state)
}

fn leads_to_a_network(route: &Route) -> bool {
    let named = || match &route.destination {
        RouteDestination::Ipv4(net) => !is_wider_than_private((*net).into()),
        RouteDestination::Ipv6(net) => !is_wider_than_private((*net).into()),
        RouteDestination::PrefixList(_) => true,
    };
    route.state == RouteState::Active
        && match leads(&route.target) {
            Leads::Anywhere => true,
            // An instance with the way to a network is a VPN of the customer's own; one with the way to everywhere is a NAT.
            Leads::WhereNamed => matches!(route.target, RouteTarget::PeeringConnection(_)) || named(),
            Leads::Nowhere => false,
        }
}

/// The private hosted zones of the account that lead to an endpoint.
///
/// # Errors
/// There is none among those that were read, and not all were.
pub(super) fn zones_to<'a>(inventory: &'a Inventory, endpoint: &VpcEndpoint) -> Result<Vec<&'a PrivateZone>, Doubt> {
    let zones = &inventory.private_zones;
    let leading: Vec<_> = zones.values().filter(|zone| zone_leads_to(inventory, &zone.id, endpoint) == Some(true)).collect();
    match &zones.gap {
        Some(gap) if leading.is_empty() => {
            Err(Doubt::of_gap(format!("whether a private hosted zone leads to {} was not read", endpoint.id), gap))
        }
        _ => Ok(leading),
    }
}

/// Whether a private hosted zone answers in another VPC than this one.
///
/// # Errors
/// No such VPC was found, and what was not read may be one.
pub(super) fn answers_elsewhere(inventory: &Inventory, zone: &PrivateZone, vpc_id: &str) -> Result<bool, Doubt> {
    let mut doubts = Vec::new();
    let why = || format!("whether zone {} ({}) is associated with another VPC was not read", zone.id, zone.name);
    for region in inventory.regions.values() {
        for vpc in region.vpcs.values().filter(|vpc| vpc.id != vpc_id) {
            match vpc.hosted_zones.as_result() {
                Ok(zones) if zones.iter().any(|one| one.id == zone.id) => return Ok(true),
                Ok(_) => {}
                Err(gap) => doubts.push(Doubt::of_gap(why(), gap)),
            }
        }
        doubts.extend(region.vpcs.gap.as_ref().map(|gap| Doubt::of_gap(why(), gap)));
    }
    let unasked = inventory.all_regions_asked().err();
    doubts.extend(unasked.map(|(reason, gap)| Doubt { why: format!("{}: {reason}", why()), gaps: gap.into_iter().collect() }));
    Doubt::join(doubts).map_or(Ok(false), Err)
}

/// Whether an endpoint may stand there for others than the clients in its VPC, as a central one does.
///
/// With private DNS on the name leads there from within the VPC, and for those who ask a resolver endpoint in it.
///
/// # Errors
/// What was not read may say so.
pub(super) fn serves_others(
    audit: &Audit<'_>,
    name: &str,
    region: &RegionInventory,
    endpoint: &VpcEndpoint,
) -> Result<bool, Doubt> {
    if endpoint.private_dns_only_for_inbound_resolver {
        return Ok(true);
    }
    let zones = zones_to(audit.inventory, endpoint).map(|zones| !zones.is_empty());
    if zones == Ok(true) {
        return Ok(true);
    }
    let linked = match is_linked(audit, name, region, &endpoint.vpc_id) {
        Ok(false) => Ok(false),
        linked if endpoint.private_dns => match has_resolver(region, &endpoint.vpc_id) {
            Ok(true) => linked,
            other => other,
        },
        linked => linked,
    };
    match (linked, zones) {
        (Ok(true), _) => Ok(true),
        (linked, Ok(_)) => linked,
        (Ok(false), zones) => zones,
        (Err(linked), Err(zones)) => Doubt::join([linked, zones]).map_or(Ok(false), Err),
    }
}

/// Whether a Route 53 Resolver endpoint stands in a VPC. Source: the description that Route 53 gives its interfaces.
fn has_resolver(region: &RegionInventory, vpc_id: &str) -> Result<bool, Doubt> {
    let interfaces = &region.network_interfaces;
    let found = interfaces.values().any(|one| one.vpc_id == vpc_id && one.description.starts_with("Route 53 Resolver:"));
    match &interfaces.gap {
        Some(gap) if !found => Err(Doubt::of_gap(format!("whether a resolver endpoint stands in {vpc_id} was not read"), gap)),
        _ => Ok(found),
    }
}
