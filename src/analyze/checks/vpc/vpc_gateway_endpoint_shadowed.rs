//! `vpc-gateway-endpoint-shadowed`.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::gateway_paths::{Gateways, SERVICES, hops, title_of, unlisted_endpoints, unlisted_users};
use crate::analyze::check::declare_check;
use crate::analyze::{Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict};
use crate::model::RegionInventory;
use crate::model::ec2::{PrefixList, RouteDestination, RouteState, RouteTable, RouteTarget, VpcEndpoint};
use crate::network::{Destinations, End, Family, Path, Segment};

declare_check! {
    /// ## What it does
    /// Finds route tables that are associated with a gateway endpoint for S3 or `DynamoDB` and still send a part of the service's
    /// addresses elsewhere: a route more specific than an entry of the service's prefix list takes it. Both IP versions count.
    ///
    /// ## Why it matters
    /// The most specific route wins. The part of the service behind the other route is billed by its NAT gateway, or passes a
    /// firewall, or fails, and endpoint conditions in bucket policies refuse it: trouble that comes and goes with DNS answers.
    ///
    /// ## What it reads
    /// - `ec2:DescribeRouteTables`: routes of the table, their targets and states
    /// - `ec2:DescribeManagedPrefixLists`, `ec2:GetManagedPrefixListEntries`: the addresses of the service
    /// - `ec2:DescribeVpcEndpoints`: gateway endpoints and their associated tables
    ///
    /// ## When it stays silent
    /// Tables that no subnet uses, tables without a gateway endpoint's route, and subnets in which the service's name resolves to
    /// an interface endpoint or, by DNS64, to addresses of NAT64. A prefix list whose entries were not read gives Unknown, and
    /// so does a table that the endpoint lists and that has no route to it.
    ///
    /// ## References
    /// - [VPC guide: Route priority](https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html)
    /// - [PrivateLink guide: Gateway endpoints, Routing](https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html)
    pub(super) static CHECK = {
        id: "vpc-gateway-endpoint-shadowed",
        title: "A more specific route takes traffic from a gateway endpoint",
        severity: Severity::Medium,
        pillar: Pillar::Egress,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Delete the more specific route, unless the detour is wanted.",
            command: "aws ec2 delete-route --route-table-id <route-table-id> --destination-cidr-block <destination>",
            url: "https://docs.aws.amazon.com/vpc/latest/userguide/WorkWithRouteTables.html",
        },
        repair: Repair::Decision("the more specific route may be there for other addresses than the service's: whoever made it has to say"),
        evaluate: judge_tables,
    }
}

fn judge_tables(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in audit.regions() {
        let gateways = Gateways::of(name, region);
        for table in region.route_tables.values() {
            for service in SERVICES {
                let endpoints = gateways.in_vpc(&table.vpc_id, service);
                subjects.push(judge_table(audit, name, region, table, service, endpoints));
            }
        }
        subjects.extend(Subject::unlisted(name, "route_table", &region.route_tables));
    }
    subjects
}

