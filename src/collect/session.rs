//! One region of one run: the clients, and the one way to make a call.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use super::aws::turn::Turns;
use super::aws::{Aws, RegionClients, attempt};
use super::calls::{ApiCall, CallScope};
use super::cloudwatch::Begun;
use super::event::{Event, Observer};
use super::lock::lock;
use super::outcome::{self, Failure, Outcome};
use super::pacing::Pacing;
use crate::model::route53::PrivateZone;
use crate::model::{GLOBAL, Gap, GapId, GapKind, Partition};

/// Region whose endpoint tells the prices of every region of partition `aws`.
///
/// Source: AWS Billing User Guide, "Using the AWS Price List Query API", "Endpoints": us-east-1, eu-central-1, ap-south-1.
pub(crate) const PRICE_LIST_REGION: &str = "us-east-1";

/// What every call of a run shares.
pub(crate) struct Run {
    pub(crate) aws: Aws,
    pub(crate) account_id: String,
    pub(crate) partition: Partition,
    pub(crate) now: jiff::Timestamp,
    pub(crate) lookback_days: u32,
    pub(crate) pacing: Arc<Pacing>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) stop: watch::Receiver<bool>,
    pub(crate) permits: Semaphore,
    pub(crate) turns: Turns,
    pub(crate) gaps: Mutex<BTreeMap<GapId, Gap>>,
    pub(crate) reach: Mutex<BTreeMap<(&'static str, String), Reach>>,
    pub(crate) zones: Mutex<BTreeMap<String, JoinHandle<Result<PrivateZone, GapId>>>>,
}

/// What is known about an endpoint: whether it ever answered, and how a call to it ended without an answer.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    answered: bool,
    silence: Option<Failure>,
}

/// One region of one account, as collectors see it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct RegionSession {
    /// Region that is asked.
    pub(crate) region: String,
    /// Account that is asked, 12 digits.
    pub(crate) account_id: String,
    clients: Arc<RegionClients>,
    /// Readings of metrics that began while the region was still being read.
    pub(crate) begun: Arc<Begun>,
    /// The run this region belongs to.
    pub(crate) run: Arc<Run>,
}

impl std::fmt::Debug for RegionSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegionSession").field("region", &self.region).finish_non_exhaustive()
    }
}

/// Begins a part of the scan, `async fn(&RegionSession)`, as a task of its own: answers are parsed on every core, and an
/// answer wakes only whoever waits for it, not each of the hundreds of calls that are under way.
macro_rules! begin {
    ($session:expr, $part:path) => {{
        let session = $session.clone();
        tokio::spawn(async move { $part(&session).await })
    }};
}
pub(crate) use begin;

/// The result of a part. A part never ends early but by a bug, and a bug is not a gap.
pub(crate) async fn joined<T>(part: JoinHandle<T>) -> T {
    match part.await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Only the end of the runtime cancels a part, and with it this one.
            Err(_) => std::future::pending().await,
        },
    }
}

impl RegionSession {
    /// A session in this region.
    pub(crate) fn new(run: &Arc<Run>, region: &str) -> Self {
        let clients = Arc::new(run.aws.region(region));
        Self {
            region: region.to_owned(),
            account_id: run.account_id.clone(),
            clients,
            begun: Arc::default(),
            run: Arc::clone(run),
        }
    }

    /// EC2 in this region.
    pub(crate) fn ec2(&self) -> &aws_sdk_ec2::Client {
        self.clients.ec2()
    }

    /// CloudWatch in this region.
    pub(crate) fn cloudwatch(&self) -> &aws_sdk_cloudwatch::Client {
        self.clients.cloudwatch()
    }

    /// S3 Control in this region.
    pub(crate) fn s3control(&self) -> &aws_sdk_s3control::Client {
        self.clients.s3control()
    }

    /// Direct Connect in this region.
    pub(crate) fn directconnect(&self) -> &aws_sdk_directconnect::Client {
        self.clients.directconnect()
    }

