//! How close a whole scan comes to its ideal: the longest chain of calls that wait for one another.
//!
//! Serves an account of 17 regions from the simulated AWS with 50 ms of latency per call, scans it with the real collectors and
//! prints ideal, measured and their ratio. `cargo bench --bench scan_fan_out`.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a benchmark may stop at once")]
#![expect(dead_code, unused_imports, reason = "shares the test support, of which it uses a part")]

#[path = "../tests/support/mod.rs"]
mod support;
#[path = "support/wide.rs"]
mod wide;

use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::{Duration, Instant};

use natless::collect::{NullObserver, ScanRequest, Transport, collect};
use support::{Options, SimulatedAws};
use wide::{WIDE_REGIONS, wide_account};

const ACCESS_KEY: &str = "AKIDBENCHMARK";
const LATENCY: Duration = Duration::from_millis(50);
const ROUNDS: usize = 7;

/// Runs this program again with made-up credentials and nothing else in its environment: the SDK takes them from there.
fn with_credentials() -> ExitCode {
    let folder = tempfile::tempdir().expect("a folder");
    let status = Command::new(std::env::current_exe().expect("this program"))
        .env_clear()
        .env("HOME", folder.path())
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_REGION", WIDE_REGIONS[0])
        .status()
        .expect("this program starts");
    if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn main() -> ExitCode {
    if std::env::var("AWS_ACCESS_KEY_ID").is_ok_and(|key| key == ACCESS_KEY) {
        measure();
        return ExitCode::SUCCESS;
    }
    with_credentials()
}

fn measure() {
    let aws = SimulatedAws::start(wide_account(), Options { latency: LATENCY, ..Options::default() });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let request = ScanRequest {
        regions: Vec::new(),
        exclude_regions: Vec::new(),
        profile: None,
        role_arn: None,
        external_id: None,
        endpoint_url: Some(aws.url()),
        transport: Transport::Live,
        lookback_days: 14,
        live_prices: false,
        max_concurrency: 512,
        timeout: Duration::from_secs(30),
        now: "2026-11-23T02:00:00Z".parse().expect("a time"),
    };
    // GetCallerIdentity, DescribeRegions, DescribeVpcs, ListHostedZonesByVPC, ListResourceRecordSets: five calls, each of which
    // needs the answer of the one before. No listing has a second page, and a bucket's chain is shorter.
    let ideal = LATENCY * 5;
    let mut measured = Vec::new();
    for _ in 0..ROUNDS {
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
