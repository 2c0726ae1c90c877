//! Any one call denied: the scan ends, the report has that gap and no other, and nothing that was wrong is called right.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use natless::analyze::history::{Record, compare};
use natless::collect::calls::{ApiCall, CALLS};
use natless::model::{Inventory, Observed};
use natless::report::record_v1;
use serde_json::{Value, json};

use crate::support::binary::{Run, natless_with_credentials};
use crate::support::parallel::each;
use crate::support::{Fault, FaultKind, Options, SimulatedAws, accounts};

/// Calls whose denial ends the run, or that a scan without `--role-arn` does not make.
const NOT_A_GAP: &[&str] = &["GetCallerIdentity", "AssumeRole"];

fn deniable() -> Vec<&'static ApiCall> {
    CALLS.iter().copied().filter(|call| !NOT_A_GAP.contains(&call.operation)).collect()
}

fn scan(folder: &Path, aws: &SimulatedAws) -> Run {
    natless_with_credentials(folder, &["scan", "--endpoint-url", &aws.url(), "--format", "json", "--live-prices"])
}

/// An AWS that makes natless ask everything.
fn asked_everything(inventory: Inventory, faults: Vec<Fault>) -> SimulatedAws {
    SimulatedAws::start(inventory, Options { faults, hide_bucket_regions: true, ..Options::default() })
}

fn denying(inventory: Inventory, call: &ApiCall) -> SimulatedAws {
    let deny = Fault {
        service: Some(call.service),
        operation: Some(call.operation.to_owned()),
        kind: FaultKind::Deny,
        ..Fault::default()
    };
    asked_everything(inventory, vec![deny])
}

/// The subjects of a list of the report: check, region and resource.
fn subjects(report: &Value, list: &str) -> BTreeSet<[String; 3]> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let items = report[list].as_array().expect("a list").iter();
    items.map(|item| [text(&item["check"]), text(&item["region"]), text(&item["resource"]["id"])]).collect()
}

/// How many subjects each check passed.
fn passes(report: &Value) -> BTreeMap<String, u64> {
    let checks = report["checks"].as_object().expect("checks").iter();
    checks.map(|(check, counts)| (check.clone(), counts["pass"].as_u64().expect("a count"))).collect()
}

#[test]
fn a_denied_call_is_one_gap_and_exit_code_3() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = scan(folder.path(), &asked_everything(accounts::tidy_account(), Vec::new())).expect_code(0).json();
    for list in ["findings", "unknown", "gaps"] {
        assert_eq!(whole[list], Value::Array(Vec::new()), "{list} of the tidy account");
    }
    let wholly_read = passes(&whole);
    each(deniable(), |call| {
        let run = scan(folder.path(), &denying(accounts::tidy_account(), call));
        assert_eq!(run.code, 3, "{} denied: {}", call.action, run.stderr);
        let report = run.json();
        let gaps = report["gaps"].as_array().expect("gaps");
        assert!(!gaps.is_empty(), "{} denied and no gap", call.action);
        for gap in gaps {
            for (key, wanted) in [("action", call.action), ("operation", call.operation), ("kind", "denied")] {
                assert_eq!(gap[key], wanted, "{} denied: {gap}", call.action);
            }
        }
        assert_eq!(report["findings"], Value::Array(Vec::new()), "{} denied: a finding that is none", call.action);
        for (check, count) in passes(&report) {
            assert!(count <= wholly_read[&check], "{} denied: {check} passes what it could not before", call.action);
        }
    });
}

/// AWS offers the list of accounts only to the management account and its delegates: its refusal to others is no gap.
#[test]
fn a_member_account_is_wholly_read_without_the_list_of_accounts() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut account = accounts::tidy_account();
    if let Observed::Known(Some(organization)) = &mut account.organization {
        "222233334444".clone_into(&mut organization.management_account_id);
    }
    let list = CALLS.iter().find(|call| call.operation == "ListAccounts").expect("a call");
    let report = scan(folder.path(), &denying(account, list)).expect_code(0).json();
    assert_eq!(report["gaps"], json!([]));
}

