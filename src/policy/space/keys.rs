//! Condition keys that stand for themselves: which there are, when requests have them, and which values policies can tell apart.
//!
//! Source: IAM User Guide, "AWS global condition context keys"; Service Authorization Reference, "Actions, resources, and
//! condition keys for Amazon S3".

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::point::{Point, Usage};
use super::reading::own_regions;
use super::{Reading, World};
use crate::policy::addresses::intervals;
use crate::policy::budget::{Budget, TooComplex};
use crate::policy::catalogue;
use crate::policy::minterm::{Language, kinds};
use crate::policy::operand::Operand;
use crate::policy::pattern::Pattern;
use crate::policy::request::Presence;
use crate::policy::rules::Attachment;
use crate::policy::scope::Scope;

/// When requests have a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Always.
    Always,
    /// Some do.
    Sometimes,
    /// Some that a principal of an account has signed.
    Signed,
}

/// Keys that every request has.
const ALWAYS: [&str; 2] = ["aws:securetransport", "aws:requestedregion"];

/// Keys that the caller may send or leave out.
const SOMETIMES: [&str; 5] = ["aws:useragent", "aws:referer", "aws:tagkeys", "aws:requesttag/", "aws:resourcetag/"];

/// Keys of sessions and of principals, which only a signed request of an account's principal can have.
const SIGNED: [&str; 18] = [
    "aws:principaltag/",
    "aws:multifactorauthpresent",
    "aws:multifactorauthage",
    "aws:tokenissuetime",
    "aws:federatedprovider",
    "aws:sourceidentity",
    "sts:sourceidentity",
    "aws:assumedroot",
    "aws:ec2instancesourcevpc",
    "aws:ec2instancesourceprivateipv4",
    "aws:chatbotsourcearn",
    "aws:calledviaawsmcp",
    "aws:viaawsmcpservice",
    "ec2:sourceinstancearn",
    "ec2:roledelivery",
    "lambda:sourcefunctionarn",
    "ssm:sourceinstancearn",
    "codebuild:buildarn",
];

/// Keys whose values are sets.
const MANY: [&str; 3] = ["aws:tagkeys", "s3:requestobjecttagkeys", "aws:federatedproviders"];

/// Kinds of values of a set at most; with more, what sets there are is not gone through.
const SET_KINDS: usize = 6;

/// When requests have a key, named in lower case; `None` for a key that natless does not know.
pub(super) fn when(key: &str, scope: &Scope, world: World) -> Option<When> {
    let among = |keys: &[&str]| keys.iter().any(|own| *own == key || (own.ends_with('/') && key.starts_with(own)));
    // The tags of the one bucket are a fact that is not read.
    let own_tags = ["aws:resourcetag/", "s3:buckettag/", "s3:accesspointtag/"];
    if world == World::Real && among(&own_tags) && matches!(scope.attachment, Attachment::Bucket | Attachment::AccessPoint) {
        return None;
    }
    if among(&ALWAYS) {
        Some(When::Always)
    } else if among(&SIGNED) {
        Some(When::Signed)
    } else if among(&SOMETIMES) || catalogue::is_s3_key(key) || world == World::Free {
        Some(When::Sometimes)
    } else {
        None
    }
}

/// The values of one key that policies can tell apart, and whether these are all there are to try.
pub(super) struct Values {
    pub(super) points: Vec<Point>,
    /// False where some mixture of values was not gone through: what policies ask of the key is then taken as open.
    pub(super) complete: bool,
}

/// The values of a key.
pub(super) fn values(
    key: &str,
    when: When,
    scope: &Scope,
    reading: &Reading<'_>,
    budget: &mut Budget,
) -> Result<Values, TooComplex> {
    let (mut single, mut complete) = singles(key, reading, budget)?;
    if key == "aws:requestedregion"
        && let Some(region) = &scope.region
    {
        single = vec![region.clone()];
    }
    let mut presences: Vec<Presence> = Vec::new();
    if MANY.contains(&key) {
        complete &= single.len() <= SET_KINDS;
        single.truncate(SET_KINDS);
        for mask in 1u32..1 << single.len() {
            let chosen = single.iter().enumerate().filter(|(at, _)| mask >> at & 1 == 1).map(|(_, value)| value.clone());
            presences.push(Presence::Many(chosen.collect()));
        }
    } else {
        presences.extend(single.into_iter().map(Presence::One));
    }
    if when != When::Always {
        presences.push(Presence::Absent);
    }
    let points =
        presences.into_iter().map(|presence| Point::of_keys(vec![(key.to_owned().into(), presence)], Usage::Both)).collect();
    Ok(Values { points, complete })
}

