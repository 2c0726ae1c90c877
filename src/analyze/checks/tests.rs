//! Keeps the registry honest: ids, files, manuals and mocks of every check.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::*;
use crate::analyze::assess::{Effort, assess_with};
use crate::analyze::fixtures::{self, Expectation, Mock};
use crate::analyze::{Audit, Finding, Proof, Repair, Repaired, Settings, Subject, Verdict};
use crate::model::Inventory;
use crate::network::{End, Family, Path};

const SECTIONS: [&str; 5] =
    ["## What it does", "## Why it matters", "## What it reads", "## When it stays silent", "## References"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn mock(check: &Check, name: &str) -> Mock {
    let path = root().join("mocks/checks").join(check.id).join(format!("{name}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn mocks(check: &Check) -> Vec<(String, Mock)> {
    let folder = root().join("mocks/checks").join(check.id);
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), mock(check, &name))).collect()
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail(_) => "fail",
        Verdict::Unknown(_) => "unknown",
        Verdict::NotApplicable => "not_applicable",
    }
}

fn judge(check: &Check, mock: &Mock) -> Vec<Subject> {
    let inventory = fixtures::inventory(&mock.inventory);
    let settings = Settings::from_toml(&mock.settings, "mock").expect("settings");
    let subjects = (check.evaluate)(&Audit::new(&inventory, &settings));
    for subject in &subjects {
        if let Verdict::Unknown(doubt) = &subject.verdict {
            assert!(!doubt.why.is_empty(), "{}: a doubt without a reason", check.id);
            assert!(doubt.gaps.iter().all(|gap| inventory.gaps.contains_key(gap)), "{}: {doubt:?} names no gap", check.id);
        }
    }
    subjects
}

#[test]
fn ids_are_well_formed_unique_and_sorted() {
    let ids: Vec<&str> = registry().iter().map(|check| check.id).collect();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids, unique.into_iter().collect::<Vec<_>>());
    for id in ids {
        let words: Vec<&str> = id.split('-').collect();
        assert!(words.len() >= 3, "{id}: <service>-<resource>-<defect>");
        assert!(["ec2", "s3", "vpc"].contains(&words[0]), "{id}: unknown service");
        let plain = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        assert!(words.iter().all(plain), "{id}: lower-case words joined by hyphens");
        assert_eq!(find(id).map(|check| check.id), Some(id));
    }
    assert!(find("vpc-nothing-such").is_none());
}

#[test]
fn every_file_is_listed_and_named_after_its_check() {
    let mut files = BTreeSet::new();
    for service in fs::read_dir(root().join("src/analyze/checks")).unwrap().map(|entry| entry.unwrap().path()) {
        for file in fs::read_dir(service).into_iter().flatten().map(|entry| entry.unwrap().path()) {
            let text = fs::read_to_string(&file).unwrap();
            if text.contains("declare_check! {") {
                files.insert(file_id(&file));
            }
        }
    }
    let listed: BTreeSet<String> = registry().iter().map(|check| check.id.to_owned()).collect();
    assert_eq!(files, listed);
}

fn file_id(file: &std::path::Path) -> String {
    file.file_stem().unwrap().to_string_lossy().replace('_', "-")
}

#[test]
fn manuals_have_all_sections_in_order() {
    for check in registry() {
        let manual = check.manual();
        let headings: Vec<&str> = manual.lines().filter(|line| line.starts_with('#')).collect();
        assert_eq!(headings, SECTIONS, "{}", check.id);
        let parts: Vec<&str> = manual.split("## ").skip(1).collect();
        assert!(parts.iter().all(|part| part.lines().skip(1).any(|line| !line.trim().is_empty())), "{}: empty section", check.id);
        assert!(manual.contains("](https://docs.aws.amazon.com/"), "{}: no reference to AWS's documentation", check.id);
        assert!(manual.contains("- `"), "{}: what it reads names no call", check.id);
    }
}