    /// S3 in this region.
    pub(crate) fn s3(&self) -> &aws_sdk_s3::Client {
        self.clients.s3()
    }

    /// Route 53, which has no regions.
    pub(crate) fn route53(&self) -> &aws_sdk_route53::Client {
        self.run.aws.route53()
    }

    /// Organizations, which has no regions.
    pub(crate) fn organizations(&self) -> &aws_sdk_organizations::Client {
        self.run.aws.organizations()
    }

    /// The Price List API, which is asked about this region and answers from another.
    pub(crate) fn pricing(&self) -> &aws_sdk_pricing::Client {
        self.run.aws.pricing()
    }

    /// One call: its answer, `None` for a code that means "there is none", or the gap that was recorded.
    pub(crate) async fn call<O, E, F, Fut>(
        &self,
        call: &'static ApiCall,
        resource: Option<&str>,
        request: F,
    ) -> Result<Option<O>, GapId>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        match self.ask(call, request).await {
            Outcome::Value(value) => Ok(Some(value)),
            Outcome::Absent => Ok(None),
            Outcome::Failed(failure) => Err(self.record(call, resource, failure)),
        }
    }

    /// All pages of a listing. `page` gets the token of the page to ask for, `next` reads the next one from an answer.
    ///
    /// What was read before a failure comes with the gap. A token that comes twice is a loop and ends the listing.
    pub(crate) async fn pages<O, E, F, Fut>(
        &self,
        call: &'static ApiCall,
        resource: Option<&str>,
        page: F,
        next: fn(&O) -> Option<&str>,
    ) -> (Vec<O>, Option<GapId>)
    where
        F: Fn(Option<String>) -> Fut,
        Fut: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let mut answers = Vec::new();
        let mut seen = BTreeSet::new();
        let mut token: Option<String> = None;
        loop {
            let asked = token.take();
            match self.call(call, resource, || page(asked)).await {
                Ok(Some(answer)) => {
                    token = next(&answer).filter(|token| !token.is_empty()).map(str::to_owned);
                    answers.push(answer);
                }
                Ok(None) => return (answers, None),
                Err(gap) => return (answers, Some(gap)),
            }
            match &token {
                None => return (answers, None),
                Some(next) if !seen.insert(next.clone()) => {
                    let message = format!("page {} names a page that was already read", answers.len());
                    let failure = Failure::new(GapKind::Malformed, "LoopingPagination", message);
                    return (answers, Some(self.record(call, resource, failure)));
                }
                Some(_) => {}
            }
        }
    }

    /// Records that an answer lacks a member it must have.
    pub(crate) fn malformed(&self, call: &'static ApiCall, resource: Option<&str>, message: String) -> GapId {
        self.record(call, resource, Failure::new(GapKind::Malformed, "MissingMember", message))
    }

    /// Records a failure as a gap of the run. Of several failures of one call the least in order stays, so that the
    /// result does not depend on which of them came first.
    pub(crate) fn record(&self, call: &'static ApiCall, resource: Option<&str>, failure: Failure) -> GapId {
        let gap = Gap {
            account: Some(self.account_id.clone()),
            region: self.gap_region(call).to_owned(),
            service: call.action.split(':').next().unwrap_or(call.service).to_owned(),
            operation: call.operation.to_owned(),
            action: call.action.to_owned(),
            resource: resource.map(str::to_owned),
            kind: failure.kind,
            code: failure.code,
            message: failure.message,
            request_id: failure.request_id,
        };
        let id = gap.id();
        let mut gaps = lock(&self.run.gaps);
        match gaps.get(&id) {
            Some(present) if *present <= gap => {}
            Some(_) => {
                gaps.insert(id.clone(), gap);
            }
            None => {
                self.run.observer.observe(Event::Gap(&gap));
                gaps.insert(id.clone(), gap);
            }
        }
        id
    }

    fn gap_region(&self, call: &ApiCall) -> &str {
        if call.scope == CallScope::Global || call.service == "route53" { GLOBAL } else { &self.region }
    }

    /// Region whose endpoint is asked.
    fn endpoint_region(&self, call: &ApiCall) -> &str {
        if call.service == "pricing" { PRICE_LIST_REGION } else { &self.region }
    }

    /// Region by which a quota counts the call.
    fn paced_region(&self, call: &ApiCall) -> &str {
        match self.gap_region(call) {
            GLOBAL => GLOBAL,
            _ => self.endpoint_region(call),
        }
    }

    /// One call, its outcome not yet recorded.
    pub(crate) async fn ask<O, E, F, Fut>(&self, call: &'static ApiCall, request: F) -> Outcome<O>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let mut stop = self.run.stop.clone();
        tokio::select! {
            biased;
            () = interrupted(&mut stop) => {
                let message = "the run was stopped before the call was answered".to_owned();
                Outcome::Failed(Failure::new(GapKind::TimedOut, "Interrupted", message))
            }
            outcome = self.ask_unstopped(call, request) => outcome,
        }
    }

    async fn ask_unstopped<O, E, F, Fut>(&self, call: &'static ApiCall, request: F) -> Outcome<O>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let run = &self.run;
        run.pacing.wait(call.service, self.paced_region(call), call.operation).await;
        // The semaphore is never closed; without a permit the call would only be less polite.
        let permit = run.permits.acquire().await;
        if let Some(failure) = self.silence(call) {
            return Outcome::Failed(failure);
        }
        run.observer.observe(Event::CallStarted);
        let before = run.pacing.throttles(call.service, self.paced_region(call), call.operation);
        // Boxed: the SDK's futures are large, and several futures around them would carry them about.
        let request = attempt::watched(Box::pin(request()));
        let (result, latest) = if waits_its_turn(call) { run.turns.take(request).await } else { request.await };
        // A call that is refused and tried again until its time is up was refused, not unanswered.
        let outcome = match (&result, latest) {
            (Err(SdkError::TimeoutError(_)), Some(failure)) => Outcome::Failed(failure),
            _ => outcome::classify(call, result),
        };
        drop(permit);
        let after = run.pacing.throttles(call.service, self.paced_region(call), call.operation);
        run.observer.observe(Event::CallDone { throttled: after > before });
        tracing::debug!(service = call.service, region = %self.region, operation = call.operation, outcome = outcome.word(), "call");
        self.note_reach(call, &outcome);
        outcome
    }

    /// The failure of an endpoint that let a call run out of time and never answered one: asking it again would hold
    /// the run for another timeout.
    fn silence(&self, call: &ApiCall) -> Option<Failure> {
        let reach = lock(&self.run.reach);
        let known = reach.get(&(call.service, self.endpoint_region(call).to_owned()))?;
        if known.answered { None } else { known.silence.clone() }
    }

    fn note_reach<O>(&self, call: &ApiCall, outcome: &Outcome<O>) {
        let mut reach = lock(&self.run.reach);
        let known = reach.entry((call.service, self.endpoint_region(call).to_owned())).or_default();
        match outcome {
            Outcome::Failed(failure) if failure.kind == GapKind::TimedOut => {
                known.silence.get_or_insert_with(|| failure.clone());
            }
            Outcome::Value(_) | Outcome::Absent | Outcome::Failed(_) => known.answered = true,
        }
    }

    /// Whether EC2 of any of these regions ever answered, be it with a refusal.
    pub(crate) fn any_answer(run: &Run, regions: &[String]) -> bool {
        let reach = lock(&run.reach);
        regions.iter().any(|region| reach.get(&("ec2", region.clone())).is_some_and(|reach| reach.answered))
    }
}

/// Whether a call waits until it is its turn to go out.
///
/// Listings do: all regions begin theirs at once, some thirty each. What is asked about single resources stands further
/// back in the chains of calls that a scan waits for, and goes before the listings that are still to come.
fn waits_its_turn(call: &ApiCall) -> bool {
    call.scope == CallScope::Region
}

/// Returns when the run is told to stop; never, where nobody can tell it any more.
pub(crate) async fn interrupted(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}
