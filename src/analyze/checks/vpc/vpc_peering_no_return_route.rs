//! `vpc-peering-no-return-route`.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use crate::analyze::check::declare_check;
use crate::analyze::checks::words::few;
use crate::analyze::{Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict};
use crate::model::RegionInventory;
use crate::model::ec2::{
    PeeringSide, PeeringState, Route, RouteState, RouteTarget, Subnet, TransitGatewayVpcAttachment, VpcPeeringConnection,
};

declare_check! {
    /// ## What it does
    /// Finds active VPC peering connections over which subnets of one VPC send to the other, while no subnet they reach there
    /// has a route back over the connection. IPv4 and IPv6 are judged apart. One finding per connection and sending side.
    ///
    /// ## Why it matters
    /// Packets arrive and answers do not: every connection over the peering times out, and looks like a firewall problem.
    ///
    /// ## What it reads
    /// - `ec2:DescribeVpcPeeringConnections`: both sides, their blocks, the state
    /// - `ec2:DescribeRouteTables`: active routes of both VPCs
    /// - `ec2:DescribeSubnets`: which tables are in use, and which addresses the subnets have
    ///
    /// ## When it stays silent
    /// A peer of another account or of a region outside the scan is not judged: its tables cannot be read from here. A
    /// connection that no subnet sends over is not judged either. Routes for part of the peer are a common way to restrict
    /// access, so one subnet reached that answers to one subnet sending is enough. Where answers take another way (transit
    /// gateway, appliance, inspection endpoint), that way is not followed: Unknown, unless some table in use there leads back
    /// over the connection. Subnets and tables that were not read give Unknown where they decide.
    ///
    /// ## References
    /// - [VPC peering guide: Update your route tables for a VPC peering connection](https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-routing.html)
    /// - [VPC peering guide: VPC peering configurations with specific routes](https://docs.aws.amazon.com/vpc/latest/peering/peering-configurations-partial-access.html)
    pub(super) static CHECK = {
        id: "vpc-peering-no-return-route",
        title: "Peer VPC has no route back",
        severity: Severity::Medium,
        pillar: Pillar::Egress,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Route the senders' block back over the peering connection in the tables of the subnets they reach.",
            command: "aws ec2 create-route --route-table-id <peer-route-table-id> --destination-cidr-block <sender-cidr> --vpc-peering-connection-id <pcx-id>",
            url: "https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-routing.html",
        },
        repair: Repair::Decision("the way back may be left out on purpose, and the peer's tables may be another account's"),
        evaluate: judge_connections,
    }
}

fn judge_connections(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in audit.regions() {
        for peering in region.peering_connections.values() {
            subjects.extend(judge_connection(audit, name, peering));
        }
        subjects.extend(Subject::unlisted(name, "vpc_peering_connection", &region.peering_connections));
    }
    subjects
}

/// One failure per side whose packets get no answer; else one verdict for the connection.
fn judge_connection(audit: &Audit<'_>, name: &str, peering: &VpcPeeringConnection) -> Vec<Subject> {
    let subject = |verdict| Subject::new(name, Resource::peering_connection(audit.inventory, name, peering), verdict);
    let (mut subjects, mut doubts, mut passed) = (Vec::new(), Vec::new(), false);
    for (near, far) in [(&peering.requester, &peering.accepter), (&peering.accepter, &peering.requester)] {
        // A connection between regions is listed in both: each side is judged where it lies, once.
        if near.region.as_deref().is_some_and(|near_region| near_region != name) {
            continue;
        }
        match judge_side(audit, name, peering, near, far) {
            Verdict::Pass => passed = true,
            Verdict::NotApplicable => {}
            Verdict::Unknown(doubt) => doubts.push(doubt),
            failed @ Verdict::Fail(_) => subjects.push(subject(failed).told_apart_by(format!("from {}", near.vpc_id))),
        }
    }
    if let Some(doubt) = Doubt::join(doubts) {
        subjects.push(subject(Verdict::Unknown(doubt)));
    } else if subjects.is_empty() {
        subjects.push(subject(if passed { Verdict::Pass } else { Verdict::NotApplicable }));
    }
    subjects
}

