//! Delivers an audit: to the bucket, the topic, Security Hub and the event bus that somebody named, each by itself.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::{Audited, Past};
use crate::analyze::history::Record;
use crate::analyze::organization::Merged;
use crate::deliver::s3::Store;
use crate::deliver::{Courier, Destinations, event_bridge, security_hub, sns};
use crate::history::{SCANS_SHOWN, name, problem, stamp};
use crate::report::message::Message;
use crate::report::{Format, asff, organization, record_v1, summary_v1};

/// What events of natless are called.
const AUDIT_ENDED: &str = "natless audit ended";

/// What events about the audits of many accounts are called.
const ORGANIZATION_AUDIT_ENDED: &str = "natless organization audit ended";

/// What became of one delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivered {
    /// The destination: `s3`, `sns`, `security_hub` or `event_bus`.
    pub to: &'static str,
    /// Where it lies, or what was handed over, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
    /// Why some or all of it was not delivered, in one line each; empty where all was.
    pub failures: Vec<String>,
}

impl Delivered {
    fn new(to: &'static str, what: Option<String>, failures: Vec<String>) -> Self {
        Self { to, what, failures }
    }

    fn of(to: &'static str, result: Result<String, String>) -> Self {
        match result {
            Ok(what) => Self::new(to, Some(what), Vec::new()),
            Err(failure) => Self::new(to, None, vec![failure]),
        }
    }

    /// Whether something was not delivered.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        !self.failures.is_empty()
    }
}

/// An audit that is on its way.
#[derive(Debug)]
pub struct Delivery<'d> {
    courier: Courier,
    destinations: &'d Destinations,
    store: Option<Store>,
    /// Failures so far of reading the history, in one line each.
    failures: Vec<String>,
}

impl<'d> Delivery<'d> {
    /// Makes ready. Asks the bucket for its region, and nothing else.
    pub async fn prepare(courier: Courier, destinations: &'d Destinations) -> Self {
        let mut store = destinations.s3.as_ref().map(|place| Store::new(&courier, place));
        if let Some(store) = &mut store {
            store.find_region().await;
        }
        Self { courier, destinations, store, failures: Vec::new() }
    }

