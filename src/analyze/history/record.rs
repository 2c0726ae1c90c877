//! What one audit keeps of itself for the next one.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::analyze::digest::digest;
use crate::analyze::{Assessment, Finding, Pillar, Resource, Score, Severity};
use crate::cost::UsdRange;
use crate::policy::in_words;

/// One audit, as far as a later one has to know it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Version of natless that made it.
    pub natless: String,
    /// Account.
    pub account_id: String,
    /// When the scan began.
    pub taken_at: jiff::Timestamp,
    /// Length of the metrics window in days.
    pub lookback_days: u32,
    /// Regions that were asked.
    pub regions: BTreeSet<String>,
    /// Tells the settings apart; `None` where the report is older than the key.
    pub settings_id: Option<String>,
    /// Score of all pillars together.
    pub overall: Score,
    /// Score per pillar.
    pub pillars: BTreeMap<Pillar, Score>,
    /// The monthly bill; `None` where nothing has a price.
    pub monthly: Option<UsdRange>,
    /// What costs money and is not in it: region, id and item.
    pub unpriced: BTreeSet<(String, String, Option<String>)>,
    /// What the plan saves in a month; `None` where it was not worked out.
    pub avoidable: Option<UsdRange>,
    /// The steps of the plan.
    pub plan: Vec<RecordedStep>,
    /// Findings, waived ones included.
    pub findings: Vec<RecordedFinding>,
    /// Subjects that could not be judged.
    pub unknown: Vec<RecordedSubject>,
    /// Ids of the checks that ran.
    pub checks: BTreeSet<String>,
    /// Number of gaps.
    pub gaps: u64,
}

/// A step of a plan, by what it repairs and saves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedStep {
    /// Ids of the findings that it repairs.
    pub findings: Vec<String>,
    /// What it saves by itself.
    pub alone: Option<UsdRange>,
    /// What it adds to the steps before it.
    pub adds: Option<UsdRange>,
}

/// A finding, by what tells it apart and what may change about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedFinding {
    /// Stable id.
    pub id: String,
    /// Severity.
    pub severity: Severity,
    /// Whether a waiver covers it.
    pub status: RecordedStatus,
    /// Check, region, resource and service.
    pub subject: RecordedSubject,
    /// One line.
    pub title: String,
    /// What its change saves in a month by itself; `None` where that is not known.
    pub saving: Option<UsdRange>,
    /// Tells apart what it rests on: [`fingerprint`].
    pub fingerprint: String,
}

/// 16 hexadecimal digits that tell apart what a finding rests on: resources that take part, facts without their figures, and the example.
#[must_use]
pub fn fingerprint<'t>(
    related: impl Iterator<Item = &'t str>,
    facts: impl Iterator<Item = &'t str>,
    example: Option<&str>,
) -> String {
    // The order of both lists is that of the account's ids, or of what tells most: by itself it means nothing.
    let related: BTreeSet<&str> = related.collect();
    let facts: BTreeSet<String> = facts.map(|fact| without_figures(fact).join(" ")).collect();
    digest(related.into_iter().chain(facts.iter().map(String::as_str)).chain(example).map(Some))
}

/// A text without the figures in it: those of traffic are others every night.
pub(super) fn without_figures(text: &str) -> Vec<&str> {
    // `eu-west-1a`, `198.51.100.7` and `0.0.0.0/0` are no figures, `$1,000.50` and `2.2` are.
    let is_figure = |word: &&str| {
        let number = word.trim_matches(|c: char| matches!(c, '$' | '(' | ')' | ',' | ':' | ';' | '%')).replace(',', "");
        number.starts_with(|c: char| c.is_ascii_digit()) && number.parse::<Decimal>().is_ok()
    };
    text.split(' ').filter(|word| !is_figure(word)).collect()
}

/// Whether a finding counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordedStatus {
    /// It counts.
    Open,
    /// A waiver covers it.
    Waived,
}

