//! Words of a POSIX shell.

/// A word as the shell reads it back: bare where nothing in it means anything to a shell, else in single quotes.
pub(super) fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | ',' | '=' | '@' | '+');
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// A command line of words.
pub(super) fn line<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> String {
    words.into_iter().map(|one| word(one.as_ref())).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_word_reaches_the_shell() {
        assert_eq!(word("vpce-0aa"), "vpce-0aa");
        assert_eq!(word(""), "''");
        assert_eq!(word("*"), "'*'");
        assert_eq!(word("a'; rm -rf / #"), r"'a'\''; rm -rf / #'");
        assert_eq!(line(["echo", "$(id)", "a\nb"]), "echo '$(id)' 'a\nb'");
    }
}
