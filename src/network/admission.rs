//! Whether an interface endpoint takes HTTPS from a subnet: its security groups and the network ACLs of both sides.

use std::net::IpAddr;
use std::sync::Arc;

use foldhash::HashMap;
use ipnet::IpNet;

use super::acl::{Answers, Passage, answers, tcp_passage};
use super::blocks::{self, covered, overlap};
use super::index::{RegionIndex, cidrs_of};
use super::{Family, Network, Obstacle};
use crate::model::ec2::{
    Direction, InterfaceKind, NetworkAcl, NetworkInterface, PortRange, RulePeer, SecurityGroupRule, Subnet, VpcEndpoint,
};

const HTTPS: PortRange = PortRange { from: 443, to: 443 };

/// Whether an interface endpoint takes HTTPS from a subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// Groups and ACLs let TCP 443 and its answers through.
    Admits {
        /// What admits, in one line: group and rule.
        by: String,
    },
    /// A group or an ACL refuses.
    Refused {
        /// Id of what refuses: the groups, or one ACL.
        by: String,
        /// Why, in one line.
        reason: String,
    },
    /// Not to be told.
    Unknown(Obstacle),
}

/// The side that asks.
#[derive(Debug)]
struct Clients<'a> {
    subnet: &'a Subnet,
    family: Family,
    cidrs: Vec<IpNet>,
    /// The subnet's blocks, in words.
    who: String,
    /// Interfaces in the subnet that can be clients; `Err` when not every one was read.
    interfaces: Result<Vec<&'a NetworkInterface>, Obstacle>,
}

/// What questions about the same subnets and endpoints share.
#[derive(Debug, Default)]
pub(super) struct Shared<'a> {
    /// By subnet.
    clients: HashMap<(&'a str, Family), Arc<Clients<'a>>>,
    /// By region and id of the endpoint.
    openings: HashMap<(&'a str, &'a str), Arc<Openings<'a>>>,
    /// By region, id and IP version of the endpoint.
    doors: HashMap<(&'a str, &'a str, Family), Doors<'a>>,
}

/// The subnets that an endpoint has interfaces in, each with their addresses there, or else its own blocks.
type Doors<'a> = Arc<Result<Vec<(&'a Subnet, Vec<IpNet>)>, Obstacle>>;

impl<'a> Shared<'a> {
    fn clients(&mut self, index: &RegionIndex<'a>, subnet: &'a Subnet, family: Family) -> Arc<Clients<'a>> {
        let known = self.clients.entry((&subnet.id, family));
        Arc::clone(known.or_insert_with(|| Arc::new(Clients::new(index, subnet, family))))
    }

    fn openings(&mut self, index: &RegionIndex<'a>, endpoint: &'a VpcEndpoint) -> Arc<Openings<'a>> {
        let known = self.openings.entry((index.name, &endpoint.id));
        Arc::clone(known.or_insert_with(|| Arc::new(Openings::new(index, endpoint))))
    }

    fn doors(&mut self, index: &RegionIndex<'a>, endpoint: &'a VpcEndpoint, family: Family) -> Doors<'a> {
        let door = |id: &String| {
            let subnet = index.subnet(id)?;
            let addresses = endpoint_addresses(index, endpoint, Some(id), family);
            Ok((subnet, if addresses.is_empty() { cidrs_of(subnet, family) } else { addresses }))
        };
        let known = self.doors.entry((index.name, &endpoint.id, family));
        Arc::clone(known.or_insert_with(|| Arc::new(endpoint.subnet_ids.iter().map(door).collect())))
    }
}

fn addresses_of(interface: &NetworkInterface, family: Family) -> Vec<IpNet> {
    match family {
        Family::Ipv4 => interface.private_addresses.iter().map(|address| blocks::host(IpAddr::V4(address.private_ip))).collect(),
        Family::Ipv6 => interface.ipv6_addresses.iter().map(|address| blocks::host(IpAddr::V6(*address))).collect(),
    }
}

/// Whether an interface can be a client. What AWS keeps for gateways, endpoints and load balancers asks no service.
fn can_ask(interface: &NetworkInterface) -> bool {
    match interface.kind {
        InterfaceKind::Interface | InterfaceKind::Other(_) => !interface.requester_managed,
        InterfaceKind::Lambda => true,
        InterfaceKind::NatGateway
        | InterfaceKind::VpcEndpoint
        | InterfaceKind::GatewayLoadBalancerEndpoint
        | InterfaceKind::TransitGateway
        | InterfaceKind::NetworkLoadBalancer
        | InterfaceKind::GatewayLoadBalancer
        | InterfaceKind::LoadBalancer => false,
    }
}

