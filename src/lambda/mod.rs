//! The Lambda function: an event in, the same run as the command line's, reports delivered, a summary out.
//!
//! Source of the runtime's rules: Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".

mod deadline;
mod event;
mod metrics;
mod organization;
mod scan;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;

use self::deadline::Deadline;
use self::event::{BadEvent, Task};
use crate::error::Error;
use crate::report::text;

/// Why an invocation failed.
#[derive(Debug, thiserror::Error)]
enum Problem {
    /// The event cannot be used.
    #[error(transparent)]
    Event(#[from] BadEvent),
    /// Nothing could be audited.
    #[error(transparent)]
    Run(#[from] Error),
    /// The run's parts could not be put together.
    #[error("{0}")]
    Store(String),
}

impl From<Problem> for Diagnostic {
    fn from(problem: Problem) -> Self {
        let error_type = match &problem {
            Problem::Event(_) => "BadEvent",
            Problem::Run(_) => "NothingAudited",
            Problem::Store(_) => "StoreFailed",
        };
        let said = problem.to_string();
        Self { error_type: error_type.to_owned(), error_message: text::clip(&text::safe(&said), LONGEST_MESSAGE).into_owned() }
    }
}

/// Longest message of an error, in columns: an event may hold anything.
const LONGEST_MESSAGE: usize = 1_000;

/// Runs the function until the process is ended from outside.
pub fn main() -> ExitCode {
    start_tracing();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return ended(&Error::Start(error)),
    };
    let function = service_fn(|event: LambdaEvent<Value>| invoke(event));
    match runtime.block_on(lambda_runtime::run(function)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => ended(&error),
    }
}

fn ended(error: &dyn std::fmt::Display) -> ExitCode {
    tracing::error!(%error, "the function cannot run");
    ExitCode::FAILURE
}

/// One invocation. Nothing of it outlives it: clients, credentials and what was read are its own.
async fn invoke(event: LambdaEvent<Value>) -> Result<Value, Problem> {
    let LambdaEvent { payload, context } = event;
    let deadline = Deadline::of(context.deadline);
    let span = tracing::info_span!("invocation", request_id = %context.request_id);
    let begun = jiff::Timestamp::now();
    let work = async {
        match Task::read(&payload, begun)? {
            // Boxed: the SDK's futures are large.
            Task::Scan(task) if task.accounts.is_empty() => Box::pin(scan::run(*task, &deadline, begun)).await,
            Task::Scan(task) => Box::pin(organization::scan(*task, &deadline, begun)).await,
            Task::ListAccounts(task) => Box::pin(organization::list_accounts(task, &deadline)).await,
            Task::Merge(task) => Box::pin(organization::merge(task, &deadline, begun)).await,
        }
    };
    let result = tracing::Instrument::instrument(work, span.clone()).await;
    if let Err(problem) = &result {
        let said = problem.to_string();
        span.in_scope(|| tracing::error!(error = %text::clip(&text::safe(&said), LONGEST_MESSAGE), "the invocation failed"));
    }
    result
}

/// Writes a line of metrics, which CloudWatch reads from the log.
///
/// The log of a function is whatever it writes to its standard output. Source: CloudWatch User Guide, "Embedding metrics within logs".
fn print_metrics(line: &str) {
    // A log that cannot be written to is no reason to lose the report.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Messages as JSON, one per line, from the level that the function's logging settings name.
///
/// Source: Lambda Developer Guide, "Configuring advanced logging controls": `AWS_LAMBDA_LOG_LEVEL` holds the level of the application's log.
fn start_tracing() {
    use tracing_subscriber::filter::{LevelFilter, Targets};
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;
    let named = std::env::var("AWS_LAMBDA_LOG_LEVEL").ok();
    let own = match named.as_deref() {
        Some("FATAL" | "ERROR") => LevelFilter::ERROR,
        Some("WARN") => LevelFilter::WARN,
        Some("DEBUG") => LevelFilter::DEBUG,
        Some("TRACE") => LevelFilter::TRACE,
        _ => LevelFilter::INFO,
    };
    // Of the SDK warnings only, because its lower levels show requests with their signatures.
    // The runtime tells every error that the function has told already, as if it were a panic.
    let filter = Targets::new()
        .with_default(LevelFilter::WARN.min(own))
        .with_target(env!("CARGO_PKG_NAME"), own)
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer().json().with_writer(crate::log::writer).with_span_list(false);
    // Only a second call could fail.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
}

/// Tells the log how a scan goes.
#[derive(Debug, Clone, Copy)]
struct LogObserver;

impl crate::collect::Observer for LogObserver {
    fn observe(&self, event: crate::collect::Event<'_>) {
        match event {
            crate::collect::Event::RegionsKnown(count) => tracing::info!(count, "regions known"),
            crate::collect::Event::RegionDone(region) => tracing::debug!(region, "region read"),
            crate::collect::Event::Gap(gap) => {
                tracing::warn!(call = %gap.id(), kind = %gap.kind, code = %gap.code, "not read");
            }
            crate::collect::Event::CallStarted | crate::collect::Event::CallDone { .. } => {}
        }
    }
}

fn observer() -> Arc<dyn crate::collect::Observer> {
    Arc::new(LogObserver)
}
