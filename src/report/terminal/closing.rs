//! The last lines: what the audit came to, and what to do next.

use crate::analyze::Assessment;
use crate::model::GapKind;
use crate::network::{Destinations, End, Path};
use crate::report::page::{FAINT, GOOD, NAME, PLAIN, Page, STRONG, Span, WARN};
use crate::report::text;
use crate::report::words::{Mood, verdict};

use super::findings;

pub(super) fn write(page: &mut Page, assessment: &Assessment) {
    page.gap();
    let said = verdict(assessment);
    let style = match said.mood {
        Mood::Findings => STRONG,
        Mood::Clean => GOOD,
        Mood::Blind => WARN,
    };
    let waived = assessment.findings.iter().filter(|finding| finding.waiver.is_some()).count();
    let passed: u64 = assessment.checks.values().map(|counts| counts.pass).sum();
    let mut rest = Vec::new();
    if waived > 0 {
        rest.push(format!("{waived} waived"));
    }
    if !assessment.unknown.is_empty() {
        rest.push(format!("{} not judged", assessment.unknown.len()));
    }
    if !assessment.gaps.is_empty() {
        rest.push(format!("{} not read", text::count(text::len(&assessment.gaps), "call", "calls")));
    }
    rest.push(format!("{passed} passed"));
    page.paragraph(0, &said.head, style);
    page.paragraph(0, &rest.join(", "), FAINT);
    write_next(page, assessment);
}

fn write_next(page: &mut Page, assessment: &Assessment) {
    let mut steps: Vec<(String, &str)> = Vec::new();
    if let Some(finding) = findings::first(assessment) {
        steps.push((format!("natless explain {}", finding.check), "what it means and how to repair it"));
    }
    if let Some(path) = first_nat_path(assessment) {
        steps.push((format!("natless path {} {}", path.subnet_id, path.service), "why this one takes a NAT, hop by hop"));
    }
    if assessment.gaps.iter().any(|(_, gap)| matches!(gap.kind, GapKind::Denied)) {
        steps.push(("natless permissions".to_owned(), "the policy that allows every call of a scan"));
    }
    let rows: Vec<Vec<Span>> = steps
        .iter()
        .map(|(command, why)| vec![Span::new("next", FAINT), Span::new(command, NAME), Span::new(*why, PLAIN)])
        .collect();
    page.rows(0, &rows);
}

/// A path worth asking about: through a NAT gateway although the service has a free gateway endpoint, else any.
fn first_nat_path(assessment: &Assessment) -> Option<&Path> {
    let through_nat = |path: &&Path| {
        path.segments.iter().any(|segment| {
            matches!(segment.end, End::Nat { .. }) && !matches!(segment.destinations, Destinations::PossiblyWithin(_))
        })
    };
    let free = |path: &&Path| matches!(&*path.service, "s3" | "dynamodb");
    let mut paths = assessment.paths.iter().filter(through_nat);
    assessment.paths.iter().filter(through_nat).find(free).or_else(|| paths.next())
}