impl<'a> Clients<'a> {
    fn new(index: &RegionIndex<'a>, subnet: &'a Subnet, family: Family) -> Self {
        let present = || -> Vec<&'a NetworkInterface> {
            let all = index.interfaces_of(&subnet.id).iter().copied();
            let client = |interface: &&NetworkInterface| can_ask(interface) && !index.is_part_of_gateway(&interface.id);
            all.filter(|interface| client(interface) && !addresses_of(interface, family).is_empty()).collect()
        };
        let interfaces = match &index.data.network_interfaces.gap {
            None => Ok(present()),
            Some(gap) => Err(Obstacle::gap(format!("not every interface in {} was read", subnet.id), gap)),
        };
        let cidrs = cidrs_of(subnet, family);
        Self { subnet, family, who: blocks::describe(&cidrs), cidrs, interfaces }
    }

    /// Those that are known.
    fn present(&self) -> &[&'a NetworkInterface] {
        self.interfaces.as_deref().unwrap_or_default()
    }
}

/// What the inbound rules of an endpoint's groups say about TCP 443, sorted by kind of peer.
#[derive(Debug, Default)]
struct Openings<'a> {
    blocks: Vec<(IpNet, &'a SecurityGroupRule)>,
    groups: Vec<(&'a str, &'a SecurityGroupRule)>,
    unread: Vec<Obstacle>,
}

impl<'a> Openings<'a> {
    fn new(index: &RegionIndex<'a>, endpoint: &VpcEndpoint) -> Self {
        let mut openings = Self::default();
        if let Some(gap) = &index.data.security_group_rules.gap {
            openings.unread.push(Obstacle::gap(format!("not every group rule of {} was read", index.name), gap));
        }
        let rules = endpoint.group_ids.iter().flat_map(|group| index.ingress_of(group)).filter(|rule| rule.covers_tcp(443));
        for rule in rules {
            match &rule.peer {
                RulePeer::Ipv4(net) => openings.blocks.push((IpNet::V4(*net), rule)),
                RulePeer::Ipv6(net) => openings.blocks.push((IpNet::V6(*net), rule)),
                RulePeer::Group { id, .. } => openings.groups.push((id, rule)),
                RulePeer::PrefixList(id) => openings.add_list(index, id, rule),
                RulePeer::Unknown => {
                    openings
                        .unread
                        .push(Obstacle::new(format!("{} of {} names a peer natless cannot read", rule.id, rule.group_id)));
                }
            }
        }
        openings
    }

    fn add_list(&mut self, index: &RegionIndex<'a>, id: &str, rule: &'a SecurityGroupRule) {
        let reason = || format!("{} of {} names prefix list {id}, which was not read", rule.id, rule.group_id);
        match index.data.prefix_lists.get(id).map(|list| list.entries.as_result()) {
            Some(Ok(entries)) => self.blocks.extend(entries.iter().map(|net| (*net, rule))),
            Some(Err(gap)) => self.unread.push(Obstacle::gap(reason(), gap)),
            None => self.unread.push(Obstacle::maybe_gap(reason(), index.data.prefix_lists.gap.as_ref())),
        }
    }

    fn covers(&self, block: IpNet) -> bool {
        covered(block, self.blocks.iter().map(|(net, _)| *net))
    }

    /// Rules whose blocks overlap with one of these.
    fn within(&self, cidrs: &[IpNet]) -> impl Iterator<Item = &'a SecurityGroupRule> {
        self.blocks.iter().filter(|(net, _)| cidrs.iter().any(|cidr| overlap(*net, *cidr))).map(|(_, rule)| *rule)
    }

    /// Why not, unless something unread could turn it.
    fn refused(&self, endpoint: &VpcEndpoint, reason: String) -> Admission {
        match self.unread.first() {
            Some(obstacle) => Admission::Unknown(obstacle.clone()),
            None => Admission::Refused { by: endpoint.group_ids.join(", "), reason },
        }
    }
}

/// Names rules, each once.
fn names<'a>(rules: impl Iterator<Item = &'a SecurityGroupRule>) -> String {
    let mut names: Vec<String> = rules.map(|rule| format!("{} of {}", rule.id, rule.group_id)).collect();
    names.sort_unstable();
    names.dedup();
    match names.as_slice() {
        [one, rest @ ..] if rest.len() > 1 => format!("{one} and {} more rules", rest.len()),
        _ => names.join(" and "),
    }
}