fn judge_side(audit: &Audit<'_>, name: &str, peering: &VpcPeeringConnection, near: &PeeringSide, far: &PeeringSide) -> Verdict {
    let account = &audit.inventory.account.id;
    let far_name = far.region.as_deref().unwrap_or(name);
    let (Some(near_region), Some(far_region)) = (audit.inventory.regions.get(name), audit.inventory.regions.get(far_name)) else {
        return Verdict::NotApplicable;
    };
    if peering.state != PeeringState::Active || near.owner_id != *account || far.owner_id != *account {
        return Verdict::NotApplicable;
    }
    let link = Link {
        audit,
        pcx: &peering.id,
        near: End { name, region: near_region, side: near },
        far: End { name: far_name, region: far_region, side: far },
    };
    let (sent, mut doubts) = link.sent();
    let mut dead = Vec::new();
    for flows in [flows_of(&sent, true), flows_of(&sent, false)] {
        if flows.is_empty() {
            continue;
        }
        match link.way_back(&flows) {
            Back::There | Back::NobodyReached => {}
            Back::Missing(reached) => dead.push((flows, reached)),
            Back::Unclear(doubt) => doubts.push(doubt),
        }
    }
    if !dead.is_empty() {
        return Verdict::Fail(Box::new(link.no_return(&dead)));
    }
    match Doubt::join(doubts) {
        Some(doubt) => Verdict::Unknown(doubt),
        None if sent.is_empty() => Verdict::NotApplicable,
        None => Verdict::Pass,
    }
}

/// One end of the connection.
struct End<'l> {
    name: &'l str,
    region: &'l RegionInventory,
    side: &'l PeeringSide,
}

impl End<'_> {
    /// Blocks of the VPC: its own word where it was read, else what the connection says.
    fn blocks(&self) -> Vec<IpNet> {
        let (v4, v6) = match self.region.vpcs.get(&self.side.vpc_id) {
            Some(vpc) => (&vpc.ipv4_cidrs, &vpc.ipv6_cidrs),
            None => (&self.side.ipv4_cidrs, &self.side.ipv6_cidrs),
        };
        v4.iter().copied().map(IpNet::V4).chain(v6.iter().copied().map(IpNet::V6)).collect()
    }
}

fn blocks_of(subnet: &Subnet) -> impl Iterator<Item = IpNet> + '_ {
    subnet.ipv4_cidr.into_iter().map(IpNet::V4).chain(subnet.ipv6_cidrs.iter().copied().map(IpNet::V6))
}

fn overlap(a: IpNet, b: IpNet) -> bool {
    a.contains(&b) || b.contains(&a)
}

fn is_v4(net: IpNet) -> bool {
    matches!(net, IpNet::V4(_))
}

/// A subnet that sends to some addresses of the peer over the connection.
#[derive(Clone, Copy)]
struct Flow<'l> {
    subnet: &'l Subnet,
    table_id: &'l str,
    towards: IpNet,
}

/// The flows of one IP version.
fn flows_of<'l>(sent: &[Flow<'l>], v4: bool) -> Vec<Flow<'l>> {
    let has_family = |subnet: &Subnet| blocks_of(subnet).any(|block| is_v4(block) == v4);
    sent.iter().filter(|flow| is_v4(flow.towards) == v4 && has_family(flow.subnet)).copied().collect()
}

/// One direction of a peering connection.
struct Link<'l> {
    audit: &'l Audit<'l>,
    pcx: &'l str,
    near: End<'l>,
    far: End<'l>,
}

/// Whether answers come back.
enum Back<'l> {
    There,
    /// The addresses sent to belong to no subnet.
    NobodyReached,
    /// None of these subnets, with their tables, has a route back.
    Missing(BTreeMap<&'l str, &'l str>),
    Unclear(Doubt),
}

