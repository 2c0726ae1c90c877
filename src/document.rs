//! JSON documents that name their format in a key `schema`: natless's own snapshots, reports and records.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::brief::brief;

/// Why a document cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It ends in the middle.
    Truncated {
        /// Last line, counted from 1.
        line: usize,
        /// Last column, counted from 1.
        column: usize,
    },
    /// It is something else.
    SomethingElse {
        /// What is wrong.
        detail: String,
    },
    /// It is of another version of the format.
    Version {
        /// The schema it names.
        schema: String,
    },
    /// It names the format, and something in it is not as natless writes it.
    Damaged {
        /// What is wrong, and where.
        detail: String,
    },
}

/// What every version of every format begins with.
#[derive(Deserialize)]
struct Head {
    schema: Option<String>,
}

/// Reads a document of one of these formats, such as `natless/report/1`.
///
/// # Errors
/// [`Refusal`], where it is not a whole document of one of them.
pub fn read<T: DeserializeOwned>(bytes: &[u8], formats: &[&str]) -> Result<T, Refusal> {
    // The schema first: a newer document is to be called newer, not malformed.
    let head: Head = serde_json::from_slice(bytes).map_err(|error| refuse(&error))?;
    let wanted = formats.first().copied().unwrap_or_default();
    let family = |format: &str| format.rsplit_once('/').map_or_else(|| format.to_owned(), |(name, _)| format!("{name}/"));
    match head.schema {
        Some(schema) if formats.contains(&schema.as_str()) => {}
        Some(schema) if formats.iter().any(|format| schema.starts_with(&family(format))) => {
            return Err(Refusal::Version { schema: brief(&schema, REPEATED) });
        }
        Some(schema) => {
            return Err(Refusal::SomethingElse {
                detail: format!("its schema is `{}`, not `{wanted}`", brief(&schema, REPEATED)),
            });
        }
        None => return Err(Refusal::SomethingElse { detail: "it names no `schema`".to_owned() }),
    }
    serde_json::from_slice(bytes).map_err(|error| match refuse(&error) {
        // It names the schema, so it is of the format.
        Refusal::SomethingElse { detail } => Refusal::Damaged { detail },
        other => other,
    })
}

fn refuse(error: &serde_json::Error) -> Refusal {
    match error.classify() {
        // An empty file is no half document.
        Category::Eof if error.line() <= 1 && error.column() == 0 => Refusal::SomethingElse { detail: "it is empty".to_owned() },
        Category::Eof => Refusal::Truncated { line: error.line(), column: error.column() },
        Category::Syntax => Refusal::SomethingElse { detail: format!("it is not JSON: {}", in_short(error)) },
        Category::Data | Category::Io => Refusal::SomethingElse { detail: in_short(error) },
    }
}

/// Most characters that are repeated of a value that is wrong.
const REPEATED: usize = 200;

/// What is wrong, with its place, and without the whole of a value that may be as long as the file.
fn in_short(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    match text.strip_suffix(&place) {
        Some(what) => format!("{}{place}", brief(what, REPEATED)),
        None => brief(&text, REPEATED),
    }
}
