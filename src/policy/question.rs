//! What people ask of a policy, and the answers.

use std::fmt;

use super::budget::{Budget, TooComplex};
use super::case::{Case, Outcome, Query, Witness};
use super::document::{Comparison, Effect, Policy};
use super::operand::block;
use super::public::{Publicness, stranger};
use super::request::{Presence, Principal, Request};
use super::scope::{Scope, Standing};
use super::space::{NETWORK, Network, OWNER_KEYS, PRINCIPAL, Point, TARGET, What, names_a_network};

/// What people ask of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Question {
    /// Does S3 call the policy public?
    Public,
    /// Does an anonymous request pass?
    Anonymous,
    /// Does a principal pass that is neither of the account nor of its organization nor trusted?
    ExternalPrincipals,
    /// Does a request pass to a resource whose owner is none of these and not AWS?
    ForeignResources,
    /// Does an AWS service pass that acts for an account outside?
    ConfusedDeputy,
    /// Does a request without TLS pass, the account's own principals included?
    PlainHttp,
    /// Do requests pass only from the networks that the policy names, those of the account's own principals included?
    NetworkBound,
    /// Does every request pass?
    AllowsEverything,
    /// Does no request pass?
    AllowsNothing,
}

impl Question {
    /// Every question.
    pub const ALL: [Self; 9] = [
        Self::Public,
        Self::Anonymous,
        Self::ExternalPrincipals,
        Self::ForeignResources,
        Self::ConfusedDeputy,
        Self::PlainHttp,
        Self::NetworkBound,
        Self::AllowsEverything,
        Self::AllowsNothing,
    ];

    /// The question's name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Anonymous => "anonymous",
            Self::ExternalPrincipals => "external_principals",
            Self::ForeignResources => "foreign_resources",
            Self::ConfusedDeputy => "confused_deputy",
            Self::PlainHttp => "plain_http",
            Self::NetworkBound => "network_bound",
            Self::AllowsEverything => "allows_everything",
            Self::AllowsNothing => "allows_nothing",
        }
    }

    /// Whether it makes sense for what a policy is attached to.
    #[must_use]
    pub fn fits(self, scope: &Scope) -> bool {
        match self {
            Self::Public | Self::PlainHttp | Self::NetworkBound => !scope.attachment.is_endpoint(),
            Self::ForeignResources => scope.attachment.is_endpoint(),
            Self::Anonymous | Self::ExternalPrincipals | Self::ConfusedDeputy | Self::AllowsEverything | Self::AllowsNothing => {
                true
            }
        }
    }
}

/// What is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Yes.
    Yes,
    /// No.
    No,
    /// What is known does not tell.
    Unknown,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        })
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What was asked.
    pub question: Question,
    /// What is known.
    pub verdict: Verdict,
    /// Why, in one sentence without a final period.
    pub why: String,
    /// The request that shows it: for most questions one that passes.
    pub witness: Option<Box<Witness>>,
}

impl Answer {
    /// The same answer about something of another name: each pair is a name and what comes in its place.
    #[must_use]
    pub fn renamed(&self, names: &[(&str, String)]) -> Self {
        let renamed = |text: &str| {
            names.iter().fold(text.to_owned(), |text, (old, new)| if text.contains(old) { text.replace(old, new) } else { text })
        };
        let presence = |presence: &Presence| match presence {
            Presence::One(value) => Presence::One(renamed(value)),
            Presence::Many(values) => Presence::Many(values.iter().map(|value| renamed(value)).collect()),
            Presence::Absent | Presence::Undetermined => presence.clone(),
        };
        let witness = self.witness.as_deref().map(|witness| {
            let Request { principal, action, resource, context } = &witness.request;
            let context = context.iter().map(|(key, value)| (key.clone(), presence(value))).collect();
            let request = Request { principal: principal.clone(), action: action.clone(), resource: renamed(resource), context };
            Box::new(Witness { request, decision: witness.decision, statements: witness.statements.clone() })
        });
        Self { question: self.question, verdict: self.verdict, why: renamed(&self.why), witness }
    }
}

/// A policy made ready for questions.
#[derive(Debug)]
pub struct Judge<'s> {
    case: Result<Case<'s>, TooComplex>,
    scope: &'s Scope,
}

impl<'s> Judge<'s> {
    /// Makes a policy ready.
    #[must_use]
    pub fn new(policy: &Policy, scope: &'s Scope) -> Self {
        Self { case: Case::new(policy, scope, &mut Budget::new()), scope }
    }