impl<'l> Link<'l> {
    /// Who sends over the connection, and what of that was not read.
    fn sent(&self) -> (Vec<Flow<'l>>, Vec<Doubt>) {
        let (mut flows, mut doubts) = (Vec::new(), Vec::new());
        let network = &self.audit.network;
        for subnet in network.subnets_of(self.near.name, &self.near.side.vpc_id) {
            let table = match network.route_table_of(self.near.name, &subnet.id) {
                Ok(table) => table,
                Err(obstacle) => {
                    doubts.push(obstacle.into());
                    continue;
                }
            };
            for block in self.far.blocks() {
                match network.routes_for(self.near.name, table, block) {
                    Ok(pieces) => flows.extend(
                        pieces
                            .into_iter()
                            .filter(|(_, route)| route.is_some_and(|route| self.is_over(route)))
                            .map(|(towards, _)| Flow { subnet, table_id: &table.id, towards }),
                    ),
                    Err(obstacle) => doubts.push(obstacle.into()),
                }
            }
        }
        if let Err(gap) = self.far.region.vpcs.find(&self.far.side.vpc_id) {
            doubts.push(Doubt::of_gap(format!("the blocks of {} were not read", self.far.side.vpc_id), gap));
        }
        if flows.is_empty() {
            doubts.extend(self.near.region.subnets.gap.as_ref().map(|gap| {
                Doubt::of_gap(format!("whether subnets of {} send over {} was not read", self.near.side.vpc_id, self.pcx), gap)
            }));
        }
        (flows, doubts)
    }

    fn is_over(&self, route: &Route) -> bool {
        route.state == RouteState::Active && matches!(&route.target, RouteTarget::PeeringConnection(id) if id == self.pcx)
    }

