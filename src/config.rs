//! The settings file: `natless.toml` in the working folder, or the one named by `--config`.

use std::io::ErrorKind;
use std::path::Path;

use crate::analyze::Settings;
use crate::error::Error;

/// Name of the settings file that is looked for in the working folder.
pub const FILE_NAME: &str = "natless.toml";

/// The settings of the named file, else those of `natless.toml` in `folder`, else the defaults.
///
/// # Errors
/// [`Error::Read`] where a file is there, or named, and cannot be read; [`Error::Settings`] where it is not valid.
pub fn load(named: Option<&Path>, folder: &Path) -> Result<Settings, Error> {
    let path = named.map_or_else(|| folder.join(FILE_NAME), Path::to_path_buf);
    match std::fs::read_to_string(&path) {
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
}
