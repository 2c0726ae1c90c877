//! What a scan tells while it runs.

use crate::model::Gap;

/// One step of a scan.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The regions of an account that will be read are known (count).
    RegionsKnown(usize),
    /// A call goes out.
    CallStarted,
    /// A call was answered, refused or given up.
    CallDone {
        /// Whether AWS asked to slow down while it was made.
        throttled: bool,
    },
    /// Everything in this region was asked.
    RegionDone(&'a str),
    /// Something was not read. Told once per gap.
    Gap(&'a Gap),
}

/// Whoever wants to watch a scan. Called from several threads.
pub trait Observer: Send + Sync {
    /// Takes note of one step; must return at once.
    fn observe(&self, event: Event<'_>);
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NullObserver;

impl Observer for NullObserver {
    fn observe(&self, _event: Event<'_>) {}
}
