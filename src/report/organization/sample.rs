//! A merged report with every variant and hostile text in it, for the tests of the formats.

use std::collections::BTreeSet;

use crate::analyze::history::Record;
use crate::analyze::organization::{Merged, Merger, Missing};
use crate::analyze::{Pillar, Score, Severity};
use crate::report::sample::{HOSTILE, assessment};

/// Accounts with findings, without a score or a known bill, in order, and missing.
pub(crate) fn merged() -> Merged {
    let full = Record::from(&assessment());
    let of = |account_id: &str| Record { account_id: account_id.to_owned(), ..full.clone() };
    let nothing = Score { score: None, grade: None, coverage: 0.0 };
    let blind = Record {
        overall: nothing,
        pillars: Pillar::ALL.into_iter().map(|pillar| (pillar, nothing)).collect(),
        monthly: None,
        unpriced: BTreeSet::new(),
        avoidable: None,
        findings: Vec::new(),
        settings_id: None,
        ..of("222233334444")
    };
    let best = Score { score: Some(100.0), grade: Some('A'), coverage: 1.0 };
    let clean = Record {
        overall: best,
        pillars: Pillar::ALL.into_iter().map(|pillar| (pillar, best)).collect(),
        monthly: None,
        unpriced: BTreeSet::new(),
        avoidable: Some(crate::cost::UsdRange::default()),
        findings: Vec::new(),
        unknown: Vec::new(),
        gaps: 0,
        taken_at: "2026-11-25T02:00:00Z".parse().unwrap(),
        natless: "0.0.9".to_owned(),
        lookback_days: 7,
        ..of("444455556666")
    };
    let mut worst = of("111122223333");
    let mut foreign = worst.findings.first().unwrap().clone();
    (foreign.id, foreign.severity) = ("f90".to_owned(), Severity::Medium);
    foreign.subject.check = format!("later-check|{HOSTILE}");
    foreign.subject.region = format!("=1+1{HOSTILE}");
    worst.findings.push(foreign);
    let mut merger = Merger::new();
    merger.note(format!("told by the organization {HOSTILE}"));
    merger.add(worst.clone(), Some(format!("=prod | <b>@team</b> {HOSTILE}")));
    merger.add(worst, None);
    merger.add(blind, None);
    merger.add(clean, Some("sandbox".to_owned()));
    for (account_id, name) in [("555566667777", None), ("123456789012", Some(format!("[x](http://evil.example) {HOSTILE}")))] {
        merger.miss(Missing { account_id: account_id.to_owned(), name, why: format!("the role was not assumed {HOSTILE}") });
    }
    merger.finish()
}
