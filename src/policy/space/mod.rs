//! All requests that matter, as a space with one finite dimension per attribute.
//!
//! A dimension holds one value of each kind that the policies can tell apart. Attributes that are decided together (account, organization
//! and ARN of a principal; action and resource) are one dimension, so that what a statement matches is a box. Dimensions that a
//! policy variable ties together are walked as one.

mod accounts;
mod keys;
mod networks;
mod point;
mod principals;
mod reading;
mod targets;

use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashMap, HashSet};

pub(super) use networks::{OWNER_KEYS, names_a_network, public_intervals};
pub(super) use point::{Network, Point, Usage, What};
pub(super) use reading::Reading;

use super::bits::Bits;
use super::budget::{Budget, TooComplex};
use super::catalogue;
use super::document::{Effect, Quantifier};
use super::operand::{Kind, Operand, kind};
use super::request::{Presence, Principal, Request};
use super::rules::{Attachment, Named, Rule, Test};
use super::scope::Scope;
use super::search::Region;
use super::truth::Truth;
use keys::When;

/// Dimension of the principals.
pub(super) const PRINCIPAL: usize = 0;
/// Dimension of the networks.
pub(super) const NETWORK: usize = 1;
/// Dimension of actions and resources.
pub(super) const TARGET: usize = 2;

/// Points of dimensions that are walked as one, at most.
const LARGEST_AXIS: usize = 60_000;

/// Keys whose values are ids that every dimension knows alike: comparing two of them is exact.
const IDS: [&str; 10] = [
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:sourceaccount",
    "aws:sourceorgid",
    "s3:resourceaccount",
    "s3:dataaccesspointaccount",
];

/// All requests that matter.
#[derive(Debug)]
pub(super) struct Space {
    dimensions: Vec<Dimension>,
    /// Dimension of each key, in lower case.
    homes: BTreeMap<String, usize>,
    /// Keys, in lower case, of whose sets of values not every one was gone through although their dimension is complete.
    mixed: BTreeSet<&'static str>,
    axes: Vec<Axis>,
    /// For each dimension its axis.
    axis_of: Vec<usize>,
    /// Boxes that no request is in.
    impossible: Vec<Region>,
    /// Boxes that maybe no request is in.
    doubtful: Vec<Region>,
}

#[derive(Debug)]
struct Dimension {
    points: Vec<Point>,
    /// False where some values were not gone through.
    complete: bool,
}

/// Dimensions that are walked as one.
#[derive(Debug)]
struct Axis {
    dimensions: Vec<usize>,
    len: usize,
}

/// Which requests there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum World {
    /// Those that AWS makes of actions, resources and condition keys that belong together.
    Real,
    /// Every action of every service with every resource and every condition key, as AWS's own comparison of policies has it.
    Free,
}

/// What a statement names of what may be asked.
struct NamedTargets<'s> {
    actions: HashSet<&'s str>,
    resources: HashMap<&'s str, Truth>,
}

/// What was found of some values together.
struct Found {
    truth: Truth,
    /// False where other values, not gone through, may turn it.
    settled: bool,
}

/// The boxes of a statement: what it matches for sure, and what it may match.
#[derive(Debug, Clone)]
pub(super) struct Sides {
    /// `None` where nothing is matched for sure.
    pub(super) must: Option<Region>,
    pub(super) may: Region,
}

impl Sides {
    /// The box of what is matched for sure, or of what may be.
    pub(super) fn region(&self, surely: bool) -> Option<&Region> {
        if surely { self.must.as_ref() } else { Some(&self.may) }
    }
}

