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

/// Longest message on stderr, in columns: what is wrong may repeat a name as long as a file.
const MESSAGE_COLUMNS: usize = 1_000;

/// Columns that stdout has: those of the terminal, else what `COLUMNS` says.
pub(super) fn columns() -> usize {
    let of_terminal = terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
    of_terminal.filter(|columns| *columns > 0).unwrap_or_else(|| told_columns(std::env::var("COLUMNS").ok().as_deref()))
}

fn told_columns(variable: Option<&str>) -> usize {
    variable.and_then(|told| told.trim().parse().ok()).filter(|columns| *columns > 0).unwrap_or(DEFAULT_COLUMNS)
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
    let mut stderr = anstream::stderr().lock();
    // There is nobody left to tell that stderr is closed.
    let _ = writeln!(stderr, "{BAD}error:{BAD:#} {}", one_line(&error.to_string()));
}

/// Tells something in passing.
pub(super) fn notice(message: &str) {
    let mut stderr = anstream::stderr().lock();
    // There is nobody left to tell that stderr is closed.
    let _ = writeln!(stderr, "{FAINT}natless:{FAINT:#} {}", one_line(message));
}

fn one_line(message: &str) -> String {
    text::clip(&text::safe(message), MESSAGE_COLUMNS).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_of_bounded_length() {
        assert_eq!(one_line("no\nway\u{1b}[2J"), r"no\nway\u{1b}[2J");
        let long = one_line(&"k".repeat(1_000_000));
        assert_eq!((text::width(&long), long.ends_with('…')), (MESSAGE_COLUMNS, true));
    }

    #[test]
    fn columns_are_told_only_by_a_number() {
        assert_eq!(told_columns(Some("80")), 80);
        for useless in [None, Some(""), Some("0"), Some("-4"), Some("wide")] {
            assert_eq!(told_columns(useless), DEFAULT_COLUMNS);
        }
    }
}
