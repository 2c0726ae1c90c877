//! `natless analyze`: audits what an earlier scan kept.

use std::path::PathBuf;

use clap::Args;

use super::GlobalArgs;
use super::output::OutputArgs;
use crate::error::Error;
use crate::run;

const AFTER_HELP: &str = "\
Examples:
  natless scan --snapshot account.json
  natless analyze account.json
  natless analyze account.json --config stricter.toml --format json";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct AnalyzeArgs {
    /// File that `natless scan --snapshot` wrote
    #[arg(value_name = "SNAPSHOT")]
    snapshot: PathBuf,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: &AnalyzeArgs, global: &GlobalArgs) -> Result<u8, Error> {
    let plan = args.output.plan()?;
    let audited = run::analyze(&args.snapshot, &plan.settings)?;
    plan.deliver(audited, false, None, global)
}
