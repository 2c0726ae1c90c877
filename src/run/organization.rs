//! Reads the accounts of an organization from one machine, and judges each with what the others tell.
//!
//! What was read of an account goes to disk and is read again when its turn to be judged comes, so that memory does not grow with the number of
//! accounts.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use futures::stream::{self, StreamExt as _};
use tempfile::TempDir;
use tokio::sync::watch;

use super::Audited;
use crate::analyze::organization::Missing;
use crate::analyze::{Settings, assess_among};
use crate::collect::{CollectError, Member, Observer, ScanRequest, Transport, collect, members};
use crate::error::Error;
use crate::model::{Inventory, Observed};
use crate::network::{Directory, Sisters};
use crate::snapshot;

/// Which accounts are read, and how.
#[derive(Debug, Clone)]
pub struct OrganizationRequest {
    /// How each account is read; its role is that of the member.
    pub scan: ScanRequest,
    /// Accounts to read; empty for all of the organization.
    pub accounts: Vec<String>,
    /// Name of the role in every account.
    pub role_name: String,
    /// Accounts that are read at once (count).
    pub at_once: usize,
}

/// The accounts that were read, on disk.
#[derive(Debug)]
pub struct Accounts {
    folder: TempDir,
    members: BTreeMap<String, Member>,
    missing: Vec<Missing>,
    directory: Arc<Directory>,
    /// Accounts of each organization, and which of them tells it.
    rosters: BTreeMap<String, (String, BTreeMap<String, String>)>,
}

/// Reads the accounts, a few at once. One that cannot be entered is missing, and the others are read all the same.
///
/// # Errors
/// Where the accounts are not known, none of them could be read, or there is no room on the disk.
pub async fn read_accounts(
    request: &OrganizationRequest,
    observer: Arc<dyn Observer>,
    stop: watch::Receiver<bool>,
) -> Result<Accounts, Error> {
    let members = members(&request.scan, &request.accounts, &request.role_name, stop.clone()).await?;
    let folder = TempDir::with_prefix("natless-").map_err(|source| Error::Write {
        what: "folder for what is read",
        path: std::env::temp_dir(),
        source,
    })?;
    let mut directory = Directory::new();
    let mut accounts =
        Accounts { folder, members: BTreeMap::new(), missing: Vec::new(), directory: Arc::default(), rosters: BTreeMap::new() };
    let mut first_failure: Option<(String, CollectError)> = None;
    let read = |member: Member| {
        let (scan, observer, stop) = (of_member(&request.scan, &member), Arc::clone(&observer), stop.clone());
        async move {
            let read = collect(&scan, observer, stop).await.and_then(|inventory| check(&member, inventory));
            (member, read)
        }
    };
    let mut reading = stream::iter(members).map(read).buffer_unordered(request.at_once.max(1));
    while let Some((member, read)) = reading.next().await {
        match read {
            Ok(inventory) => {
                directory.note(&inventory);
                accounts.keep(member, &inventory)?;
            }
            Err(failure) => {
                accounts.missing.push(Missing {
                    account_id: member.account_id.clone(),
                    name: member.name,
                    why: failure.to_string(),
                });
                // The least account's, so that it does not depend on which one failed first.
                if first_failure.as_ref().is_none_or(|(first, _)| member.account_id < *first) {
                    first_failure = Some((member.account_id, failure));
                }
            }
        }
    }
    drop(reading);
    accounts.directory = Arc::new(directory);
    accounts.missing.sort_by(|one, other| one.account_id.cmp(&other.account_id));
    match first_failure {
        Some((_, failure)) if accounts.members.is_empty() => Err(failure.into()),
        _ => Ok(accounts),
    }
}

/// The request for one account.
fn of_member(scan: &ScanRequest, member: &Member) -> ScanRequest {
    let transport = match &scan.transport {
        Transport::Live => Transport::Live,
        Transport::Record { dir, redact } => Transport::Record { dir: dir.join(&member.account_id), redact: *redact },
        Transport::Replay { dir } => Transport::Replay { dir: dir.join(&member.account_id) },
    };
    let external_id = scan.external_id.clone().filter(|_| member.role_arn.is_some());
    ScanRequest { role_arn: member.role_arn.clone(), external_id, transport, ..scan.clone() }
}

/// Refuses an account that is not the one that was asked for: its findings would stand under another name.
fn check(member: &Member, inventory: Inventory) -> Result<Inventory, CollectError> {
    if inventory.account.id == member.account_id {
        return Ok(inventory);
    }
    Err(CollectError::OtherAccount { wanted: member.account_id.clone(), found: inventory.account.id })
}

impl Accounts {
    fn keep(&mut self, member: Member, inventory: &Inventory) -> Result<(), Error> {
        snapshot::write(&self.file(&member.account_id), inventory)?;
        if let Observed::Known(Some(organization)) = &inventory.organization
            && let Observed::Known(Some(roster)) = &organization.accounts
        {
            // Of several accounts that tell it the one with the least id, whichever was read first.
            let (account, told) = (&inventory.account.id, self.rosters.get(&organization.id));
            if told.is_none_or(|(teller, _)| account < teller) {
                self.rosters.insert(organization.id.clone(), (account.clone(), roster.clone()));
            }
        }
        self.members.insert(member.account_id.clone(), member);
        Ok(())
    }

    fn file(&self, account_id: &str) -> PathBuf {
        self.folder.path().join(format!("{account_id}.json"))
    }

    /// The accounts that were read, in the order of their ids.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    /// The accounts that could not be read, in the order of their ids.
    #[must_use]
    pub fn missing(&self) -> &[Missing] {
        &self.missing
    }

    /// What the organization calls an account, where that is known. Text from outside.
    #[must_use]
    pub fn name(&self, account_id: &str) -> Option<String> {
        let listed = self.members.get(account_id).and_then(|member| member.name.clone());
        let told = || self.rosters.values().find_map(|(_, roster)| roster.get(account_id).cloned());
        listed.or_else(told).filter(|name| !name.is_empty())
    }

    /// The request by which an account was read: in the role of the member.
    #[must_use]
    pub fn request(&self, scan: &ScanRequest, account_id: &str) -> ScanRequest {
        self.members.get(account_id).map_or_else(|| scan.clone(), |member| of_member(scan, member))
    }

    /// Judges one account, with what the others tell about the things it uses and does not hold.
    ///
    /// # Errors
    /// [`Error::Snapshot`] where what was read cannot be read again.
    pub fn audit(&self, account_id: &str, settings: &Settings) -> Result<Audited, Error> {
        let mut inventory = snapshot::read(&self.file(account_id))?;
        self.tell_roster(&mut inventory);
        let sisters = Sisters::gather(&inventory, Arc::clone(&self.directory), |id| snapshot::read(&self.file(id)))?;
        let assessment = assess_among(&inventory, &sisters, settings);
        Ok(Audited::of(inventory, assessment))
    }

    /// Only the management account is told the organization's accounts; the others are in it all the same.
    fn tell_roster(&self, inventory: &mut Inventory) {
        if let Observed::Known(Some(organization)) = &mut inventory.organization
            && matches!(organization.accounts, Observed::Known(None))
            && let Some((_, roster)) = self.rosters.get(&organization.id)
        {
            organization.accounts = Observed::Known(Some(roster.clone()));
        }
    }
}
