//! What has changed between two audits of one account, and what of it cannot be told.
//!
//! Findings are the same where their ids are. One that only one side has is new or fixed only if the other side judged its subject: that side
//! ran the check, asked the region, and could tell. Else it is not comparable, for what was not read has neither come nor gone.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::record::without_figures;
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
    /// What the fixed findings' changes save in a month, as the older audit worked it out: what they added to the steps before them as far
    /// as those are done too, else between nothing and what each saves by itself; never more than the whole plan could save.
    /// `None` where none of them has a price.
    pub realised: Option<UsdRange>,
    /// Fixed findings about which the older audit could not say what they cost.
    pub unpriced: u64,
    /// The monthly bill of the older one and of the younger one, where both are of the same regions at the same terms and leave the same
    /// things out; `None` where they are not to be compared. It moves with the traffic too.
    pub monthly: Option<(UsdRange, UsdRange)>,
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
    /// Whether it may weigh more than before: a higher severity, a waiver that holds no more, or something else that it is about.
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

/// What a comparison says about a finding of the younger audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Delta {
    /// The older one could tell, and did not have it.
    New,
    /// Both have it, and it differs.
    Changed,
    /// Both have it.
    Unchanged,
    /// The older one could not tell.
    NotComparable,
}

impl Delta {
    /// The word for it in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::NotComparable => "not_comparable",
        }
    }
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
        monthly: comparable_bills(old, new),
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
        // The title of a policy's finding may stay where whom it admits does not.
        if what.is_empty() && before.fingerprint != now.fingerprint {
            what.push("what it rests on: the evidence, the resources or the example differ".to_owned());
        }
        if what.is_empty() {
            self.unchanged.insert(now.id.clone());
            return;
        }
        let reopened = before.status == RecordedStatus::Waived && now.status == RecordedStatus::Open;
        // What is about something else now may be about something worse.
        let other = before.title != now.title || before.fingerprint != now.fingerprint;
        let not_better = now.severity > before.severity || (now.severity == before.severity && other);
        let worse = reopened || (now.status == RecordedStatus::Open && not_better);
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
        // What a step adds rests on the steps before it: once one of them is not done, it may save more than that, and bytes twice.
        let mut all_before_done = true;
        for step in &old.plan {
            let done = !step.findings.is_empty() && step.findings.iter().all(|id| fixed.contains(id.as_str()));
            if let (true, Some(alone)) = (done, step.alone) {
                let apart = UsdRange { low: alone.low.min(Decimal::ZERO), high: alone.high };
                // What saves the same before and after the others does not hang on them.
                let part = step.adds.filter(|adds| all_before_done || *adds == alone).unwrap_or(apart);
                saved = Some(saved.unwrap_or_default() + part);
                priced.extend(step.findings.iter().map(String::as_str));
            }
            all_before_done &= done;
        }
        // Apart from each other steps may claim the same bytes; together they claim no more than the steps of the plan that save something.
        let adds: Option<Decimal> = old.plan.iter().map(|step| step.adds.map(|adds| adds.high.max(Decimal::ZERO))).sum();
        let most = adds.or(old.monthly.map(|monthly| monthly.high));
        self.realised = saved.map(|sum| {
            let high = most.map_or(sum.high, |most| sum.high.min(most));
            UsdRange { low: sum.low.min(high), high }
        });
        let open = |finding: &&RecordedFinding| finding.status == RecordedStatus::Open;
        let unpriced = self.fixed.iter().filter(open).filter(|finding| !priced.contains(finding.id.as_str())).count();
        self.unpriced = u64::try_from(unpriced).unwrap_or(u64::MAX);
    }

    /// What the comparison says about each finding of the younger audit, by id.
    #[must_use]
    pub fn deltas(&self) -> BTreeMap<&str, Delta> {
        let new = self.new.iter().map(|finding| (finding.id.as_str(), Delta::New));
        let changed = self.changed.iter().map(|changed| (changed.finding.id.as_str(), Delta::Changed));
        let unchanged = self.unchanged.iter().map(|id| (id.as_str(), Delta::Unchanged));
        let doubtful = self.not_comparable.iter().filter(|item| item.side == Side::New);
        let doubtful = doubtful.map(|item| (item.finding.id.as_str(), Delta::NotComparable));
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

fn by_id(record: &Record) -> BTreeMap<&str, &RecordedFinding> {
    record.findings.iter().map(|finding| (finding.id.as_str(), finding)).collect()
}

fn notes(old: &Record, new: &Record) -> Vec<String> {
    let mut notes = Vec::new();
    if old.taken_at > new.taken_at {
        notes.push("the older report was made after the newer one: are they swapped?".to_owned());
    }
    if old.natless != new.natless {
        notes.push(format!("the baseline was made by natless {}, this scan by {}", old.natless, new.natless));
    }
    if old.settings_id.as_ref().is_some_and(|id| Some(id) != new.settings_id.as_ref()) {
        notes.push("the settings differ (trust, checks, thresholds or cost): findings may come and go by them".to_owned());
    }
    if comparable_bills(old, new).is_none() && old.monthly.is_some() && new.monthly.is_some() {
        notes.push(
            "the bills are not compared: they differ in regions, in terms, or in what has no price or measured traffic"
                .to_owned(),
        );
    }
    if old.lookback_days != new.lookback_days {
        notes.push(format!("the metrics are of {} days in the baseline and of {} now", old.lookback_days, new.lookback_days));
    }
    notes
}

/// The two bills, where they are of the same things.
fn comparable_bills(old: &Record, new: &Record) -> Option<(UsdRange, UsdRange)> {
    let same_terms = old.settings_id == new.settings_id && old.settings_id.is_some();
    let same_things = old.regions == new.regions && old.unpriced == new.unpriced;
    old.monthly.zip(new.monthly).filter(|_| same_terms && same_things)
}

/// What one audit could see.
struct Seen<'r> {
    record: &'r Record,
    /// Subjects that it could not judge, by check.
    unknown: BTreeMap<&'r str, Vec<&'r RecordedSubject>>,
    /// Regions of its findings, by check and resource.
    regions: BTreeMap<(&'r str, &'r str, &'r str), BTreeSet<&'r str>>,
}

impl<'r> Seen<'r> {
    fn new(record: &'r Record) -> Self {
        let mut unknown: BTreeMap<&str, Vec<&RecordedSubject>> = BTreeMap::new();
        for subject in &record.unknown {
            unknown.entry(&subject.check).or_default().push(subject);
        }
        let mut regions: BTreeMap<(&str, &str, &str), BTreeSet<&str>> = BTreeMap::new();
        for RecordedFinding { subject, .. } in &record.findings {
            let key = (subject.check.as_str(), subject.resource.kind.as_str(), subject.resource.id.as_str());
            regions.entry(key).or_default().insert(&subject.region);
        }
        Self { record, unknown, regions }
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
        // A bucket whose region was not read stands under no region, and its finding under another id.
        let elsewhere = self.regions.get(&(check.as_str(), subject.resource.kind.as_str(), subject.resource.id.as_str()));
        if elsewhere.is_some_and(|regions| region == GLOBAL || regions.contains(GLOBAL)) {
            return Some(format!("the region of {} was not read in one of the two", subject.resource.id));
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