/// Single values of a key of each kind that the tests can tell apart.
fn singles(key: &str, reading: &Reading<'_>, budget: &mut Budget) -> Result<(Vec<String>, bool), TooComplex> {
    let mut patterns: Vec<&Pattern> = Vec::new();
    let (mut numbers, mut instants) = (BTreeSet::new(), BTreeSet::new());
    let (mut blocks, mut bytes, mut booleans) = (Vec::new(), BTreeSet::new(), false);
    let mut complete = true;
    for test in reading.tests.get(key).into_iter().flatten() {
        booleans |= test.operator.comparison == crate::policy::document::Comparison::Bool;
        for operand in &test.operands {
            match operand {
                Operand::Pattern(pattern) | Operand::ShortArn(pattern) => patterns.push(pattern),
                Operand::Number(number, _) => {
                    numbers.insert(*number);
                }
                Operand::Instant(instant, _) => {
                    instants.insert(*instant);
                }
                Operand::Block(block) => blocks.push(*block),
                Operand::Bytes(_) => {
                    bytes.extend(test.values.iter().cloned());
                }
                Operand::Bool(_) | Operand::Invalid | Operand::Template(_) => {}
            }
        }
    }
    // `Null` tells presence only; its operands are no values of the key.
    let truth_values = booleans || BOOLEANS.contains(&key);
    let mut families = 0;
    let mut found: Vec<String> = Vec::new();
    if truth_values {
        families += 1;
        found.extend(["true".to_owned(), "false".to_owned()]);
    }
    if !numbers.is_empty() {
        families += 1;
        found.extend(around_numbers(&numbers));
    }
    if !instants.is_empty() {
        families += 1;
        found.extend(around_instants(&instants));
    }
    if !blocks.is_empty() {
        families += 1;
        found.extend(intervals(&blocks).iter().map(|interval| interval.sample().to_string()));
    }
    if !bytes.is_empty() {
        families += 1;
        found.extend(bytes.into_iter().chain(["b3RoZXI=".to_owned()]));
    }
    if !patterns.is_empty() || families == 0 {
        // Text that is true or false in letters is both.
        families += usize::from(!truth_values || patterns.iter().any(|pattern| pattern.as_literal().is_none()));
        let language =
            Language { prefix: "", allows: |_| true, never_last: None, min: 1, max: None, sample: sample(key), closing: "" };
        let texts = kinds(&patterns, &language, budget)?;
        let wanted = |text: &String| !truth_values || text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false");
        let more: Vec<String> = texts.into_iter().filter(|text| wanted(text) && !found.contains(text)).collect();
        found.extend(more);
    }
    complete &= families <= 1;
    Ok((found, complete))
}

/// Keys that are true or false, however policies compare them.
const BOOLEANS: [&str; 4] = ["aws:securetransport", "aws:multifactorauthpresent", "aws:assumedroot", "aws:calledviaawsmcp"];

/// A value that nobody names.
fn sample(key: &str) -> &'static str {
    match key {
        "aws:requestedregion" => "us-east-1",
        "aws:referer" => "https://anywhere.example/",
        "aws:useragent" => "any-agent",
        "s3:tlsversion" => "1.3",
        _ => "any-value",
    }
}

/// Each number, one between each two, and one on either side.
fn around_numbers(numbers: &BTreeSet<Decimal>) -> Vec<String> {
    let mut found = Vec::new();
    let mut last: Option<Decimal> = None;
    for number in numbers {
        let below =
            last.map_or_else(|| number.checked_sub(Decimal::ONE), |last| last.checked_add(*number)?.checked_div(Decimal::TWO));
        found.extend(below.map(|below| below.normalize().to_string()));
        found.push(number.normalize().to_string());
        last = Some(*number);
    }
    found.extend(last.and_then(|last| last.checked_add(Decimal::ONE)).map(|above| above.normalize().to_string()));
    found
}

/// Each instant, and one second on either side.
fn around_instants(instants: &BTreeSet<Timestamp>) -> Vec<String> {
    let second = jiff::SignedDuration::from_secs(1);
    let mut found: BTreeSet<Timestamp> = instants.clone();
    found.extend(instants.iter().filter_map(|instant| instant.checked_sub(second).ok()));
    found.extend(instants.iter().filter_map(|instant| instant.checked_add(second).ok()));
    found.iter().map(Timestamp::to_string).collect()
}

