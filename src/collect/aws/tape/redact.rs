//! What a recording must not hold: secrets never, account ids and names when asked to leave them out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

use super::body::map_strings;
use super::{Body, Entry};

/// Access keys, session tokens, request ids, and the shared keys that `DescribeVpnConnections` gives away.
///
/// Source: IAM User Guide, "IAM identifiers", "Unique identifiers"; EC2 API Reference, `VpnConnection`.
static SECRETS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    rules(&[
        (r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", "AKIAIOSFODNN7EXAMPLE"),
        (
            r"<(SessionToken|SecretAccessKey|preSharedKey|customerGatewayConfiguration|requestId|RequestId|RequestID|HostId)>[^<]*</",
            "<${1}>redacted</",
        ),
    ])
});

fn rules(patterns: &[(&str, &'static str)]) -> Vec<(Regex, &'static str)> {
    patterns.iter().filter_map(|(pattern, with)| Some((Regex::new(pattern).ok()?, *with))).collect()
}

/// Text without secrets.
pub(crate) fn scrub(text: &str) -> String {
    SECRETS.iter().fold(text.to_owned(), |text, (pattern, with)| pattern.replace_all(&text, *with).into_owned())
}

/// What a name stands for decides what it is replaced by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Organization,
    CanonicalUser,
    Mail,
    Principal,
    TagKey,
    TagValue,
    Group,
    Description,
    Zone,
    Store,
    Person,
}

impl Kind {
    fn substitute(self, number: usize) -> String {
        match self {
            Self::Organization => format!("o-example{number:04}"),
            Self::CanonicalUser => format!("{number:064x}"),
            Self::Mail => format!("mail-{number}@example.com"),
            Self::Principal => format!("principal-{number}"),
            Self::TagKey => format!("key-{number}"),
            Self::TagValue => format!("value-{number}"),
            Self::Group => format!("group-{number}"),
            Self::Description => format!("description {number}"),
            Self::Zone => format!("zone-{number}.example.com"),
            Self::Store => format!("store-{number}"),
            Self::Person => format!("account-{number}"),
        }
    }
}

/// Account ids that documentation uses, the scanned account's first.
const DOCUMENTATION_IDS: &[&str] = &["111122223333", "444455556666", "222233334444", "777788889999"];

static PATTERNS: LazyLock<Vec<(Regex, Kind)>> = LazyLock::new(|| {
    [
        (r"\b(?P<x>o-[a-z0-9]{10,32})\b", Kind::Organization),
        (r"\b(?P<x>[0-9a-f]{64})\b", Kind::CanonicalUser),
        (r"\b(?P<x>[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[a-z]{2,})\b", Kind::Mail),
        (r#":(?:user|role|assumed-role|group|federated-user)/(?P<x>[^\s"'<>,*?$&;]+)"#, Kind::Principal),
        (r"\b(?P<x>(?:AROA|AIDA|AGPA|AIPA|ANPA)[A-Z0-9]{12,})\b", Kind::Principal),
        (r"<key>(?P<x>[^<]*)</key>\s*<value>", Kind::TagKey),
        (r"</key>\s*<value>(?P<x>[^<]*)</value>", Kind::TagValue),
        (r"<groupName>(?P<x>[^<]*)</groupName>", Kind::Group),
        (r"<(?:groupDescription|description)>(?P<x>[^<]*)</", Kind::Description),
        (r"<DisplayName>(?P<x>[^<]*)</", Kind::Person),
    ]
    .into_iter()
    .filter_map(|(pattern, kind)| Some((Regex::new(pattern).ok()?, kind)))
    .collect()
});

static ACCOUNT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b[0-9]{12}\b").ok());
static LISTED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"<Name>([^<]+)</Name>").ok());

/// Names that AWS gives and the analysis reads.
fn is_of_aws(kind: Kind, text: &str) -> bool {
    match kind {
        Kind::TagKey => text == "Name" || text.starts_with("aws:"),
        Kind::Group => text == "default",
        // How AWS describes the interfaces it makes; the analysis tells their owner by it.
        Kind::Description => ["Interface for ", "VPC Endpoint Interface ", "ELB ", "AWS ", "Network Interface for "]
            .iter()
            .any(|beginning| text.starts_with(beginning)),
        Kind::Principal => text.starts_with("aws-service-role/") || text.starts_with("aws-reserved/"),
        Kind::Organization | Kind::CanonicalUser | Kind::Mail | Kind::TagValue | Kind::Zone | Kind::Store | Kind::Person => {
            text.is_empty()
        }
    }
}

