//! One policy in one scope, asked whether any request of some kind passes.

use super::budget::{Budget, TooComplex};
use super::document::{Effect, Policy};
use super::evaluate::{Decision, Evaluation};
use super::operand::Operand;
use super::request::{Presence, Principal, Request};
use super::rules::{Named, Rule, Rules};
use super::scope::{Scope, Standing};
use super::search::{Region, find};
use super::space::{PRINCIPAL, Point, Reading, Sides, Space, Usage, What, World};
use super::truth::Truth;

/// One policy in one scope, made ready for questions.
#[derive(Debug)]
pub(super) struct Case<'s> {
    pub(super) scope: &'s Scope,
    pub(super) rules: Rules,
    pub(super) space: Space,
    /// The boxes of each statement.
    sides: Vec<Sides>,
}

/// Whether a request of some kind passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// None can.
    Closed,
    /// This one does.
    Open(Box<Witness>),
    /// What is known does not tell; the reasons, each a fragment.
    Unknown(Vec<String>),
}

/// A request that passes, and what lets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The request.
    pub request: Request,
    /// What the policy alone says of it.
    pub decision: Decision,
    /// Statements that decided.
    pub statements: Vec<String>,
}

/// Which requests are asked for: what must hold of values of dimensions.
pub(super) type Predicate<'q> = (usize, Box<dyn Fn(&Point) -> bool + 'q>);

/// A kind of request.
#[derive(Default)]
pub(super) struct Query<'q> {
    /// What holds of the requests for sure.
    pub(super) must: Vec<Predicate<'q>>,
    /// What may hold of them.
    pub(super) may: Vec<Predicate<'q>>,
    /// Whether principals of the scope's account pass by their own identity policies, unless a statement denies.
    pub(super) with_identities: bool,
}

impl<'q> Query<'q> {
    /// Requests of which something holds in either sense.
    pub(super) fn of(dimension: usize, holds: impl Fn(&Point) -> bool + Clone + 'q) -> Self {
        Self::default().and(dimension, holds)
    }

    /// Narrowed further.
    pub(super) fn and(mut self, dimension: usize, holds: impl Fn(&Point) -> bool + Clone + 'q) -> Self {
        self.must.push((dimension, Box::new(holds.clone())));
        self.may.push((dimension, Box::new(holds)));
        self
    }

    /// Narrowed by where somebody stands: outside for sure, or maybe.
    pub(super) fn and_outside(mut self, dimension: usize, stands: impl Fn(&Point) -> Option<Standing> + Clone + 'q) -> Self {
        let sure = stands.clone();
        self.must.push((dimension, Box::new(move |point| sure(point) == Some(Standing::Outside))));
        self.may.push((dimension, Box::new(move |point| matches!(stands(point), Some(Standing::Outside | Standing::Unsure)))));
        self
    }

    /// Principals of the scope's account pass by their own identity policies, unless a statement denies.
    pub(super) fn with_identities(mut self) -> Self {
        self.with_identities = true;
        self
    }
}

impl<'s> Case<'s> {
    /// Makes a policy ready.
    pub(super) fn new(policy: &Policy, scope: &'s Scope, budget: &mut Budget) -> Result<Self, TooComplex> {
        let rules = Rules::new(policy, scope.attachment);
        let reading = Reading::new(&[&rules]);
        let space = Space::new(scope, &reading, World::Real, budget)?;
        let sides: Result<Vec<Sides>, TooComplex> =
            rules.statements.iter().map(|rule| space.sides(rule, scope.attachment, budget)).collect();
        Ok(Self { scope, sides: sides?, rules, space })
    }

    /// The statements of one effect with their boxes.
    pub(super) fn statements(&self, effect: Effect) -> impl Iterator<Item = (&Rule, &Sides)> {
        self.rules.statements.iter().zip(&self.sides).filter(move |(rule, _)| rule.effect == effect)
    }

    /// The boxes of one effect: of what is matched for sure, or of what may be.
    fn boxes(&self, effect: Effect, surely: bool) -> impl Iterator<Item = &Region> {
        self.statements(effect).filter_map(move |(_, sides)| sides.region(surely))
    }

    /// Whether any request of a kind passes the policy.
    pub(super) fn passes(&self, query: &Query<'_>, budget: &mut Budget) -> Result<Outcome, TooComplex> {
        let grants = |search: Usage| -> Vec<Region> {
            let surely = search == Usage::Must;
            let own = self.boxes(Effect::Allow, surely).cloned();
            own.chain(query.with_identities.then(|| self.identities())).collect()
        };
        for grant in grants(Usage::Must) {
            let Some(point) = self.search(&grant, &query.must, Usage::Must, budget)? else { continue };
            if let Some(witness) = self.confirm(&point, query) {
                return Ok(Outcome::Open(Box::new(witness)));
            }
        }
        for grant in grants(Usage::May) {
            let Some(point) = self.search(&grant, &query.may, Usage::May, budget)? else { continue };
            return Ok(Outcome::Unknown(self.doubts(&point)));
        }
        Ok(Outcome::Closed)
    }

    /// Whether any request is refused: [`Outcome::Closed`] where every one passes.
    pub(super) fn refuses(&self, budget: &mut Budget) -> Result<Outcome, TooComplex> {
        for search in [Usage::Must, Usage::May] {
            let surely = search == Usage::Must;
            let ruled_out: Vec<&Region> = self.space.ruled_out(search).collect();
            let ungranted: Vec<&Region> = self.boxes(Effect::Allow, !surely).chain(ruled_out.iter().copied()).collect();
            let domains = self.space.domains(search);
            let mut found = find(&domains, &Region::default(), &ungranted, budget)?;
            for deny in self.boxes(Effect::Deny, surely) {
                if found.is_none() {
                    found = find(&domains, deny, &ruled_out, budget)?;
                }
            }
            let Some(point) = found else { continue };
            if !surely {
                return Ok(Outcome::Unknown(self.doubts(&point)));
            }
            if let Some(request) = self.space.request(&point)
                && self.rules.refuses(&request)
            {
                let Evaluation { decision, statements } = self.rules.evaluate(&request);
                return Ok(Outcome::Open(Box::new(Witness { request, decision, statements })));
            }
        }
        Ok(Outcome::Closed)
    }

