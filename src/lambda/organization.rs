//! The tasks of a run over many accounts, whose parts meet below `runs/<run>/` in the bucket.
//!
//! ```text
//! accounts.json            the accounts of the run, for a distributed map
//! <account>.json           the record of an account's scan
//! <account>.changed.json   there, where something has changed in the account since its scan before
//! <account>.failed.json    why the account could not be scanned
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::deadline::Deadline;
use super::event::{MembersTask, Run, ScanTask};
use super::metrics::Metrics;
use super::scan::{judged, log_failures, place_of_reports};
use super::{Problem, observer, print_metrics};
use crate::analyze::organization::{Merged, Merger, Missing};
use crate::collect::{Member, members};
use crate::deliver::s3::Store;
use crate::deliver::{Courier, Destinations};
use crate::error::Error;
use crate::history::problem;
use crate::model::is_account_id;
use crate::report::message::is_news;
use crate::report::summary_v1::OrganizationSummaryV1;
use crate::report::{record_v1, text};
use crate::run::{Audited, Delivered, Delivery, OrganizationRequest, Past, read_accounts};

/// Accounts that one function reads at once (count): each takes memory.
const AT_ONCE: usize = 2;

/// Records that are in memory at once while they are folded (count).
const READ_AT_ONCE: usize = 8;

/// An account of `accounts.json`.
#[derive(Debug, Serialize, Deserialize)]
struct Listed {
    account: String,
    name: Option<String>,
    role_arn: Option<String>,
}

/// Why an account could not be scanned: `<account>.failed.json`.
#[derive(Debug, Serialize, Deserialize)]
struct Failed {
    account: String,
    why: String,
}

/// The answer of a task that ends with the report over many accounts.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    summary: OrganizationSummaryV1,
    /// Where the report over all accounts lies.
    reports: Option<&'a str>,
    deliveries: &'a [Delivered],
    /// What was not delivered of single accounts, in one line each; at most [`FAILURES_TOLD`].
    account_failures: &'a [String],
    duration_ms: i64,
}

/// Failures of single accounts that an answer names. It may have 256 KB.
/// Source: Step Functions Developer Guide, "Service quotas", "Maximum input or output size for a task, state, or execution".
const FAILURES_TOLD: usize = 100;

impl Run {
    /// The name of an object of the run.
    fn object(&self, name: &str) -> String {
        format!("runs/{}/{name}", self.0)
    }

    /// Adds the record of an account to the run, and that something has changed in it.
    pub(super) async fn add(&self, store: &Store, audited: &Audited) -> Result<(), Problem> {
        let account = &audited.record.account_id;
        // The record last: what stands beside it is read where it is there.
        if is_news(audited.facts()) {
            put(store, &self.object(&format!("{account}.changed.json")), &json!({"account": account})).await?;
        }
        let record = record_v1::render(&audited.record).map_err(Error::from)?;
        put_bytes(store, &self.object(&format!("{account}.json")), record.into_bytes()).await
    }

    /// Tells the run why an account could not be scanned.
    pub(super) async fn fail(&self, store: &Store, account: &str, why: String, deadline: &Deadline) {
        let failed = Failed { account: account.to_owned(), why };
        // The run goes on without: the account is missing either way.
        let object = self.object(&format!("{account}.failed.json"));
        let told = Box::pin(put(store, &object, &failed));
        if let Err(problem) = deadline.within_time(told).await {
            tracing::error!(error = %problem, "the failure was not told");
        }
    }
}

async fn put(store: &Store, name: &str, value: &impl Serialize) -> Result<(), Problem> {
    put_bytes(store, name, serde_json::to_vec(value).map_err(Error::from)?).await
}

async fn put_bytes(store: &Store, name: &str, body: Vec<u8>) -> Result<(), Problem> {
    let put = store.put(name, "application/json", body).await;
    put.map_err(|why| Problem::Store(format!("{}: {why}", store.place().address(name))))
}

/// Writes the accounts of a run for a distributed map.
pub(super) async fn list_accounts(task: MembersTask, deadline: &Deadline) -> Result<Value, Problem> {
    let MembersTask { request, destinations, accounts, role_name, run } = task;
    let found = members(&request, &accounts, &role_name, deadline.stop()).await.map_err(Error::from)?;
    let listed = |Member { account_id, name, role_arn }| Listed { account: account_id, name, role_arn };
    let listed: Vec<Listed> = found.into_iter().map(listed).collect();
    let delivery = Delivery::prepare(Courier::new(&request).await?, &destinations).await;
    let store = store(&delivery)?;
    let name = run.object("accounts.json");
    deadline.within_time(Box::pin(put(store, &name, &listed))).await?;
    let place = store.place();
    Ok(json!({
        "schema": "natless/lambda/1",
        "task": "list_accounts",
        "run": run.0,
        "bucket": place.bucket,
        "key": place.key(&name),
        "accounts": listed.len(),
    }))
}

