//! Chains the stages: collect, snapshot, assess, report, deliver. The one caller of them all; every entry goes through here.

mod delivery;
mod organization;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::watch;

use crate::analyze::history::{Comparison, Record, TrendPoint, compare};
use crate::analyze::organization::Merged;
use crate::analyze::{Assessment, Settings, Severity, assess, checks};
use crate::collect::{Observer, ScanRequest, collect};
use crate::error::{Error, exit};
use crate::model::Inventory;
use crate::report::{self, DEFAULT_COLUMNS, Facts, Format, RenderError};
use crate::{files, snapshot};

pub use delivery::{Delivered, Delivery};
pub use organization::{Accounts, OrganizationRequest, read_accounts};

/// An account and the verdicts on it.
#[derive(Debug)]
pub struct Audited {
    /// What was read.
    pub inventory: Inventory,
    /// What was found.
    pub assessment: Assessment,
    /// What has changed since the baseline, where there is one.
    pub comparison: Option<Comparison>,
    /// The figures of the scans before this one and of this one, oldest first.
    pub trend: Vec<TrendPoint>,
    /// When the earlier scans that are known first had a finding, by its id.
    pub first_seen: BTreeMap<String, jiff::Timestamp>,
    /// What the next audit has to know of this one.
    pub record: Record,
}

/// The audits before this one, as far as they are known.
#[derive(Debug, Default)]
pub struct Past {
    /// The one to compare with.
    baseline: Option<Record>,
    /// Those that one may compare with else, oldest first: the last one, and the last one of the same regions.
    records: Vec<Record>,
    /// The figures of those of the same regions that are older than these, oldest first.
    figures: Vec<TrendPoint>,
    /// When they first had a finding, by its id.
    first_seen: BTreeMap<String, jiff::Timestamp>,
}

impl Past {
    /// Only the one to compare with, where there is one.
    #[must_use]
    pub fn with_baseline(baseline: Option<Record>) -> Self {
        Self { baseline, ..Self::default() }
    }

    /// Adds an audit that is younger than those before it, and keeps of them no more than an audit of today's account and regions needs: a
    /// record is as large as its account has findings, and there may be one for every night.
    pub fn add(&mut self, record: Record, now: &Record) {
        if record.account_id != now.account_id {
            return;
        }
        self.see(&record);
        let alike = record.regions == now.regions;
        let replaced = self.records.extract_if(.., |kept| alike || kept.regions != now.regions);
        self.figures.extend(replaced.filter(|kept| kept.regions == now.regions).map(|kept| TrendPoint::from(&kept)));
        self.records.push(record);
    }

    /// Whether nothing is known to compare with.
    fn is_empty(&self) -> bool {
        self.baseline.is_none() && self.records.is_empty()
    }

    /// Takes over what another place remembers.
    fn remember(&mut self, other: Self) {
        *self = Self { baseline: self.baseline.take(), ..other };
    }

    fn see(&mut self, record: &Record) {
        for finding in &record.findings {
            let seen = self.first_seen.entry(finding.id.clone()).or_insert(record.taken_at);
            *seen = record.taken_at.min(*seen);
        }
    }
}

impl Audited {
    /// Judges an inventory.
    #[must_use]
    pub fn new(inventory: Inventory, settings: &Settings) -> Self {
        let assessment = assess(&inventory, settings);
        Self::of(inventory, assessment)
    }

    /// An inventory and the verdicts on it.
    fn of(inventory: Inventory, assessment: Assessment) -> Self {
        let record = Record::from(&assessment);
        let trend = vec![TrendPoint::from(&record)];
        Self { inventory, assessment, comparison: None, trend, first_seen: BTreeMap::new(), record }
    }

    /// Puts the audit beside those before it. Without a baseline it is compared with the last one of the same regions, else the last one.
    #[must_use]
    pub fn after(mut self, mut past: Past) -> Self {
        let now = &self.record;
        if let Some(baseline) = past.baseline.take() {
            if baseline.account_id == now.account_id {
                past.see(&baseline);
            }
            self.comparison = compare(&baseline, now);
            if self.comparison.is_none() {
                let note = format!("not compared: the baseline is of account {}, not of this one", baseline.account_id);
                self.assessment.notes.push(note);
            }
        } else {
            // A scan of other regions in between is no measure.
            let last = past.records.iter().rev().find(|record| record.regions == now.regions).or(past.records.last());
            self.comparison = last.and_then(|last| compare(last, now));
        }
        let alike = past.records.iter().filter(|record| record.regions == now.regions);
        self.trend = past.figures.into_iter().chain(alike.chain([now]).map(TrendPoint::from)).collect();
        let known: BTreeSet<&str> = now.findings.iter().map(|finding| finding.id.as_str()).collect();
        self.first_seen = past.first_seen.into_iter().filter(|(id, _)| known.contains(id.as_str())).collect();
        self
    }

