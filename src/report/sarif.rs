//! The findings for code scanning: SARIF 2.1.0.
//!
//! Sources: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; GitHub Docs, "SARIF support for code scanning".
//! A cloud resource has no file: its place is a relative path made of account, region, kind and id, because GitHub refuses addresses with a
//! scheme, and its ARN is the logical location. What could not be judged is a result of kind `open`, and a scan with gaps was not successful:
//! left out, an unread finding would be shown as fixed.

use std::collections::{BTreeMap, BTreeSet};

use form_urlencoded::byte_serialize;
use serde_json::{Map, Value, json};

use super::json::to_json;
use super::subject::{Place, gaps, milliseconds, name_of, repair, sentence, set, waiver};
use super::words::expired;
use super::{Facts, RenderError, manual, text};
use crate::analyze::history::{Comparison, Delta};
use crate::analyze::{Check, Finding, Pillar, Resource, Severity, UnknownSubject};
use crate::cost::cents;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Longest description of a rule. Source: GitHub Docs, "SARIF support for code scanning", `shortDescription.text`.
const DESCRIPTION: usize = 1_000;

/// The findings as SARIF.
///
/// # Errors
/// [`RenderError`] where a finding is of no check.
pub(super) fn render(facts: Facts<'_>) -> Result<String, RenderError> {
    let assessment = facts.assessment;
    let rules: Vec<&Check> = assessment.checks.keys().map(|id| facts.check_of(id)).collect::<Result<_, _>>()?;
    let numbers: BTreeMap<&str, usize> = rules.iter().enumerate().map(|(number, check)| (check.id, number)).collect();
    let deltas = facts.comparison.map(Comparison::deltas);
    // All results have a state or none has: what cannot be compared has none.
    let doubtful = deltas.iter().flatten().any(|(_, delta)| *delta == Delta::NotComparable) || !assessment.unknown.is_empty();
    let results = Results { facts, place: Place::of(facts), numbers, deltas, states: !doubtful };
    let findings = assessment.findings.iter().map(|finding| results.of_finding(finding));
    let unknown = assessment.unknown.iter().map(|subject| results.of_unknown(subject));
    let mut driver = json!({
        "name": "natless",
        "version": env!("CARGO_PKG_VERSION"),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules.iter().map(|check| rule(check, facts.severity_of(check))).collect::<Vec<_>>(),
    });
    let kinds = gap_kinds(facts);
    if !kinds.is_empty() {
        set(&mut driver, "notifications", kinds.iter().map(|kind| descriptor(kind)).collect::<Vec<Value>>());
    }
    let taken_at = milliseconds(assessment.taken_at);
    let account = &assessment.account;
    Ok(to_json(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver },
            "automationDetails": {
                // Before the last slash stands what GitHub keeps apart: another account's report closes no alert of this one.
                "id": format!("natless/{}/{}/{taken_at}", account.partition, account.id),
                "description": { "text": format!("Audit of account {} in {}.", account.id, assessment.regions.join(", ")) },
            },
            "invocations": [{
                "executionSuccessful": assessment.gaps.is_empty(),
                "startTimeUtc": taken_at,
                "toolExecutionNotifications": notifications(facts, &kinds),
            }],
            "columnKind": "unicodeCodePoints",
            "results": findings.chain(unknown).collect::<Vec<Value>>(),
        }],
    }))?)
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// GitHub: over 9.0 critical, 7.0 to 8.9 high, 4.0 to 6.9 medium, below that low.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

fn rule(check: &Check, severity: Severity) -> Value {
    let manual = manual::markdown(check);
    let summary = check.remediation.summary;
    let what = manual.split("\n\n").next().unwrap_or_default();
    let what = what.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join(" ");
    let mut tags = vec![check.pillar.as_str().to_owned(), "aws".to_owned()];
    let mut properties = json!({ "precision": "very-high", "natless/controls": controls(check) });
    if check.pillar == Pillar::Privilege {
        tags.push("security".to_owned());
        set(&mut properties, "security-severity", security_severity(severity));
    } else {
        let problem = if level(severity) == "note" { "recommendation" } else { level(severity) };
        set(&mut properties, "problem.severity", problem);
    }
    set(&mut properties, "tags", tags);
    json!({
        "id": check.id,
        "name": pascal_case(check.id, '-'),
        "shortDescription": { "text": sentence(check.title) },
        "fullDescription": { "text": text::clip(if what.is_empty() { check.title } else { &what }, DESCRIPTION) },
        "help": { "text": format!("{manual}\n\n{summary}"), "markdown": format!("{manual}\n\n## Repair\n{summary}\n") },
        "helpUri": check.remediation.url,
        "defaultConfiguration": { "level": level(severity) },
        "properties": properties,
    })
}

