//! `natless config check`: whether a settings file says what its author thinks.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::terminal;
use crate::config;
use crate::error::{Error, exit};
use crate::report::settings;

#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Read a settings file as a scan would, and tell what it does
    #[command(
        after_help = "Examples:\n  natless config check\n  natless config check team.toml\n\nExit codes: 0 where it can be used, 2 where not."
    )]
    Check(CheckArgs),
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// Settings file [default: natless.toml in the working folder]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(super) fn run(args: &ConfigArgs) -> Result<u8, Error> {
    let ConfigCommand::Check(CheckArgs { file }) = &args.command;
    let named = file.clone().unwrap_or_else(|| PathBuf::from(config::FILE_NAME));
    // Named, so that a file that is not there is said to be missing.
    let read = config::load(Some(&named), Path::new("."))?;
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    terminal::print(&settings::render(&read, &named.display().to_string(), today, terminal::columns()))?;
    Ok(exit::CLEAN)
}
