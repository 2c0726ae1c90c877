//! The findings for test reports of CI systems: `JUnit` XML, one suite per check.
//!
//! The elements and attributes are those that both the schema of the Jenkins xUnit plugin (`junit-10.xsd`) and that of Ant (`JUnit.xsd`) take.
//! Subjects that pass are not listed one by one: they stand together as one test of constant name, so that no new test appears every night.

use std::collections::BTreeMap;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::subject::{Place, gaps, repair, waiver};
use super::words::expired;
use super::{Facts, RenderError, text};
use crate::analyze::{Check, Finding, Resource, UnknownSubject};

/// Name of the test that stands for all subjects without a line of their own.
const OTHERS: &str = "all other subjects";

/// The findings as `JUnit` XML.
///
/// # Errors
/// [`RenderError`] where a finding is of no check.
pub(super) fn render(facts: Facts<'_>) -> Result<String, RenderError> {
    let failed = |detail: String| RenderError::Text { format: "JUnit", detail };
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    write(&mut xml, facts)?;
    let text = String::from_utf8(xml.into_inner()).map_err(|error| failed(error.to_string()))?;
    Ok(text + "\n")
}

/// How one test came out.
enum Outcome {
    Passed,
    Failed {
        severity: &'static str,
        message: String,
        body: String,
    },
    /// Not to be told.
    Error {
        message: String,
        body: String,
    },
    Skipped {
        message: String,
    },
}

struct Case {
    name: String,
    outcome: Outcome,
}

/// What stands in the report about one check.
#[derive(Default)]
struct Suite<'a> {
    findings: Vec<&'a Finding>,
    unknown: Vec<&'a UnknownSubject>,
}

fn write(xml: &mut Writer<Vec<u8>>, facts: Facts<'_>) -> Result<(), RenderError> {
    let failed = |error: std::io::Error| RenderError::Text { format: "JUnit", detail: error.to_string() };
    let assessment = facts.assessment;
    let mut suites: BTreeMap<&str, Suite<'_>> = assessment.checks.keys().map(|id| (*id, Suite::default())).collect();
    for finding in &assessment.findings {
        suites.entry(finding.check).or_default().findings.push(finding);
    }
    for subject in &assessment.unknown {
        suites.entry(subject.check).or_default().unknown.push(subject);
    }
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None))).map_err(failed)?;
    xml.write_event(Event::Start(BytesStart::new("testsuites"))).map_err(failed)?;
    for (number, (id, suite)) in suites.iter().enumerate() {
        write_suite(xml, facts, (number, facts.check_of(id)?), suite).map_err(failed)?;
    }
    xml.write_event(Event::End(BytesEnd::new("testsuites"))).map_err(failed)
}

fn write_suite(
    xml: &mut Writer<Vec<u8>>,
    facts: Facts<'_>,
    (number, check): (usize, &Check),
    suite: &Suite<'_>,
) -> std::io::Result<()> {
    let assessment = facts.assessment;
    let counts = assessment.checks.get(check.id).copied().unwrap_or_default();
    let cases = cases(facts, suite, counts.pass > 0);
    let of = |kind: fn(&Outcome) -> bool| cases.iter().filter(|case| kind(&case.outcome)).count().to_string();
    let package = format!("natless.{}", check.pillar);
    let classname = format!("{package}.{}", check.id);
    let time = assessment.taken_at.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let attributes = [
        ("id", number.to_string()),
        ("package", package),
        ("name", check.id.to_owned()),
        ("hostname", assessment.account.id.clone()),
        ("timestamp", time),
        ("time", "0".to_owned()),
        ("tests", cases.len().to_string()),
        ("failures", of(|outcome| matches!(outcome, Outcome::Failed { .. }))),
        ("errors", of(|outcome| matches!(outcome, Outcome::Error { .. }))),
        ("skipped", of(|outcome| matches!(outcome, Outcome::Skipped { .. }))),
    ];
    xml.write_event(Event::Start(element("testsuite", &attributes)))?;
    xml.write_event(Event::Start(BytesStart::new("properties")))?;
    for (name, value) in [
        ("title", check.title.to_owned()),
        ("natless", env!("CARGO_PKG_VERSION").to_owned()),
        ("subjects.pass", counts.pass.to_string()),
        ("subjects.fail", counts.fail.to_string()),
        ("subjects.waived", counts.waived.to_string()),
        ("subjects.unknown", counts.unknown.to_string()),
        ("subjects.not_applicable", counts.not_applicable.to_string()),
    ] {
        xml.write_event(Event::Empty(element("property", &[("name", name.to_owned()), ("value", value)])))?;
    }
    xml.write_event(Event::End(BytesEnd::new("properties")))?;
    for case in cases {
        write_case(xml, &classname, case)?;
    }
    for stream in ["system-out", "system-err"] {
        xml.write_event(Event::Empty(BytesStart::new(stream)))?;
    }
    xml.write_event(Event::End(BytesEnd::new("testsuite")))
}

