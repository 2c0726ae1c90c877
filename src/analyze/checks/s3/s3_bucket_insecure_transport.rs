//! `s3-bucket-insecure-transport`.

use super::buckets::{Judged, doubt_of, each_bucket, each_policy, policy_says, shown};
use crate::analyze::check::declare_check;
use crate::analyze::{Audit, Control, Decided, Failure, Pillar, Remediation, Repair, Severity, Subject, Verdict, repairs};
use crate::model::s3::Bucket;
use crate::policy::{Question, Verdict as Answered};

declare_check! {
    /// ## What it does
    /// Finds buckets that answer a request over plain HTTP: no statement denies all of them, the requests of the account's own
    /// principals included. A bucket without a policy denies none; a Deny that covers only the bucket or only its objects
    /// denies some.
    ///
    /// ## Why it matters
    /// Whoever sits between client and S3 reads the objects along, and can change them.
    ///
    /// ## What it reads
    /// - `s3:GetBucketPolicy`: the policy, decided over all requests
    ///
    /// ## When it stays silent
    /// Requests of AWS services by their own principals are left out. A Deny of the organization (a resource control policy)
    /// is not read: where one enforces TLS, turn this check off. A policy that was not read gives Unknown.
    ///
    /// ## References
    /// - [S3 guide: Security best practices for Amazon S3](https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html)
    pub(super) static CHECK = {
        id: "s3-bucket-insecure-transport",
        title: "Bucket answers plain HTTP",
        severity: Severity::Medium,
        pillar: Pillar::Privilege,
        controls: &[Control::fsbp("S3.5"), Control::nist("AC-4"), Control::nist("AC-17(2)"), Control::nist("IA-5(1)"), Control::nist("SC-7(4)"), Control::nist("SC-8"), Control::nist("SC-8(1)"), Control::nist("SC-8(2)"), Control::nist("SC-12(3)"), Control::nist("SC-13"), Control::nist("SC-23"), Control::nist("SC-23(3)"), Control::nist("SI-7(6)")],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Deny s3:* to everybody on the bucket and its objects where aws:SecureTransport is false.",
            command: "",
            url: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html",
        },
        repair: Repair::Change(repairs::deny_plain_http),
        evaluate: judge_buckets,
    }
}

fn judge_buckets(audit: &Audit<'_>) -> Vec<Subject> {
    each_bucket(audit, |bucket| {
        let absent = Verdict::Fail(Box::new(failure(bucket, "the bucket has no policy, so nothing denies plain HTTP")));
        each_policy(audit, bucket, absent, |decided| judge(audit, bucket, decided))
    })
}

fn judge(audit: &Audit<'_>, bucket: &Bucket, decided: &Decided) -> Judged {
    if decided.verdict(Question::PlainHttp) == Some(Answered::No) {
        return (Verdict::Pass, None);
    }
    match decided.answer(Question::PlainHttp) {
        None => (Verdict::NotApplicable, None),
        Some(answer) => match answer.verdict {
            Answered::No => (Verdict::Pass, None),
            Answered::Unknown => (Verdict::Unknown(doubt_of(audit, bucket, decided, &answer)), None),
            Answered::Yes => (Verdict::Fail(Box::new(failure(bucket, &answer.why))), shown(decided, &answer)),
        },
    }
}

fn failure(bucket: &Bucket, why: &str) -> Failure {
    let name = &bucket.name;
    Failure {
        title: format!("Bucket {name} answers requests over plain HTTP"),
        detail: format!(
            "What is sent without TLS can be read and changed on its way. Deny s3:* to everybody on arn:aws:s3:::{name} and \
             arn:aws:s3:::{name}/* where aws:SecureTransport is false."
        ),
        related: Vec::new(),
        evidence: vec![policy_says(bucket, why)],
        severity: None,
    }
}
