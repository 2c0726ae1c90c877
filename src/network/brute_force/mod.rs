//! The path engine beside a packet walk written as plainly as possible, on random small accounts.
//!
//! `plan` draws an account, `account` builds it as AWS would list it. `names`, `packet` and `doors` follow single packets
//! through it by the rules of AWS's documentation; they read the model and know nothing of the engine's index, division of
//! blocks or walk. The properties are here. `PROPTEST_CASES` makes them try more accounts.
//!
//! What the engine takes as given (see the module above) holds for the packets too: network ACLs are looked at on the way to
//! interface endpoints only, clients' own groups let TCP 443 out, and over IPv6 a name without addresses of that version
//! stands for the dual-stack name.

mod account;
mod doors;
mod hidden;
mod names;
mod packet;
mod plan;
mod shuffle;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use self::account::{Names, USUAL, account};
use self::doors::{blocks, edges, get_in, targets};
use self::hidden::{hidden, hide};
use self::names::{Told, ask};
use self::packet::{Arrival, CHANCE, Landing, Walker, Why, by_dns64, holds, is_public};
use self::plan::{SERVICES, plan};
use self::shuffle::shuffle;
use super::blocks::tidy;
use super::fixtures::REGION;
use super::{Destinations, End, Family, NatZone, Network, Path};
use crate::model::ec2::{EndpointKind, EndpointState, InterfaceKind, RouteDestination, RouteTarget, Subnet};
use crate::model::{Inventory, RegionInventory};

const FAMILIES: [Family; 2] = [Family::Ipv4, Family::Ipv6];

/// Packets to a service, each with where it ends; without an address where the name has none.
type Sent = Vec<(Option<IpAddr>, BTreeSet<Landing>)>;

fn region(inventory: &Inventory) -> &RegionInventory {
    &inventory.regions[REGION]
}

/// Every block that some route, list or VPC names.
fn all_blocks(region: &RegionInventory) -> Vec<IpNet> {
    let routes = region.route_tables.values().flat_map(|table| &table.routes).filter_map(|route| match &route.destination {
        RouteDestination::Ipv4(net) => Some(IpNet::V4(*net)),
        RouteDestination::Ipv6(net) => Some(IpNet::V6(*net)),
        RouteDestination::PrefixList(_) => None,
    });
    let lists = region.prefix_lists.values().filter_map(|list| list.entries.known()).flatten().copied();
    let transit = region.transit_gateway_route_tables.values().filter_map(|table| table.routes.known()).flatten();
    routes.chain(lists).chain(transit.map(|route| route.destination)).chain(vpc_blocks(region)).collect()
}

fn vpc_blocks(region: &RegionInventory) -> Vec<IpNet> {
    let v4 = region.vpcs.values().flat_map(|vpc| &vpc.ipv4_cidrs).map(|net| IpNet::V4(*net));
    v4.chain(region.vpcs.values().flat_map(|vpc| &vpc.ipv6_cidrs).map(|net| IpNet::V6(*net))).collect()
}

fn entries(region: &RegionInventory, list: &str) -> Vec<IpNet> {
    region.prefix_lists.get(list).and_then(|list| list.entries.known()).cloned().unwrap_or_default()
}

/// The list that holds a service's addresses of an IP version, and whether it holds all of them.
fn list_of(service: &str, family: Family) -> Option<(&'static str, bool)> {
    match (service, family) {
        ("s3", Family::Ipv4) => Some(("pl-s3", true)),
        ("s3", Family::Ipv6) => Some(("pl-s36", true)),
        ("dynamodb", Family::Ipv4) => Some(("pl-ddb", true)),
        ("vpc-lattice", Family::Ipv4) => Some(("pl-lat", false)),
        _ => None,
    }
}

