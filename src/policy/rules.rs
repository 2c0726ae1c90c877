//! A policy made ready for matching: patterns read, values typed, keys in lower case. The evaluator and the solver both ask
//! these, so that there is one place that says what an element matches.

use super::document::{
    Comparison, Condition, Effect, Operator, PatternElement, Policy, PrincipalElement, PrincipalItem, Quantifier, Statement,
    Version,
};
use super::operand::{Kind, Lookup, Operand, kind};
use super::pattern::Pattern;
use super::request::{Identity, Presence, Principal, is_account, last_part};
use super::truth::Truth;

/// What the policy is attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attachment {
    /// An S3 bucket.
    Bucket,
    /// An S3 access point.
    AccessPoint,
    /// An interface endpoint.
    Endpoint,
    /// A gateway endpoint: a policy for an account means its root user only.
    GatewayEndpoint,
    /// A user, group or role: no principal is named.
    Identity,
}

impl Attachment {
    /// Whether it is an endpoint of either type.
    #[must_use]
    pub fn is_endpoint(self) -> bool {
        matches!(self, Self::Endpoint | Self::GatewayEndpoint)
    }
}

/// A policy made ready for matching.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) attachment: Attachment,
    pub(super) statements: Vec<Rule>,
}

/// A statement made ready for matching.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// How reports name the statement.
    pub(super) name: String,
    pub(super) effect: Effect,
    /// `None` matches everyone: identity policies.
    pub(super) principal: Option<PrincipalElement>,
    pub(super) action: Actions,
    pub(super) resource: Resources,
    pub(super) conditions: Vec<Test>,
}

/// `Action` or `NotAction`.
#[derive(Debug, Clone)]
pub(super) struct Actions {
    pub(super) negated: bool,
    pub(super) patterns: Vec<Pattern>,
}

/// `Resource` or `NotResource`.
#[derive(Debug, Clone)]
pub(super) struct Resources {
    pub(super) negated: bool,
    pub(super) operands: Vec<Operand>,
    /// The patterns as written.
    pub(super) texts: Vec<String>,
}

/// One condition.
#[derive(Debug, Clone)]
pub(super) struct Test {
    pub(super) operator: Operator,
    /// Key, in lower case.
    pub(super) key: String,
    pub(super) operands: Vec<Operand>,
    /// The condition as written, for reports.
    pub(super) written: String,
    /// The values as written.
    pub(super) values: Vec<String>,
}

/// How a statement names a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Named {
    /// Not at all.
    No,
    /// No documentation tells.
    Unclear,
    /// By its account: the account's own identity policies must grant as well.
    ByAccount,
    /// By itself, or with everyone.
    Directly,
}

impl Rules {
    pub(super) fn new(policy: &Policy, attachment: Attachment) -> Self {
        let statements = policy.statements.iter().map(|statement| Rule::new(statement, policy.version)).collect();
        Self { attachment, statements }
    }
}

impl Rule {
    fn new(statement: &Statement, version: Version) -> Self {
        Self {
            name: statement.name(),
            effect: statement.effect,
            principal: statement.principal.clone(),
            action: Actions::new(&statement.action),
            resource: Resources::new(&statement.resource, version),
            conditions: statement.conditions.iter().map(|condition| Test::new(condition, version)).collect(),
        }
    }

    /// How the statement names a principal.
    pub(super) fn names(&self, principal: &Principal, attachment: Attachment) -> Named {
        let Some(element) = &self.principal else { return Named::Directly };
        match (element.negated, self.effect) {
            (false, _) => element.items.iter().map(|item| item_names(item, principal, attachment)).max().unwrap_or(Named::No),
            (true, Effect::Allow) => {
                match element.items.iter().map(|item| item_names(item, principal, attachment)).max().unwrap_or(Named::No) {
                    Named::No => Named::Directly,
                    Named::Unclear => Named::Unclear,
                    Named::ByAccount | Named::Directly => Named::No,
                }
            }
            (true, Effect::Deny) => denied_by_not_principal(&element.items, principal, attachment),
        }
    }
}