fn store<'s>(delivery: &'s Delivery<'_>) -> Result<&'s Store, Problem> {
    delivery.store().ok_or_else(|| Problem::Store("the task needs a bucket".to_owned()))
}

/// Folds the records of a run into one report and delivers it.
pub(super) async fn merge(task: MembersTask, deadline: &Deadline, begun: jiff::Timestamp) -> Result<Value, Problem> {
    let MembersTask { request, destinations, run, .. } = task;
    let delivery = Delivery::prepare(Courier::new(&request).await?, &destinations).await;
    let (merged, news) = deadline.within_time(folded(store(&delivery)?, &run)).await?;
    finish(&delivery, &merged, (news, &[]), deadline, begun).await
}

/// The records of a run, folded, and whether something has changed in any account.
async fn folded(store: &Store, run: &Run) -> Result<(Merged, bool), Problem> {
    let of_run = run.object("accounts.json");
    let there: BTreeMap<String, i64> = store.list(&run.object("")).await.map_err(Problem::Store)?.into_iter().collect();
    let Some(begun) = there.get(&of_run).copied() else {
        return Err(Problem::Store(format!(
            "{}: it is not there; the task `list_accounts` writes it",
            store.place().address(&of_run)
        )));
    };
    // What another run of the same name left is of another night.
    let of_tonight = |name: &str| there.get(name).copied().filter(|written| *written >= begun);
    let mut fold = Merger::new();
    let (mut expected, mut failed) = (BTreeMap::new(), BTreeMap::new());
    for Listed { account, name, .. } in listed(store, &of_run).await? {
        let (record, failure) = (run.object(&format!("{account}.json")), run.object(&format!("{account}.failed.json")));
        match (of_tonight(&record), of_tonight(&failure)) {
            // A scan that failed may have been made again, and the other way round.
            (Some(written), failure) if failure.is_none_or(|failure| written >= failure) => {
                expected.insert(record, (account, name));
            }
            (_, Some(_)) => drop(failed.insert(failure, (account, name))),
            (_, None) => {
                let why = "there is no record of it in the run: its scan failed, or did not begin".to_owned();
                fold.miss(Missing { account_id: account, name, why });
            }
        }
    }
    for some in expected.iter().collect::<Vec<_>>().chunks(READ_AT_ONCE) {
        let read = store.get_all(some.iter().map(|(object, _)| object.as_str())).await;
        for ((_, (account_id, name)), (object, bytes)) in some.iter().zip(read) {
            let record = bytes.and_then(|bytes| {
                record_v1::read(&bytes).map_err(|refusal| format!("{} {}", store.place().address(object), problem(refusal)))
            });
            match record {
                Ok(record) if record.account_id == *account_id => fold.add(record, name.clone()),
                Ok(record) => {
                    fold.miss(missing(account_id, name.as_ref(), &format!("its record is of account {}", record.account_id)));
                }
                Err(why) => fold.miss(missing(account_id, name.as_ref(), &why)),
            }
        }
    }
    for some in failed.iter().collect::<Vec<_>>().chunks(READ_AT_ONCE) {
        let read = store.get_all(some.iter().map(|(object, _)| object.as_str())).await;
        for ((_, (account_id, name)), (_, bytes)) in some.iter().zip(read) {
            let told = bytes.ok().and_then(|bytes| serde_json::from_slice::<Failed>(&bytes).ok());
            let why = told.map_or_else(|| "its scan failed; the log of the function says why".to_owned(), |failed| failed.why);
            fold.miss(missing(account_id, name.as_ref(), &why));
        }
    }
    let merged = fold.finish();
    let changed = there.keys().any(|name| name.ends_with(".changed.json") && of_tonight(name).is_some());
    let news = changed || !merged.missing.is_empty() || merged.accounts.is_empty();
    Ok((merged, news))
}

fn missing(account_id: &str, name: Option<&String>, why: &str) -> Missing {
    let why = text::clip(&text::safe(why), LONGEST_REASON).into_owned();
    Missing { account_id: account_id.to_owned(), name: name.cloned(), why }
}

