//! Small accounts with as much nastiness as AWS admits: what proptest draws, and shrinks.

use proptest::prelude::*;

/// Destinations of routes: blocks that hold, halve, touch and miss the services' blocks and the VPCs' own.
pub(super) const DESTINATIONS: [&str; 30] = [
    "0.0.0.0/0",
    "::/0",
    "0.0.0.0/1",
    "128.0.0.0/1",
    "198.51.100.0/24",
    "198.51.100.0/25",
    "198.51.100.64/26",
    "198.51.100.128/25",
    "52.218.0.0/16",
    "52.218.4.0/22",
    "52.218.127.255/32",
    "203.0.113.0/25",
    "52.95.0.0/16",
    "10.0.0.0/8",
    "10.0.1.0/24",
    "10.1.0.0/16",
    "10.1.1.0/24",
    "100.64.0.0/10",
    "2000::/3",
    "2001:db8::/32",
    "2001:db8:f::/49",
    "2001:db8:a:1::/64",
    "2600::/12",
    "64:ff9b::/96",
    "64:ff9b::c633:6400/121",
    "pl-s3",
    "pl-ddb",
    "pl-lat",
    "pl-one",
    "pl-two",
];

/// What the two lists of the customer may hold.
pub(super) const LISTED: [&str; 8] = [
    "198.51.100.0/24",
    "198.51.100.0/25",
    "52.218.0.0/17",
    "52.218.8.0/21",
    "203.0.113.0/24",
    "52.95.0.0/16",
    "10.1.0.0/16",
    "100.64.0.0/10",
];

/// Blocks that entries of network ACLs and rules of groups name.
pub(super) const PEERS: [&str; 18] = [
    "0.0.0.0/0",
    "::/0",
    "10.0.0.0/16",
    "10.0.0.0/24",
    "10.0.1.0/24",
    "10.0.1.0/25",
    "10.0.1.128/25",
    "10.0.2.0/25",
    "10.1.0.0/16",
    "10.1.0.0/24",
    "10.1.1.128/25",
    "100.64.0.0/10",
    "100.64.3.0/25",
    "2001:db8:a::/56",
    "2001:db8:a:1::/64",
    "2001:db8:a:1:8000::/65",
    "2001:db8:a:2::/65",
    "2001:db8:b::/56",
];

/// Services asked for: two with a complete list, one without any, one with a list that is not said to be complete.
pub(super) const SERVICES: [&str; 4] = ["s3", "dynamodb", "sqs", "vpc-lattice"];

/// Where a route leads.
#[derive(Debug, Clone, Copy)]
pub(super) enum Via {
    Internet,
    EgressOnly,
    Nat(usize),
    Firewall,
    Transit,
    Peer,
    Vpn,
    Propagated,
    Instance,
}

/// A route; left out where AWS refuses it.
#[derive(Debug, Clone, Copy)]
pub(super) struct RoutePlan {
    pub(super) to: usize,
    pub(super) via: Via,
    pub(super) blackhole: bool,
}

/// Which addresses a subnet has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blocks {
    V4,
    Dual,
    V6,
    Secondary,
}

#[derive(Debug, Clone)]
pub(super) struct SubnetPlan {
    pub(super) blocks: Blocks,
    pub(super) zone: usize,
    /// One of the VPC's tables, or with none the main one.
    pub(super) table: Option<usize>,
    pub(super) acl: usize,
    pub(super) public: bool,
    pub(super) dns64: bool,
}

/// Blocks of a VPC besides its first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secondary {
    None,
    Shared,
    /// Space that a list of S3 holds as well.
    Public,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct NatPlan {
    /// A subnet, or with none a regional gateway.
    pub(super) subnet: Option<usize>,
    pub(super) private: bool,
    pub(super) state: usize,
    /// A regional gateway's own table.
    pub(super) table: Option<usize>,
}

#[derive(Debug, Clone)]
pub(super) struct EndpointPlan {
    pub(super) service: usize,
    pub(super) subnets: Vec<bool>,
    pub(super) private_dns: bool,
    pub(super) inbound_only: bool,
    pub(super) state: usize,
    pub(super) addresses: usize,
    pub(super) records: usize,
    pub(super) groups: [bool; 2],
}