/// Whether a Deny with `NotPrincipal` reaches a principal. Only who is listed in full is exempt: account, role and session.
///
/// Source: IAM User Guide, "AWS JSON policy elements: `NotPrincipal`", "Specifying `NotPrincipal` with Deny".
fn denied_by_not_principal(items: &[PrincipalItem], principal: &Principal, attachment: Attachment) -> Named {
    let listed = |item: &PrincipalItem| item_names(item, principal, attachment);
    let Some(account) = principal.account() else {
        return match items.iter().map(listed).max().unwrap_or(Named::No) {
            Named::No => Named::Directly,
            Named::Unclear => Named::Unclear,
            Named::ByAccount | Named::Directly => Named::No,
        };
    };
    if items.contains(&PrincipalItem::Anyone) {
        return Named::No;
    }
    let mentions = |item: &PrincipalItem| match item {
        PrincipalItem::Aws(text) => text == account || text.split(':').nth(4) == Some(account),
        _ => false,
    };
    if !items.iter().any(mentions) {
        return Named::Directly;
    }
    let whole_account =
        items.iter().any(|item| matches!(listed(item), Named::ByAccount | Named::Directly) && names_account(item, account));
    let itself = match principal {
        Principal::Identity { kind: Identity::Root, .. } => true,
        Principal::Identity { kind: Identity::Role { session: Some(_), role, .. }, .. } => {
            let session = items.iter().any(|item| matches!(item, PrincipalItem::Aws(text) if *text == principal.to_string()));
            let role = items.iter().any(|item| {
                matches!(item, PrincipalItem::Aws(text)
                    if text.split(':').nth(4) == Some(account) && text.contains(":role/") && last_part(text) == last_part(role))
            });
            session && role
        }
        _ => items.iter().any(|item| listed(item) == Named::Directly),
    };
    if whole_account && itself { Named::No } else { Named::Unclear }
}

/// Whether a principal of a policy is an account and nobody in particular.
fn names_account(item: &PrincipalItem, account: &str) -> bool {
    matches!(item, PrincipalItem::Aws(text) if text == account || text.ends_with(&format!(":{account}:root")))
}

/// How one principal of a policy names the principal of a request.
///
/// Source: IAM User Guide, "AWS JSON policy elements: Principal"; for gateway endpoints VPC guide, "Endpoint policies for
/// gateway endpoints": an account means its root user only, everything but `*` is to be told by conditions.
fn item_names(item: &PrincipalItem, principal: &Principal, attachment: Attachment) -> Named {
    let directly = |holds: bool| if holds { Named::Directly } else { Named::No };
    match (item, principal) {
        (PrincipalItem::Anyone, _) => Named::Directly,
        (PrincipalItem::Service(named), Principal::Service(own))
        | (PrincipalItem::Federated(named), Principal::Federated(own))
        | (PrincipalItem::CanonicalUser(named), Principal::CanonicalUser(own))
        | (PrincipalItem::Aws(named), Principal::OriginAccessIdentity(own) | Principal::Unrecognised(own)) => {
            directly(named == own)
        }
        (PrincipalItem::Aws(text), Principal::Identity { partition, account, kind }) => {
            let named = aws_names(text, principal, partition, account, kind);
            match (attachment, named) {
                (Attachment::GatewayEndpoint, Named::ByAccount) => directly(*kind == Identity::Root),
                (Attachment::GatewayEndpoint, Named::Directly) => Named::Unclear,
                (_, named) => named,
            }
        }
        _ => Named::No,
    }
}

fn aws_names(text: &str, principal: &Principal, partition: &str, account: &str, kind: &Identity) -> Named {
    let directly = |holds: bool| if holds { Named::Directly } else { Named::No };
    if is_account(text) || text.ends_with(":root") {
        let named = if is_account(text) { Some(text) } else { text.split(':').nth(4) };
        let same_partition = is_account(text) || text.split(':').nth(1) == Some(partition);
        return if named == Some(account) && same_partition { Named::ByAccount } else { Named::No };
    }
    match (Principal::parse(Some(text)), kind) {
        (
            Principal::Identity { partition: p, account: a, kind: Identity::Role { role: named, session: None, .. } },
            Identity::Role { role, path_known, .. },
        ) => directly(
            p == partition && a == account && if *path_known { named == *role } else { last_part(&named) == last_part(role) },
        ),
        (
            Principal::Identity { partition: p, account: a, kind: Identity::Role { role: named, session: Some(own), .. } },
            Identity::Role { role, session: Some(session), .. },
        ) => directly(p == partition && a == account && named == last_part(role) && own == *session),
        (named, _) => directly(named == *principal),
    }
}

