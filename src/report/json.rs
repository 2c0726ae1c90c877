//! JSON as reports write it: nothing in it acts on a terminal or leaves its element of a page.

use std::fmt::Write as _;

use serde::Serialize;

use super::text;

/// Pretty-printed JSON in which every character that a terminal would act on is an escape.
///
/// # Errors
/// [`serde_json::Error`] where a value has no JSON form.
pub fn to_json(value: &impl Serialize) -> Result<String, serde_json::Error> {
    // Outside strings JSON has no such characters but its own line breaks.
    let mut json = escaped(&serde_json::to_string_pretty(value)?, |c| c != '\n' && text::is_hostile(c));
    json.push('\n');
    Ok(json)
}

/// JSON without spaces that can stand in an element of a page: nothing in it begins a tag or a comment, or ends a line.
///
/// Source: HTML Standard, "Restrictions for contents of script elements".
///
/// # Errors
/// [`serde_json::Error`] where a value has no JSON form.
pub(super) fn to_embedded_json(value: &impl Serialize) -> Result<String, serde_json::Error> {
    Ok(escaped(&serde_json::to_string(value)?, |c| matches!(c, '<' | '>' | '&') || text::is_hostile(c)))
}

/// An item of a JSON array with a line for each.
///
/// # Errors
/// [`serde_json::Error`] where a value has no JSON form.
pub(super) fn to_json_line(item: &impl Serialize) -> Result<String, serde_json::Error> {
    Ok(escaped(&serde_json::to_string(item)?, text::is_hostile))
}

/// The JSON array of such lines.
pub(super) fn array_of_lines(lines: &[String]) -> String {
    if lines.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", lines.join(",\n")) }
}

/// JSON with some characters of its strings as `\uXXXX`, which any character of a string may be.
fn escaped(plain: &str, must_be: impl Fn(char) -> bool) -> String {
    let mut json = String::with_capacity(plain.len() + 1);
    let mut units = [0_u16; 2];
    let mut rest = plain;
    while let Some((at, c)) = rest.char_indices().find(|(_, c)| must_be(*c)) {
        let (before, from) = rest.split_at(at);
        json.push_str(before);
        for unit in c.encode_utf16(&mut units) {
            // Writing to a string cannot fail.
            let _ = write!(json, "\\u{unit:04x}");
        }
        rest = from.split_at(c.len_utf8()).1;
    }
    json.push_str(rest);
    json
}
