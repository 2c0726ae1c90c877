//! Sentences about many accounts that more than one format says, and says alike.

use rust_decimal::Decimal;

use crate::analyze::organization::{AuditedAccount, Lowest, Merged};
use crate::analyze::{Pillar, Severity};
use crate::report::text;
use crate::report::words::{Mood, NAMED, Verdict, savable};

/// Longest name, check or reason, in columns.
pub(super) const COLUMNS: usize = 80;

/// Text of a report, or of a list of accounts, as long as such text is.
pub(super) fn short(raw: &str) -> String {
    text::clip(&text::safe(raw), COLUMNS).into_owned()
}

/// `47 accounts audited`, and how many are missing.
pub(super) fn accounts(merged: &Merged) -> (String, Option<String>) {
    let audited = format!("{} audited", text::count(text::len(&merged.accounts), "account", "accounts"));
    let missing = text::len(&merged.missing);
    (audited, (missing > 0).then(|| format!("{missing} missing")))
}

/// When the scans began: `2026-11-23 02:00 UTC`, or from when to when.
pub(super) fn times(merged: &Merged) -> Option<String> {
    let shown = |time: jiff::Timestamp| time.strftime("%Y-%m-%d %H:%M UTC").to_string();
    merged.taken_at.map(|(oldest, youngest)| {
        let (oldest, youngest) = (shown(oldest), shown(youngest));
        if oldest == youngest { oldest } else { format!("{oldest} to {youngest}") }
    })
}

/// What the audits came to, in one line: `3 findings: 1 high, 2 low`.
pub(super) fn verdict(merged: &Merged) -> Verdict {
    let open = merged.open();
    let complete = !merged.is_incomplete() && merged.totals.unknown == 0;
    let (head, mood) = if open > 0 {
        let counts: Vec<String> = merged
            .totals
            .open
            .iter()
            .rev()
            .filter(|(_, count)| **count > 0)
            .map(|(severity, count)| format!("{count} {severity}"))
            .collect();
        (format!("{}: {}", text::count(open, "finding", "findings"), counts.join(", ")), Mood::Findings)
    } else if complete {
        ("No finding".to_owned(), Mood::Clean)
    } else if merged.totals.lowest_score.is_none() {
        ("Nothing was judged".to_owned(), Mood::Blind)
    } else {
        ("No finding in what was judged".to_owned(), Mood::Blind)
    };
    Verdict { head, mood }
}

/// What is no open finding, and no pass: `3 waived, 14 not judged, 5 calls not read in 2 accounts`. Empty where there is no such thing.
pub(super) fn beside(merged: &Merged) -> String {
    let totals = &merged.totals;
    let mut said = Vec::new();
    if totals.waived > 0 {
        said.push(format!("{} waived", totals.waived));
    }
    if totals.unknown > 0 {
        said.push(format!("{} not judged", totals.unknown));
    }
    if totals.gaps > 0 {
        let calls = text::count(totals.gaps, "call", "calls");
        said.push(format!("{calls} not read in {}", text::count(totals.incomplete, "account", "accounts")));
    }
    said.join(", ")
}

/// The sum of the bills, and what can be saved of it: `$1234.00 a month`, `of which $20.00 can be saved`.
pub(super) fn bill(merged: &Merged) -> (String, Option<String>) {
    let totals = &merged.totals;
    let bill = totals.monthly.map_or_else(|| "not known".to_owned(), |sum| format!("${} a month", sum.in_words()));
    let saved = totals.avoidable.filter(|sum| sum.high > Decimal::ZERO);
    (bill, saved.map(|sum| format!("of which {} can be saved", savable(sum))))
}

/// What is in no sum, in one line each.
pub(super) fn in_no_sum(merged: &Merged) -> Vec<String> {
    let totals = &merged.totals;
    let mut bill = Vec::new();
    if !merged.missing.is_empty() {
        bill.push(text::count(text::len(&merged.missing), "missing account", "missing accounts"));
    }
    if totals.monthly_unknown > 0 {
        bill.push(text::count(totals.monthly_unknown, "account whose bill is not known", "accounts whose bill is not known"));
    }
    if totals.unpriced > 0 {
        let items = text::count(totals.unpriced, "item", "items");
        bill.push(format!("{items} without a price or measured traffic"));
    }
    let mut lines = Vec::new();
    if !bill.is_empty() {
        lines.push(format!("not in the bill: {}", bill.join(", ")));
    }
    if totals.avoidable_unknown > 0 {
        let accounts = text::count(totals.avoidable_unknown, "account", "accounts");
        lines.push(format!("not in what can be saved: {accounts} where that was not worked out"));
    }
    lines
}

