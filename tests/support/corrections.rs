//! What AWS would answer where moto does not: turns the inventory of a moto account into that of a real one.
//!
//! `tests/live/README.md` lists each difference. The corrected inventory is served by the simulated AWS, so the collectors read the
//! corrections over the wire as they would from AWS.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use natless::model::ec2::{
    EndpointKind, EndpointState, InterfaceKind, NatGatewayState, NetworkInterface, PrefixList, PrivateAddress, Route,
    RouteDestination, RouteOrigin, RouteState, RouteTarget, TransitGatewayAssociation,
};
use natless::model::traffic::{MetricSum, NatGatewayTraffic, VpcEndpointTraffic};
use natless::model::{Inventory, Listing, Observed, RegionInventory, Tags};
use serde::Deserialize;

/// What a seeding script of `tests/live` says about its account, all by id.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Corrections {
    /// Regions the account has enabled; empty: as moto says.
    pub(crate) regions: Vec<String>,
    /// Attachments of transit gateway routes: table, destination, attachment.
    pub(crate) transit_routes: BTreeMap<String, BTreeMap<String, String>>,
    /// Route tables whose routes to NAT gateways are blackholes.
    pub(crate) blackholes: Vec<String>,
    /// When every endpoint was made; absent: as moto says.
    pub(crate) endpoints_made: Option<jiff::Timestamp>,
    /// States of endpoints.
    pub(crate) endpoint_states: BTreeMap<String, String>,
    /// Endpoints that are Gateway Load Balancer endpoints, with their service.
    pub(crate) gwlb_endpoints: BTreeMap<String, String>,
    /// Tables whose default route leads to such an endpoint.
    pub(crate) gwlb_routes: BTreeMap<String, String>,
    /// Bytes out to destination, bytes out to source and connection attempts of NAT gateways.
    pub(crate) nat_traffic: BTreeMap<String, [u64; 3]>,
    /// Bytes processed by endpoints.
    pub(crate) endpoint_traffic: BTreeMap<String, u64>,
}

/// The inventory as AWS would have given it.
pub(crate) fn corrected(mut inventory: Inventory, corrections: &Corrections) -> Inventory {
    if !corrections.regions.is_empty() {
        inventory.regions.retain(|region, _| corrections.regions.contains(region));
        for region in &corrections.regions {
            inventory.regions.entry(region.clone()).or_default();
        }
        inventory.scope.enabled_regions = Observed::Known(corrections.regions.clone());
    }
    let lookback = inventory.scope.lookback_days;
    for (name, region) in &mut inventory.regions {
        prefix_lists(name, region);
        interface_addresses(region);
        public_addresses(region);
        nat_gateways(region);
        endpoints(region, corrections);
        transit_interfaces(region);
        routes(region, corrections);
        traffic(region, corrections, lookback);
        calls_moto_does_not_answer(region);
    }
    for bucket in inventory.buckets.items.values_mut() {
        // moto's list carries no region; its buckets were all made in the one region.
        if bucket.region.gap().is_some() {
            bucket.region = Observed::Known("eu-west-1".to_owned());
        }
    }
    inventory.gaps.clear();
    inventory
}

/// AWS lists the IPv6 prefixes of S3 apart; moto has none.
fn prefix_lists(name: &str, region: &mut RegionInventory) {
    let id = "pl-0a1b2c3d4e5f60718".to_owned();
    let Some(s3) = region.prefix_lists.values().find(|list| list.name == format!("com.amazonaws.{name}.s3")) else { return };
    let list = PrefixList {
        id: id.clone(),
        name: format!("com.amazonaws.{name}.ipv6.s3"),
        family: "IPv6".to_owned(),
        entries: Observed::Known(vec!["2a05:d050:8000::/40".parse().expect("a block")]),
        ..s3.clone()
    };
    region.prefix_lists.items.insert(id, list);
}

