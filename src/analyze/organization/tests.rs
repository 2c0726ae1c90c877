use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::*;
use crate::analyze::history::{Record, RecordedFinding, RecordedResource, RecordedStatus, RecordedSubject};
use crate::analyze::{Pillar, Score, Severity};
use crate::cost::UsdRange;

const ONE: &str = "111122223333";
const TWO: &str = "222233334444";
const THREE: &str = "444455556666";

fn usd(low: i64, high: i64) -> UsdRange {
    UsdRange { low: Decimal::from(low), high: Decimal::from(high) }
}

/// An account in order.
fn record(account_id: &str) -> Record {
    let score = Score { score: Some(90.0), grade: Some('A'), coverage: 1.0 };
    Record {
        natless: "0.1.0".to_owned(),
        account_id: account_id.to_owned(),
        taken_at: "2026-11-23T02:00:00Z".parse().unwrap(),
        lookback_days: 14,
        regions: BTreeSet::from(["eu-west-1".to_owned(), "us-east-1".to_owned()]),
        settings_id: Some("0123456789abcdef".to_owned()),
        overall: score,
        pillars: Pillar::ALL.into_iter().map(|pillar| (pillar, score)).collect(),
        monthly: Some(usd(10, 20)),
        unpriced: BTreeSet::new(),
        avoidable: Some(usd(0, 5)),
        plan: Vec::new(),
        findings: Vec::new(),
        unknown: Vec::new(),
        checks: BTreeSet::new(),
        gaps: 0,
    }
}

fn finding(check: &str, resource: &str, severity: Severity) -> RecordedFinding {
    RecordedFinding {
        id: format!("{check} {resource}"),
        severity,
        status: RecordedStatus::Open,
        subject: RecordedSubject {
            check: check.to_owned(),
            region: "eu-west-1".to_owned(),
            resource: RecordedResource { kind: "nat_gateway".to_owned(), id: resource.to_owned(), name: None, vpc_id: None },
            service: None,
        },
        title: "idle".to_owned(),
        saving: None,
        fingerprint: "0123456789abcdef".to_owned(),
    }
}

fn with(account_id: &str, findings: &[(&str, &str, Severity)]) -> Record {
    let findings = findings.iter().map(|(check, resource, severity)| finding(check, resource, *severity)).collect();
    Record { findings, ..record(account_id) }
}

fn fold(records: impl IntoIterator<Item = Record>) -> Merged {
    let mut merger = Merger::new();
    records.into_iter().for_each(|record| merger.add(record, None));
    merger.finish()
}

fn order(merged: &Merged) -> Vec<&str> {
    merged.accounts.iter().map(|account| account.account_id.as_str()).collect()
}

fn missing(account_id: &str, why: &str) -> Missing {
    Missing { account_id: account_id.to_owned(), name: None, why: why.to_owned() }
}

#[test]
fn nothing_folds_to_nothing_that_is_known() {
    let merged = Merger::new().finish();
    assert_eq!((merged.taken_at, merged.open(), merged.is_incomplete()), (None, 0, true));
    let Totals { monthly, avoidable, lowest_score, lowest_coverage, .. } = merged.totals;
    assert_eq!((monthly, avoidable, lowest_score, lowest_coverage), (None, None, None, None));
}

#[test]
fn the_worst_account_comes_first() {
    use Severity::{Critical, High, Low};
    let scored = |id: &str, score: Option<f64>| {
        let mut record = record(id);
        record.overall.score = score;
        record
    };
    let critical = with(THREE, &[("vpc-nat-gateway-idle", "nat-0a", Critical)]);
    let high = with(TWO, &[("vpc-nat-gateway-idle", "nat-0a", High), ("vpc-nat-gateway-idle", "nat-0b", High)]);
    let low = with(ONE, &[("vpc-nat-gateway-idle", "nat-0a", Low)]);
    assert_eq!(order(&fold([low, high, critical])), [THREE, TWO, ONE]);
    assert_eq!(order(&fold([scored(ONE, Some(90.0)), scored(TWO, Some(31.5)), scored(THREE, None)])), [THREE, TWO, ONE]);
    let saves = |id: &str, avoidable| Record { avoidable, ..record(id) };
    let by_money = fold([saves(ONE, Some(usd(5, 6))), saves(TWO, Some(usd(-3, 70))), saves(THREE, None)]);
    assert_eq!(order(&by_money), [THREE, TWO, ONE], "what is not known may be worse than what is");
    assert_eq!(order(&fold([record(TWO), record(ONE)])), [ONE, TWO]);
    // A waived finding makes no account worse.
    let mut accepted = with(TWO, &[("vpc-nat-gateway-idle", "nat-0a", Critical)]);
    accepted.findings[0].status = RecordedStatus::Waived;
    assert_eq!(order(&fold([accepted, record(ONE)])), [ONE, TWO]);
}