/// What a check judged, or could not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordedSubject {
    /// Id of the check.
    pub check: String,
    /// Region.
    pub region: String,
    /// The resource.
    pub resource: RecordedResource,
    /// AWS service it is about.
    pub service: Option<String>,
}

/// A resource, as far as comparing takes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordedResource {
    /// Kind.
    pub kind: String,
    /// Id or name.
    pub id: String,
    /// Name a person gave it. Text from the account.
    pub name: Option<String>,
    /// VPC it belongs to.
    pub vpc_id: Option<String>,
}

impl From<&Assessment> for Record {
    fn from(assessment: &Assessment) -> Self {
        let plan = assessment.plan.steps.iter().map(|step| RecordedStep {
            findings: step.findings.clone(),
            alone: step.alone.as_ref().ok().copied(),
            adds: step.adds.as_ref().ok().copied(),
        });
        let unknown = assessment
            .unknown
            .iter()
            .map(|subject| RecordedSubject::new(subject.check, &subject.region, &subject.resource, subject.service.as_deref()));
        let unpriced = assessment.bill.unpriced.iter().map(|unpriced| {
            let item = unpriced.item.map(|item| item.as_str().to_owned());
            (unpriced.region.clone(), unpriced.resource_id.clone(), item)
        });
        Self {
            natless: env!("CARGO_PKG_VERSION").to_owned(),
            account_id: assessment.account.id.clone(),
            taken_at: assessment.taken_at,
            lookback_days: assessment.lookback_days,
            regions: assessment.regions.iter().cloned().collect(),
            settings_id: Some(assessment.settings_id.clone()),
            overall: assessment.scores.overall,
            pillars: assessment.scores.pillars.clone(),
            monthly: (!assessment.bill.lines.is_empty()).then_some(assessment.bill.total),
            unpriced: unpriced.collect(),
            avoidable: assessment.plan.avoidable,
            plan: plan.collect(),
            findings: assessment.findings.iter().map(RecordedFinding::from).collect(),
            unknown: unknown.collect(),
            checks: assessment.checks.keys().map(|id| (*id).to_owned()).collect(),
            gaps: u64::try_from(assessment.gaps.len()).unwrap_or(u64::MAX),
        }
    }
}

impl From<&Finding> for RecordedFinding {
    fn from(finding: &Finding) -> Self {
        Self {
            id: finding.id.clone(),
            severity: finding.severity,
            status: if finding.waiver.is_some() { RecordedStatus::Waived } else { RecordedStatus::Open },
            subject: RecordedSubject::new(finding.check, &finding.region, &finding.resource, finding.service.as_deref()),
            title: finding.title.clone(),
            saving: finding.repair.proposal().and_then(|proposal| proposal.saving.as_ref().ok().copied()),
            fingerprint: fingerprint(
                finding.related.iter().map(String::as_str),
                finding.evidence.iter().map(|evidence| evidence.fact.as_str()),
                finding.witness.as_ref().map(|shown| in_words(shown.request())).as_deref(),
            ),
        }
    }
}

impl RecordedFinding {
    /// Whether it is open, and of this severity or a higher one.
    #[must_use]
    pub fn counts_from(&self, severity: Severity) -> bool {
        self.status == RecordedStatus::Open && self.severity >= severity
    }
}

impl RecordedSubject {
    fn new(check: &str, region: &str, resource: &Resource, service: Option<&str>) -> Self {
        Self {
            check: check.to_owned(),
            region: region.to_owned(),
            resource: RecordedResource {
                kind: resource.kind.clone(),
                id: resource.id.clone(),
                name: resource.name.clone(),
                vpc_id: resource.vpc_id.clone(),
            },
            service: service.map(str::to_owned),
        }
    }
}

impl RecordedStatus {
    /// The word for it in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "fail",
            Self::Waived => "waived",
        }
    }
}
