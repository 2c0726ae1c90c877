//! A small language for networks, for tests: what it leaves out is as AWS makes it by default.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{Path, Segment};
use crate::model::ec2::{
    Connectivity, Direction, EgressOnlyInternetGateway, EndpointKind, EndpointState, InterfaceKind, InternetGateway,
    NatAvailability, NatGateway, NatGatewayState, NetworkAcl, NetworkAclEntry, NetworkInterface, PeeringSide, PeeringState,
    PortRange, PrefixList, PrivateAddress, Route, RouteDestination, RouteOrigin, RouteState, RouteTable, RouteTableAssociation,
    RouteTarget, RulePeer, SecurityGroupRule, Subnet, TransitGatewayAssociation, TransitGatewayAttachment,
    TransitGatewayResource, TransitGatewayRoute, TransitGatewayRouteState, TransitGatewayRouteTable, TransitGatewayVpcAttachment,
    Vpc, VpcEndpoint, VpcPeeringConnection,
};
use crate::model::route53::{HostedZone, PrivateZone, RecordSet};
use crate::model::{Account, GapId, INVENTORY_SCHEMA, Inventory, Listing, Observed, Partition, RegionInventory, Scope, Tags};

/// The one region of the tests.
pub(super) const REGION: &str = "eu-west-1";
/// The account of the tests.
pub(super) const ACCOUNT: &str = "111122223333";

/// A gap of one call in the region.
pub(super) fn gap(operation: &str) -> GapId {
    GapId::new(REGION, "ec2", operation, None)
}

/// The one segment of a path.
pub(super) fn only(path: &Path) -> &Segment {
    assert_eq!(path.segments.len(), 1, "{path:#?}");
    &path.segments[0]
}

fn v4(text: &str) -> Vec<Ipv4Net> {
    text.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

fn v6(text: &str) -> Vec<Ipv6Net> {
    text.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn target(word: &str) -> RouteTarget {
    let id = || word.to_owned();
    match word.split('-').next().unwrap() {
        "local" => RouteTarget::Local,
        "igw" => RouteTarget::InternetGateway(id()),
        "eigw" => RouteTarget::EgressOnlyInternetGateway(id()),
        "nat" => RouteTarget::NatGateway(id()),
        "vpce" => RouteTarget::VpcEndpoint(id()),
        "tgw" => RouteTarget::TransitGateway(id()),
        "pcx" => RouteTarget::PeeringConnection(id()),
        "vgw" => RouteTarget::VpnGateway(id()),
        "eni" => RouteTarget::NetworkInterface { id: Some(id()), instance_id: None },
        "i" => RouteTarget::NetworkInterface { id: None, instance_id: Some(id()) },
        "cagw" => RouteTarget::CarrierGateway(id()),
        "lgw" => RouteTarget::LocalGateway(id()),
        "arn:aws:networkmanager::111122223333:core" => RouteTarget::CoreNetwork(id()),
        _ => RouteTarget::Other(id()),
    }
}

/// Routes as `destination target [blackhole] [propagated]`.
pub(super) fn routes(lines: &[&str]) -> Vec<Route> {
    let route = |line: &&str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let destination = match (words[0].parse(), words[0].parse()) {
            (Ok(net), _) => RouteDestination::Ipv4(net),
            (_, Ok(net)) => RouteDestination::Ipv6(net),
            _ => RouteDestination::PrefixList(words[0].to_owned()),
        };
        let has = |word: &str| words[2..].contains(&word);
        let state = if has("blackhole") { RouteState::Blackhole } else { RouteState::Active };
        let origin = if has("propagated") { RouteOrigin::Propagated } else { RouteOrigin::CreateRoute };
        Route { destination, target: target(words[1]), state, origin }
    };
    lines.iter().map(route).collect()
}

fn ports(word: &str) -> Option<PortRange> {
    let (from, to) = word.split_once('-').unwrap_or((word, word));
    Some(PortRange { from: from.parse().ok()?, to: to.parse().ok()? })
}

/// An ACL of entries as `in|out NUMBER allow|deny PROTOCOL PORTS|all CIDR`.
pub(super) fn acl(id: &str, vpc: &str, subnets: &[&str], lines: &[&str]) -> NetworkAcl {
    let entry = |line: &&str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        NetworkAclEntry {
            number: words[1].parse().unwrap(),
            direction: if words[0] == "in" { Direction::Ingress } else { Direction::Egress },
            allow: words[2] == "allow",
            protocol: words[3].to_owned(),
            ports: ports(words[4]),
            cidr: words[5].parse().unwrap(),
        }
    };
    NetworkAcl {
        id: id.to_owned(),
        vpc_id: vpc.to_owned(),
        is_default: false,
        subnet_ids: texts(subnets),
        entries: lines.iter().map(entry).collect(),
        tags: Tags::new(),
    }
}