impl Space {
    /// The space that some policies tell apart, seen from one scope.
    pub(super) fn new(scope: &Scope, reading: &Reading<'_>, world: World, budget: &mut Budget) -> Result<Self, TooComplex> {
        let accounts = accounts::accounts(scope, reading, budget)?;
        let mut dimensions = vec![
            Dimension::of(principals::principals(scope, &accounts, reading, budget)?),
            Dimension::of(networks::networks(scope, &accounts, reading, budget)?),
            Dimension::of(Vec::new()),
        ];
        let mut homes: BTreeMap<String, usize> = BTreeMap::new();
        let fixed =
            [(PRINCIPAL, &principals::PRINCIPAL_KEYS[..]), (NETWORK, &networks::NETWORK_KEYS), (TARGET, &targets::TARGET_KEYS)];
        for (home, keys) in fixed {
            homes.extend(keys.iter().filter(|key| reading.key(key)).map(|key| ((*key).to_owned(), home)));
        }
        let mut add = |keys: &[&str], points: Vec<Point>, complete: bool, homes: &mut BTreeMap<String, usize>| {
            homes.extend(keys.iter().map(|key| ((*key).to_owned(), dimensions.len())));
            dimensions.push(Dimension { points, complete });
        };
        if reading.any_key(&keys::TIME_KEYS) {
            add(&keys::TIME_KEYS, keys::times(reading), true, &mut homes);
        }
        if reading.any_key(&keys::ACCESS_POINT_KEYS) {
            let ids = accounts.iter().map(|account| account.id.as_str());
            add(&keys::ACCESS_POINT_KEYS, keys::access_points(scope, ids, reading, budget)?, true, &mut homes);
        }
        let mut signed = Vec::new();
        for key in reading.keys() {
            if homes.contains_key(key) {
                continue;
            }
            let Some(when) = keys::when(key, scope, world) else { continue };
            let values = keys::values(key, when, scope, reading, budget)?;
            add(&[key], values.points, values.complete, &mut homes);
            if when == When::Signed || SIGNATURE.contains(&key) {
                signed.push(key);
            }
        }
        let known = if reading.variables.is_empty() { BTreeMap::new() } else { known_values(&dimensions) };
        let instances = keys::instances(reading.resource_templates.iter().copied(), &known);
        if let Some(targets) = dimensions.get_mut(TARGET) {
            targets.points = targets::targets(scope, &accounts, reading, world, &instances, budget)?;
        }
        for (key, tests) in reading.tests.iter().filter(|_| !reading.variables.is_empty()) {
            let Some(home) = homes.get(*key).copied() else { continue };
            let values = keys::instances(tests.iter().flat_map(|test| &test.operands), &known);
            if let Some(dimension) = dimensions.get_mut(home) {
                dimension.extend(key, values.iter().map(super::pattern::Pattern::instance));
            }
        }
        let chains = if networks::tell_longer_chains(reading) { &networks::CALLED_KEYS[..] } else { &[] };
        let mut space = Self {
            mixed: chains.iter().copied().chain([principals::SERVICE_NAMES]).collect(),
            axes: Vec::new(),
            axis_of: Vec::new(),
            dimensions,
            homes,
            impossible: Vec::new(),
            doubtful: Vec::new(),
        };
        space.join(reading)?;
        space.rule_out(scope, world, reading, &signed);
        Ok(space)
    }

    /// Joins dimensions that variables tie together.
    fn join(&mut self, reading: &Reading<'_>) -> Result<(), TooComplex> {
        let mut group: Vec<usize> = (0..self.dimensions.len()).collect();
        let mut tie = |dimensions: BTreeSet<usize>| {
            let Some(first) = dimensions.first().and_then(|at| group.get(*at)).copied() else { return };
            let others: BTreeSet<usize> = dimensions.iter().filter_map(|at| group.get(*at)).copied().collect();
            group.iter_mut().filter(|own| others.contains(own)).for_each(|own| *own = first);
        };
        for tests in reading.tests.values() {
            for test in tests {
                tie(self.touched_by_test(test));
            }
        }
        for operand in &reading.resource_templates {
            tie(self.touched_by_operand(operand).into_iter().chain([TARGET]).collect());
        }
        let mut axis_of_group: BTreeMap<usize, usize> = BTreeMap::new();
        for (at, own) in group.into_iter().enumerate() {
            let axis = *axis_of_group.entry(own).or_insert_with(|| {
                self.axes.push(Axis { dimensions: Vec::new(), len: 1 });
                self.axes.len() - 1
            });
            self.axis_of.push(axis);
            let size = self.dimensions.get(at).map_or(0, |dimension| dimension.points.len());
            if let Some(axis) = self.axes.get_mut(axis) {
                axis.dimensions.push(at);
                axis.len = axis.len.checked_mul(size).filter(|len| *len <= LARGEST_AXIS).ok_or(TooComplex)?;
            }
        }
        Ok(())
    }

    fn touched_by_operand(&self, operand: &Operand) -> Vec<usize> {
        let Operand::Template(template) = operand else { return Vec::new() };
        template.keys().filter_map(|key| self.homes.get(key)).copied().collect()
    }

    fn touched_by_test(&self, test: &Test) -> BTreeSet<usize> {
        let variables = test.operands.iter().flat_map(|operand| self.touched_by_operand(operand));
        self.homes.get(&test.key).copied().into_iter().chain(variables).collect()
    }

