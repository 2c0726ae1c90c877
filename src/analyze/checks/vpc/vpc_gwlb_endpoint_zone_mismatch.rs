//! `vpc-gwlb-endpoint-zone-mismatch`.

use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::analyze::check::declare_check;
use crate::analyze::{Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict};
use crate::model::RegionInventory;
use crate::model::ec2::{
    EndpointKind, EndpointState, Route, RouteDestination, RouteState, RouteTable, RouteTarget, Subnet, VpcEndpoint,
};

declare_check! {
    /// ## What it does
    /// Finds subnets whose routes lead to a Gateway Load Balancer endpoint in another zone.
    ///
    /// ## Why it matters
    /// Every byte crosses zones on its way to inspection, and an outage of the endpoint's zone takes the subnet's way out with
    /// it. AWS recommends an endpoint in each zone that sends traffic.
    ///
    /// ## What it reads
    /// - `ec2:DescribeRouteTables`: active routes of each subnet's table
    /// - `ec2:DescribeVpcEndpoints`: Gateway Load Balancer endpoints and their subnet
    /// - `ec2:DescribeSubnets`: zones
    ///
    /// ## When it stays silent
    /// A route for addresses of a subnet in the endpoint's zone: those packets go to that zone anyway, and inspection must
    /// see both directions at one endpoint. Tables of internet and virtual private gateways have no zone.
    /// Subnets without a route to such an endpoint are not judged. A table, endpoint or zone that was not read gives Unknown.
    ///
    /// ## References
    /// - [PrivateLink guide: Access an inspection system using a Gateway Load Balancer endpoint, considerations](https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-load-balancer-endpoints.html)
    /// - [VPC guide: Middlebox routing](https://docs.aws.amazon.com/vpc/latest/userguide/route-table-options.html)
    pub(super) static CHECK = {
        id: "vpc-gwlb-endpoint-zone-mismatch",
        title: "Subnet is routed to a Gateway Load Balancer endpoint in another zone",
        severity: Severity::Medium,
        pillar: Pillar::Egress,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Make an endpoint in the subnet's zone and point the subnet's route table at it.",
            command: "aws ec2 replace-route --route-table-id <route-table-id> --destination-cidr-block <destination> --vpc-endpoint-id <vpc-endpoint-id>",
            url: "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-load-balancer-endpoints.html",
        },
        repair: Repair::Decision("the appliances of a zone have to be there before its traffic is sent to them"),
        evaluate: judge_subnets,
    }
}

fn judge_subnets(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in audit.regions() {
        let any = region.vpc_endpoints.values().any(|endpoint| endpoint.kind == EndpointKind::GatewayLoadBalancer);
        if !any && region.vpc_endpoints.is_complete() {
            continue;
        }
        for subnet in region.subnets.values() {
            subjects.extend(judge_subnet(audit, name, region, subnet));
        }
        subjects.extend(Subject::unlisted(name, "subnet", &region.subnets));
    }
    subjects
}

/// One failure per endpoint in another zone; else one verdict for the subnet, none where it is not led to such an endpoint.
fn judge_subnet(audit: &Audit<'_>, name: &str, region: &RegionInventory, subnet: &Subnet) -> Vec<Subject> {
    let subject = |verdict| Subject::new(name, Resource::subnet(audit.inventory, name, subnet), verdict);
    if audit.is_judged_elsewhere(name, &subnet.vpc_id) {
        return vec![subject(Verdict::NotApplicable)];
    }
    let table = match audit.network.route_table_of(name, &subnet.id) {
        Ok(table) => table,
        Err(obstacle) => return vec![subject(Verdict::Unknown(obstacle.into()))],
    };
    let (routes, mut doubts) = routes_to_inspection(region, table);
    let led = !routes.is_empty();
    let mut subjects = Vec::new();
    for (id, (endpoint, routes)) in routes {
        let home = match home_of(region, endpoint) {
            Ok(home) => home,
            Err(doubt) => {
                doubts.push(doubt);
                continue;
            }
        };
        let astray: Vec<&Route> = routes.into_iter().filter(|route| is_astray(audit, name, subnet, home, route)).collect();
        if home.zone == subnet.zone || astray.is_empty() {
            continue;
        }
        if let (Some(gap), false) = (&region.subnets.gap, astray.iter().any(|route| leads_out(region, subnet, route))) {
            let why = format!("whether {id} stands on the way of {} to a subnet of its zone was not read", subnet.id);
            doubts.push(Doubt::of_gap(why, gap));
        } else {
            let failure = mismatch(subnet, table, endpoint, home, &astray);
            subjects.push(subject(Verdict::Fail(Box::new(failure))).told_apart_by(id));
        }
    }
    if let Some(doubt) = Doubt::join(doubts) {
        subjects.push(subject(Verdict::Unknown(doubt)));
    } else if subjects.is_empty() && led {
        subjects.push(subject(Verdict::Pass));
    }
    subjects
}

/// Gateway Load Balancer endpoints with the active routes to them, by id.
type Led<'a> = BTreeMap<&'a str, (&'a VpcEndpoint, Vec<&'a Route>)>;

