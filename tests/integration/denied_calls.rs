//! Any one call denied: the scan ends, the report has that gap and no other, and nothing that was wrong is called right.

use std::collections::BTreeSet;
use std::path::Path;

use natless::collect::calls::{ApiCall, CALLS};
use serde_json::Value;

use crate::support::binary::{Run, natless_with_credentials};
use crate::support::{Fault, FaultKind, Options, SimulatedAws, accounts};

/// Calls whose denial ends the run, or that a scan without `--role-arn` does not make.
const NOT_A_GAP: &[&str] = &["GetCallerIdentity", "AssumeRole"];

fn scan(folder: &Path, aws: &SimulatedAws) -> Run {
    natless_with_credentials(folder, &["scan", "--endpoint-url", &aws.url(), "--format", "json"])
}

fn deny(call: &ApiCall) -> Options {
    let fault = Fault {
        service: Some(call.service),
        operation: Some(call.operation.to_owned()),
        region: None,
        kind: FaultKind::Deny,
        times: None,
        after: 0,
    };
    Options { faults: vec![fault], ..Options::default() }
}

fn subjects(report: &Value, list: &str) -> BTreeSet<(String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    report[list].as_array().expect("a list").iter().map(|item| (text(&item["check"]), text(&item["resource"]["id"]))).collect()
}

#[test]
fn a_denied_call_is_one_gap_and_exit_code_3() {
    let folder = tempfile::tempdir().expect("a folder");
    for call in CALLS.iter().filter(|call| !NOT_A_GAP.contains(&call.operation)) {
        let aws = SimulatedAws::start(accounts::tidy_account(), deny(call));
        let report = scan(folder.path(), &aws).expect_code(3).json();
        let gaps = report["gaps"].as_array().expect("gaps");
        assert!(!gaps.is_empty(), "{} denied and no gap", call.action);
        for gap in gaps {
            assert_eq!(gap["operation"], call.operation, "{gap}");
            assert_eq!(gap["service"], call.service, "{gap}");
            assert_eq!(gap["kind"], "denied", "{gap}");
        }
        assert_eq!(report["findings"], Value::Array(Vec::new()), "{} denied: a finding that is none", call.action);
    }
}

#[test]
fn nothing_wrong_passes_because_a_call_was_denied() {
    let folder = tempfile::tempdir().expect("a folder");
    let inventory = accounts::troubled_account();
    let whole = scan(folder.path(), &SimulatedAws::start(inventory.clone(), Options::default())).expect_code(1).json();
    let wrong = subjects(&whole, "findings");
    assert!(wrong.len() > 10, "the account has problems of many kinds: {wrong:?}");
    for call in CALLS.iter().filter(|call| !NOT_A_GAP.contains(&call.operation)) {
        let report = scan(folder.path(), &SimulatedAws::start(inventory.clone(), deny(call))).json();
        let (found, unknown) = (subjects(&report, "findings"), subjects(&report, "unknown"));
        let invented: Vec<_> = found.difference(&wrong).collect();
        assert!(invented.is_empty(), "{} denied: {invented:?} invented", call.action);
        let in_doubt: BTreeSet<&String> = unknown.iter().map(|(check, _)| check).collect();
        let passed: Vec<_> = wrong.difference(&found).filter(|(check, _)| !in_doubt.contains(check)).collect();
        assert!(passed.is_empty(), "{} denied: {passed:?} neither found nor unknown", call.action);
    }
}

#[test]
fn permissions_are_exactly_the_actions_of_a_full_scan() {
    let folder = tempfile::tempdir().expect("a folder");
    let aws = SimulatedAws::start(accounts::rich_account(), Options::default());
    natless_with_credentials(
        folder.path(),
        &["scan", "--endpoint-url", &aws.url(), "--role-arn", "arn:aws:iam::111122223333:role/audit", "--format", "json"],
    );
    let made: BTreeSet<String> = aws
        .calls()
        .into_keys()
        .map(|(service, _, operation)| {
            let call = CALLS.iter().find(|call| call.service == service && call.operation == operation);
            call.unwrap_or_else(|| panic!("{service}:{operation} is not in the table")).action.to_owned()
        })
        .collect();
    let policy = natless_with_credentials(folder.path(), &["permissions"]).expect_code(0).json();
    let mut listed = BTreeSet::new();
    for statement in policy["Statement"].as_array().expect("statements") {
        assert_eq!(statement["Effect"], "Allow");
        let actions = statement["Action"].as_array().expect("a list of actions");
        listed.extend(actions.iter().map(|action| action.as_str().expect("text").to_owned()));
    }
    // Entering another account is granted on the role itself, not in the policy of the auditor there.
    let mut made_here = made;
    made_here.remove("sts:AssumeRole");
    assert_eq!(listed, made_here);
}