/// What the endpoint's groups say. A subnet is admitted when its whole block is, by the rules taken together, or else when
/// every client in it is; with no client in it to look at, one rule that names a group, or a list with ranges in the
/// subnet, is enough.
fn by_groups(openings: &Openings<'_>, endpoint: &VpcEndpoint, clients: &Clients<'_>) -> Admission {
    if endpoint.group_ids.is_empty() {
        return Admission::Unknown(Obstacle::new(format!("no security group of {} is told", endpoint.id)));
    }
    let who = &clients.who;
    if clients.cidrs.iter().all(|cidr| openings.covers(*cidr)) {
        return Admission::Admits { by: format!("{} admits TCP 443 from {who}", names(openings.within(&clients.cidrs))) };
    }
    if openings.groups.is_empty() && openings.within(&clients.cidrs).next().is_none() {
        let rules = names(openings.blocks.iter().map(|(_, rule)| *rule));
        let reason = if rules.is_empty() {
            "no rule admits TCP 443".to_owned()
        } else {
            format!("TCP 443 is admitted by {rules} only, which {who} is not part of")
        };
        return openings.refused(endpoint, reason);
    }
    match &clients.interfaces {
        Ok(interfaces) if interfaces.is_empty() => without_clients(openings, endpoint, clients),
        Ok(interfaces) => client_by_client(openings, endpoint, clients, interfaces),
        Err(obstacle) => Admission::Unknown(obstacle.clone()),
    }
}

/// Part of the subnet is admitted, or a group, and no client is in it to look at.
fn without_clients(openings: &Openings<'_>, endpoint: &VpcEndpoint, clients: &Clients<'_>) -> Admission {
    let who = &clients.who;
    let listed = openings.within(&clients.cidrs).filter(|rule| matches!(rule.peer, RulePeer::PrefixList(_)));
    let open = names(openings.groups.iter().map(|(_, rule)| *rule).chain(listed));
    if open.is_empty() {
        let reason = format!("{} admits TCP 443 from part of {who} only", names(openings.within(&clients.cidrs)));
        return openings.refused(endpoint, reason);
    }
    Admission::Admits { by: format!("{open} admits TCP 443 by group or list, and no client is in {who} yet") }
}

/// Every client has to be admitted, by its address or by a group it carries.
fn client_by_client(
    openings: &Openings<'_>,
    endpoint: &VpcEndpoint,
    clients: &Clients<'_>,
    interfaces: &[&NetworkInterface],
) -> Admission {
    let admitted = |interface: &NetworkInterface| {
        openings.groups.iter().any(|(group, _)| interface.group_ids.iter().any(|own| own == group))
            || addresses_of(interface, clients.family).iter().all(|address| openings.covers(*address))
    };
    let subnet = &clients.subnet.id;
    let shut_out: Vec<&str> =
        interfaces.iter().filter(|interface| !admitted(interface)).map(|interface| interface.id.as_str()).collect();
    let reason = match shut_out.as_slice() {
        [] => {
            let rules = openings.groups.iter().map(|(_, rule)| *rule).chain(openings.within(&clients.cidrs));
            return Admission::Admits { by: format!("{} admits TCP 443 from every client in {subnet}", names(rules)) };
        }
        [one] => format!("no rule admits TCP 443 from {one}, one of {} clients in {subnet}", interfaces.len()),
        [one, rest @ ..] => {
            format!("no rule admits TCP 443 from {one} and {} more of {} clients in {subnet}", rest.len(), interfaces.len())
        }
    };
    openings.refused(endpoint, reason)
}

/// One look at one ACL, for what goes one way.
struct Look<'a> {
    acl: &'a NetworkAcl,
    direction: Direction,
    way: Way,
}

/// What a look is for.
#[derive(Clone, Copy)]
enum Way {
    /// Requests to TCP 443.
    Request,
    /// Answers to the port a client chose. `any_port`: some client may choose any from 1024 up.
    Answer { any_port: bool },
}

impl Look<'_> {
    /// `None` when everything passes.
    fn stops(&self, others: &[IpNet]) -> Option<Admission> {
        let id = &self.acl.id;
        let towards = if self.direction == Direction::Egress { "to" } else { "from" };
        let refuse = |passage: Passage, what: &str| {
            let (much, who) = (if passage == Passage::Part { "only part of" } else { "no" }, blocks::describe(others));
            Admission::Refused { by: id.clone(), reason: format!("{id} lets {much} {what} {towards} {who} through") }
        };
        match self.way {
            Way::Request => {
                let mut all = others.iter().map(|block| tcp_passage(self.acl, self.direction, *block, HTTPS));
                let first = all.next().unwrap_or(Passage::Nothing);
                let passage = all.fold(first, |sum, next| if sum == next { sum } else { Passage::Part });
                (passage != Passage::Whole).then(|| refuse(passage, "TCP 443"))
            }
            Way::Answer { any_port } => match answers(self.acl, self.direction, others, any_port) {
                Answers::Pass => None,
                Answers::Stopped(passage) => Some(refuse(passage, "answers (TCP 1024-65535)")),
                Answers::Depends => Some(Admission::Unknown(Obstacle::new(format!(
                    "{id} lets answers {towards} {} through on some ports only, and which ports a client takes depends on \
                     its operating system",
                    blocks::describe(others)
                )))),
            },
        }
    }
}

