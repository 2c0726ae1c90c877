//! `s3-bucket-open-to-network`.

use super::access_points::owners;
use super::buckets::{Judged, answer_for, doubt_of, each_bucket, each_policy, policy_says, shown};
use super::exposure::{Told, is_open, is_restricted, ways};
use crate::analyze::check::declare_check;
use crate::analyze::{Audit, Decided, Failure, Pillar, Remediation, Repair, Severity, Subject, Verdict};
use crate::model::s3::Bucket;
use crate::policy::{Answer, Question, Verdict as Answered};

declare_check! {
    /// ## What it does
    /// Finds buckets that are not public in S3's sense, yet let anyone in, without a name, who comes from the addresses, the
    /// VPC or the endpoint that their policy names.
    ///
    /// ## Why it matters
    /// The place decides, not who asks: every program, guest and intruder in that network has the access, and so have
    /// principals of any other account there. Nobody can be held to account, since the requests need no signature.
    ///
    /// ## What it reads
    /// - `s3:GetBucketPolicy`: the policy, decided over all requests
    /// - what `s3-bucket-public` reads: whether the bucket is public
    ///
    /// ## When it stays silent
    /// Not applicable to buckets that are public, or that only Block Public Access keeps from being so. Grants to whoever comes
    /// through an access point are left to the access point's policy.
    ///
    /// ## References
    /// - [S3 guide: Controlling access from VPC endpoints with bucket policies](https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies-vpc-endpoint.html)
    /// - [IAM guide: Data perimeters](https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html)
    pub(super) static CHECK = {
        id: "s3-bucket-open-to-network",
        title: "Bucket is open to anyone in a network",
        severity: Severity::Low,
        pillar: Pillar::Privilege,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Name the principals, or add a condition on aws:PrincipalOrgID or aws:PrincipalAccount beside the one on the network.",
            command: "",
            url: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies-vpc-endpoint.html",
        },
        repair: Repair::Decision("which identities come from these networks is not in the policy"),
        evaluate: judge_buckets,
    }
}

fn judge_buckets(audit: &Audit<'_>) -> Vec<Subject> {
    each_bucket(audit, |bucket| each_policy(audit, bucket, Verdict::Pass, |decided| judge(audit, bucket, decided)))
}

fn judge(audit: &Audit<'_>, bucket: &Bucket, decided: &Decided) -> Judged {
    let by_itself = |statement: &_| owners(statement, &decided.scope).is_none();
    let Some(answer) = answer_for(decided, Question::Anonymous, by_itself) else { return (Verdict::NotApplicable, None) };
    if answer.verdict == Answered::No {
        return (Verdict::Pass, None);
    }
    match Told::any([is_open(&ways(audit, bucket)), is_restricted(audit, bucket)]) {
        Told::Yes => return (Verdict::NotApplicable, None),
        Told::Unsure(doubt) => return (Verdict::Unknown(doubt), None),
        Told::No => {}
    }
    if answer.verdict == Answered::Unknown {
        return (Verdict::Unknown(doubt_of(audit, bucket, decided, &answer)), None);
    }
    (Verdict::Fail(Box::new(failure(bucket, &answer))), shown(decided, &answer))
}

fn failure(bucket: &Bucket, answer: &Answer) -> Failure {
    Failure {
        title: format!("Bucket {} is open to anyone who comes from the networks that its policy names", bucket.name),
        detail: "Requests from there need no signature, and principals of any account pass. Name the principals, or demand \
                 aws:PrincipalOrgID or aws:PrincipalAccount beside the network."
            .to_owned(),
        related: Vec::new(),
        evidence: vec![policy_says(bucket, answer.why.clone())],
        severity: None,
    }
}
