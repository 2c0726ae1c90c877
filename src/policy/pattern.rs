//! Text with wildcards: matched against one string, and followed character by character.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Resource" and "Condition operators": `*` stands for any characters,
//! `?` for exactly one; in an ARN a wildcard of the first five fields does not cross a colon.

/// Which characters a token takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Class {
    /// This one.
    Exact(char),
    /// This one, in either case.
    EitherCase(char),
    /// Any.
    Any,
    /// Any but a colon: a wildcard inside one field of an ARN.
    NotColon,
}

impl Class {
    fn takes(self, c: char) -> bool {
        match self {
            Self::Exact(own) => own == c,
            Self::EitherCase(own) if own.is_ascii() && c.is_ascii() => own.eq_ignore_ascii_case(&c),
            Self::EitherCase(own) => own == c || own.to_lowercase().eq(c.to_lowercase()),
            Self::Any => true,
            Self::NotColon => c != ':',
        }
    }
}

/// One token of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Token {
    /// Exactly one character.
    One(Class),
    /// Any number of characters, none included.
    Many(Class),
}

/// One piece of a text with wildcards, before it is known what the wildcards may cross.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Atom {
    /// The character itself.
    Char(char),
    /// `*`
    Star,
    /// `?`
    Question,
}

/// The atoms of a text in which `*` and `?` are wildcards.
pub(super) fn atoms(text: &str) -> impl Iterator<Item = Atom> + '_ {
    text.chars().map(|c| match c {
        '*' => Atom::Star,
        '?' => Atom::Question,
        c => Atom::Char(c),
    })
}

/// A pattern that strings are matched against.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Pattern {
    tokens: Vec<Token>,
    /// What every string that matches begins with: the tokens before the first wildcard, as far as case counts. Most strings
    /// that do not match differ here already.
    head: String,
    /// How many tokens it stands for.
    head_len: usize,
    /// Whether case counts.
    exact: bool,
    /// Whether every `*` takes any character.
    crosses: bool,
}

impl Pattern {
    /// Exactly this text.
    pub(super) fn literal(text: &str) -> Self {
        Self::new(text.chars().map(|c| Token::One(Class::Exact(c))).collect(), true)
    }

    /// This text in any case.
    pub(super) fn literal_in_any_case(text: &str) -> Self {
        Self { exact: false, ..Self::new(text.chars().map(|c| Token::One(Class::EitherCase(c))).collect(), true) }
    }

    /// Wildcards that cross everything.
    pub(super) fn wildcard(atoms: &[Atom]) -> Self {
        Self::from_tokens(atoms.iter().map(|atom| token(*atom, Class::Any)).collect())
    }

    /// Wildcards that cross everything, letters in any case.
    pub(super) fn wildcard_in_any_case(text: &str) -> Self {
        let either = |token| match token {
            Token::One(Class::Exact(c)) => Token::One(Class::EitherCase(c)),
            token => token,
        };
        let mut tokens = atoms(text).map(|atom| either(token(atom, Class::Any))).collect();
        fold_runs(&mut tokens);
        Self { exact: false, ..Self::new(tokens, true) }
    }

    /// An ARN, compared field by field; `None` where the text has fewer than six fields.
    pub(super) fn arn(atoms: &[Atom]) -> Option<Self> {
        let mut colons = 0;
        let tokens = atoms
            .iter()
            .map(|atom| {
                let token = token(*atom, if colons < ARN_COLONS { Class::NotColon } else { Class::Any });
                colons += usize::from(*atom == Atom::Char(':'));
                token
            })
            .collect();
        (colons >= ARN_COLONS).then(|| Self::from_tokens(tokens))
    }

    fn from_tokens(mut tokens: Vec<Token>) -> Self {
        fold_runs(&mut tokens);
        let crosses = !tokens.contains(&Token::Many(Class::NotColon));
        Self::new(tokens, crosses)
    }

