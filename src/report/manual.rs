//! The manual of one check, from its doc comment, for a terminal.

use super::page::{FAINT, NAME, PLAIN, Page, STRONG, Span, severity_style};
use super::words::controls;
use crate::analyze::Check;

/// The manual as plain Markdown: the doc comment without the space that stands before each of its lines.
#[must_use]
pub fn markdown(check: &Check) -> String {
    let lines: Vec<&str> = check.docs.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end()).collect();
    lines.join("\n").trim().to_owned()
}

/// The manual for a terminal of this many columns, with style codes.
#[must_use]
pub fn render(check: &Check, columns: usize) -> String {
    let mut page = Page::new(columns);
    page.line(0, &[Span::new(check.id, NAME.bold())]);
    page.paragraph(0, check.title, STRONG);
    page.line(
        0,
        &[
            Span::new(check.severity.as_str(), severity_style(check.severity)),
            Span::new(format!("  {}  since {}", check.pillar, check.since), FAINT),
        ],
    );
    for block in blocks(&markdown(check)) {
        write_block(&mut page, &block);
    }
    if !check.controls.is_empty() {
        page.gap();
        page.line(0, &[Span::new("Controls that a finding violates", STRONG)]);
        page.paragraph(2, &controls(check), PLAIN);
    }
    page.gap();
    page.line(0, &[Span::new("Repair", STRONG)]);
    page.paragraph(2, check.remediation.summary, PLAIN);
    if !check.remediation.command.is_empty() {
        page.gap();
        for line in check.remediation.command.lines() {
            page.verbatim(4, line, NAME);
        }
    }
    page.gap();
    page.verbatim(2, check.remediation.url, FAINT);
    page.finish()
}

/// A block of Markdown, as far as doc comments of checks use it.
#[derive(Debug, PartialEq, Eq)]
enum Block {
    Heading(String),
    Paragraph(String),
    Item(String),
    Code(String),
}

fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    let mut in_code = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
            open = false;
        } else if in_code {
            blocks.push(Block::Code(line.to_owned()));
        } else if line.trim().is_empty() {
            open = false;
        } else if let Some(heading) = line.strip_prefix('#') {
            blocks.push(Block::Heading(heading.trim_start_matches('#').trim().to_owned()));
            open = false;
        } else if let Some(item) = line.trim_start().strip_prefix("- ").or_else(|| line.trim_start().strip_prefix("* ")) {
            blocks.push(Block::Item(item.trim().to_owned()));
            open = true;
        } else {
            let text = line.trim();
            match blocks.last_mut() {
                Some(Block::Paragraph(last) | Block::Item(last)) if open => {
                    last.push(' ');
                    last.push_str(text);
                }
                _ => blocks.push(Block::Paragraph(text.to_owned())),
            }
            open = true;
        }
    }
    blocks
}

fn write_block(page: &mut Page, block: &Block) {
    match block {
        Block::Heading(text) => {
            page.gap();
            page.line(0, &[Span::new(text, STRONG)]);
        }
        Block::Paragraph(text) => page.paragraph(2, &inline(text), PLAIN),
        Block::Item(text) => page.hanging(&[Span::new("  • ", FAINT)], 4, &inline(text), PLAIN),
        Block::Code(text) => page.verbatim(4, text, NAME),
    }
}

/// Inline Markdown as plain text: links as `title <address>`, code and emphasis without their marks.
fn inline(markdown: &str) -> String {
    let mut text = String::with_capacity(markdown.len());
    let mut rest = markdown;
    while let Some((before, title, address, after)) = next_link(rest) {
        text.push_str(before);
        text.push_str(title);
        text.push_str(" <");
        text.push_str(address);
        text.push('>');
        rest = after;
    }
    text.push_str(rest);
    text.replace("**", "").replace('`', "")
}

/// Text before the next `[title](address)`, the link's parts and the text behind it.
fn next_link(markdown: &str) -> Option<(&str, &str, &str, &str)> {
    let (head, tail) = markdown.split_once("](")?;
    let (before, title) = head.rsplit_once('[')?;
    let (address, after) = tail.split_once(')')?;
    Some((before, title, address, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_a_doc_comment() {
        let text = "## What\nFinds one\nthing.\n\nMore.\n- `a:B`: reads\n  on\n- two\n```\ncode  x\n```";
        assert_eq!(
            blocks(text),
            [
                Block::Heading("What".to_owned()),
                Block::Paragraph("Finds one thing.".to_owned()),
                Block::Paragraph("More.".to_owned()),
                Block::Item("`a:B`: reads on".to_owned()),
                Block::Item("two".to_owned()),
                Block::Code("code  x".to_owned()),
            ]
        );
    }

    #[test]
    fn an_address_is_never_cut() {
        for check in crate::report::sample::CHECKS {
            let manual = anstream::adapter::strip_str(&render(check, 60)).to_string();
            assert!(manual.lines().any(|line| line.trim() == check.remediation.url), "{manual}");
        }
        let real = crate::analyze::checks::registry().iter();
        let long = real.max_by_key(|check| check.remediation.url.len()).unwrap();
        assert!(long.remediation.url.len() > 60 && render(long, 60).contains(long.remediation.url));
    }

    #[test]
    fn links_show_title_and_address() {
        assert_eq!(inline("see [VPC guide](https://a.example/x) and `b`"), "see VPC guide <https://a.example/x> and b");
        assert_eq!(inline("no [link here"), "no [link here");
    }
}
