//! What has changed between two audits of one account, and what of it cannot be told.
//!
//! Findings are the same where their ids are. One that only one side has is new or fixed only if the other side judged its subject: that side
//! ran the check, asked the region, and could tell. Else it is not comparable, for what was not read has neither come nor gone.

use std::collections::{BTreeMap, BTreeSet};

use super::{Record, RecordedFinding, RecordedStatus, RecordedSubject};
use crate::analyze::resource::UNLISTED;
use crate::cost::UsdRange;
use crate::model::GLOBAL;

/// What has changed between two audits.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Comparison {
    /// When the older one began.
    pub old_taken_at: jiff::Timestamp,
    /// When the younger one began.
    pub new_taken_at: jiff::Timestamp,
    /// What to know about the comparison itself, in one line each.
    pub notes: Vec<String>,
    /// Findings that only the younger one has.
    pub new: Vec<RecordedFinding>,
    /// Findings that only the older one has.
    pub fixed: Vec<RecordedFinding>,
    /// Findings of both that differ.
    pub changed: Vec<Changed>,
    /// Ids of the findings of both that do not differ.
    pub unchanged: BTreeSet<String>,
    /// Findings of one of which the other cannot tell.
    pub not_comparable: Vec<NotComparable>,
    /// What the fixed findings' changes save in a month, as the older audit worked it out: at least what they added to the steps before
    /// them, at most what each saves by itself. `None` where none of them has a price.
    pub realised: Option<UsdRange>,
    /// Fixed findings about which the older audit could not say what they cost.
    pub unpriced: u64,
    /// The monthly bill of the older one, and of the younger one. It moves with the traffic too.
    pub monthly: (Option<UsdRange>, Option<UsdRange>),
    /// The overall score of the older one, and of the younger one.
    pub overall: (Option<f64>, Option<f64>),
}

/// A finding of both audits that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// As it is in the younger one.
    pub finding: RecordedFinding,
    /// What differs, in one line each: `severity: medium to high`.
    pub what: Vec<String>,
    /// Whether it weighs more than before: a higher severity, or a waiver that holds no more.
    pub worse: bool,
}

/// A finding of one audit of which the other cannot tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotComparable {
    /// The finding.
    pub finding: RecordedFinding,
    /// Which audit has it.
    pub side: Side,
    /// Why the other one cannot tell.
    pub why: String,
}

/// One of two audits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The older one.
    Old,
    /// The younger one.
    New,
}

impl Side {
    /// The word for it in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::New => "new",
        }
    }
}

/// Puts two audits of one account beside each other. `None` where they are of two accounts, whose findings have nothing in common.
#[must_use]
pub fn compare(old: &Record, new: &Record) -> Option<Comparison> {
    if old.account_id != new.account_id {
        return None;
    }
    let (of_old, of_new) = (by_id(old), by_id(new));
    let (seen_by_old, seen_by_new) = (Seen::new(old), Seen::new(new));
    let mut comparison = Comparison {
        old_taken_at: old.taken_at,
        new_taken_at: new.taken_at,
        notes: notes(old, new),
        monthly: (old.monthly, new.monthly),
        overall: (old.overall.score, new.overall.score),
        ..Comparison::default()
    };
    for finding in &new.findings {
        match of_old.get(finding.id.as_str()) {
            Some(before) => comparison.put_beside(before, finding),
            None => match seen_by_old.doubt(&finding.subject) {
                None => comparison.new.push(finding.clone()),
                Some(why) => comparison.doubt(finding, Side::New, why),
            },
        }
    }
    for finding in old.findings.iter().filter(|finding| !of_new.contains_key(finding.id.as_str())) {
        match seen_by_new.doubt(&finding.subject) {
            None => comparison.fixed.push(finding.clone()),
            Some(why) => comparison.doubt(finding, Side::Old, why),
        }
    }
    comparison.count_savings(old);
    Some(comparison)
}

impl Comparison {
    fn put_beside(&mut self, before: &RecordedFinding, now: &RecordedFinding) {
        let mut what = Vec::new();
        if before.severity != now.severity {
            what.push(format!("severity: {} to {}", before.severity, now.severity));
        }
        match (before.status, now.status) {
            (RecordedStatus::Open, RecordedStatus::Waived) => what.push("waived".to_owned()),
            (RecordedStatus::Waived, RecordedStatus::Open) => what.push("no longer waived".to_owned()),
            (RecordedStatus::Open, RecordedStatus::Open) | (RecordedStatus::Waived, RecordedStatus::Waived) => {}
        }
        if without_figures(&before.title) != without_figures(&now.title) {
            what.push(format!("it was: {}", before.title));
        }
        if what.is_empty() {
            self.unchanged.insert(now.id.clone());
            return;
        }
        let reopened = before.status == RecordedStatus::Waived && now.status == RecordedStatus::Open;
        let worse = reopened || (now.status == RecordedStatus::Open && now.severity > before.severity);
        self.changed.push(Changed { finding: now.clone(), what, worse });
    }

    fn doubt(&mut self, finding: &RecordedFinding, side: Side, why: String) {
        self.not_comparable.push(NotComparable { finding: finding.clone(), side, why });
    }

