//! What one audit keeps for the next one, `natless/record/1`: the keys of `natless/report/1` that a comparison and a trend need.
//!
//! A report can be read as a record, since the keys are the same.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::json::to_json;
use super::json_v1;
use crate::analyze::history::{
    Record, RecordedFinding, RecordedResource, RecordedStatus, RecordedStep, RecordedSubject, fingerprint,
};
use crate::analyze::{Pillar, Score, Severity};
use crate::cost::UsdRange;
use crate::document::{self, Refusal};
use crate::model::is_account_id;

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
    unpriced: Vec<UnpricedV1>,
}

#[derive(Serialize, Deserialize)]
struct UnpricedV1 {
    region: String,
    id: String,
    item: Option<String>,
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
    /// In a record: what tells apart what the finding rests on. A report has that itself.
    #[serde(default)]
    fingerprint: Option<String>,
    #[serde(default, skip_serializing)]
    related: Vec<String>,
    #[serde(default, skip_serializing)]
    evidence: Vec<EvidenceV1>,
    #[serde(default, skip_serializing)]
    witness: Option<WitnessV1>,
    #[serde(flatten)]
    subject: SubjectV1,
}

#[derive(Deserialize)]
struct EvidenceV1 {
    fact: String,
}

#[derive(Deserialize)]
struct WitnessV1 {
    in_words: String,
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
        let (low, high) = (amount(&written.low)?, amount(&written.high)?);
        // Nobody's bill, and sums of such numbers have no room.
        let most = Decimal::from(1_000_000_000_000_i64);
        if low > high || low < -most || high > most {
            return Err("an amount of money is out of range".to_owned());
        }
        Ok(Self { low, high })
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

impl TryFrom<ScoreV1> for Score {
    type Error = String;

    fn try_from(written: ScoreV1) -> Result<Self, Self::Error> {
        let ScoreV1 { score, grade, coverage } = written;
        if score.is_some_and(|score| !(0.0..=100.0).contains(&score)) || !(0.0..=1.0).contains(&coverage) {
            return Err("a score is not from 0 to 100, or a coverage not from 0 to 1".to_owned());
        }
        Ok(Self { score, grade, coverage })
    }
}

/// Refuses an id that stands twice: each finding would count twice.
fn once<'t>(mut ids: impl Iterator<Item = &'t str>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    match ids.find(|id| !seen.insert(*id)) {
        Some(twice) => Err(format!("two findings, or two steps for one, have the id `{twice}`")),
        None => Ok(()),
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
            fingerprint: Some(finding.fingerprint.clone()),
            related: Vec::new(),
            evidence: Vec::new(),
            witness: None,
            subject: SubjectV1::from(&finding.subject),
        }
    }
}

impl TryFrom<FindingV1> for RecordedFinding {
    type Error = String;

    fn try_from(written: FindingV1) -> Result<Self, Self::Error> {
        let status = [RecordedStatus::Open, RecordedStatus::Waived].into_iter().find(|status| status.as_str() == written.status);
        let rests_on = || {
            fingerprint(
                written.related.iter().map(String::as_str),
                written.evidence.iter().map(|evidence| evidence.fact.as_str()),
                written.witness.as_ref().map(|witness| witness.in_words.as_str()),
            )
        };
        Ok(Self {
            fingerprint: written.fingerprint.clone().unwrap_or_else(rests_on),
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
        let pillar = |pillar| ScoreV1::from(record.pillars.get(&pillar).copied().unwrap_or(Score::NOTHING_JUDGED));
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
                unpriced: record.unpriced.iter().cloned().map(|(region, id, item)| UnpricedV1 { region, id, item }).collect(),
            },
            plan: record.plan.iter().map(step).collect(),
            findings: record.findings.iter().map(FindingV1::from).collect(),
            unknown: record.unknown.iter().map(SubjectV1::from).collect(),
            checks: record.checks.iter().map(|id| (id.clone(), None)).collect(),
            gaps: (0..record.gaps).map(|_| Anything).collect(),
        }
    }
}

impl TryFrom<RecordV1> for Record {
    type Error = String;

    fn try_from(written: RecordV1) -> Result<Self, Self::Error> {
        if !is_account_id(&written.account.id) {
            return Err("its account id is not 12 digits".to_owned());
        }
        let step = |step: StepV1| {
            Ok::<_, String>(RecordedStep {
                findings: step.findings,
                alone: amount(step.saving_usd)?,
                adds: amount(step.adds_usd)?,
            })
        };
        once(written.findings.iter().map(|finding| finding.id.as_str()))?;
        once(written.plan.iter().flat_map(|step| &step.findings).map(String::as_str))?;
        let ScoresV1 { overall, egress, cost, privilege } = written.scores;
        let pillars = [(Pillar::Egress, egress), (Pillar::Cost, cost), (Pillar::Privilege, privilege)];
        Ok(Self {
            natless: written.natless,
            account_id: written.account.id,
            taken_at: written.taken_at,
            lookback_days: written.lookback_days,
            regions: written.regions,
            settings_id: written.settings_id,
            overall: overall.try_into()?,
            pillars: pillars.into_iter().map(|(pillar, score)| Ok((pillar, score.try_into()?))).collect::<Result<_, String>>()?,
            monthly: amount(written.bill.monthly_usd)?,
            unpriced: written.bill.unpriced.into_iter().map(|one| (one.region, one.id, one.item)).collect(),
            avoidable: amount(written.bill.avoidable_usd)?,
            plan: written.plan.into_iter().map(step).collect::<Result<_, _>>()?,
            findings: written.findings.into_iter().map(RecordedFinding::try_from).collect::<Result<_, _>>()?,
            unknown: written.unknown.into_iter().map(RecordedSubject::from).collect(),
            checks: written.checks.into_keys().collect(),
            gaps: u64::try_from(written.gaps.len()).unwrap_or(u64::MAX),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::history::TrendPoint;
    use crate::report::sample::Sample;

    #[test]
    fn a_record_is_read_back_and_a_report_as_one() {
        let sample = Sample::new();
        let record = Record::from(&sample.assessment);
        assert_eq!(read(render(&record).unwrap().as_bytes()), Ok(record.clone()));
        let report = json_v1::render(sample.facts()).unwrap();
        assert_eq!(read(report.as_bytes()), Ok(record.clone()));
        let point = TrendPoint::from(&record);
        assert_eq!((point.waived, point.unknown, point.open.values().sum::<u64>()), (1, 2, 20));
        assert_eq!(record.regions, sample.assessment.regions.iter().cloned().collect());
    }

    #[test]
    fn an_account_id_that_is_none_is_refused() {
        let record = Record { account_id: "../evil".to_owned(), ..Record::from(&Sample::new().assessment) };
        let text = render(&record).unwrap();
        assert_eq!(read(text.as_bytes()), Err(Refusal::Damaged { detail: "its account id is not 12 digits".to_owned() }));
    }
}
