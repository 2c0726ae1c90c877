//! Builds the account that a plan describes, as AWS lists it: what AWS refuses to make is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::plan::{
    Beyond, Blocks, DESTINATIONS, EndpointPlan, LISTED, PEERS, PeerPlan, Plan, RoutePlan, SERVICES, Says, Secondary, SubnetPlan,
    Via, VpcPlan, ZonePlan,
};
use crate::model::ec2::{
    Connectivity, EndpointState, InterfaceKind, NatGatewayAddress, NatGatewayState, PeeringState, PrivateAddress,
    TransitGatewayResource,
};
use crate::model::route53::HostedZone;
use crate::model::{Inventory, Observed};
use crate::network::fixtures::{ACCOUNT, Build, REGION};

/// How the things of an account are called. Names that sort the other way round change the order of every listing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names {
    pub(super) series: char,
    pub(super) backwards: bool,
}

/// The usual names.
pub(super) const USUAL: Names = Names { series: '0', backwards: false };

impl Names {
    fn letter(self, index: usize) -> char {
        let letters = "abcdefghijklmnop";
        let index = if self.backwards { letters.len() - 1 - index } else { index };
        letters.chars().nth(index).unwrap()
    }

    /// The id of the `n`th thing of a kind in one of the VPCs.
    pub(super) fn id(self, kind: &str, vpc: usize, n: usize) -> String {
        format!("{kind}-{}{}", self.series, self.letter(vpc * 8 + n))
    }

    /// An id as the usual names would have it.
    pub(super) fn usual(self, id: &str) -> String {
        let Some((kind, last)) = id.rsplit_once('-') else { return id.to_owned() };
        let mut letters = last.chars();
        match (letters.next(), letters.next(), letters.next()) {
            (Some(series), Some(letter @ 'a'..='p'), None) if series == self.series && self.backwards => {
                let mirrored = char::from(b'a' + (b'p' - u8::try_from(letter).unwrap()));
                format!("{kind}-{series}{mirrored}")
            }
            _ => id.to_owned(),
        }
    }
}

/// The name of a service.
pub(super) fn host_name(service: &str) -> String {
    format!("{service}.{REGION}.amazonaws.com")
}

/// Builds the account.
pub(super) fn account(plan: &Plan, names: Names) -> Inventory {
    let mut maker = Maker { plan, names, build: Some(lists(plan)), endpoints: [Vec::new(), Vec::new()] };
    for vpc in 0..2 {
        maker.vpc(vpc);
    }
    maker.joins();
    for vpc in 0..2 {
        maker.tables(vpc);
    }
    for (index, zone) in plan.zones.iter().enumerate() {
        maker.zone(index, *zone);
    }
    maker.build.take().unwrap().done()
}

fn lists(plan: &Plan) -> Build {
    let chosen =
        |list: &[usize]| list.iter().map(|index| LISTED[*index]).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>();
    let build = Build::new()
        .aws_lists()
        .list("pl-lat", "com.amazonaws.eu-west-1.vpc-lattice", "AWS", &["192.0.2.0/24"])
        .list("pl-one", "corporate-one", ACCOUNT, &chosen(&plan.lists[0]))
        .list("pl-two", "corporate-two", ACCOUNT, &chosen(&plan.lists[1]))
        .list("pl-own", "clients", ACCOUNT, &["10.0.1.0/25", "10.0.2.0/24", "10.1.0.0/16"]);
    if !plan.s3_v6 {
        return build;
    }
    build.list("pl-s36", "com.amazonaws.eu-west-1.ipv6.s3", "AWS", &["2001:db8:f::/48", "2600:1fa0::/40"])
}

fn base(vpc: usize) -> u32 {
    (10 << 24) | (u32::try_from(vpc).unwrap() << 16)
}

fn shared(vpc: usize) -> u32 {
    (100 << 24) | ((64 + u32::try_from(vpc).unwrap()) << 16)
}

