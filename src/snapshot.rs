//! Snapshots: a whole inventory in one file, `natless/inventory/1`.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::error::Category;

use crate::error::Error;
use crate::model::{INVENTORY_SCHEMA, Inventory};

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

/// What every version of the format begins with.
#[derive(Deserialize)]
struct Head {
    schema: Option<String>,
}

/// Reads a snapshot.
///
/// # Errors
/// [`SnapshotError`], where the file cannot be read or is not a whole snapshot of this version.
pub fn read(path: &Path) -> Result<Inventory, SnapshotError> {
    let bytes = std::fs::read(path).map_err(|source| SnapshotError::Unreadable { path: path.to_owned(), source })?;
    // The schema first: a newer snapshot is to be called newer, not malformed.
    let head: Head = serde_json::from_slice(&bytes).map_err(|error| refuse(path, &error))?;
    match head.schema {
        Some(schema) if schema == INVENTORY_SCHEMA => {}
        Some(schema) if schema.starts_with("natless/inventory/") => {
            return Err(SnapshotError::Version { path: path.to_owned(), schema });
        }
        Some(schema) => {
            let detail = format!("its schema is `{schema}`, not `{INVENTORY_SCHEMA}`");
            return Err(SnapshotError::NotASnapshot { path: path.to_owned(), detail });
        }
        None => {
            return Err(SnapshotError::NotASnapshot { path: path.to_owned(), detail: "it names no `schema`".to_owned() });
        }
    }
    serde_json::from_slice(&bytes).map_err(|error| match refuse(path, &error) {
        // It names the schema, so it is a snapshot.
        SnapshotError::NotASnapshot { path, detail } => SnapshotError::Damaged { path, detail },
        other => other,
    })
}

fn refuse(path: &Path, error: &serde_json::Error) -> SnapshotError {
    let path = path.to_owned();
    match error.classify() {
        // An empty file is no half snapshot.
        Category::Eof if error.line() <= 1 && error.column() == 0 => {
            SnapshotError::NotASnapshot { path, detail: "it is empty".to_owned() }
        }
        Category::Eof => SnapshotError::Truncated { path, line: error.line(), column: error.column() },
        Category::Syntax => SnapshotError::NotASnapshot { path, detail: format!("it is not JSON: {}", brief(error)) },
        Category::Data | Category::Io => SnapshotError::NotASnapshot { path, detail: brief(error) },
    }
}

/// Most characters that are repeated of a value that is wrong.
const REPEATED: usize = 200;

/// What is wrong, with its place, and without the whole of a value that may be as long as the file.
fn brief(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let what = text.strip_suffix(&place).unwrap_or(&text);
    if what.chars().count() <= REPEATED {
        return text;
    }
    format!("{}…{place}", what.chars().take(REPEATED).collect::<String>())
}

/// Writes a snapshot whole or not at all, readable by its owner only: it holds the account's policies and addresses.
///
/// # Errors
/// [`Error::Write`], where the file or its folder cannot be written.
pub fn write(path: &Path, inventory: &Inventory) -> Result<(), Error> {
    write_whole(path, "snapshot", None, |file| {
        serde_json::to_writer(&mut *file, inventory)?;
        file.write_all(b"\n")
    })?;
    tracing::info!(path = %path.display(), "snapshot written");
    Ok(())
}

/// Writes a file whole or not at all: to a temporary file in the same folder, which then takes the name.
///
/// A symbolic link stays, and the file it leads to is written. A device or a pipe is written to as it is: putting a file in
/// its place would take `/dev/null` from everybody on the machine. `mode` gives the Unix permissions, less the umask; without one only the owner may read the file.
///
/// # Errors
/// [`Error::Write`], where the file or its folder cannot be written.
pub(crate) fn write_whole(
    path: &Path,
    what: &'static str,
    mode: Option<u32>,
    fill: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
) -> Result<(), Error> {
    let attempt = || {
        if is_special(path) {
            let mut writer = BufWriter::new(std::fs::OpenOptions::new().write(true).open(path)?);
            fill(&mut writer)?;
            return writer.flush();
        }
        let path = &behind_links(path);
        let mut builder = tempfile::Builder::new();
        builder.prefix(".natless-");
        #[cfg(unix)]
        if let Some(mode) = mode {
            use std::os::unix::fs::PermissionsExt as _;
            builder.permissions(std::fs::Permissions::from_mode(mode));
        }
        #[cfg(not(unix))]
        let _ = mode;
        let mut temporary = builder.tempfile_in(folder_of(path))?;
        let mut writer = BufWriter::new(temporary.as_file_mut());
        fill(&mut writer)?;
        writer.flush()?;
        drop(writer);
        temporary.as_file().sync_all()?;
        temporary.persist(path).map(drop).map_err(|error| error.error)
    };
    attempt().map_err(|source| Error::Write { what, path: path.to_owned(), source: bare(&source) })
}

/// Whether something is there that is neither a file nor a folder: a device, a pipe, a socket.
fn is_special(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir())
}

/// The file that a symbolic link leads to, be it there or not yet.
fn behind_links(path: &Path) -> PathBuf {
    let missing = || std::fs::read_link(path).map_or_else(|_| path.to_owned(), |link| folder_of(path).join(link));
    std::fs::canonicalize(path).unwrap_or_else(|_| missing())
}

/// The error without the name of the temporary file, which means nothing to anybody.
fn bare(error: &std::io::Error) -> std::io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), std::io::Error::from_raw_os_error)
}

/// Refuses, before anything is asked of AWS, a file that could not be written in the end.
///
/// # Errors
/// [`Error::Write`], where the file's folder cannot be written or the name is taken by a folder.
pub fn check_writable(path: &Path) -> Result<(), Error> {
    let named = path.to_owned();
    let refused = |source| Error::Write { what: "snapshot", path: named.clone(), source };
    if path.is_dir() {
        return Err(refused(std::io::ErrorKind::IsADirectory.into()));
    }
    // Opening a pipe once to see whether it can be opened would end its reader.
    if is_special(path) {
        return Ok(());
    }
    let path = &behind_links(path);
    std::fs::metadata(folder_of(path)).map_err(refused)?;
    tempfile::Builder::new().prefix(".natless-").tempfile_in(folder_of(path)).map(drop).map_err(|error| refused(bare(&error)))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
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
        assert!(check_writable(&folder.path().join("s.json")).is_ok());
        assert!(check_writable(folder.path()).is_err());
        assert!(check_writable(&folder.path().join("missing/s.json")).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_and_the_file_behind_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("2026.json"), folder.path().join("latest.json"));
        std::fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink("2026.json", &link).unwrap();
        check_writable(&link).unwrap();
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
        check_writable(&pipe).unwrap();
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
