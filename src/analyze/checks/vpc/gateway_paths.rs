//! What the checks of gateway endpoints ask: which way the packets of a subnet go to a service that has such endpoints.
//!
//! Only IPv4 counts where a NAT gateway is concerned: packets of NAT64 are for an address that no gateway endpoint's route holds.

use std::collections::{BTreeMap, BTreeSet};

use crate::analyze::checks::forwarding::Client;
use crate::analyze::{Audit, Doubt, Evidence};
use crate::model::ec2::{
    EndpointKind, EndpointState, Route, RouteDestination, RouteTable, RouteTableAssociation, Subnet, VpcEndpoint,
};
use crate::model::{RegionInventory, service_slug};
use crate::network::{End, Family, Path, Segment};

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

/// The gateway endpoints of a region that are in service, as far as they were read, by VPC and service.
#[derive(Debug)]
pub(super) struct Gateways<'a>(BTreeMap<&'a str, BTreeMap<&'a str, Vec<&'a VpcEndpoint>>>);

impl<'a> Gateways<'a> {
    /// Sorts the endpoints of a region.
    pub(super) fn of(name: &str, region: &'a RegionInventory) -> Self {
        let mut all: BTreeMap<&str, BTreeMap<&str, Vec<&VpcEndpoint>>> = BTreeMap::new();
        let serves =
            |endpoint: &&VpcEndpoint| endpoint.kind == EndpointKind::Gateway && endpoint.state == EndpointState::Available;
        for endpoint in region.vpc_endpoints.values().filter(serves) {
            let service = service_slug(&endpoint.service_name, name);
            all.entry(&endpoint.vpc_id).or_default().entry(service).or_default().push(endpoint);
        }
        Self(all)
    }

    /// Those of a VPC for a service, by id.
    pub(super) fn in_vpc(&self, vpc_id: &str, service: &str) -> &[&'a VpcEndpoint] {
        self.0.get(vpc_id).and_then(|services| services.get(service)).map_or(&[], Vec::as_slice)
    }
}

/// Why a VPC may have gateway endpoints that are not listed.
pub(super) fn unlisted_endpoints(region: &RegionInventory, vpc_id: &str, service: &str) -> Option<Doubt> {
    let gap = region.vpc_endpoints.gap.as_ref()?;
    Some(Doubt::of_gap(format!("whether {vpc_id} has a gateway endpoint for {} was not read", title_of(service)), gap))
}

/// Why subnets that are not listed may use a table: one that is told of, or, of a VPC's main table, any.
pub(super) fn unlisted_users(region: &RegionInventory, table: &RouteTable) -> Option<Doubt> {
    let gap = region.subnets.gap.as_ref()?;
    let hidden = |association: &RouteTableAssociation| match &association.subnet_id {
        Some(subnet) => region.subnets.get(subnet).is_none(),
        None => association.main,
    };
    let used = table.associations.iter().any(hidden);
    used.then(|| Doubt::of_gap(format!("the subnets that use {} were not read", table.id), gap))
}

/// How the packets of one subnet reach one service over IPv4.
#[derive(Debug)]
pub(super) struct Reach<'p> {
    /// The subnet.
    pub(super) subnet: &'p Subnet,
    /// NAT gateways that the packets pass, with the VPC of each.
    pub(super) nats: BTreeMap<&'p str, &'p str>,
    /// Gateway endpoints on the way.
    pub(super) endpoints: BTreeSet<&'p str>,
    /// Gateways by which packets leave what was scanned, with what lies there.
    pub(super) exits: BTreeMap<&'p str, &'p str>,
    /// Why the way is not known.
    pub(super) doubts: Vec<Doubt>,
    /// The parts of the way that pass NAT gateways.
    billed: Vec<(&'p Path, &'p Segment)>,
}

impl<'p> Reach<'p> {
    /// Reads the path matrix.
    pub(super) fn of(audit: &'p Audit<'_>, name: &str, client: &Client<'p>, service: &str) -> Self {
        let subnet = client.subnet;
        let (nats, endpoints, exits) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
        let mut reach = Self { subnet, nats, endpoints, exits, doubts: Vec::new(), billed: Vec::new() };
        if let Some(path) = audit.path(name, &subnet.id, service, Family::Ipv4) {
            for segment in path.segments.iter() {
                reach.add(audit, name, path, segment);
            }
        }
        match &client.doubt {
            // A way that perhaps nobody takes is no finding, and no pass.
            Some(doubt) if !reach.nats.is_empty() => {
                reach.nats.clear();
                reach.billed.clear();
                reach.doubts.push(doubt.clone());
            }
            _ => {}
        }
        reach
    }

