//! The networks that a VPC is connected with: who may rightly ask its endpoints.

use std::collections::BTreeSet;

use ipnet::IpNet;

use crate::analyze::{Audit, Doubt};
use crate::model::RegionInventory;
use crate::model::ec2::{
    PeeringSide, PeeringState, Route, RouteDestination, RouteState, RouteTarget, TransitGatewayAttachment,
    TransitGatewayResource, Vpc,
};
use crate::network::private_blocks;

/// Address blocks of a VPC and of the networks it is connected with.
#[derive(Debug, Default)]
pub(super) struct Connected {
    /// The VPC's own blocks.
    pub(super) own: Vec<IpNet>,
    /// Blocks of peers, of VPCs on the same transit gateways, and what routes to other networks lead to.
    pub(super) others: BTreeSet<IpNet>,
    /// Why there may be more.
    pub(super) doubts: Vec<Doubt>,
}

impl Connected {
    /// Looks up what a VPC is connected with.
    pub(super) fn of(audit: &Audit<'_>, name: &str, region: &RegionInventory, vpc_id: &str) -> Self {
        let mut connected = Self::default();
        match region.vpcs.find(vpc_id) {
            Ok(Some(vpc)) => {
                connected.own = blocks_of(vpc);
                if vpc.owner_id != audit.inventory.account.id {
                    let why = format!("the routes of {vpc_id} belong to account {}, and are not visible here", vpc.owner_id);
                    connected.doubts.push(Doubt { why, gaps: Vec::new() });
                }
            }
            Ok(None) => {
                let why = format!("{vpc_id} is not visible to this account");
                connected.doubts.push(Doubt { why, gaps: Vec::new() });
            }
            Err(gap) => connected.doubts.push(Doubt::of_gap(format!("the blocks of {vpc_id} were not read"), gap)),
        }
        connected.add_peers(audit, name, region, vpc_id);
        connected.add_attached(region, vpc_id);
        connected.add_routes(audit, name, region, vpc_id);
        connected
    }

    /// Every block, the VPC's own first.
    pub(super) fn blocks(&self) -> impl Iterator<Item = IpNet> + '_ {
        self.own.iter().chain(&self.others).copied()
    }

    fn add_peers(&mut self, audit: &Audit<'_>, name: &str, region: &RegionInventory, vpc_id: &str) {
        for peering in region.peering_connections.values().filter(|peering| peering.state == PeeringState::Active) {
            let peer = match (&peering.requester, &peering.accepter) {
                (requester, accepter) if requester.vpc_id == vpc_id => accepter,
                (requester, accepter) if accepter.vpc_id == vpc_id => requester,
                _ => continue,
            };
            self.add_peer(audit, peer.region.as_deref().unwrap_or(name), peer);
        }
        let why = || format!("not every peering connection of {vpc_id} was read");
        self.doubts.extend(region.peering_connections.gap.as_ref().map(|gap| Doubt::of_gap(why(), gap)));
    }

    fn add_peer(&mut self, audit: &Audit<'_>, name: &str, peer: &PeeringSide) {
        self.others.extend(peer.ipv4_cidrs.iter().copied().map(IpNet::V4));
        self.others.extend(peer.ipv6_cidrs.iter().copied().map(IpNet::V6));
        match audit.inventory.regions.get(name).map(|region| region.vpcs.find(&peer.vpc_id)) {
            Some(Ok(Some(vpc))) => self.others.extend(blocks_of(vpc)),
            Some(Err(gap)) => {
                self.doubts.push(Doubt::of_gap(format!("the blocks of peer {} were not read", peer.vpc_id), gap));
            }
            Some(Ok(None)) | None => {}
        }
    }

    /// VPCs on the same transit gateways. Those of other accounts show in routes only.
    fn add_attached(&mut self, region: &RegionInventory, vpc_id: &str) {
        let all = &region.transit_gateway_attachments;
        let is_vpc = |one: &&TransitGatewayAttachment| one.resource == TransitGatewayResource::Vpc && one.state == "available";
        let own: BTreeSet<&str> = all
            .values()
            .filter(|one| is_vpc(one) && one.resource_id == vpc_id)
            .map(|one| one.transit_gateway_id.as_str())
            .collect();
        for one in all.values().filter(|one| is_vpc(one) && own.contains(one.transit_gateway_id.as_str())) {
            match region.vpcs.find(&one.resource_id) {
                Ok(Some(vpc)) => self.others.extend(blocks_of(vpc)),
                Ok(None) => {}
                Err(gap) => {
                    let why = format!("the blocks of {}, on the same transit gateway, were not read", one.resource_id);
                    self.doubts.push(Doubt::of_gap(why, gap));
                }
            }
        }
        self.doubts.extend(
            all.gap.as_ref().map(|gap| Doubt::of_gap(format!("not every transit gateway attachment of {vpc_id} was read"), gap)),
        );
    }

    fn add_routes(&mut self, audit: &Audit<'_>, name: &str, region: &RegionInventory, vpc_id: &str) {
        for table in audit.network.tables_of(name, vpc_id) {
            for route in table.routes.iter().filter(|route| route.state == RouteState::Active) {
                match destinations(region, route) {
                    Ok(blocks) => self.others.extend(blocks.into_iter().flat_map(|block| led_to(block, &route.target))),
                    Err(doubt) => self.doubts.push(doubt),
                }
            }
        }
        let why = || format!("not every route table of {vpc_id} was read");
        self.doubts.extend(region.route_tables.gap.as_ref().map(|gap| Doubt::of_gap(why(), gap)));
    }
}

