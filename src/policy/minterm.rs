//! Which strings a set of patterns can tell apart: one string of each kind.

use std::collections::{BTreeSet, VecDeque};

use foldhash::HashSet;

use super::budget::{Budget, TooComplex};
use super::pattern::{Class, Pattern, States, Token};

/// The strings an attribute can have: a fixed beginning, then characters of one class.
#[derive(Debug, Clone)]
pub(super) struct Language<'l> {
    /// How every string begins.
    pub(super) prefix: &'l str,
    /// Which characters may follow.
    pub(super) allows: fn(char) -> bool,
    /// Character that no string ends with.
    pub(super) never_last: Option<char>,
    /// Least number of characters that follow.
    pub(super) min: usize,
    /// Most characters that follow, where there is a bound that patterns can feel.
    pub(super) max: Option<usize>,
    /// What follows in the string that is taken where patterns do not matter.
    pub(super) sample: &'l str,
    /// Text that stands behind the string where it is part of a longer one; strings are then told apart by what patterns make
    /// of anything that follows, too.
    pub(super) closing: &'l str,
}

/// Kinds of strings at most.
const KINDS: usize = 4_096;

/// One string of each kind that the patterns can tell apart, the language's sample first.
///
/// # Errors
/// [`TooComplex`] where there are too many kinds, or finding them takes more work than is left.
pub(super) fn kinds(patterns: &[&Pattern], language: &Language<'_>, budget: &mut Budget) -> Result<Vec<String>, TooComplex> {
    let patterns: Vec<(&Pattern, &str)> = patterns.iter().map(|pattern| (*pattern, language.prefix)).collect();
    kinds_behind(&patterns, language, budget)
}

/// As [`kinds`], of strings that some patterns see behind another beginning: a name alone, and the same name in an ARN.
///
/// # Errors
/// As [`kinds`].
pub(super) fn kinds_behind(
    patterns: &[(&Pattern, &str)],
    language: &Language<'_>,
    budget: &mut Budget,
) -> Result<Vec<String>, TooComplex> {
    let sample = format!("{}{}", language.prefix, language.sample);
    let mut rests: Vec<(&Pattern, States)> = Vec::new();
    for (pattern, prefix) in patterns {
        budget.spend(1 + prefix.len() / 4)?;
        let states = pattern.behind(prefix);
        if !states.is_empty() && !rests.iter().any(|(other, own)| other == pattern && *own == states) {
            rests.push((pattern, states));
        }
    }
    if rests.is_empty() {
        return Ok(vec![sample]);
    }
    match simple(&rests, language) {
        Some(found) => Ok(std::iter::once(sample.clone()).chain(found.into_iter().filter(|text| *text != sample)).collect()),
        None => explore(&rests, language, sample, budget),
    }
}

