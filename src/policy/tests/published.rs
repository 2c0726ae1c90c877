//! Published examples and the hard cases, each with the answers that its source states.
//!
//! The policies stand in `mocks/policies/`, with their sources.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::policy::case::Outcome;
use crate::policy::compare::new_access;
use crate::policy::parse::{PolicyKind, parse};
use crate::policy::question::{Judge, Question, Verdict};
use crate::policy::rules::Attachment;
use crate::policy::scope::{Membership, Scope};

#[derive(Deserialize)]
struct Example {
    name: String,
    kind: String,
    account: String,
    organization: Option<String>,
    resource: Option<String>,
    region: Option<String>,
    policy: Value,
    reference: Option<Value>,
    expect: Map<String, Value>,
}

fn examples(file: &str) -> Vec<Example> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks/policies").join(file);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn scope(example: &Example, attachment: Attachment) -> Scope {
    let mut scope = Scope::new(attachment, &example.account);
    if let Some(id) = &example.organization {
        scope.organization = Membership::In { id: id.clone(), accounts: None };
    }
    scope.resource.clone_from(&example.resource);
    scope.region.clone_from(&example.region);
    scope
}

/// What is not answered as its source states, example by example.
fn wrong(example: &Example) -> Vec<String> {
    let policy = parse(&example.policy.to_string(), PolicyKind::Resource).unwrap();
    let attachment = match example.kind.as_str() {
        "bucket" | "compare" => Attachment::Bucket,
        "endpoint" => Attachment::Endpoint,
        "gateway-endpoint" => Attachment::GatewayEndpoint,
        other => panic!("{}: unknown kind {other}", example.name),
    };
    let scope = scope(example, attachment);
    let judge = Judge::new(&policy, &scope);
    let mut wrong = Vec::new();
    for (question, wanted) in &example.expect {
        let answer = if question == "no_new_access" {
            let reference = parse(&example.reference.as_ref().unwrap().to_string(), PolicyKind::Resource).unwrap();
            match new_access(&reference, &policy, &scope) {
                Outcome::Closed => ("yes".to_owned(), String::new()),
                Outcome::Open(witness) => ("no".to_owned(), format!("{witness:?}")),
                Outcome::Unknown(doubts) => ("unknown".to_owned(), doubts.join("; ")),
            }
        } else {
            let question = Question::ALL.into_iter().find(|own| own.as_str() == question).unwrap();
            let answer = judge.answer(question);
            assert!(
                answer.witness.is_none_or(|witness| witness.decision.passes() != (question == Question::AllowsEverything)
                    || question == Question::NetworkBound
                    || question == Question::PlainHttp),
                "{}",
                example.name
            );
            (answer.verdict.to_string(), answer.why)
        };
        if answer.0 != wanted.as_str().unwrap() {
            wrong.push(format!("{}: {question} is {} ({}), wanted {wanted}", example.name, answer.0, answer.1));
        }
    }
    wrong
}

#[test]
fn every_example_is_answered_as_its_source_states() {
    for (file, least) in [("published.json", 60), ("hard_cases.json", 35)] {
        let examples = examples(file);
        assert!(examples.len() >= least, "{} examples", examples.len());
        let wrong: Vec<String> = examples.iter().flat_map(wrong).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// Of wildcards in a row a policy may hold twenty thousand, and they say no more than one.
#[test]
fn wildcards_in_a_row_cost_no_more_than_one() {
    let scope = Scope::new(Attachment::Bucket, "111122223333");
    let answers = |stars: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*","Action":"s3:{stars}",
            "Resource":["arn:aws:{stars}:::b/x{stars}"]}}]}}"#
        );
        let policy = parse(&text, PolicyKind::Resource).unwrap();
        assert_eq!(new_access(&policy, &policy, &scope), Outcome::Closed);
        Judge::new(&policy, &scope).answers()
    };
    assert_eq!(answers(&"*".repeat(6_000)), answers("*"));
}

#[test]
fn a_policy_built_to_explode_is_too_complex() {
    let values: Vec<String> = (0..14u8).map(|at| format!("\"*{}*\"", char::from(b'a' + at))).collect();
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",
        "Resource":["arn:aws:s3:::b/*"],"Condition":{{"StringLike":{{"aws:Referer":[{}]}}}}}}]}}"#,
        values.join(",")
    );
    let policy = parse(&text, PolicyKind::Resource).unwrap();
    let answer = Judge::new(&policy, &Scope::new(Attachment::Bucket, "111122223333")).answer(Question::ExternalPrincipals);
    assert_eq!(answer.verdict, Verdict::Unknown);
    assert!(answer.why.starts_with("too complex"), "{}", answer.why);
}
