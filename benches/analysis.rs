//! What the analysis of accounts of several sizes takes, in time and memory, beside what two seconds and 500 MB allow.
//!
//! Each size runs in a process of its own, so that its peak memory is its own. `cargo bench --bench analysis`.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a benchmark may stop at once")]
#![expect(dead_code, unused_imports, reason = "shares the test support, of which it uses a part")]

#[path = "support/harness.rs"]
mod harness;
#[path = "../tests/support/mod.rs"]
mod support;

use std::process::Command;
use std::time::Instant;

use natless::analyze::{Settings, assess};
use support::accounts::{Size, generated_account};

const SEED: u64 = 7;
const ROUNDS: usize = 3;
/// The account that has a bound: 1,000 VPCs, 20,000 subnets, 200,000 rules, 10,000 buckets.
const BIG: Size = Size { regions: 20, vpcs: 50, subnets: 20, groups: 5, rules: 40, buckets: 10_000 };
/// Accounts that hold once, ten times and a hundred times as much.
const CURVE: [(&str, Size); 4] = [
    ("1x", Size { regions: 2, vpcs: 5, subnets: 20, groups: 5, rules: 40, buckets: 100 }),
    ("10x", Size { regions: 20, vpcs: 5, subnets: 20, groups: 5, rules: 40, buckets: 1_000 }),
    ("100x, the bound", BIG),
    ("100x in one region", Size { regions: 1, vpcs: 1_000, ..BIG }),
];

fn main() {
    if let Some(number) = std::env::args().nth(1).and_then(|text| text.parse::<usize>().ok()) {
        measure(CURVE[number].1);
        return;
    }
    println!("| account | VPCs | subnets | rules | buckets | findings | median of {ROUNDS} | of 2 s | memory | of 500 MB |");
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for (number, (name, size)) in CURVE.iter().enumerate() {
        let output =
            Command::new(std::env::current_exe().expect("this program")).arg(number.to_string()).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let vpcs = size.regions * size.vpcs;
        let (subnets, rules) = (vpcs * size.subnets, vpcs * size.groups * size.rules);
        print!("| {name} | {vpcs} | {subnets} | {rules} | {} |{}", size.buckets, String::from_utf8_lossy(&output.stdout));
    }
}

fn measure(size: Size) {
    let inventory = generated_account(SEED, size);
    let settings = Settings::default();
    let mut times = Vec::new();
    let (mut findings, mut memory) = (0, None);
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let assessment = assess(&inventory, &settings);
        times.push(begun.elapsed().as_secs_f64());
        findings = assessment.findings.len();
        // A process judges one account once: what a second round adds to what the first one has not given back yet is nobody's.
        memory.get_or_insert_with(harness::peak_memory);
    }
    times.sort_by(f64::total_cmp);
    let (median, memory) = (times[ROUNDS / 2], memory.unwrap_or_default());
    let memory_share = f64::from(u32::try_from(memory).expect("a small number")) / 500.0;
    println!(" {findings} | {median:.2} s | {:.2} | {memory} MB | {memory_share:.2} |", median / 2.0);
}