/// moto gives interfaces of endpoints addresses outside of their subnet.
fn interface_addresses(region: &mut RegionInventory) {
    for (index, interface) in region.network_interfaces.items.values_mut().enumerate() {
        let Some(cidr) = region.subnets.items.get(&interface.subnet_id).and_then(|subnet| subnet.ipv4_cidr) else { continue };
        let addresses = cidr.hosts().skip(4 + index % 8);
        for (address, inside) in interface.private_addresses.iter_mut().zip(addresses) {
            if !cidr.contains(&address.private_ip) {
                address.private_ip = inside;
            }
        }
    }
}

/// moto allocates Elastic IP addresses from 127.0.0.0/8.
fn public_addresses(region: &mut RegionInventory) {
    for (address, last) in region.addresses.items.values_mut().zip(10..) {
        address.public_ip = Ipv4Addr::new(203, 0, 113, last);
    }
}

/// moto gives NAT gateways addresses outside of their subnet and in 127.0.0.0/8, and interfaces of no kind.
fn nat_gateways(region: &mut RegionInventory) {
    let public_ip = |allocation: &String| region.addresses.get(allocation).map(|address| IpAddr::V4(address.public_ip));
    for (index, nat) in region.nat_gateways.items.values_mut().enumerate() {
        let subnet = nat.subnet_id.as_ref().and_then(|id| region.subnets.items.get(id));
        let private = subnet.and_then(|subnet| subnet.ipv4_cidr).and_then(|cidr| cidr.hosts().nth(9 + index)).map(IpAddr::V4);
        for address in &mut nat.addresses {
            address.private_ip = private;
            address.public_ip = address.allocation_id.as_ref().and_then(public_ip);
            let interface = address.network_interface_id.as_ref().and_then(|id| region.network_interfaces.items.get_mut(id));
            if let Some(interface) = interface {
                interface.kind = InterfaceKind::NatGateway;
                "in-use".clone_into(&mut interface.status);
                interface.requester_managed = true;
                interface.description = format!("Interface for NAT Gateway {}", nat.id);
            }
        }
    }
}

fn endpoints(region: &mut RegionInventory, corrections: &Corrections) {
    for endpoint in region.vpc_endpoints.items.values_mut() {
        if let Some(state) = corrections.endpoint_states.get(&endpoint.id) {
            endpoint.state = EndpointState::from(state.as_str());
        }
        endpoint.created_at = corrections.endpoints_made.or(endpoint.created_at);
        let mut interface_kind = InterfaceKind::VpcEndpoint;
        if let Some(service) = corrections.gwlb_endpoints.get(&endpoint.id) {
            endpoint.kind = EndpointKind::GatewayLoadBalancer;
            endpoint.service_name.clone_from(service);
            endpoint.group_ids.clear();
            endpoint.policy = None;
            interface_kind = InterfaceKind::GatewayLoadBalancerEndpoint;
        }
        if endpoint.kind == EndpointKind::Gateway {
            endpoint.private_dns = false;
            endpoint.dns_names.clear();
        }
        for id in &endpoint.network_interface_ids {
            if let Some(interface) = region.network_interfaces.items.get_mut(id) {
                interface.kind = interface_kind.clone();
                "in-use".clone_into(&mut interface.status);
                interface.requester_managed = true;
                interface.description = format!("VPC Endpoint Interface {}", endpoint.id);
                interface.group_ids.clone_from(&endpoint.group_ids);
            }
        }
    }
}

/// moto attaches VPCs to transit gateways without interfaces.
fn transit_interfaces(region: &mut RegionInventory) {
    for attachment in region.transit_gateway_vpc_attachments.values() {
        for subnet in attachment.subnet_ids.iter().filter_map(|id| region.subnets.items.get(id)) {
            let id = subnet.id.replace("subnet-", "eni-");
            let address = subnet.ipv4_cidr.and_then(|cidr| cidr.hosts().nth(3)).expect("an IPv4 subnet");
            let interface = NetworkInterface {
                id: id.clone(),
                vpc_id: subnet.vpc_id.clone(),
                subnet_id: subnet.id.clone(),
                zone: subnet.zone.clone(),
                owner_id: attachment.vpc_owner_id.clone(),
                kind: InterfaceKind::TransitGateway,
                status: "in-use".to_owned(),
                description: format!("Network Interface for Transit Gateway Attachment {}", attachment.id),
                requester_managed: true,
                requester_id: None,
                private_addresses: vec![PrivateAddress { private_ip: address, public_ip: None }],
                ipv6_addresses: Vec::new(),
                group_ids: Vec::new(),
                instance_id: None,
                source_dest_check: false,
                tags: Tags::new(),
            };
            region.network_interfaces.items.insert(id, interface);
        }
    }
}

