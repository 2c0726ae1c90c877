//! Text from outside made safe to show, and laid out by the width a terminal gives it.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Marks in a row on one letter that are shown; a legitimate name carries one or two.
const MAX_MARKS_IN_A_ROW: usize = 2;

/// Text with everything that could move the cursor, hide or reorder other text turned into a visible escape.
///
/// The one gate for whatever an account, a file or a service wrote: control characters, line breaks, bidirectional
/// overrides, invisible characters and piles of combining marks. Ordinary text comes back as it is.
/// Source: Unicode Technical Report 36, "Unicode Security Considerations", section "Bidirectional Text Spoofing".
#[must_use]
pub fn safe(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut marks = 0;
    for c in text.chars() {
        marks = if c.width() == Some(0) { marks + 1 } else { 0 };
        if is_hostile(c) || marks > MAX_MARKS_IN_A_ROW {
            push_escape(&mut shown, c);
        } else {
            shown.push(c);
        }
    }
    // Every escape is longer than what it stands for.
    if shown.len() == text.len() { Cow::Borrowed(text) } else { Cow::Owned(shown) }
}

/// Text for an element or a quoted attribute of HTML or XML.
#[must_use]
pub fn html(text: &str) -> String {
    safe(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// Whether a character must never reach a terminal as itself.
#[must_use]
pub fn is_hostile(c: char) -> bool {
    if (' '..='~').contains(&c) {
        return false;
    }
    // The last two characters of every plane are none, and XML takes no such thing.
    HOSTILE.iter().any(|(first, last)| (*first..=*last).contains(&c)) || u32::from(c) & 0xfffe == 0xfffe
}

/// Characters that move a cursor, hide or reorder text, or are none: first and last of each range.
const HOSTILE: [(char, char); 15] = [
    ('\0', '\u{1f}'),
    ('\u{7f}', '\u{9f}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{180e}', '\u{180e}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fdd0}', '\u{fdef}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff9}', '\u{fffb}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// The class of a regular expression of JavaScript (with the flags `gu`) that finds what [`is_hostile`] does, tabs and line breaks left out.
#[must_use]
pub fn hostile_class() -> String {
    let mut class = String::from("[\\u{0}-\\u{8}\\u{b}-\\u{1f}");
    for (first, last) in HOSTILE.iter().skip(1) {
        // Writing to a string cannot fail.
        let _ = write!(class, "\\u{{{:x}}}-\\u{{{:x}}}", u32::from(*first), u32::from(*last));
    }
    for plane in 0..=16_u32 {
        let _ = write!(class, "\\u{{{plane:x}fffe}}-\\u{{{plane:x}ffff}}");
    }
    class + "]"
}

fn push_escape(shown: &mut String, c: char) {
    match c {
        '\n' => shown.push_str("\\n"),
        '\r' => shown.push_str("\\r"),
        '\t' => shown.push_str("\\t"),
        other => {
            // Writing to a string cannot fail.
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(other));
        }
    }
}

/// Columns a text takes in a terminal.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text cut to at most `columns`, with an ellipsis where something was cut.
#[must_use]
pub fn clip(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    let mut kept = String::new();
    let mut used = 0;
    for c in text.chars() {
        let next = used + c.width().unwrap_or(0);
        if next + 1 > columns {
            break;
        }
        used = next;
        kept.push(c);
    }
    kept.push('…');
    Cow::Owned(kept)
}

/// The text with spaces behind it up to `columns`.
#[must_use]
pub fn pad(text: &str, columns: usize) -> String {
    let mut padded = text.to_owned();
    padded.extend(std::iter::repeat_n(' ', columns.saturating_sub(width(text))));
    padded
}

/// The text in lines of at most `columns`, broken between words; a word longer than a line is cut.
#[must_use]
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(8);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let gap = usize::from(!line.is_empty());
        if width(&line) + gap + width(word) <= columns {
            if gap == 1 {
                line.push(' ');
            }
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        line = cut_long_word(word, columns, &mut lines);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Puts full lines of a word that is too long into `lines` and returns what is left of it.
fn cut_long_word(word: &str, columns: usize, lines: &mut Vec<String>) -> String {
    let mut piece = String::new();
    for c in word.chars() {
        if width(&piece) + c.width().unwrap_or(0) > columns {
            lines.push(std::mem::take(&mut piece));
        }
        piece.push(c);
    }
    piece
}

/// `1 finding`, `2 findings`.
#[must_use]
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Bytes as people pay for them: `1,149.8 GiB`. GiB = 2^30 bytes.
#[must_use]
pub fn gibibytes(bytes: u64) -> String {
    let tenths = u128::from(bytes) * 10 / (1 << 30);
    if bytes > 0 && tenths == 0 {
        return "less than 0.1 GiB".to_owned();
    }
    let mut whole = (tenths / 10).to_string();
    let mut at = whole.len();
    while at > 3 {
        at -= 3;
        whole.insert(at, ',');
    }
    format!("{whole}.{} GiB", tenths % 10)
}

/// The length of a slice as the number reports count with.
#[must_use]
pub fn len<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}

/// The first `shown` of the items, and how many more there are: `a, b and 3 more`.
#[must_use]
pub fn list<S: AsRef<str>>(items: &[S], shown: usize) -> String {
    // One item behind "and 1 more" is as short as the words.
    let shown = if items.len() == shown + 1 { shown + 1 } else { shown };
    let named: Vec<&str> = items.iter().take(shown).map(AsRef::as_ref).collect();
    let rest = items.len().saturating_sub(shown);
    if rest == 0 { named.join(", ") } else { format!("{} and {rest} more", named.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_pass_unchanged() {
        for name in ["private-b", "Zürich büro", "本番サブネット", "emoji 🚀 ok", "e\u{301}cole", r#"quote " and \ backslash"#]
        {
            assert!(matches!(safe(name), Cow::Borrowed(text) if text == name), "{name}");
        }
    }

    #[test]
    fn hostile_names_become_visible() {
        assert_eq!(safe("\u{1b}[2J\u{1b}]0;owned\u{7}"), r"\u{1b}[2J\u{1b}]0;owned\u{7}");
        assert_eq!(safe("a\r\nfake line\tb"), r"a\r\nfake line\tb");
        assert_eq!(safe("\u{9b}31mred"), r"\u{9b}31mred");
        assert_eq!(safe("user\u{202e}nimda"), r"user\u{202e}nimda");
        assert_eq!(safe("\u{2066}x\u{2069}"), r"\u{2066}x\u{2069}");
        assert_eq!(safe("pay\u{200b}ments\u{feff}"), r"pay\u{200b}ments\u{feff}");
        assert_eq!(safe("tag\u{e0041}"), r"tag\u{e0041}");
        assert_eq!(safe("\u{0}\u{7f}"), r"\u{0}\u{7f}");
        assert_eq!(safe("x\u{2028}y"), r"x\u{2028}y");
    }

    #[test]
    fn piles_of_marks_stop_after_two() {
        assert_eq!(safe("a\u{300}\u{301}\u{302}\u{303}b"), "a\u{300}\u{301}\\u{302}\\u{303}b");
    }

    #[test]
    fn safe_text_is_a_fixed_point() {
        let once = safe("a\u{1b}b\n\u{202e}").into_owned();
        assert_eq!(safe(&once), once);
        assert!(!once.chars().any(is_hostile));
    }

    #[test]
    fn clip_counts_wide_characters_twice() {
        assert_eq!(clip("private", 7), "private");
        assert_eq!(clip("private-b", 7), "privat…");
        assert_eq!(clip("本番環境", 6), "本番…");
        assert_eq!(width("本番"), 4);
        assert_eq!(pad("本番", 6), "本番  ");
    }

    #[test]
    fn wrap_breaks_between_words_and_cuts_long_ones() {
        assert_eq!(wrap("one two three four", 9), ["one two", "three", "four"]);
        assert_eq!(wrap("aaaaaaaaaaaa b", 8), ["aaaaaaaa", "aaaa b"]);
        assert_eq!(wrap("", 20), [""]);
        assert!(wrap("本番サブネット本番サブネット", 10).iter().all(|line| width(line) <= 10));
    }

    #[test]
    fn bytes_are_read_at_a_glance() {
        for (bytes, text) in [
            (0, "0.0 GiB"),
            (1, "less than 0.1 GiB"),
            (1 << 30, "1.0 GiB"),
            (1_234_567_890_123, "1,149.7 GiB"),
            (u64::MAX, "17,179,869,183.9 GiB"),
        ] {
            assert_eq!(gibibytes(bytes), text);
        }
    }

    #[test]
    fn lists_fold() {
        assert_eq!(list(&["a", "b"], 3), "a, b");
        assert_eq!(list(&["a", "b", "c"], 2), "a, b, c");
        assert_eq!(list(&["a", "b", "c", "d"], 2), "a, b and 2 more");
        assert_eq!(count(1, "finding", "findings"), "1 finding");
        assert_eq!(count(0, "finding", "findings"), "0 findings");
    }
}
