//! `vpc-gateway-endpoint-missing`.

use super::gateway_paths::{Gateways, Reach, SERVICES, Ways, caution, clients_by_vpc, some, title_of, unlisted_endpoints};
use crate::analyze::check::declare_check;
use crate::analyze::checks::forwarding::Client;
use crate::analyze::{
    Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict, repairs,
};
use crate::model::RegionInventory;

declare_check! {
    /// ## What it does
    /// Finds VPCs whose subnets reach S3 or `DynamoDB` through a NAT gateway of the VPC while the VPC has no available gateway
    /// endpoint for the service. One finding per VPC and service: one endpoint repairs all of its subnets.
    ///
    /// ## Why it matters
    /// Every byte through a NAT gateway is billed, and a gateway endpoint is free. Packets through a gateway endpoint also stay
    /// off the internet and carry the endpoint's id, which policies of buckets can demand.
    ///
    /// ## What it reads
    /// - `ec2:DescribeRouteTables`, `ec2:DescribeSubnets`, `ec2:DescribeNatGateways`: the path of each subnet to the service
    /// - `ec2:DescribeManagedPrefixLists`, `ec2:GetManagedPrefixListEntries`: the addresses of the service
    /// - `ec2:DescribeVpcEndpoints`: gateway endpoints and their state
    /// - `cloudwatch:GetMetricData`: the bytes of the NAT gateways, which weigh the finding
    ///
    /// ## When it stays silent
    /// Subnets that reach the service by an interface endpoint, straight through an internet gateway or not at all cost no NAT
    /// bytes. Paths to a NAT gateway of another VPC belong to `vpc-gateway-endpoint-missing-in-spoke`, tables beside an existing
    /// endpoint to `vpc-gateway-endpoint-unrouted`. IPv6 clients behind NAT64 are not judged: they would need another host
    /// name. A path or endpoint that was not read gives Unknown.
    ///
    /// ## References
    /// - [PrivateLink guide: Gateway endpoints](https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html)
    /// - [VPC guide: Pricing for NAT gateways](https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-pricing.html)
    pub(super) static CHECK = {
        id: "vpc-gateway-endpoint-missing",
        title: "Traffic to S3 or DynamoDB is billed by NAT for want of a gateway endpoint",
        severity: Severity::High,
        pillar: Pillar::Egress,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Create a gateway endpoint for the service and associate it with the route tables of the subnets.",
            command: "aws ec2 create-vpc-endpoint --vpc-id <vpc-id> --service-name <service-name> --vpc-endpoint-type Gateway --route-table-ids <route-table-id>..",
            url: "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html",
        },
        repair: Repair::Change(repairs::add),
        evaluate: judge_vpcs,
    }
}

fn judge_vpcs(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in audit.regions() {
        let gateways = Gateways::of(name, region);
        for (vpc_id, clients) in clients_by_vpc(audit, name, region) {
            for service in SERVICES {
                let exists = !gateways.in_vpc(vpc_id, service).is_empty();
                subjects.push(judge_vpc(audit, name, region, vpc_id, &clients, service, exists));
            }
        }
        subjects.extend(Subject::unlisted(name, "subnet", &region.subnets));
    }
    subjects
}

/// `exists`: the VPC has an available gateway endpoint for the service.
fn judge_vpc(
    audit: &Audit<'_>,
    name: &str,
    region: &RegionInventory,
    vpc_id: &str,
    clients: &[Client<'_>],
    service: &str,
    exists: bool,
) -> Subject {
    let reaches: Vec<Reach<'_>> = clients.iter().map(|client| Reach::of(audit, name, client, service)).collect();
    let ways = Ways::over_nat(&reaches, |nat_vpc, own| nat_vpc == own);
    let verdict = if audit.is_judged_elsewhere(name, vpc_id) {
        Verdict::NotApplicable
    } else if exists {
        let carries = reaches.iter().any(|reach| !reach.endpoints.is_empty());
        if carries { Verdict::Pass } else { Verdict::NotApplicable }
    } else {
        let paths = Doubt::join(reaches.iter().flat_map(|reach| reach.doubts.iter().cloned()));
        match (unlisted_endpoints(region, vpc_id, service), ways.is_empty(), paths) {
            (None, false, _) => Verdict::Fail(Box::new(missing(audit, name, vpc_id, service, &ways))),
            (Some(endpoints), false, _) => Verdict::Unknown(endpoints),
            (_, true, Some(paths)) => Verdict::Unknown(paths),
            (_, true, None) => Verdict::NotApplicable,
        }
    };
    let bytes = audit.nat_bytes(name, ways.nats());
    Subject::new(name, Resource::vpc_id(audit.inventory, name, vpc_id), verdict).about_service(service).measured(bytes)
}

fn missing(audit: &Audit<'_>, name: &str, vpc_id: &str, service: &str, ways: &Ways<'_, '_>) -> Failure {
    let (title, nats, subnets) = (title_of(service), ways.nats(), ways.subnets());
    let tables = ways.table_ids(audit, name);
    let fact = format!("{vpc_id} has no available gateway endpoint for {title}");
    let mut evidence = vec![Evidence::new(fact, "ec2:DescribeVpcEndpoints", vpc_id)];
    evidence.extend(ways.evidence(audit, name));
    Failure {
        title: format!("{vpc_id} reaches {title} through NAT and has no gateway endpoint for it"),
        detail: format!(
            "Packets of {} to {title} pass {}, where every byte is billed. A gateway endpoint is free: create one and associate it with {}.{}",
            some(&subnets),
            some(&nats),
            some(&tables),
            caution(audit, name, &tables, ways, service)
        ),
        related: nats.into_iter().chain(tables).chain(subnets).map(str::to_owned).collect(),
        evidence,
        severity: None,
    }
}