fn record(report: &Value) -> Record {
    record_v1::read(report.to_string().as_bytes()).expect("a report")
}

#[test]
fn nothing_wrong_passes_because_a_call_was_denied() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = scan(folder.path(), &asked_everything(accounts::troubled_account(), Vec::new())).expect_code(1).json();
    let wrong = subjects(&whole, "findings");
    assert!(wrong.len() > 10, "the account has problems of many kinds: {wrong:?}");
    each(deniable(), |call| {
        let report = scan(folder.path(), &denying(accounts::troubled_account(), call)).expect_code(1).json();
        let (found, unknown) = (subjects(&report, "findings"), subjects(&report, "unknown"));
        let invented: Vec<_> = found.difference(&wrong).collect();
        assert!(invented.is_empty(), "{} denied: {invented:?} invented", call.action);
        // In doubt is the subject itself, or everything of its check where a listing is incomplete: in the region, or in none
        // for what S3 lists without regions, which is also where a bucket stands whose region was not read.
        let in_doubt = |[check, region, id]: &[String; 3]| {
            let places = [region.as_str(), "aws-global"].map(|region| [id.as_str(), "*"].map(|id| (region, id)));
            let doubts = |(region, id): &(&str, &str)| unknown.contains(&[check.clone(), (*region).to_owned(), (*id).to_owned()]);
            places.iter().flatten().any(doubts)
        };
        // Where even the list of regions was denied, the others were not read at all, and the report does not name them.
        let read = |[_, region, _]: &[String; 3]| report["regions"].as_array().expect("regions").contains(&json!(region));
        let passed: Vec<_> = wrong.difference(&found).filter(|subject| read(subject) && !in_doubt(subject)).collect();
        assert!(passed.is_empty(), "{} denied: {passed:?} neither found nor unknown", call.action);
        // And beside the whole scan nothing has come or gone: what was not read is not comparable.
        for (old, new) in [(&whole, &report), (&report, &whole)] {
            let compared = compare(&record(old), &record(new)).expect("one account");
            assert!(compared.new.is_empty(), "{} denied: {:?} called new", call.action, compared.new);
            assert!(compared.fixed.is_empty(), "{} denied: {:?} called fixed", call.action, compared.fixed);
            assert_eq!(compared.realised, None, "{} denied: dollars saved", call.action);
        }
    });
}

#[test]
fn permissions_are_exactly_the_actions_of_a_full_scan() {
    let folder = tempfile::tempdir().expect("a folder");
    let aws = asked_everything(accounts::tidy_account(), Vec::new());
    let role = "arn:aws:iam::111122223333:role/audit";
    let arguments = ["scan", "--endpoint-url", &aws.url(), "--format", "json", "--role-arn", role, "--live-prices"];
    natless_with_credentials(folder.path(), &arguments).expect_code(0);
    let made: BTreeMap<(String, String), &str> = aws
        .calls()
        .into_keys()
        .map(|(service, _, operation)| {
            let call = CALLS.iter().find(|call| call.service == service && call.operation == operation);
            let action = call.unwrap_or_else(|| panic!("{service}:{operation} is not in the table")).action;
            ((service, operation), action)
        })
        .collect();
    assert_eq!(made.len(), CALLS.len(), "a full scan makes every call of the table");

    let policy = natless_with_credentials(folder.path(), &["permissions"]).expect_code(0).json();
    let mut listed = BTreeSet::new();
    for statement in policy["Statement"].as_array().expect("statements") {
        assert_eq!(statement["Effect"], "Allow");
        let actions = statement["Action"].as_array().expect("a list of actions");
        listed.extend(actions.iter().map(|action| action.as_str().expect("text")));
    }
    // Entering another account is granted on the role itself, not in the policy of the auditor there; asking for prices, only
    // to those who do.
    let on_request = ["sts:AssumeRole", "pricing:GetProducts"];
    let seen: BTreeSet<&str> = made.into_values().filter(|action| !on_request.contains(action)).collect();
    assert_eq!(listed, seen);
}
