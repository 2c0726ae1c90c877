//! What the checks of gateway endpoints ask: which way the packets of a subnet go to a service that has such endpoints.
//!
//! Only IPv4 counts where a NAT gateway is concerned: packets of NAT64 are for an address that no gateway endpoint's route holds.

use std::collections::{BTreeMap, BTreeSet};

use crate::analyze::{Audit, Doubt, Evidence};
use crate::model::ec2::{EndpointKind, EndpointState, InterfaceKind, Subnet, VpcEndpoint};
use crate::model::{RegionInventory, service_slug};
use crate::network::{End, Family, Segment};

/// Services with gateway endpoints that every region has, by short name. Source: `PrivateLink` guide, "Gateway endpoints".
pub(super) const SERVICES: [&str; 2] = ["dynamodb", "s3"];

/// Route tables whose hops are told as evidence; the others are named, and `natless path` explains any subnet.
const TABLES_SHOWN: usize = 4;

/// The service's name as people write it.
pub(super) fn title_of(service: &str) -> &str {
    match service {
        "dynamodb" => "DynamoDB",
        "s3" => "S3",
        other => other,
    }
}

/// Gateway endpoints of a VPC for a service that are in service, as far as they were read.
pub(super) fn available<'a>(
    name: &str,
    region: &'a RegionInventory,
    vpc_id: &str,
    service: &str,
) -> impl Iterator<Item = &'a VpcEndpoint> {
    region.vpc_endpoints.values().filter(move |endpoint| {
        endpoint.kind == EndpointKind::Gateway
            && endpoint.state == EndpointState::Available
            && endpoint.vpc_id == vpc_id
            && service_slug(&endpoint.service_name, name) == service
    })
}

/// Why a VPC may have gateway endpoints that are not listed.
pub(super) fn unlisted_endpoints(region: &RegionInventory, vpc_id: &str, service: &str) -> Option<Doubt> {
    let gap = region.vpc_endpoints.gap.as_ref()?;
    Some(Doubt::of_gap(format!("whether {vpc_id} has a gateway endpoint for {} was not read", title_of(service)), gap))
}

/// How the packets of one subnet reach one service over IPv4.
#[derive(Debug)]
pub(super) struct Reach<'a> {
    /// The subnet.
    pub(super) subnet: &'a Subnet,
    /// NAT gateways on the way, with the VPC of each.
    pub(super) nats: BTreeMap<String, String>,
    /// Gateway endpoints on the way.
    pub(super) endpoints: BTreeSet<String>,
    /// Gateways by which packets leave what was scanned, with what lies there.
    pub(super) exits: BTreeMap<String, String>,
    /// Why the way is not known.
    pub(super) doubts: Vec<Doubt>,
    /// The hops that lead to NAT gateways.
    pub(super) evidence: Vec<Evidence>,
}

impl<'a> Reach<'a> {
    /// Reads the path matrix.
    pub(super) fn of(audit: &Audit<'a>, name: &str, subnet: &'a Subnet, service: &str) -> Self {
        let (nats, endpoints, exits) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
        let mut reach = Self { subnet, nats, endpoints, exits, doubts: Vec::new(), evidence: Vec::new() };
        for segment in audit.path(name, &subnet.id, service, Family::Ipv4).into_iter().flat_map(|path| &path.segments) {
            reach.add(segment);
        }
        reach
    }

    fn add(&mut self, segment: &Segment) {
        match &segment.end {
            End::Nat { nat_gateway_id, vpc_id, zone: _ } => {
                self.nats.insert(nat_gateway_id.clone(), vpc_id.clone());
                self.evidence.extend(hops(segment));
            }
            End::GatewayEndpoint { endpoint_id } => drop(self.endpoints.insert(endpoint_id.clone())),
            End::LeavesView { via, reason } => drop(self.exits.insert(via.clone(), reason.clone())),
            End::Unknown { reason, gaps } => self.doubts.push(Doubt { why: reason.clone(), gaps: gaps.clone() }),
            End::InterfaceEndpoint { .. }
            | End::Internet { .. }
            | End::None { .. }
            | End::Blackhole { .. }
            | End::Blocked { .. }
            | End::Appliance { .. } => {}
        }
    }
}

/// The hops of a segment as evidence.
pub(super) fn hops(segment: &Segment) -> impl Iterator<Item = Evidence> {
    segment.hops.iter().map(|hop| Evidence { fact: format!("{}: {}", hop.id, hop.reason), source: hop.source.clone() })
}

/// The ways of several subnets that share a verdict.
#[derive(Debug)]
pub(super) struct Ways<'w, 'a> {
    /// One per subnet.
    pub(super) reaches: Vec<&'w Reach<'a>>,
}

