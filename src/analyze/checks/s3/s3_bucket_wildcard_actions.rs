//! `s3-bucket-wildcard-actions`.

use super::access_points::owners;
use super::buckets::{Judged, each_bucket, each_policy, grants, named, policy_says};
use crate::analyze::check::declare_check;
use crate::analyze::checks::words::few;
use crate::analyze::{Audit, Decided, Evidence, Failure, Pillar, Remediation, Repair, Severity, Subject, Verdict};
use crate::model::s3::Bucket;
use crate::policy::{Comparison, PrincipalItem, Scope, Standing, Statement, means_every_action};

declare_check! {
    /// ## What it does
    /// Finds buckets whose policy has an Allow for every action of S3: `*`, `s3:*`, another spelling of these, or a `NotAction`
    /// that leaves out nothing of S3. Low where it grants to the account's own principals only.
    ///
    /// ## Why it matters
    /// Who needs to read may then also delete, replace the policy's conditions by tags, turn versioning or encryption off, and
    /// whatever action S3 brings next.
    ///
    /// ## What it reads
    /// - `s3:GetBucketPolicy`: the actions of each Allow
    ///
    /// ## When it stays silent
    /// Broad patterns such as `s3:Get*` and `s3:Put*` are not judged, nor is what a Deny beside the Allow takes back. A policy
    /// that was not read gives Unknown.
    ///
    /// ## References
    /// - [S3 guide: Security best practices for Amazon S3](https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html)
    /// - [IAM guide: Apply least-privilege permissions](https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html)
    pub(super) static CHECK = {
        id: "s3-bucket-wildcard-actions",
        title: "Bucket policy allows every action",
        severity: Severity::Medium,
        pillar: Pillar::Privilege,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "List the actions that are needed, such as s3:GetObject and s3:ListBucket.",
            command: "",
            url: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html",
        },
        repair: Repair::Decision("which actions are needed is not in the policy: access logs or CloudTrail data events tell"),
        evaluate: judge_buckets,
    }
}

fn judge_buckets(audit: &Audit<'_>) -> Vec<Subject> {
    each_bucket(audit, |bucket| each_policy(audit, bucket, Verdict::Pass, |decided| judge(bucket, decided)))
}

fn judge(bucket: &Bucket, decided: &Decided) -> Judged {
    let wide: Vec<&Statement> = grants(&decided.policy).filter(|statement| means_every_action(&statement.action, "s3")).collect();
    if wide.is_empty() {
        return (Verdict::Pass, None);
    }
    let own = wide.iter().all(|statement| is_to_own_principals(statement, &decided.scope));
    let names: Vec<String> = wide.iter().map(|statement| statement.name()).collect();
    let to = if own { ", though only to principals of the account itself" } else { "" };
    let failure = Failure {
        title: format!("Bucket {} allows every action of S3 by {}", bucket.name, few(&names)),
        detail: format!(
            "The grant takes in deletion, the bucket's settings and whatever S3 brings next{to}. List the actions that are needed."
        ),
        related: Vec::new(),
        evidence: wide.iter().map(|statement| evidence(bucket, statement)).collect(),
        severity: own.then_some(Severity::Low),
    };
    (Verdict::Fail(Box::new(failure)), None)
}

fn evidence(bucket: &Bucket, statement: &Statement) -> Evidence {
    let element = if statement.action.negated { "every action but " } else { "" };
    let to = if statement.principal.as_ref().is_some_and(|principal| principal.negated) { "everybody but " } else { "" };
    let fact =
        format!("{} allows {element}{} to {to}{}", statement.name(), few(&statement.action.patterns), few(&named(statement)));
    policy_says(bucket, fact)
}

/// Whether a grant is to principals or access points of the account only.
fn is_to_own_principals(statement: &Statement, scope: &Scope) -> bool {
    let Some(principal) = statement.principal.as_ref().filter(|principal| !principal.negated) else { return false };
    let own = |item: &PrincipalItem| match item {
        PrincipalItem::Aws(id) => *id == scope.account || id.split(':').nth(4) == Some(scope.account.as_str()),
        PrincipalItem::CanonicalUser(id) => scope.canonical_user.as_ref() == Some(id),
        PrincipalItem::Anyone | PrincipalItem::Service(_) | PrincipalItem::Federated(_) => false,
    };
    let account_is_demanded = statement.conditions.iter().any(|condition| {
        condition.key.eq_ignore_ascii_case("aws:PrincipalAccount")
            && condition.operator.comparison == Comparison::StringEquals
            && condition.operator.quantifier.is_none()
            && !condition.operator.if_exists
            && condition.values == [scope.account.clone()]
    });
    account_is_demanded || owners(statement, scope) == Some(Standing::Inside) || principal.items.iter().all(own)
}
