//! NAT gateways, the routes to them, and their addresses.

use super::{Case, all_read, find, owned};
use crate::analyze::Audit;
use crate::fix::{Change, ChangeKind, Edit};
use crate::model::RegionInventory;
use crate::model::ec2::{
    NatAvailability, NatGateway, NatGatewayState, Route, RouteOrigin, RouteState, RouteTable, RouteTarget, Subnet,
};

/// Deletes a gateway that nobody uses, with the routes that still lead to it, and releases its addresses.
pub(in crate::analyze) fn delete_idle(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    let region = case.inventory(audit)?;
    let nat = find(&region.nat_gateways, &case.resource.id)?;
    all_read(&region.route_tables, "route table")?;
    let mut edits = Vec::new();
    for (table, route) in routes_to(region, &nat.id) {
        edits.push(delete_route(audit, case, table, route)?);
    }
    edits.extend(delete(case, region, nat));
    Ok(Change {
        kind: ChangeKind::DeleteNatGateway,
        title: format!("delete NAT gateway {} and release its addresses", nat.id),
        edits,
        hazards: addresses_go(nat),
    })
}

/// Points the routes of a gateway at the one that does the same work, then deletes it.
pub(in crate::analyze) fn delete_redundant(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    let region = case.inventory(audit)?;
    let nat = find(&region.nat_gateways, &case.resource.id)?;
    all_read(&region.route_tables, "route table")?;
    let stays = *case.related_with("nat-").first().ok_or("the finding names no gateway that stays")?;
    let mut edits = Vec::new();
    for (table, route) in routes_to(region, &nat.id) {
        edits.push(replace_route(audit, case, table, route, stays)?);
    }
    edits.extend(delete(case, region, nat));
    let mut hazards = addresses_go(nat);
    hazards.push(format!("Open connections through {} drop when their route changes.", nat.id));
    Ok(Change {
        kind: ChangeKind::DeleteNatGateway,
        title: format!("route the subnets of {} through {stays}, then delete it", nat.id),
        edits,
        hazards,
    })
}

/// Points a default route at a gateway in the subnet's own zone.
pub(in crate::analyze) fn stay_in_zone(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    let region = case.inventory(audit)?;
    let subnet = find(&region.subnets, &case.resource.id)?;
    let table = audit.network.route_table_of(case.region, &subnet.id).map_err(|obstacle| obstacle.reason)?;
    let route = table.routes.iter().find(|route| route.destination.to_string() == case.discriminator);
    let route = route.ok_or_else(|| format!("{} has no route {}", table.id, case.discriminator))?;
    all_read(&region.subnets, "subnet")?;
    let users = audit.network.subnets_using(case.region, &table.id);
    if let Some(other) = users.iter().find(|user| user.zone_id != subnet.zone_id) {
        return Err(format!(
            "{} is the table of subnets in several zones ({} is in {}): give {} a table of its own first",
            table.id, other.id, other.zone, subnet.zone
        ));
    }
    let current = find(&region.nat_gateways, route.target.id())?;
    let near = audit.nat_gateways_in(case.region, &subnet.vpc_id).iter().find(|nat| {
        nat.state == NatGatewayState::Available && nat.connectivity == current.connectivity && stands_in(region, nat, subnet)
    });
    let near = near.ok_or_else(|| {
        format!(
            "no {} NAT gateway of {} stands in {}, and one more costs by the hour",
            current.connectivity, subnet.vpc_id, subnet.zone
        )
    })?;
    let edits = vec![replace_route(audit, case, table, route, &near.id)?];
    Ok(Change {
        kind: ChangeKind::RerouteNat,
        title: format!("point {} of {} at {} in {}", route.destination, table.id, near.id, subnet.zone),
        edits,
        hazards: vec![
            format!("Open connections through {} drop when the route changes.", current.id),
            format!("Traffic leaves from other addresses: those of {}.", near.id),
        ],
    })
}

fn stands_in(region: &RegionInventory, nat: &NatGateway, subnet: &Subnet) -> bool {
    let home = nat.subnet_id.as_ref().and_then(|id| region.subnets.get(id));
    match nat.availability {
        NatAvailability::Regional => nat.addresses.iter().any(|address| address.zone_id.as_ref() == Some(&subnet.zone_id)),
        NatAvailability::Zonal | NatAvailability::Other(_) => home.is_some_and(|home| home.zone_id == subnet.zone_id),
    }
}

