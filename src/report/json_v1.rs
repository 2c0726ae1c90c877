//! The report for programs, `natless/report/1`: own structs, so that no change inside natless changes the format.
//!
//! Keys are only ever added within version 1. The JSON Schema is `reports/schema/natless-report-1.schema.json`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Facts;
use super::comparison_v1::{ComparisonV1, TrendPointV1};
use super::json::to_json;
use super::money_v1::{self, BillV1, ChangeV1, StepV1, UsdV1};
use super::path_v1::PathV1;
use super::policy_v1::WitnessV1;
use crate::analyze::{
    Assessment, Check, CheckCounts, Control, Evidence, Finding, Pillar, Resource, Score, Scores, UnknownSubject, WaivedWaste,
    WaiverNote,
};
use crate::model::{Gap, GapId};

/// Name and version of the format.
pub const SCHEMA: &str = "natless/report/1";

/// The report as pretty-printed JSON with a line break at its end: the same assessment gives the same bytes.
///
/// # Errors
/// [`serde_json::Error`] where a value has no JSON form.
pub fn render(facts: Facts<'_>) -> Result<String, serde_json::Error> {
    to_json(&ReportV1::from(facts))
}

#[derive(Serialize)]
struct ReportV1<'a> {
    schema: &'static str,
    natless: &'static str,
    account: AccountV1<'a>,
    taken_at: String,
    lookback_days: u32,
    regions: &'a [String],
    /// Tells settings apart that lead to other findings.
    settings_id: &'a str,
    scores: ScoresV1,
    bill: BillV1<'a>,
    /// The changes of the open findings, what saves most first.
    plan: Vec<StepV1<'a>>,
    waived: WaivedV1,
    findings: Vec<FindingV1<'a>>,
    unknown: Vec<UnknownV1<'a>>,
    gaps: Vec<GapV1<'a>>,
    checks: BTreeMap<&'static str, CheckV1>,
    paths: Vec<PathV1<'a>>,
    inventory_counts: &'a BTreeMap<String, u64>,
    notes: &'a [String],
    /// What has changed since the baseline; `null` without one.
    comparison: Option<ComparisonV1<'a>>,
    /// The figures of the scans before this one and of this one, oldest first.
    trend: Vec<TrendPointV1>,
}

/// What the findings that waivers accept cost.
#[derive(Serialize)]
pub(super) struct WaivedV1 {
    findings: u64,
    /// `null` where none has a price.
    saving_usd: Option<UsdV1>,
    unpriced: u64,
}

#[derive(Serialize)]
pub(super) struct AccountV1<'a> {
    id: &'a str,
    partition: &'a str,
    organization_id: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct ScoresV1 {
    overall: ScoreV1,
    egress: ScoreV1,
    cost: ScoreV1,
    privilege: ScoreV1,
}

#[derive(Serialize)]
struct ScoreV1 {
    score: Option<f64>,
    grade: Option<char>,
    coverage: f64,
}

/// A finding; a change is written out, or named by its number.
#[derive(Serialize)]
pub(super) struct FindingV1<'a, C = ChangeV1<'a>> {
    id: &'a str,
    check: &'static str,
    pillar: &'static str,
    severity: &'static str,
    status: &'static str,
    region: &'a str,
    resource: ResourceV1<'a>,
    related: &'a [String],
    service: Option<&'a str>,
    title: &'a str,
    detail: &'a str,
    evidence: Vec<EvidenceV1<'a>>,
    /// Bytes of the lookback window, to all destinations together; `null` where not measured.
    measured_bytes: Option<u64>,
    /// What the change saves in a month, taken by itself; `null` where there is none, or that is not known.
    saving_usd: Option<UsdV1>,
    /// A request that gets through, for findings about policies.
    witness: Option<WitnessV1>,
    /// The change that repairs it; `null` where none is safe.
    change: Option<C>,
    /// Why there is no change.
    no_change: Option<&'a str>,
    waiver: Option<WaiverV1<'a>>,
    /// The waiver that covered it and has run out.
    waiver_expired: Option<WaiverV1<'a>>,
}

#[derive(Serialize)]
struct ResourceV1<'a> {
    kind: &'a str,
    id: &'a str,
    arn: Option<&'a str>,
    name: Option<&'a str>,
    vpc_id: Option<&'a str>,
}

#[derive(Serialize)]
struct EvidenceV1<'a> {
    fact: &'a str,
    source: &'a str,
}

#[derive(Serialize)]
struct WaiverV1<'a> {
    reason: &'a str,
    owner: Option<&'a str>,
    until: Option<String>,
}

#[derive(Serialize)]
pub(super) struct UnknownV1<'a> {
    id: &'a str,
    check: &'static str,
    region: &'a str,
    resource: ResourceV1<'a>,
    service: Option<&'a str>,
    why: &'a str,
    /// Index of the first gap behind it, `null` where AWS documents no answer.
    gap: Option<usize>,
    /// Indexes of every gap behind it.
    gaps: Vec<usize>,
}

