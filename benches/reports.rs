//! What writing the reports of 10,000 findings takes, format by format, beside what two seconds allow.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::expect_used, reason = "a benchmark may stop at once")]
#![expect(dead_code, unused_imports, reason = "shares the test support, of which it uses a part")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use natless::analyze::Settings;
use natless::report::{self, Format};
use natless::run;

use support::binary::natless;
use support::large::with_findings;

const FINDINGS: usize = 10_000;
const ROUNDS: usize = 5;
/// What all formats together may take.
const BOUND: Duration = Duration::from_secs(2);

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let account = Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks/accounts/three-tier");
    let scan = ["scan", "--replay", account.to_str().expect("UTF-8"), "--snapshot", "small.json", "--quiet"];
    natless(folder.path(), &scan);
    let snapshot = std::fs::read_to_string(folder.path().join("small.json")).expect("a snapshot");
    let large = folder.path().join("large.json");
    std::fs::write(&large, with_findings(&snapshot, FINDINGS)).expect("writable");
    let audited = run::analyze(&large, &Settings::default()).expect("an audit");
    println!("{} findings, median of {ROUNDS} rounds", audited.assessment.findings.len());
    println!("| format | bytes | median |\n|---|--:|--:|");
    let mut all = Duration::ZERO;
    for format in Format::ALL {
        let mut times = Vec::new();
        let mut bytes = 0;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            let text = report::render(format, audited.facts(), report::DEFAULT_COLUMNS).expect("a report");
            times.push(start.elapsed());
            bytes = text.len();
        }
        times.sort_unstable();
        let median = times.get(ROUNDS / 2).copied().expect("a round");
        all += median;
        println!("| {} | {bytes} | {} ms |", format.as_str(), median.as_millis());
    }
    println!("| one after the other | | {} ms |", all.as_millis());
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            run::write_reports(folder.path(), &Format::ALL, audited.facts()).expect("reports");
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let median = times.get(ROUNDS / 2).copied().expect("a round");
    let ratio = median.as_secs_f64() / BOUND.as_secs_f64();
    println!("| all into a folder | | {} ms, {ratio:.2} of {} s |", median.as_millis(), BOUND.as_secs());
}
