//! The findings, by pillar and check, worst first.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::analyze::{Assessment, Finding, Pillar, Repaired, Severity, WaivedWaste, WaiverNote};
use crate::policy::in_words;
use crate::report::names::with_name;
use crate::report::page::{FAINT, GOOD, NAME, PLAIN, Page, STRONG, Span, WARN, severity_style};
use crate::report::simulation::saved;
use crate::report::words::{expired, severity_counts};
use crate::report::{Facts, text};

/// Findings of one check that are shown; the rest is counted.
const SHOWN_PER_CHECK: usize = 5;

/// Columns before a finding: two, the longest severity, two.
const INDENT: usize = 12;

/// Open findings of one check.
struct Group<'a> {
    check: &'static str,
    worst: Severity,
    findings: Vec<&'a Finding>,
}

pub(super) fn write(page: &mut Page, facts: Facts<'_>) {
    for pillar in Pillar::ALL {
        let groups = groups(facts.assessment, pillar);
        if groups.is_empty() {
            write_clean(page, facts, pillar);
            continue;
        }
        page.gap();
        page.line(0, &[Span::new(pillar.as_str().to_uppercase(), STRONG), Span::plain("  "), Span::plain(tally(&groups))]);
        for group in &groups {
            page.gap();
            write_group(page, facts, group);
        }
    }
}

/// One line for a pillar without findings, where something of it was judged.
fn write_clean(page: &mut Page, facts: Facts<'_>, pillar: Pillar) {
    let passed: u64 = facts
        .assessment
        .checks
        .iter()
        .filter(|(id, _)| facts.check(id).is_some_and(|check| check.pillar == pillar))
        .map(|(_, counts)| counts.pass)
        .sum();
    if passed > 0 {
        page.gap();
        page.line(
            0,
            &[
                Span::new(pillar.as_str().to_uppercase(), STRONG),
                Span::plain("  "),
                Span::new(format!("no finding, {passed} passed"), GOOD),
            ],
        );
    }
}

fn groups(assessment: &Assessment, pillar: Pillar) -> Vec<Group<'_>> {
    let mut by_check: BTreeMap<&'static str, Vec<&Finding>> = BTreeMap::new();
    for finding in assessment.findings.iter().filter(|finding| finding.pillar == pillar && finding.waiver.is_none()) {
        by_check.entry(finding.check).or_default().push(finding);
    }
    let mut groups: Vec<Group<'_>> = by_check
        .into_iter()
        .map(|(check, mut findings)| {
            findings.sort_by(|a, b| {
                let place = |finding: &Finding| (finding.region.clone(), finding.resource.clone(), finding.service.clone());
                // What carries most first; `None` is less than any number.
                let worst = b.severity.cmp(&a.severity).then_with(|| b.measured_bytes.cmp(&a.measured_bytes));
                worst.then_with(|| place(a).cmp(&place(b))).then_with(|| a.id.cmp(&b.id))
            });
            let worst = findings.first().map_or(Severity::Low, |finding| finding.severity);
            Group { check, worst, findings }
        })
        .collect();
    groups.sort_by(|a, b| b.worst.cmp(&a.worst).then_with(|| a.check.cmp(b.check)));
    groups
}