/// What the ACLs of both subnets say; `None` when they let everything through.
///
/// Source: VPC guide, "Network ACLs": they look at what enters and leaves a subnet, not at what stays inside one.
fn by_acls(index: &RegionIndex<'_>, clients: &Clients<'_>, there: (&RegionIndex<'_>, &Subnet, &[IpNet])) -> Option<Admission> {
    let (far, subnet, targets) = there;
    if subnet.id == clients.subnet.id {
        return None;
    }
    let any_port = clients.present().iter().any(|interface| interface.kind == InterfaceKind::Lambda);
    let (out, back, answer) = (Direction::Egress, Direction::Ingress, Way::Answer { any_port });
    let near = |acl| {
        [Look { acl, direction: out, way: Way::Request }, Look { acl, direction: back, way: answer }]
            .map(|look| look.stops(targets))
    };
    let far_look = |look: Look<'_>| {
        let stopped = look.stops(&clients.cidrs)?;
        let addresses: Vec<IpNet> =
            clients.present().iter().flat_map(|interface| addresses_of(interface, clients.family)).collect();
        if addresses.is_empty() {
            return Some(stopped);
        }
        // Part of the subnet is enough where every client is in it.
        match look.stops(&addresses)? {
            unknown @ Admission::Unknown(_) => Some(unknown),
            Admission::Refused { .. } | Admission::Admits { .. } => Some(stopped),
        }
    };
    let there = |acl| [Look { acl, direction: back, way: Way::Request }, Look { acl, direction: out, way: answer }].map(far_look);
    let unread = |obstacle| [Some(Admission::Unknown(obstacle)), None];
    let near = index.acl_of(clients.subnet).map_or_else(unread, near);
    let far = far.acl_of(subnet).map_or_else(unread, there);
    // One that refuses for sure settles it, whatever another does.
    let (refused, unknown): (Vec<Admission>, Vec<Admission>) =
        near.into_iter().chain(far).flatten().partition(|stopped| matches!(stopped, Admission::Refused { .. }));
    refused.into_iter().chain(unknown).next()
}

/// Addresses of an endpoint's interfaces, in one subnet or in all.
///
/// An interface's addresses lie in its subnet (VPC guide, "Subnet CIDR blocks"): one that does not is no address of this network.
pub(super) fn endpoint_addresses(
    index: &RegionIndex<'_>,
    endpoint: &VpcEndpoint,
    subnet_id: Option<&str>,
    family: Family,
) -> Vec<IpNet> {
    let interfaces = endpoint.network_interface_ids.iter().filter_map(|id| index.data.network_interfaces.get(id));
    interfaces
        .filter(|interface| subnet_id.is_none_or(|subnet| interface.subnet_id == subnet))
        .flat_map(|interface| {
            let home = index.data.subnets.get(&interface.subnet_id).map(|subnet| cidrs_of(subnet, family));
            let at_home =
                move |address: &IpNet| home.as_ref().is_none_or(|cidrs| cidrs.iter().any(|cidr| cidr.contains(address)));
            addresses_of(interface, family).into_iter().filter(at_home)
        })
        .collect()
}

