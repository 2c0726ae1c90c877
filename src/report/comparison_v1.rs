//! What has changed since a baseline, and the row of scans, for programs: part of `natless/report/1`, and alone as `natless/diff/1`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::json::to_json;
use super::money_v1::UsdV1;
use crate::analyze::history::{Changed, Comparison, NotComparable, RecordedFinding, RecordedSubject, TrendPoint};
use crate::analyze::{Pillar, Score, Severity};

/// Name and version of the format of a comparison alone.
pub const SCHEMA: &str = "natless/diff/1";

/// A comparison as JSON.
///
/// # Errors
/// [`serde_json::Error`] where a value has no JSON form.
pub fn render(comparison: &Comparison, account_id: &str) -> Result<String, serde_json::Error> {
    to_json(&DiffV1 {
        schema: SCHEMA,
        natless: env!("CARGO_PKG_VERSION"),
        account_id,
        comparison: ComparisonV1::from(comparison),
    })
}

#[derive(Serialize)]
struct DiffV1<'a> {
    schema: &'static str,
    natless: &'static str,
    account_id: &'a str,
    #[serde(flatten)]
    comparison: ComparisonV1<'a>,
}

/// What has changed since the baseline.
#[derive(Serialize)]
pub(super) struct ComparisonV1<'a> {
    baseline_taken_at: String,
    taken_at: String,
    notes: &'a [String],
    new: Vec<FindingV1<'a>>,
    fixed: Vec<FindingV1<'a>>,
    changed: Vec<ChangedV1<'a>>,
    /// How many findings of both do not differ.
    unchanged: usize,
    not_comparable: Vec<NotComparableV1<'a>>,
    /// What the fixed findings' changes save; `null` where none of them has a price.
    realised_usd: Option<UsdV1>,
    /// Fixed findings about which the baseline could not say what they cost.
    unpriced: u64,
    /// The two bills; `null` where they are not of the same things.
    old_monthly_usd: Option<UsdV1>,
    new_monthly_usd: Option<UsdV1>,
    old_score: Option<f64>,
    new_score: Option<f64>,
}

/// A finding of a report that was read.
#[derive(Serialize)]
pub(super) struct FindingV1<'a> {
    id: &'a str,
    check: &'a str,
    severity: &'static str,
    status: &'static str,
    region: &'a str,
    resource: ResourceV1<'a>,
    service: Option<&'a str>,
    title: &'a str,
    saving_usd: Option<UsdV1>,
}

#[derive(Serialize)]
struct ResourceV1<'a> {
    kind: &'a str,
    id: &'a str,
    name: Option<&'a str>,
    vpc_id: Option<&'a str>,
}

#[derive(Serialize)]
struct ChangedV1<'a> {
    #[serde(flatten)]
    finding: FindingV1<'a>,
    what: &'a [String],
    worse: bool,
}

#[derive(Serialize)]
struct NotComparableV1<'a> {
    #[serde(flatten)]
    finding: FindingV1<'a>,
    /// Which audit has the finding: `old` or `new`.
    side: &'static str,
    why: &'a str,
}

impl<'a> From<&'a Comparison> for ComparisonV1<'a> {
    fn from(comparison: &'a Comparison) -> Self {
        Self {
            baseline_taken_at: comparison.old_taken_at.to_string(),
            taken_at: comparison.new_taken_at.to_string(),
            notes: &comparison.notes,
            new: comparison.new.iter().map(FindingV1::from).collect(),
            fixed: comparison.fixed.iter().map(FindingV1::from).collect(),
            changed: comparison.changed.iter().map(ChangedV1::from).collect(),
            unchanged: comparison.unchanged.len(),
            not_comparable: comparison.not_comparable.iter().map(NotComparableV1::from).collect(),
            realised_usd: comparison.realised.map(UsdV1::from),
            unpriced: comparison.unpriced,
            old_monthly_usd: comparison.monthly.map(|(old, _)| UsdV1::from(old)),
            new_monthly_usd: comparison.monthly.map(|(_, new)| UsdV1::from(new)),
            old_score: comparison.overall.0,
            new_score: comparison.overall.1,
        }
    }
}

impl<'a> From<&'a RecordedFinding> for FindingV1<'a> {
    fn from(finding: &'a RecordedFinding) -> Self {
        let RecordedSubject { check, region, resource, service } = &finding.subject;
        Self {
            id: &finding.id,
            check,
            severity: finding.severity.as_str(),
            status: finding.status.as_str(),
            region,
            resource: ResourceV1 {
                kind: &resource.kind,
                id: &resource.id,
                name: resource.name.as_deref(),
                vpc_id: resource.vpc_id.as_deref(),
            },
            service: service.as_deref(),
            title: &finding.title,
            saving_usd: finding.saving.map(UsdV1::from),
        }
    }
}

impl<'a> From<&'a Changed> for ChangedV1<'a> {
    fn from(changed: &'a Changed) -> Self {
        Self { finding: FindingV1::from(&changed.finding), what: &changed.what, worse: changed.worse }
    }
}

impl<'a> From<&'a NotComparable> for NotComparableV1<'a> {
    fn from(item: &'a NotComparable) -> Self {
        Self { finding: FindingV1::from(&item.finding), side: item.side.as_str(), why: &item.why }
    }
}

/// The figures of one scan.
#[derive(Serialize)]
pub(super) struct TrendPointV1 {
    taken_at: String,
    overall: Option<f64>,
    egress: Option<f64>,
    cost: Option<f64>,
    privilege: Option<f64>,
    coverage: f64,
    open: BTreeMap<&'static str, u64>,
    waived: u64,
    unknown: u64,
    gaps: u64,
    monthly_usd: Option<UsdV1>,
    avoidable_usd: Option<UsdV1>,
}

impl From<&TrendPoint> for TrendPointV1 {
    fn from(point: &TrendPoint) -> Self {
        let pillar = |pillar: Pillar| point.pillars.get(&pillar).and_then(|score: &Score| score.score);
        let open = Severity::ALL.into_iter().map(|severity| {
            let count = point.open.get(&severity).copied().unwrap_or_default();
            (severity.as_str(), count)
        });
        Self {
            taken_at: point.taken_at.to_string(),
            overall: point.overall.score,
            egress: pillar(Pillar::Egress),
            cost: pillar(Pillar::Cost),
            privilege: pillar(Pillar::Privilege),
            coverage: point.overall.coverage,
            open: open.collect(),
            waived: point.waived,
            unknown: point.unknown,
            gaps: point.gaps,
            monthly_usd: point.monthly.map(UsdV1::from),
            avoidable_usd: point.avoidable.map(UsdV1::from),
        }
    }
}
