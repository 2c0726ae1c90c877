//! `s3-bucket-perimeter-cannot-match`.

use std::collections::BTreeSet;

use super::buckets::policy_says;
use super::perimeter::{
    Guarded, endpoint, endpoint_of_sister, judge_policies, s3_region, s3_region_of_held, unread, vpc_of_sister,
};
use crate::analyze::check::declare_check;
use crate::analyze::checks::network_conditions::{Key, Network, networks};
use crate::analyze::checks::words::few;
use crate::analyze::{Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Severity, Subject, Verdict};
use crate::model::ec2::VpcEndpoint;
use crate::network::{Held, HeldEndpoint, private_blocks};
use crate::policy::address_block;

declare_check! {
    /// ## What it does
    /// Finds conditions of bucket policies that can never hold: `aws:SourceVpce` with the id of a VPC and the other way round; an
    /// endpoint that leads to another service than S3, or to S3 in another region than the bucket's; a VPC of the account without
    /// an endpoint that leads to S3 in the bucket's region; a private address range in `aws:SourceIp`.
    ///
    /// ## Why it matters
    /// The author believed that clients are admitted, or shut out, by this value. `aws:SourceIp` is the public address that a
    /// request leaves the VPC with, and is absent behind an endpoint; `aws:SourceVpce` and `aws:SourceVpc` are there only where the
    /// request came through an endpoint of that very service.
    ///
    /// ## What it reads
    /// - `s3:GetBucketPolicy`: the values of conditions
    /// - `s3:ListBuckets`: the bucket's region
    /// - `ec2:DescribeVpcEndpoints`: service, region and VPC of each endpoint
    /// - `ec2:DescribeVpcs`: who owns a VPC
    /// - `ec2:DescribeRegions`: whether every region was scanned
    ///
    /// ## When it stays silent
    /// An id that the account does not have is left to `s3-bucket-perimeter-dangling`, and so is an endpoint that is deleted. The
    /// endpoint of a VPC that another account shares is not visible here: such a VPC is not judged. An id or region that was not
    /// read gives Unknown.
    ///
    /// ## References
    /// - [S3 guide: Controlling access from VPC endpoints with bucket policies](https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies-vpc-endpoint.html)
    /// - [IAM guide: AWS global condition context keys](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html)
    pub(super) static CHECK = {
        id: "s3-bucket-perimeter-cannot-match",
        title: "Bucket policy names a network that no request to it comes from",
        severity: Severity::Medium,
        pillar: Pillar::Privilege,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Name the S3 endpoint, the VPC that has one, or the public address that requests come from; for private ranges behind an endpoint ask for aws:VpcSourceIp with the endpoint or VPC.",
            command: "aws s3api put-bucket-policy --bucket <bucket> --policy file://<policy.json>",
            url: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies-vpc-endpoint.html",
        },
        repair: Repair::Decision("which endpoint or address was meant is not in the policy"),
        evaluate: judge_buckets,
    }
}

fn judge_buckets(audit: &Audit<'_>) -> Vec<Subject> {
    judge_policies(audit, |guarded| (judge(audit, guarded), None))
}

/// A value that no request has.
struct Misfit<'a> {
    network: Network<'a>,
    /// Why, and the call that told.
    why: String,
    evidence: Option<Evidence>,
}

fn judge(audit: &Audit<'_>, guarded: Guarded<'_>) -> Verdict {
    let (mut judged, mut misfits, mut doubts) = (0, Vec::new(), Vec::new());
    for network in networks(guarded.decided) {
        match misfit(audit, guarded, network) {
            Ok(None) => {}
            Ok(Some(Ok(()))) => judged += 1,
            Ok(Some(Err(misfit))) => misfits.push(misfit),
            Err(doubt) => doubts.push(doubt),
        }
    }
    if !misfits.is_empty() {
        return Verdict::Fail(Box::new(failure(guarded, &misfits)));
    }
    let rest = if judged == 0 { Verdict::NotApplicable } else { Verdict::Pass };
    Doubt::join(doubts).map_or(rest, Verdict::Unknown)
}

