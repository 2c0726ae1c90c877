//! Transit gateways: attachments, route tables, associations, routes.

use std::collections::BTreeMap;

use aws_sdk_ec2::operation::describe_transit_gateway_attachments::DescribeTransitGatewayAttachmentsOutput;
use aws_sdk_ec2::operation::describe_transit_gateway_route_tables::DescribeTransitGatewayRouteTablesOutput;
use aws_sdk_ec2::operation::describe_transit_gateway_vpc_attachments::DescribeTransitGatewayVpcAttachmentsOutput;
use aws_sdk_ec2::operation::describe_transit_gateways::DescribeTransitGatewaysOutput;
use aws_sdk_ec2::operation::get_transit_gateway_route_table_associations::GetTransitGatewayRouteTableAssociationsOutput;
use aws_sdk_ec2::operation::search_transit_gateway_routes::SearchTransitGatewayRoutesOutput;
use aws_sdk_ec2::types as sdk;
use futures::future::join_all;

use super::convert::{Converted, Item, gather, listing, tags, text};
use crate::collect::calls::{
    DESCRIBE_TRANSIT_GATEWAY_ATTACHMENTS, DESCRIBE_TRANSIT_GATEWAY_ROUTE_TABLES, DESCRIBE_TRANSIT_GATEWAY_VPC_ATTACHMENTS,
    DESCRIBE_TRANSIT_GATEWAYS, GET_TRANSIT_GATEWAY_ROUTE_TABLE_ASSOCIATIONS, SEARCH_TRANSIT_GATEWAY_ROUTES,
};
use crate::collect::session::RegionSession;
use crate::model::ec2::{
    TransitGateway, TransitGatewayAssociation, TransitGatewayAttachment, TransitGatewayResource, TransitGatewayRoute,
    TransitGatewayRouteState, TransitGatewayRouteTable, TransitGatewayVpcAttachment,
};
use crate::model::{Listing, Observed};

/// Every transit gateway of the region that the account owns or that is shared with it.
pub(super) async fn transit_gateways(session: &RegionSession) -> Listing<TransitGateway> {
    let page = |token| session.ec2().describe_transit_gateways().max_results(1000).set_next_token(token).send();
    let pages = session.pages(&DESCRIBE_TRANSIT_GATEWAYS, None, page, DescribeTransitGatewaysOutput::next_token).await;
    gather(session, &DESCRIBE_TRANSIT_GATEWAYS, pages, |page| page.transit_gateways.unwrap_or_default(), gateway)
}

/// Every attachment of the region, of every kind.
pub(super) async fn transit_gateway_attachments(session: &RegionSession) -> Listing<TransitGatewayAttachment> {
    let call = &DESCRIBE_TRANSIT_GATEWAY_ATTACHMENTS;
    let page = |token| session.ec2().describe_transit_gateway_attachments().max_results(1000).set_next_token(token).send();
    let pages = session.pages(call, None, page, DescribeTransitGatewayAttachmentsOutput::next_token).await;
    gather(session, call, pages, |page| page.transit_gateway_attachments.unwrap_or_default(), attachment)
}

/// Every VPC attachment of the region with its subnets.
pub(super) async fn transit_gateway_vpc_attachments(session: &RegionSession) -> Listing<TransitGatewayVpcAttachment> {
    let call = &DESCRIBE_TRANSIT_GATEWAY_VPC_ATTACHMENTS;
    let page = |token| session.ec2().describe_transit_gateway_vpc_attachments().max_results(1000).set_next_token(token).send();
    let pages = session.pages(call, None, page, DescribeTransitGatewayVpcAttachmentsOutput::next_token).await;
    gather(session, call, pages, |page| page.transit_gateway_vpc_attachments.unwrap_or_default(), vpc_attachment)
}