#[derive(Serialize)]
pub(super) struct GapV1<'a> {
    id: &'a str,
    account: Option<&'a str>,
    region: &'a str,
    service: &'a str,
    operation: &'a str,
    action: &'a str,
    resource: Option<&'a str>,
    kind: &'a str,
    code: &'a str,
    message: &'a str,
    request_id: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct CheckV1 {
    /// Controls of public catalogues that its findings violate.
    controls: Vec<ControlV1>,
    pass: u64,
    fail: u64,
    waived: u64,
    unknown: u64,
    not_applicable: u64,
}

/// A control of a public catalogue.
#[derive(Serialize)]
pub(super) struct ControlV1 {
    framework: String,
    id: &'static str,
}

impl From<&'static Control> for ControlV1 {
    fn from(control: &'static Control) -> Self {
        Self { framework: control.framework.to_string(), id: control.id }
    }
}

/// Where each gap stands in the list of gaps.
pub(super) fn gap_index(assessment: &Assessment) -> BTreeMap<&GapId, usize> {
    assessment.gaps.iter().enumerate().map(|(index, (id, _))| (id, index)).collect()
}

impl<'a> From<&'a Assessment> for AccountV1<'a> {
    fn from(assessment: &'a Assessment) -> Self {
        Self {
            id: &assessment.account.id,
            partition: assessment.account.partition.as_str(),
            organization_id: assessment.organization_id.as_deref(),
        }
    }
}

impl<'a> From<Facts<'a>> for ReportV1<'a> {
    fn from(facts: Facts<'a>) -> Self {
        let assessment = facts.assessment;
        let gap_index = gap_index(assessment);
        Self {
            schema: SCHEMA,
            natless: env!("CARGO_PKG_VERSION"),
            account: AccountV1::from(assessment),
            taken_at: assessment.taken_at.to_string(),
            lookback_days: assessment.lookback_days,
            regions: &assessment.regions,
            settings_id: &assessment.settings_id,
            scores: ScoresV1::from(&assessment.scores),
            bill: BillV1::new(&assessment.bill, &assessment.plan, assessment.terms),
            plan: assessment.plan.steps.iter().map(StepV1::from).collect(),
            waived: assessment.waived.into(),
            findings: assessment.findings.iter().map(FindingV1::from).collect(),
            unknown: assessment.unknown.iter().map(|subject| UnknownV1::new(subject, &gap_index)).collect(),
            gaps: assessment.gaps.iter().map(|(id, gap)| GapV1::new(id, gap)).collect(),
            checks: assessment.checks.iter().map(|(id, counts)| (*id, CheckV1::new(facts.check(id), *counts))).collect(),
            paths: assessment.paths.iter().map(PathV1::from).collect(),
            inventory_counts: &assessment.inventory_counts,
            notes: &assessment.notes,
            comparison: facts.comparison.map(ComparisonV1::from),
            trend: facts.trend.iter().map(TrendPointV1::from).collect(),
        }
    }
}

impl From<WaivedWaste> for WaivedV1 {
    fn from(waived: WaivedWaste) -> Self {
        Self { findings: waived.findings, saving_usd: waived.saving.map(UsdV1::from), unpriced: waived.unpriced }
    }
}

impl From<&Scores> for ScoresV1 {
    fn from(scores: &Scores) -> Self {
        let pillar = |pillar| ScoreV1::from(scores.pillars.get(&pillar).copied().unwrap_or(Score::NOTHING_JUDGED));
        Self {
            overall: ScoreV1::from(scores.overall),
            egress: pillar(Pillar::Egress),
            cost: pillar(Pillar::Cost),
            privilege: pillar(Pillar::Privilege),
        }
    }
}

impl From<Score> for ScoreV1 {
    fn from(score: Score) -> Self {
        Self { score: score.score, grade: score.grade, coverage: score.coverage }
    }
}

impl<'a> From<&'a Finding> for FindingV1<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self::with_change(finding, ChangeV1::of(&finding.repair))
    }
}

/// The request that shows a finding.
pub(super) fn witness(finding: &Finding) -> Option<WitnessV1> {
    finding.witness.as_deref().map(|shown| WitnessV1::new(&shown.witness, shown.context.iter().cloned()))
}

impl<'a, C> FindingV1<'a, C> {
    pub(super) fn with_change(finding: &'a Finding, change: Option<C>) -> Self {
        Self {
            id: &finding.id,
            check: finding.check,
            pillar: finding.pillar.as_str(),
            severity: finding.severity.as_str(),
            status: if finding.waiver.is_some() { "waived" } else { "fail" },
            region: &finding.region,
            resource: ResourceV1::from(&finding.resource),
            related: &finding.related,
            service: finding.service.as_deref(),
            title: &finding.title,
            detail: &finding.detail,
            evidence: finding.evidence.iter().map(EvidenceV1::from).collect(),
            measured_bytes: finding.measured_bytes,
            saving_usd: money_v1::saving(&finding.repair),
            witness: witness(finding),
            change,
            no_change: money_v1::no_change(&finding.repair),
            waiver: finding.waiver.as_ref().map(WaiverV1::from),
            waiver_expired: finding.lapsed.as_ref().map(WaiverV1::from),
        }
    }
}

