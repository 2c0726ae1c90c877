//! `s3-bucket-policy-public-but-blocked`.

use super::buckets::{Judged, each_bucket};
use super::exposure::{Told, Way, is_open, ways};
use crate::analyze::check::declare_check;
use crate::analyze::{Audit, Failure, Pillar, Remediation, Repair, Severity, Subject, Verdict};
use crate::model::s3::Bucket;

declare_check! {
    /// ## What it does
    /// Finds buckets that are closed to the public only because Block Public Access is on: their policy, their access control
    /// list or the policy of an access point grants to everybody all the same.
    ///
    /// ## Why it matters
    /// One switch stands between the bucket and the internet, and whoever turns it off for another reason opens the bucket.
    /// While it is on, it also cuts other accounts off that the policy names.
    ///
    /// ## What it reads
    /// - `s3:GetBucketPolicy`, `s3:GetBucketPolicyStatus`: the policy, and what S3 itself says of it
    /// - `s3:GetBucketAcl`: grants to groups of everybody
    /// - `s3:GetPublicAccessBlock`, `s3control:GetPublicAccessBlock`: the switches of bucket and account
    /// - `s3:ListAccessPoints`, `s3:GetAccessPoint`, `s3:GetAccessPointPolicy`, `s3:GetAccessPointPolicyStatus`: access points
    ///
    /// ## When it stays silent
    /// Not applicable to a bucket that is public, which `s3-bucket-public` reports. A policy, list or switch that was not read
    /// gives Unknown where it matters.
    ///
    /// ## References
    /// - [S3 guide: Blocking public access to your Amazon S3 storage](https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html)
    pub(super) static CHECK = {
        id: "s3-bucket-policy-public-but-blocked",
        title: "Bucket would be public without Block Public Access",
        severity: Severity::Low,
        pillar: Pillar::Privilege,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Take the public grant out of the policy or access control list, and leave Block Public Access on.",
            command: "",
            url: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
        },
        repair: Repair::Decision("whom the statement is meant for has to be known before it is narrowed or deleted"),
        evaluate: judge_buckets,
    }
}

fn judge_buckets(audit: &Audit<'_>) -> Vec<Subject> {
    each_bucket(audit, |bucket| judge(audit, bucket))
}

fn judge(audit: &Audit<'_>, bucket: &Bucket) -> Judged {
    let mut ways = ways(audit, bucket);
    match (is_open(&ways), Told::any(ways.iter().map(Way::held_back))) {
        (Told::Yes, _) => (Verdict::NotApplicable, None),
        (_, Told::No) => (Verdict::Pass, None),
        (Told::Unsure(doubt), _) | (Told::No, Told::Unsure(doubt)) => (Verdict::Unknown(doubt), None),
        (Told::No, Told::Yes) => {
            ways.retain(|way| way.held_back() == Told::Yes);
            (Verdict::Fail(Box::new(failure(bucket, ways))), None)
        }
    }
}

fn failure(bucket: &Bucket, ways: Vec<Way>) -> Failure {
    let how: Vec<&str> = ways.iter().map(|way| way.how.as_str()).collect();
    Failure {
        title: format!("Bucket {} is closed to the public only by Block Public Access: {}", bucket.name, how.join(", and ")),
        detail:
            "Without the public access block of the bucket or the account everybody would have the access that is granted here. \
                 Take the grant back, and leave the block on."
                .to_owned(),
        related: ways.iter().filter_map(|way| way.through.clone()).collect(),
        evidence: ways.into_iter().flat_map(|way| way.evidence).collect(),
        severity: None,
    }
}
