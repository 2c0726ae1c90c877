//! What is taken from a sister.

use std::collections::{BTreeMap, BTreeSet};

use super::{RegionFacts, Sisters};
use crate::model::ec2::{RouteDestination, RouteTable, RulePeer, TransitGatewayRouteTable, Vpc};
use crate::model::{Inventory, Listing, RegionInventory};

/// Takes what the pass is for.
pub(super) fn learn(sisters: &mut Sisters, sister: &Inventory) {
    let account = sister.account.id.as_str();
    if account == sisters.account {
        return;
    }
    let open = sisters.open.clone();
    for (name, id) in &open.vpcs {
        let Some(region) = sister.regions.get(name) else { continue };
        let Some(vpc) = region.vpcs.get(id).filter(|vpc| vpc.owner_id == account) else { continue };
        if is_whole(region) && tells_vpc(region, vpc, sisters.own.homes.contains(id)) {
            Taking { sisters, account, name, region }.vpc(vpc);
        } else {
            sisters.incomplete.insert((name.clone(), account.to_owned()));
        }
    }
    for (name, id) in &open.transit_gateways {
        let Some(region) = sister.regions.get(name) else { continue };
        if region.transit_gateways.get(id).is_none_or(|gateway| gateway.owner_id != account) {
            continue;
        }
        if is_whole(region) && tables_of_gateway(region, id).all(is_told) {
            Taking { sisters, account, name, region }.transit_gateway(id);
        } else {
            sisters.incomplete.insert((name.clone(), account.to_owned()));
        }
    }
    if sister.private_zones.is_complete() {
        for zone in open.zones.iter().filter_map(|id| sister.private_zones.get(id)) {
            sisters.zones.insert(zone.id.clone(), zone.clone());
            sisters.tellers.insert(zone.id.clone(), account.to_owned());
        }
    }
}

/// Whether nothing that packets may pass is missing from what a sister lists in a region.
fn is_whole(region: &RegionInventory) -> bool {
    region.vpcs.is_complete()
        && region.subnets.is_complete()
        && region.route_tables.is_complete()
        && region.nat_gateways.is_complete()
        && region.vpc_endpoints.is_complete()
        && region.security_group_rules.is_complete()
        && region.network_acls.is_complete()
        && region.prefix_lists.is_complete()
        && region.network_interfaces.is_complete()
        && region.internet_gateways.is_complete()
        && region.egress_only_internet_gateways.is_complete()
        && region.peering_connections.is_complete()
        && region.transit_gateways.is_complete()
        && region.transit_gateway_attachments.is_complete()
        && region.transit_gateway_vpc_attachments.is_complete()
        && region.transit_gateway_route_tables.is_complete()
}

/// Whether everything that the VPC's routes rest on was read and, of one with clients of the account, what names rest on.
fn tells_vpc(region: &RegionInventory, vpc: &Vpc, has_clients: bool) -> bool {
    let named = vpc.dns_support.known().is_some() && vpc.dns_hostnames.known().is_some() && vpc.hosted_zones.known().is_some();
    let tables = region.route_tables.values().filter(|table| table.vpc_id == vpc.id);
    let read = |id: &str| region.prefix_lists.get(id).is_some_and(|list| list.entries.known().is_some());
    (named || !has_clients) && tables.flat_map(lists_of_table).all(read)
}

/// The prefix lists that a table has routes to.
fn lists_of_table(table: &RouteTable) -> impl Iterator<Item = &str> {
    table.routes.iter().filter_map(|route| match &route.destination {
        RouteDestination::PrefixList(id) => Some(id.as_str()),
        RouteDestination::Ipv4(_) | RouteDestination::Ipv6(_) => None,
    })
}

fn tables_of_gateway<'r>(region: &'r RegionInventory, id: &str) -> impl Iterator<Item = &'r TransitGatewayRouteTable> {
    region.transit_gateway_route_tables.values().filter(move |table| table.transit_gateway_id == id)
}