/// A network under construction.
#[derive(Debug)]
pub(super) struct Build {
    pub(super) inventory: Inventory,
}

impl Build {
    pub(super) fn new() -> Self {
        let inventory = Inventory {
            schema: INVENTORY_SCHEMA.to_owned(),
            natless: "0.1.0".to_owned(),
            taken_at: "2026-11-23T02:00:00Z".parse().unwrap(),
            account: Account {
                id: ACCOUNT.to_owned(),
                partition: Partition::Aws,
                caller_arn: format!("arn:aws:iam::{ACCOUNT}:role/audit"),
            },
            scope: Scope { enabled_regions: Observed::Known(vec![REGION.to_owned()]), lookback_days: 14 },
            organization: Observed::Known(None),
            regions: [(REGION.to_owned(), RegionInventory::default())].into(),
            buckets: Listing::default(),
            account_public_access_block: Observed::Known(None),
            private_zones: Listing::default(),
            live_prices: None,
            gaps: [].into(),
        };
        Self { inventory }
    }

    pub(super) fn region(&mut self) -> &mut RegionInventory {
        self.inventory.regions.get_mut(REGION).unwrap()
    }

    pub(super) fn done(self) -> Inventory {
        self.inventory
    }

    /// A VPC with DNS support and DNS host names on and no private zone.
    pub(super) fn vpc(mut self, id: &str, cidrs: &str) -> Self {
        let vpc = Vpc {
            id: id.to_owned(),
            owner_id: ACCOUNT.to_owned(),
            ipv4_cidrs: v4(cidrs),
            ipv6_cidrs: v6(cidrs),
            is_default: false,
            dhcp_options_id: None,
            dns_support: Observed::Known(true),
            dns_hostnames: Observed::Known(true),
            hosted_zones: Observed::Known(Vec::new()),
            tags: Tags::new(),
        };
        self.region().vpcs.items.insert(id.to_owned(), vpc);
        self
    }

    /// A subnet in zone `eu-west-1{zone}` that gives out no public addresses.
    pub(super) fn subnet(mut self, id: &str, vpc: &str, cidrs: &str, zone: &str) -> Self {
        let subnet = Subnet {
            id: id.to_owned(),
            vpc_id: vpc.to_owned(),
            owner_id: ACCOUNT.to_owned(),
            zone: format!("{REGION}{zone}"),
            zone_id: format!("euw1-az-{zone}"),
            ipv4_cidr: v4(cidrs).first().copied(),
            ipv6_cidrs: v6(cidrs),
            map_public_ip_on_launch: false,
            dns64: false,
            ipv6_native: v4(cidrs).is_empty(),
            available_ipv4_addresses: 250,
            tags: Tags::new(),
        };
        self.region().subnets.items.insert(id.to_owned(), subnet);
        self
    }

    /// Changes one subnet.
    pub(super) fn with_subnet(mut self, id: &str, change: impl FnOnce(&mut Subnet)) -> Self {
        change(self.region().subnets.items.get_mut(id).unwrap());
        self
    }

    fn add_table(mut self, id: &str, vpc: &str, associations: Vec<RouteTableAssociation>, lines: &[&str]) -> Self {
        let table = RouteTable {
            id: id.to_owned(),
            vpc_id: vpc.to_owned(),
            owner_id: ACCOUNT.to_owned(),
            associations,
            routes: routes(lines),
            propagating_vpn_gateways: Vec::new(),
            tags: Tags::new(),
        };
        self.region().route_tables.items.insert(id.to_owned(), table);
        self
    }

    pub(super) fn main_table(self, id: &str, vpc: &str, lines: &[&str]) -> Self {
        let association = RouteTableAssociation { id: format!("rtbassoc-{id}"), main: true, subnet_id: None, gateway_id: None };
        self.add_table(id, vpc, vec![association], lines)
    }

    /// A table that subnets, or gateways, are associated with.
    pub(super) fn table(self, id: &str, vpc: &str, users: &[&str], lines: &[&str]) -> Self {
        let association = |user: &&str| RouteTableAssociation {
            id: format!("rtbassoc-{id}-{user}"),
            main: false,
            subnet_id: user.starts_with("subnet-").then(|| (*user).to_owned()),
            gateway_id: (!user.starts_with("subnet-")).then(|| (*user).to_owned()),
        };
        self.add_table(id, vpc, users.iter().map(association).collect(), lines)
    }