    /// Every answer that makes sense for what the policy is attached to.
    #[must_use]
    pub fn answers(&self) -> Vec<Answer> {
        Question::ALL.into_iter().filter(|question| question.fits(self.scope)).map(|question| self.answer(question)).collect()
    }

    /// The answer to one question.
    #[must_use]
    pub fn answer(&self, question: Question) -> Answer {
        let answer = match &self.case {
            Ok(case) => Asked { case, question }.answer(&mut Budget::new()),
            Err(TooComplex) => Err(TooComplex),
        };
        answer.unwrap_or_else(|TooComplex| Answer {
            question,
            verdict: Verdict::Unknown,
            why: "too complex: the policy tells apart more requests than natless goes through".to_owned(),
            witness: None,
        })
    }
}

struct Asked<'a, 's> {
    case: &'a Case<'s>,
    question: Question,
}

impl Asked<'_, '_> {
    fn answer(&self, budget: &mut Budget) -> Result<Answer, TooComplex> {
        match self.question {
            Question::Public => self.public(budget),
            Question::Anonymous => self.some_pass(
                &Query::of(PRINCIPAL, |point| matches!(&point.what, What::Principal { principal: Principal::Anonymous, .. })),
                "an anonymous request passes",
                "no anonymous request passes",
                budget,
            ),
            Question::ExternalPrincipals => self.some_pass(
                &Query::default().and_outside(PRINCIPAL, stranger),
                "a principal outside the account, its organization and the trusted passes",
                "nobody outside the account, its organization and the trusted passes",
                budget,
            ),
            Question::ForeignResources => self.some_pass(
                &Query::default().and_outside(TARGET, |point| match &point.what {
                    What::Target { standing, .. } => Some(*standing),
                    _ => None,
                }),
                "a request to a resource of somebody else passes",
                "no request to a resource of somebody else passes",
                budget,
            ),
            Question::ConfusedDeputy => self.some_pass(
                &Query::default().and_outside(PRINCIPAL, |point| match &point.what {
                    What::Principal { principal: Principal::Service(_), standing } => Some(*standing),
                    _ => None,
                }),
                "an AWS service passes that acts for an account outside",
                "no AWS service passes that acts for an account outside",
                budget,
            ),
            Question::PlainHttp => self.plain_http(budget),
            Question::NetworkBound => self.network_bound(budget),
            Question::AllowsEverything => self.allows_everything(budget),
            Question::AllowsNothing => self.allows_nothing(budget),
        }
    }

    fn answered(&self, verdict: Verdict, why: String, witness: Option<Box<Witness>>) -> Answer {
        Answer { question: self.question, verdict, why, witness }
    }

    fn some_pass(&self, query: &Query<'_>, yes: &str, no: &str, budget: &mut Budget) -> Result<Answer, TooComplex> {
        Ok(match self.case.passes(query, budget)? {
            Outcome::Open(witness) => self.answered(Verdict::Yes, format!("{yes}{}", by(&witness)), Some(witness)),
            Outcome::Closed => self.answered(Verdict::No, no.to_owned(), None),
            Outcome::Unknown(doubts) => self.answered(Verdict::Unknown, doubts.join("; "), None),
        })
    }

    fn public(&self, budget: &mut Budget) -> Result<Answer, TooComplex> {
        Ok(match self.case.publicness(budget)? {
            Publicness::NotPublic => self.answered(Verdict::No, "every grant is to fixed principals or values".to_owned(), None),
            Publicness::Public { statement, why, witness } => {
                self.answered(Verdict::Yes, format!("{statement} makes it public: {why}"), witness)
            }
            Publicness::Undetermined { statement, why } => self.answered(Verdict::Unknown, format!("{statement}: {why}"), None),
        })
    }

    fn plain_http(&self, budget: &mut Budget) -> Result<Answer, TooComplex> {
        let mut query = Query::of(NETWORK, is_direct)
            .and(PRINCIPAL, |point| !matches!(&point.what, What::Principal { principal: Principal::Service(_), .. }));
        if let Some(home) = self.case.space.home("aws:securetransport") {
            query = query.and(home, |point| point.presence("aws:securetransport") == Some(&Presence::One("false".to_owned())));
        }
        let query = query.with_identities();
        self.some_pass(&query, "a request over plain HTTP passes", "every request over plain HTTP is denied", budget)
    }

