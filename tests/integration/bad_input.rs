//! Bad input gets one clear line and the exit code that the README promises.

use std::path::Path;

use crate::support::binary::{Run, natless, natless_with_credentials};
use crate::support::{Fault, FaultKind, Options, SimulatedAws, accounts};

/// Asserts the exit code, one line on stderr that says all of `words`, and nothing on stdout.
fn assert_one_line(run: &Run, code: i32, words: &[&str]) {
    assert_eq!(run.code, code, "stderr: {}", run.stderr);
    assert_eq!(run.stdout, "", "stderr: {}", run.stderr);
    assert_eq!(run.stderr.trim_end().lines().count(), 1, "{}", run.stderr);
    for word in words {
        assert!(run.stderr.contains(word), "`{word}` is not in: {}", run.stderr);
    }
}

fn snapshot_of(folder: &Path) -> String {
    let account = Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks/accounts/three-tier");
    let run = natless(
        folder,
        &["scan", "--replay", account.to_str().expect("UTF-8"), "--format", "json", "--snapshot", "snapshot.json"],
    );
    assert!(run.code < 2, "{}", run.stderr);
    std::fs::read_to_string(folder.join("snapshot.json")).expect("a snapshot")
}

#[test]
fn snapshots_that_cannot_be_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = snapshot_of(folder.path());
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("writable");
    write("truncated.json", &whole[..whole.len() / 2]);
    write("empty.json", "");
    write("other.json", "{\"schema\": \"natless/report/1\"}");
    write("future.json", &whole.replace("natless/inventory/1", "natless/inventory/9"));
    for (file, words) in [
        ("truncated.json", &["truncated.json", "truncated"][..]),
        ("empty.json", &["empty.json"]),
        ("other.json", &["other.json", "natless/report/1", "natless/inventory/1"]),
        ("future.json", &["future.json", "natless/inventory/9"]),
        ("absent.json", &["absent.json"]),
        (".", &["."]),
    ] {
        assert_one_line(&natless(folder.path(), &["analyze", file]), 2, words);
    }
}

#[test]
fn recordings_that_cannot_be_used() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("empty")).expect("writable");
    assert_one_line(&natless(folder.path(), &["scan", "--replay", "empty"]), 2, &["empty", "recording.json"]);
    assert_one_line(&natless(folder.path(), &["scan", "--replay", "absent"]), 2, &["absent"]);
    for (name, text, word) in [
        ("torn", "{\"schema\": \"natless/rec", "recording.json"),
        ("future", r#"{"schema": "natless/recording/9"}"#, "natless/recording/9"),
    ] {
        std::fs::create_dir(folder.path().join(name)).expect("writable");
        std::fs::write(folder.path().join(name).join("recording.json"), text).expect("writable");
        assert_one_line(&natless(folder.path(), &["scan", "--replay", name]), 2, &[name, word]);
    }
}

#[test]
fn names_that_do_not_exist() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_one_line(
        &natless(folder.path(), &["explain", "vpc-nat-gateway-idel"]),
        2,
        &["vpc-nat-gateway-idel", "vpc-nat-gateway-idle"],
    );
    let aws = SimulatedAws::start(accounts::tidy_account(), Options::default());
    let run = natless_with_credentials(folder.path(), &["scan", "--endpoint-url", &aws.url(), "--region", "eu-west-11"]);
    assert_one_line(&run, 2, &["eu-west-11", "eu-west-1"]);
    let run = natless_with_credentials(folder.path(), &["scan", "--endpoint-url", &aws.url(), "--exclude-region", "eu-wset-1"]);
    assert_one_line(&run, 2, &["eu-wset-1", "eu-west-1"]);
    let path = ["path", "subnet-0z", "s3", "--endpoint-url", &aws.url()];
    assert_one_line(&natless_with_credentials(folder.path(), &path), 2, &["subnet-0z", "subnet-0a"]);
    let role = "arn:aws:iam::444455556666:role/audit";
    let run = natless_with_credentials(folder.path(), &["scan", "--endpoint-url", &aws.url(), "--role-arn", role]);
    assert_one_line(&run, 4, &[role, "AccessDenied"]);
}

#[test]
fn settings_that_are_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("natless.toml"), "[checks]\ndisable = []\n").expect("writable");
    let account = Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks/accounts/three-tier");
    let scan = ["scan", "--replay", account.to_str().expect("UTF-8")];
    assert_one_line(&natless(folder.path(), &scan), 2, &["natless.toml", "disable", "disabled"]);
    let misspelt = "[checks]\ndisabled = [\"vpc-nat-gateway-idel\"]\n";
    std::fs::write(folder.path().join("natless.toml"), misspelt).expect("writable");
    let run = natless(folder.path(), &scan);
    assert_one_line(&run, 2, &["natless.toml line 2", "vpc-nat-gateway-idel", "vpc-nat-gateway-idle"]);
    let run = natless(folder.path(), &[&scan[..], &["--config", "absent.toml"]].concat());
    assert_one_line(&run, 2, &["absent.toml"]);
}

#[test]
fn nobody_there() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_one_line(&natless(folder.path(), &["scan"]), 4, &["credentials"]);
    let refused = ["scan", "--endpoint-url", "http://127.0.0.1:1", "--timeout", "2"];
    assert_one_line(&natless_with_credentials(folder.path(), &refused), 4, &["127.0.0.1:1"]);
    let unknown = ["scan", "--endpoint-url", "http://127.0.0.1:1", "--profile", "nobody"];
    assert_one_line(&natless_with_credentials(folder.path(), &unknown), 2, &["nobody"]);
    assert_one_line(&natless_with_credentials(folder.path(), &["scan", "--endpoint-url", "localhost"]), 2, &["localhost"]);
}

#[test]
fn whoever_answers_is_not_aws_or_does_not_know_us() {
    let folder = tempfile::tempdir().expect("a folder");
    for (kind, words) in [
        (FaultKind::ExpiredToken, &["expired"][..]),
        (FaultKind::Deny, &["AccessDenied"]),
        (FaultKind::Garbage, &["http://127.0.0.1"]),
        (FaultKind::WrongContentType, &["http://127.0.0.1"]),
        (FaultKind::ServerError, &["http://127.0.0.1"]),
        (FaultKind::Hang, &["http://127.0.0.1"]),
    ] {
        let faults = vec![Fault { kind, ..Fault::default() }];
        let aws = SimulatedAws::start(accounts::tidy_account(), Options { faults, ..Options::default() });
        let scan = ["scan", "--endpoint-url", &aws.url(), "--timeout", "4"];
        assert_one_line(&natless_with_credentials(folder.path(), &scan), 4, words);
    }
}

/// Everyone may ask who he is: the first answer that matters comes from EC2.
#[test]
fn no_region_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let faults = vec![Fault { service: Some("ec2"), kind: FaultKind::Hang, ..Fault::default() }];
    let aws = SimulatedAws::start(accounts::tidy_account(), Options { faults, ..Options::default() });
    let scan = ["scan", "--endpoint-url", &aws.url(), "--timeout", "4"];
    assert_one_line(&natless_with_credentials(folder.path(), &scan), 4, &["no region answered", "eu-west-1"]);
}
