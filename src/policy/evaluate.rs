//! One request against one resource policy, and the endpoint policies it passes on its way.
//!
//! Source: IAM User Guide, "Policy evaluation logic" and "How AWS enforcement code logic evaluates requests to allow or deny
//! access": an explicit deny wins, then an allow, else the request is denied.

use super::document::{Effect, Policy};
use super::request::Request;
use super::rules::{Attachment, Named, Rule, Rules};
use super::truth::Truth;

/// What a policy says of a request, no identity policy assumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// A statement allows it and none denies it.
    Allowed,
    /// A statement allows the principal's whole account: its own identity policies must allow the request as well.
    AllowedForAccount,
    /// A statement denies it.
    ExplicitDeny,
    /// No statement allows it.
    ImplicitDeny,
    /// No documentation tells, or a fact that decides is not known.
    Unknown,
}

impl Decision {
    /// The word that reports use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::AllowedForAccount => "allowed_for_account",
            Self::ExplicitDeny => "explicit_deny",
            Self::ImplicitDeny => "implicit_deny",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the request passes, given that the principal's own account lets it.
    #[must_use]
    pub fn passes(self) -> bool {
        matches!(self, Self::Allowed | Self::AllowedForAccount)
    }

    /// Whether the request is refused for sure.
    #[must_use]
    pub fn refuses(self) -> bool {
        matches!(self, Self::ExplicitDeny | Self::ImplicitDeny)
    }
}

/// A decision and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// The decision.
    pub decision: Decision,
    /// Names of the statements that decided, in the order of the policies.
    pub statements: Vec<String>,
}

/// Decides one request.
///
/// Every endpoint policy is one more gate: it must allow the request too, and grants nothing.
#[must_use]
pub fn evaluate(policy: &Policy, attachment: Attachment, endpoint_policies: &[Policy], request: &Request) -> Evaluation {
    let own = Rules::new(policy, attachment).evaluate(request);
    let gates = endpoint_policies.iter().map(|policy| Rules::new(policy, Attachment::Endpoint).evaluate(request));
    gates.fold(own, narrower)
}

/// What two gates in a row decide: the refusal, else the doubt, else what the first one said.
fn narrower(first: Evaluation, gate: Evaluation) -> Evaluation {
    let rank = |decision| match decision {
        Decision::ExplicitDeny => 3,
        Decision::ImplicitDeny => 2,
        Decision::Unknown => 1,
        Decision::Allowed | Decision::AllowedForAccount => 0,
    };
    if rank(gate.decision) > rank(first.decision) { gate } else { first }
}

impl Rules {
    /// Whether a request is refused for sure: denied, or granted by nothing. Which of the two it is may be unknown.
    pub(super) fn refuses(&self, request: &Request) -> bool {
        let matches = |rule: &Rule| rule.matches(request, self.attachment).1;
        let of = |effect: Effect| self.statements.iter().filter(move |rule| rule.effect == effect);
        of(Effect::Deny).any(|rule| matches(rule).is_sure()) || !of(Effect::Allow).any(|rule| matches(rule).is_possible())
    }

    /// Decides one request.
    pub(super) fn evaluate(&self, request: &Request) -> Evaluation {
        let matching = |effect: Effect| {
            let rules = self.statements.iter().filter(move |rule| rule.effect == effect);
            rules.map(|rule| (rule, rule.matches(request, self.attachment))).filter(|(_, (_, truth))| truth.is_possible())
        };
        let name = |rule: &Rule| rule.name.clone();
        let denies: Vec<_> = matching(Effect::Deny).collect();
        let sure: Vec<String> = denies.iter().filter(|(_, (_, truth))| truth.is_sure()).map(|(rule, _)| name(rule)).collect();
        if !sure.is_empty() {
            return Evaluation { decision: Decision::ExplicitDeny, statements: sure };
        }
        let allows: Vec<_> = matching(Effect::Allow).collect();
        if allows.is_empty() && denies.is_empty() {
            return Evaluation { decision: Decision::ImplicitDeny, statements: Vec::new() };
        }
        if denies.is_empty() {
            for (named, decision) in [(Named::Directly, Decision::Allowed), (Named::ByAccount, Decision::AllowedForAccount)] {
                let granting = allows.iter().filter(|(_, (own, truth))| truth.is_sure() && *own == named);
                let statements: Vec<String> = granting.map(|(rule, _)| name(rule)).collect();
                let doubtful = allows.iter().any(|(_, (own, truth))| !truth.is_sure() && *own > named);
                if !statements.is_empty() && !doubtful {
                    return Evaluation { decision, statements };
                }
            }
        }
        let statements = denies.iter().chain(&allows).map(|(rule, _)| name(rule)).collect();
        Evaluation { decision: Decision::Unknown, statements }
    }
}