    /// Whether natless knows when requests have a key.
    pub(super) fn knows(&self, key: &str) -> bool {
        self.homes.contains_key(key)
    }

    /// The dimension of a key, in lower case.
    pub(super) fn home(&self, key: &str) -> Option<usize> {
        self.homes.get(key).copied()
    }

    /// Boxes without requests for a search: what passes for sure is not sought where maybe no request is.
    pub(super) fn ruled_out(&self, search: Usage) -> impl Iterator<Item = &Region> {
        self.impossible.iter().chain(self.doubtful.iter().filter(move |_| search == Usage::Must))
    }

    /// Whether maybe no request is at a point.
    pub(super) fn is_doubtful(&self, point: &[usize]) -> bool {
        self.doubtful.iter().any(|region| region.holds(point))
    }

    /// Every value that stands in a search, axis by axis.
    pub(super) fn domains(&self, search: Usage) -> Vec<Bits> {
        let stands = |dimension: usize, at: usize| {
            let point = self.dimensions.get(dimension).and_then(|dimension| dimension.points.get(at));
            point.is_some_and(|point| point.usage == Usage::Both || point.usage == search)
        };
        let axes = self.axes.iter();
        axes.map(|axis| Bits::of(axis.len, |at| self.parts(axis, at).all(|(dimension, at)| stands(dimension, at)))).collect()
    }

    /// The values of each dimension that a value of an axis stands for.
    fn parts<'s>(&'s self, axis: &'s Axis, at: usize) -> impl Iterator<Item = (usize, usize)> + 's {
        let mut rest = at;
        axis.dimensions.iter().map(move |dimension| {
            let size = self.dimensions.get(*dimension).map_or(1, |dimension| dimension.points.len().max(1));
            let part = rest % size;
            rest /= size;
            (*dimension, part)
        })
    }

    /// Restricts a box to the points of a dimension for which something holds.
    pub(super) fn restrict(&self, region: &mut Region, dimension: usize, holds: impl Fn(&Point) -> bool) {
        let Some(own) = self.dimensions.get(dimension) else { return };
        let chosen = Bits::of(own.points.len(), |at| own.points.get(at).is_some_and(&holds));
        self.restrict_to(region, dimension, &chosen);
    }

    fn restrict_to(&self, region: &mut Region, dimension: usize, chosen: &Bits) {
        let Some((number, axis)) = self.axis(dimension) else { return };
        if axis.dimensions.len() == 1 {
            region.restrict(number, chosen);
            return;
        }
        let bits = Bits::of(axis.len, |at| self.parts(axis, at).any(|(own, at)| own == dimension && chosen.has(at)));
        region.restrict(number, &bits);
    }

    fn axis(&self, dimension: usize) -> Option<(usize, &Axis)> {
        let number = *self.axis_of.get(dimension)?;
        Some((number, self.axes.get(number)?))
    }

    /// The boxes of a statement.
    pub(super) fn sides(&self, rule: &Rule, attachment: Attachment, budget: &mut Budget) -> Result<Sides, TooComplex> {
        let mut sides = Sides { must: Some(Region::default()), may: Region::default() };
        let principal = |point: &Point| match &point.what {
            What::Principal { principal, .. } => match rule.names(principal, attachment) {
                Named::No => Truth::False,
                Named::Unclear => Truth::Unknown,
                Named::ByAccount | Named::Directly => Truth::True,
            },
            _ => Truth::False,
        };
        if rule.principal.is_some() {
            self.narrow(&mut sides, PRINCIPAL, principal, budget)?;
        }
        let templates: Vec<usize> = rule.resource.operands.iter().flat_map(|operand| self.touched_by_operand(operand)).collect();
        let has_templates = rule.resource.operands.iter().any(|operand| matches!(operand, Operand::Template(_)));
        if has_templates {
            let touched: BTreeSet<usize> = templates.into_iter().chain([TARGET]).collect();
            self.narrow_joined(&mut sides, &touched, rule.effect, budget, |parts| {
                let target = parts.iter().find_map(|point| match &point.what {
                    What::Target { action, resource, .. } => Some((action, resource)),
                    _ => None,
                });
                let lookup = |key: &str| look_up(parts, key);
                match target {
                    Some((action, resource)) if rule.action.matches(action) => Found {
                        truth: rule.resource.matches(resource, &lookup),
                        settled: !rule.resource.operands.iter().any(|operand| operand.is_filled(&lookup)),
                    },
                    _ => Found { truth: Truth::False, settled: true },
                }
            })?;
        } else {
            let named = self.named_targets(rule);
            let target = |point: &Point| match &point.what {
                What::Target { action, resource, .. } if named.actions.contains(action.as_str()) => {
                    named.resources.get(resource.as_str()).copied().unwrap_or(Truth::False)
                }
                _ => Truth::False,
            };
            self.narrow(&mut sides, TARGET, target, budget)?;
        }
        for test in &rule.conditions {
            self.narrow_by_test(&mut sides, test, rule.effect, budget)?;
        }
        Ok(sides)
    }

