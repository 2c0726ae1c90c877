//! Grants of every action.

use crate::policy::PatternElement;

/// Start of the name of every action of S3.
const PREFIX: &str = "s3:";

/// Whether an element means every action of S3.
pub(super) fn grants_all_actions(action: &PatternElement) -> bool {
    if action.negated {
        return !action.patterns.iter().any(|pattern| may_mean_s3(&pattern.to_ascii_lowercase()));
    }
    action.patterns.iter().any(|pattern| is_every_action(&pattern.to_ascii_lowercase()))
}

/// Whether a pattern matches whatever begins with the prefix: what stands before its last wildcards matches a part of it.
fn is_every_action(pattern: &str) -> bool {
    let start = pattern.trim_end_matches('*');
    start.len() < pattern.len()
        && PREFIX
            .char_indices()
            .map(|(end, _)| end)
            .chain([PREFIX.len()])
            .any(|end| PREFIX.get(..end).is_some_and(|part| matches(start.as_bytes(), part.as_bytes())))
}

/// Whether a pattern can match an action of S3, going by what stands before its first wildcard.
fn may_mean_s3(pattern: &str) -> bool {
    let start = pattern.split(['*', '?']).next().unwrap_or_default();
    start.starts_with(PREFIX) || (start.len() < pattern.len() && PREFIX.starts_with(start))
}

fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], text) => text.is_empty(),
        ([b'*', rest @ ..], _) => (0..=text.len()).any(|skipped| text.get(skipped..).is_some_and(|text| matches(rest, text))),
        ([b'?', rest @ ..], [_, text @ ..]) => matches(rest, text),
        ([c, rest @ ..], [d, text @ ..]) => c == d && matches(rest, text),
        (_, []) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(negated: bool, patterns: &[&str]) -> PatternElement {
        PatternElement { negated, patterns: patterns.iter().map(|&pattern| pattern.to_owned()).collect() }
    }

    #[test]
    fn patterns_that_mean_everything_are_told_from_those_that_mean_much() {
        for all in ["*", "**", "s3:*", "S3:*", "s3:**", "s3*", "s*", "*:*", "s*:*", "*3:*"] {
            assert!(grants_all_actions(&element(false, &["s3:GetObject", all])), "{all}");
        }
        for some in ["s3:Get*", "s3:*Object", "s3:?", "ec2:*", "s3", "s3-object-lambda:*", "*object*", "a*", "s3:*e*"] {
            assert!(!grants_all_actions(&element(false, &[some])), "{some}");
        }
    }

    #[test]
    fn not_action_means_everything_where_it_leaves_nothing_of_s3_out() {
        assert!(grants_all_actions(&element(true, &["ec2:*", "s3-outposts:*", "iam:Get?ser"])));
        for some in ["s3:DeleteBucket", "S3:Delete*", "*:Get*", "s*", "?3:GetObject"] {
            assert!(!grants_all_actions(&element(true, &["ec2:*", some])), "{some}");
        }
    }
}
