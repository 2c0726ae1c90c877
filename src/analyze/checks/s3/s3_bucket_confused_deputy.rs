//! `s3-bucket-confused-deputy`.

use super::buckets::{Judged, answer_for, doubt_of, each_bucket, each_policy, policy_says, shown};
use crate::analyze::check::declare_check;
use crate::analyze::{Audit, Decided, Failure, Pillar, Remediation, Repair, Severity, Subject, Verdict};
use crate::model::s3::Bucket;
use crate::policy::{Answer, PrincipalItem, Question, Statement, Verdict as Answered};

declare_check! {
    /// ## What it does
    /// Finds buckets whose policy lets an AWS service in that acts for an account outside: a grant names the service, and no
    /// condition on `aws:SourceAccount`, `aws:SourceArn`, `aws:SourceOrgID` or `aws:SourceOrgPaths` ties it to the own accounts.
    ///
    /// ## Why it matters
    /// Anybody can tell the service, from an account of their own, to use this bucket: to write logs into it, or to read what it
    /// may read. The service has the right, and does not ask for whom.
    ///
    /// ## What it reads
    /// - `s3:GetBucketPolicy`: the policy, decided over all requests
    /// - `organizations:DescribeOrganization`, `organizations:ListAccounts`: who is inside
    ///
    /// ## When it stays silent
    /// Services that come in because a grant names everybody are left to `s3-bucket-public`. What a service does for an account
    /// of the organization or a trusted one is in order. A policy that was not read gives Unknown.
    ///
    /// ## References
    /// - [IAM guide: The confused deputy problem](https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html)
    pub(super) static CHECK = {
        id: "s3-bucket-confused-deputy",
        title: "Bucket lets an AWS service act for anybody",
        severity: Severity::Medium,
        pillar: Pillar::Privilege,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Add a condition on aws:SourceAccount, aws:SourceArn or aws:SourceOrgID to the grant.",
            command: "",
            url: "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
        },
        repair: Repair::Decision("for which account or resource the service acts is not in the policy"),
        evaluate: judge_buckets,
    }
}

fn judge_buckets(audit: &Audit<'_>) -> Vec<Subject> {
    each_bucket(audit, |bucket| each_policy(audit, bucket, Verdict::Pass, |decided| judge(audit, bucket, decided)))
}

fn judge(audit: &Audit<'_>, bucket: &Bucket, decided: &Decided) -> Judged {
    match answer_for(decided, Question::ConfusedDeputy, names_a_service) {
        None => (Verdict::NotApplicable, None),
        Some(answer) => match answer.verdict {
            Answered::No => (Verdict::Pass, None),
            Answered::Unknown => (Verdict::Unknown(doubt_of(audit, bucket, decided, &answer)), None),
            Answered::Yes => (Verdict::Fail(Box::new(failure(bucket, &answer))), shown(decided, &answer)),
        },
    }
}

fn names_a_service(statement: &Statement) -> bool {
    let service = |item: &PrincipalItem| matches!(item, PrincipalItem::Service(_));
    statement.principal.as_ref().is_some_and(|principal| !principal.negated && principal.items.iter().any(service))
}

fn failure(bucket: &Bucket, answer: &Answer) -> Failure {
    let statements = answer.witness.as_ref().map(|witness| witness.statements.join(" and ")).filter(|names| !names.is_empty());
    Failure {
        title: format!(
            "Bucket {} lets an AWS service act for any account by {}",
            bucket.name,
            statements.as_deref().unwrap_or("its policy")
        ),
        detail: "Somebody outside can have the service use this bucket for them. Add a condition on aws:SourceAccount, \
                 aws:SourceArn or aws:SourceOrgID to the grant."
            .to_owned(),
        related: Vec::new(),
        evidence: vec![policy_says(bucket, answer.why.clone())],
        severity: None,
    }
}