#[test]
fn findings_are_counted_and_sorted_over_all_accounts() {
    use Severity::{High, Low, Medium};
    let mut one = with(
        ONE,
        &[
            ("vpc-nat-gateway-idle", "nat-0b", High),
            ("vpc-nat-gateway-idle", "nat-0a", High),
            ("ec2-address-unassociated", "eipalloc-0a", Low),
        ],
    );
    one.findings[2].status = RecordedStatus::Waived;
    one.gaps = 2;
    one.unknown = vec![one.findings[0].subject.clone()];
    let two = with(TWO, &[("vpc-nat-gateway-idle", "nat-0a", Medium), ("later-check-new", "x", High)]);
    let merged = fold([two, one]);
    let places: Vec<(&str, &str)> =
        merged.findings.iter().map(|one| (one.account_id.as_str(), one.finding.subject.resource.id.as_str())).collect();
    assert_eq!(places, [(ONE, "nat-0a"), (ONE, "nat-0b"), (TWO, "x"), (TWO, "nat-0a"), (ONE, "eipalloc-0a")]);
    let totals = &merged.totals;
    assert_eq!((merged.open(), totals.waived, totals.unknown, totals.gaps, totals.incomplete), (4, 1, 1, 2, 1));
    assert_eq!(totals.open, BTreeMap::from([(Severity::Critical, 0), (High, 3), (Medium, 1), (Low, 0)]));
    assert_eq!(totals.pillars, BTreeMap::from([(Pillar::Egress, 0), (Pillar::Cost, 3), (Pillar::Privilege, 0)]));
    assert_eq!(totals.no_pillar, 1);
    let checks: Vec<(&str, u64, u64)> =
        totals.checks.iter().map(|total| (total.check.as_str(), total.open, total.accounts)).collect();
    assert_eq!(checks, [("vpc-nat-gateway-idle", 3, 2), ("later-check-new", 1, 1)]);
    assert!(merged.notes.iter().any(|note| note.contains("does not have") && note.contains("`later-check-new`")));
}

#[test]
fn dollars_that_are_not_known_are_counted_and_never_zero() {
    let blind = Record { monthly: None, avoidable: None, gaps: 1, ..record(TWO) };
    let unpriced = BTreeSet::from([("cn-north-1".to_owned(), "nat-0a".to_owned(), None)]);
    let without_prices = Record { monthly: None, unpriced, ..record(THREE) };
    let merged = fold([record(ONE), blind.clone(), without_prices]);
    let totals = merged.totals;
    assert_eq!((totals.monthly, totals.monthly_unknown, totals.unpriced), (Some(usd(10, 20)), 2, 1));
    assert_eq!((totals.avoidable, totals.avoidable_unknown), (Some(usd(0, 10)), 1));
    let nothing_known = fold([blind]).totals;
    assert_eq!((nothing_known.monthly, nothing_known.avoidable, nothing_known.monthly_unknown), (None, None, 1));
    // All was read, and nothing of it is billed.
    let empty = fold([Record { monthly: None, ..record(ONE) }]).totals;
    assert_eq!((empty.monthly, empty.monthly_unknown), (Some(UsdRange::default()), 0));
}

#[test]
fn the_lowest_figures_name_all_who_have_them() {
    let scored = |id: &str, score: Option<f64>, coverage: f64| {
        let overall = Score { score, grade: None, coverage };
        Record { overall, ..record(id) }
    };
    let totals = fold([scored(THREE, Some(59.0), 0.4), scored(ONE, Some(59.0), 1.0), scored(TWO, None, 0.0)]).totals;
    assert_eq!(totals.lowest_score, Some(Lowest { value: 59.0, accounts: vec![ONE.to_owned(), THREE.to_owned()] }));
    assert_eq!(totals.lowest_coverage, Some(Lowest { value: 0.0, accounts: vec![TWO.to_owned()] }));
    assert_eq!(fold([scored(ONE, None, 0.0)]).totals.lowest_score, None);
}