/// Whether requests to the bucket may come from a network; `None` where nothing can be said of it.
fn misfit<'a>(audit: &Audit<'_>, guarded: Guarded<'a>, network: Network<'a>) -> Result<Option<Result<(), Misfit<'a>>>, Doubt> {
    let value = network.value;
    let plain = |why: String| Ok(Some(Err(Misfit { network, why, evidence: None })));
    match network.key {
        Key::Address => Ok(address_block(value).map(|block| {
            if private_blocks().iter().any(|private| private.contains(&block)) {
                let why = format!("{value} is private, and aws:SourceIp is a public address or, behind an endpoint, absent");
                return Err(Misfit { network, why, evidence: None });
            }
            Ok(())
        })),
        Key::Endpoint if value.starts_with("vpc-") => plain(format!("{value} is a VPC, and aws:SourceVpce is an endpoint")),
        Key::Vpc if value.starts_with("vpce-") => plain(format!("{value} is an endpoint, and aws:SourceVpc is a VPC")),
        Key::Endpoint if value.starts_with("vpce-") => of_endpoint(audit, guarded, network),
        Key::Vpc if value.starts_with("vpc-") => of_vpc(audit, guarded, network),
        Key::Endpoint | Key::Vpc | Key::VpcArn | Key::Owner => Ok(None),
    }
}

fn of_endpoint<'a>(
    audit: &Audit<'_>,
    guarded: Guarded<'a>,
    network: Network<'a>,
) -> Result<Option<Result<(), Misfit<'a>>>, Doubt> {
    let (inventory, id) = (audit.inventory, network.value);
    let Some((region, found)) = endpoint(inventory, id) else {
        if let Some(found) = endpoint_of_sister(audit, id) {
            return of_sisters_endpoint(found, guarded, network);
        }
        let doubt = unread(inventory, "endpoints", |region| region.vpc_endpoints.gap.as_ref());
        return doubt.map_or(Ok(None), |doubt| Err(Doubt { why: format!("where {id} leads: {}", doubt.why), ..doubt }));
    };
    if found.state.is_gone() || found.service_name.ends_with(".s3-global.accesspoint") {
        return Ok(None);
    }
    let misfit = |why: String| {
        let fact = format!("{id} stands in {region} and leads to {}", found.service_name);
        Ok(Some(Err(Misfit { network, why, evidence: Some(Evidence::new(fact, "ec2:DescribeVpcEndpoints", id)) })))
    };
    let Some(served) = s3_region(found, region) else {
        return misfit(format!("{id} leads to {}, not to S3", found.service_name));
    };
    let own = region_of(guarded)?;
    if served != own {
        return misfit(format!("{id} leads to S3 in {served}, and the bucket lies in {own}"));
    }
    Ok(Some(Ok(())))
}

/// As [`of_endpoint`], for one of another account that was scanned.
fn of_sisters_endpoint<'a>(
    found: &HeldEndpoint,
    guarded: Guarded<'a>,
    network: Network<'a>,
) -> Result<Option<Result<(), Misfit<'a>>>, Doubt> {
    if found.state.is_gone() || found.service_name.ends_with(".s3-global.accesspoint") {
        return Ok(None);
    }
    let (id, Held { account, region }) = (network.value, &found.held);
    let why = match s3_region_of_held(found) {
        None => format!("{id} of account {account} leads to {}, not to S3", found.service_name),
        Some(served) => {
            let own = region_of(guarded)?;
            if served == own {
                return Ok(Some(Ok(())));
            }
            format!("{id} of account {account} leads to S3 in {served}, and the bucket lies in {own}")
        }
    };
    let fact = format!("{id} stands in {region} and leads to {}, as scanned in account {account}", found.service_name);
    Ok(Some(Err(Misfit { network, why, evidence: Some(Evidence::new(fact, "ec2:DescribeVpcEndpoints", id)) })))
}

