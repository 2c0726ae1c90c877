//! The report for people in a pull request, an issue or a chat: Markdown that fits one comment.

use std::fmt::Write as _;

use rust_decimal::Decimal;

use super::words::{change_counts, change_money, expired, gap_advice, savable, verdict};
use super::{Facts, simulation, text};
use crate::analyze::history::{Comparison, RecordedFinding, Side};
use crate::analyze::{Finding, Pillar, PlanStep, Repaired, Score};

/// Findings, steps or gaps that a table shows: the first number with which the report fits a comment.
const SHOWN: [usize; 4] = [25, 12, 6, 3];

/// Longest report, in bytes, where fewer rows make it shorter. Source: GitHub takes comments of 65,536 characters.
const COMMENT: usize = 60_000;

/// Longest text in a cell, in columns.
const CELL_COLUMNS: usize = 300;

/// The report as Markdown in the GitHub dialect.
#[must_use]
pub fn render(facts: Facts<'_>) -> String {
    Draft::fitting(|page| {
        head(page, facts);
        if let Some(comparison) = facts.comparison {
            since(page, comparison);
        }
        plan(page, facts);
        findings(page, facts);
        waived(page, facts);
        blind(page, facts);
    })
}

/// A comparison by itself.
#[must_use]
pub fn render_comparison(comparison: &Comparison, account_id: &str) -> String {
    Draft::fitting(|page| {
        let _ = writeln!(page, "# natless: account {}", code(account_id));
        since(page, comparison);
    })
}

/// A page that is being written, and how many rows its tables may have.
pub(super) struct Draft {
    text: String,
    shown: usize,
}

impl Draft {
    /// The page with the most rows that fits a comment; with the fewest where none does.
    pub(super) fn fitting(write: impl Fn(&mut Self)) -> String {
        let mut text = String::new();
        for shown in SHOWN {
            let mut page = Self { text: String::new(), shown };
            write(&mut page);
            text = page.text;
            if text.len() <= COMMENT {
                return text;
            }
        }
        // Even a few rows of names that are all marks may be too long.
        let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= COMMENT).last().unwrap_or(0);
        let kept = text.split_at(end).0;
        let kept = kept.rsplit_once('\n').map_or(kept, |(whole, _)| whole);
        format!("{kept}\n\nThe report is cut here; the JSON form has all.\n")
    }

    /// Rows that a table may have.
    pub(super) fn shown(&self) -> usize {
        self.shown
    }

    /// Adds Markdown of our own.
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }
}

impl std::fmt::Write for Draft {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.text.push_str(text);
        Ok(())
    }
}

/// Text from outside as a code span: nothing in it is a link, a mention or a mark. Works in a cell of a table.
pub(super) fn code(raw: &str) -> String {
    let shown = text::safe(raw);
    let shown = text::clip(&shown, CELL_COLUMNS).replace('|', "\\|");
    let longest = shown.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // A span that begins or ends with a backtick needs a space there, and an empty one is no span.
    let edge = if longest > 0 || shown.trim().is_empty() { " " } else { "" };
    format!("{fence}{edge}{shown}{edge}{fence}")
}

/// Running text in which nothing is a mark, a link or a mention.
///
/// Source: GitHub Flavored Markdown Spec, "Backslash escapes" and "Autolinks (extension)"; GitHub Docs, "Mentioning people and teams".
pub(super) fn plain(raw: &str) -> String {
    let shown = text::safe(raw);
    let shown = text::clip(&shown, CELL_COLUMNS);
    let mut escaped = String::with_capacity(shown.len() + 16);
    for c in shown.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // Mentions and references are looked for in what is shown, so that a backslash does not help; an invisible space does.
            '@' => escaped.push_str("@&#8203;"),
            '#' => escaped.push_str("\\#&#8203;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '!' | '|' | '~' | '$' | '+' | '=' => {
                escaped.push('\\');
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
    }
    // What would become a link by itself.
    escaped.replace("://", ":&#8203;//").replace("www.", "www&#8203;.").replace("mailto:", "mailto&#8203;:")
}

// Writing to a string cannot fail, so every result of `write!` below is let go.