#[test]
fn of_two_reports_of_one_account_the_younger_is_kept() {
    let at = |time: &str, resource: &str| Record {
        taken_at: time.parse().unwrap(),
        ..with(ONE, &[("vpc-nat-gateway-idle", resource, Severity::High)])
    };
    let (old, new) = (at("2026-11-23T02:00:00Z", "nat-0old"), at("2026-11-23T03:00:00Z", "nat-0new"));
    let wanted = "account 111122223333 was given twice: the report of 2026-11-23T03:00:00Z is kept, the one of 2026-11-23T02:00:00Z is left out";
    for both in [[old.clone(), new.clone()], [new, old.clone()]] {
        let mut accounts = Merger::new();
        for (record, name) in both.into_iter().zip([Some("prod".to_owned()), None]) {
            accounts.add(record, name);
        }
        let merged = accounts.finish();
        assert_eq!((merged.accounts.len(), merged.open(), merged.findings.len()), (1, 1, 1));
        assert_eq!(merged.findings[0].finding.subject.resource.id, "nat-0new");
        assert_eq!((merged.accounts[0].name.as_deref(), merged.notes.as_slice()), (Some("prod"), [wanted.to_owned()].as_slice()));
    }
    let same = fold([old.clone(), old]);
    assert_eq!((same.open(), same.notes.len()), (1, 1));
    assert!(same.notes[0].contains("of the same time"), "{:?}", same.notes);
}

#[test]
fn an_account_with_a_report_is_not_missing() {
    let mut accounts = Merger::new();
    for id in [TWO, ONE, THREE] {
        accounts.miss(missing(id, "the role was not assumed"));
    }
    accounts.miss(missing(THREE, "told again"));
    accounts.add(record(ONE), None);
    accounts.note("only the accounts of one unit".to_owned());
    let merged = accounts.finish();
    assert_eq!(merged.missing, [missing(TWO, "the role was not assumed"), missing(THREE, "the role was not assumed")]);
    assert_eq!(
        (merged.notes.as_slice(), merged.is_incomplete()),
        (["only the accounts of one unit".to_owned()].as_slice(), true)
    );
    assert!(!fold([record(ONE)]).is_incomplete());
}

#[test]
fn reports_that_are_not_alike_are_noted_once_each() {
    let alike = fold([record(ONE), record(TWO)]);
    assert!(alike.notes.is_empty(), "{:?}", alike.notes);
    let other = Record {
        settings_id: None,
        natless: "9.0.0".to_owned(),
        lookback_days: 7,
        taken_at: "2026-11-24T14:00:00.001Z".parse().unwrap(),
        ..record(THREE)
    };
    let merged = fold([other.clone(), record(TWO), record(ONE)]);
    assert_eq!(
        merged.notes,
        [
            "the settings differ (trust, checks, thresholds or cost), so that findings and scores do not compare: settings \
             0123456789abcdef in 2 accounts, settings that are not told in 444455556666",
            "the versions of natless differ: natless 0.1.0 in 2 accounts, natless 9.0.0 in 444455556666",
            "the metrics are of windows that differ: 14 days in 2 accounts, 7 days in 444455556666",
            "the reports are more than 36 hours apart: 111122223333 was read 2026-11-23T02:00:00Z, 444455556666 was read \
             2026-11-24T14:00:00.001Z",
        ]
    );
    assert_eq!(merged.taken_at, Some((record(ONE).taken_at, other.taken_at)));
    let just = Record { taken_at: "2026-11-24T14:00:00Z".parse().unwrap(), ..record(TWO) };
    assert!(fold([record(ONE), just]).notes.is_empty());
}

#[test]
fn words_of_a_report_are_repeated_only_as_far_as_such_words_go() {
    let endless = Record { natless: "9".repeat(1_000_000), settings_id: Some("a".repeat(1_000_000)), ..record(TWO) };
    let notes = fold([record(ONE), endless]).notes;
    assert!(notes.len() == 2 && notes.iter().all(|note| note.len() < 300), "{notes:?}");
}

#[test]
fn the_order_of_the_reports_does_not_matter() {
    let all = || [with(TWO, &[("vpc-nat-gateway-idle", "nat-0a", Severity::High)]), record(ONE), record(THREE)];
    let mut turned = all();
    turned.reverse();
    assert_eq!(fold(all()), fold(turned));
}
