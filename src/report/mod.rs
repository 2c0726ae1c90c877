//! Writing verdicts down: one file per format. Computes no verdict, reads no clock and no environment.

pub mod asff;
pub mod catalogue;
pub mod checks;
pub mod comparison_v1;
mod csv;
pub mod estimate;
mod html;
pub mod json;
pub mod json_v1;
mod junit;
pub mod manual;
pub mod markdown;
pub mod message;
mod money_v1;
mod names;
mod ocsf;
pub mod organization;
pub mod page;
pub mod path_text;
pub mod path_v1;
pub mod permissions;
pub mod policy_text;
pub mod policy_v1;
pub mod record_v1;
#[cfg(test)]
pub(crate) mod sample;
mod sarif;
pub mod settings;
pub mod simulation;
mod subject;
pub mod summary_v1;
pub mod terminal;
pub mod text;
mod words;

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::analyze::history::{Comparison, TrendPoint};
use crate::analyze::{Assessment, Check, Severity};
use crate::model::Inventory;

/// Columns that are laid out for where no terminal tells its width.
pub const DEFAULT_COLUMNS: usize = 100;

/// A format of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// For people, in a terminal.
    Terminal,
    /// For programs: `natless/report/1`.
    Json,
    /// For people, in a browser: one file with everything in it.
    Html,
    /// For people, in a pull request or a chat.
    Markdown,
    /// For spreadsheets: one line per finding.
    Csv,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// For security data lakes: OCSF Compliance Finding events.
    Ocsf,
    /// For AWS Security Hub: findings in the AWS Security Finding Format.
    Asff,
    /// For test reports of CI systems: `JUnit` XML.
    Junit,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 9] =
        [Self::Terminal, Self::Json, Self::Html, Self::Markdown, Self::Csv, Self::Sarif, Self::Ocsf, Self::Asff, Self::Junit];

    /// The word for it on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Json => "json",
            Self::Html => "html",
            Self::Markdown => "markdown",
            Self::Csv => "csv",
            Self::Sarif => "sarif",
            Self::Ocsf => "ocsf",
            Self::Asff => "asff",
            Self::Junit => "junit",
        }
    }

    /// The name of its file in a folder of reports.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Terminal => "report.txt",
            Self::Json => "report.json",
            Self::Html => "report.html",
            Self::Markdown => "report.md",
            Self::Csv => "report.csv",
            Self::Sarif => "report.sarif",
            Self::Ocsf => "report.ocsf.json",
            Self::Asff => "report.asff.json",
            Self::Junit => "report.junit.xml",
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|format| format.as_str() == text).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.into_iter().map(Self::as_str).collect();
            format!("unknown format `{text}`: one of {}", known.join(", "))
        })
    }
}

/// All a report is made from.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The verdicts.
    pub assessment: &'a Assessment,
    /// What they were given on: for the names of subnets and VPCs.
    pub inventory: &'a Inventory,
    /// Every check this program has, for titles and repairs.
    pub checks: &'a [&'static Check],
    /// What has changed since the baseline, where there is one.
    pub comparison: Option<&'a Comparison>,
    /// The figures of this scan and of those before it, oldest first; this one is the last.
    pub trend: &'a [TrendPoint],
    /// When the earlier scans that are known first had a finding, by its id.
    pub first_seen: &'a BTreeMap<String, jiff::Timestamp>,
}

impl Facts<'_> {
    /// The check with this id.
    #[must_use]
    pub fn check(&self, id: &str) -> Option<&'static Check> {
        self.checks.iter().copied().find(|check| check.id == id)
    }

    /// The check of a finding: one that is left out because of it would be a silent pass.
    fn check_of(&self, id: &str) -> Result<&'static Check, RenderError> {
        self.check(id).ok_or_else(|| RenderError::UnknownCheck(id.to_owned()))
    }

    /// When an earlier scan first had a finding; `None` where none is known to have had it. A baseline may be the younger one.
    fn seen_before(&self, id: &str) -> Option<jiff::Timestamp> {
        self.first_seen.get(id).copied().filter(|seen| *seen < self.assessment.taken_at)
    }

    /// The severity of a check, after the settings' overrides.
    fn severity_of(&self, check: &Check) -> Severity {
        self.assessment.severities.get(check.id).copied().unwrap_or(check.severity)
    }
}

/// Why a report could not be put into a format.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// A value has no JSON form.
    #[error("the report cannot be put into JSON ({0})")]
    Json(#[from] serde_json::Error),
    /// The text could not be put together.
    #[error("the report cannot be put into {format} ({detail})")]
    Text {
        /// The format.
        format: &'static str,
        /// What went wrong.
        detail: String,
    },
    /// A finding of a check that natless does not have.
    #[error("a finding names the check `{0}`, which natless does not have")]
    UnknownCheck(String),
}

/// The report as text. The terminal's carries style codes, which whoever writes it to something else strips.
///
/// # Errors
/// [`RenderError`] where the verdicts cannot be put into the format.
pub fn render(format: Format, facts: Facts<'_>, columns: usize) -> Result<String, RenderError> {
    match format {
        Format::Terminal => Ok(terminal::render(facts, columns)),
        Format::Json => Ok(json_v1::render(facts)?),
        Format::Html => html::render(facts),
        Format::Markdown => Ok(markdown::render(facts)),
        Format::Csv => csv::render(facts),
        Format::Sarif => sarif::render(facts),
        Format::Ocsf => ocsf::render(facts),
        Format::Asff => asff::render(facts),
        Format::Junit => junit::render(facts),
    }
}
