//! Recorded accounts: the same bytes at any concurrency, the same findings from a snapshot, no network and no credentials.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::binary::natless;

fn recorded(account: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks/accounts").join(account)
}

fn replay(folder: &Path, account: &str, more: &[&str]) -> String {
    let recording = recorded(account);
    let mut arguments = vec!["scan", "--replay", recording.to_str().expect("UTF-8"), "--format", "json"];
    arguments.extend(more);
    let run = natless(folder, &arguments);
    assert!([0, 1, 3].contains(&run.code), "{account}: {}", run.stderr);
    run.stdout
}

#[test]
fn twenty_replays_at_any_concurrency_give_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    for account in ["three-tier", "hub-and-spoke", "partial-permissions"] {
        let reports: BTreeSet<String> =
            (0..20).map(|round| replay(folder.path(), account, &["--max-concurrency", ["1", "8", "64"][round % 3]])).collect();
        assert_eq!(reports.len(), 1, "{account}: reports differ");
    }
}

#[test]
fn a_snapshot_gives_the_report_of_the_scan_that_wrote_it() {
    let folder = tempfile::tempdir().expect("a folder");
    for account in ["three-tier", "hub-and-spoke", "partial-permissions"] {
        let scanned = replay(folder.path(), account, &["--snapshot", "snapshot.json"]);
        let analyzed = natless(folder.path(), &["analyze", "snapshot.json", "--format", "json"]);
        assert_eq!(scanned, analyzed.stdout, "{account}");
    }
}