/// As [`of_vpc`], for one of another account that was scanned; `None` for any other, and where its endpoints were not all read.
fn of_sisters_vpc<'a>(
    audit: &Audit<'_>,
    guarded: Guarded<'a>,
    network: Network<'a>,
) -> Option<Result<Option<Result<(), Misfit<'a>>>, Doubt>> {
    let id = network.value;
    let Held { account, region } = vpc_of_sister(audit, id)?;
    let own = match region_of(guarded) {
        Ok(own) => own,
        Err(doubt) => return Some(Err(doubt)),
    };
    let directory = audit.directory()?;
    let leads = |one: &HeldEndpoint| {
        let anywhere = one.service_name.ends_with(".s3-global.accesspoint");
        !one.state.is_gone() && (anywhere || s3_region_of_held(one) == Some(own))
    };
    if directory.endpoints_of(id).any(|(_, one)| leads(one)) {
        return Some(Ok(Some(Ok(()))));
    }
    directory.has_all_endpoints(account, region).then_some(())?;
    let why = format!("{id} of account {account} has no endpoint that leads to S3 in {own}, so no request bears its id");
    let fact = format!("no endpoint of {id} in {region} leads to S3 in {own}, as scanned in account {account}");
    Some(Ok(Some(Err(Misfit { network, why, evidence: Some(Evidence::new(fact, "ec2:DescribeVpcEndpoints", id)) }))))
}

fn of_vpc<'a>(audit: &Audit<'_>, guarded: Guarded<'a>, network: Network<'a>) -> Result<Option<Result<(), Misfit<'a>>>, Doubt> {
    let (inventory, id) = (audit.inventory, network.value);
    if let Some(answer) = of_sisters_vpc(audit, guarded, network) {
        return answer;
    }
    let home = inventory.regions.iter().find_map(|(name, region)| Some((name, region, region.vpcs.get(id)?)));
    let Some((name, region, vpc)) = home else {
        let doubt = unread(inventory, "VPCs", |region| region.vpcs.gap.as_ref());
        return doubt.map_or(Ok(None), |doubt| Err(Doubt { why: format!("which endpoints {id} has: {}", doubt.why), ..doubt }));
    };
    if vpc.owner_id != inventory.account.id {
        return Ok(None);
    }
    let own = region_of(guarded)?;
    let leads = |one: &&VpcEndpoint| {
        let anywhere = one.service_name.ends_with(".s3-global.accesspoint");
        one.vpc_id == id && !one.state.is_gone() && (anywhere || s3_region(one, name) == Some(own))
    };
    if region.vpc_endpoints.values().any(|one| leads(&one)) {
        return Ok(Some(Ok(())));
    }
    if let Some(gap) = &region.vpc_endpoints.gap {
        return Err(Doubt::of_gap(format!("whether {id} has an endpoint to S3 was not read"), gap));
    }
    let why = format!("{id} has no endpoint that leads to S3 in {own}, so no request bears its id");
    let fact = format!("no endpoint of {id} in {name} leads to S3 in {own}");
    Ok(Some(Err(Misfit { network, why, evidence: Some(Evidence::new(fact, "ec2:DescribeVpcEndpoints", id)) })))
}

/// Region of the bucket.
fn region_of(guarded: Guarded<'_>) -> Result<&str, Doubt> {
    let bucket = guarded.bucket;
    let region = bucket.region.as_result();
    region.map(String::as_str).map_err(|gap| Doubt::of_gap(format!("the region of bucket {} was not read", bucket.name), gap))
}

fn failure(guarded: Guarded<'_>, misfits: &[Misfit<'_>]) -> Failure {
    let bucket = guarded.bucket;
    let values: Vec<&str> = misfits.iter().map(|one| one.network.value).collect::<BTreeSet<_>>().into_iter().collect();
    let reasons: Vec<&str> = misfits.iter().map(|one| one.why.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
    let mut evidence = Vec::new();
    for one in misfits {
        evidence.push(policy_says(bucket, format!("{}: {}", one.network.told(), one.why)));
        evidence.extend(one.evidence.clone());
    }
    Failure {
        title: format!("Policy of bucket {} names {}, from where no request to it comes", bucket.name, few(&values)),
        detail: format!(
            "The condition can never hold: {}. Name the S3 endpoint or VPC that clients use, or the public address that they come from; behind \
             an endpoint the client's private address is aws:VpcSourceIp.",
            reasons.join("; ")
        ),
        related: values.into_iter().map(str::to_owned).collect(),
        evidence,
        severity: None,
    }
}