    /// What the steps save of which every finding is gone. A step that is half done is done some other way, or not yet.
    fn count_savings(&mut self, old: &Record) {
        let fixed: BTreeSet<&str> = self.fixed.iter().map(|finding| finding.id.as_str()).collect();
        let mut priced: BTreeSet<&str> = BTreeSet::new();
        let mut saved: Option<UsdRange> = None;
        for step in &old.plan {
            let done = !step.findings.is_empty() && step.findings.iter().all(|id| fixed.contains(id.as_str()));
            if let (true, Some(alone)) = (done, step.alone) {
                let low = step.adds.map_or(alone.low, |adds| adds.low.min(alone.low));
                let sum = saved.unwrap_or_default() + UsdRange { low, high: alone.high.max(low) };
                saved = Some(sum);
                priced.extend(step.findings.iter().map(String::as_str));
            }
        }
        self.realised = saved;
        let open = |finding: &&RecordedFinding| finding.status == RecordedStatus::Open;
        let unpriced = self.fixed.iter().filter(open).filter(|finding| !priced.contains(finding.id.as_str())).count();
        self.unpriced = u64::try_from(unpriced).unwrap_or(u64::MAX);
    }

    /// What the comparison says about each finding of the younger audit, by id: `new`, `changed`, `unchanged` or `not_comparable`.
    #[must_use]
    pub fn words(&self) -> BTreeMap<&str, &'static str> {
        let new = self.new.iter().map(|finding| (finding.id.as_str(), "new"));
        let changed = self.changed.iter().map(|changed| (changed.finding.id.as_str(), "changed"));
        let unchanged = self.unchanged.iter().map(|id| (id.as_str(), "unchanged"));
        let doubtful = self.not_comparable.iter().filter(|item| item.side == Side::New);
        let doubtful = doubtful.map(|item| (item.finding.id.as_str(), "not_comparable"));
        new.chain(changed).chain(unchanged).chain(doubtful).collect()
    }

    /// Findings that are new, or weigh more than before.
    pub fn worse(&self) -> impl Iterator<Item = &RecordedFinding> {
        self.new.iter().chain(self.changed.iter().filter(|changed| changed.worse).map(|changed| &changed.finding))
    }

    /// Whether nothing at all differs.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.new.is_empty() && self.fixed.is_empty() && self.changed.is_empty() && self.not_comparable.is_empty()
    }
}

/// A title without the figures in it: those of traffic are others every night.
fn without_figures(title: &str) -> Vec<&str> {
    let is_figure = |word: &&str| {
        let word = word.trim_matches(|c: char| !c.is_ascii_digit());
        !word.is_empty() && word.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','))
    };
    title.split(' ').filter(|word| !is_figure(word)).collect()
}

fn by_id(record: &Record) -> BTreeMap<&str, &RecordedFinding> {
    record.findings.iter().map(|finding| (finding.id.as_str(), finding)).collect()
}

fn notes(old: &Record, new: &Record) -> Vec<String> {
    let mut notes = Vec::new();
    if old.taken_at > new.taken_at {
        notes.push("the baseline is younger than this scan".to_owned());
    }
    if old.natless != new.natless {
        notes.push(format!("the baseline was made by natless {}, this scan by {}", old.natless, new.natless));
    }
    if old.settings_id.as_ref().is_some_and(|id| Some(id) != new.settings_id.as_ref()) {
        notes.push("the settings differ (trust, checks or thresholds): findings may come and go by them".to_owned());
    }
    if old.lookback_days != new.lookback_days {
        notes.push(format!("the metrics are of {} days in the baseline and of {} now", old.lookback_days, new.lookback_days));
    }
    notes
}

/// What one audit could see.
struct Seen<'r> {
    record: &'r Record,
    /// Subjects that it could not judge, by check.
    unknown: BTreeMap<&'r str, Vec<&'r RecordedSubject>>,
}

impl<'r> Seen<'r> {
    fn new(record: &'r Record) -> Self {
        let mut unknown: BTreeMap<&str, Vec<&RecordedSubject>> = BTreeMap::new();
        for subject in &record.unknown {
            unknown.entry(&subject.check).or_default().push(subject);
        }
        Self { record, unknown }
    }

    /// Why this audit cannot tell about a subject that it has no finding of; `None` where it can.
    fn doubt(&self, subject: &RecordedSubject) -> Option<String> {
        let RecordedSubject { check, region, .. } = subject;
        if !self.record.checks.contains(check) {
            return Some(format!("`{check}` did not run"));
        }
        if region != GLOBAL && !self.record.regions.contains(region) {
            return Some(format!("{region} was not asked"));
        }
        let unknown = self.unknown.get(check.as_str())?;
        let blind = unknown.iter().find(|unknown| may_be_about(unknown, subject))?;
        Some(if blind.resource.id == UNLISTED {
            format!("the list of resources of kind {} is not complete", blind.resource.kind)
        } else {
            format!("{} could not be judged", blind.resource.id)
        })
    }
}

/// Whether what could not be judged may be, or may hide, this subject.
fn may_be_about(unknown: &RecordedSubject, subject: &RecordedSubject) -> bool {
    let same_place = unknown.region == subject.region || unknown.region == GLOBAL || subject.region == GLOBAL;
    let same_service = match (&unknown.service, &subject.service) {
        (Some(one), Some(other)) => one == other,
        (None, _) | (_, None) => true,
    };
    let (theirs, ours) = (&unknown.resource, &subject.resource);
    // A gap may be told of the VPC where the finding is told of a table in it.
    let other_grain = theirs.kind != ours.kind
        && match (&theirs.vpc_id, &ours.vpc_id) {
            (Some(one), Some(other)) => one == other,
            (None, _) | (_, None) => true,
        };
    same_place && same_service && (theirs.id == ours.id || theirs.id == UNLISTED || other_grain)
}
