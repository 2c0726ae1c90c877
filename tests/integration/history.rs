//! Nights that compare: `diff`, `--baseline`, `--history`, and what they do with files that are wrong.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::binary::{Run, natless};

fn recorded(account: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks/accounts").join(account).to_str().expect("UTF-8").to_owned()
}

/// Snapshots of the three-tier account of two nights; on the second one a gateway is gone, and with it two thirds of a bill.
struct Nights {
    folder: tempfile::TempDir,
}

impl Nights {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let scan = ["scan", "--replay", &recorded("three-tier"), "--snapshot", "first.json", "--quiet"];
        natless(folder.path(), &scan).expect_code(1);
        let nights = Self { folder };
        let mut night = nights.read("first.json");
        night["taken_at"] = json!("2099-01-02T02:00:00Z");
        for region in night["regions"].as_object_mut().expect("regions").values_mut() {
            if let Some(addresses) = region["addresses"]["items"].as_object_mut() {
                addresses.clear();
            }
        }
        nights.write("second.json", &night);
        nights
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn read(&self, file: &str) -> Value {
        let text = std::fs::read_to_string(self.path().join(file)).expect("readable");
        serde_json::from_str(&text).expect("JSON")
    }

    fn write(&self, file: &str, value: &Value) {
        std::fs::write(self.path().join(file), value.to_string()).expect("writable");
    }

    fn report(&self, snapshot: &str, out: &str, more: &[&str]) -> Run {
        let mut arguments = vec!["analyze", snapshot, "--out", out, "--quiet"];
        arguments.extend(more);
        let run = natless(self.path(), &arguments);
        assert!([0, 1, 3].contains(&run.code), "{}", run.stderr);
        run
    }
}

fn count(value: &Value, key: &str) -> usize {
    value[key].as_array().expect("a list").len()
}

#[test]
fn two_reports_are_compared_and_the_exit_code_says_whether_it_got_worse() {
    let nights = Nights::new();
    nights.report("first.json", "one", &[]);
    nights.report("second.json", "two", &[]);
    let diff = |old: &str, new: &str, more: &[&str]| {
        let mut arguments = vec!["diff", old, new];
        arguments.extend(more);
        natless(nights.path(), &arguments)
    };
    let (one, two) = ("one/report.json", "two/report.json");
    let better = diff(one, two, &["--format", "json", "--fail-on", "low"]);
    let compared = better.json();
    assert_eq!(compared["schema"], "natless/diff/1");
    assert!(count(&compared, "fixed") > 0 && count(&compared, "new") == 0, "{compared}");
    assert_eq!(better.code, 0);
    let realised = compared["realised_usd"]["high"].as_str().expect("dollars");
    assert!(realised.parse::<f64>().expect("a number") > 0.0);
    let worse = diff(two, one, &["--fail-on", "low"]).expect_code(1);
    assert!(
        worse.stdout.contains("new ") && worse.stdout.contains("the older report was made after the newer one"),
        "{}",
        worse.stdout
    );
    let same = diff(one, one, &["--format", "markdown"]).expect_code(0);
    assert!(same.stdout.contains("unchanged") && !same.stdout.contains("| new |"), "{}", same.stdout);
}

#[test]
fn a_baseline_stands_in_every_format_that_has_a_word_for_it() {
    let nights = Nights::new();
    nights.report("first.json", "one", &[]);
    nights.report("second.json", "two", &["--baseline", "one/report.json"]);
    let text = |file: &str| std::fs::read_to_string(nights.path().join("two").join(file)).expect("a report");
    let report = nights.read("two/report.json");
    assert!(count(&report["comparison"], "fixed") > 0);
    assert!(text("report.txt").contains("SINCE ") && text("report.md").contains("\n## Since "));
    assert!(text("report.sarif").contains("\"baselineState\": \"unchanged\""));
    assert!(text("report.csv").contains("unchanged"));
    assert!(text("report.ocsf.json").contains("\"status\":\"Resolved\""));
    assert!(text("report.asff.json").contains("\"natless/status\":\"fixed\""));
    assert!(text("report.html").contains("\"baseline_taken_at\""));
    // Written over by itself: the baseline is read before.
    nights.report("second.json", "two", &["--baseline", "two/report.json"]);
    let again = nights.read("two/report.json");
    assert_eq!((count(&again["comparison"], "new"), count(&again["comparison"], "fixed")), (0, 0));
}