    /// What a statement names of what may be asked, each action and resource looked at once: many points share them.
    fn named_targets(&self, rule: &Rule) -> NamedTargets<'_> {
        let (mut actions, mut resources) = (HashMap::default(), HashMap::default());
        for point in self.dimensions.get(TARGET).into_iter().flat_map(|dimension| &dimension.points) {
            if let What::Target { action, resource, .. } = &point.what
                && *actions.entry(action.as_str()).or_insert_with(|| rule.action.matches(action))
            {
                let matches = || rule.resource.matches(resource, &|_| &Presence::Absent);
                resources.entry(resource.as_str()).or_insert_with(matches);
            }
        }
        let actions = actions.into_iter().filter(|(_, named)| *named).map(|(action, _)| action).collect();
        NamedTargets { actions, resources }
    }

    fn narrow_by_test(&self, sides: &mut Sides, test: &Test, effect: Effect, budget: &mut Budget) -> Result<(), TooComplex> {
        let Some(home) = self.homes.get(&test.key).copied() else {
            sides.must = None;
            return Ok(());
        };
        let touched = self.touched_by_test(test);
        let exact = self.is_exact(test, home);
        let mixed = self.mixed.contains(test.key.as_str());
        if touched.len() == 1 && exact && !mixed && !test.operands.iter().any(|operand| matches!(operand, Operand::Template(_))) {
            return self.narrow(
                sides,
                home,
                |point| test.holds(point.presence(&test.key).unwrap_or(&Presence::Absent), &|_| &Presence::Absent),
                budget,
            );
        }
        let complete = self.dimensions.get(home).is_some_and(|dimension| dimension.complete);
        self.narrow_joined(sides, &touched, effect, budget, |parts| {
            let lookup = |key: &str| look_up(parts, key);
            let filled = || test.operands.iter().any(|operand| operand.is_filled(&lookup));
            let presence = look_up(parts, &test.key);
            let truth = test.holds(presence, &lookup);
            let settled = match presence {
                Presence::Many(_) if mixed => is_settled_by_one(test, truth),
                _ => exact || (complete && !filled()),
            };
            Found { truth, settled }
        })
    }

    /// Whether the values gone through are all that the test can tell apart.
    fn is_exact(&self, test: &Test, home: usize) -> bool {
        let textual = matches!(kind(test.operator.comparison), Kind::Text | Kind::Wildcard | Kind::AnyCase);
        self.dimensions.get(home).is_some_and(|dimension| dimension.complete)
            && test.operands.iter().all(|operand| match operand {
                Operand::Template(template) => {
                    textual
                        && template.is_bare_variable()
                        && IDS.contains(&test.key.as_str())
                        && template.keys().all(|key| IDS.contains(&key) && self.homes.contains_key(key))
                }
                _ => true,
            })
    }

    /// Narrows both boxes by what holds of single points of a dimension.
    fn narrow(
        &self,
        sides: &mut Sides,
        dimension: usize,
        mut truth: impl FnMut(&Point) -> Truth,
        budget: &mut Budget,
    ) -> Result<(), TooComplex> {
        let Some(own) = self.dimensions.get(dimension) else { return Ok(()) };
        budget.spend(4 * own.points.len())?;
        let truths: Vec<Truth> = own.points.iter().map(&mut truth).collect();
        let of = |wanted: fn(Truth) -> bool| Bits::of(truths.len(), |at| truths.get(at).copied().is_some_and(wanted));
        self.restrict_to(&mut sides.may, dimension, &of(Truth::is_possible));
        if let Some(must) = &mut sides.must {
            self.restrict_to(must, dimension, &of(Truth::is_sure));
        }
        Ok(())
    }

    /// Narrows both boxes by what holds of points of several dimensions together. What was not gone through in full takes nothing
    /// from what an Allow may match, and gives nothing to what a Deny matches for sure.
    fn narrow_joined(
        &self,
        sides: &mut Sides,
        touched: &BTreeSet<usize>,
        effect: Effect,
        budget: &mut Budget,
        find: impl Fn(&[&Point]) -> Found,
    ) -> Result<(), TooComplex> {
        let Some((number, axis)) = touched.first().and_then(|dimension| self.axis(*dimension)) else { return Ok(()) };
        budget.spend(8 * axis.len)?;
        let of = |at: usize| {
            let parts: Vec<&Point> = self
                .parts(axis, at)
                .filter(|(dimension, _)| touched.contains(dimension))
                .filter_map(|(dimension, at)| self.dimensions.get(dimension)?.points.get(at))
                .collect();
            find(&parts)
        };
        let found: Vec<Found> = (0..axis.len).map(of).collect();
        let bits = |wanted: fn(&Found) -> bool| Bits::of(axis.len, |at| found.get(at).is_some_and(wanted));
        let (may, must) = match effect {
            Effect::Allow => (bits(|found| found.truth.is_possible() || !found.settled), bits(|found| found.truth.is_sure())),
            Effect::Deny => (bits(|found| found.truth.is_possible()), bits(|found| found.truth.is_sure() && found.settled)),
        };
        sides.may.restrict(number, &may);
        if let Some(own) = &mut sides.must {
            own.restrict(number, &must);
        }
        Ok(())
    }

    /// Notes the boxes that no request is in. A service on its own behalf uses nobody's endpoint and comes from nobody's range; that it
    /// shows no address at all, no documentation says.
    fn rule_out(&mut self, scope: &Scope, world: World, reading: &Reading<'_>, signed: &[&str]) {
        let from_named = |point: &Point| networks::is_in_named_range(point, reading);
        let over = |network: Network| move |point: &Point| matches!(point.what, What::Network(own) if own == network);
        let unsigned = |point: &Point| match &point.what {
            What::Principal { principal, .. } => !matches!(principal, Principal::Identity { .. }),
            _ => false,
        };
        let service = |point: &Point| matches!(&point.what, What::Principal { principal: Principal::Service(_), .. });
        let other = |point: &Point| match &point.what {
            What::Principal { principal, .. } => !matches!(principal, Principal::Service(_)),
            _ => false,
        };
        let mut impossible = vec![
            self.both((PRINCIPAL, &unsigned), (NETWORK, &over(Network::Forwarded))),
            self.both((PRINCIPAL, &other), (NETWORK, &over(Network::Service))),
            self.both((PRINCIPAL, &service), (NETWORK, &over(Network::Endpoint))),
            self.both((PRINCIPAL, &service), (NETWORK, &from_named)),
        ];
        if world == World::Real {
            self.doubtful = vec![self.both((PRINCIPAL, &service), (NETWORK, &over(Network::Internet)))];
        }
        for (key, home) in &self.homes {
            let present = |point: &Point| point.presence(key).is_some_and(|own| *own != Presence::Absent);
            if signed.contains(&key.as_str()) {
                impossible.push(self.both((PRINCIPAL, &unsigned), (*home, &present)));
            }
            if world == World::Real && *home > TARGET && catalogue::is_s3_key(key) {
                let lacking: BTreeSet<&str> =
                    catalogue::s3().iter().filter(|action| !action.has_key(key)).map(|action| action.name.as_str()).collect();
                let lacks =
                    |point: &Point| matches!(&point.what, What::Target { action, .. } if lacking.contains(action.as_str()));
                impossible.push(self.both((TARGET, &lacks), (*home, &present)));
            }
            match key.as_str() {
                "s3:accesspointnetworkorigin" => {
                    let of_vpc = |point: &Point| point.presence(key) == Some(&Presence::one("VPC"));
                    impossible.push(self.both((NETWORK, &over(Network::Internet)), (*home, &of_vpc)));
                }
                // A request without TLS has no version of TLS.
                "s3:tlsversion" => {
                    let plain = |point: &Point| point.presence("aws:securetransport") == Some(&Presence::one("false"));
                    let secure = self.homes.get("aws:securetransport");
                    impossible.extend(secure.map(|secure| self.both((*home, &present), (*secure, &plain))));
                }
                _ => {}
            }
        }
        if world == World::Real {
            impossible.extend(self.policies_of_others(scope));
        }
        impossible.retain(|region| !region.is_empty());
        self.doubtful.retain(|region| !region.is_empty());
        self.impossible = impossible;
    }

    /// The box in which both hold.
    fn both(&self, one: (usize, &dyn Fn(&Point) -> bool), other: (usize, &dyn Fn(&Point) -> bool)) -> Region {
        let mut region = Region::default();
        self.restrict(&mut region, one.0, one.1);
        self.restrict(&mut region, other.0, other.1);
        region
    }

    /// A bucket's policy is read and changed by its owner's account only, whatever the policy says.
    ///
    /// Source: S3 API Reference, `PutBucketPolicy`, `GetBucketPolicy`, `DeleteBucketPolicy`: others get 405.
    fn policies_of_others(&self, scope: &Scope) -> Option<Region> {
        let own = |action: &str| ["s3:PutBucketPolicy", "s3:GetBucketPolicy", "s3:DeleteBucketPolicy"].contains(&action);
        let of_policy = |point: &Point| matches!(&point.what, What::Target { action, .. } if own(action));
        let foreign = |point: &Point| match &point.what {
            What::Principal { principal, .. } => principal.account() != Some(scope.account.as_str()),
            _ => false,
        };
        (scope.attachment == Attachment::Bucket).then(|| self.both((TARGET, &of_policy), (PRINCIPAL, &foreign)))
    }

    /// Whether something holds of any value of a dimension.
    pub(super) fn any(&self, dimension: usize, holds: impl Fn(&Point) -> bool) -> bool {
        self.dimensions.get(dimension).is_some_and(|own| own.points.iter().any(holds))
    }

    /// The values behind a point of the space, dimension by dimension.
    pub(super) fn values(&self, point: &[usize]) -> Vec<&Point> {
        let mut values: Vec<(usize, &Point)> = Vec::new();
        for (axis, at) in self.axes.iter().zip(point) {
            for (dimension, at) in self.parts(axis, *at) {
                values.extend(self.dimensions.get(dimension).and_then(|own| own.points.get(at)).map(|point| (dimension, point)));
            }
        }
        values.sort_by_key(|(dimension, _)| *dimension);
        values.into_iter().map(|(_, point)| point).collect()
    }

    /// The request that a point of the space stands for.
    pub(super) fn request(&self, point: &[usize]) -> Option<Request> {
        let values = self.values(point);
        let principal = values.iter().find_map(|point| match &point.what {
            What::Principal { principal, .. } => Some(principal.clone()),
            _ => None,
        })?;
        let (action, resource) = values.iter().find_map(|point| match &point.what {
            What::Target { action, resource, .. } => Some((action.clone(), resource.clone())),
            _ => None,
        })?;
        let context =
            values.iter().flat_map(|point| &point.keys).map(|(key, presence)| (key.to_string(), presence.clone())).collect();
        Some(Request { principal, action, resource, context })
    }
}