/// Space that a list of S3 (for the first VPC) or of `DynamoDB` holds as well.
fn public(vpc: usize) -> u32 {
    [0xc633_64c0, 0xcb00_71c0][vpc]
}

fn base6(plan: &VpcPlan, vpc: usize) -> u128 {
    let head = if plan.v6 == Some(true) { 0xfd00 } else { 0x2001_0db8 };
    let shift = if plan.v6 == Some(true) { 112 } else { 96 };
    (head << shift) | ((0xa + u128::try_from(vpc).unwrap()) << 80)
}

/// The blocks of a VPC.
fn cidrs(plan: &VpcPlan, vpc: usize) -> Vec<String> {
    let mut all = vec![format!("{}/16", Ipv4Addr::from_bits(base(vpc)))];
    match plan.secondary {
        Secondary::None => {}
        Secondary::Shared => all.push(format!("{}/16", Ipv4Addr::from_bits(shared(vpc)))),
        Secondary::Public => all.push(format!("{}/26", Ipv4Addr::from_bits(public(vpc)))),
    }
    if plan.v6.is_some() {
        all.push(format!("{}/56", Ipv6Addr::from_bits(base6(plan, vpc))));
    }
    all
}

/// First addresses of a subnet's blocks, and whether its IPv4 block is a small one.
#[derive(Debug, Clone, Copy)]
struct Space {
    v4: Option<u32>,
    small: bool,
    v6: Option<u128>,
}

fn space(plan: &VpcPlan, vpc: usize, index: usize, subnet: &SubnetPlan) -> Space {
    let n = u32::try_from(index).unwrap();
    let usual = Space { v4: Some(base(vpc) + (n << 8)), small: false, v6: None };
    let v6 = plan.v6.map(|_| base6(plan, vpc) + (u128::try_from(index).unwrap() << 64));
    match (subnet.blocks, plan.secondary) {
        (Blocks::Dual, _) => Space { v6, ..usual },
        (Blocks::V6, _) if v6.is_some() => Space { v4: None, small: false, v6 },
        (Blocks::Secondary, Secondary::Shared) => Space { v4: Some(shared(vpc) + (n << 8)), ..usual },
        (Blocks::Secondary, Secondary::Public) if index < 4 => Space { v4: Some(public(vpc) + (n << 4)), small: true, v6: None },
        _ => usual,
    }
}

impl Space {
    fn blocks(self) -> String {
        let v4 = self.v4.map(|first| format!("{}/{}", Ipv4Addr::from_bits(first), if self.small { 28 } else { 24 }));
        let v6 = self.v6.map(|first| format!("{}/64", Ipv6Addr::from_bits(first)));
        v4.into_iter().chain(v6).collect::<Vec<_>>().join(" ")
    }

    /// The addresses of a host, in the upper half of the blocks or not.
    fn host(self, host: u32, high: bool) -> (Option<Ipv4Addr>, Option<Ipv6Addr>) {
        let up = if high && !self.small { 128 } else { 0 };
        let v4 = self.v4.map(|first| Ipv4Addr::from_bits(first + host + up));
        let v6 = self.v6.map(|first| Ipv6Addr::from_bits(first | (u128::from(high) << 63) | u128::from(host)));
        (v4, v6)
    }
}

/// An endpoint that was made.
#[derive(Debug, Clone)]
struct Made {
    id: String,
    service: &'static str,
    private_dns: bool,
    available: bool,
    addresses: Vec<Ipv4Addr>,
}

struct Maker<'p> {
    plan: &'p Plan,
    names: Names,
    build: Option<Build>,
    endpoints: [Vec<Made>; 2],
}

