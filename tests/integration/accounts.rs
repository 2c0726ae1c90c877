//! The accounts that other tests build on are what they say: one without a fault, one with every fault.

use std::collections::BTreeSet;

use natless::analyze::checks::registry;
use natless::analyze::{Settings, assess};

use crate::support::accounts::{tidy_account, troubled_account};

#[test]
fn nothing_is_found_in_the_tidy_account_and_nothing_is_in_doubt() {
    let assessment = assess(&tidy_account(), &Settings::default());
    assert!(assessment.findings.is_empty(), "{:#?}", assessment.findings);
    assert!(assessment.unknown.is_empty(), "{:#?}", assessment.unknown);
    assert!(!assessment.paths.is_empty());
}

#[test]
fn every_check_finds_something_in_the_troubled_account() {
    let assessment = assess(&troubled_account(), &Settings::default());
    let found: BTreeSet<&str> = assessment.findings.iter().map(|finding| finding.check).collect();
    let silent: Vec<&str> = registry().iter().map(|check| check.id).filter(|id| !found.contains(id)).collect();
    assert!(silent.is_empty(), "nothing planted for {silent:?}; found {found:#?}");
    assert!(assessment.unknown.is_empty(), "{:#?}", assessment.unknown);
}
