//! A run that waits on the network: the runtime, its progress, and how it is stopped.

use std::future::Future;
use std::sync::Arc;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::watch;

use super::progress::Progress;
use super::{GlobalArgs, terminal};
use crate::collect::Observer;
use crate::error::{Error, exit};

/// A run that waits on the network.
#[derive(Debug)]
pub(super) struct Live {
    /// Taken only when the run ends.
    runtime: Option<Runtime>,
    handle: Handle,
    progress: Arc<Progress>,
    stopped: watch::Receiver<bool>,
}

impl Live {
    /// Starts the runtime and listens to the signals that stop it: the first one ends the reading, the second one the program.
    pub(super) fn start(global: &GlobalArgs) -> Result<Self, Error> {
        let runtime = Builder::new_multi_thread().enable_all().build().map_err(Error::Start)?;
        // Lines of `-v` and a line that is drawn over and over do not go together.
        let shown = terminal::stderr_is_terminal() && !global.quiet && !global.no_progress && global.verbose == 0;
        let progress = Arc::new(Progress::new(shown, terminal::stderr_has_color()));
        let (stop, stopped) = watch::channel(false);
        runtime.spawn(heed_signals(stop, Arc::clone(&progress), global.quiet));
        let handle = runtime.handle().clone();
        Ok(Self { runtime: Some(runtime), handle, progress, stopped })
    }

    /// Waits for work that reads an account.
    pub(super) fn wait<T, F>(&self, work: impl FnOnce(Arc<dyn Observer>, watch::Receiver<bool>) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let observer: Arc<dyn Observer> = self.progress.clone();
        let result = self.handle.block_on(work(observer, self.stopped.clone()));
        self.progress.clear();
        result
    }

    /// Waits for work that is not shown.
    pub(super) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.handle.block_on(work)
    }

    /// Whether somebody asked to stop.
    pub(super) fn interrupted(&self) -> bool {
        *self.stopped.borrow()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // Look-ups of names cannot be cancelled; nobody waits for their answers.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Passes the first signal on and ends the program at the second.
async fn heed_signals(stop: watch::Sender<bool>, progress: Arc<Progress>, quiet: bool) {
    let Ok(mut signals) = Signals::listen() else { return };
    signals.next().await;
    if !quiet {
        progress.aside(|| terminal::notice("stopping; what was read is reported, and once more ends at once"));
    }
    // Nobody listens any more once everything was read.
    let _ = stop.send(true);
    signals.next().await;
    progress.clear();
    abort();
}

#[expect(clippy::exit, reason = "the second Ctrl-C means now, whatever the other threads do")]
fn abort() {
    std::process::exit(i32::from(exit::INTERRUPTED));
}

/// Ctrl-C, and SIGTERM where there is one.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Ctrl-C.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        // Without a listener the system ends the program by itself.
        let _ = tokio::signal::ctrl_c().await;
    }
}
