//! The networks that a bucket policy names, and what the checks of perimeters share.

use super::buckets::{Judged, each_bucket, each_policy};
use crate::analyze::{Audit, Decided, Doubt, Subject, Verdict};
use crate::model::ec2::VpcEndpoint;
use crate::model::s3::Bucket;
use crate::model::{GapId, Inventory, service_slug};
use crate::policy::{Comparison, Effect, Statement};

/// A bucket with a policy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guarded<'a> {
    /// The bucket.
    pub(super) bucket: &'a Bucket,
    /// Its policy and what is known of it.
    pub(super) decided: &'a Decided,
}

/// Judges the policy of every bucket that has one; buckets without are not applicable.
pub(super) fn judge_policies<'a>(audit: &'a Audit<'_>, judge: impl Fn(Guarded<'a>) -> Judged) -> Vec<Subject> {
    each_bucket(audit, |bucket| each_policy(audit, bucket, Verdict::NotApplicable, |decided| judge(Guarded { bucket, decided })))
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

/// An endpoint of the account, and the region it was found in.
pub(super) fn endpoint<'a>(inventory: &'a Inventory, id: &str) -> Option<(&'a str, &'a VpcEndpoint)> {
    inventory.regions.iter().find_map(|(name, region)| Some((name.as_str(), region.vpc_endpoints.get(id)?)))
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
