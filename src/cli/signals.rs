//! Ctrl-C and SIGTERM: an account that is being read is reported as far as it was read, everything else ends at once, and no half file stays.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use tokio::runtime::Builder;
use tokio::sync::watch;

use super::progress::Progress;
use super::terminal;
use crate::error::Error;
use crate::files;

/// An account that is being read.
struct Reading {
    /// Ends the reading.
    stop: watch::Sender<bool>,
    progress: Arc<Progress>,
    quiet: bool,
}

/// What the next signal stops in place of the program.
static READING: Mutex<Option<Reading>> = Mutex::new(None);

fn reading() -> MutexGuard<'static, Option<Reading>> {
    READING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From here on the first signal ends the reading, and only the second one the program.
pub(super) fn reading_begins(progress: Arc<Progress>, quiet: bool) -> watch::Receiver<bool> {
    let (stop, stopped) = watch::channel(false);
    *reading() = Some(Reading { stop, progress, quiet });
    stopped
}

/// From here on the first signal ends the program.
pub(super) fn reading_ends() {
    *reading() = None;
}

/// Listens until the program ends. Where that is not possible, the system ends it as it would any other.
pub(super) fn listen() {
    let (ready, begun) = mpsc::channel();
    let listener = move || {
        let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            let Ok(mut signals) = Signals::listen() else { return };
            // Somebody waits for it, just below.
            let _ = ready.send(());
            loop {
                signals.next().await;
                heed();
            }
        });
    };
    if std::thread::Builder::new().name("signals".to_owned()).spawn(listener).is_ok() {
        // A listener that could not listen is gone: then there is nothing to wait for.
        let _ = begun.recv();
    }
}

fn heed() {
    // Held to the end: what is being read is not done in between.
    let reading = reading();
    if let Some(reading) = reading.as_ref() {
        if !reading.stop.send_replace(true) {
            if !reading.quiet {
                let notice = || terminal::notice("stopping; what was read is reported, and once more ends at once");
                reading.progress.aside(notice);
            }
            return;
        }
        reading.progress.clear();
    }
    files::abandon();
    terminal::error(&Error::Stopped);
    end(&Error::Stopped);
}

#[expect(clippy::exit, reason = "a signal means now, whatever the other threads do")]
fn end(error: &Error) {
    std::process::exit(i32::from(error.exit_code()));
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
        // A file that grows over the limit of `ulimit -f` is an error of that file, told in one line. Unheard, the signal ends the program; it
        // is heard even where nobody waits for it.
        drop(signal(SignalKind::from_raw(libc::SIGXFSZ))?);
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
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(not(unix))]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        let _ = self.0.recv().await;
    }
}