    /// A point of a grant that satisfies a query and that no Deny catches.
    fn search(
        &self,
        grant: &Region,
        query: &[Predicate<'_>],
        search: Usage,
        budget: &mut Budget,
    ) -> Result<Option<Vec<usize>>, TooComplex> {
        let mut inside = grant.clone();
        for (dimension, holds) in query {
            self.space.restrict(&mut inside, *dimension, holds);
        }
        if inside.is_empty() {
            return Ok(None);
        }
        let denies = self.boxes(Effect::Deny, search != Usage::Must);
        let outside: Vec<&Region> = self.space.ruled_out(search).chain(denies).collect();
        find(&self.space.domains(search), &inside, &outside, budget)
    }

    /// Requests of the account's own principals.
    fn identities(&self) -> Region {
        let mut region = Region::default();
        self.space.restrict(&mut region, PRINCIPAL, |point| match &point.what {
            What::Principal { principal, .. } => principal.account() == Some(self.scope.account.as_str()),
            _ => false,
        });
        region
    }

    /// The witness that a point is, if the evaluator says so too.
    fn confirm(&self, point: &[usize], query: &Query<'_>) -> Option<Witness> {
        let request = self.space.request(point)?;
        let evaluation = self.rules.evaluate(&request);
        let own = query.with_identities && request.principal.account() == Some(self.scope.account.as_str());
        let passes = evaluation.decision.passes() || (own && evaluation.decision == Decision::ImplicitDeny);
        passes.then_some(Witness { request, decision: evaluation.decision, statements: evaluation.statements })
    }

    fn doubts(&self, point: &[usize]) -> Vec<String> {
        doubts(&self.space, &[&self.rules], self.scope, point)
    }
}

/// Why it is not known whether the request that a point stands for passes.
pub(super) fn doubts(space: &Space, policies: &[&Rules], scope: &Scope, point: &[usize]) -> Vec<String> {
    let Some(request) = space.request(point) else { return Vec::new() };
    let mut doubts = Vec::new();
    for rule in policies.iter().flat_map(|rules| &rules.statements) {
        doubts_of_rule(space, rule, scope, &request, &mut doubts);
    }
    doubts.extend(space.values(point).into_iter().filter_map(|value| doubt_of_value(value, scope)));
    if space.is_doubtful(point) {
        doubts.push("whether a service's own request shows a source address is not documented".to_owned());
    }
    doubts.dedup();
    if doubts.is_empty() {
        doubts.push("no request that surely passes was found, and none could be ruled out".to_owned());
    }
    doubts
}

fn doubts_of_rule(space: &Space, rule: &Rule, scope: &Scope, request: &Request, doubts: &mut Vec<String>) {
    let lookup = |key: &str| request.presence(key);
    let named = rule.names(&request.principal, scope.attachment);
    if named == Named::No || !rule.action.matches(&request.action) {
        return;
    }
    if named == Named::Unclear {
        doubts.push(format!("AWS does not document whether {} means {}", rule.name, request.principal));
    }
    if rule.resource.matches(&request.resource, &lookup) == Truth::Unknown {
        doubts.push(format!("what the resources of {} match is not documented, or rests on what was not read", rule.name));
    }
    if rule.resource.operands.iter().any(|operand| matches!(operand, Operand::Template(_))) {
        doubts.push(format!("the resources of {} hold a variable whose text is free", rule.name));
    }
    for test in &rule.conditions {
        if !space.knows(&test.key) {
            doubts.push(format!("when requests have the key of `{}` in {} is not known", test.written, rule.name));
        } else if test.holds(request.presence(&test.key), &lookup) == Truth::Unknown {
            doubts.push(format!(
                "whether `{}` of {} holds rests on what was not read or is not documented",
                test.written, rule.name
            ));
        } else if test.operands.iter().any(|operand| matches!(operand, Operand::Template(_))) {
            doubts.push(format!("`{}` of {} holds a variable whose text is free", test.written, rule.name));
        }
    }
}

/// What is not known of one value.
fn doubt_of_value(value: &Point, scope: &Scope) -> Option<String> {
    match &value.what {
        What::Principal { principal, standing: Standing::Unsure } => Some(match principal {
            Principal::Service(name) => format!("for whom {name} acts is not known"),
            Principal::Identity { account, .. } => match scope.organization_id() {
                Some(id) => format!("whether account {account} belongs to {id} was not read"),
                None => format!("whether account {account} counts as inside was not read"),
            },
            principal => format!("to which account {principal} belongs is not known"),
        }),
        What::Target { resource, standing: Standing::Unsure, .. } => Some(format!("who owns {resource} was not read")),
        What::Target { action, .. } if value.usage == Usage::May => {
            Some(format!("whether `{action}` is an action, or who owns the resource, is not known"))
        }
        What::Principal { principal, .. } if value.usage == Usage::May => {
            match (principal, value.presence("aws:sourceaccount")) {
                (Principal::Service(name), Some(Presence::One(account))) => {
                    Some(format!("whether {name} acts for account {account}, or in which organization that is, was not read"))
                }
                _ => principal.account().map(|account| format!("in which organization account {account} is was not read")),
            }
        }
        What::Network(_) if value.usage == Usage::May => Some("whose endpoint it is was not read".to_owned()),
        _ => None,
    }
}