/// Every transit gateway route table of the account, all associations and routes asked for at once.
pub(super) async fn transit_gateway_route_tables(session: &RegionSession) -> Listing<TransitGatewayRouteTable> {
    let call = &DESCRIBE_TRANSIT_GATEWAY_ROUTE_TABLES;
    let page = |token| session.ec2().describe_transit_gateway_route_tables().max_results(1000).set_next_token(token).send();
    let (pages, gap) = session.pages(call, None, page, DescribeTransitGatewayRouteTablesOutput::next_token).await;
    let tables = pages.into_iter().flat_map(|page| page.transit_gateway_route_tables.unwrap_or_default());
    let live = tables.filter(|table| table.state != Some(sdk::TransitGatewayRouteTableState::Deleted));
    listing(session, call, gap, join_all(live.map(|table| complete(session, table))).await)
}

async fn complete(session: &RegionSession, x: sdk::TransitGatewayRouteTable) -> Converted<TransitGatewayRouteTable> {
    let item = Item::new(x.transit_gateway_route_table_id.clone(), "TransitGatewayRouteTableId")?;
    let (associations, routes) = futures::join!(associations(session, &item), routes(session, &item));
    route_table(x, associations, routes)
}

/// Attachments whose traffic is looked up in a table.
async fn associations(session: &RegionSession, item: &Item) -> Observed<BTreeMap<String, String>> {
    let call = &GET_TRANSIT_GATEWAY_ROUTE_TABLE_ASSOCIATIONS;
    let page = |token| {
        let request = session.ec2().get_transit_gateway_route_table_associations().transit_gateway_route_table_id(&item.id);
        request.max_results(1000).set_next_token(token).send()
    };
    let next = GetTransitGatewayRouteTableAssociationsOutput::next_token;
    let (pages, gap) = session.pages(call, Some(&item.id), page, next).await;
    if let Some(gap) = gap {
        return Observed::Unknown(gap);
    }
    let all = pages.into_iter().flat_map(|page| page.associations.unwrap_or_default());
    match all.map(|x| associated(item, x)).collect::<Result<_, _>>() {
        Ok(associations) => Observed::Known(associations),
        Err(message) => Observed::Unknown(session.malformed(call, Some(&item.id), message)),
    }
}

/// Routes in force of a table.
///
/// The call wants a filter. `state` lets every origin through, also such as come after "static" and "propagated". No page
/// size is asked for: "If a value is not provided, the default is 1000", which is also the most.
async fn routes(session: &RegionSession, item: &Item) -> Observed<Vec<TransitGatewayRoute>> {
    let call = &SEARCH_TRANSIT_GATEWAY_ROUTES;
    let in_force = sdk::Filter::builder().name("state").values("active").values("blackhole").build();
    let page = |token| {
        let request = session.ec2().search_transit_gateway_routes().transit_gateway_route_table_id(&item.id);
        request.filters(in_force.clone()).set_next_token(token).send()
    };
    let (pages, gap) = session.pages(call, Some(&item.id), page, SearchTransitGatewayRoutesOutput::next_token).await;
    if let Some(gap) = gap {
        return Observed::Unknown(gap);
    }
    match all_routes(item, pages) {
        Ok(routes) => Observed::Known(routes),
        Err(message) => Observed::Unknown(session.malformed(call, Some(&item.id), message)),
    }
}

/// The routes on all pages, by destination. A table of which only a part was told is not told at all.
fn all_routes(item: &Item, pages: Vec<SearchTransitGatewayRoutesOutput>) -> Result<Vec<TransitGatewayRoute>, String> {
    if pages.last().is_some_and(|page| page.additional_routes_available == Some(true)) {
        return Err(item.wrong("AdditionalRoutesAvailable", "the table has more routes than the call tells"));
    }
    let all = pages.into_iter().flat_map(|page| page.routes.unwrap_or_default());
    let mut routes: Vec<_> = all.map(|x| route(item, x)).collect::<Result<_, _>>()?;
    routes.sort_by_key(|route| route.destination);
    Ok(routes)
}

