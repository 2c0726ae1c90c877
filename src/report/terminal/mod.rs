//! The report for people: what to know, what to do first, and what could not be told.

mod closing;
mod findings;
mod gaps;
mod header;
mod matrix;
mod plan;
mod since;
mod unknown;

use super::Facts;
use super::page::Page;

pub use since::render as render_comparison;

/// The report for a terminal of this many columns, with style codes.
#[must_use]
pub fn render(facts: Facts<'_>, columns: usize) -> String {
    let mut page = Page::new(columns);
    header::write(&mut page, facts.assessment);
    header::write_scores(&mut page, facts.assessment);
    header::write_bill(&mut page, facts.assessment);
    if let Some(comparison) = facts.comparison {
        since::write(&mut page, comparison);
    }
    plan::write(&mut page, facts.assessment);
    findings::write(&mut page, facts);
    findings::write_waived(&mut page, facts.assessment);
    matrix::write(&mut page, facts);
    unknown::write(&mut page, facts.assessment);
    gaps::write(&mut page, facts.assessment);
    closing::write(&mut page, facts.assessment);
    page.finish()
}

#[cfg(test)]
mod tests;