fn controls(check: &Check) -> Vec<String> {
    check.controls.iter().map(ToString::to_string).collect()
}

fn pascal_case(words: &str, separator: char) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    words.split(separator).map(capital).collect()
}

/// Kinds of gaps of this scan, in the order of their words.
fn gap_kinds(facts: Facts<'_>) -> Vec<&str> {
    let kinds: BTreeSet<&str> = facts.assessment.gaps.iter().map(|(_, gap)| gap.kind.as_str()).collect();
    kinds.into_iter().collect()
}

fn descriptor(kind: &str) -> Value {
    json!({
        "id": format!("gap-{kind}"),
        "name": format!("Gap{}", pascal_case(kind, '_')),
        "shortDescription": { "text": format!("A call was not answered: {kind}.") },
        "fullDescription": { "text": "What rests on it could not be judged: it has neither passed nor failed." },
        "help": { "text": "`natless permissions` prints the policy that a scan needs." },
        "defaultConfiguration": { "level": "error" },
    })
}

fn notifications(facts: Facts<'_>, kinds: &[&str]) -> Vec<Value> {
    let taken_at = milliseconds(facts.assessment.taken_at);
    let gaps = facts.assessment.gaps.iter();
    gaps.map(|(id, gap)| {
        let said = format!("Not read: {} needs {} and was answered {}: {}", id.0, gap.action, gap.code, gap.message);
        json!({
            "descriptor": { "id": format!("gap-{}", gap.kind.as_str()), "index": kinds.iter().position(|kind| *kind == gap.kind.as_str()) },
            "level": "error",
            "timeUtc": taken_at,
            "message": { "text": message(&sentence(&said)) },
            "properties": { "account": gap.account, "region": gap.region, "action": gap.action, "request_id": gap.request_id },
        })
    })
    .collect()
}

/// Text of a message, in which brackets make links and braces stand for arguments.
/// Source: SARIF 2.1.0, 3.11.5 "Messages with placeholders" and 3.11.6 "Messages with embedded links".
fn message(shown: &str) -> String {
    let mut escaped = String::with_capacity(shown.len());
    for c in shown.chars() {
        match c {
            '\\' | '[' | ']' => escaped.extend(['\\', c]),
            '{' | '}' => escaped.extend([c, c]),
            _ => escaped.push(c),
        }
    }
    escaped
}

struct Results<'a> {
    facts: Facts<'a>,
    place: Place<'a>,
    numbers: BTreeMap<&'a str, usize>,
    /// What the comparison says of each finding, where there is a baseline.
    deltas: Option<BTreeMap<&'a str, Delta>>,
    /// Whether results say what they are beside the baseline.
    states: bool,
}