/// Whether a key, named in lower case, is documented to hold a set of values.
fn is_multivalued(key: &str) -> bool {
    const KEYS: [&str; 4] = ["aws:tagkeys", "aws:calledvia", "aws:principalservicenameslist", "s3:requestobjecttagkeys"];
    key.ends_with("orgpaths") || KEYS.contains(&key)
}

/// Whether an `Action` or `NotAction` means every action of a service, by the prefix of its actions, such as `s3`.
#[must_use]
pub fn means_every_action(element: &PatternElement, service: &str) -> bool {
    let prefix = format!("{service}:");
    let Actions { negated, patterns } = Actions::new(element);
    if negated {
        !patterns.iter().any(|pattern| pattern.may_begin_with(&prefix))
    } else {
        patterns.iter().any(|pattern| pattern.takes_all_behind(&prefix))
    }
}

impl Actions {
    fn new(element: &PatternElement) -> Self {
        let patterns = element.patterns.iter().map(|text| Pattern::wildcard_in_any_case(text)).collect();
        Self { negated: element.negated, patterns }
    }

    /// Whether an action is meant.
    pub(super) fn matches(&self, action: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(action)) != self.negated
    }
}

impl Resources {
    fn new(element: &PatternElement, version: Version) -> Self {
        let operand = |text: &String| match text.as_str() {
            "*" => Operand::new(text, Kind::Wildcard, version),
            _ => Operand::new(text, Kind::Arn, version),
        };
        Self {
            negated: element.negated,
            operands: element.patterns.iter().map(operand).collect(),
            texts: element.patterns.clone(),
        }
    }

    /// Whether a resource is meant.
    pub(super) fn matches(&self, resource: &str, lookup: &Lookup<'_>) -> Truth {
        let found = Truth::any(self.operands.iter().map(|operand| operand.matches(resource, lookup)));
        if !self.negated {
            return found;
        }
        // That a variable without a value matches nothing is said of `Resource` only.
        let unset = self.operands.iter().any(|operand| operand.is_unset(lookup));
        if unset && found == Truth::False { Truth::Unknown } else { found.negate() }
    }
}

impl Test {
    fn new(condition: &Condition, version: Version) -> Self {
        let kind = kind(condition.operator.comparison);
        Self {
            operator: condition.operator,
            key: condition.key.to_ascii_lowercase(),
            operands: condition.values.iter().map(|value| Operand::new(value, kind, version)).collect(),
            written: format!("{} {}", condition.operator, condition.key),
            values: condition.values.clone(),
        }
    }

    /// Whether the condition holds for what a request says of its key.
    ///
    /// Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and "Single-valued vs. multivalued context keys".
    pub(super) fn holds(&self, presence: &Presence, lookup: &Lookup<'_>) -> Truth {
        let Operator { quantifier, comparison, if_exists } = self.operator;
        if comparison == Comparison::Null {
            return self.null(presence);
        }
        match (quantifier, presence) {
            // What AWS makes of an empty list of values, its pages tell in two ways.
            (None, _) if self.operands.is_empty() => Truth::Unknown,
            // Whatever the values are, a plain operator does not match a set of them.
            (None, Presence::Undetermined) if is_multivalued(&self.key) && !if_exists && !comparison.is_negated() => Truth::False,
            (_, Presence::Undetermined) => Truth::Unknown,
            (_, Presence::One(value)) => self.value_holds(value, lookup),
            (None, Presence::Absent) => Truth::from(if_exists || comparison.is_negated()),
            // A plain operator wants one value. What its negation makes of many, no documentation says.
            (None, Presence::Many(_)) => Truth::unknown_if(comparison.is_negated()),
            // The rule of `IfExists` says true, the rule of `ForAnyValue` says false.
            (Some(Quantifier::ForAnyValue), Presence::Absent) => Truth::unknown_if(if_exists),
            (Some(Quantifier::ForAnyValue), Presence::Many(values)) => {
                Truth::any(values.iter().map(|value| self.value_holds(value, lookup)))
            }
            (Some(Quantifier::ForAllValues), Presence::Absent) => Truth::True,
            (Some(Quantifier::ForAllValues), Presence::Many(values)) => {
                Truth::all(values.iter().map(|value| self.value_holds(value, lookup)))
            }
        }
    }

