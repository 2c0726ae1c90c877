//! Whether S3 calls a policy public.
//!
//! Source: S3 User Guide, "Blocking public access to your Amazon S3 storage", section "The meaning of public": a policy is assumed to
//! be public, and is not if every grant is only to fixed values, without wildcard or variable, of the principals and condition
//! keys that it lists. That ranges of addresses count by the number of addresses comes from "Projective IP counting" (FMCAD 2024).

use super::addresses::{Interval, intervals};
use super::budget::{Budget, TooComplex};
use super::case::{Case, Outcome, Query, Witness};
use super::document::{Comparison, Effect, PrincipalItem, Quantifier};
use super::operand::{Kind, Operand, kind};
use super::request::{Presence, Principal};
use super::rules::{Attachment, Rule, Test};
use super::scope::Standing;
use super::space::{NETWORK, Network, PRINCIPAL, Point, Reading, TARGET, What, names_a_network, public_intervals};

/// What S3 makes of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Publicness {
    /// Every grant is to fixed values.
    NotPublic,
    /// A grant is not; a request that it lets through, where there is one.
    Public { statement: String, why: String, witness: Option<Box<Witness>> },
    /// The documentation does not tell.
    Undetermined { statement: String, why: String },
}

/// What S3 makes of one grant.
enum Grant {
    Fixed,
    Open(String),
    Undetermined(String),
}

/// Most addresses that are not "everybody". Source: as above, "broader than /8" and "/32".
const MOST_IPV4: u128 = 1 << 24;
const MOST_IPV6: u128 = 1 << 96;

/// Keys with fixed values that limit a grant. Source: as above, the list.
const LIMITING: [&str; 10] = [
    "aws:principalorgid",
    "aws:sourceip",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceowner",
    "aws:sourceaccount",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:dataaccesspointarn",
    "s3:dataaccesspointaccount",
];

/// Keys that limit by their meaning and stand in no list that was read.
const UNLISTED: [&str; 12] = [
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgpaths",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
    "aws:sourcevpcarn",
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:userid",
];

impl Case<'_> {
    /// Whether S3 calls the policy public.
    pub(super) fn publicness(&self, budget: &mut Budget) -> Result<Publicness, TooComplex> {
        let mut doubt = None;
        for (rule, sides) in self.statements(Effect::Allow) {
            let (open, why) = match grant(rule, self.rules.attachment) {
                Grant::Fixed => continue,
                Grant::Undetermined(why) => (false, why),
                Grant::Open(why) => (true, why),
            };
            let statement = rule.name.clone();
            let undetermined = |why| Some(Publicness::Undetermined { statement: statement.clone(), why });
            if !open {
                doubt = doubt.or_else(|| undetermined(why));
                continue;
            }
            if !self.space.any(TARGET, |point| means(rule, point)) {
                doubt = doubt.or_else(|| undetermined(format!("{why}, yet its actions and resources do not go together")));
                continue;
            }
            let narrowed = self.statements(Effect::Deny).any(|(_, deny)| deny.may.meets(&sides.may));
            if narrowed && !self.is_open_to_the_internet(budget)? {
                doubt = doubt.or_else(|| undetermined(format!("{why}, and what a Deny leaves of it S3 may not call public")));
                continue;
            }
            let witness = self.somebody(budget)?;
            return Ok(Publicness::Public { statement, why, witness });
        }
        Ok(doubt.unwrap_or(Publicness::NotPublic))
    }

    /// A request that passes, of the most distant principal that can make one.
    fn somebody(&self, budget: &mut Budget) -> Result<Option<Box<Witness>>, TooComplex> {
        let anonymous = |point: &Point| matches!(&point.what, What::Principal { principal: Principal::Anonymous, .. });
        let other = |point: &Point| match &point.what {
            What::Principal { principal, .. } => principal.account() != Some(self.scope.account.as_str()),
            _ => false,
        };
        let queries = [
            Query::of(PRINCIPAL, anonymous),
            Query::default().and_outside(PRINCIPAL, stranger),
            Query::of(PRINCIPAL, other),
            Query::default(),
        ];
        for query in queries {
            if let Outcome::Open(witness) = self.passes(&query, budget)? {
                return Ok(Some(witness));
            }
        }
        Ok(None)
    }

    /// Whether strangers pass from more addresses than count as fixed.
    fn is_open_to_the_internet(&self, budget: &mut Budget) -> Result<bool, TooComplex> {
        let (mut ipv4, mut ipv6) = (0u128, 0u128);
        let cut = public_intervals(&Reading::new(&[&self.rules]));
        for interval in &cut {
            let sample = interval.sample().to_string();
            let from_here = |point: &Point| {
                matches!(point.what, What::Network(Network::Internet))
                    && point.presence("aws:sourceip") == Some(&Presence::One(sample.clone()))
            };
            let query = Query::default().and_outside(PRINCIPAL, stranger).and(NETWORK, from_here).and(TARGET, |_| true);
            if !matches!(self.passes(&query, budget)?, Outcome::Open(_)) {
                continue;
            }
            // Where nothing tells addresses apart, one stands for all of them.
            let size = if cut.len() <= 2 { u128::MAX } else { interval.size() };
            let sum = if interval.first.is_ipv4() { &mut ipv4 } else { &mut ipv6 };
            *sum = sum.saturating_add(size);
        }
        Ok(ipv4 > MOST_IPV4 || ipv6 > MOST_IPV6)
    }
}

