//! `s3-bucket-cross-account`.

use super::access_points::owners;
use super::buckets::{Judged, answer_for, doubt_of, each_bucket, each_policy, grants, policy_says, shown};
use super::exposure::{Told, is_open, is_restricted, ways};
use crate::analyze::check::declare_check;
use crate::analyze::{Audit, Decided, Failure, Pillar, Remediation, Repair, Severity, Subject, Verdict};
use crate::model::s3::Bucket;
use crate::policy::{Answer, Question, Standing, Statement, Verdict as Answered};

declare_check! {
    /// ## What it does
    /// Finds buckets whose policy lets somebody in who is neither of the account nor of its organization nor trusted by
    /// `natless.toml`, because a grant names them: as principal, or by a condition on account, organization or ARN.
    ///
    /// ## Why it matters
    /// Whoever runs that account decides who of it comes in, and keeps the access until the policy is changed. Partners leave,
    /// and accounts are handed on or taken over.
    ///
    /// ## What it reads
    /// - `s3:GetBucketPolicy`: the policy, decided over all requests
    /// - `organizations:DescribeOrganization`, `organizations:ListAccounts`: who is inside
    /// - what `s3-bucket-public` reads: whether the bucket is public
    ///
    /// ## When it stays silent
    /// Not applicable to buckets that are public, or that only Block Public Access keeps from being so: other checks report
    /// those, and the block cuts other accounts off. Nor where strangers come in only from networks that the policy names
    /// (`s3-bucket-open-to-network`), or only through access points of inside accounts, whose own policies decide. Grants of the
    /// access control list to other accounts are not judged. Where organization or accounts were not read, and it matters:
    /// Unknown.
    ///
    /// ## References
    /// - [S3 guide: Bucket owner granting cross-account bucket permissions](https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-walkthroughs-managing-access-example2.html)
    /// - [IAM guide: Cross-account resource access in IAM](https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-cross-account-resource-access.html)
    pub(super) static CHECK = {
        id: "s3-bucket-cross-account",
        title: "Bucket lets an account outside in",
        severity: Severity::High,
        pillar: Pillar::Privilege,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Take the grant out of the policy, or list the account or organization as trusted in natless.toml.",
            command: "",
            url: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html",
        },
        repair: Repair::Decision("whether the other account may get in has to be known: trust it in natless.toml, or take it out of the policy"),
        evaluate: judge_buckets,
    }
}

fn judge_buckets(audit: &Audit<'_>) -> Vec<Subject> {
    each_bucket(audit, |bucket| each_policy(audit, bucket, Verdict::Pass, |decided| judge(audit, bucket, decided)))
}

fn judge(audit: &Audit<'_>, bucket: &Bucket, decided: &Decided) -> Judged {
    if decided.verdict(Question::ExternalPrincipals) == Some(Answered::No) {
        return (Verdict::Pass, None);
    }
    let Some(answer) = decided.answer(Question::ExternalPrincipals) else { return (Verdict::NotApplicable, None) };
    match Told::any([is_open(&ways(audit, bucket)), is_restricted(audit, bucket)]) {
        Told::Yes => return (Verdict::NotApplicable, None),
        Told::Unsure(doubt) => return (Verdict::Unknown(doubt), None),
        Told::No => {}
    }
    let by_name = ByName::new(decided);
    let Some(named) = answer_for(decided, Question::ExternalPrincipals, |statement| by_name.sure.contains(&statement.index))
    else {
        return (Verdict::NotApplicable, None);
    };
    match named.verdict {
        Answered::Yes => (Verdict::Fail(Box::new(failure(bucket, &named))), shown(decided, &named)),
        Answered::Unknown => (Verdict::Unknown(doubt_of(audit, bucket, decided, &named)), None),
        Answered::No if by_name.unsure => (Verdict::Unknown(doubt_of(audit, bucket, decided, &answer)), None),
        Answered::No => (Verdict::NotApplicable, None),
    }
}

/// Which grants let in by name, rather than whoever comes from a network or through an access point of the account.
struct ByName {
    sure: Vec<usize>,
    /// Whether there are others of which this cannot be told.
    unsure: bool,
}

impl ByName {
    fn new(decided: &Decided) -> Self {
        let mut by_name = Self { sure: Vec::new(), unsure: false };
        for statement in grants(&decided.policy) {
            match owners(statement, &decided.scope).or_else(|| anonymous(decided, statement)) {
                None | Some(Standing::Outside) => by_name.sure.push(statement.index),
                Some(Standing::Unsure) => by_name.unsure = true,
                Some(Standing::Inside) => {}
            }
        }
        by_name
    }
}

/// A grant that needs no name is none of a name.
fn anonymous(decided: &Decided, statement: &Statement) -> Option<Standing> {
    match answer_for(decided, Question::Anonymous, |other| other.index == statement.index)?.verdict {
        Answered::Yes => Some(Standing::Inside),
        Answered::Unknown => Some(Standing::Unsure),
        Answered::No => None,
    }
}

fn failure(bucket: &Bucket, answer: &Answer) -> Failure {
    let statements = answer.witness.as_ref().map(|witness| witness.statements.join(" and ")).filter(|names| !names.is_empty());
    Failure {
        title: format!(
            "Bucket {} lets somebody outside the organization in by {}",
            bucket.name,
            statements.as_deref().unwrap_or("its policy")
        ),
        detail: "The policy names an account, an organization or a principal that is neither of this account nor of its \
                 organization nor trusted. Take the grant back, or list who is meant under `trust` in natless.toml."
            .to_owned(),
        related: Vec::new(),
        evidence: vec![policy_says(bucket, answer.why.clone())],
        severity: None,
    }
}
