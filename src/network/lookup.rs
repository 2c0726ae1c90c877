//! Longest prefix match: which route takes which part of a destination.
//!
//! Source: VPC guide, "How route priority works".

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use super::blocks::{self, covered, covers_public_space, family_of, is_reserved, overlap, subtract, tidy};
use super::index::RegionIndex;
use super::{Destinations, Family, Network, Obstacle};
use crate::model::ec2::{Route, RouteDestination, RouteOrigin, RouteTable, RouteTarget};

/// Where packets want to go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dest {
    /// Addresses known to be the service's, or an endpoint's; disjoint blocks.
    Listed(Vec<IpNet>),
    /// Public addresses in these blocks, if the service has any there; disjoint blocks.
    Possibly(Vec<IpNet>),
    /// The service's public addresses, wherever they are, outside the holes.
    Public { family: Family, holes: Vec<IpNet> },
}

impl Dest {
    pub(super) fn family(&self) -> Option<Family> {
        match self {
            Self::Listed(blocks) | Self::Possibly(blocks) => blocks.first().copied().map(family_of),
            Self::Public { family, .. } => Some(*family),
        }
    }

    /// Whether some of it may be in a block.
    fn touches(&self, net: IpNet) -> bool {
        match self {
            Self::Listed(blocks) | Self::Possibly(blocks) => blocks.iter().any(|block| overlap(*block, net)),
            Self::Public { family, holes } => {
                family_of(net) == *family && !is_reserved(net) && !holes.iter().any(|hole| hole.contains(&net))
            }
        }
    }

    /// As an answer tells it.
    pub(super) fn destinations(&self) -> Destinations {
        match self {
            Self::Listed(blocks) => Destinations::Prefixes(blocks.clone()),
            Self::Possibly(blocks) => Destinations::PossiblyWithin(blocks.clone()),
            Self::Public { .. } => Destinations::Public,
        }
    }

    /// As people read it.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Listed(blocks) => blocks::describe(blocks),
            Self::Possibly(blocks) => format!("any of the service's addresses in {}", blocks::describe(blocks)),
            Self::Public { family, .. } => format!("the service's public {family} addresses"),
        }
    }
}

/// One block that a route is for. `route` is the route's place in its table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) net: IpNet,
    /// Order among routes for the same block: the lowest wins.
    pub(super) rank: u8,
    pub(super) route: usize,
    /// Known to hold no public address of the service asked for.
    pub(super) foreign: bool,
}

/// The best candidates: one for each block, in the order of the blocks.
fn best(candidates: &[Candidate]) -> Vec<Candidate> {
    let mut best = candidates.to_vec();
    best.sort_unstable_by_key(|candidate| (candidate.net, candidate.rank, candidate.route));
    best.dedup_by(|other, kept| {
        let same = other.net == kept.net;
        // What one route knows of a block is true of it whichever route wins.
        kept.foreign |= same && other.foreign;
        same
    });
    best
}

/// Divides one block among candidates, most specific blocks first: an address belongs to the first block that holds it.
/// A block that the more specific ones use up is left out.
fn divide_block(block: IpNet, best: &[Candidate]) -> Vec<(IpNet, Option<usize>)> {
    let mut base: Option<&Candidate> = None;
    let mut inner: Vec<&Candidate> = Vec::new();
    for candidate in best.iter().filter(|candidate| family_of(candidate.net) == family_of(block)) {
        if candidate.net.contains(&block) {
            if base.is_none_or(|base| candidate.net.prefix_len() > base.net.prefix_len()) {
                base = Some(candidate);
            }
        } else if block.contains(&candidate.net) {
            inner.push(candidate);
        }
    }
    inner.sort_by_key(|candidate| (std::cmp::Reverse(candidate.net.prefix_len()), candidate.net));
    let mut parts: Vec<(IpNet, Option<usize>)> = Vec::with_capacity(inner.len() + 1);
    let mut seen: BTreeSet<IpNet> = BTreeSet::new();
    for candidate in inner {
        if !covered(candidate.net, within(&seen, candidate.net)) {
            parts.push((candidate.net, Some(candidate.route)));
        }
        seen.insert(candidate.net);
    }
    if seen.is_empty() || !covered(block, seen) {
        parts.push((block, base.map(|base| base.route)));
    }
    parts
}

/// The blocks of the set that lie inside `net`: they stand together, because blocks sort by address, then by length.
fn within(set: &BTreeSet<IpNet>, net: IpNet) -> impl Iterator<Item = IpNet> {
    set.range(net..).copied().take_while(move |inner| net.contains(inner))
}

