//! What is drawn of each VPC: subnets by zone, route tables, gateways, endpoints and what it is connected with.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::model::RegionInventory;
use crate::model::ec2::{Connectivity, EndpointKind, NatGateway, PeeringState, RouteTable, Subnet, Vpc, VpcEndpoint, name_of};
use crate::model::service_slug;
use crate::report::Facts;

/// VPCs that are drawn; those with open findings come first.
const DRAWN: usize = 300;

/// One VPC.
#[derive(Serialize)]
pub(super) struct VpcV1<'a> {
    region: &'a str,
    id: &'a str,
    name: Option<&'a str>,
    cidrs: Vec<String>,
    /// The account that shares it, where it is another one.
    owner_id: Option<&'a str>,
    subnets: Vec<SubnetV1<'a>>,
    route_tables: Vec<RouteTableV1<'a>>,
    nat_gateways: Vec<NatGatewayV1<'a>>,
    endpoints: Vec<EndpointV1<'a>>,
    internet_gateways: Vec<&'a str>,
    transit_gateways: Vec<TransitGatewayV1<'a>>,
    peerings: Vec<PeeringV1<'a>>,
}

#[derive(Serialize)]
struct SubnetV1<'a> {
    id: &'a str,
    name: Option<&'a str>,
    zone: &'a str,
    cidrs: Vec<String>,
    /// The table that holds for it: its own, or the VPC's main one; `null` where that was not read.
    route_table: Option<&'a str>,
}

#[derive(Serialize)]
struct RouteTableV1<'a> {
    id: &'a str,
    name: Option<&'a str>,
    main: bool,
    routes: Vec<RouteV1<'a>>,
}

#[derive(Serialize)]
struct RouteV1<'a> {
    destination: String,
    target: &'a str,
    state: &'a str,
}

#[derive(Serialize)]
struct NatGatewayV1<'a> {
    id: &'a str,
    name: Option<&'a str>,
    subnet: Option<&'a str>,
    zone: Option<&'a str>,
    state: &'a str,
    public: bool,
}

#[derive(Serialize)]
struct EndpointV1<'a> {
    id: &'a str,
    name: Option<&'a str>,
    kind: &'static str,
    service: &'a str,
    state: &'a str,
    subnets: &'a [String],
    route_tables: &'a [String],
}

#[derive(Serialize)]
struct TransitGatewayV1<'a> {
    id: &'a str,
    attachment_id: &'a str,
    subnets: &'a [String],
}

#[derive(Serialize)]
struct PeeringV1<'a> {
    id: &'a str,
    peer_vpc_id: &'a str,
}

/// The VPCs that are drawn, and how many are not.
pub(super) fn of(facts: Facts<'_>) -> (Vec<VpcV1<'_>>, usize) {
    let open = facts.assessment.findings.iter().filter(|finding| finding.waiver.is_none());
    let named: BTreeSet<&str> = open.filter_map(|finding| finding.resource.vpc_id.as_deref()).collect();
    let mut all: Vec<(&str, &RegionInventory, &Vpc)> = Vec::new();
    for (name, region) in &facts.inventory.regions {
        all.extend(region.vpcs.values().map(|vpc| (name.as_str(), region, vpc)));
    }
    all.sort_by_key(|(name, _, vpc)| (!named.contains(vpc.id.as_str()), *name, vpc.id.as_str()));
    let left_out = all.len().saturating_sub(DRAWN);
    all.truncate(DRAWN);
    let account = facts.inventory.account.id.as_str();
    (all.into_iter().map(|(name, region, vpc)| VpcV1::new(name, region, vpc, account)).collect(), left_out)
}