impl<'w, 'a> Ways<'w, 'a> {
    /// The ways that pass a NAT gateway for which `which` holds: called with the gateway's VPC and the subnet's.
    pub(super) fn over_nat(reaches: &'w [Reach<'a>], which: impl Fn(&str, &str) -> bool) -> Self {
        let passes = |reach: &&Reach<'_>| reach.nats.values().any(|vpc_id| which(vpc_id, &reach.subnet.vpc_id));
        Self { reaches: reaches.iter().filter(passes).collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.reaches.is_empty()
    }

    /// The NAT gateways on the ways, sorted.
    pub(super) fn nats(&self) -> BTreeSet<&str> {
        self.reaches.iter().flat_map(|reach| reach.nats.keys().map(String::as_str)).collect()
    }

    /// The subnets, sorted by id.
    pub(super) fn subnets(&self) -> BTreeSet<&str> {
        self.reaches.iter().map(|reach| reach.subnet.id.as_str()).collect()
    }

    /// The route tables of the subnets, sorted, each with one of its subnets.
    fn tables(&self, audit: &Audit<'a>, name: &str) -> BTreeMap<&'a str, &'w Reach<'a>> {
        let mut tables = BTreeMap::new();
        for reach in &self.reaches {
            if let Ok(table) = audit.network.route_table_of(name, &reach.subnet.id) {
                tables.entry(table.id.as_str()).or_insert(*reach);
            }
        }
        tables
    }

    /// The route tables of the subnets, sorted.
    pub(super) fn table_ids(&self, audit: &Audit<'a>, name: &str) -> BTreeSet<&'a str> {
        self.tables(audit, name).into_keys().collect()
    }

    /// The hops of one subnet of each of the first tables, and what was measured on the NAT gateways.
    pub(super) fn evidence(&self, audit: &Audit<'a>, name: &str) -> Vec<Evidence> {
        let mut evidence: Vec<Evidence> = Vec::new();
        for hop in self.tables(audit, name).into_values().take(TABLES_SHOWN).flat_map(|reach| &reach.evidence) {
            if !evidence.contains(hop) {
                evidence.push(hop.clone());
            }
        }
        let days = audit.inventory.regions.get(name).map_or(0, |region| region.traffic.window_days());
        for nat in self.nats() {
            if let Some(bytes) = audit.nat_bytes(name, [nat]) {
                let fact = format!("{nat} billed {bytes} bytes in {days} days, to all destinations together");
                evidence.push(Evidence::new(fact, "cloudwatch:GetMetricData", nat));
            }
        }
        evidence
    }
}

/// Subnets with interfaces of transit gateways and Gateway Load Balancer endpoints and no others, where every interface was read.
///
/// What passes them was sent from elsewhere, and an endpoint of their VPC would carry none of it.
/// Source: Transit Gateway guide, "Transit gateway design best practices" ("Use a separate subnet for each transit gateway VPC attachment").
pub(super) fn forwarding_subnets(region: &RegionInventory) -> BTreeSet<&str> {
    if !region.network_interfaces.is_complete() {
        return BTreeSet::new();
    }
    let forwards =
        |kind: &InterfaceKind| matches!(kind, InterfaceKind::TransitGateway | InterfaceKind::GatewayLoadBalancerEndpoint);
    let (forwarding, others): (Vec<_>, Vec<_>) =
        region.network_interfaces.values().partition(|interface| forwards(&interface.kind));
    let mut subnets: BTreeSet<&str> = forwarding.iter().map(|interface| interface.subnet_id.as_str()).collect();
    for interface in others {
        subnets.remove(interface.subnet_id.as_str());
    }
    subnets
}

/// The subnets of each VPC that can hold clients, by the VPC's id.
pub(super) fn subnets_by_vpc(region: &RegionInventory) -> BTreeMap<&str, Vec<&Subnet>> {
    let forwarding = forwarding_subnets(region);
    let mut vpcs: BTreeMap<&str, Vec<&Subnet>> = BTreeMap::new();
    for subnet in region.subnets.values().filter(|subnet| !forwarding.contains(subnet.id.as_str())) {
        vpcs.entry(&subnet.vpc_id).or_default().push(subnet);
    }
    vpcs
}

/// A few ids in words: all of up to three, else two and how many more.
pub(super) fn some(ids: &BTreeSet<&str>) -> String {
    let listed: Vec<&str> = ids.iter().copied().take(if ids.len() > 3 { 2 } else { 3 }).collect();
    match ids.len() - listed.len() {
        0 => listed.join(", "),
        more => format!("{} and {more} more", listed.join(", ")),
    }
}
