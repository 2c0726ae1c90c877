//! The message that people get when something has changed: plain text with a subject, for an e-mail or a chat.

use std::fmt::Write as _;

use super::words::{change_counts, change_money, savable, verdict};
use super::{DEFAULT_COLUMNS, Facts, Format, RenderError, organization, text};
use crate::analyze::Severity;
use crate::analyze::history::{Comparison, RecordedFinding, Side};
use crate::analyze::organization::Merged;

/// Longest subject, in characters. Source: SNS API Reference, `Publish`, `Subject`: "ASCII text ... less than 100 characters long".
const SUBJECT: usize = 99;

/// Findings of one kind that a message names.
const NAMED: usize = 20;

/// Longest title that is told, in columns.
const TITLE: usize = 160;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// One line of ASCII.
    pub subject: String,
    /// Lines of plain text.
    pub body: String,
}

/// Whether the audits before one could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// All that there are.
    Nothing,
    /// Not all: that nothing was compared does not mean that there is nothing to compare with.
    Something,
}

impl Message {
    /// The message about an audit; `None` where nothing has changed since the one before.
    ///
    /// Without one before there is nothing to compare with, and whoever asked to be told is told. `at` says where the report lies.
    #[must_use]
    pub fn about(facts: Facts<'_>, at: Option<&str>, unread: Unread) -> Option<Self> {
        if !is_news(facts) {
            return None;
        }
        let changes = match facts.comparison {
            Some(comparison) => change_counts(comparison),
            None if unread == Unread::Something => "not compared, earlier scans could not be read".to_owned(),
            None => "first report".to_owned(),
        };
        let account = &facts.assessment.account.id;
        let subject = subject(&format!("natless: account {account}: {changes}"));
        Some(Self { subject, body: body(facts, &changes, at) })
    }
}

impl Message {
    /// The message about the audits of many accounts. `at` says where the report lies.
    ///
    /// # Errors
    /// [`RenderError`] where the report cannot be put into words.
    pub fn about_merged(merged: &Merged, at: Option<&str>) -> Result<Self, RenderError> {
        let totals = &merged.totals;
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let mut line = format!("natless: {}", text::count(count(merged.accounts.len()), "account", "accounts"));
        if !merged.missing.is_empty() {
            let _ = write!(line, ", {} missing", merged.missing.len());
        }
        let findings: Vec<String> = totals
            .open
            .iter()
            .rev()
            .filter(|(_, count)| **count > 0)
            .map(|(severity, count)| format!("{count} {severity}"))
            .collect();
        let findings = if findings.is_empty() { "no finding".to_owned() } else { findings.join(", ") };
        let mut body =
            anstream::adapter::strip_str(&organization::render(Format::Terminal, merged, DEFAULT_COLUMNS)?).to_string();
        if let Some(at) = at {
            let _ = writeln!(body, "\nThe whole report: {}", text::safe(at));
        }
        Ok(Self { subject: subject(&format!("{line}: {findings}")), body })
    }
}

/// Whether an audit is news for anybody: something has changed, or there is nothing to compare with.
#[must_use]
pub fn is_news(facts: Facts<'_>) -> bool {
    facts.comparison.is_none_or(has_news)
}

/// Whether anybody needs to be told: what cannot be compared any more is as much news as what is new.
fn has_news(comparison: &Comparison) -> bool {
    let Comparison { new, fixed, changed, not_comparable, .. } = comparison;
    !(new.is_empty() && fixed.is_empty() && changed.is_empty() && not_comparable.is_empty())
}

/// A subject that SNS takes: ASCII in one line, and not too long.
fn subject(line: &str) -> String {
    line.chars().map(|c| if (' '..='~').contains(&c) { c } else { '?' }).take(SUBJECT).collect()
}

// Writing to a string cannot fail, so every result of `write!` below is let go.

