//! EC2: query parameters in, XML out. The dispatch stands here; each file beside writes a few resource kinds.
//!
//! Element names: the members of each data type in the Amazon EC2 API Reference.

mod endpoints;
mod gateways;
mod interfaces;
mod regions;
mod routes;
mod security;
mod transit_gateway;
mod vpc;

use std::sync::LazyLock;

use natless::model::{Listing, Observed, RegionInventory};

use super::failure::{Answer, Failure};
use super::page::page;
use super::server::{Context, REQUEST_ID, Reply};
use super::xml::Xml;

const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

/// A region that is enabled and that the inventory says nothing about.
static EMPTY: LazyLock<RegionInventory> = LazyLock::new(RegionInventory::default);

pub(super) fn answer(context: &Context<'_>) -> Answer {
    let call = context.call;
    let region = region(context)?;
    match call.operation.as_str() {
        "DescribeRegions" => regions::answer(context),
        "DescribeVpcs" => list(context, "vpcSet", &region.vpcs, vpc::vpc),
        "DescribeVpcAttribute" => vpc::attribute(context, region),
        "DescribeSubnets" => list(context, "subnetSet", &region.subnets, vpc::subnet),
        "DescribeRouteTables" => list(context, "routeTableSet", &region.route_tables, routes::route_table),
        "DescribeManagedPrefixLists" => list(context, "prefixListSet", &region.prefix_lists, routes::prefix_list),
        "GetManagedPrefixListEntries" => routes::prefix_list_entries(context, region),
        "DescribeNatGateways" => list(context, "natGatewaySet", &region.nat_gateways, gateways::nat_gateway),
        "DescribeInternetGateways" => list(context, "internetGatewaySet", &region.internet_gateways, gateways::internet_gateway),
        "DescribeEgressOnlyInternetGateways" => list(
            context,
            "egressOnlyInternetGatewaySet",
            &region.egress_only_internet_gateways,
            gateways::egress_only_internet_gateway,
        ),
        "DescribeVpcPeeringConnections" => {
            list(context, "vpcPeeringConnectionSet", &region.peering_connections, gateways::peering_connection)
        }
        "DescribeVpnGateways" => whole(context, "vpnGatewaySet", &region.vpn_gateways, gateways::vpn_gateway),
        "DescribeVpnConnections" => whole(context, "vpnConnectionSet", &region.vpn_connections, gateways::vpn_connection),
        "DescribeVpcEndpoints" => list(context, "vpcEndpointSet", &region.vpc_endpoints, endpoints::endpoint),
        "DescribeVpcEndpointServices" => endpoints::services(context, region),
        "DescribeVpcEndpointServiceConfigurations" => {
            list(context, "serviceConfigurationSet", &region.endpoint_service_configurations, endpoints::service_configuration)
        }
        "DescribeVpcEndpointServicePermissions" => endpoints::permissions(context, region),
        "DescribeVpcEndpointConnections" => endpoints::connections(context, region),
        "DescribeSecurityGroups" => list(context, "securityGroupInfo", &region.security_groups, security::group),
        "DescribeSecurityGroupRules" => list(context, "securityGroupRuleSet", &region.security_group_rules, security::rule),
        "DescribeNetworkAcls" => list(context, "networkAclSet", &region.network_acls, security::network_acl),
        "DescribeNetworkInterfaces" => {
            list(context, "networkInterfaceSet", &region.network_interfaces, interfaces::network_interface)
        }
        "DescribeAddresses" => whole(context, "addressesSet", &region.addresses, interfaces::address),
        "DescribeFlowLogs" => list(context, "flowLogSet", &region.flow_logs, interfaces::flow_log),
        "DescribeTransitGateways" => {
            list(context, "transitGatewaySet", &region.transit_gateways, transit_gateway::transit_gateway)
        }
        "DescribeTransitGatewayAttachments" => {
            list(context, "transitGatewayAttachments", &region.transit_gateway_attachments, transit_gateway::attachment)
        }
        "DescribeTransitGatewayVpcAttachments" => list(
            context,
            "transitGatewayVpcAttachments",
            &region.transit_gateway_vpc_attachments,
            transit_gateway::vpc_attachment,
        ),
        "DescribeTransitGatewayRouteTables" => {
            list(context, "transitGatewayRouteTables", &region.transit_gateway_route_tables, transit_gateway::route_table)
        }
        "GetTransitGatewayRouteTableAssociations" => transit_gateway::associations(context, region),
        "SearchTransitGatewayRoutes" => transit_gateway::routes(context, region),
        _ => Err(Failure::unknown_operation(call)),
    }
}

/// What the region holds; a region that is not enabled refuses the credentials.
fn region<'a>(context: &Context<'a>) -> Result<&'a RegionInventory, Failure> {
    let name = &context.call.region;
    let enabled = context.inventory.scope.enabled_regions.known();
    match context.inventory.regions.get(name) {
        Some(region) => Ok(region),
        None if enabled.is_none_or(|enabled| enabled.contains(name)) => Ok(&EMPTY),
        None => Err(Failure::new(401, "AuthFailure", "AWS was not able to validate the provided access credentials")),
    }
}

/// A page of a listing.
fn list<T>(context: &Context<'_>, set: &str, listing: &Listing<T>, write: fn(&mut Xml, &T)) -> Answer {
    items(context, set, &listing.items.values().collect::<Vec<_>>(), !listing.is_complete(), write)
}

/// A page of some items; a `cut` listing is denied after its last item.
fn items<T>(context: &Context<'_>, set: &str, items: &[&T], cut: bool, write: fn(&mut Xml, &T)) -> Answer {
    let call = context.call;
    let page = page(context, items.len(), cut, call.parameter("MaxResults"), call.parameter("NextToken"))?;
    Ok(response(context, |xml| {
        xml.items(set, page.of(items.iter()), |xml, item| write(xml, item)).opt("nextToken", page.next);
    }))
}

/// A listing whose operation knows no pages.
fn whole<T>(context: &Context<'_>, set: &str, listing: &Listing<T>, write: fn(&mut Xml, &T)) -> Answer {
    if !listing.is_complete() {
        return Err(Failure::denied(context.call));
    }
    Ok(response(context, |xml| {
        xml.items(set, listing.values(), write);
    }))
}

/// The answer around what the operation says.
fn response(context: &Context<'_>, inner: impl FnOnce(&mut Xml)) -> Reply {
    Reply::xml(Xml::document(&format!("{}Response", context.call.operation), NAMESPACE, |xml| {
        xml.text("requestId", REQUEST_ID);
        inner(xml);
    }))
}

/// The value, or the denial that stands in its place.
fn known<'a, T>(context: &Context<'_>, observed: &'a Observed<T>) -> Result<&'a T, Failure> {
    super::s3::known(context, observed)
}

/// The resource that a parameter names, or the error that EC2 has for an id it does not know.
fn find<'a, T>(context: &Context<'_>, listing: &'a Listing<T>, parameter: &str, kind: &str) -> Result<&'a T, Failure> {
    let call = context.call;
    let id = call
        .parameter(parameter)
        .ok_or_else(|| Failure::new(400, "MissingParameter", format!("The request must contain the parameter {parameter}")))?;
    listing.get(id).ok_or_else(|| Failure::new(400, &format!("Invalid{kind}.NotFound"), format!("The id '{id}' does not exist")))
}
