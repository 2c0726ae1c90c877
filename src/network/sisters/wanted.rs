//! What an account uses and does not hold.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use super::{RegionFacts, Sisters};
use crate::model::ec2::{PeeringState, TransitGatewayAttachment, TransitGatewayResource, TransitGatewayRouteState, Vpc};
use crate::model::route53::{HostedZone, PrivateZone};
use crate::model::{Inventory, RegionInventory};
use crate::network::blocks::{is_reserved, overlap};
use crate::network::dns::endpoint_id;
use crate::network::seen::View;

/// What an account uses and does not hold, by region and id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// VPCs: those of shared subnets, peers, and what transit gateways lead to on the way to the internet or to an endpoint.
    pub vpcs: BTreeSet<(String, String)>,
    /// Transit gateways that VPCs on the way are attached to.
    pub transit_gateways: BTreeSet<(String, String)>,
    /// Private hosted zones that answer in the account's VPCs.
    pub zones: BTreeSet<String>,
}

impl Wanted {
    /// What is wanted here and not there.
    pub(super) fn without(self, other: &Self) -> Self {
        Self {
            vpcs: &self.vpcs - &other.vpcs,
            transit_gateways: &self.transit_gateways - &other.transit_gateways,
            zones: &self.zones - &other.zones,
        }
    }

    pub(super) fn extend(&mut self, other: &Self) {
        self.vpcs.extend(other.vpcs.iter().cloned());
        self.transit_gateways.extend(other.transit_gateways.iter().cloned());
        self.zones.extend(other.zones.iter().cloned());
    }
}

/// One region of the account, with what is known of its sisters.
struct Place<'a> {
    name: &'a str,
    account: &'a str,
    own: &'a RegionInventory,
    facts: Option<&'a RegionFacts>,
    view: View<'a>,
    /// VPCs that the account has subnets in.
    homes: BTreeSet<&'a str>,
}

/// What is wanted, as far as it can be told by now, and the endpoints that zones lead the account's clients to.
///
/// It rests on the inventory and on what was learnt, not on the order in which it was learnt.
pub(super) fn wanted(inventory: &Inventory, sisters: &Sisters) -> (Wanted, BTreeSet<String>) {
    let places: Vec<Place<'_>> =
        inventory.regions.iter().map(|(name, own)| Place::new(name, &inventory.account.id, own, sisters)).collect();
    let mut wanted = Wanted::default();
    let zones: Vec<&HostedZone> = places.iter().flat_map(Place::zones).collect();
    let foreign = |zone: &&&HostedZone| zone.owning_account.as_ref().is_some_and(|owner| *owner != inventory.account.id);
    wanted.zones.extend(zones.iter().filter(foreign).map(|zone| zone.id.clone()));
    let records = |zone: &&HostedZone| sisters.zone(&zone.id).or_else(|| inventory.private_zones.get(&zone.id));
    let named: BTreeSet<String> = zones.iter().filter_map(records).flat_map(endpoints_in).collect();
    let held = |id: &String| sisters.directory.as_ref()?.endpoint(id);
    for endpoint in named.iter().filter_map(held).filter(|endpoint| endpoint.held.account != inventory.account.id) {
        if inventory.regions.contains_key(&endpoint.held.region) {
            wanted.vpcs.insert((endpoint.held.region.clone(), endpoint.vpc_id.clone()));
        }
    }
    for place in &places {
        place.shared(&mut wanted);
        place.peers(&mut wanted);
        place.over_transit_gateways(&named, &mut wanted);
    }
    (wanted, named)
}

/// The endpoints that the records of a zone lead to, by the names of the endpoints.
fn endpoints_in(zone: &PrivateZone) -> impl Iterator<Item = String> {
    let texts = zone.records.iter().flat_map(|record| record.alias.iter().chain(&record.values));
    texts.filter_map(|text| endpoint_id(text)).map(str::to_owned)
}

impl<'a> Place<'a> {
    fn new(name: &'a str, account: &'a str, own: &'a RegionInventory, sisters: &'a Sisters) -> Self {
        let facts = sisters.facts(name);
        let homes = own.subnets.values().map(|subnet| subnet.vpc_id.as_str()).collect();
        Self { name, account, own, facts, view: View::new(own, facts), homes }
    }

    fn holds(&self, owner_id: &str, vpc_id: &str) -> bool {
        owner_id == self.account || self.facts.is_some_and(|facts| facts.vpcs.contains_key(vpc_id))
    }

