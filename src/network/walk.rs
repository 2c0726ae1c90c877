//! Follows packets from route table to route table until they end somewhere.

use std::collections::BTreeSet;
use std::sync::Arc;

use ipnet::IpNet;

use super::blocks::{self, tidy, to_nat64};
use super::index::RegionIndex;
use super::lookup::Dest;
use super::{Destinations, End, Hop, NatZone, Obstacle, Segment};
use crate::model::ec2::{NatGateway, Route, RouteDestination, RouteState, RouteTable, RouteTarget, Subnet};

/// Route tables a packet may pass before the walk gives up.
const TABLE_LIMIT: usize = 16;

/// Whether clients of a subnet have public IPv4 addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PublicIpv4 {
    Yes,
    No,
    Unknown(Obstacle),
}

/// What the rest of the way depends on, of the subnet the packets come from.
#[derive(Debug, Clone)]
pub(super) struct Origin<'a> {
    pub(super) zone_id: &'a str,
    pub(super) public_ipv4: PublicIpv4,
    pub(super) global_ipv6: bool,
}

/// Where the packets are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) vpc_id: &'a str,
    pub(super) table: &'a RouteTable,
    pub(super) zone: &'a str,
    pub(super) zone_id: &'a str,
    /// Whether they came into this VPC from another network and still carry its addresses.
    pub(super) from_outside: bool,
}

impl<'a> Place<'a> {
    /// The place of packets that leave a subnet by its table.
    pub(super) fn leaving(subnet: &'a Subnet, table: &'a RouteTable, from_outside: bool) -> Self {
        Self { vpc_id: &subnet.vpc_id, table, zone: &subnet.zone, zone_id: &subnet.zone_id, from_outside }
    }
}

/// Whose address the packets carry.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source<'a> {
    Client,
    Nat { gateway: &'a NatGateway, zone: NatZone },
}

/// Packets on their way.
#[derive(Debug, Clone)]
pub(super) struct Packets<'a> {
    pub(super) dest: Dest,
    pub(super) source: Source<'a>,
    /// Whether a NAT gateway has turned them from IPv6 into IPv4.
    pub(super) translated: bool,
    pub(super) hops: Vec<Arc<Hop>>,
    seen: BTreeSet<(&'a str, bool)>,
}

impl<'a> Packets<'a> {
    pub(super) fn new(dest: Dest) -> Self {
        Self { dest, source: Source::Client, translated: false, hops: Vec::new(), seen: BTreeSet::new() }
    }

    pub(super) fn hop(&mut self, kind: &'static str, id: &str, reason: String, source: String) {
        self.hops.push(Arc::new(Hop { kind, id: id.to_owned(), reason, source }));
    }

    pub(super) fn to(&self, dest: Dest) -> Self {
        Self { dest, ..self.clone() }
    }

    /// Notes a table; false when the packets were there before, or have passed too many.
    pub(super) fn enter(&mut self, table_id: &'a str) -> bool {
        self.seen.insert((table_id, matches!(self.source, Source::Nat { .. }))) && self.seen.len() <= TABLE_LIMIT
    }

    pub(super) fn ends(self, end: End) -> Vec<Leg<'a>> {
        vec![Leg { fate: Fate::End(self.end_for(end)), packets: self }]
    }

    pub(super) fn unknown(self, obstacle: Obstacle) -> Vec<Leg<'a>> {
        self.ends(obstacle.into())
    }

    fn end_for(&self, end: End) -> End {
        match (&self.source, end) {
            // A gateway endpoint or internet gateway behind a NAT gateway: the NAT gateway has processed the bytes.
            (Source::Nat { gateway, zone }, End::GatewayEndpoint { .. } | End::Internet { .. }) => {
                End::Nat { nat_gateway_id: gateway.id.clone(), vpc_id: gateway.vpc_id.clone(), zone: *zone }
            }
            (_, end) => end,
        }
    }

    pub(super) fn is_translated(&self) -> bool {
        matches!(self.source, Source::Nat { .. })
    }

    /// The destinations as the subnet sees them.
    fn destinations(&self) -> Destinations {
        if !self.translated {
            return self.dest.destinations();
        }
        let map = |blocks: &[IpNet]| tidy(&blocks.iter().copied().map(to_nat64).collect::<Vec<_>>());
        match &self.dest {
            Dest::Listed(blocks) => Destinations::Prefixes(map(blocks)),
            Dest::Possibly(blocks) => Destinations::PossiblyWithin(map(blocks)),
            Dest::Public { .. } => Destinations::PossiblyWithin(vec![IpNet::V6(blocks::nat64())]),
        }
    }
}

/// How packets fared.
#[derive(Debug, Clone)]
pub(super) enum Fate {
    /// A path ends so.
    End(End),
    /// Delivered inside this VPC.
    Local { vpc_id: String },
}