    fn add(&mut self, audit: &'p Audit<'_>, name: &str, path: &'p Path, segment: &'p Segment) {
        for id in segment.nat_gateways() {
            let vpc_id = audit.network.nat_gateway(name, id).map_or(self.subnet.vpc_id.as_str(), |nat| nat.vpc_id.as_str());
            self.nats.insert(id, vpc_id);
            if self.billed.last().is_none_or(|(_, last)| !std::ptr::eq(*last, segment)) {
                self.billed.push((path, segment));
            }
        }
        match &segment.end {
            End::GatewayEndpoint { endpoint_id } => drop(self.endpoints.insert(endpoint_id)),
            End::LeavesView { via, reason } => drop(self.exits.insert(via, reason)),
            End::Unknown { reason, gaps } => self.doubts.push(Doubt { why: reason.clone(), gaps: gaps.clone() }),
            End::Nat { .. }
            | End::InterfaceEndpoint { .. }
            | End::Internet { .. }
            | End::None { .. }
            | End::Blackhole { .. }
            | End::Blocked { .. }
            | End::Appliance { .. } => {}
        }
    }
}

/// The hops of a segment of a path as evidence.
pub(super) fn hops<'p>(path: &'p Path, segment: &'p Segment) -> impl Iterator<Item = Evidence> + use<'p> {
    path.hops(segment).map(|hop| Evidence { fact: format!("{}: {}", hop.id, hop.reason), source: hop.source.clone() })
}

/// The ways of several subnets that share a verdict.
#[derive(Debug)]
pub(super) struct Ways<'w, 'p> {
    /// One per subnet.
    pub(super) reaches: Vec<&'w Reach<'p>>,
}

