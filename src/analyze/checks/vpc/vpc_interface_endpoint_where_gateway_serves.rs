//! `vpc-interface-endpoint-where-gateway-serves`.

use super::endpoints::aws_service;
use super::gateway_paths::{Gateways, SERVICES, title_of};
use super::naming_policies::NamingPolicies;
use super::outside_callers::{answers_elsewhere, is_linked, zones_to};
use crate::analyze::check::declare_check;
use crate::analyze::checks::words::few;
use crate::analyze::{
    Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict, repairs,
};
use crate::model::RegionInventory;
use crate::model::ec2::{EndpointKind, EndpointState, VpcEndpoint};

declare_check! {
    /// ## What it does
    /// Finds available interface endpoints for S3 or `DynamoDB` whose clients are all in their own VPC, where a gateway endpoint
    /// serves as well: no other network is linked with the VPC, and nothing leads clients of another one to the endpoint.
    ///
    /// ## Why it matters
    /// An interface endpoint is billed for every hour, zone and byte. A gateway endpoint does the same for clients in its VPC and is
    /// free.
    ///
    /// ## What it reads
    /// - `ec2:DescribeVpcEndpoints`: type, service, private DNS
    /// - `ec2:DescribeVpcEndpointServices`: whether the region has gateway endpoints for the service
    /// - `ec2:DescribeVpnGateways`, `ec2:DescribeTransitGatewayAttachments`, `ec2:DescribeTransitGatewayVpcAttachments`,
    ///   `ec2:DescribeVpcPeeringConnections`, `ec2:DescribeRouteTables`: networks that are linked with the VPC
    /// - `route53:ListHostedZonesByVPC`, `route53:ListResourceRecordSets`: private hosted zones that lead to the endpoint
    /// - `s3:GetBucketPolicy`, `s3:GetAccessPointPolicy`: policies that name the endpoint and would have to be changed
    ///
    /// ## When it stays silent
    /// A gateway endpoint serves its own VPC only. With a virtual private gateway, a transit gateway attachment, an active peering
    /// connection or a route to another network the interface endpoint is needed, and so it is with private DNS for inbound resolvers
    /// only, or a private hosted zone of another VPC that leads to it. Endpoints that an AWS service keeps and regions without
    /// gateway endpoints for the service are not judged. Whether the endpoint carries anything does not matter. What was not read
    /// gives Unknown where it decides.
    ///
    /// ## References
    /// - [S3 guide: AWS PrivateLink for Amazon S3, types of VPC endpoints](https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html)
    /// - [DynamoDB guide: AWS PrivateLink for DynamoDB](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/privatelink-interface-endpoints.html)
    /// - [PrivateLink guide: Gateway endpoints](https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html)
    pub(super) static CHECK = {
        id: "vpc-interface-endpoint-where-gateway-serves",
        title: "Interface endpoint does what a free gateway endpoint would do",
        severity: Severity::Medium,
        pillar: Pillar::Cost,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Create a gateway endpoint for the service on the route tables of the clients, then delete the interface endpoint.",
            command: "aws ec2 create-vpc-endpoint --vpc-id <vpc-id> --service-name <service-name> --vpc-endpoint-type Gateway --route-table-ids <route-table-id>..",
            url: "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html",
        },
        repair: Repair::Change(repairs::use_gateway),
        evaluate: judge_endpoints,
    }
}

fn judge_endpoints(audit: &Audit<'_>) -> Vec<Subject> {
    let (mut subjects, account) = (Vec::new(), &audit.inventory.account.id);
    let policies = NamingPolicies::of(audit);
    for (name, region) in audit.regions() {
        let gateways = Gateways::of(name, region);
        for endpoint in region.vpc_endpoints.values().filter(|endpoint| endpoint.kind == EndpointKind::Interface) {
            let resource = Resource::vpc_endpoint(audit.inventory, name, endpoint);
            let Some(service) = aws_service(account, endpoint, name) else {
                subjects.push(Subject::new(name, resource, Verdict::NotApplicable));
                continue;
            };
            let verdict = match is_needed(audit, name, region, endpoint, service) {
                None => Verdict::NotApplicable,
                Some(Ok(true)) => Verdict::Pass,
                Some(Ok(false)) => {
                    let existing = gateways.in_vpc(&endpoint.vpc_id, service);
                    Verdict::Fail(Box::new(needless(endpoint, service, existing, &policies.by_id(endpoint))))
                }
                Some(Err(doubt)) => Verdict::Unknown(doubt),
            };
            subjects.push(Subject::new(name, resource, verdict).about_service(service));
        }
        subjects.extend(Subject::unlisted(name, "vpc_endpoint", &region.vpc_endpoints));
    }
    subjects
}

