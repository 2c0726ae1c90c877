//! Transit gateways with attachments and route tables.

use std::collections::BTreeMap;

use natless::model::ec2::{
    TransitGateway, TransitGatewayAssociation, TransitGatewayAttachment, TransitGatewayResource, TransitGatewayRoute,
    TransitGatewayRouteState, TransitGatewayRouteTable, TransitGatewayVpcAttachment,
};
use natless::model::{Observed, Tags};

use super::super::{Region, add, texts};
use super::{ACCOUNT, PARTNER, tags};

pub(super) fn transit_gateways(region: &mut Region<'_>) {
    for (id, owner, state) in [("tgw-0hub", ACCOUNT, "available"), ("tgw-1theirs", PARTNER, "modifying")] {
        let gateway = TransitGateway { id: id.to_owned(), owner_id: owner.to_owned(), state: state.to_owned(), tags: tags(id) };
        add(&mut region.inventory.transit_gateways, id, gateway);
    }
    let attachments = [
        (TransitGatewayResource::Vpc, "vpc-0main"),
        (TransitGatewayResource::Vpn, "vpn-0b"),
        (TransitGatewayResource::DirectConnectGateway, "dxgw-0a"),
        (TransitGatewayResource::Connect, "tgw-attach-0"),
        (TransitGatewayResource::Peering, "tgw-1theirs"),
        (TransitGatewayResource::Other("vpn-concentrator".to_owned()), "vcn-0a"),
    ];
    for (index, (resource, resource_id)) in attachments.into_iter().enumerate() {
        let id = format!("tgw-attach-{index}");
        let attachment = TransitGatewayAttachment {
            id: id.clone(),
            transit_gateway_id: "tgw-0hub".to_owned(),
            transit_gateway_owner_id: ACCOUNT.to_owned(),
            resource,
            resource_id: resource_id.to_owned(),
            resource_owner_id: PARTNER.to_owned(),
            state: "available".to_owned(),
            association: (index < 3)
                .then(|| TransitGatewayAssociation { route_table_id: "tgw-rtb-0a".to_owned(), state: "associating".to_owned() }),
            tags: tags(&id),
        };
        add(&mut region.inventory.transit_gateway_attachments, &id, attachment);
    }
    for (id, vpc, appliance) in [("tgw-attach-0", "vpc-0main", true), ("tgw-attach-9", "vpc-2hub", false)] {
        let attachment = TransitGatewayVpcAttachment {
            id: id.to_owned(),
            transit_gateway_id: "tgw-0hub".to_owned(),
            vpc_id: vpc.to_owned(),
            vpc_owner_id: PARTNER.to_owned(),
            state: "pendingAcceptance".to_owned(),
            subnet_ids: texts(&["subnet-0a", "subnet-0b"]),
            appliance_mode: appliance,
            tags: tags(id),
        };
        add(&mut region.inventory.transit_gateway_vpc_attachments, id, attachment);
    }
    let route = |destination: &str, state, origin: &str, attachments: &[&str], list: Option<&str>| TransitGatewayRoute {
        destination: destination.parse().unwrap(),
        origin: origin.to_owned(),
        state,
        attachment_ids: texts(attachments),
        prefix_list_id: list.map(str::to_owned),
    };
    let full = TransitGatewayRouteTable {
        id: "tgw-rtb-0a".to_owned(),
        transit_gateway_id: "tgw-0hub".to_owned(),
        associations: Observed::Known(
            [("tgw-attach-0", "associated"), ("tgw-attach-1", "disassociating"), ("tgw-attach-2", "associated")]
                .map(|(id, state)| (id.to_owned(), state.to_owned()))
                .into(),
        ),
        routes: Observed::Known(vec![
            route("0.0.0.0/0", TransitGatewayRouteState::Active, "static", &["tgw-attach-0"], None),
            route("10.0.0.0/16", TransitGatewayRouteState::Active, "propagated", &["tgw-attach-0", "tgw-attach-1"], None),
            route("10.7.0.0/16", TransitGatewayRouteState::Blackhole, "static", &[], None),
            route("192.0.2.0/26", TransitGatewayRouteState::Active, "static", &["tgw-attach-2"], Some("pl-0own")),
            route("2001:db8::/32", TransitGatewayRouteState::Active, "propagated", &["tgw-attach-1"], None),
        ]),
        tags: tags("table"),
    };
    let empty = TransitGatewayRouteTable {
        id: "tgw-rtb-1b".to_owned(),
        transit_gateway_id: "tgw-0hub".to_owned(),
        associations: Observed::Known(BTreeMap::new()),
        routes: Observed::Known(Vec::new()),
        tags: Tags::new(),
    };
    add(&mut region.inventory.transit_gateway_route_tables, "tgw-rtb-0a", full);
    add(&mut region.inventory.transit_gateway_route_tables, "tgw-rtb-1b", empty);
}
