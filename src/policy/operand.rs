//! What a value in a policy stands for: fixed when it is read, or made anew for each request where it holds variables.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::document::{Comparison, Version};
use super::pattern::{Atom, Pattern, atoms};
use super::request::Presence;
use super::truth::Truth;

/// Where values of condition keys are looked up, by name in lower case.
pub(super) type Lookup<'a> = dyn Fn(&str) -> &'a Presence + 'a;

/// One value that a request's value is compared with.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    /// Text or ARN, with wildcards where the operator has them.
    Pattern(Pattern),
    /// An ARN pattern with fewer than six fields: no documentation says what it matches.
    ShortArn(Pattern),
    /// A number, and how it is compared.
    Number(Decimal, Order),
    /// An instant, and how it is compared.
    Instant(Timestamp, Order),
    /// `true` or `false`.
    Bool(bool),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A block of addresses.
    Block(IpNet),
    /// Text that is no value of the operator's type; a policy that holds it was not stored by AWS.
    Invalid,
    /// A text with variables.
    Template(Template),
}

/// How numbers and instants are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    fn holds<T: Ord>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

/// What kind of value an operator compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text, literally.
    Text,
    /// Text, letters in any case.
    AnyCase,
    /// Text with wildcards.
    Wildcard,
    /// An ARN with wildcards in its fields.
    Arn,
    /// A number.
    Number(Order),
    /// An instant.
    Instant(Order),
    /// `true` or `false`.
    Bool,
    /// Bytes in base64.
    Bytes,
    /// An address or a block of addresses.
    Address,
    /// Whether the key is there at all.
    Null,
}

/// What an operator compares; the `Not` forms compare the same.
///
/// Source: IAM User Guide, "IAM JSON policy elements: Condition operators". `ArnEquals` behaves as `ArnLike`.
pub(super) fn kind(comparison: Comparison) -> Kind {
    match comparison {
        Comparison::StringEquals | Comparison::StringNotEquals => Kind::Text,
        Comparison::StringEqualsIgnoreCase | Comparison::StringNotEqualsIgnoreCase => Kind::AnyCase,
        Comparison::StringLike | Comparison::StringNotLike => Kind::Wildcard,
        Comparison::ArnEquals | Comparison::ArnLike | Comparison::ArnNotEquals | Comparison::ArnNotLike => Kind::Arn,
        Comparison::NumericEquals | Comparison::NumericNotEquals => Kind::Number(Order::Equal),
        Comparison::NumericLessThan => Kind::Number(Order::Less),
        Comparison::NumericLessThanEquals => Kind::Number(Order::LessOrEqual),
        Comparison::NumericGreaterThan => Kind::Number(Order::Greater),
        Comparison::NumericGreaterThanEquals => Kind::Number(Order::GreaterOrEqual),
        Comparison::DateEquals | Comparison::DateNotEquals => Kind::Instant(Order::Equal),
        Comparison::DateLessThan => Kind::Instant(Order::Less),
        Comparison::DateLessThanEquals => Kind::Instant(Order::LessOrEqual),
        Comparison::DateGreaterThan => Kind::Instant(Order::Greater),
        Comparison::DateGreaterThanEquals => Kind::Instant(Order::GreaterOrEqual),
        Comparison::Bool => Kind::Bool,
        Comparison::BinaryEquals => Kind::Bytes,
        Comparison::IpAddress | Comparison::NotIpAddress => Kind::Address,
        Comparison::Null => Kind::Null,
    }
}

impl Operand {
    /// The operand that a text of a policy stands for.
    ///
    /// Variables stand in texts and ARNs only. Source: IAM User Guide, "Where you can use policy variables".
    pub(super) fn new(text: &str, kind: Kind, version: Version) -> Self {
        if !matches!(kind, Kind::Text | Kind::AnyCase | Kind::Wildcard | Kind::Arn) {
            return Self::fixed(text, kind);
        }
        match Template::parse(text, kind, version) {
            Some(template) => Self::Template(template),
            None => Self::fixed(text, kind),
        }
    }