/// Whether an endpoint in `far` takes HTTPS from a subnet in `near`.
pub(super) fn admission<'a>(
    shared: &mut Shared<'a>,
    near: &RegionIndex<'a>,
    subnet: &'a Subnet,
    far: &RegionIndex<'a>,
    endpoint: &'a VpcEndpoint,
    family: Family,
) -> Admission {
    let clients = shared.clients(near, subnet, family);
    if clients.cidrs.is_empty() {
        return Admission::Unknown(Obstacle::new(format!("{} has no {family} addresses", subnet.id)));
    }
    let admitted = match by_groups(&shared.openings(far, endpoint), endpoint, &clients) {
        Admission::Admits { by } => by,
        other @ (Admission::Refused { .. } | Admission::Unknown(_)) => return other,
    };
    let doors = shared.doors(far, endpoint, family);
    let doors = match &*doors {
        Ok(doors) if !doors.is_empty() => doors,
        Ok(_) => return Admission::Unknown(Obstacle::new(format!("no subnet of {} is told", endpoint.id))),
        Err(obstacle) => return Admission::Unknown(obstacle.clone()),
    };
    // A client uses the interfaces in its zone, where there are any.
    let in_zone = |door: &(&Subnet, Vec<IpNet>)| door.0.zone_id == subnet.zone_id;
    let any_in_zone = doors.iter().any(in_zone);
    let mut refusal = None;
    for (there, targets) in doors.iter().filter(|door| !any_in_zone || in_zone(door)) {
        match by_acls(near, &clients, (far, there, targets)) {
            None => return Admission::Admits { by: admitted },
            // What is not known is told before what is refused: it might be the way.
            Some(Admission::Unknown(obstacle)) => refusal = Some(Admission::Unknown(obstacle)),
            Some(other) => refusal = refusal.or(Some(other)),
        }
    }
    refusal.unwrap_or_else(|| Admission::Unknown(Obstacle::new(format!("no interface of {} is told", endpoint.id))))
}

/// Asks which endpoints of a region take HTTPS from which of its subnets.
#[derive(Debug)]
pub struct Admissions<'n, 'a> {
    network: &'n Network<'a>,
    region: &'n str,
    shared: Shared<'a>,
}

impl<'a> Network<'a> {
    /// Questions about the endpoints of a region, which share what they look up.
    #[must_use]
    pub fn admissions<'n>(&'n self, region: &'n str) -> Admissions<'n, 'a> {
        Admissions { network: self, region, shared: Shared::default() }
    }
}

