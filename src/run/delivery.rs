//! Delivers an audit: to the bucket, the topic, Security Hub and the event bus that somebody named, each by itself.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::{Audited, Past};
use crate::analyze::history::Record;
use crate::analyze::organization::Merged;
use crate::deliver::s3::Store;
use crate::deliver::{Arn, Courier, Destinations, EventBus, event_bridge, security_hub, sns};
use crate::history::{SCANS_SHOWN, name, problem, stamp};
use crate::report::message::{Message, Unread};
use crate::report::{Format, RenderError, asff, organization, record_v1, summary_v1, text};

/// What events of natless are called.
const AUDIT_ENDED: &str = "natless audit ended";

/// What events about the audits of many accounts are called.
const ORGANIZATION_AUDIT_ENDED: &str = "natless organization audit ended";

/// Longest failure that is told, in columns.
const LONGEST_FAILURE: usize = 600;

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
    /// What services said is shown to people and kept in logs: each in one line of bounded length.
    fn new(to: &'static str, what: Option<String>, failures: &[String]) -> Self {
        let failures = failures.iter().map(|failure| text::clip(&text::safe(failure), LONGEST_FAILURE).into_owned()).collect();
        Self { to, what, failures }
    }

    fn of(to: &'static str, result: Result<String, String>) -> Self {
        match result {
            Ok(what) => Self::new(to, Some(what), &[]),
            Err(failure) => Self::new(to, None, &[failure]),
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

    /// Puts an audit beside those of the bucket, where no other baseline is named and nothing else is remembered; beside none where
    /// `patience` ends first.
    ///
    /// A record that cannot be read costs the comparison and not the report.
    pub async fn compare(&mut self, audited: Audited, mut past: Past, patience: impl Future<Output = ()>) -> Audited {
        let mut remembered = Past::default();
        let read = tokio::select! {
            read = self.remember(&audited.record, &mut remembered) => read,
            () = patience => Err("no time was left to read the records of earlier scans".to_owned()),
        };
        let mut audited = audited;
        match read {
            Ok(unreadable) => audited.assessment.notes.extend(unreadable),
            Err(failure) => {
                audited.assessment.notes.push(format!("not compared with all earlier scans: {failure}"));
                self.failures.push(failure);
            }
        }
        if past.is_empty() {
            past.remember(remembered);
        }
        audited.after(past)
    }

    /// Reads the records in the bucket of the scans of an account before this one, oldest first, a few at a time.
    ///
    /// Gives in one line each what is no record any more. What may hide the last one is an error.
    async fn remember(&self, now: &Record, past: &mut Past) -> Result<Vec<String>, String> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let youngest = format!("history/{}", name(&now.account_id, now.taken_at));
        let listed = store.list(&format!("history/{}-", now.account_id)).await?;
        let mut names: Vec<String> = listed.into_iter().map(|(name, _)| name).collect();
        // As `name` writes them: what somebody else put there is not read.
        names.retain(|name| name.strip_suffix(".json").is_some() && name.len() == youngest.len() && *name < youngest);
        let shown: Vec<&str> = names.iter().map(String::as_str).skip(names.len().saturating_sub(SCANS_SHOWN - 1)).collect();
        let mut unreadable = Vec::new();
        for some in shown.chunks(RECORDS_AT_ONCE) {
            for (name, read) in store.get_all(some.iter().copied()).await {
                let address = || store.place().address(name);
                let record = read
                    .and_then(|bytes| record_v1::read(&bytes).map_err(|refusal| format!("{} {}", address(), problem(refusal))));
                let failure = match record {
                    Ok(record) if record.account_id == now.account_id && record.taken_at < now.taken_at => {
                        past.add(record, now);
                        continue;
                    }
                    Ok(_) => format!("{}: it is of another account or time than its name says", address()),
                    Err(failure) => failure,
                };
                if Some(&name) == shown.last() {
                    return Err(failure);
                }
                unreadable.push(format!("left out of the trend: {failure}"));
            }
        }
        Ok(unreadable)
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
        let put = Mutex::new(Put::default());
        let bucket = async {
            put_reports(store.as_ref()?, destinations.formats(), audited, keep, &put).await;
            Some(())
        };
        let unread = if failures.is_empty() { Unread::Nothing } else { Unread::Something };
        let topic = async {
            let topic = destinations.sns.as_ref()?;
            Some(tell(courier, topic, Message::about(audited.facts(), at.as_deref(), unread).map(Ok)).await)
        };
        let hub = async {
            destinations.security_hub.then_some(())?;
            let findings = match asff::by_region(audited.facts()) {
                Ok(findings) => findings,
                Err(error) => return Some(Delivered::of("security_hub", Err(error.to_string()))),
            };
            let imported = security_hub::import(courier, &findings).await;
            Some(Delivered::new("security_hub", Some(format!("{} findings", imported.taken)), &imported.failures))
        };
        let bus = async {
            let bus = destinations.event_bus.as_ref()?;
            let detail = summary_v1::render(audited.facts());
            Some(announce(courier, bus, AUDIT_ENDED, detail, audited.assessment.taken_at).await)
        };
        let bucket = async {
            let in_time = tokio::select! {
                ended = bucket => ended.is_none_or(|()| true),
                () = patience() => false,
            };
            let Put { written, failed } = std::mem::take(&mut *put.lock().unwrap_or_else(PoisonError::into_inner));
            let mut failures: Vec<String> = failures.iter().cloned().chain(folded(&failed)).collect();
            if !in_time {
                let all = destinations.formats().len() + 1 + usize::from(keep);
                failures.push(format!("{NO_TIME}: {written} of {all} objects were written"));
            }
            destinations.s3.is_some().then(|| Delivered::new("s3", (written > 0).then(|| at.clone()).flatten(), &failures))
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
            let mut failed = Vec::new();
            for format in organization::FORMATS {
                let name = format!("{folder}{}", organization::file_name(format));
                let put = match super::plain_merged(format, merged) {
                    Ok(text) => store.put(&name, content_type(format), text.into_bytes()).await,
                    Err(error) => Err(error.to_string()),
                };
                failed.extend(put.err().map(|why| (store.place().address(&name), why)));
            }
            let all_failed = failed.len() == organization::FORMATS.len();
            Some(Delivered::new("s3", place.clone().filter(|_| !all_failed), &folded(&failed)))
        };
        let topic = async {
            let topic = destinations.sns.as_ref()?;
            Some(tell(courier, topic, news.then(|| Message::about_merged(merged, place.as_deref()))).await)
        };
        let bus = async {
            let bus = destinations.event_bus.as_ref()?;
            Some(announce(courier, bus, ORGANIZATION_AUDIT_ENDED, summary_v1::render_merged(merged), at).await)
        };
        let (bucket, topic, bus) = futures::join!(
            in_time("s3", destinations.s3.is_some(), Box::pin(bucket), patience()),
            in_time("sns", destinations.sns.is_some(), Box::pin(topic), patience()),
            in_time("event_bus", destinations.event_bus.is_some(), Box::pin(bus), patience()),
        );
        [bucket, topic, bus].into_iter().flatten().collect()
    }
}