#[test]
fn declarations_are_complete() {
    for check in registry() {
        assert!(check.title.len() <= 80 && !check.title.ends_with('.'), "{}: {}", check.id, check.title);
        assert!(check.remediation.summary.ends_with('.'), "{}: the repair is a sentence", check.id);
        assert!(check.remediation.url.starts_with("https://docs.aws.amazon.com/"), "{}", check.id);
        assert!(check.remediation.command.is_empty() || check.remediation.command.starts_with("aws "), "{}", check.id);
        assert_eq!(check.since.split('.').count(), 3, "{}", check.id);
    }
}

#[test]
fn every_mock_gets_the_verdicts_it_wants() {
    let mut wrong = Vec::new();
    for check in registry() {
        for (name, mock) in mocks(check) {
            assert!(!mock.story.is_empty(), "{}/{name}: no story", check.id);
            let subjects = judge(check, &mock);
            let got = |applicable: bool| {
                let mut got: Vec<Expectation> = subjects
                    .iter()
                    .map(|subject| Expectation {
                        resource: subject.resource.id.clone(),
                        service: subject.service.clone(),
                        verdict: word(&subject.verdict).to_owned(),
                    })
                    .filter(|got| (got.verdict != "not_applicable") == applicable)
                    .collect();
                got.sort();
                got
            };
            let (mut wanted, set_aside): (Vec<Expectation>, Vec<Expectation>) =
                mock.expect.iter().cloned().partition(|wanted| wanted.verdict != "not_applicable");
            wanted.sort();
            let (got, others) = (got(true), got(false));
            if got != wanted || !set_aside.iter().all(|aside| others.contains(aside)) {
                let place = format!("{}/{name}: {}", check.id, mock.story);
                wrong.push(format!(
                    "{place}\n   wanted {wanted:?} {set_aside:?}\n   got    {got:?} {others:?}\n   {}",
                    reasons(&subjects)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Why subjects failed or are unknown, for the eye.
fn reasons(subjects: &[Subject]) -> String {
    let reason = |subject: &Subject| match &subject.verdict {
        Verdict::Fail(failure) => Some(failure.title.clone()),
        Verdict::Unknown(doubt) => Some(doubt.why.clone()),
        Verdict::Pass | Verdict::NotApplicable => None,
    };
    subjects.iter().filter_map(reason).collect::<Vec<_>>().join(" | ")
}

#[test]
fn every_check_can_fail_pass_and_be_unsure() {
    for check in registry() {
        let words =
            |name: &str| judge(check, &mock(check, name)).iter().map(|subject| word(&subject.verdict)).collect::<BTreeSet<_>>();
        assert!(words("fail").contains("fail"), "{}: fail.json", check.id);
        let pass = words("pass");
        assert!(pass.contains("pass") && !pass.contains("fail") && !pass.contains("unknown"), "{}: pass.json", check.id);
        let unknown = words("unknown");
        assert!(unknown.contains("unknown") && !unknown.contains("fail"), "{}: unknown.json", check.id);
    }
}

#[test]
fn failures_say_what_is_wrong_and_how_it_is_known() {
    for check in registry() {
        for (name, mock) in mocks(check) {
            for subject in judge(check, &mock) {
                let Verdict::Fail(failure) = &subject.verdict else { continue };
                let place = format!("{}/{name}: {failure:#?}", check.id);
                assert!(!failure.title.is_empty() && !failure.title.contains('\n') && !failure.title.ends_with('.'), "{place}");
                assert!(failure.detail.ends_with('.'), "{place}");
                assert!(!failure.evidence.is_empty(), "{place}");
                assert!(failure.evidence.iter().all(|one| one.source.contains(':') && one.source.contains(' ')), "{place}");
            }
        }
    }
}

#[test]
fn findings_have_ids_of_their_own() {
    for check in registry() {
        for (name, mock) in mocks(check) {
            let inventory = fixtures::inventory(&mock.inventory);
            let settings = Settings::from_toml(&mock.settings, "mock").expect("settings");
            let assessment = assess_with(&inventory, &settings, None, Effort::Judge);
            let ids: BTreeSet<&str> = assessment.findings.iter().map(|finding| finding.id.as_str()).collect();
            assert_eq!(ids.len(), assessment.findings.len(), "{}/{name}", check.id);
        }
    }
}

/// Checks whose failure may stand in for another check's verdict that can no longer be given, and why that is right.
const MAY_FAIL_INSTEAD: [&str; 2] = [
    // The NAT gateway of the VPC's own that would make it the other check's case was not read; the repair is the same.
    "vpc-gateway-endpoint-missing-in-spoke",
    // That no table leads to the gateway is known all the same; traffic in the window would only have excused it.
    "vpc-nat-gateway-idle",
];

/// Unknown is never a pass: whatever call is denied, a defect that was there does not come out as in order. Nor is what was
/// not read a reason for alarm, nor does it change where packets go: it only hides it.
#[test]
fn a_denied_call_gives_unknown_and_nothing_else() {
    let mut tried = 0;
    for check in registry() {
        for (name, mock) in mocks(check) {
            let whole = fixtures::inventory(&mock.inventory);
            let settings = Settings::from_toml(&mock.settings, "mock").expect("settings");
            let audit = Audit::new(&whole, &settings);
            let (subjects, ends) = ((check.evaluate)(&audit), ends(&audit));
            let (failed, passed) = (keys(&subjects, "fail"), keys(&subjects, "pass"));
            for (denied, inventory) in denials(&whole) {
                let place = format!("{}/{name} without {denied}", check.id);
                let audit = Audit::sharing_decisions(&inventory, &settings, &audit);
                let subjects = (check.evaluate)(&audit);
                let turned: Vec<_> = keys(&subjects, "pass").difference(&passed).cloned().collect();
                assert!(turned.is_empty(), "{place}: {turned:?} pass");
                let (found, unknown) = (keys(&subjects, "fail"), keys(&subjects, "unknown"));
                let in_doubt = |(id, _): &(String, Option<String>)| unknown.iter().any(|(one, _)| one == id || one == "*");
                let lost: Vec<_> = failed.difference(&found).filter(|key| !in_doubt(key)).collect();
                assert!(lost.is_empty(), "{place}: {lost:?} neither fail nor unknown");
                // One denied call at a time, for false alarms.
                if whole.gaps.is_empty() && !MAY_FAIL_INSTEAD.contains(&check.id) {
                    let raised: Vec<_> = found.difference(&failed).collect();
                    assert!(raised.is_empty(), "{place}: {raised:?} fail");
                }
                for (path, now) in self::ends(&audit) {
                    let Some(known) = ends.get(&path) else { continue };
                    assert!(now.is_subset(known), "{place}: {path:?} ends in {now:?}, not in {known:?}");
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 1000, "only {tried} denials tried");
}

/// How each path ends, as far as that is known, by subnet, service and IP version; reasons are words and left out.
fn ends<'p>(audit: &'p Audit<'_>) -> BTreeMap<(&'p str, &'p str, Family), BTreeSet<String>> {
    let told = |end: &End| match end {
        End::Unknown { .. } => None,
        End::None { .. } => Some("none".to_owned()),
        End::Blocked { by, .. } => Some(format!("blocked by {by}")),
        End::LeavesView { via, .. } => Some(format!("leaves by {via}")),
        other => Some(format!("{other:?}")),
    };
    let key = |path: &'p Path| (&*path.subnet_id, &*path.service, path.family);
    audit.paths.iter().map(|path| (key(path), path.segments.iter().filter_map(|one| told(&one.end)).collect())).collect()
}

/// Which subjects came out so: resource and service.
fn keys(subjects: &[Subject], wanted: &str) -> BTreeSet<(String, Option<String>)> {
    let chosen = subjects.iter().filter(|subject| word(&subject.verdict) == wanted);
    chosen.map(|subject| (subject.resource.id.clone(), subject.service.clone())).collect()
}

/// The inventory without the answer of one call: each listing empty or cut short, with and without each of its items, each
/// observed value unknown.
fn denials(inventory: &Inventory) -> Vec<(String, Inventory)> {
    let full = serde_json::to_value(inventory).expect("JSON");
    let mut denied = Vec::new();
    let mut paths = Vec::new();
    places("", &full, &mut paths);
    for path in paths {
        let mut without = full.clone();
        let place = without.pointer_mut(&path).expect("a place");
        let gap = json!("eu-west-1/ec2:Denied");
        if let Some(items) = place.get("items").and_then(Value::as_object).cloned() {
            place["gap"] = gap.clone();
            if !items.is_empty() {
                denied.push((format!("the end of {path}"), without.clone()));
            }
            // Without its only item a listing is empty, which comes last.
            for id in items.keys().filter(|_| items.len() > 1) {
                let mut short = without.clone();
                short.pointer_mut(&path).expect("a place")["items"].as_object_mut().expect("items").remove(id);
                denied.push((format!("{id} in {path}"), short));
            }
            without.pointer_mut(&path).expect("a place")["items"] = json!({});
        } else {
            *place = json!({ "unknown": gap });
        }
        denied.push((path, without));
    }
    denied.into_iter().map(|(path, value)| (path, serde_json::from_value(value).expect("an inventory"))).collect()
}

/// Where listings and observed values stand.
fn places(path: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if fields.contains_key("items") || (fields.len() == 1 && fields.contains_key("known")) {
                found.push(path.to_owned());
            }
            for (key, field) in fields {
                places(&format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")), field, found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(&format!("{path}/{index}"), item, found);
            }
        }
        _ => {}
    }
}

/// The twin rule: what makes the difference between fail and pass is one fact (which AWS may show in up to three fields).
#[test]
fn the_passing_twin_differs_in_the_decisive_fact() {
    for check in registry() {
        let (fail, pass) = (mock(check, "fail"), mock(check, "pass"));
        let mut differences = BTreeMap::new();
        compare("", &fail.inventory, &pass.inventory, &mut differences);
        assert!((1..=3).contains(&differences.len()), "{}: {differences:#?}", check.id);
    }
}

/// Notes each place where two values differ; something that only one side has is one difference, however large.
fn compare<'v>(path: &str, a: &'v Value, b: &'v Value, differences: &mut BTreeMap<String, (&'v Value, &'v Value)>) {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
                let side = |fields: &'v serde_json::Map<String, Value>| fields.get(key).unwrap_or(&Value::Null);
                compare(&format!("{path}/{key}"), side(a), side(b), differences);
            }
        }
        (a, b) if a == b => {}
        (a, b) => {
            differences.insert(path.to_owned(), (a, b));
        }
    }
}

/// A change is shown only where it is proven; else the finding says why there is none. Each check that names a change is
/// repaired in at least one of its mocks.
#[test]
fn every_finding_has_a_proven_change_or_says_why_it_has_none() {
    let mut table: Vec<String> = Vec::new();
    let mut unrepaired = Vec::new();
    for check in registry() {
        let mut proven = 0;
        for (name, mock) in mocks(check) {
            let inventory = fixtures::inventory(&mock.inventory);
            let settings = Settings::from_toml(&mock.settings, "mock").expect("settings");
            let own = |finding: &Finding| finding.check == check.id;
            let assessment = assess_with(&inventory, &settings, None, Effort::Chosen(&own));
            for finding in assessment.findings.iter().filter(|finding| finding.check == check.id) {
                let place = format!("{}/{name} {}", check.id, finding.resource.id);
                match &finding.repair {
                    Repaired::Change(proposal) => {
                        assert_eq!(proposal.proof, Proof::Proven, "{place}: {}", proposal.change.title);
                        assert!(!proposal.change.edits.is_empty() && !proposal.change.title.ends_with('.'), "{place}");
                        assert!(
                            proposal.change.hazards.iter().all(|hazard| hazard.ends_with('.')),
                            "{place}: {:?}",
                            proposal.change.hazards
                        );
                        proven += 1;
                        table.push(format!("{place}: {}", proposal.change.title));
                    }
                    Repaired::Person(why) => {
                        assert!(why.len() > 10 && !why.ends_with('.') && why != "not looked for", "{place}: {why}");
                        table.push(format!("{place}: NONE, {why}"));
                    }
                }
            }
        }
        if matches!(check.repair, Repair::Change(_)) && proven == 0 {
            unrepaired.push(check.id);
        }
    }
    assert!(unrepaired.is_empty(), "no mock of these is repaired: {unrepaired:?}\n{}", table.join("\n"));
}
