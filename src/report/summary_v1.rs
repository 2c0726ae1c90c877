//! What an audit came to in a few figures, `natless/summary/1`: the answer of the Lambda function and the detail of events.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Facts;
use super::json_v1::ScoresV1;
use super::money_v1::UsdV1;
use crate::analyze::history::Comparison;
use crate::analyze::organization::Merged;
use crate::analyze::{Assessment, Severity};

/// Name and version of the format.
pub const SCHEMA: &str = "natless/summary/1";

/// An audit in a few figures.
#[derive(Serialize)]
pub struct SummaryV1<'a> {
    schema: &'static str,
    natless: &'static str,
    account: &'a str,
    taken_at: String,
    regions: &'a [String],
    /// Whether everything was read.
    complete: bool,
    scores: ScoresV1,
    /// Open findings, by severity; every severity is present.
    findings: BTreeMap<&'static str, u64>,
    waived: u64,
    unknown: usize,
    gaps: usize,
    /// `null` where nothing has a price.
    monthly_usd: Option<UsdV1>,
    /// What the plan saves; `null` where it was not worked out.
    avoidable_usd: Option<UsdV1>,
    /// What has changed since the scan before; `null` where there is none to compare with.
    changes: Option<ChangesV1>,
}

impl std::fmt::Debug for SummaryV1<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SummaryV1").field("account", &self.account).finish_non_exhaustive()
    }
}

/// How many findings changed how.
#[derive(Serialize)]
struct ChangesV1 {
    new: usize,
    fixed: usize,
    changed: usize,
    not_comparable: usize,
    unchanged: usize,
}

impl From<&Comparison> for ChangesV1 {
    fn from(comparison: &Comparison) -> Self {
        Self {
            new: comparison.new.len(),
            fixed: comparison.fixed.len(),
            changed: comparison.changed.len(),
            not_comparable: comparison.not_comparable.len(),
            unchanged: comparison.unchanged.len(),
        }
    }
}

/// Open findings by severity, worst first; every severity is present.
fn open_findings(assessment: &Assessment) -> impl Iterator<Item = (Severity, u64)> {
    let of = |severity| {
        let open = assessment.findings.iter().filter(|finding| finding.waiver.is_none() && finding.severity == severity);
        (severity, u64::try_from(open.count()).unwrap_or(u64::MAX))
    };
    SEVERITIES.map(of).into_iter()
}

impl<'a> From<Facts<'a>> for SummaryV1<'a> {
    fn from(facts: Facts<'a>) -> Self {
        let assessment = facts.assessment;
        Self {
            schema: SCHEMA,
            natless: env!("CARGO_PKG_VERSION"),
            account: &assessment.account.id,
            taken_at: assessment.taken_at.to_string(),
            regions: &assessment.regions,
            complete: assessment.gaps.is_empty(),
            scores: ScoresV1::from(&assessment.scores),
            findings: open_findings(assessment).map(|(severity, count)| (severity.as_str(), count)).collect(),
            waived: assessment.waived.findings,
            unknown: assessment.unknown.len(),
            gaps: assessment.gaps.len(),
            monthly_usd: (!assessment.bill.lines.is_empty()).then(|| assessment.bill.total.into()),
            avoidable_usd: assessment.plan.avoidable.map(UsdV1::from),
            changes: facts.comparison.map(ChangesV1::from),
        }
    }
}

/// Name and version of the format over many accounts.
pub const ORGANIZATION_SCHEMA: &str = "natless/organization-summary/1";

/// The audits of many accounts in a few figures.
#[derive(Serialize)]
pub struct OrganizationSummaryV1 {
    schema: &'static str,
    natless: &'static str,
    /// Whether no account is missing and everything was read in each.
    complete: bool,
    accounts: usize,
    missing: usize,
    /// Open findings, by severity; every severity is present.
    findings: BTreeMap<&'static str, u64>,
    waived: u64,
    unknown: u64,
    gaps: u64,
    /// Of the accounts whose bill is known; `null` where none is.
    monthly_usd: Option<UsdV1>,
    /// Accounts whose bill is not known.
    monthly_unknown: u64,
    /// Of the accounts whose plan is known; `null` where none is.
    avoidable_usd: Option<UsdV1>,
    /// Accounts whose plan is not known.
    avoidable_unknown: u64,
}

impl std::fmt::Debug for OrganizationSummaryV1 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OrganizationSummaryV1").field("accounts", &self.accounts).finish_non_exhaustive()
    }
}

impl From<&Merged> for OrganizationSummaryV1 {
    fn from(merged: &Merged) -> Self {
        let totals = &merged.totals;
        let findings = SEVERITIES.map(|severity| (severity.as_str(), totals.open.get(&severity).copied().unwrap_or_default()));
        Self {
            schema: ORGANIZATION_SCHEMA,
            natless: env!("CARGO_PKG_VERSION"),
            complete: !merged.is_incomplete(),
            accounts: merged.accounts.len(),
            missing: merged.missing.len(),
            findings: findings.into_iter().collect(),
            waived: totals.waived,
            unknown: totals.unknown,
            gaps: totals.gaps,
            monthly_usd: totals.monthly.map(UsdV1::from),
            monthly_unknown: totals.monthly_unknown,
            avoidable_usd: totals.avoidable.map(UsdV1::from),
            avoidable_unknown: totals.avoidable_unknown,
        }
    }
}

/// The figures over many accounts as JSON in one line.
///
/// # Errors
/// [`serde_json::Error`] where a value has no JSON form.
pub fn render_merged(merged: &Merged) -> Result<String, serde_json::Error> {
    super::json::to_json_line(&OrganizationSummaryV1::from(merged))
}

/// Every severity, worst first.
const SEVERITIES: [Severity; 4] = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];

/// The figures as JSON in one line.
///
/// # Errors
/// [`serde_json::Error`] where a value has no JSON form.
pub fn render(facts: Facts<'_>) -> Result<String, serde_json::Error> {
    super::json::to_json_line(&SummaryV1::from(facts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn the_figures_are_those_of_the_report() {
        let sample = Sample::new();
        let summary: serde_json::Value = serde_json::from_str(&render(sample.facts()).unwrap()).unwrap();
        let report: serde_json::Value = serde_json::from_str(&super::super::json_v1::render(sample.facts()).unwrap()).unwrap();
        assert_eq!(summary["scores"], report["scores"]);
        assert_eq!(summary["avoidable_usd"], report["bill"]["avoidable_usd"]);
        let open = report["findings"].as_array().unwrap().iter().filter(|finding| finding["status"] == "fail").count();
        let told: u64 = summary["findings"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
        assert_eq!(usize::try_from(told).unwrap(), open);
        assert_eq!(summary["complete"], false);
        assert_eq!(summary["changes"]["new"], report["comparison"]["new"].as_array().unwrap().len());
    }
}