impl Rule {
    /// How the statement names the request's principal, and whether it matches the request.
    fn matches(&self, request: &Request, attachment: Attachment) -> (Named, Truth) {
        let lookup = |key: &str| request.presence(key);
        let named = self.names(&request.principal, attachment);
        let principal = match named {
            Named::No => Truth::False,
            Named::Unclear => Truth::Unknown,
            Named::ByAccount | Named::Directly => Truth::True,
        };
        if principal == Truth::False || !self.action.matches(&request.action) {
            return (named, Truth::False);
        }
        let resource = self.resource.matches(&request.resource, &lookup);
        let conditions = self.conditions.iter().map(|test| test.holds(request.presence(&test.key), &lookup));
        (named, principal.and(resource).and(Truth::all(conditions)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::parse::{PolicyKind, parse};
    use super::super::request::{Presence, Principal};
    use super::*;

    fn policy(statements: &[&str]) -> Policy {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
        parse(&text, PolicyKind::Resource).unwrap()
    }

    /// What a bucket policy and endpoint policies make of a read by somebody whose organization is not known.
    fn read(bucket: &[&str], endpoints: &[&[&str]]) -> (Decision, Vec<String>) {
        let request = Request {
            principal: Principal::Anonymous,
            action: "s3:GetObject".to_owned(),
            resource: "arn:aws:s3:::b/k".to_owned(),
            context: BTreeMap::from([("aws:principalorgid".to_owned(), Presence::Undetermined)]),
        };
        let gates: Vec<Policy> = endpoints.iter().map(|statements| policy(statements)).collect();
        let found = evaluate(&policy(bucket), Attachment::Bucket, &gates, &request);
        let sids = found.statements.iter().filter_map(|name| name.split('"').nth(1)).map(str::to_owned);
        (found.decision, sids.collect())
    }

    const OPEN: &str = r#"{"Sid":"Open","Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}"#;
    const ORGANIZATION: &str = r#"{"Sid":"Organization","Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*",
        "Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-0aa"}}}"#;
    const SHUT: &str = r#"{"Sid":"Shut","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}"#;
    const CLOSED: &str = r#"{"Sid":"Closed","Effect":"Deny","Principal":"*","Action":"s3:Get*","Resource":"*"}"#;

    fn named(decision: Decision, statement: &str) -> (Decision, Vec<String>) {
        (decision, vec![statement.to_owned()])
    }

    #[test]
    fn one_sure_grant_is_enough_whatever_is_not_known_of_another() {
        assert_eq!(read(&[OPEN, ORGANIZATION], &[]), named(Decision::Allowed, "Open"));
        assert_eq!(read(&[ORGANIZATION], &[]), named(Decision::Unknown, "Organization"));
    }

