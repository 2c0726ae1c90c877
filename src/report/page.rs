//! A page of text for a terminal: styled lines of a given width.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::text;
use crate::analyze::Severity;

/// Narrowest width that is laid out for, in columns.
const MIN_WIDTH: usize = 60;

/// Widest line of running text, in columns: longer ones are hard to read.
const MAX_WIDTH: usize = 120;

/// Narrowest last column of a row, in columns; a narrower one goes below the row.
const MIN_LAST_COLUMN: usize = 24;

/// Plain text.
pub const PLAIN: Style = Style::new();
/// Headings and what must be seen first.
pub const STRONG: Style = Style::new().bold();
/// What is there for completeness.
pub const FAINT: Style = Style::new().dimmed();
/// In order.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// Wrong, but not urgent; also whatever goes through a NAT gateway.
pub const WARN: Style = AnsiColor::Yellow.on_default();
/// Wrong.
pub const BAD: Style = AnsiColor::Red.on_default();
/// Names to type or to look up.
pub const NAME: Style = AnsiColor::Cyan.on_default();

/// The style of a severity's word.
#[must_use]
pub fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Critical => BAD.bold().invert(),
        Severity::High => BAD.bold(),
        Severity::Medium => WARN.bold(),
        Severity::Low => NAME,
    }
}

/// A piece of text in one style.
#[derive(Debug, Clone)]
pub struct Span {
    /// The text, safe to show.
    pub text: String,
    /// How it looks.
    pub style: Style,
}

impl Span {
    /// A piece of text in this style; text from outside goes through [`text::safe`] here.
    pub fn new(raw: impl AsRef<str>, style: Style) -> Self {
        Self { text: text::safe(raw.as_ref()).into_owned(), style }
    }

    /// A piece of plain text.
    pub fn plain(raw: impl AsRef<str>) -> Self {
        Self::new(raw, PLAIN)
    }

    /// Columns it takes.
    #[must_use]
    pub fn width(&self) -> usize {
        text::width(&self.text)
    }
}

/// Lines of text, each at most as wide as the page.
#[derive(Debug, Clone)]
pub struct Page {
    text: String,
    width: usize,
}

impl Page {
    /// An empty page for a terminal of this many columns.
    #[must_use]
    pub fn new(columns: usize) -> Self {
        Self { text: String::new(), width: columns.clamp(MIN_WIDTH, MAX_WIDTH) }
    }

    /// Columns of the page.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// The text with its styles.
    #[must_use]
    pub fn finish(self) -> String {
        self.text
    }

    /// An empty line, unless the page begins or the line above is empty.
    pub fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// One line of pieces behind `indent` columns. The last piece is clipped at the page's width.
    pub fn line(&mut self, indent: usize, spans: &[Span]) {
        let mut used = indent;
        let mut line = " ".repeat(indent);
        for span in spans {
            let shown = text::clip(&span.text, self.width.saturating_sub(used));
            used += text::width(&shown);
            push_styled(&mut line, &shown, span.style);
            if shown != span.text {
                break;
            }
        }
        self.push_line(&line);
    }

    /// One line as it is, however long: a command that is to be copied.
    pub fn verbatim(&mut self, indent: usize, raw: &str, style: Style) {
        let mut line = " ".repeat(indent);
        push_styled(&mut line, &text::safe(raw), style);
        self.push_line(&line);
    }

    /// Running text behind `indent` columns, wrapped.
    pub fn paragraph(&mut self, indent: usize, raw: &str, style: Style) {
        self.hanging(&[], indent, raw, style);
    }

    /// Running text behind `indent` columns, wrapped, with a label in the indent of its first line.
    pub fn hanging(&mut self, label: &[Span], indent: usize, raw: &str, style: Style) {
        let shown = text::safe(raw);
        for (number, piece) in text::wrap(&shown, self.width.saturating_sub(indent)).iter().enumerate() {
            let mut line = String::new();
            let mut used = 0;
            if number == 0 {
                for span in label {
                    used += span.width();
                    push_styled(&mut line, &span.text, span.style);
                }
            }
            line.push_str(&" ".repeat(indent.saturating_sub(used)));
            push_styled(&mut line, piece, style);
            self.push_line(&line);
        }
    }

