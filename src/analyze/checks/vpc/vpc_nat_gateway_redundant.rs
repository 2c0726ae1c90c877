//! `vpc-nat-gateway-redundant`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::nat_gateways::{Clients, Routed, subnet_of};
use crate::analyze::check::declare_check;
use crate::analyze::{
    Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict, repairs,
};
use crate::model::ec2::{NatGateway, NatGatewayState, Route, RouteDestination, RouteState, RouteTarget, Subnet};
use crate::model::{GapId, RegionInventory};

declare_check! {
    /// ## What it does
    /// Finds NAT gateways that another one could stand in for: both are available, of the same kind (public or private), used by
    /// subnets, in the same zone of the same VPC, and send packets on by the same routes. A regional NAT gateway that covers
    /// the zone stands in for a public zonal one whose subnet leads straight to the internet gateway. Of several the one with
    /// most subnets behind it is kept, then the oldest; the others are reported.
    ///
    /// ## Why it matters
    /// Each NAT gateway is billed for every hour, and so are its public addresses. A second one in a zone adds no availability:
    /// a NAT gateway is redundant within its zone.
    ///
    /// ## What it reads
    /// - `ec2:DescribeNatGateways`: VPC, subnet, kind and availability mode
    /// - `ec2:DescribeSubnets`: the zone of each gateway
    /// - `ec2:DescribeRouteTables`: who is routed to each gateway, and by which routes it sends packets on
    ///
    /// ## When it stays silent
    /// Gateways that no subnet is routed to are idle, not redundant (`vpc-nat-gateway-idle`). Gateways in different zones, in
    /// different VPCs or with different ways out are needed. Limits of a gateway (ports per destination, bandwidth) are not
    /// measured, and neither is whether a partner's allow list needs separate addresses: waive the finding where it does.
    /// With a listing cut short the answer is Unknown.
    ///
    /// ## References
    /// - [VPC guide: NAT gateway basics](https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html)
    /// - [VPC guide: Regional NAT gateways](https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateways-regional.html)
    pub(super) static CHECK = {
        id: "vpc-nat-gateway-redundant",
        title: "NAT gateway repeats the work of another one",
        severity: Severity::Medium,
        pillar: Pillar::Cost,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Route the subnets of the redundant NAT gateway to the one that stays, then delete it and release its addresses.",
            command: "aws ec2 replace-route --route-table-id <route-table-id> --destination-cidr-block 0.0.0.0/0 --nat-gateway-id <nat-gateway-that-stays>",
            url: "https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html",
        },
        repair: Repair::Change(repairs::delete_redundant),
        evaluate: judge_gateways,
    }
}

fn judge_gateways(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in audit.regions() {
        let candidates = Candidates::of(audit, name, region);
        for nat in region.nat_gateways.values() {
            let verdict = candidates.judge(nat);
            subjects.push(Subject::new(name, Resource::nat_gateway(audit.inventory, name, nat), verdict));
        }
        subjects.extend(Subject::unlisted(name, "nat_gateway", &region.nat_gateways));
    }
    subjects
}

/// A gateway that subnets use, and what it could be replaced by.
struct Candidate<'a> {
    nat: &'a NatGateway,
    /// Its own subnet; `None` for a regional one.
    home: Option<&'a Subnet>,
    clients: Clients<'a>,
    /// Where it sends packets on, by destination.
    onward: BTreeSet<(RouteDestination, RouteTarget)>,
}

/// The gateways of one region.
struct Candidates<'a> {
    /// By VPC, then by id.
    used: BTreeMap<&'a str, BTreeMap<&'a str, Candidate<'a>>>,
    /// Available gateways that cannot be compared: their VPC, and why.
    doubts: BTreeMap<&'a str, (&'a str, Doubt)>,
    gap: Option<&'a GapId>,
}

impl<'a> Candidates<'a> {
    fn of(audit: &Audit<'a>, name: &str, region: &'a RegionInventory) -> Self {
        let mut all = Self { used: BTreeMap::new(), doubts: BTreeMap::new(), gap: region.nat_gateways.gap.as_ref() };
        let routed = Routed::of(region);
        for nat in region.nat_gateways.values().filter(|nat| nat.state == NatGatewayState::Available) {
            match Candidate::of(audit, name, region, &routed, nat) {
                Ok(Some(candidate)) => drop(all.used.entry(&nat.vpc_id).or_default().insert(&nat.id, candidate)),
                Ok(None) => {}
                Err(doubt) => drop(all.doubts.insert(&nat.id, (&nat.vpc_id, doubt))),
            }
        }
        all
    }