#[derive(Debug, Clone)]
pub(super) struct GatewayPlan {
    pub(super) service: usize,
    pub(super) state: usize,
    /// The main table and the others.
    pub(super) tables: [bool; 3],
    pub(super) v6: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct EntryPlan {
    pub(super) inward: bool,
    pub(super) number: u32,
    pub(super) allow: bool,
    pub(super) protocol: usize,
    pub(super) ports: usize,
    pub(super) peer: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum PeerPlan {
    Block(usize),
    Group(usize),
    List,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct RulePlan {
    pub(super) group: usize,
    pub(super) protocol: usize,
    pub(super) ports: usize,
    pub(super) peer: PeerPlan,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct ClientPlan {
    pub(super) subnet: usize,
    pub(super) high: bool,
    pub(super) kind: usize,
    pub(super) groups: [bool; 2],
    pub(super) public: bool,
}

/// What a private zone of a service's name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    Nothing,
    Alias,
    AliasBoth,
    Cname,
    Addresses,
    Foreign,
    /// A wildcard of the parent beside a record of the very name, of another type, which takes the name away from it.
    HiddenWildcard,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct ZonePlan {
    pub(super) service: usize,
    /// Whether it is a zone of the region's name, with wildcards, and not one of the service's name.
    pub(super) parent: bool,
    pub(super) says: Says,
    /// The VPC whose endpoint it names, and which of its endpoints.
    pub(super) endpoint: (usize, usize),
    pub(super) vpcs: [bool; 2],
}

#[derive(Debug, Clone)]
pub(super) struct VpcPlan {
    pub(super) dns: (bool, bool),
    pub(super) secondary: Secondary,
    /// Whether the IPv6 addresses are unique local ones; none, and there are no IPv6 addresses.
    pub(super) v6: Option<bool>,
    pub(super) subnets: Vec<SubnetPlan>,
    /// The main table and two others.
    pub(super) tables: [Vec<RoutePlan>; 3],
    /// Whether the second table's local route leads to an instance.
    pub(super) diverted: bool,
    /// Whether there are an internet and an egress-only internet gateway.
    pub(super) ways_out: (bool, bool),
    pub(super) nats: Vec<NatPlan>,
    pub(super) gateways: Vec<GatewayPlan>,
    pub(super) endpoints: Vec<EndpointPlan>,
    pub(super) firewall: Option<usize>,
    pub(super) acls: [Vec<EntryPlan>; 2],
    pub(super) rules: Vec<RulePlan>,
    pub(super) clients: Vec<ClientPlan>,
}

/// Where a route of the transit gateway leads.
#[derive(Debug, Clone, Copy)]
pub(super) enum Beyond {
    Vpc(usize),
    Vpn,
    Blackhole,
}

#[derive(Debug, Clone)]
pub(super) struct TransitPlan {
    /// Subnets that attach each VPC; none, and the VPC is not attached.
    pub(super) attached: [Vec<bool>; 2],
    pub(super) appliance: bool,
    pub(super) tables: [Vec<(usize, Beyond, bool)>; 2],
}

/// An account: two VPCs that peering or a transit gateway may join.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) vpcs: [VpcPlan; 2],
    pub(super) lists: [Vec<usize>; 2],
    pub(super) s3_v6: bool,
    /// Peering, and whether it is active.
    pub(super) peering: Option<bool>,
    pub(super) transit: Option<TransitPlan>,
    pub(super) zones: Vec<ZonePlan>,
}

/// In few lines, whatever proptest asks for.
impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { vpcs: [first, second], lists, s3_v6, peering, transit, zones } = self;
        writeln!(f, "first {first:?}\nsecond {second:?}")?;
        write!(f, "lists {lists:?}, s3_v6 {s3_v6}, peering {peering:?}, transit {transit:?}, zones {zones:?}")
    }
}

fn often() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.8)
}

fn seldom() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.12)
}

/// Index of a state: mostly 0, the one in which things work.
fn state(others: usize) -> impl Strategy<Value = usize> {
    prop_oneof![8 => Just(0), 1 => 1..=others]
}

fn via() -> impl Strategy<Value = Via> {
    prop_oneof![
        4 => Just(Via::Internet),
        2 => Just(Via::EgressOnly),
        6 => (0_usize..3).prop_map(Via::Nat),
        1 => Just(Via::Firewall),
        2 => Just(Via::Transit),
        1 => Just(Via::Peer),
        1 => Just(Via::Vpn),
        1 => Just(Via::Propagated),
        1 => Just(Via::Instance),
    ]
}

fn route() -> impl Strategy<Value = RoutePlan> {
    let to = prop_oneof![3 => Just(0), 1 => Just(1), 8 => 0..DESTINATIONS.len()];
    (to, via(), seldom()).prop_map(|(to, via, blackhole)| RoutePlan { to, via, blackhole })
}

