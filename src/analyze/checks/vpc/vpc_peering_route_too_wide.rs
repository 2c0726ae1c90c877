//! `vpc-peering-route-too-wide`.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use crate::analyze::check::declare_check;
use crate::analyze::checks::words::few;
use crate::analyze::{Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict};
use crate::model::RegionInventory;
use crate::model::ec2::{
    PeeringSide, PeeringState, Route, RouteDestination, RouteState, RouteTable, RouteTarget, VpcPeeringConnection,
};
use crate::network::{covered, overlap};

declare_check! {
    /// ## What it does
    /// Finds route tables whose routes over an active VPC peering connection cover a whole address block of the peer VPC, or
    /// more: by one route, or by several to the same connection together. One finding per table.
    ///
    /// ## Why it matters
    /// A peering connection is made for a purpose, often one database. A route to the whole peer lets whatever gets into a
    /// subnet try everything over there. The CIS AWS Foundations Benchmark (6.6, formerly 5.5) asks for routes to what is
    /// needed ("least access").
    ///
    /// ## What it reads
    /// - `ec2:DescribeRouteTables`: active routes to peering connections
    /// - `ec2:DescribeVpcPeeringConnections`, `ec2:DescribeVpcs`: the blocks of the peer
    /// - `ec2:DescribeManagedPrefixLists`, `ec2:GetManagedPrefixListEntries`: lists in such routes
    ///
    /// ## When it stays silent
    /// Tables without an active route over an active connection, and tables of another account. A peer block that holds a
    /// single subnet is judged like any other. What security groups and network ACLs refuse is not looked at. Connections, peer
    /// blocks or lists that were not read give Unknown where no other route fails.
    ///
    /// ## References
    /// - [VPC peering guide: VPC peering configurations with specific routes](https://docs.aws.amazon.com/vpc/latest/peering/peering-configurations-partial-access.html)
    /// - [VPC peering guide: Update your route tables for a VPC peering connection](https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-routing.html)
    pub(super) static CHECK = {
        id: "vpc-peering-route-too-wide",
        title: "Peering route covers a whole block of the peer VPC",
        severity: Severity::Low,
        pillar: Pillar::Privilege,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Add routes to the subnets or hosts that are needed, then delete the wide one.",
            command: "aws ec2 create-route --route-table-id <route-table-id> --destination-cidr-block <peer-subnet-cidr> --vpc-peering-connection-id <pcx-id>",
            url: "https://docs.aws.amazon.com/vpc/latest/peering/peering-configurations-partial-access.html",
        },
        repair: Repair::Decision("which hosts of the peer are needed is not in the account"),
        evaluate: judge_tables,
    }
}

fn judge_tables(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in audit.regions() {
        for table in region.route_tables.values() {
            let case = Case { audit, name, region, table };
            let own = table.owner_id == audit.inventory.account.id;
            let verdict = if own { case.judge() } else { Verdict::NotApplicable };
            subjects.push(Subject::new(name, Resource::route_table(audit.inventory, name, table), verdict));
        }
        subjects.extend(Subject::unlisted(name, "route_table", &region.route_tables));
    }
    subjects
}

/// One table.
struct Case<'c> {
    audit: &'c Audit<'c>,
    name: &'c str,
    region: &'c RegionInventory,
    table: &'c RouteTable,
}

/// A block of a peer that routes cover.
struct Wide<'c> {
    connection: &'c str,
    peer: &'c PeeringSide,
    block: IpNet,
    routes: Vec<&'c Route>,
}

/// Routes with the blocks they are for.
type Destinations<'c> = Vec<(&'c Route, Vec<IpNet>)>;

impl<'c> Case<'c> {
    fn judge(&self) -> Verdict {
        let mut routes: BTreeMap<&str, Vec<&Route>> = BTreeMap::new();
        for route in self.table.routes.iter().filter(|route| route.state == RouteState::Active) {
            if let RouteTarget::PeeringConnection(id) = &route.target {
                routes.entry(id).or_default().push(route);
            }
        }
        let (mut wide, mut doubts, mut judged) = (Vec::new(), Vec::new(), false);
        for (id, routes) in routes {
            match self.region.peering_connections.find(id) {
                Ok(Some(peering)) if peering.state == PeeringState::Active => {
                    judged = true;
                    self.compare(peering, &routes, &mut wide, &mut doubts);
                }
                Ok(_) => {}
                Err(gap) => doubts.push(Doubt::of_gap(format!("{id} was not read"), gap)),
            }
        }
        if !wide.is_empty() {
            return Verdict::Fail(Box::new(self.too_wide(&wide)));
        }
        match Doubt::join(doubts) {
            Some(doubt) => Verdict::Unknown(doubt),
            None if judged => Verdict::Pass,
            None => Verdict::NotApplicable,
        }
    }

