//! What has changed since the baseline.

use crate::analyze::history::{Comparison, RecordedFinding};
use crate::report::names::with_name;
use crate::report::page::{BAD, FAINT, GOOD, NAME, PLAIN, Page, STRONG, Span, WARN, severity_style};
use crate::report::words::{change_counts, change_money};

/// Findings of one kind that are shown; the rest is counted.
const SHOWN: usize = 8;

/// Columns before what is said of a finding.
const INDENT: usize = 12;

/// The comparison, as a part of a report or as all of one.
pub(in crate::report) fn write(page: &mut Page, comparison: &Comparison) {
    page.gap();
    let since = comparison.old_taken_at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    page.line(
        0,
        &[Span::new("SINCE ", STRONG), Span::new(since, STRONG), Span::plain(format!("  {}", change_counts(comparison)))],
    );
    if let Some(money) = change_money(comparison) {
        page.paragraph(2, &money, PLAIN);
    }
    for note in &comparison.notes {
        page.hanging(&[Span::new("  note: ", WARN)], 8, note, PLAIN);
    }
    if comparison.is_quiet() {
        return;
    }
    page.gap();
    let plain = |finding| (finding, Vec::new());
    write_kind(page, &Span::new("new", BAD), comparison.new.iter().map(plain));
    write_kind(page, &Span::new("fixed", GOOD), comparison.fixed.iter().map(plain));
    let changed = comparison.changed.iter().map(|changed| (&changed.finding, changed.what.clone()));
    write_kind(page, &Span::new("changed", WARN), changed);
    let doubtful = comparison.not_comparable.iter().map(|item| {
        let blind = match item.side {
            crate::analyze::history::Side::Old => "now",
            crate::analyze::history::Side::New => "in the baseline",
        };
        (&item.finding, vec![format!("not comparable: {blind}, {}", item.why)])
    });
    write_kind(page, &Span::new("unclear", WARN), doubtful);
}

fn write_kind<'a>(page: &mut Page, word: &Span, findings: impl Iterator<Item = (&'a RecordedFinding, Vec<String>)>) {
    let findings: Vec<_> = findings.collect();
    let shown = if findings.len() == SHOWN + 1 { SHOWN + 1 } else { SHOWN };
    for (finding, what) in findings.iter().take(shown) {
        let resource = &finding.subject.resource;
        let head = [
            Span::plain("  "),
            word.clone(),
            Span::plain(" ".repeat(INDENT.saturating_sub(2 + word.width()))),
            Span::new(finding.subject.check.clone(), NAME),
            Span::new(format!("  {}", finding.severity), severity_style(finding.severity)),
            Span::new(format!("  {}", finding.subject.region), FAINT),
        ];
        page.line(0, &head);
        page.paragraph(INDENT, &format!("{}: {}", with_name(&resource.id, resource.name.as_deref()), finding.title), PLAIN);
        for line in what {
            page.paragraph(INDENT, line, FAINT);
        }
    }
    let rest = findings.len().saturating_sub(shown);
    if rest > 0 {
        page.line(INDENT, &[Span::new(format!("and {rest} more {}; --format json has all", word.text), FAINT)]);
    }
}

/// A comparison by itself, for a terminal of this many columns, with style codes.
#[must_use]
pub fn render(comparison: &Comparison, account_id: &str, columns: usize) -> String {
    let mut page = Page::new(columns);
    let now = comparison.new_taken_at.strftime("%Y-%m-%d %H:%M UTC");
    page.line(0, &[Span::new("account ", FAINT), Span::new(account_id, STRONG), Span::plain(format!("  read {now}"))]);
    write(&mut page, comparison);
    page.finish()
}