/// Keys of S3 that only a signed request has.
const SIGNATURE: [&str; 3] = ["s3:authtype", "s3:signatureversion", "s3:signatureage"];

impl Dimension {
    fn of(points: Vec<Point>) -> Self {
        Self { points, complete: true }
    }

    /// Adds values of a key that stands for itself.
    fn extend(&mut self, key: &str, values: impl Iterator<Item = String>) {
        let alone = self.points.iter().all(|point| point.keys.len() == 1);
        if !alone {
            return;
        }
        for value in values.filter(|value| !value.is_empty()) {
            let presence = Presence::One(value);
            if !self.points.iter().any(|point| point.presence(key) == Some(&presence)) {
                self.points.push(Point::of_keys(vec![(key.to_owned().into(), presence)], Usage::Both));
            }
        }
    }
}

/// Whether what a test makes of some values of the names of a service holds whatever others there are.
fn is_settled_by_one(test: &Test, truth: Truth) -> bool {
    test.key == principals::SERVICE_NAMES
        && matches!(
            (test.operator.quantifier, truth),
            (Some(Quantifier::ForAnyValue), Truth::True) | (Some(Quantifier::ForAllValues), Truth::False)
        )
}

/// What points say of a key, together.
fn look_up<'p>(points: &[&'p Point], key: &str) -> &'p Presence {
    points.iter().find_map(|point| point.presence(key)).unwrap_or(&Presence::Absent)
}

/// Single values of each key, over all dimensions.
fn known_values(dimensions: &[Dimension]) -> BTreeMap<String, BTreeSet<String>> {
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (key, presence) in dimensions.iter().flat_map(|dimension| &dimension.points).flat_map(|point| &point.keys) {
        if let Presence::One(value) = presence {
            known.entry(key.to_string()).or_default().insert(value.clone());
        }
    }
    known
}
