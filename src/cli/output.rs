//! Options that say what becomes of an audit.

use std::path::{Path, PathBuf};

use clap::Args;

use super::delivery::{self, Hands};
use super::terms::TermsArgs;
use super::{GlobalArgs, terminal};
use crate::analyze::history::Record;
use crate::analyze::organization::Merged;
use crate::analyze::{CostSettings, Settings, Severity};
use crate::error::Error;
use crate::history::Remembered;
use crate::report::{self, Facts, Format, organization};
use crate::run::{self, Audited, Bar, Past};
use crate::{config, files, history};

/// What becomes of an audit.
#[derive(Debug, Clone, Args)]
pub(super) struct OutputArgs {
    /// Write the report into a folder, as report.txt, report.html and so on [default: to stdout]
    #[arg(long, value_name = "DIR", help_heading = "Report")]
    out: Option<PathBuf>,
    /// Formats of the report: terminal, json, html, markdown, csv, sarif, ocsf, asff, junit; several need --out [default: terminal; with
    /// --out every format]
    #[arg(long, value_name = "FORMAT", value_delimiter = ',', help_heading = "Report")]
    format: Vec<Format>,
    /// Report or record of an earlier scan to compare with [default: the last one of --history]
    #[arg(long, value_name = "REPORT.json", help_heading = "Report")]
    baseline: Option<PathBuf>,
    /// Keep a small record of each scan in a folder, compare with the last one and draw the trend
    #[arg(long, value_name = "DIR", help_heading = "Report")]
    history: Option<PathBuf>,
    /// Settings file [default: natless.toml in the working folder, where there is one]
    #[arg(long, value_name = "FILE", help_heading = "Verdict")]
    config: Option<PathBuf>,
    #[command(flatten)]
    terms: TermsArgs,
    /// Exit with 1 from this severity on: critical, high, medium or low
    #[arg(long, value_name = "SEVERITY", default_value = "high", help_heading = "Verdict")]
    fail_on: Severity,
    /// Exit with 1 where the overall score is lower, 0 to 100
    #[arg(long, value_name = "N", value_parser = score, help_heading = "Verdict")]
    min_score: Option<f64>,
}

/// Where a report goes.
#[derive(Debug)]
pub(super) enum Target<'a> {
    /// One format, to stdout.
    Stdout(Format),
    /// Files in a folder.
    Folder(&'a Path, Vec<Format>),
}

impl<'a> Target<'a> {
    /// Makes the folder and sees that it can be written. `all` are the formats that a folder gets where none is named.
    pub(super) fn new(
        out: Option<&'a Path>,
        formats: &[Format],
        all: &[Format],
        file_name: impl Fn(Format) -> String,
    ) -> Result<Self, Error> {
        let mut formats = formats.to_vec();
        formats.sort_unstable();
        formats.dedup();
        match (out, formats.as_slice()) {
            (None, []) => Ok(Self::Stdout(Format::Terminal)),
            (None, [one]) => Ok(Self::Stdout(*one)),
            (None, _) => Err(Error::Usage {
                problem: "stdout takes one format, `--format` names several",
                help: "give a folder with `--out DIR`, or one format",
            }),
            (Some(folder), formats) => {
                files::make_folder(folder)?;
                let formats = if formats.is_empty() { all } else { formats };
                for format in formats {
                    files::check_writable(&folder.join(file_name(*format)), "report")?;
                }
                Ok(Self::Folder(folder, formats.to_vec()))
            }
        }
    }
}

impl Target<'_> {
    /// Writes a report over many accounts, in the formats that it has.
    pub(super) fn tell_merged(&self, merged: &Merged, global: &GlobalArgs) -> Result<(), Error> {
        match self {
            Self::Stdout(format) => {
                let text = organization::render(*format, merged, terminal::columns())?;
                if *format == Format::Terminal { terminal::print(&text) } else { terminal::print_plain(&text) }
            }
            Self::Folder(folder, formats) => {
                let formats: Vec<Format> = organization::FORMATS.into_iter().filter(|format| formats.contains(format)).collect();
                for path in run::write_merged(folder, &formats, merged)? {
                    if !global.quiet {
                        terminal::notice(&format!("wrote {}", path.display()));
                    }
                }
                Ok(())
            }
        }
    }
}

/// What becomes of an audit, checked before anything is read.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    target: Target<'a>,
    /// The settings of the audit.
    pub(super) settings: Settings,
    baseline: Option<Record>,
    history: Option<&'a Path>,
    bar: Bar,
}

impl OutputArgs {
    /// Reads settings and baseline and makes the folders, so that nothing is found wrong after a long scan.
    pub(super) fn plan(&self) -> Result<Plan<'_>, Error> {
        let settings = settings(self.config.as_deref(), &self.terms)?;
        let baseline = self.baseline.as_deref().map(history::read_record).transpose()?;
        if let Some(folder) = &self.history {
            history::prepare(folder)?;
        }
        let target = Target::new(self.out.as_deref(), &self.format, &Format::ALL, |format| format.file_name().to_owned())?;
        let bar = Bar { fail_on: self.fail_on, min_score: self.min_score };
        Ok(Plan { target, settings, baseline, history: self.history.as_deref(), bar })
    }
}

