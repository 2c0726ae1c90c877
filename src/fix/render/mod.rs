//! Writes a plan down: as shell commands of the AWS CLI, as Terraform, as CloudFormation.
//!
//! Every text of the account is quoted for the language it is written in; in comments it is held on one line.

mod cli;
mod cloudformation;
mod hcl;
mod shell;
mod terraform;

pub use cli::commands;

use super::{Change, Edit};

/// The languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rendering {
    /// Terraform, for the AWS provider.
    Terraform,
    /// CloudFormation, one template per region.
    CloudFormation,
    /// A shell script of AWS CLI commands, and one that undoes it.
    Cli,
}

/// Changes to write down, in order.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'p> {
    /// What it is a plan for, a line each.
    pub header: &'p [String],
    /// The steps.
    pub steps: &'p [PlanStep<'p>],
}

/// One change of a plan.
#[derive(Debug, Clone)]
pub struct PlanStep<'p> {
    /// The change.
    pub change: &'p Change,
    /// What to know about it, a line each: the finding, what it saves, its hazards.
    pub notes: Vec<String>,
}

/// A plan in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rendered {
    /// Files: name and text.
    pub files: Vec<(String, String)>,
    /// What the language cannot say about resources that exist already, a line each.
    pub by_hand: Vec<String>,
}

/// Writes a plan in a language.
#[must_use]
pub fn render(plan: &Plan<'_>, rendering: Rendering) -> Rendered {
    match rendering {
        Rendering::Terraform => terraform::render(plan),
        Rendering::CloudFormation => cloudformation::render(plan),
        Rendering::Cli => cli::render(plan),
    }
}

/// Text on one line: whatever would end a comment or hide in it is made visible.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// A name for something in a file: letters, digits and underscores of a resource's id.
fn identifier(parts: &[&str]) -> String {
    let joined = parts.join("_");
    let plain: String = joined.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    plain.trim_matches('_').to_owned()
}

/// What is done to a resource that exists, and that only the tool which manages it, or a person, can do: with the command.
fn by_hand(edit: &Edit) -> String {
    let commands: Vec<String> = cli::of_edit(edit).run;
    format!("{}: {}", edit.resource_id(), commands.join(" && "))
}