/// Public addresses that a service may have: in its list where that holds all, else in no list of another service and no
/// VPC. One of each set that all routes treat alike.
fn service_addresses(region: &RegionInventory, service: &str, family: Family) -> BTreeSet<IpAddr> {
    let own = list_of(service, family).map(|(list, whole)| (entries(region, list), whole));
    let more = [IpNet::V4("8.8.8.8/32".parse().unwrap()), IpNet::V6("2600:9000::1/128".parse().unwrap())];
    let points = edges(all_blocks(region).into_iter().chain(more));
    let v4 = |point: &IpAddr| point.is_ipv4() == (family == Family::Ipv4);
    let mut points: BTreeSet<IpAddr> = points.into_iter().filter(v4).collect();
    match own {
        Some((own, true)) if !own.is_empty() => points.retain(|point| own.iter().any(|net| holds(*net, *point))),
        own => {
            let own = own.map(|(own, _)| own).unwrap_or_default();
            let aws =
                region.prefix_lists.values().filter(|list| list.owner_id == "AWS").flat_map(|list| entries(region, &list.id));
            let others: Vec<IpNet> = aws.filter(|net| !own.contains(net)).chain(vpc_blocks(region)).collect();
            points.retain(|point| is_public(*point) && !others.iter().any(|net| holds(*net, *point)));
        }
    }
    points
}

/// Addresses that the service's name, or over IPv6 its dual-stack name, may resolve to.
fn public_packets(region: &RegionInventory, subnet: &Subnet, service: &str, family: Family) -> BTreeSet<IpAddr> {
    let listed = list_of(service, Family::Ipv4).is_some_and(|(_, whole)| whole);
    let mapped = || {
        let v4 = service_addresses(region, service, Family::Ipv4);
        let plain = v4.iter().filter_map(|address| match address {
            IpAddr::V4(address) => Some(IpAddr::V6(by_dns64(*address))),
            IpAddr::V6(_) => None,
        });
        // Where routes divide the translated addresses.
        let all: BTreeSet<IpAddr> = plain.collect();
        let is_mapped = |point: &IpAddr| {
            let IpAddr::V6(point) = point else { return false };
            let low = u32::try_from(point.to_bits() & u128::from(u32::MAX)).unwrap();
            let back = std::net::Ipv4Addr::from_bits(low);
            by_dns64(back) == *point && is_service(region, service, IpAddr::V4(back))
        };
        edges(all_blocks(region)).into_iter().filter(is_mapped).chain(all).collect::<BTreeSet<_>>()
    };
    match family {
        Family::Ipv4 => service_addresses(region, service, Family::Ipv4),
        Family::Ipv6 if !subnet.dns64 => service_addresses(region, service, Family::Ipv6),
        // S3's and DynamoDB's ordinary names have no IPv6 address of their own.
        Family::Ipv6 if listed => mapped(),
        Family::Ipv6 => service_addresses(region, service, Family::Ipv6).into_iter().chain(mapped()).collect(),
    }
}

fn is_service(region: &RegionInventory, service: &str, address: IpAddr) -> bool {
    let of = |list: &str| entries(region, list).iter().any(|net| holds(*net, address));
    match list_of(service, Family::Ipv4) {
        Some((list, true)) => of(list),
        own => {
            let others = ["pl-s3", "pl-ddb", "pl-lat"].into_iter().filter(|list| own.is_none_or(|(own, _)| own != *list));
            is_public(address) && !others.into_iter().any(of) && !vpc_blocks(region).iter().any(|net| holds(*net, address))
        }
    }
}

/// Whether clients in a subnet have, or get, public IPv4 addresses. A NAT gateway's address is not a client's.
fn has_public(region: &RegionInventory, subnet: &Subnet) -> bool {
    let mut interfaces = region.network_interfaces.values().filter(|one| one.subnet_id == subnet.id);
    subnet.map_public_ip_on_launch
        || interfaces
            .any(|one| one.kind != InterfaceKind::NatGateway && one.private_addresses.iter().any(|a| a.public_ip.is_some()))
}

