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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::{ChangeKind, OldPolicy};

    /// Text that ends a word, a comment, a string and a document, where it gets through.
    const HOSTILE: &str = "x'; touch /tmp/owned; #\n\"${file(\"/etc/passwd\")}%{if}\\\u{2028}\u{202e}`id`$(id)";

    fn hostile_plan() -> (Change, Vec<String>) {
        let region = || "eu-west-1".to_owned();
        let text = || HOSTILE.to_owned();
        let edits = vec![
            Edit::CreateGatewayEndpoint {
                region: region(),
                vpc_id: text(),
                service_name: text(),
                route_table_ids: vec![text()],
                policy: Some(serde_json::json!({ "Statement": [{ "Resource": HOSTILE }] }).to_string()),
            },
            Edit::AssociateRouteTables { region: region(), endpoint_id: text(), route_table_ids: vec![text()] },
            Edit::EnableVpcDns { region: region(), vpc_id: text(), hostnames: true },
            Edit::PutBucketPolicy { region: region(), bucket: text(), policy: "{}".to_owned(), old: OldPolicy::Text(text()) },
        ];
        let change = Change { kind: ChangeKind::AddGatewayEndpoint, title: text(), edits, hazards: vec![text()] };
        (change, vec![text()])
    }

    fn rendered(rendering: Rendering) -> Rendered {
        let (change, header) = hostile_plan();
        let steps = [PlanStep { change: &change, notes: vec![HOSTILE.to_owned()] }];
        render(&Plan { header: &header, steps: &steps }, rendering)
    }

    /// The words of a script, quotes resolved, comments left out: as a shell reads it.
    fn words(script: &str) -> Vec<String> {
        let (mut words, mut word, mut open) = (Vec::new(), None::<String>, false);
        let mut characters = script.chars().peekable();
        while let Some(c) = characters.next() {
            match c {
                '\'' => {
                    open = !open;
                    word.get_or_insert_default();
                }
                c if open => word.get_or_insert_default().push(c),
                '\\' => word.get_or_insert_default().extend(characters.next()),
                '#' if word.is_none() => while characters.next_if(|c| *c != '\n').is_some() {},
                c if c.is_whitespace() => words.extend(word.take()),
                c => word.get_or_insert_default().push(c),
            }
        }
        assert!(!open, "a quote is left open");
        words.extend(word);
        words
    }

    #[test]
    fn hostile_text_stays_one_word_of_a_shell_and_leaves_no_comment() {
        for (name, script) in rendered(Rendering::Cli).files {
            let words = words(&script);
            assert!(words.iter().any(|word| word.contains("touch /tmp/owned")), "{name}");
            assert!(!words.iter().any(|word| word == "touch" || word == "id"), "{name}: {script}");
            assert!(script.lines().filter(|line| line.starts_with('#')).all(|line| !line.contains(['\u{2028}', '\u{202e}'])));
        }
    }

    #[test]
    fn hostile_text_is_text_to_terraform_and_cloudformation() {
        for (name, text) in rendered(Rendering::Terraform).files {
            // Every interpolation is escaped: no `${` but behind another `$`.
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                assert_eq!(line.matches("${").count(), line.matches("$${").count(), "{name}: {line}");
                assert_eq!(line.matches("%{").count(), line.matches("%%{").count(), "{name}: {line}");
            }
        }
        for (name, text) in rendered(Rendering::CloudFormation).files {
            let template: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(template["Resources"]["Step1N1"]["Properties"]["VpcId"], HOSTILE);
        }
    }

    #[test]
    fn what_a_language_cannot_say_is_told_with_its_command() {
        let by_hand = rendered(Rendering::CloudFormation).by_hand;
        assert!(by_hand.iter().any(|line| line.contains("aws ec2 modify-vpc-attribute --region eu-west-1")), "{by_hand:?}");
        assert!(rendered(Rendering::Terraform).by_hand.iter().all(|line| line.contains("modify-vpc-attribute")));
    }
}
