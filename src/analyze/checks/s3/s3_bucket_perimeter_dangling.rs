//! `s3-bucket-perimeter-dangling`.

use std::collections::BTreeSet;

use super::buckets::policy_says;
use super::perimeter::{Guarded, endpoint, endpoint_of_sister, judge_policies, unread, vpc_of_sister};
use crate::analyze::check::declare_check;
use crate::analyze::checks::network_conditions::{Key, Network, networks};
use crate::analyze::checks::words::few;
use crate::analyze::{Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Severity, Subject, Verdict};
use crate::policy::Effect;

declare_check! {
    /// ## What it does
    /// Finds buckets whose policy names an endpoint (`aws:SourceVpce`) or VPC (`aws:SourceVpc`, `aws:SourceVpcArn`) that the account
    /// does not have in any region, or has only as deleted, failed, rejected or expired.
    ///
    /// ## Why it matters
    /// A Deny that spares only an endpoint that is gone refuses everybody, and an Allow for it admits nobody; a Deny against it
    /// stops nobody. Whoever replaced the endpoint forgot the policy: clients are locked out, or a guard has no effect.
    ///
    /// ## What it reads
    /// - `s3:GetBucketPolicy`: the ids that conditions name
    /// - `ec2:DescribeVpcEndpoints`, `ec2:DescribeVpcs`: what every region has
    /// - `ec2:DescribeRegions`: whether every region was scanned
    /// - `organizations:DescribeOrganization`, `organizations:ListAccounts`: other accounts that may have it
    ///
    /// ## When it stays silent
    /// Patterns with wildcards and variables name no single one. While a region or a listing was not read, or another account of
    /// the organization or of the trusted list may have the id, the answer is Unknown: scan that account, too. A VPC that is
    /// named by an ARN of another account is not judged.
    ///
    /// ## References
    /// - [S3 guide: Controlling access from VPC endpoints with bucket policies](https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies-vpc-endpoint.html)
    /// - [IAM guide: AWS global condition context keys](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html)
    pub(super) static CHECK = {
        id: "s3-bucket-perimeter-dangling",
        title: "Bucket policy names an endpoint or VPC that is gone",
        severity: Severity::High,
        pillar: Pillar::Privilege,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Replace the id by the one of the endpoint or VPC that clients use today, or remove it.",
            command: "aws s3api put-bucket-policy --bucket <bucket> --policy file://<policy.json>",
            url: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies-vpc-endpoint.html",
        },
        repair: Repair::Decision("what took the place of the endpoint or VPC that is gone is not in the account"),
        evaluate: judge_buckets,
    }
}

fn judge_buckets(audit: &Audit<'_>) -> Vec<Subject> {
    judge_policies(audit, |guarded| (judge(audit, guarded), None))
}

