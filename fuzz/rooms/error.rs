//! In the place of the program's errors, which know every stage: the one that writing a file ends with.

use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{what} `{}` cannot be written ({source})", .path.display())]
    Write { what: &'static str, path: PathBuf, source: std::io::Error },
}
