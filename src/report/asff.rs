//! The findings for AWS Security Hub: the AWS Security Finding Format, as `BatchImportFindings` takes it.
//!
//! Sources: Security Hub User Guide, "AWS Security Finding Format (ASFF)", "Using `BatchImportFindings` to create and update findings";
//! lengths are those of the API's model. A waived finding is archived and not suppressed: a provider cannot take a suppression back, and it
//! outlives the waiver. A finding of the baseline that is gone is archived too. Findings of one region stand together, because each region has its own Security Hub.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::json::{array_of_lines, to_json_line};
use super::subject::{Place, cut, first_seen, gaps, milliseconds, of_record, repair, set};
use super::words::expired;
use super::{Facts, RenderError, text};
use crate::analyze::history::RecordedFinding;
use crate::analyze::{Check, Finding, Pillar, Resource, Severity, UnknownSubject};
use crate::cost::cents;

const TITLE: usize = 256;
const DESCRIPTION: usize = 1_024;
const RECOMMENDATION: usize = 512;
const FIELD: usize = 2_048;
/// Resources of one finding besides its own.
const RELATED: usize = 31;
/// Facts of one finding. It may have 50 fields.
const EVIDENCE: usize = 20;

/// The findings of one region, each in one line of JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionFindings {
    /// Region whose Security Hub takes them.
    pub region: String,
    /// The findings.
    pub findings: Vec<String>,
}

/// The findings, and what could not be judged, as a JSON array.
///
/// # Errors
/// [`RenderError`] where a finding is of no check.
pub(super) fn render(facts: Facts<'_>) -> Result<String, RenderError> {
    Ok(array_of_lines(&by_region(facts)?.into_iter().flat_map(|region| region.findings).collect::<Vec<String>>()))
}

/// The findings, and what could not be judged, region by region.
///
/// # Errors
/// [`RenderError`] where a finding is of no check.
pub fn by_region(facts: Facts<'_>) -> Result<Vec<RegionFindings>, RenderError> {
    let writer = Writer { facts, place: Place::of(facts) };
    let findings = facts.assessment.findings.iter().map(|finding| writer.of_finding(finding));
    let unknown = facts.assessment.unknown.iter().map(|subject| writer.of_unknown(subject));
    let fixed = facts.comparison.iter().flat_map(|comparison| &comparison.fixed).map(|finding| writer.of_fixed(finding));
    let mut by_region: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for written in findings.chain(unknown).chain(fixed) {
        let (region, finding) = written?;
        by_region.entry(region).or_default().push(to_json_line(&finding)?);
    }
    Ok(by_region.into_iter().map(|(region, findings)| RegionFindings { region, findings }).collect())
}

/// The type of a resource; `Other` for kinds that ASFF has no details of. Source: the API's model, members of `ResourceDetails`.
fn resource_type(kind: &str) -> &'static str {
    match kind {
        "vpc" => "AwsEc2Vpc",
        "subnet" => "AwsEc2Subnet",
        "route_table" => "AwsEc2RouteTable",
        "security_group" => "AwsEc2SecurityGroup",
        "address" => "AwsEc2Eip",
        "network_acl" => "AwsEc2NetworkAcl",
        "network_interface" => "AwsEc2NetworkInterface",
        "vpc_peering_connection" => "AwsEc2VpcPeeringConnection",
        "vpc_endpoint_service" => "AwsEc2VpcEndpointService",
        "transit_gateway" => "AwsEc2TransitGateway",
        "bucket" => "AwsS3Bucket",
        "account" => "AwsAccount",
        _ => "Other",
    }
}

/// Kind and word in ARNs of an EC2 resource, by the prefix of its id.
fn kind_of(id: &str) -> Option<(&'static str, &'static str)> {
    let (prefix, _) = id.rsplit_once('-')?;
    Some(match prefix {
        "vpc" => ("vpc", "vpc"),
        "subnet" => ("subnet", "subnet"),
        "rtb" => ("route_table", "route-table"),
        "sg" => ("security_group", "security-group"),
        "eipalloc" => ("address", "elastic-ip"),
        "acl" => ("network_acl", "network-acl"),
        "eni" => ("network_interface", "network-interface"),
        "nat" => ("nat_gateway", "natgateway"),
        "vpce" => ("vpc_endpoint", "vpc-endpoint"),
        "igw" => ("internet_gateway", "internet-gateway"),
        "pcx" => ("vpc_peering_connection", "vpc-peering-connection"),
        "tgw" => ("transit_gateway", "transit-gateway"),
        _ => return None,
    })
}

/// Namespace, category and classifier. Source: Security Hub User Guide, "Types taxonomy for ASFF".
fn finding_type(pillar: Pillar) -> &'static str {
    match pillar {
        Pillar::Egress => "Software and Configuration Checks/AWS Security Best Practices/Network Reachability",
        Pillar::Cost => "Software and Configuration Checks/Cost Optimization",
        Pillar::Privilege => "Software and Configuration Checks/AWS Security Best Practices",
    }
}