fn head(page: &mut Draft, facts: Facts<'_>) {
    let assessment = facts.assessment;
    let _ = writeln!(page, "# natless: account {}\n", code(&assessment.account.id));
    let when = assessment.taken_at.strftime("%Y-%m-%d %H:%M UTC");
    let regions = text::list(&assessment.regions, 6);
    let _ = writeln!(page, "Read {when} in {}. Metrics of {} days.\n", plain(&regions), assessment.lookback_days);
    for note in &assessment.notes {
        let _ = writeln!(page, "> **Note:** {}\n", plain(note));
    }
    page.text.push_str("| | score | grade | coverage |\n|---|--:|---|--:|\n");
    score_row(page, "**overall**", assessment.scores.overall);
    for pillar in Pillar::ALL {
        if let Some(score) = assessment.scores.pillars.get(&pillar) {
            score_row(page, pillar.as_str(), *score);
        }
    }
    let _ = writeln!(page, "\n**{}.** {}", outcome(facts), bill(facts));
}

fn score_row(page: &mut Draft, name: &str, score: Score) {
    let value = score.score.map_or_else(|| "–".to_owned(), |value| format!("{value:.1}"));
    let grade = score.grade.map_or_else(|| "–".to_owned(), |grade| grade.to_string());
    let _ = writeln!(page, "| {name} | {value} | {grade} | {:.0} % |", score.coverage * 100.0);
}

/// How much was found, not judged and not read.
fn outcome(facts: Facts<'_>) -> String {
    let assessment = facts.assessment;
    let mut said = verdict(assessment).head;
    if !assessment.unknown.is_empty() {
        let _ = write!(said, "; {} not judged", assessment.unknown.len());
    }
    if !assessment.gaps.is_empty() {
        let _ = write!(said, "; {} not read", text::count(text::len(&assessment.gaps), "call", "calls"));
    }
    said
}

fn bill(facts: Facts<'_>) -> String {
    let (bill, plan) = (&facts.assessment.bill, &facts.assessment.plan);
    let mut said = match (bill.lines.is_empty(), bill.unpriced.is_empty()) {
        (true, true) => return String::new(),
        (true, false) => "The bill: not priced".to_owned(),
        (false, _) => format!("The bill: \\${} a month", bill.total.in_words()),
    };
    if let Some(avoidable) = plan.avoidable.filter(|saving| saving.high > Decimal::ZERO) {
        let _ = write!(said, ", of which {} can be saved", plain(&savable(avoidable)));
    }
    if !bill.unpriced.is_empty() {
        let _ = write!(said, "; {} without a price, in no total", text::count(text::len(&bill.unpriced), "item", "items"));
    }
    if let Some(saving) = facts.assessment.waived.saving.filter(|saving| saving.high > Decimal::ZERO) {
        let _ = write!(said, "; waived waste: \\${} a month", saving.in_words());
    }
    said + "."
}

fn open(facts: Facts<'_>) -> impl Iterator<Item = &Finding> {
    facts.assessment.findings.iter().filter(|finding| finding.waiver.is_none())
}

/// The comparison with the baseline, as a chapter.
fn since(page: &mut Draft, comparison: &Comparison) {
    let when = comparison.old_taken_at.strftime("%Y-%m-%d %H:%M UTC");
    let _ = writeln!(page, "\n## Since {when}\n\n**{}.**", change_counts(comparison));
    if let Some(money) = change_money(comparison) {
        let _ = writeln!(page, "\n{}", plain(&money));
    }
    for note in &comparison.notes {
        let _ = writeln!(page, "\n> **Note:** {}", plain(note));
    }
    let mut rows: Vec<(&str, &RecordedFinding, String)> = Vec::new();
    rows.extend(comparison.new.iter().map(|finding| ("new", finding, String::new())));
    rows.extend(comparison.fixed.iter().map(|finding| ("fixed", finding, String::new())));
    rows.extend(comparison.changed.iter().map(|changed| ("changed", &changed.finding, changed.what.join("; "))));
    rows.extend(comparison.not_comparable.iter().map(|item| {
        let blind = if item.side == Side::Old { "now" } else { "in the baseline" };
        ("not comparable", &item.finding, format!("{blind}: {}", item.why))
    }));
    if rows.is_empty() {
        return;
    }
    page.text.push_str("\n| | severity | check | resource | |\n|---|---|---|---|---|\n");
    for (word, finding, remark) in rows.iter().take(page.shown) {
        let resource = named(&finding.subject.resource.id, finding.subject.resource.name.as_deref());
        let remark = if remark.is_empty() { plain(&finding.title) } else { plain(remark) };
        let _ =
            writeln!(page, "| {word} | {} | `{}` | {resource} | {remark} |", finding.severity, plain_id(&finding.subject.check));
    }
    more(page, rows.len());
}