/// Publishes a message, where there is anything to tell.
async fn tell(courier: &Courier, topic: &Arn, message: Option<Result<Message, RenderError>>) -> Delivered {
    let told = match message {
        None => Ok("nothing has changed, so that nobody was told".to_owned()),
        Some(Ok(message)) => sns::publish(courier, topic, &message).await.map(|()| message.subject),
        Some(Err(error)) => Err(error.to_string()),
    };
    Delivered::of("sns", told)
}

/// Puts an event on the bus.
async fn announce(
    courier: &Courier,
    bus: &EventBus,
    what: &str,
    detail: Result<String, serde_json::Error>,
    at: jiff::Timestamp,
) -> Delivered {
    let put = match detail {
        Ok(detail) => event_bridge::put(courier, bus, what, &detail, at).await,
        Err(error) => Err(error.to_string()),
    };
    Delivered::of("event_bus", put.map(|()| what.to_owned()))
}

/// Records that are in memory at once while they are read (count).
const RECORDS_AT_ONCE: usize = 4;

/// Said of a delivery that the deadline cut off.
const NO_TIME: &str = "no time was left to end the delivery";

/// What was put into the bucket so far.
#[derive(Default)]
struct Put {
    /// Objects (count).
    written: usize,
    /// Addresses of others, and why they were not written.
    failed: Vec<(String, String)>,
}

/// Objects that failed alike in one line.
fn folded(failed: &[(String, String)]) -> Vec<String> {
    let mut by_reason: Vec<(&str, Vec<&str>)> = Vec::new();
    for (address, why) in failed {
        match by_reason.iter_mut().find(|(known, _)| known == why) {
            Some((_, addresses)) => addresses.push(address),
            None => by_reason.push((why, vec![address])),
        }
    }
    let line = |(why, addresses): (&str, Vec<&str>)| match addresses.as_slice() {
        [first, _, ..] => format!("{} objects, the first is {first}: {why}", addresses.len()),
        _ => format!("{}: {why}", addresses.concat()),
    };
    by_reason.into_iter().map(line).collect()
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
    let count = |name: &str, result: Result<(), String>| {
        let mut put = put.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(()) => put.written += 1,
            Err(why) => put.failed.push((store.place().address(name), why)),
        }
    };
    for format in formats {
        let name = format!("{folder}{}", format.file_name());
        let result = match super::plain_report(*format, audited.facts()) {
            Ok(text) => store.put(&name, content_type(*format), text.into_bytes()).await,
            Err(error) => Err(error.to_string()),
        };
        count(&name, result);
    }
    let snapshot = format!("{folder}snapshot.json");
    let result = match serde_json::to_vec(&audited.inventory) {
        Ok(bytes) => store.put(&snapshot, "application/json", bytes).await,
        Err(error) => Err(format!("it cannot be put into JSON ({error})")),
    };
    count(&snapshot, result);
    if keep {
        let record = format!("history/{}", name(&audited.record.account_id, audited.record.taken_at));
        let result = match record_v1::render(&audited.record) {
            Ok(text) => store.put(&record, "application/json", text.into_bytes()).await,
            Err(error) => Err(error.to_string()),
        };
        count(&record, result);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_that_failed_alike_are_told_in_one_line() {
        let failed = |address: &str, why: &str| (address.to_owned(), why.to_owned());
        let all = [failed("s3://b/1", "AccessDenied"), failed("s3://b/2", "SlowDown"), failed("s3://b/3", "AccessDenied")];
        assert_eq!(folded(&all), ["2 objects, the first is s3://b/1: AccessDenied", "s3://b/2: SlowDown"]);
        assert!(folded(&[]).is_empty());
    }

    #[test]
    fn what_services_say_is_told_in_one_line_of_bounded_length() {
        let hostile = format!("sns:Publish: no\n\u{1b}[31m\u{202e}{}", "x".repeat(5_000));
        let delivered = Delivered::of("sns", Err(hostile));
        let told = delivered.failures.concat();
        assert!(delivered.has_failed() && told.chars().all(|c| !text::is_hostile(c)), "{told}");
        assert!(text::width(&told) <= LONGEST_FAILURE);
    }
}
