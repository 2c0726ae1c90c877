//! How close a whole scan comes to its ideal: the longest chain of calls that wait for one another.
//!
//! Serves an account of 17 regions from the simulated AWS with 50 ms of latency per call, scans it with the real collectors and
//! prints ideal, measured and their ratio. `cargo bench --bench scan_fan_out`.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a benchmark may stop at once")]
#![expect(dead_code, unused_imports, reason = "shares the test support, of which it uses a part")]

#[path = "support/harness.rs"]
mod harness;
#[path = "../tests/support/mod.rs"]
mod support;
#[path = "support/wide.rs"]
mod wide;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use natless::collect::{NullObserver, ScanRequest, collect};
use support::{Options, SimulatedAws};
use wide::{WIDE_REGIONS, wide_account};

const LATENCY: Duration = Duration::from_millis(50);
const ROUNDS: usize = 7;

fn main() -> ExitCode {
    harness::with_credentials(WIDE_REGIONS[0], measure)
}

fn measure() {
    let aws = SimulatedAws::start(wide_account(), Options { latency: LATENCY, ..Options::default() });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let request = ScanRequest { published_quotas: false, ..support::scans::request(&aws) };
    // GetCallerIdentity, DescribeRegions, DescribeVpcs, ListHostedZonesByVPC, ListResourceRecordSets: five calls, each of which
    // needs the answer of the one before. No listing has a second page, and a bucket's chain is shorter.
    let ideal = LATENCY * 5;
    let mut measured = Vec::new();
    for _ in 0..ROUNDS {
        // The connections of the round before are closed first.
        std::thread::sleep(LATENCY * 4);
        aws.reset_calls();
        let (_stop, stopped) = tokio::sync::watch::channel(false);
        let begun = Instant::now();
        let inventory = runtime.block_on(collect(&request, Arc::new(NullObserver), stopped)).expect("an inventory");
        measured.push(begun.elapsed());
        assert!(inventory.gaps.is_empty(), "{:?}", inventory.gaps);
    }
    let calls: u64 = aws.calls().values().sum();
    measured.sort();
    let median = measured[ROUNDS / 2];
    println!("regions {}, calls {calls}, latency {} ms, rounds {ROUNDS}", WIDE_REGIONS.len(), LATENCY.as_millis());
    println!("longest chain (ideal)  {:>6} ms", ideal.as_millis());
    println!(
        "measured, median       {:>6} ms (min {}, max {})",
        median.as_millis(),
        measured[0].as_millis(),
        measured[ROUNDS - 1].as_millis()
    );
    println!("ratio                  {:>6.2}", median.as_secs_f64() / ideal.as_secs_f64());
}
