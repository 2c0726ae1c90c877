//! The findings for security data lakes: Compliance Finding events of the Open Cybersecurity Schema Framework, version 1.8.0.
//!
//! Source: OCSF schema 1.8.0, class "Compliance Finding" (2003) with the profile "cloud". One JSON array, as auditors of clouds write it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::json_v1::{FindingV1, to_json};
use super::subject::{Place, gaps, name_of, repair, set, waiver};
use super::{Facts, text};
use crate::analyze::history::Side;
use crate::analyze::{Check, Finding, Resource, Severity, UnknownSubject};

const VERSION: &str = "1.8.0";

/// The findings, and what could not be judged, as a JSON array of events.
///
/// # Errors
/// [`serde_json::Error`] where a value has no JSON form.
pub(super) fn render(facts: Facts<'_>) -> Result<String, serde_json::Error> {
    let events = Events { facts, place: Place::of(facts), known: known_before(facts) };
    let findings = facts.assessment.findings.iter().map(|finding| events.of_finding(finding));
    let unknown = facts.assessment.unknown.iter().map(|subject| events.of_unknown(subject));
    to_json(&findings.chain(unknown).collect::<Result<Vec<Value>, _>>()?)
}

/// Ids of the findings that the baseline had too.
pub(super) fn known_before(facts: Facts<'_>) -> BTreeSet<&str> {
    let Some(comparison) = facts.comparison else { return BTreeSet::new() };
    let changed = comparison.changed.iter().map(|changed| changed.finding.id.as_str());
    let doubtful = comparison.not_comparable.iter().filter(|item| item.side == Side::Old).map(|item| item.finding.id.as_str());
    comparison.unchanged.iter().map(String::as_str).chain(changed).chain(doubtful).collect()
}

fn severity(severity: Severity) -> (u8, &'static str) {
    match severity {
        Severity::Critical => (5, "Critical"),
        Severity::High => (4, "High"),
        Severity::Medium => (3, "Medium"),
        Severity::Low => (2, "Low"),
    }
}

/// What findings and doubts have in common.
struct Event<'e> {
    id: &'e str,
    check: &'static Check,
    region: &'e str,
    resource: &'e Resource,
    severity: (u8, &'static str),
    title: String,
    detail: String,
    status: (u8, &'static str),
    /// `compliance.status_id`, its caption, and natless's own word.
    outcome: (u8, &'static str, &'static str),
    details: Vec<String>,
    remediation: String,
}

struct Events<'a> {
    facts: Facts<'a>,
    place: Place<'a>,
    known: BTreeSet<&'a str>,
}

