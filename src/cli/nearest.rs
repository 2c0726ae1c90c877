//! Names that look like a mistyped one.

/// Names that are offered.
const OFFERED: usize = 3;

/// Least likeness of an offered name, 0 to 1, by how it begins.
const LIKENESS: f64 = 0.65;

/// Least likeness by letters to change, 0 to 1: all ids of subnets begin alike.
const SAME_LETTERS: f64 = 0.5;

/// The known names that look most like this one, best first.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut scored: Vec<(f64, &str)> = known.map(|candidate| (strsim::jaro_winkler(name, candidate), candidate)).collect();
    scored.retain(|(likeness, candidate)| {
        *likeness >= LIKENESS && strsim::normalized_damerau_levenshtein(name, candidate) >= SAME_LETTERS
    });
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.dedup_by(|a, b| a.1 == b.1);
    scored.into_iter().take(OFFERED).map(|(_, candidate)| candidate.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_alike_comes_first_and_strangers_do_not_come() {
        let known = ["s3", "dynamodb", "ecr.api", "ecr.dkr", "secretsmanager"];
        assert_eq!(nearest("ecr.ap", known.into_iter()).first().map(String::as_str), Some("ecr.api"));
        assert_eq!(nearest("dynamo", known.into_iter()), ["dynamodb"]);
        assert_eq!(nearest("s4", known.into_iter()), ["s3"]);
        assert!(nearest("zzz", known.into_iter()).is_empty());
        let ids = ["subnet-2398e8ad93e24d101", "subnet-5142a889f35426d19"];
        assert_eq!(nearest("subnet-2398e8ad93e24d102", ids.into_iter()), ["subnet-2398e8ad93e24d101"]);
        assert!(nearest("subnet-x", ids.into_iter()).is_empty());
    }
}
