//! A live account behind a moto server: planted problems are named, their good twins are not.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::binary::natless_with_credentials;
use crate::support::corrections::{Corrections, corrected};
use crate::support::moto::Moto;
use crate::support::{Options, SimulatedAws};

/// Checks whose planted problem needs an answer that moto does not give (tests/live/README.md).
const NEEDS_CORRECTION: &[&str] = &[
    "vpc-gateway-endpoint-missing-in-spoke",
    "vpc-endpoint-not-available",
    "vpc-gwlb-endpoint-idle",
    "vpc-gwlb-endpoint-unrouted",
    "vpc-gwlb-endpoint-zone-mismatch",
    "vpc-interface-endpoint-idle",
    "vpc-interface-endpoint-unprofitable",
    "s3-bucket-perimeter-dangling",
];

fn pairs(value: &Value) -> BTreeSet<(String, String)> {
    let text = |item: &Value, key: &str| item[key].as_str().expect("a string").to_owned();
    value.as_array().expect("a list").iter().map(|item| (text(item, "check"), text(item, "resource"))).collect()
}

fn found(report: &Value) -> BTreeSet<(String, String)> {
    let findings = report["findings"].as_array().expect("findings");
    findings
        .iter()
        .map(|finding| {
            (finding["check"].as_str().expect("an id").to_owned(), finding["resource"]["id"].as_str().expect("an id").to_owned())
        })
        .collect()
}

fn assert_named(story: &str, report: &Value, planted: &Value, skip: &[&str]) {
    let found = found(report);
    let skipped = |(check, _): &&(String, String)| !skip.contains(&check.as_str());
    let problems = pairs(&planted["problems"]);
    let missed: Vec<_> = problems.iter().filter(skipped).filter(|problem| !found.contains(*problem)).collect();
    assert!(missed.is_empty(), "{story}: planted and not named: {missed:#?}");
    let mut twins = pairs(&planted["twins"]);
    if skip.is_empty() {
        twins.extend(pairs(&planted["corrected_twins"]));
    }
    let accused: Vec<_> = twins.iter().filter(|twin| found.contains(*twin)).collect();
    assert!(accused.is_empty(), "{story}: good twins named: {accused:#?}");
}

#[test]
fn planted_problems_are_named_and_their_twins_are_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let moto = Moto::start();
    let planted = moto.seed("planted.py");
    let snapshot = folder.path().join("moto.json");
    let snapshot = snapshot.to_str().expect("UTF-8");
    let scan = ["scan", "--endpoint-url", &moto.url(), "--region", "eu-west-1", "--format", "json", "--snapshot", snapshot];
    let report = natless_with_credentials(folder.path(), &scan).expect_code(1).json();
    assert_named("moto", &report, &planted, NEEDS_CORRECTION);

    let inventory = serde_json::from_str(&std::fs::read_to_string(snapshot).expect("a snapshot")).expect("an inventory");
    let corrections: Corrections = serde_json::from_value(planted["corrections"].clone()).expect("corrections");
    let aws = SimulatedAws::start(corrected(inventory, &corrections), Options::default());
    let scan = ["scan", "--endpoint-url", &aws.url(), "--region", "eu-west-1", "--format", "json"];
    let report = natless_with_credentials(folder.path(), &scan).expect_code(1).json();
    assert_eq!(report["gaps"], Value::Array(Vec::new()), "the simulated AWS answers everything");
    assert_named("corrected", &report, &planted, &[]);
}

#[test]
fn every_class_of_problem_is_planted() {
    let moto = Moto::start();
    let planted = moto.seed("planted.py");
    let problems: BTreeSet<String> = pairs(&planted["problems"]).into_iter().map(|(check, _)| check).collect();
    let checks = natless::analyze::checks::registry().iter().map(|check| check.id);
    let missing: Vec<&str> = checks.filter(|id| !problems.contains(*id)).collect();
    assert!(missing.is_empty(), "no planted problem for {missing:?}");
}
