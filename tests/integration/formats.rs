//! Every format of the report is valid by its public schema, says the same in the same bytes, and shows hostile names as text.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use natless::report::Format;
use serde_json::Value;

use crate::support::binary::{Run, natless};
use crate::support::hostile::{NAMES, renamed};
use crate::support::python::python;

const ACCOUNTS: [&str; 3] = ["three-tier", "hub-and-spoke", "partial-permissions"];

/// Formats that have a public schema, with the words of the validator.
const WITH_SCHEMA: [(Format, &str); 4] =
    [(Format::Sarif, "sarif"), (Format::Ocsf, "ocsf"), (Format::Asff, "asff"), (Format::Junit, "junit")];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn recorded(account: &str) -> String {
    root().join("mocks/accounts").join(account).to_str().expect("UTF-8").to_owned()
}

fn audited(run: Run) -> Run {
    assert!([0, 1, 3].contains(&run.code), "{}", run.stderr);
    run
}

/// Checks files by the schemas of their formats.
fn validate(files: &[(&str, PathBuf)]) -> Run {
    let folder = root().join("tests/formats");
    let mut command = Command::new(python("formats-venv", &folder.join("requirements.txt")));
    command.arg(folder.join("validate.py")).env("PYTHONDONTWRITEBYTECODE", "1");
    command.args(files.iter().map(|(format, file)| format!("{format}={}", file.display())));
    command.output().expect("the validator starts").into()
}

/// A snapshot of an account with hostile names, in `folder`.
fn hostile_snapshot(folder: &Path) {
    // The one with gaps, whose messages are hostile too.
    audited(natless(folder, &["scan", "--replay", &recorded("partial-permissions"), "--snapshot", "plain.json", "--quiet"]));
    let snapshot = std::fs::read_to_string(folder.join("plain.json")).expect("a snapshot");
    std::fs::write(folder.join("hostile.json"), renamed(&snapshot)).expect("writable");
}

/// Settings that waive some findings of every recorded account, one of them no more.
const WAIVERS: &str = r#"
[[waivers]]
check = "s3-bucket-insecure-transport"
resource = "*"
reason = "=cmd|' /C calc'!A0 <b>accepted</b> | by `@team`"
owner = "network team"
until = 2099-12-31

[[waivers]]
check = "vpc-flow-logs-blind"
resource = "*"
reason = "until the new logs are there"
until = 2026-01-01
"#;

#[test]
fn machine_formats_hold_to_their_public_schemas() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut files = Vec::new();
    let mut take =
        |out: &str| files.extend(WITH_SCHEMA.map(|(format, word)| (word, folder.path().join(out).join(format.file_name()))));
    std::fs::write(folder.path().join("waivers.toml"), WAIVERS).expect("writable");
    for account in ACCOUNTS {
        audited(natless(folder.path(), &["scan", "--replay", &recorded(account), "--out", account, "--quiet"]));
        take(account);
    }
    let baseline = "three-tier/report.json";
    let again =
        ["scan", "--replay", &recorded("three-tier"), "--out", "again", "--baseline", baseline, "--config", "waivers.toml"];
    audited(natless(folder.path(), &again));
    take("again");
    hostile_snapshot(folder.path());
    audited(natless(folder.path(), &["analyze", "hostile.json", "--out", "hostile", "--config", "waivers.toml"]));
    take("hostile");
    let run = validate(&files);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);

    // The validator can say no.
    let broken = folder.path().join("broken");
    std::fs::create_dir(&broken).expect("writable");
    for (format, word, from, to) in [
        (Format::Sarif, "sarif", "\"level\": \"error\"", "\"level\": \"fatal\""),
        (Format::Ocsf, "ocsf", "\"status_id\":3", "\"status_id\":77"),
        (Format::Asff, "asff", "\"Status\":\"FAILED\"", "\"Status\":\"BROKEN\""),
        (Format::Junit, "junit", "failures=\"1\"", "failures=\"9\""),
    ] {
        let whole = std::fs::read_to_string(folder.path().join("three-tier").join(format.file_name())).expect("a report");
        let file = broken.join(format.file_name());
        std::fs::write(&file, whole.replacen(from, to, 1)).expect("writable");
        assert_ne!(std::fs::read_to_string(&file).expect("a report"), whole, "{word} has `{from}`");
        let run = validate(&[(word, file)]);
        assert_eq!(run.code, 1, "{word}: {}{}", run.stdout, run.stderr);
    }
}

