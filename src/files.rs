//! Files on disk that appear whole or not at all.

use std::collections::BTreeSet;
use std::io::{BufWriter, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;

use crate::error::Error;

/// Drafts that are on disk. Whoever makes one, or gives one its name, holds the lock, so that [`abandon`] misses none.
static DRAFTS: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn drafts() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    DRAFTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file that has no name yet. Without one it goes when it is dropped, or when the program is stopped.
#[derive(Debug)]
pub(crate) struct Draft {
    file: NamedTempFile,
    listed: Listed,
}

/// The place of a draft in the list of them.
#[derive(Debug)]
struct Listed(PathBuf);

impl Drop for Listed {
    fn drop(&mut self) {
        drafts().remove(&self.0);
    }
}

impl Draft {
    /// A draft in this folder. `mode` gives the Unix permissions, less the umask; without one only the owner may read the file.
    pub(crate) fn new(folder: &Path, mode: Option<u32>) -> std::io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".natless-");
        #[cfg(unix)]
        if let Some(mode) = mode {
            use std::os::unix::fs::PermissionsExt as _;
            builder.permissions(std::fs::Permissions::from_mode(mode));
        }
        #[cfg(not(unix))]
        let _ = mode;
        let mut drafts = drafts();
        let file = builder.tempfile_in(folder).map_err(|error| bare(&error))?;
        let path = file.path().to_owned();
        drafts.insert(path.clone());
        Ok(Self { file, listed: Listed(path) })
    }

    /// What is written to.
    pub(crate) fn file(&mut self) -> &mut std::fs::File {
        self.file.as_file_mut()
    }

    /// Gives the file its name, in the place of what has it.
    pub(crate) fn name(self, path: &Path) -> std::io::Result<()> {
        let Self { file, listed } = self;
        let drafts = drafts();
        let named = file.persist(path).map(drop).map_err(|error| error.error);
        drop(drafts);
        drop(listed);
        named
    }
}

/// Removes every draft, and keeps others from being made or named: the program is about to end in the middle of its work.
pub fn abandon() {
    let drafts = drafts();
    for draft in drafts.iter() {
        // What cannot be removed stays, and there is nobody left to tell.
        let _ = std::fs::remove_file(draft);
    }
    std::mem::forget(drafts);
}

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
        let path = &behind_links(path)?;
        let mut draft = Draft::new(folder_of(path), mode)?;
        let mut writer = BufWriter::new(draft.file());
        fill(&mut writer)?;
        writer.flush()?;
        drop(writer);
        draft.file().sync_all()?;
        draft.name(path)
    };
    attempt().map_err(|source| Error::Write { what, path: path.to_owned(), source: bare(&source) })
}

/// Makes a folder, where it is not there.
///
/// # Errors
/// [`Error::Write`] where it cannot be made.
pub fn make_folder(folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(|error| {
        // Something has the name and is no folder.
        let source = if error.kind() == ErrorKind::AlreadyExists { ErrorKind::NotADirectory.into() } else { error };
        Error::Write { what: "folder", path: folder.to_owned(), source }
    })
}

/// Whether something is there that is neither a file nor a folder: a device, a pipe, a socket.
fn is_special(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir())
}

/// Most symbolic links in a row, as Linux has it.
const MAX_LINKS: usize = 40;

/// The file that a symbolic link leads to, over others, be it there or not yet.
fn behind_links(path: &Path) -> std::io::Result<PathBuf> {
    let mut behind = path.to_owned();
    for _ in 0..MAX_LINKS {
        match std::fs::read_link(&behind) {
            Ok(link) => behind = folder_of(&behind).join(link),
            // No link, or nothing.
            Err(_) => return Ok(behind),
        }
    }
    // Links in a circle: the system says so.
    std::fs::metadata(path).and(Err(ErrorKind::InvalidInput.into()))
}

/// The error without the name of the temporary file, which means nothing to anybody.
fn bare(error: &std::io::Error) -> std::io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), std::io::Error::from_raw_os_error)
}

/// Refuses, before anything is asked of AWS, a file that could not be written in the end.
///
/// # Errors
/// [`Error::Write`], where the file's folder cannot be written, or the name is taken by a folder or cannot be one.
pub fn check_writable(path: &Path, what: &'static str) -> Result<(), Error> {
    let named = path.to_owned();
    let refused = |source| Error::Write { what, path: named.clone(), source };
    if path.is_dir() {
        return Err(refused(ErrorKind::IsADirectory.into()));
    }
    // Opening a pipe once to see whether it can be opened would end its reader.
    if is_special(path) {
        return Ok(());
    }
    let path = &behind_links(path).map_err(refused)?;
    match std::fs::symlink_metadata(path) {
        // A name that is too long, a folder that is none.
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(refused(error)),
        _ => {}
    }
    std::fs::metadata(folder_of(path)).map_err(refused)?;
    Draft::new(folder_of(path), None).map(drop).map_err(refused)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}