impl Admissions<'_, '_> {
    /// Whether an interface endpoint of the region takes HTTPS from a subnet of that region: inbound rules of its groups,
    /// and the ACLs of both subnets for TCP 443 one way and, the other way, the ports that clients choose.
    ///
    /// Of the endpoint's interfaces those in the subnet's zone decide, where there are any; else one that admits is
    /// enough. What the clients' own groups let out is not looked at.
    #[must_use]
    pub fn on_443(&mut self, endpoint_id: &str, subnet_id: &str, family: Family) -> Admission {
        let region = self.region;
        let found = self.network.region(region).and_then(|index| {
            let endpoint = match index.data.vpc_endpoints.find(endpoint_id) {
                Ok(Some(endpoint)) => endpoint,
                Ok(None) => return Err(Obstacle::new(format!("{endpoint_id} is not an endpoint of {region}"))),
                Err(gap) => {
                    return Err(Obstacle::gap(
                        format!("{endpoint_id} is not among the endpoints of {region} that were read"),
                        gap,
                    ));
                }
            };
            Ok((index, index.subnet(subnet_id)?, endpoint))
        });
        match found {
            Ok((index, subnet, endpoint)) => admission(&mut self.shared, index, subnet, index, endpoint, family),
            Err(obstacle) => Admission::Unknown(obstacle),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Build, REGION, gap};
    use super::*;
    use crate::model::ec2::NatGatewayAddress;

    /// A client subnet 10.0.1.0/24 in zone a and an SQS endpoint in 10.0.8.0/24, zone a.
    fn build(rules: &[&str]) -> Build {
        Build::new()
            .vpc("vpc-a", "10.0.0.0/16")
            .subnet("subnet-c", "vpc-a", "10.0.1.0/24 2001:db8:0:1::/64", "a")
            .subnet("subnet-e", "vpc-a", "10.0.8.0/24 2001:db8:0:8::/64", "a")
            .open_acl("acl-a", "vpc-a", &["subnet-c", "subnet-e"])
            .interface_endpoint("vpce-sqs", "vpc-a", "sqs", &["subnet-e"], &["sg-e"])
            .rules("sg-e", rules)
    }

    fn ask(build: Build, family: Family) -> Admission {
        let inventory = build.done();
        Network::new(&inventory).admissions(REGION).on_443("vpce-sqs", "subnet-c", family)
    }

    fn v4(build: Build) -> Admission {
        ask(build, Family::Ipv4)
    }

    fn admits(admission: &Admission) -> bool {
        matches!(admission, Admission::Admits { .. })
    }

    fn refused_by<'a>(admission: &'a Admission, word: &str) -> &'a str {
        match admission {
            Admission::Refused { by, reason } if reason.contains(word) => by,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_block_port_range_or_all_traffic_admits() {
        for rule in ["tcp 443 10.0.0.0/16", "tcp 0-65535 10.0.1.0/24", "-1 all 0.0.0.0/0", "6 443 10.0.1.0/24"] {
            assert!(admits(&v4(build(&[rule]))), "{rule}");
        }
        for rule in ["tcp 80 10.0.0.0/16", "udp 443 10.0.0.0/16", "tcp 443 10.0.2.0/24", "tcp 443 ::/0"] {
            assert_eq!(refused_by(&v4(build(&[rule])), "TCP 443"), "sg-e", "{rule}");
        }
        assert_eq!(refused_by(&v4(build(&[])), "no rule admits TCP 443"), "sg-e");
    }

    #[test]
    fn ipv6_needs_a_rule_of_its_own() {
        assert!(admits(&ask(build(&["tcp 443 2001:db8::/32"]), Family::Ipv6)));
        assert_eq!(refused_by(&ask(build(&["tcp 443 0.0.0.0/0"]), Family::Ipv6), "TCP 443"), "sg-e");
    }

    #[test]
    fn rules_together_may_cover_a_subnet_and_half_of_it_is_not_enough() {
        assert!(admits(&v4(build(&["tcp 443 10.0.1.0/25", "tcp 443 10.0.1.128/25"]))));
        assert_eq!(refused_by(&v4(build(&["tcp 443 10.0.1.0/25"])), "part of 10.0.1.0/24"), "sg-e");
        // Where clients are, they decide.
        assert!(admits(&v4(build(&["tcp 443 10.0.1.0/25"]).interface("eni-1", "subnet-c", "10.0.1.9", &["sg-app"]))));
        let outside = build(&["tcp 443 10.0.1.0/25"]).interface("eni-1", "subnet-c", "10.0.1.200", &["sg-app"]);
        assert_eq!(refused_by(&v4(outside), "eni-1"), "sg-e");
    }

    #[test]
    fn two_rules_that_admit_are_named_and_more_are_counted() {
        let by = |rules: &[&str]| match v4(build(rules)) {
            Admission::Admits { by } => by,
            other => panic!("{other:?}"),
        };
        let rules = ["tcp 443 10.0.1.0/25", "tcp 443 10.0.1.128/25", "tcp 443 10.0.0.0/16"];
        assert_eq!(by(&rules[2..]), "sgr-sg-e-0 of sg-e admits TCP 443 from 10.0.1.0/24");
        assert_eq!(by(&rules[..2]), "sgr-sg-e-0 of sg-e and sgr-sg-e-1 of sg-e admits TCP 443 from 10.0.1.0/24");
        assert_eq!(by(&rules), "sgr-sg-e-0 of sg-e and 2 more rules admits TCP 443 from 10.0.1.0/24");
    }

    #[test]
    fn a_group_reference_admits_the_clients_that_carry_the_group() {
        let rules = ["tcp 443 sg-app"];
        assert!(admits(&v4(build(&rules))), "no client to look at");
        assert!(admits(&v4(build(&rules).interface("eni-1", "subnet-c", "10.0.1.9", &["sg-app"]))));
        let other = build(&rules).interface("eni-1", "subnet-c", "10.0.1.9", &["sg-db"]);
        assert_eq!(refused_by(&v4(other), "eni-1"), "sg-e");
        let mixed = build(&["tcp 443 sg-app", "tcp 443 10.0.1.64/26"])
            .interface("eni-1", "subnet-c", "10.0.1.9", &["sg-app"])
            .interface("eni-2", "subnet-c", "10.0.1.70", &["sg-db"]);
        assert!(admits(&v4(mixed)));
    }

    #[test]
    fn interfaces_that_aws_keeps_are_no_clients() {
        let mut build = build(&["tcp 443 sg-app"]).interface("eni-nat", "subnet-c", "10.0.1.9", &[]);
        build.region().network_interfaces.items.get_mut("eni-nat").unwrap().kind = InterfaceKind::NatGateway;
        assert!(admits(&v4(build)));
    }

    #[test]
    fn interfaces_of_endpoints_and_gateways_are_no_clients_whatever_their_type_says() {
        let plain = |mut build: Build, id: &str| {
            let interface = build.region().network_interfaces.items.get_mut(id).unwrap();
            interface.kind = InterfaceKind::Interface;
            interface.requester_managed = false;
            build
        };
        let kms = build(&["tcp 443 sg-app"]).interface_endpoint("vpce-kms", "vpc-a", "kms", &["subnet-c"], &["sg-kms"]);
        assert!(admits(&v4(plain(kms, "eni-vpce-kms-subnet-c"))));
        let nat = build(&["tcp 443 sg-app"]).nat("nat-a", "subnet-c").interface("eni-nat", "subnet-c", "10.0.1.9", &[]);
        assert_eq!(refused_by(&v4(plain(nat, "eni-nat")), "eni-nat"), "sg-e", "an interface like any other");
        let address = NatGatewayAddress {
            allocation_id: None,
            public_ip: None,
            private_ip: Some("10.0.1.9".parse().unwrap()),
            network_interface_id: Some("eni-nat".into()),
            zone: None,
            zone_id: None,
        };
        let nat = build(&["tcp 443 sg-app"])
            .nat("nat-a", "subnet-c")
            .with_nat("nat-a", |gateway| gateway.addresses.push(address))
            .interface("eni-nat", "subnet-c", "10.0.1.9", &[]);
        assert!(admits(&v4(plain(nat, "eni-nat"))));
    }

    #[test]
    fn a_prefix_list_admits_its_ranges() {
        let list = |entries: &[&str]| build(&["tcp 443 pl-c"]).list("pl-c", "clients", "111122223333", entries);
        assert!(admits(&v4(list(&["10.0.0.0/16"]))));
        assert!(admits(&v4(list(&["10.0.1.0/28"]))), "no client to look at");
        let client = |entries: &[&str]| list(entries).interface("eni-1", "subnet-c", "10.0.1.99", &["sg-app"]);
        assert_eq!(refused_by(&v4(client(&["10.0.1.0/28"])), "eni-1"), "sg-e");
        assert_eq!(refused_by(&v4(list(&["10.7.0.0/16"])), "not part of"), "sg-e");
        assert!(matches!(v4(build(&["tcp 443 pl-c"])), Admission::Unknown(_)), "list not read");
    }

    #[test]
    fn acls_of_both_subnets_decide_in_both_directions() {
        let with = |near: &[&str], far: &[&str]| {
            v4(build(&["tcp 443 10.0.0.0/16"]).acl("acl-c", "vpc-a", &["subnet-c"], near).acl(
                "acl-e",
                "vpc-a",
                &["subnet-e"],
                far,
            ))
        };
        let near = ["out 100 allow 6 443 10.0.8.0/24", "in 100 allow 6 1024-65535 10.0.8.0/24"];
        let far = ["in 100 allow 6 443 10.0.1.0/24", "out 100 allow 6 1024-65535 10.0.0.0/16"];
        assert!(admits(&with(&near, &far)));
        assert_eq!(refused_by(&with(&near[..1], &far), "answers"), "acl-c");
        assert_eq!(refused_by(&with(&near[1..], &far), "TCP 443 to"), "acl-c");
        assert_eq!(refused_by(&with(&near, &far[..1]), "answers"), "acl-e");
        assert_eq!(refused_by(&with(&near, &far[1..]), "TCP 443 from"), "acl-e");
        let linux = [far[0], "out 100 allow 6 32768-60999 10.0.0.0/16"];
        assert!(matches!(with(&near, &linux), Admission::Unknown(obstacle) if obstacle.reason.contains("operating system")));
        let half = [far[0], "out 100 allow 6 1024-65535 10.0.1.0/25"];
        assert_eq!(refused_by(&with(&near, &half), "only part of answers"), "acl-e");
    }

    #[test]
    fn acls_for_the_addresses_of_the_interface_in_the_own_zone_are_enough() {
        let near = ["out 100 allow 6 443 10.0.8.5/32", "in 100 allow 6 1024-65535 10.0.8.5/32"];
        let build = || {
            build(&["tcp 443 10.0.0.0/16"])
                .subnet("subnet-f", "vpc-a", "10.0.9.0/24", "b")
                .interface_endpoint("vpce-sqs", "vpc-a", "sqs", &["subnet-e", "subnet-f"], &["sg-e"])
                .open_acl("acl-f", "vpc-a", &["subnet-f"])
                .acl("acl-c", "vpc-a", &["subnet-c"], &near)
        };
        assert!(admits(&v4(build())));
        let elsewhere = build().with_subnet("subnet-c", |subnet| subnet.zone_id = "euw1-az-b".into());
        assert_eq!(refused_by(&v4(elsewhere), "no TCP 443 to 10.0.9.5/32"), "acl-c");
    }

    #[test]
    fn every_block_of_the_clients_has_to_pass_the_acls() {
        let with = |entries: &[&str]| {
            let second = "2001:db8:0:2::/64".parse().unwrap();
            let build = build(&["tcp 443 2001:db8::/32"]).with_subnet("subnet-c", |subnet| subnet.ipv6_cidrs.push(second));
            ask(build.acl("acl-e", "vpc-a", &["subnet-e"], entries), Family::Ipv6)
        };
        let out = "out 100 allow -1 all ::/0";
        assert!(admits(&with(&["in 100 allow 6 443 2001:db8:0:1::/64", "in 110 allow 6 443 2001:db8:0:2::/64", out])));
        let half = with(&["in 100 allow 6 443 2001:db8:0:1::/64", out]);
        assert_eq!(refused_by(&half, "only part of TCP 443 from 2001:db8:0:1::/64 and 1 more block"), "acl-e");
    }

    #[test]
    fn an_endpoint_without_a_subnet_is_not_guessed_at() {
        let build = build(&["tcp 443 10.0.0.0/16"]).with_endpoint("vpce-sqs", |endpoint| endpoint.subnet_ids.clear());
        match v4(build) {
            Admission::Unknown(obstacle) => assert_eq!(obstacle.reason, "no subnet of vpce-sqs is told"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_denied_port_and_a_range_for_todays_clients_refuse_nobody() {
        let with = |kind: InterfaceKind, near: &[&str]| {
            let mut build = build(&["tcp 443 10.0.0.0/16"]).interface("eni-1", "subnet-c", "10.0.1.9", &[]);
            build.region().network_interfaces.items.get_mut("eni-1").unwrap().kind = kind;
            v4(build.acl("acl-c", "vpc-a", &["subnet-c"], near))
        };
        let rdp = ["out 100 allow -1 all 0.0.0.0/0", "in 90 deny 6 3389 0.0.0.0/0", "in 100 allow -1 all 0.0.0.0/0"];
        let high = ["out 100 allow -1 all 0.0.0.0/0", "in 100 allow 6 32768-65535 0.0.0.0/0"];
        for acl in [&rdp[..], &high[..]] {
            assert!(admits(&with(InterfaceKind::Interface, acl)), "{acl:?}");
        }
        assert!(admits(&with(InterfaceKind::Lambda, &rdp)));
        assert!(matches!(with(InterfaceKind::Lambda, &high), Admission::Unknown(_)), "functions use TCP 1024-65535");
    }

    #[test]
    fn acls_say_nothing_inside_one_subnet() {
        let mut build = build(&["tcp 443 10.0.0.0/16"]).acl("acl-c", "vpc-a", &["subnet-c"], &[]);
        let endpoint = build.region().vpc_endpoints.items.get_mut("vpce-sqs").unwrap();
        endpoint.subnet_ids = vec!["subnet-c".into()];
        assert!(admits(&v4(build)));
    }

    #[test]
    fn the_interface_of_the_own_zone_decides_and_any_other_one_only_without_it() {
        let build = |zone: &str| {
            let mut build = build(&["tcp 443 10.0.0.0/16"])
                .subnet("subnet-f", "vpc-a", "10.0.9.0/24", "b")
                .open_acl("acl-f", "vpc-a", &["subnet-f"])
                .acl("acl-e", "vpc-a", &["subnet-e"], &[]);
            build.region().vpc_endpoints.items.get_mut("vpce-sqs").unwrap().subnet_ids.push("subnet-f".into());
            build.region().subnets.items.get_mut("subnet-c").unwrap().zone_id = format!("euw1-az-{zone}");
            build
        };
        assert_eq!(refused_by(&v4(build("a")), "lets no TCP 443 from"), "acl-e");
        assert!(admits(&v4(build("c"))), "the one in zone b is enough");
    }

    #[test]
    fn what_was_not_read_and_decides_is_unknown() {
        let gone = |kind: &str| {
            let mut build = build(&["tcp 443 sg-app"]);
            let region = build.region();
            match kind {
                "DescribeSecurityGroupRules" => {
                    region.security_group_rules.items.clear();
                    region.security_group_rules.gap = Some(gap(kind));
                }
                "DescribeNetworkInterfaces" => region.network_interfaces.gap = Some(gap(kind)),
                _ => {
                    region.network_acls.items.clear();
                    region.network_acls.gap = Some(gap(kind));
                }
            }
            v4(build)
        };
        for kind in ["DescribeSecurityGroupRules", "DescribeNetworkInterfaces", "DescribeNetworkAcls"] {
            match gone(kind) {
                Admission::Unknown(obstacle) => assert_eq!(obstacle.gaps, [gap(kind)]),
                other => panic!("{kind}: {other:?}"),
            }
        }
        let mut whole = build(&["tcp 443 10.0.0.0/16"]);
        whole.region().network_interfaces.gap = Some(gap("DescribeNetworkInterfaces"));
        assert!(admits(&v4(whole)), "the whole subnet is admitted, so no interface matters");
    }
}