impl<'w, 'p> Ways<'w, 'p> {
    /// The ways that pass a NAT gateway for which `which` holds: called with the gateway's VPC and the subnet's.
    pub(super) fn over_nat(reaches: &'w [Reach<'p>], which: impl Fn(&str, &str) -> bool) -> Self {
        let passes = |reach: &&Reach<'_>| reach.nats.values().any(|vpc_id| which(vpc_id, &reach.subnet.vpc_id));
        Self { reaches: reaches.iter().filter(passes).collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.reaches.is_empty()
    }

    /// Ids of the hops of a kind.
    fn hops_of_kind(&self, kind: &'static str) -> impl Iterator<Item = &str> {
        let hops = self.reaches.iter().flat_map(|reach| &reach.billed).flat_map(|(_, segment)| &segment.hops);
        hops.filter(move |hop| hop.kind == kind).map(|hop| hop.id.as_str())
    }

    /// The NAT gateways on the ways, sorted.
    pub(super) fn nats(&self) -> BTreeSet<&str> {
        self.reaches.iter().flat_map(|reach| reach.nats.keys().copied()).collect()
    }

    /// The subnets, sorted by id.
    pub(super) fn subnets(&self) -> BTreeSet<&str> {
        self.reaches.iter().map(|reach| reach.subnet.id.as_str()).collect()
    }

    /// The route tables of the subnets, sorted, each with one of its subnets.
    fn tables<'a>(&self, audit: &Audit<'a>, name: &str) -> BTreeMap<&'a str, &'w Reach<'p>> {
        let mut tables = BTreeMap::new();
        for reach in &self.reaches {
            if let Ok(table) = audit.network.route_table_of(name, &reach.subnet.id) {
                tables.entry(table.id.as_str()).or_insert(*reach);
            }
        }
        tables
    }

    /// The route tables of the subnets, sorted.
    pub(super) fn table_ids<'a>(&self, audit: &Audit<'a>, name: &str) -> BTreeSet<&'a str> {
        self.tables(audit, name).into_keys().collect()
    }

    /// The hops of one subnet of each of the first tables, and what was measured on the NAT gateways.
    pub(super) fn evidence(&self, audit: &Audit<'_>, name: &str) -> Vec<Evidence> {
        let mut evidence: Vec<Evidence> = Vec::new();
        let shown = self.tables(audit, name).into_values().take(TABLES_SHOWN);
        for hop in shown.flat_map(|reach| &reach.billed).flat_map(|(path, segment)| hops(path, segment)) {
            if !evidence.contains(&hop) {
                evidence.push(hop);
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

/// The subnets of each VPC that can hold clients, by the VPC's id.
pub(super) fn clients_by_vpc<'a>(
    audit: &Audit<'a>,
    name: &str,
    region: &'a RegionInventory,
) -> BTreeMap<&'a str, Vec<Client<'a>>> {
    let mut vpcs: BTreeMap<&str, Vec<Client<'_>>> = BTreeMap::new();
    for client in region.subnets.values().filter_map(|subnet| audit.client(name, subnet)) {
        vpcs.entry(&client.subnet.vpc_id).or_default().push(client);
    }
    vpcs
}

/// What to mind before an endpoint takes the packets over, as sentences to end a finding with; empty where there is nothing.
pub(super) fn caution(audit: &Audit<'_>, name: &str, table_ids: &BTreeSet<&str>, ways: &Ways<'_, '_>, service: &str) -> String {
    let Some(region) = audit.inventory.regions.get(name) else { return String::new() };
    let mut caution = String::new();
    let inspects =
        |id: &&str| audit.network.vpc_endpoint(name, id).is_some_and(|one| one.kind == EndpointKind::GatewayLoadBalancer);
    let inspections: BTreeSet<&str> = ways.hops_of_kind("vpc_endpoint").filter(inspects).collect();
    if !inspections.is_empty() {
        caution = format!(
            " On the way they are inspected behind {}, and what goes by the endpoint is not: waive this finding if traffic to {} has to be.",
            some(&inspections),
            title_of(service)
        );
    }
    let tables = table_ids.iter().filter_map(|id| region.route_tables.get(id));
    let taken: Vec<String> = tables
        .filter_map(|table| {
            let held = |route: &&Route| {
                matches!(&route.destination, RouteDestination::PrefixList(id)
                    if region.prefix_lists.get(id).is_some_and(|list| list.owner_id == "AWS" && list.name.ends_with(&format!(".{service}"))))
            };
            let route = table.routes.iter().find(held)?;
            Some(format!("{} -> {} of {}", route.destination, route.target.id(), table.id))
        })
        .collect();
    if !taken.is_empty() {
        caution = format!("{caution} Delete {} first: a table holds one route for a prefix list.", taken.join(" and "));
    }
    caution
}

/// A few ids in words: all of up to three, else two and how many more.
pub(super) fn some(ids: &BTreeSet<&str>) -> String {
    let listed: Vec<&str> = ids.iter().copied().take(if ids.len() > 3 { 2 } else { 3 }).collect();
    match ids.len() - listed.len() {
        0 => listed.join(", "),
        more => format!("{} and {more} more", listed.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{vpc_gateway_endpoint_missing as missing, vpc_gateway_endpoint_unrouted as unrouted};
    use crate::analyze::Check;
    use crate::analyze::fixtures::failures;

    fn details(check: &Check, app_routes: &[&str], fw_routes: &[&str], endpoints: &serde_json::Value) -> Vec<String> {
        let short = json!({ "regions": { "eu-west-1": {
            "vpcs": { "vpc-0aa": {} },
            "subnets": { "subnet-0app": {}, "subnet-0fw": {}, "subnet-0pub": {} },
            "network_interfaces": { "eni-0fw": { "subnet_id": "subnet-0fw", "kind": "gateway_load_balancer_endpoint" } },
            "nat_gateways": { "nat-0aa": { "subnet_id": "subnet-0pub" } },
            "route_tables": {
                "rtb-0app": { "subnets": ["subnet-0app"], "routes": app_routes },
                "rtb-0fw": { "subnets": ["subnet-0fw"], "routes": fw_routes },
                "rtb-0pub": { "subnets": ["subnet-0pub"], "routes": ["0.0.0.0/0 -> igw-0aa"] },
            },
            "vpc_endpoints": endpoints,
        } } });
        failures(check, &short).into_iter().map(|failure| failure.detail).collect()
    }

    #[test]
    fn a_way_through_a_firewall_is_told_before_it_is_cut_short() {
        let inspection = json!({ "vpce-0fw": {
            "kind": "GatewayLoadBalancer", "subnet_ids": ["subnet-0fw"], "service_name": "com.amazonaws.vpce.eu-west-1.vpce-svc-0aa",
        } });
        let (to_fw, to_nat) = (["0.0.0.0/0 -> vpce-0fw"], ["0.0.0.0/0 -> nat-0aa"]);
        let inspected = details(&missing::CHECK, &to_fw, &to_nat, &inspection);
        assert_eq!(inspected.len(), 2);
        assert!(inspected.iter().all(|detail| detail.contains("inspected behind vpce-0fw")), "{inspected:?}");
        let straight = details(&missing::CHECK, &to_nat, &[], &json!({}));
        assert!(straight.iter().all(|detail| !detail.contains("inspected") && detail.ends_with("rtb-0app.")), "{straight:?}");
    }

    #[test]
    fn a_route_that_holds_the_prefix_list_has_to_go_first() {
        let endpoint = json!({ "vpce-0s3": { "route_table_ids": [] } });
        let taken = details(&unrouted::CHECK, &["0.0.0.0/0 -> nat-0aa", "pl-0s3 -> nat-0aa"], &[], &endpoint);
        assert_eq!(taken.len(), 1);
        assert!(taken[0].contains("Delete pl-0s3 -> nat-0aa of rtb-0app first"), "{taken:?}");
        let free = details(&unrouted::CHECK, &["0.0.0.0/0 -> nat-0aa"], &[], &endpoint);
        assert!(free[0].ends_with("Associate the table with the endpoint."), "{free:?}");
    }
}
