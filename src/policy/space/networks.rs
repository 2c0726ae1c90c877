//! Every way a request may come: over the internet, through a VPC endpoint, from inside AWS.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::Reading;
use super::accounts::Account;
use super::point::{Keys, Network, Point, Usage, What};
use super::principals::both;
use super::reading::regions;
use crate::policy::addresses::{Interval, intervals};
use crate::policy::budget::{Budget, TooComplex};
use crate::policy::minterm::{Language, kinds, kinds_behind};
use crate::policy::operand::Operand;
use crate::policy::pattern::Pattern;
use crate::policy::request::{Presence, is_account};
use crate::policy::scope::Scope;

/// Keys that tell who owns an endpoint.
pub(in crate::policy) const OWNER_KEYS: [&str; 4] = ["aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths", "aws:sourcevpcarn"];

/// Keys that the values of this dimension settle.
pub(super) const NETWORK_KEYS: [&str; 12] = [
    "aws:sourceip",
    "aws:sourcevpce",
    "aws:sourcevpc",
    "aws:vpcsourceip",
    "aws:sourcevpcarn",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
    "aws:viaawsservice",
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
];

/// Keys that tell of the services that go on for a caller.
pub(super) const CALLED_KEYS: [&str; 3] = ["aws:calledvia", "aws:calledviafirst", "aws:calledvialast"];

/// Services in a chain at most; policies that ask more of one may tell longer chains apart.
const LONGEST_CHAIN: usize = 3;

/// Whether policies may tell longer chains apart than are gone through.
pub(super) fn tell_longer_chains(reading: &Reading<'_>) -> bool {
    asked_of_chains(reading) > LONGEST_CHAIN
}

/// How many different things policies ask of a chain: no more services are needed to tell chains apart.
fn asked_of_chains(reading: &Reading<'_>) -> usize {
    let asked = reading.tests_of(&CALLED_KEYS).map(|test| (&test.written, &test.values));
    asked.collect::<BTreeSet<_>>().len()
}

/// Every way a request may come.
pub(super) fn networks(
    scope: &Scope,
    accounts: &[Account],
    reading: &Reading<'_>,
    budget: &mut Budget,
) -> Result<Vec<Point>, TooComplex> {
    let mut points = Vec::new();
    if !scope.attachment.is_endpoint() {
        // First, so that a service is shown where it surely asks from.
        points.push(inside_aws(Network::Service, "false", Vec::new()));
        points.extend(public_intervals(reading).iter().map(|interval| internet(&interval.sample().to_string())));
    }
    let endpoints = endpoints(scope, accounts, reading, budget)?;
    let inside = samples(reading, "aws:vpcsourceip", "10.0.0.10");
    for endpoint in endpoints {
        for address in &inside {
            let mut point = endpoint.clone();
            point.keys.push(("aws:vpcsourceip".into(), Presence::one(address.as_str())));
            points.push(point);
        }
    }
    if !scope.attachment.is_endpoint() {
        points.extend(forwarded(reading, budget)?);
    }
    Ok(points)
}

/// Source addresses of the internet, cut where policies tell them apart.
pub(in crate::policy) fn public_intervals(reading: &Reading<'_>) -> Vec<Interval> {
    if !reading.key("aws:sourceip") {
        // Nothing tells them apart: one of each version.
        return Interval::examples();
    }
    let mut found = intervals(blocks(reading, "aws:sourceip"));
    found.retain(|interval| !interval.is_private());
    found
}

/// Whether a request comes from a range that a policy names; what is nearly everything names nobody's.
pub(super) fn is_in_named_range(point: &Point, reading: &Reading<'_>) -> bool {
    let Some(Presence::One(text)) = point.presence("aws:sourceip") else { return false };
    let Ok(address) = text.parse::<std::net::IpAddr>() else { return false };
    blocks(reading, "aws:sourceip").any(|block| names_a_network(block) && block.contains(&address))
}

/// Whether a block is small enough to be somebody's network.
pub(in crate::policy) fn names_a_network(block: &ipnet::IpNet) -> bool {
    block.prefix_len() >= if block.addr().is_ipv4() { 8 } else { 32 }
}

fn blocks<'r>(reading: &Reading<'r>, key: &str) -> impl Iterator<Item = &'r ipnet::IpNet> {
    let tests = reading.tests.get(key).into_iter().flatten();
    let operands = tests.flat_map(|test| &test.operands).filter_map(|operand| match operand {
        Operand::Block(block) => Some(block),
        _ => None,
    });
    operands.collect::<Vec<_>>().into_iter()
}

/// Addresses that a key's blocks tell apart, private ones included; one where nothing asks.
fn samples(reading: &Reading<'_>, key: &str, plain: &str) -> Vec<String> {
    if !reading.key(key) {
        return vec![plain.to_owned()];
    }
    intervals(blocks(reading, key)).iter().map(|interval| interval.sample().to_string()).collect()
}

fn internet(address: &str) -> Point {
    let keys = vec![("aws:sourceip".into(), Presence::one(address)), ("aws:viaawsservice".into(), Presence::one("false"))];
    Point { keys, what: What::Network(Network::Internet), usage: Usage::Both }
}

