//! What the page shows, as its script reads it: the words of `natless/report/1`, with what is said often said once.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::flow::{self, CarrierV1};
use super::matrix::MatrixV1;
use super::vpcs::{self, VpcV1};
use crate::analyze::history::Comparison;
use crate::analyze::{Check, Finding, PlanStep, Severity};
use crate::model::Gap;
use crate::report::comparison_v1::{ComparisonV1, TrendPointV1};
use crate::report::json_v1::{AccountV1, CheckV1, FindingV1, GapV1, ScoresV1, UnknownV1, WaivedV1, gap_index};
use crate::report::money_v1::{BillV1, ChangeV1, UsdV1};
use crate::report::words::{gap_advice, lacks_permission};
use crate::report::{Facts, manual, text};

/// Everything the page shows.
#[derive(Serialize)]
pub(super) struct DataV1<'a> {
    natless: &'static str,
    account: AccountV1<'a>,
    taken_at: String,
    lookback_days: u32,
    regions: &'a [String],
    notes: &'a [String],
    scores: ScoresV1,
    trend: Vec<TrendPointV1>,
    bill: BillV1<'a>,
    waived: WaivedV1,
    plan: Vec<StepV1<'a>>,
    changes: Vec<ChangeV1<'a>>,
    checks: BTreeMap<&'static str, CheckWithManualV1>,
    findings: Vec<FindingWithDeltaV1<'a>>,
    unknown: Vec<UnknownV1<'a>>,
    gaps: Vec<GapV1<'a>>,
    /// What would let a call succeed next time, by action, kind and code of its gap.
    gap_advice: BTreeMap<String, String>,
    /// Actions that were denied for want of a permission.
    missing_actions: BTreeSet<&'a str>,
    /// The class of a regular expression that finds what must not be shown as itself.
    hostile: String,
    comparison: Option<ComparisonV1<'a>>,
    flow: Vec<CarrierV1<'a>>,
    vpcs: Vec<VpcV1<'a>>,
    /// VPCs of which no picture is drawn.
    vpcs_left_out: usize,
    #[serde(flatten)]
    matrix: MatrixV1<'a>,
}

/// A finding that names its change by number.
#[derive(Serialize)]
struct FindingWithDeltaV1<'a> {
    #[serde(flatten)]
    finding: FindingV1<'a, usize>,
    /// What the comparison says about it; `null` without a baseline.
    delta: Option<&'static str>,
    /// When an earlier scan first had it; `null` where none is known to have had it.
    first_seen: Option<String>,
}

/// A check with all that its findings share.
#[derive(Serialize)]
struct CheckWithManualV1 {
    title: &'static str,
    pillar: &'static str,
    severity: &'static str,
    summary: &'static str,
    command: &'static str,
    url: &'static str,
    /// Markdown.
    manual: String,
    #[serde(flatten)]
    counts: CheckV1,
}

/// A step of the plan that names its change by number.
#[derive(Serialize)]
struct StepV1<'a> {
    change: usize,
    check: &'static str,
    severity: &'static str,
    findings: &'a [String],
    saving_usd: Option<UsdV1>,
    adds_usd: Option<UsdV1>,
}

/// Title, proof, hazards and commands of a change.
type ChangeKey<'a> = (&'a str, &'static str, &'a [String], Vec<String>);

/// Changes, each once.
#[derive(Default)]
struct Changes<'a> {
    changes: Vec<ChangeV1<'a>>,
    numbers: BTreeMap<ChangeKey<'a>, usize>,
}

impl<'a> Changes<'a> {
    fn number(&mut self, change: ChangeV1<'a>) -> usize {
        let next = self.changes.len();
        let number = *self.numbers.entry((change.title, change.proof, change.hazards, change.run.clone())).or_insert(next);
        if number == next {
            self.changes.push(change);
        }
        number
    }
}

impl<'a> From<Facts<'a>> for DataV1<'a> {
    fn from(facts: Facts<'a>) -> Self {
        let assessment = facts.assessment;
        let deltas = facts.comparison.map(Comparison::deltas);
        let mut changes = Changes::default();
        let finding = |finding: &'a Finding, changes: &mut Changes<'a>| FindingWithDeltaV1 {
            finding: FindingV1::with_change(finding, ChangeV1::of(&finding.repair).map(|change| changes.number(change))),
            delta: deltas.as_ref().and_then(|deltas| deltas.get(finding.id.as_str())).map(|delta| delta.as_str()),
            first_seen: facts.seen_before(&finding.id).map(|seen| seen.to_string()),
        };
        let findings = assessment.findings.iter().map(|one| finding(one, &mut changes)).collect();
        let plan = assessment.plan.steps.iter().map(|step| StepV1::new(step, &mut changes)).collect();
        let gaps = gap_index(assessment);
        let check = |(id, counts): (&&'static str, &_)| {
            let check = facts.check(id)?;
            Some((check.id, CheckWithManualV1::new(check, facts.severity_of(check), CheckV1::new(Some(check), *counts))))
        };
        let (vpcs, vpcs_left_out) = vpcs::of(facts);
        Self {
            natless: env!("CARGO_PKG_VERSION"),
            account: AccountV1::from(assessment),
            taken_at: assessment.taken_at.to_string(),
            lookback_days: assessment.lookback_days,
            regions: &assessment.regions,
            notes: &assessment.notes,
            scores: ScoresV1::from(&assessment.scores),
            trend: facts.trend.iter().map(TrendPointV1::from).collect(),
            bill: BillV1::new(&assessment.bill, &assessment.plan, assessment.terms),
            waived: assessment.waived.into(),
            plan,
            checks: assessment.checks.iter().filter_map(check).collect(),
            findings,
            changes: changes.changes,
            unknown: assessment.unknown.iter().map(|subject| UnknownV1::new(subject, &gaps)).collect(),
            gaps: assessment.gaps.iter().map(|(id, gap)| GapV1::new(id, gap)).collect(),
            gap_advice: assessment.gaps.iter().map(|(_, gap)| advice(gap)).collect(),
            missing_actions: assessment
                .gaps
                .iter()
                .filter(|(_, gap)| lacks_permission(gap))
                .map(|(_, gap)| &*gap.action)
                .collect(),
            hostile: text::hostile_class(),
            comparison: facts.comparison.map(ComparisonV1::from),
            flow: flow::of(facts),
            vpcs,
            vpcs_left_out,
            matrix: MatrixV1::from(facts),
        }
    }
}

/// The words about a gap, with what they are found by.
fn advice(gap: &Gap) -> (String, String) {
    let key = format!("{} {} {}", gap.action, gap.kind.as_str(), gap.code);
    (key, gap_advice(&gap.kind, &gap.code, &[&gap.action]))
}

impl CheckWithManualV1 {
    fn new(check: &'static Check, severity: Severity, counts: CheckV1) -> Self {
        Self {
            title: check.title,
            pillar: check.pillar.as_str(),
            severity: severity.as_str(),
            summary: check.remediation.summary,
            command: check.remediation.command,
            url: check.remediation.url,
            manual: manual::markdown(check),
            counts,
        }
    }
}

impl<'a> StepV1<'a> {
    fn new(step: &'a PlanStep, changes: &mut Changes<'a>) -> Self {
        Self {
            change: changes.number(ChangeV1::new(&step.change, step.proof)),
            check: step.check,
            severity: step.severity.as_str(),
            findings: &step.findings,
            saving_usd: step.alone.as_ref().ok().map(|saving| (*saving).into()),
            adds_usd: step.adds.as_ref().ok().map(|saving| (*saving).into()),
        }
    }
}
