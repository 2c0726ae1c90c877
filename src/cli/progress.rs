//! One line on stderr that tells how far a scan is.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::collect::{Event, Observer};
use crate::report::text;

/// How often the line is drawn.
const TICK: Duration = Duration::from_millis(100);

/// What has been told so far.
#[derive(Debug, Default)]
struct Counts {
    /// 0 until the regions are known.
    regions: AtomicUsize,
    regions_done: AtomicUsize,
    calls_started: AtomicU64,
    calls_done: AtomicU64,
    throttled: AtomicU64,
    gaps: AtomicU64,
}

/// The line, where one is shown.
#[derive(Debug)]
pub(super) struct Progress {
    counts: Arc<Counts>,
    line: Option<ProgressBar>,
}

impl Progress {
    pub(super) fn new(shown: bool, colored: bool) -> Self {
        let counts = Arc::new(Counts::default());
        Self { line: shown.then(|| line(&counts, colored)), counts }
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        if let Some(line) = &self.line {
            line.finish_and_clear();
        }
    }

    /// Does something else on stderr while the line is away.
    pub(super) fn aside(&self, write: impl FnOnce()) {
        match &self.line {
            Some(line) => line.suspend(write),
            None => write(),
        }
    }
}

impl Observer for Progress {
    fn observe(&self, event: Event<'_>) {
        // The numbers are only looked at: no order between them is needed.
        let one = |number: &AtomicU64| number.fetch_add(1, Ordering::Relaxed);
        match event {
            Event::RegionsKnown(count) => {
                tracing::debug!(count, "regions known");
                self.counts.regions.fetch_add(count, Ordering::Relaxed);
            }
            Event::RegionDone(region) => {
                tracing::debug!(region, "region read");
                self.counts.regions_done.fetch_add(1, Ordering::Relaxed);
            }
            Event::CallStarted => {
                one(&self.counts.calls_started);
            }
            Event::CallDone { throttled } => {
                one(&self.counts.calls_done);
                if throttled {
                    one(&self.counts.throttled);
                }
            }
            Event::Gap(gap) => {
                tracing::debug!(call = %text::safe(&gap.id().0), kind = %gap.kind, code = %text::safe(&gap.code), "not read");
                one(&self.counts.gaps);
            }
        }
    }
}

fn line(counts: &Arc<Counts>, colored: bool) -> ProgressBar {
    let counts = Arc::clone(counts);
    let state = move |state: &ProgressState, text: &mut dyn Write| {
        // A line that cannot be drawn is not drawn.
        let _ = text.write_str(&counts.text(state.elapsed()));
    };
    let template = if colored { "{spinner:.cyan} {state}" } else { "{spinner} {state}" };
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner()).with_key("state", state);
    let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10)).with_style(style);
    line.enable_steady_tick(TICK);
    line
}

impl Counts {
    /// `regions 3/17  calls 214/260, 35/s  throttled 2  gaps 1  12s`.
    fn text(&self, elapsed: Duration) -> String {
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let (done, started) = (read(&self.calls_done), read(&self.calls_started));
        let mut text = match self.regions.load(Ordering::Relaxed) {
            0 => "looking up the account".to_owned(),
            regions => format!("regions {}/{regions}", self.regions_done.load(Ordering::Relaxed)),
        };
        let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
        let per_second = done.saturating_mul(1000) / millis;
        // Writing to a string cannot fail.
        let _ = write!(text, "  calls {done}/{}, {per_second}/s", started.max(done));
        for (name, number) in [("throttled", read(&self.throttled)), ("gaps", read(&self.gaps))] {
            if number > 0 {
                let _ = write!(text, "  {name} {number}");
            }
        }
        let _ = write!(text, "  {}s", elapsed.as_secs());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_counts_what_it_is_told() {
        let progress = Progress::new(false, false);
        assert_eq!(progress.counts.text(Duration::from_secs(1)), "looking up the account  calls 0/0, 0/s  1s");
        progress.observe(Event::RegionsKnown(17));
        for _ in 0..6 {
            progress.observe(Event::CallStarted);
        }
        for throttled in [false, true, false, false] {
            progress.observe(Event::CallDone { throttled });
        }
        progress.observe(Event::RegionDone("eu-west-1"));
        assert_eq!(progress.counts.text(Duration::from_secs(2)), "regions 1/17  calls 4/6, 2/s  throttled 1  2s");
    }
}