fn gateway(x: sdk::TransitGateway) -> Converted<TransitGateway> {
    let item = Item::new(x.transit_gateway_id, "TransitGatewayId")?;
    let gateway = TransitGateway {
        owner_id: item.text(x.owner_id, "OwnerId")?,
        state: item.word(x.state, "State")?,
        tags: tags(x.tags),
        id: item.id.clone(),
    };
    Ok((item.id, gateway))
}

fn attachment(x: sdk::TransitGatewayAttachment) -> Converted<TransitGatewayAttachment> {
    let item = Item::new(x.transit_gateway_attachment_id, "TransitGatewayAttachmentId")?;
    let association = x.association.map(|x| association_of(&item, x)).transpose()?.flatten();
    let attachment = TransitGatewayAttachment {
        transit_gateway_id: item.text(x.transit_gateway_id, "TransitGatewayId")?,
        transit_gateway_owner_id: item.text(x.transit_gateway_owner_id, "TransitGatewayOwnerId")?,
        resource: TransitGatewayResource::from(item.word(x.resource_type, "ResourceType")?),
        resource_id: item.text(x.resource_id, "ResourceId")?,
        resource_owner_id: item.text(x.resource_owner_id, "ResourceOwnerId")?,
        state: item.word(x.state, "State")?,
        association,
        tags: tags(x.tags),
        id: item.id.clone(),
    };
    Ok((item.id, attachment))
}

/// The route table of an attachment; none where a policy table stands in its place.
fn association_of(item: &Item, x: sdk::TransitGatewayAttachmentAssociation) -> Result<Option<TransitGatewayAssociation>, String> {
    let Some(route_table_id) = text(x.transit_gateway_route_table_id) else { return Ok(None) };
    let state = item.word(x.state, "Association.State")?;
    Ok(Some(TransitGatewayAssociation { route_table_id, state }))
}

fn vpc_attachment(x: sdk::TransitGatewayVpcAttachment) -> Converted<TransitGatewayVpcAttachment> {
    let item = Item::new(x.transit_gateway_attachment_id, "TransitGatewayAttachmentId")?;
    // EC2 API reference, CreateTransitGatewayVpcAttachmentRequestOptions: `ApplianceModeSupport`, "The default is disable".
    let appliance_mode = x.options.and_then(|options| options.appliance_mode_support);
    let attachment = TransitGatewayVpcAttachment {
        transit_gateway_id: item.text(x.transit_gateway_id, "TransitGatewayId")?,
        vpc_id: item.text(x.vpc_id, "VpcId")?,
        vpc_owner_id: item.text(x.vpc_owner_id, "VpcOwnerId")?,
        state: item.word(x.state, "State")?,
        subnet_ids: x.subnet_ids.unwrap_or_default(),
        appliance_mode: appliance_mode == Some(sdk::ApplianceModeSupportValue::Enable),
        tags: tags(x.tags),
        id: item.id.clone(),
    };
    Ok((item.id, attachment))
}

fn route_table(
    x: sdk::TransitGatewayRouteTable,
    associations: Observed<BTreeMap<String, String>>,
    routes: Observed<Vec<TransitGatewayRoute>>,
) -> Converted<TransitGatewayRouteTable> {
    let item = Item::new(x.transit_gateway_route_table_id, "TransitGatewayRouteTableId")?;
    let table = TransitGatewayRouteTable {
        transit_gateway_id: item.text(x.transit_gateway_id, "TransitGatewayId")?,
        associations,
        routes,
        tags: tags(x.tags),
        id: item.id.clone(),
    };
    Ok((item.id, table))
}

fn associated(item: &Item, x: sdk::TransitGatewayRouteTableAssociation) -> Result<(String, String), String> {
    let attachment = item.text(x.transit_gateway_attachment_id, "Associations[].TransitGatewayAttachmentId")?;
    Ok((attachment, item.word(x.state, "Associations[].State")?))
}

