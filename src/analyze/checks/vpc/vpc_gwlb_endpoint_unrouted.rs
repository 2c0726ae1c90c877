//! `vpc-gwlb-endpoint-unrouted`.

use crate::analyze::check::declare_check;
use crate::analyze::{Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict};
use crate::model::RegionInventory;
use crate::model::ec2::{EndpointKind, EndpointState, RouteState, RouteTable, RouteTarget, VpcEndpoint};

declare_check! {
    /// ## What it does
    /// Finds available Gateway Load Balancer endpoints that no active route leads to, in any route table that a subnet or a
    /// gateway uses.
    ///
    /// ## Why it matters
    /// Traffic that was meant for inspection passes the appliances by, while the endpoint is billed for every hour.
    ///
    /// ## What it reads
    /// - `ec2:DescribeVpcEndpoints`: Gateway Load Balancer endpoints and their state
    /// - `ec2:DescribeRouteTables`: routes, associations with subnets and with gateways ("edge associations")
    /// - `ec2:DescribeSubnets`: whether a subnet uses the main table
    ///
    /// ## When it stays silent
    /// Endpoints that are not available. A target of traffic mirroring needs no route, and natless does not read mirroring:
    /// waive the finding there. With route tables missing from the answer, or in a VPC that another account shares, an
    /// endpoint without a route is Unknown.
    ///
    /// ## References
    /// - [PrivateLink guide: Access an inspection system using a Gateway Load Balancer endpoint](https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-load-balancer-endpoints.html)
    /// - [VPC guide: Middlebox routing](https://docs.aws.amazon.com/vpc/latest/userguide/route-table-options.html)
    /// - [Traffic mirroring guide: Mirror traffic to appliances behind a Gateway Load Balancer](https://docs.aws.amazon.com/vpc/latest/mirroring/tm-example-glb-endpoints.html)
    pub(super) static CHECK = {
        id: "vpc-gwlb-endpoint-unrouted",
        title: "No route leads to a Gateway Load Balancer endpoint",
        severity: Severity::Medium,
        pillar: Pillar::Egress,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Route the traffic to be inspected to the endpoint, or delete it.",
            command: "aws ec2 create-route --route-table-id <route-table-id> --destination-cidr-block 0.0.0.0/0 --vpc-endpoint-id <vpc-endpoint-id>",
            url: "https://docs.aws.amazon.com/vpc/latest/privatelink/create-gateway-load-balancer-endpoint-service.html",
        },
        repair: Repair::Decision("whether traffic is meant to be inspected here, and whose, is not in the account"),
        evaluate: judge_endpoints,
    }
}

fn judge_endpoints(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in audit.regions() {
        for endpoint in region.vpc_endpoints.values().filter(|endpoint| endpoint.kind == EndpointKind::GatewayLoadBalancer) {
            let resource = Resource::vpc_endpoint(audit.inventory, name, endpoint);
            let verdict = if endpoint.state == EndpointState::Available {
                judge(audit, name, region, endpoint)
            } else {
                Verdict::NotApplicable
            };
            subjects.push(Subject::new(name, resource, verdict));
        }
        subjects.extend(Subject::unlisted(name, "vpc_endpoint", &region.vpc_endpoints));
    }
    subjects
}

fn judge(audit: &Audit<'_>, name: &str, region: &RegionInventory, endpoint: &VpcEndpoint) -> Verdict {
    let tables = audit.network.tables_of(name, &endpoint.vpc_id);
    let leads_here: Vec<&RouteTable> = tables.iter().copied().filter(|table| leads_to(table, &endpoint.id)).collect();
    let mut doubts = Vec::new();
    for table in &leads_here {
        match is_used(audit, name, region, table) {
            Ok(true) => return Verdict::Pass,
            Ok(false) => {}
            Err(doubt) => doubts.push(doubt),
        }
    }
    if let Some(gap) = &region.route_tables.gap {
        doubts.push(Doubt::of_gap(format!("not every route table of {} was read", endpoint.vpc_id), gap));
    }
    // In a VPC that another account shares, that account's tables decide.
    match region.vpcs.find(&endpoint.vpc_id) {
        Ok(Some(vpc)) if vpc.owner_id != audit.inventory.account.id => {
            let why = format!("the route tables of {} belong to account {}", vpc.id, vpc.owner_id);
            doubts.push(Doubt { why, gaps: Vec::new() });
        }
        Ok(_) => {}
        Err(gap) => doubts.push(Doubt::of_gap(format!("whether {} belongs to this account was not read", endpoint.vpc_id), gap)),
    }
    match Doubt::join(doubts) {
        Some(doubt) => Verdict::Unknown(doubt),
        None => Verdict::Fail(Box::new(unrouted(endpoint, tables, &leads_here))),
    }
}

fn leads_to(table: &RouteTable, endpoint_id: &str) -> bool {
    let mut active = table.routes.iter().filter(|route| route.state == RouteState::Active);
    active.any(|route| matches!(&route.target, RouteTarget::VpcEndpoint(id) if id == endpoint_id))
}

/// Whether a subnet or a gateway uses a table.
fn is_used(audit: &Audit<'_>, name: &str, region: &RegionInventory, table: &RouteTable) -> Result<bool, Doubt> {
    let explicit =
        table.associations.iter().any(|association| association.subnet_id.is_some() || association.gateway_id.is_some());
    if explicit || !audit.network.subnets_using(name, &table.id).is_empty() {
        return Ok(true);
    }
    match &region.subnets.gap {
        Some(gap) if table.is_main() => {
            Err(Doubt::of_gap(format!("whether a subnet uses the main table {} was not read", table.id), gap))
        }
        _ => Ok(false),
    }
}

fn unrouted(endpoint: &VpcEndpoint, tables: &[&RouteTable], unused: &[&RouteTable]) -> Failure {
    let mut evidence = vec![
        Evidence::new(
            format!("{} is an available Gateway Load Balancer endpoint", endpoint.id),
            "ec2:DescribeVpcEndpoints",
            &endpoint.id,
        ),
        Evidence::new(
            format!("{} route tables in {}, none in use with an active route to it", tables.len(), endpoint.vpc_id),
            "ec2:DescribeRouteTables",
            &endpoint.vpc_id,
        ),
    ];
    evidence.extend(unused.iter().map(|table| {
        Evidence::new(
            format!("{} has a route to it, and no subnet and no gateway uses it", table.id),
            "ec2:DescribeRouteTables",
            &table.id,
        )
    }));
    Failure {
        title: format!("No route in use leads to {}", endpoint.id),
        detail: format!(
            "Nothing in {} sends traffic to the endpoint, so nothing is inspected there. Route the traffic to it, or {}. If it \
             is a target of traffic mirroring, waive this.",
            endpoint.vpc_id,
            if endpoint.requester_managed {
                "take its subnet out of the service that made and keeps it, such as a firewall of AWS Network Firewall"
            } else {
                "delete it"
            }
        ),
        related: std::iter::once(endpoint.vpc_id.clone()).chain(unused.iter().map(|table| table.id.clone())).collect(),
        evidence,
        severity: None,
    }
}
