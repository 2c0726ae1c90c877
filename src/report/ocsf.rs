//! The findings for security data lakes: Compliance Finding events of the Open Cybersecurity Schema Framework, version 1.8.0.
//!
//! Source: OCSF schema 1.8.0, class "Compliance Finding" (2003) with the profile "cloud". One JSON array, as auditors of clouds write it, with a
//! line for each event. A finding of the baseline that is gone is closed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::json::{array_of_lines, to_json_line};
use super::subject::{Place, first_seen, gaps, name_of, of_record, repair, set, waiver};
use super::words::expired;
use super::{Facts, RenderError, json_v1, money_v1, text};
use crate::analyze::history::{RecordedFinding, RecordedStatus};
use crate::analyze::{Check, Finding, Resource, Severity, UnknownSubject};

const VERSION: &str = "1.8.0";

/// The findings, and what could not be judged, as a JSON array of events.
///
/// # Errors
/// [`RenderError`] where a finding is of no check.
pub(super) fn render(facts: Facts<'_>) -> Result<String, RenderError> {
    let events = Events { facts, place: Place::of(facts) };
    let findings = facts.assessment.findings.iter().map(|finding| events.of_finding(finding));
    let unknown = facts.assessment.unknown.iter().map(|subject| events.of_unknown(subject));
    let fixed = facts.comparison.iter().flat_map(|comparison| &comparison.fixed);
    let fixed = fixed.filter(|finding| finding.status == RecordedStatus::Open).map(|finding| events.of_fixed(finding));
    let lines = findings.chain(unknown).chain(fixed).map(|event| Ok(to_json_line(&event?)?));
    Ok(array_of_lines(&lines.collect::<Result<Vec<String>, RenderError>>()?))
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
}

impl Events<'_> {
    fn of_finding(&self, finding: &Finding) -> Result<Value, RenderError> {
        let check = self.facts.check_of(finding.check)?;
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
        } else if let Some(note) = &finding.lapsed {
            set(&mut event, "comment", text::safe(&expired(note)));
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
        let change = finding.repair.proposal().map(|proposal| {
            json!({ "kind": proposal.change.kind.as_str(), "proof": proposal.proof.as_str(), "hazards": proposal.change.hazards })
        });
        let unmapped = json!({
            "service": finding.service,
            "measured_bytes": finding.measured_bytes,
            "saving_usd": money_v1::saving(&finding.repair),
            "witness": json_v1::witness(finding),
            "change": change,
            "no_change": money_v1::no_change(&finding.repair),
        });
        set(&mut event, "unmapped", unmapped);
        Ok(event)
    }

    fn of_unknown(&self, subject: &UnknownSubject) -> Result<Value, RenderError> {
        let check = self.facts.check_of(subject.check)?;
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

    /// A finding of the baseline that is gone. Whether it was repaired or its resource deleted is not known.
    fn of_fixed(&self, finding: &RecordedFinding) -> Result<Value, RenderError> {
        let detail = "The last scan judged the resource and did not find this any more.".to_owned();
        Ok(self.event(&Event {
            id: &finding.id,
            check: self.facts.check_of(&finding.subject.check)?,
            region: &finding.subject.region,
            resource: &of_record(&finding.subject.resource),
            severity: severity(finding.severity),
            title: text::safe(&finding.title).into_owned(),
            detail: detail.clone(),
            status: (4, "Resolved"),
            outcome: (0, "Unknown", "FIXED"),
            details: vec![detail],
            remediation: "Nothing is left to do.".to_owned(),
        }))
    }

    fn event(&self, event: &Event<'_>) -> Value {
        let assessment = self.facts.assessment;
        let (id, check, region) = (event.id, event.check, event.region);
        let time = assessment.taken_at.as_millisecond();
        let first_seen = first_seen(self.facts, id);
        let (activity_id, activity) = match event.status.0 {
            4 => (3, "Close"),
            _ if first_seen < assessment.taken_at => (2, "Update"),
            _ => (1, "Create"),
        };
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
                "created_time": first_seen.as_millisecond(), "first_seen_time": first_seen.as_millisecond(), "last_seen_time": time,
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
        assert_eq!(
            events.len(),
            sample.assessment.findings.len() + sample.assessment.unknown.len() + sample.comparison.fixed.len()
        );
        let of = |status: &str| events.iter().filter(|event| event["compliance"]["status"] == status).count();
        assert_eq!((of("Warning"), of("Fail"), of("Pass")), (2, 21, 0));
        let updates = events.iter().filter(|event| event["activity_id"] == 2).count();
        assert_eq!(updates, 19, "all but the new one and the one that was not known");
        assert_eq!(events.iter().filter(|event| event["status_id"] == 3).count(), 1);
        let closed: Vec<&Value> = events.iter().filter(|event| event["activity_id"] == 3).collect();
        assert_eq!((closed.len(), &closed[0]["finding_info"]["uid"]), (1, &Value::from("f99")));
    }
}
