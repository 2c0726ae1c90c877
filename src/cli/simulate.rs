//! `natless simulate`: the account as if changes were made.

use clap::Args;

use super::source::SourceArgs;
use super::{GlobalArgs, TextFormat, terminal};
use crate::analyze::simulate;
use crate::error::{Error, exit};
use crate::report::simulation;

const AFTER_HELP: &str = "\
Examples:
  natless simulate --snapshot account.json
  natless simulate --snapshot account.json --check vpc-gateway-endpoint-missing
  natless simulate --replay mocks/accounts/three-tier --format json

Exit codes: 0, or 3 where the account was not read whole.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct SimulateArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Text for people or JSON for programs
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Report")]
    format: TextFormat,
}

pub(super) fn run(args: &SimulateArgs, global: &GlobalArgs) -> Result<u8, Error> {
    let source = args.source.read(global)?;
    let found = simulate(&source.inventory, &source.settings, &|finding| args.source.chooses(finding));
    args.source.check_findings(found.before.findings.iter())?;
    match args.format {
        TextFormat::Text => terminal::print(&simulation::render_text(&found, terminal::columns()))?,
        TextFormat::Json => terminal::print_plain(&simulation::render_json(&found)?)?,
    }
    Ok(if source.interrupted {
        exit::INTERRUPTED
    } else if source.inventory.gaps.is_empty() {
        exit::CLEAN
    } else {
        exit::INCOMPLETE
    })
}
