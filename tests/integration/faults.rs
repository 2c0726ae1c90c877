//! AWS at its worst: whatever one call or one region answers, the scan ends with a report and a gap.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::binary::{Run, natless_with_credentials};
use crate::support::parallel::each;
use crate::support::{Fault, FaultKind, Options, SimulatedAws, accounts};

fn scan(faults: Vec<Fault>) -> Run {
    let folder = tempfile::tempdir().expect("a folder");
    let aws = SimulatedAws::start(accounts::tidy_account(), Options { faults, ..Options::default() });
    natless_with_credentials(folder.path(), &["scan", "--endpoint-url", &aws.url(), "--timeout", "6", "--format", "json"])
}

fn fault(operation: Option<&str>, kind: FaultKind) -> Fault {
    Fault { service: operation.map(|_| "ec2"), operation: operation.map(str::to_owned), kind, ..Fault::default() }
}

fn gap_kinds(report: &Value, operation: &str) -> Vec<String> {
    let gaps = report["gaps"].as_array().expect("gaps").iter();
    gaps.filter(|gap| gap["operation"] == operation).map(|gap| gap["kind"].as_str().expect("a kind").to_owned()).collect()
}

#[test]
fn every_kind_of_failure_is_a_gap_of_its_kind() {
    let cases = vec![
        (FaultKind::Deny, "denied"),
        (FaultKind::Throttle, "throttled"),
        (FaultKind::ServerError, "server_error"),
        (FaultKind::Hang, "timed_out"),
        (FaultKind::SlowDrip, "timed_out"),
        (FaultKind::Reset, "timed_out"),
        (FaultKind::TruncatedBody, "malformed"),
        (FaultKind::Garbage, "malformed"),
        (FaultKind::WrongContentType, "malformed"),
        (FaultKind::LoopingToken, "malformed"),
        (FaultKind::ExpiredToken, "denied"),
    ];
    each(cases, |(kind, word)| {
        let begun = Instant::now();
        let report = scan(vec![fault(Some("DescribeSubnets"), kind)]).expect_code(3).json();
        let kinds = gap_kinds(&report, "DescribeSubnets");
        assert!(!kinds.is_empty() && kinds.iter().all(|kind| kind == word), "{kind:?}: {kinds:?}");
        assert_eq!(report["gaps"].as_array().map(Vec::len), Some(kinds.len()), "{kind:?}: gaps of other calls");
        assert!(begun.elapsed() < Duration::from_mins(1), "{kind:?}: {:?}", begun.elapsed());
    });
}

#[test]
fn a_throttled_call_that_recovers_is_no_gap() {
    let twice = Fault { times: Some(2), ..fault(Some("DescribeVpcs"), FaultKind::Throttle) };
    let report = scan(vec![twice]).expect_code(0).json();
    assert_eq!(report["gaps"], Value::Array(Vec::new()));
}

#[test]
fn credentials_that_expire_in_mid_scan_leave_gaps() {
    let expiring = Fault { after: 12, ..fault(None, FaultKind::ExpiredToken) };
    let report = scan(vec![expiring]).expect_code(3).json();
    let gaps = report["gaps"].as_array().expect("gaps");
    assert!(gaps.len() > 20, "{}", gaps.len());
    assert!(gaps.iter().all(|gap| gap["kind"] == "denied"), "{gaps:#?}");
}

#[test]
fn a_region_that_never_answers_leaves_the_others_whole() {
    // Not Route 53 and Organizations, which have no region and answer from there.
    let silent = ["ec2", "s3", "s3control", "cloudwatch", "directconnect"].map(|service| Fault {
        service: Some(service),
        region: Some("us-east-1".to_owned()),
        ..fault(None, FaultKind::Hang)
    });
    let begun = Instant::now();
    let report = scan(silent.into()).expect_code(3).json();
    assert!(
        begun.elapsed() < Duration::from_secs(30),
        "the calls of the region waited one after the other: {:?}",
        begun.elapsed()
    );
    let gaps = report["gaps"].as_array().expect("gaps");
    assert!(!gaps.is_empty());
    for gap in gaps {
        assert_eq!((gap["region"].as_str(), gap["kind"].as_str()), (Some("us-east-1"), Some("timed_out")), "{gap}");
    }
    let paths = report["paths"].as_array().expect("paths");
    let known = paths.iter().filter(|path| path["region"] == "eu-west-1");
    assert!(known.count() > 20, "the region that answers has its paths: {}", paths.len());
}