#[test]
fn a_history_compares_with_the_last_scan_and_keeps_the_trend() {
    let nights = Nights::new();
    nights.report("first.json", "one", &["--history", "past"]);
    let first = nights.read("one/report.json");
    assert_eq!((&first["comparison"], count(&first, "trend")), (&Value::Null, 1));
    nights.report("second.json", "two", &["--history", "past"]);
    let second = nights.read("two/report.json");
    assert!(count(&second["comparison"], "fixed") > 0);
    assert_eq!(count(&second, "trend"), 2);
    // The same night again: the same bytes, and no record twice.
    let bytes = std::fs::read(nights.path().join("two/report.json")).expect("a report");
    nights.report("second.json", "two", &["--history", "past"]);
    assert!(bytes == std::fs::read(nights.path().join("two/report.json")).expect("a report"));
    let records: Vec<_> = std::fs::read_dir(nights.path().join("past")).expect("a folder").collect();
    assert_eq!(records.len(), 2);
    for record in records {
        let record = record.expect("an entry");
        assert!(record.metadata().expect("known").len() < 60_000, "a record is small");
        let path = record.path();
        let compared = natless(nights.path(), &["diff", path.to_str().expect("UTF-8"), "two/report.json", "--format", "json"]);
        let (compared, same) = (compared.expect_code(0).json(), path.to_string_lossy().contains("20990102"));
        let differ: usize = ["new", "fixed", "changed", "not_comparable"].into_iter().map(|kind| count(&compared, kind)).sum();
        assert_eq!(differ == 0, same, "{compared}");
    }
}

#[test]
fn wrong_files_in_a_history_are_named_and_cost_only_the_trend() {
    let nights = Nights::new();
    nights.report("first.json", "one", &["--history", "past"]);
    let account = nights.read("first.json")["account"]["id"].as_str().expect("an id").to_owned();
    std::fs::write(nights.path().join(format!("past/{account}-20000101T000000.000Z.json")), "{").expect("writable");
    std::fs::write(nights.path().join("past/notes.txt"), "mine").expect("writable");
    let run = natless(nights.path(), &["analyze", "second.json", "--out", "two", "--history", "past"]).expect_code(1);
    assert!(run.stderr.contains("left out of the trend: report `past/") && run.stderr.contains("is truncated"), "{}", run.stderr);
    assert!(!run.stderr.contains("notes.txt"), "{}", run.stderr);
    assert_eq!(count(&nights.read("two/report.json"), "trend"), 2);
}

/// Whether a bucket lets in one stranger or another is in no title: the gate must not pass it all the same.
#[test]
fn a_grant_to_somebody_else_is_a_change_that_may_be_worse() {
    let nights = Nights::new();
    let report = |stranger: &str, out: &str| {
        let mut account = nights.read("first.json");
        let buckets = account["buckets"]["items"].as_object_mut().expect("buckets");
        let (name, bucket) = buckets.iter_mut().next().expect("a bucket");
        let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Sid": "Partner", "Effect": "Allow", "Action": "s3:GetObject",
            "Principal": { "AWS": format!("arn:aws:iam::{stranger}:root") }, "Resource": format!("arn:aws:s3:::{name}/*") }] });
        bucket["policy"] = json!({ "known": policy.to_string() });
        nights.write("granted.json", &account);
        nights.report("granted.json", out, &[]);
    };
    report("222233334444", "one");
    report("444455556666", "two");
    let run = natless(nights.path(), &["diff", "one/report.json", "two/report.json", "--format", "json"]).expect_code(1);
    let changed = run.json()["changed"].clone();
    assert!(changed.as_array().expect("a list").iter().any(|one| one["check"] == "s3-bucket-cross-account"), "{changed}");
}

/// Nothing but a file is opened in a history, a place that cannot be written is told at once, and no id is a path.
#[test]
fn odd_places_are_refused_before_or_passed_over() {
    let nights = Nights::new();
    let account = nights.read("first.json")["account"]["id"].as_str().expect("an id").to_owned();
    nights.report("first.json", "one", &["--history", "past"]);
    let pipe = nights.path().join(format!("past/{account}-20000101T000000.000Z.json"));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    nights.report("second.json", "two", &["--history", "past"]);
    std::fs::create_dir_all(nights.path().join("taken/report.csv")).expect("writable");
    let taken = natless(nights.path(), &["analyze", "first.json", "--out", "taken"]).expect_code(2);
    assert!(taken.stderr.contains("report `taken/report.csv` cannot be written"), "{}", taken.stderr);
    assert_eq!(std::fs::read_dir(nights.path().join("taken")).expect("a folder").count(), 1, "nothing is half written");
    let mut evil = nights.read("first.json");
    evil["account"]["id"] = json!("../evil");
    nights.write("evil.json", &evil);
    let refused = natless(nights.path(), &["analyze", "evil.json", "--history", "past"]).expect_code(2);
    assert!(refused.stderr.contains("its account id is not 12 digits"), "{}", refused.stderr);
}

#[test]
fn comparisons_and_records_hold_to_their_schemas() {
    let nights = Nights::new();
    nights.report("first.json", "one", &["--history", "past"]);
    nights.report("second.json", "two", &["--history", "past"]);
    let diff = natless(nights.path(), &["diff", "one/report.json", "two/report.json", "--format", "json"]).json();
    let mut documents = vec![("natless-diff-1", diff)];
    for record in std::fs::read_dir(nights.path().join("past")).expect("a folder") {
        let text = std::fs::read_to_string(record.expect("an entry").path()).expect("a record");
        documents.push(("natless-record-1", serde_json::from_str(&text).expect("JSON")));
    }
    assert_eq!(documents.len(), 3);
    for (name, document) in documents {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("reports/schema/{name}.schema.json"));
        let schema: Value = serde_json::from_str(&std::fs::read_to_string(file).expect("a schema")).expect("JSON");
        let validator = jsonschema::validator_for(&schema).expect("a valid schema");
        let errors: Vec<String> =
            validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
}

