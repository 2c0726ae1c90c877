//! Helpers that add VPC resources as AWS makes them by default.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use natless::model::Observed;
use natless::model::ec2::{
    Connectivity, Direction, EndpointKind, EndpointService, EndpointState, InterfaceKind, InternetGateway, NatAvailability,
    NatGateway, NatGatewayAddress, NatGatewayState, NetworkAcl, NetworkAclEntry, NetworkInterface, PortRange, PrivateAddress,
    Route, RouteDestination, RouteOrigin, RouteState, RouteTable, RouteTableAssociation, RouteTarget, RulePeer, SecurityGroup,
    SecurityGroupRule, Subnet, Vpc, VpcEndpoint,
};

use super::{Region, add, texts};

impl Region<'_> {
    /// A VPC with one IPv4 block, DNS support and DNS host names on.
    pub(crate) fn vpc(&mut self, id: &str, cidr: &str) -> &mut Vpc {
        let vpc = Vpc {
            id: id.to_owned(),
            owner_id: self.owner.clone(),
            ipv4_cidrs: vec![cidr.parse().unwrap()],
            ipv6_cidrs: Vec::new(),
            is_default: false,
            dhcp_options_id: Some("dopt-0a1b2c3d4e5f60718".to_owned()),
            dns_support: Observed::Known(true),
            dns_hostnames: Observed::Known(true),
            hosted_zones: Observed::Known(Vec::new()),
            tags: BTreeMap::new(),
        };
        add(&mut self.inventory.vpcs, id, vpc)
    }

    /// A private subnet; `zone` is the letter of its zone.
    pub(crate) fn subnet(&mut self, id: &str, vpc: &str, cidr: &str, zone: char) -> &mut Subnet {
        let subnet = Subnet {
            id: id.to_owned(),
            vpc_id: vpc.to_owned(),
            owner_id: self.owner.clone(),
            zone: format!("{}{zone}", self.name),
            zone_id: self.zone_id(zone),
            ipv4_cidr: Some(cidr.parse().unwrap()),
            ipv6_cidrs: Vec::new(),
            map_public_ip_on_launch: false,
            dns64: false,
            ipv6_native: false,
            available_ipv4_addresses: 251,
            tags: BTreeMap::new(),
        };
        add(&mut self.inventory.subnets, id, subnet)
    }

    /// Id of a zone, such as `euw1-az1` for `eu-west-1a`: first letters of the region's words, save the whole first one.
    fn zone_id(&self, zone: char) -> String {
        let mut words = self.name.split('-');
        let first = words.next().unwrap_or_default();
        let rest: String = words.filter_map(|word| word.chars().next()).collect();
        format!("{first}{rest}-az{}", u32::from(zone) - u32::from('a') + 1)
    }

    /// A route table of a VPC that is there, with the local routes; of the subnets named, or the main one if none is.
    pub(crate) fn route_table(&mut self, id: &str, vpc: &str, subnets: &[&str]) -> &mut RouteTable {
        let blocks = &self.inventory.vpcs.get(vpc).expect("the VPC of the table").clone();
        let ipv4 = blocks.ipv4_cidrs.iter().map(|cidr| RouteDestination::Ipv4(*cidr));
        let ipv6 = blocks.ipv6_cidrs.iter().map(|cidr| RouteDestination::Ipv6(*cidr));
        let routes = ipv4.chain(ipv6).map(|destination| Route {
            destination,
            target: RouteTarget::Local,
            state: RouteState::Active,
            origin: RouteOrigin::CreateRouteTable,
        });
        let mut associations: Vec<_> = subnets
            .iter()
            .map(|&subnet| RouteTableAssociation {
                id: format!("rtbassoc-{subnet}"),
                main: false,
                subnet_id: Some(subnet.to_owned()),
                gateway_id: None,
            })
            .collect();
        if associations.is_empty() {
            associations.push(RouteTableAssociation {
                id: format!("rtbassoc-{id}"),
                main: true,
                subnet_id: None,
                gateway_id: None,
            });
        }
        let table = RouteTable {
            id: id.to_owned(),
            vpc_id: vpc.to_owned(),
            owner_id: self.owner.clone(),
            associations,
            routes: routes.collect(),
            propagating_vpn_gateways: Vec::new(),
            tags: BTreeMap::new(),
        };
        add(&mut self.inventory.route_tables, id, table)
    }

    /// An active route of a table that is there; the kind of the target is told by the prefix of its id.
    pub(crate) fn route(&mut self, table: &str, destination: &str, target: &str) -> &mut Route {
        let destination = if destination.starts_with("pl-") {
            RouteDestination::PrefixList(destination.to_owned())
        } else if destination.contains(':') {
            RouteDestination::Ipv6(destination.parse().unwrap())
        } else {
            RouteDestination::Ipv4(destination.parse().unwrap())
        };
        let id = target.to_owned();
        let target = match target.split('-').next().unwrap_or_default() {
            "igw" => RouteTarget::InternetGateway(id),
            "eigw" => RouteTarget::EgressOnlyInternetGateway(id),
            "nat" => RouteTarget::NatGateway(id),
            "vpce" => RouteTarget::VpcEndpoint(id),
            "tgw" => RouteTarget::TransitGateway(id),
            "pcx" => RouteTarget::PeeringConnection(id),
            "vgw" => RouteTarget::VpnGateway(id),
            "eni" => RouteTarget::NetworkInterface { id: Some(id), instance_id: None },
            _ => RouteTarget::Other(id),
        };
        let route = Route { destination, target, state: RouteState::Active, origin: RouteOrigin::CreateRoute };
        let table = self.inventory.route_tables.items.get_mut(table).expect("the table of the route");
        table.routes.push(route);
        table.routes.last_mut().expect("the route just added")
    }

    /// A public zonal NAT gateway in a subnet that is there.
    pub(crate) fn nat_gateway(&mut self, id: &str, subnet: &str) -> &mut NatGateway {
        let vpc_id = self.vpc_of(subnet);
        let number = u32::try_from(self.inventory.nat_gateways.items.len() + 10).unwrap();
        let address = |block: [u8; 4]| Ipv4Addr::from(u32::from_be_bytes(block) + number);
        let gateway = NatGateway {
            id: id.to_owned(),
            vpc_id,
            subnet_id: Some(subnet.to_owned()),
            route_table_id: None,
            state: NatGatewayState::Available,
            connectivity: Connectivity::Public,
            availability: NatAvailability::Zonal,
            addresses: vec![NatGatewayAddress {
                allocation_id: Some(format!("eipalloc-{id}")),
                public_ip: Some(address([192, 0, 2, 0]).into()),
                private_ip: Some(address([10, 0, 0, 0]).into()),
                network_interface_id: Some(format!("eni-{id}")),
                zone: None,
                zone_id: None,
            }],
            created_at: Some("2026-01-02T03:04:05Z".parse().unwrap()),
            tags: BTreeMap::new(),
        };
        add(&mut self.inventory.nat_gateways, id, gateway)
    }

    fn vpc_of(&self, subnet: &str) -> String {
        self.inventory.subnets.get(subnet).expect("a subnet of the region").vpc_id.clone()
    }

    /// An internet gateway attached to a VPC.
    pub(crate) fn internet_gateway(&mut self, id: &str, vpc: &str) -> &mut InternetGateway {
        let gateway = InternetGateway { id: id.to_owned(), vpc_ids: texts(&[vpc]), tags: BTreeMap::new() };
        add(&mut self.inventory.internet_gateways, id, gateway)
    }

    /// An available gateway endpoint for a service such as `s3`, associated with route tables. Adds no routes.
    pub(crate) fn gateway_endpoint(&mut self, id: &str, vpc: &str, service: &str, tables: &[&str]) -> &mut VpcEndpoint {
        let mut endpoint = self.endpoint(id, vpc, service, EndpointKind::Gateway);
        endpoint.route_table_ids = texts(tables);
        endpoint.dns_record_ip_type = Some("service-defined".to_owned());
        add(&mut self.inventory.vpc_endpoints, id, endpoint)
    }

    /// An available interface endpoint with private DNS, with an interface `eni-ID-N` in each of its subnets.
    pub(crate) fn interface_endpoint(
        &mut self,
        id: &str,
        vpc: &str,
        service: &str,
        subnets: &[&str],
        groups: &[&str],
    ) -> &mut VpcEndpoint {
        let mut endpoint = self.endpoint(id, vpc, service, EndpointKind::Interface);
        endpoint.private_dns = true;
        endpoint.dns_record_ip_type = Some("ipv4".to_owned());
        endpoint.dns_names = vec![format!("{id}-x.{service}.{}.vpce.amazonaws.com", self.name)];
        endpoint.subnet_ids = texts(subnets);
        endpoint.group_ids = texts(groups);
        for (index, subnet) in subnets.iter().enumerate() {
            let interface = format!("eni-{id}-{index}");
            let address = Ipv4Addr::new(10, 0, 0, u8::try_from(200 + index).unwrap());
            let added = self.network_interface(&interface, subnet, groups, address);
            added.kind = InterfaceKind::VpcEndpoint;
            added.description = format!("VPC Endpoint Interface {id}");
            added.requester_managed = true;
            endpoint.network_interface_ids.push(interface);
        }
        add(&mut self.inventory.vpc_endpoints, id, endpoint)
    }

    fn endpoint(&self, id: &str, vpc: &str, service: &str, kind: EndpointKind) -> VpcEndpoint {
        VpcEndpoint {
            id: id.to_owned(),
            vpc_id: vpc.to_owned(),
            owner_id: self.owner.clone(),
            service_name: format!("com.amazonaws.{}.{service}", self.name),
            service_region: Some(self.name.clone()),
            kind,
            state: EndpointState::Available,
            requester_managed: false,
            private_dns: false,
            private_dns_only_for_inbound_resolver: false,
            dns_names: Vec::new(),
            ip_address_type: Some("ipv4".to_owned()),
            dns_record_ip_type: None,
            route_table_ids: Vec::new(),
            subnet_ids: Vec::new(),
            network_interface_ids: Vec::new(),
            group_ids: Vec::new(),
            policy: Some(r#"{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}"#.to_owned()),
            created_at: Some("2026-01-02T03:04:05Z".parse().unwrap()),
            last_error: None,
            tags: BTreeMap::new(),
        }
    }

    /// A service that AWS offers in zones a, b and c of the region, such as `ecr.api`.
    pub(crate) fn endpoint_service(&mut self, service: &str, kinds: &[EndpointKind]) -> &mut EndpointService {
        let name = format!("com.amazonaws.{}.{service}", self.name);
        let host = service.split('.').rev().collect::<Vec<_>>().join(".");
        let has_interface = kinds.contains(&EndpointKind::Interface);
        // A gateway endpoint stands in no zone.
        let zones: &[char] = if kinds == [EndpointKind::Gateway] { &[] } else { &['a', 'b', 'c'] };
        let offered = EndpointService {
            name: name.clone(),
            kinds: kinds.to_vec(),
            zones: zones.iter().map(|zone| format!("{}{zone}", self.name)).collect(),
            owner: "amazon".to_owned(),
            private_dns_names: has_interface.then(|| format!("{host}.{}.amazonaws.com", self.name)).into_iter().collect(),
            policy_supported: true,
            acceptance_required: false,
        };
        add(&mut self.inventory.endpoint_services, &name, offered)
    }

    /// A security group with the rule that AWS gives every new one: everything out.
    pub(crate) fn security_group(&mut self, id: &str, vpc: &str) -> &mut SecurityGroup {
        let anywhere = RulePeer::Ipv4("0.0.0.0/0".parse().unwrap());
        self.rule(&format!("sgr-{id}-out"), id, Direction::Egress, "-1", None, anywhere);
        let group = SecurityGroup {
            id: id.to_owned(),
            name: format!("name of {id}"),
            description: format!("description of {id}"),
            vpc_id: vpc.to_owned(),
            owner_id: self.owner.clone(),
            tags: BTreeMap::new(),
        };
        add(&mut self.inventory.security_groups, id, group)
    }

    /// A rule of a security group; `ports` are its first and last one.
    pub(crate) fn rule(
        &mut self,
        id: &str,
        group: &str,
        direction: Direction,
        protocol: &str,
        ports: Option<(u16, u16)>,
        peer: RulePeer,
    ) -> &mut SecurityGroupRule {
        let rule = SecurityGroupRule {
            id: id.to_owned(),
            group_id: group.to_owned(),
            direction,
            protocol: protocol.to_owned(),
            ports: ports.map(|(from, to)| PortRange { from, to }),
            peer,
            description: None,
            tags: BTreeMap::new(),
        };
        add(&mut self.inventory.security_group_rules, id, rule)
    }

    /// A network ACL as AWS makes it with a VPC: lets everything through, both ways.
    pub(crate) fn network_acl(&mut self, id: &str, vpc: &str, subnets: &[&str]) -> &mut NetworkAcl {
        let entry = |number, direction, allow| NetworkAclEntry {
            number,
            direction,
            allow,
            protocol: "-1".to_owned(),
            ports: None,
            cidr: "0.0.0.0/0".parse().unwrap(),
        };
        let acl = NetworkAcl {
            id: id.to_owned(),
            vpc_id: vpc.to_owned(),
            is_default: true,
            subnet_ids: texts(subnets),
            entries: vec![
                entry(100, Direction::Egress, true),
                entry(32_767, Direction::Egress, false),
                entry(100, Direction::Ingress, true),
                entry(32_767, Direction::Ingress, false),
            ],
            tags: BTreeMap::new(),
        };
        add(&mut self.inventory.network_acls, id, acl)
    }

    /// An interface in use in a subnet that is there.
    pub(crate) fn network_interface(
        &mut self,
        id: &str,
        subnet: &str,
        groups: &[&str],
        address: Ipv4Addr,
    ) -> &mut NetworkInterface {
        let (vpc_id, zone) = {
            let subnet = self.inventory.subnets.get(subnet).expect("a subnet of the region");
            (subnet.vpc_id.clone(), subnet.zone.clone())
        };
        let interface = NetworkInterface {
            id: id.to_owned(),
            vpc_id,
            subnet_id: subnet.to_owned(),
            zone,
            owner_id: self.owner.clone(),
            kind: InterfaceKind::Interface,
            status: "in-use".to_owned(),
            description: String::new(),
            requester_managed: false,
            requester_id: None,
            private_addresses: vec![PrivateAddress { private_ip: address, public_ip: None }],
            ipv6_addresses: Vec::new(),
            group_ids: texts(groups),
            instance_id: None,
            source_dest_check: true,
            tags: BTreeMap::new(),
        };
        add(&mut self.inventory.network_interfaces, id, interface)
    }
}
