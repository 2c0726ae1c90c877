//! The part of Terraform's language that natless writes, laid out as `terraform fmt` does.

use std::fmt::Write as _;

/// A block with its attributes.
#[derive(Debug, Clone)]
pub(super) struct Block {
    head: String,
    attributes: Vec<(String, String)>,
}

impl Block {
    /// `labels` are quoted.
    pub(super) fn new(kind: &str, labels: &[&str]) -> Self {
        let words: Vec<String> = std::iter::once(kind.to_owned()).chain(labels.iter().map(|label| text(label))).collect();
        Self { head: words.join(" "), attributes: Vec::new() }
    }

    /// An attribute whose value is an expression already.
    pub(super) fn with(mut self, name: &str, expression: impl Into<String>) -> Self {
        self.attributes.push((name.to_owned(), expression.into()));
        self
    }

    /// An attribute with a text.
    pub(super) fn with_text(self, name: &str, value: &str) -> Self {
        self.with(name, text(value))
    }

    pub(super) fn write(&self, out: &mut String) {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{} {{", self.head);
        let single = |value: &str| !value.contains('\n');
        // Neighbours are aligned with one another, up to one that takes several lines.
        for group in self.attributes.chunk_by(|a, _| single(&a.1)) {
            let widest = group.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
            for (name, value) in group {
                let _ = writeln!(out, "  {name:widest$} = {value}");
            }
        }
        out.push_str("}\n");
    }
}

/// A text as an expression. Source: Terraform, "Strings and Templates".
pub(super) fn text(value: &str) -> String {
    let mut quoted = String::from('"');
    for c in template(value).chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A list of texts.
pub(super) fn texts<S: AsRef<str>>(values: impl IntoIterator<Item = S>) -> String {
    format!("[{}]", values.into_iter().map(|value| text(value.as_ref())).collect::<Vec<_>>().join(", "))
}

/// JSON, indented, as a text over several lines.
pub(super) fn json(document: &str) -> String {
    let pretty = serde_json::from_str::<serde_json::Value>(document)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| document.to_owned());
    let lines: Vec<String> = template(&pretty).lines().map(|line| format!("    {line}")).collect();
    format!("<<-JSON\n{}\n  JSON", lines.join("\n"))
}

/// What would begin an interpolation or directive stands for itself.
fn template(value: &str) -> String {
    value.replace("${", "$${").replace("%{", "%%{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_evaluated() {
        assert_eq!(text("a\"b\\${file(\"/etc/passwd\")}%{if}\n"), r#""a\"b\\$${file(\"/etc/passwd\")}%%{if}\n""#);
        assert!(json(r#"{"Resource":"arn:aws:s3:::b/${aws:username}"}"#).contains("$${aws:username}"));
    }

    #[test]
    fn blocks_are_laid_out_as_terraform_does() {
        let mut out = String::new();
        let block = Block::new("resource", &["aws_route", "a"]).with_text("route_table_id", "rtb-0aa").with("port", "443");
        block.with("policy", "<<-JSON\n  JSON").write(&mut out);
        assert_eq!(
            out,
            "resource \"aws_route\" \"a\" {\n  route_table_id = \"rtb-0aa\"\n  port           = 443\n  policy         = <<-JSON\n  JSON\n}\n"
        );
    }
}
