//! Where bytes and dollars go: what carries traffic to AWS services, who sends it there, and what is reached through it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::analyze::Pillar;
use crate::cost::{UsdRange, rounded};
use crate::model::RegionInventory;
use crate::model::ec2::{EndpointKind, name_of};
use crate::network::{Destinations, End, Segment};
use crate::report::Facts;
use crate::report::money_v1::UsdV1;

/// What is reached through a NAT gateway besides the services that have endpoints.
const INTERNET: &str = "internet";

/// A NAT gateway or endpoint, with what goes through it. Which share belongs to which subnet and service is not measured by AWS.
#[derive(Serialize)]
pub(super) struct CarrierV1<'a> {
    region: &'a str,
    vpc_id: &'a str,
    kind: &'static str,
    id: &'a str,
    name: Option<&'a str>,
    /// GB (2^30 bytes) of a month; `null` where not measured.
    gb_per_month: Option<String>,
    /// Why not.
    why: Option<&'a str>,
    /// What it is billed for, as far as that has a price.
    usd: Option<UsdV1>,
    /// Why something of it has no price or no quantity.
    unpriced: BTreeSet<&'a str>,
    subnets: BTreeSet<&'a str>,
    services: BTreeSet<&'a str>,
    /// Services that an endpoint could carry instead, by an open finding.
    movable: BTreeSet<&'a str>,
}

/// Everything that carries traffic of the account, by region and id.
pub(super) fn of(facts: Facts<'_>) -> Vec<CarrierV1<'_>> {
    let mut carriers: BTreeMap<(&str, &str), CarrierV1<'_>> = BTreeMap::new();
    let inventory = facts.inventory;
    for (region, known) in &inventory.regions {
        for nat in known.nat_gateways.values() {
            let carrier = CarrierV1::new((region, &nat.vpc_id), "nat_gateway", &nat.id, name_of(&nat.tags));
            carriers.insert((region, &nat.id), carrier);
        }
        for endpoint in known.vpc_endpoints.values() {
            let kind = match endpoint.kind {
                EndpointKind::Gateway => "gateway_endpoint",
                EndpointKind::Interface => "interface_endpoint",
                EndpointKind::GatewayLoadBalancer => "gwlb_endpoint",
                EndpointKind::Resource | EndpointKind::ServiceNetwork | EndpointKind::Other(_) => continue,
            };
            let carrier = CarrierV1::new((region, &endpoint.vpc_id), kind, &endpoint.id, name_of(&endpoint.tags));
            carriers.insert((region, &endpoint.id), carrier);
        }
    }
    for path in &facts.assessment.paths {
        for segment in path.segments.iter().filter(|segment| !matches!(segment.destinations, Destinations::PossiblyWithin(_))) {
            for id in passed(segment, inventory.regions.get(&*path.region)) {
                if let Some(carrier) = carriers.get_mut(&(&*path.region, id)) {
                    carrier.subnets.insert(&path.subnet_id);
                    carrier.services.insert(&path.service);
                }
            }
        }
    }
    let mut billed: BTreeMap<(&str, &str), UsdRange> = BTreeMap::new();
    for line in &facts.assessment.bill.lines {
        let key = (line.region.as_str(), line.resource_id.as_str());
        if let Some(carrier) = carriers.get_mut(&key) {
            let sum = billed.entry(key).or_default();
            *sum += line.amount;
            carrier.usd = Some((*sum).into());
        }
    }
    for unpriced in &facts.assessment.bill.unpriced {
        if let Some(carrier) = carriers.get_mut(&(unpriced.region.as_str(), unpriced.resource_id.as_str())) {
            carrier.unpriced.insert(&unpriced.why);
        }
    }
    for ((region, id), carrier) in &mut carriers {
        match facts.assessment.usage.measured(region, id) {
            Some(Ok(measured)) => carrier.gb_per_month = Some(rounded(measured.gb, 1)),
            Some(Err(why)) => carrier.why = Some(why),
            None => {}
        }
    }
    let open = facts.assessment.findings.iter().filter(|finding| finding.waiver.is_none() && finding.pillar == Pillar::Egress);
    for finding in open {
        let Some(service) = finding.service.as_deref() else { continue };
        for id in finding.related.iter().map(String::as_str) {
            if let Some(carrier) = carriers.get_mut(&(finding.region.as_str(), id)).filter(|found| found.kind == "nat_gateway") {
                carrier.movable.insert(service);
            }
        }
    }
    let mut carriers: Vec<CarrierV1<'_>> = carriers.into_values().collect();
    carriers.retain(|carrier| !carrier.subnets.is_empty() || carrier.usd.is_some());
    for carrier in carriers.iter_mut().filter(|carrier| carrier.kind == "nat_gateway" && !carrier.subnets.is_empty()) {
        carrier.services.insert(INTERNET);
    }
    carriers
}

/// Ids of what a segment passes that may carry it.
fn passed<'s>(segment: &'s Segment, region: Option<&'s RegionInventory>) -> BTreeSet<&'s str> {
    let mut ids: BTreeSet<&str> = segment.nat_gateways().collect();
    match &segment.end {
        End::InterfaceEndpoint { endpoint_id, .. } | End::GatewayEndpoint { endpoint_id } => {
            ids.insert(endpoint_id);
        }
        End::Nat { .. }
        | End::Internet { .. }
        | End::None { .. }
        | End::Blackhole { .. }
        | End::Blocked { .. }
        | End::LeavesView { .. }
        | End::Appliance { .. }
        | End::Unknown { .. } => {}
    }
    // Only of a Gateway Load Balancer endpoint do packets come out again.
    let hops = segment.hops.iter().filter(|hop| hop.kind == "vpc_endpoint").map(|hop| hop.id.as_str());
    let inspects = |id: &&str| {
        let endpoint = region.and_then(|region| region.vpc_endpoints.get(id));
        endpoint.is_some_and(|endpoint| endpoint.kind == EndpointKind::GatewayLoadBalancer)
    };
    ids.extend(hops.filter(inspects));
    ids
}

impl<'a> CarrierV1<'a> {
    fn new((region, vpc_id): (&'a str, &'a str), kind: &'static str, id: &'a str, name: Option<&'a str>) -> Self {
        let (subnets, services, movable) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let unpriced = BTreeSet::new();
        Self { region, vpc_id, kind, id, name, gb_per_month: None, why: None, usd: None, unpriced, subnets, services, movable }
    }
}
