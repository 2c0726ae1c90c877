//! Snapshots: a whole inventory in one file, `natless/inventory/1`.

use std::path::{Path, PathBuf};

use crate::document::{self, Refusal};
use crate::error::Error;
use crate::files;
use crate::model::{INVENTORY_SCHEMA, Inventory, is_account_id};

/// Why a snapshot cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The file cannot be read.
    #[error("snapshot `{}` cannot be read ({source})", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file ends in the middle of the snapshot.
    #[error("snapshot `{}` is truncated: it ends at line {line}, column {column}; write it again with `natless scan --snapshot`", .path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Last line, counted from 1.
        line: usize,
        /// Last column, counted from 1.
        column: usize,
    },
    /// The file is something else.
    #[error("`{}` is not a snapshot ({detail}); `natless scan --snapshot` writes one", .path.display())]
    NotASnapshot {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// A snapshot in which something is not as natless writes it.
    #[error("snapshot `{}` is damaged ({detail}); write it again with `natless scan --snapshot`", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        detail: String,
    },
    /// A snapshot of another version of the format.
    #[error("snapshot `{}` has schema `{schema}`, this version of natless reads `{INVENTORY_SCHEMA}`", .path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The schema it names.
        schema: String,
    },
}

/// Reads a snapshot.
///
/// # Errors
/// [`SnapshotError`], where the file cannot be read or is not a whole snapshot of this version.
pub fn read(path: &Path) -> Result<Inventory, SnapshotError> {
    let bytes = std::fs::read(path).map_err(|source| SnapshotError::Unreadable { path: path.to_owned(), source })?;
    parse(path, &bytes)
}

/// Reads a snapshot from the bytes of a file.
///
/// # Errors
/// [`SnapshotError`], where they are not a whole snapshot of this version.
pub fn parse(path: &Path, bytes: &[u8]) -> Result<Inventory, SnapshotError> {
    let inventory: Inventory = document::read(bytes, &[INVENTORY_SCHEMA]).map_err(|refusal| refuse(path, refusal))?;
    if is_account_id(&inventory.account.id) {
        return Ok(inventory);
    }
    Err(refuse(path, Refusal::Damaged { detail: "its account id is not 12 digits".to_owned() }))
}

fn refuse(path: &Path, refusal: Refusal) -> SnapshotError {
    let path = path.to_owned();
    match refusal {
        Refusal::Truncated { line, column } => SnapshotError::Truncated { path, line, column },
        Refusal::SomethingElse { detail } => SnapshotError::NotASnapshot { path, detail },
        Refusal::Version { schema } => SnapshotError::Version { path, schema },
        Refusal::Damaged { detail } => SnapshotError::Damaged { path, detail },
    }
}

/// Writes a snapshot whole or not at all, readable by its owner only: it holds the account's policies and addresses.
///
/// # Errors
/// [`Error::Write`], where the file or its folder cannot be written.
pub fn write(path: &Path, inventory: &Inventory) -> Result<(), Error> {
    files::write_whole(path, "snapshot", None, |file| {
        serde_json::to_writer(&mut *file, inventory)?;
        file.write_all(b"\n")
    })?;
    tracing::info!(path = %path.display(), "snapshot written");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn message(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.json");
        std::fs::write(&path, text).unwrap();
        let message = read(&path).unwrap_err().to_string();
        assert!(!message.contains('\n'));
        message.replace(&path.display().to_string(), "FILE")
    }

    #[test]
    fn what_was_written_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.json");
        let inventory = sample::inventory();
        write(&path, &inventory).unwrap();
        assert_eq!(read(&path).unwrap(), inventory);
        // Written over, and no temporary file left.
        write(&path, &inventory).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn every_wrong_file_gets_its_own_line() {
        let good = serde_json::to_string(&sample::inventory()).unwrap();
        assert!(
            message(good.get(..good.len() / 2).unwrap()).starts_with("snapshot `FILE` is truncated: it ends at line 1, column")
        );
        assert_eq!(message(""), "`FILE` is not a snapshot (it is empty); `natless scan --snapshot` writes one");
        assert!(message("hello").starts_with("`FILE` is not a snapshot (it is not JSON:"));
        assert!(message("[1]").starts_with("`FILE` is not a snapshot ("));
        assert!(message("{}").contains("it names no `schema`"));
        assert!(message(r#"{"schema":"natless/report/1"}"#).contains("its schema is `natless/report/1`"));
        let newer = good.replace("natless/inventory/1", "natless/inventory/2");
        assert_eq!(
            message(&newer),
            "snapshot `FILE` has schema `natless/inventory/2`, this version of natless reads `natless/inventory/1`"
        );
        let wrong = good.replace("\"lookback_days\":14", "\"lookback_days\":\"long\"");
        assert!(message(&wrong).starts_with("snapshot `FILE` is damaged (invalid type"), "{}", message(&wrong));
        let long = good.replace("\"lookback_days\":14", &format!("\"lookback_days\":\"{}\"", "9".repeat(5_000)));
        assert!(message(&long).len() < 400 && message(&long).contains("… at line 1 column"), "{}", message(&long));
    }

    #[test]
    fn a_missing_file_and_a_folder_are_unreadable() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().join("none.json"), folder.path().to_owned()] {
            assert!(matches!(read(&path), Err(SnapshotError::Unreadable { .. })));
        }
    }

    #[test]
    fn a_place_that_cannot_be_written_is_known_beforehand() {
        let folder = tempfile::tempdir().unwrap();
        assert!(files::check_writable(&folder.path().join("s.json"), "snapshot").is_ok());
        assert!(files::check_writable(folder.path(), "snapshot").is_err());
        assert!(files::check_writable(&folder.path().join("missing/s.json"), "snapshot").is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_and_the_file_behind_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("2026.json"), folder.path().join("latest.json"));
        std::fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink("2026.json", &link).unwrap();
        files::check_writable(&link, "snapshot").unwrap();
        write(&link, &sample::inventory()).unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(read(&file).unwrap(), sample::inventory());
        std::fs::remove_file(&file).unwrap();
        write(&link, &sample::inventory()).unwrap();
        assert_eq!(read(&file).unwrap(), sample::inventory());
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_written_to_and_not_replaced() {
        use std::os::unix::fs::FileTypeExt as _;
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        files::check_writable(&pipe, "snapshot").unwrap();
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::read(pipe).unwrap()
        });
        write(&pipe, &sample::inventory()).unwrap();
        assert_eq!(serde_json::from_slice::<Inventory>(&reader.join().unwrap()).unwrap(), sample::inventory());
        assert!(std::fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_a_snapshot() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.json");
        write(&path, &sample::inventory()).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
