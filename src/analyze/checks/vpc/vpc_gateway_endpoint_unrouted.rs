//! `vpc-gateway-endpoint-unrouted`.

use std::collections::BTreeSet;

use super::gateway_paths::{Gateways, Reach, SERVICES, Ways, caution, some, title_of, unlisted_endpoints, unlisted_users};
use crate::analyze::check::declare_check;
use crate::analyze::checks::forwarding::Client;
use crate::analyze::{
    Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict, repairs,
};
use crate::model::RegionInventory;
use crate::model::ec2::{RouteTable, VpcEndpoint};

declare_check! {
    /// ## What it does
    /// Finds route tables whose subnets reach S3 or `DynamoDB` through a NAT gateway although the VPC has an available gateway
    /// endpoint for the service: the table is not associated with it.
    ///
    /// ## Why it matters
    /// A gateway endpoint works only through the routes it adds to associated tables. The endpoint looks like the job is done,
    /// and the NAT gateway goes on billing every byte.
    ///
    /// ## What it reads
    /// - `ec2:DescribeVpcEndpoints`: state and associated route tables of gateway endpoints
    /// - `ec2:DescribeRouteTables`, `ec2:DescribeSubnets`, `ec2:DescribeNatGateways`: the path of each subnet to the service
    /// - `ec2:DescribeManagedPrefixLists`, `ec2:GetManagedPrefixListEntries`: the addresses of the service
    /// - `cloudwatch:GetMetricData`: the bytes of the NAT gateways, which weigh the finding
    ///
    /// ## When it stays silent
    /// Tables that no subnet uses, and tables whose subnets do not pass a NAT gateway. A VPC without an available endpoint is
    /// reported by `vpc-gateway-endpoint-missing`, an associated table whose packets still go elsewhere by
    /// `vpc-gateway-endpoint-shadowed`. A path that was not read gives Unknown.
    ///
    /// ## References
    /// - [PrivateLink guide: Gateway endpoints, Routing](https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html)
    /// - [PrivateLink guide: Gateway endpoints for Amazon S3](https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html)
    pub(super) static CHECK = {
        id: "vpc-gateway-endpoint-unrouted",
        title: "Route table goes to NAT beside a gateway endpoint it is not associated with",
        severity: Severity::High,
        pillar: Pillar::Egress,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Associate the route table with the gateway endpoint.",
            command: "aws ec2 modify-vpc-endpoint --vpc-endpoint-id <endpoint-id> --add-route-table-ids <route-table-id>",
            url: "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html",
        },
        repair: Repair::Change(repairs::associate),
        evaluate: judge_tables,
    }
}

fn judge_tables(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in audit.regions() {
        let gateways = Gateways::of(name, region);
        for table in region.route_tables.values() {
            let users = audit.network.subnets_using(name, &table.id);
            let clients: Vec<Client<'_>> = users.into_iter().filter_map(|subnet| audit.client(name, subnet)).collect();
            for service in SERVICES {
                let endpoints = gateways.in_vpc(&table.vpc_id, service);
                subjects.push(judge_table(audit, name, region, table, &clients, service, endpoints));
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
    clients: &[Client<'_>],
    service: &str,
    endpoints: &[&VpcEndpoint],
) -> Subject {
    let reaches: Vec<Reach<'_>> = clients.iter().map(|client| Reach::of(audit, name, client, service)).collect();
    let ways = Ways::over_nat(&reaches, |_, _| true);
    let doubts = || reaches.iter().flat_map(|reach| reach.doubts.iter().cloned()).chain(unlisted_users(region, table));
    let verdict = if endpoints.is_empty() {
        // With nobody who might pass a NAT gateway it does not matter which endpoints there are.
        let matters = !ways.is_empty() || doubts().next().is_some();
        let unlisted = unlisted_endpoints(region, &table.vpc_id, service).filter(|_| matters);
        unlisted.map_or(Verdict::NotApplicable, Verdict::Unknown)
    } else if reaches.iter().any(|reach| !reach.endpoints.is_empty()) {
        Verdict::Pass
    } else if endpoints.iter().any(|endpoint| endpoint.route_table_ids.contains(&table.id)) {
        // Associated, and still not taken: a more specific route is in the way.
        Verdict::NotApplicable
    } else if let (Some(endpoint), false) = (endpoints.first(), ways.is_empty()) {
        Verdict::Fail(Box::new(unrouted(audit, name, table, endpoint, service, &ways)))
    } else {
        Doubt::join(doubts()).map_or(Verdict::NotApplicable, Verdict::Unknown)
    };
    let bytes = audit.nat_bytes(name, ways.nats());
    Subject::new(name, Resource::route_table(audit.inventory, name, table), verdict).about_service(service).measured(bytes)
}

fn unrouted(
    audit: &Audit<'_>,
    name: &str,
    table: &RouteTable,
    endpoint: &VpcEndpoint,
    service: &str,
    ways: &Ways<'_, '_>,
) -> Failure {
    let (title, nats, subnets) = (title_of(service), ways.nats(), ways.subnets());
    let fact = format!(
        "{} is an available gateway endpoint for {title}, associated with {}",
        endpoint.id,
        if endpoint.route_table_ids.is_empty() { "no table".to_owned() } else { endpoint.route_table_ids.join(", ") }
    );
    let mut evidence = vec![Evidence::new(fact, "ec2:DescribeVpcEndpoints", &endpoint.id)];
    evidence.extend(ways.evidence(audit, name));
    Failure {
        title: format!("{} goes to {title} through NAT: not associated with {}", table.id, endpoint.id),
        detail: format!(
            "Packets of {} to {title} pass {}, where every byte is billed, while {} stands beside them and is free. Associate the table with \
             the endpoint.{}",
            some(&subnets),
            some(&nats),
            endpoint.id,
            caution(audit, name, &BTreeSet::from([table.id.as_str()]), ways, service)
        ),
        related: std::iter::once(endpoint.id.as_str()).chain(subnets).chain(nats).map(str::to_owned).collect(),
        evidence,
        severity: None,
    }
}
