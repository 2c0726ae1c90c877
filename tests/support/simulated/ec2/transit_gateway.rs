//! Transit gateways: attachments, route tables, associations, routes.

use natless::model::RegionInventory;
use natless::model::ec2::{TransitGateway, TransitGatewayAttachment, TransitGatewayRouteTable, TransitGatewayVpcAttachment};

use super::super::failure::{Answer, Failure};
use super::super::page::page;
use super::super::server::Context;
use super::super::xml::Xml;
use super::{find, known, response};

pub(super) fn transit_gateway(xml: &mut Xml, gateway: &TransitGateway) {
    xml.text("transitGatewayId", &gateway.id)
        .text("ownerId", &gateway.owner_id)
        .text("state", &gateway.state)
        .tags(&gateway.tags);
}

pub(super) fn attachment(xml: &mut Xml, attachment: &TransitGatewayAttachment) {
    xml.text("transitGatewayAttachmentId", &attachment.id)
        .text("transitGatewayId", &attachment.transit_gateway_id)
        .text("transitGatewayOwnerId", &attachment.transit_gateway_owner_id)
        .text("resourceType", &attachment.resource)
        .text("resourceId", &attachment.resource_id)
        .text("resourceOwnerId", &attachment.resource_owner_id)
        .text("state", &attachment.state);
    if let Some(association) = &attachment.association {
        xml.node("association", |xml| {
            xml.text("transitGatewayRouteTableId", &association.route_table_id).text("state", &association.state);
        });
    }
    xml.tags(&attachment.tags);
}

pub(super) fn vpc_attachment(xml: &mut Xml, attachment: &TransitGatewayVpcAttachment) {
    xml.text("transitGatewayAttachmentId", &attachment.id)
        .text("transitGatewayId", &attachment.transit_gateway_id)
        .text("vpcId", &attachment.vpc_id)
        .text("vpcOwnerId", &attachment.vpc_owner_id)
        .text("state", &attachment.state)
        .values("subnetIds", &attachment.subnet_ids)
        .node("options", |xml| {
            xml.text("dnsSupport", "enable")
                .text("ipv6Support", "disable")
                .text("applianceModeSupport", if attachment.appliance_mode { "enable" } else { "disable" });
        })
        .tags(&attachment.tags);
}

pub(super) fn route_table(xml: &mut Xml, table: &TransitGatewayRouteTable) {
    xml.text("transitGatewayRouteTableId", &table.id)
        .text("transitGatewayId", &table.transit_gateway_id)
        .text("state", "available")
        .text("defaultAssociationRouteTable", false)
        .text("defaultPropagationRouteTable", false)
        .tags(&table.tags);
}

fn table<'a>(context: &Context<'_>, region: &'a RegionInventory) -> Result<&'a TransitGatewayRouteTable, Failure> {
    find(context, &region.transit_gateway_route_tables, "TransitGatewayRouteTableId", "RouteTableID")
}

/// Type and id of what an attachment attaches; a VPC where the attachment is not listed.
fn resource<'a>(region: &'a RegionInventory, attachment: &str) -> (&'a str, &'a str) {
    let known = region.transit_gateway_attachments.get(attachment);
    known.map_or(("vpc", ""), |known| (known.resource.as_str(), &known.resource_id))
}

pub(super) fn associations(context: &Context<'_>, region: &RegionInventory) -> Answer {
    let call = context.call;
    let associations = known(context, &table(context, region)?.associations)?;
    let page = page(context, associations.len(), false, call.parameter("MaxResults"), call.parameter("NextToken"))?;
    Ok(response(context, |xml| {
        xml.items("associations", page.of(associations.iter()), |xml, (attachment, state)| {
            let (kind, id) = resource(region, attachment);
            xml.text("transitGatewayAttachmentId", attachment)
                .text("resourceId", id)
                .text("resourceType", kind)
                .text("state", state);
        })
        .opt("nextToken", page.next);
    }))
}

/// The routes of a table. At least one filter is required.
///
/// Source: Amazon EC2 API Reference, "`SearchTransitGatewayRoutes`".
pub(super) fn routes(context: &Context<'_>, region: &RegionInventory) -> Answer {
    let call = context.call;
    if call.parameter("Filter.1.Name").is_none() {
        return Err(Failure::new(400, "MissingParameter", "The request must contain the parameter Filters"));
    }
    let states = call.filter("state");
    let kinds = call.filter("type");
    let routes: Vec<_> = known(context, &table(context, region)?.routes)?
        .iter()
        .filter(|route| states.as_ref().is_none_or(|states| states.contains(&route.state.as_str())))
        .filter(|route| kinds.as_ref().is_none_or(|kinds| kinds.contains(&route.origin.as_str())))
        .collect();
    let page = page(context, routes.len(), false, call.parameter("MaxResults"), call.parameter("NextToken"))?;
    Ok(response(context, |xml| {
        xml.items("routeSet", page.of(routes.iter()), |xml, route| {
            xml.text("destinationCidrBlock", route.destination)
                .opt("prefixListId", route.prefix_list_id.as_ref())
                .items("transitGatewayAttachments", &route.attachment_ids, |xml, attachment| {
                    let (kind, id) = resource(region, attachment);
                    xml.text("resourceId", id).text("transitGatewayAttachmentId", attachment).text("resourceType", kind);
                })
                .text("type", &route.origin)
                .text("state", &route.state);
        })
        .text("additionalRoutesAvailable", page.next.is_some())
        .opt("nextToken", page.next);
    }))
}