/// What became of a network that a policy names.
enum Fate {
    /// It is there.
    Exists,
    /// It is not: the fact, and the call that told.
    Gone(String, &'static str),
    /// It is nowhere in the account, so far as that was read.
    Missing(Option<Doubt>),
}

fn judge(audit: &Audit<'_>, guarded: Guarded<'_>) -> Verdict {
    let named = networks(guarded.decided);
    let (mut judged, mut gone, mut doubts) = (0, Vec::new(), Vec::new());
    for one in &named {
        let Some(fate) = fate(audit, one) else { continue };
        judged += 1;
        match fate {
            Fate::Exists => {}
            Fate::Gone(fact, call) => gone.push((*one, fact, call)),
            Fate::Missing(Some(doubt)) => doubts.push(doubt),
            Fate::Missing(None) => {
                let call = if one.key == Key::Endpoint { "ec2:DescribeVpcEndpoints" } else { "ec2:DescribeVpcs" };
                gone.push((*one, format!("no region of account {} has it", audit.inventory.account.id), call));
            }
        }
    }
    if !gone.is_empty() {
        return Verdict::Fail(Box::new(dangling(guarded, &gone)));
    }
    let rest = if judged == 0 { Verdict::NotApplicable } else { Verdict::Pass };
    Doubt::join(doubts).map_or(rest, Verdict::Unknown)
}

/// What became of a network; `None` where the value names no single endpoint or VPC that this account could have.
fn fate(audit: &Audit<'_>, named: &Network<'_>) -> Option<Fate> {
    let inventory = audit.inventory;
    match named.key {
        Key::Endpoint => {
            let id = single(named.value, "vpce-")?;
            Some(match (endpoint(inventory, id), endpoint_of_sister(audit, id)) {
                (Some((_, found)), _) if found.state.is_gone() => {
                    Fate::Gone(format!("its state is {}", found.state), "ec2:DescribeVpcEndpoints")
                }
                (None, Some(found)) if found.state.is_gone() => {
                    let fact = format!("its state is {}, as scanned in account {}", found.state, found.held.account);
                    Fate::Gone(fact, "ec2:DescribeVpcEndpoints")
                }
                (Some(_), _) | (None, Some(_)) => Fate::Exists,
                (None, None) => Fate::Missing(elsewhere(
                    audit,
                    id,
                    unread(inventory, "endpoints", |region| region.vpc_endpoints.gap.as_ref()),
                )),
            })
        }
        Key::Vpc => {
            let id = single(named.value, "vpc-")?;
            if inventory.regions.values().any(|region| region.vpcs.get(id).is_some()) || vpc_of_sister(audit, id).is_some() {
                return Some(Fate::Exists);
            }
            Some(Fate::Missing(elsewhere(audit, id, unread(inventory, "VPCs", |region| region.vpcs.gap.as_ref()))))
        }
        Key::VpcArn => {
            let fields: Vec<&str> = named.value.splitn(6, ':').collect();
            let [_, _, _, region, account, resource] = fields.as_slice() else { return None };
            let id = single(resource.strip_prefix("vpc/")?, "vpc-")?;
            if vpc_of_sister(audit, id).is_some_and(|held| held.account == *account && held.region == *region) {
                return Some(Fate::Exists);
            }
            if *account != inventory.account.id || region.contains(['*', '?', '$']) {
                return None;
            }
            let why = || format!("whether {id} exists in {region} was not read");
            Some(match inventory.regions.get(*region).map(|region| region.vpcs.find(id)) {
                Some(Ok(Some(_))) => Fate::Exists,
                Some(Ok(None)) => Fate::Missing(None),
                Some(Err(gap)) => Fate::Missing(Some(Doubt::of_gap(why(), gap))),
                None => Fate::Missing(Some(Doubt { why: why(), gaps: Vec::new() })),
            })
        }
        Key::Owner | Key::Address => None,
    }
}

/// The id, where a value is one and no pattern.
fn single<'v>(value: &'v str, prefix: &str) -> Option<&'v str> {
    let rest = value.strip_prefix(prefix)?;
    (!rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(value)
}

/// Why the id may exist although it was not found: here, or in an account that counts as inside.
fn elsewhere(audit: &Audit<'_>, id: &str, here: Option<Doubt>) -> Option<Doubt> {
    if here.is_some() {
        return here.map(|doubt| Doubt { why: format!("whether {id} exists: {}", doubt.why), ..doubt });
    }
    let trust = &audit.settings.trust;
    if !trust.accounts.is_empty() || !trust.organizations.is_empty() {
        return Some(Doubt { why: format!("{id} may be that of a trusted account, which was not scanned"), gaps: Vec::new() });
    }
    match audit.inventory.organization.as_result() {
        Err(gap) => {
            Some(Doubt::of_gap(format!("{id} may be that of another account of the organization, which was not read"), gap))
        }
        Ok(None) => None,
        Ok(Some(organization)) => {
            let why = format!("{id} may be that of another account of organization {}, which was not scanned", organization.id);
            match organization.accounts.as_result() {
                Err(gap) => Some(Doubt::of_gap(why, gap)),
                Ok(Some(accounts)) if accounts.keys().all(|account| *account == audit.inventory.account.id) => None,
                Ok(_) => Some(Doubt { why, gaps: Vec::new() }),
            }
        }
    }
}

fn dangling(guarded: Guarded<'_>, gone: &[(Network<'_>, String, &'static str)]) -> Failure {
    let bucket = guarded.bucket;
    let ids: Vec<&str> = gone.iter().map(|(one, ..)| one.value).collect::<BTreeSet<_>>().into_iter().collect();
    let effect = |one: &Network<'_>| match (one.statement.effect, one.negated) {
        (Effect::Allow, false) => "the Allow admits nobody from there",
        (Effect::Allow, true) => "the Allow excludes nobody by it",
        (Effect::Deny, true) => "the Deny spares nobody there",
        (Effect::Deny, false) => "the Deny stops nobody by it",
    };
    let effects: BTreeSet<&str> = gone.iter().map(|(one, ..)| effect(one)).collect();
    let mut evidence = Vec::new();
    for (one, fact, call) in gone {
        evidence.push(policy_says(bucket, one.told()));
        evidence.push(Evidence::new(format!("{}: {fact}", one.value), call, one.value));
    }
    Failure {
        title: format!("Policy of bucket {} names {}, which does not exist", bucket.name, few(&ids)),
        detail: format!(
            "Nobody comes from {}: {}. Replace the id by that of the endpoint or VPC that clients use today, or remove it.",
            few(&ids),
            effects.into_iter().collect::<Vec<_>>().join(", ")
        ),
        related: ids.into_iter().map(str::to_owned).collect(),
        evidence,
        severity: None,
    }
}
