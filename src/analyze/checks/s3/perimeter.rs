//! What the checks of perimeters share.

use super::buckets::{Judged, each_bucket, each_policy};
use crate::analyze::{Audit, Decided, Doubt, Subject, Verdict};
use crate::model::ec2::VpcEndpoint;
use crate::model::s3::Bucket;
use crate::model::{GapId, Inventory, service_slug};
use crate::network::{Held, HeldEndpoint};

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

/// An endpoint of the account, and the region it was found in.
pub(super) fn endpoint<'a>(inventory: &'a Inventory, id: &str) -> Option<(&'a str, &'a VpcEndpoint)> {
    inventory.regions.iter().find_map(|(name, region)| Some((name.as_str(), region.vpc_endpoints.get(id)?)))
}

/// The region whose buckets an endpoint in `region` leads to; `None` where it does not lead to S3.
pub(super) fn s3_region<'a>(endpoint: &'a VpcEndpoint, region: &'a str) -> Option<&'a str> {
    served_s3(&endpoint.service_name, endpoint.service_region.as_deref(), region)
}

/// As [`s3_region`], for an endpoint of a sister.
pub(super) fn s3_region_of_held(endpoint: &HeldEndpoint) -> Option<&str> {
    served_s3(&endpoint.service_name, endpoint.service_region.as_deref(), &endpoint.held.region)
}

fn served_s3<'a>(service_name: &str, service_region: Option<&'a str>, region: &'a str) -> Option<&'a str> {
    let served = service_region.unwrap_or(region);
    (service_slug(service_name, served) == "s3").then_some(served)
}

/// An endpoint of another account that was scanned with this one.
pub(super) fn endpoint_of_sister<'a>(audit: &Audit<'a>, id: &str) -> Option<&'a HeldEndpoint> {
    audit.directory()?.endpoint(id).filter(|endpoint| endpoint.held.account != audit.inventory.account.id)
}

/// Where a VPC of another account is that was scanned with this one.
pub(super) fn vpc_of_sister<'a>(audit: &Audit<'a>, id: &str) -> Option<&'a Held> {
    audit.directory()?.vpc(id).filter(|held| held.account != audit.inventory.account.id)
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