/// A part of a destination, and the routes that take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// The part.
    pub(super) dest: Dest,
    /// Their places in the table, in order; all of them lead to the same place. Empty where no route takes the part.
    pub(super) routes: Vec<usize>,
}

impl Part {
    /// Place of the first of the routes in its table.
    pub(super) fn route(&self) -> Option<usize> {
        self.routes.first().copied()
    }

    /// The first route, by its name, and how many there are besides.
    pub(super) fn name(&self, first: &str) -> String {
        match self.routes.len() {
            0 | 1 => first.to_owned(),
            2 => format!("{first} and 1 more route"),
            all => format!("{first} and {} more routes", all - 1),
        }
    }
}

/// What lies between gathering and telling: disjoint blocks, and the routes that take them.
#[derive(Debug, Default)]
struct Share {
    blocks: Vec<IpNet>,
    routes: BTreeSet<usize>,
}

impl Share {
    fn into_part(self, dest: impl FnOnce(Vec<IpNet>) -> Dest) -> Part {
        Part { dest: dest(tidy(&self.blocks)), routes: self.routes.into_iter().collect() }
    }
}

type Shares = BTreeMap<Option<usize>, Share>;

/// The same division without overlaps, gathered by what `group` says of a route.
fn gather(parts: &[(IpNet, Option<usize>)], group: impl Fn(usize) -> usize, shares: &mut Shares) {
    let mut holes: BTreeSet<IpNet> = BTreeSet::new();
    for (net, route) in parts {
        let inside: Vec<IpNet> = within(&holes, *net).collect();
        let left = subtract(*net, &inside);
        if !left.is_empty() {
            let share = shares.entry(route.map(&group)).or_default();
            share.blocks.extend(left);
            share.routes.extend(*route);
        }
        holes.insert(*net);
    }
}

fn divide_blocks(blocks: &[IpNet], best: &[Candidate], group: impl Fn(usize) -> usize) -> Shares {
    let mut shares = Shares::new();
    for block in blocks {
        gather(&divide_block(*block, best), &group, &mut shares);
    }
    shares
}

/// Divides public space: the default route takes the service, routes more specific than it take what lies in them, unless
/// they lead to the same place.
fn divide_public(family: Family, holes: &[IpNet], best: &[Candidate], group: impl Fn(usize) -> usize) -> Vec<Part> {
    let of_family = |candidate: &&Candidate| family_of(candidate.net) == family;
    let default = best.iter().filter(of_family).find(|candidate| candidate.net.prefix_len() == 0);
    let specific = best.iter().filter(of_family).filter(|candidate| {
        candidate.net.prefix_len() > 0
            && !candidate.foreign
            && !is_reserved(candidate.net)
            && !holes.iter().any(|hole| hole.contains(&candidate.net))
    });
    let mut shares = Shares::new();
    gather(&divide_among(specific), &group, &mut shares);
    let mut rest = default.and_then(|candidate| shares.remove(&Some(group(candidate.route)))).unwrap_or_default();
    rest.routes.extend(default.map(|candidate| candidate.route));
    let elsewhere = shares.values().flat_map(|share| share.blocks.iter().copied());
    let taken: Vec<IpNet> = tidy(&holes.iter().copied().chain(elsewhere).collect::<Vec<_>>());
    let mut answer: Vec<Part> = Vec::new();
    if !covers_public_space(family, taken.iter().copied()) {
        answer.push(rest.into_part(|_| Dest::Public { family, holes: taken }));
    }
    answer.extend(shares.into_values().map(|share| {
        share.into_part(|blocks| {
            // Halves that lead to one place are as good as a default route.
            let whole = covers_public_space(family, blocks.iter().copied());
            if whole { Dest::Public { family, holes: holes.to_vec() } } else { Dest::Possibly(blocks) }
        })
    }));
    answer
}

/// The candidates as parts of everything, most specific ones first; what none of them takes is left out.
fn divide_among<'c>(best: impl Iterator<Item = &'c Candidate>) -> Vec<(IpNet, Option<usize>)> {
    let mut parts: Vec<(IpNet, Option<usize>)> = best.map(|one| (one.net, Some(one.route))).collect();
    parts.sort_by_key(|(net, _)| (std::cmp::Reverse(net.prefix_len()), *net));
    parts
}