fn is_told(table: &TransitGatewayRouteTable) -> bool {
    table.associations.known().is_some() && table.routes.known().is_some()
}

/// A sister in one region, and where to write down what it tells.
struct Taking<'t> {
    sisters: &'t mut Sisters,
    account: &'t str,
    name: &'t str,
    region: &'t RegionInventory,
}

impl Taking<'_> {
    fn facts(&mut self) -> &mut RegionFacts {
        self.sisters.regions.entry(self.name.to_owned()).or_default()
    }

    /// Takes the resources of a kind that are wanted.
    fn take<T: Clone>(
        &mut self,
        from: impl Fn(&RegionInventory) -> &Listing<T>,
        to: impl Fn(&mut RegionInventory) -> &mut Listing<T>,
        is_wanted: impl Fn(&str, &T) -> bool,
    ) {
        let taken: BTreeMap<String, T> = from(self.region)
            .items
            .iter()
            .filter(|(id, item)| is_wanted(id, item))
            .map(|(id, item)| (id.clone(), item.clone()))
            .collect();
        self.sisters.tellers.extend(taken.keys().map(|id| (id.clone(), self.account.to_owned())));
        to(&mut self.facts().held).items.extend(taken);
    }

    /// A VPC with everything in it that packets may pass.
    fn vpc(&mut self, vpc: &Vpc) {
        let id = vpc.id.as_str();
        let account = self.account.to_owned();
        self.facts().vpcs.insert(id.to_owned(), account.clone());
        self.take(|region| &region.vpcs, |held| &mut held.vpcs, |_, one| one.id == id);
        self.take(|region| &region.subnets, |held| &mut held.subnets, |_, one| one.vpc_id == id);
        self.take(|region| &region.route_tables, |held| &mut held.route_tables, |_, one| one.vpc_id == id);
        self.take(|region| &region.nat_gateways, |held| &mut held.nat_gateways, |_, one| one.vpc_id == id);
        self.take(|region| &region.vpc_endpoints, |held| &mut held.vpc_endpoints, |_, one| one.vpc_id == id);
        self.take(|region| &region.network_acls, |held| &mut held.network_acls, |_, one| one.vpc_id == id);
        let of_vpc = |vpcs: &[String]| vpcs.iter().any(|vpc| vpc == id);
        self.take(|region| &region.internet_gateways, |held| &mut held.internet_gateways, |_, one| of_vpc(&one.vpc_ids));
        self.take(
            |region| &region.egress_only_internet_gateways,
            |held| &mut held.egress_only_internet_gateways,
            |_, one| of_vpc(&one.vpc_ids),
        );
        let own_peerings = self.sisters.own.peerings.clone();
        let first = self.first_to_tell();
        self.take(
            |region| &region.peering_connections,
            |held| &mut held.peering_connections,
            |_, one| {
                !own_peerings.contains(&one.id)
                    && first(&one.id)
                    && [&one.requester, &one.accepter].iter().any(|side| side.vpc_id == id)
            },
        );
        self.vpc_attachments(id);
        // The owner of the transit gateway knows more of an attachment, be it a sister or the account itself.
        let (told, own) = (self.facts().told_attachments(), self.sisters.account.clone());
        self.take(
            |region| &region.transit_gateway_attachments,
            |held| &mut held.transit_gateway_attachments,
            |_, one| one.resource_id == id && one.transit_gateway_owner_id != own && !told.contains(&one.id),
        );
        self.around_endpoints(id);
        self.lists(id);
        self.rename_zones(id);
    }

    /// What two sisters see is told by the one with the lower id, whoever is learnt first.
    fn first_to_tell(&self) -> impl Fn(&str) -> bool + use<> {
        let (tellers, account) = (self.sisters.tellers.clone(), self.account.to_owned());
        move |id| tellers.get(id).is_none_or(|teller| *teller >= account)
    }

    /// Where a VPC is attached to transit gateways. The owner of a transit gateway tells of the same attachment, and less.
    fn vpc_attachments(&mut self, vpc_id: &str) {
        let (region, account) = (self.region, self.account);
        for one in
            region.transit_gateway_vpc_attachments.values().filter(|one| one.vpc_id == vpc_id && one.vpc_owner_id == account)
        {
            let source = format!("ec2:DescribeTransitGatewayVpcAttachments {}", one.id);
            self.sisters.tellers.insert(source, account.to_owned());
            self.facts().held.transit_gateway_vpc_attachments.items.insert(one.id.clone(), one.clone());
        }
    }

    /// The interfaces of a VPC's endpoints, and the rules of their groups.
    fn around_endpoints(&mut self, vpc_id: &str) {
        let endpoints = || self.region.vpc_endpoints.values().filter(|endpoint| endpoint.vpc_id == vpc_id);
        let interfaces: BTreeSet<String> = endpoints().flat_map(|endpoint| endpoint.network_interface_ids.clone()).collect();
        let groups: BTreeSet<String> = endpoints().flat_map(|endpoint| endpoint.group_ids.clone()).collect();
        self.take(
            |region| &region.network_interfaces,
            |held| &mut held.network_interfaces,
            |_, one| interfaces.contains(&one.id),
        );
        self.take(
            |region| &region.security_group_rules,
            |held| &mut held.security_group_rules,
            |_, one| groups.contains(&one.group_id),
        );
    }

    /// The customers' prefix lists that routes and rules name; those of AWS the account sees itself.
    fn lists(&mut self, vpc_id: &str) {
        let tables = self.region.route_tables.values().filter(|table| table.vpc_id == vpc_id);
        let mut named: BTreeSet<String> = tables.flat_map(lists_of_table).map(str::to_owned).collect();
        let endpoints = || self.region.vpc_endpoints.values().filter(|endpoint| endpoint.vpc_id == vpc_id);
        let of_group = |group: &String| endpoints().any(|endpoint| endpoint.group_ids.contains(group));
        let rules = self.region.security_group_rules.values().filter(|rule| of_group(&rule.group_id));
        named.extend(rules.filter_map(|rule| match &rule.peer {
            RulePeer::PrefixList(id) => Some(id.clone()),
            RulePeer::Ipv4(_) | RulePeer::Ipv6(_) | RulePeer::Group { .. } | RulePeer::Unknown => None,
        }));
        let first = self.first_to_tell();
        self.take(
            |region| &region.prefix_lists,
            |held| &mut held.prefix_lists,
            |id, one| named.contains(id) && first(id) && one.owner_id != "AWS" && one.entries.known().is_some(),
        );
    }

    /// A zone has a name of its own in each account: here it is that of the account that is audited, where it knows the zone.
    fn rename_zones(&mut self, vpc_id: &str) {
        let (names, region) = (self.sisters.own.zones.clone(), self.name.to_owned());
        for subnet in self.facts().held.subnets.items.values_mut().filter(|subnet| subnet.vpc_id == vpc_id) {
            if let Some(name) = names.get(&(region.clone(), subnet.zone_id.clone())) {
                subnet.zone.clone_from(name);
            }
        }
    }

    /// A transit gateway with its attachments and route tables.
    fn transit_gateway(&mut self, id: &str) {
        let account = self.account.to_owned();
        self.facts().transit_gateways.insert(id.to_owned(), account);
        self.take(
            |region| &region.transit_gateway_attachments,
            |held| &mut held.transit_gateway_attachments,
            |_, one| one.transit_gateway_id == id,
        );
        self.take(
            |region| &region.transit_gateway_route_tables,
            |held| &mut held.transit_gateway_route_tables,
            |_, one| one.transit_gateway_id == id,
        );
    }
}

impl RegionFacts {
    /// Attachments to transit gateways that their owners told of.
    fn told_attachments(&self) -> BTreeSet<String> {
        let all = self.held.transit_gateway_attachments.values();
        all.filter(|one| self.transit_gateways.contains_key(&one.transit_gateway_id)).map(|one| one.id.clone()).collect()
    }
}
