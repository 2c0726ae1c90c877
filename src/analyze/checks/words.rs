//! How checks write lists and name the gaps behind a policy's answers.

use crate::model::{GapId, Inventory};

/// The first few of a list of names in one line, and how many more there are.
pub(in crate::analyze) fn few<S: AsRef<str>>(names: &[S]) -> String {
    const SHOWN: usize = 4;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Why it is not known who belongs to the account's organization, where that was not read.
pub(super) fn organization_gap(inventory: &Inventory) -> Option<&GapId> {
    match inventory.organization.as_result() {
        Err(gap) => Some(gap),
        Ok(organization) => organization.as_ref()?.accounts.gap(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut_and_counted() {
        assert_eq!(few(&["a", "b", "c", "d"]), "a, b, c, d");
        assert_eq!(few(&["a", "b", "c", "d", "e", "f"]), "a, b, c, d and 2 more");
    }
}
