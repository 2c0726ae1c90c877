//! The reports of many accounts folded into one, in the formats that say something about them all.

mod csv;
mod json_v1;
mod markdown;
#[cfg(test)]
pub(crate) mod sample;
mod terminal;
mod words;

use super::{Format, RenderError};
use crate::analyze::organization::Merged;

pub use json_v1::SCHEMA;

/// Formats of a merged report. The others are of single findings, which the reports of the accounts have whole.
pub const FORMATS: [Format; 4] = [Format::Terminal, Format::Json, Format::Markdown, Format::Csv];

/// The format with this name.
///
/// # Errors
/// One line, where a merged report has no such format.
pub fn format(word: &str) -> Result<Format, String> {
    FORMATS.into_iter().find(|format| format.as_str() == word).ok_or_else(|| no_format(word))
}

fn no_format(word: &str) -> String {
    format!("a merged report has no format `{word}`: one of {}", FORMATS.map(Format::as_str).join(", "))
}

/// The name of its file in a folder of reports.
#[must_use]
pub fn file_name(format: Format) -> String {
    format.file_name().replacen("report", "organization", 1)
}

/// The merged report as text. The terminal's carries style codes, which whoever writes it to something else strips.
///
/// # Errors
/// [`RenderError`] where a merged report has no such format, or cannot be put into it.
pub fn render(format: Format, merged: &Merged, columns: usize) -> Result<String, RenderError> {
    match format {
        Format::Terminal => Ok(terminal::render(merged, columns)),
        Format::Json => Ok(json_v1::render(merged)?),
        Format::Markdown => Ok(markdown::render(merged)),
        Format::Csv => csv::render(merged),
        Format::Html | Format::Sarif | Format::Ocsf | Format::Asff | Format::Junit => {
            Err(RenderError::Text { format: format.as_str(), detail: no_format(format.as_str()) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::text;

    #[test]
    fn each_format_has_its_name_and_the_others_are_refused() {
        let names = FORMATS.map(file_name);
        assert_eq!(names, ["organization.txt", "organization.json", "organization.md", "organization.csv"]);
        for known in Format::ALL {
            let rendered = render(known, &sample::merged(), 100);
            assert_eq!(rendered.is_ok(), format(known.as_str()).is_ok());
            assert_eq!(rendered.is_ok(), FORMATS.contains(&known));
        }
        assert_eq!(format("html"), Err("a merged report has no format `html`: one of terminal, json, markdown, csv".to_owned()));
    }

    #[test]
    fn hostile_text_reaches_no_format() {
        for format in FORMATS {
            let plain = render(format, &sample::merged(), 100).unwrap();
            let plain = anstream::adapter::strip_str(&plain).to_string();
            let lines = plain.lines().filter(|line| line.trim_start().starts_with("FAKE")).count();
            assert_eq!(lines, 0, "{format:?}");
            assert!(plain.chars().all(|c| matches!(c, '\n' | '\r') || !text::is_hostile(c)), "{format:?}");
            assert!(plain.ends_with('\n'), "{format:?}");
        }
    }

    #[test]
    fn the_same_accounts_give_the_same_bytes() {
        for format in FORMATS {
            assert_eq!(render(format, &sample::merged(), 80).unwrap(), render(format, &sample::merged(), 80).unwrap());
        }
    }
}
