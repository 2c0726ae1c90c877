//! What a recording must not hold: secrets never, account ids and names when asked to leave them out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

use super::body::map_strings;
use super::{Answer, Body, Entry};

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
        // What S3 repeats of a request that it refuses: the token, and the signed headers with the token among them.
        (
            r"<(Token-\d+|StringToSign|StringToSignBytes|CanonicalRequest|CanonicalRequestBytes|SignatureProvided)>[^<]*</",
            "<${1}>redacted</",
        ),
        // Tells whoever may decode it about the caller and the account. Source: STS API Reference, `DecodeAuthorizationMessage`.
        (r"(Encoded authorization failure message: )[A-Za-z0-9_=-]+", "${1}redacted"),
    ])
});

/// What an error message may repeat of a request: its session token and its signature.
static REPEATED: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    rules(&[
        (r#"(?i)(x-amz-security-token\s*[:=]\s*)[^\s"'<>&,;\\)]+"#, "${1}redacted"),
        (r"(?i)(signature\s*[:=]\s*)[0-9a-f]{16,}", "${1}redacted"),
    ])
});

fn rules(patterns: &[(&str, &'static str)]) -> Vec<(Regex, &'static str)> {
    patterns.iter().filter_map(|(pattern, with)| Some((Regex::new(pattern).ok()?, *with))).collect()
}

/// Ids of access keys. Source: IAM User Guide, "IAM identifiers", "Unique identifiers".
static ACCESS_KEYS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| rules(&[(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", "redacted")]));

/// Text without secrets.
pub(crate) fn scrub(text: &str) -> String {
    replace(&SECRETS, &replace(&REPEATED, text))
}

/// A message without what it repeats of the request that it is about.
pub(crate) fn hide(message: &str) -> String {
    replace(&ACCESS_KEYS, &replace(&REPEATED, message))
}

fn replace(rules: &[(Regex, &str)], text: &str) -> String {
    rules.iter().fold(text.to_owned(), |text, (pattern, with)| pattern.replace_all(&text, *with).into_owned())
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
    Label,
    Log,
    List,
    Unit,
    Root,
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
            Self::Label => format!("Label{number}"),
            Self::Log => format!("log-{number}"),
            Self::List => format!("list-{number}"),
            Self::Unit => format!("ou-exam-example{number:04}"),
            Self::Root => format!("r-ex{number:02}"),
        }
    }
}

/// Account ids that documentation uses, the scanned account's first.
const DOCUMENTATION_IDS: &[&str] = &["111122223333", "444455556666", "222233334444", "777788889999"];

static PATTERNS: LazyLock<Vec<(Regex, Kind)>> = LazyLock::new(|| {
    [
        (r"\b(?P<x>o-[a-z0-9]{10,32})\b", Kind::Organization),
        (r"\b(?P<x>ou-[a-z0-9]{4,32}-[a-z0-9]{8,32})\b", Kind::Unit),
        (r#"[/";](?P<x>r-[a-z0-9]{4,32})[/"&]"#, Kind::Root),
        (r"\b(?P<x>[0-9a-f]{64})\b", Kind::CanonicalUser),
        (r"\b(?P<x>[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,})\b", Kind::Mail),
        (
            r#":(?:user|role|assumed-role|group|federated-user|saml-provider|oidc-provider|instance-profile|policy|mfa)/(?P<x>[^\s"'<>,*?$&;]+)"#,
            Kind::Principal,
        ),
        // An id of IAM, and the name of the session behind it.
        (r#"\b(?P<x>(?:AROA|AIDA|AGPA|AIPA|ANPA|ASCA|APKA)[A-Z0-9]{12,}(?::[^\s"'<>,*?$&;]+)?)"#, Kind::Principal),
        (r"<UserId>(?P<x>[^<]*)</UserId>", Kind::Principal),
        (r#"arn:aws[a-z-]*:s3:::(?P<x>[^\s"'<>/,$&;]+)"#, Kind::Store),
        (r"<(?:Alias|Endpoint|value)>(?P<x>[a-z0-9-]+-s3alias)</", Kind::Store),
        // Statements of policies are named by people.
        (r#"(?:"|&quot;)(?:Sid|Id)(?:"|&quot;)\s*:\s*(?:"|&quot;)(?P<x>[^"&]*)(?:"|&quot;)"#, Kind::Label),
        (r"<SetIdentifier>(?P<x>[^<]*)</", Kind::Label),
        (r"<logGroupName>(?P<x>[^<]*)</", Kind::Log),
        (r#"arn:aws[a-z-]*:(?:logs|firehose):[a-z0-9-]*:[0-9]*:(?:log-group:|deliverystream/)(?P<x>[^\s"'<>:,*?$&;]+)"#, Kind::Log),
        (r"<prefixListName>(?P<x>[^<]*)</", Kind::List),
        (r"<(?:privateDnsName|dnsName)>(?P<x>[^<]*)</", Kind::Zone),
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
static NAMES: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?:</?)?[A-Za-z0-9_.-]+").ok());
static DIGITS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[0-9]{12,}").ok());
/// Words as they are put in the place of names.
static SUBSTITUTES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?:o-example|r-ex|ou-exam-example|principal-|key-|value-|group-|description |store-|account-|log-|list-|Label)[0-9]+|zone-[0-9]+\.example\.com|mail-[0-9]+@example\.com|[0-9a-f]{64}",
    )
    .ok()
});
static LISTED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"<Name>([^<]+)</Name>").ok());

/// Names that AWS gives and the analysis reads.
fn is_of_aws(kind: Kind, text: &str) -> bool {
    match kind {
        Kind::TagKey => text == "Name" || text.starts_with("aws:"),
        Kind::Group => text == "default",
        Kind::Description => text.is_empty() || is_resource_id(text),
        Kind::Principal => text.is_empty() || ["aws-service-role/", "aws-reserved/"].iter().any(|path| text.starts_with(path)),
        Kind::Store => is_store_of_aws(text),
        Kind::List => text.is_empty() || text.starts_with("com.amazonaws."),
        Kind::Zone => text.is_empty() || is_domain_of_aws(text),
        Kind::Organization
        | Kind::CanonicalUser
        | Kind::Mail
        | Kind::TagValue
        | Kind::Person
        | Kind::Label
        | Kind::Log
        | Kind::Unit
        | Kind::Root => text.is_empty(),
    }
}

/// How AWS describes the interfaces it makes: the analysis tells their owner by it. What stands behind is a name, or an id.
///
/// A longer beginning stands before those that it begins with.
const DESCRIPTIONS: [&str; 15] = [
    "Interface for NAT Gateway ",
    "Interface for ",
    "VPC Endpoint Interface ",
    "Network Interface for Transit Gateway Attachment ",
    "Network Interface for ",
    "ELB app/",
    "ELB net/",
    "ELB gwy/",
    "ELB ",
    "Route 53 Resolver:",
    "RDSNetworkInterface",
    "EFS mount target",
    "ElastiCache",
    "AWS Lambda VPC ENI-",
    "AWS ",
];

/// The part of a description that AWS wrote, and the rest.
fn split_description(text: &str) -> (&str, &str) {
    let beginning = DESCRIPTIONS.iter().find(|beginning| text.starts_with(**beginning));
    beginning.and_then(|beginning| text.split_at_checked(beginning.len())).unwrap_or(("", text))
}

/// `nat-0123456789abcdef0`, `tgw-attach-0123456789abcdef0`.
fn is_resource_id(text: &str) -> bool {
    text.rsplit_once('-').is_some_and(|(kind, number)| {
        kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            && (8..=17).contains(&number.len())
            && number.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn is_domain_of_aws(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    ["amazonaws.com", "amazonaws.com.cn", "aws", "ec2.internal", "compute.internal"]
        .iter()
        .any(|domain| name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

/// Buckets of AWS that a VPC's own services need, as policies name them, and patterns that name no bucket at all.
///
/// Source: ECR User Guide, "Minimum Amazon S3 bucket permissions for Amazon ECR"; Systems Manager User Guide, "SSM Agent
/// communications with AWS managed S3 buckets"; Amazon Linux 2 User Guide, package repositories.
fn is_store_of_aws(name: &str) -> bool {
    const BEGINNINGS: [&str; 13] = [
        "al2023-repos-",
        "amazon-ssm-",
        "amazonlinux",
        "appstream2-",
        "aws-patch-manager-",
        "aws-ssm-",
        "aws-windows-downloads-",
        "packages.",
        "patch-baseline-snapshot-",
        "patchmanager-",
        "prod-registry-k8s-io-",
        "repo.",
        "docker-images-prod",
    ];
    name.chars().all(|c| "*?.-".contains(c))
        || name.ends_with("-starport-layer-bucket")
        || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

/// The service that tells prices.
const PRICES: &str = "pricing";

/// Whether an answer tells everybody the same: the price list. A bucket may be named like a word of it, and a figure may
/// look like an account id.
fn is_public(service: &str, answer: &Answer) -> bool {
    service == PRICES && matches!(&answer.body, Body::Json(body) if body.get("PriceList").is_some())
}

/// Replaces account ids and names, each by the same word wherever it stands.
#[derive(Debug)]
pub(crate) struct Redactor {
    accounts: BTreeMap<String, String>,
    /// Buckets, access points and zones: names that stand in other texts, too.
    listed: BTreeMap<String, String>,
    words: BTreeMap<(Kind, String), String>,
    /// Every word that was put in the place of another.
    given: BTreeSet<(Kind, String)>,
    /// Names that look like such words: they are given to nothing else, which would have the same name as they.
    taken: BTreeSet<String>,
    counts: BTreeMap<Kind, usize>,
}

impl Redactor {
    /// Learns what there is to replace from the whole recording.
    pub(crate) fn new(account: &str, entries: &[Entry]) -> Self {
        let (mut accounts, mut names, mut taken) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
        for entry in entries {
            let mut texts = Vec::new();
            let mut gather = |text: &str| {
                texts.push(text.to_owned());
                text.to_owned()
            };
            for answer in entry.answers.iter().filter(|answer| !is_public(&entry.key.service, answer)) {
                answer.body.clone().map_text(&mut gather);
            }
            entry.key.params.clone().values_mut().for_each(|value| map_strings(value, &mut gather));
            for text in texts {
                accounts.extend(ACCOUNT.iter().flat_map(|id| id.find_iter(&text)).map(|id| id.as_str().to_owned()));
                names.extend(listed_names(entry, &text));
                taken.extend(SUBSTITUTES.iter().flat_map(|word| word.find_iter(&text)).map(|word| word.as_str().to_owned()));
            }
        }
        accounts.remove(account);
        let mut this = Self {
            accounts: substitutes(account, accounts),
            listed: BTreeMap::new(),
            words: BTreeMap::new(),
            given: BTreeSet::new(),
            taken,
            counts: BTreeMap::new(),
        };
        for (name, kind) in names {
            let word = this.word(kind, &name);
            this.listed.insert(name, word);
        }
        this
    }

    /// Replaces what one call asked and was answered.
    pub(crate) fn entry(&mut self, entry: &mut Entry) {
        entry.key.account = self.text(&entry.key.account);
        // What is asked of the price list is of natless's own making.
        if entry.key.service != PRICES {
            for value in entry.key.params.values_mut() {
                map_strings(value, &mut |text| self.text(text));
            }
        }
        let (people, service) = (entry.key.service == "organizations", entry.key.service.clone());
        for answer in entry.answers.iter_mut().filter(|answer| !is_public(&service, answer)) {
            if let (true, Body::Json(value)) = (people, &mut answer.body) {
                self.people(value);
            }
            match &mut answer.body {
                // Nobody can tell what is in it.
                Body::Base64(bytes) => bytes.clear(),
                body => body.map_text(&mut |text| self.text(text)),
            }
        }
    }

    /// Names and addresses of accounts as Organizations writes them.
    fn people(&mut self, value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, member) in members.iter_mut() {
                    match member {
                        Value::String(text) if name == "Name" => *text = self.word(Kind::Person, text),
                        Value::String(text) if name.ends_with("Email") => *text = self.word(Kind::Mail, text),
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
        if let Some(pattern) = NAMES.as_ref() {
            text = pattern.replace_all(&text, |found: &Captures<'_>| self.replace_listed(found)).into_owned();
        }
        // A known id is replaced in the middle of a name, too.
        if let Some(pattern) = DIGITS.as_ref() {
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
        let (Some(outer), Some(inner)) = (found.get(0), found.name("x")) else { return whole.to_owned() };
        let (kept, name) = match kind {
            Kind::Description => split_description(inner.as_str()),
            _ => ("", inner.as_str()),
        };
        if is_of_aws(kind, name) {
            return whole.to_owned();
        }
        let mut text = whole.to_owned();
        let range = inner.start() + kept.len() - outer.start()..inner.end() - outer.start();
        text.replace_range(range, &self.word(kind, name));
        text
    }

    fn word(&mut self, kind: Kind, text: &str) -> String {
        if let Some(word) = self.words.get(&(kind, text.to_owned())) {
            return word.clone();
        }
        if self.given.contains(&(kind, text.to_owned())) {
            // Already replaced by an earlier pattern.
            return text.to_owned();
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let mut word = kind.substitute(*count);
        while self.taken.contains(&word) {
            *count += 1;
            word = kind.substitute(*count);
        }
        self.given.insert((kind, word.clone()));
        self.words.insert((kind, text.to_owned()), word.clone());
        word
    }

    /// Listed names, where they stand by themselves and are no element's name: between dots, as in the name of a host, too.
    fn replace_listed(&self, found: &Captures<'_>) -> String {
        let whole = found.get(0).map_or("", |whole| whole.as_str());
        if whole.starts_with('<') {
            return whole.to_owned();
        }
        let parts: Vec<&str> = whole.split('.').collect();
        let mut text = String::with_capacity(whole.len());
        let mut begin = 0;
        while begin < parts.len() {
            // The longest first: one name may begin like another.
            let known = (begin + 1..=parts.len()).rev().find_map(|end| {
                let name = parts.get(begin..end)?.join(".");
                Some((end, self.listed_word(&name)?))
            });
            let (end, word) = known.unwrap_or_else(|| (begin + 1, parts.get(begin).copied().unwrap_or_default().to_owned()));
            if begin > 0 {
                text.push('.');
            }
            text.push_str(&word);
            begin = end;
        }
        text
    }

    /// What stands for a listed name, alone or with an account's id behind it, as in the names of access points' hosts.
    fn listed_word(&self, name: &str) -> Option<String> {
        if let Some(word) = self.listed.get(name) {
            return Some(word.clone());
        }
        let (name, account) = name.rsplit_once('-')?;
        let word = self.listed.get(name).filter(|_| self.accounts.contains_key(account))?;
        Some(format!("{word}-{account}"))
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
        assert_eq!((SECRETS.len(), REPEATED.len()), (4, 2));
        assert_eq!(PATTERNS.len(), 21);
        assert!([&ACCOUNT, &LISTED, &NAMES, &DIGITS, &SUBSTITUTES].into_iter().all(|pattern| pattern.is_some()));
    }

    #[test]
    fn secrets_never_stay() {
        let text = "<a>ASIAABCDEFGHIJKLMNOP</a><preSharedKey>hush</preSharedKey><customerGatewayConfiguration>&lt;psk&gt;hush</customerGatewayConfiguration><requestId>1-2</requestId>";
        let scrubbed = scrub(text);
        assert!(!scrubbed.contains("hush") && !scrubbed.contains("ASIAABC") && !scrubbed.contains("1-2"), "{scrubbed}");
        assert!(scrubbed.contains("<preSharedKey>redacted</preSharedKey>"), "{scrubbed}");
    }

    #[test]
    fn what_a_refusal_repeats_of_a_request_does_not_stay() {
        for text in [
            "<Error><Code>InvalidToken</Code><Token-0>HUSH</Token-0></Error>",
            "<CanonicalRequest>GET\n/\n\nx-amz-security-token:HUSH\n</CanonicalRequest><StringToSign>HUSH</StringToSign>",
            "<SignatureProvided>HUSH</SignatureProvided>",
            "<Message>should have been 'GET\nX-Amz-Security-Token: HUSH\n'</Message>",
            r#"{"message":"should have been\\nx-amz-security-token:HUSH\\n"}"#,
            "You are not authorized. Encoded authorization failure message: HUSH-HUSH_1",
        ] {
            assert!(!scrub(text).contains("HUSH"), "{}", scrub(text));
        }
        assert_eq!(hide("signature expired: 20261123T020000Z"), "signature expired: 20261123T020000Z");
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

    fn redacted(answers: &[(&str, &str, &str)]) -> String {
        let mut entries: Vec<Entry> = answers.iter().map(|(service, operation, text)| entry(service, operation, text)).collect();
        let mut redactor = Redactor::new("999900001111", &entries);
        for entry in &mut entries {
            redactor.entry(entry);
        }
        let bodies = entries.iter().flat_map(|entry| &entry.answers).map(|answer| answer.body.bytes().unwrap());
        bodies.map(|bytes| String::from_utf8(bytes).unwrap()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn no_name_and_no_id_stays_wherever_it_stands() {
        let text = redacted(&[
            ("s3", "ListBuckets", "<Owner><DisplayName>acme</DisplayName></Owner><Bucket><Name>acme-logs</Name></Bucket>"),
            (
                "s3",
                "GetBucketPolicy",
                r#"{"Id":"AcmePolicy","Statement":[{"Sid":"AcmeRocket","Principal":{"AWS":["arn:aws:iam::999900001111:saml-provider/Acme","AROAABCDEFGHIJKLMNOP:acme.bob"]},"Resource":["arn:aws:s3:::acme-logs/*","arn:aws-cn:s3:::acme-partner/x","arn:aws:s3:::acme-*"],"Condition":{"StringLike":{"aws:PrincipalOrgPaths":"o-acme123456/r-acme/ou-acme-acme1234/*"}}}]}"#,
            ),
            (
                "s3control",
                "ListAccessPoints",
                "<AccessPoint><Name>acme-point</Name><Alias>acme-point-abcdefghijk-s3alias</Alias></AccessPoint>",
            ),
            (
                "s3control",
                "GetAccessPoint",
                "<Endpoint>acme-point-999900001111.s3-accesspoint.eu-west-1.amazonaws.com</Endpoint>",
            ),
            ("s3", "GetBucketAcl", "<EmailAddress>Bob@Acme.COM</EmailAddress>"),
            (
                "sts",
                "GetCallerIdentity",
                "<Arn>arn:aws:sts::999900001111:assumed-role/Acme/acme.bob</Arn><UserId>AROAABCDEFGHIJKLMNOP:acme.bob</UserId>",
            ),
            (
                "ec2",
                "DescribeFlowLogs",
                "<logGroupName>/acme/flow</logGroupName><logDestination>arn:aws:logs:eu-west-1:999900001111:log-group:/acme/flow:*</logDestination><logDestination>arn:aws:s3:::acme-flow/x</logDestination>",
            ),
            ("ec2", "DescribeManagedPrefixLists", "<prefixListName>acme-offices</prefixListName>"),
            (
                "ec2",
                "DescribeVpcEndpoints",
                "<dnsName>api.acme.example</dnsName><policyDocument>{&quot;Sid&quot;:&quot;Acme&quot;,&quot;Resource&quot;:&quot;arn:aws:s3:::acme-x/*&quot;}</policyDocument>",
            ),
            ("ec2", "DescribeVpcEndpointServices", "<privateDnsName>api.acme.example</privateDnsName>"),
            (
                "ec2",
                "DescribeNetworkInterfaces",
                "<description>ELB app/acme-web/0123456789abcdef</description><description>AWS Lambda VPC ENI-acme-import</description><requesterId>AIDAABCDEFGHIJKLMNOP:acme</requesterId>",
            ),
            (
                "ec2",
                "DescribeSecurityGroups",
                "<groupName>acme</groupName><item><key>acme</key><value>acme_999900001111_x</value></item>",
            ),
            (
                "ec2",
                "DescribeVpcs",
                "<Errors><Error><Code>UnauthorizedOperation</Code><Message>User: arn:aws:iam::999900001111:user/acme/bob is not authorized</Message></Error></Errors>",
            ),
            ("route53", "ListHostedZonesByVPC", "<HostedZoneSummary><Name>corp.acme.internal.</Name></HostedZoneSummary>"),
            ("route53", "ListResourceRecordSets", "<Name>db.corp.acme.internal.</Name><SetIdentifier>acme</SetIdentifier>"),
        ]);
        let lower = text.to_ascii_lowercase();
        let around = lower.find("acme").map(|at| lower.get(at.saturating_sub(60)..at + 40));
        assert_eq!(around, None);
        assert!(!lower.contains("bob") && !lower.contains("999900001111"), "{text}");
    }

    #[test]
    fn what_aws_named_stays_because_the_analysis_reads_it() {
        for text in [
            "<description>Interface for NAT Gateway nat-0123456789abcdef0</description>",
            "<description>VPC Endpoint Interface vpce-0123456789abcdef0</description>",
            "<prefixListName>com.amazonaws.eu-west-1.s3</prefixListName>",
            "<privateDnsName>*.s3.eu-west-1.amazonaws.com</privateDnsName><privateDnsName>api.eu-west-1.sagemaker.aws</privateDnsName>",
            "<privateDnsName>ip-10-0-0-1.eu-west-1.compute.internal</privateDnsName>",
            "arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/* arn:aws:s3:::* arn:aws:s3:::amazonlinux-2-repos-eu-west-1/*",
            "arn:aws:iam::aws:role/aws-service-role/x",
        ] {
            assert!(redacted(&[("ec2", "X", text)]).contains(text), "{text}");
        }
        let text =
            redacted(&[("ec2", "X", "<description>ELB net/acme/1</description><description>ElastiCache acme</description>")]);
        assert!(text.contains("<description>ELB net/description 1<") && text.contains("<description>ElastiCachedescription 2<"));
    }

    #[test]
    fn the_price_list_stays_and_its_refusals_do_not() {
        let body = |text: &str| Body::of(text.as_bytes(), "application/x-amz-json-1.1");
        let told = r#"{"PriceList":["{\"product\":{\"usd\":\"0.999900001111\"}}"]}"#;
        let refused = r#"{"message":"User: arn:aws:iam::999900001111:user/bob is not authorized"}"#;
        let mut prices = entry("pricing", "GetProducts", "");
        prices.key.params = BTreeMap::from([("field".to_owned(), Value::from("product"))]);
        prices.answers = [told, refused].map(|text| Answer { status: 200, headers: BTreeMap::new(), body: body(text) }).into();
        let buckets = entry("s3", "ListBuckets", "<Bucket><Name>product</Name></Bucket>");
        let mut redactor = Redactor::new("999900001111", &[buckets, prices.clone()]);
        redactor.entry(&mut prices);
        assert_eq!(prices.answers[0].body.bytes().unwrap(), body(told).bytes().unwrap());
        let refusal = String::from_utf8(prices.answers[1].body.bytes().unwrap()).unwrap();
        assert!(refusal.contains("111122223333") && !refusal.contains("bob"), "{refusal}");
        assert_eq!(prices.key.params["field"], "product");
    }

    #[test]
    fn two_names_stay_two_where_one_looks_like_a_substitute() {
        let text = redacted(&[("s3", "ListBuckets", "<Name>acme</Name><Name>store-1</Name><Name>store-3</Name>")]);
        assert_eq!(text, "<Name>store-2</Name><Name>store-4</Name><Name>store-5</Name>");
    }

    #[test]
    fn ten_thousand_buckets_are_redacted_like_two() {
        let names: Vec<String> = (0..10_000).map(|n| format!("<Name>acme-bucket-with-a-long-name-{n:05}</Name>")).collect();
        assert!(!redacted(&[("s3", "ListBuckets", &names.concat())]).contains("acme"));
    }
}
