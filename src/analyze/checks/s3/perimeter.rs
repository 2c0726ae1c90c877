//! The networks that a bucket policy names, and what the checks of perimeters share.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::analyze::{Audit, Decided, Doubt, Evidence, Reading, Resource, Shown, Subject, Verdict};
use crate::model::ec2::{EndpointState, VpcEndpoint};
use crate::model::s3::Bucket;
use crate::model::{GapId, Inventory, service_slug};
use crate::policy::{Comparison, Effect, Statement};

/// The region of what has none, or of which it was not read.
const GLOBAL: &str = "aws-global";

/// A bucket with a policy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guarded<'a> {
    /// The bucket.
    pub(super) bucket: &'a Bucket,
    /// Its policy and what is known of it.
    pub(super) decided: &'a Decided,
}

/// Judges the policy of every bucket that has one; buckets without are not applicable.
pub(super) fn judge_policies<'a>(audit: &'a Audit<'_>, judge: impl Fn(Guarded<'a>) -> (Verdict, Option<Shown>)) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for bucket in audit.inventory.buckets.values() {
        let region = bucket.region.known().map_or(GLOBAL, String::as_str);
        let (verdict, shown) = match audit.policies.bucket(&bucket.name) {
            Reading::Absent => (Verdict::NotApplicable, None),
            Reading::Unknown(doubt) => (Verdict::Unknown(doubt.clone()), None),
            Reading::Decided(decided) => judge(Guarded { bucket, decided }),
        };
        subjects.push(Subject::new(region, Resource::bucket(audit.inventory, bucket), verdict).shown_by(shown));
    }
    subjects.extend(Subject::unlisted(GLOBAL, "bucket", &audit.inventory.buckets));
    subjects
}

/// Condition keys that name networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// `aws:SourceVpce`.
    Endpoint,
    /// `aws:SourceVpc`.
    Vpc,
    /// `aws:SourceVpcArn`.
    VpcArn,
    /// `aws:VpceAccount`, `aws:VpceOrgID`, `aws:VpceOrgPaths`.
    Owner,
    /// `aws:SourceIp`.
    Address,
}

impl Key {
    fn of(key: &str) -> Option<Self> {
        Some(match key.to_ascii_lowercase().as_str() {
            "aws:sourcevpce" => Self::Endpoint,
            "aws:sourcevpc" => Self::Vpc,
            "aws:sourcevpcarn" => Self::VpcArn,
            "aws:vpceaccount" | "aws:vpceorgid" | "aws:vpceorgpaths" => Self::Owner,
            "aws:sourceip" => Self::Address,
            _ => return None,
        })
    }
}

/// One value of a condition that names a network.
#[derive(Debug, Clone, Copy)]
pub(super) struct Network<'a> {
    /// The statement.
    pub(super) statement: &'a Statement,
    /// Its key.
    pub(super) key: Key,
    /// The key as written.
    pub(super) written: &'a str,
    /// The value.
    pub(super) value: &'a str,
    /// Whether the operator is a `Not` form.
    pub(super) negated: bool,
}

impl Network<'_> {
    /// Whether the statement admits requests because they come from here: an Allow that asks for it, or a Deny that spares it.
    pub(super) fn is_admitted(&self) -> bool {
        match self.statement.effect {
            Effect::Allow => !self.negated,
            Effect::Deny => self.negated,
        }
    }

    /// The network as policies write it.
    pub(super) fn told(&self) -> String {
        format!("{} {} in {}", self.written, self.value, self.statement.name())
    }
}

/// The networks that a policy names, in the order of the text. Tests for the mere presence of a key name none.
pub(super) fn networks(decided: &Decided) -> Vec<Network<'_>> {
    let mut found = Vec::new();
    for statement in &decided.policy.statements {
        for condition in statement.conditions.iter().filter(|condition| condition.operator.comparison != Comparison::Null) {
            let Some(key) = Key::of(&condition.key) else { continue };
            let negated = condition.operator.comparison.is_negated();
            found.extend(condition.values.iter().map(|value| Network {
                statement,
                key,
                written: &condition.key,
                value,
                negated,
            }));
        }
    }
    found
}

/// A fact that the bucket's policy told.
pub(super) fn told_by_policy(fact: impl Into<String>, bucket: &Bucket) -> Evidence {
    Evidence::new(fact, "s3:GetBucketPolicy", &bucket.name)
}

/// The block of addresses that a value of `aws:SourceIp` stands for.
pub(super) fn block(value: &str) -> Option<IpNet> {
    value.parse::<IpNet>().ok().or_else(|| value.parse::<IpAddr>().ok().map(IpNet::from))
}

/// An endpoint of the account, and the region it was found in.
pub(super) fn endpoint<'a>(inventory: &'a Inventory, id: &str) -> Option<(&'a str, &'a VpcEndpoint)> {
    inventory.regions.iter().find_map(|(name, region)| Some((name.as_str(), region.vpc_endpoints.get(id)?)))
}

/// Whether an endpoint is not there any more, or never came into service.
pub(super) fn is_gone(endpoint: &VpcEndpoint) -> bool {
    match endpoint.state {
        EndpointState::Deleting
        | EndpointState::Deleted
        | EndpointState::Rejected
        | EndpointState::Failed
        | EndpointState::Expired => true,
        EndpointState::PendingAcceptance
        | EndpointState::Pending
        | EndpointState::Available
        | EndpointState::Partial
        | EndpointState::Other(_) => false,
    }
}

/// The region whose buckets an endpoint in `region` leads to; `None` where it does not lead to S3.
pub(super) fn s3_region<'a>(endpoint: &'a VpcEndpoint, region: &'a str) -> Option<&'a str> {
    let served = endpoint.service_region.as_deref().unwrap_or(region);
    (service_slug(&endpoint.service_name, served) == "s3").then_some(served)
}

/// Why something may exist although no region that was scanned has it: regions left out, listings cut short.
pub(super) fn unread(
    inventory: &Inventory,
    what: &str,
    gap: impl Fn(&crate::model::RegionInventory) -> Option<&GapId>,
) -> Option<Doubt> {
    let regions = inventory.all_regions_asked().err().map(|(why, gap)| Doubt { why, gaps: gap.into_iter().collect() });
    let listings = inventory
        .regions
        .iter()
        .filter_map(|(name, region)| Some(Doubt::of_gap(format!("the {what} of {name} were not read to the end"), gap(region)?)));
    Doubt::join(regions.into_iter().chain(listings))
}
