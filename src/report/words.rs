//! Sentences that more than one format says, and says alike.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::simulation::saved;
use super::text;
use crate::analyze::history::Comparison;
use crate::analyze::{Assessment, Check, Finding, Severity, WaiverNote};
use crate::cost::{UsdRange, cents};
use crate::model::{Gap, GapKind};

/// Code of the gaps that a stopped run leaves. Source: [`GapKind::TimedOut`].
pub(super) const INTERRUPTED: &str = "Interrupted";

/// Code of the gaps of a replay whose recording has no answer.
pub(super) const NOT_RECORDED: &str = "NotRecorded";

/// Error codes of credentials that are not valid, or not any more.
/// Source: Amazon EC2 API Reference, "Error codes for the Amazon EC2 API"; Amazon S3 API Reference, "Error Responses".
const CREDENTIAL_CODES: [&str; 8] = [
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// Names in one list.
pub(super) const NAMED: usize = 4;

/// What an audit came to.
pub(super) struct Verdict {
    pub(super) head: String,
    pub(super) mood: Mood,
}

/// How it is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// Something is wrong.
    Findings,
    /// Nothing is, and everything was judged.
    Clean,
    /// Nothing is in what was judged, which is not all.
    Blind,
}

/// What the audit came to, in one line: `3 findings: 1 high, 2 low`.
pub(super) fn verdict(assessment: &Assessment) -> Verdict {
    let open: Vec<&Finding> = assessment.findings.iter().filter(|finding| finding.waiver.is_none()).collect();
    let passed: u64 = assessment.checks.values().map(|counts| counts.pass).sum();
    let complete = assessment.unknown.is_empty() && assessment.gaps.is_empty();
    let said = |head: &str, mood| Verdict { head: head.to_owned(), mood };
    match (open.is_empty(), complete, passed) {
        (false, _, _) => {
            let counts = severity_counts(open.iter().copied());
            said(&format!("{}: {counts}", text::count(text::len(&open), "finding", "findings")), Mood::Findings)
        }
        (true, true, _) => said("No finding", Mood::Clean),
        (true, false, 0) => said("Nothing was judged", Mood::Blind),
        (true, false, _) => said("No finding in what was judged", Mood::Blind),
    }
}

/// How many findings of each severity, worst first, as words.
pub(super) fn severity_counts<'a>(findings: impl Iterator<Item = &'a Finding>) -> String {
    let mut counts: BTreeMap<Severity, u64> = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.severity).or_default() += 1;
    }
    let words: Vec<String> = counts.iter().rev().map(|(severity, count)| format!("{count} {severity}")).collect();
    words.join(", ")
}

/// What can be saved: `$38.69`, `$34.31 to 1191.84`, or `up to $1149.50` where some steps of the plan may cost more than they save.
pub(super) fn savable(avoidable: UsdRange) -> String {
    if avoidable.low < Decimal::ZERO { format!("up to ${}", cents(avoidable.high)) } else { format!("${}", avoidable.in_words()) }
}

/// Whether a call failed for want of a permission, and not of valid credentials.
pub(super) fn lacks_permission(gap: &Gap) -> bool {
    gap.kind == GapKind::Denied && !CREDENTIAL_CODES.contains(&gap.code.as_str())
}

/// What would let calls succeed next time that failed alike; `actions` are those that they need.
pub(super) fn gap_advice(kind: &GapKind, code: &str, actions: &[&str]) -> String {
    match kind {
        _ if code == INTERRUPTED => "let the scan run to its end".to_owned(),
        GapKind::Denied if CREDENTIAL_CODES.contains(&code) => {
            format!("the credentials are not valid, or not any more ({code}); renew them and scan again")
        }
        GapKind::Denied => format!("needs {}", text::list(actions, NAMED)),
        GapKind::Throttled => format!("AWS asked to slow down ({code}); scan again, with a lower --max-concurrency"),
        GapKind::TimedOut => {
            format!("no answer in time ({code}); raise --timeout, or leave the region out with --exclude-region")
        }
        GapKind::Unsupported => match code {
            NOT_RECORDED => "the recording holds no answer; record the account again".to_owned(),
            "RequestNotBuilt" => "the request could not be made".to_owned(),
            // A refusal without a code: nobody can tell what it means.
            _ if code.starts_with("Http") => format!("refused without a reason ({code})"),
            _ => format!("not offered there ({code})"),
        },
        GapKind::Malformed => format!("the answer could not be understood ({code})"),
        GapKind::ServerError | GapKind::Other(_) => format!("failed after every retry ({code}); scan again later"),
    }
}

/// The controls of a check in one line, catalogue by catalogue: `AWS FSBP S3.5; NIST 800-53 r5 AC-4, SC-8`.
pub(super) fn controls(check: &Check) -> String {
    let mut by_framework: Vec<(String, Vec<&str>)> = Vec::new();
    for control in check.controls {
        let framework = control.framework.to_string();
        match by_framework.iter_mut().find(|(known, _)| *known == framework) {
            Some((_, ids)) => ids.push(control.id),
            None => by_framework.push((framework, vec![control.id])),
        }
    }
    let words: Vec<String> = by_framework.iter().map(|(framework, ids)| format!("{framework} {}", ids.join(", "))).collect();
    words.join("; ")
}

/// `1 new, 2 fixed, 15 unchanged`; kinds without a finding are left out.
pub(super) fn change_counts(comparison: &Comparison) -> String {
    let kinds = [
        (comparison.new.len(), "new"),
        (comparison.fixed.len(), "fixed"),
        (comparison.changed.len(), "changed"),
        (comparison.not_comparable.len(), "not comparable"),
        (comparison.unchanged.len(), "unchanged"),
    ];
    let words: Vec<String> =
        kinds.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if words.is_empty() { "no finding then, and none now".to_owned() } else { words.join(", ") }
}

/// What was saved, and what the bills say; `None` where neither is known.
pub(super) fn change_money(comparison: &Comparison) -> Option<String> {
    let mut said = Vec::new();
    if let Some(realised) = comparison.realised {
        said.push(format!("the fixes: {}", saved(realised)));
    }
    if comparison.unpriced > 0 {
        let count = text::count(comparison.unpriced, "fixed finding has", "fixed findings have");
        said.push(format!("{count} no price"));
    }
    if let Some((old, new)) = comparison.monthly {
        said.push(format!("the bill: ${} a month then, ${} now", old.in_words(), new.in_words()));
    }
    (!said.is_empty()).then(|| said.join("; "))
}

/// Why a finding counts that a waiver once covered.
pub(super) fn expired(lapsed: &WaiverNote) -> String {
    let until = lapsed.until.map_or_else(String::new, |day| format!(" ran out on {day}"));
    let owner = lapsed.owner.as_ref().map_or_else(String::new, |owner| format!(" ({owner})"));
    format!("its waiver{until}: {}{owner}", lapsed.reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn expired_credentials_are_no_missing_permission_in_any_format() {
        let gap = |code| sample::gap("eu-west-1", "DescribeVpcs", GapKind::Denied, code, None).1;
        let (denied, expired) = (gap("UnauthorizedOperation"), gap("ExpiredToken"));
        assert!(lacks_permission(&denied) && !lacks_permission(&expired));
        let advice = |gap: &Gap| gap_advice(&gap.kind, &gap.code, &[&gap.action]);
        assert_eq!(advice(&denied), "needs ec2:DescribeVpcs");
        assert!(advice(&expired).starts_with("the credentials are not valid"), "{}", advice(&expired));
    }
}
