//! What tests and benchmarks stand on: a simulated AWS on loopback, and accounts to serve from it.
//!
//! Mounted with `#[path]` by the integration tests and by the benchmarks, which each use a part of it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "test support: a broken assumption must stop the test where it breaks"
)]

pub(crate) mod accounts;
pub(crate) mod binary;
pub(crate) mod corrections;
pub(crate) mod function;
pub(crate) mod hostile;
pub(crate) mod large;
pub(crate) mod moto;
pub(crate) mod parallel;
pub(crate) mod python;
pub(crate) mod scans;
mod simulated;

pub(crate) use simulated::{Fault, FaultKind, Options, SimulatedAws};
