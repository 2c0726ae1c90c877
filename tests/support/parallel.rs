//! Many cases at once: a test that runs the binary for every case mostly waits.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Cases in flight at once (count).
const WORKERS: usize = 8;

/// Runs `test` for every case, some at once. Every case that fails tells why, and fails the test.
pub(crate) fn each<T: Send>(cases: Vec<T>, test: impl Fn(T) + Sync) {
    let queue = Mutex::new(cases.into_iter());
    let failed = AtomicUsize::new(0);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(case) = next() {
                    if catch_unwind(AssertUnwindSafe(|| test(case))).is_err() {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(failed.into_inner(), 0, "cases failed, as told above");
}