fn write_case(xml: &mut Writer<Vec<u8>>, classname: &str, case: Case) -> std::io::Result<()> {
    let case_attributes = [("classname", classname.to_owned()), ("name", case.name), ("time", "0".to_owned())];
    let start = element("testcase", &case_attributes);
    let (tag, attributes, body) = match case.outcome {
        Outcome::Passed => return xml.write_event(Event::Empty(start)),
        Outcome::Failed { severity, message, body } => {
            ("failure", vec![("type", severity.to_owned()), ("message", message)], body)
        }
        Outcome::Error { message, body } => ("error", vec![("type", "unknown".to_owned()), ("message", message)], body),
        Outcome::Skipped { message } => ("skipped", vec![("message", message.clone())], message),
    };
    xml.write_event(Event::Start(start))?;
    xml.write_event(Event::Start(element(tag, &attributes)))?;
    xml.write_event(Event::Text(BytesText::new(&body)))?;
    xml.write_event(Event::End(BytesEnd::new(tag)))?;
    xml.write_event(Event::End(BytesEnd::new("testcase")))
}

fn element<'e>(name: &'e str, attributes: &'e [(&'e str, String)]) -> BytesStart<'e> {
    BytesStart::new(name).with_attributes(attributes.iter().map(|(key, value)| (*key, value.as_str())))
}

fn cases(facts: Facts<'_>, suite: &Suite<'_>, others_passed: bool) -> Vec<Case> {
    // With the id, since a server tells tests apart by their names: the name stays when another one of the resource is fixed.
    let name = |region: &str, resource: &Resource, service: Option<&str>, id: &str| {
        let service = service.map(|service| format!("/{}", text::safe(service))).unwrap_or_default();
        format!("{}/{}{service} {id}", text::safe(region), text::safe(&resource.id))
    };
    let mut cases: Vec<Case> = suite
        .findings
        .iter()
        .map(|finding| Case {
            name: name(&finding.region, &finding.resource, finding.service.as_deref(), &finding.id),
            outcome: of_finding(facts, finding),
        })
        .collect();
    cases.extend(suite.unknown.iter().map(|subject| Case {
        name: name(&subject.region, &subject.resource, subject.service.as_deref(), &subject.id),
        outcome: of_unknown(facts, subject),
    }));
    if others_passed {
        cases.push(Case { name: OTHERS.to_owned(), outcome: Outcome::Passed });
    } else if cases.is_empty() {
        let message = "nothing in the account that it applies to".to_owned();
        cases.push(Case { name: OTHERS.to_owned(), outcome: Outcome::Skipped { message } });
    }
    cases
}

fn of_finding(facts: Facts<'_>, finding: &Finding) -> Outcome {
    if let Some(note) = &finding.waiver {
        return Outcome::Skipped { message: format!("waived: {}", waiver(note)) };
    }
    let title = text::safe(&finding.title).into_owned();
    let mut body = vec![
        title.clone(),
        String::new(),
        text::safe(&finding.detail).into_owned(),
        String::new(),
        format!("resource: {}", Place::of(facts).arn(&finding.resource)),
        format!("severity: {}", finding.severity),
        format!("finding:  {}", finding.id),
        String::new(),
        "evidence:".to_owned(),
    ];
    body.extend(finding.evidence.iter().map(|one| format!("- {} [{}]", text::safe(&one.fact), text::safe(&one.source))));
    body.extend(finding.lapsed.as_ref().map(|note| text::safe(&expired(note)).into_owned()));
    body.extend([String::new(), format!("repair: {}", repair(facts, finding))]);
    Outcome::Failed { severity: finding.severity.as_str(), message: title, body: body.join("\n") }
}

fn of_unknown(facts: Facts<'_>, subject: &UnknownSubject) -> Outcome {
    let message = format!("could not be judged: {}", text::safe(&subject.doubt.why));
    let not_read = gaps(facts, subject);
    let body = if not_read.is_empty() { message.clone() } else { format!("{message}\nnot read: {not_read}") };
    Outcome::Error { message, body }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn counts_are_those_of_the_listed_tests() {
        let sample = Sample::new();
        let xml = render(sample.facts()).unwrap();
        assert!(!xml.chars().any(|c| c != '\n' && text::is_hostile(c)));
        let (failures, errors) = (xml.matches("<failure ").count(), xml.matches("<error ").count());
        assert_eq!((failures, errors, xml.matches("<skipped ").count()), (20, 2, 1));
        assert!(
            xml.contains("failures=\"17\" errors=\"2\" skipped=\"0\"")
                && xml.contains("failures=\"3\" errors=\"0\" skipped=\"1\""),
            "{xml}"
        );
        assert_eq!(xml.matches(OTHERS).count(), 1, "only the check that something passed");
    }
}
