//! One packet, followed by hand from table to table.
//!
//! Knows the model and nothing of the engine. Every step scans a whole listing; addresses are compared bit by bit.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::model::RegionInventory;
use crate::model::ec2::{
    Connectivity, EndpointKind, EndpointState, NatAvailability, NatGateway, NatGatewayState, PeeringState, Route,
    RouteDestination, RouteOrigin, RouteState, RouteTable, RouteTarget, Subnet, TransitGatewayResource, TransitGatewayRouteState,
    TransitGatewayRouteTable,
};

/// Why it is not told where a packet goes that two prefix lists hold.
pub(super) const CHANCE: &str = "two prefix lists hold the address";

/// Why a packet goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    NoRoute,
    /// Delivered where nobody of that address is.
    Inside,
    NoPublicAddress,
    PrivateAddress,
    PrivateNat,
    NotCarried,
    Peering,
    OtherNetwork,
    Zone,
    Loop,
    NoSuchName,
}

/// Where a packet ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Landing {
    Endpoint {
        id: String,
        vpc: String,
        same_zone: bool,
    },
    Gateway(String),
    /// A public NAT gateway and, unless it is a regional one, whether it stands in the client's zone.
    Nat {
        id: String,
        vpc: String,
        same_zone: Option<bool>,
    },
    Internet(String),
    Blackhole(String),
    Dropped(Why),
    /// Any of these refuses.
    Refused(BTreeSet<String>),
    Outside(String),
    Appliance(String),
    /// AWS does not say, or says that chance decides.
    Untold(&'static str),
}

/// Where the routes bring a packet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Arrival {
    Landed(Landing),
    /// At an address of this VPC; `by_nat` with a NAT gateway's address instead of the client's.
    Delivered {
        vpc: String,
        by_nat: bool,
    },
}

fn bits(address: IpAddr) -> Vec<bool> {
    match address {
        IpAddr::V4(address) => (0..32).map(|bit| address.to_bits() >> (31 - bit) & 1 == 1).collect(),
        IpAddr::V6(address) => (0..128).map(|bit| address.to_bits() >> (127 - bit) & 1 == 1).collect(),
    }
}

/// Whether a block holds an address: as many of their first bits agree as the block's length says.
pub(super) fn holds(block: IpNet, address: IpAddr) -> bool {
    let (a, b) = (bits(block.addr()), bits(address));
    a.len() == b.len() && (0..usize::from(block.prefix_len())).all(|bit| a[bit] == b[bit])
}

/// Whether an address may be a public one.
///
/// Source: IANA IPv4 and IPv6 Special-Purpose Address Registries; IANA IPv6 address space (`2000::/3` is global unicast).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => match address.octets() {
            [0 | 10 | 127, ..] | [169, 254, ..] | [192, 168, ..] => false,
            [100, second, ..] => !(64..128).contains(&second),
            [172, second, ..] => !(16..32).contains(&second),
            [first, ..] => first < 224,
        },
        IpAddr::V6(address) => address.segments()[0] >> 13 == 1,
    }
}

/// The IPv6 address that DNS64 makes of an IPv4 one. Source: VPC guide, "DNS64 and NAT64".
pub(super) fn by_dns64(address: Ipv4Addr) -> Ipv6Addr {
    let [a, b, c, d] = address.octets();
    Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))
}

fn by_nat64(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = address.segments() else { return None };
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Some(Ipv4Addr::new(a, b, c, d))
}

/// The table of a subnet: the one it is associated with, else the main one of its VPC. Source: VPC guide, "Subnet route tables".
pub(super) fn table_of<'a>(region: &'a RegionInventory, subnet: &Subnet) -> &'a RouteTable {
    let tables = || region.route_tables.values().filter(|table| table.vpc_id == subnet.vpc_id);
    let own = |table: &&RouteTable| table.associations.iter().any(|one| one.subnet_id.as_deref() == Some(&subnet.id));
    tables().find(own).or_else(|| tables().find(|table| table.is_main())).unwrap()
}

/// A packet under way.
#[derive(Debug, Clone)]
struct Flight<'a> {
    to: IpAddr,
    /// The last NAT gateway that gave it an address.
    nat: Option<&'a NatGateway>,
    /// Whether it came from another network into this VPC and still has an address of there.
    foreign: bool,
    vpc: &'a str,
    table: &'a RouteTable,
    zone: &'a str,
    /// Where it was before, with all that decides what comes next.
    been: BTreeSet<(String, Option<String>, bool, String, IpAddr)>,
}

impl Flight<'_> {
    fn loops(&mut self, table: &str) -> bool {
        let nat = self.nat.map(|nat| nat.id.clone());
        !self.been.insert((table.to_owned(), nat, self.foreign, self.zone.to_owned(), self.to))
    }
}