/// Divides a destination among candidates. `group` gives routes to the same place the same number.
///
/// Addresses that are known are told route by route. Of a service's unlisted addresses nobody knows which block holds them:
/// there the place counts, or a table with a thousand routes would make a thousand ways.
pub(super) fn divide(dest: &Dest, candidates: &[Candidate], group: impl Fn(usize) -> usize) -> Vec<Part> {
    let mut best = best(candidates);
    match dest {
        Dest::Listed(blocks) => {
            divide_blocks(blocks, &best, |route| route).into_values().map(|share| share.into_part(Dest::Listed)).collect()
        }
        Dest::Possibly(blocks) => {
            // What no service of AWS has addresses in takes none of them: local routes, lists of other services.
            best.retain(|Candidate { net, foreign, .. }| {
                !foreign && (net.prefix_len() == 0 || !blocks::holds_nothing_public(*net))
            });
            divide_blocks(blocks, &best, group).into_values().map(|share| share.into_part(Dest::Possibly)).collect()
        }
        Dest::Public { family, holes } => divide_public(*family, holes, &best, group),
    }
}

/// Numbers things so that equal ones have the same number: that of the first.
pub(super) fn first_of_its_kind<T: Ord>(items: impl Iterator<Item = T>) -> Vec<usize> {
    let mut first: BTreeMap<T, usize> = BTreeMap::new();
    items.enumerate().map(|(index, item)| *first.entry(item).or_insert(index)).collect()
}

/// The candidates of a route table, and the routes whose prefix list was not read.
struct Candidates {
    known: Vec<Candidate>,
    unread: Vec<(usize, Obstacle)>,
}

impl RegionIndex<'_> {
    /// Expands the routes of a table. Equal blocks rank: static routes, routes to prefix lists, propagated routes.
    fn candidates(&self, table: &RouteTable, family: Option<Family>, service: Option<&str>) -> Candidates {
        let mut all = Candidates { known: Vec::with_capacity(table.routes.len()), unread: Vec::new() };
        for (route, entry) in table.routes.iter().enumerate() {
            let rank = match entry.origin {
                RouteOrigin::Propagated | RouteOrigin::Advertisement => 2,
                RouteOrigin::CreateRouteTable | RouteOrigin::CreateRoute | RouteOrigin::Other(_) => 0,
            };
            let foreign = entry.target == RouteTarget::Local;
            match &entry.destination {
                RouteDestination::Ipv4(net) => {
                    all.known.push(Candidate { net: IpNet::V4(net.trunc()), rank, route, foreign });
                }
                RouteDestination::Ipv6(net) => {
                    all.known.push(Candidate { net: IpNet::V6(net.trunc()), rank, route, foreign });
                }
                RouteDestination::PrefixList(id) => self.expand(table, route, id, service, &mut all),
            }
        }
        // Source: Site-to-Site VPN guide, "Route tables and AWS Site-to-Site VPN route priority": the local route is
        // preferred even to more specific propagated ones.
        let local: Vec<IpNet> = all
            .known
            .iter()
            .filter(|candidate| table.routes.get(candidate.route).is_some_and(|route| route.target == RouteTarget::Local))
            .map(|candidate| candidate.net)
            .collect();
        all.known.retain(|candidate| {
            family.is_none_or(|family| family_of(candidate.net) == family)
                && (candidate.rank < 2 || !local.iter().any(|local| local.contains(&candidate.net)))
        });
        all
    }

    fn expand(&self, table: &RouteTable, route: usize, id: &str, service: Option<&str>, all: &mut Candidates) {
        let Some(list) = self.data.prefix_lists.get(id) else {
            let reason = format!("{} has a route to prefix list {id}, which was not read", table.id);
            all.unread.push((route, Obstacle::maybe_gap(reason, self.data.prefix_lists.gap.as_ref())));
            return;
        };
        let foreign = service.is_some_and(|service| self.is_list_of_another(list, service));
        match list.entries.as_result() {
            Ok(entries) => {
                all.known.extend(entries.iter().map(|net| Candidate { net: net.trunc(), rank: 1, route, foreign }));
            }
            Err(_) if foreign => {}
            Err(gap) => {
                let reason = format!("{} has a route to prefix list {id}, whose entries were not read", table.id);
                all.unread.push((route, Obstacle::gap(reason, gap)));
            }
        }
    }

    /// Divides a destination among the routes of a table. `service` tells whose public addresses are meant, so that
    /// prefix lists of other services of AWS are known not to hold them.
    pub(super) fn divide(&self, table: &RouteTable, dest: &Dest, service: &str) -> Result<Vec<Part>, Obstacle> {
        let candidates = self.candidates(table, dest.family(), Some(service));
        let places = match dest {
            // These are told route by route.
            Dest::Listed(_) => Vec::new(),
            Dest::Possibly(_) | Dest::Public { .. } => {
                first_of_its_kind(table.routes.iter().map(|route| (&route.target, &route.state)))
            }
        };
        let parts = divide(dest, &candidates.known, |route| places.get(route).copied().unwrap_or(route));
        let of_part = |part: &Part| {
            let none = part.routes.is_empty().then_some(None);
            none.into_iter().chain(part.routes.iter().copied().map(Some)).collect::<Vec<_>>()
        };
        let chosen: Vec<Option<usize>> = parts.iter().flat_map(of_part).collect();
        let foreign = |net: IpNet| {
            let others = self.data.prefix_lists.values().filter(|list| self.is_list_of_another(list, service));
            others.filter_map(|list| list.entries.known()).flatten().any(|entry| entry.contains(&net))
        };
        let takes = |route: usize, net: IpNet| {
            parts.iter().any(|part| part.routes.contains(&route) && part.dest.touches(net))
                && (matches!(dest, Dest::Listed(_)) || !foreign(net))
        };
        Self::certain(table, &candidates, &chosen, takes)?;
        Ok(parts)
    }

    /// Refuses a choice that something unread, or AWS's own dice, could turn. `takes` tells whether a route was chosen for
    /// some of the destination in a block.
    fn certain(
        table: &RouteTable,
        candidates: &Candidates,
        chosen: &[Option<usize>],
        takes: impl Fn(usize, IpNet) -> bool,
    ) -> Result<(), Obstacle> {
        let target = |route: usize| table.routes.get(route).map(|route| &route.target);
        for (unread, obstacle) in &candidates.unread {
            if chosen.iter().any(|route| route.and_then(target) != target(*unread)) {
                return Err(obstacle.clone());
            }
        }
        // "If your route table references multiple prefix lists that have overlapping CIDR blocks to different targets,
        // we randomly choose which route takes priority."
        let mut lists: BTreeMap<IpNet, usize> = BTreeMap::new();
        for candidate in candidates.known.iter().filter(|candidate| candidate.rank == 1) {
            let first = *lists.entry(candidate.net).or_insert(candidate.route);
            let differ = target(first) != target(candidate.route);
            if differ && (takes(first, candidate.net) || takes(candidate.route, candidate.net)) {
                return Err(Obstacle::new(format!(
                    "two prefix lists of {} hold {} and lead to different targets: AWS picks one at random",
                    table.id, candidate.net
                )));
            }
        }
        Ok(())
    }
}