/// Open findings by pillar: `egress 3, cost 4, privilege 0`.
pub(super) fn pillars(merged: &Merged) -> String {
    let totals = &merged.totals;
    let count = |pillar: Pillar| totals.pillars.get(&pillar).copied().unwrap_or_default();
    let mut said = Pillar::ALL.map(|pillar| format!("{pillar} {}", count(pillar))).to_vec();
    if totals.no_pillar > 0 {
        said.push(format!("no pillar {}", totals.no_pillar));
    }
    said.join(", ")
}

/// The lowest score and coverage, and whose they are: `score 59.0 of 111122223333`. There is no score of all accounts.
pub(super) fn lowest(merged: &Merged) -> Vec<String> {
    let who = |lowest: &Lowest| text::list(&lowest.accounts, NAMED);
    let score = merged.totals.lowest_score.as_ref().map(|lowest| format!("score {:.1} of {}", lowest.value, who(lowest)));
    let coverage = merged.totals.lowest_coverage.as_ref().map(|lowest| {
        let whose = if lowest.value < 1.0 { format!("of {}", who(lowest)) } else { "everywhere".to_owned() };
        format!("coverage {:.0}% {whose}", lowest.value * 100.0)
    });
    score.into_iter().chain(coverage).collect()
}

/// The score of one account with its letter: `59.0 F`.
pub(super) fn score(account: &AuditedAccount) -> String {
    let overall = account.figures.overall;
    overall
        .score
        .map_or_else(|| "–".to_owned(), |score| format!("{score:.1} {}", overall.grade.unwrap_or(' ')).trim_end().to_owned())
}

/// The coverage of one account: `98%`.
pub(super) fn coverage(account: &AuditedAccount) -> String {
    format!("{:.0}%", account.figures.overall.coverage * 100.0)
}

/// The dollars of one account: `$105.12 a month, $70.00 can be saved`.
pub(super) fn money(account: &AuditedAccount) -> String {
    let bill = match account.monthly() {
        Some(monthly) if monthly.high.is_zero() && account.figures.monthly.is_none() => "nothing billed".to_owned(),
        Some(monthly) => format!("${} a month", monthly.in_words()),
        None => "bill not known".to_owned(),
    };
    let saved = match account.figures.avoidable {
        Some(avoidable) if avoidable.high > Decimal::ZERO => format!(", {} can be saved", savable(avoidable)),
        Some(_) => String::new(),
        None => ", what can be saved is not known".to_owned(),
    };
    bill + &saved
}

/// What could not be told of one account: `3 not judged, 1 call not read`. Empty where all could.
pub(super) fn blind(account: &AuditedAccount) -> String {
    let mut said = Vec::new();
    if account.figures.unknown > 0 {
        said.push(format!("{} not judged", account.figures.unknown));
    }
    if account.figures.gaps > 0 {
        said.push(format!("{} not read", text::count(account.figures.gaps, "call", "calls")));
    }
    if account.unpriced > 0 {
        said.push(format!("{} without a price", text::count(account.unpriced, "item", "items")));
    }
    said.join(", ")
}

/// Open findings of one account by severity, worst first.
pub(super) fn open(account: &AuditedAccount) -> [u64; 4] {
    Severity::ALL.map(|severity| account.open(severity))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::analyze::organization::Merger;

    #[test]
    fn nothing_is_no_pass_and_no_bill() {
        let nothing = Merger::new().finish();
        assert_eq!((verdict(&nothing).head.as_str(), verdict(&nothing).mood), ("Nothing was judged", Mood::Blind));
        assert_eq!(bill(&nothing), ("not known".to_owned(), None));
        assert!(times(&nothing).is_none() && lowest(&nothing).is_empty() && beside(&nothing).is_empty());
    }

    #[test]
    fn what_is_in_no_sum_is_told_beside_it() {
        let merged = sample::merged();
        assert_eq!(
            in_no_sum(&merged),
            [
                "not in the bill: 2 missing accounts, 1 account whose bill is not known, 1 item without a price or measured traffic",
                "not in what can be saved: 1 account where that was not worked out",
            ]
        );
        let words: Vec<String> = merged.accounts.iter().map(money).collect();
        assert!(words.iter().any(|word| word == "bill not known, what can be saved is not known"), "{words:?}");
        assert!(words.iter().any(|word| word == "nothing billed"), "{words:?}");
    }

    #[test]
    fn a_clean_account_beside_a_missing_one_is_not_clean() {
        let mut merged = sample::merged();
        merged.accounts.retain(|account| account.figures.gaps == 0 && account.figures.unknown == 0);
        (merged.totals.unknown, merged.totals.gaps, merged.totals.incomplete) = (0, 0, 0);
        merged.totals.open.values_mut().for_each(|count| *count = 0);
        assert_eq!(verdict(&merged).head, "No finding in what was judged");
        merged.missing.clear();
        assert_eq!((verdict(&merged).head.as_str(), verdict(&merged).mood), ("No finding", Mood::Clean));
    }
}