    /// Whether it holds variables, and all of them have values in a request.
    pub(super) fn is_filled(&self, lookup: &Lookup<'_>) -> bool {
        matches!(self, Self::Template(template) if !matches!(template.resolve(lookup), Ok(None)))
    }

    /// Whether it holds a variable that has neither a value nor a default in a request.
    pub(super) fn is_unset(&self, lookup: &Lookup<'_>) -> bool {
        matches!(self, Self::Template(template) if matches!(template.resolve(lookup), Ok(None)))
    }

    fn fixed(text: &str, kind: Kind) -> Self {
        let atoms_of = || atoms(text).collect::<Vec<_>>();
        match kind {
            Kind::Text => Self::Pattern(Pattern::literal(text)),
            Kind::AnyCase => Self::Pattern(Pattern::literal_in_any_case(text)),
            Kind::Wildcard => Self::Pattern(Pattern::wildcard(&atoms_of())),
            Kind::Arn => Self::arn(&atoms_of()),
            Kind::Number(order) => number(text).map_or(Self::Invalid, |number| Self::Number(number, order)),
            Kind::Instant(order) => instant(text).map_or(Self::Invalid, |instant| Self::Instant(instant, order)),
            Kind::Bool | Kind::Null => boolean(text).map_or(Self::Invalid, Self::Bool),
            Kind::Bytes => bytes(text).map_or(Self::Invalid, Self::Bytes),
            Kind::Address => block(text).map_or(Self::Invalid, Self::Block),
        }
    }

    fn arn(atoms: &[Atom]) -> Self {
        Pattern::arn(atoms).map_or_else(|| Self::ShortArn(Pattern::wildcard(atoms)), Self::Pattern)
    }

    /// Whether a value of a request matches.
    pub(super) fn matches(&self, value: &str, lookup: &Lookup<'_>) -> Truth {
        match self {
            Self::Pattern(pattern) => pattern.matches(value).into(),
            // It can only match what it would match with wildcards that cross fields.
            Self::ShortArn(pattern) => {
                if pattern.matches(value) {
                    Truth::Unknown
                } else {
                    Truth::False
                }
            }
            Self::Number(own, order) => compared(number(value), own, *order),
            Self::Instant(own, order) => compared(instant(value), own, *order),
            Self::Bool(own) => boolean(value).map_or(Truth::False, |value| Truth::from(value == *own)),
            Self::Bytes(own) => bytes(value).map_or(Truth::Unknown, |value| Truth::from(value == *own)),
            Self::Block(block) => address(value).map_or(Truth::Unknown, |address| Truth::from(block.contains(&address))),
            Self::Invalid => Truth::Unknown,
            Self::Template(template) => match template.resolve(lookup) {
                Ok(Some(operand)) => operand.matches(value, lookup),
                Ok(None) => Truth::False,
                Err(Undetermined) => Truth::Unknown,
            },
        }
    }
}

/// A request's value of the wrong type: no documentation says what the operator makes of it.
fn compared<T: Ord>(value: Option<T>, own: &T, order: Order) -> Truth {
    value.map_or(Truth::Unknown, |value| Truth::from(order.holds(&value, own)))
}

/// A text with variables.
#[derive(Debug, Clone)]
pub(super) struct Template {
    kind: Kind,
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    Atom(Atom),
    Variable { key: String, default: Option<String> },
}

/// A variable whose value is not known.
struct Undetermined;

