//! A small world in which every request is tried: what the solver says closed must be closed to each of them.

use super::random::{Random, policy};
use super::world::{OWN, SISTER, requests, scope};
use crate::policy::canonical::to_json;
use crate::policy::document::{Comparison, Effect, Policy};
use crate::policy::evaluate::Decision;
use crate::policy::question::{Judge, Question, Verdict};
use crate::policy::request::{Presence, Principal, Request};
use crate::policy::rules::{Attachment, Rules};

/// Policies tried by default, and in the long run: `NATLESS_LONG_TESTS=1 cargo test --release policy`.
const POLICIES: u64 = 300;
const POLICIES_LONG: u64 = 120_000;

fn one<'r>(request: &'r Request, key: &str) -> Option<&'r str> {
    match request.context.get(key) {
        Some(Presence::One(value)) => Some(value),
        _ => None,
    }
}

fn is_service(request: &Request) -> bool {
    matches!(request.principal, Principal::Service(_))
}

fn is_outside(account: Option<&str>) -> bool {
    account.is_none_or(|account| account != OWN && account != SISTER)
}

fn is_direct(request: &Request) -> bool {
    one(request, "aws:sourceip").is_some() || one(request, "aws:sourcevpce").is_some()
}

/// Whether a request is of the kind that a question is about.
fn concerns(question: Question, policy: &Policy, request: &Request) -> bool {
    match question {
        Question::Anonymous => request.principal == Principal::Anonymous,
        Question::ExternalPrincipals => !is_service(request) && is_outside(request.principal.account()),
        Question::ConfusedDeputy => is_service(request) && is_outside(one(request, "aws:sourceaccount")),
        Question::PlainHttp => !is_service(request) && is_direct(request) && one(request, "aws:securetransport") != Some("true"),
        Question::NetworkBound => !is_service(request) && is_direct(request) && !is_named(policy, request),
        Question::AllowsEverything | Question::AllowsNothing => true,
        Question::Public | Question::ForeignResources => false,
    }
}

/// Whether a request comes from a network that the policy names.
fn is_named(policy: &Policy, request: &Request) -> bool {
    policy.statements.iter().flat_map(|statement| &statement.conditions).any(|condition| {
        let key = condition.key.to_ascii_lowercase();
        let Some(own) = one(request, &key) else { return false };
        if condition.operator.comparison == Comparison::Null {
            return false;
        }
        match key.as_str() {
            "aws:sourceip" => condition.values.iter().any(|value| {
                let net: ipnet::IpNet = value.parse().unwrap();
                net.prefix_len() >= 8 && net.contains(&own.parse::<std::net::IpAddr>().unwrap())
            }),
            "aws:sourcevpce" | "aws:sourcevpc" => condition.values.iter().any(|value| value == own),
            _ => false,
        }
    })
}

/// Whether it passes in the sense of the question.
fn passes(question: Question, rules: &Rules, decision: Decision, request: &Request) -> bool {
    let own = matches!(question, Question::PlainHttp | Question::NetworkBound) && request.principal.account() == Some(OWN);
    match question {
        Question::AllowsEverything => rules.refuses(request),
        _ => decision.passes() || (own && decision == Decision::ImplicitDeny),
    }
}

/// What is wrong with the answers about a policy, if anything is.
fn contradiction(policy: &Policy, requests: &[Request]) -> Option<String> {
    let scope = scope();
    let judge = Judge::new(policy, &scope);
    let rules = Rules::new(policy, Attachment::Bucket);
    let decisions: Vec<Decision> = requests.iter().map(|request| rules.evaluate(request).decision).collect();
    for question in Question::ALL.into_iter().filter(|question| question.fits(&scope) && *question != Question::Public) {
        let answer = judge.answer(question);
        let found = requests
            .iter()
            .zip(&decisions)
            .find(|(request, decision)| concerns(question, policy, request) && passes(question, &rules, **decision, request));
        // For these two, "yes" says that nothing passes, or nothing is refused.
        let closed = match question {
            Question::NetworkBound | Question::AllowsEverything | Question::AllowsNothing => Verdict::Yes,
            _ => Verdict::No,
        };
        if answer.verdict == closed
            && let Some((request, decision)) = found
        {
            return Some(format!("{} is {}, yet {decision:?}: {request:#?}", question.as_str(), answer.verdict));
        }
        if answer.verdict != closed && answer.verdict != Verdict::Unknown {
            let Some(witness) = &answer.witness else { return Some(format!("{} has no witness", question.as_str())) };
            let decision = rules.evaluate(&witness.request).decision;
            if !passes(question, &rules, decision, &witness.request) {
                return Some(format!("{}: the witness does not pass: {witness:#?}", question.as_str()));
            }
            if !concerns(question, policy, &witness.request) {
                return Some(format!("{} is not about its witness: {witness:#?}", question.as_str()));
            }
        }
        // What is unknown names the construct or the fact.
        if answer.verdict == Verdict::Unknown && (answer.why.contains("could be ruled out") || answer.why.contains("too complex"))
        {
            return Some(format!("{} is unknown: {}", question.as_str(), answer.why));
        }
    }
    None
}

/// The policy with every statement left out that the contradiction does not need.
fn shrunk(mut policy: Policy, requests: &[Request]) -> Policy {
    let mut at = 0;
    while at < policy.statements.len() {
        let mut smaller = policy.clone();
        smaller.statements.remove(at);
        if contradiction(&smaller, requests).is_some() {
            policy = smaller;
        } else {
            at += 1;
        }
    }
    policy
}

#[test]
fn the_solver_agrees_with_trying_every_request() {
    let requests = requests();
    let policies = if std::env::var_os("NATLESS_LONG_TESTS").is_some() { POLICIES_LONG } else { POLICIES };
    let (mut allows, mut denies, mut unknown) = (0, 0, 0);
    for seed in 0..policies {
        let policy = policy(&mut Random::new(seed));
        allows += policy.statements.iter().filter(|statement| statement.effect == Effect::Allow).count();
        denies += policy.statements.iter().filter(|statement| statement.effect == Effect::Deny).count();
        unknown += Judge::new(&policy, &scope()).answers().iter().filter(|answer| answer.verdict == Verdict::Unknown).count();
        if contradiction(&policy, &requests).is_some() {
            let policy = shrunk(policy, &requests);
            let why = contradiction(&policy, &requests).unwrap_or_default();
            panic!("seed {seed}: {why}\n{}", to_json(&policy));
        }
    }
    assert!(allows > 200 && denies > 200, "{allows} grants, {denies} denies");
    println!(
        "{policies} policies, {} requests each, {allows} grants, {denies} denies, {unknown} answers unknown",
        requests.len()
    );
}
