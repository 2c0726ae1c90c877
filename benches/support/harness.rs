//! What benchmarks of whole runs share: credentials, and what a process took.

use std::process::{Command, ExitCode};

/// The allocator of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ACCESS_KEY: &str = "AKIDBENCHMARK";

/// Runs this program again with made-up credentials and nothing else in its environment, since the SDK takes them from there; in that run
/// the work is done.
pub(crate) fn with_credentials(region: &str, work: impl FnOnce()) -> ExitCode {
    if std::env::var("AWS_ACCESS_KEY_ID").is_ok_and(|key| key == ACCESS_KEY) {
        work();
        return ExitCode::SUCCESS;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let status = Command::new(std::env::current_exe().expect("this program"))
        .env_clear()
        .env("HOME", folder.path())
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_REGION", region)
        .status()
        .expect("this program starts");
    if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Peak memory of this process so far, in MB (1,000,000 bytes). Linux only.
pub(crate) fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM"));
    peak.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).unwrap_or_default() * 1_024 / 1_000_000
}
