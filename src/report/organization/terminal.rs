//! The merged report for people in a terminal: what to know, the worst accounts, and what repeats over all of them.

use super::words::{
    COLUMNS, accounts, beside, bill, blind, coverage, in_no_sum, lowest, money, open, pillars, score, short, times, verdict,
};
use crate::analyze::organization::{AuditedAccount, CheckTotal, Merged};
use crate::analyze::{Severity, checks};
use crate::report::names::with_name;
use crate::report::page::{FAINT, GOOD, NAME, PLAIN, Page, STRONG, Span, WARN, severity_style};
use crate::report::text;
use crate::report::words::Mood;

/// Accounts, of either kind, that are shown; more are counted.
const SHOWN: usize = 20;

/// Checks that are shown; more are counted.
const SHOWN_CHECKS: usize = 10;

/// Columns before the figures of the head.
const INDENT: usize = 13;

/// The merged report for a terminal of this many columns, with style codes.
pub(super) fn render(merged: &Merged, columns: usize) -> String {
    let mut page = Page::new(columns);
    write_head(&mut page, merged);
    write_figures(&mut page, merged);
    write_accounts(&mut page, &merged.accounts);
    write_checks(&mut page, merged);
    write_missing(&mut page, merged);
    write_notes(&mut page, &merged.notes);
    write_next(&mut page, &merged.totals.checks);
    page.finish()
}

fn write_head(page: &mut Page, merged: &Merged) {
    let (audited, missing) = accounts(merged);
    let mut head = vec![
        Span::new("natless ", STRONG),
        Span::new(env!("CARGO_PKG_VERSION"), FAINT),
        Span::plain("  "),
        Span::new(audited, STRONG),
    ];
    if let Some(missing) = missing {
        head.push(Span::plain(", "));
        head.push(Span::new(missing, WARN));
    }
    page.line(0, &head);
    if let Some(times) = times(merged) {
        page.paragraph(0, &format!("Read {times}."), PLAIN);
    }
}

/// Findings, dollars and the lowest figures.
fn write_figures(page: &mut Page, merged: &Merged) {
    page.gap();
    let label = |word: &str| [Span::plain("  "), Span::plain(word)];
    let said = verdict(merged);
    let style = match said.mood {
        Mood::Findings => STRONG,
        Mood::Clean => GOOD,
        Mood::Blind => WARN,
    };
    page.hanging(&label("found"), INDENT, &said.head, style);
    let beside = beside(merged);
    if !beside.is_empty() {
        page.paragraph(INDENT, &beside, FAINT);
    }
    let (sum, saved) = bill(merged);
    let mut spans = vec![Span::new(text::pad("  bill", INDENT), PLAIN), Span::new(sum, STRONG)];
    spans.extend(saved.map(|saved| Span::new(format!("  {saved}"), GOOD)));
    page.line(0, &spans);
    for line in in_no_sum(merged) {
        page.paragraph(INDENT, &line, WARN);
    }
    let lowest = lowest(merged);
    if !lowest.is_empty() {
        page.hanging(&label("lowest"), INDENT, &lowest.join("; "), PLAIN);
    }
}

fn write_accounts(page: &mut Page, accounts: &[AuditedAccount]) {
    if accounts.is_empty() {
        return;
    }
    page.gap();
    page.line(0, &[Span::new("ACCOUNTS", STRONG), Span::plain("  worst first")]);
    let mut rows = vec![
        ["account", "critical", "high", "medium", "low", "score", "coverage", "a month"]
            .map(|word| Span::new(word, FAINT))
            .to_vec(),
    ];
    rows.extend(accounts.iter().take(SHOWN).map(account_row));
    page.rows(2, &rows);
    more(page, accounts.len(), SHOWN);
}

fn account_row(account: &AuditedAccount) -> Vec<Span> {
    let mut row = vec![Span::new(short(&account.account_id), STRONG)];
    for (severity, count) in Severity::ALL.into_iter().zip(open(account)) {
        row.push(Span::new(count.to_string(), if count > 0 { severity_style(severity) } else { FAINT }));
    }
    row.push(Span::plain(score(account)));
    row.push(Span::new(coverage(account), if account.figures.overall.coverage < 1.0 { WARN } else { FAINT }));
    let name = account.name.as_deref().map(|name| format!("{}: ", short(name))).unwrap_or_default();
    let blind = blind(account);
    let blind = if blind.is_empty() { blind } else { format!("; {blind}") };
    row.push(Span::plain(format!("{name}{}{blind}", money(account))));
    row
}

