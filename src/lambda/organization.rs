//! The tasks of a run over many accounts, whose parts meet below `runs/<run>/` in the bucket.
//!
//! ```text
//! accounts.json            the accounts of the run, for a distributed map
//! <account>.json           the record of an account's scan
//! <account>.changed.json   there, where something has changed in the account since its scan before
//! <account>.failed.json    why the account could not be scanned
//! ```

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::deadline::Deadline;
use super::event::{MembersTask, Run, ScanTask};
use super::metrics::Metrics;
use super::scan::{judged, log_failures};
use super::{Problem, observer, print_metrics};
use crate::analyze::organization::{Merged, Merger, Missing};
use crate::collect::{Member, members};
use crate::deliver::s3::Store;
use crate::deliver::{Courier, Destinations};
use crate::error::Error;
use crate::history::problem;
use crate::report::message::Message;
use crate::report::record_v1;
use crate::report::summary_v1::OrganizationSummaryV1;
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
        if Message::about(audited.facts(), None).is_some() {
            put(store, &self.object(&format!("{account}.changed.json")), &json!({"account": account})).await?;
        }
        let record = record_v1::render(&audited.record).map_err(Error::from)?;
        let name = self.object(&format!("{account}.json"));
        store.put(&name, "application/json", record.into_bytes()).await.map(drop).map_err(Problem::Store)
    }

    /// Tells the run why an account could not be scanned.
    pub(super) async fn fail(&self, store: &Store, account: &str, why: String) {
        let failed = Failed { account: account.to_owned(), why };
        // The run goes on without: the account is missing either way.
        if let Err(problem) = put(store, &self.object(&format!("{account}.failed.json")), &failed).await {
            tracing::error!(error = %problem, "the failure was not told");
        }
    }
}

async fn put(store: &Store, name: &str, value: &impl Serialize) -> Result<(), Problem> {
    let body = serde_json::to_vec(value).map_err(Error::from)?;
    store.put(name, "application/json", body).await.map(drop).map_err(Problem::Store)
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
    put(store, &name, &listed).await?;
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
    let (merged, news) = folded(store(&delivery)?, &run).await?;
    finish(&delivery, &merged, (news, &[]), deadline, begun).await
}

/// The records of a run, folded, and whether something has changed in any account.
async fn folded(store: &Store, run: &Run) -> Result<(Merged, bool), Problem> {
    let there: BTreeSet<String> = store.list(&run.object("")).await.map_err(Problem::Store)?.into_iter().collect();
    let listed = store.get(&run.object("accounts.json")).await.map_err(Problem::Store)?;
    let listed: Vec<Listed> = serde_json::from_slice(&listed)
        .map_err(|error| Problem::Store(format!("{}: {error}", store.place().address(&run.object("accounts.json")))))?;
    let mut expected: BTreeMap<String, (Option<String>, String)> =
        listed.into_iter().map(|one| (run.object(&format!("{}.json", one.account)), (one.name, one.account))).collect();
    let mut fold = Merger::new();
    let records: Vec<&str> = expected.keys().filter(|name| there.contains(*name)).map(String::as_str).collect();
    let mut read: BTreeMap<String, Result<(), String>> = BTreeMap::new();
    for some in records.chunks(READ_AT_ONCE) {
        for (name, bytes) in store.get_all(some.iter().copied()).await {
            let record = bytes.and_then(|bytes| {
                record_v1::read(&bytes).map_err(|refusal| format!("{} {}", store.place().address(name), problem(refusal)))
            });
            let account_name = expected.get(name).and_then(|(account_name, _)| account_name.clone());
            read.insert(name.to_owned(), record.map(|record| fold.add(record, account_name)));
        }
    }
    for (name, failure) in read {
        match failure {
            Ok(()) => drop(expected.remove(&name)),
            Err(why) => {
                if let Some((name, account_id)) = expected.remove(&name) {
                    fold.miss(Missing { account_id, name, why });
                }
            }
        }
    }
    for (name, account_id) in expected.into_values() {
        let why = failure_of(store, run, &account_id, &there).await;
        fold.miss(Missing { account_id, name, why });
    }
    let merged = fold.finish();
    let changed = there.iter().any(|name| name.ends_with(".changed.json"));
    let news = changed || !merged.missing.is_empty();
    Ok((merged, news))
}

/// Why there is no record of an account.
async fn failure_of(store: &Store, run: &Run, account: &str, there: &BTreeSet<String>) -> String {
    let name = run.object(&format!("{account}.failed.json"));
    let unknown = || "there is no record of it in the run: its scan failed, or did not begin".to_owned();
    if !there.contains(&name) {
        return unknown();
    }
    let told = store.get(&name).await.ok().and_then(|bytes| serde_json::from_slice::<Failed>(&bytes).ok());
    told.map_or_else(unknown, |failed| failed.why)
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
    for id in ids {
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
        let audited = hands.compare(audited, Past::default(), deadline.end()).await;
        news |= Message::about(audited.facts(), None).is_some();
        let stopped = *stop.borrow();
        let delivered = hands.deliver(&audited, !stopped, || deadline.end()).await;
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
    let reports = delivered.iter().find(|one| one.to == "s3").and_then(|one| one.what.as_deref());
    let summary = OrganizationSummaryV1::from(merged);
    let answer = Answer { summary, reports, deliveries: &delivered, account_failures, duration_ms };
    Ok(serde_json::to_value(answer).map_err(Error::from)?)
}