    /// A public NAT gateway: zonal in a subnet, or regional in a VPC.
    pub(super) fn nat(mut self, id: &str, place: &str) -> Self {
        let subnet = self.region().subnets.get(place).cloned();
        let gateway = NatGateway {
            id: id.to_owned(),
            vpc_id: subnet.as_ref().map_or_else(|| place.to_owned(), |subnet| subnet.vpc_id.clone()),
            availability: if subnet.is_some() { NatAvailability::Zonal } else { NatAvailability::Regional },
            subnet_id: subnet.map(|subnet| subnet.id),
            route_table_id: None,
            state: NatGatewayState::Available,
            connectivity: Connectivity::Public,
            addresses: Vec::new(),
            created_at: None,
            tags: Tags::new(),
        };
        self.region().nat_gateways.items.insert(id.to_owned(), gateway);
        self
    }

    /// Changes one NAT gateway.
    pub(super) fn with_nat(mut self, id: &str, change: impl FnOnce(&mut NatGateway)) -> Self {
        change(self.region().nat_gateways.items.get_mut(id).unwrap());
        self
    }

    pub(super) fn igw(mut self, id: &str, vpc: &str) -> Self {
        let gateway = InternetGateway { id: id.to_owned(), vpc_ids: texts(&[vpc]), tags: Tags::new() };
        self.region().internet_gateways.items.insert(id.to_owned(), gateway);
        self
    }

    pub(super) fn eigw(mut self, id: &str, vpc: &str) -> Self {
        let gateway = EgressOnlyInternetGateway { id: id.to_owned(), vpc_ids: texts(&[vpc]), tags: Tags::new() };
        self.region().egress_only_internet_gateways.items.insert(id.to_owned(), gateway);
        self
    }

    fn add_endpoint(mut self, id: &str, vpc: &str, service: &str, kind: EndpointKind, subnets: &[&str]) -> Self {
        let endpoint = VpcEndpoint {
            id: id.to_owned(),
            vpc_id: vpc.to_owned(),
            owner_id: ACCOUNT.to_owned(),
            service_name: service.to_owned(),
            service_region: None,
            private_dns: kind == EndpointKind::Interface,
            kind,
            state: EndpointState::Available,
            requester_managed: false,
            private_dns_only_for_inbound_resolver: false,
            dns_names: Vec::new(),
            ip_address_type: None,
            dns_record_ip_type: None,
            route_table_ids: Vec::new(),
            subnet_ids: texts(subnets),
            network_interface_ids: Vec::new(),
            group_ids: Vec::new(),
            policy: None,
            created_at: None,
            last_error: None,
            tags: Tags::new(),
        };
        self.region().vpc_endpoints.items.insert(id.to_owned(), endpoint);
        self
    }

    /// Changes one endpoint.
    pub(super) fn with_endpoint(mut self, id: &str, change: impl FnOnce(&mut VpcEndpoint)) -> Self {
        change(self.region().vpc_endpoints.items.get_mut(id).unwrap());
        self
    }

    /// A gateway endpoint; the routes to it stand in the tables.
    pub(super) fn gateway_endpoint(self, id: &str, vpc: &str, service: &str) -> Self {
        self.add_endpoint(id, vpc, &format!("com.amazonaws.{REGION}.{service}"), EndpointKind::Gateway, &[])
    }

    pub(super) fn gwlb_endpoint(self, id: &str, vpc: &str, subnet: &str) -> Self {
        let service = format!("com.amazonaws.vpce.{REGION}.vpce-svc-0aa");
        self.add_endpoint(id, vpc, &service, EndpointKind::GatewayLoadBalancer, &[subnet])
    }

    /// An interface endpoint with private DNS, at address .5 (and `::5`) of each subnet.
    pub(super) fn interface_endpoint(mut self, id: &str, vpc: &str, service: &str, subnets: &[&str], groups: &[&str]) -> Self {
        self = self.add_endpoint(id, vpc, &format!("com.amazonaws.{REGION}.{service}"), EndpointKind::Interface, subnets);
        for subnet in subnets {
            let eni = format!("eni-{id}-{subnet}");
            let address = {
                let net = self.region().subnets.get(subnet).and_then(|subnet| subnet.ipv4_cidr).unwrap();
                std::net::Ipv4Addr::from_bits(net.network().to_bits() + 5)
            };
            self = self.interface(&eni, subnet, &address.to_string(), groups);
            let v6 = self.region().subnets.get(subnet).and_then(|subnet| subnet.ipv6_cidrs.first().copied());
            let interface = self.region().network_interfaces.items.get_mut(&eni).unwrap();
            interface.kind = InterfaceKind::VpcEndpoint;
            interface.requester_managed = true;
            interface.ipv6_addresses = v6.iter().map(|net| std::net::Ipv6Addr::from_bits(net.network().to_bits() + 5)).collect();
            self = self.with_endpoint(id, |endpoint| endpoint.network_interface_ids.push(eni));
        }
        self.with_endpoint(id, |endpoint| endpoint.group_ids = texts(groups))
    }