    /// Rows in columns, each column as wide as its widest cell; the last cell of a row takes what is left and is wrapped.
    pub fn rows(&mut self, indent: usize, rows: &[Vec<Span>]) {
        self.rows_as_wide(indent, rows, &column_widths(rows));
    }

    /// [`rows`](Self::rows) with columns as wide as those of a larger table.
    pub fn rows_as_wide(&mut self, indent: usize, rows: &[Vec<Span>], widths: &[usize]) {
        for row in rows {
            let Some((last, head)) = row.split_last() else { continue };
            let mut label = vec![Span::plain(" ".repeat(indent))];
            for (cell, width) in head.iter().zip(widths) {
                label.push(Span { text: cell.text.clone(), style: cell.style });
                label.push(Span::plain(" ".repeat(width.saturating_sub(cell.width()) + 2)));
            }
            let column = label.iter().map(Span::width).sum();
            if column + MIN_LAST_COLUMN <= self.width {
                self.hanging(&label, column, &last.text, last.style);
            } else {
                self.line(0, &label);
                self.paragraph(indent + 4, &last.text, last.style);
            }
        }
    }

    fn push_line(&mut self, line: &str) {
        self.text.push_str(line.trim_end_matches(' '));
        self.text.push('\n');
    }
}

/// Columns that the widest cell of each column takes.
#[must_use]
pub fn column_widths<'a>(rows: impl IntoIterator<Item = &'a Vec<Span>>) -> Vec<usize> {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            match widths.get_mut(column) {
                Some(width) => *width = (*width).max(cell.width()),
                None => widths.push(cell.width()),
            }
        }
    }
    widths
}

/// Puts text between the codes of its style; the codes of the plain style are empty.
fn push_styled(line: &mut String, text: &str, style: Style) {
    // Blanks stay outside, so that those at the end of a line can be cut off.
    let words = text.trim_end_matches(' ');
    if words.is_empty() {
        line.push_str(text);
    } else {
        // Writing to a string cannot fail.
        let _ = write!(line, "{style}{words}{style:#}{:blanks$}", "", blanks = text.len() - words.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(page: Page) -> String {
        anstream::adapter::strip_str(&page.finish()).to_string()
    }

    #[test]
    fn a_page_stays_within_its_width() {
        let mut page = Page::new(60);
        page.line(2, &[Span::plain("x".repeat(100)), Span::plain("never seen")]);
        page.paragraph(4, &"word ".repeat(40), STRONG);
        page.rows(2, &[vec![Span::new("label", NAME), Span::plain("text ".repeat(40))]]);
        let text = stripped(page);
        assert!(text.lines().all(|line| text::width(line) <= 60), "{text}");
        assert!(text.lines().count() > 6);
    }

    #[test]
    fn columns_line_up() {
        let mut page = Page::new(80);
        page.rows(2, &[vec![Span::plain("本番"), Span::plain("a")], vec![Span::plain("longer"), Span::plain("b")]]);
        assert_eq!(stripped(page), "  本番    a\n  longer  b\n");
    }

    #[test]
    fn hostile_text_cannot_start_a_line_or_a_colour() {
        let mut page = Page::new(80);
        page.line(0, &[Span::plain("name\n\u{1b}[31mfake")]);
        page.paragraph(0, "a\nb\u{1b}", PLAIN);
        assert_eq!(page.finish(), "name\\n\\u{1b}[31mfake\na\\nb\\u{1b}\n");
    }

    #[test]
    fn gaps_do_not_pile_up() {
        let mut page = Page::new(80);
        page.gap();
        page.line(0, &[Span::plain("a")]);
        page.gap();
        page.gap();
        page.line(0, &[Span::plain("b")]);
        assert_eq!(page.finish(), "a\n\nb\n");
    }
}