/// `endpoints`: the available gateway endpoints of the VPC for the service.
fn judge_table(
    audit: &Audit<'_>,
    name: &str,
    region: &RegionInventory,
    table: &RouteTable,
    service: &str,
    endpoints: &[&VpcEndpoint],
) -> Subject {
    let subject =
        |verdict| Subject::new(name, Resource::route_table(audit.inventory, name, table), verdict).about_service(service);
    let Some(endpoint) = endpoints.iter().copied().find(|endpoint| associated(table, endpoint)) else {
        let unlisted = unlisted_endpoints(region, &table.vpc_id, service).filter(|_| leads_to_unlisted(region, table, service));
        return subject(unlisted.map_or(Verdict::NotApplicable, Verdict::Unknown));
    };
    let users = audit.network.subnets_using(name, &table.id);
    if !users.is_empty() && !leads_to(table, endpoint) {
        let why = format!("{} lists {}, which has no route to it: the two answers disagree", endpoint.id, table.id);
        return subject(Verdict::Unknown(Doubt { why, gaps: Vec::new() }));
    }
    let (families, unread) = families(region, table, endpoint);
    let paths = users.iter().flat_map(|subnet| audit.paths_to(name, &subnet.id, service));
    let segments: Vec<(&Path, &Segment)> = paths
        .filter(|path| families.contains(&path.family))
        .flat_map(|path| path.segments.iter().map(move |segment| (path, segment)))
        .collect();
    let strays: Vec<(&Path, &Segment)> = segments.iter().copied().filter(|(_, segment)| strays(segment)).collect();
    if !strays.is_empty() {
        let users: BTreeSet<&str> = users.iter().map(|subnet| subnet.id.as_str()).collect();
        let nats = strays.iter().filter_map(|(_, segment)| match &segment.end {
            End::Nat { nat_gateway_id, .. } => Some(nat_gateway_id.as_str()),
            _ => None,
        });
        let bytes = audit.nat_bytes(name, nats.collect::<BTreeSet<_>>());
        return subject(Verdict::Fail(Box::new(shadowed(table, endpoint, service, &strays, &users)))).measured(bytes);
    }
    let unknown = segments.iter().filter_map(|(_, segment)| match &segment.end {
        End::Unknown { reason, gaps } => Some(Doubt { why: reason.clone(), gaps: gaps.clone() }),
        _ => None,
    });
    let doubt = Doubt::join(unknown.chain(unread).chain(unlisted_users(region, table)));
    let taken = segments.iter().any(|(_, segment)| matches!(segment.end, End::GatewayEndpoint { .. }));
    subject(match (doubt, taken) {
        (Some(doubt), _) => Verdict::Unknown(doubt),
        (None, true) => Verdict::Pass,
        (None, false) => Verdict::NotApplicable,
    })
}

fn associated(table: &RouteTable, endpoint: &VpcEndpoint) -> bool {
    endpoint.route_table_ids.contains(&table.id) || leads_to(table, endpoint)
}

fn leads_to(table: &RouteTable, endpoint: &VpcEndpoint) -> bool {
    table.routes.iter().any(|route| matches!(&route.target, RouteTarget::VpcEndpoint(id) if *id == endpoint.id))
}

/// Whether a route sends what may be the service's addresses to an endpoint that is not listed.
fn leads_to_unlisted(region: &RegionInventory, table: &RouteTable, service: &str) -> bool {
    table.routes.iter().any(|route| match (&route.destination, &route.target) {
        (RouteDestination::PrefixList(list), RouteTarget::VpcEndpoint(id)) => {
            let of_service = |list: &PrefixList| list.name.ends_with(&format!(".{service}"));
            region.vpc_endpoints.get(id).is_none() && region.prefix_lists.get(list).is_none_or(of_service)
        }
        _ => false,
    })
}

/// The IP versions that the endpoint has routes for in the table, and why there may be more. An endpoint for IPv4 alone
/// shadows nothing of IPv6.
fn families(region: &RegionInventory, table: &RouteTable, endpoint: &VpcEndpoint) -> (BTreeSet<Family>, Option<Doubt>) {
    let (mut families, mut unread) = (BTreeSet::new(), None);
    let routes = table.routes.iter().filter(|route| route.state == RouteState::Active);
    for route in routes.filter(|route| matches!(&route.target, RouteTarget::VpcEndpoint(id) if *id == endpoint.id)) {
        let RouteDestination::PrefixList(id) = &route.destination else { continue };
        match region.prefix_lists.find(id) {
            Ok(Some(list)) => {
                families.insert(if list.family.eq_ignore_ascii_case("ipv6") { Family::Ipv6 } else { Family::Ipv4 });
            }
            Ok(None) => {}
            Err(gap) => {
                unread = Some(Doubt::of_gap(format!("{id}, which {} leads to {}, was not read", table.id, endpoint.id), gap));
            }
        }
    }
    // The listing of prefix lists may be cut short, and every gateway endpoint serves IPv4 unless it says `ipv6`.
    if endpoint.ip_address_type.as_deref() != Some("ipv6") {
        families.insert(Family::Ipv4);
    }
    (families, unread)
}

