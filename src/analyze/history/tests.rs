use serde_json::json;

use super::*;
use crate::analyze::{Settings, Severity, assess, fixtures};
use crate::cost::UsdRange;

/// An account with a route into nothing, and idle addresses.
fn account(addresses: &[&str]) -> serde_json::Value {
    let ip = |id: &str| format!("198.51.100.{}", id.bytes().last().unwrap_or_default());
    let address = |id: &&str| ((*id).to_owned(), json!({ "public_ip": ip(id) }));
    let addresses: serde_json::Map<String, serde_json::Value> = addresses.iter().map(address).collect();
    json!({ "regions": { "eu-west-1": {
        "vpcs": { "vpc-0aa": {} },
        "subnets": { "subnet-0a": {} },
        "route_tables": { "rtb-0a": { "subnets": ["subnet-0a"], "routes": ["10.9.0.0/16 -> pcx-0gone blackhole"] } },
        "addresses": addresses,
    } } })
}

fn record(account: &serde_json::Value, settings: &str) -> Record {
    let settings = Settings::from_toml(settings, "natless.toml").expect("valid");
    Record::from(&assess(&fixtures::inventory(account), &settings))
}

fn ids(findings: &[RecordedFinding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.subject.resource.id.as_str()).collect()
}

#[test]
fn what_came_and_went_is_told_apart() {
    let (old, new) =
        (record(&account(&["eipalloc-0a", "eipalloc-0b"]), ""), record(&account(&["eipalloc-0b", "eipalloc-0c"]), ""));
    let compared = compare(&old, &new).expect("one account");
    assert_eq!((ids(&compared.new), ids(&compared.fixed)), (vec!["eipalloc-0c"], vec!["eipalloc-0a"]));
    assert!(compared.changed.is_empty() && compared.not_comparable.is_empty() && compared.notes.is_empty(), "{compared:?}");
    let open = |record: &Record| record.findings.len();
    assert_eq!(compared.unchanged.len(), open(&old) - 1);
    // An idle address costs 0.005 an hour.
    assert_eq!((compared.realised, compared.unpriced), (Some(UsdRange::exact("3.65".parse().unwrap())), 0));
    let words = compared.deltas();
    assert_eq!(words.len(), open(&new));
    assert_eq!(words.values().filter(|word| **word == Delta::New).count(), 1);
}

#[test]
fn the_same_audit_twice_is_quiet() {
    let record = record(&account(&["eipalloc-0a"]), "");
    let compared = compare(&record, &record).expect("one account");
    assert!(compared.is_quiet() && compared.realised.is_none() && compared.unchanged.len() == record.findings.len());
}

#[test]
fn what_one_side_could_not_read_is_neither_new_nor_fixed() {
    let seen = record(&account(&["eipalloc-0a"]), "");
    let mut blind = account(&[]);
    blind["regions"]["eu-west-1"]["addresses"] = json!({ "gap": "eu-west-1/ec2:DescribeAddresses" });
    let blind = record(&blind, "");
    let lost = compare(&seen, &blind).expect("one account");
    assert!(lost.fixed.is_empty() && lost.realised.is_none());
    assert_eq!(lost.not_comparable.len(), 1);
    assert_eq!(
        (lost.not_comparable[0].side, lost.not_comparable[0].why.as_str()),
        (Side::Old, "the list of resources of kind address is not complete")
    );
    let found = compare(&blind, &seen).expect("one account");
    assert!(found.new.is_empty());
    assert_eq!(found.not_comparable[0].side, Side::New);
    assert_eq!(found.deltas().get(found.not_comparable[0].finding.id.as_str()), Some(&Delta::NotComparable));
}

#[test]
fn checks_and_regions_that_were_left_out_say_nothing() {
    let (all, less) = (account(&["eipalloc-0a"]), "[checks]\ndisabled = [\"ec2-address-unassociated\"]");
    let off = compare(&record(&all, ""), &record(&all, less)).expect("one account");
    assert_eq!((off.fixed.len(), off.not_comparable[0].why.as_str()), (0, "`ec2-address-unassociated` did not run"));
    assert!(off.notes[0].starts_with("the settings differ"), "{:?}", off.notes);
    let elsewhere = record(&json!({ "regions": { "us-east-1": {} } }), "");
    let moved = compare(&record(&all, ""), &elsewhere).expect("one account");
    assert!(moved.fixed.is_empty() && moved.not_comparable.iter().all(|item| item.why == "eu-west-1 was not asked"));
}

#[test]
fn changes_of_a_finding_are_named_and_figures_are_none() {
    let all = account(&["eipalloc-0a"]);
    let old = record(&all, "");
    let worse = record(&all, "[checks.severity]\nec2-address-unassociated = \"critical\"");
    let compared = compare(&old, &worse).expect("one account");
    assert_eq!(
        (compared.changed[0].what.as_slice(), compared.changed[0].worse),
        (["severity: low to critical".to_owned()].as_slice(), true)
    );
    assert_eq!(compared.worse().filter(|finding| finding.counts_from(Severity::Critical)).count(), 1);
    let waiver = "[[waivers]]\ncheck = \"ec2-address-unassociated\"\nresource = \"*\"\nreason = \"kept\"";
    let accepted = compare(&old, &record(&all, waiver)).expect("one account");
    assert_eq!((accepted.changed[0].what.as_slice(), accepted.changed[0].worse), (["waived".to_owned()].as_slice(), false));
    let back = compare(&record(&all, waiver), &old).expect("one account");
    assert_eq!((back.changed[0].what.as_slice(), back.changed[0].worse), (["no longer waived".to_owned()].as_slice(), true));
    let mut tonight = old.clone();
    tonight.findings[0].title = "carries 2.2 GB a month, $1,000.50".to_owned();
    let mut last_night = tonight.clone();
    last_night.findings[0].title = "carries 3.1 GB a month, $999.00".to_owned();
    assert!(compare(&last_night, &tonight).expect("one account").is_quiet());
    last_night.findings[0].title = "carries 3.1 GB a day, $999.00".to_owned();
    assert_eq!(compare(&last_night, &tonight).expect("one account").changed.len(), 1);
}

