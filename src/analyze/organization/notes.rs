//! What to know about a fold: where its reports are not alike.

use std::collections::BTreeMap;

use super::merged::{AuditedAccount, Totals};
use crate::analyze::Pillar;

/// Hours between the oldest and the youngest report that are nothing to speak of: one night to the next, and a scan's time.
const HOURS_APART: i64 = 36;

/// Groups of accounts, or checks, that one note names; more are counted.
const NAMED: usize = 4;

/// Longest word of a report's own that a note repeats, in characters.
const WORD: usize = 40;

/// Two reports of one account.
pub(super) fn given_twice(account_id: &str, one: jiff::Timestamp, other: jiff::Timestamp) -> String {
    let (kept, left) = (one.max(other), one.min(other));
    if kept == left {
        return format!("account {account_id} was given twice, with reports of the same time ({kept}): the first one is kept");
    }
    format!("account {account_id} was given twice: the report of {kept} is kept, the one of {left} is left out")
}

/// Where the reports of these accounts, which are sorted by id, are not alike.
pub(super) fn of(accounts: &[AuditedAccount], totals: &Totals) -> Vec<String> {
    let settings = |account: &AuditedAccount| {
        account
            .settings_id
            .as_deref()
            .map_or_else(|| "settings that are not told".to_owned(), |id| format!("settings {}", word(id)))
    };
    let differing = [
        (
            "the settings differ (trust, checks, thresholds or cost), so that findings and scores do not compare",
            groups(accounts, settings),
        ),
        ("the versions of natless differ", groups(accounts, |account| format!("natless {}", word(&account.natless)))),
        ("the metrics are of windows that differ", groups(accounts, |account| format!("{} days", account.lookback_days))),
    ];
    let mut notes: Vec<String> =
        differing.into_iter().filter_map(|(what, groups)| Some(format!("{what}: {}", groups?))).collect();
    notes.extend(far_apart(accounts));
    notes.extend(foreign_checks(totals));
    notes
}

/// The groups of accounts that differ in something, largest first: `natless 0.1.0 in 3 accounts, natless 0.2.0 in 111122223333`.
fn groups(accounts: &[AuditedAccount], of: impl Fn(&AuditedAccount) -> String) -> Option<String> {
    let mut by_word: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for account in accounts {
        by_word.entry(of(account)).or_default().push(&account.account_id);
    }
    if by_word.len() < 2 {
        return None;
    }
    let mut groups: Vec<(String, Vec<&str>)> = by_word.into_iter().collect();
    groups.sort_by_key(|(_, members)| std::cmp::Reverse(members.len()));
    let words = groups.into_iter().map(|(word, members)| match members.as_slice() {
        [alone] => format!("{word} in {alone}"),
        several => format!("{word} in {} accounts", several.len()),
    });
    Some(listed(words.collect()))
}

/// Reports that are of two nights or more.
fn far_apart(accounts: &[AuditedAccount]) -> Option<String> {
    let oldest = accounts.iter().min_by_key(|account| account.figures.taken_at)?;
    let youngest = accounts.iter().max_by_key(|account| account.figures.taken_at)?;
    let (from, to) = (oldest.figures.taken_at, youngest.figures.taken_at);
    (to.duration_since(from) > jiff::SignedDuration::from_hours(HOURS_APART)).then(|| {
        format!(
            "the reports are more than {HOURS_APART} hours apart: {} was read {from}, {} was read {to}",
            oldest.account_id, youngest.account_id
        )
    })
}

/// Findings of another version's checks.
fn foreign_checks(totals: &Totals) -> Option<String> {
    let foreign = totals.checks.iter().filter(|total| total.pillar.is_none());
    let named: Vec<String> = foreign.map(|total| format!("`{}`", word(&total.check))).collect();
    (!named.is_empty()).then(|| {
        let pillars = Pillar::ALL.map(Pillar::as_str).join(", ");
        format!("findings of checks that this natless does not have are in no pillar ({pillars}): {}", listed(named))
    })
}

/// A word of a report as long as such words are.
fn word(raw: &str) -> String {
    raw.chars().take(WORD).collect()
}

fn listed(mut words: Vec<String>) -> String {
    let more = words.len().saturating_sub(NAMED);
    if more > 0 {
        words.truncate(NAMED);
        words.push(format!("and {more} more"));
    }
    words.join(", ")
}
