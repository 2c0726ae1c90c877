//! An account in which everything that a person can name has a name that attacks whoever shows it.

use serde_json::Value;

/// Names that run, forge, link, mention or reorder, where they get through.
pub(crate) const NAMES: &[&str] = &[
    "<img src=x onerror=alert(1)>",
    "\"><script>alert(1)</script>",
    "</script><script>alert(1)</script><!--",
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "=HYPERLINK(\"https://evil.example\",\"x\")",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+1)*cmd",
    "\t=1+1",
    "a|b\n## forged heading\n| x | y |",
    "[click](https://evil.example) ![x](https://evil.example/x.png) @everyone #1",
    "` code ``` fence",
    "\u{1b}[2J\u{1b}[31mcleared\u{9b}0m",
    "safe\u{202e}txt.exe\u{202c}",
    "zero\u{200b}width\u{feff}",
    "]]> &amp; &lt; {{data}} {{csp}} {0}",
    "https://evil.example/?a=1&b=2",
];

/// A snapshot in which every `Name` tag is one of [`NAMES`], in turn, and every message of a gap holds one.
pub(crate) fn renamed(snapshot: &str) -> String {
    let mut value: Value = serde_json::from_str(snapshot).expect("a snapshot");
    let mut number = 0;
    rename(&mut value, &mut number);
    assert!(number >= NAMES.len(), "every name is used: {number}");
    value.to_string()
}

fn rename(value: &mut Value, number: &mut usize) {
    match value {
        Value::Object(object) => {
            for (key, item) in object.iter_mut() {
                if key == "tags"
                    && let Some(tags) = item.as_object_mut()
                {
                    tags.insert("Name".to_owned(), NAMES[*number % NAMES.len()].into());
                    *number += 1;
                } else if key == "message" && item.is_string() {
                    *item = NAMES[*number % NAMES.len()].into();
                    *number += 1;
                } else {
                    rename(item, number);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, number)),
        _ => {}
    }
}
