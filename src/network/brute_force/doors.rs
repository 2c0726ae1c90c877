//! What an endpoint's groups and the network ACLs of both subnets let through, packet by packet.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

use super::packet::{Landing, holds};
use crate::model::RegionInventory;
use crate::model::ec2::{
    Direction, InterfaceKind, NetworkAcl, NetworkAclEntry, NetworkInterface, RulePeer, SecurityGroupRule, Subnet, VpcEndpoint,
};
use crate::network::Family;

/// One side of a connection.
#[derive(Debug, Clone)]
struct Client<'a> {
    address: IpAddr,
    groups: &'a [String],
}

/// Addresses of an interface of one IP version.
fn addresses(interface: &NetworkInterface, family: Family) -> Vec<IpAddr> {
    match family {
        Family::Ipv4 => interface.private_addresses.iter().map(|one| IpAddr::V4(one.private_ip)).collect(),
        Family::Ipv6 => interface.ipv6_addresses.iter().copied().map(IpAddr::V6).collect(),
    }
}

/// Interfaces of a subnet that ask services: not what AWS keeps for gateways, endpoints and load balancers.
fn clients<'a>(region: &'a RegionInventory, subnet: &Subnet, family: Family) -> Vec<&'a NetworkInterface> {
    let asks = |one: &&NetworkInterface| {
        one.subnet_id == subnet.id
            && (one.kind == InterfaceKind::Lambda || one.kind == InterfaceKind::Interface && !one.requester_managed)
            && !addresses(one, family).is_empty()
    };
    region.network_interfaces.values().filter(asks).collect()
}

/// The blocks of a subnet of one IP version.
pub(super) fn blocks(subnet: &Subnet, family: Family) -> Vec<IpNet> {
    match family {
        Family::Ipv4 => subnet.ipv4_cidr.map(IpNet::V4).into_iter().collect(),
        Family::Ipv6 => subnet.ipv6_cidrs.iter().copied().map(IpNet::V6).collect(),
    }
}

fn step(address: IpAddr, up: bool) -> Option<IpAddr> {
    let by = |n: u128| if up { n.checked_add(1) } else { n.checked_sub(1) };
    match address {
        IpAddr::V4(ip) => by(u128::from(ip.to_bits())).and_then(|n| u32::try_from(n).ok()).map(|n| IpAddr::V4(n.into())),
        IpAddr::V6(ip) => by(ip.to_bits()).map(|n| IpAddr::V6(n.into())),
    }
}

/// Addresses of which every rule about these blocks decides alike with all between one and the next: the ends of the
/// blocks, and what lies beside them.
pub(super) fn edges(of: impl IntoIterator<Item = IpNet>) -> BTreeSet<IpAddr> {
    let around = |block: IpNet| {
        let (first, last) = (block.network(), block.broadcast());
        [Some(first), Some(last), step(first, false), step(last, true)]
    };
    of.into_iter().flat_map(around).flatten().collect()
}

/// Whether an ACL lets TCP with an address on the other side, to a port, through.
///
/// Source: VPC guide, "Network ACL rules": the lowest numbered rule that matches is applied, and what none matches is denied.
fn lets(acl: &NetworkAcl, direction: Direction, other: IpAddr, port: u16) -> bool {
    let mut entries: Vec<&NetworkAclEntry> = acl.entries.iter().filter(|entry| entry.direction == direction).collect();
    entries.sort_by_key(|entry| entry.number);
    for entry in entries {
        let ports = match (entry.protocol.as_str(), entry.ports) {
            ("-1", _) | ("6", None) => true,
            ("6", Some(range)) => range.from <= port && port <= range.to,
            _ => false,
        };
        if ports && holds(entry.cidr, other) {
            return entry.allow;
        }
    }
    false
}

/// Ports at which some entry of these ACLs may begin or cease to match, between two ports.
fn port_edges(acls: [&NetworkAcl; 2], from: u16, to: u16) -> Vec<u16> {
    let ranges = acls.into_iter().flat_map(|acl| &acl.entries).filter_map(|entry| entry.ports);
    let edges = ranges.flat_map(|range| [range.from, range.to.saturating_add(1)]);
    let mut ports: Vec<u16> = edges.chain([from, to]).filter(|port| (from..=to).contains(port)).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// What a door says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Door {
    Open,
    /// It depends on the port that the client's operating system chooses.
    Depends,
    Shut(BTreeSet<String>),
}

