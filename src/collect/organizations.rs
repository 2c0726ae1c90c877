//! The organization the account belongs to.

use super::calls::{DESCRIBE_ORGANIZATION, LIST_ACCOUNTS};
use super::outcome::Outcome;
use super::session::RegionSession;
use crate::model::organizations::Organization;
use crate::model::{GapKind, Observed};

type Accounts = std::collections::BTreeMap<String, String>;

/// The organization; `Known(None)` when the account is in none.
pub(crate) async fn organization(session: &RegionSession) -> Observed<Option<Organization>> {
    let request = || session.organizations().describe_organization().send();
    let answer = match session.call(&DESCRIBE_ORGANIZATION, None, request).await {
        Ok(Some(answer)) => answer,
        Ok(None) => return Observed::Known(None),
        Err(gap) => return Observed::Unknown(gap),
    };
    let told = answer.organization();
    let id = told.and_then(|told| told.id());
    let management = told.and_then(|told| told.master_account_id());
    let (Some(id), Some(management)) = (id, management) else {
        let message = "the answer lacks `Organization.Id` or `MasterAccountId`".to_owned();
        return Observed::Unknown(session.malformed(&DESCRIBE_ORGANIZATION, None, message));
    };
    let accounts = accounts(session, session.account_id == management).await;
    Observed::Known(Some(Organization { id: id.to_owned(), management_account_id: management.to_owned(), accounts }))
}

/// The organization's accounts.
///
/// AWS offers the list only to the management account and to delegated administrators (Organizations API Reference,
/// `ListAccounts`): a refusal to another account is how things are, not something left unread.
async fn accounts(session: &RegionSession, is_management: bool) -> Observed<Option<Accounts>> {
    let request = || session.organizations().list_accounts().send();
    let first = match session.ask(&LIST_ACCOUNTS, request).await {
        Outcome::Value(answer) => answer,
        Outcome::Absent => return Observed::Known(None),
        Outcome::Failed(failure)
            if failure.kind == GapKind::Denied && failure.code.starts_with("AccessDenied") && !is_management =>
        {
            return Observed::Known(None);
        }
        Outcome::Failed(failure) => return Observed::Unknown(session.record(&LIST_ACCOUNTS, None, failure)),
    };
    let mut answers = vec![first];
    if let Some(token) = answers.first().and_then(|answer| answer.next_token()).map(str::to_owned) {
        // The first page is here already; the rest begins at its token.
        let page = |next: Option<String>| {
            let token = next.unwrap_or_else(|| token.clone());
            session.organizations().list_accounts().next_token(token).send()
        };
        let (rest, gap) = session
            .pages(&LIST_ACCOUNTS, None, page, aws_sdk_organizations::operation::list_accounts::ListAccountsOutput::next_token)
            .await;
        if let Some(gap) = gap {
            return Observed::Unknown(gap);
        }
        answers.extend(rest);
    }
    if answers.iter().any(|answer| answer.accounts.is_none()) {
        return Observed::Unknown(session.malformed(&LIST_ACCOUNTS, None, "the answer lacks `Accounts`".to_owned()));
    }
    let all = answers.iter().flat_map(aws_sdk_organizations::operation::list_accounts::ListAccountsOutput::accounts);
    let named = all.filter_map(|account| Some((account.id()?.to_owned(), account.name().unwrap_or_default().to_owned())));
    Observed::Known(Some(named.collect()))
}