fn body(facts: Facts<'_>, changes: &str, at: Option<&str>) -> String {
    let assessment = facts.assessment;
    let mut body = String::new();
    let when = assessment.taken_at.strftime("%Y-%m-%d %H:%M UTC");
    let _ = writeln!(body, "natless audited account {} on {when}: {changes}.", assessment.account.id);
    let score = assessment.scores.overall;
    let value = score.score.map_or_else(|| "no score".to_owned(), |score| format!("score {score:.1}"));
    let _ = writeln!(body, "{}; {value}, coverage {:.0} %.", verdict(assessment).head, score.coverage * 100.0);
    if let Some(avoidable) = assessment.plan.avoidable {
        let _ = writeln!(body, "The plan saves {} a month.", savable(avoidable));
    }
    if !assessment.gaps.is_empty() {
        let _ = writeln!(
            body,
            "The scan is incomplete: {} not answered.",
            text::count(text::len(&assessment.gaps), "call was", "calls were")
        );
    }
    if let Some(comparison) = facts.comparison {
        if let Some(money) = change_money(comparison) {
            let _ = writeln!(body, "Since {}: {money}.", comparison.old_taken_at.strftime("%Y-%m-%d %H:%M UTC"));
        }
        findings(&mut body, "New", comparison.new.iter().map(|finding| (finding, String::new())));
        let differing = comparison.changed.iter().map(|one| (&one.finding, one.what.join("; ")));
        findings(&mut body, "Changed", differing);
        findings(&mut body, "Fixed", comparison.fixed.iter().map(|finding| (finding, String::new())));
        let doubtful = comparison.not_comparable.iter().map(|one| {
            let side = match one.side {
                Side::Old => "then",
                Side::New => "now",
            };
            (&one.finding, format!("only {side}; {}", one.why))
        });
        findings(&mut body, "Not comparable", doubtful);
    } else {
        let open = assessment.findings.iter().filter(|finding| finding.waiver.is_none());
        let records: Vec<RecordedFinding> = open.map(RecordedFinding::from).collect();
        findings(&mut body, "Findings", records.iter().map(|finding| (finding, String::new())));
    }
    if let Some(at) = at {
        let _ = writeln!(body, "\nThe whole report: {}", text::safe(at));
    }
    body
}

fn findings<'f>(body: &mut String, head: &str, findings: impl Iterator<Item = (&'f RecordedFinding, String)>) {
    let mut findings: Vec<(&RecordedFinding, String)> = findings.collect();
    if findings.is_empty() {
        return;
    }
    findings.sort_by_key(|(finding, _)| std::cmp::Reverse::<Severity>(finding.severity));
    let _ = writeln!(body, "\n{head}:");
    for (finding, more) in findings.iter().take(NAMED) {
        let subject = &finding.subject;
        let title = text::safe(&finding.title);
        let more = if more.is_empty() { String::new() } else { format!(" ({})", text::clip(&text::safe(more), TITLE)) };
        let line = format!("{} [{}, {}]", text::clip(&title, TITLE), text::safe(&subject.resource.id), subject.region);
        let _ = writeln!(body, "- {}: {line}{more}", finding.severity);
    }
    if let Some(more) = findings.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let _ = writeln!(body, "- and {more} more");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn a_message_tells_what_changed_and_where_the_report_lies() {
        let sample = Sample::new();
        let message = Message::about(sample.facts(), Some("s3://b/reports/111122223333/"), Unread::Nothing).unwrap();
        assert!(message.subject.starts_with("natless: account 111122223333: "), "{}", message.subject);
        assert!(message.subject.is_ascii() && message.subject.len() < 100);
        assert!(message.body.contains("\nNew:\n- ") && message.body.contains("\nFixed:\n- "), "{}", message.body);
        assert!(message.body.ends_with("The whole report: s3://b/reports/111122223333/\n"));
        assert!(message.body.chars().all(|c| c == '\n' || !text::is_hostile(c)));
    }

    #[test]
    fn nothing_new_is_no_message_and_no_baseline_is_one() {
        let mut sample = Sample::new();
        let comparison = &mut sample.comparison;
        comparison.new.clear();
        comparison.fixed.clear();
        comparison.changed.clear();
        assert!(Message::about(sample.facts(), None, Unread::Nothing).is_some(), "what cannot be compared is news");
        sample.comparison.not_comparable.clear();
        assert_eq!(Message::about(sample.facts(), None, Unread::Nothing), None);
        let facts = Facts { comparison: None, ..sample.facts() };
        let first = Message::about(facts, None, Unread::Nothing).unwrap();
        assert!(first.subject.ends_with("first report") && first.body.contains("\nFindings:\n"));
        let blind = Message::about(facts, None, Unread::Something).unwrap();
        assert!(blind.subject.ends_with("not compared, earlier scans could not be read"), "{}", blind.subject);
    }

    #[test]
    fn a_subject_is_short_ascii_in_one_line() {
        let long = subject(&format!("ä\nb{}", "x".repeat(200)));
        assert!(long.starts_with("??b") && long.len() == 99);
    }
}