    fn want_vpc(&self, id: &str, wanted: &mut Wanted) {
        wanted.vpcs.insert((self.name.to_owned(), id.to_owned()));
    }

    /// The private hosted zones of people that answer in the account's VPCs.
    fn zones(&self) -> impl Iterator<Item = &'a HostedZone> {
        let vpcs = self.homes.iter().filter_map(|id| self.view.vpcs.get(id));
        vpcs.filter_map(|vpc| vpc.hosted_zones.known()).flatten().filter(|zone| zone.owning_service.is_none())
    }

    fn shared(&self, wanted: &mut Wanted) {
        for subnet in self.own.subnets.values().filter(|subnet| subnet.owner_id != self.account) {
            self.want_vpc(&subnet.vpc_id, wanted);
        }
    }

    fn peers(&self, wanted: &mut Wanted) {
        for peering in self.own.peering_connections.values().filter(|peering| peering.state == PeeringState::Active) {
            let (requester, accepter) = (&peering.requester, &peering.accepter);
            for (near, far) in [(requester, accepter), (accepter, requester)] {
                let here = far.region.as_deref().is_none_or(|region| region == self.name);
                if self.homes.contains(near.vpc_id.as_str()) && here && far.owner_id != self.account {
                    self.want_vpc(&far.vpc_id, wanted);
                }
            }
        }
    }

    /// From the account's VPCs over transit gateways to the VPCs on the way to public addresses, and to those of endpoints.
    fn over_transit_gateways(&self, named: &BTreeSet<String>, wanted: &mut Wanted) {
        let mut attachments: BTreeMap<&str, Vec<&TransitGatewayAttachment>> = BTreeMap::new();
        let of_vpc = |one: &&TransitGatewayAttachment| one.resource == TransitGatewayResource::Vpc && one.state == "available";
        for attachment in self.view.transit_gateway_attachments.values().filter(of_vpc) {
            attachments.entry(&attachment.resource_id).or_default().push(attachment);
        }
        let sought = self.blocks_of(named);
        let leads = |block: IpNet| !is_reserved(block) || sought.iter().any(|sought| overlap(*sought, block));
        let mut seen: BTreeSet<&str> = self.homes.clone();
        let mut next: Vec<&str> = self.homes.iter().copied().collect();
        while let Some(vpc_id) = next.pop() {
            for attachment in attachments.get(vpc_id).into_iter().flatten() {
                let (id, owner) = (&attachment.transit_gateway_id, &attachment.transit_gateway_owner_id);
                if owner != self.account && self.facts.is_none_or(|facts| !facts.transit_gateways.contains_key(id)) {
                    wanted.transit_gateways.insert((self.name.to_owned(), id.clone()));
                    continue;
                }
                for target in self.targets(attachment, &leads) {
                    if target.resource != TransitGatewayResource::Vpc {
                        continue;
                    }
                    if !self.holds(&target.resource_owner_id, &target.resource_id) {
                        self.want_vpc(&target.resource_id, wanted);
                    } else if seen.insert(&target.resource_id) {
                        next.push(&target.resource_id);
                    }
                }
            }
        }
    }

    /// Address blocks of the VPCs that these endpoints stand in.
    fn blocks_of(&self, named: &BTreeSet<String>) -> Vec<IpNet> {
        let vpcs = named.iter().filter_map(|id| self.view.vpcs.get(&self.view.vpc_endpoints.get(id)?.vpc_id));
        let blocks = |vpc: &'a Vpc| {
            let v6 = vpc.ipv6_cidrs.iter().copied().map(IpNet::V6);
            vpc.ipv4_cidrs.iter().copied().map(IpNet::V4).chain(v6)
        };
        vpcs.flat_map(blocks).collect()
    }

    /// The attachments that packets of an attachment are led to.
    fn targets(
        &self,
        attachment: &TransitGatewayAttachment,
        leads: &impl Fn(IpNet) -> bool,
    ) -> Vec<&'a TransitGatewayAttachment> {
        let tables = self.view.transit_gateway_route_tables;
        let associated = attachment.association.as_ref().filter(|association| association.state == "associated");
        let table = match associated {
            Some(association) => tables.get(&association.route_table_id),
            None => self.view.table_that_lists(attachment),
        };
        let routes = table.and_then(|table| table.routes.known()).into_iter().flatten();
        let active = routes.filter(|route| route.state == TransitGatewayRouteState::Active && leads(route.destination));
        active.flat_map(|route| &route.attachment_ids).filter_map(|id| self.view.transit_gateway_attachments.get(id)).collect()
    }
}
