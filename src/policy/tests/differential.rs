//! The evaluator beside another one: `iam-simulate` from npm, run as a process of its own (`tests/differential/`).
//!
//! Lines on which that one is known to read AWS otherwise than AWS documents carry a note that names the construct; the table in
//! `tests/differential/README.md` tells what AWS documents. On every other line the two must agree, or natless must say `unknown`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};

use super::random::{Random, policy};
use super::world::requests;
use crate::policy::canonical::to_json;
use crate::policy::evaluate::Decision;
use crate::policy::request::{Presence, Principal, Request};
use crate::policy::rules::{Attachment, Rules};

const POLICIES: u64 = 1_200;
const POLICIES_LONG: u64 = 20_000;
const REQUESTS_EACH: usize = 5;

/// The folder with the other evaluator, installed on first use with the pinned packages of `tests/differential/package-lock.json`.
fn installed() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (source, folder) = (root.join("tests/differential"), root.join("target/differential"));
    let lock = std::fs::read_to_string(source.join("package-lock.json")).unwrap();
    let stamp = folder.join("installed.json");
    std::fs::create_dir_all(&folder).unwrap();
    for file in ["package.json", "package-lock.json", "runner.mjs"] {
        std::fs::copy(source.join(file), folder.join(file)).unwrap();
    }
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return folder;
    }
    let output = Command::new("npm")
        .args(["ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"])
        .current_dir(&folder)
        .output()
        .expect("the comparison with another evaluator needs Node.js 20 or newer with npm");
    assert!(output.status.success(), "npm ci: {}", String::from_utf8_lossy(&output.stderr));
    std::fs::write(stamp, lock).unwrap();
    folder
}

fn line(id: usize, policy: &Value, request: &Request) -> Value {
    let context: Map<String, Value> = request
        .context
        .iter()
        .filter_map(|(key, presence)| match presence {
            Presence::One(value) => Some((key.clone(), json!(value))),
            Presence::Many(values) => Some((key.clone(), json!(values))),
            Presence::Absent | Presence::Undetermined => None,
        })
        .collect();
    let principal = (request.principal != Principal::Anonymous).then(|| request.principal.to_string());
    json!({ "id": id, "policy": policy, "request": { "principal": principal, "action": request.action,
        "resource": request.resource, "resource_account": "111122223333", "context": context } })
}

/// The other evaluator's answers, by id.
fn ask(lines: &[Value]) -> BTreeMap<usize, Value> {
    let mut child = Command::new("node")
        .arg("runner.mjs")
        .current_dir(installed())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text = lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n") + "\n";
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let answers = String::from_utf8(output.stdout).unwrap();
    let read = |line: &str| -> Value { serde_json::from_str(line).unwrap() };
    answers.lines().map(read).map(|answer| (usize::try_from(answer["id"].as_u64().unwrap()).unwrap(), answer)).collect()
}

#[test]
fn agrees_with_another_evaluator_wherever_that_one_follows_the_documentation() {
    let all = requests();
    let policies = if std::env::var_os("NATLESS_LONG_TESTS").is_some() { POLICIES_LONG } else { POLICIES };
    let (mut lines, mut own) = (Vec::new(), Vec::new());
    for seed in 0..policies {
        let mut random = Random::new(seed + 9_000_000);
        let policy = policy(&mut random);
        let Ok(text) = serde_json::from_str::<Value>(&to_json(&policy)) else { continue };
        let rules = Rules::new(&policy, Attachment::Bucket);
        for _ in 0..REQUESTS_EACH {
            let request = random.pick(&all);
            lines.push(line(own.len(), &text, request));
            own.push(rules.evaluate(request).decision);
        }
    }
    let answers = ask(&lines);
    let (mut compared, mut unknown) = (0, 0);
    let mut explained: BTreeMap<String, u64> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (id, decision) in own.iter().enumerate() {
        let answer = &answers[&id];
        if !answer["detail"].is_null() {
            let names = answer["detail"].as_object().unwrap().iter().map(|(kind, names)| match kind.as_str() {
                "divergences" => names.to_string(),
                kind => kind.to_owned(),
            });
            *explained.entry(names.collect::<Vec<_>>().join(" ")).or_default() += 1;
        } else if *decision == Decision::Unknown {
            unknown += 1;
        } else {
            compared += 1;
            if answer["decision"] != decision.as_str() {
                wrong.push(format!("natless: {}, the other: {answer}\n{}", decision.as_str(), lines[id]));
            }
        }
    }
    println!("{} lines: {compared} compared, {unknown} unknown to natless, set aside: {explained:#?}", own.len());
    assert!(
        wrong.is_empty(),
        "{} of {compared} differ\n{}",
        wrong.len(),
        wrong.iter().take(8).cloned().collect::<Vec<_>>().join("\n\n")
    );
    assert!(compared * 2 > own.len(), "only {compared} of {} compared", own.len());
    assert!(unknown * 8 < own.len(), "{unknown} of {} unknown", own.len());
}
