//! `vpc-interface-endpoint-private-dns-off`.

use super::endpoints::{aws_service, private_names, subject_of, zone_for, zone_leads_to};
use crate::analyze::check::declare_check;
use crate::analyze::checks::occupancy::Occupancy;
use crate::analyze::{Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Severity, Subject, Verdict, repairs};
use crate::model::ec2::{EndpointKind, EndpointState, Vpc, VpcEndpoint};
use crate::model::route53::HostedZone;
use crate::model::{RegionInventory, service_slug};

declare_check! {
    /// ## What it does
    /// Finds available interface endpoints of AWS services that nobody in their VPC finds by the service's own name: private
    /// DNS is off, no private hosted zone for the name is associated with the VPC, no second endpoint of the service in the
    /// VPC has private DNS on, and no gateway endpoint does the work.
    ///
    /// ## Why it matters
    /// SDKs and the AWS CLI ask for the service's own name, such as `sqs.eu-west-1.amazonaws.com`. It resolves to public
    /// addresses, so the traffic leaves through the NAT gateway while the endpoint is billed for every hour beside it.
    ///
    /// ## What it reads
    /// - `ec2:DescribeVpcEndpoints`: `PrivateDnsEnabled`, `ServiceName`, `State`
    /// - `ec2:DescribeVpcEndpointServices`: `PrivateDnsNames` of the service
    /// - `route53:ListHostedZonesByVPC` and `route53:ListResourceRecordSets`: private hosted zones for that name
    /// - `ec2:DescribeNetworkInterfaces`: whether the VPC has clients of its own
    ///
    /// ## When it stays silent
    /// Services without private DNS names, services of another region, and endpoints that an AWS service keeps. Endpoints of
    /// `execute-api`: private DNS there takes public APIs out of reach, so many leave it off and call private APIs by the
    /// endpoint's own name. Only one endpoint of a service in a VPC can have private DNS on, so a second one passes. An
    /// endpoint in a VPC without clients passes where a private hosted zone of the account leads to it: it stands there for
    /// other VPCs. Clients that call the endpoint by its own name (`vpce-...`) cannot be seen: waive the finding there. Zones
    /// and names that were not read give Unknown, never Pass.
    ///
    /// ## References
    /// - [API Gateway guide: Invoke a private API](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-api-test-invoke-url.html)
    /// - [PrivateLink guide: Access an AWS service using an interface VPC endpoint](https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html)
    /// - [AWS whitepaper: Building a scalable and secure multi-VPC network, centralized access to VPC private endpoints](https://docs.aws.amazon.com/whitepapers/latest/building-scalable-secure-multi-vpc-network-infrastructure/centralized-access-to-vpc-private-endpoints.html)
    /// - [S3 guide: AWS PrivateLink for Amazon S3, private DNS](https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html)
    pub(super) static CHECK = {
        id: "vpc-interface-endpoint-private-dns-off",
        title: "Interface endpoint is not found by the service's name",
        severity: Severity::Medium,
        pillar: Pillar::Egress,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Turn private DNS of the endpoint on; for an endpoint shared with other VPCs, associate a private hosted zone for the service's name instead.",
            command: "aws ec2 modify-vpc-endpoint --vpc-endpoint-id <vpc-endpoint-id> --private-dns-enabled",
            url: "https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html",
        },
        repair: Repair::Change(repairs::enable_private_dns),
        evaluate: judge_endpoints,
    }
}

fn judge_endpoints(audit: &Audit<'_>) -> Vec<Subject> {
    let (mut subjects, account) = (Vec::new(), &audit.inventory.account.id);
    for (name, region) in audit.regions() {
        let Some(occupancy) = audit.occupancy(name) else { continue };
        for endpoint in region.vpc_endpoints.values().filter(|endpoint| endpoint.kind == EndpointKind::Interface) {
            let verdict = match aws_service(account, endpoint, name) {
                Some(service) if endpoint.state == EndpointState::Available && service != "execute-api" => {
                    judge(audit, name, region, occupancy, endpoint)
                }
                _ => Verdict::NotApplicable,
            };
            subjects.push(subject_of(audit, name, endpoint, verdict));
        }
        subjects.extend(Subject::unlisted(name, "vpc_endpoint", &region.vpc_endpoints));
    }
    subjects
}

fn judge(audit: &Audit<'_>, name: &str, region: &RegionInventory, occupancy: &Occupancy<'_>, endpoint: &VpcEndpoint) -> Verdict {
    if endpoint.private_dns || region.vpc_endpoints.values().any(|other| stands_in_for(other, endpoint)) {
        return Verdict::Pass;
    }
    let names = private_names(region, endpoint);
    if names.as_ref().is_ok_and(|names| names.is_empty()) {
        return Verdict::NotApplicable;
    }
    let vpc = match region.vpcs.find(&endpoint.vpc_id) {
        Ok(Some(vpc)) => vpc,
        Ok(None) => return Verdict::NotApplicable,
        Err(gap) => return Verdict::Unknown(Doubt::of_gap(format!("{} was not read", endpoint.vpc_id), gap)),
    };
    let zone = names.clone().and_then(|names| zone_for(audit.inventory, vpc, names));
    if matches!(zone, Ok(Some(_))) {
        return Verdict::Pass;
    }
    let hidden = region.vpc_endpoints.gap.as_ref().map(|gap| {
        Doubt::of_gap(format!("whether another endpoint of {} stands in {} was not read", endpoint.service_name, vpc.id), gap)
    });
    if let Some(doubt) = Doubt::join(zone.err().into_iter().chain(hidden)) {
        return Verdict::Unknown(doubt);
    }
    match stands_there_for_others(audit, occupancy, endpoint) {
        Ok(true) => Verdict::Pass,
        Ok(false) => Verdict::Fail(Box::new(not_found(name, vpc, endpoint, names.unwrap_or_default()))),
        Err(doubt) => Verdict::Unknown(doubt),
    }
}

