//! What the formats of other tools share: names of resources and regions, times, and texts of a bounded length.

use std::borrow::Cow;

use serde_json::Value;

use super::{Facts, text};
use crate::analyze::history::RecordedResource;
use crate::analyze::{Finding, Repaired, Resource, UnknownSubject, WaiverNote};
use crate::model::{GLOBAL, Partition};

/// The account and region of a report, for formats that write them on every item.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) account: &'a str,
    pub(super) partition: &'a Partition,
    regions: &'a [String],
}

impl<'a> Place<'a> {
    pub(super) fn of(facts: Facts<'a>) -> Self {
        let assessment = facts.assessment;
        Self { account: &assessment.account.id, partition: &assessment.account.partition, regions: &assessment.regions }
    }

    /// A region that services know, for what has none: the partition's own for global things where it was scanned, else the first one.
    pub(super) fn region(self, region: &'a str) -> &'a str {
        if region != GLOBAL {
            return region;
        }
        let home = self.partition.global_region();
        self.regions.iter().find(|scanned| *scanned == home).or(self.regions.first()).map_or(home, String::as_str)
    }

    /// The ARN of a resource; of an account, and of a list that was not read, the form in which AWS's own controls name accounts.
    pub(super) fn arn(self, resource: &Resource) -> Cow<'_, str> {
        match &resource.arn {
            Some(arn) => text::safe(arn),
            None if resource.kind == "account" || resource.id == "*" => format!("AWS::::Account:{}", self.account).into(),
            None => text::safe(&resource.id),
        }
    }
}

/// The name of a resource, else its id, in one line.
pub(super) fn name_of(resource: &Resource) -> Cow<'_, str> {
    text::safe(resource.name.as_deref().filter(|name| !name.trim().is_empty()).unwrap_or(&resource.id))
}

/// What to do about a finding, in one sentence.
pub(super) fn repair(facts: Facts<'_>, finding: &Finding) -> String {
    let summary = facts.check(finding.check).map(|check| check.remediation.summary).unwrap_or_default();
    match &finding.repair {
        Repaired::Change(proposal) => text::safe(&proposal.change.title).into_owned(),
        Repaired::Person(why) => format!("{summary} ({})", text::safe(why)),
    }
}

/// `reason (owner), until 2027-03-31`.
pub(super) fn waiver(note: &WaiverNote) -> String {
    let owner = note.owner.as_ref().map_or_else(String::new, |owner| format!(" ({})", text::safe(owner)));
    let until = note.until.map_or_else(String::new, |day| format!(", until {day}"));
    format!("{}{owner}{until}", text::safe(&note.reason))
}

/// The gaps behind a subject that could not be judged, in one line; empty where AWS documents no answer.
pub(super) fn gaps(facts: Facts<'_>, subject: &UnknownSubject) -> String {
    let known = facts.assessment.gaps.iter().filter(|(id, _)| subject.doubt.gaps.contains(id));
    let words: Vec<String> = known
        .map(|(_, gap)| format!("{} in {}: {} ({})", gap.action, gap.region, gap.kind.as_str(), text::safe(&gap.code)))
        .collect();
    words.join("; ")
}

/// The time with three digits behind the second, cut and not rounded: `2026-11-23T02:00:00.000Z`.
pub(super) fn milliseconds(taken_at: jiff::Timestamp) -> String {
    taken_at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// The text as a sentence.
pub(super) fn sentence(raw: &str) -> String {
    let shown = text::safe(raw.trim());
    if shown.ends_with(['.', '!', '?']) { shown.into_owned() } else { format!("{shown}.") }
}

/// At most this many UTF-16 units, as Java services count, with an ellipsis where something is cut.
pub(super) fn cut(raw: &str, units: usize) -> String {
    if raw.encode_utf16().count() <= units {
        return raw.to_owned();
    }
    let (mut kept, mut used) = (String::new(), 1);
    for c in raw.chars() {
        used += c.len_utf16();
        if used > units {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

/// When a finding was first seen, as far as earlier scans are known; now, where none had it.
pub(super) fn first_seen(facts: Facts<'_>, id: &str) -> jiff::Timestamp {
    facts.seen_before(id).unwrap_or(facts.assessment.taken_at)
}

/// The resource of a finding that is gone. What is recorded of it is less than what was found.
pub(super) fn of_record(recorded: &RecordedResource) -> Resource {
    let RecordedResource { kind, id, name, vpc_id } = recorded.clone();
    Resource { kind, id, arn: None, name, vpc_id }
}

/// Sets a key of an object.
pub(super) fn set(object: &mut Value, key: &str, told: impl Into<Value>) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.to_owned(), told.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_by_utf16_units_and_never_through_a_character() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        let cheese = "🧀".repeat(129);
        assert_eq!((cheese.encode_utf16().count(), cut(&cheese, 256).encode_utf16().count()), (258, 255));
    }

    #[test]
    fn times_are_cut_and_not_rounded() {
        assert_eq!(milliseconds("2026-11-23T02:00:00.999999Z".parse().unwrap()), "2026-11-23T02:00:00.999Z");
        assert_eq!(milliseconds("2026-11-23T02:00:00Z".parse().unwrap()), "2026-11-23T02:00:00.000Z");
    }
}
