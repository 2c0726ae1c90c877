//! Amazon EC2 and Amazon VPC: every listing of one region, one file per resource kind, as in `model::ec2`.
//!
//! Each file holds the calls with their page sizes (the most that the EC2 API reference allows) and the conversion, a pure
//! function from the SDK's type to the model's.

mod address;
mod convert;
mod endpoint_service;
mod flow_log;
mod gateways;
mod nat_gateway;
mod network_acl;
mod network_interface;
mod peering;
mod ports;
mod prefix_list;
mod route_table;
mod security_group;
mod subnet;
mod transit_gateway;
mod vpc;
mod vpc_endpoint;
mod vpn;

use ports::ports;

use crate::collect::cloudwatch;
use crate::collect::session::{RegionSession, begin, joined};
use crate::model::ec2::{NatGateway, VpcEndpoint};
use crate::model::{Listing, RegionInventory};

/// Reads every EC2 listing of a region, all at once; what has to be asked per resource follows as soon as its own list is
/// there. Access points, Direct Connect gateways and traffic are not EC2's and stay empty.
pub(crate) async fn collect_region(session: &RegionSession) -> RegionInventory {
    // Those of every region go out first: the scan lasts as long as its longest chain of calls, and that begins here.
    let vpcs = begin!(session, vpc::vpcs);
    tokio::task::yield_now().await;
    // Then the other listings that calls for single resources wait for.
    let nat_gateways = begin!(session, measured_nat_gateways);
    let vpc_endpoints = begin!(session, measured_vpc_endpoints);
    let transit_gateway_route_tables = begin!(session, transit_gateway::transit_gateway_route_tables);
    let prefix_lists = begin!(session, prefix_list::prefix_lists);
    let endpoint_service_configurations = begin!(session, endpoint_service::endpoint_service_configurations);
    tokio::task::yield_now().await;
    let endpoint_services = begin!(session, endpoint_service::endpoint_services);
    let network_interfaces = begin!(session, network_interface::network_interfaces);
    let subnets = begin!(session, subnet::subnets);
    let route_tables = begin!(session, route_table::route_tables);
    let security_groups = begin!(session, security_group::security_groups);
    let security_group_rules = begin!(session, security_group::security_group_rules);
    let network_acls = begin!(session, network_acl::network_acls);
    let flow_logs = begin!(session, flow_log::flow_logs);
    let addresses = begin!(session, address::addresses);
    let internet_gateways = begin!(session, gateways::internet_gateways);
    let egress_only_internet_gateways = begin!(session, gateways::egress_only_internet_gateways);
    let peering_connections = begin!(session, peering::peering_connections);
    let vpn_gateways = begin!(session, vpn::vpn_gateways);
    let vpn_connections = begin!(session, vpn::vpn_connections);
    let transit_gateways = begin!(session, transit_gateway::transit_gateways);
    let transit_gateway_attachments = begin!(session, transit_gateway::transit_gateway_attachments);
    let transit_gateway_vpc_attachments = begin!(session, transit_gateway::transit_gateway_vpc_attachments);
    RegionInventory {
        vpcs: joined(vpcs).await,
        subnets: joined(subnets).await,
        route_tables: joined(route_tables).await,
        nat_gateways: joined(nat_gateways).await,
        vpc_endpoints: joined(vpc_endpoints).await,
        endpoint_services: joined(endpoint_services).await,
        endpoint_service_configurations: joined(endpoint_service_configurations).await,
        security_groups: joined(security_groups).await,
        security_group_rules: joined(security_group_rules).await,
        network_acls: joined(network_acls).await,
        prefix_lists: joined(prefix_lists).await,
        network_interfaces: joined(network_interfaces).await,
        addresses: joined(addresses).await,
        internet_gateways: joined(internet_gateways).await,
        egress_only_internet_gateways: joined(egress_only_internet_gateways).await,
        peering_connections: joined(peering_connections).await,
        transit_gateways: joined(transit_gateways).await,
        transit_gateway_attachments: joined(transit_gateway_attachments).await,
        transit_gateway_vpc_attachments: joined(transit_gateway_vpc_attachments).await,
        transit_gateway_route_tables: joined(transit_gateway_route_tables).await,
        vpn_gateways: joined(vpn_gateways).await,
        vpn_connections: joined(vpn_connections).await,
        flow_logs: joined(flow_logs).await,
        ..RegionInventory::default()
    }
}

/// The metrics of a listing need nothing else: they are asked for while the rest is still being read.
async fn measured_nat_gateways(session: &RegionSession) -> Listing<NatGateway> {
    let listing = nat_gateway::nat_gateways(session).await;
    cloudwatch::begin_nat_gateways(session, &listing);
    listing
}

async fn measured_vpc_endpoints(session: &RegionSession) -> Listing<VpcEndpoint> {
    let listing = vpc_endpoint::vpc_endpoints(session).await;
    cloudwatch::begin_vpc_endpoints(session, &listing);
    listing
}