impl Template {
    /// The template that a text is; `None` where it holds nothing to replace.
    ///
    /// Source: IAM User Guide, "IAM policy elements: Variables and tags": variables need version 2012-10-17, `${*}`, `${?}` and
    /// `${$}` are the characters themselves, `${key, 'text'}` has a default.
    fn parse(text: &str, kind: Kind, version: Version) -> Option<Self> {
        if version == Version::V2008 || !text.contains("${") {
            return None;
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("${") {
            let Some((inside, after)) = behind.split_once('}') else { break };
            parts.extend(atoms(before).map(Part::Atom));
            parts.push(match inside {
                "*" => Part::Atom(Atom::Char('*')),
                "?" => Part::Atom(Atom::Char('?')),
                "$" => Part::Atom(Atom::Char('$')),
                _ => variable(inside),
            });
            rest = after;
        }
        parts.extend(atoms(rest).map(Part::Atom));
        Some(Self { kind, parts })
    }

    /// Names of the keys that are looked up, in lower case.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable { key, .. } => Some(key.as_str()),
            Part::Atom(_) => None,
        })
    }

    /// Whether the text is one variable and nothing else.
    pub(super) fn is_bare_variable(&self) -> bool {
        matches!(self.parts.as_slice(), [Part::Variable { .. }])
    }

    /// The pattern for one request, where it is one.
    pub(super) fn pattern(&self, lookup: &Lookup<'_>) -> Option<Pattern> {
        match self.resolve(lookup) {
            Ok(Some(Operand::Pattern(pattern) | Operand::ShortArn(pattern))) => Some(pattern),
            _ => None,
        }
    }

    /// The operand for one request; `None` where a variable has no value and no default.
    fn resolve(&self, lookup: &Lookup<'_>) -> Result<Option<Operand>, Undetermined> {
        let mut text: Vec<Atom> = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            match part {
                Part::Atom(atom) => text.push(*atom),
                Part::Variable { key, default } => match (lookup(key), default) {
                    (Presence::One(value), _) => text.extend(value.chars().map(Atom::Char)),
                    // Keys with many values are no variables. Source: as above, "Where you can use policy variables".
                    (Presence::Absent | Presence::Many(_), Some(default)) => text.extend(default.chars().map(Atom::Char)),
                    (Presence::Absent | Presence::Many(_), None) => return Ok(None),
                    (Presence::Undetermined, _) => return Err(Undetermined),
                },
            }
        }
        Ok(Some(match self.kind {
            Kind::Wildcard => Operand::Pattern(Pattern::wildcard(&text)),
            Kind::Arn => Operand::arn(&text),
            kind => Operand::fixed(&plain(&text), kind),
        }))
    }
}

fn variable(inside: &str) -> Part {
    let (key, default) = match inside.split_once(',') {
        Some((key, default)) => {
            let default = default.trim();
            let bare = default.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap_or(default);
            (key, Some(bare.to_owned()))
        }
        None => (inside, None),
    };
    Part::Variable { key: key.trim().to_ascii_lowercase(), default }
}

fn plain(text: &[Atom]) -> String {
    let char = |atom: &Atom| match atom {
        Atom::Char(c) => *c,
        Atom::Star => '*',
        Atom::Question => '?',
    };
    text.iter().map(char).collect()
}

fn number(text: &str) -> Option<Decimal> {
    text.trim().parse().ok().or_else(|| Decimal::from_scientific(text.trim()).ok())
}

/// Source: IAM User Guide, "Condition operators", "Date condition operators": W3C profile of ISO 8601, or seconds since 1970.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<i64>()
        && (text.len() != 4 || text.starts_with('-'))
    {
        return Timestamp::from_second(seconds).ok();
    }
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp);
    }
    let whole = match text.len() {
        4 => format!("{text}-01-01T00:00:00Z"),
        7 => format!("{text}-01T00:00:00Z"),
        10 => format!("{text}T00:00:00Z"),
        _ => format!("{text}Z"),
    };
    whole.parse().ok()
}

pub(super) fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.trim()).ok()
}

fn address(text: &str) -> Option<IpAddr> {
    text.trim().parse().ok()
}

/// A block of addresses; a single address is a block of one.
#[must_use]
pub fn block(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
