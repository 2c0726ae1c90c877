//! The task `scan`: reads, judges, delivers, and answers in time.

use serde::Serialize;
use serde_json::Value;

use super::deadline::Deadline;
use super::event::ScanTask;
use super::metrics::Metrics;
use super::{Problem, observer, print_metrics};
use crate::collect::CollectError;
use crate::deliver::Courier;
use crate::error::Error;
use crate::model::Inventory;
use crate::report::summary_v1::SummaryV1;
use crate::run::{self, Audited, Delivered, Delivery, Past};

/// The answer of a scan.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    summary: SummaryV1<'a>,
    /// Where the reports lie.
    reports: Option<&'a str>,
    deliveries: &'a [Delivered],
    duration_ms: i64,
}

/// Reads one account, delivers what came of it, and adds it to the run it is a part of.
pub(super) async fn run(task: ScanTask, deadline: &Deadline, begun: jiff::Timestamp) -> Result<Value, Problem> {
    let ScanTask { request, settings, destinations, account, run, .. } = task;
    let stop = deadline.stop();
    let courier = Courier::new(&request).await?;
    // A bucket that does not answer takes no time from the reading.
    let (mut delivery, read) =
        tokio::join!(Delivery::prepare(courier, &destinations), run::read_account(&request, observer(), stop.clone()));
    let inventory = match read.and_then(|inventory| expected(inventory, account.as_deref())) {
        Ok(inventory) => inventory,
        Err(error) => {
            if let (Some(run), Some(store), Some(account)) = (&run, delivery.store(), &account) {
                Box::pin(run.fail(store, account, error.to_string(), deadline)).await;
            }
            return Err(error.into());
        }
    };
    let stopped = *stop.borrow();
    if stopped {
        tracing::warn!("out of time: what was not read by now is a gap");
    }
    let audited = judged(move || Audited::new(inventory, &settings)).await?;
    // What a bucket takes is not to be missing in the end: half of the time that is left.
    let audited = delivery.compare(audited, Past::default(), deadline.part(2)).await;
    let store = delivery.store().cloned();
    let add = async {
        match (&run, &store) {
            (Some(run), Some(store)) => deadline.within_time(Box::pin(run.add(store, &audited))).await,
            _ => Ok(()),
        }
    };
    let (added, delivered) = tokio::join!(add, delivery.deliver(&audited, !stopped, || deadline.end()));
    log_failures(&delivered);
    let now = jiff::Timestamp::now();
    let duration_ms = now.as_millisecond() - begun.as_millisecond();
    let mut metrics = Metrics::of_audit(&audited.assessment);
    metrics.count("FailedDeliveries", delivered.iter().filter(|one| one.has_failed()).count());
    metrics.milliseconds("Duration", duration_ms);
    print_metrics(&metrics.line(("Account", &audited.assessment.account.id), now));
    // What the run lacks is a failure of the invocation; what was delivered stays.
    added?;
    let reports = place_of_reports(&delivered);
    let answer = Answer { summary: SummaryV1::from(audited.facts()), reports, deliveries: &delivered, duration_ms };
    Ok(serde_json::to_value(answer).map_err(Error::from)?)
}

/// Refuses an account that is not the one that the run expects here.
fn expected(inventory: Inventory, account: Option<&str>) -> Result<Inventory, Error> {
    match account.filter(|wanted| *wanted != inventory.account.id) {
        Some(wanted) => Err(CollectError::OtherAccount { wanted: wanted.to_owned(), found: inventory.account.id }.into()),
        None => Ok(inventory),
    }
}

/// Where reports lie in the bucket, where any do.
pub(super) fn place_of_reports(delivered: &[Delivered]) -> Option<&str> {
    delivered.iter().find(|one| one.to == "s3").and_then(|one| one.what.as_deref())
}

/// Tells the log what was not delivered.
pub(super) fn log_failures(delivered: &[Delivered]) {
    for (to, failure) in delivered.iter().flat_map(|one| one.failures.iter().map(|failure| (one.to, failure))) {
        tracing::error!(to, failure, "not delivered");
    }
}

/// Judging takes the processor and no network: on a thread of its own the clock of the deadline goes on.
pub(super) async fn judged<T: Send + 'static>(judge: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(judge).await.map_err(|error| Error::Start(std::io::Error::other(error)))
}
