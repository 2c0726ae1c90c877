//! What one audit keeps for the next one, `natless/record/1`: the keys of `natless/report/1` that a comparison and a trend need.
//!
//! A report can be read as a record, since the keys are the same.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::json_v1::{self, to_json};
use crate::analyze::history::{Record, RecordedFinding, RecordedResource, RecordedStatus, RecordedStep, RecordedSubject};
use crate::analyze::{Pillar, Score, Severity};
use crate::cost::UsdRange;
use crate::document::{self, Refusal};

/// Name and version of the format.
pub const SCHEMA: &str = "natless/record/1";

/// A record as JSON.
///
/// # Errors
/// [`serde_json::Error`] where a value has no JSON form.
pub fn render(record: &Record) -> Result<String, serde_json::Error> {
    to_json(&RecordV1::from(record))
}

/// Reads a record, or a report as one.
///
/// # Errors
/// [`Refusal`], where the text is neither.
pub fn read(bytes: &[u8]) -> Result<Record, Refusal> {
    let read: RecordV1 = document::read(bytes, &[json_v1::SCHEMA, SCHEMA])?;
    read.try_into().map_err(|detail| Refusal::Damaged { detail })
}

#[derive(Serialize, Deserialize)]
struct RecordV1 {
    schema: String,
    natless: String,
    account: AccountV1,
    taken_at: jiff::Timestamp,
    lookback_days: u32,
    regions: BTreeSet<String>,
    settings_id: Option<String>,
    scores: ScoresV1,
    bill: BillV1,
    #[serde(default)]
    waived: WaivedV1,
    plan: Vec<StepV1>,
    findings: Vec<FindingV1>,
    unknown: Vec<SubjectV1>,
    checks: BTreeMap<String, Option<Anything>>,
    gaps: Vec<Anything>,
}

/// A value that is only counted: a report has more there than a record.
struct Anything;

impl Serialize for Anything {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<'de> Deserialize<'de> for Anything {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

#[derive(Serialize, Deserialize)]
struct AccountV1 {
    id: String,
}

#[derive(Serialize, Deserialize)]
struct ScoresV1 {
    overall: ScoreV1,
    egress: ScoreV1,
    cost: ScoreV1,
    privilege: ScoreV1,
}

#[derive(Serialize, Deserialize)]
struct ScoreV1 {
    score: Option<f64>,
    grade: Option<char>,
    coverage: f64,
}

#[derive(Serialize, Deserialize)]
struct BillV1 {
    monthly_usd: Option<UsdV1>,
    avoidable_usd: Option<UsdV1>,
    complete: bool,
}

#[derive(Default, Serialize, Deserialize)]
struct WaivedV1 {
    saving_usd: Option<UsdV1>,
}

#[derive(Serialize, Deserialize)]
struct UsdV1 {
    low: String,
    high: String,
}

#[derive(Serialize, Deserialize)]
struct StepV1 {
    findings: Vec<String>,
    saving_usd: Option<UsdV1>,
    adds_usd: Option<UsdV1>,
}

#[derive(Serialize, Deserialize)]
struct FindingV1 {
    id: String,
    severity: Severity,
    status: String,
    title: String,
    saving_usd: Option<UsdV1>,
    #[serde(flatten)]
    subject: SubjectV1,
}

#[derive(Serialize, Deserialize)]
struct SubjectV1 {
    check: String,
    region: String,
    resource: ResourceV1,
    service: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct ResourceV1 {
    kind: String,
    id: String,
    name: Option<String>,
    vpc_id: Option<String>,
}

impl From<UsdRange> for UsdV1 {
    fn from(range: UsdRange) -> Self {
        Self { low: crate::cost::cents(range.low), high: crate::cost::cents(range.high) }
    }
}

impl TryFrom<UsdV1> for UsdRange {
    type Error = String;

