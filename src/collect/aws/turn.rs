//! Turns to build, sign and send a request, so that a wave of calls leaves the cores to the answers that come meanwhile.

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::collect::lock::lock;

tokio::task_local! {
    static TURN: RefCell<Option<Turn>>;
}

/// Turns at once for each core: one works while another waits for its connection (count).
const PER_CORE: usize = 2;

/// No turn lasts longer: what takes more time waits for the network, and a core that waits may as well work.
const LONGEST: Duration = Duration::from_millis(2);

/// The turns of a run.
#[derive(Debug)]
pub(crate) struct Turns(Arc<Semaphore>);

/// One turn. It travels with the request that it is for and ends when whoever writes that to the network drops it.
#[derive(Debug, Clone)]
pub(super) struct Turn(Arc<Mutex<Option<OwnedSemaphorePermit>>>);

impl Turns {
    /// As many as keep this machine's cores at work.
    pub(crate) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self(Arc::new(Semaphore::new(cores * PER_CORE)))
    }

    /// Makes a call when it is its turn.
    pub(crate) async fn take<T>(&self, call: impl Future<Output = T>) -> T {
        // The semaphore is never closed; without a turn the call would only be in the way of others.
        let permit = Arc::clone(&self.0).acquire_owned().await.ok();
        let turn = Turn(Arc::new(Mutex::new(permit)));
        let held = Arc::downgrade(&turn.0);
        let call = async {
            let mut call = pin!(call);
            tokio::select! {
                biased;
                answer = &mut call => return answer,
                () = tokio::time::sleep(LONGEST) => {}
            }
            if let Some(turn) = held.upgrade() {
                lock(&turn).take();
            }
            call.await
        };
        TURN.scope(RefCell::new(Some(turn)), call).await
    }
}

/// The turn of the call under way, to go with its request; `None` where it needs none or its request went out before.
pub(super) fn of_request() -> Option<Turn> {
    // Calls that nobody gives a turn, such as those of credentials providers, have none.
    TURN.try_with(RefCell::take).ok().flatten()
}
