//! What a settings file does, in words.

use jiff::civil::Date;

use super::page::{FAINT, GOOD, NAME, PLAIN, Page, STRONG, Span, WARN};
use super::text;
use crate::analyze::{Settings, Waiver};

/// Names in one list.
const NAMED: usize = 12;

/// The settings for a terminal of this many columns, with style codes. `today` tells which waivers have run out.
#[must_use]
pub fn render(settings: &Settings, origin: &str, today: Date, columns: usize) -> String {
    let mut page = Page::new(columns);
    page.line(0, &[Span::new(origin, STRONG), Span::new("  can be used", GOOD)]);
    page.gap();
    let list = |names: Vec<String>| if names.is_empty() { "none".to_owned() } else { text::list(&names, NAMED) };
    let disabled = settings.checks.disabled.iter().cloned().collect();
    let severities = settings.checks.severity.iter().map(|(id, severity)| format!("{id} = {severity}")).collect();
    let thresholds = settings.thresholds.entries().map(|(key, value, unit)| format!("{key} = {value} ({unit})"));
    let terms = settings.cost.terms();
    let cost = format!(
        "{} % off the list price, {} hours a month",
        (terms.discount * rust_decimal::Decimal::ONE_HUNDRED).normalize(),
        terms.hours.normalize()
    );
    for (label, value) in [
        ("trusted accounts", list(settings.trust.accounts.iter().cloned().collect())),
        ("trusted organizations", list(settings.trust.organizations.iter().cloned().collect())),
        ("checks switched off", list(disabled)),
        ("severities set", list(severities)),
        ("thresholds", list(thresholds.collect())),
        ("cost", cost),
        ("waivers", settings.waivers.len().to_string()),
    ] {
        page.hanging(&[Span::plain(format!("  {}", text::pad(label, 23)))], 25, &value, PLAIN);
    }
    for waiver in &settings.waivers {
        page.gap();
        write_waiver(&mut page, settings, waiver, today);
    }
    page.finish()
}

fn write_waiver(page: &mut Page, settings: &Settings, waiver: &Waiver, today: Date) {
    let Waiver { check, resource, reason, owner, until } = waiver;
    page.line(4, &[Span::new(check, NAME), Span::plain(format!("  {resource}"))]);
    let owner = owner.as_ref().map(|owner| format!(" ({owner})")).unwrap_or_default();
    page.paragraph(6, &format!("{reason}{owner}"), PLAIN);
    let (words, style) = match until {
        Some(until) if *until < today => (format!("ran out on {until}: what it covers counts again"), WARN),
        Some(until) => (format!("holds until {until}"), FAINT),
        None => ("holds forever: give it a last day with `until`".to_owned(), WARN),
    };
    page.paragraph(6, &words, style);
    if settings.checks.disabled.contains(check) {
        page.paragraph(6, "the check is switched off: there is nothing to waive", WARN);
    }
}
