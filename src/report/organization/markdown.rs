//! The merged report for people in a pull request, an issue or a chat: Markdown that fits one comment.

use std::fmt::Write as _;

use super::words::{accounts, beside, bill, blind, coverage, in_no_sum, lowest, money, open, pillars, score, times, verdict};
use crate::analyze::organization::{AuditedAccount, Merged};
use crate::analyze::{Severity, checks};
use crate::report::markdown::{Draft, code, more, named, plain, plain_id};
use crate::report::text;

// Writing to a string cannot fail, so every result of `write!` below is let go.

/// The merged report as Markdown in the GitHub dialect.
pub(super) fn render(merged: &Merged) -> String {
    Draft::fitting(|page| {
        head(page, merged);
        account_table(page, &merged.accounts);
        missing(page, merged);
        check_table(page, merged);
        findings(page, merged);
    })
}

fn head(page: &mut Draft, merged: &Merged) {
    let (audited, missing) = accounts(merged);
    let missing = missing.map_or_else(String::new, |missing| format!(", {missing}"));
    let _ = writeln!(page, "# natless: {audited}{missing}\n");
    if let Some(times) = times(merged) {
        let _ = writeln!(page, "Read {times}.\n");
    }
    for note in merged.notes.iter().take(page.shown()) {
        let _ = writeln!(page, "> **Note:** {}\n", plain(note));
    }
    if merged.notes.len() > page.shown() {
        more(page, merged.notes.len());
        page.push("\n");
    }
    let beside = beside(merged);
    let beside = if beside.is_empty() { beside } else { format!("; {beside}") };
    let (sum, saved) = bill(merged);
    let saved = saved.map_or_else(String::new, |saved| format!(", {saved}"));
    let _ = writeln!(page, "**{}{beside}.** The bill: {}.", verdict(merged).head, plain(&format!("{sum}{saved}")));
    for line in in_no_sum(merged) {
        let _ = writeln!(page, "\n- {}", plain(&line));
    }
    let lowest = lowest(merged);
    if !lowest.is_empty() {
        let _ = writeln!(page, "\nLowest: {}.", plain(&lowest.join("; ")));
    }
}

fn account_table(page: &mut Draft, accounts: &[AuditedAccount]) {
    if accounts.is_empty() {
        return;
    }
    page.push("\n## Accounts\n\nWorst first.\n\n");
    page.push("| account | critical | high | medium | low | score | coverage | a month | not known |\n");
    page.push("|---|--:|--:|--:|--:|--:|--:|---|---|\n");
    for account in accounts.iter().take(page.shown()) {
        let [critical, high, medium, low] = open(account);
        let _ = writeln!(
            page,
            "| {} | {critical} | {high} | {medium} | {low} | {} | {} | {} | {} |",
            named(&account.account_id, account.name.as_deref()),
            score(account),
            coverage(account),
            plain(&money(account)),
            plain(&blind(account)),
        );
    }
    more(page, accounts.len());
}

fn missing(page: &mut Draft, merged: &Merged) {
    if merged.missing.is_empty() {
        return;
    }
    let _ = writeln!(page, "\n## Missing: {}\n\nNothing is known of these accounts.\n", merged.missing.len());
    page.push("| account | why |\n|---|---|\n");
    for missing in merged.missing.iter().take(page.shown()) {
        let _ = writeln!(page, "| {} | {} |", named(&missing.account_id, missing.name.as_deref()), plain(&missing.why));
    }
    more(page, merged.missing.len());
}

fn check_table(page: &mut Draft, merged: &Merged) {
    let totals = &merged.totals;
    if totals.checks.is_empty() {
        return;
    }
    let _ = writeln!(page, "\n## Checks\n\nFindings by pillar: {}.\n", pillars(merged));
    page.push("| severity | findings | accounts | check | |\n|---|--:|--:|---|---|\n");
    for total in totals.checks.iter().take(page.shown()) {
        let title = checks::find(&total.check).map_or("a check that this natless does not have", |check| check.title);
        let _ = writeln!(
            page,
            "| {} | {} | {} | `{}` | {} |",
            total.worst,
            total.open,
            total.accounts,
            check_id(&total.check),
            plain(title)
        );
    }
    more(page, totals.checks.len());
}

fn findings(page: &mut Draft, merged: &Merged) {
    let open: Vec<_> = merged.findings.iter().filter(|one| one.finding.counts_from(Severity::Low)).collect();
    if open.is_empty() {
        return;
    }
    page.push("\n## Findings\n\nWorst first.\n\n| severity | account | finding | resource | region |\n|---|---|---|---|---|\n");
    for one in open.iter().take(page.shown()) {
        let subject = &one.finding.subject;
        let _ = writeln!(
            page,
            "| {} | {} | {}<br>`{}` | {} | {} |",
            one.finding.severity,
            code(&one.account_id),
            plain(&one.finding.title),
            check_id(&subject.check),
            named(&subject.resource.id, subject.resource.name.as_deref()),
            plain(&subject.region),
        );
    }
    more(page, open.len());
}

/// The id of a check, as long as such ids are.
fn check_id(raw: &str) -> String {
    text::clip(&plain_id(raw), super::words::COLUMNS).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::analyze::organization::Missing;

    #[test]
    fn every_row_of_a_table_is_one_line_with_its_cells() {
        let report = render(&sample::merged());
        let mut cells = 0;
        for line in report.lines() {
            if line.starts_with("|--") {
                cells = line.matches('|').count();
            } else if line.starts_with('|') && cells > 0 {
                assert_eq!(line.replace("\\|", "").matches('|').count(), cells, "{line}");
            } else {
                cells = 0;
            }
        }
        for said in [
            "# natless: 3 accounts audited, 2 missing\n",
            "**21 findings: 2 critical, 17 high, 1 medium, 1 low; ",
            "## Accounts\n",
            "## Missing: 2\n",
            "## Checks\n",
            "## Findings\n",
        ] {
            assert!(report.contains(said), "{said}\n{report}");
        }
        assert!(!report.contains("<b>") && !report.contains("@team") && !report.contains("](http"), "{report}");
    }

    #[test]
    fn an_organization_of_long_names_still_fits_a_comment() {
        let mut merged = sample::merged();
        let long = "x|y `<#@".repeat(500);
        let first = AuditedAccount { name: Some(long.clone()), ..merged.accounts[0].clone() };
        merged.accounts.extend((0..200).map(|number| AuditedAccount { account_id: format!("{number:012}"), ..first.clone() }));
        merged.missing.extend((0..200).map(|number| Missing {
            account_id: format!("{number:012}"),
            name: Some(long.clone()),
            why: long.clone(),
        }));
        merged.notes.extend((0..200).map(|_| long.clone()));
        for one in &mut merged.findings {
            (one.finding.title, one.finding.subject.check) = (long.clone(), "c".repeat(100_000));
        }
        let report = render(&merged);
        assert!(report.chars().count() <= 65_536, "{}", report.len());
        assert!(report.contains("# natless: ") && report.contains("the JSON form has all"));
    }
}
