//! `vpc-dns-attributes-off`.

use super::endpoints::aws_service;
use crate::analyze::check::declare_check;
use crate::analyze::checks::words::few;
use crate::analyze::{
    Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict, repairs,
};
use crate::model::ec2::{EndpointKind, Vpc, VpcEndpoint};
use crate::model::{GapId, RegionInventory};

declare_check! {
    /// ## What it does
    /// Finds VPCs whose DNS attributes keep endpoints from being found: DNS support off with any endpoint that is found by
    /// name, or DNS host names off with an interface endpoint of an AWS service.
    ///
    /// ## Why it matters
    /// Without DNS support the VPC has no Amazon resolver, so no name leads to an endpoint. Without DNS host names private
    /// DNS of interface endpoints and private hosted zones do not work. Traffic then goes to the service's public addresses,
    /// through the NAT gateway, while the endpoint is billed beside it.
    ///
    /// ## What it reads
    /// - `ec2:DescribeVpcAttribute`: `enableDnsSupport`, `enableDnsHostnames`
    /// - `ec2:DescribeVpcEndpoints`: the endpoints of the VPC
    ///
    /// ## When it stays silent
    /// VPCs without an endpoint; endpoints that were deleted, refused or never came up. Gateway Load Balancer endpoints do not
    /// count: routes lead to them, not names. Resolvers of one's own, set by DHCP options, are not read: where they answer
    /// for the names of S3 and `DynamoDB`, gateway endpoints work without DNS support; waive the finding there. An attribute
    /// that was not read gives Unknown where it decides.
    ///
    /// ## References
    /// - [VPC guide: DNS attributes for your VPC](https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html)
    /// - [PrivateLink guide: Gateway endpoints for Amazon S3, considerations](https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html)
    /// - [Route 53 guide: Considerations when working with a private hosted zone](https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html)
    pub(super) static CHECK = {
        id: "vpc-dns-attributes-off",
        title: "DNS attributes of a VPC with endpoints are off",
        severity: Severity::High,
        pillar: Pillar::Egress,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Turn DNS support and DNS host names of the VPC on.",
            command: "aws ec2 modify-vpc-attribute --vpc-id <vpc-id> --enable-dns-support && aws ec2 modify-vpc-attribute --vpc-id <vpc-id> --enable-dns-hostnames",
            url: "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns-updating.html",
        },
        repair: Repair::Change(repairs::enable_dns),
        evaluate: judge_vpcs,
    }
}

fn judge_vpcs(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in audit.regions() {
        for vpc in region.vpcs.values() {
            let resource = Resource::vpc(audit.inventory, name, vpc);
            subjects.push(Subject::new(name, resource, judge(&audit.inventory.account.id, name, region, vpc)));
        }
        subjects.extend(Subject::unlisted(name, "vpc", &region.vpcs));
    }
    subjects
}

fn judge(account: &str, name: &str, region: &RegionInventory, vpc: &Vpc) -> Verdict {
    let endpoints: Vec<&VpcEndpoint> =
        region.vpc_endpoints.values().filter(|endpoint| endpoint.vpc_id == vpc.id && is_found_by_name(endpoint)).collect();
    let of_aws: Vec<&VpcEndpoint> =
        endpoints.iter().copied().filter(|endpoint| aws_service(account, endpoint, name).is_some()).collect();
    let (support, host_names) = (vpc.dns_support.as_result(), vpc.dns_hostnames.as_result());
    if !endpoints.is_empty() && support == Ok(&false) {
        return Verdict::Fail(Box::new(support_off(vpc, &endpoints)));
    }
    if !of_aws.is_empty() && host_names == Ok(&false) {
        return Verdict::Fail(Box::new(host_names_off(vpc, &of_aws)));
    }
    if support == Ok(&true) && host_names == Ok(&true) {
        return if endpoints.is_empty() { Verdict::NotApplicable } else { Verdict::Pass };
    }
    let unseen = region.vpc_endpoints.gap.as_ref();
    let doubts = [
        unseen.map(|gap| Doubt::of_gap(format!("the endpoints of {} were not read", vpc.id), gap)),
        support.err().filter(|_| !endpoints.is_empty()).map(|gap| attribute_unread("enableDnsSupport", vpc, gap)),
        host_names.err().filter(|_| !of_aws.is_empty()).map(|gap| attribute_unread("enableDnsHostnames", vpc, gap)),
    ];
    match Doubt::join(doubts.into_iter().flatten()) {
        Some(doubt) => Verdict::Unknown(doubt),
        None if endpoints.is_empty() => Verdict::NotApplicable,
        None => Verdict::Pass,
    }
}

fn attribute_unread(attribute: &str, vpc: &Vpc, gap: &GapId) -> Doubt {
    Doubt::of_gap(format!("{attribute} of {} was not read", vpc.id), gap)
}

fn is_found_by_name(endpoint: &VpcEndpoint) -> bool {
    !endpoint.state.is_gone() && endpoint.kind != EndpointKind::GatewayLoadBalancer
}

fn support_off(vpc: &Vpc, endpoints: &[&VpcEndpoint]) -> Failure {
    let ids = ids_of(endpoints);
    Failure {
        title: format!("{} has DNS support off: its endpoints are not found by name", vpc.id),
        detail: format!(
            "With DNS support off the Amazon resolver does not answer in the VPC, so no name leads to {}. Turn DNS support on, and \
             DNS host names with it where interface endpoints stand.",
            few(&ids)
        ),
        evidence: evidence(vpc, "enableDnsSupport", endpoints),
        related: ids,
        severity: None,
    }
}

fn host_names_off(vpc: &Vpc, endpoints: &[&VpcEndpoint]) -> Failure {
    let ids = ids_of(endpoints);
    Failure {
        title: format!("{} has DNS host names off: private DNS of its interface endpoints does not work", vpc.id),
        detail: format!(
            "Private DNS and private hosted zones need DNS host names on. Until then the services' own names resolve to public \
             addresses, and traffic passes {} by. Turn DNS host names on.",
            few(&ids)
        ),
        evidence: evidence(vpc, "enableDnsHostnames", endpoints),
        related: ids,
        severity: None,
    }
}

fn ids_of(endpoints: &[&VpcEndpoint]) -> Vec<String> {
    endpoints.iter().map(|endpoint| endpoint.id.clone()).collect()
}

fn evidence(vpc: &Vpc, attribute: &str, endpoints: &[&VpcEndpoint]) -> Vec<Evidence> {
    let mut evidence = vec![Evidence::new(format!("{attribute} is false"), "ec2:DescribeVpcAttribute", &vpc.id)];
    evidence.extend(endpoints.iter().map(|endpoint| {
        let fact = format!("{} endpoint to {}, state {}, in {}", endpoint.kind, endpoint.service_name, endpoint.state, vpc.id);
        Evidence::new(fact, "ec2:DescribeVpcEndpoints", &endpoint.id)
    }));
    evidence
}
