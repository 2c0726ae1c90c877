//! A simulated AWS: serves any [`Inventory`] on loopback in AWS's own wire formats.
//!
//! One URL serves every service and region, which are read from the credential scope of each signed request, so it fits
//! behind `--endpoint-url`. It pages, waits, counts calls and fails on demand. What the inventory does not know
//! ([`Observed::Unknown`](natless::model::Observed), a [`Listing`](natless::model::Listing) with a gap) is denied.

mod cloudwatch;
mod directconnect;
mod ec2;
mod failure;
mod fault;
mod organizations;
mod page;
mod pricing;
mod quota;
mod request;
mod route53;
mod s3;
mod s3control;
mod server;
mod sts;
mod xml;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use natless::model::Inventory;
use tokio::sync::oneshot;

pub(crate) use fault::{Fault, FaultKind};

/// How the simulated AWS behaves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// Time between a request and its answer, in which the answer is made.
    pub(crate) latency: Duration,
    /// Most items on any page, whatever the caller asked for: forces paging.
    pub(crate) page_size: Option<usize>,
    /// Whether `ListBuckets` keeps the buckets' regions to itself, as stores that only speak S3's protocol do: each has to
    /// be asked for with `GetBucketLocation`.
    pub(crate) hide_bucket_regions: bool,
    /// Whether AWS's published quotas of calls are kept: what is asked too fast is throttled.
    pub(crate) quotas: bool,
    /// What goes wrong; of several that fit a call, the first that is active.
    pub(crate) faults: Vec<Fault>,
}

/// How often each call was made: by service (name of its SDK crate), region and operation. Pages and retries count.
pub(crate) type Calls = BTreeMap<(String, String, String), u64>;

/// A running simulated AWS; stops when dropped.
#[derive(Debug)]
pub(crate) struct SimulatedAws {
    address: SocketAddr,
    state: Arc<State>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What all connections share.
#[derive(Debug)]
struct State {
    inventory: Inventory,
    latency: Duration,
    page_size: Option<usize>,
    hide_bucket_regions: bool,
    faults: fault::Faults,
    quotas: quota::Quotas,
    throttled: Mutex<Calls>,
    calls: Mutex<Calls>,
}

impl SimulatedAws {
    /// Starts serving the inventory on a free port of 127.0.0.1, on a thread of its own.
    pub(crate) fn start(inventory: Inventory, options: Options) -> Self {
        let state = Arc::new(State {
            inventory,
            latency: options.latency,
            page_size: options.page_size,
            hide_bucket_regions: options.hide_bucket_regions,
            faults: fault::Faults::new(options.faults),
            quotas: quota::Quotas::new(options.quotas),
            throttled: Mutex::default(),
            calls: Mutex::default(),
        });
        let (address, stop, thread) = server::spawn(Arc::clone(&state));
        Self { address, state, stop: Some(stop), thread: Some(thread) }
    }

    /// Where it listens, such as `http://127.0.0.1:49152`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The calls made since the start or the last reset.
    pub(crate) fn calls(&self) -> Calls {
        self.state.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often each call was refused because a quota was used up, since the start.
    pub(crate) fn throttled(&self) -> Calls {
        self.state.throttled.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets the calls made so far.
    pub(crate) fn reset_calls(&self) {
        self.state.calls.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Drop for SimulatedAws {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The receiver is gone only when the thread has ended already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