#[test]
fn the_same_account_gives_the_same_bytes_in_every_format() {
    let folder = tempfile::tempdir().expect("a folder");
    for account in ACCOUNTS {
        let read = |out: &str, concurrency: &str| {
            let arguments = ["scan", "--replay", &recorded(account), "--out", out, "--max-concurrency", concurrency];
            audited(natless(folder.path(), &arguments));
            let file = |format: Format| std::fs::read(folder.path().join(out).join(format.file_name())).expect("a report");
            Format::ALL.map(|format| (format.file_name(), file(format)))
        };
        for ((name, first), (_, second)) in read("first", "1").into_iter().zip(read("second", "64")) {
            assert!(first == second, "{account}: {name} differs");
            assert!(first.len() > 1_000 && first.ends_with(b"\n"), "{account}: {name}");
        }
    }
}

/// Characters that move a cursor, hide or reorder text.
fn controls(text: &str) -> Vec<char> {
    text.chars().filter(|c| !matches!(c, '\n' | '\r') && natless::report::text::is_hostile(*c)).collect()
}

#[test]
fn hostile_names_are_shown_as_text() {
    let folder = tempfile::tempdir().expect("a folder");
    hostile_snapshot(folder.path());
    std::fs::write(folder.path().join("waivers.toml"), WAIVERS).expect("writable");
    audited(natless(folder.path(), &["analyze", "hostile.json", "--out", "out", "--config", "waivers.toml"]));
    let report: BTreeMap<&str, String> = Format::ALL
        .map(|format| {
            (format.as_str(), std::fs::read_to_string(folder.path().join("out").join(format.file_name())).expect("text"))
        })
        .into();
    for (format, text) in &report {
        assert_eq!(controls(text), Vec::<char>::new(), "{format}");
    }
    for format in ["html", "junit"] {
        assert!(!report[format].contains("<script>alert") && !report[format].contains("<img src=x"), "{format}");
    }

    let mut rows = csv::Reader::from_reader(report["csv"].as_bytes());
    let cells: Vec<csv::StringRecord> = rows.records().collect::<Result<_, _>>().expect("a table");
    let mut quoted = 0;
    for cell in cells.iter().flat_map(csv::StringRecord::iter) {
        let first = cell.trim_start_matches([' ', '"', '\'']).chars().next();
        if first.is_some_and(|first| matches!(first, '=' | '+' | '@' | '-')) && cell.parse::<f64>().is_err() {
            assert!(cell.starts_with('\''), "{cell}");
            quoted += 1;
        }
    }
    assert!(quoted > 0, "some names begin like formulas");

    let markdown = &report["markdown"];
    let outside = without_code(markdown);
    for mark in ["<img", "<script", "](http", "https://evil", "@everyone", "@team", "![", "forged heading\n"] {
        assert!(!outside.contains(mark), "{mark} in\n{outside}");
    }
    for line in markdown.lines().filter(|line| line.starts_with('#')) {
        assert!(!line.contains("forged"), "{line}");
    }

    // The data of the page is exact, and stands in its element.
    let (_, data) = report["html"].split_once("id=\"data\">").expect("data");
    let (data, _) = data.split_once("</script>").expect("the end of the data");
    let data: Value = serde_json::from_str(data).expect("JSON");
    let text = data.to_string();
    for name in NAMES {
        let name = Value::from(*name).to_string();
        assert!(text.contains(name.trim_matches('"')), "{name}");
    }
}

/// Markdown without its code spans.
fn without_code(markdown: &str) -> String {
    let span = regex::Regex::new(r"```` [^\n]*? ````|``` [^\n]*? ```|`` [^\n]*? ``|`[^`\n]*`").expect("a pattern");
    span.replace_all(markdown, "").into_owned()
}

#[test]
fn a_folder_that_cannot_be_written_is_told_before_anything_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("taken"), "a file").expect("writable");
    for option in ["--out", "--history"] {
        let run = natless(folder.path(), &["scan", "--replay", &recorded("three-tier"), option, "taken"]).expect_code(2);
        assert!(run.stderr.starts_with("error: folder `taken` cannot be written"), "{}", run.stderr);
        assert!(run.stdout.is_empty());
    }
}

#[test]
fn a_format_alone_goes_to_stdout_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    audited(natless(folder.path(), &["scan", "--replay", &recorded("three-tier"), "--out", "out", "--quiet"]));
    for format in Format::ALL.into_iter().filter(|format| *format != Format::Terminal) {
        let run = audited(natless(folder.path(), &["scan", "--replay", &recorded("three-tier"), "--format", format.as_str()]));
        let file = std::fs::read_to_string(folder.path().join("out").join(format.file_name())).expect("a report");
        assert!(run.stdout == file, "{format:?}");
    }
}