fn blocks_of(vpc: &Vpc) -> Vec<IpNet> {
    vpc.ipv4_cidrs.iter().copied().map(IpNet::V4).chain(vpc.ipv6_cidrs.iter().copied().map(IpNet::V6)).collect()
}

/// Blocks that a route is for; none where it does not lead to another network.
fn destinations(region: &RegionInventory, route: &Route) -> Result<Vec<IpNet>, Doubt> {
    if leads(&route.target) == Leads::Nowhere {
        return Ok(Vec::new());
    }
    match &route.destination {
        RouteDestination::Ipv4(net) => Ok(vec![IpNet::V4(net.trunc())]),
        RouteDestination::Ipv6(net) => Ok(vec![IpNet::V6(net.trunc())]),
        RouteDestination::PrefixList(id) => {
            let why = || format!("a route to {} is for prefix list {id}, which was not read", route.target.id());
            match region.prefix_lists.find(id) {
                Ok(Some(list)) => list.entries.as_result().cloned().map_err(|gap| Doubt::of_gap(why(), gap)),
                Ok(None) => Err(Doubt { why: why(), gaps: Vec::new() }),
                Err(gap) => Err(Doubt::of_gap(why(), gap)),
            }
        }
    }
}

/// Which networks a target leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Leads {
    /// To other networks, whatever the route says: its default route stands for all private ones.
    Anywhere,
    /// To those that the route names: a default route may as well be the way to the internet.
    WhereNamed,
    /// Not to another private network.
    Nowhere,
}

/// Which networks a route to a target leads to.
pub(super) fn leads(target: &RouteTarget) -> Leads {
    match target {
        RouteTarget::TransitGateway(_)
        | RouteTarget::VpnGateway(_)
        | RouteTarget::CoreNetwork(_)
        | RouteTarget::LocalGateway(_) => Leads::Anywhere,
        RouteTarget::PeeringConnection(_) | RouteTarget::NetworkInterface { .. } => Leads::WhereNamed,
        RouteTarget::Local
        | RouteTarget::InternetGateway(_)
        | RouteTarget::EgressOnlyInternetGateway(_)
        | RouteTarget::NatGateway(_)
        | RouteTarget::VpcEndpoint(_)
        | RouteTarget::CarrierGateway(_)
        | RouteTarget::Other(_) => Leads::Nowhere,
    }
}

/// The networks behind a route. One that is wider than a whole private range, as a default route is, stands for the private
/// ranges in it and not for the internet.
fn led_to(block: IpNet, target: &RouteTarget) -> Vec<IpNet> {
    match leads(target) {
        Leads::Nowhere => Vec::new(),
        Leads::WhereNamed if is_wider_than_private(block) => Vec::new(),
        Leads::Anywhere if is_wider_than_private(block) => {
            private_blocks().into_iter().filter(|private| block.contains(private)).collect()
        }
        Leads::Anywhere | Leads::WhereNamed => vec![block],
    }
}

/// Whether a block holds a whole private range and more: no single network is like that.
pub(super) fn is_wider_than_private(block: IpNet) -> bool {
    private_blocks().iter().any(|private| block.contains(private) && block != *private)
}