/// A table that starts, as often as not, with usual default routes.
fn table(v4: impl Strategy<Value = Via>, v6: Via) -> impl Strategy<Value = Vec<RoutePlan>> {
    let v4 = prop::option::weighted(0.7, v4.prop_map(|via| RoutePlan { to: 0, via, blackhole: false }));
    let v6 = prop::option::weighted(0.4, Just(RoutePlan { to: 1, via: v6, blackhole: false }));
    (v4, v6, prop::collection::vec(route(), 0..5)).prop_map(|(v4, v6, others)| v4.into_iter().chain(v6).chain(others).collect())
}

fn subnet() -> impl Strategy<Value = SubnetPlan> {
    let blocks = prop_oneof![4 => Just(Blocks::V4), 3 => Just(Blocks::Dual), 1 => Just(Blocks::V6), 1 => Just(Blocks::Secondary)];
    let table = prop_oneof![Just(None), (0_usize..2).prop_map(Some)];
    (blocks, 0_usize..2, table, 0_usize..2, prop::bool::weighted(0.3), prop::bool::weighted(0.3))
        .prop_map(|(blocks, zone, table, acl, public, dns64)| SubnetPlan { blocks, zone, table, acl, public, dns64 })
}

fn nat() -> impl Strategy<Value = NatPlan> {
    let place = prop_oneof![5 => (0_usize..5).prop_map(Some), 1 => Just(None)];
    let table = prop_oneof![Just(None), (0_usize..2).prop_map(Some)];
    (place, prop::bool::weighted(0.2), state(3), table).prop_map(|(subnet, private, state, table)| NatPlan {
        subnet,
        private,
        state,
        table,
    })
}

fn gateway_endpoint() -> impl Strategy<Value = GatewayPlan> {
    (0_usize..2, state(2), [any::<bool>(), any::<bool>(), any::<bool>()], any::<bool>())
        .prop_map(|(service, state, tables, v6)| GatewayPlan { service, state, tables, v6 })
}

fn endpoint() -> impl Strategy<Value = EndpointPlan> {
    let service = prop_oneof![1 => Just(0), 1 => Just(1), 3 => Just(2), 1 => Just(3)];
    let groups = prop_oneof![Just([true, false]), Just([false, true]), Just([true, true])];
    let subnets = prop::collection::vec(any::<bool>(), 5);
    (service, subnets, often(), seldom(), state(3), 0_usize..3, 0_usize..4, groups).prop_map(
        |(service, subnets, private_dns, inbound_only, state, addresses, records, groups)| EndpointPlan {
            service,
            subnets,
            private_dns,
            inbound_only,
            state,
            addresses,
            records,
            groups,
        },
    )
}

fn entry() -> impl Strategy<Value = EntryPlan> {
    let peer = prop_oneof![4 => Just(0), 2 => Just(1), 4 => 0..PEERS.len()];
    (any::<bool>(), 1_u32..12, prop::bool::weighted(0.7), 0_usize..4, 0_usize..10, peer)
        .prop_map(|(inward, number, allow, protocol, ports, peer)| EntryPlan { inward, number, allow, protocol, ports, peer })
}

/// Entries that let everything through at the end, more often than not.
fn entries() -> impl Strategy<Value = Vec<EntryPlan>> {
    (prop::collection::vec(entry(), 0..5), prop::bool::weighted(0.7)).prop_map(|(mut entries, open)| {
        let all = [(true, 20, 0), (false, 20, 0), (true, 21, 1), (false, 21, 1)];
        let pass = |(inward, number, peer)| EntryPlan { inward, number, allow: true, protocol: 0, ports: 0, peer };
        entries.extend(all.into_iter().filter(|_| open).map(pass));
        entries
    })
}

fn rule() -> impl Strategy<Value = RulePlan> {
    let block = prop_oneof![3 => Just(0_usize), 1 => Just(1), 6 => 0..PEERS.len()];
    let peer = prop_oneof![
        6 => block.prop_map(PeerPlan::Block),
        1 => (0_usize..4).prop_map(PeerPlan::Group),
        1 => Just(PeerPlan::List),
    ];
    (0_usize..2, prop_oneof![4 => Just(1_usize), 2 => 0_usize..3], prop_oneof![4 => Just(1_usize), 2 => 0_usize..4], peer)
        .prop_map(|(group, protocol, ports, peer)| RulePlan { group, protocol, ports, peer })
}

