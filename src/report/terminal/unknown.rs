//! Subjects that could not be judged, folded by check and reason.

use std::collections::BTreeMap;

use crate::analyze::Assessment;
use crate::report::page::{FAINT, NAME, PLAIN, Page, STRONG, Span, WARN};
use crate::report::text;

/// Checks that are shown; the rest is counted.
const CHECKS_SHOWN: usize = 10;

pub(super) fn write(page: &mut Page, assessment: &Assessment) {
    if assessment.unknown.is_empty() {
        return;
    }
    page.gap();
    let count = text::count(text::len(&assessment.unknown), "subject", "subjects");
    page.line(0, &[Span::new("NOT JUDGED", STRONG), Span::plain(format!("  {count}; unknown is never a pass"))]);
    page.gap();
    let mut by_check: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for subject in &assessment.unknown {
        *by_check.entry(subject.check).or_default().entry(subject.doubt.why.as_str()).or_default() += 1;
    }
    let mut checks: Vec<(u64, &str, String)> =
        by_check.into_iter().map(|(check, reasons)| (reasons.values().sum(), check, main_reason(&reasons))).collect();
    checks.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let shown = if checks.len() == CHECKS_SHOWN + 1 { CHECKS_SHOWN + 1 } else { CHECKS_SHOWN };
    let digits = checks.first().map_or(0, |(count, ..)| count.to_string().len());
    for (count, check, why) in checks.iter().take(shown) {
        page.line(2, &[Span::new(format!("{count:>digits$}  "), WARN), Span::new(*check, NAME)]);
        page.paragraph(digits + 4, why, PLAIN);
    }
    let rest: u64 = checks.iter().skip(shown).map(|(count, ..)| *count).sum();
    if rest > 0 {
        let subjects = text::count(rest, "subject", "subjects");
        let of = text::count(text::len(&checks) - text::len(checks.get(..shown).unwrap_or(&checks)), "more check", "more checks");
        page.line(2, &[Span::new(format!("and {subjects} of {of}; --format json has all"), FAINT)]);
    }
}

/// The commonest reason, and how many others there are.
fn main_reason(reasons: &BTreeMap<&str, u64>) -> String {
    // The first of those that are equally common: the order of the map is that of the alphabet.
    let main = reasons.iter().fold(None, |best: Option<(&str, u64)>, (why, count)| match best {
        Some((_, most)) if most >= *count => best,
        _ => Some((why, *count)),
    });
    let others = u64::try_from(reasons.len().saturating_sub(1)).unwrap_or(u64::MAX);
    let others =
        if others > 0 { format!("; and {}", text::count(others, "other reason", "other reasons")) } else { String::new() };
    main.map(|(why, _)| format!("{why}{others}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commonest_reason_stands_for_all() {
        assert_eq!(main_reason(&BTreeMap::from([("a", 1), ("b", 3), ("c", 3)])), "b; and 2 other reasons");
        assert_eq!(main_reason(&BTreeMap::from([("a", 1)])), "a");
    }
}
