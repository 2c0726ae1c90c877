//! The figures of one scan in a row of them.

use std::collections::BTreeMap;

use super::{Record, RecordedStatus};
use crate::analyze::{Pillar, Score, Severity};
use crate::cost::UsdRange;

/// The figures of one scan.
#[derive(Debug, Clone, PartialEq)]
pub struct TrendPoint {
    /// When the scan began.
    pub taken_at: jiff::Timestamp,
    /// Score of all pillars together.
    pub overall: Score,
    /// Score per pillar.
    pub pillars: BTreeMap<Pillar, Score>,
    /// Open findings by severity; every severity is present.
    pub open: BTreeMap<Severity, u64>,
    /// Findings that waivers cover.
    pub waived: u64,
    /// Subjects that could not be judged.
    pub unknown: u64,
    /// Calls that could not be read.
    pub gaps: u64,
    /// The monthly bill; `None` where nothing has a price.
    pub monthly: Option<UsdRange>,
    /// What the plan saves in a month; `None` where it was not worked out.
    pub avoidable: Option<UsdRange>,
}

impl From<&Record> for TrendPoint {
    fn from(record: &Record) -> Self {
        let mut open: BTreeMap<Severity, u64> = Severity::ALL.into_iter().map(|severity| (severity, 0)).collect();
        let mut waived = 0;
        for finding in &record.findings {
            match finding.status {
                RecordedStatus::Open => *open.entry(finding.severity).or_default() += 1,
                RecordedStatus::Waived => waived += 1,
            }
        }
        Self {
            taken_at: record.taken_at,
            overall: record.overall,
            pillars: record.pillars.clone(),
            open,
            waived,
            unknown: u64::try_from(record.unknown.len()).unwrap_or(u64::MAX),
            gaps: record.gaps,
            monthly: record.monthly,
            avoidable: record.avoidable,
        }
    }
}
