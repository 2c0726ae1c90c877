//! `natless checks`: the list of checks.

use clap::{Args, ValueEnum};

use super::terminal;
use crate::analyze::checks::registry;
use crate::error::{Error, exit};
use crate::report;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  natless checks\n  natless checks --format json | jq -r '.checks[].id'")]
pub(super) struct ChecksArgs {
    /// Table for people, JSON for programs, or the whole reference in Markdown
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ChecksFormat,
}

/// How the checks are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ChecksFormat {
    /// A table.
    Text,
    /// Everything about them.
    Json,
    /// The reference: the manual of each check.
    Markdown,
}

pub(super) fn run(args: &ChecksArgs) -> Result<u8, Error> {
    match args.format {
        ChecksFormat::Text => terminal::print(&report::checks::table(registry(), terminal::columns()))?,
        ChecksFormat::Json => terminal::print_plain(&report::checks::json(registry())?)?,
        ChecksFormat::Markdown => terminal::print_plain(&report::catalogue::markdown(registry()))?,
    }
    Ok(exit::CLEAN)
}