fn route(item: &Item, x: sdk::TransitGatewayRoute) -> Result<TransitGatewayRoute, String> {
    let destination = item.text(x.destination_cidr_block, "Routes[].DestinationCidrBlock")?;
    let attachments = x.transit_gateway_attachments.unwrap_or_default().into_iter();
    let mut attachment_ids: Vec<_> = attachments.filter_map(|x| text(x.transit_gateway_attachment_id)).collect();
    attachment_ids.sort_unstable();
    Ok(TransitGatewayRoute {
        destination: item.ip_net(&destination, "Routes[].DestinationCidrBlock")?,
        origin: item.word(x.r#type, "Routes[].Type")?,
        state: TransitGatewayRouteState::from(item.word(x.state, "Routes[].State")?),
        attachment_ids,
        prefix_list_id: text(x.prefix_list_id),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Item {
        Item { id: "tgw-rtb-0aa".to_owned() }
    }

    fn to(destination: &str) -> sdk::builders::TransitGatewayRouteBuilder {
        sdk::TransitGatewayRoute::builder()
            .destination_cidr_block(destination)
            .r#type(sdk::TransitGatewayRouteType::Static)
            .state(sdk::TransitGatewayRouteState::Active)
    }

    fn through(attachment: &str) -> sdk::TransitGatewayRouteAttachment {
        sdk::TransitGatewayRouteAttachment::builder().transit_gateway_attachment_id(attachment).build()
    }

    fn page(routes: Vec<sdk::TransitGatewayRoute>, more: bool, token: Option<&str>) -> SearchTransitGatewayRoutesOutput {
        SearchTransitGatewayRoutesOutput::builder()
            .set_routes(Some(routes))
            .additional_routes_available(more)
            .set_next_token(token.map(str::to_owned))
            .build()
    }

    #[test]
    fn routes_of_all_pages_by_destination() {
        let spoke = to("10.1.0.0/16").r#type(sdk::TransitGatewayRouteType::Propagated);
        let shared =
            spoke.transit_gateway_attachments(through("tgw-attach-0bb")).transit_gateway_attachments(through("tgw-attach-0aa"));
        let drop = to("10.0.0.0/8").state(sdk::TransitGatewayRouteState::Blackhole);
        let listed = to("203.0.113.0/24").prefix_list_id("pl-0aa");
        let pages = vec![page(vec![listed.build(), shared.build()], true, Some("t")), page(vec![drop.build()], false, None)];
        let routes = all_routes(&table(), pages).unwrap();
        let destinations: Vec<_> = routes.iter().map(|route| route.destination.to_string()).collect();
        assert_eq!(destinations, ["10.0.0.0/8", "10.1.0.0/16", "203.0.113.0/24"]);
        assert_eq!((&routes[0].state, routes[0].attachment_ids.len()), (&TransitGatewayRouteState::Blackhole, 0));
        assert_eq!(
            (routes[1].origin.as_str(), &routes[1].attachment_ids[..]),
            ("propagated", &["tgw-attach-0aa".to_owned(), "tgw-attach-0bb".to_owned()][..])
        );
        assert_eq!(routes[2].prefix_list_id.as_deref(), Some("pl-0aa"));
    }

    #[test]
    fn a_table_that_is_told_in_part_is_not_told() {
        let cut = vec![page(vec![to("10.0.0.0/8").build()], true, None)];
        assert!(all_routes(&table(), cut).unwrap_err().contains("AdditionalRoutesAvailable"));
        let unnamed = sdk::TransitGatewayRoute::builder().prefix_list_id("pl-0aa").build();
        assert!(all_routes(&table(), vec![page(vec![unnamed], false, None)]).is_err());
        assert_eq!(all_routes(&table(), Vec::new()), Ok(Vec::new()));
    }

    fn bare_attachment() -> sdk::builders::TransitGatewayAttachmentBuilder {
        sdk::TransitGatewayAttachment::builder()
            .transit_gateway_attachment_id("tgw-attach-0aa")
            .transit_gateway_id("tgw-0aa")
            .transit_gateway_owner_id("111122223333")
            .resource_owner_id("444455556666")
            .resource_type(sdk::TransitGatewayAttachmentResourceType::Vpc)
            .resource_id("vpc-0aa")
            .state(sdk::TransitGatewayAttachmentState::Available)
    }

    #[test]
    fn an_attachment_with_and_without_a_route_table() {
        let association =
            sdk::TransitGatewayAttachmentAssociation::builder().state(sdk::TransitGatewayAssociationState::Associated);
        let with = bare_attachment().association(association.clone().transit_gateway_route_table_id("tgw-rtb-0aa").build());
        let (_, attached) = attachment(with.build()).unwrap();
        assert_eq!(attached.resource, TransitGatewayResource::Vpc);
        assert_eq!(attached.resource_owner_id, "444455556666");
        let wanted = TransitGatewayAssociation { route_table_id: "tgw-rtb-0aa".to_owned(), state: "associated".to_owned() };
        assert_eq!(attached.association, Some(wanted));
        let policy = bare_attachment().association(association.transit_gateway_policy_table_id("tgw-ptb-0aa").build());
        assert_eq!(attachment(policy.build()).unwrap().1.association, None);
        assert_eq!(attachment(bare_attachment().build()).unwrap().1.association, None);
    }

    #[test]
    fn an_attachment_of_a_kind_of_the_future_keeps_its_word() {
        let x = bare_attachment().resource_type(sdk::TransitGatewayAttachmentResourceType::from("wormhole")).build();
        assert_eq!(attachment(x).unwrap().1.resource, TransitGatewayResource::Other("wormhole".to_owned()));
    }

    #[test]
    fn appliance_mode_is_off_unless_it_is_told() {
        let bare = sdk::TransitGatewayVpcAttachment::builder()
            .transit_gateway_attachment_id("tgw-attach-0aa")
            .transit_gateway_id("tgw-0aa")
            .vpc_id("vpc-0aa")
            .vpc_owner_id("111122223333")
            .state(sdk::TransitGatewayAttachmentState::Available)
            .subnet_ids("subnet-0aa");
        assert!(!vpc_attachment(bare.clone().build()).unwrap().1.appliance_mode);
        let options = sdk::TransitGatewayVpcAttachmentOptions::builder();
        let on = options.appliance_mode_support(sdk::ApplianceModeSupportValue::Enable).build();
        let (_, appliance) = vpc_attachment(bare.options(on).build()).unwrap();
        assert!(appliance.appliance_mode);
        assert_eq!(appliance.subnet_ids, ["subnet-0aa"]);
    }

    #[test]
    fn gateways_tables_and_associations() {
        let x = sdk::TransitGateway::builder().transit_gateway_id("tgw-0aa").owner_id("444455556666");
        assert!(gateway(x.clone().build()).is_err());
        let (_, shared) = gateway(x.state(sdk::TransitGatewayState::Available).build()).unwrap();
        assert_eq!((shared.owner_id.as_str(), shared.state.as_str()), ("444455556666", "available"));

        let x =
            sdk::TransitGatewayRouteTable::builder().transit_gateway_route_table_id("tgw-rtb-0aa").transit_gateway_id("tgw-0aa");
        let (id, known) = route_table(x.build(), Observed::Known(BTreeMap::new()), Observed::Known(Vec::new())).unwrap();
        assert_eq!((id.as_str(), known.transit_gateway_id.as_str()), ("tgw-rtb-0aa", "tgw-0aa"));

        let x = sdk::TransitGatewayRouteTableAssociation::builder()
            .transit_gateway_attachment_id("tgw-attach-0aa")
            .state(sdk::TransitGatewayAssociationState::Associating);
        let wanted = ("tgw-attach-0aa".to_owned(), "associating".to_owned());
        assert_eq!(associated(&table(), x.build()), Ok(wanted));
        assert!(associated(&table(), sdk::TransitGatewayRouteTableAssociation::builder().build()).is_err());
    }
}