/// Packets and how they fared.
#[derive(Debug, Clone)]
pub(super) struct Leg<'a> {
    pub(super) packets: Packets<'a>,
    pub(super) fate: Fate,
}

impl Leg<'_> {
    /// The segment of a path to public addresses.
    pub(super) fn into_segment(self) -> Segment {
        let destinations = self.packets.destinations();
        let end = match self.fate {
            Fate::End(end) => end,
            Fate::Local { vpc_id } => {
                End::None { reason: format!("{} lies in the address range of {vpc_id} itself", self.packets.dest.describe()) }
            }
        };
        Segment { destinations, hops: self.packets.hops, end }
    }
}

/// Several ways the same packets may take, each told only once.
pub(super) fn distinct(legs: Vec<Leg<'_>>) -> Vec<Leg<'_>> {
    let mut kept: Vec<Leg<'_>> = Vec::with_capacity(legs.len());
    for leg in legs {
        let same = |other: &Leg<'_>| {
            other.packets.dest == leg.packets.dest
                && match (&other.fate, &leg.fate) {
                    (Fate::End(a), Fate::End(b)) => a == b,
                    (Fate::Local { vpc_id: a }, Fate::Local { vpc_id: b }) => a == b,
                    (Fate::End(_), Fate::Local { .. }) | (Fate::Local { .. }, Fate::End(_)) => false,
                }
        };
        if !kept.iter().any(same) {
            kept.push(leg);
        }
    }
    kept
}

/// A walk through one region on behalf of one subnet and service.
#[derive(Debug)]
pub(super) struct Walk<'n, 'a> {
    pub(super) index: &'n RegionIndex<'a>,
    pub(super) service: &'n str,
    pub(super) origin: &'n Origin<'a>,
}

impl<'a> Walk<'_, 'a> {
    /// Where the packets go from a route table.
    pub(super) fn at_table(&self, place: Place<'a>, mut packets: Packets<'a>) -> Vec<Leg<'a>> {
        let table = place.table;
        if !packets.enter(&table.id) {
            let reason = format!("the packets come back to {} or pass more than {TABLE_LIMIT} route tables: a loop", table.id);
            return packets.ends(End::None { reason });
        }
        let groups = match self.index.divide(table, &packets.dest, self.service) {
            Ok(groups) => groups,
            Err(obstacle) => return packets.unknown(obstacle),
        };
        let source = format!("ec2:DescribeRouteTables {}", table.id);
        let mut legs = Vec::with_capacity(groups.len());
        for part in groups {
            let route = part.route().and_then(|route| table.routes.get(route));
            let mut packets = packets.to(part.dest.clone());
            let what = packets.dest.describe();
            if self.is_inside(place, &packets.dest, route) {
                packets.hop("route_table", &table.id, format!("{what} is inside {}", place.vpc_id), source.clone());
                legs.push(Leg { packets, fate: Fate::Local { vpc_id: place.vpc_id.to_owned() } });
                continue;
            }
            if let Some(route) = route {
                let (name, target) = (part.name(&self.name_of(route)), route.target.id());
                let reason = format!("{name} -> {target} ({}) is the longest match for {what}", route.state);
                packets.hop("route_table", &table.id, reason, source.clone());
                legs.extend(self.follow(place, route, packets));
            } else {
                let reason = format!("{} has no route for {what}", table.id);
                packets.hop("route_table", &table.id, format!("no route matches {what}"), source.clone());
                legs.extend(packets.ends(End::None { reason }));
            }
        }
        legs
    }

    /// Every table has a local route for every block of its VPC, so only a route at least as specific leads elsewhere.
    /// Source: VPC guide, "Subnet route tables".
    fn is_inside(&self, place: Place<'_>, dest: &Dest, route: Option<&Route>) -> bool {
        let (Dest::Listed(blocks), Some(family)) = (dest, dest.family()) else { return false };
        let length = route.map(|route| match &route.destination {
            RouteDestination::Ipv4(net) => net.prefix_len(),
            RouteDestination::Ipv6(net) => net.prefix_len(),
            // Its entries were compared block by block already.
            RouteDestination::PrefixList(_) => u8::MAX,
        });
        let cidrs = self.index.cidrs_of_vpc(place.vpc_id, family);
        blocks
            .iter()
            .all(|block| cidrs.iter().any(|cidr| cidr.contains(block) && length.is_none_or(|length| length < cidr.prefix_len())))
    }

    fn name_of(&self, route: &Route) -> String {
        match &route.destination {
            RouteDestination::PrefixList(id) => match self.index.data.prefix_lists.get(id) {
                Some(list) => format!("{id} ({})", list.name),
                None => id.clone(),
            },
            other => other.to_string(),
        }
    }

    fn follow(&self, place: Place<'a>, route: &'a Route, packets: Packets<'a>) -> Vec<Leg<'a>> {
        match &route.state {
            RouteState::Active => {}
            RouteState::Blackhole => return packets.ends(End::Blackhole { target_id: route.target.id().to_owned() }),
            RouteState::Other(state) => {
                return packets.unknown(Obstacle::new(format!("a route to {} is in state {state}", route.target.id())));
            }
        }
        match &route.target {
            RouteTarget::Local => vec![Leg { packets, fate: Fate::Local { vpc_id: place.vpc_id.to_owned() } }],
            RouteTarget::InternetGateway(id) => self.internet_gateway(id, place, packets),
            RouteTarget::EgressOnlyInternetGateway(id) => self.egress_only_gateway(id, place, packets),
            RouteTarget::NatGateway(id) => self.nat_gateway(id, place, packets),
            RouteTarget::VpcEndpoint(id) => self.endpoint(id, place, packets),
            RouteTarget::TransitGateway(id) => self.transit_gateway(id, place, packets),
            RouteTarget::PeeringConnection(id) => self.peering(id, place, packets),
            RouteTarget::VpnGateway(id) => leaves(packets, id, "a virtual private gateway leads to networks outside AWS"),
            RouteTarget::CoreNetwork(id) => leaves(packets, id, "a Cloud WAN core network, which was not scanned"),
            RouteTarget::CarrierGateway(id) => leaves(packets, id, "a carrier gateway leads to the carrier's network"),
            RouteTarget::LocalGateway(id) => leaves(packets, id, "a local gateway leads to the network around an Outpost"),
            RouteTarget::NetworkInterface { .. } => packets.ends(End::Appliance { id: route.target.id().to_owned() }),
            RouteTarget::Other(id) => packets.unknown(Obstacle::new(format!("{id} is a target this version does not know"))),
        }
    }
}