    fn way_back(&self, flows: &[Flow<'l>]) -> Back<'l> {
        let network = &self.audit.network;
        let (mut reached, mut doubts, mut elsewhere) = (BTreeMap::new(), Vec::new(), BTreeSet::new());
        for subnet in network.subnets_of(self.far.name, &self.far.side.vpc_id) {
            let senders: Vec<&Flow<'l>> =
                flows.iter().filter(|flow| blocks_of(subnet).any(|block| overlap(block, flow.towards))).collect();
            if senders.is_empty() {
                continue;
            }
            let table = match network.route_table_of(self.far.name, &subnet.id) {
                Ok(table) => table,
                Err(obstacle) => {
                    doubts.push(obstacle.into());
                    continue;
                }
            };
            reached.insert(subnet.id.as_str(), table.id.as_str());
            let targets = senders.iter().flat_map(|flow| {
                let v4 = is_v4(flow.towards);
                blocks_of(flow.subnet).filter(move |block| is_v4(*block) == v4)
            });
            for block in targets.collect::<BTreeSet<_>>() {
                match network.routes_for(self.far.name, table, block) {
                    Ok(pieces) => {
                        for route in pieces.into_iter().filter_map(|(_, route)| route) {
                            if self.is_over(route) {
                                return Back::There;
                            }
                            if self.may_lead_back(route) {
                                elsewhere.insert(format!("{} of {} leads to {}", route.destination, table.id, route.target.id()));
                            }
                        }
                    }
                    Err(obstacle) => doubts.push(obstacle.into()),
                }
            }
        }
        if !elsewhere.is_empty() {
            if self.some_table_leads_back(flows) {
                return Back::There;
            }
            let ways: Vec<String> = elsewhere.into_iter().collect();
            let why = format!("answers to {} take another way, which is not followed: {}", self.near.side.vpc_id, few(&ways));
            doubts.push(Doubt { why, gaps: Vec::new() });
        }
        doubts.extend(
            self.far
                .region
                .subnets
                .gap
                .as_ref()
                .map(|gap| Doubt::of_gap(format!("not every subnet of {} was read", self.far.side.vpc_id), gap)),
        );
        match Doubt::join(doubts) {
            Some(doubt) => Back::Unclear(doubt),
            None if reached.is_empty() => Back::NobodyReached,
            None => Back::Missing(reached),
        }
    }

    /// Whether a route that is not over the connection may bring answers back all the same.
    ///
    /// Not out to the internet, and not over another peering connection, which leads to its own peer only. A default route
    /// to a transit gateway does if the senders' VPC is attached there too.
    fn may_lead_back(&self, route: &Route) -> bool {
        if route.state != RouteState::Active {
            return false;
        }
        match &route.target {
            RouteTarget::TransitGateway(id) => {
                let attachments = &self.near.region.transit_gateway_vpc_attachments;
                let leads = |attachment: &TransitGatewayVpcAttachment| {
                    attachment.transit_gateway_id == *id
                        && attachment.vpc_id == self.near.side.vpc_id
                        && attachment.state == "available"
                };
                !attachments.is_complete() || attachments.values().any(leads)
            }
            RouteTarget::VpcEndpoint(_) | RouteTarget::NetworkInterface { .. } | RouteTarget::CoreNetwork(_) => true,
            RouteTarget::Local
            | RouteTarget::InternetGateway(_)
            | RouteTarget::EgressOnlyInternetGateway(_)
            | RouteTarget::NatGateway(_)
            | RouteTarget::PeeringConnection(_)
            | RouteTarget::VpnGateway(_)
            | RouteTarget::CarrierGateway(_)
            | RouteTarget::LocalGateway(_)
            | RouteTarget::Other(_) => false,
        }
    }

    /// Whether any subnet of the far VPC, such as the one that inspection stands in, leads back over the connection.
    fn some_table_leads_back(&self, flows: &[Flow<'l>]) -> bool {
        let network = &self.audit.network;
        network.subnets_of(self.far.name, &self.far.side.vpc_id).iter().any(|subnet| {
            let Ok(table) = network.route_table_of(self.far.name, &subnet.id) else { return false };
            let mut blocks =
                flows.iter().flat_map(|flow| blocks_of(flow.subnet).filter(|block| is_v4(*block) == is_v4(flow.towards)));
            blocks.any(|block| {
                let pieces = network.routes_for(self.far.name, table, block).unwrap_or_default();
                pieces.into_iter().any(|(_, route)| route.is_some_and(|route| self.is_over(route)))
            })
        })
    }

    fn no_return(&self, dead: &[(Vec<Flow<'l>>, BTreeMap<&'l str, &'l str>)]) -> Failure {
        let (near_vpc, far_vpc) = (&self.near.side.vpc_id, &self.far.side.vpc_id);
        let flows = || dead.iter().flat_map(|(flows, _)| flows);
        let senders: Vec<&str> = flows().map(|flow| flow.subnet.id.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
        let tables: Vec<&str> =
            dead.iter().flat_map(|(_, reached)| reached.values().copied()).collect::<BTreeSet<_>>().into_iter().collect();
        let families: Vec<&str> = [(true, "IPv4"), (false, "IPv6")]
            .iter()
            .filter(|(v4, _)| flows().any(|flow| is_v4(flow.towards) == *v4))
            .map(|(_, word)| *word)
            .collect();
        let mut evidence: Vec<Evidence> = flows()
            .map(|flow| {
                let fact = format!("{} sends {} over {}", flow.subnet.id, flow.towards, self.pcx);
                (flow.table_id, fact)
            })
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(|(table_id, fact)| Evidence::new(fact, "ec2:DescribeRouteTables", table_id))
            .collect();
        for (flows, reached) in dead {
            let family = if flows.iter().any(|flow| is_v4(flow.towards)) { "IPv4" } else { "IPv6" };
            evidence.extend(reached.iter().map(|(subnet_id, table_id)| {
                let fact = format!(
                    "{table_id}, the table of {subnet_id}, has no active {family} route to the senders over {}",
                    self.pcx
                );
                Evidence::new(fact, "ec2:DescribeRouteTables", table_id)
            }));
        }
        Failure {
            title: format!("{far_vpc} has no {} route back over {} to {near_vpc}", families.join(" and no "), self.pcx),
            detail: format!(
                "Traffic from {} to {far_vpc} goes over the connection, and no subnet that it reaches there has a route back. Add routes \
                 to the senders' addresses over {} to {}, or take the routes out that send there.",
                few(&senders),
                self.pcx,
                few(&tables)
            ),
            related: [near_vpc.as_str(), far_vpc.as_str()]
                .into_iter()
                .chain(tables.iter().copied())
                .chain(senders)
                .map(str::to_owned)
                .collect(),
            evidence,
            severity: None,
        }
    }
}
