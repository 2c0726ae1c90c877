//! `natless diff`: what has changed between two reports of one account.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::terminal;
use crate::analyze::Severity;
use crate::analyze::history::{Comparison, compare};
use crate::error::{Error, exit};
use crate::{history, report};

const AFTER_HELP: &str = "\
Examples:
  natless diff monday/report.json tuesday/report.json
  natless diff main.json branch.json --format markdown --fail-on low
  natless diff old.json new.json --format json | jq '.fixed[].title'

Exit codes:
  0  nothing is new, worse, or about something else than before at or above --fail-on
  1  something is
  2  wrong usage, or the reports are of two accounts
  3  some findings cannot be compared, because one of the two could not read what they rest on, and nothing else is worse";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct DiffArgs {
    /// The older report, or the record of one
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The younger report, or the record of one
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Exit with 1 where a finding of this severity or a higher one is new or worse: critical, high, medium or low
    #[arg(long, value_name = "SEVERITY", default_value = "high")]
    fail_on: Severity,
    /// Text for people, Markdown for a pull request or a chat, or JSON for programs
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: DiffFormat,
}

/// How a comparison is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DiffFormat {
    /// For people, in a terminal.
    Text,
    /// For people, in a pull request or a chat.
    Markdown,
    /// For programs: `natless/diff/1`.
    Json,
}

pub(super) fn run(args: &DiffArgs) -> Result<u8, Error> {
    let (old, new) = (history::read_record(&args.old)?, history::read_record(&args.new)?);
    let Some(comparison) = compare(&old, &new) else {
        return Err(Error::OtherAccount {
            old: args.old.clone(),
            old_account: old.account_id,
            new: args.new.clone(),
            new_account: new.account_id,
        });
    };
    let account = &new.account_id;
    match args.format {
        DiffFormat::Text => {
            terminal::print(&report::terminal::render_comparison(&comparison, account, terminal::columns()))?;
        }
        DiffFormat::Markdown => terminal::print_plain(&report::markdown::render_comparison(&comparison, account))?,
        DiffFormat::Json => terminal::print_plain(&report::comparison_v1::render(&comparison, account)?)?,
    }
    Ok(exit_code(&comparison, args.fail_on))
}

/// What is worse comes before what cannot be told.
fn exit_code(comparison: &Comparison, fail_on: Severity) -> u8 {
    if comparison.worse().any(|finding| finding.counts_from(fail_on)) {
        exit::FINDINGS
    } else if comparison.not_comparable.is_empty() {
        exit::CLEAN
    } else {
        exit::INCOMPLETE
    }
}
