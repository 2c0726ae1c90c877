//! What the Lambda function takes: time to its first poll, and memory for 17 regions; and what memory 10 and 50 accounts take from one machine.
//!
//! `cargo bench --bench function` measures the programs that it builds itself; with `NATLESS_PROGRAMS=FOLDER` those of a folder, such as
//! `target/release`, of which `deploy/package` makes the zip.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a benchmark may stop at once")]
#![expect(dead_code, unused_imports, reason = "shares the test support, of which it uses a part")]

#[path = "../tests/support/mod.rs"]
mod support;
#[path = "support/wide.rs"]
mod wide;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use support::binary::natless_with_credentials;
use support::function::Function;
use support::{Options, SimulatedAws};
use wide::wide_account;

const STARTS: usize = 21;
/// What a cold start may take, and what memory a scan of 17 regions.
const COLD_START: Duration = Duration::from_millis(100);
const MEMORY: u64 = 128 << 20;
/// Account of the recording, which stands for every other one.
const ACCOUNT: &str = "111122223333";

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let programs = std::env::var_os("NATLESS_PROGRAMS").map(PathBuf::from);
    let program = |name: &str, built: &str| programs.as_ref().map_or_else(|| PathBuf::from(built), |folder| folder.join(name));
    let function = program("natless-lambda", env!("CARGO_BIN_EXE_natless-lambda"));
    let natless = program("natless", env!("CARGO_BIN_EXE_natless"));
    println!("programs: {} and {}", function.display(), natless.display());
    cold_start(folder.path(), &function);
    let aws = SimulatedAws::start(wide_account(), Options::default());
    seventeen_regions(folder.path(), &aws, &function, &natless);
    many_accounts(folder.path(), &natless);
}

fn cold_start(folder: &Path, function: &Path) {
    let mut times: Vec<Duration> = (0..STARTS).map(|_| Function::start_program(function, folder, &[]).cold_start).collect();
    times.sort_unstable();
    let (median, share) = (times[STARTS / 2], times[STARTS / 2].as_secs_f64() / COLD_START.as_secs_f64());
    let (least, most) = (times[0], times[STARTS - 1]);
    println!(
        "start of the process to its first poll, {STARTS} starts: median {:.1} ms ({:.1} to {:.1}), {share:.2} of {} ms",
        milliseconds(median),
        milliseconds(least),
        milliseconds(most),
        COLD_START.as_millis()
    );
}

/// The function scans 17 regions whose answers come from a server beside it, and again from a recording of them.
fn seventeen_regions(folder: &Path, aws: &SimulatedAws, function: &Path, natless: &Path) {
    let mut function = Function::start_program(function, folder, &[("AWS_ENDPOINT_URL", &aws.url())]);
    for round in ["first", "second", "third"] {
        let answer = function.invoke(&json!({}), Duration::from_mins(5)).response();
        assert_eq!((&answer["complete"], answer["regions"].as_array().map(Vec::len)), (&true.into(), Some(17)), "{answer}");
        told(&format!("peak memory of the function after its {round} scan of 17 regions"), function.peak_memory());
    }
    let recorded = ["scan", "--endpoint-url", &aws.url(), "--record", "recording", "--quiet"];
    natless_with_credentials(folder, &recorded).expect_code(0);
    let (peak, _) = peak_of(natless, folder, &["scan", "--replay", "recording", "--format", "json"]);
    told("peak memory of `natless scan --replay` of the same", peak);
}

/// 10 and 50 accounts of 17 regions, replayed one after the other.
fn many_accounts(folder: &Path, natless: &Path) {
    let recording = folder.join("recording");
    let mut peaks = Vec::new();
    for count in [10_u64, 50] {
        let accounts = folder.join(format!("accounts-{count}"));
        for number in 0..count {
            let id = format!("{:012}", 200_000_000_000 + number);
            copy_as(&recording, &accounts.join(&id), &id);
        }
        let name = accounts.to_str().expect("UTF-8");
        let (peak, printed) = peak_of(natless, folder, &["scan", "--organization", "--replay", name, "--format", "json"]);
        println!(
            "{count} accounts of 17 regions: peak memory {:.1} MiB, merged report {:.2} MiB",
            mebibytes(peak),
            mebibytes(printed)
        );
        peaks.push((peak, printed));
        std::fs::remove_dir_all(&accounts).expect("removable");
    }
    let [(few, few_printed), (many, many_printed)] = peaks[..] else { return };
    let (grown, printed) = (many.saturating_sub(few), many_printed.saturating_sub(few_printed));
    println!(
        "from 10 to 50 accounts: memory grew by {:.1} MiB, the merged report by {:.2} MiB",
        mebibytes(grown),
        mebibytes(printed)
    );
}

/// Copies a recording and puts another account's id in place of its own.
fn copy_as(from: &Path, to: &Path, id: &str) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy_as(&entry.path(), &target, id);
        } else {
            let text = std::fs::read_to_string(entry.path()).expect("text");
            std::fs::write(target, text.replace(ACCOUNT, id)).expect("writable");
        }
    }
}

/// Largest memory of one run of natless, and the length of what it printed, both in bytes.
fn peak_of(program: &Path, folder: &Path, arguments: &[&str]) -> (u64, u64) {
    // The wrapper prints the peak of its only child behind everything else. Source: getrusage(2), `ru_maxrss`, in KiB.
    let wrapper = "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:], stdout=open('printed.txt', 'wb'), stderr=subprocess.DEVNULL); \
                   print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
    let mut python = Command::new("python3");
    python.args(["-c", wrapper]).arg(program).args(arguments).current_dir(folder).env("HOME", folder);
    let output = python.output().expect("Python 3");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let (code, peak) = text.trim().split_once(' ').expect("two numbers");
    assert!(matches!(code, "0" | "1" | "3"), "exit code {code}");
    let printed = std::fs::metadata(folder.join("printed.txt")).expect("what was printed").len();
    (peak.parse::<u64>().expect("a number") * 1024, printed)
}

fn told(what: &str, bytes: u64) {
    println!("{what}: {:.1} MiB, {:.2} of {} MiB", mebibytes(bytes), mebibytes(bytes) / mebibytes(MEMORY), MEMORY >> 20);
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