/// Whether an interface endpoint is needed beside a gateway endpoint; `None` where no gateway endpoint can stand in for it.
pub(super) fn is_needed(
    audit: &Audit<'_>,
    name: &str,
    region: &RegionInventory,
    endpoint: &VpcEndpoint,
    service: &str,
) -> Option<Result<bool, Doubt>> {
    if !SERVICES.contains(&service) || endpoint.state != EndpointState::Available {
        return None;
    }
    let offered = &endpoint.service_name;
    match region.endpoint_services.find(offered) {
        Ok(Some(known)) if known.kinds.contains(&EndpointKind::Gateway) => {}
        Ok(Some(_)) => return None,
        Ok(None) => {
            let why = format!("the region's endpoint services do not list {offered}");
            return Some(Err(Doubt { why, gaps: Vec::new() }));
        }
        Err(gap) => {
            let why = format!("whether {name} has gateway endpoints for {} was not read", title_of(service));
            return Some(Err(Doubt::of_gap(why, gap)));
        }
    }
    Some(has_callers_outside(audit, name, region, endpoint))
}

fn has_callers_outside(audit: &Audit<'_>, name: &str, region: &RegionInventory, endpoint: &VpcEndpoint) -> Result<bool, Doubt> {
    if endpoint.private_dns_only_for_inbound_resolver {
        return Ok(true);
    }
    let linked = is_linked(audit, name, region, &endpoint.vpc_id);
    if linked == Ok(true) {
        return Ok(true);
    }
    let (mut doubts, zones) = match zones_to(audit.inventory, endpoint) {
        Ok(zones) => (Vec::new(), zones),
        Err(doubt) => (vec![doubt], Vec::new()),
    };
    for zone in zones {
        match answers_elsewhere(audit.inventory, zone, &endpoint.vpc_id) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(doubt) => doubts.push(doubt),
        }
    }
    Doubt::join(linked.err().into_iter().chain(doubts)).map_or(Ok(false), Err)
}

/// `existing`: gateway endpoints of the VPC for the service. `naming`: whose policies name the interface endpoint.
fn needless(endpoint: &VpcEndpoint, service: &str, existing: &[&VpcEndpoint], naming: &[&str]) -> Failure {
    let (VpcEndpoint { id, vpc_id, .. }, title) = (endpoint, title_of(service));
    let gateway = existing.first().map(|gateway| gateway.id.as_str());
    let repair = match gateway {
        Some(gateway) => format!("Make sure that the route tables of the clients are associated with {gateway}"),
        None => "Create one on the route tables of the clients".to_owned(),
    };
    let names = if endpoint.private_dns {
        ""
    } else {
        " Clients that call the endpoint by its own name have to ask for the service's name instead."
    };
    let policies = if naming.is_empty() {
        String::new()
    } else {
        format!(" The policy of {} names {id}: let it name the gateway endpoint, too.", few(naming))
    };
    let mut evidence = vec![
        Evidence::new(format!("{id} is an available interface endpoint for {title}"), "ec2:DescribeVpcEndpoints", id),
        Evidence::new(
            format!("the region has gateway endpoints for {title}"),
            "ec2:DescribeVpcEndpointServices",
            &endpoint.service_name,
        ),
        Evidence::new(format!("{vpc_id} has no virtual private gateway"), "ec2:DescribeVpnGateways", vpc_id),
        Evidence::new(format!("{vpc_id} is attached to no transit gateway"), "ec2:DescribeTransitGatewayAttachments", vpc_id),
        Evidence::new(format!("{vpc_id} has no active peering"), "ec2:DescribeVpcPeeringConnections", vpc_id),
    ];
    evidence.extend(gateway.map(|gateway| {
        Evidence::new(format!("{gateway} is a gateway endpoint for {title} in {vpc_id}"), "ec2:DescribeVpcEndpoints", gateway)
    }));
    Failure {
        title: format!("{id} is billed for {title}, which a free gateway endpoint would serve in {vpc_id}"),
        detail: format!(
            "No other network is linked with {vpc_id}, so all clients of {id} are in it, and a gateway endpoint serves those for nothing. \
             {repair}, see that their security groups let HTTPS out to the prefix list of {title}, then delete {id}.{names}{policies}"
        ),
        related: gateway.map(str::to_owned).into_iter().chain([vpc_id.clone()]).collect(),
        evidence,
        severity: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::analyze::fixtures::failures;

    #[test]
    fn the_repair_fits_what_is_there() {
        let found = |endpoints: serde_json::Value, buckets: serde_json::Value| {
            let region = json!({ "vpcs": { "vpc-0aa": {} }, "vpc_endpoints": endpoints });
            let mut found = failures(&CHECK, &json!({ "regions": { "eu-west-1": region }, "buckets": buckets }));
            assert_eq!(found.len(), 1);
            found.remove(0)
        };
        let bare = found(json!({ "vpce-0if": { "kind": "Interface", "private_dns": true } }), json!({}));
        assert!(
            bare.detail.contains("Create one on the route tables") && bare.detail.ends_with("then delete vpce-0if."),
            "{bare:?}"
        );
        assert_eq!(bare.related, ["vpc-0aa"]);
        let policy = r#"{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-0if"}}}}"#;
        let named = found(
            json!({ "vpce-0if": { "kind": "Interface" }, "vpce-0gw": {} }),
            json!({ "reports": { "policy": { "known": policy } } }),
        );
        assert!(named.detail.contains("associated with vpce-0gw") && named.detail.contains("by its own name"), "{named:?}");
        assert!(named.detail.contains("The policy of bucket reports names vpce-0if"), "{named:?}");
        assert_eq!(named.related, ["vpce-0gw", "vpc-0aa"]);
    }
}
