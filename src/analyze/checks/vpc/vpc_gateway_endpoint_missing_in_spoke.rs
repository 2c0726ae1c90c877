//! `vpc-gateway-endpoint-missing-in-spoke`.

use std::collections::BTreeSet;

use super::gateway_paths::{Gateways, Reach, SERVICES, Ways, caution, clients_by_vpc, some, title_of, unlisted_endpoints};
use crate::analyze::check::declare_check;
use crate::analyze::checks::forwarding::Client;
use crate::analyze::{
    Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict, repairs,
};
use crate::model::RegionInventory;
use crate::model::ec2::{RouteDestination, RouteTarget, Subnet, TransitGatewayResource};

declare_check! {
    /// ## What it does
    /// Finds VPCs (spokes) whose subnets reach S3 or `DynamoDB` over a transit gateway or another VPC into a NAT gateway there,
    /// while the spoke has no available gateway endpoint of its own for the service.
    ///
    /// ## Why it matters
    /// A gateway endpoint serves only the VPC it stands in: one in the hub cannot be reached over a transit gateway, peering or
    /// VPN. So each byte is billed by the transit gateway and by the NAT gateway, although an endpoint in the spoke is free.
    ///
    /// ## What it reads
    /// - `ec2:DescribeRouteTables`, `ec2:DescribeSubnets`, `ec2:DescribeNatGateways`: the path of each subnet to the service
    /// - `ec2:DescribeTransitGatewayAttachments`, `ec2:SearchTransitGatewayRoutes`: the path over transit gateways
    /// - `ec2:DescribeManagedPrefixLists`, `ec2:GetManagedPrefixListEntries`: the addresses of the service
    /// - `ec2:DescribeVpcEndpoints`: gateway endpoints and their state
    ///
    /// ## When it stays silent
    /// A VPC that also has subnets behind a NAT gateway of its own is reported by `vpc-gateway-endpoint-missing`: the repair is the
    /// same. Paths that end on premises cost no NAT bytes. Where the path leaves by a transit gateway into an account or
    /// network that was not scanned, nobody knows whether a NAT gateway follows: Unknown, never Pass.
    ///
    /// ## References
    /// - [PrivateLink guide: Gateway endpoints](https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html)
    /// - [Transit gateway guide: Centralized outbound routing](https://docs.aws.amazon.com/vpc/latest/tgw/transit-gateway-nat-igw.html)
    pub(super) static CHECK = {
        id: "vpc-gateway-endpoint-missing-in-spoke",
        title: "Spoke VPC reaches S3 or DynamoDB through a NAT gateway of another VPC",
        severity: Severity::High,
        pillar: Pillar::Egress,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Create a gateway endpoint in the spoke VPC itself and associate it with the route tables of its subnets.",
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
    let own = Ways::over_nat(&reaches, |nat_vpc, own| nat_vpc == own);
    let ways = Ways::over_nat(&reaches, |nat_vpc, own| nat_vpc != own);
    let verdict = if audit.is_judged_elsewhere(name, vpc_id) {
        Verdict::NotApplicable
    } else if exists {
        let carries = reaches.iter().any(|reach| !reach.endpoints.is_empty());
        if carries && clients.iter().any(|client| client.doubt.is_none() && leads_out(audit, name, client.subnet)) {
            Verdict::Pass
        } else {
            Verdict::NotApplicable
        }
    } else if !own.is_empty() {
        Verdict::NotApplicable
    } else {
        match (unlisted_endpoints(region, vpc_id, service), ways.is_empty(), doubts(region, &reaches)) {
            (None, false, _) => Verdict::Fail(Box::new(missing(audit, name, vpc_id, service, &ways))),
            (Some(endpoints), false, _) => Verdict::Unknown(endpoints),
            (_, true, Some(paths)) => Verdict::Unknown(paths),
            (_, true, None) => Verdict::NotApplicable,
        }
    };
    let bytes = audit.nat_bytes(name, ways.nats());
    Subject::new(name, Resource::vpc_id(audit.inventory, name, vpc_id), verdict).about_service(service).measured(bytes)
}

/// What is not known about the paths; what lies beyond a gateway counts where a NAT gateway may follow there.
fn doubts(region: &RegionInventory, reaches: &[Reach<'_>]) -> Option<Doubt> {
    let unread = reaches.iter().flat_map(|reach| reach.doubts.iter().cloned());
    let unscanned = reaches.iter().flat_map(|reach| &reach.exits).filter(|(via, _)| may_hide_nat(region, via));
    let unscanned = unscanned.map(|(via, reason)| Doubt { why: format!("packets leave by {via}: {reason}"), gaps: Vec::new() });
    Doubt::join(unread.chain(unscanned))
}

/// Whether VPCs of AWS lie beyond a gateway or attachment, and not the customer's own network.
fn may_hide_nat(region: &RegionInventory, via: &str) -> bool {
    match region.transit_gateway_attachments.get(via).map(|attachment| &attachment.resource) {
        Some(TransitGatewayResource::Vpn | TransitGatewayResource::DirectConnectGateway | TransitGatewayResource::Connect) => {
            false
        }
        Some(TransitGatewayResource::Vpc | TransitGatewayResource::Peering | TransitGatewayResource::Other(_)) => true,
        None => via.starts_with("tgw-") || via.contains("core-network"),
    }
}

/// Whether a subnet's default route leads out of its VPC by way of another one.
fn leads_out(audit: &Audit<'_>, name: &str, subnet: &Subnet) -> bool {
    let Ok(table) = audit.network.route_table_of(name, &subnet.id) else { return false };
    table.routes.iter().any(|route| {
        let default = matches!(&route.destination, RouteDestination::Ipv4(net) if net.prefix_len() == 0);
        default && matches!(route.target, RouteTarget::TransitGateway(_) | RouteTarget::CoreNetwork(_))
    })
}

fn missing(audit: &Audit<'_>, name: &str, vpc_id: &str, service: &str, ways: &Ways<'_, '_>) -> Failure {
    let (title, nats, subnets) = (title_of(service), ways.nats(), ways.subnets());
    let tables = ways.table_ids(audit, name);
    let fact = format!("{vpc_id} has no available gateway endpoint for {title}");
    let payers: BTreeSet<&str> = nats.iter().filter_map(|nat| audit.network.teller(nat)).collect();
    let on_bill = if payers.is_empty() {
        String::new()
    } else {
        format!(" What {} processes is on the bill of account {}.", some(&nats), some(&payers))
    };
    let mut evidence = vec![Evidence::new(fact, "ec2:DescribeVpcEndpoints", vpc_id)];
    evidence.extend(ways.evidence(audit, name));
    Failure {
        title: format!("{vpc_id} reaches {title} through a NAT gateway of another VPC"),
        detail: format!(
            "Packets of {} to {title} go to another VPC and pass {} there, where every byte is billed. A gateway endpoint in that VPC cannot \
             serve this one: create a free one in {vpc_id} and associate it with {}.{on_bill}{}",
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