impl<'a> From<&'a Resource> for ResourceV1<'a> {
    fn from(resource: &'a Resource) -> Self {
        Self {
            kind: &resource.kind,
            id: &resource.id,
            arn: resource.arn.as_deref(),
            name: resource.name.as_deref(),
            vpc_id: resource.vpc_id.as_deref(),
        }
    }
}

impl<'a> From<&'a Evidence> for EvidenceV1<'a> {
    fn from(evidence: &'a Evidence) -> Self {
        Self { fact: &evidence.fact, source: &evidence.source }
    }
}

impl<'a> From<&'a WaiverNote> for WaiverV1<'a> {
    fn from(waiver: &'a WaiverNote) -> Self {
        Self { reason: &waiver.reason, owner: waiver.owner.as_deref(), until: waiver.until.map(|day| day.to_string()) }
    }
}

impl<'a> UnknownV1<'a> {
    pub(super) fn new(subject: &'a UnknownSubject, gap_index: &BTreeMap<&GapId, usize>) -> Self {
        let mut gaps: Vec<usize> = subject.doubt.gaps.iter().filter_map(|id| gap_index.get(id).copied()).collect();
        gaps.sort_unstable();
        gaps.dedup();
        Self {
            id: &subject.id,
            check: subject.check,
            region: &subject.region,
            resource: ResourceV1::from(&subject.resource),
            service: subject.service.as_deref(),
            why: &subject.doubt.why,
            gap: gaps.first().copied(),
            gaps,
        }
    }
}

impl<'a> GapV1<'a> {
    pub(super) fn new(id: &'a GapId, gap: &'a Gap) -> Self {
        Self {
            id: &id.0,
            account: gap.account.as_deref(),
            region: &gap.region,
            service: &gap.service,
            operation: &gap.operation,
            action: &gap.action,
            resource: gap.resource.as_deref(),
            kind: gap.kind.as_str(),
            code: &gap.code,
            message: &gap.message,
            request_id: gap.request_id.as_deref(),
        }
    }
}

impl CheckV1 {
    pub(super) fn new(check: Option<&'static Check>, counts: CheckCounts) -> Self {
        Self {
            controls: check.into_iter().flat_map(|check| check.controls).map(ControlV1::from).collect(),
            pass: counts.pass,
            fail: counts.fail,
            waived: counts.waived,
            unknown: counts.unknown,
            not_applicable: counts.not_applicable,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::sample::Sample;
    use super::super::text;
    use super::*;

    fn schema() -> Value {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/reports/schema/natless-report-1.schema.json");
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    fn report() -> Value {
        serde_json::from_str(&render(Sample::new().facts()).unwrap()).unwrap()
    }

    #[test]
    fn a_report_with_every_variant_is_valid() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let report = report();
        let errors: Vec<String> =
            validator.iter_errors(&report).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }

    #[test]
    fn the_schema_refuses_keys_and_values_it_does_not_name() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        for (pointer, key, value) in [
            ("", "extra", Value::Bool(true)),
            ("/findings/0", "status", Value::from("pass")),
            ("/findings/0/resource", "extra", Value::Null),
            ("/paths/0/segments/0/end", "kind", Value::from("teleport")),
            ("/scores/overall", "score", Value::from(101)),
            ("/gaps/0", "region", Value::Null),
        ] {
            let mut report = report();
            report.pointer_mut(pointer).unwrap().as_object_mut().unwrap().insert(key.to_owned(), value);
            assert!(!validator.is_valid(&report), "{pointer} {key}");
        }
    }

    #[test]
    fn the_same_assessment_gives_the_same_bytes() {
        let first = render(Sample::new().facts()).unwrap();
        assert_eq!(first, render(Sample::new().facts()).unwrap());
        assert!(first.ends_with("}\n") && first.starts_with("{\n  \"schema\": \"natless/report/1\""));
    }

    #[test]
    fn hostile_text_is_escaped_and_still_exact() {
        let json = render(Sample::new().facts()).unwrap();
        assert!(json.chars().all(|c| c == '\n' || !text::is_hostile(c)));
        let name = report().pointer("/findings/18/resource/name").unwrap().as_str().unwrap().to_owned();
        assert_eq!(name, super::super::sample::HOSTILE);
    }

    #[test]
    fn unknown_subjects_point_at_their_gaps() {
        let report = report();
        let index = usize::try_from(report.pointer("/unknown/0/gap").unwrap().as_u64().unwrap()).unwrap();
        assert_eq!(report["gaps"][index]["operation"], "DescribeRouteTables");
        assert_eq!(report.pointer("/unknown/1/gap"), Some(&Value::Null));
        assert_eq!(report.pointer("/findings/19/status"), Some(&Value::from("waived")));
        assert_eq!(report.pointer("/findings/0/status"), Some(&Value::from("fail")));
    }
}