    fn new(tokens: Vec<Token>, crosses: bool) -> Self {
        let exact = |token: &Token| match token {
            Token::One(Class::Exact(c)) => Some(*c),
            _ => None,
        };
        let (mut head, mut head_len) = (String::new(), 0);
        for c in tokens.iter().map_while(exact) {
            head.push(c);
            head_len += 1;
        }
        Self { tokens, head, head_len, exact: true, crosses }
    }

    /// The one string that matches, where there is only one.
    pub(super) fn as_literal(&self) -> Option<&str> {
        (self.exact && self.head_len == self.tokens.len()).then_some(&self.head)
    }

    /// Whether only one string matches, letters taken in any case where they may be.
    pub(super) fn is_name(&self) -> bool {
        self.tokens.iter().all(|token| matches!(token, Token::One(Class::Exact(_) | Class::EitherCase(_))))
    }

    /// A string that matches: nothing for `*`, something for `?`.
    pub(super) fn instance(&self) -> String {
        let char = |token: &Token| match token {
            Token::One(Class::Exact(c) | Class::EitherCase(c)) => Some(*c),
            Token::One(Class::Any | Class::NotColon) => Some('x'),
            Token::Many(_) => None,
        };
        self.tokens.iter().filter_map(char).collect()
    }

    /// The tokens.
    pub(super) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Whether the string matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        let Some(rest) = text.strip_prefix(&self.head) else { return false };
        if self.head_len == self.tokens.len() {
            return rest.is_empty();
        }
        if self.crosses {
            return self.matches_greedily(rest);
        }
        self.accepts(&self.behind(text))
    }

    /// Whether the string matches, of which this is the rest behind the head, where every `*` takes any character: only the last one met
    /// ever has to take more.
    fn matches_greedily(&self, rest: &str) -> bool {
        let (mut rest, mut at) = (rest.chars(), self.head_len);
        let mut last: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            let goes_on = match self.tokens.get(at) {
                Some(Token::Many(_)) => {
                    at += 1;
                    if at == self.tokens.len() {
                        return true;
                    }
                    last = Some((at, rest.clone()));
                    true
                }
                Some(Token::One(class)) => match rest.next() {
                    Some(c) if class.takes(c) => {
                        at += 1;
                        true
                    }
                    Some(_) => false,
                    None => return false,
                },
                None if rest.as_str().is_empty() => return true,
                None => false,
            };
            if goes_on {
                continue;
            }
            let Some((behind, taken)) = &mut last else { return false };
            if taken.next().is_none() {
                return false;
            }
            (at, rest) = (*behind, taken.clone());
        }
    }

    /// Whether every string with this beginning matches.
    pub(super) fn takes_all_behind(&self, prefix: &str) -> bool {
        let last = self.tokens.len().saturating_sub(1);
        self.tokens.last() == Some(&Token::Many(Class::Any)) && self.behind(prefix).has(last)
    }

    /// Whether some string with this beginning may match.
    pub(super) fn may_begin_with(&self, prefix: &str) -> bool {
        !self.behind(prefix).is_empty()
    }

    /// Where matching stands after the beginning of a string.
    pub(super) fn behind(&self, beginning: &str) -> States {
        let mut states = States::none(self.tokens.len() + 1);
        // Inside the head there is one place to stand at.
        match beginning.strip_prefix(&self.head) {
            Some(rest) => {
                self.enter(&mut states, self.head_len);
                return self.advance(&states, rest);
            }
            None if self.head.starts_with(beginning) => self.enter(&mut states, beginning.chars().count()),
            None => {}
        }
        states
    }

    /// Where matching stands one character later.
    pub(super) fn step(&self, states: &States, c: char) -> States {
        let mut next = States::none(self.tokens.len() + 1);
        for at in states.iter() {
            match self.tokens.get(at) {
                Some(Token::One(class)) if class.takes(c) => self.enter(&mut next, at + 1),
                Some(Token::Many(class)) if class.takes(c) => self.enter(&mut next, at),
                _ => {}
            }
        }
        next
    }

    /// Where matching stands after a text.
    pub(super) fn advance(&self, states: &States, text: &str) -> States {
        let mut states = states.clone();
        for c in text.chars() {
            if states.is_empty() {
                break;
            }
            states = self.step(&states, c);
        }
        states
    }

    /// Whether a string that ends here matches.
    pub(super) fn accepts(&self, states: &States) -> bool {
        states.has(self.tokens.len())
    }

    /// Adds a place and those reached from it without a character.
    fn enter(&self, states: &mut States, at: usize) {
        let mut at = at;
        loop {
            states.add(at);
            match self.tokens.get(at) {
                Some(Token::Many(_)) => at += 1,
                _ => return,
            }
        }
    }
}

