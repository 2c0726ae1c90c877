//! The list of all checks.

use std::collections::BTreeMap;

use serde::Serialize;

use super::json::to_json;
use super::json_v1::ControlV1;
use super::page::{FAINT, NAME, PLAIN, Page, STRONG, Span, column_widths, severity_style};
use super::text;
use crate::analyze::{Check, Pillar};

/// Name and version of the format of the list.
pub const SCHEMA: &str = "natless/checks/1";

#[derive(Serialize)]
struct ChecksV1 {
    schema: &'static str,
    natless: &'static str,
    checks: Vec<CheckV1>,
}

#[derive(Serialize)]
struct CheckV1 {
    id: &'static str,
    title: &'static str,
    pillar: &'static str,
    severity: &'static str,
    since: &'static str,
    /// Controls of public catalogues that a finding violates.
    controls: Vec<ControlV1>,
    remediation: RemediationV1,
    docs: String,
}

#[derive(Serialize)]
struct RemediationV1 {
    summary: &'static str,
    command: &'static str,
    url: &'static str,
}

/// The list as JSON, with the manual of each check as Markdown.
///
/// # Errors
/// [`serde_json::Error`] where a value has no JSON form.
pub fn json(checks: &[&'static Check]) -> Result<String, serde_json::Error> {
    to_json(&ChecksV1 {
        schema: SCHEMA,
        natless: env!("CARGO_PKG_VERSION"),
        checks: sorted(checks).into_iter().map(CheckV1::from).collect(),
    })
}

impl From<&'static Check> for CheckV1 {
    fn from(check: &'static Check) -> Self {
        Self {
            id: check.id,
            title: check.title,
            pillar: check.pillar.as_str(),
            severity: check.severity.as_str(),
            since: check.since,
            controls: check.controls.iter().map(ControlV1::from).collect(),
            remediation: RemediationV1 {
                summary: check.remediation.summary,
                command: check.remediation.command,
                url: check.remediation.url,
            },
            docs: super::manual::markdown(check),
        }
    }
}

/// The list as a table, by pillar, for a terminal of this many columns, with style codes.
#[must_use]
pub fn table(checks: &[&'static Check], columns: usize) -> String {
    let mut page = Page::new(columns);
    let checks = sorted(checks);
    let mut by_pillar: BTreeMap<Pillar, Vec<Vec<Span>>> = BTreeMap::new();
    for check in &checks {
        let severity = Span::new(check.severity.as_str(), severity_style(check.severity));
        let row = vec![Span::new(check.id, NAME), severity, Span::new(check.title, PLAIN)];
        by_pillar.entry(check.pillar).or_default().push(row);
    }
    let widths = column_widths(by_pillar.values().flatten());
    for (pillar, rows) in &by_pillar {
        page.gap();
        page.line(0, &[Span::new(pillar.as_str().to_uppercase(), STRONG)]);
        page.rows_as_wide(2, rows, &widths);
    }
    page.gap();
    let count = text::count(text::len(&checks), "check", "checks");
    page.line(0, &[Span::new(format!("{count}; natless explain CHECK prints a check's manual"), FAINT)]);
    page.finish()
}

/// By pillar, worst first, then by id.
fn sorted(checks: &[&'static Check]) -> Vec<&'static Check> {
    let mut checks = checks.to_vec();
    checks.sort_by(|a, b| a.pillar.cmp(&b.pillar).then_with(|| b.severity.cmp(&a.severity)).then_with(|| a.id.cmp(b.id)));
    checks
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::report::sample::CHECKS;

    #[test]
    fn both_forms_list_every_check_once() {
        let json: Value = serde_json::from_str(&json(&CHECKS).unwrap()).unwrap();
        let ids: Vec<&str> = json["checks"].as_array().unwrap().iter().map(|check| check["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["vpc-gateway-endpoint-unrouted", "vpc-nat-gateway-idle"]);
        assert!(json["checks"][0]["docs"].as_str().unwrap().starts_with("## What it does\nFinds"));
        let table = anstream::adapter::strip_str(&table(&CHECKS, 80)).to_string();
        for id in ids {
            assert_eq!(table.matches(id).count(), 1, "{table}");
        }
    }
}
