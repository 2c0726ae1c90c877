//! Metrics in CloudWatch's embedded metric format: one line of JSON in the log.
//!
//! Source: CloudWatch User Guide, "Specification: Embedded metric format": up to 100 metrics and 30 dimensions; values are numbers.

use rust_decimal::prelude::ToPrimitive as _;
use serde_json::{Map, Value, json};

use crate::analyze::organization::Merged;
use crate::analyze::{Assessment, Pillar, Severity};

/// Namespace of the metrics.
const NAMESPACE: &str = "natless";

/// Metrics of open findings.
const FINDINGS: [(&str, Severity); 4] = [
    ("CriticalFindings", Severity::Critical),
    ("HighFindings", Severity::High),
    ("MediumFindings", Severity::Medium),
    ("LowFindings", Severity::Low),
];

/// Metrics that are being gathered. What is not known is no metric, and never 0.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    values: Vec<(String, &'static str, Value)>,
}

impl Metrics {
    /// A number of things.
    pub(super) fn count(&mut self, name: &str, count: usize) {
        self.values.push((name.to_owned(), "Count", count.into()));
    }

    /// A number without a unit, where it is known.
    pub(super) fn number(&mut self, name: &str, number: Option<f64>) {
        if let Some(number) = number.filter(|number| number.is_finite()) {
            self.values.push((name.to_owned(), "None", number.into()));
        }
    }

    /// A length of time.
    pub(super) fn milliseconds(&mut self, name: &str, milliseconds: i64) {
        self.values.push((name.to_owned(), "Milliseconds", milliseconds.into()));
    }

    /// The figures of one audit.
    pub(super) fn of_audit(assessment: &Assessment) -> Self {
        let mut metrics = Self::default();
        metrics.number("Score", assessment.scores.overall.score);
        metrics.number("Coverage", Some(assessment.scores.overall.coverage));
        for pillar in Pillar::ALL {
            let score = assessment.scores.pillars.get(&pillar).and_then(|score| score.score);
            let name = match pillar {
                Pillar::Egress => "EgressScore",
                Pillar::Cost => "CostScore",
                Pillar::Privilege => "PrivilegeScore",
            };
            metrics.number(name, score);
        }
        let avoidable = assessment.plan.avoidable;
        metrics.number("AvoidableUsdLow", avoidable.and_then(|range| range.low.to_f64()));
        metrics.number("AvoidableUsdHigh", avoidable.and_then(|range| range.high.to_f64()));
        for (name, severity) in FINDINGS {
            let open = assessment.findings.iter().filter(|finding| finding.waiver.is_none() && finding.severity == severity);
            metrics.count(name, open.count());
        }
        metrics.count("UnknownSubjects", assessment.unknown.len());
        metrics.count("Gaps", assessment.gaps.len());
        metrics.count("Complete", usize::from(assessment.gaps.is_empty()));
        metrics
    }

    /// The figures over many accounts.
    pub(super) fn of_organization(merged: &Merged) -> Self {
        let totals = &merged.totals;
        let mut metrics = Self::default();
        metrics.count("Accounts", merged.accounts.len());
        metrics.count("MissingAccounts", merged.missing.len());
        metrics.number("AvoidableUsdLow", totals.avoidable.and_then(|range| range.low.to_f64()));
        metrics.number("AvoidableUsdHigh", totals.avoidable.and_then(|range| range.high.to_f64()));
        for (name, severity) in FINDINGS {
            metrics.count(name, usize::try_from(totals.open.get(&severity).copied().unwrap_or_default()).unwrap_or(usize::MAX));
        }
        metrics.count("UnknownSubjects", usize::try_from(totals.unknown).unwrap_or(usize::MAX));
        metrics.count("Gaps", usize::try_from(totals.gaps).unwrap_or(usize::MAX));
        metrics.count("Complete", usize::from(!merged.is_incomplete()));
        metrics
    }

    /// The line: one metric each per value of the dimension.
    pub(super) fn line(self, dimension: (&str, &str), at: jiff::Timestamp) -> String {
        let (name, value) = dimension;
        let metrics: Vec<Value> = self.values.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit})).collect();
        let mut line = Map::new();
        let directive = json!({"Namespace": NAMESPACE, "Dimensions": [[name]], "Metrics": metrics});
        line.insert("_aws".to_owned(), json!({"Timestamp": at.as_millisecond(), "CloudWatchMetrics": [directive]}));
        line.insert(name.to_owned(), value.into());
        line.extend(self.values.into_iter().map(|(name, _, value)| (name, value)));
        Value::Object(line).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn line(assessment: &Assessment) -> Value {
        let line = Metrics::of_audit(assessment).line(("Account", &assessment.account.id), jiff::Timestamp::UNIX_EPOCH);
        assert!(!line.contains('\n'));
        serde_json::from_str(&line).expect("JSON")
    }

    #[test]
    fn every_metric_that_is_declared_has_a_number_and_every_number_is_declared() {
        let line = line(&sample::assessment());
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        let declared: Vec<&str> =
            directive["Metrics"].as_array().unwrap().iter().map(|metric| metric["Name"].as_str().unwrap()).collect();
        assert!(declared.iter().all(|name| line[*name].is_number()), "{line}");
        assert_eq!(line.as_object().unwrap().len(), declared.len() + 2);
        assert_eq!((&directive["Namespace"], &directive["Dimensions"][0][0]), (&"natless".into(), &"Account".into()));
        assert_eq!(line["Account"], "111122223333");
        assert_eq!(line["Complete"], 0);
    }

    #[test]
    fn what_is_not_known_is_no_metric() {
        let mut assessment = sample::assessment();
        assessment.scores.overall.score = None;
        assessment.plan.avoidable = None;
        let line = line(&assessment);
        assert!(line.get("Score").is_none() && line.get("AvoidableUsdHigh").is_none() && line.get("Coverage").is_some());
    }
}
