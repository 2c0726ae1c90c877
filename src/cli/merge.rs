//! `natless merge`: the reports of many accounts in one.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;

use super::GlobalArgs;
use super::connection::account_id;
use super::output::Target;
use crate::analyze::Severity;
use crate::analyze::organization::{Merger, Missing};
use crate::error::Error;
use crate::history;
use crate::report::{Format, organization};
use crate::run::{self, Bar};

/// The file that a folder is searched for.
const REPORT: &str = "report.json";

const AFTER_HELP: &str = "\
Examples:
  natless merge reports/                                   every report.json in it, or one folder below
  natless merge prod/report.json dev/report.json --out organization
  natless merge reports/ --accounts 111122223333,222233334444 --format json | jq '.missing[].id'

Exit codes:
  0  every account was read, and nothing was found at or above --fail-on
  1  findings at or above --fail-on
  2  wrong usage, or a file that is no report
  3  an account has no report or was not read whole, and nothing was found";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct MergeArgs {
    /// Reports, or records of them: files, or folders with a report.json in them or one level below
    #[arg(value_name = "REPORT", required = true)]
    reports: Vec<PathBuf>,
    /// Accounts that must be there: those without a report are gaps
    #[arg(long, value_name = "ID", value_delimiter = ',', value_parser = account_id)]
    accounts: Vec<String>,
    /// Formats: terminal, json, markdown, csv; several need --out [default: terminal; with --out every format]
    #[arg(long, value_name = "FORMAT", value_delimiter = ',', value_parser = organization::format)]
    format: Vec<Format>,
    /// Write into a folder, as organization.txt, organization.json and so on [default: to stdout]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Exit with 1 from this severity on: critical, high, medium or low
    #[arg(long, value_name = "SEVERITY", default_value = "high")]
    fail_on: Severity,
}

pub(super) fn run(args: &MergeArgs, global: &GlobalArgs) -> Result<u8, Error> {
    let target = Target::new(args.out.as_deref(), &args.format, &organization::FORMATS, organization::file_name)?;
    let mut fold = Merger::new();
    // One after the other: a report is many times what is kept of it.
    for path in files(&args.reports)? {
        fold.add(history::read_record(&path)?, None);
    }
    for account_id in &args.accounts {
        let why = "no report of it was given".to_owned();
        fold.miss(Missing { account_id: account_id.clone(), name: None, why });
    }
    let merged = fold.finish();
    target.tell_merged(&merged, global)?;
    Ok(run::merged_exit_code(&merged, Bar { fail_on: args.fail_on, min_score: None }, false))
}

/// The files that arguments stand for, in their order.
fn files(arguments: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for argument in arguments {
        if argument.is_dir() {
            files.extend(reports_in(argument)?);
        } else {
            files.push(argument.clone());
        }
    }
    Ok(files)
}

/// The reports directly in a folder and one level below, sorted.
fn reports_in(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |source| Error::Read { what: "folder", path: folder.to_owned(), source };
    let mut found = Vec::new();
    found.extend(report_in(folder)?);
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let below = entry.map_err(unreadable)?.path();
        if below.is_dir() {
            found.extend(report_in(&below)?);
        }
    }
    if found.is_empty() {
        let problem = format!("is a folder without a `{REPORT}` in it or one level below");
        return Err(Error::Report { path: folder.to_owned(), problem });
    }
    found.sort_unstable();
    Ok(found)
}

/// The report directly in a folder. One that cannot be looked at is no absent one.
fn report_in(folder: &Path) -> Result<Option<PathBuf>, Error> {
    let path = folder.join(REPORT);
    match std::fs::metadata(&path) {
        Ok(there) if there.is_file() => Ok(Some(path)),
        // Opening a pipe would wait for somebody to write into it.
        Ok(_) => Err(Error::Report { path, problem: "is no file".to_owned() }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Read { what: "report", path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::history::Record;
    use crate::error::exit;
    use crate::report::record_v1;
    use crate::report::sample::assessment;

    fn put(folder: &Path, file: &str) {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "{}").unwrap();
    }

    #[test]
    fn a_folder_stands_for_the_reports_in_it_and_one_level_below() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for file in ["report.json", "b/report.json", "a/report.json", "a/deep/report.json", "a/report.csv", "c/other.json"] {
            put(root, file);
        }
        let found = files(&[root.join("c/other.json"), root.to_owned()]).unwrap();
        let wanted = ["c/other.json", "a/report.json", "b/report.json", "report.json"].map(|file| root.join(file));
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_folder_without_reports_is_told() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "a/deep/report.json");
        let refused = files(&[folder.path().to_owned()]).unwrap_err().to_string();
        assert!(refused.ends_with("is a folder without a `report.json` in it or one level below"), "{refused}");
        std::fs::create_dir_all(folder.path().join("b/report.json")).unwrap();
        let refused = files(&[folder.path().to_owned()]).unwrap_err().to_string();
        assert!(refused.ends_with("b/report.json` is no file"), "{refused}");
    }

    /// The exit code of a merge of records in `folder` into `folder/out`.
    fn merged(folder: &Path, accounts: &[&str]) -> Result<u8, Error> {
        let args = MergeArgs {
            reports: vec![folder.to_owned()],
            accounts: accounts.iter().map(|id| (*id).to_owned()).collect(),
            format: Vec::new(),
            out: Some(folder.join("out")),
            fail_on: Severity::High,
        };
        run(&args, &GlobalArgs { color: super::super::Color::Never, quiet: true, no_progress: true, verbose: 0 })
    }

    #[test]
    fn reports_are_folded_and_written_and_nothing_is_where_one_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let found = Record::from(&assessment());
        let clean = Record { findings: Vec::new(), plan: Vec::new(), gaps: 0, ..found.clone() };
        let keep = |file: &str, record: &Record| {
            put(root, file);
            std::fs::write(root.join(file), record_v1::render(record).unwrap()).unwrap();
        };
        keep("a/report.json", &clean);
        assert_eq!(merged(root, &["111122223333"]).unwrap(), exit::CLEAN);
        assert_eq!(merged(root, &["222233334444"]).unwrap(), exit::INCOMPLETE);
        keep("b/report.json", &Record { account_id: "222233334444".to_owned(), ..found });
        assert_eq!(merged(root, &["222233334444"]).unwrap(), exit::FINDINGS);
        let table = std::fs::read_to_string(root.join("out/organization.csv")).unwrap();
        assert!(table.contains("\r\n222233334444,,") && table.contains("\r\n111122223333,,"), "{table}");
        std::fs::remove_dir_all(root.join("out")).unwrap();
        put(root, "c/report.json");
        let refused = merged(root, &[]).unwrap_err();
        assert!(refused.to_string().contains("c/report.json` is not a report"), "{refused}");
        assert_eq!(std::fs::read_dir(root.join("out")).unwrap().count(), 0);
    }

    #[test]
    fn accounts_have_12_digits() {
        assert!(account_id("111122223333").is_ok() && account_id("1111222233334").is_err() && account_id("prod").is_err());
    }
}
