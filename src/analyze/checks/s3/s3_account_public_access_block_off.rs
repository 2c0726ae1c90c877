//! `s3-account-public-access-block-off`.

use super::switches::{SWITCHES, Switch, consequences, describe, names};
use crate::analyze::check::declare_check;
use crate::analyze::{
    Audit, Control, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict, repairs,
};
use crate::model::GLOBAL;
use crate::model::s3::PublicAccessBlock;

declare_check! {
    /// ## What it does
    /// Looks at the account's own S3 Block Public Access: the four switches that hold for every bucket, made or yet to be made,
    /// in every region. It fails where one of them is off; an account in which they were never set has all of them off.
    ///
    /// ## Why it matters
    /// Buckets have switches of their own, and whoever may change a bucket may turn those off. The account's hold over all of
    /// them: one setting stands between a slip of the hand and data on the internet.
    ///
    /// ## What it reads
    /// - `s3control:GetPublicAccessBlock`: the account's four switches, as in effect
    ///
    /// ## When it stays silent
    /// Never on purpose: an account without a bucket is judged too. An S3 policy of the organization that blocks public access
    /// shows as the account's own setting ("account-level settings automatically inherit from the organization policy"). A
    /// setting that was not read gives Unknown. An account that has to serve a public website from a bucket keeps this finding
    /// until it serves it through `CloudFront`, or waives it.
    ///
    /// ## References
    /// - [S3 guide: Blocking public access to your Amazon S3 storage](https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html)
    /// - [S3 guide: Configuring block public access settings for your account](https://docs.aws.amazon.com/AmazonS3/latest/userguide/configuring-block-public-access-account.html)
    pub(super) static CHECK = {
        id: "s3-account-public-access-block-off",
        title: "Account does not block public access to its buckets",
        severity: Severity::Medium,
        pillar: Pillar::Privilege,
        controls: &[Control::fsbp("S3.1"), Control::nist("AC-3"), Control::nist("AC-3(7)"), Control::nist("AC-4"), Control::nist("AC-4(21)"), Control::nist("AC-6"), Control::nist("AC-21"), Control::nist("SC-7"), Control::nist("SC-7(3)"), Control::nist("SC-7(4)"), Control::nist("SC-7(9)"), Control::nist("SC-7(11)"), Control::nist("SC-7(16)"), Control::nist("SC-7(20)"), Control::nist("SC-7(21)")],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Turn all four switches on for the account, after the buckets that serve the public on purpose have another way to do so.",
            command: "aws s3control put-public-access-block --account-id <account-id> --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
            url: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/configuring-block-public-access-account.html",
        },
        repair: Repair::Change(repairs::block_account),
        evaluate: judge_account,
    }
}

fn judge_account(audit: &Audit<'_>) -> Vec<Subject> {
    let verdict = match audit.inventory.account_public_access_block.as_result() {
        Err(gap) => Verdict::Unknown(Doubt::of_gap("the account's public access block was not read", gap)),
        Ok(block) => judge(&audit.inventory.account.id, block.as_ref()),
    };
    vec![Subject::new(GLOBAL, Resource::account(audit.inventory), verdict)]
}

fn judge(account: &str, block: Option<&PublicAccessBlock>) -> Verdict {
    let off: Vec<Switch> = SWITCHES.into_iter().filter(|switch| !switch.is_on(block)).collect();
    if off.is_empty() {
        return Verdict::Pass;
    }
    let count = if off.len() == SWITCHES.len() { "no".to_owned() } else { format!("{} of 4", SWITCHES.len() - off.len()) };
    Verdict::Fail(Box::new(Failure {
        title: format!("Account {account} has {count} switches of Block Public Access on"),
        detail: format!(
            "Off are {}: where a bucket does not block it itself, {}. Turn all four on for the account.",
            names(&off),
            consequences(&off)
        ),
        related: Vec::new(),
        evidence: vec![Evidence::new(
            format!("public access block of the account: {}", describe(block)),
            "s3control:GetPublicAccessBlock",
            account,
        )],
        severity: None,
    }))
}