/// Whether another endpoint of the VPC serves those who ask for the service by name: a second interface endpoint with
/// private DNS on ("there is already a conflicting DNS domain" is EC2's answer to two), or a gateway endpoint.
fn stands_in_for(other: &VpcEndpoint, endpoint: &VpcEndpoint) -> bool {
    let same = other.id != endpoint.id
        && other.vpc_id == endpoint.vpc_id
        && other.service_name == endpoint.service_name
        && other.state == EndpointState::Available;
    same && match &other.kind {
        EndpointKind::Gateway => true,
        EndpointKind::Interface => other.private_dns,
        EndpointKind::GatewayLoadBalancer | EndpointKind::Resource | EndpointKind::ServiceNetwork | EndpointKind::Other(_) => {
            false
        }
    }
}

/// A central endpoint: the VPC has no client, and a private hosted zone, associated with other VPCs, leads to it.
fn stands_there_for_others(audit: &Audit<'_>, occupancy: &Occupancy<'_>, endpoint: &VpcEndpoint) -> Result<bool, Doubt> {
    let zones = &audit.inventory.private_zones;
    let led_to = zones.values().any(|zone| zone_leads_to(audit.inventory, &zone.id, endpoint) == Some(true));
    let without = occupancy.is_without_clients(&endpoint.vpc_id);
    match (led_to, &zones.gap) {
        (true, _) => without,
        (false, Some(gap)) if without != Ok(false) => {
            Err(Doubt::of_gap(format!("whether a private hosted zone leads to {} was not read", endpoint.id), gap))
        }
        // Not even an empty VPC helps an endpoint that no zone leads to.
        (false, _) => Ok(false),
    }
}

/// A zone of a parent name answers for every name below it, and says of those it has no record for that they do not exist.
fn zone_above<'v>(vpc: &'v Vpc, name: &str) -> Option<&'v HostedZone> {
    let zones = vpc.hosted_zones.known().into_iter().flatten();
    let above = zones.filter(|zone| name.strip_suffix(zone.name.as_str()).is_some_and(|rest| rest.ends_with('.')));
    above.max_by_key(|zone| (zone.name.len(), std::cmp::Reverse(&zone.id)))
}

fn not_found(region: &str, vpc: &Vpc, endpoint: &VpcEndpoint, names: &[String]) -> Failure {
    let slug = service_slug(&endpoint.service_name, region);
    let plain = names.iter().find(|name| !name.starts_with("*.")).or(names.first());
    let first = plain.map_or(slug, String::as_str);
    let vpc_id = &endpoint.vpc_id;
    let above = zone_above(vpc, first.trim_start_matches("*."));
    let (consequence, zone_fact) = match above {
        None => (
            format!("In {vpc_id} the name {first} resolves to public addresses, so clients that use it pass the endpoint by."),
            format!("no private hosted zone for {first} is associated"),
        ),
        Some(zone) => (
            format!(
                "In {vpc_id} the private hosted zone {} ({}) answers for {first} and has no record of it, so the name does not \
                 resolve at all.",
                zone.id, zone.name
            ),
            format!("zone {} ({}), which stands above {first}, has no record of it", zone.id, zone.name),
        ),
    };
    Failure {
        title: format!("{} to {slug} has private DNS off: {vpc_id} does not find it by name", endpoint.id),
        detail: format!(
            "{consequence} Turn private DNS on, or associate a private hosted zone for the name with the VPC. If clients call the \
             endpoint by its own name, waive this."
        ),
        related: vec![vpc_id.clone()],
        evidence: vec![
            Evidence::new("available, private DNS off", "ec2:DescribeVpcEndpoints", &endpoint.id),
            Evidence::new(
                format!("no other available endpoint of {} in {vpc_id} serves that name", endpoint.service_name),
                "ec2:DescribeVpcEndpoints",
                vpc_id,
            ),
            Evidence::new(format!("private DNS name {first}"), "ec2:DescribeVpcEndpointServices", &endpoint.service_name),
            Evidence::new(zone_fact, "route53:ListHostedZonesByVPC", vpc_id),
        ],
        severity: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::analyze::fixtures::failures;

    #[test]
    fn a_zone_above_the_name_is_not_called_absent() {
        let found = |zones: serde_json::Value| {
            let short = json!({
                "regions": { "eu-west-1": {
                    "vpcs": { "vpc-0aa": { "hosted_zones": { "known": zones } } },
                    "endpoint_services": { "com.amazonaws.eu-west-1.sqs": {} },
                    "vpc_endpoints": { "vpce-0sqs": { "kind": "Interface", "service_name": "com.amazonaws.eu-west-1.sqs" } },
                } },
                "private_zones": { "Z0AA": { "id": "Z0AA", "name": "amazonaws.com", "records": [] } },
            });
            let found = failures(&CHECK, &short);
            assert_eq!(found.len(), 1);
            (found[0].detail.contains("does not resolve at all"), found[0].evidence.iter().any(|one| one.fact.contains("Z0AA")))
        };
        assert_eq!(found(json!([{ "id": "Z0AA", "name": "amazonaws.com" }])), (true, true));
        assert_eq!(found(json!([])), (false, false));
    }
}
