//! Options that say what becomes of an audit.

use std::path::{Path, PathBuf};

use clap::Args;

use super::terms::TermsArgs;
use super::{GlobalArgs, terminal};
use crate::analyze::history::Record;
use crate::analyze::{CostSettings, Settings, Severity};
use crate::error::Error;
use crate::report::{self, Facts, Format};
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
    /// Puts the audit beside those before it, writes the report to where it goes and gives the exit code.
    pub(super) fn deliver(mut self, audited: Audited, interrupted: bool, global: &GlobalArgs) -> Result<u8, Error> {
        let assessment = &audited.assessment;
        let mut past = Past { baseline: self.baseline.take(), records: Vec::new() };
        // What is wrong with the history costs the trend and not the report.
        let remembered = self.history.map(|folder| history::read(folder, &assessment.account.id, assessment.taken_at));
        let remembered = remembered.transpose().map(Option::unwrap_or_default).map(|remembered| {
            for unreadable in remembered.unreadable.iter().filter(|_| !global.quiet) {
                terminal::notice(&format!("left out of the trend: {unreadable}"));
            }
            past.records = remembered.records;
        });
        let audited = &audited.after(&past);
        let facts = audited.facts();
        let told = self.tell(facts, global);
        // Half a scan is no measure for the next one.
        if let Some(folder) = self.history.filter(|_| !interrupted) {
            history::keep(folder, &audited.record)?;
        }
        told?;
        remembered?;
        Ok(run::exit_code(&audited.assessment, self.bar, interrupted))
    }
}

impl Plan<'_> {
    /// Writes the report to where it goes.
    fn tell(&self, facts: Facts<'_>, global: &GlobalArgs) -> Result<(), Error> {
        match &self.target {
            Target::Stdout(format @ Format::Terminal) => {
                terminal::print(&report::render(*format, facts, terminal::columns())?)?;
            }
            Target::Stdout(format) => {
                terminal::print_plain(&report::render(*format, facts, terminal::columns())?)?;
            }
            Target::Folder(folder, formats) => {
                for path in run::write_reports(folder, formats, facts)? {
                    if !global.quiet {
                        terminal::notice(&format!("wrote {}", path.display()));
                    }
                }
            }
        }
        Ok(())
    }
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