/// Sends packets from a subnet to a service and says where each of them ends.
fn send(inventory: &Inventory, subnet: &Subnet, service: &str, family: Family) -> Sent {
    let region = region(inventory);
    let one = |landing| vec![(None, [landing].into())];
    let walker = Walker { region, subnet, public: has_public(region, subnet) };
    let told = if service.is_empty() { Told::Public } else { ask(inventory, subnet, service, family) };
    let endpoint = match told {
        Told::Nothing => return one(Landing::Dropped(Why::NoSuchName)),
        Told::Elsewhere(zone) => return one(Landing::Outside(zone)),
        Told::Untold(why) => return one(Landing::Untold(why)),
        Told::Public => {
            let packets = public_packets(region, subnet, service, family);
            let lands = |arrival| match arrival {
                Arrival::Landed(landing) => landing,
                Arrival::Delivered { .. } => Landing::Dropped(Why::Inside),
            };
            return packets.into_iter().map(|to| (Some(to), walker.send(to).into_iter().map(lands).collect())).collect();
        }
        Told::Endpoint(endpoint) => endpoint,
    };
    let mut landings = BTreeSet::new();
    let mut delivered = Vec::new();
    for target in targets(region, endpoint, subnet, family) {
        for arrival in walker.send(target.1) {
            match arrival {
                Arrival::Landed(landing) => _ = landings.insert(landing),
                Arrival::Delivered { by_nat: true, .. } => {
                    landings.insert(Landing::Untold("a NAT gateway before an endpoint"));
                }
                Arrival::Delivered { vpc, .. } if vpc == endpoint.vpc_id => delivered.push(target),
                Arrival::Delivered { .. } => _ = landings.insert(Landing::Dropped(Why::Inside)),
            }
        }
    }
    if !delivered.is_empty() {
        landings.insert(get_in(region, endpoint, subnet, &delivered, family));
    }
    vec![(None, landings)]
}

/// Whether an end of the engine says the same as that of a packet.
fn means(end: &End, landing: &Landing) -> bool {
    match (end, landing) {
        (End::InterfaceEndpoint { endpoint_id, vpc_id, same_zone }, Landing::Endpoint { id, vpc, same_zone: same }) => {
            endpoint_id == id && vpc_id == vpc && same_zone == same
        }
        (End::GatewayEndpoint { endpoint_id }, Landing::Gateway(id)) => endpoint_id == id,
        (End::Nat { nat_gateway_id, vpc_id, zone }, Landing::Nat { id, vpc, same_zone }) => {
            let wanted = match same_zone {
                Some(true) => NatZone::Same,
                Some(false) => NatZone::Other,
                None => NatZone::Regional,
            };
            nat_gateway_id == id && vpc_id == vpc && *zone == wanted
        }
        (End::Internet { gateway_id }, Landing::Internet(id)) => gateway_id == id,
        (End::Blackhole { target_id }, Landing::Blackhole(id)) => target_id == id,
        (End::LeavesView { via, .. }, Landing::Outside(id)) => via == id,
        (End::Appliance { id: box_id }, Landing::Appliance(id)) => box_id == id,
        (End::Blocked { by, .. }, Landing::Refused(ids)) => ids.contains(by),
        (End::None { reason }, Landing::Dropped(why)) => words(*why).iter().any(|words| reason.contains(words)),
        (End::Unknown { gaps, .. }, Landing::Untold(_)) => gaps.is_empty(),
        _ => false,
    }
}

/// What the engine says in its reasons for a packet that goes no further.
fn words(why: Why) -> &'static [&'static str] {
    match why {
        Why::NoRoute => &["has no route for"],
        // A block of which a peer holds only a part goes nowhere as a whole: nobody of the service is in the part either.
        Why::Inside => &["in the address range of", "the packets stay there", "no edge-to-edge routing"],
        Why::NoPublicAddress => &["public IPv4 address"],
        Why::PrivateAddress => &["are private ones"],
        Why::PrivateNat => &["drops what the private NAT gateway"],
        Why::NotCarried => &["does not carry"],
        Why::Peering => &["no edge-to-edge routing"],
        Why::OtherNetwork => &["the packets come from another network"],
        Why::Zone => &["has no subnet in"],
        Why::Loop => &["a loop"],
        Why::NoSuchName => &["record of it", "gives", "which is"],
    }
}

