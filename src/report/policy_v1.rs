//! Answers about policies in JSON: `natless/policy/1`, `natless/policy-comparison/1`, and one line per single decision.

use serde::Serialize;
use serde_json::{Map, Value};

use super::json::to_json;
use crate::policy::{Answer, Evaluation, Outcome, Policy, Presence, Principal, Witness, in_words, telling_context};

/// Name and version of the format of answers about one policy.
pub const SCHEMA: &str = "natless/policy/1";

/// Name and version of the format of a comparison of two policies.
pub const COMPARISON_SCHEMA: &str = "natless/policy-comparison/1";

#[derive(Serialize)]
struct AnswersV1<'a> {
    schema: &'static str,
    natless: &'static str,
    answers: Vec<AnswerV1<'a>>,
}

#[derive(Serialize)]
struct AnswerV1<'a> {
    question: &'static str,
    answer: String,
    why: &'a str,
    witness: Option<WitnessV1>,
}

#[derive(Serialize)]
struct ComparisonV1<'a> {
    schema: &'static str,
    natless: &'static str,
    /// `yes`, `no` or `unknown`.
    permits_more: &'static str,
    why: String,
    witness: Option<WitnessV1>,
    doubts: &'a [String],
}

/// A request that shows an answer, in the form that `natless policy evaluate` reads.
#[derive(Debug, Serialize)]
pub struct WitnessV1 {
    in_words: String,
    request: RequestV1,
    decision: &'static str,
    statements: Vec<String>,
}

#[derive(Debug, Serialize)]
struct RequestV1 {
    principal: Option<String>,
    action: String,
    resource: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_account: Option<String>,
    context: Map<String, Value>,
}

#[derive(Serialize)]
struct DecisionV1<'a> {
    id: &'a Value,
    decision: &'static str,
    statements: &'a [String],
}

impl WitnessV1 {
    /// A witness with the part of its context that a reader needs.
    #[must_use]
    pub fn new(witness: &Witness, context: impl IntoIterator<Item = (String, Presence)>) -> Self {
        let request = &witness.request;
        let value = |presence| match presence {
            Presence::One(value) => Value::from(value),
            Presence::Many(values) => Value::from(values),
            Presence::Absent | Presence::Undetermined => Value::Null,
        };
        let owner = match request.context.get("aws:resourceaccount") {
            Some(Presence::One(id)) => Some(id.clone()),
            _ => None,
        };
        Self {
            in_words: in_words(request),
            request: RequestV1 {
                principal: (request.principal != Principal::Anonymous).then(|| request.principal.to_string()),
                action: request.action.clone(),
                resource: request.resource.clone(),
                resource_account: owner,
                context: context.into_iter().map(|(key, presence)| (key, value(presence))).collect(),
            },
            decision: witness.decision.as_str(),
            statements: witness.statements.clone(),
        }
    }

    /// A witness with what the policy asks for.
    fn of(witness: &Witness, policy: &Policy) -> Self {
        Self::new(witness, telling_context(&witness.request, policy))
    }
}

/// The answers about a policy.
///
/// # Errors
/// [`serde_json::Error`] where a value has no JSON form.
pub fn render_answers(policy: &Policy, answers: &[Answer]) -> Result<String, serde_json::Error> {
    let answers = answers.iter().map(|answer| AnswerV1 {
        question: answer.question.as_str(),
        answer: answer.verdict.to_string(),
        why: &answer.why,
        witness: answer.witness.as_deref().map(|witness| WitnessV1::of(witness, policy)),
    });
    to_json(&AnswersV1 { schema: SCHEMA, natless: env!("CARGO_PKG_VERSION"), answers: answers.collect() })
}

/// What a comparison found.
///
/// # Errors
/// [`serde_json::Error`] where a value has no JSON form.
pub fn render_comparison(new: &Policy, outcome: &Outcome) -> Result<String, serde_json::Error> {
    let (permits_more, witness, doubts): (_, _, &[String]) = match outcome {
        Outcome::Closed => ("no", None, &[]),
        Outcome::Open(witness) => ("yes", Some(WitnessV1::of(witness, new)), &[]),
        Outcome::Unknown(doubts) => ("unknown", None, doubts),
    };
    let why = why_of(outcome);
    to_json(&ComparisonV1 { schema: COMPARISON_SCHEMA, natless: env!("CARGO_PKG_VERSION"), permits_more, why, witness, doubts })
}

/// What a comparison found, in one sentence without a final period.
#[must_use]
pub fn why_of(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Closed => "the new policy permits nothing that the old one does not".to_owned(),
        Outcome::Open(witness) => {
            format!("the new policy permits, by {}, what the old one does not", witness.statements.join(" and "))
        }
        Outcome::Unknown(doubts) => doubts.join("; "),
    }
}

/// One decision as one line of JSON, with a line break.
///
/// # Errors
/// [`serde_json::Error`] where a value has no JSON form.
pub fn render_decision(id: &Value, evaluation: &Evaluation) -> Result<String, serde_json::Error> {
    let decision = DecisionV1 { id, decision: evaluation.decision.as_str(), statements: &evaluation.statements };
    Ok(serde_json::to_string(&decision)? + "\n")
}