#[test]
fn two_accounts_have_nothing_in_common() {
    let one = record(&account(&[]), "");
    let other = Record { account_id: "222233334444".to_owned(), ..one.clone() };
    assert!(compare(&one, &other).is_none());
}

#[test]
fn savings_count_only_where_every_finding_of_a_step_is_gone() {
    let mut old = record(&account(&["eipalloc-0a", "eipalloc-0b"]), "");
    let all: Vec<String> = old
        .findings
        .iter()
        .filter(|finding| finding.subject.check == "ec2-address-unassociated")
        .map(|finding| finding.id.clone())
        .collect();
    old.plan =
        vec![RecordedStep { findings: all, alone: Some(UsdRange::exact(7.into())), adds: Some(UsdRange::exact(5.into())) }];
    let half = compare(&old, &record(&account(&["eipalloc-0b"]), "")).expect("one account");
    assert_eq!((half.realised, half.unpriced), (None, 1));
    let whole = compare(&old, &record(&account(&[]), "")).expect("one account");
    assert_eq!(whole.realised, Some(UsdRange::exact(5.into())));
}

/// Two steps that move the same bytes: by itself each saves up to 100, together they do.
#[test]
fn steps_that_claim_the_same_bytes_save_them_once() {
    let range = |low: i64, high: i64| UsdRange { low: low.into(), high: high.into() };
    let mut old = record(&account(&["eipalloc-0a", "eipalloc-0b"]), "");
    let ids = |id: &str| vec![old.findings.iter().find(|finding| finding.subject.resource.id == id).expect("found").id.clone()];
    let step = |id: &str, adds| RecordedStep { findings: ids(id), alone: Some(range(0, 100)), adds };
    old.plan = vec![step("eipalloc-0a", Some(range(0, 100))), step("eipalloc-0b", Some(range(0, 0)))];
    old.avoidable = Some(range(0, 100));
    let realised = |left: &[&str]| compare(&old, &record(&account(left), "")).expect("one account").realised;
    assert_eq!(realised(&[]), Some(range(0, 100)));
    assert_eq!(realised(&["eipalloc-0b"]), Some(range(0, 100)));
    assert_eq!(realised(&["eipalloc-0a"]), Some(range(0, 100)), "without the first one it may save all of it");
    let unplanned = Record {
        plan: vec![step("eipalloc-0a", Some(range(0, 100))), step("eipalloc-0b", None)],
        monthly: Some(range(0, 150)),
        ..old.clone()
    };
    let realised = compare(&unplanned, &record(&account(&[]), "")).expect("one account").realised;
    assert_eq!(realised, Some(range(0, 150)), "never more than the bill");
}

#[test]
fn bills_are_compared_only_where_they_are_of_the_same_things() {
    let all = account(&["eipalloc-0a"]);
    let old = record(&all, "");
    assert!(compare(&old, &old).expect("one account").monthly.is_some());
    let cheaper = compare(&old, &record(&all, "[cost]\ndiscount = 0.3")).expect("one account");
    assert_eq!(cheaper.monthly, None);
    assert!(cheaper.notes.iter().any(|note| note.starts_with("the bills are not compared")), "{:?}", cheaper.notes);
    assert_eq!(old.settings_id, record(&all, "[cost]\ndiscount = 0.00\nhours_per_month = \"730.0\"").settings_id);
    let mut blind = old.clone();
    blind.unpriced.insert(("eu-west-1".to_owned(), "nat-0a".to_owned(), Some("nat_gb".to_owned())));
    assert_eq!(compare(&old, &blind).expect("one account").monthly, None);
}

#[test]
fn names_and_addresses_in_a_title_are_no_figures() {
    let old = record(&account(&["eipalloc-0a"]), "");
    let titled = |title: &str| {
        let mut new = old.clone();
        new.findings[0].title = title.to_owned();
        new
    };
    let now = titled("subnet-0a in eu-west-1a leaves through 198.51.100.7 to port 22 (3 subnets, $1,000.50)");
    for (other, changes) in [
        ("subnet-0a in eu-west-1b leaves through 198.51.100.7 to port 22 (3 subnets, $1,000.50)", 1),
        ("subnet-0a in eu-west-1a leaves through 198.51.100.8 to port 22 (3 subnets, $1,000.50)", 1),
        ("subnet-0a in eu-west-1a leaves through 198.51.100.7 to port 22 (3 subnets, $999)", 0),
    ] {
        assert_eq!(compare(&titled(other), &now).expect("one account").changed.len(), changes, "{other}");
    }
}
