//! Who was read and when, and the scores.

use anstyle::Style;
use rust_decimal::Decimal;

use crate::analyze::{Assessment, Pillar, Score, Severity};
use crate::report::page::{BAD, FAINT, GOOD, PLAIN, Page, STRONG, Span, WARN};
use crate::report::text;
use crate::report::words::savable;

/// Columns of a score's bar, where there is room.
const BAR_COLUMNS: u32 = 30;

/// Columns of a score's line besides its bar: indent, name, score, grade and `coverage 100%`.
const AROUND_BAR: usize = 38;

/// Regions named in the header; more are counted.
const REGIONS_NAMED: usize = 6;

/// The score a critical finding caps the overall score at.
const CRITICAL_CAP: f64 = 59.0;

pub(super) fn write(page: &mut Page, assessment: &Assessment) {
    let mut who = vec![
        Span::new("natless ", STRONG),
        Span::new(env!("CARGO_PKG_VERSION"), FAINT),
        Span::plain("  account "),
        Span::new(&assessment.account.id, STRONG),
    ];
    if assessment.account.partition.as_str() != "aws" {
        who.push(Span::plain(format!(" in {}", assessment.account.partition)));
    }
    if let Some(organization) = &assessment.organization_id {
        who.push(Span::plain(format!("  organization {organization}")));
    }
    page.line(0, &who);
    let regions = text::list(&assessment.regions, REGIONS_NAMED);
    let when = assessment.taken_at.strftime("%Y-%m-%d %H:%M UTC");
    let count = text::count(text::len(&assessment.regions), "region", "regions");
    let days = text::count(u64::from(assessment.lookback_days), "day", "days");
    page.paragraph(0, &format!("Read {when}. {count}: {regions}. Metrics of {days}."), PLAIN);
    for note in &assessment.notes {
        page.hanging(&[Span::new("note: ", WARN)], 6, note, PLAIN);
    }
}

pub(super) fn write_scores(page: &mut Page, assessment: &Assessment) {
    page.gap();
    score_line(page, "overall", assessment.scores.overall, STRONG);
    for pillar in Pillar::ALL {
        if let Some(score) = assessment.scores.pillars.get(&pillar) {
            score_line(page, pillar.as_str(), *score, PLAIN);
        }
    }
    let critical = assessment.findings.iter().any(|finding| finding.waiver.is_none() && finding.severity == Severity::Critical);
    let at_cap = assessment.scores.overall.score.is_some_and(|score| (score - CRITICAL_CAP).abs() < 0.05);
    if critical && at_cap {
        page.paragraph(13, &format!("capped at {CRITICAL_CAP:.0} while a critical finding is open"), FAINT);
    }
}

/// What it all costs in a month, and what of it can be saved.
pub(super) fn write_bill(page: &mut Page, assessment: &Assessment) {
    let bill = &assessment.bill;
    if bill.lines.is_empty() && bill.unpriced.is_empty() {
        return;
    }
    page.gap();
    let total = if bill.lines.is_empty() { "not priced".to_owned() } else { format!("${} a month", bill.total.in_words()) };
    let mut spans = vec![Span::new(text::pad("bill", 11), PLAIN), Span::new(total, STRONG)];
    if let Some(avoidable) = assessment.plan.avoidable.filter(|saving| saving.high > Decimal::ZERO) {
        spans.push(Span::new(format!("  of which {} can be saved", savable(avoidable)), GOOD));
    }
    page.line(2, &spans);
    if !bill.unpriced.is_empty() {
        let count = text::count(text::len(&bill.unpriced), "item", "items");
        page.paragraph(13, &format!("not in the total: {count} without a price or measured traffic"), WARN);
    }
}

fn score_line(page: &mut Page, name: &str, score: Score, name_style: Style) {
    let label = Span::new(text::pad(name, 11), name_style);
    let coverage_style = if score.coverage < 1.0 { WARN } else { FAINT };
    let Some(value) = score.score else {
        let why = if score.coverage < 1.0 { "nothing could be judged" } else { "nothing to judge" };
        let mut spans = vec![label, Span::new("    –  ", FAINT), Span::new(text::pad(why, 36), FAINT)];
        if score.coverage < 1.0 {
            spans.push(coverage(score.coverage, coverage_style));
        }
        page.line(2, &spans);
        return;
    };
    let style = grade_style(score.grade);
    let bar = u32::try_from(page.width().saturating_sub(AROUND_BAR)).unwrap_or(BAR_COLUMNS).min(BAR_COLUMNS);
    let filled = filled_columns(value, bar);
    let column = |number: u32| usize::try_from(number).unwrap_or(0);
    page.line(
        2,
        &[
            label,
            Span::new(format!("{value:>5.1}  "), STRONG),
            Span::new(format!("{}  ", score.grade.unwrap_or(' ')), style.bold()),
            Span::new("━".repeat(column(filled)), style),
            Span::new("─".repeat(column(bar - filled)), FAINT),
            Span::plain("  "),
            coverage(score.coverage, coverage_style),
        ],
    );
}

fn coverage(share: f64, style: Style) -> Span {
    Span::new(format!("coverage {:.0}%", share * 100.0), style)
}

fn grade_style(grade: Option<char>) -> Style {
    match grade {
        Some('A' | 'B') => GOOD,
        Some('C' | 'D') => WARN,
        _ => BAD,
    }
}

/// Filled columns of a bar this long: full only at 100.
fn filled_columns(score: f64, bar: u32) -> u32 {
    (0..bar).filter(|column| score >= f64::from(column + 1) * 100.0 / f64::from(bar)).fold(0, |n, _| n + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_full_only_at_100() {
        assert_eq!(filled_columns(0.0, BAR_COLUMNS), 0);
        assert_eq!(filled_columns(50.0, BAR_COLUMNS), 15);
        assert_eq!(filled_columns(99.9, BAR_COLUMNS), 29);
        assert_eq!(filled_columns(100.0, BAR_COLUMNS), 30);
    }
}
