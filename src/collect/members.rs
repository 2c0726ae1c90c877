//! The accounts of an organization, and the role in which each is entered.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;

use super::aws::{Aws, configured_region, connect};
use super::error::CollectError;
use super::outcome::failure_in_words;
use super::pacing::{Pace, Pacing};
use super::regions::home;
use super::request::{ScanRequest, Transport};
use super::scan::identity;
use super::session::interrupted;
use crate::model::{is_account_id, is_region_name};

/// Name of the role that the templates of natless make in every account of an organization.
pub const ROLE_NAME: &str = "natless-audit";

/// An account of an organization that is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Account id, 12 digits.
    pub account_id: String,
    /// What the organization calls it. Text from outside.
    pub name: Option<String>,
    /// Role to enter it in; `None` for the account of the credentials themselves.
    pub role_arn: Option<String>,
}

/// Whether a text is the name of a role. It becomes part of an ARN.
///
/// Source: IAM API Reference, `CreateRole`, `RoleName`: up to 64 characters of `[\w+=,.@-]`.
#[must_use]
pub fn is_role_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '=' | ',' | '.' | '@' | '-');
    (1..=64).contains(&text.len()) && text.chars().all(fits)
}

/// The accounts to read, in the order of their ids: those named, else all active ones of the organization.
///
/// In replay the recording holds a folder per account, and these are the accounts.
///
/// # Errors
/// Where there is no identity, or the organization does not tell its accounts.
pub async fn members(
    request: &ScanRequest,
    accounts: &[String],
    role_name: &str,
    mut stop: watch::Receiver<bool>,
) -> Result<Vec<Member>, CollectError> {
    if let Transport::Replay { dir } = &request.transport {
        return recorded(dir, accounts);
    }
    let configured = configured_region(request.profile.as_deref()).await.filter(|name| is_region_name(name));
    let home = home(&request.regions, configured.as_deref());
    let request = ScanRequest { role_arn: None, external_id: None, transport: Transport::Live, ..request.clone() };
    let pacing = Arc::new(Pacing::new(Pace::AfterThrottle));
    let mut aws = Aws::new(connect(&request, &home).await?, &pacing, &home);
    let own = identity(&aws, &request, &home, stop.clone()).await?;
    aws.set_global_region(own.partition.global_region());
    let named: BTreeMap<String, Option<String>> = if accounts.is_empty() {
        tokio::select! {
            biased;
            () = interrupted(&mut stop) => return Err(CollectError::Stopped),
            listed = active(&aws) => listed?,
        }
    } else {
        accounts.iter().map(|id| (id.clone(), None)).collect()
    };
    let role = |id: &str| format!("arn:{}:iam::{id}:role/{role_name}", own.partition.as_str());
    let member = |(account_id, name): (String, Option<String>)| {
        let role_arn = (account_id != own.id).then(|| role(&account_id));
        Member { account_id, name, role_arn }
    };
    Ok(named.into_iter().map(member).collect())
}

/// The active accounts of the organization, with their names.
///
/// Accounts that are suspended or closed cannot be entered. Source: Organizations API Reference, `Account`, `State`.
async fn active(aws: &Aws) -> Result<BTreeMap<String, Option<String>>, CollectError> {
    let mut pages = aws.organizations().list_accounts().into_paginator().send();
    let mut active = BTreeMap::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| CollectError::NoAccountList { detail: failure_in_words(&error) })?;
        let Some(accounts) = &page.accounts else {
            return Err(CollectError::NoAccountList { detail: "the answer lacks `Accounts`".to_owned() });
        };
        for account in accounts {
            // `Status` is the older name of `State`, which not every endpoint tells.
            let older = account.status.as_ref().map(aws_sdk_organizations::types::AccountStatus::as_str);
            let state = account.state().map(aws_sdk_organizations::types::AccountState::as_str).or(older);
            let Some(id) = account.id().filter(|id| is_account_id(id)) else {
                return Err(CollectError::NoAccountList { detail: "the answer names an account without an id".to_owned() });
            };
            if state.is_none_or(|state| state == "ACTIVE") {
                active.insert(id.to_owned(), account.name().map(str::to_owned));
            }
        }
    }
    Ok(active)
}

/// The accounts that a folder holds recordings of.
fn recorded(dir: &Path, accounts: &[String]) -> Result<Vec<Member>, CollectError> {
    let unusable = |problem: String| CollectError::Recording { path: dir.to_owned(), problem };
    let entries = std::fs::read_dir(dir).map_err(|error| unusable(format!("the folder cannot be read ({error})")))?;
    // An account that could not be entered when the others were recorded has an empty folder: it is missing now as it was then.
    let mut found: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| is_account_id(name) && dir.join(name).is_dir())
        .collect();
    if !found.iter().any(|name| dir.join(name).join("recording.json").is_file()) {
        return Err(unusable("it holds no folder that is named by an account id and has a recording in it".to_owned()));
    }
    if !accounts.is_empty() {
        found = accounts.to_vec();
    }
    found.sort_unstable();
    found.dedup();
    Ok(found.into_iter().map(|account_id| Member { account_id, name: None, role_arn: None }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_of_a_role_never_gets_into_an_arn() {
        assert!(is_role_name(ROLE_NAME) && is_role_name("a+b=c,d.e@f-g_h"));
        assert!(!is_role_name("") && !is_role_name("a/b") && !is_role_name("a:b") && !is_role_name(&"a".repeat(65)));
    }

    #[test]
    fn folders_named_by_account_ids_are_the_members_of_a_replay() {
        let dir = tempfile::tempdir().unwrap();
        assert!(recorded(dir.path(), &[]).is_err());
        for name in ["222233334444", "111122223333", "notes", "333344445555"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        for name in ["222233334444", "111122223333", "notes"] {
            std::fs::write(dir.path().join(name).join("recording.json"), "{}").unwrap();
        }
        let ids = |accounts: &[String]| -> Vec<String> {
            recorded(dir.path(), accounts).unwrap().into_iter().map(|member| member.account_id).collect()
        };
        let all = ["111122223333", "222233334444", "333344445555"];
        assert_eq!(ids(&[]), all, "one of which nothing was recorded is missing, and not left out");
        assert_eq!(
            ids(&["999999999999".to_owned()]),
            ["999999999999"],
            "an account that is asked for and not there becomes a gap"
        );
    }
}
