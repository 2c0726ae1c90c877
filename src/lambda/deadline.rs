//! The instant at which Lambda ends the invocation, and what is to be done by then.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::Problem;

/// Time that is kept for judging, rendering and delivering what was read, as a share of the time there is.
const MARGIN_SHARE: u32 = 6;

/// Least and longest such time.
const MARGIN: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(90));

/// Time that is kept for the answer itself.
const ANSWER: Duration = Duration::from_millis(700);

/// When the invocation has to have ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    stop: Instant,
    end: Instant,
}

impl Deadline {
    /// The deadline of the context: milliseconds since 1970.
    pub(super) fn of(milliseconds: u64) -> Self {
        let now = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or_default();
        Self::within(Duration::from_millis(milliseconds.saturating_sub(now)))
    }

    fn within(left: Duration) -> Self {
        let now = Instant::now();
        let (least, longest) = MARGIN;
        // Of very little time half is better than none.
        let margin = (left / MARGIN_SHARE).clamp(least, longest).min(left / 2);
        Self { stop: now + left.saturating_sub(margin), end: now + left.saturating_sub(ANSWER) }
    }

    /// Becomes true when reading has to stop.
    pub(super) fn stop(self) -> watch::Receiver<bool> {
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(async move {
            tokio::select! {
                () = tokio::time::sleep_until(self.stop) => {
                    // Nobody listens any more once everything was read.
                    let _ = stop.send(true);
                    stop.closed().await;
                }
                () = stop.closed() => {}
            }
        });
        stopped
    }

    /// Whether there is time to begin with another account.
    pub(super) fn allows_another(self) -> bool {
        self.end.saturating_duration_since(Instant::now()) > MARGIN.0 / 2
    }

    /// Returns when this part of the time that is left is over: one of `of` equal ones.
    pub(super) async fn part(self, of: usize) {
        let left = self.end.saturating_duration_since(Instant::now());
        tokio::time::sleep(left / u32::try_from(of.max(1)).unwrap_or(u32::MAX)).await;
    }

    /// Does the work, as far as there is time for it.
    pub(super) async fn within_time<T>(self, work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
        // Boxed: the SDK's futures are large.
        tokio::select! {
            done = Box::pin(work) => done,
            () = self.end() => Err(Problem::Store("no time was left to read from the bucket, or to write into it".to_owned())),
        }
    }

    /// Returns when only the answer may still be given.
    pub(super) async fn end(self) {
        tokio::time::sleep_until(self.end).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Time for judging and delivering, and for the answer.
    fn rest(milliseconds: u64) -> Duration {
        let deadline = Deadline::within(Duration::from_millis(milliseconds));
        deadline.end.duration_since(deadline.stop) + ANSWER
    }

    #[tokio::test]
    async fn reading_stops_in_time_for_the_delivery_and_the_delivery_for_the_answer() {
        assert_eq!(rest(900_000), Duration::from_secs(90));
        assert_eq!(rest(60_000), Duration::from_secs(10));
        assert_eq!(rest(12_000), Duration::from_secs(5));
        assert_eq!(rest(6_000), Duration::from_secs(3));
        let over = Deadline::within(Duration::ZERO);
        assert!(over.stop <= Instant::now() && over.end <= over.stop && !over.allows_another());
        assert!(Deadline::within(Duration::from_secs(12)).allows_another());
    }

    #[tokio::test]
    async fn whoever_listens_is_told_once_the_time_is_up() {
        let deadline = Deadline::within(Duration::from_millis(20));
        let mut stopped = deadline.stop();
        assert!(!*stopped.borrow());
        stopped.wait_for(|stop| *stop).await.unwrap();
        assert!(deadline.stop <= Instant::now());
        deadline.end().await;
    }
}