fn routes_to_inspection<'a>(region: &'a RegionInventory, table: &'a RouteTable) -> (Led<'a>, Vec<Doubt>) {
    let (mut led, mut doubts) = (Led::new(), Vec::new());
    for route in table.routes.iter().filter(|route| route.state == RouteState::Active) {
        let RouteTarget::VpcEndpoint(id) = &route.target else { continue };
        match region.vpc_endpoints.find(id) {
            Ok(Some(endpoint))
                if endpoint.kind == EndpointKind::GatewayLoadBalancer && endpoint.state == EndpointState::Available =>
            {
                led.entry(id.as_str()).or_insert_with(|| (endpoint, Vec::new())).1.push(route);
            }
            Ok(_) => {}
            // Gateway endpoints are routed to by prefix list, Gateway Load Balancer endpoints hardly ever.
            Err(_) if matches!(route.destination, RouteDestination::PrefixList(_)) => {}
            Err(gap) => doubts.push(Doubt::of_gap(format!("{id}, which {} leads to, was not read", table.id), gap)),
        }
    }
    (led, doubts)
}

/// The subnet that the endpoint stands in: it has exactly one.
fn home_of<'a>(region: &'a RegionInventory, endpoint: &VpcEndpoint) -> Result<&'a Subnet, Doubt> {
    let unknown = |why: String| Doubt { why, gaps: Vec::new() };
    let id = endpoint.subnet_ids.first().ok_or_else(|| unknown(format!("{} names no subnet", endpoint.id)))?;
    match region.subnets.find(id) {
        Ok(Some(subnet)) => Ok(subnet),
        Ok(None) => Err(unknown(format!("{} stands in {id}, which the account's subnets do not list", endpoint.id))),
        Err(gap) => Err(Doubt::of_gap(format!("the zone of {id}, in which {} stands, was not read", endpoint.id), gap)),
    }
}

/// Whether a route takes packets to the endpoint's zone that have no other business there.
fn is_astray(audit: &Audit<'_>, name: &str, subnet: &Subnet, home: &Subnet, route: &Route) -> bool {
    let destination = match &route.destination {
        RouteDestination::Ipv4(net) => IpNet::V4(*net),
        RouteDestination::Ipv6(net) => IpNet::V6(*net),
        RouteDestination::PrefixList(_) => return true,
    };
    let inside = |other: &Subnet| {
        let mut blocks = other.ipv4_cidr.into_iter().map(IpNet::V4).chain(other.ipv6_cidrs.iter().copied().map(IpNet::V6));
        blocks.any(|block| block.contains(&destination))
    };
    let mut neighbours = audit.network.subnets_of(name, &subnet.vpc_id).iter();
    !neighbours.any(|other| other.zone == home.zone && inside(other))
}

/// Whether a route is for more than addresses inside the VPC, so that no subnet, read or not, explains it.
fn leads_out(region: &RegionInventory, subnet: &Subnet, route: &Route) -> bool {
    let vpc = region.vpcs.get(&subnet.vpc_id);
    match &route.destination {
        RouteDestination::Ipv4(net) if net.prefix_len() > 0 => {
            vpc.is_some_and(|vpc| !vpc.ipv4_cidrs.iter().any(|cidr| cidr.contains(net)))
        }
        RouteDestination::Ipv6(net) if net.prefix_len() > 0 => {
            vpc.is_some_and(|vpc| !vpc.ipv6_cidrs.iter().any(|cidr| cidr.contains(net)))
        }
        RouteDestination::Ipv4(_) | RouteDestination::Ipv6(_) | RouteDestination::PrefixList(_) => true,
    }
}

fn mismatch(subnet: &Subnet, table: &RouteTable, endpoint: &VpcEndpoint, home: &Subnet, routes: &[&Route]) -> Failure {
    let mut evidence: Vec<Evidence> = routes
        .iter()
        .map(|route| {
            Evidence::new(format!("route {} -> {}", route.destination, endpoint.id), "ec2:DescribeRouteTables", &table.id)
        })
        .collect();
    evidence.push(Evidence::new(format!("{} stands in {}", endpoint.id, home.id), "ec2:DescribeVpcEndpoints", &endpoint.id));
    evidence.push(Evidence::new(format!("{} lies in {}", home.id, home.zone), "ec2:DescribeSubnets", &home.id));
    evidence.push(Evidence::new(format!("{} lies in {}", subnet.id, subnet.zone), "ec2:DescribeSubnets", &subnet.id));
    Failure {
        title: format!("{} in {} is routed to {} in {}", subnet.id, subnet.zone, endpoint.id, home.zone),
        detail: format!(
            "Traffic of the subnet crosses from {} to {} to be inspected, and stops when {} fails. Make an endpoint in {} and point {} \
             at it.",
            subnet.zone, home.zone, home.zone, subnet.zone, table.id
        ),
        related: vec![endpoint.id.clone(), table.id.clone(), home.id.clone()],
        evidence,
        severity: None,
    }
}