    fn network_bound(&self, budget: &mut Budget) -> Result<Answer, TooComplex> {
        let named = Named::new(self.case);
        let scope = self.case.scope;
        let elsewhere = |point: &Point| is_direct(point) && !named.holds(point, scope);
        let query = Query::of(NETWORK, elsewhere)
            .and(PRINCIPAL, |point| !matches!(&point.what, What::Principal { principal: Principal::Service(_), .. }))
            .with_identities();
        Ok(match self.case.passes(&query, budget)? {
            Outcome::Open(witness) => {
                let why = if named.is_nothing() {
                    "the policy names no network, and requests pass from anywhere"
                } else {
                    "a request passes from a network that the policy does not name"
                };
                self.answered(Verdict::No, format!("{why}{}", by(&witness)), Some(witness))
            }
            Outcome::Closed => {
                let why = "every request from a network that the policy does not name is denied, the account's own included";
                self.answered(Verdict::Yes, why.to_owned(), None)
            }
            Outcome::Unknown(doubts) => self.answered(Verdict::Unknown, doubts.join("; "), None),
        })
    }

    fn allows_everything(&self, budget: &mut Budget) -> Result<Answer, TooComplex> {
        Ok(match self.case.refuses(budget)? {
            Outcome::Closed => self.answered(Verdict::Yes, "no request is refused".to_owned(), None),
            Outcome::Open(witness) => self.answered(Verdict::No, "some requests are refused".to_owned(), Some(witness)),
            Outcome::Unknown(doubts) => self.answered(Verdict::Unknown, doubts.join("; "), None),
        })
    }

    fn allows_nothing(&self, budget: &mut Budget) -> Result<Answer, TooComplex> {
        Ok(match self.case.passes(&Query::default(), budget)? {
            Outcome::Closed => {
                let grants = self.case.statements(Effect::Allow).next().is_some();
                let why = if grants { "what is granted is denied again, or no request matches it" } else { "nothing is granted" };
                self.answered(Verdict::Yes, why.to_owned(), None)
            }
            Outcome::Open(witness) => self.answered(Verdict::No, format!("a request passes{}", by(&witness)), Some(witness)),
            Outcome::Unknown(doubts) => self.answered(Verdict::Unknown, doubts.join("; "), None),
        })
    }
}

/// By which statement.
fn by(witness: &Witness) -> String {
    if witness.statements.is_empty() {
        return " by the account's own identity policies: no statement denies it".to_owned();
    }
    format!(" by {}", witness.statements.join(" and "))
}

fn is_direct(point: &Point) -> bool {
    matches!(point.what, What::Network(Network::Internet | Network::Endpoint))
}

/// The networks that a policy names.
struct Named {
    blocks: Vec<ipnet::IpNet>,
    ids: Vec<String>,
    by_owner: bool,
}

impl Named {
    fn new(case: &Case<'_>) -> Self {
        let mut named = Self { blocks: Vec::new(), ids: Vec::new(), by_owner: false };
        let tests = case.rules.statements.iter().flat_map(|rule| &rule.conditions);
        for test in tests.filter(|test| test.operator.comparison != Comparison::Null) {
            match test.key.as_str() {
                // A block that is nearly everything names nothing.
                "aws:sourceip" => {
                    named.blocks.extend(test.values.iter().filter_map(|value| block(value)).filter(names_a_network));
                }
                "aws:sourcevpce" | "aws:sourcevpc" => named.ids.extend(test.values.iter().cloned()),
                key => {
                    named.by_owner |= OWNER_KEYS.contains(&key);
                    // The ARN of one VPC names it, whoever owns it.
                    if key == "aws:sourcevpcarn" {
                        named.ids.extend(test.values.iter().cloned());
                    }
                }
            }
        }
        named
    }

    fn is_nothing(&self) -> bool {
        self.blocks.is_empty() && self.ids.is_empty() && !self.by_owner
    }

    fn holds(&self, point: &Point, scope: &Scope) -> bool {
        let is = |key: &str, wanted: &dyn Fn(&str) -> bool| match point.presence(key) {
            Some(Presence::One(value)) => wanted(value),
            _ => false,
        };
        let within = |text: &str| {
            text.parse().is_ok_and(|address: std::net::IpAddr| self.blocks.iter().any(|block| block.contains(&address)))
        };
        let listed = |id: &str| self.ids.iter().any(|own| own == id);
        is("aws:sourceip", &within)
            || is("aws:sourcevpce", &listed)
            || is("aws:sourcevpc", &listed)
            || is("aws:sourcevpcarn", &listed)
            || self.by_owner
                && (is("aws:vpceaccount", &|id| scope.standing_of_account(id) == Standing::Inside)
                    || is("aws:vpceorgid", &|id| scope.standing_of_organization(id) == Standing::Inside))
    }
}