fn inside_aws(network: Network, via_service: &str, mut keys: Keys) -> Point {
    keys.push(("aws:viaawsservice".into(), Presence::one(via_service)));
    Point { keys, what: What::Network(network), usage: Usage::Both }
}

/// Requests that a service makes on with its caller's credentials, for every service that policies can tell apart.
///
/// Source: IAM User Guide, "Forward access sessions", and `aws:CalledVia`.
fn forwarded(reading: &Reading<'_>, budget: &mut Budget) -> Result<Vec<Point>, TooComplex> {
    let services = reading.services(&CALLED_KEYS, budget)?;
    let point = |chain: Vec<String>| {
        let end = |service: Option<&String>| service.map_or(Presence::Absent, |service| Presence::one(service.as_str()));
        let keys = vec![
            ("aws:calledviafirst".into(), end(chain.first())),
            ("aws:calledvialast".into(), end(chain.last())),
            ("aws:calledvia".into(), Presence::Many(chain)),
        ];
        inside_aws(Network::Forwarded, "true", keys)
    };
    let mut chains: Vec<Vec<String>> = services.iter().map(|service| vec![service.clone()]).collect();
    let longest = if reading.any_key(&CALLED_KEYS) { asked_of_chains(reading).clamp(2, LONGEST_CHAIN) } else { 1 };
    let mut begun = chains.clone();
    for _ in 1..longest {
        budget.spend(begun.len() * services.len())?;
        // One of a kind stands for all of it, so that it may come twice.
        let continued = |chain: &Vec<String>| {
            services.iter().map(|next| [chain.as_slice(), std::slice::from_ref(next)].concat()).collect::<Vec<_>>()
        };
        begun = begun.iter().flat_map(continued).collect();
        chains.extend(begun.iter().cloned());
    }
    Ok(chains.into_iter().map(point).collect())
}

/// One endpoint of each kind that policies can tell apart.
fn endpoints(scope: &Scope, accounts: &[Account], reading: &Reading<'_>, budget: &mut Budget) -> Result<Vec<Point>, TooComplex> {
    if scope.attachment.is_endpoint() {
        let build = Endpoints { scope, reading, region: scope.region_or_any() };
        let own = accounts.first().into_iter();
        return Ok(own
            .map(|account| match &scope.endpoint {
                Some((id, vpc)) => {
                    build.point(Presence::one(id.as_str()), Presence::one(vpc.as_str()), Some(account), Usage::Both)
                }
                None => build.point(Presence::Undetermined, Presence::Undetermined, Some(account), Usage::Both),
            })
            .collect());
    }
    let ids = kinds(&reading.patterns(&["aws:sourcevpce"]), &of_resource("vpce-"), budget)?;
    if !reading.any_key(&OWNER_KEYS) {
        let build = Endpoints { scope, reading, region: scope.region_or_any() };
        let vpcs = vpcs(reading, None, budget)?;
        budget.spend(ids.len() * vpcs.len())?;
        return Ok(ids.iter().flat_map(|id| build.ownerless(id, &vpcs)).collect());
    }
    let prefix = format!("arn:{}:ec2:", scope.partition);
    let mut points = Vec::new();
    for region in regions(&reading.patterns(&["aws:sourcevpcarn"]), &prefix, scope, budget)? {
        let build = Endpoints { scope, reading, region: &region };
        let mut by_owner: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for account in accounts {
            let vpcs = match by_owner.entry(&account.id) {
                Entry::Occupied(own) => own.into_mut(),
                Entry::Vacant(none) => {
                    none.insert(vpcs(reading, Some(&format!("{prefix}{region}:{}:vpc/vpc-", account.id)), budget)?)
                }
            };
            budget.spend(ids.len() * vpcs.len())?;
            points.extend(ids.iter().flat_map(|id| build.owned(id, vpcs, account)));
        }
    }
    let build = Endpoints { scope, reading, region: scope.region_or_any() };
    let vpcs = vpcs(reading, None, budget)?;
    points.extend(ids.iter().flat_map(|id| build.unread(id, &vpcs)));
    Ok(points)
}

/// The ids of endpoints and VPCs behind their prefix.
fn of_resource(prefix: &str) -> Language<'_> {
    Language {
        prefix,
        allows: |c| c.is_ascii_lowercase() || c.is_ascii_digit(),
        never_last: None,
        min: 1,
        max: None,
        sample: "0a11b22c33d44e55f",
        closing: "",
    }
}

/// VPCs that policies can tell apart by their id, and by their ARN behind a prefix where one is told.
fn vpcs(reading: &Reading<'_>, of_arn: Option<&str>, budget: &mut Budget) -> Result<Vec<String>, TooComplex> {
    let (ids, arns) = (reading.patterns(&["aws:sourcevpc"]), reading.patterns(&["aws:sourcevpcarn"]));
    let mut patterns: Vec<(&Pattern, &str)> = ids.into_iter().map(|own| (own, "vpc-")).collect();
    patterns.extend(of_arn.into_iter().flat_map(|prefix| arns.iter().map(move |own| (*own, prefix))));
    kinds_behind(&patterns, &of_resource("vpc-"), budget)
}

