//! The last lines: what the audit came to, and what to do next.

use crate::analyze::{Assessment, Finding};
use crate::model::GapKind;
use crate::network::{Destinations, End, Path};
use crate::report::page::{FAINT, GOOD, NAME, PLAIN, Page, STRONG, Span, WARN};
use crate::report::text;

use super::findings;

pub(super) fn write(page: &mut Page, assessment: &Assessment) {
    page.gap();
    let open: Vec<&Finding> = assessment.findings.iter().filter(|finding| finding.waiver.is_none()).collect();
    let waived = assessment.findings.len().saturating_sub(open.len());
    let passed: u64 = assessment.checks.values().map(|counts| counts.pass).sum();
    let complete = assessment.unknown.is_empty() && assessment.gaps.is_empty();
    let (head, style) = if open.is_empty() {
        match (complete, passed) {
            (true, _) => ("No finding".to_owned(), GOOD),
            (false, 0) => ("Nothing was judged".to_owned(), WARN),
            (false, _) => ("No finding in what was judged".to_owned(), WARN),
        }
    } else {
        let counts = findings::severity_counts(open.iter().copied());
        (format!("{}: {counts}", text::count(text::len(&open), "finding", "findings")), STRONG)
    };
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
    page.paragraph(0, &head, style);
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
    let free = |path: &&Path| matches!(path.service.as_str(), "s3" | "dynamodb");
    let mut paths = assessment.paths.iter().filter(through_nat);
    assessment.paths.iter().filter(through_nat).find(free).or_else(|| paths.next())
}