fn label(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "CRITICAL",
        Severity::High => "HIGH",
        Severity::Medium => "MEDIUM",
        Severity::Low => "LOW",
    }
}

/// What findings and doubts have in common.
struct Item<'i> {
    id: &'i str,
    check: &'static Check,
    region: &'i str,
    resource: &'i Resource,
    related: &'i [String],
    label: &'static str,
    original: &'static str,
    title: &'i str,
    description: &'i str,
    /// `None` where nothing is known of it any more.
    status: Option<&'static str>,
    archived: bool,
    remediation: String,
    fields: Vec<(String, String)>,
}

struct Writer<'a> {
    facts: Facts<'a>,
    place: Place<'a>,
}

impl Writer<'_> {
    /// The finding, with the region whose product takes it.
    fn of_finding(&self, finding: &Finding) -> Result<(String, Value), RenderError> {
        let saving = finding.repair.proposal().and_then(|proposal| proposal.saving.as_ref().ok());
        let note = finding.waiver.as_ref();
        let mut fields = vec![
            ("status", if note.is_some() { "waived" } else { "fail" }.to_owned()),
            ("service", finding.service.clone().unwrap_or_default()),
            ("measured_bytes", finding.measured_bytes.map(|bytes| bytes.to_string()).unwrap_or_default()),
            ("saving_usd_low", saving.map(|saving| cents(saving.low)).unwrap_or_default()),
            ("saving_usd_high", saving.map(|saving| cents(saving.high)).unwrap_or_default()),
            ("waiver_expired", finding.lapsed.as_ref().map(expired).unwrap_or_default()),
            ("waiver_reason", note.map(|note| note.reason.clone()).unwrap_or_default()),
            ("waiver_owner", note.and_then(|note| note.owner.clone()).unwrap_or_default()),
            ("waiver_until", note.and_then(|note| note.until).map(|day| day.to_string()).unwrap_or_default()),
        ];
        if let Some(omitted) = finding.related.len().checked_sub(RELATED).filter(|omitted| *omitted > 0) {
            fields.push(("related_omitted", omitted.to_string()));
        }
        let mut fields: Vec<(String, String)> = fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let evidence = finding.evidence.iter().take(EVIDENCE).enumerate();
        fields
            .extend(evidence.map(|(number, one)| (format!("evidence/{}", number + 1), format!("{} [{}]", one.fact, one.source))));
        Ok(self.write(&Item {
            id: &finding.id,
            check: self.facts.check_of(finding.check)?,
            region: &finding.region,
            resource: &finding.resource,
            related: &finding.related,
            label: label(finding.severity),
            original: finding.severity.as_str(),
            title: &finding.title,
            description: if finding.detail.trim().is_empty() { &finding.title } else { &finding.detail },
            status: Some("FAILED"),
            archived: note.is_some(),
            remediation: repair(self.facts, finding),
            fields,
        }))
    }

    fn of_unknown(&self, subject: &UnknownSubject) -> Result<(String, Value), RenderError> {
        let check = self.facts.check_of(subject.check)?;
        let not_read = gaps(self.facts, subject);
        let fields = [
            ("status", "unknown".to_owned()),
            ("service", subject.service.clone().unwrap_or_default()),
            ("why", subject.doubt.why.clone()),
            ("gaps", not_read.clone()),
        ];
        Ok(self.write(&Item {
            id: &subject.id,
            check,
            region: &subject.region,
            resource: &subject.resource,
            related: &[],
            label: "INFORMATIONAL",
            original: "unknown",
            title: &format!("{} could not be judged by {}", subject.resource.id, check.id),
            description: &format!("{}: not known. {}", check.title, subject.doubt.why),
            // "The check could not be performed due to a service outage, API error..", or "some information is missing".
            status: Some(if not_read.is_empty() { "WARNING" } else { "NOT_AVAILABLE" }),
            archived: false,
            remediation: "Let the scan read what is missing: natless permissions prints the policy it needs.".to_owned(),
            fields: fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
        }))
    }

    /// A finding of the baseline that is gone: archived, without a verdict, since its resource may be gone too.
    fn of_fixed(&self, finding: &RecordedFinding) -> Result<(String, Value), RenderError> {
        let subject = &finding.subject;
        Ok(self.write(&Item {
            id: &finding.id,
            check: self.facts.check_of(&subject.check)?,
            region: &subject.region,
            resource: &of_record(&subject.resource),
            related: &[],
            label: label(finding.severity),
            original: finding.severity.as_str(),
            title: &finding.title,
            description: "The last scan judged the resource and did not find this any more.",
            status: None,
            archived: true,
            remediation: "Nothing is left to do.".to_owned(),
            fields: vec![("status".to_owned(), "fixed".to_owned())],
        }))
    }

    fn write(&self, item: &Item<'_>) -> (String, Value) {
        let (account, partition, region) = (self.place.account, self.place.partition, self.place.region(item.region));
        let now = milliseconds(self.facts.assessment.taken_at);
        let created = milliseconds(first_seen(self.facts, item.id));
        let product = format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default");
        let own = [
            ("version", env!("CARGO_PKG_VERSION")),
            ("finding_id", item.id),
            ("check", item.check.id),
            ("pillar", item.check.pillar.as_str()),
        ];
        let own = own.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let controls = item.check.controls.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let fields = own.into_iter().chain([("controls".to_owned(), controls)]).chain(item.fields.iter().cloned());
        let fields = fields.filter(|(_, value)| !value.is_empty());
        let fields: Map<String, Value> =
            fields.map(|(key, value)| (format!("natless/{key}"), cut(&text::safe(&value), FIELD).into())).collect();
        let related = item.related.iter().take(RELATED).map(|id| self.related(id, region));
        let resources: Vec<Value> = std::iter::once(self.resource(item.resource, region)).chain(related).collect();
        let mut finding = json!({
            "SchemaVersion": "2018-10-08",
            "Id": format!("natless/{account}/{}/{}/{}", item.region, item.check.id, item.id),
            "ProductArn": product,
            "ProductName": "natless",
            "CompanyName": "natless",
            "GeneratorId": format!("natless/{}", item.check.id),
            "AwsAccountId": account,
            "CreatedAt": created,
            "UpdatedAt": now,
            "FirstObservedAt": created,
            "LastObservedAt": now,
            "Title": cut(&text::safe(item.title), TITLE),
            "Description": cut(&text::safe(item.description), DESCRIPTION),
            "FindingProviderFields": {
                "Severity": { "Label": item.label, "Original": item.original },
                "Types": [finding_type(item.check.pillar)],
            },
            "Remediation": { "Recommendation": { "Text": cut(&item.remediation, RECOMMENDATION), "Url": item.check.remediation.url } },
            "Resources": resources,
            "ProductFields": fields,
            "RecordState": if item.archived { "ARCHIVED" } else { "ACTIVE" },
        });
        if let Some(status) = item.status {
            set(&mut finding, "Compliance", json!({ "Status": status }));
        }
        (region.to_owned(), finding)
    }

    fn resource(&self, resource: &Resource, region: &str) -> Value {
        let Resource { kind, id, name, vpc_id, .. } = resource;
        let details = [("kind", Some(kind)), ("id", Some(id)), ("name", name.as_ref()), ("vpc_id", vpc_id.as_ref())];
        let details = details.into_iter().filter_map(|(key, value)| Some((key, cut(&text::safe(value?), DESCRIPTION))));
        let details: Map<String, Value> =
            details.filter(|(_, value)| !value.is_empty()).map(|(key, value)| (key.to_owned(), value.into())).collect();
        json!({
            "Type": resource_type(kind),
            "Id": self.place.arn(resource),
            "Partition": self.place.partition.as_str(),
            "Region": region,
            "Details": { "Other": details },
        })
    }

    fn related(&self, id: &str, region: &str) -> Value {
        let (place, known) = (self.place, kind_of(id));
        let arn = known.map(|(_, word)| format!("arn:{}:ec2:{region}:{}:{word}/{id}", place.partition, place.account));
        json!({
            "Type": known.map_or("Other", |(kind, _)| resource_type(kind)),
            "Id": arn.unwrap_or_else(|| text::safe(id).into_owned()),
            "Partition": place.partition.as_str(),
            "Region": region,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn a_waived_finding_is_archived_and_an_unread_one_is_not_available() {
        let sample = Sample::new();
        let findings: Vec<Value> = serde_json::from_str(&render(sample.facts()).unwrap()).unwrap();
        assert_eq!(
            findings.len(),
            sample.assessment.findings.len() + sample.assessment.unknown.len() + sample.comparison.fixed.len()
        );
        let of = |key: &str, value: &str| {
            findings.iter().filter(|finding| finding.pointer(key).is_some_and(|told| told == value)).count()
        };
        assert_eq!((of("/RecordState", "ARCHIVED"), of("/Compliance/Status", "PASSED")), (2, 0));
        assert_eq!((of("/Compliance/Status", "NOT_AVAILABLE"), of("/Compliance/Status", "WARNING")), (1, 1));
        let first = findings.iter().find(|finding| finding["Id"].as_str().unwrap().ends_with("/f01")).unwrap();
        assert_eq!(first["CreatedAt"], "2026-11-22T02:00:00.000Z", "the baseline had it");
        assert_eq!(first["Resources"][3]["Id"], "arn:aws:ec2:eu-west-1:111122223333:natgateway/nat-0cc");
    }
}