struct Endpoints<'e, 'r> {
    scope: &'e Scope,
    reading: &'e Reading<'r>,
    /// Region of the VPCs.
    region: &'e str,
}

impl Endpoints<'_, '_> {
    /// An endpoint in each VPC, where no policy asks for its owner. A known one stands in its own VPC.
    fn ownerless(&self, id: &str, vpcs: &[String]) -> Vec<Point> {
        let known = &self.scope.known;
        if let Some(vpc) = known.endpoints.get(id) {
            return vec![self.point(Presence::one(id), Presence::one(vpc.as_str()), None, Usage::Both)];
        }
        let stands = |vpc: &String| {
            // Whether an endpoint that a policy names stands in a VPC that it names was not read.
            let unread = self.names_endpoint(id) && self.names_vpc(vpc) && !known.vpcs.contains(vpc);
            if unread { Usage::May } else { Usage::Both }
        };
        vpcs.iter().map(|vpc| self.point(Presence::one(id), Presence::one(vpc.as_str()), None, stands(vpc))).collect()
    }

    /// An endpoint of an account in each VPC that may be the account's.
    fn owned(&self, id: &str, vpcs: &[String], owner: &Account) -> Vec<Point> {
        let known = &self.scope.known;
        let own = owner.id == self.scope.account;
        // In which region the account's VPCs are is not told.
        let here = if self.region == self.scope.region_or_any() { Usage::Both } else { Usage::May };
        let point = |vpc: &str, usage| {
            both(usage, owner.usage).map(|usage| self.point(Presence::one(id), Presence::one(vpc), Some(owner), usage))
        };
        if let Some(vpc) = known.endpoints.get(id) {
            return if own { point(vpc, here).into_iter().collect() } else { Vec::new() };
        }
        let stands = |vpc: &String| match known.vpcs.contains(vpc) {
            true if own => point(vpc, here),
            true => None,
            // Named, and not known: whose it is, and whether the endpoint stands in that VPC, was not read.
            false if self.names_endpoint(id) || self.names_vpc(vpc) => point(vpc, Usage::May),
            false => point(vpc, Usage::Both),
        };
        vpcs.iter().filter_map(stands).collect()
    }

    /// An endpoint in each VPC of which a policy names the one or the other, and whose owner was not read.
    fn unread(&self, id: &str, vpcs: &[String]) -> Vec<Point> {
        let known = &self.scope.known;
        if known.endpoints.contains_key(id) {
            return Vec::new();
        }
        let one_is_named = |vpc: &&String| self.names_endpoint(id) != self.names_vpc(vpc) && !known.vpcs.contains(*vpc);
        let point = |vpc: &String| self.point(Presence::one(id), Presence::one(vpc.as_str()), None, Usage::Must);
        vpcs.iter().filter(one_is_named).map(point).collect()
    }

    /// Whether a policy names an endpoint.
    fn names_endpoint(&self, id: &str) -> bool {
        self.reading.names(&["aws:sourcevpce"], id)
    }

    /// Whether a policy names a VPC: by its id, or in an ARN that leaves its account open.
    fn names_vpc(&self, vpc: &str) -> bool {
        let in_arn = |arn: &String| {
            let mut fields = arn.split(':').skip(4);
            fields.next().is_some_and(|account| !is_account(account))
                && fields.next().and_then(|rest| rest.strip_prefix("vpc/")) == Some(vpc)
        };
        let mut arns = self.reading.tests_of(&["aws:sourcevpcarn"]).flat_map(|test| &test.values);
        self.reading.names(&["aws:sourcevpc"], vpc) || arns.any(in_arn)
    }

    fn point(&self, id: Presence, vpc: Presence, owner: Option<&Account>, usage: Usage) -> Point {
        let mut keys: Keys = Vec::with_capacity(NETWORK_KEYS.len());
        if self.reading.any_key(&OWNER_KEYS) {
            let arn = match (&vpc, owner) {
                (Presence::One(vpc), Some(owner)) => {
                    Presence::One(format!("arn:{}:ec2:{}:{}:vpc/{vpc}", self.scope.partition, self.region, owner.id))
                }
                _ => Presence::Undetermined,
            };
            let of_owner = |presence: Option<Presence>| presence.unwrap_or(Presence::Undetermined);
            keys.push(("aws:sourcevpcarn".into(), arn));
            keys.push(("aws:vpceaccount".into(), of_owner(owner.map(|owner| Presence::one(owner.id.as_str())))));
            keys.push(("aws:vpceorgid".into(), of_owner(owner.map(|owner| owner.organization.clone()))));
            keys.push(("aws:vpceorgpaths".into(), of_owner(owner.map(|owner| owner.paths.clone()))));
        }
        keys.push(("aws:sourcevpce".into(), id));
        keys.push(("aws:sourcevpc".into(), vpc));
        keys.push(("aws:viaawsservice".into(), Presence::one("false")));
        Point { keys, what: What::Network(Network::Endpoint), usage }
    }
}
