//! Tests of the whole program: real collectors, the real binary, and doubles of AWS on loopback.

#[path = "../support/mod.rs"]
mod support;

mod collect_round_trip;
mod live_moto;
mod recordings;
mod replay;
mod simulated;