impl Maker<'_> {
    fn with(&mut self, change: impl FnOnce(Build) -> Build) {
        let build = self.build.take().unwrap();
        self.build = Some(change(build));
    }

    fn build(&mut self) -> &mut Build {
        self.build.as_mut().unwrap()
    }

    fn id(&self, kind: &str, vpc: usize, n: usize) -> String {
        self.names.id(kind, vpc, n)
    }

    fn space(&self, vpc: usize, subnet: usize) -> Space {
        let plan = &self.plan.vpcs[vpc];
        space(plan, vpc, subnet, &plan.subnets[subnet])
    }

    fn subnet_id(&self, vpc: usize, subnet: usize) -> String {
        self.id("subnet", vpc, subnet)
    }

    fn groups(&self, vpc: usize, carried: [bool; 2]) -> Vec<String> {
        (0..2).filter(|group| carried[*group]).map(|group| self.id("sg", vpc, group)).collect()
    }

    fn interface(&mut self, id: &str, place: (usize, usize), host: (u32, bool), kind: InterfaceKind, groups: &[String]) {
        let (v4, v6) = self.space(place.0, place.1).host(host.0, host.1);
        let subnet = self.subnet_id(place.0, place.1);
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        self.with(|build| build.interface(id, &subnet, "192.0.2.1", &groups));
        let interface = self.build().region().network_interfaces.items.get_mut(id).unwrap();
        interface.private_addresses = v4.iter().map(|ip| PrivateAddress { private_ip: *ip, public_ip: None }).collect();
        interface.ipv6_addresses = v6.into_iter().collect();
        interface.requester_managed = kind != InterfaceKind::Interface && kind != InterfaceKind::Lambda;
        interface.kind = kind;
    }

    fn vpc(&mut self, vpc: usize) {
        let plan = &self.plan.vpcs[vpc];
        let id = self.id("vpc", vpc, 0);
        self.with(|build| build.vpc(&id, &cidrs(plan, vpc).join(" ")));
        let made = self.build().region().vpcs.items.get_mut(&id).unwrap();
        made.dns_support = Observed::Known(plan.dns.0);
        made.dns_hostnames = Observed::Known(plan.dns.1);
        for (index, subnet) in plan.subnets.iter().enumerate() {
            let (blocks, own) = (self.space(vpc, index).blocks(), self.subnet_id(vpc, index));
            self.with(|build| {
                build.subnet(&own, &id, &blocks, ["a", "b"][subnet.zone]).with_subnet(&own, |made| {
                    made.map_public_ip_on_launch = subnet.public && made.ipv4_cidr.is_some();
                    made.dns64 = subnet.dns64 && !made.ipv6_cidrs.is_empty();
                })
            });
        }
        let (igw, eigw) = (self.id("igw", vpc, 0), self.id("eigw", vpc, 0));
        self.with(|build| if plan.ways_out.0 { build.igw(&igw, &id) } else { build });
        self.with(|build| if plan.ways_out.1 { build.eigw(&eigw, &id) } else { build });
        self.nats(vpc, &id);
        self.gateway_endpoints(vpc, &id);
        for (index, endpoint) in plan.endpoints.iter().enumerate() {
            self.endpoint(vpc, index, endpoint, &id);
        }
        if let Some(subnet) = plan.firewall.filter(|subnet| *subnet < plan.subnets.len()) {
            let (firewall, subnet) = (self.id("vpce", vpc, 7), self.subnet_id(vpc, subnet));
            self.with(|build| build.gwlb_endpoint(&firewall, &id, &subnet));
        }
        self.doors(vpc, &id);
        self.clients(vpc);
    }

    fn nats(&mut self, vpc: usize, vpc_id: &str) {
        let plan = &self.plan.vpcs[vpc];
        for (index, nat) in plan.nats.iter().enumerate() {
            let id = self.id("nat", vpc, index);
            let zonal = nat.subnet.map(|subnet| subnet % plan.subnets.len());
            // AWS makes no regional gateway in a VPC without an internet gateway, and takes none from below one.
            let homeless = zonal.map_or(!plan.ways_out.0, |subnet| self.space(vpc, subnet).v4.is_none());
            if homeless {
                continue;
            }
            let place = zonal.map_or_else(|| vpc_id.to_owned(), |subnet| self.subnet_id(vpc, subnet));
            let own_table = (zonal.is_none() && nat.table == Some(0)).then(|| self.id("rtb", vpc, 1));
            self.with(|build| build.nat(&id, &place));
            let states =
                [NatGatewayState::Available, NatGatewayState::Pending, NatGatewayState::Failed, NatGatewayState::Deleted];
            let mut addresses = Vec::new();
            if let Some(subnet) = zonal {
                let interface = self.id("eni-nat", vpc, index);
                let host = (12 + u32::try_from(index).unwrap(), false);
                self.interface(&interface, (vpc, subnet), host, InterfaceKind::NatGateway, &[]);
                let made = self.build().region().network_interfaces.items.get_mut(&interface).unwrap();
                if !nat.private {
                    made.private_addresses[0].public_ip = Some("203.0.113.77".parse().unwrap());
                }
                addresses.push(NatGatewayAddress {
                    allocation_id: None,
                    public_ip: None,
                    private_ip: Some(IpAddr::V4(made.private_addresses[0].private_ip)),
                    network_interface_id: Some(interface),
                    zone: None,
                    zone_id: None,
                });
            }
            self.with(|build| {
                build.with_nat(&id, |made| {
                    made.state = states[nat.state].clone();
                    made.addresses = addresses;
                    made.route_table_id = own_table;
                    if nat.private && zonal.is_some() {
                        made.connectivity = Connectivity::Private;
                    }
                })
            });
        }
    }

    fn gateway_endpoints(&mut self, vpc: usize, vpc_id: &str) {
        for (index, gateway) in self.plan.vpcs[vpc].gateways.iter().enumerate() {
            let id = self.id("vpce", vpc, 5 + index);
            let states = [EndpointState::Available, EndpointState::Deleted, EndpointState::Pending];
            self.with(|build| {
                build
                    .gateway_endpoint(&id, vpc_id, SERVICES[gateway.service])
                    .with_endpoint(&id, |made| made.state = states[gateway.state].clone())
            });
        }
    }

    /// The subnets of an interface endpoint: such as have the addresses, one in each zone.
    fn places(&self, vpc: usize, plan: &EndpointPlan) -> Vec<usize> {
        let subnets = &self.plan.vpcs[vpc].subnets;
        let fits = |index: &usize| {
            let space = self.space(vpc, *index);
            match plan.addresses {
                0 => space.v4.is_some(),
                1 => space.v4.is_some() && space.v6.is_some(),
                _ => space.v6.is_some(),
            }
        };
        let mut zones = BTreeSet::new();
        let wanted = (0..subnets.len()).filter(|index| plan.subnets[*index] && fits(index));
        let mut places: Vec<usize> = wanted.filter(|index| zones.insert(subnets[*index].zone)).collect();
        if places.is_empty() {
            places.extend((0..subnets.len()).find(fits));
        }
        places
    }

    fn endpoint(&mut self, vpc: usize, index: usize, plan: &EndpointPlan, vpc_id: &str) {
        let places = self.places(vpc, plan);
        if places.is_empty() {
            return;
        }
        let service = SERVICES[plan.service];
        let id = self.id("vpce", vpc, index);
        let groups = self.groups(vpc, plan.groups);
        let states = [EndpointState::Available, EndpointState::Pending, EndpointState::Deleted, EndpointState::Partial];
        let state = states[plan.state].clone();
        let rival = |other: &Made| other.service == service && other.private_dns;
        let private_dns = plan.private_dns && !self.endpoints[vpc].iter().any(rival);
        let kind = ["ipv4", "dualstack", "ipv6"][plan.addresses];
        let records = match plan.addresses {
            0 => [None, Some("ipv4"), Some("service-defined"), None][plan.records],
            1 => Some(["dualstack", "ipv4", "ipv6", "service-defined"][plan.records]),
            _ => Some("ipv6"),
        };
        let inbound_only = plan.inbound_only && service == "s3";
        let subnets: Vec<String> = places.iter().map(|place| self.subnet_id(vpc, *place)).collect();
        self.with(|build| {
            build.interface_endpoint(&id, vpc_id, service, &[], &[]).with_endpoint(&id, |made| {
                made.state = state.clone();
                made.private_dns = private_dns;
                made.private_dns_only_for_inbound_resolver = inbound_only;
                made.ip_address_type = Some(kind.to_owned());
                made.dns_record_ip_type = records.map(str::to_owned);
                made.subnet_ids = subnets;
                made.group_ids.clone_from(&groups);
            })
        });
        let mut made =
            Made { id: id.clone(), service, private_dns, available: state == EndpointState::Available, addresses: Vec::new() };
        for place in places {
            let interface = format!("{}-{}", id.replace("vpce", "eni-vpce"), self.id("z", 0, place));
            let host = (5 + u32::try_from(index).unwrap(), false);
            self.interface(&interface, (vpc, place), host, InterfaceKind::VpcEndpoint, &groups);
            let eni = self.build().region().network_interfaces.items.get_mut(&interface).unwrap();
            if plan.addresses == 0 {
                eni.ipv6_addresses.clear();
            }
            if plan.addresses == 2 {
                eni.private_addresses.clear();
            }
            made.addresses.extend(eni.private_addresses.iter().map(|address| address.private_ip));
            self.with(|build| build.with_endpoint(&id, |endpoint| endpoint.network_interface_ids.push(interface)));
        }
        if made.private_dns && made.available && !inbound_only {
            // AWS keeps a zone of its own for it.
            let zone = HostedZone {
                id: format!("ZAWS{id}"),
                name: host_name(service),
                owning_account: None,
                owning_service: Some("vpce.amazonaws.com".to_owned()),
            };
            let vpc = self.build().region().vpcs.items.get_mut(vpc_id).unwrap();
            if let Observed::Known(zones) = &mut vpc.hosted_zones {
                zones.push(zone);
            }
        }
        made.private_dns &= state != EndpointState::Deleted;
        self.endpoints[vpc].push(made);
    }

    /// Network ACLs and the rules of groups.
    fn doors(&mut self, vpc: usize, vpc_id: &str) {
        let plan = &self.plan.vpcs[vpc];
        let ports =
            ["all", "443", "1024-65535", "32768-65535", "32768-60999", "49152-65535", "0-65535", "3389", "50000", "1024-32767"];
        for (index, entries) in plan.acls.iter().enumerate() {
            let mut numbers = BTreeSet::new();
            let line = |entry: &super::plan::EntryPlan| {
                let way = if entry.inward { "in" } else { "out" };
                let verdict = if entry.allow { "allow" } else { "deny" };
                let protocol = ["-1", "6", "6", "17"][entry.protocol];
                format!("{way} {} {verdict} {protocol} {} {}", entry.number, ports[entry.ports], PEERS[entry.peer])
            };
            let kept = entries.iter().filter(|entry| numbers.insert((entry.inward, entry.number)));
            let lines: Vec<String> = kept.map(line).collect();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let guarded = (0..plan.subnets.len()).filter(|subnet| plan.subnets[*subnet].acl == index);
            let subnets: Vec<String> = guarded.map(|subnet| self.subnet_id(vpc, subnet)).collect();
            let subnets: Vec<&str> = subnets.iter().map(String::as_str).collect();
            let id = self.id("acl", vpc, index);
            self.with(|build| build.acl(&id, vpc_id, &subnets, &lines));
        }
        let joined = self.plan.peering == Some(true);
        for group in 0..2 {
            let peer = |peer: PeerPlan| match peer {
                PeerPlan::Block(block) => PEERS[block].to_owned(),
                // A group of the other VPC can be named over peering only.
                PeerPlan::Group(group) if group >= 2 && joined => self.id("sg", 1 - vpc, group - 2),
                PeerPlan::Group(group) => self.id("sg", vpc, group % 2),
                PeerPlan::List => "pl-own".to_owned(),
            };
            let line = |rule: &super::plan::RulePlan| {
                let (protocol, ports) = (["-1", "tcp", "udp"][rule.protocol], ["all", "443", "80", "400-500"][rule.ports]);
                format!("{protocol} {ports} {}", peer(rule.peer))
            };
            let lines: Vec<String> = plan.rules.iter().filter(|rule| rule.group == group).map(line).collect();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let id = self.id("sg", vpc, group);
            self.with(|build| build.rules(&id, &lines));
        }
    }

    fn clients(&mut self, vpc: usize) {
        let plan = &self.plan.vpcs[vpc];
        let kinds =
            [InterfaceKind::Interface, InterfaceKind::Lambda, InterfaceKind::NetworkLoadBalancer, InterfaceKind::TransitGateway];
        for (index, client) in plan.clients.iter().enumerate() {
            let (id, groups) = (self.id("eni", vpc, index), self.groups(vpc, client.groups));
            let subnet = client.subnet % plan.subnets.len();
            let host = (8 + u32::try_from(index).unwrap(), client.high);
            self.interface(&id, (vpc, subnet), host, kinds[client.kind].clone(), &groups);
            let made = self.build().region().network_interfaces.items.get_mut(&id).unwrap();
            // A function's interface has no public address.
            if client.public && client.kind == 0 {
                let public = Some("203.0.113.9".parse().unwrap());
                made.private_addresses.iter_mut().for_each(|address| address.public_ip = public);
            }
        }
    }

    /// The subnets that attach a VPC to the transit gateway, one in each zone.
    fn attached(&self, vpc: usize) -> Vec<String> {
        let Some(transit) = &self.plan.transit else { return Vec::new() };
        let subnets = &self.plan.vpcs[vpc].subnets;
        let mut zones = BTreeSet::new();
        let wanted = (0..subnets.len()).filter(|index| transit.attached[vpc][*index] && zones.insert(subnets[*index].zone));
        wanted.map(|index| self.subnet_id(vpc, index)).collect()
    }

    /// Peering and the transit gateway.
    fn joins(&mut self) {
        let (a, b) = (self.id("vpc", 0, 0), self.id("vpc", 1, 0));
        if let Some(active) = self.plan.peering {
            let id = self.id("pcx", 0, 0);
            self.with(|build| build.peering(&id, &a, &b));
            let made = self.build().region().peering_connections.items.get_mut(&id).unwrap();
            made.state = if active { PeeringState::Active } else { PeeringState::Deleted };
        }
        let Some(transit) = &self.plan.transit else { return };
        let vpn = self.id("tgw-attach", 1, 7);
        for vpc in 0..2 {
            let (id, table) = (self.id("tgw-attach", vpc, 0), self.id("tgw-rtb", vpc, 0));
            let subnets = self.attached(vpc);
            if !subnets.is_empty() {
                let subnets: Vec<&str> = subnets.iter().map(String::as_str).collect();
                let owner = self.id("vpc", vpc, 0);
                self.with(|build| build.vpc_attachment(&id, &owner, &subnets, &table));
                let made = self.build().region().transit_gateway_vpc_attachments.items.get_mut(&id).unwrap();
                made.appliance_mode = transit.appliance && vpc == 1;
            }
            let mut taken = BTreeSet::new();
            let line = |(to, beyond, propagated): &(usize, Beyond, bool)| {
                let (to, mark) = (DESTINATIONS[*to], if *propagated { " propagated" } else { "" });
                match beyond {
                    Beyond::Vpc(vpc) if self.attached(*vpc).is_empty() => None,
                    Beyond::Vpc(vpc) => Some((format!("{to} {}{mark}", self.id("tgw-attach", *vpc, 0)), *propagated)),
                    Beyond::Vpn => Some((format!("{to} {vpn}{mark}"), *propagated)),
                    Beyond::Blackhole => Some((format!("{to} blackhole"), false)),
                }
                .filter(|(_, propagated)| taken.insert((to, *propagated)))
                .map(|(line, _)| line)
            };
            let lines: Vec<String> = transit.tables[vpc].iter().filter_map(line).collect();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            self.with(|build| build.transit_table(&table, &lines));
        }
        let table = self.id("tgw-rtb", 1, 0);
        self.with(|build| build.attachment(&vpn, TransitGatewayResource::Vpn, "vpn-0a", &table));
    }

    fn route(&self, vpc: usize, route: RoutePlan, diverted: bool) -> Option<String> {
        let plan = &self.plan.vpcs[vpc];
        let to = DESTINATIONS[route.to];
        let (list, v6) = (to.starts_with("pl-"), to.contains(':'));
        let net: Option<ipnet::IpNet> = to.parse().ok();
        let inside = |cidr: &String| net.is_some_and(|net| cidr.parse::<ipnet::IpNet>().unwrap().contains(&net));
        let inside = cidrs(plan, vpc).iter().any(inside);
        if inside && !matches!(route.via, Via::Nat(_) | Via::Firewall | Via::Instance | Via::Propagated) {
            return None;
        }
        let made = |kind: &str, n: usize| Some(self.id(kind, vpc, n));
        let region = &self.build.as_ref().unwrap().inventory.regions[REGION];
        let (target, gone) = match route.via {
            Via::Internet => (made("igw", 0), !plan.ways_out.0),
            Via::EgressOnly if v6 => (made("eigw", 0), !plan.ways_out.1),
            Via::EgressOnly => (None, false),
            Via::Nat(n) => (made("nat", n).filter(|id| region.nat_gateways.get(id).is_some()), false),
            Via::Firewall => (made("vpce", 7).filter(|id| region.vpc_endpoints.get(id).is_some()), false),
            Via::Transit => (self.plan.transit.is_some().then(|| "tgw-a".to_owned()), self.attached(vpc).is_empty()),
            Via::Peer => (self.plan.peering.map(|_| self.id("pcx", 0, 0)), self.plan.peering == Some(false)),
            Via::Propagated if list || (inside && diverted) => (None, false),
            Via::Propagated => (made("vgw", 0).map(|id| format!("{id} propagated")), false),
            Via::Vpn => (made("vgw", 0), false),
            Via::Instance => (made("eni-box", 0), false),
        };
        let mark = if route.blackhole || gone { " blackhole" } else { "" };
        target.map(|target| format!("{to} {target}{mark}"))
    }

    fn tables(&mut self, vpc: usize) {
        let plan = &self.plan.vpcs[vpc];
        let vpc_id = self.id("vpc", vpc, 0);
        for (index, routes) in plan.tables.iter().enumerate() {
            let diverted = plan.diverted && index == 1;
            let mut lines: Vec<String> = Vec::new();
            for (n, cidr) in cidrs(plan, vpc).iter().enumerate() {
                let target = if diverted && n == 0 { self.id("eni-box", vpc, 1) } else { "local".to_owned() };
                lines.push(format!("{cidr} {target}"));
            }
            for (n, gateway) in plan.gateways.iter().enumerate().filter(|(_, gateway)| gateway.tables[index]) {
                let id = self.id("vpce", vpc, 5 + n);
                lines.push(format!("{} {id}", ["pl-s3", "pl-ddb"][gateway.service]));
                if gateway.service == 0 && gateway.v6 && self.plan.s3_v6 {
                    lines.push(format!("pl-s36 {id}"));
                }
            }
            lines.extend(routes.iter().filter_map(|route| self.route(vpc, *route, diverted)));
            let mut taken = BTreeSet::new();
            lines.retain(|line| taken.insert((line.split(' ').next().unwrap().to_owned(), line.contains("propagated"))));
            // What is gone is gone for every route to it.
            let target = |line: &String| line.split(' ').nth(1).unwrap().to_owned();
            let mut gone: BTreeMap<String, bool> = BTreeMap::new();
            for line in &mut lines {
                let marked = *gone.entry(target(line)).or_insert(line.contains("blackhole"));
                *line = format!("{}{}", line.replace(" blackhole", ""), if marked { " blackhole" } else { "" });
            }
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let id = self.id("rtb", vpc, index);
            if index == 0 {
                self.with(|build| build.main_table(&id, &vpc_id, &lines));
                continue;
            }
            let using = (0..plan.subnets.len()).filter(|subnet| plan.subnets[*subnet].table == Some(index - 1));
            let mut users: Vec<String> = using.map(|subnet| self.subnet_id(vpc, subnet)).collect();
            // A regional NAT gateway's own table may also be told by its association.
            let regional = |(_, nat): &(usize, &super::plan::NatPlan)| nat.subnet.is_none() && nat.table == Some(1) && index == 2;
            users.extend(plan.nats.iter().enumerate().filter(regional).map(|(n, _)| self.id("nat", vpc, n)));
            let users: Vec<&str> = users.iter().map(String::as_str).collect();
            self.with(|build| build.table(&id, &vpc_id, &users, &lines));
        }
    }

    fn zone(&mut self, index: usize, plan: ZonePlan) {
        let service = SERVICES[plan.service];
        let host = host_name(service);
        let (zone, name) = if plan.parent {
            (format!("{REGION}.amazonaws.com"), format!("*.{REGION}.amazonaws.com"))
        } else {
            (host.clone(), host.clone())
        };
        let mut vpcs = Vec::new();
        for vpc in 0..2 {
            let id = self.id("vpc", vpc, 0);
            let made = self.build().region().vpcs.get(&id).unwrap();
            let taken = made.hosted_zones.known().unwrap().iter().any(|other| other.name == zone);
            if plan.vpcs[vpc] && !taken {
                vpcs.push(id);
            }
        }
        let of_vpc = &self.endpoints[plan.endpoint.0];
        let endpoint = of_vpc.get(plan.endpoint.1 % of_vpc.len().max(1)).cloned();
        let told = endpoint.as_ref().map_or("vpce-0ff", |endpoint| &endpoint.id);
        let told = if plan.says == Says::Foreign { "vpce-0ff" } else { told };
        let dns = format!("{told}-1b2c3d.{service}.{REGION}.vpce.amazonaws.com");
        let addresses: Vec<String> = endpoint.iter().flat_map(|one| &one.addresses).map(ToString::to_string).collect();
        let lines = match plan.says {
            Says::Nothing => Vec::new(),
            Says::Alias | Says::Foreign => vec![format!("{name} A alias {dns}")],
            Says::AliasBoth => vec![format!("{name} A alias {dns}"), format!("{name} AAAA alias {dns}")],
            Says::Cname => vec![format!("{name} CNAME {dns}")],
            Says::Addresses if addresses.is_empty() => Vec::new(),
            Says::Addresses => vec![format!("{name} A {}", addresses.join(" "))],
            Says::HiddenWildcard if plan.parent => vec![format!("{name} AAAA alias {dns}"), format!("{host} A alias {dns}")],
            Says::HiddenWildcard => vec![format!("{host} AAAA alias {dns}")],
        };
        let vpcs: Vec<&str> = vpcs.iter().map(String::as_str).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let id = format!("Z{}{index}", self.names.series);
        self.with(|build| build.zone(&id, &zone, &vpcs, &lines));
    }
}