/// The ends that a path tells for one address: those of the narrowest blocks that hold it, else those of the rest.
fn ends_at(path: &Path, to: Option<IpAddr>) -> Vec<&End> {
    let named: Vec<&End> =
        path.segments.iter().filter(|one| one.destinations == Destinations::Name).map(|one| &one.end).collect();
    let (Some(to), true) = (to, named.is_empty()) else { return path.segments.iter().map(|one| &one.end).collect() };
    let width = |destinations: &Destinations| match destinations {
        Destinations::Name | Destinations::Public => Some(0),
        Destinations::Prefixes(nets) => nets.iter().any(|net| holds(*net, to)).then_some(1),
        Destinations::PossiblyWithin(nets) => nets.iter().filter(|net| holds(**net, to)).map(|net| 1 + net.prefix_len()).max(),
    };
    let narrowest = path.segments.iter().filter_map(|one| width(&one.destinations)).max();
    path.segments.iter().filter(|one| width(&one.destinations) == narrowest && narrowest.is_some()).map(|one| &one.end).collect()
}

/// Every end that a path tells for any block that holds an address.
fn any_ends_at(path: &Path, to: IpAddr) -> Vec<&End> {
    let holding = |destinations: &Destinations| match destinations {
        Destinations::Name | Destinations::Public => true,
        Destinations::Prefixes(nets) | Destinations::PossiblyWithin(nets) => nets.iter().any(|net| holds(*net, to)),
    };
    path.segments.iter().filter(|one| holding(&one.destinations)).map(|one| &one.end).collect()
}

fn agree(ends: &[&End], landings: &BTreeSet<Landing>) -> bool {
    !ends.is_empty()
        && ends.iter().all(|end| landings.iter().any(|landing| means(end, landing)))
        && landings.iter().all(|landing| ends.iter().any(|end| means(end, landing)))
}

/// Compares a path with the packets. Of unlisted addresses whose packets may go several ways the path tells all ways
/// together, and a narrower block of one way does not exclude the others.
fn compare(path: &Path, sent: &Sent) -> Result<(), String> {
    let forks = sent.iter().any(|(_, landings)| landings.len() > 1);
    // Where AWS picks a route at random for some addresses, the engine refuses to tell of any.
    let chance = sent.iter().any(|(_, landings)| landings.contains(&Landing::Untold(CHANCE)));
    for (to, landings) in sent {
        let ends = ends_at(path, *to);
        let forked = || {
            let Some(to) = to else { return false };
            let ends = any_ends_at(path, *to);
            forks && landings.iter().all(|landing| ends.iter().any(|end| means(end, landing)))
        };
        let refused = chance && ends.iter().all(|end| means(end, &Landing::Untold(CHANCE)));
        if !agree(&ends, landings) && !forked() && !refused {
            return Err(format!("to {to:?}: engine {ends:#?}, packets {landings:?}"));
        }
    }
    Ok(())
}

/// The tables of an account, for messages.
fn describe(inventory: &Inventory) -> String {
    let region = region(inventory);
    let mut lines = Vec::new();
    for subnet in region.subnets.values() {
        let Subnet { id, vpc_id, zone_id, ipv4_cidr, ipv6_cidrs, map_public_ip_on_launch, dns64, .. } = subnet;
        let own = packet::table_of(region, subnet);
        lines.push(format!(
            "{id} {vpc_id} {zone_id} {ipv4_cidr:?} {ipv6_cidrs:?} public {map_public_ip_on_launch} dns64 {dns64} {}",
            own.id
        ));
    }
    for table in region.route_tables.values() {
        lines.push(format!("{}:", table.id));
        for route in &table.routes {
            lines.push(format!("  {} -> {} {:?} {:?}", route.destination, route.target.id(), route.state, route.origin));
        }
    }
    lines.join("\n")
}

/// Checks every path of a fully read account against packets.
fn check(inventory: &Inventory) -> Result<(), TestCaseError> {
    let network = Network::new(inventory);
    let mut paths = network.paths().ways_out;
    for subnet in region(inventory).subnets.values() {
        for service in SERVICES {
            paths.extend(FAMILIES.map(|family| network.path(REGION, &subnet.id, service, family)));
        }
    }
    for path in paths {
        let subnet = region(inventory).subnets.get(&path.subnet_id).unwrap();
        if blocks(subnet, path.family).is_empty() {
            prop_assert!(path.segments.is_empty());
            continue;
        }
        let service = if &*path.service == super::ELSEWHERE { "" } else { &path.service };
        let sent = send(inventory, subnet, service, path.family);
        if let Err(why) = compare(&path, &sent) {
            return Err(TestCaseError::fail(format!(
                "{} to {} over {}, {why}\n{path:#?}\n{}",
                path.subnet_id,
                path.service,
                path.family,
                describe(inventory)
            )));
        }
    }
    Ok(())
}

