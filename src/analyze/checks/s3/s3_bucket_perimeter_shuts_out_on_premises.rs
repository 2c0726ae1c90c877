//! `s3-bucket-perimeter-shuts-out-on-premises`.

use std::collections::BTreeSet;

use super::buckets::policy_says;
use super::perimeter::{Guarded, judge_policies, s3_region};
use crate::analyze::check::declare_check;
use crate::analyze::checks::network_conditions::{Key, Network, networks};
use crate::analyze::checks::words::{few, organization_gap};
use crate::analyze::{Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Severity, Subject, Verdict};
use crate::model::RegionInventory;
use crate::model::ec2::{EndpointKind, EndpointState, TransitGatewayAttachment, TransitGatewayResource, VpcEndpoint};
use crate::policy::{self, Effect, Question};

declare_check! {
    /// ## What it does
    /// Finds buckets that take requests only through endpoints of the account that are all gateway endpoints, while the bucket's region
    /// has a VPN connection, Direct Connect, or a transit gateway attachment of either kind, and no interface endpoint for S3.
    ///
    /// ## Why it matters
    /// A gateway endpoint serves only its own VPC: clients that come over VPN, Direct Connect or a transit gateway cannot use it.
    /// They reach S3 over the internet, from where this bucket refuses them.
    ///
    /// ## What it reads
    /// - `s3:GetBucketPolicy`: the policy, decided over all requests
    /// - `ec2:DescribeVpcEndpoints`: type, service and VPC of each endpoint
    /// - `ec2:DescribeVpnConnections`, `ec2:DescribeVpnGateways`, `directconnect:DescribeVirtualGateways`,
    ///   `ec2:DescribeTransitGatewayAttachments`: networks on premises
    ///
    /// ## When it stays silent
    /// A policy that does not hold requests to named networks is not judged, nor one that admits addresses (by which clients on
    /// premises may come), endpoints by their owner, or an endpoint or VPC that the account does not have. VPCs behind a transit
    /// gateway do not count: they may have gateway endpoints of their own. Whether a network on premises needs the bucket is not
    /// known: waive the finding where it does not. A listing that was not read gives Unknown where it decides.
    ///
    /// ## References
    /// - [S3 guide: Controlling access from VPC endpoints with bucket policies](https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies-vpc-endpoint.html)
    /// - [S3 guide: AWS PrivateLink for Amazon S3](https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html)
    pub(super) static CHECK = {
        id: "s3-bucket-perimeter-shuts-out-on-premises",
        title: "Bucket admits gateway endpoints only, which networks on premises cannot use",
        severity: Severity::Low,
        pillar: Pillar::Privilege,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Make an S3 interface endpoint with private DNS for inbound resolvers only, lead the networks on premises to it, and admit it in the bucket policy.",
            command: "aws s3api put-bucket-policy --bucket <bucket> --policy file://<policy.json>",
            url: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies-vpc-endpoint.html",
        },
        repair: Repair::Decision("whether clients on premises need the bucket is not in the account"),
        evaluate: judge_buckets,
    }
}

fn judge_buckets(audit: &Audit<'_>) -> Vec<Subject> {
    judge_policies(audit, |guarded| (judge(audit, guarded).unwrap_or_else(Verdict::Unknown), None))
}

fn judge(audit: &Audit<'_>, guarded: Guarded<'_>) -> Result<Verdict, Doubt> {
    let admitted: Vec<Network<'_>> = networks(guarded.decided).into_iter().filter(Network::is_admitted).collect();
    let only_ids = admitted.iter().all(|one| matches!(one.key, Key::Endpoint | Key::Vpc));
    if !only_ids || !admitted.iter().any(|one| one.statement.effect == Effect::Deny) {
        return Ok(Verdict::NotApplicable);
    }
    let bucket = guarded.bucket;
    match guarded.decided.answer(Question::NetworkBound) {
        Some(answer) if answer.verdict == policy::Verdict::Yes => {}
        Some(answer) if answer.verdict == policy::Verdict::Unknown => {
            let why = format!("whether requests to {} come only from the named networks: {}", bucket.name, answer.why);
            return Err(Doubt { why, gaps: organization_gap(audit.inventory).into_iter().cloned().collect() });
        }
        Some(_) | None => return Ok(Verdict::NotApplicable),
    }
    let name =
        bucket.region.as_result().map_err(|gap| Doubt::of_gap(format!("the region of {} was not read", bucket.name), gap))?;
    let Some(region) = audit.inventory.regions.get(name) else {
        let why = format!("the bucket's region {name} was left out of the scan");
        return Err(Doubt { why, gaps: Vec::new() });
    };
    if has_interface_endpoint(region, name) {
        // It is there for those on premises; whether this policy admits it is its author's choice.
        return Ok(Verdict::Pass);
    }
    let Some(gateways) = gateways(region, name, &admitted)? else { return Ok(Verdict::NotApplicable) };
    let ways = on_premises(region)?;
    if ways.is_empty() {
        return Ok(Verdict::NotApplicable);
    }
    if let Some(gap) = &region.vpc_endpoints.gap {
        return Err(Doubt::of_gap(format!("whether {name} has an S3 interface endpoint was not read"), gap));
    }
    Ok(Verdict::Fail(Box::new(failure(guarded, name, &admitted, &gateways, &ways))))
}