    /// What reports are made from.
    #[must_use]
    pub fn facts(&self) -> Facts<'_> {
        let Self { assessment, inventory, comparison, trend, first_seen, .. } = self;
        Facts { assessment, inventory, checks: checks::registry(), comparison: comparison.as_ref(), trend, first_seen }
    }
}

/// What makes an audit fail.
#[derive(Debug, Clone, Copy)]
pub struct Bar {
    /// Least severity of an open finding that fails it.
    pub fail_on: Severity,
    /// Least overall score that passes it, 0 to 100.
    pub min_score: Option<f64>,
}

/// Reads an account.
///
/// A run that is stopped still gives an inventory, with a gap for every call that was not made.
///
/// # Errors
/// [`Error::Collect`] where nothing could be read.
pub async fn read_account(
    request: &ScanRequest,
    observer: Arc<dyn Observer>,
    stop: watch::Receiver<bool>,
) -> Result<Inventory, Error> {
    Ok(collect(request, observer, stop).await?)
}

/// Judges a snapshot.
///
/// # Errors
/// [`Error::Snapshot`] where the file is not a whole snapshot of this version.
pub fn analyze(snapshot: &Path, settings: &Settings) -> Result<Audited, Error> {
    Ok(Audited::new(snapshot::read(snapshot)?, settings))
}

/// Writes `report.txt`, `report.json`... into a folder, each whole or not at all, and returns their names.
///
/// # Errors
/// The first [`Error::Write`] or [`Error::Render`]; the other reports are written all the same.
pub fn write_reports(folder: &Path, formats: &[Format], facts: Facts<'_>) -> Result<Vec<PathBuf>, Error> {
    files::make_folder(folder)?;
    // Side by side: each is worked out by itself, and one that cannot be written must not leave the others with what an earlier scan wrote.
    let written: Vec<Result<PathBuf, Error>> = std::thread::scope(|scope| {
        let writers: Vec<_> =
            formats.iter().map(|format| (format, scope.spawn(|| write_report(folder, *format, facts)))).collect();
        let stopped = |format: &Format| RenderError::Text { format: format.as_str(), detail: "its writer stopped".to_owned() };
        writers.into_iter().map(|(format, writer)| writer.join().unwrap_or_else(|_| Err(stopped(format).into()))).collect()
    });
    written.into_iter().collect()
}

/// A report for a file: without colours.
fn plain_report(format: Format, facts: Facts<'_>) -> Result<String, RenderError> {
    Ok(without_colours(format, report::render(format, facts, DEFAULT_COLUMNS)?))
}

/// Only the form for terminals carries style codes.
fn without_colours(format: Format, text: String) -> String {
    if format == Format::Terminal { anstream::adapter::strip_str(&text).to_string() } else { text }
}

fn write_report(folder: &Path, format: Format, facts: Facts<'_>) -> Result<PathBuf, Error> {
    write_text(&plain_report(format, facts)?, folder.join(format.file_name()))
}

/// Writes `organization.txt`, `organization.json`... into a folder, each whole or not at all, and returns their names.
///
/// # Errors
/// The first [`Error::Write`] or [`Error::Render`]; the other reports are written all the same.
pub fn write_merged(folder: &Path, formats: &[Format], merged: &Merged) -> Result<Vec<PathBuf>, Error> {
    files::make_folder(folder)?;
    let write =
        |format: &Format| write_text(&plain_merged(*format, merged)?, folder.join(report::organization::file_name(*format)));
    let written: Vec<Result<PathBuf, Error>> = formats.iter().map(write).collect();
    written.into_iter().collect()
}

/// A report over many accounts for a file: without colours.
fn plain_merged(format: Format, merged: &Merged) -> Result<String, RenderError> {
    Ok(without_colours(format, report::organization::render(format, merged, DEFAULT_COLUMNS)?))
}

fn write_text(text: &str, path: PathBuf) -> Result<PathBuf, Error> {
    files::write_whole(&path, "report", Some(0o666), |file| file.write_all(text.as_bytes()))?;
    Ok(path)
}