/// Paths of every subnet to every service, in both IP versions.
fn paths_of(inventory: &Inventory, of: &Inventory) -> Vec<Path> {
    let network = Network::new(inventory);
    let mut paths = Vec::new();
    for subnet in region(of).subnets.values() {
        for service in SERVICES {
            paths.extend(FAMILIES.map(|family| network.path(REGION, &subnet.id, service, family)));
        }
    }
    paths
}

/// What an end says, in the usual names and without its reason.
fn gist(end: &End, names: Names) -> String {
    let usual = |id: &str| names.usual(id);
    match end {
        End::InterfaceEndpoint { endpoint_id, vpc_id, same_zone } => {
            format!("endpoint {} {} {same_zone}", usual(endpoint_id), usual(vpc_id))
        }
        End::GatewayEndpoint { endpoint_id } => format!("gateway {}", usual(endpoint_id)),
        End::Nat { nat_gateway_id, vpc_id, zone } => format!("nat {} {} {zone:?}", usual(nat_gateway_id), usual(vpc_id)),
        End::Internet { gateway_id } => format!("internet {}", usual(gateway_id)),
        End::Blackhole { target_id } => format!("blackhole {}", usual(target_id)),
        End::LeavesView { via, .. } => format!("outside {}", usual(via)),
        End::Appliance { id } => format!("appliance {}", usual(id)),
        // Which of several refusals is told first follows the order.
        End::None { .. } | End::Blocked { .. } | End::Unknown { .. } => end.word().to_owned(),
    }
}

/// Subnet, service, IP version, and what the path says of which destinations, in the usual names.
fn gist_of(path: &Path, names: Names) -> (String, String, Family, BTreeSet<String>) {
    // Which of two prefix lists takes a block that both hold hangs on their names; where both lead to one end, nothing else does.
    let mut listed: BTreeMap<(&str, String), Vec<IpNet>> = BTreeMap::new();
    let mut told = BTreeSet::new();
    for one in path.segments.iter() {
        let end = gist(&one.end, names);
        match &one.destinations {
            Destinations::Prefixes(own) => listed.entry(("", end)).or_default().extend(own),
            Destinations::PossiblyWithin(own) => listed.entry(("possibly within ", end)).or_default().extend(own),
            other => {
                told.insert(format!("{other:?} {end}"));
            }
        }
    }
    told.extend(listed.into_iter().map(|((how, end), own)| format!("{how}{:?} {end}", tidy(&own))));
    (names.usual(&path.subnet_id), path.service.as_ref().to_owned(), path.family, told)
}

/// Adds everything of another account's VPCs, which nothing joins to this one's.
fn beside(mut inventory: Inventory, stranger: Inventory) -> Inventory {
    let Inventory { regions, private_zones, .. } = stranger;
    let region = inventory.regions.get_mut(REGION).unwrap();
    for other in regions.into_values() {
        macro_rules! add {
            ($($kind:ident)*) => { $(for (id, item) in other.$kind.items { region.$kind.items.entry(id).or_insert(item); })* };
        }
        add!(vpcs subnets route_tables nat_gateways vpc_endpoints security_group_rules network_acls
            network_interfaces internet_gateways egress_only_internet_gateways peering_connections transit_gateway_attachments
            transit_gateway_vpc_attachments transit_gateway_route_tables);
    }
    inventory.private_zones.items.extend(private_zones.items);
    inventory
}

/// Whether a path, or what it says of some addresses, is not known.
fn is_unknown(ends: &[&End]) -> bool {
    ends.iter().any(|end| matches!(end, End::Unknown { .. }))
}

fn same(one: &[&End], other: &[&End]) -> bool {
    let sort = |ends: &[&End]| ends.iter().map(|end| gist(end, USUAL)).collect::<BTreeSet<_>>();
    sort(one) == sort(other)
}