impl<'a> VpcV1<'a> {
    fn new(name: &'a str, region: &'a RegionInventory, vpc: &'a Vpc, account: &str) -> Self {
        let here = |vpc_id: &str| vpc_id == vpc.id;
        let tables: Vec<&RouteTable> = region.route_tables.values().filter(|table| here(&table.vpc_id)).collect();
        // While a table may be missing, the main one may not be the one that decides: as the path engine has it.
        let main =
            tables.iter().find(|table| table.is_main() && region.route_tables.is_complete()).map(|table| table.id.as_str());
        let mut own: BTreeMap<&str, &str> = BTreeMap::new();
        for table in &tables {
            let subnets = table.associations.iter().filter_map(|association| association.subnet_id.as_deref());
            own.extend(subnets.map(|subnet| (subnet, table.id.as_str())));
        }
        let attachments = region.transit_gateway_vpc_attachments.values().filter(|attachment| here(&attachment.vpc_id));
        let peerings = region.peering_connections.values().filter(|peering| peering.state == PeeringState::Active);
        let ipv4 = vpc.ipv4_cidrs.iter().map(ToString::to_string);
        Self {
            region: name,
            id: &vpc.id,
            name: name_of(&vpc.tags),
            cidrs: ipv4.chain(vpc.ipv6_cidrs.iter().map(ToString::to_string)).collect(),
            owner_id: (vpc.owner_id != account).then_some(vpc.owner_id.as_str()),
            subnets: region
                .subnets
                .values()
                .filter(|subnet| here(&subnet.vpc_id))
                .map(|subnet| SubnetV1::new(subnet, own.get(subnet.id.as_str()).copied().or(main)))
                .collect(),
            route_tables: tables.iter().map(|table| RouteTableV1::from(*table)).collect(),
            nat_gateways: region.nat_gateways.values().filter(|nat| here(&nat.vpc_id)).map(NatGatewayV1::from).collect(),
            endpoints: region
                .vpc_endpoints
                .values()
                .filter(|endpoint| here(&endpoint.vpc_id))
                .map(|endpoint| EndpointV1::new(endpoint, name))
                .collect(),
            internet_gateways: region
                .internet_gateways
                .values()
                .filter(|gateway| gateway.vpc_ids.iter().any(|id| here(id)))
                .map(|gateway| gateway.id.as_str())
                .collect(),
            transit_gateways: attachments
                .map(|attachment| TransitGatewayV1 {
                    id: &attachment.transit_gateway_id,
                    attachment_id: &attachment.id,
                    subnets: &attachment.subnet_ids,
                })
                .collect(),
            peerings: peerings
                .filter_map(|peering| {
                    let (one, other) = (&peering.requester.vpc_id, &peering.accepter.vpc_id);
                    let peer_vpc_id = if here(one) { other } else { Some(one).filter(|_| here(other))? };
                    Some(PeeringV1 { id: &peering.id, peer_vpc_id })
                })
                .collect(),
        }
    }
}

impl<'a> SubnetV1<'a> {
    fn new(subnet: &'a Subnet, route_table: Option<&'a str>) -> Self {
        let ipv4 = subnet.ipv4_cidr.iter().map(ToString::to_string);
        Self {
            id: &subnet.id,
            name: name_of(&subnet.tags),
            zone: &subnet.zone,
            cidrs: ipv4.chain(subnet.ipv6_cidrs.iter().map(ToString::to_string)).collect(),
            route_table,
        }
    }
}

impl<'a> From<&'a RouteTable> for RouteTableV1<'a> {
    fn from(table: &'a RouteTable) -> Self {
        let route = |route: &'a crate::model::ec2::Route| RouteV1 {
            destination: route.destination.to_string(),
            target: route.target.id(),
            state: route.state.as_str(),
        };
        Self {
            id: &table.id,
            name: name_of(&table.tags),
            main: table.is_main(),
            routes: table.routes.iter().map(route).collect(),
        }
    }
}

impl<'a> From<&'a NatGateway> for NatGatewayV1<'a> {
    fn from(nat: &'a NatGateway) -> Self {
        Self {
            id: &nat.id,
            name: name_of(&nat.tags),
            subnet: nat.subnet_id.as_deref(),
            zone: nat.addresses.iter().find_map(|address| address.zone.as_deref()),
            state: nat.state.as_str(),
            public: nat.connectivity == Connectivity::Public,
        }
    }
}

impl<'a> EndpointV1<'a> {
    fn new(endpoint: &'a VpcEndpoint, region: &str) -> Self {
        let kind = match endpoint.kind {
            EndpointKind::Gateway => "gateway",
            EndpointKind::Interface => "interface",
            EndpointKind::GatewayLoadBalancer => "gwlb",
            EndpointKind::Resource | EndpointKind::ServiceNetwork | EndpointKind::Other(_) => "other",
        };
        Self {
            id: &endpoint.id,
            name: name_of(&endpoint.tags),
            kind,
            service: service_slug(&endpoint.service_name, region),
            state: endpoint.state.as_str(),
            subnets: &endpoint.subnet_ids,
            route_tables: &endpoint.route_table_ids,
        }
    }
}