/// Whether a part of the service's listed addresses goes somewhere else than to a gateway endpoint.
fn strays(segment: &Segment) -> bool {
    let elsewhere = match &segment.end {
        End::Nat { .. }
        | End::Internet { .. }
        | End::None { .. }
        | End::Blackhole { .. }
        | End::LeavesView { .. }
        | End::Appliance { .. } => true,
        End::GatewayEndpoint { .. } | End::InterfaceEndpoint { .. } | End::Blocked { .. } | End::Unknown { .. } => false,
    };
    // Behind NAT64 the name resolves to addresses that the endpoint never had a route for.
    elsewhere && matches!(&segment.destinations, Destinations::Prefixes(blocks) if !blocks.iter().any(is_nat64))
}

/// Whether a block is one of IPv4 hosts as NAT64 shows them. Source: VPC guide, "DNS64 and NAT64".
fn is_nat64(block: &IpNet) -> bool {
    match block {
        IpNet::V4(_) => false,
        IpNet::V6(net) => net.addr().segments().starts_with(&[0x64, 0xff9b, 0, 0, 0, 0]),
    }
}

fn shadowed(
    table: &RouteTable,
    endpoint: &VpcEndpoint,
    service: &str,
    strays: &[(&Path, &Segment)],
    users: &BTreeSet<&str>,
) -> Failure {
    let title = title_of(service);
    let (mut blocks, mut ends, mut evidence) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    let fact = format!("{} is an available gateway endpoint for {title}, associated with {}", endpoint.id, table.id);
    evidence.push(Evidence::new(fact, "ec2:DescribeVpcEndpoints", &endpoint.id));
    for (path, segment) in strays {
        if let Destinations::Prefixes(prefixes) = &segment.destinations {
            blocks.extend(prefixes);
        }
        ends.extend(target_of(&segment.end).map(str::to_owned));
        // Hops of the subnets differ in the subnet alone.
        for hop in hops(path, segment) {
            if !evidence.contains(&hop) && evidence.len() < 12 {
                evidence.push(hop);
            }
        }
    }
    let own =
        |block: &&IpNet| table.routes.iter().any(|route| route.target == RouteTarget::Local && holds(&route.destination, block));
    let all_own = blocks.iter().all(own);
    let blocks: Vec<String> = blocks.into_iter().map(ToString::to_string).collect();
    let related = std::iter::once(endpoint.id.clone()).chain(ends).chain(users.iter().map(|id| (*id).to_owned()));
    Failure {
        title: format!("{} sends {title} traffic past {}", table.id, endpoint.id),
        detail: if all_own {
            format!(
                "{} holds {}, which are addresses of {title}: clients do not reach them. Move the VPC to other addresses.",
                table.vpc_id,
                blocks.join(", ")
            )
        } else {
            format!(
                "Routes of the table that are more specific than the endpoint's take {}. Delete them to let the endpoint carry all of {title}, or \
                 waive this finding if the detour is wanted.",
                blocks.join(", ")
            )
        },
        related: related.collect(),
        evidence,
        severity: None,
    }
}

fn holds(destination: &RouteDestination, block: &IpNet) -> bool {
    match (destination, block) {
        (RouteDestination::Ipv4(net), IpNet::V4(block)) => net.contains(block),
        (RouteDestination::Ipv6(net), IpNet::V6(block)) => net.contains(block),
        _ => false,
    }
}

/// Where a stray segment ends.
fn target_of(end: &End) -> Option<&str> {
    match end {
        End::Nat { nat_gateway_id, .. } => Some(nat_gateway_id),
        End::Internet { gateway_id } => Some(gateway_id),
        End::Blackhole { target_id } => Some(target_id),
        End::LeavesView { via, .. } => Some(via),
        End::Appliance { id } => Some(id),
        End::InterfaceEndpoint { endpoint_id, .. } | End::GatewayEndpoint { endpoint_id } => Some(endpoint_id),
        End::None { .. } | End::Blocked { .. } | End::Unknown { .. } => None,
    }
}
