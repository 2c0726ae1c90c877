//! Reads the text of a policy as JSON, strictly, and knows its lines.

use jsonc_parser::ast::Value;
use jsonc_parser::errors::ParseErrorKind;
use jsonc_parser::{CollectOptions, ParseOptions, ParseStringErrorKind, parse_to_ast};

use super::document::Position;
use super::error::PolicyError;

/// Longest text that is looked at, in bytes.
pub(super) const MAX_BYTES: usize = 128 * 1024;

/// Longest policy, in characters without the white space between JSON tokens.
///
/// Source: Amazon VPC, AWS `PrivateLink` guide, "Control access to VPC endpoints using endpoint policies": 20,480 characters.
/// Amazon S3 User Guide, "Bucket policies for Amazon S3": 20 KB.
pub(super) const MAX_CHARACTERS: usize = 20_480;

/// Most objects and lists inside each other; a policy needs 6.
pub(super) const MAX_DEPTH: usize = 16;

/// Reads the text as JSON of RFC 8259 and nothing beyond. Members that stand twice in an object are kept.
pub(super) fn read_json<'t>(text: &'t str, lines: &Lines<'_>) -> Result<Value<'t>, PolicyError> {
    if text.starts_with('\u{feff}') {
        return Err(PolicyError::ByteOrderMark);
    }
    let scan = Scan::of(text);
    if scan.characters == 0 {
        return Err(PolicyError::Blank);
    }
    if scan.characters > MAX_CHARACTERS {
        return Err(PolicyError::TooLarge { characters: scan.characters });
    }
    if let Some(offset) = scan.too_deep {
        return Err(PolicyError::TooDeep { position: lines.position(offset) });
    }
    let strict = ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let read = parse_to_ast(text, &CollectOptions::default(), &strict);
    let syntax = read.as_ref().err().map(|error| (error.range().start, describe(error.kind())));
    if let Some((offset, message)) = scan.illegal.into_iter().chain(syntax).min_by_key(|(offset, _)| *offset) {
        return Err(PolicyError::Json { position: lines.position(offset), message });
    }
    read.ok().and_then(|read| read.value).ok_or(PolicyError::Blank)
}

/// What the JSON reader complains about, in the words of this program.
fn describe(kind: &ParseErrorKind) -> String {
    match kind {
        ParseErrorKind::String(ParseStringErrorKind::InvalidUnicodeEscapeSequence(_)) => {
            "a `\\u` escape is half of a surrogate pair".to_owned()
        }
        ParseErrorKind::String(ParseStringErrorKind::InvalidEscape | ParseStringErrorKind::InvalidEscapeInDoubleQuoteString) => {
            "unknown escape in a string".to_owned()
        }
        ParseErrorKind::ExpectedColonAfterObjectKey => "expected a colon after a name".to_owned(),
        ParseErrorKind::ExpectedStringObjectProperty => "expected a name in double quotes".to_owned(),
        ParseErrorKind::MultipleRootJsonValues => "more text after the policy".to_owned(),
        other => {
            let message = other.to_string();
            let mut chars = message.chars();
            chars.next().into_iter().flat_map(char::to_lowercase).chain(chars).collect()
        }
    }
}

/// What a walk over the characters finds, before anything recurses.
#[derive(Default)]
struct Scan {
    /// Characters, not counting the white space between JSON tokens.
    characters: usize,
    /// Where the first object or list opens that lies too deep.
    too_deep: Option<usize>,
    /// The first character that JSON does not allow there although the JSON reader does: control characters in strings, white
    /// space of Unicode between tokens.
    illegal: Option<(usize, String)>,
}

impl Scan {
    /// Walks over a text.
    fn of(text: &str) -> Self {
        let mut scan = Self::default();
        let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
        for (offset, c) in text.char_indices() {
            if in_string {
                if c < ' ' {
                    scan.refuse(offset, || format!("control character {} in a string", escape(c)));
                }
                in_string = escaped || c != '"';
                escaped = !escaped && c == '\\';
            } else {
                match c {
                    ' ' | '\t' | '\n' | '\r' => continue,
                    '"' => in_string = true,
                    '{' | '[' => {
                        depth += 1;
                        if depth > MAX_DEPTH {
                            scan.too_deep.get_or_insert(offset);
                        }
                    }
                    '}' | ']' => depth = depth.saturating_sub(1),
                    ' '..='~' => {}
                    _ => scan.refuse(offset, || format!("character {} outside of a string", escape(c))),
                }
            }
            scan.characters += 1;
        }
        scan
    }

    /// Notes an illegal character, if it is the first.
    fn refuse(&mut self, offset: usize, message: impl FnOnce() -> String) {
        if self.illegal.is_none() {
            self.illegal = Some((offset, message()));
        }
    }
}

/// Where lines begin.
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// Finds the lines of a text.
    pub(super) fn new(text: &'t str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self { text, starts: std::iter::once(0).chain(breaks.map(|(offset, _)| offset + 1)).collect() }
    }

    /// Line and column of a byte.
    pub(super) fn position(&self, offset: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|index| self.starts.get(index)).copied().unwrap_or_default();
        let before = self.text.get(start..offset).unwrap_or_default();
        Position { line, column: before.chars().count() + 1 }
    }
}

/// A character, or its escape if it is not printed as itself.
pub(super) fn escape(c: char) -> String {
    match c {
        '\'' | '"' | '\\' => c.to_string(),
        other => other.escape_debug().to_string(),
    }
}