/// The two keys that tell what time it is.
pub(super) const TIME_KEYS: [&str; 2] = ["aws:currenttime", "aws:epochtime"];

/// Instants that policies can tell apart.
pub(super) fn times(reading: &Reading<'_>) -> Vec<Point> {
    let operands = reading.tests_of(&TIME_KEYS).flat_map(|test| &test.operands);
    let mut instants: BTreeSet<Timestamp> = BTreeSet::new();
    for operand in operands {
        match operand {
            Operand::Instant(instant, _) => {
                instants.insert(*instant);
            }
            Operand::Number(number, _) => {
                let second = number.to_string().split('.').next().and_then(|text| text.parse().ok());
                instants.extend(second.and_then(|second| Timestamp::from_second(second).ok()));
            }
            _ => {}
        }
    }
    let mut texts = around_instants(&instants);
    if texts.is_empty() {
        texts.push("2026-01-01T00:00:00Z".to_owned());
    }
    let point = |text: String| {
        let seconds = text.parse::<Timestamp>().map(|instant| instant.as_second().to_string());
        let epoch = seconds.map_or(Presence::Undetermined, Presence::One);
        let keys = vec![("aws:currenttime".into(), Presence::One(text)), ("aws:epochtime".into(), epoch)];
        Point::of_keys(keys, Usage::Both)
    };
    texts.into_iter().map(point).collect()
}

/// Keys that a request has that comes through an access point.
pub(super) const ACCESS_POINT_KEYS: [&str; 3] =
    ["s3:dataaccesspointarn", "s3:dataaccesspointaccount", "s3:accesspointnetworkorigin"];

/// Access points that policies can tell apart, and none.
///
/// Source: S3 User Guide, "Making requests through a Multi-Region Access Point": its ARN has no region, and its alias ends with `.mrap`.
pub(super) fn access_points<'a>(
    scope: &Scope,
    accounts: impl Iterator<Item = &'a str>,
    reading: &Reading<'_>,
    budget: &mut Budget,
) -> Result<Vec<Point>, TooComplex> {
    let patterns = reading.patterns(&["s3:dataaccesspointarn"]);
    let prefix = format!("arn:{}:s3:", scope.partition);
    // An access point stands in its bucket's region; a multi-Region access point stands in none.
    let mut regions = own_regions(&patterns, &prefix, scope, budget)?;
    regions.push(String::new());
    let ids: BTreeSet<&str> = accounts.collect();
    let mut points = vec![Point::of_keys(Vec::new(), Usage::Both)];
    for (id, region) in ids.iter().flat_map(|id| regions.iter().map(move |region| (*id, region))) {
        let prefix = format!("{prefix}{region}:{id}:accesspoint/");
        if region.is_empty() && !patterns.iter().any(|pattern| pattern.may_begin_with(&prefix)) {
            continue;
        }
        let language = Language {
            prefix: &prefix,
            allows: |c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.'),
            never_last: None,
            min: 3,
            max: None,
            sample: "any-access-point",
            closing: "",
        };
        for arn in kinds(&patterns, &language, budget)? {
            for origin in ["Internet", "VPC"] {
                let keys = vec![
                    ("s3:dataaccesspointarn".into(), Presence::one(arn.as_str())),
                    ("s3:dataaccesspointaccount".into(), Presence::one(id)),
                    ("s3:accesspointnetworkorigin".into(), Presence::one(origin)),
                ];
                points.push(Point::of_keys(keys, Usage::Both));
            }
        }
    }
    Ok(points)
}

/// Values that variables may give to keys: for every key with templates, what they come to with the values of others.
pub(super) fn instances<'r>(
    operands: impl Iterator<Item = &'r Operand>,
    known: &BTreeMap<String, BTreeSet<String>>,
) -> Vec<Pattern> {
    const MOST: usize = 24;
    let mut found = Vec::new();
    for operand in operands {
        let Operand::Template(template) = operand else { continue };
        let keys: BTreeSet<&str> = template.keys().collect();
        let Some(first) = keys.first() else { continue };
        let values = known.get(*first).into_iter().flatten().take(MOST).cloned().map(Presence::One).chain([Presence::Absent]);
        for value in values {
            let lookup = |_: &str| &value;
            found.extend(template.pattern(&lookup));
        }
    }
    found
}
