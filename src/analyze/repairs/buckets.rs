//! Buckets, and what the account blocks for all of them.

use super::{Case, find};
use crate::analyze::{Audit, Reading};
use crate::fix::{Change, ChangeKind, Edit, OldPolicy, PublicAccess, with_tls_only};
use crate::model::Observed;
use crate::model::s3::PublicAccessBlock;
use crate::policy::{Question, Verdict};

/// Denies requests without TLS on top of what the policy says.
pub(in crate::analyze) fn deny_plain_http(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    let bucket = find(&audit.inventory.buckets, &case.resource.id)?;
    let region = bucket.region.known().ok_or_else(|| format!("the region of {} was not read", bucket.name))?;
    let Observed::Known(old) = &bucket.policy else { return Err(format!("the policy of {} was not read", bucket.name)) };
    let on = |block: Option<PublicAccessBlock>| block.is_some_and(|block| block.block_public_policy);
    let account = audit.inventory.account_public_access_block.known().copied().flatten();
    let public = matches!(audit.policies.bucket(&bucket.name), Reading::Decided(decided) if decided.verdict(Question::Public) != Some(Verdict::No));
    if public && (on(account) || on(bucket.public_access_block.known().copied().flatten())) {
        return Err(
            "S3 takes no policy that is public while BlockPublicPolicy is on: narrow the public statement first".to_owned()
        );
    }
    let partition = audit.inventory.account.partition.as_str();
    let policy = with_tls_only(partition, &bucket.name, old.as_deref()).ok_or("the policy is too long for one more statement")?;
    let old = old.clone().map_or(OldPolicy::None, OldPolicy::Text);
    Ok(Change {
        kind: ChangeKind::ReplaceBucketPolicy,
        title: format!("deny requests without TLS to bucket {}", bucket.name),
        edits: vec![Edit::PutBucketPolicy { region: region.clone(), bucket: bucket.name.clone(), policy, old }],
        hazards: vec!["Clients that use plain HTTP, website hosting among them, are refused.".to_owned()],
    })
}

/// Turns the four switches of a bucket on.
pub(in crate::analyze) fn block_bucket(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    let bucket = find(&audit.inventory.buckets, &case.resource.id)?;
    let region = bucket.region.known().ok_or_else(|| format!("the region of {} was not read", bucket.name))?;
    Ok(block(audit, region, Some(&bucket.name), bucket.public_access_block.known().copied().flatten()))
}

/// Turns the four switches of the account on.
#[expect(clippy::unnecessary_wraps, reason = "a repair may have a reason not to be made")]
pub(in crate::analyze) fn block_account(audit: &Audit<'_>, _: &Case<'_>) -> Result<Change, String> {
    let region = audit.inventory.account.partition.global_region().to_owned();
    Ok(block(audit, &region, None, audit.inventory.account_public_access_block.known().copied().flatten()))
}

fn block(audit: &Audit<'_>, region: &str, bucket: Option<&str>, old: Option<PublicAccessBlock>) -> Change {
    let whose = bucket.map_or_else(|| format!("account {}", audit.inventory.account.id), |bucket| format!("bucket {bucket}"));
    let place = PublicAccess {
        region: region.to_owned(),
        account: audit.inventory.account.id.clone(),
        bucket: bucket.map(str::to_owned),
        old,
    };
    Change {
        kind: ChangeKind::BlockPublicAccess,
        title: format!("turn Block Public Access on for {whose}"),
        edits: vec![Edit::BlockPublicAccess(place)],
        hazards: vec![
            "Whoever gets in by a public policy or ACL, readers of a website among them, is refused from then on.".to_owned(),
        ],
    }
}