/// Which of the endpoint's rules look at TCP 443. Source: VPC guide, "Security group rules".
fn rules<'a>(region: &'a RegionInventory, endpoint: &VpcEndpoint) -> Vec<&'a SecurityGroupRule> {
    let about = |rule: &&SecurityGroupRule| {
        let https = match (rule.protocol.as_str(), rule.ports) {
            ("-1", _) | ("tcp", None) => true,
            ("tcp", Some(range)) => range.from <= 443 && 443 <= range.to,
            _ => false,
        };
        https && rule.direction == Direction::Ingress && endpoint.group_ids.contains(&rule.group_id)
    };
    region.security_group_rules.values().filter(about).collect()
}

fn named_blocks(region: &RegionInventory, rule: &SecurityGroupRule) -> Vec<IpNet> {
    match &rule.peer {
        RulePeer::Ipv4(net) => vec![IpNet::V4(*net)],
        RulePeer::Ipv6(net) => vec![IpNet::V6(*net)],
        RulePeer::PrefixList(id) => region.prefix_lists.get(id).and_then(|list| list.entries.known()).cloned().unwrap(),
        RulePeer::Group { .. } | RulePeer::Unknown => Vec::new(),
    }
}

/// Whether the endpoint's groups let a client in. Source: VPC guide, "Security group rules" (rules add up; a rule that names
/// a group means the addresses of the interfaces that carry it).
fn group_lets(region: &RegionInventory, rules: &[&SecurityGroupRule], client: &Client<'_>) -> bool {
    rules.iter().any(|rule| {
        let carried = matches!(&rule.peer, RulePeer::Group { id, .. } if client.groups.contains(id));
        carried || named_blocks(region, rule).into_iter().any(|block| holds(block, client.address))
    })
}

/// The ACL of a subnet.
fn acl_of<'a>(region: &'a RegionInventory, subnet: &Subnet) -> &'a NetworkAcl {
    region.network_acls.values().find(|acl| acl.subnet_ids.contains(&subnet.id)).unwrap()
}

/// One connection past the ACLs of two subnets: the request to port 443, and the answers to the ports clients choose.
///
/// Source: VPC guide, "Control subnet traffic with network access control lists" (stateless, nothing inside a subnet) and
/// "Ephemeral ports": Linux and Windows choose 32768 to 65535, functions 1024 to 65535.
fn past_acls(region: &RegionInventory, ends: (&Subnet, IpAddr), other: (&Subnet, IpAddr), low: bool) -> Door {
    let (near, far) = (acl_of(region, ends.0), acl_of(region, other.0));
    let request = [(near, Direction::Egress, other.1), (far, Direction::Ingress, ends.1)];
    let answer = [(far, Direction::Egress, ends.1), (near, Direction::Ingress, other.1)];
    let shut = request.iter().filter(|(acl, direction, peer)| !lets(acl, *direction, *peer, 443));
    let mut by: BTreeSet<String> = shut.map(|(acl, _, _)| acl.id.clone()).collect();
    let mut depends = false;
    let common = port_edges([near, far], 32_768, 65_535);
    for (acl, direction, peer) in answer {
        let passing = common.iter().filter(|port| lets(acl, direction, peer, **port)).count();
        if passing == 0 {
            by.insert(acl.id.clone());
        }
        depends |= passing < common.len();
        // Single ports that are denied below stop nobody: AWS advises to deny malicious ones.
        depends |= low && !port_edges([near, far], 1_024, 32_767).iter().any(|port| lets(acl, direction, peer, *port));
    }
    match (by.is_empty(), depends) {
        (false, _) => Door::Shut(by),
        (true, true) => Door::Depends,
        (true, false) => Door::Open,
    }
}

fn worst(doors: impl IntoIterator<Item = Door>) -> Door {
    let mut depends = false;
    let mut shut = BTreeSet::new();
    for door in doors {
        match door {
            Door::Open => {}
            Door::Depends => depends = true,
            Door::Shut(by) => shut.extend(by),
        }
    }
    match (shut.is_empty(), depends) {
        (false, _) => Door::Shut(shut),
        (true, true) => Door::Depends,
        (true, false) => Door::Open,
    }
}

