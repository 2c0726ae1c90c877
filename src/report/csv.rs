//! The findings for spreadsheets: one line each, waived ones and what could not be judged included.

use super::{Facts, RenderError, text};
use crate::analyze::history::Comparison;
use crate::analyze::{Finding, Repaired, Resource, UnknownSubject};
use crate::cost::cents;

/// Names of the columns.
const COLUMNS: [&str; 21] = [
    "account",
    "taken_at",
    "id",
    "status",
    "severity",
    "pillar",
    "check",
    "region",
    "resource_kind",
    "resource_id",
    "resource_arn",
    "resource_name",
    "vpc_id",
    "service",
    "title",
    "saving_usd_low",
    "saving_usd_high",
    "fix",
    "waiver_reason",
    "waiver_until",
    "since_baseline",
];

/// The findings as CSV (RFC 4180) with a header line.
///
/// # Errors
/// [`RenderError`] where a finding is of no check.
pub(super) fn render(facts: Facts<'_>) -> Result<String, RenderError> {
    let deltas = facts.comparison.map(Comparison::deltas).unwrap_or_default();
    let mut table = writer();
    table.write_record(COLUMNS).map_err(failed)?;
    for finding in &facts.assessment.findings {
        let since = deltas.get(finding.id.as_str()).map(|delta| delta.as_str()).unwrap_or_default();
        table.write_record(of_finding(facts, finding, since)).map_err(failed)?;
    }
    for subject in &facts.assessment.unknown {
        table.write_record(of_unknown(facts, subject)?).map_err(failed)?;
    }
    let bytes = table.into_inner().map_err(failed)?;
    String::from_utf8(bytes).map_err(failed)
}

/// A table as RFC 4180 has it.
pub(super) fn writer() -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Necessary).terminator(csv::Terminator::CRLF).from_writer(Vec::new())
}

/// Signs that a formula begins with.
const SIGNS: [char; 10] = ['=', '+', '-', '@', '|', '%', '＝', '＋', '－', '＠'];

/// Text from outside as a cell that no spreadsheet takes for a formula: an apostrophe stands before what begins like one.
///
/// Source: OWASP, "CSV Injection": cells that begin with `=`, `+`, `-`, `@`, a tab or a carriage return. The full-width forms are taken for
/// the same signs by some programs. Tabs and line breaks are visible escapes already.
pub(super) fn cell(raw: &str) -> String {
    let shown = text::safe(raw);
    let begins = shown.trim_start_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'').chars().next();
    let formula = begins.is_some_and(|c| SIGNS.contains(&c));
    let shown = if formula { format!("'{shown}") } else { shown.into_owned() };
    // A spreadsheet of another language splits at semicolons, whatever the quotes.
    SIGNS.iter().fold(shown, |shown, sign| shown.replace(&format!(";{sign}"), &format!(";'{sign}")))
}

pub(super) fn failed(error: impl std::fmt::Display) -> RenderError {
    RenderError::Text { format: "CSV", detail: error.to_string() }
}

fn of_finding(facts: Facts<'_>, finding: &Finding, since: &str) -> Vec<String> {
    let proposal = finding.repair.proposal();
    let saving = proposal.and_then(|proposal| proposal.saving.as_ref().ok());
    let fix = match &finding.repair {
        Repaired::Change(proposal) => &proposal.change.title,
        Repaired::Person(why) => why,
    };
    let waiver = finding.waiver.as_ref().or(finding.lapsed.as_ref());
    let status = if finding.waiver.is_some() { "waived" } else { "fail" };
    let mut row = head(facts, &finding.id, status);
    row.extend([
        finding.severity.as_str().to_owned(),
        finding.pillar.as_str().to_owned(),
        finding.check.to_owned(),
        cell(&finding.region),
    ]);
    row.extend(of_resource(&finding.resource));
    row.extend([
        cell(finding.service.as_deref().unwrap_or_default()),
        cell(&finding.title),
        saving.map(|saving| cents(saving.low)).unwrap_or_default(),
        saving.map(|saving| cents(saving.high)).unwrap_or_default(),
        cell(fix),
        cell(waiver.map(|waiver| waiver.reason.as_str()).unwrap_or_default()),
        waiver.and_then(|waiver| waiver.until).map(|day| day.to_string()).unwrap_or_default(),
        since.to_owned(),
    ]);
    row
}

fn of_unknown(facts: Facts<'_>, subject: &UnknownSubject) -> Result<Vec<String>, RenderError> {
    let check = facts.check_of(subject.check)?;
    let mut row = head(facts, &subject.id, "unknown");
    row.extend([
        facts.severity_of(check).as_str().to_owned(),
        check.pillar.as_str().to_owned(),
        subject.check.to_owned(),
        cell(&subject.region),
    ]);
    row.extend(of_resource(&subject.resource));
    row.extend([cell(subject.service.as_deref().unwrap_or_default()), cell(&subject.doubt.why)]);
    row.resize(COLUMNS.len(), String::new());
    Ok(row)
}

fn head(facts: Facts<'_>, id: &str, status: &str) -> Vec<String> {
    let assessment = facts.assessment;
    vec![assessment.account.id.clone(), assessment.taken_at.to_string(), id.to_owned(), status.to_owned()]
}

fn of_resource(resource: &Resource) -> [String; 5] {
    let optional = |value: &Option<String>| cell(value.as_deref().unwrap_or_default());
    [resource.kind.clone(), cell(&resource.id), optional(&resource.arn), optional(&resource.name), optional(&resource.vpc_id)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn what_begins_like_a_formula_is_text() {
        for formula in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "＝1", "%0A-3"] {
            let shown = cell(formula);
            assert!(shown.starts_with('\'') || shown.starts_with("\\t"), "{shown}");
        }
        assert_eq!(cell("x;=1"), "x;'=1");
        assert_eq!(cell("private-a, \"x\""), "private-a, \"x\"");
    }

    #[test]
    fn every_finding_and_every_doubt_has_a_line_with_all_columns() {
        let sample = Sample::new();
        let text = render(sample.facts()).unwrap();
        let mut table = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(table.headers().unwrap().iter().collect::<Vec<_>>(), COLUMNS);
        let rows: Vec<csv::StringRecord> = table.records().collect::<Result<_, _>>().unwrap();
        assert_eq!(rows.len(), sample.assessment.findings.len() + sample.assessment.unknown.len());
        let of = |status: &str| rows.iter().filter(|row| row.get(3) == Some(status)).count();
        assert_eq!((of("waived"), of("unknown")), (1, 2));
        assert_eq!(text.lines().count(), rows.len() + 1, "no cell holds a line break");
        let new = rows.iter().find(|row| row.get(2) == Some("f02")).unwrap();
        assert_eq!(new.get(20), Some("new"));
    }
}