/// Whether a statement's action and resource may mean what is asked.
fn means(rule: &Rule, point: &Point) -> bool {
    let What::Target { action, resource, .. } = &point.what else { return false };
    rule.action.matches(action) && rule.resource.matches(resource, &|_| &Presence::Undetermined).is_possible()
}

/// Where somebody who is no service stands.
pub(super) fn stranger(point: &Point) -> Option<Standing> {
    match &point.what {
        What::Principal { principal: Principal::Service(_), .. } => None,
        What::Principal { standing, .. } => Some(*standing),
        _ => None,
    }
}

/// What S3 makes of an Allow statement.
fn grant(rule: &Rule, attachment: Attachment) -> Grant {
    let Some(element) = &rule.principal else { return Grant::Fixed };
    let open = |item: &PrincipalItem| match item {
        PrincipalItem::Anyone => Some("it names everybody"),
        PrincipalItem::Federated(_) => Some("it names an identity provider"),
        PrincipalItem::Aws(_) | PrincipalItem::Service(_) | PrincipalItem::CanonicalUser(_) => None,
    };
    let who = if element.negated { Some("it names everybody but a few") } else { element.items.iter().find_map(open) };
    let Some(who) = who else { return Grant::Fixed };
    let mut undetermined = None;
    for test in &rule.conditions {
        match limits(test, rule, attachment) {
            Limit::Fixed => return Grant::Fixed,
            Limit::Undetermined => undetermined = undetermined.or(Some(&test.written)),
            Limit::None => {}
        }
    }
    match undetermined {
        Some(written) => {
            Grant::Undetermined(format!("{who}, and whether S3 counts `{written}` as a fixed value is not documented"))
        }
        None if rule.conditions.is_empty() => Grant::Open(who.to_owned()),
        None => Grant::Open(format!("{who}, and no condition limits it to fixed values")),
    }
}

enum Limit {
    Fixed,
    Undetermined,
    None,
}

/// Whether a condition limits a grant to fixed values.
fn limits(test: &Test, rule: &Rule, attachment: Attachment) -> Limit {
    let operator = test.operator;
    let listed = LIMITING.contains(&test.key.as_str());
    if !(listed || UNLISTED.contains(&test.key.as_str()))
        || operator.if_exists
        || operator.comparison.is_negated()
        || operator.comparison == Comparison::Null
    {
        return Limit::None;
    }
    // Over an absent key `ForAllValues` is true; only a Null test beside it makes the key be there.
    if operator.quantifier == Some(Quantifier::ForAllValues) {
        let demanded = rule.conditions.iter().any(|other| {
            other.operator.comparison == Comparison::Null
                && other.key == test.key
                && !other.values.is_empty()
                && other.values.iter().all(|value| value.eq_ignore_ascii_case("false"))
        });
        if !demanded {
            return Limit::None;
        }
    }
    if test.key == "aws:sourceip" {
        return limits_addresses(test);
    }
    if test.values.is_empty() {
        return Limit::Undetermined;
    }
    if test.values.iter().any(|value| value.contains("${")) {
        return Limit::None;
    }
    let wild = test.values.iter().any(|value| value.contains(['*', '?']));
    match (test.key.as_str(), wild) {
        ("s3:dataaccesspointarn", true)
            if attachment != Attachment::AccessPoint && test.values.iter().all(|arn| names_account(arn)) =>
        {
            Limit::Fixed
        }
        // Wildcards in an operator without wildcards are text, and S3 may not look at the operator.
        (_, true) if kind(operator.comparison) == Kind::Text => Limit::Undetermined,
        ("aws:principalarn", true) if !test.values.iter().all(|arn| names_account(arn)) => Limit::None,
        ("aws:userid", false) => Limit::Fixed,
        (_, true) if listed => Limit::None,
        (_, _) if listed => Limit::Fixed,
        _ => Limit::Undetermined,
    }
}

/// Whether an ARN names its account in full.
fn names_account(arn: &str) -> bool {
    arn.split(':').nth(4).is_some_and(super::request::is_account)
}

/// Whether a condition on source addresses leaves no more than count as fixed.
fn limits_addresses(test: &Test) -> Limit {
    let blocks: Vec<_> = test
        .operands
        .iter()
        .filter_map(|operand| match operand {
            Operand::Block(block) => Some(*block),
            _ => None,
        })
        .collect();
    if blocks.len() != test.operands.len() {
        return Limit::Undetermined;
    }
    // Private blocks do not count, however broad.
    let within = |interval: &Interval| blocks.iter().any(|block| block.contains(&interval.first));
    let allowed: Vec<Interval> = intervals(&blocks).into_iter().filter(|one| !one.is_private() && within(one)).collect();
    let count =
        |ipv4: bool| allowed.iter().filter(|one| one.first.is_ipv4() == ipv4).map(Interval::size).fold(0, u128::saturating_add);
    if !blocks.iter().all(names_a_network) || count(true) > MOST_IPV4 || count(false) > MOST_IPV6 {
        Limit::None
    } else {
        Limit::Fixed
    }
}
