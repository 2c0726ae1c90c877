//! The folder of `--history`: one small record per scan and account, `<account>-<time>.json`, which the next scan compares with and the
//! report draws as a trend.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::analyze::history::Record;
use crate::document::Refusal;
use crate::error::Error;
use crate::files;
use crate::model::is_account_id;
use crate::report::record_v1;

/// Scans that a trend shows. Older records stay in the folder and are not read.
pub const SCANS_SHOWN: usize = 90;

/// Longest report that is read, in bytes.
const MAX_BYTES: u64 = 2 << 30;

/// What a folder of records told about one account.
#[derive(Debug, Default)]
pub struct Remembered {
    /// The records of the account that are older than the scan, oldest first.
    pub records: Vec<Record>,
    /// Files that should be records and cannot be read, one line each.
    pub unreadable: Vec<String>,
}

/// Makes the folder where it is not there, and refuses one that could not be listed or written after a long scan.
///
/// # Errors
/// [`Error::Read`] and [`Error::Write`].
pub fn prepare(folder: &Path) -> Result<(), Error> {
    files::make_folder(folder)?;
    std::fs::read_dir(folder).map_err(|source| Error::Read { what: "history folder", path: folder.to_owned(), source })?;
    files::check_writable(&folder.join("record.json"), "history folder")
}

/// Reads the last records of an account that are older than `before`.
///
/// # Errors
/// [`Error::Read`] where the folder cannot be listed.
pub fn read(folder: &Path, account_id: &str, before: jiff::Timestamp) -> Result<Remembered, Error> {
    let unreadable = |source| Error::Read { what: "history folder", path: folder.to_owned(), source };
    let now = name(account_id, before);
    let prefix = format!("{account_id}-");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned();
        // As `name` writes them: what somebody else put there is not read.
        if name.starts_with(&prefix) && name.strip_suffix(".json").is_some() && name < now {
            names.push(name);
        }
    }
    names.sort_unstable();
    let mut remembered = Remembered::default();
    for name in names.iter().skip(names.len().saturating_sub(SCANS_SHOWN - 1)) {
        let path = folder.join(name);
        // Opening a pipe would wait for somebody to write into it.
        if !std::fs::metadata(&path).is_ok_and(|there| there.is_file()) {
            remembered.unreadable.push(format!("record `{name}` is no file"));
            continue;
        }
        match read_record(&path) {
            Ok(record) if record.account_id == account_id && record.taken_at < before => remembered.records.push(record),
            Ok(_) => remembered.unreadable.push(format!("record `{name}` is of another account or time than its name says")),
            Err(error) => remembered.unreadable.push(error.to_string()),
        }
    }
    remembered.records.sort_by_key(|record| record.taken_at);
    Ok(remembered)
}

/// Keeps the record of a scan and returns the file's name.
///
/// # Errors
/// [`Error::Write`] where it cannot be written.
pub fn keep(folder: &Path, record: &Record) -> Result<PathBuf, Error> {
    if !is_account_id(&record.account_id) {
        let problem = format!("cannot keep a record of `{}`, which is no account id", record.account_id);
        return Err(Error::Report { path: folder.to_owned(), problem });
    }
    let path = folder.join(name(&record.account_id, record.taken_at));
    let text = record_v1::render(record)?;
    files::write_whole(&path, "record", Some(0o666), |file| file.write_all(text.as_bytes()))?;
    Ok(path)
}

/// Reads a report, or the record of one.
///
/// # Errors
/// [`Error::Read`] where the file cannot be read, [`Error::Report`] where it is no report of this version.
pub fn read_record(path: &Path) -> Result<Record, Error> {
    let bytes = read_limited(path).map_err(|source| Error::Read { what: "report", path: path.to_owned(), source })?;
    record_v1::read(&bytes).map_err(|refusal| Error::Report { path: path.to_owned(), problem: problem(refusal) })
}

/// What is wrong with what should be a report, and what to do, behind its name.
#[must_use]
pub fn problem(refusal: Refusal) -> String {
    match refusal {
        Refusal::Truncated { line, column } => format!("is truncated: it ends at line {line}, column {column}"),
        Refusal::SomethingElse { detail } => format!("is not a report ({detail}); `natless scan --format json` writes one"),
        Refusal::Version { schema } => format!("has schema `{schema}`, this version of natless reads `natless/report/1`"),
        Refusal::Damaged { detail } => format!("is damaged ({detail}); write it again with `natless scan --format json`"),
    }
}

/// A file that does not end is no report.
fn read_limited(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_BYTES) {
        return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, "it is larger than 2 GiB"));
    }
    Ok(bytes)
}

/// The name of a record. Names sort by time; the colons of a time are no good in them.
#[must_use]
pub fn name(account_id: &str, taken_at: jiff::Timestamp) -> String {
    format!("{account_id}-{}.json", stamp(taken_at))
}

/// A time as part of a name of a file: `20261123T020000.000Z`.
#[must_use]
pub fn stamp(taken_at: jiff::Timestamp) -> String {
    taken_at.strftime("%Y%m%dT%H%M%S%.3fZ").to_string()
}
