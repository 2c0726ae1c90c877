//! `s3-bucket-perimeter-not-enforced`.

use std::collections::BTreeSet;

use super::buckets::policy_says;
use super::perimeter::{Guarded, judge_policies};
use crate::analyze::check::declare_check;
use crate::analyze::checks::network_conditions::{Key, Network, networks};
use crate::analyze::checks::words::{few, organization_gap};
use crate::analyze::{Audit, Doubt, Failure, Pillar, Remediation, Repair, Severity, Shown, Subject, Verdict};
use crate::policy::{self, Answer, Effect, PrincipalItem, Question, Statement};

declare_check! {
    /// ## What it does
    /// Finds buckets whose policy names endpoints or VPCs (`aws:SourceVpce`, `aws:SourceVpc`, `aws:SourceVpcArn`,
    /// `aws:VpceAccount`, `aws:VpceOrgID`, `aws:VpceOrgPaths`) while requests still come in from elsewhere: because only Allow
    /// statements name them, or because the Deny covers only some actions or objects (medium).
    ///
    /// ## Why it matters
    /// An Allow with a condition grants and never refuses. Principals of the bucket's own account get in by their own identity
    /// policies from anywhere, so a stolen access key works from the thief's desk. Only a Deny for all other networks stops that.
    ///
    /// ## What it reads
    /// - `s3:GetBucketPolicy`: the policy, decided over all requests
    ///
    /// ## When it stays silent
    /// A policy that names no endpoint and no VPC is not judged, nor one that names them only in a Deny for exactly these (a block
    /// list). Where a Deny for other networks spares somebody (`NotPrincipal`, particular principals, or a condition on anything
    /// but the network), that is taken for meant, and the bucket is not judged. Calls that AWS services make for a principal
    /// carry no network of their own and are left out. What cannot be decided gives Unknown.
    ///
    /// ## References
    /// - [S3 guide: Controlling access from VPC endpoints with bucket policies](https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies-vpc-endpoint.html)
    /// - [IAM guide: Policy evaluation for requests within a single account](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html)
    pub(super) static CHECK = {
        id: "s3-bucket-perimeter-not-enforced",
        title: "Bucket policy names networks but does not hold requests to them",
        severity: Severity::High,
        pillar: Pillar::Privilege,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Add a statement that denies s3:* on the bucket and its objects where aws:SourceVpce or aws:SourceVpc is none of the named ones, with an exception for break-glass roles.",
            command: "aws s3api put-bucket-policy --bucket <bucket> --policy file://<policy.json>",
            url: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies-vpc-endpoint.html",
        },
        repair: Repair::Decision("a Deny for everybody else shuts out pipelines and people who come from elsewhere: list them first"),
        evaluate: judge_buckets,
    }
}

fn judge_buckets(audit: &Audit<'_>) -> Vec<Subject> {
    judge_policies(audit, |guarded| {
        let verdict = judge(audit, guarded);
        let fails = matches!(verdict, Verdict::Fail(_));
        (verdict, fails.then(|| Shown::of(guarded.decided, Question::NetworkBound)).flatten())
    })
    .into_iter()
    .map(|subject| match subject.verdict {
        Verdict::Fail(_) => subject,
        Verdict::Pass | Verdict::Unknown(_) | Verdict::NotApplicable => subject.shown_by(None),
    })
    .collect()
}

fn judge(audit: &Audit<'_>, guarded: Guarded<'_>) -> Verdict {
    let named = networks(guarded.decided);
    let places = |effect: Effect| {
        let of_vpc = named.iter().filter(|one| one.key != Key::Address && one.is_admitted());
        of_vpc.filter(|one| one.statement.effect == effect).collect::<Vec<_>>()
    };
    let (allowed, denied) = (places(Effect::Allow), places(Effect::Deny));
    if allowed.is_empty() && denied.is_empty() {
        return Verdict::NotApplicable;
    }
    if guarded.decided.verdict(Question::NetworkBound) == Some(policy::Verdict::Yes) {
        return Verdict::Pass;
    }
    let Some(answer) = guarded.decided.answer(Question::NetworkBound) else { return Verdict::NotApplicable };
    match answer.verdict {
        policy::Verdict::Yes => Verdict::Pass,
        policy::Verdict::Unknown => {
            let why = format!("whether requests to {} come only from the named networks: {}", guarded.bucket.name, answer.why);
            Verdict::Unknown(Doubt { why, gaps: organization_gap(audit.inventory).into_iter().cloned().collect() })
        }
        policy::Verdict::No if denied.is_empty() => Verdict::Fail(Box::new(failure(guarded, &answer, &allowed, false))),
        policy::Verdict::No if denied.iter().any(|one| spares_somebody(one.statement)) => Verdict::NotApplicable,
        policy::Verdict::No => Verdict::Fail(Box::new(failure(guarded, &answer, &denied, true))),
    }
}

/// Whether a Deny is for particular principals only, or asks for more than the network.
fn spares_somebody(statement: &Statement) -> bool {
    let everybody =
        statement.principal.as_ref().is_some_and(|element| !element.negated && element.items.contains(&PrincipalItem::Anyone));
    let of_network = |key: &str| {
        let key = key.to_ascii_lowercase();
        key.starts_with("aws:sourcevpc") || key.starts_with("aws:vpc") || key == "aws:sourceip"
    };
    !everybody || statement.conditions.iter().any(|condition| !of_network(&condition.key))
}

/// `in_part`: a Deny is there, and covers only some requests.
fn failure(guarded: Guarded<'_>, answer: &Answer, named: &[&Network<'_>], in_part: bool) -> Failure {
    let bucket = guarded.bucket;
    let ids: Vec<&str> = named.iter().map(|one| one.value).collect::<BTreeSet<_>>().into_iter().collect();
    let example = answer
        .witness
        .as_ref()
        .map_or_else(String::new, |witness| format!(" For example, {}, and passes.", policy::in_words(&witness.request)));
    let mut evidence: Vec<_> = named.iter().map(|one| policy_says(bucket, one.told())).collect();
    evidence.push(policy_says(bucket, answer.why.clone()));
    let (title, why) = if in_part {
        (
            format!("Bucket {} denies other networks than {} for part of its actions or objects only", bucket.name, few(&ids)),
            "The Deny for other networks covers only some actions or resources. Let it name s3:* (or every action that matters), the bucket and its objects, or waive the finding if what is left out is left out on purpose.",
        )
    } else {
        (
            format!("Bucket {} names {} only in Allow: the account's principals come in from anywhere", bucket.name, few(&ids)),
            "A condition in an Allow refuses nobody: principals of the account get in by their identity policies from any network. Add a statement that denies s3:* on the bucket and its objects from all other networks, with an exception for break-glass roles.",
        )
    };
    Failure {
        title,
        detail: format!("{why}{example}"),
        related: ids.into_iter().map(str::to_owned).collect(),
        evidence,
        severity: in_part.then_some(Severity::Medium),
    }
}