/// Longest reason why an account is missing, in columns.
const LONGEST_REASON: usize = 500;

/// The accounts of a run.
async fn listed(store: &Store, object: &str) -> Result<Vec<Listed>, Problem> {
    let bytes = store.get(object).await.map_err(Problem::Store)?;
    let unusable = |what: String| Problem::Store(format!("{}: {what}", store.place().address(object)));
    let listed: Vec<Listed> = serde_json::from_slice(&bytes).map_err(|error| unusable(error.to_string()))?;
    match listed.iter().find(|one| !is_account_id(&one.account)) {
        Some(wrong) => Err(unusable(format!("`{}` is no account id", text::clip(&text::safe(&wrong.account), 40)))),
        None => Ok(listed),
    }
}

/// Reads several accounts in this very invocation, delivers each, and the report over all of them.
pub(super) async fn scan(task: ScanTask, deadline: &Deadline, begun: jiff::Timestamp) -> Result<Value, Problem> {
    let ScanTask { request, settings, destinations, accounts, role_name, .. } = task;
    let stop = deadline.stop();
    let asked = OrganizationRequest { scan: request.clone(), accounts, role_name, at_once: AT_ONCE };
    let accounts = std::sync::Arc::new(read_accounts(&asked, observer(), stop.clone()).await?);
    // One message for all of them, and each account's Security Hub is its own.
    let of_account = Destinations { sns: None, ..destinations.clone() };
    let (mut fold, mut news, mut failures) = (Merger::new(), false, Vec::new());
    let ids: Vec<String> = accounts.ids().map(str::to_owned).collect();
    let mut left = ids.len() + 1;
    for id in ids {
        left -= 1;
        if !deadline.allows_another() {
            let why = "no time was left to judge what was read of it".to_owned();
            fold.miss(Missing { account_id: id.clone(), name: accounts.name(&id), why });
            continue;
        }
        let (from, settings, of) = (std::sync::Arc::clone(&accounts), settings.clone(), id.clone());
        let audited = match judged(move || from.audit(&of, &settings)).await? {
            Ok(audited) => audited,
            Err(error) => {
                fold.miss(Missing { account_id: id.clone(), name: accounts.name(&id), why: error.to_string() });
                continue;
            }
        };
        let mut hands = Delivery::prepare(Courier::new(&accounts.request(&request, &id)).await?, &of_account).await;
        // Each account may take its share of the time, and the report over all of them one.
        let audited = hands.compare(audited, Past::default(), deadline.part(2 * (left + 1))).await;
        news |= is_news(audited.facts());
        let stopped = *stop.borrow();
        let delivered = hands.deliver(&audited, !stopped, || deadline.part(left + 1)).await;
        log_failures(&delivered);
        failures.extend(delivered.into_iter().flat_map(|one| one.failures).map(|failure| format!("account {id}: {failure}")));
        fold.add(audited.record, accounts.name(&id));
    }
    accounts.missing().iter().for_each(|missing| fold.miss(missing.clone()));
    let merged = fold.finish();
    failures.truncate(FAILURES_TOLD);
    let delivery = Delivery::prepare(Courier::new(&request).await?, &destinations).await;
    finish(&delivery, &merged, (news || !merged.missing.is_empty(), &failures), deadline, begun).await
}

/// Delivers the report over many accounts and answers.
async fn finish(
    delivery: &Delivery<'_>,
    merged: &Merged,
    (news, account_failures): (bool, &[String]),
    deadline: &Deadline,
    begun: jiff::Timestamp,
) -> Result<Value, Problem> {
    let delivered = delivery.deliver_merged(merged, begun, news, || deadline.end()).await;
    log_failures(&delivered);
    let now = jiff::Timestamp::now();
    let duration_ms = now.as_millisecond() - begun.as_millisecond();
    let mut metrics = Metrics::of_organization(merged);
    metrics.count("FailedDeliveries", delivered.iter().filter(|one| one.has_failed()).count() + account_failures.len());
    metrics.milliseconds("Duration", duration_ms);
    print_metrics(&metrics.line(("Scope", "organization"), now));
    let reports = place_of_reports(&delivered);
    let summary = OrganizationSummaryV1::from(merged);
    let answer = Answer { summary, reports, deliveries: &delivered, account_failures, duration_ms };
    Ok(serde_json::to_value(answer).map_err(Error::from)?)
}