/// The exit code of an audit: one of [`exit`].
///
/// Findings come before gaps. Without a score nothing is under `--min-score`, and nothing is above it either: that is incomplete. That nothing at all could be read is an error before there is an assessment.
#[must_use]
pub fn exit_code(assessment: &Assessment, bar: Bar, interrupted: bool) -> u8 {
    let failing = assessment.findings.iter().any(|finding| finding.waiver.is_none() && finding.severity >= bar.fail_on);
    let too_low = match (assessment.scores.overall.score, bar.min_score) {
        (Some(score), Some(least)) => score < least,
        _ => false,
    };
    if interrupted {
        exit::INTERRUPTED
    } else if failing || too_low {
        exit::FINDINGS
    } else if !assessment.gaps.is_empty() || (bar.min_score.is_some() && assessment.scores.overall.score.is_none()) {
        exit::INCOMPLETE
    } else {
        exit::CLEAN
    }
}

/// The exit code of a merged report: one of [`exit`].
///
/// As with one account, findings come before gaps, and a score under the least one is as good as a finding. An account without a report is a gap, and
/// so is no account at all.
#[must_use]
pub fn merged_exit_code(merged: &Merged, bar: Bar, interrupted: bool) -> u8 {
    let scores = || merged.accounts.iter().map(|account| account.figures.overall.score);
    let too_low = bar.min_score.is_some_and(|least| scores().flatten().any(|score| score < least));
    let not_judged = bar.min_score.is_some() && scores().any(|score| score.is_none());
    if interrupted {
        exit::INTERRUPTED
    } else if too_low || merged.findings.iter().any(|one| one.finding.counts_from(bar.fail_on)) {
        exit::FINDINGS
    } else if not_judged || merged.is_incomplete() {
        exit::INCOMPLETE
    } else {
        exit::CLEAN
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::Score;
    use crate::report::sample::{self, Sample};

    const HIGH: Bar = Bar { fail_on: Severity::High, min_score: None };

    /// The sample without findings and gaps.
    fn clean() -> Assessment {
        let mut assessment = sample::assessment();
        assessment.findings.clear();
        assessment.gaps.clear();
        assessment.scores.overall = Score { score: Some(90.0), grade: Some('A'), coverage: 1.0 };
        assessment
    }

    #[test]
    fn clean_is_0_and_gaps_alone_are_3() {
        let mut assessment = clean();
        assert_eq!(exit_code(&assessment, HIGH, false), exit::CLEAN);
        assessment.gaps = sample::assessment().gaps;
        assert_eq!(exit_code(&assessment, HIGH, false), exit::INCOMPLETE);
    }

    #[test]
    fn findings_beat_gaps_from_fail_on_upwards() {
        let mut assessment = sample::assessment();
        assert_eq!(exit_code(&assessment, HIGH, false), exit::FINDINGS);
        assessment.findings.retain(|finding| finding.severity == Severity::Low);
        assert_eq!(exit_code(&assessment, HIGH, false), exit::INCOMPLETE);
        let low = Bar { fail_on: Severity::Low, min_score: None };
        assert_eq!(exit_code(&assessment, low, false), exit::FINDINGS);
    }

    #[test]
    fn a_waived_finding_does_not_fail() {
        let mut assessment = clean();
        assessment.findings = sample::assessment().findings.into_iter().filter(|finding| finding.waiver.is_some()).collect();
        assert!(!assessment.findings.is_empty());
        assert_eq!(exit_code(&assessment, HIGH, false), exit::CLEAN);
    }

    #[test]
    fn a_score_under_the_least_fails_and_no_score_does_not() {
        let mut assessment = clean();
        let bar = |least| Bar { fail_on: Severity::Critical, min_score: Some(least) };
        assert_eq!(exit_code(&assessment, bar(90.0), false), exit::CLEAN);
        assert_eq!(exit_code(&assessment, bar(90.1), false), exit::FINDINGS);
        assessment.scores.overall.score = None;
        assert_eq!(exit_code(&assessment, bar(90.1), false), exit::INCOMPLETE);
    }

    /// The record of the sample, of another day of November and of these regions.
    fn record(day: i8, regions: &[&str]) -> Record {
        let taken_at = jiff::civil::date(2026, 11, day).at(2, 0, 0, 0).in_tz("UTC").unwrap().timestamp();
        let regions = regions.iter().map(|region| (*region).to_owned()).collect();
        Record { taken_at, regions, ..Record::from(&sample::assessment()) }
    }

    #[test]
    fn of_many_nights_two_are_kept_whole_and_of_the_others_the_figures() {
        let Sample { assessment, inventory, .. } = Sample::new();
        let now = Record { taken_at: assessment.taken_at, ..Record::from(&assessment) };
        let own: Vec<&str> = now.regions.iter().map(String::as_str).collect();
        let mut past = Past::default();
        for day in 1..=9 {
            past.add(record(day, &own), &now);
        }
        past.add(record(10, &["us-west-2"]), &now);
        past.add(record(11, &["us-west-1"]), &now);
        past.add(Record { account_id: "999999999999".to_owned(), ..record(12, &own) }, &now);
        let days = |records: &[Record]| records.iter().map(|record| record.taken_at.to_string()).collect::<Vec<_>>();
        assert_eq!(days(&past.records), ["2026-11-09T02:00:00Z", "2026-11-11T02:00:00Z"]);
        assert_eq!(past.figures.len(), 8);
        let audited = Audited::of(inventory, assessment).after(past);
        assert_eq!(audited.trend.len(), 10, "of the same regions, and of today");
        assert!(audited.trend.is_sorted_by_key(|point| point.taken_at));
        let comparison = audited.comparison.unwrap();
        assert_eq!(comparison.old_taken_at.to_string(), "2026-11-09T02:00:00Z", "the last one of the same regions");
        assert!(audited.first_seen.values().all(|seen| seen.to_string() == "2026-11-01T02:00:00Z"));
        assert!(!audited.first_seen.is_empty());
    }

    #[test]
    fn a_stopped_run_is_130_whatever_it_found() {
        assert_eq!(exit_code(&sample::assessment(), HIGH, true), exit::INTERRUPTED);
        assert_eq!(exit_code(&clean(), HIGH, true), exit::INTERRUPTED);
    }

    #[test]
    fn a_merged_report_fails_as_one_account_does() {
        use crate::analyze::organization::{Merger, Missing};
        let code = |merged: &Merged, fail_on| merged_exit_code(merged, Bar { fail_on, min_score: None }, false);
        let fold = |assessment: &Assessment| {
            let mut merger = Merger::new();
            merger.add(Record::from(assessment), None);
            merger
        };
        assert_eq!(code(&fold(&clean()).finish(), Severity::Low), exit::CLEAN);
        assert_eq!(code(&fold(&sample::assessment()).finish(), Severity::Critical), exit::FINDINGS);
        let mut gaps = clean();
        gaps.gaps = sample::assessment().gaps;
        assert_eq!(code(&fold(&gaps).finish(), Severity::Low), exit::INCOMPLETE);
        let mut some_missing = fold(&clean());
        some_missing.miss(Missing { account_id: "222233334444".to_owned(), name: None, why: "denied".to_owned() });
        assert_eq!(code(&some_missing.finish(), Severity::Low), exit::INCOMPLETE);
        assert_eq!(code(&Merger::new().finish(), Severity::Low), exit::INCOMPLETE);
        let mut waived = clean();
        waived.findings = sample::assessment().findings.into_iter().filter(|finding| finding.waiver.is_some()).collect();
        assert_eq!(code(&fold(&waived).finish(), Severity::Low), exit::CLEAN);
        let scored = |least| merged_exit_code(&fold(&clean()).finish(), Bar { min_score: Some(least), ..HIGH }, false);
        assert_eq!((scored(90.0), scored(90.1)), (exit::CLEAN, exit::FINDINGS));
        assert_eq!(merged_exit_code(&fold(&clean()).finish(), HIGH, true), exit::INTERRUPTED);
    }

    #[test]
    fn merged_reports_are_written_plain_and_under_their_own_names() {
        let folder = tempfile::tempdir().unwrap();
        let merged = report::organization::sample::merged();
        let written = write_merged(folder.path(), &report::organization::FORMATS, &merged).unwrap();
        assert_eq!(
            written,
            report::organization::FORMATS.map(|format| folder.path().join(report::organization::file_name(format)))
        );
        let text = std::fs::read_to_string(folder.path().join("organization.txt")).unwrap();
        assert!(text.starts_with("natless") && !text.contains('\u{1b}'));
    }

    #[test]
    fn reports_are_written_plain_and_over_old_ones() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("a/b");
        let Sample { assessment, inventory, comparison, trend, first_seen } = Sample::new();
        let record = Record::from(&assessment);
        let audited = Audited { inventory, assessment, comparison: Some(comparison), trend, first_seen, record };
        for _ in 0..2 {
            let written = write_reports(&out, &Format::ALL, audited.facts()).unwrap();
            assert_eq!(written, Format::ALL.map(|format| out.join(format.file_name())));
        }
        let text = std::fs::read_to_string(out.join("report.txt")).unwrap();
        assert!(text.starts_with("natless") && !text.contains('\u{1b}'));
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), Format::ALL.len());
    }
}