fn has_interface_endpoint(region: &RegionInventory, name: &str) -> bool {
    region.vpc_endpoints.values().any(|one| {
        one.kind == EndpointKind::Interface && one.state == EndpointState::Available && s3_region(one, name) == Some(name)
    })
}

/// The gateway endpoints that are admitted; `None` where something else is, or may be.
fn gateways<'a>(
    region: &'a RegionInventory,
    name: &str,
    admitted: &[Network<'_>],
) -> Result<Option<Vec<&'a VpcEndpoint>>, Doubt> {
    let mut gateways = Vec::new();
    for one in admitted {
        let of_s3 =
            |endpoint: &&VpcEndpoint| s3_region(endpoint, name) == Some(name) && endpoint.state == EndpointState::Available;
        let found: Vec<&VpcEndpoint> = match one.key {
            Key::Endpoint => region.vpc_endpoints.get(one.value).into_iter().collect(),
            _ => region.vpc_endpoints.values().filter(|endpoint| endpoint.vpc_id == one.value).filter(of_s3).collect(),
        };
        match (found.is_empty(), &region.vpc_endpoints.gap) {
            (true, Some(gap)) => return Err(Doubt::of_gap(format!("of which type {} is was not read", one.value), gap)),
            (true, None) => return Ok(None),
            (false, _) if found.iter().any(|endpoint| endpoint.kind != EndpointKind::Gateway || !of_s3(endpoint)) => {
                return Ok(None);
            }
            (false, _) => gateways.extend(found),
        }
    }
    Ok(Some(gateways))
}

/// Ways in from networks on premises: the id and the call that told.
fn on_premises(region: &RegionInventory) -> Result<Vec<(String, &'static str)>, Doubt> {
    let mut ways: Vec<(String, &'static str)> = Vec::new();
    let vpns = region.vpn_connections.values().filter(|one| one.state == "available");
    ways.extend(vpns.map(|one| (one.id.clone(), "ec2:DescribeVpnConnections")));
    // A virtual private gateway without a VPN connection is there for Direct Connect, where that lists it.
    let attached = |id: &str| region.vpn_gateways.get(id).is_some_and(|gateway| !gateway.vpc_ids.is_empty());
    let has_vpn = |id: &str| region.vpn_connections.values().any(|one| one.vpn_gateway_id.as_deref() == Some(id));
    let is_direct = |id: &str| region.vpn_connections.is_complete() && attached(id) && !has_vpn(id);
    let direct = region.virtual_gateways.values().filter(|one| one.state == "available" && is_direct(&one.id));
    ways.extend(direct.map(|one| (one.id.clone(), "directconnect:DescribeVirtualGateways")));
    let outside = |one: &&TransitGatewayAttachment| match one.resource {
        TransitGatewayResource::Vpn | TransitGatewayResource::DirectConnectGateway | TransitGatewayResource::Connect => {
            one.state == "available"
        }
        TransitGatewayResource::Vpc | TransitGatewayResource::Peering | TransitGatewayResource::Other(_) => false,
    };
    let attachments = region.transit_gateway_attachments.values().filter(outside);
    ways.extend(attachments.map(|one| (one.id.clone(), "ec2:DescribeTransitGatewayAttachments")));
    let gaps = [
        &region.vpn_connections.gap,
        &region.vpn_gateways.gap,
        &region.virtual_gateways.gap,
        &region.transit_gateway_attachments.gap,
    ];
    let doubts =
        gaps.into_iter().flatten().map(|gap| Doubt::of_gap("whether networks on premises are connected was not read", gap));
    match Doubt::join(doubts) {
        Some(doubt) if ways.is_empty() => Err(doubt),
        _ => Ok(ways),
    }
}

fn failure(
    guarded: Guarded<'_>,
    region: &str,
    admitted: &[Network<'_>],
    gateways: &[&VpcEndpoint],
    ways: &[(String, &'static str)],
) -> Failure {
    let bucket = guarded.bucket;
    let ids: Vec<&str> = gateways.iter().map(|one| one.id.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
    let mut evidence: Vec<Evidence> = admitted.iter().map(|one| policy_says(bucket, one.told())).collect();
    evidence.extend(ids.iter().map(|id| Evidence::new(format!("{id} is a gateway endpoint"), "ec2:DescribeVpcEndpoints", id)));
    evidence.push(Evidence::new(format!("{region} has no interface endpoint for S3"), "ec2:DescribeVpcEndpoints", region));
    evidence.extend(ways.iter().map(|(id, call)| Evidence::new(format!("{id} connects a network on premises"), call, id)));
    let ways: Vec<&str> = ways.iter().map(|(id, _)| id.as_str()).collect();
    Failure {
        title: format!(
            "Bucket {} admits gateway endpoints only ({}), which networks on premises cannot use",
            bucket.name,
            few(&ids)
        ),
        detail: format!(
            "Gateway endpoints serve their own VPC only. Networks behind {} reach S3 over the internet, and this bucket refuses them. Make an \
             S3 interface endpoint in {region} for them and admit it in the policy; waive the finding if nobody there needs the bucket.",
            few(&ways)
        ),
        related: ids.iter().chain(&ways).map(|id| (*id).to_owned()).collect(),
        evidence,
        severity: None,
    }
}
