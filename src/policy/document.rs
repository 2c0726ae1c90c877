//! What a policy says, element by element, as its author wrote it.
//!
//! Source: IAM User Guide, "IAM JSON policy element reference" and "Grammar of the IAM JSON policy language".

use std::fmt;

/// A policy document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Version of the language; decides whether variables mean anything.
    pub version: Version,
    /// `Id` of the document. Text from the account.
    pub id: Option<String>,
    /// Statements in the order of the text.
    pub statements: Vec<Statement>,
}

/// Version of the policy language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// `2008-10-17`, also meant where the element is absent. `${...}` is literal text.
    V2008,
    /// `2012-10-17`. Policy variables are replaced.
    V2012,
}

impl Version {
    /// The version as policies write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2008 => "2008-10-17",
            Self::V2012 => "2012-10-17",
        }
    }
}

/// One statement: a conjunction of what each of its elements asks of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Place among the statements, from 0.
    pub index: usize,
    /// `Sid`. Text from the account.
    pub sid: Option<String>,
    /// What it does to the requests that it matches.
    pub effect: Effect,
    /// `Principal` or `NotPrincipal`; absent in identity policies only.
    pub principal: Option<PrincipalElement>,
    /// `Action` or `NotAction`: patterns such as `s3:Get*`.
    pub action: PatternElement,
    /// `Resource` or `NotResource`: patterns of ARNs, or `*`.
    pub resource: PatternElement,
    /// `Condition`, one entry per operator and key.
    pub conditions: Vec<Condition>,
    /// Where the statement begins.
    pub position: Position,
}

impl Statement {
    /// How reports name the statement: its `Sid`, or its place counted from 1.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.sid {
            Some(sid) if !sid.is_empty() => format!("statement {} \"{sid}\"", self.index + 1),
            _ => format!("statement {}", self.index + 1),
        }
    }
}

/// What a statement does to the requests that it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Grants.
    Allow,
    /// Refuses, whatever grants.
    Deny,
}

/// `Principal` or `NotPrincipal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalElement {
    /// Whether it is `NotPrincipal`.
    pub negated: bool,
    /// Who is named, in the order of the text. `"*"` and `{"AWS": "*"}` are both [`PrincipalItem::Anyone`].
    pub items: Vec<PrincipalItem>,
}

/// One principal that a policy names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalItem {
    /// `"*"` or `{"AWS": "*"}`: everyone, anonymous requests included.
    Anyone,
    /// `{"AWS": ...}`: an account id, an ARN, or the unique id of a principal that is gone.
    Aws(String),
    /// `{"Service": ...}`: an AWS service.
    Service(String),
    /// `{"Federated": ...}`: an identity provider.
    Federated(String),
    /// `{"CanonicalUser": ...}`: the canonical user id of an account or an origin access identity.
    CanonicalUser(String),
}

/// `Action`, `NotAction`, `Resource` or `NotResource`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternElement {
    /// Whether it is the `Not` form.
    pub negated: bool,
    /// The patterns, in the order of the text; never empty.
    pub patterns: Vec<String>,
}

/// One operator and key of a `Condition` with the values it is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The operator.
    pub operator: Operator,
    /// The condition key as written; keys are compared without case.
    pub key: String,
    /// The values, in the order of the text; booleans and numbers as JSON writes them. Any one of them suffices for a positive
    /// operator, none may hold for a negated one. What AWS makes of an empty list is not settled.
    pub values: Vec<String>,
    /// Where the key stands.
    pub position: Position,
}

/// A condition operator, such as `ForAnyValue:StringLikeIfExists`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operator {
    /// Prefix for keys with many values.
    pub quantifier: Option<Quantifier>,
    /// What is compared, and how.
    pub comparison: Comparison,
    /// Whether an absent key satisfies it (`...IfExists`). Never set with [`Comparison::Null`].
    pub if_exists: bool,
}

