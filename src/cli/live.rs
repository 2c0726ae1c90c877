//! A run that waits on the network: the runtime, its progress, and how it is stopped.

use std::future::Future;
use std::sync::Arc;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::watch;

use super::progress::Progress;
use super::{GlobalArgs, signals, terminal};
use crate::collect::Observer;
use crate::error::Error;

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
    /// Starts the runtime. The next signal ends the reading, and only the one after it the program.
    pub(super) fn start(global: &GlobalArgs) -> Result<Self, Error> {
        let runtime = Builder::new_multi_thread().enable_all().build().map_err(Error::Start)?;
        // Lines of `-v` and a line that is drawn over and over do not go together.
        let shown = terminal::stderr_is_terminal() && !global.quiet && !global.no_progress && global.verbose == 0;
        let progress = Arc::new(Progress::new(shown, terminal::stderr_has_color()));
        let stopped = signals::reading_begins(Arc::clone(&progress), global.quiet);
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
        signals::reading_ends();
        // Look-ups of names cannot be cancelled; nobody waits for their answers.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