/// An id of natless's own, which a report that was read could have changed.
pub(super) fn plain_id(id: &str) -> String {
    id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
}

/// The id as code, and the name where there is one.
pub(super) fn named(id: &str, name: Option<&str>) -> String {
    name.map_or_else(|| code(id), |name| format!("{} {}", code(id), plain(name)))
}

/// How many rows a table of so many has left out.
pub(super) fn more(page: &mut Draft, all: usize) {
    if all > page.shown {
        let _ = writeln!(page, "\nand {} more: the JSON form has all.", all - page.shown);
    }
}

fn plan(page: &mut Draft, facts: Facts<'_>) {
    let plan = &facts.assessment.plan;
    if plan.steps.is_empty() {
        return;
    }
    let together = plan.avoidable.map_or_else(String::new, |saving| format!(" Together: {}.", plain(&simulation::saved(saving))));
    let _ = writeln!(page, "\n## Do this first\n\n{}.{together}\n", text::count(text::len(&plan.steps), "change", "changes"));
    page.text.push_str("| | change | a month | severity | to mind |\n|--:|---|---|---|---|\n");
    for (number, step) in plan.steps.iter().take(page.shown).enumerate() {
        let _ = writeln!(page, "| {} | {} |", number + 1, step_cells(step));
    }
    more(page, plan.steps.len());
}

fn step_cells(step: &PlanStep) -> String {
    let money = match &step.alone {
        Ok(saving) => simulation::saved(*saving),
        Err(why) => format!("not known: {why}"),
    };
    let hazards = match step.change.hazards.first() {
        None => String::new(),
        Some(first) if step.change.hazards.len() == 1 => plain(first),
        Some(first) => format!("{} (and {} more)", plain(first), step.change.hazards.len() - 1),
    };
    let proof = if step.proof == crate::analyze::Proof::Proven { "" } else { " (not proven)" };
    [plain(&step.change.title) + proof, plain(&money), step.severity.to_string(), hazards].join(" | ")
}

fn findings(page: &mut Draft, facts: Facts<'_>) {
    let all: Vec<&Finding> = open(facts).collect();
    if all.is_empty() {
        return;
    }
    let _ = writeln!(page, "\n## Findings");
    for pillar in Pillar::ALL {
        let mut of_pillar: Vec<&Finding> = all.iter().copied().filter(|finding| finding.pillar == pillar).collect();
        if of_pillar.is_empty() {
            continue;
        }
        // The order of the assessment is kept among those of one severity.
        of_pillar.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        let _ = writeln!(page, "\n### {pillar}: {}\n", of_pillar.len());
        page.text.push_str("| severity | finding | resource | region | repair |\n|---|---|---|---|---|\n");
        for finding in of_pillar.iter().take(page.shown) {
            let _ = writeln!(page, "| {} | {} |", finding.severity, finding_cells(finding));
        }
        more(page, of_pillar.len());
    }
}

fn finding_cells(finding: &Finding) -> String {
    let lapsed = finding.lapsed.as_ref().map_or_else(String::new, |waiver| format!(" ({})", plain(&expired(waiver))));
    let title = format!("{}{lapsed}<br>`{}`", plain(&finding.title), finding.check);
    let repair = match &finding.repair {
        Repaired::Change(proposal) => {
            let money =
                proposal.saving.as_ref().map_or_else(|_| String::new(), |saving| format!(", {}", simulation::saved(*saving)));
            plain(&format!("{}{money}", proposal.change.title))
        }
        Repaired::Person(why) => plain(why),
    };
    [title, named(&finding.resource.id, finding.resource.name.as_deref()), plain(&finding.region), repair].join(" | ")
}

