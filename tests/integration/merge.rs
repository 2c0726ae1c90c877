//! Many accounts in one report: `merge`, and what it does with accounts that are missing and files that are wrong.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::binary::{Run, natless};
use crate::support::hostile::{NAMES, renamed};

const STORIES: [(&str, &str); 3] =
    [("three-tier", "111122223333"), ("hub-and-spoke", "222233334444"), ("partial-permissions", "444455556666")];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Reports of the recorded accounts, each under an id of its own, in folders of `reports`.
struct Accounts {
    folder: tempfile::TempDir,
}

impl Accounts {
    fn new() -> Self {
        let accounts = Self { folder: tempfile::tempdir().expect("a folder") };
        for (story, id) in STORIES {
            let recording = root().join("mocks/accounts").join(story);
            let scan = ["scan", "--replay", recording.to_str().expect("UTF-8"), "--format", "json"];
            let run = natless(accounts.path(), &scan);
            assert!([0, 1, 3].contains(&run.code), "{}", run.stderr);
            let mut report = run.json();
            report["account"]["id"] = json!(id);
            accounts.write(&format!("reports/{story}/report.json"), &report.to_string());
        }
        accounts
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn report(&self, story: &str) -> Value {
        let text = std::fs::read_to_string(self.path().join("reports").join(story).join("report.json")).expect("a report");
        serde_json::from_str(&text).expect("JSON")
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        std::fs::write(path, text).expect("writable");
    }

    fn merge(&self, arguments: &[&str]) -> Run {
        let mut all = vec!["merge"];
        all.extend(arguments);
        natless(self.path(), &all)
    }
}

fn open(report: &Value) -> usize {
    report["findings"].as_array().expect("findings").iter().filter(|finding| finding["status"] == "fail").count()
}

fn sum(counts: &Value) -> u64 {
    counts.as_object().expect("counts").values().map(|count| count.as_u64().expect("a number")).sum()
}

fn ids(merged: &Value, key: &str) -> Vec<String> {
    merged[key].as_array().expect("a list").iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
}

fn cents(usd: &Value) -> i64 {
    usd.as_str().expect("dollars").replace('.', "").parse().expect("a number")
}

#[test]
fn the_merged_report_is_the_sum_of_its_reports() {
    let accounts = Accounts::new();
    let merged = accounts.merge(&["reports", "--format", "json"]).expect_code(1).json();
    assert_eq!((&merged["schema"], &merged["totals"]["accounts"]), (&json!("natless/organization/1"), &json!(3)));
    let reports: Vec<Value> = STORIES.iter().map(|(story, _)| accounts.report(story)).collect();
    let all: usize = reports.iter().map(open).sum();
    assert!(all > 3);
    let totals = &merged["totals"];
    assert_eq!((sum(&totals["open"]), sum(&totals["pillars"])), (all as u64, all as u64));
    assert_eq!(open(&merged), all);
    let gaps: usize = reports.iter().map(|report| report["gaps"].as_array().expect("gaps").len()).sum();
    assert_eq!(totals["gaps"], json!(gaps));
    assert_eq!(totals["incomplete"], json!(reports.iter().filter(|report| report["gaps"] != json!([])).count()));
    let monthly: i64 = reports.iter().filter_map(|report| report["bill"]["monthly_usd"].get("high")).map(cents).sum();
    assert!((cents(&totals["monthly_usd"]["high"]) - monthly).abs() <= 3, "cents are rounded once per report: {totals}");
    let mut found = ids(&merged, "accounts");
    found.sort_unstable();
    assert_eq!(found, STORIES.map(|(_, id)| id));
    let worst: Vec<(u64, u64)> = merged["accounts"]
        .as_array()
        .expect("accounts")
        .iter()
        .map(|account| {
            (account["open"]["critical"].as_u64().expect("a count"), account["open"]["high"].as_u64().expect("a count"))
        })
        .collect();
    assert!(worst.is_sorted_by(|one, next| one >= next), "{worst:?}");
    assert_eq!(
        merged["notes"]
            .as_array()
            .expect("notes")
            .iter()
            .filter(|note| note.as_str().is_some_and(|note| note.contains("settings")))
            .count(),
        0
    );
}

#[test]
fn merged_reports_hold_to_their_schema() {
    let accounts = Accounts::new();
    let merged = accounts.merge(&["reports", "--accounts", "555566667777", "--format", "json"]).json();
    let schema = std::fs::read_to_string(root().join("reports/schema/natless-organization-1.schema.json")).expect("a schema");
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).expect("JSON")).expect("a valid schema");
    let errors: Vec<String> = validator.iter_errors(&merged).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn an_account_without_a_report_is_missing_and_not_clean() {
    let accounts = Accounts::new();
    let mut clean = accounts.report("three-tier");
    clean["findings"] = json!([]);
    clean["plan"] = json!([]);
    clean["gaps"] = json!([]);
    accounts.write("clean.json", &clean.to_string());
    let whole = accounts.merge(&["clean.json", "--accounts", "111122223333"]).expect_code(0);
    assert!(whole.stdout.contains("1 account audited") && !whole.stdout.contains("MISSING"), "{}", whole.stdout);
    let run = accounts.merge(&["clean.json", "--accounts", "111122223333,999988887777", "--format", "json"]).expect_code(3);
    let merged = run.json();
    assert_eq!(ids(&merged, "missing"), ["999988887777"]);
    let shown = accounts.merge(&["clean.json", "--accounts", "999988887777"]).expect_code(3).stdout;
    assert!(shown.contains("1 missing") && shown.contains("999988887777: no report of it was given"), "{shown}");
    assert!(shown.contains("not in the bill: 1 missing account"), "{shown}");
    let mut gaps = clean.clone();
    gaps["gaps"] = accounts.report("partial-permissions")["gaps"].clone();
    accounts.write("gaps.json", &gaps.to_string());
    accounts.merge(&["gaps.json"]).expect_code(3);
}