    /// The bucket, where there is one.
    #[must_use]
    pub fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }

    /// The records in the bucket of the scans of an account before this instant, oldest first.
    ///
    /// One that cannot be read costs the comparison and not the report: it becomes a failure of the delivery.
    pub async fn remember(&mut self, account_id: &str, before: jiff::Timestamp) -> Vec<Record> {
        let Some(store) = &self.store else { return Vec::new() };
        let names = match store.list(&format!("history/{account_id}-")).await {
            Ok(names) => names,
            Err(failure) => {
                self.failures.push(failure);
                return Vec::new();
            }
        };
        let now = format!("history/{}", name(account_id, before));
        let older: Vec<&str> = names.iter().map(String::as_str).filter(|name| *name < now.as_str()).collect();
        let shown = older.iter().copied().skip(older.len().saturating_sub(SCANS_SHOWN - 1));
        let mut records = Vec::new();
        for (name, read) in store.get_all(shown).await {
            let record = read.and_then(|bytes| {
                record_v1::read(&bytes).map_err(|refusal| format!("{} {}", store.place().address(name), problem(refusal)))
            });
            match record {
                Ok(record) if record.account_id == account_id && record.taken_at < before => records.push(record),
                Ok(_) => self
                    .failures
                    .push(format!("{}: is of another account or time than its name says", store.place().address(name))),
                Err(failure) => self.failures.push(failure),
            }
        }
        records.sort_by_key(|record| record.taken_at);
        records
    }

    /// Puts an audit beside those of the bucket, where no other baseline is named; beside none where `patience` ends first.
    pub async fn compare(&mut self, audited: Audited, mut past: Past, patience: impl Future<Output = ()>) -> Audited {
        let assessment = &audited.assessment;
        let remembered = tokio::select! {
            records = self.remember(&assessment.account.id, assessment.taken_at) => Some(records),
            () = patience => None,
        };
        match remembered {
            Some(records) if past.records.is_empty() => past.records = records,
            Some(_) => {}
            None => self.failures.push("no time was left to read the records of earlier scans".to_owned()),
        }
        audited.after(&past)
    }

    /// Delivers an audit everywhere, each destination by itself and all at the same time.
    ///
    /// `keep` says whether the audit is a measure for the next one, as half a scan is not. Until `patience` ends.
    pub async fn deliver<P: Future<Output = ()>>(
        self,
        audited: &Audited,
        keep: bool,
        patience: impl Fn() -> P,
    ) -> Vec<Delivered> {
        let Self { courier, destinations, store, failures } = &self;
        let at = store.as_ref().map(|store| store.place().address(&folder(audited)));
        // Objects that were written count, also where no time is left for the rest.
        let put = Mutex::new(Put { written: 0, failures: failures.clone() });
        let bucket = async {
            put_reports(store.as_ref()?, destinations.formats(), audited, keep, &put).await;
            Some(())
        };
        let topic = async {
            let topic = destinations.sns.as_ref()?;
            let Some(message) = Message::about(audited.facts(), at.as_deref()) else {
                return Some(Delivered::of("sns", Ok("nothing has changed, so that nobody was told".to_owned())));
            };
            Some(Delivered::of("sns", sns::publish(courier, topic, &message).await.map(|()| message.subject)))
        };
        let hub = async {
            destinations.security_hub.then_some(())?;
            let findings = match asff::by_region(audited.facts()) {
                Ok(findings) => findings,
                Err(error) => return Some(Delivered::of("security_hub", Err(error.to_string()))),
            };
            let imported = security_hub::import(courier, &findings).await;
            Some(Delivered::new("security_hub", Some(format!("{} findings", imported.taken)), imported.failures))
        };
        let bus = async {
            let bus = destinations.event_bus.as_ref()?;
            let put = match summary_v1::render(audited.facts()) {
                Ok(detail) => event_bridge::put(courier, bus, AUDIT_ENDED, &detail, audited.assessment.taken_at).await,
                Err(error) => Err(error.to_string()),
            };
            Some(Delivered::of("event_bus", put.map(|()| AUDIT_ENDED.to_owned())))
        };
        let bucket = async {
            let in_time = tokio::select! {
                ended = bucket => ended.is_none_or(|()| true),
                () = patience() => false,
            };
            let Put { written, mut failures } = std::mem::take(&mut *put.lock().unwrap_or_else(PoisonError::into_inner));
            if !in_time {
                failures.push(NO_TIME.to_owned());
            }
            destinations.s3.is_some().then(|| Delivered::new("s3", (written > 0).then(|| at.clone()).flatten(), failures))
        };
        // Boxed: the SDK's futures are large, and four of them would be carried about.
        let (bucket, topic, hub, bus) = futures::join!(
            Box::pin(bucket),
            in_time("sns", destinations.sns.is_some(), Box::pin(topic), patience()),
            in_time("security_hub", destinations.security_hub, Box::pin(hub), patience()),
            in_time("event_bus", destinations.event_bus.is_some(), Box::pin(bus), patience()),
        );
        [bucket, topic, hub, bus].into_iter().flatten().collect()
    }
}

