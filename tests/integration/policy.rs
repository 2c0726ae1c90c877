//! `natless policy`: answers, comparisons and single decisions through the real binary.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::binary::{Run, command, natless};

const ACCOUNT: &str = "111122223333";

fn bucket_policy(statement: &Value) -> String {
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

fn open_to_endpoint() -> String {
    bucket_policy(&json!({ "Sid": "Readers", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::b/*", "Condition": { "StringEquals": { "aws:SourceVpce": "vpce-0a1" } } }))
}

fn of_account(account: &str) -> String {
    bucket_policy(
        &json!({ "Effect": "Allow", "Principal": { "AWS": account }, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*" }),
    )
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("writable");
    }
    folder
}

fn with_input(folder: &Path, arguments: &[&str], input: &str) -> Run {
    let mut command = command(folder);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("the binary reads");
    drop(stdin);
    child.wait_with_output().expect("the binary ends").into()
}

#[test]
fn check_answers_every_question_with_a_witness_that_evaluate_confirms() {
    let folder = folder(&[("p.json", &open_to_endpoint())]);
    let arguments = ["policy", "check", "p.json", "--kind", "bucket", "--account", ACCOUNT, "--format", "json"];
    let report = natless(folder.path(), &arguments).expect_code(0).json();
    assert_eq!(report["schema"], "natless/policy/1");
    let answers = report["answers"].as_array().expect("answers");
    let answer = |question: &str| {
        answers.iter().find(|answer| answer["question"] == question).unwrap_or_else(|| panic!("{question} in {report:#}"))
    };
    for (question, wanted) in [
        ("public", "no"),
        ("anonymous", "yes"),
        ("external_principals", "yes"),
        ("confused_deputy", "no"),
        ("plain_http", "yes"),
        ("network_bound", "no"),
        ("allows_everything", "no"),
        ("allows_nothing", "no"),
    ] {
        assert_eq!(answer(question)["answer"], wanted, "{question}: {}", answer(question));
    }
    assert!(answers.iter().all(|answer| answer["question"] != "foreign_resources"), "a bucket has no resources of others");
    let witness = &answer("anonymous")["witness"];
    assert!(witness["in_words"].as_str().expect("words").contains("vpce-0a1"), "{witness}");
    assert_eq!((&witness["decision"], &witness["statements"][0]), (&json!("allowed"), &json!("statement 1 \"Readers\"")));

    let policy: Value = serde_json::from_str(&open_to_endpoint()).expect("JSON");
    let line = json!({ "id": "w", "policy": policy, "request": witness["request"] }).to_string();
    let decided = with_input(folder.path(), &["policy", "evaluate", "-"], &line).expect_code(0).json();
    assert_eq!(decided, json!({ "id": "w", "decision": "allowed", "statements": ["statement 1 \"Readers\""] }));
}

#[test]
fn the_trust_zone_and_the_kind_decide() {
    let folder = folder(&[("p.json", &of_account("222233334444"))]);
    let external = |more: &[&str]| {
        let mut arguments = vec!["policy", "check", "p.json", "--account", ACCOUNT, "--format", "json", "--kind"];
        arguments.extend(more);
        let report = natless(folder.path(), &arguments).json();
        let answers = report["answers"].as_array().expect("answers").clone();
        answers.iter().find(|answer| answer["question"] == "external_principals").expect("asked")["answer"].clone()
    };
    assert_eq!(external(&["bucket"]), "yes");
    assert_eq!(external(&["bucket", "--trusted", "222233334444"]), "no");
    assert_eq!(external(&["bucket", "--trusted", "o-zzzzzzzzzz"]), "unknown", "whether the account is in it was not read");
    assert_eq!(external(&["bucket", "--organization", "o-a1b2c3d4e5"]), "unknown");
    assert_eq!(external(&["endpoint"]), "yes");
    let text = natless(folder.path(), &["policy", "check", "p.json", "--account", ACCOUNT, "--kind", "bucket"]).expect_code(0);
    assert!(text.stdout.contains("for example: arn:aws:sts::222233334444:assumed-role/"), "{}", text.stdout);
}

#[test]
fn an_unknown_answer_ends_with_3_and_names_the_construct() {
    let odd =
        bucket_policy(&json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
        "Condition": { "StringEquals": { "aws:NoSuchKey": "x" } } }));
    let folder = folder(&[("odd.json", &odd)]);
    let run = natless(folder.path(), &["policy", "check", "odd.json", "--kind", "bucket", "--account", ACCOUNT]).expect_code(3);
    assert!(run.stdout.contains("`StringEquals aws:NoSuchKey`"), "{}", run.stdout);
}

#[test]
fn compare_tells_whether_the_new_policy_permits_more() {
    let wide = bucket_policy(
        &json!({ "Effect": "Allow", "Principal": { "AWS": ACCOUNT }, "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*" }),
    );
    let (narrow, role) = (of_account(ACCOUNT), of_account(&format!("arn:aws:iam::{ACCOUNT}:role/r")));
    let odd = wide.replace(
        "\"Effect\":\"Allow\"",
        "\"Effect\":\"Allow\",\"Condition\":{\"ForAnyValue:StringEqualsIfExists\":{\"aws:TagKeys\":\"x\"}}",
    );
    let folder = folder(&[("wide.json", &wide), ("narrow.json", &narrow), ("role.json", &role), ("odd.json", &odd)]);
    let compare = |old: &str, new: &str| natless(folder.path(), &["policy", "compare", old, new, "--format", "json"]);
    assert_eq!(compare("wide.json", "narrow.json").expect_code(0).json()["permits_more"], "no");
    assert_eq!(compare("wide.json", "role.json").expect_code(0).json()["permits_more"], "no", "an account covers its roles");
    let more = compare("narrow.json", "wide.json").expect_code(1).json();
    let action = more["witness"]["request"]["action"].as_str().expect("an action");
    assert!(action.to_ascii_lowercase().starts_with("s3:get") && action != "s3:GetObject", "{action}");
    assert_eq!(compare("odd.json", "wide.json").expect_code(1).json()["permits_more"], "yes");
    assert_eq!(compare("odd.json", "odd.json").expect_code(3).json()["permits_more"], "unknown");
}

#[test]
fn identity_policies_are_compared_too() {
    let policy = |action: &str| {
        json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": action, "Resource": "*" } }).to_string()
    };
    let folder =
        folder(&[("old.json", &policy("sqs:*")), ("new.json", &policy("sqs:SendMessage")), ("b.json", &of_account(ACCOUNT))]);
    let compare = |old: &str, new: &str| natless(folder.path(), &["policy", "compare", old, new, "--type", "identity"]);
    compare("old.json", "new.json").expect_code(0);
    compare("new.json", "old.json").expect_code(1);
    let refused = compare("old.json", "b.json").expect_code(2);
    assert!(refused.stderr.contains("cannot stand in an identity policy"), "{}", refused.stderr);
}

#[test]
fn evaluate_decides_line_by_line() {
    let policy: Value = serde_json::from_str(&of_account("222233334444")).expect("JSON");
    let request = |principal: &Value| json!({ "principal": principal, "action": "s3:getobject", "resource": "arn:aws:s3:::b/k", "context": { "aws:SourceIp": "203.0.113.9" } });
    let gate = json!({ "Statement": { "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*" } });
    let lines = [
        json!({ "id": 1, "policy": policy, "request": request(&json!("arn:aws:iam::222233334444:role/r")) }),
        json!({ "id": 2, "policy": policy, "request": request(&Value::Null) }),
        json!({ "id": 3, "policy": policy.to_string(), "endpoint_policies": [gate], "request": request(&json!("arn:aws:iam::222233334444:role/r")) }),
    ];
    let input = lines.map(|line| line.to_string()).join("\n");
    let folder = folder(&[]);
    let run = with_input(folder.path(), &["policy", "evaluate", "-"], &input).expect_code(0);
    let decisions: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let decision = |id: usize| decisions[id - 1]["decision"].as_str().expect("a decision").to_owned();
    assert_eq!([decision(1), decision(2), decision(3)], ["allowed_for_account", "implicit_deny", "explicit_deny"]);
    let broken =
        with_input(folder.path(), &["policy", "evaluate", "-"], &format!("{}\nnot JSON", lines_of(&input))).expect_code(2);
    assert!(broken.stderr.contains("line 2") && broken.stdout.lines().count() == 1, "{broken:?}");
}

fn lines_of(input: &str) -> &str {
    input.lines().next().unwrap_or_default()
}

#[test]
fn what_is_no_policy_is_refused_in_one_line_with_its_place() {
    let folder = folder(&[
        ("typo.json", r#"{"Statement":{"Effect":"allow","Principal":"*","Action":"*","Resource":"*"}}"#),
        ("twice.json", r#"{"Statement":{"Effect":"Allow","Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}"#),
        ("nobody.json", r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#),
        ("no.json", "no JSON"),
    ]);
    for (file, words) in [
        ("typo.json", "line 1 column"),
        ("twice.json", "twice"),
        ("nobody.json", "Principal"),
        ("no.json", "JSON"),
        ("absent.json", "cannot be read"),
    ] {
        let run = natless(folder.path(), &["policy", "check", file, "--kind", "bucket", "--account", ACCOUNT]);
        assert_eq!((run.code, run.stdout.as_str(), run.stderr.trim_end().lines().count()), (2, "", 1), "{file}: {}", run.stderr);
        assert!(run.stderr.contains(words) && run.stderr.contains(file), "{}", run.stderr);
    }
    let refused = natless(folder.path(), &["policy", "check", "no.json", "--kind", "bucket", "--account", "12"]);
    assert_eq!(refused.code, 2);
}