#[test]
fn files_that_are_no_reports_are_refused_in_one_line() {
    let nights = Nights::new();
    nights.report("first.json", "one", &[]);
    let whole = std::fs::read_to_string(nights.path().join("one/report.json")).expect("a report");
    let write = |file: &str, text: &str| std::fs::write(nights.path().join(file), text).expect("writable");
    write("half.json", &whole[..whole.len() / 2]);
    write("empty.json", "");
    write("other.json", "{\"schema\":\"cats/1\"}");
    write("newer.json", &whole.replace("natless/report/1", "natless/report/2"));
    write("money.json", &whole.replacen("\"low\": \"", "\"low\": \"x", 1));
    write("time.json", &whole.replacen("\"taken_at\": \"2", "\"taken_at\": \"x2", 1));
    for (file, problem) in [
        ("half.json", "is truncated"),
        ("empty.json", "is not a report (it is empty)"),
        ("other.json", "is not a report (its schema is `cats/1`"),
        ("newer.json", "has schema `natless/report/2`, this version of natless reads `natless/report/1`"),
        ("money.json", "is damaged (an amount of money is no decimal number)"),
        ("time.json", "is damaged ("),
        ("first.json", "is not a report (its schema is `natless/inventory/1`"),
        ("missing.json", "cannot be read"),
    ] {
        for arguments in [vec!["diff", file, "one/report.json"], vec!["analyze", "first.json", "--baseline", file]] {
            let run = natless(nights.path(), &arguments).expect_code(2);
            assert!(run.stderr.contains(problem) && run.stderr.lines().count() == 1, "{file}: {}", run.stderr);
            assert!(run.stdout.is_empty());
        }
    }
}

#[test]
fn two_accounts_are_not_compared() {
    let nights = Nights::new();
    nights.report("first.json", "one", &[]);
    let mut other = nights.read("first.json");
    other["account"]["id"] = json!("222233334444");
    nights.write("other.json", &other);
    nights.report("other.json", "two", &["--baseline", "one/report.json"]);
    let report = nights.read("two/report.json");
    assert_eq!(report["comparison"], Value::Null);
    let notes = report["notes"].as_array().expect("notes");
    assert!(
        notes.iter().any(|note| note.as_str().is_some_and(|note| note.starts_with("not compared: the baseline is of account")))
    );
    let run = natless(nights.path(), &["diff", "one/report.json", "two/report.json"]).expect_code(2);
    assert!(run.stderr.contains("only scans of one account can be compared"), "{}", run.stderr);
}

#[test]
fn settings_are_told_as_a_scan_would_take_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = natless(folder.path(), &["config", "check"]).expect_code(2);
    assert!(missing.stderr.starts_with("error: settings file `natless.toml` cannot be read"), "{}", missing.stderr);
    let text = "[thresholds]\npending_acceptance_days = 3\n[[waivers]]\ncheck = \"vpc-nat-gateway-idle\"\nresource = \"nat-0*\"\n\
                reason = \"standby\"\nuntil = 2026-01-01\n";
    std::fs::write(folder.path().join("natless.toml"), text).expect("writable");
    let told = natless(folder.path(), &["config", "check"]).expect_code(0);
    for said in
        ["natless.toml  can be used", "pending_acceptance_days = 3 (days)", "unprofitable_usd = 0", "ran out on 2026-01-01"]
    {
        assert!(told.stdout.contains(said), "{said}: {}", told.stdout);
    }
    std::fs::write(folder.path().join("wrong.toml"), "[thresholds]\nunprofitable_usd = -1\n").expect("writable");
    let wrong = natless(folder.path(), &["config", "check", "wrong.toml"]).expect_code(2);
    assert_eq!(wrong.stderr, "error: wrong.toml line 2: `unprofitable_usd` is 0 or more\n");
}

#[test]
fn shells_get_completions_and_man_gets_pages() {
    let folder = tempfile::tempdir().expect("a folder");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = natless(folder.path(), &["completions", shell]).expect_code(0).stdout;
        assert!(script.contains("natless") && script.contains("baseline"), "{shell}");
    }
    let page = natless(folder.path(), &["man"]).expect_code(0).stdout;
    assert!(page.contains(".TH natless 1") && page.contains("natless\\-scan"), "{page}");
    let scan = natless(folder.path(), &["man", "scan"]).expect_code(0).stdout;
    assert!(scan.contains("\\-\\-history"), "{scan}");
    let wrong = natless(folder.path(), &["man", "scna"]).expect_code(2);
    assert!(wrong.stderr.contains("nearest: `scan`"), "{}", wrong.stderr);
}