/// Prefix of an operator for keys with many values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quantifier {
    /// `ForAnyValue:`: at least one value of the request matches; false where the key is absent.
    ForAnyValue,
    /// `ForAllValues:`: every value of the request matches; true where the key is absent or empty.
    ForAllValues,
}

/// What an operator compares, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are those of the operators; the table below is their documentation")]
pub enum Comparison {
    StringEquals,
    StringNotEquals,
    StringEqualsIgnoreCase,
    StringNotEqualsIgnoreCase,
    StringLike,
    StringNotLike,
    NumericEquals,
    NumericNotEquals,
    NumericLessThan,
    NumericLessThanEquals,
    NumericGreaterThan,
    NumericGreaterThanEquals,
    DateEquals,
    DateNotEquals,
    DateLessThan,
    DateLessThanEquals,
    DateGreaterThan,
    DateGreaterThanEquals,
    Bool,
    BinaryEquals,
    IpAddress,
    NotIpAddress,
    ArnEquals,
    ArnLike,
    ArnNotEquals,
    ArnNotLike,
    Null,
}

impl Comparison {
    /// Every operator with its name.
    pub const ALL: [(Self, &'static str); 27] = [
        (Self::StringEquals, "StringEquals"),
        (Self::StringNotEquals, "StringNotEquals"),
        (Self::StringEqualsIgnoreCase, "StringEqualsIgnoreCase"),
        (Self::StringNotEqualsIgnoreCase, "StringNotEqualsIgnoreCase"),
        (Self::StringLike, "StringLike"),
        (Self::StringNotLike, "StringNotLike"),
        (Self::NumericEquals, "NumericEquals"),
        (Self::NumericNotEquals, "NumericNotEquals"),
        (Self::NumericLessThan, "NumericLessThan"),
        (Self::NumericLessThanEquals, "NumericLessThanEquals"),
        (Self::NumericGreaterThan, "NumericGreaterThan"),
        (Self::NumericGreaterThanEquals, "NumericGreaterThanEquals"),
        (Self::DateEquals, "DateEquals"),
        (Self::DateNotEquals, "DateNotEquals"),
        (Self::DateLessThan, "DateLessThan"),
        (Self::DateLessThanEquals, "DateLessThanEquals"),
        (Self::DateGreaterThan, "DateGreaterThan"),
        (Self::DateGreaterThanEquals, "DateGreaterThanEquals"),
        (Self::Bool, "Bool"),
        (Self::BinaryEquals, "BinaryEquals"),
        (Self::IpAddress, "IpAddress"),
        (Self::NotIpAddress, "NotIpAddress"),
        (Self::ArnEquals, "ArnEquals"),
        (Self::ArnLike, "ArnLike"),
        (Self::ArnNotEquals, "ArnNotEquals"),
        (Self::ArnNotLike, "ArnNotLike"),
        (Self::Null, "Null"),
    ];

    /// The operator's name as the documentation writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(comparison, _)| *comparison == self).map_or("", |(_, name)| name)
    }

    /// Whether it is a `Not` form: true of an absent key, and false as soon as one value matches.
    #[must_use]
    pub fn is_negated(self) -> bool {
        matches!(
            self,
            Self::StringNotEquals
                | Self::StringNotEqualsIgnoreCase
                | Self::StringNotLike
                | Self::NumericNotEquals
                | Self::DateNotEquals
                | Self::NotIpAddress
                | Self::ArnNotEquals
                | Self::ArnNotLike
        )
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = match self.quantifier {
            None => "",
            Some(Quantifier::ForAnyValue) => "ForAnyValue:",
            Some(Quantifier::ForAllValues) => "ForAllValues:",
        };
        write!(f, "{prefix}{}{}", self.comparison.as_str(), if self.if_exists { "IfExists" } else { "" })
    }
}

/// A place in the text of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} column {}", self.line, self.column)
    }
}
