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

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    /// One call that waits behind another one for the only turn; how long it waited, in all.
    async fn behind(other: impl Future<Output = ()>) -> Duration {
        let (turns, begun) = (Turns(Arc::new(Semaphore::new(1))), Instant::now());
        let next = async {
            // The other one is first.
            tokio::task::yield_now().await;
            turns.take(async { begun.elapsed() }).await
        };
        tokio::join!(turns.take(other), next).1
    }

    #[tokio::test]
    async fn a_turn_ends_with_the_request_or_when_it_has_lasted_long_enough() {
        const CALL: Duration = Duration::from_secs(1);
        let held = behind(async {
            let _turn = of_request().expect("a turn");
            tokio::time::sleep(CALL).await;
        });
        let waited = held.await;
        assert!((LONGEST..CALL).contains(&waited), "{waited:?}");
        let sent = behind(async {
            drop(of_request().expect("a turn"));
            assert!(of_request().is_none(), "a request that is made again needs no turn");
            tokio::time::sleep(CALL).await;
        });
        assert!(sent.await < CALL);
    }

    #[tokio::test]
    async fn a_call_without_a_turn_has_none_to_hand_on() {
        assert!(of_request().is_none());
    }
}
