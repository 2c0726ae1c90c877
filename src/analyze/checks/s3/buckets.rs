//! What checks of bucket policies share: one subject per bucket, and answers about a part of a policy.

use std::borrow::Cow;

use crate::analyze::checks::words::organization_gap;
use crate::analyze::{Audit, Decided, Doubt, Evidence, Reading, Resource, Shown, Subject, Verdict};
use crate::model::GLOBAL;
use crate::model::s3::Bucket;
use crate::policy::{self, Answer, Effect, Judge, Policy, PrincipalItem, Question, Statement};

/// What is said of one bucket, and the request that shows it.
pub(super) type Judged = (Verdict, Option<Shown>);

/// Judges every bucket.
pub(super) fn each_bucket<'a>(audit: &'a Audit<'_>, judge: impl Fn(&'a Bucket) -> Judged) -> Vec<Subject> {
    let mut subjects = Vec::with_capacity(audit.inventory.buckets.items.len() + 1);
    for bucket in audit.inventory.buckets.values() {
        let region = bucket.region.known().map_or(GLOBAL, String::as_str);
        let (verdict, witness) = judge(bucket);
        subjects.push(Subject::new(region, Resource::bucket(audit.inventory, bucket), verdict).shown_by(witness));
    }
    subjects.extend(Subject::unlisted(GLOBAL, "bucket", &audit.inventory.buckets));
    subjects
}

/// Judges every bucket by its policy; `absent` is what is said of one without.
pub(super) fn each_policy<'a>(
    audit: &'a Audit<'_>,
    bucket: &Bucket,
    absent: Verdict,
    judge: impl FnOnce(&'a Decided) -> Judged,
) -> Judged {
    match audit.policies.bucket(&bucket.name) {
        Reading::Absent => (absent, None),
        Reading::Unknown(doubt) => (Verdict::Unknown(doubt.clone()), None),
        Reading::Decided(decided) => judge(decided),
    }
}

/// The doubt behind an answer, with what was not read and may be why.
pub(super) fn doubt_of(audit: &Audit<'_>, bucket: &Bucket, decided: &Decided, answer: &Answer) -> Doubt {
    let mut gaps: Vec<_> = organization_gap(audit.inventory).into_iter().cloned().collect();
    let by_canonical_id = decided
        .policy
        .statements
        .iter()
        .filter_map(|statement| statement.principal.as_ref())
        .any(|principal| principal.items.iter().any(|item| matches!(item, PrincipalItem::CanonicalUser(_))));
    if by_canonical_id {
        gaps.extend(bucket.acl.gap().cloned());
    }
    Doubt { why: answer.why.clone(), gaps }
}

/// The answer about a policy of which only some grants are left; what it denies stays. The question is one about something that passes.
pub(super) fn answer_for(decided: &Decided, question: Question, keep: impl Fn(&Statement) -> bool) -> Option<Answer> {
    // What all grants together do not let in, some of them do not either.
    if decided.verdict(question) == Some(policy::Verdict::No) {
        return decided.answer(question).map(Cow::into_owned);
    }
    let stays = |statement: &&Statement| statement.effect == Effect::Deny || keep(statement);
    let statements: Vec<Statement> = decided.policy.statements.iter().filter(stays).cloned().collect();
    if statements.len() == decided.policy.statements.len() {
        return decided.answer(question).map(Cow::into_owned);
    }
    let policy = Policy { statements, ..decided.policy.clone() };
    Some(Judge::new(&policy, &decided.scope).answer(question))
}

/// The request of an answer, for a reader of the policy.
pub(super) fn shown(decided: &Decided, answer: &Answer) -> Option<Shown> {
    answer.witness.as_ref().map(|witness| Shown::new(witness, &decided.policy))
}

/// A fact that the policy of a bucket tells.
pub(super) fn policy_says(bucket: &Bucket, fact: impl Into<String>) -> Evidence {
    Evidence::new(fact, "s3:GetBucketPolicy", &bucket.name)
}

/// The statements that grant.
pub(super) fn grants(policy: &Policy) -> impl Iterator<Item = &Statement> {
    policy.statements.iter().filter(|statement| statement.effect == Effect::Allow)
}

/// Whom a statement names, in words.
pub(super) fn named(statement: &Statement) -> Vec<String> {
    let word = |item: &PrincipalItem| match item {
        PrincipalItem::Anyone => "everybody".to_owned(),
        PrincipalItem::Aws(id) | PrincipalItem::Service(id) | PrincipalItem::Federated(id) => id.clone(),
        PrincipalItem::CanonicalUser(id) => format!("canonical user {id}"),
    };
    statement.principal.iter().flat_map(|principal| principal.items.iter().map(word)).collect()
}
