//! `natless scan --organization`: many accounts from one machine.

use std::path::Path;

use clap::Args;

use super::connection::account_id;
use super::delivery::{self, Hands};
use super::live::Live;
use super::output::Plan;
use super::scan::ScanArgs;
use super::{GlobalArgs, terminal};
use crate::analyze::organization::{Merged, Merger, Missing};
use crate::collect::{ROLE_NAME, ScanRequest, is_role_name};
use crate::deliver::Destinations;
use crate::error::Error;
use crate::report::message::is_news;
use crate::run::{self, Accounts, Delivery, OrganizationRequest};

/// Which accounts of an organization are read.
#[derive(Debug, Clone, Args)]
pub(super) struct OrganizationArgs {
    /// Read every active account of the organization, each in a role of its own
    #[arg(long, group = "entry", conflicts_with_all = ["role_arn", "snapshot", "baseline", "redact"], help_heading = "Organization")]
    pub(super) organization: bool,
    /// Read these accounts only; one that cannot be entered is a gap
    #[arg(long, value_name = "ID", value_delimiter = ',', value_parser = account_id, requires = "organization", help_heading = "Organization")]
    accounts: Vec<String>,
    /// Name of the role in every account but the caller's own
    #[arg(long, value_name = "NAME", default_value = ROLE_NAME, value_parser = role_name, requires = "organization", help_heading = "Organization")]
    role_name: String,
    /// Accounts that are read at once; each takes memory
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64), requires = "organization", help_heading = "Organization")]
    accounts_at_once: u8,
}

fn role_name(text: &str) -> Result<String, String> {
    if is_role_name(text) {
        Ok(text.to_owned())
    } else {
        Err("a role is named by up to 64 letters, digits and `_+=,.@-`".to_owned())
    }
}

pub(super) fn run(args: &ScanArgs, mut plan: Plan<'_>, scan: ScanRequest, global: &GlobalArgs) -> Result<u8, Error> {
    plan.check_merged()?;
    let OrganizationArgs { accounts, role_name, accounts_at_once, .. } = &args.organization;
    let request = OrganizationRequest {
        scan,
        accounts: accounts.clone(),
        role_name: role_name.clone(),
        at_once: usize::from(*accounts_at_once),
    };
    let live = Live::start(global)?;
    let accounts = live.wait(|observer, stop| run::read_accounts(&request, observer, stop))?;
    let destinations = args.delivery.destinations();
    let mut night = Night { live: &live, accounts: &accounts, request: &request, destinations, first_failure: None, news: false };
    let merged = night.judge(&mut plan, global);
    if let Err(failure) = plan.tell_merged(&merged, global) {
        night.note(failure);
    }
    match night.hand_over(&merged, global) {
        Ok(failures) => failures.into_iter().for_each(|failure| night.note(failure)),
        Err(failure) => night.note(failure),
    }
    match night.first_failure {
        Some(failure) => Err(failure),
        None => Ok(plan.merged_exit_code(&merged, live.interrupted())),
    }
}

/// The accounts on their way from the disk to the report.
struct Night<'n> {
    live: &'n Live,
    accounts: &'n Accounts,
    request: &'n OrganizationRequest,
    destinations: Destinations,
    /// What ends the program once everything else is written.
    first_failure: Option<Error>,
    /// Whether something has changed in any account.
    news: bool,
}

impl Night<'_> {
    /// Judges the accounts one after the other, writes and delivers the report of each, and folds them.
    fn judge(&mut self, plan: &mut Plan<'_>, global: &GlobalArgs) -> Merged {
        let accounts = self.accounts;
        let mut fold = Merger::new();
        for id in accounts.ids() {
            let audited = match accounts.audit(id, &plan.settings) {
                Ok(audited) => audited,
                Err(error) => {
                    fold.miss(Missing { account_id: id.to_owned(), name: accounts.name(id), why: error.to_string() });
                    continue;
                }
            };
            // One message for all of them.
            let of_account = Destinations { sns: None, ..self.destinations.clone() };
            let request = accounts.request(&self.request.scan, id);
            let hands = Hands { live: self.live, request: &request, destinations: &of_account };
            let hands = (!of_account.is_empty()).then_some(&hands);
            let (audited, failure) = plan.settle(audited, Some(Path::new(id)), self.live.interrupted(), hands, global);
            if let Some(failure) = failure {
                self.note(failure);
            }
            self.news |= is_news(audited.facts());
            fold.add(audited.record, accounts.name(id));
        }
        accounts.missing().iter().for_each(|missing| fold.miss(missing.clone()));
        fold.finish()
    }

    /// Delivers the report over all accounts.
    fn hand_over(&self, merged: &Merged, global: &GlobalArgs) -> Result<Vec<Error>, Error> {
        if self.destinations.is_empty() {
            return Ok(Vec::new());
        }
        let hands = Hands { live: self.live, request: &self.request.scan, destinations: &self.destinations };
        let delivery: Delivery<'_> = hands.prepare()?;
        let news = self.news || !merged.missing.is_empty();
        let delivered = hands.wait_for(delivery.deliver_merged(merged, self.request.scan.now, news, std::future::pending));
        Ok(delivery::tell(&delivered, global))
    }

    /// Keeps the first failure for the end and tells the others at once.
    fn note(&mut self, failure: Error) {
        match &self.first_failure {
            Some(_) => terminal::error(&failure),
            None => self.first_failure = Some(failure),
        }
    }
}
