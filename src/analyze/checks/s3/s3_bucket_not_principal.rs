//! `s3-bucket-not-principal`.

use super::buckets::{Judged, each_bucket, each_policy, named, policy_says};
use crate::analyze::check::declare_check;
use crate::analyze::checks::words::few;
use crate::analyze::{Audit, Decided, Evidence, Failure, Pillar, Remediation, Repair, Severity, Subject, Verdict};
use crate::model::s3::Bucket;
use crate::policy::{Effect, Statement};

declare_check! {
    /// ## What it does
    /// Finds buckets whose policy has a `NotPrincipal`. High with Allow, which grants to everybody who is not named; with Deny it
    /// locks everybody out who is not named.
    ///
    /// ## Why it matters
    /// With Allow, anonymous requests come in as well. With Deny, an exempted role is locked out all the same unless its
    /// account, and every session of it, is named too, and nothing warns of it.
    ///
    /// ## What it reads
    /// - `s3:GetBucketPolicy`: the statements
    ///
    /// ## When it stays silent
    /// Never where a policy has the element, whatever its conditions. A policy that was not read gives Unknown.
    ///
    /// ## References
    /// - [IAM guide: AWS JSON policy elements: NotPrincipal](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html)
    pub(super) static CHECK = {
        id: "s3-bucket-not-principal",
        title: "Bucket policy uses NotPrincipal",
        severity: Severity::Medium,
        pillar: Pillar::Privilege,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Write Principal \"*\" with a condition on aws:PrincipalArn instead, as AWS advises.",
            command: "",
            url: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html",
        },
        repair: Repair::Decision("whom the statement is meant for has to be written as a condition on aws:PrincipalArn"),
        evaluate: judge_buckets,
    }
}

fn judge_buckets(audit: &Audit<'_>) -> Vec<Subject> {
    each_bucket(audit, |bucket| each_policy(audit, bucket, Verdict::Pass, |decided| judge(bucket, decided)))
}

fn judge(bucket: &Bucket, decided: &Decided) -> Judged {
    let negated = |statement: &&Statement| statement.principal.as_ref().is_some_and(|principal| principal.negated);
    let found: Vec<&Statement> = decided.policy.statements.iter().filter(negated).collect();
    if found.is_empty() {
        return (Verdict::Pass, None);
    }
    let names: Vec<String> = found.iter().map(|statement| statement.name()).collect();
    let grants = found.iter().any(|statement| statement.effect == Effect::Allow);
    let failure = Failure {
        title: format!("Bucket {} uses NotPrincipal in {}", bucket.name, few(&names)),
        detail: detail(&found),
        related: Vec::new(),
        evidence: found.iter().map(|statement| evidence(bucket, statement)).collect(),
        severity: grants.then_some(Severity::High),
    };
    (Verdict::Fail(Box::new(failure)), None)
}

fn detail(found: &[&Statement]) -> String {
    let of = |effect: Effect| {
        let statements: Vec<&&Statement> = found.iter().filter(|statement| statement.effect == effect).collect();
        (!statements.is_empty()).then(|| few(&statements.iter().flat_map(|statement| named(statement)).collect::<Vec<_>>()))
    };
    let lets_in = of(Effect::Allow).map(|who| format!("An Allow lets in everybody but {who}, anonymous requests included."));
    let locks_out = of(Effect::Deny).map(|who| {
        format!("A Deny locks out everybody but {who}, and of these each whose account or session is not named beside it.")
    });
    let advice = "Write Principal \"*\" with a condition on aws:PrincipalArn instead: ArnLike to let in, ArnNotLike to lock out.";
    lets_in.into_iter().chain(locks_out).chain([advice.to_owned()]).collect::<Vec<_>>().join(" ")
}

fn evidence(bucket: &Bucket, statement: &Statement) -> Evidence {
    let does = match statement.effect {
        Effect::Allow => "allows",
        Effect::Deny => "denies",
    };
    policy_says(bucket, format!("{} {does} everybody but {}", statement.name(), few(&named(statement))))
}