/// The kinds where every pattern goes on with plain text and at most one wildcard at its end: the texts themselves, and each
/// text with something behind it that no pattern knows. `None` where a pattern is not so simple.
fn simple(rests: &[(&Pattern, States)], language: &Language<'_>) -> Option<BTreeSet<String>> {
    // Where what closes a string may stand inside it as well, its beginnings count too.
    if language.max.is_some() || language.closing.chars().any(language.allows) {
        return None;
    }
    let mut texts = Vec::with_capacity(rests.len());
    for (pattern, states) in rests {
        let tokens = pattern.tokens();
        let places: Vec<usize> = states.iter().collect();
        let at = match places.as_slice() {
            [at] => *at,
            // Before a wildcard and behind it are one place.
            [at, _] if matches!(tokens.get(*at), Some(Token::Many(_))) => *at,
            _ => return None,
        };
        let rest = tokens.get(at..)?;
        let end = rest.iter().position(|token| matches!(token, Token::Many(_))).unwrap_or(rest.len());
        if rest.get(end..).is_some_and(|rest| rest.len() > 1) {
            return None;
        }
        let text: Option<String> = rest
            .get(..end)?
            .iter()
            .map(|token| match token {
                Token::One(Class::Exact(c)) => Some(*c),
                Token::One(Class::EitherCase(c)) => Some(both_cases(*c).find(|c| (language.allows)(*c)).unwrap_or(*c)),
                _ => None,
            })
            .collect();
        texts.push((text?, rest.get(end)));
    }
    // A wildcard that stops at a colon is only simple where no colon can follow.
    if texts.iter().any(|(_, wild)| matches!(wild, Some(Token::Many(Class::NotColon)))) && (language.allows)(':') {
        return None;
    }
    let used: BTreeSet<char> = texts.iter().flat_map(|(text, _)| text.chars()).flat_map(both_cases).collect();
    let fresh = fresh(&used, language)?;
    let mut found = BTreeSet::new();
    for (text, wild) in &texts {
        let inside: String = text.chars().take_while(|c| (language.allows)(*c)).collect();
        if inside.chars().count() >= language.min && inside.chars().last() != language.never_last {
            found.insert(format!("{}{inside}", language.prefix));
        }
        // What goes on behind a text without a wildcard is like any string that no pattern knows.
        if wild.is_some() {
            let short = language.min.saturating_sub(inside.chars().count()).max(1);
            let longer: String = std::iter::repeat_n(fresh, short).collect();
            found.insert(format!("{}{inside}{longer}", language.prefix));
        }
    }
    // The sample may begin like a pattern: something that does not.
    let plain: String = std::iter::repeat_n(fresh, language.min.max(1)).collect();
    if texts.iter().any(|(text, _)| language.sample.chars().next().is_some_and(|first| text.starts_with(first))) {
        found.insert(format!("{}{plain}", language.prefix));
    }
    Some(found)
}

fn both_cases(c: char) -> impl Iterator<Item = char> {
    std::iter::once(c).chain(c.to_lowercase()).chain(c.to_uppercase())
}

/// A character that no pattern names.
fn fresh(used: &BTreeSet<char>, language: &Language<'_>) -> Option<char> {
    let candidates = "xqzjkvwyubfghplmnotrsiceadXQZJKVWY0123456789-_.~/é";
    candidates.chars().find(|c| !used.contains(c) && (language.allows)(*c))
}

/// What tells kinds of strings apart: which patterns match, and what they make of what follows.
type Signature = (Vec<bool>, Vec<States>);

/// The kinds by following all patterns at once, shortest strings first.
fn explore(
    rests: &[(&Pattern, States)],
    language: &Language<'_>,
    sample: String,
    budget: &mut Budget,
) -> Result<Vec<String>, TooComplex> {
    let exact = rests.iter().flat_map(|(pattern, _)| pattern.tokens()).filter_map(|token| match token {
        Token::One(Class::Exact(c)) | Token::Many(Class::Exact(c)) => Some(vec![*c]),
        Token::One(Class::EitherCase(c)) | Token::Many(Class::EitherCase(c)) => Some(both_cases(*c).collect()),
        Token::One(Class::Any | Class::NotColon) | Token::Many(Class::Any | Class::NotColon) => None,
    });
    let mut alphabet: BTreeSet<char> = exact.flatten().chain([':']).collect();
    alphabet.retain(|c| (language.allows)(*c));
    let other = fresh(&alphabet, language);
    let letters: Vec<char> = other.into_iter().chain(alphabet).collect();
    let words: usize = rests.iter().map(|(pattern, _)| 1 + pattern.tokens().len() / 64).sum();

    let sign = |states: &[States]| -> Signature {
        let accepted = rests.iter().zip(states).map(|((pattern, _), states)| pattern.accepts(states)).collect();
        let behind = if language.closing.is_empty() {
            Vec::new()
        } else {
            rests.iter().zip(states).map(|((pattern, _), states)| pattern.advance(states, language.closing)).collect()
        };
        (accepted, behind)
    };
    let mut found: Vec<String> = Vec::new();
    let mut known: HashSet<Signature> = HashSet::default();
    let start: Vec<States> = rests.iter().map(|(_, states)| states.clone()).collect();
    let of_sample: Vec<States> = rests.iter().map(|(pattern, states)| pattern.advance(states, language.sample)).collect();
    known.insert(sign(&of_sample));
    found.push(sample);

    // Lengths matter up to the least, and up to the most where there is one.
    let counted = |length: usize| if language.max.is_some() { length } else { length.min(language.min) };
    // A string that may not end here is told apart from one that may.
    let ends = |last: Option<char>| last.is_none() || last != language.never_last;
    let mut seen: HashSet<(usize, bool, Vec<States>)> = HashSet::default();
    let mut nodes: Vec<(usize, Option<char>)> = vec![(0, None)];
    let mut queue: VecDeque<(usize, usize, Vec<States>)> = VecDeque::from([(0, 0, start.clone())]);
    seen.insert((0, true, start));
    while let Some((node, length, states)) = queue.pop_front() {
        if length >= language.min && ends(nodes.get(node).and_then(|(_, last)| *last)) {
            budget.spend(words)?;
            if known.insert(sign(&states)) {
                found.push(format!("{}{}", language.prefix, spelled(&nodes, node)));
                if found.len() > KINDS {
                    return Err(TooComplex);
                }
            }
        }
        if language.max.is_some_and(|max| length >= max) {
            continue;
        }
        for c in &letters {
            budget.spend(2 * words)?;
            let next: Vec<States> = rests.iter().zip(&states).map(|((pattern, _), states)| pattern.step(states, *c)).collect();
            let length = counted(length + 1);
            if seen.insert((length, ends(Some(*c)), next.clone())) {
                budget.spend(4 * words)?;
                nodes.push((node, Some(*c)));
                queue.push_back((nodes.len() - 1, length, next));
            }
        }
    }
    Ok(found)
}