    /// Whether one value satisfies the operator: any of the policy's values for a positive one, none for a negated one.
    fn value_holds(&self, value: &str, lookup: &Lookup<'_>) -> Truth {
        let found = Truth::any(self.operands.iter().map(|operand| operand.matches(value, lookup)));
        if self.operator.comparison.is_negated() { found.negate() } else { found }
    }

    fn null(&self, presence: &Presence) -> Truth {
        let absent = match presence {
            Presence::Absent => true,
            Presence::Many(values) => values.is_empty(),
            Presence::One(_) => false,
            Presence::Undetermined => return Truth::Unknown,
        };
        Truth::any(self.operands.iter().map(|operand| match operand {
            Operand::Bool(wanted) => Truth::from(*wanted == absent),
            _ => Truth::Unknown,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(negated: bool, patterns: &[&str]) -> PatternElement {
        PatternElement { negated, patterns: patterns.iter().map(|&pattern| pattern.to_owned()).collect() }
    }

    #[test]
    fn patterns_that_mean_everything_are_told_from_those_that_mean_much() {
        for all in ["*", "**", "s3:*", "S3:*", "s3:**", "s3*", "s*", "*:*", "s*:*", "*3:*"] {
            assert!(means_every_action(&element(false, &["s3:GetObject", all]), "s3"), "{all}");
        }
        for some in ["s3:Get*", "s3:*Object", "s3:?", "ec2:*", "s3", "s3-object-lambda:*", "*object*", "a*", "s3:*e*"] {
            assert!(!means_every_action(&element(false, &[some]), "s3"), "{some}");
        }
    }

    #[test]
    fn not_action_means_everything_where_it_leaves_nothing_of_s3_out() {
        assert!(means_every_action(&element(true, &["ec2:*", "s3-outposts:*", "iam:Get?ser"]), "s3"));
        for some in ["s3:DeleteBucket", "S3:Delete*", "*:Get*", "s*", "?3:GetObject"] {
            assert!(!means_every_action(&element(true, &["ec2:*", some]), "s3"), "{some}");
        }
    }

    #[test]
    fn a_deny_with_not_principal_spares_only_who_is_listed_in_full() {
        const ROOT: &str = "arn:aws:iam::111122223333:root";
        const ROLE: &str = "arn:aws:iam::111122223333:role/team/r1";
        const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/r1/s1";
        const USER: &str = "arn:aws:iam::111122223333:user/u1";
        const ELSEWHERE: &str = "arn:aws:iam::444455556666:role/r1";
        let reached = |listed: &[&str], by: &str| {
            let items: Vec<PrincipalItem> = listed
                .iter()
                .map(|&text| match text {
                    "*" => PrincipalItem::Anyone,
                    text if text.ends_with(".amazonaws.com") => PrincipalItem::Service(text.to_owned()),
                    text => PrincipalItem::Aws(text.to_owned()),
                })
                .collect();
            denied_by_not_principal(&items, &Principal::parse(Some(by)), Attachment::Bucket)
        };
        for (listed, by, wanted) in [
            (&[ROLE][..], "anonymous", Named::Directly),
            (&["*"], "anonymous", Named::No),
            (&["cloudtrail.amazonaws.com"], "cloudtrail.amazonaws.com", Named::No),
            (&["cloudtrail.amazonaws.com"], "config.amazonaws.com", Named::Directly),
            (&["*"], SESSION, Named::No),
            (&["cloudtrail.amazonaws.com"], SESSION, Named::Directly),
            (&[ELSEWHERE], SESSION, Named::Directly),
            (&[ELSEWHERE, "444455556666"], ROOT, Named::Directly),
            (&["111122223333"], ROOT, Named::No),
            (&[ROOT], ROOT, Named::No),
            (&[ROLE], ROOT, Named::Unclear),
            (&[ROOT, ROLE, SESSION], SESSION, Named::No),
            (&["111122223333", ROLE, SESSION], SESSION, Named::No),
            (&[ROOT], SESSION, Named::Unclear),
            (&[ROOT, ROLE], SESSION, Named::Unclear),
            (&[ROOT, SESSION], SESSION, Named::Unclear),
            (&[ROLE, SESSION], SESSION, Named::Unclear),
            (&[ROOT, ELSEWHERE, SESSION], SESSION, Named::Unclear),
            (&[ROOT, "arn:aws:iam::111122223333:user/r1", SESSION], SESSION, Named::Unclear),
            (&[ROOT, "arn:aws:iam::111122223333:role/r2", SESSION], SESSION, Named::Unclear),
            (&[ROOT, ROLE, "arn:aws:sts::111122223333:assumed-role/r1/s2"], SESSION, Named::Unclear),
            (&[ROOT, USER], USER, Named::No),
            (&[USER], USER, Named::Unclear),
            (&[ROOT, "arn:aws:iam::111122223333:user/u2"], USER, Named::Unclear),
        ] {
            assert_eq!(reached(listed, by), wanted, "{listed:?} and {by}");
        }
    }

    #[test]
    fn a_principal_is_named_by_its_account_or_by_itself() {
        const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/r1/s1";
        const IDENTITY: &str = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1";
        let names = |text: &str, by: &str, attachment| {
            item_names(&PrincipalItem::Aws(text.to_owned()), &Principal::parse(Some(by)), attachment)
        };
        for (text, by, wanted) in [
            ("111122223333", SESSION, Named::ByAccount),
            ("arn:aws:iam::111122223333:root", SESSION, Named::ByAccount),
            ("arn:aws-cn:iam::111122223333:root", SESSION, Named::No),
            ("arn:aws:iam::444455556666:root", SESSION, Named::No),
            ("444455556666", SESSION, Named::No),
            (SESSION, SESSION, Named::Directly),
            ("arn:aws:sts::111122223333:assumed-role/r1/s2", SESSION, Named::No),
            ("arn:aws:sts::111122223333:assumed-role/r2/s1", SESSION, Named::No),
            ("arn:aws:sts::444455556666:assumed-role/r1/s1", SESSION, Named::No),
            ("arn:aws-cn:sts::111122223333:assumed-role/r1/s1", SESSION, Named::No),
            // The ARN of a session does not tell the path of its role.
            ("arn:aws:iam::111122223333:role/r1", SESSION, Named::Directly),
            ("arn:aws:iam::111122223333:role/team/r1", SESSION, Named::Directly),
            ("arn:aws:iam::111122223333:role/r2", SESSION, Named::No),
            ("arn:aws:iam::444455556666:role/r1", SESSION, Named::No),
            ("arn:aws:iam::111122223333:role/team/r1", "arn:aws:iam::111122223333:role/team/r1", Named::Directly),
            ("arn:aws:iam::111122223333:role/r1", "arn:aws:iam::111122223333:role/team/r1", Named::No),
            ("arn:aws:iam::111122223333:user/u1", "arn:aws:iam::111122223333:user/u1", Named::Directly),
            ("arn:aws:iam::111122223333:user/u1", "arn:aws:iam::111122223333:user/u2", Named::No),
            (IDENTITY, IDENTITY, Named::Directly),
            (IDENTITY, "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2", Named::No),
        ] {
            assert_eq!(names(text, by, Attachment::Bucket), wanted, "{text} and {by}");
        }
        // A gateway endpoint takes an account for its root user, and of nobody else it is told what it does.
        let root = "arn:aws:iam::111122223333:root";
        for (text, by, wanted) in [
            ("111122223333", root, Named::Directly),
            ("111122223333", SESSION, Named::No),
            ("444455556666", root, Named::No),
            (SESSION, SESSION, Named::Unclear),
        ] {
            assert_eq!(names(text, by, Attachment::GatewayEndpoint), wanted, "{text} and {by}");
        }
    }

    #[test]
    fn services_providers_and_canonical_users_are_named_in_full() {
        let text = |name: &str| name.to_owned();
        let user = "a1".repeat(32);
        for (item, named, other) in [
            (PrincipalItem::Service(text("config.amazonaws.com")), "config.amazonaws.com", "cloudtrail.amazonaws.com"),
            (PrincipalItem::Federated(text("accounts.google.com")), "accounts.google.com", "graph.facebook.com"),
            (PrincipalItem::CanonicalUser(user.clone()), &user, &"b2".repeat(32)),
        ] {
            let names = |by: &str| item_names(&item, &Principal::parse(Some(by)), Attachment::Bucket);
            assert_eq!((names(named), names(other)), (Named::Directly, Named::No), "{item:?}");
        }
    }
}