/// Replaces account ids and names, each by the same word wherever it stands.
#[derive(Debug)]
pub(crate) struct Redactor {
    accounts: BTreeMap<String, String>,
    /// Buckets, access points and zones: names that stand in other texts, too.
    listed: BTreeMap<String, String>,
    any_listed: Option<Regex>,
    words: BTreeMap<(Kind, String), String>,
}

impl Redactor {
    /// Learns what there is to replace from the whole recording.
    pub(crate) fn new(account: &str, entries: &[Entry]) -> Self {
        let (mut accounts, mut names) = (BTreeSet::new(), BTreeMap::new());
        for entry in entries {
            let mut texts = Vec::new();
            let mut gather = |text: &str| {
                texts.push(text.to_owned());
                text.to_owned()
            };
            for answer in &entry.answers {
                answer.body.clone().map_text(&mut gather);
            }
            entry.key.params.clone().values_mut().for_each(|value| map_strings(value, &mut gather));
            for text in texts {
                accounts.extend(ACCOUNT.iter().flat_map(|id| id.find_iter(&text)).map(|id| id.as_str().to_owned()));
                names.extend(listed_names(entry, &text));
            }
        }
        accounts.remove(account);
        let mut this =
            Self { accounts: substitutes(account, accounts), listed: BTreeMap::new(), any_listed: None, words: BTreeMap::new() };
        for (number, (name, kind)) in names.into_iter().enumerate() {
            this.listed.insert(name, kind.substitute(number + 1));
        }
        // The longest first: one name may begin like another.
        let mut patterns: Vec<String> = this.listed.keys().map(|name| regex::escape(name)).collect();
        patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.len()));
        this.any_listed = if patterns.is_empty() { None } else { Regex::new(&patterns.join("|")).ok() };
        this
    }

    /// Replaces what one call asked and was answered.
    pub(crate) fn entry(&mut self, entry: &mut Entry) {
        entry.key.account = self.text(&entry.key.account);
        for value in entry.key.params.values_mut() {
            map_strings(value, &mut |text| self.text(text));
        }
        let people = entry.key.service == "organizations";
        for answer in &mut entry.answers {
            if let (true, Body::Json(value)) = (people, &mut answer.body) {
                self.people(value);
            }
            answer.body.map_text(&mut |text| self.text(text));
        }
    }

    /// Names and addresses of accounts as Organizations writes them.
    fn people(&mut self, value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, member) in members.iter_mut() {
                    match member {
                        Value::String(text) if name == "Name" => *text = self.word(Kind::Person, text),
                        other => self.people(other),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.people(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// Replaces one text.
    pub(crate) fn text(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for (pattern, kind) in PATTERNS.iter() {
            let replaced = pattern.replace_all(&text, |found: &Captures<'_>| self.replace(*kind, found));
            text = replaced.into_owned();
        }
        if let Some(pattern) = &self.any_listed {
            text = pattern.replace_all(&text, |found: &Captures<'_>| self.replace_listed(&text, found)).into_owned();
        }
        if let Some(pattern) = ACCOUNT.as_ref() {
            let id = |found: &Captures<'_>| {
                let id = found.get(0).map_or("", |id| id.as_str());
                self.accounts.get(id).cloned().unwrap_or_else(|| id.to_owned())
            };
            text = pattern.replace_all(&text, id).into_owned();
        }
        text
    }

    fn replace(&mut self, kind: Kind, found: &Captures<'_>) -> String {
        let whole = found.get(0).map_or("", |whole| whole.as_str());
        match (found.get(0), found.name("x")) {
            (Some(outer), Some(inner)) if !is_of_aws(kind, inner.as_str()) => {
                let mut text = whole.to_owned();
                let range = inner.start() - outer.start()..inner.end() - outer.start();
                text.replace_range(range, &self.word(kind, inner.as_str()));
                text
            }
            _ => whole.to_owned(),
        }
    }

    fn word(&mut self, kind: Kind, text: &str) -> String {
        if let Some(word) = self.words.get(&(kind, text.to_owned())) {
            return word.clone();
        }
        if self.words.iter().any(|((known, _), word)| *known == kind && word == text) {
            // Already replaced by an earlier pattern.
            return text.to_owned();
        }
        let number = self.words.keys().filter(|(known, _)| *known == kind).count() + 1;
        let word = kind.substitute(number);
        self.words.insert((kind, text.to_owned()), word.clone());
        word
    }

    /// A listed name, where it stands by itself and is no element's name.
    fn replace_listed(&self, text: &str, found: &Captures<'_>) -> String {
        let Some(name) = found.get(0) else { return String::new() };
        let before = text.get(..name.start()).and_then(|before| before.chars().next_back());
        let after = text.get(name.end()..).and_then(|after| after.chars().next());
        let in_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        let element = before == Some('<') || text.get(..name.start()).is_some_and(|before| before.ends_with("</"));
        if in_word(before) || in_word(after) || element {
            return name.as_str().to_owned();
        }
        self.listed.get(name.as_str()).cloned().unwrap_or_else(|| name.as_str().to_owned())
    }
}

fn substitutes(account: &str, others: BTreeSet<String>) -> BTreeMap<String, String> {
    std::iter::once(account.to_owned())
        .chain(others)
        .enumerate()
        .map(|(number, id)| {
            let substitute = DOCUMENTATION_IDS.get(number).map_or_else(|| format!("88880000{number:04}"), |id| (*id).to_owned());
            (id, substitute)
        })
        .collect()
}

/// Names of buckets, access points and private zones that a listing holds.
fn listed_names(entry: &Entry, text: &str) -> Vec<(String, Kind)> {
    let kind = match (entry.key.service.as_str(), entry.key.operation.as_str()) {
        ("s3", "ListBuckets") | ("s3control", "ListAccessPoints") => Kind::Store,
        ("route53", "ListHostedZonesByVPC") => Kind::Zone,
        _ => return Vec::new(),
    };
    let names = LISTED.iter().flat_map(|name| name.captures_iter(text)).filter_map(|found| found.get(1));
    names
        .map(|name| name.as_str().trim_end_matches('.').to_owned())
        .filter(|name| kind != Kind::Zone || !(name.ends_with("amazonaws.com") || name.ends_with("amazonaws.com.cn")))
        .map(|name| (name, kind))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::{Answer, Key};
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(SECRETS.len(), 2);
        assert_eq!(PATTERNS.len(), 10);
        assert!(ACCOUNT.is_some() && LISTED.is_some());
    }

    #[test]
    fn secrets_never_stay() {
        let text = "<a>ASIAABCDEFGHIJKLMNOP</a><preSharedKey>hush</preSharedKey><customerGatewayConfiguration>&lt;psk&gt;hush</customerGatewayConfiguration><requestId>1-2</requestId>";
        let scrubbed = scrub(text);
        assert!(!scrubbed.contains("hush") && !scrubbed.contains("ASIAABC") && !scrubbed.contains("1-2"), "{scrubbed}");
        assert!(scrubbed.contains("<preSharedKey>redacted</preSharedKey>"), "{scrubbed}");
    }

    fn entry(service: &str, operation: &str, text: &str) -> Entry {
        let key = Key {
            account: "999900001111".to_owned(),
            region: "eu-west-1".to_owned(),
            service: service.to_owned(),
            operation: operation.to_owned(),
            params: BTreeMap::from([("path".to_owned(), Value::from("/acme-logs"))]),
        };
        Entry {
            key,
            answers: vec![Answer { status: 200, headers: BTreeMap::new(), body: Body::of(text.as_bytes(), "text/xml") }],
        }
    }

    #[test]
    fn names_and_ids_are_replaced_alike_everywhere() {
        let mut entries = [
            entry("s3", "ListBuckets", "<Bucket><Name>acme-logs</Name></Bucket><Bucket><Name>acme-logs-2</Name></Bucket>"),
            entry(
                "s3",
                "GetBucketPolicy",
                r#"{"Resource":"arn:aws:s3:::acme-logs/*","Principal":"arn:aws:iam::121212121212:role/Admin","Service":"s3"}"#,
            ),
            entry(
                "ec2",
                "DescribeVpcs",
                "<ownerId>999900001111</ownerId><key>Team</key><value>rocket</value><key>Name</key><value>rocket</value>",
            ),
        ];
        let mut redactor = Redactor::new("999900001111", &entries);
        for entry in &mut entries {
            redactor.entry(entry);
        }
        let text = |entry: &Entry| String::from_utf8(entry.answers[0].body.bytes().unwrap()).unwrap();
        assert_eq!(text(&entries[0]), "<Bucket><Name>store-1</Name></Bucket><Bucket><Name>store-2</Name></Bucket>");
        assert_eq!(
            text(&entries[1]),
            r#"{"Resource":"arn:aws:s3:::store-1/*","Principal":"arn:aws:iam::444455556666:role/principal-1","Service":"s3"}"#
        );
        assert_eq!(
            text(&entries[2]),
            "<ownerId>111122223333</ownerId><key>key-1</key><value>value-1</value><key>Name</key><value>value-1</value>"
        );
        assert_eq!(entries[0].key.params["path"], "/store-1");
        assert_eq!(entries[0].key.account, "111122223333");
    }
}