    fn try_from(written: UsdV1) -> Result<Self, Self::Error> {
        let amount = |text: &str| text.parse::<Decimal>().map_err(|_| "an amount of money is no decimal number".to_owned());
        Ok(Self { low: amount(&written.low)?, high: amount(&written.high)? })
    }
}

fn amount(written: Option<UsdV1>) -> Result<Option<UsdRange>, String> {
    written.map(UsdRange::try_from).transpose()
}

impl From<Score> for ScoreV1 {
    fn from(score: Score) -> Self {
        Self { score: score.score, grade: score.grade, coverage: score.coverage }
    }
}

impl From<ScoreV1> for Score {
    fn from(written: ScoreV1) -> Self {
        Self { score: written.score, grade: written.grade, coverage: written.coverage }
    }
}

impl From<&RecordedSubject> for SubjectV1 {
    fn from(subject: &RecordedSubject) -> Self {
        let RecordedResource { kind, id, name, vpc_id } = subject.resource.clone();
        Self {
            check: subject.check.clone(),
            region: subject.region.clone(),
            resource: ResourceV1 { kind, id, name, vpc_id },
            service: subject.service.clone(),
        }
    }
}

impl From<SubjectV1> for RecordedSubject {
    fn from(written: SubjectV1) -> Self {
        let ResourceV1 { kind, id, name, vpc_id } = written.resource;
        Self {
            check: written.check,
            region: written.region,
            resource: RecordedResource { kind, id, name, vpc_id },
            service: written.service,
        }
    }
}

impl From<&RecordedFinding> for FindingV1 {
    fn from(finding: &RecordedFinding) -> Self {
        Self {
            id: finding.id.clone(),
            severity: finding.severity,
            status: finding.status.as_str().to_owned(),
            title: finding.title.clone(),
            saving_usd: finding.saving.map(UsdV1::from),
            subject: SubjectV1::from(&finding.subject),
        }
    }
}

impl TryFrom<FindingV1> for RecordedFinding {
    type Error = String;

    fn try_from(written: FindingV1) -> Result<Self, Self::Error> {
        let status = [RecordedStatus::Open, RecordedStatus::Waived].into_iter().find(|status| status.as_str() == written.status);
        Ok(Self {
            id: written.id,
            severity: written.severity,
            status: status.ok_or("the status of a finding is neither `fail` nor `waived`")?,
            title: written.title,
            saving: amount(written.saving_usd)?,
            subject: written.subject.into(),
        })
    }
}

impl From<&Record> for RecordV1 {
    fn from(record: &Record) -> Self {
        let pillar = |pillar| record.pillars.get(&pillar).map_or_else(ScoreV1::nothing_judged, |score| ScoreV1::from(*score));
        let step = |step: &RecordedStep| StepV1 {
            findings: step.findings.clone(),
            saving_usd: step.alone.map(UsdV1::from),
            adds_usd: step.adds.map(UsdV1::from),
        };
        Self {
            schema: SCHEMA.to_owned(),
            natless: record.natless.clone(),
            account: AccountV1 { id: record.account_id.clone() },
            taken_at: record.taken_at,
            lookback_days: record.lookback_days,
            regions: record.regions.clone(),
            settings_id: record.settings_id.clone(),
            scores: ScoresV1 {
                overall: record.overall.into(),
                egress: pillar(Pillar::Egress),
                cost: pillar(Pillar::Cost),
                privilege: pillar(Pillar::Privilege),
            },
            bill: BillV1 {
                monthly_usd: record.monthly.map(UsdV1::from),
                avoidable_usd: record.avoidable.map(UsdV1::from),
                complete: record.bill_complete,
            },
            waived: WaivedV1 { saving_usd: record.waived.map(UsdV1::from) },
            plan: record.plan.iter().map(step).collect(),
            findings: record.findings.iter().map(FindingV1::from).collect(),
            unknown: record.unknown.iter().map(SubjectV1::from).collect(),
            checks: record.checks.iter().map(|id| (id.clone(), None)).collect(),
            gaps: (0..record.gaps).map(|_| Anything).collect(),
        }
    }
}

impl ScoreV1 {
    fn nothing_judged() -> Self {
        Self { score: None, grade: None, coverage: 1.0 }
    }
}

impl TryFrom<RecordV1> for Record {
    type Error = String;

    fn try_from(written: RecordV1) -> Result<Self, Self::Error> {
        let step = |step: StepV1| {
            Ok::<_, String>(RecordedStep {
                findings: step.findings,
                alone: amount(step.saving_usd)?,
                adds: amount(step.adds_usd)?,
            })
        };
        let ScoresV1 { overall, egress, cost, privilege } = written.scores;
        let pillars = [(Pillar::Egress, egress), (Pillar::Cost, cost), (Pillar::Privilege, privilege)];
        Ok(Self {
            natless: written.natless,
            account_id: written.account.id,
            taken_at: written.taken_at,
            lookback_days: written.lookback_days,
            regions: written.regions,
            settings_id: written.settings_id,
            overall: overall.into(),
            pillars: pillars.into_iter().map(|(pillar, score)| (pillar, score.into())).collect(),
            monthly: amount(written.bill.monthly_usd)?,
            bill_complete: written.bill.complete,
            avoidable: amount(written.bill.avoidable_usd)?,
            waived: amount(written.waived.saving_usd)?,
            plan: written.plan.into_iter().map(step).collect::<Result<_, _>>()?,
            findings: written.findings.into_iter().map(RecordedFinding::try_from).collect::<Result<_, _>>()?,
            unknown: written.unknown.into_iter().map(RecordedSubject::from).collect(),
            checks: written.checks.into_keys().collect(),
            gaps: u64::try_from(written.gaps.len()).unwrap_or(u64::MAX),
        })
    }
}
