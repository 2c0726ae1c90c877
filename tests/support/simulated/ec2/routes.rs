//! Route tables and managed prefix lists.

use natless::model::RegionInventory;
use natless::model::ec2::{PrefixList, Route, RouteDestination, RouteTable, RouteTarget};

use super::super::failure::Answer;
use super::super::page::page;
use super::super::server::Context;
use super::super::xml::Xml;
use super::{find, known, response};

pub(super) fn route_table(xml: &mut Xml, table: &RouteTable) {
    xml.text("routeTableId", &table.id)
        .text("vpcId", &table.vpc_id)
        .text("ownerId", &table.owner_id)
        .items("associationSet", &table.associations, |xml, association| {
            xml.text("routeTableAssociationId", &association.id)
                .text("routeTableId", &table.id)
                .text("main", association.main)
                .opt("subnetId", association.subnet_id.as_ref())
                .opt("gatewayId", association.gateway_id.as_ref())
                .node("associationState", |xml| {
                    xml.text("state", "associated");
                });
        })
        .items("routeSet", &table.routes, route)
        .named("propagatingVgwSet", "gatewayId", &table.propagating_vpn_gateways)
        .tags(&table.tags);
}

fn route(xml: &mut Xml, route: &Route) {
    let destination = match &route.destination {
        RouteDestination::Ipv4(_) => "destinationCidrBlock",
        RouteDestination::Ipv6(_) => "destinationIpv6CidrBlock",
        RouteDestination::PrefixList(_) => "destinationPrefixListId",
    };
    xml.text(destination, &route.destination);
    let target = match &route.target {
        RouteTarget::NetworkInterface { id, instance_id } => {
            xml.opt("networkInterfaceId", id.as_ref()).opt("instanceId", instance_id.as_ref());
            xml.opt("instanceOwnerId", instance_id.as_ref().map(|_| "111122223333"));
            None
        }
        RouteTarget::Local
        | RouteTarget::InternetGateway(_)
        | RouteTarget::VpcEndpoint(_)
        | RouteTarget::VpnGateway(_)
        | RouteTarget::Other(_) => Some("gatewayId"),
        RouteTarget::EgressOnlyInternetGateway(_) => Some("egressOnlyInternetGatewayId"),
        RouteTarget::NatGateway(_) => Some("natGatewayId"),
        RouteTarget::TransitGateway(_) => Some("transitGatewayId"),
        RouteTarget::PeeringConnection(_) => Some("vpcPeeringConnectionId"),
        RouteTarget::CoreNetwork(_) => Some("coreNetworkArn"),
        RouteTarget::CarrierGateway(_) => Some("carrierGatewayId"),
        RouteTarget::LocalGateway(_) => Some("localGatewayId"),
    };
    if let Some(name) = target {
        xml.text(name, route.target.id());
    }
    xml.text("origin", &route.origin).text("state", &route.state);
}

pub(super) fn prefix_list(xml: &mut Xml, list: &PrefixList) {
    xml.text("prefixListId", &list.id)
        .text("addressFamily", &list.family)
        .text("state", "create-complete")
        .text("prefixListName", &list.name)
        .text("ownerId", &list.owner_id)
        .items::<()>("tagSet", [], |_, ()| {});
}

pub(super) fn prefix_list_entries(context: &Context<'_>, region: &RegionInventory) -> Answer {
    let list = find(context, &region.prefix_lists, "PrefixListId", "PrefixListID")?;
    let entries = known(context, &list.entries)?;
    let call = context.call;
    let page = page(context, entries.len(), false, call.parameter("MaxResults"), call.parameter("NextToken"))?;
    Ok(response(context, |xml| {
        xml.named("entrySet", "cidr", page.of(entries.iter())).opt("nextToken", page.next);
    }))
}
