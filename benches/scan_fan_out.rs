//! How close a whole scan comes to its ideal: the longest chain of calls that wait for one another.
//!
//! Serves an account of 17 regions from the simulated AWS with 50 ms of latency per call, scans it with the real collectors and
//! prints ideal, measured and their ratio. `cargo bench --bench scan_fan_out`.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a benchmark may stop at once")]
#![expect(missing_docs, unreachable_pub, dead_code, reason = "shares the test support, of which it uses a part")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use natless::collect::{NullObserver, ScanRequest, Transport, collect};
use natless::model::{Inventory, Observed};
use support::{Options, SimulatedAws, accounts};

const LATENCY: Duration = Duration::from_millis(50);
const ROUNDS: usize = 7;
const REGIONS: [&str; 17] = [
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
    "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
];

/// The account whose every region holds what `tidy_account` holds in its first one.
fn account() -> Inventory {
    let mut inventory = accounts::tidy_account();
    let region = inventory.regions.values().next().expect("a region").clone();
    inventory.regions = REGIONS.iter().map(|name| ((*name).to_owned(), region.clone())).collect::<BTreeMap<_, _>>();
    inventory.scope.enabled_regions = Observed::Known(REGIONS.iter().map(|name| (*name).to_owned()).collect());
    inventory
}

fn main() {
    let aws = SimulatedAws::start(account(), Options { latency: LATENCY, ..Options::default() });
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
        max_concurrency: 512,
        timeout: Duration::from_secs(30),
        now: "2026-11-23T02:00:00Z".parse().expect("a time"),
    };
    // Identity, regions, VPCs, zones of a VPC, records of a zone: five calls, each waiting for the one before.
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
    println!("regions {}, calls {calls}, latency {} ms, rounds {ROUNDS}", REGIONS.len(), LATENCY.as_millis());
    println!("longest chain (ideal)  {:>6} ms", ideal.as_millis());
    println!("measured, median       {:>6} ms (min {}, max {})", median.as_millis(), measured[0].as_millis(), measured[ROUNDS - 1].as_millis());
    println!("ratio                  {:>6.2}", median.as_secs_f64() / ideal.as_secs_f64());
}