/// Makes one `*` of several in a row, which match the same: a policy may hold twenty thousand.
fn fold_runs(tokens: &mut Vec<Token>) {
    tokens.dedup_by(|next, before| next == before && matches!(next, Token::Many(_)));
}

/// Colons between the six fields of an ARN.
const ARN_COLONS: usize = 5;

fn token(atom: Atom, wild: Class) -> Token {
    match atom {
        Atom::Char(c) => Token::One(Class::Exact(c)),
        Atom::Star => Token::Many(wild),
        Atom::Question => Token::One(wild),
    }
}

/// Places in a pattern at which matching may stand.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct States {
    /// The first 64 places.
    first: u64,
    /// Those behind them, 64 to a word.
    more: Vec<u64>,
}

impl States {
    fn none(places: usize) -> Self {
        Self { first: 0, more: vec![0; places.div_ceil(64).saturating_sub(1)] }
    }

    fn add(&mut self, at: usize) {
        let word = if at < 64 { Some(&mut self.first) } else { self.more.get_mut(at / 64 - 1) };
        if let Some(word) = word {
            *word |= 1 << (at % 64);
        }
    }

    fn has(&self, at: usize) -> bool {
        let word = if at < 64 { Some(&self.first) } else { self.more.get(at / 64 - 1) };
        word.is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    /// Whether nothing can match any more.
    pub(super) fn is_empty(&self) -> bool {
        self.first == 0 && self.more.iter().all(|word| *word == 0)
    }

    /// The places, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        std::iter::once(&self.first).chain(&self.more).enumerate().flat_map(|(index, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = usize::try_from(rest.trailing_zeros()).ok().filter(|bit| *bit < 64)?;
                rest &= rest - 1;
                Some(index * 64 + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wild(text: &str) -> Pattern {
        Pattern::wildcard(&atoms(text).collect::<Vec<_>>())
    }

    fn arn(text: &str) -> Pattern {
        Pattern::arn(&atoms(text).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn wildcards_match_as_documented() {
        for (pattern, text, wanted) in [
            ("*", "", true),
            ("a*", "a", true),
            ("a*c", "abbbc", true),
            ("a*c", "abbbd", false),
            ("*x*y*", "0x0y0", true),
            ("*x*y*", "0y0x0", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a?c", "a\nc", true),
            ("**", "anything", true),
            ("", "", true),
            ("", "a", false),
            ("é*", "éclair", true),
        ] {
            assert_eq!(wild(pattern).matches(text), wanted, "{pattern} against {text}");
        }
    }

    #[test]
    fn letters_of_any_alphabet_are_taken_in_any_case() {
        for (pattern, text, wanted) in [
            ("s3:Get*", "S3:GETOBJECT", true),
            ("s3:get", "s3:got", false),
            ("\u{c9}tudes", "\u{e9}TUDES", true),
            ("\u{c9}tudes", "\u{c9}tudes", true),
            ("\u{c9}tudes", "etudes", false),
            ("etudes", "\u{e9}tudes", false),
        ] {
            assert_eq!(Pattern::wildcard_in_any_case(pattern).matches(text), wanted, "{pattern} against {text}");
        }
    }

    #[test]
    fn wildcards_of_an_arn_stay_in_their_field() {
        for (pattern, text, wanted) in [
            ("arn:aws:iam::*:role/r", "arn:aws:iam::111122223333:role/r", true),
            ("arn:aws:iam::*:role/r", "arn:aws:iam::1:x:role/r", false),
            ("arn:*:role/r:*:*:*", "arn:aws:iam::111122223333:role/r", false),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/a:b/c", true),
            ("arn:aws:s3:::b*", "arn:aws:s3:::b/a", true),
            ("arn:aws:?3:::b", "arn:aws:s3:::b", true),
            ("arn:aws:?:::b", "arn:aws::::b", false),
        ] {
            assert_eq!(arn(pattern).matches(text), wanted, "{pattern} against {text}");
        }
        assert!(Pattern::arn(&atoms("arn:aws:s3:*").collect::<Vec<_>>()).is_none());
    }

    #[test]
    fn patterns_of_any_length_match() {
        for length in (40..80).chain(110..140) {
            let name = "k".repeat(length);
            let pattern = arn(&format!("arn:*:s3:::b/{name}"));
            assert!(pattern.matches(&format!("arn:aws:s3:::b/{name}")), "{length}");
            assert!(!pattern.matches(&format!("arn:aws:s3:::b/{name}k")), "{length}");
            assert!(!pattern.matches(&format!("arn:aws:s3:::b/{}", "k".repeat(length - 1))), "{length}");
            let literal = Pattern::literal(&name);
            assert!(literal.accepts(&literal.behind(&name)), "{length}");
        }
    }

    #[test]
    fn places_are_kept_apart_from_each_other() {
        assert!(States::none(200).is_empty());
        for at in [0, 1, 63, 64, 65, 127, 128, 150, 199] {
            let mut states = States::none(200);
            states.add(at);
            assert!(!states.is_empty() && (0..200).all(|place| states.has(place) == (place == at)), "{at}");
            assert_eq!(states.iter().collect::<Vec<_>>(), [at]);
        }
    }

    #[test]
    fn wildcards_in_a_row_are_one() {
        let many = "*".repeat(20_000);
        assert_eq!(wild(&format!("a{many}b")), wild("a*b"));
        assert_eq!(arn(&format!("arn:{many}:s3:::b/{many}")), arn("arn:*:s3:::b/*"));
        assert_eq!(Pattern::wildcard_in_any_case(&format!("S3:{many}")), Pattern::wildcard_in_any_case("S3:*"));
        assert_ne!(wild("??"), wild("?"));
    }

    #[test]
    fn what_follows_a_prefix_is_told() {
        for (pattern, everything, something) in [
            ("*", true, true),
            ("s*", true, true),
            ("s3:*", true, true),
            ("s3:*e*", false, true),
            ("s3", false, false),
            ("ec2:*", false, false),
        ] {
            let pattern = Pattern::wildcard_in_any_case(pattern);
            assert_eq!((pattern.takes_all_behind("s3:"), pattern.may_begin_with("s3:")), (everything, something), "{pattern:?}");
        }
    }

    #[test]
    fn case_counts_only_where_asked() {
        assert!(Pattern::literal_in_any_case("AbC").matches("aBc") && !Pattern::literal("AbC").matches("aBc"));
        assert!(Pattern::wildcard_in_any_case("s3:get*").matches("S3:GetObject"));
        assert_eq!(wild("abc").as_literal(), Some("abc"));
        assert_eq!(wild("ab*").as_literal(), None);
        assert_eq!((wild("").as_literal(), Pattern::literal_in_any_case("").as_literal()), (Some(""), None));
    }

    #[test]
    fn long_patterns_cross_machine_words() {
        let text = format!("{}*{}", "a".repeat(100), "b".repeat(100));
        assert!(wild(&text).matches(&text.replace('*', "xyz")));
        assert!(!wild(&text).matches(&"a".repeat(200)));
    }
}