type Ends = BTreeSet<Arrival>;

fn landed(landing: Landing) -> Ends {
    [Arrival::Landed(landing)].into()
}

fn dropped(why: Why) -> Ends {
    landed(Landing::Dropped(why))
}

/// A packet of a client in a subnet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walker<'a> {
    pub(super) region: &'a RegionInventory,
    pub(super) subnet: &'a Subnet,
    /// Whether the client has a public IPv4 address.
    pub(super) public: bool,
}

impl<'a> Walker<'a> {
    /// Where a packet to this address is brought. Several ends where chance decides, such as which zone's attachment is taken.
    pub(super) fn send(&self, to: IpAddr) -> Ends {
        let table = table_of(self.region, self.subnet);
        let (vpc, zone) = (&self.subnet.vpc_id, &self.subnet.zone_id);
        self.route(Flight { to, nat: None, foreign: false, vpc, table, zone, been: BTreeSet::new() })
    }

    /// Goes on by the table of a subnet.
    fn leave(&self, subnet: &'a Subnet, flight: Flight<'a>) -> Ends {
        let table = table_of(self.region, subnet);
        self.route(Flight { vpc: &subnet.vpc_id, table, zone: &subnet.zone_id, ..flight })
    }

    fn subnet_of(&self, id: Option<&String>) -> &'a Subnet {
        self.region.subnets.get(id.unwrap()).unwrap()
    }

    /// The blocks of a route that hold an address, by their lengths.
    fn matches(&self, route: &Route, to: IpAddr) -> Option<u8> {
        let blocks = match &route.destination {
            RouteDestination::Ipv4(net) => vec![IpNet::V4(*net)],
            RouteDestination::Ipv6(net) => vec![IpNet::V6(*net)],
            RouteDestination::PrefixList(id) => {
                self.region.prefix_lists.get(id).and_then(|list| list.entries.known()).cloned().unwrap()
            }
        };
        blocks.into_iter().filter(|block| holds(*block, to)).map(|block| block.prefix_len()).max()
    }

    /// The routes of the highest priority for an address; several where AWS picks one at random.
    ///
    /// Source: VPC guide, "How route priority works": the longest prefix first; then static routes, routes to prefix lists,
    /// propagated routes; "if your route table references multiple prefix lists that have overlapping CIDR blocks to
    /// different targets, we randomly choose". Site-to-Site VPN guide, "Route tables and AWS Site-to-Site VPN route
    /// priority": the local route is preferred even to more specific propagated ones.
    fn chosen(&self, table: &'a RouteTable, to: IpAddr) -> Vec<&'a Route> {
        let local = table.routes.iter().any(|route| route.target == RouteTarget::Local && self.matches(route, to).is_some());
        let mut best: Vec<(u8, u8, &Route)> = Vec::new();
        for route in &table.routes {
            let Some(length) = self.matches(route, to) else { continue };
            let rank = match (&route.origin, &route.destination) {
                (RouteOrigin::Propagated, _) if local => continue,
                (RouteOrigin::Propagated, _) => 1,
                (_, RouteDestination::PrefixList(_)) => 2,
                _ => 3,
            };
            let highest = best.first().map_or((0, 0), |(length, rank, _)| (*length, *rank));
            if (length, rank) > highest {
                best.clear();
            }
            if (length, rank) >= highest {
                best.push((length, rank, route));
            }
        }
        best.into_iter().map(|(_, _, route)| route).collect()
    }

    fn route(&self, mut flight: Flight<'a>) -> Ends {
        if flight.loops(&flight.table.id.clone()) {
            return dropped(Why::Loop);
        }
        let chosen = self.chosen(flight.table, flight.to);
        let Some(first) = chosen.first() else { return dropped(Why::NoRoute) };
        if chosen.iter().any(|route| route.target != first.target) {
            return landed(Landing::Untold(CHANCE));
        }
        self.follow(first, flight)
    }

    fn follow(&self, route: &'a Route, flight: Flight<'a>) -> Ends {
        if route.state == RouteState::Blackhole {
            return landed(Landing::Blackhole(route.target.id().to_owned()));
        }
        match &route.target {
            RouteTarget::Local => [Arrival::Delivered { vpc: flight.vpc.to_owned(), by_nat: flight.nat.is_some() }].into(),
            RouteTarget::InternetGateway(id) => self.internet(id, &flight),
            RouteTarget::EgressOnlyInternetGateway(id) => self.egress_only(id, &flight),
            RouteTarget::NatGateway(id) => self.nat(id, flight),
            RouteTarget::VpcEndpoint(id) => self.endpoint(id, flight),
            RouteTarget::PeeringConnection(id) => self.peering(id, &flight),
            RouteTarget::TransitGateway(id) => self.transit(id, flight),
            RouteTarget::VpnGateway(id) => landed(Landing::Outside(id.clone())),
            RouteTarget::NetworkInterface { id, .. } => landed(Landing::Appliance(id.clone().unwrap())),
            other => panic!("no account has {other:?}"),
        }
    }

    /// Source: VPC guide, "Enable internet access for a VPC using an internet gateway": it translates between an instance's
    /// private and public IPv4 address, and carries nothing of an instance without one. "NAT gateways": it drops what comes
    /// from a private NAT gateway.
    fn internet(&self, id: &str, flight: &Flight<'a>) -> Ends {
        let gateway = self.region.internet_gateways.get(id).filter(|one| one.vpc_ids.iter().any(|vpc| vpc == flight.vpc));
        if gateway.is_none() {
            return landed(Landing::Blackhole(id.to_owned()));
        }
        if !is_public(flight.to) {
            return dropped(Why::NotCarried);
        }
        match (flight.nat, flight.to) {
            (Some(nat), _) if nat.connectivity == Connectivity::Private => dropped(Why::PrivateNat),
            (Some(nat), _) => landed(self.by_nat(nat)),
            (None, IpAddr::V6(_)) if flight.foreign => landed(Landing::Untold("IPv6 from another network")),
            (None, IpAddr::V4(_)) if flight.foreign => dropped(Why::OtherNetwork),
            (None, IpAddr::V6(_)) => self.by_own_ipv6(id),
            (None, IpAddr::V4(_)) if self.public => landed(Landing::Internet(id.to_owned())),
            (None, IpAddr::V4(_)) => dropped(Why::NoPublicAddress),
        }
    }

    fn by_own_ipv6(&self, id: &str) -> Ends {
        if self.subnet.ipv6_cidrs.iter().any(|block| is_public(IpAddr::V6(block.addr()))) {
            return landed(Landing::Internet(id.to_owned()));
        }
        dropped(Why::PrivateAddress)
    }

    fn by_nat(&self, nat: &NatGateway) -> Landing {
        let zone = nat.subnet_id.as_ref().map(|id| &self.region.subnets.get(id).unwrap().zone_id);
        let same_zone = zone.map(|zone| *zone == self.subnet.zone_id);
        Landing::Nat { id: nat.id.clone(), vpc: nat.vpc_id.clone(), same_zone }
    }

    /// Source: VPC guide, "Enable outbound IPv6 traffic using an egress-only internet gateway".
    fn egress_only(&self, id: &str, flight: &Flight<'a>) -> Ends {
        if self.region.egress_only_internet_gateways.get(id).is_none() {
            return landed(Landing::Blackhole(id.to_owned()));
        }
        if !is_public(flight.to) {
            return dropped(Why::NotCarried);
        }
        if flight.foreign {
            return landed(Landing::Untold("IPv6 from another network"));
        }
        self.by_own_ipv6(id)
    }

    /// Source: VPC guide, "NAT gateway basics" (states), "DNS64 and NAT64", "Regional NAT gateways for automatic multi-AZ
    /// expansion" (a table of its own, made with a route to the internet gateway).
    fn nat(&self, id: &str, mut flight: Flight<'a>) -> Ends {
        let Some(nat) = self.region.nat_gateways.get(id).filter(|nat| nat.state == NatGatewayState::Available) else {
            return landed(Landing::Blackhole(id.to_owned()));
        };
        if let IpAddr::V6(to) = flight.to {
            let Some(to) = by_nat64(to) else { return landed(Landing::Untold("IPv6 through a NAT gateway")) };
            flight.to = IpAddr::V4(to);
        }
        let flight = Flight { nat: Some(nat), foreign: false, ..flight };
        if nat.availability == NatAvailability::Zonal {
            return self.leave(self.subnet_of(nat.subnet_id.as_ref()), flight);
        }
        let tied = |table: &&RouteTable| table.associations.iter().any(|one| one.gateway_id.as_deref() == Some(id));
        let told = nat.route_table_id.as_ref().and_then(|id| self.region.route_tables.get(id));
        if let Some(table) = told.or_else(|| self.region.route_tables.values().find(tied)) {
            return self.route(Flight { vpc: &nat.vpc_id, table, zone: "", ..flight });
        }
        landed(self.by_nat(nat))
    }

    /// Source: AWS `PrivateLink` guide, "Gateway endpoints" (not from outside the VPC; a NAT gateway is inside), "Access an
    /// inspection system using a Gateway Load Balancer endpoint" (packets go on by its subnet's table).
    fn endpoint(&self, id: &str, flight: Flight<'a>) -> Ends {
        let endpoint = self.region.vpc_endpoints.get(id).unwrap();
        if endpoint.state != EndpointState::Available {
            return landed(Landing::Blackhole(id.to_owned()));
        }
        match (&endpoint.kind, flight.nat) {
            (EndpointKind::GatewayLoadBalancer, _) => self.leave(self.subnet_of(endpoint.subnet_ids.first()), flight),
            (EndpointKind::Gateway, Some(nat)) => landed(self.by_nat(nat)),
            (EndpointKind::Gateway, None) if flight.foreign => landed(Landing::Untold("gateway endpoint from outside")),
            (EndpointKind::Gateway, None) => landed(Landing::Gateway(id.to_owned())),
            (other, _) => panic!("no route leads to an endpoint of type {other}"),
        }
    }

    /// Source: VPC peering guide, "VPC peering limitations": to addresses of the peer only, not through it, not transitively.
    fn peering(&self, id: &str, flight: &Flight<'a>) -> Ends {
        let connection = self.region.peering_connections.get(id).unwrap();
        if connection.state != PeeringState::Active {
            return landed(Landing::Blackhole(id.to_owned()));
        }
        let sides = [&connection.requester.vpc_id, &connection.accepter.vpc_id];
        let peer = sides.into_iter().find(|vpc| *vpc != flight.vpc).unwrap();
        let vpc = self.region.vpcs.get(peer).unwrap();
        let v4 = vpc.ipv4_cidrs.iter().any(|block| holds(IpNet::V4(*block), flight.to));
        if !v4 && !vpc.ipv6_cidrs.iter().any(|block| holds(IpNet::V6(*block), flight.to)) {
            return dropped(Why::Peering);
        }
        if flight.foreign {
            return landed(Landing::Untold("from another network through peering"));
        }
        [Arrival::Delivered { vpc: peer.clone(), by_nat: flight.nat.is_some() }].into()
    }

    /// Source: Transit Gateway guide, "Amazon VPC attachments in AWS Transit Gateway": a packet reaches the transit gateway
    /// only from a zone in which the attachment has a subnet.
    fn transit(&self, id: &str, flight: Flight<'a>) -> Ends {
        let attachments = || self.region.transit_gateway_attachments.values();
        let ours = attachments().find(|one| one.transit_gateway_id == id && one.resource_id == flight.vpc);
        let Some(ours) = ours else { return landed(Landing::Blackhole(id.to_owned())) };
        let subnets = &self.region.transit_gateway_vpc_attachments.get(&ours.id).unwrap().subnet_ids;
        // A regional NAT gateway stands in every zone of the VPC, so in one of the attachment's as well.
        if !flight.zone.is_empty() && !subnets.iter().any(|subnet| self.subnet_of(Some(subnet)).zone_id == flight.zone) {
            return dropped(Why::Zone);
        }
        let association = ours.association.as_ref().unwrap();
        let table = self.region.transit_gateway_route_tables.get(&association.route_table_id).unwrap();
        self.in_transit(table, flight)
    }

    /// Source: Transit Gateway guide, "How AWS Transit Gateway works" ("Route evaluation order": the most specific route,
    /// then static before propagated ones; with appliance mode off a packet stays in its zone).
    fn in_transit(&self, table: &'a TransitGatewayRouteTable, mut flight: Flight<'a>) -> Ends {
        if flight.loops(&table.id) {
            return dropped(Why::Loop);
        }
        let routes = table.routes.known().unwrap().iter().filter(|route| holds(route.destination, flight.to));
        let Some(route) = routes.max_by_key(|route| (route.destination.prefix_len(), route.origin == "static")) else {
            return dropped(Why::NoRoute);
        };
        if route.state == TransitGatewayRouteState::Blackhole {
            return landed(Landing::Blackhole(route.attachment_ids.first().unwrap_or(&table.id).clone()));
        }
        let mut ends = Ends::new();
        for id in &route.attachment_ids {
            let attachment = self.region.transit_gateway_attachments.get(id).unwrap();
            if attachment.resource != TransitGatewayResource::Vpc {
                ends.insert(Arrival::Landed(Landing::Outside(id.clone())));
                continue;
            }
            let vpc = self.region.transit_gateway_vpc_attachments.get(id).unwrap();
            let all: Vec<&Subnet> = vpc.subnet_ids.iter().map(|id| self.subnet_of(Some(id))).collect();
            let near: Vec<&Subnet> = all.iter().copied().filter(|subnet| subnet.zone_id == flight.zone).collect();
            let taken = if vpc.appliance_mode || near.is_empty() { all } else { near };
            let into = Flight { foreign: true, ..flight.clone() };
            ends.extend(taken.into_iter().flat_map(|subnet| self.leave(subnet, into.clone())));
        }
        ends
    }
}
