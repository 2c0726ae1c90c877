//! The findings of many accounts for spreadsheets: one line each, and one for each account that has none or is missing.

use std::collections::{BTreeMap, BTreeSet};

use super::words::blind;
use crate::analyze::checks;
use crate::analyze::history::RecordedSubject;
use crate::analyze::organization::{AccountFinding, AuditedAccount, Merged, Missing};
use crate::cost::cents;
use crate::report::RenderError;
use crate::report::csv::{cell, failed, writer};

/// Names of the columns.
const COLUMNS: [&str; 17] = [
    "account",
    "account_name",
    "taken_at",
    "id",
    "status",
    "severity",
    "pillar",
    "check",
    "region",
    "resource_kind",
    "resource_id",
    "resource_name",
    "vpc_id",
    "service",
    "title",
    "saving_usd_low",
    "saving_usd_high",
];

/// The findings as CSV (RFC 4180) with a header line.
///
/// # Errors
/// [`RenderError`] where the text cannot be put together.
pub(super) fn render(merged: &Merged) -> Result<String, RenderError> {
    let mut table = writer();
    table.write_record(COLUMNS).map_err(failed)?;
    let accounts: BTreeMap<&str, &AuditedAccount> =
        merged.accounts.iter().map(|account| (account.account_id.as_str(), account)).collect();
    for finding in &merged.findings {
        table.write_record(of_finding(finding, accounts.get(finding.account_id.as_str()).copied())).map_err(failed)?;
    }
    let found: BTreeSet<&str> = merged.findings.iter().map(|finding| finding.account_id.as_str()).collect();
    for account in merged.accounts.iter().filter(|account| !found.contains(account.account_id.as_str())) {
        let said = if account.figures.overall.score.is_none() { "nothing was judged".to_owned() } else { blind(account) };
        table.write_record(of_account(&head(Some(account), &account.account_id), "no_finding", &said)).map_err(failed)?;
    }
    for Missing { account_id, name, why } in &merged.missing {
        let head = [cell(account_id), cell(name.as_deref().unwrap_or_default()), String::new()];
        table.write_record(of_account(&head, "missing", why)).map_err(failed)?;
    }
    let bytes = table.into_inner().map_err(failed)?;
    String::from_utf8(bytes).map_err(failed)
}

/// Account, its name and when it was read.
fn head(account: Option<&AuditedAccount>, account_id: &str) -> [String; 3] {
    let name = account.and_then(|account| account.name.as_deref()).unwrap_or_default();
    let taken_at = account.map(|account| account.figures.taken_at.to_string()).unwrap_or_default();
    [cell(account_id), cell(name), taken_at]
}

fn of_finding(one: &AccountFinding, account: Option<&AuditedAccount>) -> Vec<String> {
    let finding = &one.finding;
    let RecordedSubject { check, region, resource, service } = &finding.subject;
    let optional = |value: &Option<String>| cell(value.as_deref().unwrap_or_default());
    let mut row = head(account, &one.account_id).to_vec();
    row.extend([
        cell(&finding.id),
        finding.status.as_str().to_owned(),
        finding.severity.as_str().to_owned(),
        checks::find(check).map(|check| check.pillar.as_str().to_owned()).unwrap_or_default(),
        cell(check),
        cell(region),
        cell(&resource.kind),
        cell(&resource.id),
        optional(&resource.name),
        optional(&resource.vpc_id),
        optional(service),
        cell(&finding.title),
        finding.saving.map(|saving| cents(saving.low)).unwrap_or_default(),
        finding.saving.map(|saving| cents(saving.high)).unwrap_or_default(),
    ]);
    row
}

/// The line of an account that has no finding.
fn of_account(head: &[String; 3], status: &str, said: &str) -> Vec<String> {
    let mut row = head.to_vec();
    row.extend(COLUMNS.into_iter().skip(row.len()).map(|column| match column {
        "status" => status.to_owned(),
        "title" => cell(said),
        _ => String::new(),
    }));
    row
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn every_finding_and_every_account_has_a_line_with_all_columns() {
        let merged = sample::merged();
        let text = render(&merged).unwrap();
        let mut table = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(table.headers().unwrap().iter().collect::<Vec<_>>(), COLUMNS);
        let rows: Vec<csv::StringRecord> = table.records().collect::<Result<_, _>>().unwrap();
        assert_eq!(text.lines().count(), rows.len() + 1, "no cell holds a line break");
        let of = |status: &str| rows.iter().filter(|row| row.get(4) == Some(status)).count();
        let waived = usize::try_from(merged.totals.waived).unwrap();
        assert_eq!((of("fail"), of("waived")), (merged.findings.len() - waived, waived));
        assert_eq!((of("no_finding"), of("missing")), (2, 2));
        let blind = rows.iter().find(|row| row.get(0) == Some("222233334444")).unwrap();
        assert_eq!(blind.get(14), Some("nothing was judged"));
    }

    #[test]
    fn nothing_from_a_report_is_a_formula() {
        let text = render(&sample::merged()).unwrap();
        let mut quoted = 0;
        for row in csv::Reader::from_reader(text.as_bytes()).records() {
            for cell in row.unwrap().iter().filter(|cell| cell.parse::<f64>().is_err()) {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
                quoted += usize::from(cell.starts_with('\''));
            }
        }
        assert!(quoted > 1, "the name of an account and a region begin like formulas");
    }
}
