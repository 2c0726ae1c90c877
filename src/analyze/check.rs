//! What a check is: a value with its documentation and one function, declared in one file.

use super::{Audit, Control, Pillar, Repair, Severity, Subject};

/// One check. Declared by `declare_check!`, listed in [`registry`](crate::analyze::checks::registry).
#[derive(Debug)]
pub struct Check {
    /// Id, `<service>-<resource>-<defect>`; never renumbered, never reused.
    pub id: &'static str,
    /// One line that names the defect.
    pub title: &'static str,
    /// Severity, unless a finding says otherwise.
    pub severity: Severity,
    /// Pillar whose score it counts in.
    pub pillar: Pillar,
    /// Controls of public catalogues that a finding of it violates.
    pub controls: &'static [Control],
    /// Version of natless that brought it.
    pub since: &'static str,
    /// What to do about a finding.
    pub remediation: Remediation,
    /// The change that repairs a finding.
    pub repair: Repair,
    /// The check's manual in Markdown, from the doc comment of its declaration.
    pub docs: &'static str,
    /// The function that judges every subject of an account.
    pub evaluate: fn(&Audit<'_>) -> Vec<Subject>,
}

impl Check {
    /// The manual as Markdown, without the space that follows `///`.
    #[must_use]
    pub fn manual(&self) -> String {
        self.docs.lines().flat_map(|line| [line.strip_prefix(' ').unwrap_or(line), "\n"]).collect()
    }
}

/// What to do about a finding of a check.
#[derive(Debug, Clone, Copy)]
pub struct Remediation {
    /// The repair, in one sentence.
    pub summary: &'static str,
    /// AWS CLI command that repairs it, with placeholders in angle brackets; empty where a decision comes first.
    pub command: &'static str,
    /// Page that describes the repair.
    pub url: &'static str,
}

/// Declares a check: its doc comment becomes the manual that `natless explain` and the catalogue print.
macro_rules! declare_check {
    (
        $(#[doc = $doc:literal])+
        $vis:vis static $name:ident = {
            id: $id:literal,
            title: $title:literal,
            severity: $severity:expr,
            pillar: $pillar:expr,
            controls: $controls:expr,
            since: $since:literal,
            remediation: $remediation:expr,
            repair: $repair:expr,
            evaluate: $evaluate:path $(,)?
        }
    ) => {
        $(#[doc = $doc])+
        $vis static $name: $crate::analyze::Check = $crate::analyze::Check {
            id: $id,
            title: $title,
            severity: $severity,
            pillar: $pillar,
            controls: $controls,
            since: $since,
            remediation: $remediation,
            repair: $repair,
            docs: concat!($($doc, "\n"),+),
            evaluate: $evaluate,
        };
    };
}

pub(crate) use declare_check;
