//! The reference of all checks in Markdown, made from their doc comments: `reports/checks.md`.

use std::fmt::Write as _;

use super::manual;
use super::words::controls;
use crate::analyze::{Check, Pillar};

/// The reference page. Committed as `reports/checks.md`; a test compares.
#[must_use]
pub fn markdown(checks: &[&'static Check]) -> String {
    let mut checks = checks.to_vec();
    checks.sort_by_key(|check| (check.pillar, check.id));
    let mut page = String::from(
        "# Checks\n\nMade from the checks' own documentation; `natless explain CHECK` prints the same in a terminal.\n",
    );
    for pillar in Pillar::ALL {
        let of_pillar: Vec<_> = checks.iter().filter(|check| check.pillar == pillar).collect();
        if of_pillar.is_empty() {
            continue;
        }
        // Writing to a string cannot fail.
        let _ = write!(page, "\n## {}\n\n| Check | Severity | Finds |\n|---|---|---|\n", title_case(pillar.as_str()));
        for check in &of_pillar {
            let _ = writeln!(page, "| [{0}](#{0}) | {1} | {2} |", check.id, check.severity, check.title);
        }
        for check in of_pillar {
            write_check(&mut page, check);
        }
    }
    page
}

fn write_check(page: &mut String, check: &Check) {
    // Writing to a string cannot fail.
    let _ = write!(page, "\n### {}\n\n{}. Severity {}, since {}.\n\n", check.id, check.title, check.severity, check.since);
    for line in manual::markdown(check).lines() {
        // Headings of a manual stand two levels below the check's own.
        let _ = if line.starts_with("## ") { writeln!(page, "##{line}") } else { writeln!(page, "{line}") };
    }
    if !check.controls.is_empty() {
        let _ = write!(page, "\n#### Controls\nA finding violates: {}.\n", controls(check));
    }
    let _ = write!(page, "\n#### Repair\n{}\n", check.remediation.summary);
    if !check.remediation.command.is_empty() {
        let _ = write!(page, "\n```sh\n{}\n```\n", check.remediation.command);
    }
    let _ = write!(page, "\n<{}>\n", check.remediation.url);
}

fn title_case(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::CHECKS;

    #[test]
    fn every_check_has_a_row_and_a_section() {
        let page = markdown(&CHECKS);
        for check in CHECKS {
            assert!(page.contains(&format!("| [{0}](#{0}) | {1} |", check.id, check.severity)), "{page}");
            assert!(page.contains(&format!("\n### {}\n", check.id)), "{page}");
        }
        assert!(page.contains("\n#### What it does\nFinds"), "{page}");
        assert!(page.contains("```sh\naws ec2 modify-vpc-endpoint"), "{page}");
        assert_eq!(page.matches("```").count(), 2, "a check without a command has no empty block");
    }
}
