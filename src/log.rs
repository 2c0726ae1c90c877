//! The log on stderr, without what libraries repeat of requests: their messages come from servers, and so may hold anything.

use std::io::{self, Write};

use crate::collect::hide;

/// Writes log lines to stderr, without session tokens, signatures and ids of access keys.
#[derive(Debug)]
pub(crate) struct LogWriter(io::Stderr);

/// A writer for one line.
pub(crate) fn writer() -> LogWriter {
    LogWriter(io::stderr())
}

impl Write for LogWriter {
    /// Takes a whole line: what makes the lines hands each over in one piece.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write_all(hide(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