fn leaves<'a>(packets: Packets<'a>, via: &str, reason: &str) -> Vec<Leg<'a>> {
    packets.ends(End::LeavesView { via: via.to_owned(), reason: reason.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Build, REGION, gap, only};
    use super::super::{Family, Network, Path};
    use super::*;
    use crate::model::ec2::{Connectivity, EndpointState, InterfaceKind, NatGatewayState, PeeringState};

    /// `vpc-a` with a private subnet in zone a, public subnets in a and b, and `rtb-pub` for the latter.
    fn vpc(private_routes: &[&str]) -> Build {
        Build::new()
            .aws_lists()
            .vpc("vpc-a", "10.0.0.0/16 2001:db8:0:0::/56")
            .subnet("subnet-c", "vpc-a", "10.0.1.0/24 2001:db8:0:1::/64", "a")
            .subnet("subnet-pa", "vpc-a", "10.0.2.0/24 2001:db8:0:2::/64", "a")
            .subnet("subnet-pb", "vpc-a", "10.0.3.0/24 2001:db8:0:3::/64", "b")
            .igw("igw-a", "vpc-a")
            .eigw("eigw-a", "vpc-a")
            .main_table("rtb-a", "vpc-a", private_routes)
            .table("rtb-pub", "vpc-a", &["subnet-pa", "subnet-pb"], &["10.0.0.0/16 local", "0.0.0.0/0 igw-a", "::/0 igw-a"])
            .nat("nat-a", "subnet-pa")
            .nat("nat-b", "subnet-pb")
            .gateway_endpoint("vpce-s3", "vpc-a", "s3")
    }

    fn path_in(build: Build, service: &str, family: Family) -> Path {
        let inventory = build.done();
        Network::new(&inventory).path(REGION, "subnet-c", service, family)
    }

    fn path(build: Build) -> Path {
        path_in(build, "s3", Family::Ipv4)
    }

    fn end(build: Build) -> End {
        only(&path(build)).end.clone()
    }

    fn end6(build: Build) -> End {
        only(&path_in(build, "s3", Family::Ipv6)).end.clone()
    }

    fn nat(id: &str, zone: NatZone) -> End {
        End::Nat { nat_gateway_id: id.into(), vpc_id: "vpc-a".into(), zone }
    }

    fn unknown_because(end: &End, operation: &str) {
        match end {
            End::Unknown { gaps, .. } => assert_eq!(*gaps, [gap(operation)]),
            other => panic!("{operation}: {other:?}"),
        }
    }

    #[test]
    fn a_nat_gateway_leads_to_the_internet_and_the_hops_say_why() {
        let path = path(vpc(&["0.0.0.0/0 nat-a"]));
        let segment = only(&path);
        assert_eq!(segment.end, nat("nat-a", NatZone::Same));
        let told: Vec<String> = path.hops(segment).map(|hop| format!("{} {}: {}", hop.kind, hop.id, hop.reason)).collect();
        let what = "52.218.0.0/17 and 1 more block";
        assert_eq!(
            told,
            [
                "subnet subnet-c: 10.0.1.0/24 has no association of its own, so the main table rtb-a applies".to_owned(),
                format!("route_table rtb-a: 0.0.0.0/0 -> nat-a (active) is the longest match for {what}"),
                "nat_gateway nat-a: public NAT gateway in subnet-pa (eu-west-1a, the zone the packets come from), \
                 whose packets leave by rtb-pub"
                    .to_owned(),
                format!("route_table rtb-pub: 0.0.0.0/0 -> igw-a (active) is the longest match for {what}"),
                "internet_gateway igw-a: attached to vpc-a".to_owned(),
            ]
        );
        assert_eq!(segment.hops[0].source, "ec2:DescribeRouteTables rtb-a");
    }

    #[test]
    fn a_nat_gateway_of_another_zone_is_told_apart() {
        assert_eq!(end(vpc(&["0.0.0.0/0 nat-b"])), nat("nat-b", NatZone::Other));
    }

    #[test]
    fn a_nat_gateway_whose_own_table_leads_nowhere_is_no_way_out() {
        let own = |lines: &[&str]| {
            end(vpc(&["0.0.0.0/0 nat-a"]).table("rtb-x", "vpc-a", &["subnet-pa"], lines).table(
                "rtb-pub",
                "vpc-a",
                &["subnet-pb"],
                &[],
            ))
        };
        assert_eq!(own(&["10.0.0.0/16 local"]).word(), "none");
        assert_eq!(own(&["0.0.0.0/0 igw-a blackhole"]), End::Blackhole { target_id: "igw-a".into() });
        assert_eq!(own(&["0.0.0.0/0 vgw-a"]).word(), "leaves_view");
        assert_eq!(own(&["0.0.0.0/0 nat-a"]).word(), "none", "a loop");
        assert_eq!(own(&["0.0.0.0/0 igw-a"]), nat("nat-a", NatZone::Same));
    }

    #[test]
    fn a_nat_gateway_processes_the_bytes_even_before_a_gateway_endpoint() {
        let build = vpc(&["0.0.0.0/0 nat-a"]).table("rtb-x", "vpc-a", &["subnet-pa"], &["pl-s3 vpce-s3", "0.0.0.0/0 igw-a"]);
        let build = build.table("rtb-pub", "vpc-a", &["subnet-pb"], &[]);
        assert_eq!(end(build), nat("nat-a", NatZone::Same));
    }

    #[test]
    fn a_nat_gateway_that_is_not_available_is_a_black_hole() {
        for state in [NatGatewayState::Pending, NatGatewayState::Failed, NatGatewayState::Deleting, NatGatewayState::Deleted] {
            let build = vpc(&["0.0.0.0/0 nat-a"]).with_nat("nat-a", |gateway| gateway.state = state.clone());
            assert_eq!(end(build), End::Blackhole { target_id: "nat-a".into() }, "{state}");
        }
        assert_eq!(end(vpc(&["0.0.0.0/0 nat-x"])), End::Blackhole { target_id: "nat-x".into() });
        assert_eq!(end(vpc(&["0.0.0.0/0 nat-a blackhole"])), End::Blackhole { target_id: "nat-a".into() });
    }

    #[test]
    fn a_regional_nat_gateway_has_no_subnet_and_needs_an_internet_gateway() {
        let build = || vpc(&["0.0.0.0/0 nat-r"]).nat("nat-r", "vpc-a");
        assert_eq!(end(build()), nat("nat-r", NatZone::Regional));
        let mut without = build();
        without.region().internet_gateways.items.clear();
        assert_eq!(end(without).word(), "none");
        let own = build().table("rtb-r", "vpc-a", &["nat-r"], &["10.0.0.0/16 local"]);
        assert_eq!(end(own).word(), "none", "its own table was changed");
        let pending = build().with_nat("nat-r", |gateway| gateway.state = NatGatewayState::Pending);
        assert_eq!(end(pending).word(), "blackhole");
        let mut unread = build().with_nat("nat-r", |gateway| gateway.route_table_id = Some("rtb-r".into()));
        unread = unread.table("rtb-c", "vpc-a", &["subnet-c"], &["0.0.0.0/0 nat-r"]);
        unread.region().route_tables.gap = Some(gap("DescribeRouteTables"));
        unknown_because(&end(unread), "DescribeRouteTables");
    }

    #[test]
    fn a_private_nat_gateway_goes_on_by_its_subnets_table() {
        let private = |lines: &[&str]| {
            vpc(&["0.0.0.0/0 nat-a"])
                .with_nat("nat-a", |gateway| gateway.connectivity = Connectivity::Private)
                .table("rtb-x", "vpc-a", &["subnet-pa"], lines)
                .table("rtb-pub", "vpc-a", &["subnet-pb"], &["0.0.0.0/0 igw-a"])
        };
        assert_eq!(end(private(&["0.0.0.0/0 igw-a"])).word(), "none");
        assert_eq!(end(private(&["0.0.0.0/0 vgw-a"])).word(), "leaves_view");
        assert_eq!(end(private(&["0.0.0.0/0 nat-b"])), nat("nat-b", NatZone::Other));
    }

    #[test]
    fn a_gateway_endpoint_takes_what_its_list_holds() {
        let build = || vpc(&["0.0.0.0/0 nat-a", "pl-s3 vpce-s3"]);
        assert_eq!(end(build()), End::GatewayEndpoint { endpoint_id: "vpce-s3".into() });
        assert_eq!(
            only(&path(build())).hops[0].reason.split(" is ").next(),
            Some("pl-s3 (com.amazonaws.eu-west-1.s3) -> vpce-s3 (active)")
        );
        assert_eq!(only(&path_in(build(), "dynamodb", Family::Ipv4)).end, nat("nat-a", NatZone::Same));
        let other = path_in(build(), "sqs", Family::Ipv4);
        assert_eq!((&only(&other).destinations, &only(&other).end), (&Destinations::Public, &nat("nat-a", NatZone::Same)));
        for state in [EndpointState::Deleted, EndpointState::Failed, EndpointState::Pending] {
            let gone = build().with_endpoint("vpce-s3", |endpoint| endpoint.state = state.clone());
            assert_eq!(end(gone), End::Blackhole { target_id: "vpce-s3".into() }, "{state}");
        }
    }

    #[test]
    fn a_more_specific_route_shadows_part_of_the_list() {
        let path = path(vpc(&["0.0.0.0/0 nat-a", "pl-s3 vpce-s3", "52.218.4.0/22 nat-b", "198.51.100.0/24 igw-a blackhole"]));
        let told: Vec<(Destinations, &str)> =
            path.segments.iter().map(|segment| (segment.destinations.clone(), segment.end.word())).collect();
        let prefixes = |text: &[&str]| Destinations::Prefixes(text.iter().map(|net| net.parse().unwrap()).collect());
        let rest = ["52.218.0.0/22", "52.218.8.0/21", "52.218.16.0/20", "52.218.32.0/19", "52.218.64.0/18"];
        assert_eq!(
            told,
            [
                (prefixes(&rest), "gateway_endpoint"),
                (prefixes(&["52.218.4.0/22"]), "nat"),
                (prefixes(&["198.51.100.0/24"]), "blackhole")
            ]
        );
    }

    #[test]
    fn a_more_specific_route_may_take_some_of_a_services_public_addresses() {
        let path = path_in(vpc(&["0.0.0.0/0 nat-a", "52.95.0.0/16 vgw-a", "10.9.0.0/16 vgw-a"]), "sqs", Family::Ipv4);
        let told: Vec<(Destinations, &str)> =
            path.segments.iter().map(|segment| (segment.destinations.clone(), segment.end.word())).collect();
        let within = Destinations::PossiblyWithin(vec!["52.95.0.0/16".parse().unwrap()]);
        assert_eq!(told, [(Destinations::Public, "nat"), (within, "leaves_view")]);
    }

    #[test]
    fn an_internet_gateway_serves_clients_with_public_addresses_only() {
        let build = || vpc(&["0.0.0.0/0 igw-a"]);
        assert_eq!(end(build()).word(), "none");
        let mapped = build().with_subnet("subnet-c", |subnet| subnet.map_public_ip_on_launch = true);
        assert_eq!(end(mapped), End::Internet { gateway_id: "igw-a".into() });
        let with_public = |kind: InterfaceKind, description: &str| {
            let mut build = build().interface("eni-1", "subnet-c", "10.0.1.9", &[]);
            let interface = build.region().network_interfaces.items.get_mut("eni-1").unwrap();
            interface.private_addresses[0].public_ip = Some("203.0.113.9".parse().unwrap());
            (interface.kind, interface.description) = (kind, description.to_owned());
            build
        };
        assert_eq!(end(with_public(InterfaceKind::Interface, "")).word(), "internet");
        assert_eq!(end(with_public(InterfaceKind::NatGateway, "")).word(), "none", "the address is the NAT gateway's");
        assert_eq!(
            end(with_public(InterfaceKind::Interface, "ELB app/web/1")).word(),
            "none",
            "the address is a load balancer's"
        );
        let mut unread = build();
        unread.region().network_interfaces.gap = Some(gap("DescribeNetworkInterfaces"));
        unknown_because(&end(unread), "DescribeNetworkInterfaces");
        assert_eq!(end(vpc(&["0.0.0.0/0 igw-x"])), End::Blackhole { target_id: "igw-x".into() });
    }

    #[test]
    fn ipv6_leaves_by_either_internet_gateway_without_translation() {
        assert_eq!(end6(vpc(&["::/0 eigw-a"])), End::Internet { gateway_id: "eigw-a".into() });
        assert_eq!(end6(vpc(&["::/0 igw-a"])), End::Internet { gateway_id: "igw-a".into() });
        assert_eq!(end6(vpc(&["0.0.0.0/0 nat-a"])).word(), "none");
        assert_eq!(end6(vpc(&["::/0 nat-a"])).word(), "unknown");
        assert_eq!(end6(vpc(&["::/0 eigw-x"])), End::Blackhole { target_id: "eigw-x".into() });
        let private = |target: &str| {
            let line = format!("::/0 {target}");
            end6(vpc(&[&line]).with_subnet("subnet-c", |subnet| subnet.ipv6_cidrs = vec!["fd00:1::/64".parse().unwrap()]))
        };
        assert_eq!((private("eigw-a").word(), private("igw-a").word()), ("none", "none"));
    }

    #[test]
    fn an_ipv6_list_of_the_service_is_looked_up_like_the_ipv4_one() {
        let build =
            vpc(&["::/0 eigw-a", "pl-6 vpce-s3"]).list("pl-6", "com.amazonaws.eu-west-1.ipv6.s3", "AWS", &["2001:db8:f::/48"]);
        assert_eq!(end6(build), End::GatewayEndpoint { endpoint_id: "vpce-s3".into() });
    }

    #[test]
    fn nat64_carries_ipv6_clients_to_ipv4_names() {
        let dns64 = |build: Build| build.with_subnet("subnet-c", |subnet| subnet.dns64 = true);
        let build = || dns64(vpc(&["64:ff9b::/96 nat-a", "::/0 eigw-a"]));
        let path = path_in(build(), "s3", Family::Ipv6);
        assert_eq!(only(&path).end, nat("nat-a", NatZone::Same));
        let blocks = ["64:ff9b::34da:0/113", "64:ff9b::c633:6400/120"].map(|net| net.parse().unwrap());
        assert_eq!(only(&path).destinations, Destinations::Prefixes(blocks.to_vec()));
        // Another service may have IPv6 addresses of its own.
        let path = path_in(build(), "sqs", Family::Ipv6);
        let told: Vec<(&Destinations, &str)> =
            path.segments.iter().map(|segment| (&segment.destinations, segment.end.word())).collect();
        let within = Destinations::PossiblyWithin(vec!["64:ff9b::/96".parse().unwrap()]);
        assert_eq!(told, [(&Destinations::Public, "internet"), (&within, "nat")]);
        assert_eq!(end6(dns64(vpc(&["::/0 eigw-a"]))).word(), "none", "nobody translates");
        for gateway in ["igw-a", "eigw-a"] {
            let line = format!("::/0 {gateway}");
            let path = path_in(dns64(vpc(&[&line])), "sqs", Family::Ipv6);
            let ends: Vec<&str> = path.segments.iter().map(|segment| segment.end.word()).collect();
            assert_eq!(ends, ["internet", "none"], "{gateway} carries the service's own addresses, not translated ones");
        }
        // The NAT gateway's table is asked for the IPv4 addresses.
        let split = build().table("rtb-pub", "vpc-a", &["subnet-pa"], &["198.51.100.0/24 vgw-a", "0.0.0.0/0 igw-a"]);
        let ends: Vec<&str> = path_in(split, "s3", Family::Ipv6).segments.iter().map(|segment| segment.end.word()).collect();
        assert_eq!(ends, ["nat", "leaves_view"]);
    }

    #[test]
    fn inspection_goes_on_from_the_endpoints_own_subnet() {
        let build = |lines: &[&str]| {
            vpc(&["0.0.0.0/0 vpce-fw"])
                .subnet("subnet-fw", "vpc-a", "10.0.9.0/28", "a")
                .gwlb_endpoint("vpce-fw", "vpc-a", "subnet-fw")
                .table("rtb-fw", "vpc-a", &["subnet-fw"], lines)
        };
        assert_eq!(end(build(&["0.0.0.0/0 nat-a"])), nat("nat-a", NatZone::Same));
        assert_eq!(end(build(&["10.0.0.0/16 local"])).word(), "none");
        assert_eq!(end(build(&["0.0.0.0/0 nat-a", "pl-s3 vpce-s3"])).word(), "gateway_endpoint");
        let gone = build(&["0.0.0.0/0 nat-a"]).with_endpoint("vpce-fw", |endpoint| endpoint.state = EndpointState::Deleting);
        assert_eq!(end(gone), End::Blackhole { target_id: "vpce-fw".into() });
        // Inspection between NAT gateway and internet gateway.
        let behind = vpc(&["0.0.0.0/0 nat-a"])
            .subnet("subnet-fw", "vpc-a", "10.0.9.0/28", "a")
            .gwlb_endpoint("vpce-fw", "vpc-a", "subnet-fw")
            .table("rtb-pub", "vpc-a", &["subnet-pa"], &["0.0.0.0/0 vpce-fw"])
            .table("rtb-fw", "vpc-a", &["subnet-fw"], &["0.0.0.0/0 igw-a"]);
        assert_eq!(end(behind), nat("nat-a", NatZone::Same));
    }

    #[test]
    fn peering_reaches_the_peers_addresses_and_nothing_behind_them() {
        let build = || vpc(&["0.0.0.0/0 pcx-a"]).vpc("vpc-b", "10.1.0.0/16").peering("pcx-a", "vpc-a", "vpc-b");
        let end = |build| self::end(build);
        assert!(matches!(&end(build()), End::None { reason } if reason.contains("no edge-to-edge routing")));
        let mut gone = build();
        gone.region().peering_connections.items.get_mut("pcx-a").unwrap().state = PeeringState::Deleted;
        assert_eq!(end(gone), End::Blackhole { target_id: "pcx-a".into() });
        let mut unread = build();
        unread.region().peering_connections.items.clear();
        unread.region().peering_connections.gap = Some(gap("DescribeVpcPeeringConnections"));
        unknown_because(&end(unread), "DescribeVpcPeeringConnections");
    }

    #[test]
    fn an_endpoint_in_a_peer_vpc_is_reached_by_a_private_zone_and_a_route() {
        let build = |lines: &[&str]| {
            vpc(lines)
                .vpc("vpc-b", "10.1.0.0/16")
                .subnet("subnet-b", "vpc-b", "10.1.1.0/24", "b")
                .peering("pcx-a", "vpc-a", "vpc-b")
                .interface_endpoint("vpce-0aa", "vpc-b", "sqs", &["subnet-b"], &["sg-e"])
                .rules("sg-e", &["tcp 443 10.0.0.0/8"])
                .open_acl("acl-b", "vpc-b", &["subnet-b"])
                .open_acl("acl-a", "vpc-a", &["subnet-c"])
                .zone(
                    "Z1",
                    "sqs.eu-west-1.amazonaws.com",
                    &["vpc-a"],
                    &["sqs.eu-west-1.amazonaws.com A alias vpce-0aa-1b2c.sqs.eu-west-1.vpce.amazonaws.com"],
                )
        };
        let sqs = |lines: &[&str]| only(&path_in(build(lines), "sqs", Family::Ipv4)).end.clone();
        let wanted = End::InterfaceEndpoint { endpoint_id: "vpce-0aa".into(), vpc_id: "vpc-b".into(), same_zone: false };
        assert_eq!(sqs(&["10.1.0.0/16 pcx-a", "0.0.0.0/0 nat-a"]), wanted);
        assert_eq!(sqs(&["10.1.0.0/16 pcx-a blackhole", "0.0.0.0/0 nat-a"]).word(), "blackhole");
        assert_eq!(sqs(&["0.0.0.0/0 nat-a"]).word(), "none", "the internet does not carry private addresses");
    }

    #[test]
    fn an_endpoint_in_the_own_vpc_is_local_unless_a_more_specific_route_inspects() {
        let build = |lines: &[&str]| {
            vpc(lines)
                .interface_endpoint("vpce-0aa", "vpc-a", "sqs", &["subnet-pa"], &["sg-e"])
                .rules("sg-e", &["tcp 443 10.0.0.0/16"])
                .open_acl("acl-a", "vpc-a", &["subnet-c", "subnet-pa"])
        };
        let sqs = |build: Build| only(&path_in(build, "sqs", Family::Ipv4)).end.clone();
        assert_eq!(sqs(build(&["10.0.0.0/16 local"])).word(), "interface_endpoint");
        assert_eq!(sqs(build(&["0.0.0.0/0 nat-a"])).word(), "interface_endpoint", "the local route is always there");
        assert_eq!(sqs(build(&["10.0.2.0/24 eni-fw"])), End::Appliance { id: "eni-fw".into() });
        let replaced = sqs(build(&["10.0.0.0/16 eni-fw"]));
        assert_eq!(replaced, End::Appliance { id: "eni-fw".into() }, "the local route itself has another target");
        let refused = build(&[]).acl("acl-x", "vpc-a", &["subnet-pa"], &[]);
        assert!(matches!(sqs(refused), End::Blocked { by, .. } if by == "acl-x"));
        let other_zone = build(&[]).with_subnet("subnet-c", |subnet| subnet.zone_id = "euw1-az-c".into());
        assert!(matches!(sqs(other_zone), End::InterfaceEndpoint { same_zone: false, .. }));
    }

    #[test]
    fn every_other_target_has_its_end() {
        let word = |target: &str| {
            let line = format!("0.0.0.0/0 {target}");
            end(vpc(&[&line])).word()
        };
        for target in ["vgw-a", "cagw-a", "lgw-a", "arn:aws:networkmanager::111122223333:core-network/core-a"] {
            assert_eq!(word(target), "leaves_view", "{target}");
        }
        assert_eq!((word("eni-a"), word("i-a")), ("appliance", "appliance"));
        assert_eq!(word("xyz-a"), "unknown");
        assert_eq!(word("local"), "none");
        assert_eq!(end(vpc(&[])).word(), "none");
    }

    #[test]
    fn what_was_not_read_and_decides_is_unknown() {
        type Change = fn(&mut crate::model::RegionInventory);
        let changes: [(&str, Change); 5] = [
            ("DescribeNatGateways", |region| {
                region.nat_gateways.items.clear();
                region.nat_gateways.gap = Some(gap("DescribeNatGateways"));
            }),
            ("DescribeRouteTables", |region| {
                region.route_tables.items.remove("rtb-a");
                region.route_tables.gap = Some(gap("DescribeRouteTables"));
            }),
            ("DescribeManagedPrefixLists", |region| {
                region.prefix_lists.items.clear();
                region.prefix_lists.gap = Some(gap("DescribeManagedPrefixLists"));
            }),
            ("GetManagedPrefixListEntries", |region| {
                region.prefix_lists.items.get_mut("pl-s3").unwrap().entries =
                    crate::model::Observed::Unknown(gap("GetManagedPrefixListEntries"));
            }),
            ("DescribeSubnets", |region| {
                region.subnets.items.remove("subnet-c");
                region.subnets.gap = Some(gap("DescribeSubnets"));
            }),
        ];
        for (operation, change) in changes {
            let mut build = vpc(&["0.0.0.0/0 nat-a"]);
            change(build.region());
            unknown_because(&end(build), operation);
        }
        let mut build = vpc(&["0.0.0.0/0 nat-a", "pl-s3 vpce-x"]);
        build.region().vpc_endpoints.gap = Some(gap("DescribeVpcEndpoints"));
        unknown_because(&end(build), "DescribeVpcEndpoints");
    }

    #[test]
    fn a_target_in_a_shared_vpc_that_is_not_seen_leaves_the_view() {
        let mut build = vpc(&["0.0.0.0/0 nat-x"]);
        let vpc = build.region().vpcs.items.get_mut("vpc-a").unwrap();
        vpc.owner_id = "444455556666".into();
        vpc.dns_support = crate::model::Observed::Known(false);
        // With DNS support off no endpoint of the owner's, seen or not, takes the name.
        assert_eq!(end(build).word(), "leaves_view");
    }

    #[test]
    fn an_internet_gateway_of_another_vpc_carries_nothing() {
        let gone = |id: &str| End::Blackhole { target_id: id.into() };
        let other = |route: &str| vpc(&[route]).vpc("vpc-b", "10.9.0.0/16").igw("igw-b", "vpc-b").eigw("eigw-b", "vpc-b");
        let public = other("0.0.0.0/0 igw-b").with_subnet("subnet-c", |subnet| subnet.map_public_ip_on_launch = true);
        assert_eq!(end(public), gone("igw-b"));
        assert!(path_in(other("::/0 eigw-b"), "sqs", Family::Ipv6).segments.iter().all(|one| one.end == gone("eigw-b")));
    }

    #[test]
    fn a_regional_nat_gateway_is_trusted_where_internet_gateways_were_not_read() {
        let without = |gap: Option<crate::model::GapId>| {
            let mut build = vpc(&["0.0.0.0/0 nat-r"]).nat("nat-r", "vpc-a");
            build.region().internet_gateways.items.clear();
            build.region().internet_gateways.gap = gap;
            end(build)
        };
        assert_eq!(without(None).word(), "none");
        assert_eq!(without(Some(gap("DescribeInternetGateways"))), nat("nat-r", NatZone::Regional));
    }

    #[test]
    fn a_part_of_nat64_space_stays_a_part_behind_the_gateway() {
        let build = vpc(&["64:ff9b::3400:0/104 nat-a"]).with_subnet("subnet-c", |subnet| subnet.dns64 = true);
        let path = path_in(build, "sqs", Family::Ipv6);
        let through: Vec<_> = path.segments.iter().filter(|segment| segment.end == nat("nat-a", NatZone::Same)).collect();
        assert_eq!(through.len(), 1, "{path:#?}");
        assert_eq!(through[0].destinations, Destinations::PossiblyWithin(vec!["64:ff9b::3400:0/104".parse().unwrap()]));
    }
}
