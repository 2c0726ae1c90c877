//! What scans of large accounts take: one of 17 regions with 50 VPCs each and 2,000 buckets, and one that AWS's quotas hold back.
//!
//! The second is served by token buckets as AWS publishes them. Its ideal is the time that the tightest bucket needs for the calls that are
//! made. `cargo bench --bench whole_scan`.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::expect_used, reason = "a benchmark may stop at once")]
#![expect(dead_code, unused_imports, reason = "shares the test support, of which it uses a part")]

#[path = "support/harness.rs"]
mod harness;
#[path = "../tests/support/mod.rs"]
mod support;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use natless::collect::ScanRequest;
use natless::model::Inventory;
use support::accounts::{Size, generated_account};
use support::{Options, SimulatedAws, scans};

const SEED: u64 = 7;
const LARGE: Size = Size { regions: 17, vpcs: 50, subnets: 12, groups: 5, rules: 10, buckets: 2_000 };
/// One region whose VPCs ask for DNS attributes and zones more often than the buckets of EC2 and Route 53 hold.
const HELD_BACK: Size = Size { regions: 1, vpcs: 150, subnets: 6, groups: 2, rules: 5, buckets: 10 };

fn main() -> ExitCode {
    harness::with_credentials("us-east-1", || {
        large();
        held_back();
    })
}

fn scan(request: &ScanRequest) -> (Inventory, Duration) {
    let begun = Instant::now();
    let inventory = scans::read(request);
    (inventory, begun.elapsed())
}

fn large() {
    let aws =
        SimulatedAws::start(generated_account(SEED, LARGE), Options { latency: Duration::from_millis(50), ..Options::default() });
    let (inventory, elapsed) = scan(&ScanRequest { published_quotas: false, ..scans::request(&aws) });
    assert!(inventory.gaps.is_empty(), "{:?}", inventory.gaps.values().next());
    let calls: u64 = aws.calls().values().sum();
    let calls_at_once =
        Duration::from_millis(50).as_secs_f64() * f64::from(u32::try_from(calls).expect("a small number")) / 512.0;
    println!("17 regions, 50 VPCs each, 2,000 buckets, 50 ms of latency, 512 calls at once, no quotas:");
    println!(
        "  calls {calls}, ideal {calls_at_once:.2} s, measured {:.2} s, peak memory with the server {} MB",
        elapsed.as_secs_f64(),
        harness::peak_memory()
    );
}

fn held_back() {
    let aws = SimulatedAws::start(generated_account(SEED, HELD_BACK), Options { quotas: true, ..Options::default() });
    let (inventory, elapsed) = scan(&scans::request(&aws));
    assert!(inventory.gaps.is_empty(), "{:?}", inventory.gaps.values().next());
    let (calls, throttled) = (aws.calls(), aws.throttled());
    let (made, refused): (u64, u64) = (calls.values().sum(), throttled.values().sum());
    // Route 53: five a second over all operations, and five at once.
    let zones: u64 = calls.iter().filter(|((service, ..), _)| service == "route53").map(|(_, count)| count).sum();
    let of_route_53 = (f64::from(u32::try_from(zones).expect("a small number")) - 5.0) / 5.0;
    // EC2: each operation by itself, a hundred at once and twenty a second.
    let most = calls.iter().filter(|((service, ..), _)| service == "ec2").map(|(_, count)| *count).max().unwrap_or_default();
    let of_ec2 = (f64::from(u32::try_from(most).expect("a small number")) - 100.0) / 20.0;
    let ideal = of_route_53.max(of_ec2);
    println!("one region, 150 VPCs, the quotas that AWS publishes:");
    println!(
        "  calls {made}, throttled {refused}, buckets allow {ideal:.1} s, measured {:.1} s, ratio {:.2}",
        elapsed.as_secs_f64(),
        elapsed.as_secs_f64() / ideal
    );
}