/// The string that leads to a node.
fn spelled(nodes: &[(usize, Option<char>)], node: usize) -> String {
    let mut reversed = Vec::new();
    let mut at = node;
    while let Some((parent, Some(c))) = nodes.get(at) {
        reversed.push(*c);
        at = *parent;
    }
    reversed.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::pattern::atoms;

    fn wild(text: &str) -> Pattern {
        Pattern::wildcard(&atoms(text).collect::<Vec<_>>())
    }

    const ANY: Language<'static> =
        Language { prefix: "b/", allows: |_| true, never_last: None, min: 1, max: None, sample: "any-key", closing: "" };

    /// Every string over a small alphabet has the answers of one of the kinds.
    fn complete(texts: &[&str], language: &Language<'_>) {
        let patterns: Vec<Pattern> = texts.iter().map(|text| wild(text)).collect();
        let patterns: Vec<&Pattern> = patterns.iter().collect();
        let kinds = kinds(&patterns, language, &mut Budget::new()).unwrap();
        let answers = |text: &str| patterns.iter().map(|pattern| pattern.matches(text)).collect::<Vec<_>>();
        let known: BTreeSet<Vec<bool>> = kinds.iter().map(|text| answers(text)).collect();
        let letters: Vec<char> = "abkx/".chars().collect();
        let mut strings = vec![String::new()];
        for length in 1..=5 {
            strings = strings.iter().flat_map(|text| letters.iter().map(move |c| format!("{text}{c}"))).collect();
            if length < language.min || language.max.is_some_and(|max| length > max) {
                continue;
            }
            let fits = |text: &&String| text.chars().last() != language.never_last && text.chars().all(language.allows);
            for text in strings.iter().filter(fits) {
                let whole = format!("{}{text}", language.prefix);
                assert!(known.contains(&answers(&whole)), "{whole} of {texts:?} is none of {kinds:?}");
            }
        }
        for text in kinds.iter().filter(|text| !text.ends_with(language.sample)) {
            let rest = text.strip_prefix(language.prefix).unwrap();
            let length = rest.chars().count();
            assert!(length >= language.min && language.max.is_none_or(|max| length <= max), "{text} of {texts:?}");
            assert!(rest.chars().all(language.allows) && rest.chars().last() != language.never_last, "{text} of {texts:?}");
        }
    }

    #[test]
    fn every_kind_of_string_is_found() {
        for texts in [
            vec!["*"],
            vec!["b/*"],
            vec!["b/a*", "b/ab*", "b/ab"],
            vec!["b/a", "b/b", "b/a*"],
            vec!["b/*a*b*", "b/*b*a*"],
            vec!["b/?", "b/??", "b/a?"],
            vec!["*a", "*b", "b/a*"],
            vec!["b", "b/"],
            vec!["b/k*", "b/any*"],
            vec!["c/*"],
            vec!["*/k/*", "b/*/"],
            vec!["*b/k*", "*k/"],
        ] {
            complete(&texts, &ANY);
            complete(&texts, &Language { min: 3, ..ANY.clone() });
            complete(&texts, &Language { never_last: Some('/'), ..ANY.clone() });
            complete(&texts, &Language { never_last: Some('a'), min: 2, ..ANY.clone() });
            complete(&texts, &Language { min: 2, max: Some(3), ..ANY.clone() });
            complete(&texts, &Language { allows: |c| matches!(c, 'a' | 'b' | 'k'), sample: "bbb", ..ANY.clone() });
        }
    }

    #[test]
    fn what_follows_tells_strings_apart() {
        let patterns = [wild("b/ab/*"), wild("b/a*/x"), wild("b/b")];
        let patterns: Vec<&Pattern> = patterns.iter().collect();
        let language = Language { allows: |c| c != '/', closing: "/", ..ANY.clone() };
        let kinds = kinds(&patterns, &language, &mut Budget::new()).unwrap();
        for wanted in ["b/any-key", "b/ab", "b/b"] {
            assert!(kinds.iter().any(|text| text == wanted), "{wanted} in {kinds:?}");
        }
    }

    #[test]
    fn a_beginning_is_a_kind_where_what_closes_it_may_stand_inside() {
        let pattern = wild("b/team/sub/u1");
        let language = Language { closing: "/", ..ANY.clone() };
        let found = kinds(&[&pattern], &language, &mut Budget::new()).unwrap();
        for wanted in ["b/any-key", "b/team", "b/team/sub"] {
            assert!(found.iter().any(|text| text == wanted), "{wanted} in {found:?}");
        }
    }

    #[test]
    fn a_name_is_told_apart_by_itself_and_in_an_arn_at_once() {
        let (alone, inside) = (wild("*-admin"), wild("arn:user/svc-*"));
        let language = Language { prefix: "", allows: |c| c != '/', ..ANY.clone() };
        let found = kinds_behind(&[(&alone, ""), (&inside, "arn:user/")], &language, &mut Budget::new()).unwrap();
        for (is_alone, is_inside) in [(true, true), (true, false), (false, true), (false, false)] {
            let fits =
                |name: &String| alone.matches(name) == is_alone && inside.matches(&format!("arn:user/{name}")) == is_inside;
            assert!(found.iter().any(fits), "{is_alone} {is_inside} in {found:?}");
        }
    }

    #[test]
    fn a_text_in_any_case_is_found_in_the_case_that_may_stand_there() {
        let pattern = Pattern::wildcard_in_any_case("B/ABK");
        let language = Language { allows: |c| c.is_ascii_lowercase(), ..ANY.clone() };
        assert!(kinds(&[&pattern], &language, &mut Budget::new()).unwrap().contains(&"b/abk".to_owned()));
    }

    #[test]
    fn one_pattern_is_looked_at_behind_each_beginning() {
        let pattern = wild("aab");
        let language = Language { prefix: "", ..ANY.clone() };
        let found = kinds_behind(&[(&pattern, ""), (&pattern, "a")], &language, &mut Budget::new()).unwrap();
        for wanted in ["aab", "ab"] {
            assert!(found.iter().any(|text| text == wanted), "{wanted} in {found:?}");
        }
    }

    #[test]
    fn too_many_kinds_are_refused() {
        let patterns: Vec<Pattern> = (0..14u8).map(|at| wild(&format!("*{}*", char::from(b'a' + at)))).collect();
        let patterns: Vec<&Pattern> = patterns.iter().collect();
        assert_eq!(kinds(&patterns, &ANY, &mut Budget::new()), Err(TooComplex));
    }
}
