//! What to do first: the changes of the open findings, in the order of what they save.

use crate::analyze::{Assessment, PlanStep, Proof};
use crate::report::page::{FAINT, GOOD, PLAIN, Page, STRONG, Span, WARN, severity_style};
use crate::report::simulation::saved;
use crate::report::text;

/// Steps that are shown; the rest is counted.
const SHOWN: usize = 8;

/// What would make a range narrower. Source: VPC guide, "Flow log records", the fields since version 5.
const NARROWER: &str = "A range: which of a gateway's bytes go to the service is not known. A flow log of the gateway's interfaces with \
                        pkt-src-aws-service and pkt-dst-aws-service would tell.";

/// Columns before a step's text.
const INDENT: usize = 6;

pub(super) fn write(page: &mut Page, assessment: &Assessment) {
    let steps = &assessment.plan.steps;
    if steps.is_empty() {
        return;
    }
    let total = text::count(text::len(steps), "change", "changes");
    let together = assessment.plan.avoidable.map_or_else(String::new, |saving| format!(": {} together", saved(saving)));
    page.gap();
    page.line(0, &[Span::new("PLAN", STRONG), Span::plain(format!("  {total}{together}"))]);
    page.gap();
    // One more line costs no more than saying that there is one more.
    let shown = if steps.len() == SHOWN + 1 { SHOWN + 1 } else { SHOWN };
    for (number, step) in steps.iter().take(shown).enumerate() {
        write_step(page, number + 1, step);
    }
    let rest = steps.len().saturating_sub(shown);
    if rest > 0 {
        page.line(INDENT, &[Span::new(format!("and {rest} more; --format json has all"), FAINT)]);
    }
    if steps.iter().any(|step| step.alone.as_ref().is_ok_and(|saving| !saving.is_exact())) {
        page.gap();
        page.paragraph(2, NARROWER, FAINT);
    }
}

fn write_step(page: &mut Page, number: usize, step: &PlanStep) {
    page.hanging(&[Span::new(format!("{number:>4}. "), FAINT)], INDENT, &step.change.title, PLAIN);
    let money = match &step.alone {
        Ok(saving) if saving.high > rust_decimal::Decimal::ZERO => Span::new(saved(*saving), GOOD),
        Ok(saving) => Span::new(saved(*saving), FAINT),
        Err(why) => Span::new(format!("what it saves is not known: {why}"), WARN),
    };
    let mut spans = vec![money, Span::new("  ", FAINT), Span::new(step.severity.as_str(), severity_style(step.severity))];
    spans.push(Span::new(format!("  {}", text::count(text::len(&step.findings), "finding", "findings")), FAINT));
    if step.proof == Proof::NotRun {
        spans.push(Span::new("  not proven yet", WARN));
    }
    if !step.change.hazards.is_empty() {
        spans.push(Span::new(format!("  {} to mind", text::count(text::len(&step.change.hazards), "hazard", "hazards")), FAINT));
    }
    page.line(INDENT, &spans);
}
