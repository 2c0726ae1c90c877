//! Tests of the whole program: real collectors, the real binary, and doubles of AWS on loopback.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a broken assumption must stop the test where it breaks"
)]

#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod bad_input;
mod browser;
mod collect_round_trip;
mod costs;
mod denied_calls;
mod deploy;
mod fault_matrix;
mod faults;
mod fixes;
mod formats;
mod function;
mod generated;
mod history;
#[cfg(unix)]
mod interrupts;
mod live_moto;
mod live_prices;
mod merge;
mod organization;
mod policy;
mod recordings;
mod replay;
mod report_schema;
mod simulated;