impl Events<'_> {
    fn of_finding(&self, finding: &Finding) -> Result<Value, serde_json::Error> {
        use serde::ser::Error as _;
        let check = self.facts.check(finding.check).ok_or_else(|| serde_json::Error::custom("a finding of no check"))?;
        let mut event = self.event(&Event {
            id: &finding.id,
            check,
            region: &finding.region,
            resource: &finding.resource,
            severity: severity(finding.severity),
            title: text::safe(&finding.title).into_owned(),
            detail: text::safe(&finding.detail).into_owned(),
            status: if finding.waiver.is_some() { (3, "Suppressed") } else { (1, "New") },
            outcome: (3, "Fail", if finding.waiver.is_some() { "WAIVED" } else { "FAIL" }),
            details: finding.evidence.iter().map(|evidence| text::safe(&evidence.fact).into_owned()).collect(),
            remediation: repair(self.facts, finding),
        });
        if let Some(note) = &finding.waiver {
            set(&mut event, "comment", format!("Waived: {}", waiver(note)));
        }
        if let Some(resources) = event.get_mut("resources").and_then(Value::as_array_mut) {
            let related = finding.related.iter().map(|id| {
                json!({ "uid": text::safe(id), "name": text::safe(id), "region": finding.region, "role_id": 4, "role": "Related" })
            });
            resources.extend(related);
        }
        let evidence =
            |one: &crate::analyze::Evidence| json!({ "data": { "fact": text::safe(&one.fact), "source": one.source } });
        if !finding.evidence.is_empty() {
            set(&mut event, "evidences", finding.evidence.iter().map(evidence).collect::<Vec<Value>>());
        }
        // What OCSF has no word for, in the words of natless's own report.
        let own = serde_json::to_value(FindingV1::from(finding))?;
        let kept = ["service", "measured_bytes", "saving_usd", "witness", "change", "no_change", "waiver", "waiver_expired"];
        set(
            &mut event,
            "unmapped",
            kept.into_iter().filter_map(|key| Some((key.to_owned(), own.get(key)?.clone()))).collect::<Map<String, Value>>(),
        );
        Ok(event)
    }

    fn of_unknown(&self, subject: &UnknownSubject) -> Result<Value, serde_json::Error> {
        use serde::ser::Error as _;
        let check = self.facts.check(subject.check).ok_or_else(|| serde_json::Error::custom("a subject of no check"))?;
        let (why, not_read) = (text::safe(&subject.doubt.why).into_owned(), gaps(self.facts, subject));
        let mut event = self.event(&Event {
            id: &subject.id,
            check,
            region: &subject.region,
            resource: &subject.resource,
            severity: (0, "Unknown"),
            title: format!("{} could not be judged: {why}", text::safe(&subject.resource.id)),
            detail: why.clone(),
            status: (1, "New"),
            // "The compliance check did not yield a result due to missing information."
            outcome: (2, "Warning", "UNKNOWN"),
            details: [why, not_read].into_iter().filter(|line| !line.is_empty()).collect(),
            remediation: "Let the scan read what is missing: `natless permissions` prints the policy it needs.".to_owned(),
        });
        set(&mut event, "unmapped", json!({ "service": subject.service, "gaps": subject.doubt.gaps }));
        Ok(event)
    }

    fn event(&self, event: &Event<'_>) -> Value {
        let assessment = self.facts.assessment;
        let (id, check, region) = (event.id, event.check, event.region);
        let time = assessment.taken_at.as_millisecond();
        let (activity_id, activity) = if self.known.contains(id) { (2, "Update") } else { (1, "Create") };
        let product =
            json!({ "name": "natless", "uid": "natless", "vendor_name": "natless", "version": env!("CARGO_PKG_VERSION") });
        let partition = self.place.partition.as_str();
        let standards: BTreeSet<String> = check.controls.iter().map(|control| control.framework.to_string()).collect();
        let mut resource = json!({
            "uid": self.place.arn(event.resource),
            "uid_alt": text::safe(&event.resource.id),
            "name": name_of(event.resource),
            "type": event.resource.kind,
            "region": region,
            "cloud_partition": partition,
            "role_id": 1,
            "role": "Target",
        });
        if let Some(vpc_id) = &event.resource.vpc_id {
            set(&mut resource, "data", json!({ "vpc_id": vpc_id }));
        }
        let mut compliance = json!({
            "control": check.id,
            "standards": std::iter::once("natless".to_owned()).chain(standards).collect::<Vec<_>>(),
            "requirements": check.controls.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "category": check.pillar.as_str(),
            "desc": check.title,
            "status_id": event.outcome.0,
            "status": event.outcome.1,
            "status_code": event.outcome.2,
        });
        if !event.details.is_empty() {
            set(&mut compliance, "status_details", event.details.clone());
        }
        let mut value = json!({
            "activity_id": activity_id, "activity_name": activity,
            "category_uid": 2, "category_name": "Findings",
            "class_uid": 2003, "class_name": "Compliance Finding",
            "type_uid": 200_300 + activity_id, "type_name": format!("Compliance Finding: {activity}"),
            "time": time,
            "severity_id": event.severity.0, "severity": event.severity.1,
            "status_id": event.status.0, "status": event.status.1,
            "message": event.title,
            "metadata": {
                "version": VERSION, "profiles": ["cloud"],
                "uid": format!("{id}/{time}"), "event_code": check.id, "log_name": "natless",
                "product": product,
            },
            "cloud": {
                "provider": "AWS", "region": region, "cloud_partition": partition,
                "account": { "uid": self.place.account, "type_id": 10, "type": "AWS Account" },
            },
            "finding_info": {
                "uid": id, "title": check.title, "desc": event.detail, "types": [check.pillar.as_str()],
                "created_time": time, "last_seen_time": time,
                "product": product,
                "analytic": { "type_id": 1, "type": "Rule", "uid": check.id, "name": check.title, "version": check.since },
                "src_url": check.remediation.url,
            },
            "resources": [resource],
            "compliance": compliance,
            "remediation": { "desc": event.remediation, "references": [check.remediation.url] },
        });
        if let Some(organization) = &assessment.organization_id {
            for (place, key, told) in
                [("metadata", "tenant_uid", json!(organization)), ("cloud", "org", json!({ "uid": organization }))]
            {
                if let Some(object) = value.get_mut(place) {
                    set(object, key, told);
                }
            }
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn what_could_not_be_judged_is_a_warning_and_never_a_pass() {
        let sample = Sample::new();
        let events: Vec<Value> = serde_json::from_str(&render(sample.facts()).unwrap()).unwrap();
        assert_eq!(events.len(), sample.assessment.findings.len() + sample.assessment.unknown.len());
        let of = |status: &str| events.iter().filter(|event| event["compliance"]["status"] == status).count();
        assert_eq!((of("Warning"), of("Fail"), of("Pass")), (2, 21, 0));
        let updates = events.iter().filter(|event| event["activity_id"] == 2).count();
        assert_eq!(updates, 19, "all but the new one and the one that was not known");
        assert_eq!(events.iter().filter(|event| event["status_id"] == 3).count(), 1);
    }
}