impl Results<'_> {
    fn of_finding(&self, finding: &Finding) -> Value {
        let saving = finding.repair.proposal().and_then(|proposal| proposal.saving.as_ref().ok());
        let delta = self.deltas.as_ref().and_then(|deltas| deltas.get(finding.id.as_str()).copied());
        let said = format!("{} {}", sentence(&finding.title), text::safe(&finding.detail));
        let mut result = self.result(finding.check, &finding.id, (&finding.region, &finding.resource), &said);
        result.insert("kind".to_owned(), "fail".into());
        result.insert("level".to_owned(), level(finding.severity).into());
        let waived = finding
            .waiver
            .as_ref()
            .map(|note| json!({ "kind": "external", "status": "accepted", "justification": waiver(note) }));
        result.insert("suppressions".to_owned(), waived.into_iter().collect());
        let evidence =
            finding.evidence.iter().map(|evidence| json!({ "fact": text::safe(&evidence.fact), "source": evidence.source }));
        result.insert(
            "properties".to_owned(),
            json!({
                "finding_id": finding.id,
                "status": if finding.waiver.is_some() { "waived" } else { "fail" },
                "severity": finding.severity.as_str(),
                "pillar": finding.pillar.as_str(),
                "account": self.place.account,
                "region": finding.region,
                "service": finding.service,
                "since_baseline": delta.map(Delta::as_str),
                "waiver_expired": finding.lapsed.as_ref().map(expired),
                "related": finding.related,
                "evidence": evidence.collect::<Vec<_>>(),
                "saving_usd_low": saving.map(|saving| cents(saving.low)),
                "saving_usd_high": saving.map(|saving| cents(saving.high)),
                "repair": repair(self.facts, finding),
            }),
        );
        if let Some(delta) = delta.filter(|_| self.states) {
            let state = match delta {
                Delta::New | Delta::NotComparable => "new",
                Delta::Changed => "updated",
                Delta::Unchanged => "unchanged",
            };
            result.insert("baselineState".to_owned(), state.into());
        }
        Value::Object(result)
    }

    fn of_unknown(&self, subject: &UnknownSubject) -> Value {
        let why = gaps(self.facts, subject);
        let not_read = if why.is_empty() { String::new() } else { format!(" Not read: {why}.") };
        let said = format!("Could not be judged: {}{not_read}", sentence(&subject.doubt.why));
        let mut result = self.result(subject.check, &subject.id, (&subject.region, &subject.resource), &said);
        result.insert("kind".to_owned(), "open".into());
        result.insert("level".to_owned(), "none".into());
        result.insert("suppressions".to_owned(), json!([]));
        let (region, service) = (&subject.region, &subject.service);
        let properties = json!({ "status": "unknown", "account": self.place.account, "region": region, "service": service });
        result.insert("properties".to_owned(), properties);
        Value::Object(result)
    }

    fn result(&self, check: &str, id: &str, (region, resource): (&str, &Resource), said: &str) -> Map<String, Value> {
        let parts = ["aws", self.place.account, region, &resource.kind, &resource.id];
        // A form writes a blank as `+`, a path does not.
        let uri = parts.map(|part| byte_serialize(part.as_bytes()).collect::<String>().replace('+', "%20")).join("/");
        let result = json!({
            "ruleId": check,
            "ruleIndex": self.numbers.get(check),
            "message": { "text": message(said) },
            "locations": [{
                "physicalLocation": {
                    "artifactLocation": { "uri": uri },
                    "region": { "startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2 },
                },
                "logicalLocations": [{
                    "name": name_of(resource),
                    "fullyQualifiedName": self.place.arn(resource),
                    "kind": "resource",
                }],
            }],
            // The first is the one that GitHub tells alerts apart by.
            "partialFingerprints": { "primaryLocationLineHash": format!("{id}:1"), "natlessFindingId/v1": id },
        });
        match result {
            Value::Object(result) => result,
            _ => Map::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn every_finding_and_every_doubt_is_a_result() {
        let sample = Sample::new();
        let log: Value = serde_json::from_str(&render(sample.facts()).unwrap()).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len(), sample.assessment.findings.len() + sample.assessment.unknown.len());
        let of = |key: &str, value: &str| results.iter().filter(|result| result[key] == value).count();
        assert_eq!((of("kind", "open"), of("level", "none")), (2, 2));
        assert!(results.iter().all(|result| result["baselineState"].is_null()), "some results cannot be compared");
        let suppressed = results.iter().filter(|result| !result["suppressions"].as_array().unwrap().is_empty());
        assert_eq!(suppressed.count(), 1);
        assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], false);
        let uri = &results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert_eq!(uri, "aws/111122223333/eu-west-1/route_table/rtb-001");
    }

    #[test]
    fn where_all_can_be_compared_each_result_says_its_state() {
        let mut sample = Sample::new();
        sample.assessment.unknown.clear();
        sample.comparison.not_comparable.clear();
        let log: Value = serde_json::from_str(&render(sample.facts()).unwrap()).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap();
        let of = |state: &str| results.iter().filter(|result| result["baselineState"] == state).count();
        assert_eq!((of("new"), of("updated")), (1, 2));
        assert_eq!(of("unchanged"), results.len() - 4, "one of them is in no list of the comparison");
    }

    #[test]
    fn brackets_and_braces_of_a_message_mean_nothing() {
        assert_eq!(message(r"[x](https://evil) {0} \"), r"\[x\](https://evil) {{0}} \\");
    }
}
