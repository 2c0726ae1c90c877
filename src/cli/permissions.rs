//! `natless permissions`: what a scan must be allowed to do.

use clap::{Args, ValueEnum};

use super::terminal;
use crate::collect::calls::CALLS;
use crate::collect::permissions::policy_document;
use crate::error::{Error, exit};
use crate::report::json::to_json;
use crate::report::permissions;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  natless permissions > policy.json
  aws iam create-policy --policy-name natless --policy-document file://policy.json
  natless permissions --format table")]
pub(super) struct PermissionsArgs {
    /// IAM policy in JSON, or a table that says what each action is for
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    format: PermissionsFormat,
}

/// How the permissions are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PermissionsFormat {
    /// An IAM policy.
    Json,
    /// What is called, how often and why.
    Table,
}

pub(super) fn run(args: &PermissionsArgs) -> Result<u8, Error> {
    match args.format {
        PermissionsFormat::Json => terminal::print_plain(&to_json(&policy_document())?)?,
        PermissionsFormat::Table => {
            let rows = CALLS.iter().map(|call| permissions::Row {
                action: call.action,
                operation: call.operation,
                scope: call.scope.as_str(),
                purpose: call.purpose,
            });
            terminal::print(&permissions::table(rows, terminal::columns()))?;
        }
    }
    Ok(exit::CLEAN)
}
