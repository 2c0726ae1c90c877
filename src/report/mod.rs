//! Writing verdicts down: one file per format. Computes no verdict, reads no clock and no environment.

pub mod catalogue;
pub mod checks;
pub mod estimate;
pub mod json_v1;
pub mod manual;
mod money_v1;
mod names;
pub mod page;
pub mod path_text;
pub mod path_v1;
pub mod permissions;
pub mod policy_text;
pub mod policy_v1;
#[cfg(test)]
pub(crate) mod sample;
pub mod simulation;
pub mod terminal;
pub mod text;

use std::str::FromStr;

use crate::analyze::{Assessment, Check};
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
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 2] = [Self::Terminal, Self::Json];

    /// The word for it on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Json => "json",
        }
    }

    /// What the names of its files end with.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Terminal => "txt",
            Self::Json => "json",
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str() == text)
            .ok_or_else(|| format!("unknown format `{text}`: one of terminal, json"))
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
}

impl Facts<'_> {
    /// The check with this id.
    #[must_use]
    pub fn check(&self, id: &str) -> Option<&'static Check> {
        self.checks.iter().copied().find(|check| check.id == id)
    }
}

/// The report as text. The terminal's carries style codes, which whoever writes it to something else strips.
///
/// # Errors
/// [`serde_json::Error`] where the verdicts cannot be put into JSON.
pub fn render(format: Format, facts: Facts<'_>, columns: usize) -> Result<String, serde_json::Error> {
    match format {
        Format::Terminal => Ok(terminal::render(facts, columns)),
        Format::Json => json_v1::render(facts.assessment),
    }
}