fn client() -> impl Strategy<Value = ClientPlan> {
    let kind = prop_oneof![5 => Just(0_usize), 1 => Just(1), 1 => Just(2), 1 => Just(3)];
    (0_usize..5, any::<bool>(), kind, [any::<bool>(), any::<bool>()], prop::bool::weighted(0.3))
        .prop_map(|(subnet, high, kind, groups, public)| ClientPlan { subnet, high, kind, groups, public })
}

fn zone() -> impl Strategy<Value = ZonePlan> {
    let says = prop_oneof![
        1 => Just(Says::Nothing),
        3 => Just(Says::Alias),
        2 => Just(Says::AliasBoth),
        2 => Just(Says::Cname),
        2 => Just(Says::Addresses),
        1 => Just(Says::Foreign),
        1 => Just(Says::HiddenWildcard),
    ];
    (0_usize..4, prop::bool::weighted(0.3), says, (0_usize..2, 0_usize..3), (often(), any::<bool>()))
        .prop_map(|(service, parent, says, endpoint, (one, two))| ZonePlan { service, parent, says, endpoint, vpcs: [one, two] })
}

fn vpc() -> impl Strategy<Value = VpcPlan> {
    let secondary = prop_oneof![3 => Just(Secondary::None), 3 => Just(Secondary::Shared), 1 => Just(Secondary::Public)];
    let private = || table(prop_oneof![4 => (0_usize..3).prop_map(Via::Nat), 1 => Just(Via::Transit)], Via::EgressOnly);
    let head = (
        (prop::bool::weighted(0.95), prop::bool::weighted(0.95)),
        secondary,
        prop::option::of(seldom()),
        prop::collection::vec(subnet(), 1..=5),
        (private(), private(), table(Just(Via::Internet), Via::Internet)),
        seldom(),
    );
    let tail = (
        (often(), often()),
        (prop::collection::vec(nat(), 0..4), often()),
        prop::collection::vec(gateway_endpoint(), 0..2),
        prop::collection::vec(endpoint(), 0..3),
        prop_oneof![2 => Just(None), 1 => (0_usize..5).prop_map(Some)],
        [entries(), entries()],
        prop::collection::vec(rule(), 0..6),
        prop::collection::vec(client(), 0..4),
    );
    (head, tail).prop_map(|(head, tail)| {
        let (dns, secondary, v6, mut subnets, (main, second, third), diverted) = head;
        let tables = [main, second, third];
        let (ways_out, (nats, proper), gateways, endpoints, firewall, acls, rules, clients) = tail;
        // Where things are as they should be, NAT gateways stand in subnets with the third table.
        for place in nats.iter().filter_map(|nat| nat.subnet).filter(|_| proper) {
            let place = place % subnets.len();
            subnets[place].table = Some(1);
        }
        VpcPlan {
            dns,
            secondary,
            v6,
            subnets,
            tables,
            diverted,
            ways_out,
            nats,
            gateways,
            endpoints,
            firewall,
            acls,
            rules,
            clients,
        }
    })
}

fn transit() -> impl Strategy<Value = TransitPlan> {
    let attached = || prop::collection::vec(prop::bool::weighted(0.7), 5);
    let beyond = prop_oneof![
        4 => Just(Beyond::Vpc(1)),
        2 => Just(Beyond::Vpc(0)),
        1 => Just(Beyond::Vpn),
        1 => Just(Beyond::Blackhole),
    ];
    let table = || {
        prop::collection::vec((prop_oneof![2 => Just(0), 1 => Just(1), 3 => 0..25_usize], beyond.clone(), any::<bool>()), 1..5)
    };
    ([attached(), attached()], seldom(), [table(), table()]).prop_map(|(attached, appliance, tables)| TransitPlan {
        attached,
        appliance,
        tables,
    })
}

/// Accounts of two VPCs.
pub(super) fn plan() -> impl Strategy<Value = Plan> {
    let list = || prop::collection::vec(0..LISTED.len(), 1..4);
    let peering = prop_oneof![2 => Just(None), 3 => Just(Some(true)), 1 => Just(Some(false))];
    let transit = prop_oneof![1 => Just(None), 1 => transit().prop_map(Some)];
    ([vpc(), vpc()], [list(), list()], any::<bool>(), peering, transit, prop::collection::vec(zone(), 0..3))
        .prop_map(|(vpcs, lists, s3_v6, peering, transit, zones)| Plan { vpcs, lists, s3_v6, peering, transit, zones })
}
