//! The two streams of the terminal: reports on stdout, everything else on stderr.

use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::path::PathBuf;

use anstream::{AutoStream, ColorChoice};

use super::Color;
use crate::error::Error;
use crate::report::page::{BAD, FAINT};
use crate::report::{DEFAULT_COLUMNS, text};

/// Sets when colours are used, for both streams.
pub(super) fn set_color(color: Color) {
    let choice = match color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    };
    choice.write_global();
}

/// Whether stderr gets colours.
pub(super) fn stderr_has_color() -> bool {
    AutoStream::choice(&std::io::stderr()) != ColorChoice::Never
}

/// Whether progress can be drawn.
pub(super) fn stderr_is_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// Columns that stdout has.
pub(super) fn columns() -> usize {
    terminal_size::terminal_size_of(std::io::stdout()).map_or(DEFAULT_COLUMNS, |(width, _)| usize::from(width.0))
}

/// Writes text with style codes to stdout, without the codes where it takes no colours.
pub(super) fn print(text: &str) -> Result<(), Error> {
    let mut stdout = AutoStream::auto(std::io::stdout().lock());
    finish(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
}

/// Writes text to stdout as it is.
pub(super) fn print_plain(text: &str) -> Result<(), Error> {
    let mut stdout = std::io::stdout().lock();
    finish(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
}

/// A reader that has seen enough, such as `head`, is no failure.
fn finish(written: std::io::Result<()>) -> Result<(), Error> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(source) => Err(Error::Write { what: "report", path: PathBuf::from("standard output"), source }),
        Ok(()) => Ok(()),
    }
}

/// Tells why a run ended, in one line.
pub(super) fn error(error: &Error) {
    let message = error.to_string();
    let mut stderr = anstream::stderr().lock();
    // There is nobody left to tell that stderr is closed.
    let _ = writeln!(stderr, "{BAD}error:{BAD:#} {}", text::safe(&message));
}

/// Tells something in passing.
pub(super) fn notice(message: &str) {
    let mut stderr = anstream::stderr().lock();
    // There is nobody left to tell that stderr is closed.
    let _ = writeln!(stderr, "{FAINT}natless:{FAINT:#} {}", text::safe(message));
}
