//! The settings file: `natless.toml` in the working folder, or the one named by `--config`.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use crate::analyze::Settings;
use crate::error::Error;

/// Name of the settings file that is looked for in the working folder.
pub const FILE_NAME: &str = "natless.toml";

/// Longest settings file that is read, in bytes: far more than anybody writes, and no risk to memory.
const MAX_BYTES: u64 = 1 << 20;

/// The settings of the named file, else those of `natless.toml` in `folder`, else the defaults.
///
/// # Errors
/// [`Error::Read`] where a file is there, or named, and cannot be read; [`Error::Settings`] where it is not valid.
pub fn load(named: Option<&Path>, folder: &Path) -> Result<Settings, Error> {
    let path = named.map_or_else(|| folder.join(FILE_NAME), Path::to_path_buf);
    match read(&path) {
        Ok(text) => {
            tracing::info!(path = %path.display(), "settings read");
            // The file found by itself is called by its name alone, whatever the folder is called.
            let origin = named.map_or_else(|| FILE_NAME.to_owned(), |path| path.display().to_string());
            Ok(Settings::from_toml(&text, &origin)?)
        }
        Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => Ok(Settings::default()),
        Err(source) => Err(Error::Read { what: "settings file", path, source }),
    }
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if u64::try_from(text.len()).is_ok_and(|length| length > MAX_BYTES) {
        return Err(std::io::Error::new(ErrorKind::FileTooLarge, "it is larger than 1 MiB"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_an_error_only_where_it_was_named() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(None, folder.path()).unwrap(), Settings::default());
        let named = folder.path().join("other.toml");
        assert!(matches!(load(Some(&named), folder.path()), Err(Error::Read { .. })));
    }

    #[test]
    fn the_file_of_the_folder_is_found() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE_NAME), "[thresholds]\npending_acceptance_days = 3\n").unwrap();
        assert_eq!(load(None, folder.path()).unwrap().thresholds.pending_acceptance_days, 3);
    }

    #[test]
    fn an_endless_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let named = folder.path().join("big.toml");
        std::fs::write(&named, "#".repeat(1 << 20)).unwrap();
        assert_eq!(load(Some(&named), folder.path()).unwrap(), Settings::default());
        std::fs::write(&named, "#".repeat((1 << 20) + 1)).unwrap();
        let refused = load(Some(&named), folder.path()).unwrap_err().to_string();
        assert!(refused.ends_with("big.toml` cannot be read (it is larger than 1 MiB)"), "{refused}");
    }
}
