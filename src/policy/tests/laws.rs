//! What must hold of any policies: more statements of one effect, other words for the same, a policy beside itself.

use super::random::{Random, policy};
use super::world::scope;
use crate::policy::case::Outcome;
use crate::policy::compare::new_access;
use crate::policy::document::{Effect, Policy, Statement};
use crate::policy::question::{Judge, Question, Verdict};

const POLICIES: u64 = 150;

/// Questions that a request which passes answers with yes.
const OPEN: [Question; 4] = [Question::Anonymous, Question::ExternalPrincipals, Question::ConfusedDeputy, Question::PlainHttp];

fn verdicts(policy: &Policy) -> Vec<Verdict> {
    let scope = scope();
    let judge = Judge::new(policy, &scope);
    OPEN.into_iter().map(|question| judge.answer(question).verdict).collect()
}

fn statement_of(effect: Effect, random: &mut Random, index: usize) -> Statement {
    loop {
        if let Some(mut found) = policy(random).statements.into_iter().find(|statement| statement.effect == effect) {
            found.index = index;
            return found;
        }
    }
}

fn with(base: &Policy, effect: Effect, random: &mut Random) -> Policy {
    let mut policy = base.clone();
    policy.statements.push(statement_of(effect, random, base.statements.len()));
    policy
}

#[test]
fn a_deny_opens_nothing_and_an_allow_closes_nothing() {
    for seed in 0..POLICIES {
        let mut random = Random::new(seed + 1_000_000);
        let base = policy(&mut random);
        let before = verdicts(&base);
        let (denied, allowed) = (with(&base, Effect::Deny, &mut random), with(&base, Effect::Allow, &mut random));
        for (before, after) in before.iter().zip(verdicts(&denied)) {
            assert!(!(*before == Verdict::No && after == Verdict::Yes), "seed {seed}: a Deny opened {denied:#?}");
        }
        for (before, after) in before.iter().zip(verdicts(&allowed)) {
            assert!(!(*before == Verdict::Yes && after == Verdict::No), "seed {seed}: an Allow closed {allowed:#?}");
        }
    }
}

#[test]
fn order_of_statements_and_case_of_words_do_not_matter() {
    for seed in 0..POLICIES {
        let base = policy(&mut Random::new(seed + 2_000_000));
        let mut turned = base.clone();
        turned.statements.reverse();
        for statement in &mut turned.statements {
            statement.action.patterns.iter_mut().for_each(|pattern| *pattern = pattern.to_ascii_uppercase());
            statement.conditions.iter_mut().for_each(|condition| condition.key = condition.key.to_ascii_uppercase());
            statement.conditions.reverse();
        }
        assert_eq!(verdicts(&base), verdicts(&turned), "seed {seed}: {base:#?}");
    }
}

#[test]
fn a_policy_permits_nothing_beyond_itself_and_more_than_a_part_of_it() {
    let mut opened = 0;
    for seed in 0..POLICIES {
        let mut random = Random::new(seed + 3_000_000);
        let base = policy(&mut random);
        let own = new_access(&base, &base, &scope());
        assert!(!matches!(own, Outcome::Open(_)), "seed {seed}: {own:?} {base:#?}");
        let denied = with(&base, Effect::Deny, &mut random);
        assert!(!matches!(new_access(&base, &denied, &scope()), Outcome::Open(_)), "seed {seed}: {denied:#?}");
        let allowed = with(&base, Effect::Allow, &mut random);
        opened += u64::from(matches!(new_access(&base, &allowed, &scope()), Outcome::Open(_)));
        assert!(!matches!(new_access(&allowed, &base, &scope()), Outcome::Open(_)), "seed {seed}: {allowed:#?}");
    }
    assert!(opened > POLICIES / 10, "only {opened} opened anything");
}
