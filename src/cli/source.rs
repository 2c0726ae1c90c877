//! Where an account comes from that is not scanned for its own sake: a snapshot, or a scan of the moment.

use std::path::PathBuf;

use clap::Args;

use super::GlobalArgs;
use super::connection::{self, ConnectionArgs};
use super::live::Live;
use super::output;
use super::terms::TermsArgs;
use crate::analyze::{Finding, Settings, checks};
use crate::cli::nearest::nearest;
use crate::error::Error;
use crate::model::Inventory;
use crate::{run, snapshot};

/// The account, the settings, and the findings that are chosen in it.
#[derive(Debug, Clone, Args)]
pub(super) struct SourceArgs {
    /// Take the account from a file that `natless scan --snapshot` wrote
    #[arg(long, value_name = "FILE", conflicts_with_all = connection::ALL, help_heading = "Recording")]
    snapshot: Option<PathBuf>,
    /// Only findings of this check; may be given several times [default: every check]
    #[arg(long = "check", value_name = "ID", help_heading = "Choice")]
    checks: Vec<String>,
    /// Only this finding, by the id in the JSON report; may be given several times
    #[arg(long = "finding", value_name = "ID", help_heading = "Choice")]
    findings: Vec<String>,
    /// Settings file [default: natless.toml in the working folder, where there is one]
    #[arg(long, value_name = "FILE", help_heading = "Choice")]
    config: Option<PathBuf>,
    #[command(flatten)]
    terms: TermsArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// An account that was read.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) inventory: Inventory,
    pub(super) settings: Settings,
    /// Whether somebody stopped the reading.
    pub(super) interrupted: bool,
}

impl SourceArgs {
    /// Reads the account.
    pub(super) fn read(&self, global: &GlobalArgs) -> Result<Source, Error> {
        if let Some(unknown) = self.checks.iter().find(|id| checks::find(id).is_none()) {
            return Err(Error::UnknownName {
                kind: "check",
                name: unknown.clone(),
                nearest: nearest(unknown, checks::registry().iter().map(|check| check.id)),
                help: "`natless checks` lists them all",
                unread: Vec::new(),
            });
        }
        let settings = output::settings(self.config.as_deref(), &self.terms)?;
        if let Some(path) = &self.snapshot {
            return Ok(Source { inventory: snapshot::read(path)?, settings, interrupted: false });
        }
        let request = self.connection.request(jiff::Timestamp::now());
        let live = Live::start(global)?;
        let inventory = live.wait(|observer, stop| run::read_account(&request, observer, stop))?;
        Ok(Source { inventory, settings, interrupted: live.interrupted() })
    }

    /// Whether a finding is chosen. Waived ones are only where they are named.
    pub(super) fn chooses(&self, finding: &Finding) -> bool {
        let named = self.findings.contains(&finding.id);
        let of_check = self.checks.iter().any(|check| check == finding.check);
        named || (finding.waiver.is_none() && (of_check || (self.checks.is_empty() && self.findings.is_empty())))
    }

    /// Refuses ids of findings that the account does not have.
    pub(super) fn check_findings<'f>(&self, findings: impl Iterator<Item = &'f Finding>) -> Result<(), Error> {
        let ids: Vec<&str> = findings.map(|finding| finding.id.as_str()).collect();
        match self.findings.iter().find(|id| !ids.contains(&id.as_str())) {
            Some(unknown) => Err(Error::UnknownName {
                kind: "finding",
                name: unknown.clone(),
                nearest: nearest(unknown, ids.into_iter()),
                help: "the JSON report has the ids of all findings",
                unread: Vec::new(),
            }),
            None => Ok(()),
        }
    }
}