    #[test]
    fn a_grant_to_the_account_is_not_the_last_word_where_a_nearer_one_is_not_known() {
        const ACCOUNT: &str =
            r#"{"Sid":"Account","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*"}"#;
        const OF_ACCOUNT: &str = r#"{"Sid":"OfAccount","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*",
            "Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-0aa"}}}"#;
        let request = Request {
            principal: Principal::parse(Some("arn:aws:iam::111122223333:role/r1")),
            action: "s3:GetObject".to_owned(),
            resource: "arn:aws:s3:::b/k".to_owned(),
            context: BTreeMap::from([("aws:principalorgid".to_owned(), Presence::Undetermined)]),
        };
        let decided = |statements: &[&str]| evaluate(&policy(statements), Attachment::Bucket, &[], &request).decision;
        assert_eq!(decided(&[ACCOUNT]), Decision::AllowedForAccount);
        assert_eq!(decided(&[ACCOUNT, ORGANIZATION]), Decision::Unknown);
        assert_eq!(decided(&[ACCOUNT, OF_ACCOUNT]), Decision::AllowedForAccount);
        assert_eq!(decided(&[OPEN, OF_ACCOUNT]), Decision::Allowed);
    }

    #[test]
    fn an_endpoint_policy_may_refuse_what_the_bucket_grants_and_the_first_refusal_is_told() {
        assert_eq!(read(&[OPEN], &[&[OPEN]]), named(Decision::Allowed, "Open"));
        assert_eq!(read(&[OPEN], &[&[OPEN, SHUT]]), named(Decision::ExplicitDeny, "Shut"));
        assert_eq!(read(&[SHUT], &[&[CLOSED]]), named(Decision::ExplicitDeny, "Shut"));
        assert_eq!(read(&[SHUT], &[&[OPEN]]), named(Decision::ExplicitDeny, "Shut"));
        assert_eq!(read(&[OPEN], &[&[ORGANIZATION]]), named(Decision::Unknown, "Organization"));
    }

    /// Whether a condition on one key holds for a request with these keys.
    fn holds(operator: &str, operand: &str, context: &[(&str, &str)]) -> bool {
        let text = format!(
            r#"{{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*","Condition":{{"{operator}":{{"s3:key":"{operand}"}}}}}}"#
        );
        let request = Request {
            principal: Principal::Anonymous,
            action: "s3:ListBucket".to_owned(),
            resource: "arn:aws:s3:::b".to_owned(),
            context: context.iter().map(|(key, value)| ((*key).to_owned(), Presence::one(*value))).collect(),
        };
        match evaluate(&policy(&[&text]), Attachment::Bucket, &[], &request).decision {
            Decision::Allowed => true,
            Decision::ImplicitDeny => false,
            other => panic!("{operator} {operand}: {other:?}"),
        }
    }

    #[test]
    fn numbers_and_dates_are_compared_by_size() {
        for (operator, below, same, above) in [
            ("Equals", false, true, false),
            ("NotEquals", true, false, true),
            ("LessThan", true, false, false),
            ("LessThanEquals", true, true, false),
            ("GreaterThan", false, false, true),
            ("GreaterThanEquals", false, true, true),
        ] {
            let number = |value: &str| holds(&format!("Numeric{operator}"), "10", &[("s3:key", value)]);
            assert_eq!((number("9"), number("10.0"), number("11")), (below, same, above), "{operator}");
            let date = |value: &str| holds(&format!("Date{operator}"), "2026-11-01T00:00:00Z", &[("s3:key", value)]);
            let dates = (date("2026-10-31T23:59:59Z"), date("2026-11-01"), date("2026-11-01T00:00:01Z"));
            assert_eq!(dates, (below, same, above), "{operator}");
        }
    }

    #[test]
    fn binary_values_are_compared_as_bytes() {
        let binary = |value: &str| holds("BinaryEquals", "QmluYXJ5", &[("s3:key", value)]);
        assert!(binary("QmluYXJ5") && !binary("QmluYXJ6"));
    }

    #[test]
    fn a_variable_takes_the_value_of_its_key_or_its_default_and_matches_nothing_without_either() {
        let team = |operand: &str, tag: Option<&str>| {
            let mut context = vec![("s3:key", "red")];
            context.extend(tag.map(|tag| ("aws:principaltag/team", tag)));
            holds("StringEquals", operand, &context)
        };
        let plain = "${aws:PrincipalTag/team}";
        assert_eq!([Some("red"), Some("blue"), None].map(|tag| team(plain, tag)), [true, false, false]);
        let default = "${aws:PrincipalTag/team, 'red'}";
        assert_eq!([Some("red"), Some("blue"), None].map(|tag| team(default, tag)), [true, false, true]);
    }

    #[test]
    fn a_wildcard_or_dollar_sign_in_braces_is_the_character_itself() {
        for (operand, value, wanted) in [
            ("a${*}b*", "a*bc", true),
            ("a${*}b*", "axbc", false),
            ("a${?}b*", "a?b", true),
            ("a${?}b*", "axb", false),
            ("a${$}b*", "a$b", true),
            ("a${$}b*", "ab", false),
        ] {
            assert_eq!(holds("StringLike", operand, &[("s3:key", value)]), wanted, "{operand} against {value}");
        }
    }

    #[test]
    fn a_not_resource_with_a_variable_that_has_no_value_is_not_decided() {
        const OTHERS: &str = r#"{"Sid":"Others","Effect":"Allow","Principal":"*","Action":"s3:GetObject",
            "NotResource":"arn:aws:s3:::b/${aws:username}/*"}"#;
        const DEFAULT: &str = r#"{"Sid":"Default","Effect":"Allow","Principal":"*","Action":"s3:GetObject",
            "NotResource":"arn:aws:s3:::b/${aws:username, 'nobody'}/*"}"#;
        assert_eq!(read(&[OTHERS], &[]), named(Decision::Unknown, "Others"));
        assert_eq!(read(&[DEFAULT], &[]), named(Decision::Allowed, "Default"));
    }

    #[test]
    fn an_empty_list_of_values_is_not_decided() {
        const NOTHING: &str = r#"{"Sid":"Nothing","Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*",
            "Condition":{"StringEquals":{"aws:SourceVpce":[]}}}"#;
        assert_eq!(read(&[NOTHING], &[]), named(Decision::Unknown, "Nothing"));
    }

    #[test]
    fn a_statement_is_named_by_its_sid_where_it_has_one() {
        let name = |sid: &str| policy(&[&OPEN.replace(r#""Sid":"Open","#, sid)]).statements[0].name();
        assert_eq!(name(r#""Sid":"Open","#), "statement 1 \"Open\"");
        assert_eq!(name(r#""Sid":"","#), "statement 1");
        assert_eq!(name(""), "statement 1");
    }

    #[test]
    fn decisions_have_the_words_of_the_reports() {
        let words = [
            (Decision::Allowed, "allowed"),
            (Decision::AllowedForAccount, "allowed_for_account"),
            (Decision::ExplicitDeny, "explicit_deny"),
            (Decision::ImplicitDeny, "implicit_deny"),
            (Decision::Unknown, "unknown"),
        ];
        for (decision, word) in words {
            assert_eq!(decision.as_str(), word);
        }
    }
}