impl<'a> Network<'a> {
    /// Divides a destination among the routes of a table by longest prefix match.
    ///
    /// Most specific blocks come first: each address belongs to the first block that holds it, and every block given has
    /// such an address. `None`: no route. Among routes for the same block static ones win, then routes to prefix lists, then
    /// propagated ones. Source: VPC guide, "How route priority works".
    ///
    /// # Errors
    /// A prefix list that was not read could decide, the table leaves the choice to chance, or the region was not scanned.
    pub fn routes_for(
        &self,
        region: &str,
        table: &'a RouteTable,
        destination: IpNet,
    ) -> Result<Vec<(IpNet, Option<&'a Route>)>, Obstacle> {
        let candidates = self.region(region)?.candidates(table, Some(family_of(destination)), None);
        let parts = divide_block(destination.trunc(), &best(&candidates.known));
        let chosen: Vec<Option<usize>> = parts.iter().map(|(_, route)| *route).collect();
        let takes = |route: usize, net: IpNet| parts.iter().any(|(part, one)| *one == Some(route) && overlap(*part, net));
        RegionIndex::certain(table, &candidates, &chosen, takes)?;
        Ok(parts.into_iter().map(|(net, route)| (net, route.and_then(|route| table.routes.get(route)))).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::super::fixtures::{Build, REGION, gap, routes};
    use super::*;
    use crate::model::Observed;

    fn net(text: &str) -> IpNet {
        text.parse().unwrap()
    }

    fn lookup(build: Build, lines: &[&str], destination: &str) -> Result<Vec<String>, Obstacle> {
        let inventory = build.vpc("vpc-a", "10.0.0.0/16").main_table("rtb-a", "vpc-a", lines).done();
        let network = Network::new(&inventory);
        let table = inventory.regions[REGION].route_tables.get("rtb-a").unwrap();
        let parts = network.routes_for(REGION, table, net(destination))?;
        Ok(parts.iter().map(|(net, route)| format!("{net} {}", route.map_or("-", |route| route.target.id()))).collect())
    }

    #[test]
    fn the_most_specific_route_wins_and_splits_a_block() {
        let lines = ["0.0.0.0/0 nat-a", "52.218.0.0/24 tgw-a", "52.218.0.128/25 vgw-a"];
        let parts = lookup(Build::new(), &lines, "52.218.0.0/17").unwrap();
        assert_eq!(parts, ["52.218.0.128/25 vgw-a", "52.218.0.0/24 tgw-a", "52.218.0.0/17 nat-a"]);
        assert_eq!(lookup(Build::new(), &lines, "8.8.8.8/32").unwrap(), ["8.8.8.8/32 nat-a"]);
        assert_eq!(lookup(Build::new(), &["10.9.0.0/16 tgw-a"], "8.8.8.8/32").unwrap(), ["8.8.8.8/32 -"]);
    }

    #[test]
    fn halves_that_use_a_block_up_leave_nothing_of_it() {
        let lines = ["0.0.0.0/0 nat-a", "0.0.0.0/1 igw-a", "128.0.0.0/1 igw-b"];
        assert_eq!(lookup(Build::new(), &lines, "0.0.0.0/0").unwrap(), ["0.0.0.0/1 igw-a", "128.0.0.0/1 igw-b"]);
    }

    #[test]
    fn families_do_not_mix() {
        let lines = ["0.0.0.0/0 nat-a", "::/0 eigw-a"];
        assert_eq!(lookup(Build::new(), &lines, "2001:db8::/32").unwrap(), ["2001:db8::/32 eigw-a"]);
        assert_eq!(lookup(Build::new(), &["0.0.0.0/0 nat-a"], "2001:db8::/32").unwrap(), ["2001:db8::/32 -"]);
    }

    #[test]
    fn equal_blocks_rank_static_then_prefix_list_then_propagated() {
        let build = || Build::new().list("pl-c", "corporate", "111122223333", &["198.51.100.0/24"]);
        let block = "198.51.100.0/24";
        let all = ["198.51.100.0/24 vgw-a propagated", "pl-c tgw-a", "198.51.100.0/24 igw-a"];
        assert_eq!(lookup(build(), &all, block).unwrap(), ["198.51.100.0/24 igw-a"]);
        assert_eq!(lookup(build(), &all[..2], block).unwrap(), ["198.51.100.0/24 tgw-a"]);
        // More specific routes win whatever they are.
        let specific = ["198.51.100.0/25 vgw-a propagated", "pl-c tgw-a"];
        assert_eq!(lookup(build(), &specific, block).unwrap(), ["198.51.100.0/25 vgw-a", "198.51.100.0/24 tgw-a"]);
    }

    #[test]
    fn a_propagated_route_never_takes_the_local_one() {
        let lines = ["10.0.0.0/16 local", "10.0.5.0/24 vgw-a propagated", "10.0.6.0/24 vpce-fw"];
        assert_eq!(lookup(Build::new(), &lines, "10.0.5.7/32").unwrap(), ["10.0.5.7/32 local"]);
        assert_eq!(lookup(Build::new(), &lines, "10.0.6.7/32").unwrap(), ["10.0.6.7/32 vpce-fw"]);
    }

    #[test]
    fn lists_that_overlap_with_different_targets_are_left_to_chance() {
        let build = || {
            Build::new().list("pl-c", "one", "111122223333", &["198.51.100.0/24"]).list(
                "pl-d",
                "two",
                "111122223333",
                &["198.51.100.0/24"],
            )
        };
        let refused = lookup(build(), &["pl-c tgw-a", "pl-d nat-a"], "198.51.100.0/24").unwrap_err();
        assert!(refused.reason.contains("at random"), "{refused}");
        assert!(lookup(build(), &["pl-c tgw-a", "pl-d tgw-a"], "198.51.100.0/24").is_ok());
        assert!(lookup(build(), &["pl-c tgw-a", "pl-d nat-a", "0.0.0.0/0 igw-a"], "8.8.8.8/32").is_ok());
    }

    #[test]
    fn chance_about_other_blocks_leaves_a_destination_certain() {
        let build = || {
            Build::new()
                .aws_lists()
                .list("pl-c", "one", "111122223333", &["10.9.0.0/16", "52.95.0.0/16", "198.51.100.0/24"])
                .list("pl-d", "two", "111122223333", &["10.9.0.0/16", "198.51.100.0/24"])
        };
        let lines = ["pl-c tgw-a", "pl-d nat-a", "0.0.0.0/0 igw-a"];
        assert_eq!(lookup(build(), &lines, "52.95.1.0/24").unwrap(), ["52.95.1.0/24 tgw-a"]);
        assert!(lookup(build(), &lines, "10.9.1.0/24").is_err());
        // The one public block that both hold is S3's, which no other service has addresses in.
        let inventory = build().vpc("vpc-a", "10.0.0.0/16").main_table("rtb-a", "vpc-a", &lines).done();
        let network = Network::new(&inventory);
        let table = inventory.regions[REGION].route_tables.get("rtb-a").unwrap();
        let divided = |service| {
            let dest = Dest::Public { family: Family::Ipv4, holes: Vec::new() };
            network.region(REGION).unwrap().divide(table, &dest, service)
        };
        assert!(divided("sqs").is_ok());
        assert!(divided("s3").is_err());
    }

    #[test]
    fn what_a_list_of_aws_tells_of_a_block_does_not_hang_on_the_order_of_routes() {
        let divided = |lines: &[&str]| {
            let build = Build::new().aws_lists().list("pl-c", "corporate", "111122223333", &["203.0.113.0/24"]);
            let inventory = build.vpc("vpc-a", "10.0.0.0/16").main_table("rtb-a", "vpc-a", lines).done();
            let network = Network::new(&inventory);
            let table = inventory.regions[REGION].route_tables.get("rtb-a").unwrap();
            let dest = Dest::Public { family: Family::Ipv4, holes: Vec::new() };
            let parts = network.region(REGION).unwrap().divide(table, &dest, "sqs").unwrap();
            parts.iter().map(|part| part.dest.destinations()).collect::<Vec<_>>()
        };
        assert_eq!(divided(&["pl-ddb vpce-a", "pl-c tgw-a", "0.0.0.0/0 nat-a"]), [Destinations::Public]);
        assert_eq!(divided(&["pl-c tgw-a", "pl-ddb vpce-a", "0.0.0.0/0 nat-a"]), [Destinations::Public]);
    }

    #[test]
    fn an_unread_prefix_list_decides_only_where_it_leads_elsewhere() {
        let unread = || {
            let mut build = Build::new().list("pl-c", "corporate", "111122223333", &[]);
            build.region().prefix_lists.items.get_mut("pl-c").unwrap().entries =
                Observed::Unknown(gap("GetManagedPrefixListEntries"));
            build
        };
        let refused = lookup(unread(), &["0.0.0.0/0 nat-a", "pl-c tgw-a"], "8.8.8.8/32").unwrap_err();
        assert_eq!(refused.gaps, [gap("GetManagedPrefixListEntries")]);
        assert!(lookup(unread(), &["0.0.0.0/0 tgw-a", "pl-c tgw-a"], "8.8.8.8/32").is_ok());
        assert!(lookup(Build::new(), &["0.0.0.0/0 nat-a", "pl-x tgw-a"], "8.8.8.8/32").is_err());
    }

    #[test]
    fn the_unread_list_of_one_service_says_nothing_of_another() {
        let mut build = Build::new().aws_lists().vpc("vpc-a", "10.0.0.0/16");
        build.region().prefix_lists.items.get_mut("pl-s3").unwrap().entries =
            Observed::Unknown(gap("GetManagedPrefixListEntries"));
        let inventory = build.main_table("rtb-a", "vpc-a", &["0.0.0.0/0 nat-a", "pl-s3 vpce-a"]).done();
        let network = Network::new(&inventory);
        let table = inventory.regions[REGION].route_tables.get("rtb-a").unwrap();
        let dest = Dest::Public { family: Family::Ipv4, holes: Vec::new() };
        let divided = |service: &str| network.region(REGION).unwrap().divide(table, &dest, service);
        assert_eq!(divided("sqs").map(|parts| parts.len()), Ok(1));
        assert_eq!(divided("s3").unwrap_err().gaps, [gap("GetManagedPrefixListEntries")]);
    }

    #[test]
    fn public_space_is_divided_between_the_default_and_what_is_more_specific() {
        let candidates = |lines: &[&str]| {
            let inventory = Build::new().vpc("vpc-a", "10.0.0.0/16").main_table("rtb-a", "vpc-a", lines).done();
            let network = Network::new(&inventory);
            let table = inventory.regions[REGION].route_tables.get("rtb-a").unwrap();
            let dest = Dest::Public { family: Family::Ipv4, holes: Vec::new() };
            let parts = network.region(REGION).unwrap().divide(table, &dest, "sqs").unwrap();
            let target = |part: &Part| part.route().map_or("-".to_owned(), |route| table.routes[route].target.id().to_owned());
            parts.iter().map(|part| (part.dest.destinations(), target(part))).collect::<Vec<_>>()
        };
        let within = |text: &str| Destinations::PossiblyWithin(vec![net(text)]);
        assert_eq!(candidates(&["10.0.0.0/8 tgw-a", "0.0.0.0/0 nat-a"]), [(Destinations::Public, "nat-a".to_owned())]);
        assert_eq!(
            candidates(&["52.95.0.0/16 vgw-a", "0.0.0.0/0 nat-a"]),
            [(Destinations::Public, "nat-a".to_owned()), (within("52.95.0.0/16"), "vgw-a".to_owned())]
        );
        assert_eq!(
            candidates(&["0.0.0.0/1 nat-a", "128.0.0.0/1 nat-b"]),
            [(within("0.0.0.0/1"), "nat-a".to_owned()), (within("128.0.0.0/1"), "nat-b".to_owned())]
        );
        assert_eq!(candidates(&["10.0.0.0/16 local"]), [(Destinations::Public, "-".to_owned())]);
        assert_eq!(candidates(&["2000::/3 eigw-a", "0.0.0.0/0 nat-a"]), [(Destinations::Public, "nat-a".to_owned())]);
    }

    #[test]
    fn routes_to_one_place_are_one_way_to_public_space() {
        let divided = |lines: &[&str]| {
            let inventory = Build::new().vpc("vpc-a", "10.0.0.0/16").main_table("rtb-a", "vpc-a", lines).done();
            let network = Network::new(&inventory);
            let table = inventory.regions[REGION].route_tables.get("rtb-a").unwrap();
            let dest = Dest::Public { family: Family::Ipv4, holes: Vec::new() };
            let parts = network.region(REGION).unwrap().divide(table, &dest, "sqs").unwrap();
            let first = |part: &Part| table.routes[part.route().unwrap()].destination.to_string();
            parts.iter().map(|part| (part.dest.destinations(), part.name(&first(part)))).collect::<Vec<_>>()
        };
        let way = |dest, name: &str| (dest, name.to_owned());
        let halves = ["0.0.0.0/1 nat-a", "128.0.0.0/1 nat-a"];
        assert_eq!(divided(&halves), [way(Destinations::Public, "0.0.0.0/1 and 1 more route")]);
        assert_eq!(divided(&["0.0.0.0/0 tgw-a", "52.0.0.0/8 tgw-a"]), [way(Destinations::Public, "0.0.0.0/0 and 1 more route")]);
        let within = |nets: &[&str]| Destinations::PossiblyWithin(nets.iter().map(|text| net(text)).collect());
        let office =
            ["0.0.0.0/0 nat-a", "52.0.0.0/16 vgw-a", "54.0.0.0/22 vgw-a", "54.0.1.0/24 nat-a", "53.0.0.0/16 vgw-a blackhole"];
        assert_eq!(
            divided(&office),
            [
                way(Destinations::Public, "0.0.0.0/0 and 1 more route"),
                way(within(&["52.0.0.0/16", "54.0.0.0/24", "54.0.2.0/23"]), "52.0.0.0/16 and 1 more route"),
                way(within(&["53.0.0.0/16"]), "53.0.0.0/16")
            ]
        );
    }

    #[test]
    fn a_part_of_public_space_is_not_divided_by_private_routes() {
        let divided = |lines: &[&str], blocks: &[&str]| {
            let inventory =
                Build::new().aws_lists().vpc("vpc-a", "10.0.0.0/16 2001:db8::/56").main_table("rtb-a", "vpc-a", lines).done();
            let network = Network::new(&inventory);
            let table = inventory.regions[REGION].route_tables.get("rtb-a").unwrap();
            let dest = Dest::Possibly(blocks.iter().map(|block| net(block)).collect());
            let parts = network.region(REGION).unwrap().divide(table, &dest, "sqs").unwrap();
            let target = |part: &Part| part.route().map_or("-".to_owned(), |route| table.routes[route].target.id().to_owned());
            parts.iter().map(target).collect::<Vec<_>>()
        };
        let lines = ["10.0.0.0/16 local", "10.0.0.0/8 tgw-a", "pl-s3 vpce-a", "0.0.0.0/0 igw-a", "64:ff9b::/96 nat-a"];
        assert_eq!(divided(&lines, &["0.0.0.0/1"]), ["igw-a"]);
        assert_eq!(divided(&lines, &["64:ff9b::/96"]), ["nat-a"]);
        assert_eq!(divided(&["64:ff9b::/96 nat-a", "64:ff9b::3400:0/104 vgw-a"], &["64:ff9b::/96"]).len(), 2);
        assert_eq!(divided(&["52.0.0.0/8 vgw-a", "0.0.0.0/0 igw-a"], &["0.0.0.0/1"]), ["vgw-a", "igw-a"]);
    }

    /// What AWS's rule says of one address, written as plainly as possible.
    fn by_hand(lines: &[(IpNet, u8)], address: IpAddr) -> Option<usize> {
        let matching = lines.iter().enumerate().filter(|(_, (net, _))| net.contains(&address));
        matching.max_by_key(|(index, (net, rank))| (net.prefix_len(), 9 - rank, usize::MAX - index)).map(|(index, _)| index)
    }

    fn v4() -> impl Strategy<Value = IpNet> {
        // Few distinct high bits, so that routes nest and collide.
        (0_u32..8, 0_u32..=u32::MAX, 0_u8..=32).prop_map(|(high, low, len)| {
            let address = Ipv4Addr::from_bits((high << 28) | (low & 0x00ff_ffff));
            IpNet::new(IpAddr::V4(address), len).unwrap().trunc()
        })
    }

    fn v6() -> impl Strategy<Value = IpNet> {
        (0_u128..4, any::<u128>(), 0_u8..=128).prop_map(|(high, low, len)| {
            let address = Ipv6Addr::from_bits((high << 120) | (low & (u128::MAX >> 32)));
            IpNet::new(IpAddr::V6(address), len).unwrap().trunc()
        })
    }

    fn agrees(lines: &[(IpNet, u8)], destination: IpNet, samples: &[u128]) -> Result<(), TestCaseError> {
        let texts: Vec<String> = lines
            .iter()
            .enumerate()
            .map(|(index, (net, rank))| format!("{net} igw-{index}{}", if *rank == 2 { " propagated" } else { "" }))
            .collect();
        let mut build = Build::new().vpc("vpc-a", "192.168.0.0/16").main_table("rtb-a", "vpc-a", &[]);
        let table = build.region().route_tables.items.get_mut("rtb-a").unwrap();
        table.routes = routes(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let inventory = build.done();
        let network = Network::new(&inventory);
        let table = inventory.regions[REGION].route_tables.get("rtb-a").unwrap();
        let parts = network.routes_for(REGION, table, destination).unwrap();
        let dest = Dest::Listed(vec![destination]);
        let disjoint = network.region(REGION).unwrap().divide(table, &dest, "s3").unwrap();
        for sample in samples {
            let address = match destination {
                IpNet::V4(net) => {
                    let host = u32::try_from(sample & u128::from(u32::MAX)).unwrap();
                    IpAddr::V4(Ipv4Addr::from_bits(net.network().to_bits() | (host & !net.netmask().to_bits())))
                }
                IpNet::V6(net) => IpAddr::V6(Ipv6Addr::from_bits(net.network().to_bits() | (sample & !net.netmask().to_bits()))),
            };
            let wanted = by_hand(lines, address).map(|index| &table.routes[index]);
            let first = parts.iter().find(|(net, _)| net.contains(&address));
            prop_assert_eq!(first.map(|(_, route)| *route), Some(wanted));
            let holding: Vec<_> = disjoint
                .iter()
                .filter(|part| matches!(&part.dest, Dest::Listed(blocks) if blocks.iter().any(|net| net.contains(&address))))
                .collect();
            prop_assert_eq!(holding.len(), 1);
            prop_assert_eq!(holding[0].route().map(|route| &table.routes[route]), wanted);
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

        #[test]
        fn agrees_with_brute_force_in_ipv4(
            lines in prop::collection::vec((v4(), prop::sample::select(vec![0_u8, 2])), 0..12),
            destination in v4(),
            samples in prop::collection::vec(any::<u128>(), 40),
        ) {
            agrees(&lines, destination, &samples)?;
        }

        #[test]
        fn agrees_with_brute_force_in_ipv6(
            lines in prop::collection::vec((v6(), prop::sample::select(vec![0_u8, 2])), 0..12),
            destination in v6(),
            samples in prop::collection::vec(any::<u128>(), 40),
        ) {
            agrees(&lines, destination, &samples)?;
        }
    }
}