/// What hiding things may do to a path: nothing, or make it unknown.
fn still_true(whole: &Path, part: &Path, sent: &Sent) -> Result<(), String> {
    for (to, _) in sent {
        let (known, told) = (ends_at(whole, *to), ends_at(part, *to));
        if is_unknown(&told) || same(&known, &told) {
            continue;
        }
        return Err(format!("to {to:?}: {told:#?} of what was read, {known:#?} of all"));
    }
    Ok(())
}

/// A part of the usual number of cases: the first property needs most.
fn fewer() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: (usual.cases / 4).max(1), ..usual }
}

proptest! {
    /// A path says where each packet ends, of every subnet, to every service, in both IP versions.
    #[test]
    fn paths_end_where_packets_end(plan in plan()) {
        check(&account(&plan, USUAL))?;
    }

}

proptest! {
    #![proptest_config(fewer())]

    /// What was not read makes a path unknown or leaves it as it is: every account that it hides is one it may be.
    #[test]
    fn what_is_hidden_is_never_guessed(plan in plan(), hidden in prop::collection::vec(hidden(), 1..3)) {
        let whole = account(&plan, USUAL);
        let mut part = whole.clone();
        for what in &hidden {
            hide(&mut part, *what);
        }
        for (whole_path, path) in paths_of(&whole, &whole).into_iter().zip(paths_of(&part, &whole)) {
            let subnet = region(&whole).subnets.get(&path.subnet_id).unwrap();
            if blocks(subnet, path.family).is_empty() {
                continue;
            }
            let sent = send(&whole, subnet, &path.service, path.family);
            if let Err(why) = still_true(&whole_path, &path, &sent) {
                let told = describe(&whole);
                prop_assert!(false, "{hidden:?}: {} to {} over {}, {why}\n{path:#?}\n{told}", path.subnet_id, path.service, path.family);
            }
        }
    }

    /// The order in which AWS lists things, and what they are called, changes nothing.
    #[test]
    fn order_and_names_do_not_matter(plan in plan(), seed in any::<u64>()) {
        let names = Names { series: '0', backwards: true };
        let (usual, mut other) = (account(&plan, USUAL), account(&plan, names));
        shuffle(&mut other, seed);
        let mut gists: Vec<_> = paths_of(&usual, &usual).iter().map(|path| gist_of(path, USUAL)).collect();
        let mut others: Vec<_> = paths_of(&other, &other).iter().map(|path| gist_of(path, names)).collect();
        gists.sort();
        others.sort();
        prop_assert_eq!(gists, others);
    }

    /// VPCs that nothing joins to a subnet's change none of its paths, wherever their addresses are.
    #[test]
    fn strangers_change_nothing(plan in plan(), stranger in plan()) {
        let alone = account(&plan, USUAL);
        let both = beside(alone.clone(), account(&stranger, Names { series: '1', backwards: false }));
        for (one, other) in paths_of(&alone, &alone).into_iter().zip(paths_of(&both, &alone)) {
            // Which of several endpoints at one address, each in a VPC of its own, a record means, the engine does not tell.
            let several = |end: &End| matches!(end, End::Unknown { reason, .. } if reason.ends_with("to several endpoints"));
            prop_assert!(other.segments.iter().any(|segment| several(&segment.end)) || one == other, "{one:#?}\n{other:#?}");
        }
    }

    /// The matrix shares work among subnets and services, and says of each what its path says.
    #[test]
    fn the_matrix_says_what_paths_say(plan in plan()) {
        let inventory = account(&plan, USUAL);
        let network = Network::new(&inventory);
        let matrix = network.paths().matrix;
        let count: usize = region(&inventory).subnets.values().map(|subnet| network.families(subnet).len()).sum();
        prop_assert_eq!(matrix.len(), count * network.services(REGION).len());
        for path in matrix {
            let alone = network.path(&path.region, &path.subnet_id, &path.service, path.family);
            prop_assert_eq!(path, alone);
        }
    }

    /// A gateway endpoint that is taken away takes nothing any more, and what did not pass it goes on as before; one that is
    /// deleted with its routes left behind swallows what it took.
    #[test]
    fn a_gateway_endpoint_takes_only_its_own_with_it(plan in plan()) {
        let whole = account(&plan, USUAL);
        let gateways = region(&whole).vpc_endpoints.values().filter(|one| one.kind == EndpointKind::Gateway);
        for id in gateways.map(|one| one.id.clone()) {
            let mut without = whole.clone();
            let mut deleted = whole.clone();
            let change = without.regions.get_mut(REGION).unwrap();
            change.vpc_endpoints.items.remove(&id);
            for table in change.route_tables.items.values_mut() {
                table.routes.retain(|route| route.target != RouteTarget::VpcEndpoint(id.clone()));
            }
            let change = deleted.regions.get_mut(REGION).unwrap();
            change.vpc_endpoints.items.get_mut(&id).unwrap().state = EndpointState::Deleted;
            let at = |end: &End| matches!(end, End::GatewayEndpoint { endpoint_id } if *endpoint_id == id);
            let all = paths_of(&whole, &whole).into_iter().zip(paths_of(&without, &whole)).zip(paths_of(&deleted, &whole));
            for ((whole_path, path), deleted_path) in all {
                let subnet = region(&whole).subnets.get(&path.subnet_id).unwrap();
                prop_assert!(!path.segments.iter().chain(deleted_path.segments.iter()).any(|one| at(&one.end)));
                let passes = whole_path.segments.iter().any(|one| one.hops.iter().any(|hop| hop.reason.contains(&id) || hop.id == id));
                if !passes && !blocks(subnet, path.family).is_empty() {
                    for (to, _) in send(&whole, subnet, &path.service, path.family) {
                        let before = ends_at(&whole_path, to);
                        prop_assert!(is_unknown(&before) || same(&before, &ends_at(&path, to)));
                    }
                }
                for (one, gone) in whole_path.segments.iter().zip(deleted_path.segments.iter()).filter(|(one, _)| at(&one.end)) {
                    prop_assert_eq!(&one.destinations, &gone.destinations);
                    prop_assert_eq!(&gone.end, &End::Blackhole { target_id: id.clone() });
                }
            }
        }
    }
}