impl Plan<'_> {
    /// Puts the audit beside those before it, writes the report to where it goes, hands it over and gives the exit code.
    pub(super) fn deliver(
        mut self,
        audited: Audited,
        interrupted: bool,
        hands: Option<&Hands<'_>>,
        global: &GlobalArgs,
    ) -> Result<u8, Error> {
        let (audited, failure) = self.settle(audited, None, interrupted, hands, global);
        failure.map_or_else(|| Ok(run::exit_code(&audited.assessment, self.bar, interrupted)), Err)
    }

    /// Puts the audit beside those before it, writes its report, keeps its record and hands it over; gives the first thing that failed.
    ///
    /// `below` is the folder of an account among others, whose report goes nowhere where there is no folder for reports.
    pub(super) fn settle(
        &mut self,
        audited: Audited,
        below: Option<&Path>,
        interrupted: bool,
        hands: Option<&Hands<'_>>,
        global: &GlobalArgs,
    ) -> (Audited, Option<Error>) {
        let mut failures = Vec::new();
        let mut past = Past::with_baseline(self.baseline.take());
        // What is wrong with the history costs the trend and not the report.
        let assessment = &audited.assessment;
        match self.history.map(|folder| history::read(folder, &assessment.account.id, assessment.taken_at)).transpose() {
            Ok(remembered) => {
                let records = without_unreadable(remembered.unwrap_or_default(), global);
                for record in records {
                    past.add(record, &audited.record);
                }
            }
            Err(error) => failures.push(error),
        }
        let mut delivery = None;
        match hands.map(Hands::prepare).transpose() {
            Ok(prepared) => delivery = prepared,
            Err(error) => failures.push(error),
        }
        let audited = match (hands, &mut delivery) {
            (Some(hands), Some(delivery)) => hands.wait_for(delivery.compare(audited, past, std::future::pending())),
            _ => audited.after(past),
        };
        failures.extend(self.tell(audited.facts(), below, global).err());
        // Half a scan is no measure for the next one.
        if let Some(folder) = self.history.filter(|_| !interrupted) {
            failures.extend(history::keep(folder, &audited.record).err());
        }
        if let (Some(hands), Some(delivery)) = (hands, delivery) {
            let delivered = hands.wait_for(delivery.deliver(&audited, !interrupted, std::future::pending));
            failures.extend(delivery::tell(&delivered, global));
        }
        let mut failures = failures.into_iter();
        let first = failures.next();
        // The first one ends the program; none is lost.
        failures.for_each(|failure| terminal::error(&failure));
        (audited, first)
    }

    /// Writes the report to where it goes.
    fn tell(&self, facts: Facts<'_>, below: Option<&Path>, global: &GlobalArgs) -> Result<(), Error> {
        match (&self.target, below) {
            (Target::Stdout(_), Some(_)) => {}
            (Target::Stdout(format @ Format::Terminal), None) => {
                terminal::print(&report::render(*format, facts, terminal::columns())?)?;
            }
            (Target::Stdout(format), None) => {
                terminal::print_plain(&report::render(*format, facts, terminal::columns())?)?;
            }
            (Target::Folder(folder, formats), below) => {
                let folder = below.map_or_else(|| folder.to_path_buf(), |below| folder.join(below));
                for path in run::write_reports(&folder, formats, facts)? {
                    if !global.quiet && below.is_none() {
                        terminal::notice(&format!("wrote {}", path.display()));
                    }
                }
            }
        }
        Ok(())
    }

    /// Refuses, before anything is read, what would keep the report over many accounts from being written.
    pub(super) fn check_merged(&self) -> Result<(), Error> {
        match &self.target {
            Target::Folder(folder, formats) => organization::FORMATS
                .into_iter()
                .filter(|format| formats.contains(format))
                .try_for_each(|format| files::check_writable(&folder.join(organization::file_name(format)), "report")),
            Target::Stdout(format) if !organization::FORMATS.contains(format) => Err(Error::Usage {
                problem: "a report over many accounts is written as terminal, json, markdown or csv",
                help: "choose one of these, or write the report of each account into a folder with `--out DIR`",
            }),
            Target::Stdout(_) => Ok(()),
        }
    }

    /// Writes the report over many accounts to where it goes.
    pub(super) fn tell_merged(&self, merged: &Merged, global: &GlobalArgs) -> Result<(), Error> {
        self.target.tell_merged(merged, global)
    }

    /// The exit code of the audits of many accounts.
    pub(super) fn merged_exit_code(&self, merged: &Merged, interrupted: bool) -> u8 {
        run::merged_exit_code(merged, self.bar, interrupted)
    }
}

/// The records of a history, after telling which could not be read.
fn without_unreadable(remembered: Remembered, global: &GlobalArgs) -> Vec<Record> {
    for unreadable in remembered.unreadable.iter().filter(|_| !global.quiet) {
        terminal::notice(&format!("left out of the trend: {unreadable}"));
    }
    remembered.records
}

/// The settings of a file, else of the working folder, with the terms that options give.
pub(super) fn settings(config: Option<&Path>, terms: &TermsArgs) -> Result<Settings, Error> {
    let mut settings = config::load(config, Path::new("."))?;
    let terms = terms.over(settings.cost.terms());
    settings.cost = CostSettings { discount: terms.discount, hours_per_month: terms.hours };
    Ok(settings)
}

fn score(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|score| (0.0..=100.0).contains(score)).ok_or_else(|| "a score is a number from 0 to 100".to_owned())
}