/// `2 high, 1 medium`.
fn tally(groups: &[Group<'_>]) -> String {
    severity_counts(groups.iter().flat_map(|group| group.findings.iter().copied()))
}

fn write_group(page: &mut Page, facts: Facts<'_>, group: &Group<'_>) {
    let check = facts.check(group.check);
    let word = Span::new(group.worst.as_str(), severity_style(group.worst));
    page.hanging(&[Span::plain("  "), word], INDENT, check.map_or(group.check, |check| check.title), STRONG);
    let count = text::count(text::len(&group.findings), "finding", "findings");
    page.line(INDENT, &[Span::new(group.check, NAME), Span::new(format!("  {count}"), FAINT)]);
    if let Some(check) = check {
        page.hanging(&[Span::plain(" ".repeat(INDENT)), Span::new("do  ", FAINT)], INDENT + 4, check.remediation.summary, PLAIN);
    }
    // One more line costs no more than saying that there is one more.
    let shown = if group.findings.len() == SHOWN_PER_CHECK + 1 { SHOWN_PER_CHECK + 1 } else { SHOWN_PER_CHECK };
    for finding in group.findings.iter().take(shown) {
        write_finding(page, finding, group.worst, facts.assessment.lookback_days);
    }
    let rest = group.findings.len().saturating_sub(shown);
    if rest > 0 {
        page.line(INDENT, &[Span::new(format!("and {rest} more; --format json has all"), FAINT)]);
    }
}

fn write_finding(page: &mut Page, finding: &Finding, worst: Severity, days: u32) {
    let mut spans = vec![
        Span::new(format!("• {}  ", finding.region), FAINT),
        Span::new(with_name(&finding.resource.id, finding.resource.name.as_deref()), STRONG),
    ];
    if finding.severity != worst {
        spans.push(Span::new(format!("  {}", finding.severity), severity_style(finding.severity)));
    }
    page.line(INDENT, &spans);
    page.paragraph(INDENT + 2, &finding.title, PLAIN);
    if let Some(lapsed) = &finding.lapsed {
        page.paragraph(INDENT + 2, &expired(lapsed), WARN);
    }
    if let Some(bytes) = finding.measured_bytes {
        let days = text::count(u64::from(days), "day", "days");
        let carried = format!("NAT carried {} in {days}, to all destinations together", text::gibibytes(bytes));
        page.paragraph(INDENT + 2, &carried, FAINT);
    }
    match &finding.repair {
        Repaired::Change(proposal) => {
            let money = proposal.saving.as_ref().map_or_else(|_| String::new(), |saving| format!(", {}", saved(*saving)));
            page.paragraph(INDENT + 2, &format!("fix: {}{money}", proposal.change.title), GOOD);
        }
        Repaired::Person(why) => page.paragraph(INDENT + 2, &format!("no fix by itself: {why}"), FAINT),
    }
    if let Some(shown) = &finding.witness {
        page.paragraph(INDENT + 2, &format!("for example: {}", in_words(shown.request())), FAINT);
    }
}

/// Accepted findings, one line each.
pub(super) fn write_waived(page: &mut Page, assessment: &Assessment) {
    let waived: Vec<(&Finding, &WaiverNote)> =
        assessment.findings.iter().filter_map(|finding| Some((finding, finding.waiver.as_ref()?))).collect();
    if waived.is_empty() {
        return;
    }
    page.gap();
    page.line(
        0,
        &[Span::new("WAIVED", STRONG), Span::plain(format!("  {}, not in the score{}", waived.len(), waste(assessment.waived)))],
    );
    page.gap();
    for (finding, waiver) in waived.iter().take(SHOWN_PER_CHECK) {
        let owner = waiver.owner.as_ref().map(|owner| format!(" ({owner})")).unwrap_or_default();
        let until = waiver.until.map(|day| format!(", until {day}")).unwrap_or_default();
        let resource = with_name(&finding.resource.id, finding.resource.name.as_deref());
        page.line(
            2,
            &[
                Span::new(finding.check, NAME),
                Span::plain(format!("  {resource}")),
                Span::new(format!("  {}", finding.region), FAINT),
            ],
        );
        page.paragraph(4, &format!("{}{owner}{until}", waiver.reason), PLAIN);
    }
    let rest = waived.len().saturating_sub(SHOWN_PER_CHECK);
    if rest > 0 {
        page.line(2, &[Span::new(format!("and {rest} more; --format json has all"), FAINT)]);
    }
}

/// What the waived findings cost, behind a semicolon.
fn waste(waived: WaivedWaste) -> String {
    let priced = waived.saving.filter(|saving| saving.high > Decimal::ZERO);
    let dollars = priced.map_or_else(String::new, |saving| format!("; waived waste: ${} a month", saving.in_words()));
    let unpriced = if waived.unpriced > 0 { format!("; {} without a price", waived.unpriced) } else { String::new() };
    dollars + &unpriced
}

/// The most telling open finding: the worst, egress before cost before privilege.
pub(super) fn first(assessment: &Assessment) -> Option<&Finding> {
    let all = Pillar::ALL.into_iter().flat_map(|pillar| groups(assessment, pillar));
    let mut best: Option<Group<'_>> = None;
    for group in all {
        if best.as_ref().is_none_or(|best| group.worst > best.worst) {
            best = Some(group);
        }
    }
    best.and_then(|group| group.findings.first().copied())
}