/// The kind of a landing, without ids.
fn kind(landing: &Landing) -> String {
    match landing {
        Landing::Dropped(why) => format!("{why:?}"),
        Landing::Untold(why) => (*why).to_owned(),
        Landing::Nat { same_zone, .. } => format!("Nat {same_zone:?}"),
        Landing::Endpoint { same_zone, .. } => format!("Endpoint {same_zone}"),
        other => format!("{other:?}").split('(').next().unwrap().to_owned(),
    }
}

/// What no account has is not tested: of each kind of end there are some.
#[test]
fn the_accounts_have_every_kind_of_end() {
    let mut runner = TestRunner::deterministic();
    let mut kinds: BTreeSet<String> = BTreeSet::new();
    for _ in 0..100 {
        let inventory = account(&plan().new_tree(&mut runner).unwrap().current(), USUAL);
        for subnet in region(&inventory).subnets.values() {
            for (service, family) in SERVICES.into_iter().flat_map(|service| FAMILIES.map(|family| (service, family))) {
                if !blocks(subnet, family).is_empty() {
                    let sent = send(&inventory, subnet, service, family);
                    kinds.extend(sent.iter().flat_map(|(_, landings)| landings).map(kind));
                }
            }
        }
    }
    let wanted = [
        "Appliance",
        "Blackhole",
        "Endpoint false",
        "Endpoint true",
        "Gateway",
        "Inside",
        "Internet",
        "Loop",
        "Nat None",
        "Nat Some(false)",
        "Nat Some(true)",
        "NoPublicAddress",
        "NoRoute",
        "NoSuchName",
        "NotCarried",
        "OtherNetwork",
        "Outside",
        "Peering",
        "PrivateAddress",
        "PrivateNat",
        "Refused",
        "Zone",
    ];
    let missing: Vec<&str> = wanted.into_iter().filter(|kind| !kinds.contains(*kind)).collect();
    assert!(missing.is_empty(), "{missing:?} of {kinds:?}");
}