/// Deletes a route whose target is gone.
pub(in crate::analyze) fn delete_dead_route(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    let region = case.inventory(audit)?;
    let table = find(&region.route_tables, &case.resource.id)?;
    let route = table.routes.iter().find(|route| route.destination.to_string() == case.discriminator);
    let route = route.ok_or_else(|| format!("{} has no route {}", table.id, case.discriminator))?;
    let title = format!("delete {} -> {} of {}", route.destination, route.target.id(), table.id);
    let hazards = vec!["Packets to these addresses, dropped so far, take the next wider route.".to_owned()];
    Ok(Change { kind: ChangeKind::DeleteRoute, title, edits: vec![delete_route(audit, case, table, route)?], hazards })
}

/// Gives an unused address back.
pub(in crate::analyze) fn release_address(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    let address = find(&case.inventory(audit)?.addresses, &case.resource.id)?;
    let edit = Edit::ReleaseAddress {
        region: case.region.to_owned(),
        allocation_id: address.allocation_id.clone(),
        public_ip: address.public_ip,
    };
    Ok(Change {
        kind: ChangeKind::ReleaseAddress,
        title: format!("release {} ({})", address.public_ip, address.allocation_id),
        edits: vec![edit],
        hazards: vec![format!("{} may be given to somebody else: take it out of allow lists and DNS first.", address.public_ip)],
    })
}

fn routes_to<'r>(region: &'r RegionInventory, nat_id: &str) -> Vec<(&'r RouteTable, &'r Route)> {
    let target = RouteTarget::NatGateway(nat_id.to_owned());
    let tables = region.route_tables.values();
    tables
        .flat_map(|table| table.routes.iter().map(move |route| (table, route)))
        .filter(|(_, route)| route.target == target)
        .collect()
}

fn delete_route(audit: &Audit<'_>, case: &Case<'_>, table: &RouteTable, route: &Route) -> Result<Edit, String> {
    owned(audit, &table.owner_id, &table.id)?;
    if route.origin == RouteOrigin::Propagated {
        return Err(format!(
            "{} -> {} of {} is propagated by a virtual private gateway",
            route.destination,
            route.target.id(),
            table.id
        ));
    }
    Ok(Edit::DeleteRoute {
        region: case.region.to_owned(),
        table_id: table.id.clone(),
        destination: route.destination.clone(),
        target: route.target.clone(),
        dead: route.state == RouteState::Blackhole,
    })
}

fn replace_route(audit: &Audit<'_>, case: &Case<'_>, table: &RouteTable, route: &Route, nat_id: &str) -> Result<Edit, String> {
    owned(audit, &table.owner_id, &table.id)?;
    Ok(Edit::ReplaceRoute {
        region: case.region.to_owned(),
        table_id: table.id.clone(),
        destination: route.destination.clone(),
        from: route.target.clone(),
        nat_gateway_id: nat_id.to_owned(),
    })
}

/// The deletion of a gateway, and the release of the addresses that would be idle without it.
fn delete(case: &Case<'_>, region: &RegionInventory, nat: &NatGateway) -> Vec<Edit> {
    let mut edits = vec![Edit::DeleteNatGateway { region: case.region.to_owned(), nat: nat.clone() }];
    let allocations = nat.addresses.iter().filter_map(|address| region.addresses.get(address.allocation_id.as_deref()?));
    // What an AWS service manages it gives back by itself.
    edits.extend(allocations.filter(|address| address.service_managed.is_none()).map(|address| Edit::ReleaseAddress {
        region: case.region.to_owned(),
        allocation_id: address.allocation_id.clone(),
        public_ip: address.public_ip,
    }));
    edits
}

fn addresses_go(nat: &NatGateway) -> Vec<String> {
    let addresses: Vec<String> = nat.addresses.iter().filter_map(|address| address.public_ip).map(|ip| ip.to_string()).collect();
    if addresses.is_empty() {
        return Vec::new();
    }
    vec![format!("{} may stand in allow lists of others, and may be given to somebody else once released.", addresses.join(", "))]
}
