//! Text of others in messages: short, and in one line.

/// The text in one line of at most so many characters, and `…` where it is longer.
#[must_use]
pub fn brief(text: &str, characters: usize) -> String {
    let mut line = String::new();
    let mut left = text.chars();
    for c in left.by_ref().take(characters) {
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
    if left.next().is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_and_lines_are_joined() {
        assert_eq!(brief("a\nb\u{1b}ü", 200), r"a\nb\u{1b}ü");
        assert_eq!(brief("", 2), "");
        assert_eq!(brief("ab", 2), "ab");
        assert_eq!(brief("abc", 2), "ab…");
    }
}