fn routes(region: &mut RegionInventory, corrections: &Corrections) {
    for table in region.route_tables.items.values_mut() {
        for route in &mut table.routes {
            if corrections.blackholes.contains(&table.id) && matches!(route.target, RouteTarget::NatGateway(_)) {
                route.state = RouteState::Blackhole;
            }
        }
        if let Some(endpoint) = corrections.gwlb_routes.get(&table.id) {
            table.routes.push(Route {
                destination: RouteDestination::Ipv4("0.0.0.0/0".parse().expect("a block")),
                target: RouteTarget::VpcEndpoint(endpoint.clone()),
                state: RouteState::Active,
                origin: RouteOrigin::CreateRoute,
            });
        }
    }
    for table in region.transit_gateway_route_tables.items.values_mut() {
        let Some(wanted) = corrections.transit_routes.get(&table.id) else {
            // moto associates every attachment with the default table as well, although it was made without one.
            if !corrections.transit_routes.is_empty() {
                table.associations = Observed::Known(BTreeMap::new());
            }
            continue;
        };
        for attachment in table.associations.known().into_iter().flat_map(BTreeMap::keys) {
            if let Some(attachment) = region.transit_gateway_attachments.items.get_mut(attachment) {
                let (route_table_id, state) = (table.id.clone(), "associated".to_owned());
                attachment.association = Some(TransitGatewayAssociation { route_table_id, state });
            }
        }
        if let Observed::Known(routes) = &mut table.routes {
            for route in routes {
                route.attachment_ids = wanted.get(&route.destination.to_string()).cloned().into_iter().collect();
            }
        }
    }
}

/// The SDK's `CloudWatch` calls find no answer in moto.
fn traffic(region: &mut RegionInventory, corrections: &Corrections, days: u32) {
    let metric = |sum| MetricSum { sum, days_reported: days };
    for (id, nat) in &region.nat_gateways.items {
        if matches!(nat.state, NatGatewayState::Deleted | NatGatewayState::Deleting | NatGatewayState::Failed) {
            continue;
        }
        let [out, back, attempts] = corrections.nat_traffic.get(id).copied().unwrap_or([1 << 20, 1 << 20, 100]);
        let measured = NatGatewayTraffic {
            bytes_out_to_destination: metric(out),
            bytes_out_to_source: metric(back),
            connection_attempts: metric(attempts),
        };
        region.traffic.nat_gateways.insert(id.clone(), Observed::Known(measured));
    }
    for endpoint in region.vpc_endpoints.values().filter(|endpoint| endpoint.kind != EndpointKind::Gateway) {
        let sum = corrections.endpoint_traffic.get(&endpoint.id).copied();
        let bytes_processed = MetricSum { sum: sum.unwrap_or(0), days_reported: if sum.is_some() { days } else { 0 } };
        region.traffic.vpc_endpoints.insert(endpoint.id.clone(), Observed::Known(VpcEndpointTraffic { bytes_processed }));
    }
}

/// Listings that moto answers with HTTP 500: the account has none of these.
fn calls_moto_does_not_answer(region: &mut RegionInventory) {
    region.virtual_gateways = Listing::default();
    region.access_points = Listing::default();
    for configuration in region.endpoint_service_configurations.items.values_mut() {
        if configuration.connections.gap().is_some() {
            configuration.connections = Observed::Known(Vec::new());
        }
    }
}