#[test]
fn the_bar_decides_what_fails() {
    let accounts = Accounts::new();
    let mut mild = accounts.report("three-tier");
    for finding in mild["findings"].as_array_mut().expect("findings") {
        finding["severity"] = json!("medium");
    }
    mild["gaps"] = json!([]);
    accounts.write("mild.json", &mild.to_string());
    accounts.merge(&["mild.json"]).expect_code(0);
    accounts.merge(&["mild.json", "--fail-on", "medium"]).expect_code(1);
}

#[test]
fn every_format_is_written_once_and_again_alike() {
    let accounts = Accounts::new();
    let files = ["organization.txt", "organization.json", "organization.md", "organization.csv"];
    let read = |out: &str| {
        let run = accounts.merge(&["reports", "--accounts", "555566667777", "--out", out]).expect_code(1);
        assert!(run.stdout.is_empty() && run.stderr.lines().count() == files.len(), "{}", run.stderr);
        files.map(|file| std::fs::read_to_string(accounts.path().join(out).join(file)).expect("a report"))
    };
    let first = read("one");
    assert!(first == read("two"));
    assert_eq!(std::fs::read_dir(accounts.path().join("one")).expect("a folder").count(), files.len());
    let [text, _, markdown, table] = &first;
    assert!(text.starts_with("natless ") && text.contains("3 accounts audited, 1 missing") && text.contains("\nACCOUNTS"));
    assert!(markdown.starts_with("# natless: 3 accounts audited, 1 missing\n") && markdown.chars().count() <= 65_536);
    assert!(table.starts_with("account,account_name,") && table.contains("\r\n555566667777,,,,missing,"));
    let alone = accounts.merge(&["reports", "--accounts", "555566667777", "--format", "csv"]).expect_code(1);
    assert!(alone.stdout == *table);
    let several = accounts.merge(&["reports", "--format", "csv,json"]).expect_code(2);
    assert!(several.stderr.contains("stdout takes one format"), "{}", several.stderr);
    let other = accounts.merge(&["reports", "--format", "sarif"]).expect_code(2);
    assert!(
        other.stderr.contains("a merged report has no format `sarif`: one of terminal, json, markdown, csv"),
        "{}",
        other.stderr
    );
}

