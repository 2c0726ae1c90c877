//! The HTML report in headless Chromium: a reader's clicks, keys and prints, axe-core, and nothing that leaves the page (`tests/browser/`).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::support::binary::{Run, natless};
use crate::support::hostile::renamed;
use crate::support::large::with_findings;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder with the check, installed on first use with the pinned packages of `tests/browser/package-lock.json`.
fn installed() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let (source, folder) = (root().join("tests/browser"), Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser"));
        let lock = std::fs::read_to_string(source.join("package-lock.json")).expect("a lock file");
        let stamp = folder.join("installed.json");
        std::fs::create_dir_all(&folder).expect("a folder");
        for file in ["package.json", "package-lock.json", ".npmrc", "check.mjs", "steps.mjs"] {
            std::fs::copy(source.join(file), folder.join(file)).expect("copied");
        }
        if !std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
            let arguments = ["ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"];
            let run = Command::new("npm").args(arguments).current_dir(&folder).output();
            let run: Run = run.expect("the browser tests need Node.js 20 or newer with npm").into();
            assert_eq!(run.code, 0, "npm ci: {}", run.stderr);
            std::fs::write(stamp, lock).expect("writable");
        }
        folder
    })
}

/// Opens a report, tries everything, and gives what was measured.
fn check(report: &Path, more: &[&str]) -> Value {
    let run = Command::new("node").arg(installed().join("check.mjs")).arg(report).args(more).output();
    let run: Run = run.expect("node starts").into();
    assert_eq!(run.code, 0, "{}: {}{}", report.display(), run.stdout, run.stderr);
    run.json()
}

fn recorded(account: &str) -> String {
    root().join("mocks/accounts").join(account).to_str().expect("UTF-8").to_owned()
}

fn audited(folder: &Path, arguments: &[&str]) {
    let run = natless(folder, arguments);
    assert!([0, 1, 3].contains(&run.code), "{}", run.stderr);
}

#[test]
fn reports_of_recorded_accounts_do_what_a_reader_asks() {
    let folder = tempfile::tempdir().expect("a folder");
    for account in ["three-tier", "hub-and-spoke", "partial-permissions"] {
        audited(folder.path(), &["scan", "--replay", &recorded(account), "--out", account, "--format", "html"]);
        let measured = check(&folder.path().join(account).join("report.html"), &[]);
        assert!(measured["counts"]["findings"].as_u64().is_some_and(|count| count > 0), "{measured}");
    }
}

#[test]
fn a_night_with_a_history_waivers_and_hostile_names_does_too() {
    let folder = tempfile::tempdir().expect("a folder");
    audited(folder.path(), &["scan", "--replay", &recorded("three-tier"), "--snapshot", "plain.json", "--history", "past"]);
    let snapshot = std::fs::read_to_string(folder.path().join("plain.json")).expect("a snapshot");
    let mut night: Value = serde_json::from_str(&renamed(&snapshot)).expect("JSON");
    night["taken_at"] = "2099-01-02T02:00:00Z".into();
    for region in night["regions"].as_object_mut().expect("regions").values_mut() {
        region["addresses"]["items"].as_object_mut().expect("addresses").clear();
    }
    std::fs::write(folder.path().join("night.json"), night.to_string()).expect("writable");
    let waivers = "[[waivers]]\ncheck = \"vpc-nat-gateway-idle\"\nresource = \"*\"\nreason = \"<b>standby</b>\"\nuntil = 2099-12-31\n\
                   [[waivers]]\ncheck = \"vpc-flow-logs-blind\"\nresource = \"*\"\nreason = \"soon\"\nuntil = 2026-01-01\n";
    std::fs::write(folder.path().join("natless.toml"), waivers).expect("writable");
    audited(folder.path(), &["analyze", "night.json", "--history", "past", "--out", "out", "--format", "html"]);
    let measured = check(&folder.path().join("out/report.html"), &[]);
    let skipped = measured["skipped"].as_array().expect("a list");
    assert!(!skipped.contains(&"comparison".into()) && !skipped.contains(&"history".into()), "{measured}");
}

#[test]
fn ten_thousand_findings_open_and_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    audited(folder.path(), &["scan", "--replay", &recorded("three-tier"), "--snapshot", "small.json", "--quiet"]);
    let snapshot = std::fs::read_to_string(folder.path().join("small.json")).expect("a snapshot");
    std::fs::write(folder.path().join("large.json"), with_findings(&snapshot, 10_000)).expect("writable");
    audited(folder.path(), &["analyze", "large.json", "--out", "out", "--format", "html"]);
    let report = folder.path().join("out/report.html");
    assert!(std::fs::metadata(&report).expect("a report").len() < 15_000_000);
    let measured = check(&report, &["--ready-ms", "60000"]);
    assert!(measured["counts"]["findings"].as_u64().is_some_and(|count| count >= 10_000), "{measured}");
}