fn waived(page: &mut Draft, facts: Facts<'_>) {
    let waived: Vec<_> =
        facts.assessment.findings.iter().filter_map(|finding| Some((finding, finding.waiver.as_ref()?))).collect();
    if waived.is_empty() {
        return;
    }
    let _ = writeln!(page, "\n## Waived: {}\n\n| check | resource | reason | until |\n|---|---|---|---|", waived.len());
    for (finding, waiver) in waived.iter().take(page.shown) {
        let owner = waiver.owner.as_ref().map_or_else(String::new, |owner| format!(" ({})", plain(owner)));
        let until = waiver.until.map_or_else(String::new, |day| day.to_string());
        let resource = named(&finding.resource.id, finding.resource.name.as_deref());
        let _ = writeln!(page, "| `{}` | {resource} | {}{owner} | {until} |", finding.check, plain(&waiver.reason));
    }
    more(page, waived.len());
}

/// What was not judged and not read.
fn blind(page: &mut Draft, facts: Facts<'_>) {
    let assessment = facts.assessment;
    if assessment.unknown.is_empty() && assessment.gaps.is_empty() {
        return;
    }
    let judged = text::count(text::len(&assessment.unknown), "subject", "subjects");
    let read = text::count(text::len(&assessment.gaps), "call", "calls");
    let _ = writeln!(page, "\n## Not known\n\n{judged} not judged, {read} not read. None of them counts as passed.");
    if assessment.gaps.is_empty() {
        return;
    }
    page.text.push_str("\n| call | region | why | what helps |\n|---|---|---|---|\n");
    for (_, gap) in assessment.gaps.iter().take(page.shown) {
        let helps = plain(&gap_advice(&gap.kind, &gap.code, &[&gap.action]));
        let call = code(&format!("{}:{}", gap.service, gap.operation));
        let resource = gap.resource.as_deref().map_or_else(String::new, |resource| format!(" {}", code(resource)));
        let _ =
            writeln!(page, "| {call}{resource} | {} | {} {} | {helps} |", plain(&gap.region), gap.kind.as_str(), code(&gap.code));
    }
    more(page, assessment.gaps.len());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn nothing_from_the_account_is_a_mark() {
        assert_eq!(
            plain("a|b\n# c <img src=x> [l](javascript:x) @team"),
            "a\\|b\\\\n\\#&#8203; c &lt;img src=x&gt; \\[l\\]\\(javascript:x\\) @&#8203;team".replace("src=x", "src\\=x")
        );
        assert_eq!(plain("https://evil.example www.evil.example"), "https:&#8203;//evil.example www&#8203;.evil.example");
        assert_eq!(code("a`b``c|d"), "``` a`b``c\\|d ```");
        assert_eq!(code(""), "`  `");
        assert_eq!(code("x\ny"), "`x\\ny`");
    }

    #[test]
    fn a_report_of_long_names_shows_fewer_rows_and_still_fits() {
        let mut sample = Sample::new();
        let more = sample.assessment.findings.clone();
        sample.assessment.findings.extend(more);
        for finding in &mut sample.assessment.findings {
            finding.title = "x|y ".repeat(500);
            finding.resource.name = Some("`|".repeat(500));
        }
        let report = render(sample.facts());
        assert!(report.len() <= COMMENT + 100, "{}", report.len());
        assert!(report.contains("more: the JSON form has all.") || report.contains("The report is cut here"));
    }

    #[test]
    fn every_row_of_a_table_is_one_line_with_its_cells() {
        let report = render(Sample::new().facts());
        let mut cells = 0;
        for line in report.lines() {
            assert!(!line.chars().any(text::is_hostile), "{line}");
            if line.starts_with("|--") || line.starts_with("|-") {
                cells = line.matches('|').count();
            } else if line.starts_with('|') && cells > 0 {
                let bars = line.replace("\\|", "").matches('|').count();
                assert!(bars == cells, "{line}");
            } else {
                cells = 0;
            }
        }
        for heading in ["# natless", "## Since 2026-11-22", "## Do this first", "### egress: 17", "## Waived: 1", "## Not known"]
        {
            assert!(report.contains(heading), "{heading}\n{report}");
        }
        assert!(report.contains("waived waste: \\$41.23 a month"), "{report}");
        assert!(report.contains("ran out on 2026-11-01"), "{report}");
    }
}
