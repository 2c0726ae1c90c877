//! Every way a request may come: over the internet, through a VPC endpoint, from inside AWS.

use std::collections::BTreeSet;

use super::Reading;
use super::accounts::Account;
use super::point::{Keys, Network, Point, Usage, What};
use super::principals::both;
use crate::policy::addresses::{Interval, intervals};
use crate::policy::budget::{Budget, TooComplex};
use crate::policy::minterm::{Language, kinds, kinds_behind};
use crate::policy::operand::Operand;
use crate::policy::pattern::Pattern;
use crate::policy::request::Presence;
use crate::policy::scope::{Scope, Standing};

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
pub(super) const LONGEST_CHAIN: usize = 3;

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

/// A chain of services with each other service at its end.
fn continued(chain: &[String], services: &[String]) -> impl Iterator<Item = Vec<String>> {
    let others = services.iter().filter(|service| !chain.contains(service));
    others.map(|service| chain.iter().chain([service]).cloned().collect())
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
    let longest = if reading.any_key(&CALLED_KEYS) { reading.tests_of(&CALLED_KEYS).count().clamp(2, LONGEST_CHAIN) } else { 1 };
    let mut begun = chains.clone();
    for _ in 1..longest {
        begun = begun.iter().flat_map(|chain| continued(chain, &services)).collect();
        budget.spend(begun.len())?;
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
    let regions = regions(scope, reading, budget)?;
    let vpcs = vpcs(reading, scope, accounts, &regions, budget)?;
    let mut points = Vec::new();
    for region in &regions {
        let build = Endpoints { scope, reading, region };
        for id in &ids {
            for vpc in &vpcs {
                points.extend(build.points(id, vpc, &vpcs, accounts));
            }
        }
    }
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

/// Regions of VPCs that policies can tell apart by the ARN of a VPC: the scope's first.
fn regions(scope: &Scope, reading: &Reading<'_>, budget: &mut Budget) -> Result<Vec<String>, TooComplex> {
    let prefix = format!("arn:{}:ec2:", scope.partition);
    let language = Language {
        prefix: &prefix,
        allows: |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-',
        never_last: None,
        min: 1,
        max: None,
        sample: scope.region_or_any(),
        closing: ":",
    };
    let found = kinds(&reading.patterns(&["aws:sourcevpcarn"]), &language, budget)?;
    Ok(found.iter().filter_map(|arn| arn.strip_prefix(&prefix)).map(str::to_owned).collect())
}

/// VPCs that policies can tell apart by their id and by the ARN that they have in any region and account.
fn vpcs(
    reading: &Reading<'_>,
    scope: &Scope,
    accounts: &[Account],
    regions: &[String],
    budget: &mut Budget,
) -> Result<Vec<String>, TooComplex> {
    let (of_ids, of_arns) = (reading.patterns(&["aws:sourcevpc"]), reading.patterns(&["aws:sourcevpcarn"]));
    let ids: BTreeSet<&str> = accounts.iter().map(|account| account.id.as_str()).collect();
    let arn = |(region, id): (&String, &str)| format!("arn:{}:ec2:{region}:{id}:vpc/vpc-", scope.partition);
    let prefixes: Vec<String> = if of_arns.is_empty() {
        Vec::new()
    } else {
        regions.iter().flat_map(|region| ids.iter().map(move |id| (region, *id))).map(arn).collect()
    };
    let mut patterns: Vec<(&Pattern, &str)> = of_ids.into_iter().map(|own| (own, "vpc-")).collect();
    patterns.extend(prefixes.iter().flat_map(|prefix| of_arns.iter().map(move |own| (*own, prefix.as_str()))));
    kinds_behind(&patterns, &of_resource("vpc-"), budget)
}

struct Endpoints<'e, 'r> {
    scope: &'e Scope,
    reading: &'e Reading<'r>,
    /// Region of the VPCs.
    region: &'e str,
}

impl Endpoints<'_, '_> {
    /// An endpoint of one id in one VPC, for every account that may own it; none where the two do not go together.
    fn points(&self, id: &str, vpc: &String, vpcs: &[String], accounts: &[Account]) -> Vec<Point> {
        let known = &self.scope.known;
        let owners_told = self.reading.any_key(&OWNER_KEYS);
        let (named_id, named_vpc) = (self.reading.names(&["aws:sourcevpce"], id), self.reading.names(&["aws:sourcevpc"], vpc));
        let of_id = known.endpoints.get(id);
        // A known endpoint stands in its own VPC, and a VPC of the account has the account's endpoints.
        if of_id.is_some_and(|own| own != vpc && (named_vpc || vpcs.contains(own))) {
            return Vec::new();
        }
        let told = (Presence::one(id), Presence::one(of_id.unwrap_or(vpc).as_str()));
        let point = |owner: Option<&Account>, usage| self.point(told.0.clone(), told.1.clone(), owner, usage);
        let own = accounts.first();
        if of_id.is_some() || known.vpcs.contains(vpc) {
            return own.map(|own| point(Some(own), Usage::Both)).into_iter().collect();
        }
        if !named_id && !named_vpc {
            let stranger = |account: &&Account| account.standing == Standing::Outside && account.usage == Usage::Both;
            let owners: Vec<&Account> = if owners_told {
                accounts.iter().collect()
            } else {
                accounts.iter().find(stranger).into_iter().chain(own).collect()
            };
            return owners.into_iter().map(|owner| point(Some(owner), Usage::Both)).collect();
        }
        // Named, and not known: whose it is, and whether the endpoint stands in that VPC, was not read.
        let stands = if named_id && named_vpc { Usage::May } else { Usage::Both };
        if !owners_told {
            return vec![point(None, stands)];
        }
        let unread = point(None, if stands == Usage::May { Usage::May } else { Usage::Must });
        let of_owner = |owner: &Account| Some(point(Some(owner), both(Usage::May, owner.usage)?));
        std::iter::once(unread).chain(accounts.iter().filter_map(of_owner)).collect()
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
        let usage = owner.and_then(|owner| both(usage, owner.usage)).unwrap_or(usage);
        Point { keys, what: What::Network(Network::Endpoint), usage }
    }
}