    pub(super) fn interface(mut self, id: &str, subnet: &str, address: &str, groups: &[&str]) -> Self {
        let place = self.region().subnets.get(subnet).cloned().unwrap();
        let interface = NetworkInterface {
            id: id.to_owned(),
            vpc_id: place.vpc_id,
            subnet_id: place.id,
            zone: place.zone,
            owner_id: ACCOUNT.to_owned(),
            kind: InterfaceKind::Interface,
            status: "in-use".to_owned(),
            description: String::new(),
            requester_managed: false,
            requester_id: None,
            private_addresses: vec![PrivateAddress { private_ip: address.parse().unwrap(), public_ip: None }],
            ipv6_addresses: Vec::new(),
            group_ids: texts(groups),
            instance_id: None,
            source_dest_check: true,
            tags: Tags::new(),
        };
        self.region().network_interfaces.items.insert(id.to_owned(), interface);
        self
    }

    /// Inbound rules of a group as `PROTOCOL PORTS|all CIDR|sg-..|pl-..`.
    pub(super) fn rules(mut self, group: &str, lines: &[&str]) -> Self {
        for (index, line) in lines.iter().enumerate() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let peer = match (words[2].parse(), words[2].parse()) {
                (Ok(net), _) => RulePeer::Ipv4(net),
                (_, Ok(net)) => RulePeer::Ipv6(net),
                _ if words[2].starts_with("pl-") => RulePeer::PrefixList(words[2].to_owned()),
                _ => RulePeer::Group { id: words[2].to_owned(), owner_id: None, vpc_id: None, peering_connection_id: None },
            };
            let rule = SecurityGroupRule {
                id: format!("sgr-{group}-{index}"),
                group_id: group.to_owned(),
                direction: Direction::Ingress,
                protocol: words[0].to_owned(),
                ports: ports(words[1]),
                peer,
                description: None,
                tags: Tags::new(),
            };
            self.region().security_group_rules.items.insert(rule.id.clone(), rule);
        }
        self
    }

    pub(super) fn acl(mut self, id: &str, vpc: &str, subnets: &[&str], lines: &[&str]) -> Self {
        for other in self.region().network_acls.items.values_mut() {
            other.subnet_ids.retain(|subnet| !subnets.contains(&subnet.as_str()));
        }
        self.region().network_acls.items.insert(id.to_owned(), acl(id, vpc, subnets, lines));
        self
    }

    /// An ACL that lets everything through, as the one AWS makes with a VPC.
    pub(super) fn open_acl(self, id: &str, vpc: &str, subnets: &[&str]) -> Self {
        let lines = ["in", "out"].map(|way| format!("{way} 100 allow -1 all 0.0.0.0/0"));
        let more = ["in", "out"].map(|way| format!("{way} 101 allow -1 all ::/0"));
        let lines: Vec<&str> = lines.iter().chain(&more).map(String::as_str).collect();
        self.acl(id, vpc, subnets, &lines)
    }

    pub(super) fn list(mut self, id: &str, name: &str, owner: &str, entries: &[&str]) -> Self {
        let mut entries: Vec<IpNet> = entries.iter().map(|entry| entry.parse().unwrap()).collect();
        entries.sort_unstable();
        let family = if entries.iter().any(|net| matches!(net, IpNet::V6(_))) { "IPv6" } else { "IPv4" };
        let list = PrefixList {
            id: id.to_owned(),
            name: name.to_owned(),
            owner_id: owner.to_owned(),
            family: family.to_owned(),
            entries: Observed::Known(entries),
        };
        self.region().prefix_lists.items.insert(id.to_owned(), list);
        self
    }

    /// AWS's lists for S3 (two blocks) and `DynamoDB` (one).
    pub(super) fn aws_lists(self) -> Self {
        self.list("pl-s3", "com.amazonaws.eu-west-1.s3", "AWS", &["198.51.100.0/24", "52.218.0.0/17"]).list(
            "pl-ddb",
            "com.amazonaws.eu-west-1.dynamodb",
            "AWS",
            &["203.0.113.0/24"],
        )
    }

    /// A private zone of the account, with records as `NAME TYPE value..` or `NAME TYPE alias value`.
    pub(super) fn zone(mut self, id: &str, name: &str, vpcs: &[&str], lines: &[&str]) -> Self {
        let record = |line: &&str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let alias = words[2] == "alias";
            RecordSet {
                name: words[0].to_owned(),
                record_type: words[1].to_owned(),
                alias: alias.then(|| words[3].to_owned()),
                values: if alias { Vec::new() } else { texts(&words[2..]) },
            }
        };
        let zone = PrivateZone { id: id.to_owned(), name: name.to_owned(), records: lines.iter().map(record).collect() };
        self.inventory.private_zones.items.insert(id.to_owned(), zone);
        for vpc in vpcs {
            let summary = HostedZone {
                id: id.to_owned(),
                name: name.to_owned(),
                owning_account: Some(ACCOUNT.to_owned()),
                owning_service: None,
            };
            match &mut self.region().vpcs.items.get_mut(*vpc).unwrap().hosted_zones {
                Observed::Known(zones) => zones.push(summary),
                Observed::Unknown(_) => {}
            }
        }
        self
    }

    /// A peering connection between two VPCs of the account.
    pub(super) fn peering(mut self, id: &str, a: &str, b: &str) -> Self {
        let side = |region: &RegionInventory, vpc: &str| PeeringSide {
            vpc_id: vpc.to_owned(),
            owner_id: ACCOUNT.to_owned(),
            region: Some(REGION.to_owned()),
            ipv4_cidrs: region.vpcs.get(vpc).map(|vpc| vpc.ipv4_cidrs.clone()).unwrap_or_default(),
            ipv6_cidrs: Vec::new(),
            resolves_private_dns: false,
        };
        let region = self.region();
        let connection = VpcPeeringConnection {
            id: id.to_owned(),
            state: PeeringState::Active,
            requester: side(region, a),
            accepter: side(region, b),
            tags: Tags::new(),
        };
        region.peering_connections.items.insert(id.to_owned(), connection);
        self
    }

    /// An attachment of something to `tgw-a`, associated with a transit gateway route table.
    pub(super) fn attachment(mut self, id: &str, resource: TransitGatewayResource, what: &str, table: &str) -> Self {
        let attachment = TransitGatewayAttachment {
            id: id.to_owned(),
            transit_gateway_id: "tgw-a".to_owned(),
            transit_gateway_owner_id: ACCOUNT.to_owned(),
            resource,
            resource_id: what.to_owned(),
            resource_owner_id: ACCOUNT.to_owned(),
            state: "available".to_owned(),
            association: Some(TransitGatewayAssociation { route_table_id: table.to_owned(), state: "associated".to_owned() }),
            tags: Tags::new(),
        };
        self.region().transit_gateway_attachments.items.insert(id.to_owned(), attachment);
        self
    }

    /// An attachment of a VPC by its subnets.
    pub(super) fn vpc_attachment(mut self, id: &str, vpc: &str, subnets: &[&str], table: &str) -> Self {
        let attachment = TransitGatewayVpcAttachment {
            id: id.to_owned(),
            transit_gateway_id: "tgw-a".to_owned(),
            vpc_id: vpc.to_owned(),
            vpc_owner_id: ACCOUNT.to_owned(),
            state: "available".to_owned(),
            subnet_ids: texts(subnets),
            appliance_mode: false,
            tags: Tags::new(),
        };
        self.region().transit_gateway_vpc_attachments.items.insert(id.to_owned(), attachment);
        self.attachment(id, TransitGatewayResource::Vpc, vpc, table)
    }

    /// A route table of `tgw-a`, with routes as `CIDR attachment.. [blackhole] [propagated]`.
    pub(super) fn transit_table(mut self, id: &str, lines: &[&str]) -> Self {
        let route = |line: &&str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let has = |word: &str| words.contains(&word);
            TransitGatewayRoute {
                destination: words[0].parse().unwrap(),
                origin: if has("propagated") { "propagated" } else { "static" }.to_owned(),
                state: if has("blackhole") { TransitGatewayRouteState::Blackhole } else { TransitGatewayRouteState::Active },
                attachment_ids: words[1..]
                    .iter()
                    .filter(|word| word.starts_with("tgw-attach-"))
                    .map(|word| (*word).to_owned())
                    .collect(),
                prefix_list_id: None,
            }
        };
        let table = TransitGatewayRouteTable {
            id: id.to_owned(),
            transit_gateway_id: "tgw-a".to_owned(),
            associations: Observed::Known([].into()),
            routes: Observed::Known(lines.iter().map(route).collect()),
            tags: Tags::new(),
        };
        self.region().transit_gateway_route_tables.items.insert(id.to_owned(), table);
        self
    }
}
