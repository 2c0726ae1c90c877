//! How long the policy engine takes, beside what it may take: a typical bucket policy, the hard cases, and a policy built to explode.
//!
//! One decision is: make a policy ready and answer one question. `cargo bench --bench policy`.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a benchmark may stop at once")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use natless::policy::{Attachment, Judge, Membership, PolicyKind, Question, Scope, parse};
use serde_json::Value;

const ROUNDS: usize = 101;

/// The examples of a file in `mocks/policies`.
fn examples(file: &str) -> Vec<Value> {
    let path = format!("{}/mocks/policies/{file}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).expect("readable")).expect("JSON")
}

fn scope(example: &Value) -> Option<Scope> {
    let attachment = match example["kind"].as_str()? {
        "bucket" => Attachment::Bucket,
        "endpoint" => Attachment::Endpoint,
        "gateway-endpoint" => Attachment::GatewayEndpoint,
        _ => return None,
    };
    let mut scope = Scope::new(attachment, example["account"].as_str()?);
    if let Some(id) = example["organization"].as_str() {
        scope.organization = Membership::In { id: id.to_owned(), accounts: None };
    }
    scope.resource = example["resource"].as_str().map(str::to_owned);
    scope.region = example["region"].as_str().map(str::to_owned);
    Some(scope)
}

/// Median time of one decision.
fn decision(text: &str, scope: &Scope, question: Question, rounds: usize) -> Duration {
    let policy = parse(text, PolicyKind::Resource).expect("a policy");
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            black_box(Judge::new(black_box(&policy), scope).answer(question));
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

fn measured(file: &str, wanted: impl Fn(&Value) -> bool) -> Vec<(Duration, String)> {
    let mut all: Vec<(Duration, String)> = examples(file)
        .iter()
        .filter(|example| wanted(example))
        .filter_map(|example| {
            let name = example["name"].as_str()?.to_owned();
            Some((decision(&example["policy"].to_string(), &scope(example)?, Question::ExternalPrincipals, ROUNDS), name))
        })
        .collect();
    all.sort_unstable();
    all
}

fn ratio(measured: Duration, bound: Duration) -> f64 {
    measured.as_secs_f64() / bound.as_secs_f64()
}

fn main() {
    let buckets = measured("published.json", |example| example["kind"] == "bucket");
    let typical = buckets[buckets.len() / 2].0;
    let bound = Duration::from_micros(100);
    println!(
        "published bucket policies, median of one decision: {typical:?}, bound {bound:?}, ratio {:.2}",
        ratio(typical, bound)
    );
    let hard = measured("hard_cases.json", |_| true);
    let (worst, name) = hard.last().expect("hard cases");
    let bound = Duration::from_millis(50);
    println!("hard cases, worst: {worst:?} ({name}), bound {bound:?}, ratio {:.3}", ratio(*worst, bound));
    let published = measured("published.json", |_| true);
    let (slowest, name) = published.last().expect("published examples");
    println!("published, worst: {slowest:?} ({name})");
    let values: Vec<String> = (0..14u8).map(|at| format!("\"*{}*\"", char::from(b'a' + at))).collect();
    let explosive = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",
        "Resource":["arn:aws:s3:::b/*"],"Condition":{{"StringLike":{{"aws:Referer":[{}]}}}}}}]}}"#,
        values.join(",")
    );
    let taken = decision(&explosive, &Scope::new(Attachment::Bucket, "111122223333"), Question::ExternalPrincipals, 5);
    let bound = Duration::from_secs(1);
    println!("a policy built to explode, until `too complex`: {taken:?}, bound {bound:?}, ratio {:.2}", ratio(taken, bound));
}
