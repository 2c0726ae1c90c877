//! `natless explain`: the manual of one check.

use clap::Args;

use super::nearest::nearest;
use super::terminal;
use crate::analyze::checks::{find, registry};
use crate::error::{Error, exit};
use crate::report::manual;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  natless explain vpc-gateway-endpoint-missing")]
pub(super) struct ExplainArgs {
    /// Id of the check, as findings and `natless checks` name it
    #[arg(value_name = "CHECK")]
    check: String,
}

pub(super) fn run(args: &ExplainArgs) -> Result<u8, Error> {
    let Some(check) = find(&args.check) else {
        return Err(Error::UnknownName {
            kind: "check",
            name: args.check.clone(),
            nearest: nearest(&args.check, registry().iter().map(|check| check.id)),
            help: "`natless checks` lists them all",
            unread: Vec::new(),
        });
    };
    terminal::print(&manual::render(check, terminal::columns()))?;
    Ok(exit::CLEAN)
}
