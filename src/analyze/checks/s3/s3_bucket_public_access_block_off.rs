//! `s3-bucket-public-access-block-off`.

use super::buckets::each_bucket;
use super::switches::{SWITCHES, Switch, consequences, describe, names};
use crate::analyze::check::declare_check;
use crate::analyze::{
    Audit, Control, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Severity, Subject, Verdict, repairs,
};
use crate::model::Observed;
use crate::model::s3::{Bucket, PublicAccessBlock};

declare_check! {
    /// ## What it does
    /// Finds buckets on which one of the four switches of S3 Block Public Access is off in effect: neither the bucket nor the
    /// account has it on. A bucket or account in which they were never set has all of them off.
    ///
    /// ## Why it matters
    /// Without the switches, a policy or an ACL that makes the bucket public is taken and counts. AWS turns them on for new
    /// buckets since April 2023, so an open one is old or was opened by somebody.
    ///
    /// ## What it reads
    /// - `s3:GetPublicAccessBlock`: the bucket's four switches
    /// - `s3control:GetPublicAccessBlock`: the account's, which hold for every bucket
    /// - `s3:ListBuckets`: the buckets
    ///
    /// ## When it stays silent
    /// Whether the bucket is public today is another question. Access points have switches of their own, which are not looked
    /// at here, and directory buckets are always closed. A setting that was not read gives Unknown where it matters: a switch
    /// that the other setting has on is on.
    ///
    /// ## References
    /// - [S3 guide: Blocking public access to your Amazon S3 storage](https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html)
    /// - [S3 guide: Configuring block public access settings for your S3 buckets](https://docs.aws.amazon.com/AmazonS3/latest/userguide/configuring-block-public-access-bucket.html)
    pub(super) static CHECK = {
        id: "s3-bucket-public-access-block-off",
        title: "Bucket does not block public access",
        severity: Severity::Medium,
        pillar: Pillar::Privilege,
        controls: &[Control::fsbp("S3.8"), Control::cis("1.4.0", "2.1.5"), Control::cis("3.0.0", "2.1.4"), Control::cis("5.0.0", "2.1.4"), Control::nist("AC-3"), Control::nist("AC-3(7)"), Control::nist("AC-4"), Control::nist("AC-4(21)"), Control::nist("AC-6"), Control::nist("AC-21"), Control::nist("SC-7"), Control::nist("SC-7(3)"), Control::nist("SC-7(4)"), Control::nist("SC-7(9)"), Control::nist("SC-7(11)"), Control::nist("SC-7(16)"), Control::nist("SC-7(20)"), Control::nist("SC-7(21)")],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Turn all four switches on for the bucket, or for the whole account.",
            command: "aws s3api put-public-access-block --bucket <bucket> --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
            url: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/configuring-block-public-access-bucket.html",
        },
        repair: Repair::Change(repairs::block_bucket),
        evaluate: judge_buckets,
    }
}

type Setting = Observed<Option<PublicAccessBlock>>;

fn judge_buckets(audit: &Audit<'_>) -> Vec<Subject> {
    each_bucket(audit, |bucket| (judge(bucket, &audit.inventory.account_public_access_block), None))
}

fn judge(bucket: &Bucket, account: &Setting) -> Verdict {
    let settings = [(&bucket.public_access_block, "the bucket's"), (account, "the account's")];
    let on =
        |switch: &Switch| settings.iter().any(|(setting, _)| setting.known().is_some_and(|block| switch.is_on(block.as_ref())));
    let not_on: Vec<Switch> = SWITCHES.into_iter().filter(|switch| !on(switch)).collect();
    if not_on.is_empty() {
        return Verdict::Pass;
    }
    let doubt = |(setting, whose): (&Setting, &str)| {
        Some(Doubt::of_gap(format!("{whose} public access block was not read"), setting.gap()?))
    };
    let doubts = settings.into_iter().filter_map(doubt);
    Doubt::join(doubts).map_or_else(|| Verdict::Fail(Box::new(open(bucket, account, &not_on))), Verdict::Unknown)
}

fn open(bucket: &Bucket, account: &Setting, off: &[Switch]) -> Failure {
    let name = &bucket.name;
    let told = |setting: &Setting| describe(setting.known().and_then(Option::as_ref));
    Failure {
        title: format!("Bucket {name} does not block public access: {} off", names(off)),
        detail: format!("Neither the bucket nor the account has {} on: {}. Turn all four on.", names(off), consequences(off)),
        related: Vec::new(),
        evidence: vec![
            Evidence::new(
                format!("public access block of the bucket: {}", told(&bucket.public_access_block)),
                "s3:GetPublicAccessBlock",
                name,
            ),
            Evidence::new(
                format!("public access block of the account: {}", told(account)),
                "s3control:GetPublicAccessBlock",
                "*",
            ),
        ],
        severity: None,
    }
}
