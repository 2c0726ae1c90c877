//! Files on disk that appear whole or not at all.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Writes a file whole or not at all: to a temporary file in the same folder, which then takes the name.
///
/// A symbolic link stays, and the file it leads to is written. A device or a pipe is written to as it is: putting a file in
/// its place would take `/dev/null` from everybody on the machine. `mode` gives the Unix permissions, less the umask; without one only the owner may read the file.
///
/// # Errors
/// [`Error::Write`], where the file or its folder cannot be written.
pub fn write_whole(
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

/// Makes a folder, where it is not there.
///
/// # Errors
/// [`Error::Write`] where it cannot be made.
pub fn make_folder(folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(|source| Error::Write { what: "folder", path: folder.to_owned(), source })
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
pub fn check_writable(path: &Path, what: &'static str) -> Result<(), Error> {
    let named = path.to_owned();
    let refused = |source| Error::Write { what, path: named.clone(), source };
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
