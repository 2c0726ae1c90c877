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