/// What repeats over all accounts.
fn write_checks(page: &mut Page, merged: &Merged) {
    let totals = &merged.totals.checks;
    if totals.is_empty() {
        return;
    }
    page.gap();
    page.line(0, &[Span::new("CHECKS", STRONG), Span::plain(format!("  over all accounts: {}", pillars(merged)))]);
    let rows: Vec<Vec<Span>> = totals.iter().take(SHOWN_CHECKS).map(check_row).collect();
    page.rows(2, &rows);
    more(page, totals.len(), SHOWN_CHECKS);
}

fn check_row(total: &CheckTotal) -> Vec<Span> {
    let title = checks::find(&total.check).map_or("a check that this natless does not have", |check| check.title);
    vec![
        Span::new(total.worst.as_str(), severity_style(total.worst)),
        Span::plain(format!("{} in {}", total.open, text::count(total.accounts, "account", "accounts"))),
        Span::plain(format!("{}: {title}", short(&total.check))),
    ]
}

fn write_missing(page: &mut Page, merged: &Merged) {
    if merged.missing.is_empty() {
        return;
    }
    page.gap();
    let count = text::count(text::len(&merged.missing), "account", "accounts");
    page.line(0, &[Span::new("MISSING", STRONG), Span::plain(format!("  {count} without a report; nothing is known of them"))]);
    for missing in merged.missing.iter().take(SHOWN) {
        let who = with_name(&short(&missing.account_id), missing.name.as_deref().map(short).as_deref());
        page.hanging(&[Span::plain("  ")], 2, &format!("{who}: {}", text::clip(&text::safe(&missing.why), COLUMNS * 4)), PLAIN);
    }
    more(page, merged.missing.len(), SHOWN);
}

fn write_notes(page: &mut Page, notes: &[String]) {
    if notes.is_empty() {
        return;
    }
    page.gap();
    for note in notes.iter().take(SHOWN) {
        page.hanging(&[Span::new("note: ", WARN)], 6, &text::clip(&text::safe(note), COLUMNS * 5), PLAIN);
    }
    more(page, notes.len(), SHOWN);
}

fn write_next(page: &mut Page, totals: &[CheckTotal]) {
    if let Some(known) = totals.iter().find_map(|total| checks::find(&total.check)) {
        page.gap();
        let command = Span::new(format!("natless explain {}", known.id), NAME);
        page.rows(0, &[vec![Span::new("next", FAINT), command, Span::plain("what it means and how to repair it")]]);
    }
}

fn more(page: &mut Page, all: usize, shown: usize) {
    if all > shown {
        page.line(2, &[Span::new(format!("and {} more; --format json has all", all - shown), FAINT)]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn plain(merged: &Merged, columns: usize) -> String {
        anstream::adapter::strip_str(&render(merged, columns)).to_string()
    }

    #[test]
    fn it_says_what_was_found_what_it_costs_and_what_is_missing() {
        let report = plain(&sample::merged(), 120);
        for said in [
            "3 accounts audited, 2 missing",
            "Read 2026-11-23 02:00 UTC to 2026-11-25 02:00 UTC.",
            "note: account 111122223333 was given twice",
            "note: the versions of natless differ",
            "found      21 findings: 2 critical, 17 high, 1 medium, 1 low",
            "not in the bill: 2 missing accounts",
            "lowest     score 59.0 of 111122223333; coverage 0% of 222233334444",
            "CHECKS  over all accounts: egress 17, cost 3, privilege 0, no pillar 1",
            "17 in 1 account",
            "vpc-nat-gateway-idle: NAT gateway is used by nobody",
            "medium    1 in 1 account   later-check|evil",
            "MISSING  2 accounts without a report; nothing is known of them",
            "natless explain vpc-",
        ] {
            assert!(report.contains(said), "{said}\n{report}");
        }
    }

    #[test]
    fn it_stays_within_its_columns_and_shows_the_worst_twenty() {
        let mut merged = sample::merged();
        let first = merged.accounts[0].clone();
        merged.accounts.extend((0..30).map(|number| AuditedAccount { account_id: format!("{number:012}"), ..first.clone() }));
        for columns in [60, 80, 100, 200] {
            let report = plain(&merged, columns);
            assert!(report.contains("and 13 more; --format json has all"), "{report}");
            for line in report.lines() {
                assert!(text::width(line) <= columns.min(120), "{columns}: {line}");
            }
        }
    }
}