#[test]
fn the_younger_of_two_reports_of_one_account_is_kept() {
    let accounts = Accounts::new();
    let mut later = accounts.report("three-tier");
    later["taken_at"] = json!("2099-01-02T02:00:00Z");
    later["findings"] = json!([]);
    later["plan"] = json!([]);
    accounts.write("later.json", &later.to_string());
    for order in [["later.json", "reports/three-tier"], ["reports/three-tier", "later.json"]] {
        let merged = accounts.merge(&[order[0], order[1], "--format", "json"]).json();
        assert_eq!((open(&merged), &merged["accounts"][0]["taken_at"]), (0, &json!("2099-01-02T02:00:00Z")));
        assert!(merged["notes"][0].as_str().expect("a note").starts_with("account 111122223333 was given twice"), "{merged}");
    }
}

#[test]
fn a_record_stands_for_its_report() {
    let accounts = Accounts::new();
    let recording = root().join("mocks/accounts/three-tier");
    let scan = ["scan", "--replay", recording.to_str().expect("UTF-8"), "--history", "past", "--format", "json"];
    let report = natless(accounts.path(), &scan).json();
    accounts.write("report.json", &report.to_string());
    let record = std::fs::read_dir(accounts.path().join("past")).expect("a folder").next().expect("a record").expect("an entry");
    let record = record.path().to_str().expect("UTF-8").to_owned();
    let of = |file: &str| accounts.merge(&[file, "--format", "json"]).stdout;
    assert!(of(&record) == of("report.json"));
}

#[test]
fn what_cannot_be_read_ends_it_before_anything_is_written() {
    let accounts = Accounts::new();
    accounts.write("half/report.json", "{\"schema\":\"natless/report/1\",");
    accounts.write("merged.json", "{\"schema\":\"natless/organization/1\"}");
    accounts.write("empty/notes.txt", "mine");
    for (argument, problem) in [
        ("half", "report `half/report.json` is truncated"),
        ("merged.json", "report `merged.json` is not a report (its schema is `natless/organization/1`"),
        ("gone.json", "report `gone.json` cannot be read"),
        ("empty", "report `empty` is a folder without a `report.json` in it or one level below"),
    ] {
        let run = accounts.merge(&["reports", argument, "--out", "out"]).expect_code(2);
        assert!(run.stderr.contains(problem) && run.stderr.lines().count() == 1, "{argument}: {}", run.stderr);
        assert_eq!(std::fs::read_dir(accounts.path().join("out")).expect("a folder").count(), 0, "{argument}");
    }
    let none = accounts.merge(&[]).expect_code(2);
    assert!(none.stderr.contains("<REPORT>"), "{}", none.stderr);
}

#[test]
fn hostile_names_are_shown_as_text() {
    let accounts = Accounts::new();
    let recording = root().join("mocks/accounts/partial-permissions");
    let scan = ["scan", "--replay", recording.to_str().expect("UTF-8"), "--snapshot", "plain.json", "--quiet"];
    natless(accounts.path(), &scan);
    let snapshot = std::fs::read_to_string(accounts.path().join("plain.json")).expect("a snapshot");
    accounts.write("hostile.json", &renamed(&snapshot));
    let analyze = ["analyze", "hostile.json", "--out", "hostile", "--format", "json"];
    natless(accounts.path(), &analyze);
    // What no account can bring, and a forged report can.
    let mut report: Value =
        serde_json::from_str(&std::fs::read_to_string(accounts.path().join("hostile/report.json")).expect("a report"))
            .expect("JSON");
    for (number, finding) in report["findings"].as_array_mut().expect("findings").iter_mut().enumerate() {
        for key in ["title", "check", "region"] {
            finding[key] = json!(NAMES[number % NAMES.len()]);
        }
    }
    report["natless"] = json!(NAMES[0]);
    report["settings_id"] = json!(NAMES[13]);
    accounts.write("hostile/report.json", &report.to_string());
    accounts.merge(&["hostile", "reports", "--out", "out"]);
    let read = |file: &str| std::fs::read_to_string(accounts.path().join("out").join(file)).expect("a report");
    for file in ["organization.txt", "organization.json", "organization.md", "organization.csv"] {
        let text = read(file);
        let control = text.chars().find(|c| !matches!(c, '\n' | '\r') && natless::report::text::is_hostile(*c));
        assert_eq!(control, None, "{file}");
        assert!(!text.contains("\n## forged heading"), "{file}");
    }
    let table = read("organization.csv");
    for row in csv::Reader::from_reader(table.as_bytes()).records() {
        for cell in row.expect("a row").iter().filter(|cell| cell.parse::<f64>().is_err()) {
            assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell}");
        }
    }
}
