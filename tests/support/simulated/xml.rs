//! Writes XML: elements, lists and escaped text, nothing else.

use std::fmt::{Display, Write};

use natless::model::Tags;

/// XML under construction.
#[derive(Debug, Default)]
pub(super) struct Xml {
    text: String,
}

impl Xml {
    /// A whole document with one root element, in a namespace if there is one.
    pub(super) fn document(root: &str, namespace: &str, inner: impl FnOnce(&mut Self)) -> String {
        let mut xml = Self { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned() };
        if namespace.is_empty() {
            xml.node(root, inner);
        } else {
            xml.node_with(root, &format!(" xmlns=\"{namespace}\""), inner);
        }
        xml.text
    }

    /// `<name>value</name>`; `<name/>` when the value is empty, as AWS writes it.
    pub(super) fn text(&mut self, name: &str, value: impl Display) -> &mut Self {
        let before = self.text.len();
        self.push(&["<", name, ">"]);
        let start = self.text.len();
        write!(Escaped(&mut self.text), "{value}").unwrap();
        if self.text.len() == start {
            self.text.truncate(before);
            self.push(&["<", name, "/>"]);
        } else {
            self.push(&["</", name, ">"]);
        }
        self
    }

    /// Text of the element that is open.
    pub(super) fn raw_text(&mut self, value: &str) -> &mut Self {
        write!(Escaped(&mut self.text), "{value}").unwrap();
        self
    }

    /// The element, if there is a value.
    pub(super) fn opt(&mut self, name: &str, value: Option<impl Display>) -> &mut Self {
        if let Some(value) = value {
            self.text(name, value);
        }
        self
    }

    /// An element that holds others.
    pub(super) fn node(&mut self, name: &str, inner: impl FnOnce(&mut Self)) -> &mut Self {
        self.node_with(name, "", inner)
    }

    /// An element with attributes, written with a leading blank, that holds others.
    pub(super) fn node_with(&mut self, name: &str, attributes: &str, inner: impl FnOnce(&mut Self)) -> &mut Self {
        self.push(&["<", name, attributes, ">"]);
        inner(self);
        self.push(&["</", name, ">"]);
        self
    }

    /// `<set><item>...</item>...</set>`: a list as EC2 writes it.
    pub(super) fn items<T>(
        &mut self,
        set: &str,
        items: impl IntoIterator<Item = T>,
        mut inner: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        self.node(set, |xml| {
            for item in items {
                xml.node("item", |xml| inner(xml, item));
            }
        })
    }

    /// `<set><item>value</item>...</set>`.
    pub(super) fn values(&mut self, set: &str, values: impl IntoIterator<Item = impl Display>) -> &mut Self {
        self.node(set, |xml| {
            for value in values {
                xml.text("item", value);
            }
        })
    }

    /// `<set><item><name>value</name></item>...</set>`.
    pub(super) fn named(&mut self, set: &str, name: &str, values: impl IntoIterator<Item = impl Display>) -> &mut Self {
        self.items(set, values, |xml, value| {
            xml.text(name, value);
        })
    }

    /// The `tagSet` of an EC2 resource.
    pub(super) fn tags(&mut self, tags: &Tags) -> &mut Self {
        self.items("tagSet", tags, |xml, (key, value)| {
            xml.text("key", key).text("value", value);
        })
    }

    fn push(&mut self, parts: &[&str]) {
        for part in parts {
            self.text.push_str(part);
        }
    }
}

/// Escapes what is written through it.
struct Escaped<'a>(&'a mut String);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\r' => self.0.push_str("&#13;"),
                other => self.0.push(other),
            }
        }
        Ok(())
    }
}
