//! The result of an audit: everything a report shows, and nothing a report would have to compute.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Doubt, Evidence, Pillar, Plan, Repaired, Resource, Severity, Shown};
use crate::cost::{Bill, Terms, Usage, UsdRange};
use crate::model::{Account, Gap, GapId};
use crate::network::Path;

/// The result of an audit.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// Account that was read.
    pub account: Account,
    /// Organization id, where the account is in one and it was read.
    pub organization_id: Option<String>,
    /// When the scan began.
    pub taken_at: jiff::Timestamp,
    /// Regions that were asked, sorted.
    pub regions: Vec<String>,
    /// Length of the metrics window in days.
    pub lookback_days: u32,
    /// The scores.
    pub scores: Scores,
    /// What the account pays in a month for the ways of its packets.
    pub bill: Bill,
    /// What it is made with, next to the list price.
    pub terms: Terms,
    /// The traffic that was measured.
    pub usage: Arc<Usage>,
    /// The changes of the open findings, in the order of what they save.
    pub plan: Plan,
    /// What the findings that waivers accept cost.
    pub waived: WaivedWaste,
    /// Tells settings apart that lead to other findings: [`Settings::id`](super::Settings::id).
    pub settings_id: String,
    /// Findings, waived ones included: by pillar, worst first, then by id.
    pub findings: Vec<Finding>,
    /// Subjects that could not be judged.
    pub unknown: Vec<UnknownSubject>,
    /// Severity of each check that ran, after the settings' overrides, by check id.
    pub severities: BTreeMap<&'static str, Severity>,
    /// Counts per check, for every check that ran, by check id.
    pub checks: BTreeMap<&'static str, CheckCounts>,
    /// What was not read, sorted by id.
    pub gaps: Vec<(GapId, Gap)>,
    /// The path matrix: subnets x services x IP versions.
    pub paths: Vec<Path>,
    /// How many resources of each kind were read, by kind.
    pub inventory_counts: BTreeMap<String, u64>,
    /// Remarks on the audit itself, such as a waiver that has run out, in one line each.
    pub notes: Vec<String>,
}

/// One defect of one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Stable id: a hash of check, account, region, resource, service and discriminator.
    pub id: String,
    /// Check that found it.
    pub check: &'static str,
    /// Pillar of the check.
    pub pillar: Pillar,
    /// Severity, after the settings' overrides.
    pub severity: Severity,
    /// Region.
    pub region: String,
    /// The resource that is wrong.
    pub resource: Resource,
    /// Other resources that take part, by id.
    pub related: Vec<String>,
    /// AWS service it is about.
    pub service: Option<String>,
    /// One line.
    pub title: String,
    /// A few sentences.
    pub detail: String,
    /// Facts it rests on.
    pub evidence: Vec<Evidence>,
    /// Bytes measured on what is wrong over the lookback window, to all destinations together; `None` where unknown. An
    /// upper bound of what the defect concerns.
    pub measured_bytes: Option<u64>,
    /// A request that shows it, for findings about policies; the policy engine's evaluator has confirmed it.
    pub witness: Option<Box<Shown>>,
    /// What can be done about it.
    pub repair: Repaired,
    /// The waiver that covers it; a waived finding stays visible and leaves the score.
    pub waiver: Option<WaiverNote>,
    /// The waiver that covered it and has run out, where no other one holds.
    pub lapsed: Option<WaiverNote>,
}

/// What the findings that waivers accept cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WaivedWaste {
    /// How many findings are waived.
    pub findings: u64,
    /// What those of their changes that save anything would save together in a month; `None` where none does, or that is not known.
    pub saving: Option<UsdRange>,
    /// Waived findings about egress and cost of which nobody knows what they cost.
    pub unpriced: u64,
}

/// The waiver that covers a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiverNote {
    /// Why the risk is accepted.
    pub reason: String,
    /// Who accepted it.
    pub owner: Option<String>,
    /// Last day it holds.
    pub until: Option<jiff::civil::Date>,
}

/// A subject that could not be judged.
#[derive(Debug, Clone, PartialEq)]
pub struct UnknownSubject {
    /// Stable id: the one that a finding of the same subject would have.
    pub id: String,
    /// Check.
    pub check: &'static str,
    /// Region.
    pub region: String,
    /// Resource.
    pub resource: Resource,
    /// AWS service it is about.
    pub service: Option<String>,
    /// Why.
    pub doubt: Doubt,
}

/// How many subjects of a check came out how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CheckCounts {
    /// In order.
    pub pass: u64,
    /// Wrong, and open.
    pub fail: u64,
    /// Wrong, and accepted by a waiver.
    pub waived: u64,
    /// Not to be told.
    pub unknown: u64,
    /// Nothing to say.
    pub not_applicable: u64,
}

/// The scores of an audit.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// All pillars together.
    pub overall: Score,
    /// Per pillar; every pillar is present.
    pub pillars: BTreeMap<Pillar, Score>,
}

/// A score with what it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// 0 to 100 with one decimal; `None` when no subject was judged.
    pub score: Option<f64>,
    /// Letter of the score.
    pub grade: Option<char>,
    /// Judged weight as a share of judged and unknown weight, 0 to 1 with two decimals; 1 when there was nothing to judge.
    pub coverage: f64,
}

impl Score {
    /// Of nothing.
    pub const NOTHING_JUDGED: Self = Self { score: None, grade: None, coverage: 1.0 };
}
