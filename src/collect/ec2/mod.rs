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
use crate::collect::session::RegionSession;
use crate::model::RegionInventory;

/// Reads every EC2 listing of a region, all at once; what has to be asked per resource follows as soon as its own list is
/// there. Access points, Direct Connect gateways and traffic are not EC2's and stay empty.
pub(crate) async fn collect_region(session: &RegionSession) -> RegionInventory {
    let ((vpcs, subnets, route_tables, prefix_lists), services, filters, gateways, transit) = futures::join!(
        Box::pin(async {
            futures::join!(
                vpc::vpcs(session),
                subnet::subnets(session),
                route_table::route_tables(session),
                prefix_list::prefix_lists(session),
            )
        }),
        Box::pin(async {
            futures::join!(
                // The metrics of a listing need nothing else: they are asked for while the rest is still being read.
                async {
                    let listing = vpc_endpoint::vpc_endpoints(session).await;
                    cloudwatch::begin_vpc_endpoints(session, &listing);
                    listing
                },
                endpoint_service::endpoint_services(session),
                endpoint_service::endpoint_service_configurations(session),
            )
        }),
        Box::pin(async {
            futures::join!(
                security_group::security_groups(session),
                security_group::security_group_rules(session),
                network_acl::network_acls(session),
                network_interface::network_interfaces(session),
                flow_log::flow_logs(session),
            )
        }),
        Box::pin(async {
            futures::join!(
                async {
                    let listing = nat_gateway::nat_gateways(session).await;
                    cloudwatch::begin_nat_gateways(session, &listing);
                    listing
                },
                address::addresses(session),
                gateways::internet_gateways(session),
                gateways::egress_only_internet_gateways(session),
                peering::peering_connections(session),
                vpn::vpn_gateways(session),
                vpn::vpn_connections(session),
            )
        }),
        Box::pin(async {
            futures::join!(
                transit_gateway::transit_gateways(session),
                transit_gateway::transit_gateway_attachments(session),
                transit_gateway::transit_gateway_vpc_attachments(session),
                transit_gateway::transit_gateway_route_tables(session),
            )
        }),
    );
    let (vpc_endpoints, endpoint_services, endpoint_service_configurations) = services;
    let (security_groups, security_group_rules, network_acls, network_interfaces, flow_logs) = filters;
    let (nat_gateways, addresses, internet_gateways, egress_only, peering_connections, vpn_gateways, vpn_connections) = gateways;
    let (transit_gateways, attachments, vpc_attachments, transit_route_tables) = transit;
    RegionInventory {
        vpcs,
        subnets,
        route_tables,
        nat_gateways,
        vpc_endpoints,
        endpoint_services,
        endpoint_service_configurations,
        security_groups,
        security_group_rules,
        network_acls,
        prefix_lists,
        network_interfaces,
        addresses,
        internet_gateways,
        egress_only_internet_gateways: egress_only,
        peering_connections,
        transit_gateways,
        transit_gateway_attachments: attachments,
        transit_gateway_vpc_attachments: vpc_attachments,
        transit_gateway_route_tables: transit_route_tables,
        vpn_gateways,
        vpn_connections,
        flow_logs,
        ..RegionInventory::default()
    }
}