    fn judge(&self, nat: &NatGateway) -> Verdict {
        if let Some((_, doubt)) = self.doubts.get(nat.id.as_str()) {
            return Verdict::Unknown(doubt.clone());
        }
        let Some(neighbours) = self.used.get(nat.vpc_id.as_str()) else { return Verdict::NotApplicable };
        let Some(own) = neighbours.get(nat.id.as_str()) else { return Verdict::NotApplicable };
        let stays = neighbours.values().filter(|other| other.replaces(own)).min_by_key(|other| other.rank());
        if let Some(stays) = stays {
            return Verdict::Fail(Box::new(redundant(own, stays)));
        }
        let unlisted = self.gap.map(|gap| Doubt::of_gap(format!("other NAT gateways of {} may not be listed", nat.vpc_id), gap));
        let unclear = self.doubts.values().filter(|(vpc_id, _)| *vpc_id == nat.vpc_id).map(|(_, doubt)| doubt.clone());
        Doubt::join(unclear.chain(unlisted)).map_or(Verdict::Pass, Verdict::Unknown)
    }
}

impl<'a> Candidate<'a> {
    /// `None` for a gateway that nobody uses.
    fn of(
        audit: &Audit<'a>,
        name: &str,
        region: &'a RegionInventory,
        routed: &Routed<'a>,
        nat: &'a NatGateway,
    ) -> Result<Option<Self>, Doubt> {
        let clients = routed.clients(audit, name, nat);
        if !clients.any()? {
            return Ok(None);
        }
        let home = subnet_of(region, nat)?;
        let onward = match home {
            Some(home) => {
                let table = audit.network.route_table_of(name, &home.id)?;
                // A gateway endpoint is a shortcut for the same packets, not another way out.
                let shortcut = |route: &Route| {
                    matches!((&route.destination, &route.target), (RouteDestination::PrefixList(_), RouteTarget::VpcEndpoint(_)))
                };
                let active = table.routes.iter().filter(|route| route.state == RouteState::Active && !shortcut(route));
                active.map(|route| (route.destination.clone(), route.target.clone())).collect()
            }
            None => BTreeSet::new(),
        };
        Ok(Some(Self { nat, home, clients, onward }))
    }

    /// Whether this gateway can take over the work of another one, and is the one to stay.
    fn replaces(&self, other: &Self) -> bool {
        let alike =
            self.nat.id != other.nat.id && self.nat.vpc_id == other.nat.vpc_id && self.nat.connectivity == other.nat.connectivity;
        alike
            && match (self.home, other.home) {
                (Some(own), Some(its)) => own.zone_id == its.zone_id && self.onward == other.onward && self.rank() < other.rank(),
                (None, Some(its)) => self.covers(its) && other.leads_straight_out(),
                (None, None) => self.rank() < other.rank(),
                // A zonal gateway cannot take over the work of one that stands in every zone.
                (Some(_), None) => false,
            }
    }

    /// Whether a regional gateway has an address in the zone of a subnet.
    fn covers(&self, subnet: &Subnet) -> bool {
        let in_zone = |id: Option<&str>, name: Option<&str>| match (id, name) {
            (Some(id), _) => id == subnet.zone_id,
            (None, Some(name)) => name == subnet.zone,
            (None, None) => false,
        };
        self.nat.addresses.iter().any(|address| in_zone(address.zone_id.as_deref(), address.zone.as_deref()))
    }

    /// Whether packets go from the gateway to the internet gateway and nowhere in between, as they do from a regional one.
    fn leads_straight_out(&self) -> bool {
        self.onward.iter().all(|(_, target)| {
            matches!(target, RouteTarget::Local | RouteTarget::InternetGateway(_) | RouteTarget::EgressOnlyInternetGateway(_))
        })
    }

    /// The lowest stays: most subnets, oldest, and the id to settle a draw. Traffic has no say: it would name another one each night.
    fn rank(&self) -> (Reverse<usize>, Option<jiff::Timestamp>, &str) {
        (Reverse(self.clients.subnets().count()), self.nat.created_at, &self.nat.id)
    }

    fn place(&self) -> String {
        self.home.map_or_else(|| "every zone".to_owned(), |home| format!("zone {}", home.zone))
    }
}

fn redundant(own: &Candidate<'_>, stays: &Candidate<'_>) -> Failure {
    let stands = |one: &Candidate<'_>| {
        let fact = format!("{} is a {} NAT gateway of {} in {}", one.nat.id, one.nat.connectivity, one.nat.vpc_id, one.place());
        Evidence::new(fact, "ec2:DescribeNatGateways", &one.nat.id)
    };
    let mut evidence = vec![stands(own), stands(stays)];
    evidence.extend(own.clients.evidence(own.nat));
    evidence.extend(stays.clients.evidence(stays.nat));
    let tables = own.clients.tables.iter().map(|(table, _)| table.id.clone());
    let addresses = own.nat.addresses.iter().filter_map(|address| address.allocation_id.clone());
    Failure {
        title: format!("NAT gateway {} repeats the work of {} in {}", own.nat.id, stays.nat.id, own.place()),
        detail: format!(
            "Both are {} NAT gateways of {} and send packets on the same way. Route the subnets of {} to {} and delete it. Waive this finding \
             if a partner's allow list tells their addresses apart, or if one gateway runs out of ports.",
            own.nat.connectivity, own.nat.vpc_id, own.nat.id, stays.nat.id
        ),
        related: std::iter::once(stays.nat.id.clone()).chain(tables).chain(addresses).collect(),
        evidence,
        severity: None,
    }
}