/// The interfaces of an endpoint that a client of a subnet uses: those of its zone, else all. Each with its subnet.
pub(super) fn targets<'a>(
    region: &'a RegionInventory,
    endpoint: &VpcEndpoint,
    client: &Subnet,
    family: Family,
) -> Vec<(&'a Subnet, IpAddr)> {
    let interfaces = endpoint.network_interface_ids.iter().map(|id| region.network_interfaces.get(id).unwrap());
    let all: Vec<(&Subnet, IpAddr)> = interfaces
        .flat_map(|interface| {
            let subnet = region.subnets.get(&interface.subnet_id).unwrap();
            addresses(interface, family).into_iter().map(move |address| (subnet, address))
        })
        .collect();
    let near: Vec<(&Subnet, IpAddr)> = all.iter().copied().filter(|(subnet, _)| subnet.zone_id == client.zone_id).collect();
    if near.is_empty() { all } else { near }
}

/// Whether clients of a subnet get in at some of these interfaces of an endpoint; with nobody in the subnet, whoever may
/// come: from any of its addresses, with any group, by any list.
pub(super) fn get_in(
    region: &RegionInventory,
    endpoint: &VpcEndpoint,
    subnet: &Subnet,
    targets: &[(&Subnet, IpAddr)],
    family: Family,
) -> Landing {
    let rules = rules(region, endpoint);
    let present = clients(region, subnet, family);
    let low = present.iter().any(|one| one.kind == InterfaceKind::Lambda);
    let mut sources: Vec<Client<'_>> = Vec::new();
    for one in &present {
        sources.extend(addresses(one, family).into_iter().map(|address| Client { address, groups: &one.group_ids }));
    }
    if sources.is_empty() {
        let named = rules.iter().flat_map(|rule| named_blocks(region, rule));
        let acls = region.network_acls.values().flat_map(|acl| &acl.entries).map(|entry| entry.cidr);
        let own = blocks(subnet, family);
        let points = edges(named.chain(acls).chain(own.clone()));
        let inside = points.into_iter().filter(|point| own.iter().any(|block| holds(*block, *point)));
        sources.extend(inside.map(|address| Client { address, groups: &[] }));
    }
    let someone = present.is_empty()
        && rules.iter().any(|rule| match &rule.peer {
            RulePeer::Group { .. } => true,
            RulePeer::PrefixList(_) => {
                let mut listed = named_blocks(region, rule).into_iter();
                listed.any(|block| sources.iter().any(|client| holds(block, client.address)))
            }
            RulePeer::Ipv4(_) | RulePeer::Ipv6(_) | RulePeer::Unknown => false,
        });
    if !someone && !sources.iter().all(|client| group_lets(region, &rules, client)) {
        return Landing::Refused([endpoint.group_ids.join(", ")].into());
    }
    let homes: BTreeSet<&str> = targets.iter().map(|(home, _)| home.id.as_str()).collect();
    let at_home =
        |home: &&str| {
            let there = targets.iter().filter(move |(subnet, _)| subnet.id == *home);
            let pairs = there.flat_map(|target| sources.iter().map(move |client| (target, client.address)));
            worst(pairs.map(|(target, address)| {
                if target.0.id == subnet.id { Door::Open } else { past_acls(region, (subnet, address), *target, low) }
            }))
        };
    let doors: Vec<Door> = homes.iter().map(at_home).collect();
    if doors.contains(&Door::Open) {
        let mut all = endpoint.subnet_ids.iter().map(|id| region.subnets.get(id).unwrap());
        let same_zone = all.any(|home| home.zone_id == subnet.zone_id);
        return Landing::Endpoint { id: endpoint.id.clone(), vpc: endpoint.vpc_id.clone(), same_zone };
    }
    if doors.contains(&Door::Depends) {
        return Landing::Untold("answers to some ports only");
    }
    match worst(doors) {
        Door::Shut(by) => Landing::Refused(by),
        Door::Open | Door::Depends => panic!("{} has no interface", endpoint.id),
    }
}