    fn compare(
        &self,
        peering: &'c VpcPeeringConnection,
        routes: &[&'c Route],
        wide: &mut Vec<Wide<'c>>,
        doubts: &mut Vec<Doubt>,
    ) {
        let peer = if peering.requester.vpc_id == self.table.vpc_id { &peering.accepter } else { &peering.requester };
        let mut destinations: Destinations<'c> = Vec::new();
        for route in routes {
            match self.blocks_of(route) {
                Ok(blocks) => destinations.push((*route, blocks)),
                Err(doubt) => doubts.push(doubt),
            }
        }
        let (blocks, doubt) = self.blocks_of_peer(peer);
        doubts.extend(doubt);
        for block in blocks {
            if !covered(block, destinations.iter().flat_map(|(_, blocks)| blocks.iter().copied())) {
                continue;
            }
            let taking_part = |(_, blocks): &&(&Route, Vec<IpNet>)| blocks.iter().any(|one| overlap(*one, block));
            let routes = destinations.iter().filter(taking_part).map(|(route, _)| *route).collect();
            wide.push(Wide { connection: &peering.id, peer, block, routes });
        }
    }

    fn blocks_of(&self, route: &Route) -> Result<Vec<IpNet>, Doubt> {
        match &route.destination {
            RouteDestination::Ipv4(net) => Ok(vec![IpNet::V4(net.trunc())]),
            RouteDestination::Ipv6(net) => Ok(vec![IpNet::V6(net.trunc())]),
            RouteDestination::PrefixList(id) => {
                let why =
                    || format!("{} routes prefix list {id} to {}, and the list was not read", self.table.id, route.target.id());
                match self.region.prefix_lists.find(id) {
                    Ok(Some(list)) => list.entries.as_result().cloned().map_err(|gap| Doubt::of_gap(why(), gap)),
                    Ok(None) => Err(Doubt { why: why(), gaps: Vec::new() }),
                    Err(gap) => Err(Doubt::of_gap(why(), gap)),
                }
            }
        }
    }

    /// What the connection says of its peer, and what the VPC itself does where it was read.
    fn blocks_of_peer(&self, peer: &PeeringSide) -> (BTreeSet<IpNet>, Option<Doubt>) {
        let mut blocks: BTreeSet<IpNet> = peer.ipv4_cidrs.iter().copied().map(IpNet::V4).collect();
        blocks.extend(peer.ipv6_cidrs.iter().copied().map(IpNet::V6));
        let name = peer.region.as_deref().unwrap_or(self.name);
        let why = || format!("the blocks of peer {} were not read", peer.vpc_id);
        let doubt = match self.audit.inventory.regions.get(name).map(|region| region.vpcs.find(&peer.vpc_id)) {
            Some(Ok(Some(vpc))) => {
                blocks.extend(vpc.ipv4_cidrs.iter().copied().map(IpNet::V4));
                blocks.extend(vpc.ipv6_cidrs.iter().copied().map(IpNet::V6));
                None
            }
            Some(Err(gap)) if peer.owner_id == self.audit.inventory.account.id => Some(Doubt::of_gap(why(), gap)),
            Some(Ok(None) | Err(_)) | None => None,
        };
        let untold = || Doubt { why: why(), gaps: Vec::new() };
        let doubt = doubt.or_else(|| blocks.is_empty().then(untold));
        (blocks, doubt)
    }

    fn too_wide(&self, wide: &[Wide<'_>]) -> Failure {
        let table_id = &self.table.id;
        let blocks: Vec<String> = wide.iter().map(|one| format!("{} of {}", one.block, one.peer.vpc_id)).collect();
        let connections: Vec<&str> = wide.iter().map(|one| one.connection).collect::<BTreeSet<_>>().into_iter().collect();
        let users = self.audit.network.subnets_using(self.name, table_id);
        let users: Vec<&str> = users.iter().map(|subnet| subnet.id.as_str()).collect();
        let mut evidence: Vec<Evidence> = Vec::new();
        for one in wide {
            let routes: Vec<String> = one.routes.iter().map(|route| route.destination.to_string()).collect();
            let fact = format!("active route to {} over {}", few(&routes), one.connection);
            evidence.push(Evidence::new(fact, "ec2:DescribeRouteTables", table_id));
            let fact = format!("{} is a whole block of {}", one.block, one.peer.vpc_id);
            evidence.push(Evidence::new(fact, "ec2:DescribeVpcPeeringConnections", one.connection));
        }
        if !users.is_empty() {
            evidence.push(Evidence::new(format!("the table is used by {}", few(&users)), "ec2:DescribeRouteTables", table_id));
        }
        let peers = wide.iter().map(|one| one.peer.vpc_id.as_str()).collect::<BTreeSet<_>>();
        Failure {
            title: format!("{table_id} routes all of {} over {}", few(&blocks), few(&connections)),
            detail: format!(
                "Whatever is in a subnet of {table_id} can send to every address of {}. Route the subnets or hosts that are needed over {}, \
                 and delete the wide routes.",
                few(&blocks),
                few(&connections)
            ),
            related: connections.iter().copied().chain(peers).chain(users).map(str::to_owned).collect(),
            evidence,
            severity: None,
        }
    }
}