impl Delivery<'_> {
    /// Delivers the report over many accounts: to the bucket, the bus, and to the topic where `news` says that something has changed.
    pub async fn deliver_merged<P: Future<Output = ()>>(
        &self,
        merged: &Merged,
        at: jiff::Timestamp,
        news: bool,
        patience: impl Fn() -> P,
    ) -> Vec<Delivered> {
        let Self { courier, destinations, store, .. } = self;
        let folder = format!("organization/{}/", stamp(at));
        let place = store.as_ref().map(|store| store.place().address(&folder));
        let bucket = async {
            let store = store.as_ref()?;
            let mut failures = Vec::new();
            for format in organization::FORMATS {
                let put = match super::plain_merged(format, merged) {
                    Ok(text) => {
                        let name = format!("{folder}{}", organization::file_name(format));
                        store.put(&name, content_type(format), text.into_bytes()).await
                    }
                    Err(error) => Err(error.to_string()),
                };
                failures.extend(put.err());
            }
            let all_failed = failures.len() == organization::FORMATS.len();
            Some(Delivered::new("s3", place.clone().filter(|_| !all_failed), failures))
        };
        let topic = async {
            let topic = destinations.sns.as_ref()?;
            if !news {
                return Some(Delivered::of("sns", Ok("nothing has changed, so that nobody was told".to_owned())));
            }
            let message = match Message::about_merged(merged, place.as_deref()) {
                Ok(message) => message,
                Err(error) => return Some(Delivered::of("sns", Err(error.to_string()))),
            };
            Some(Delivered::of("sns", sns::publish(courier, topic, &message).await.map(|()| message.subject)))
        };
        let bus = async {
            let bus = destinations.event_bus.as_ref()?;
            let put = match summary_v1::render_merged(merged) {
                Ok(detail) => event_bridge::put(courier, bus, ORGANIZATION_AUDIT_ENDED, &detail, at).await,
                Err(error) => Err(error.to_string()),
            };
            Some(Delivered::of("event_bus", put.map(|()| ORGANIZATION_AUDIT_ENDED.to_owned())))
        };
        let (bucket, topic, bus) = futures::join!(
            in_time("s3", destinations.s3.is_some(), Box::pin(bucket), patience()),
            in_time("sns", destinations.sns.is_some(), Box::pin(topic), patience()),
            in_time("event_bus", destinations.event_bus.is_some(), Box::pin(bus), patience()),
        );
        [bucket, topic, bus].into_iter().flatten().collect()
    }
}

/// Said of a delivery that the deadline cut off.
const NO_TIME: &str = "no time was left to end the delivery";

/// What was put into the bucket so far.
#[derive(Default)]
struct Put {
    /// Objects (count).
    written: usize,
    failures: Vec<String>,
}

/// A delivery, or that there was no time for it.
async fn in_time(
    to: &'static str,
    wanted: bool,
    delivery: impl Future<Output = Option<Delivered>>,
    patience: impl Future<Output = ()>,
) -> Option<Delivered> {
    tokio::select! {
        delivered = delivery => delivered,
        () = patience => wanted.then(|| Delivered::of(to, Err(NO_TIME.to_owned()))),
    }
}

/// The folder of an audit's reports below the prefix.
fn folder(audited: &Audited) -> String {
    format!("reports/{}/{}/", audited.assessment.account.id, stamp(audited.assessment.taken_at))
}

/// Writes reports, snapshot and record, and takes note of each.
///
/// One report after the other, so that no more than one is in memory. The record comes last: the next scan compares with what lies there whole.
async fn put_reports(store: &Store, formats: &[Format], audited: &Audited, keep: bool, put: &Mutex<Put>) {
    let folder = folder(audited);
    let count = |result: Result<String, String>| {
        let mut put = put.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(_) => put.written += 1,
            Err(failure) => put.failures.push(failure),
        }
    };
    for format in formats {
        let result = match super::plain_report(*format, audited.facts()) {
            Ok(text) => store.put(&format!("{folder}{}", format.file_name()), content_type(*format), text.into_bytes()).await,
            Err(error) => Err(error.to_string()),
        };
        count(result);
    }
    count(match serde_json::to_vec(&audited.inventory) {
        Ok(snapshot) => store.put(&format!("{folder}snapshot.json"), "application/json", snapshot).await,
        Err(error) => Err(format!("the snapshot cannot be put into JSON ({error})")),
    });
    if keep {
        let record = &audited.record;
        count(match record_v1::render(record) {
            Ok(text) => {
                let name = format!("history/{}", name(&record.account_id, record.taken_at));
                store.put(&name, "application/json", text.into_bytes()).await
            }
            Err(error) => Err(error.to_string()),
        });
    }
}

/// The media type of a report, for whoever opens it from the bucket.
fn content_type(format: Format) -> &'static str {
    match format {
        Format::Terminal => "text/plain; charset=utf-8",
        Format::Html => "text/html; charset=utf-8",
        Format::Markdown => "text/markdown; charset=utf-8",
        Format::Csv => "text/csv; charset=utf-8",
        Format::Json | Format::Ocsf | Format::Asff => "application/json",
        Format::Sarif => "application/sarif+json",
        Format::Junit => "application/xml",
    }
}
