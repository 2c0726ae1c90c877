//! Route tables of VPCs.

use aws_sdk_ec2::operation::describe_route_tables::DescribeRouteTablesOutput;
use aws_sdk_ec2::types as sdk;

use super::convert::{Converted, Item, gather, tags, text};
use crate::collect::calls::DESCRIBE_ROUTE_TABLES;
use crate::collect::session::RegionSession;
use crate::model::Listing;
use crate::model::ec2::{Route, RouteDestination, RouteOrigin, RouteState, RouteTable, RouteTableAssociation, RouteTarget};

/// Every route table of the region. A page holds at most 100.
pub(super) async fn route_tables(session: &RegionSession) -> Listing<RouteTable> {
    let page = |token| session.ec2().describe_route_tables().max_results(100).set_next_token(token).send();
    let pages = session.pages(&DESCRIBE_ROUTE_TABLES, None, page, DescribeRouteTablesOutput::next_token).await;
    gather(session, &DESCRIBE_ROUTE_TABLES, pages, |page| page.route_tables.unwrap_or_default(), from_sdk)
}

fn from_sdk(x: sdk::RouteTable) -> Converted<RouteTable> {
    let item = Item::new(x.route_table_id, "RouteTableId")?;
    let associations = x.associations.unwrap_or_default().into_iter().filter(is_in_force);
    let routes = x.routes.unwrap_or_default().into_iter();
    let table = RouteTable {
        vpc_id: item.text(x.vpc_id, "VpcId")?,
        owner_id: item.text(x.owner_id, "OwnerId")?,
        associations: associations.map(|x| association(&item, x)).collect::<Result<_, _>>()?,
        routes: routes.map(|x| route(&item, x)).collect::<Result<_, _>>()?,
        propagating_vpn_gateways: x.propagating_vgws.unwrap_or_default().into_iter().filter_map(|x| text(x.gateway_id)).collect(),
        tags: tags(x.tags),
        id: item.id.clone(),
    };
    Ok((item.id, table))
}

/// Whether an association counts: all but those that AWS says have ended or never came to be.
fn is_in_force(x: &sdk::RouteTableAssociation) -> bool {
    use sdk::RouteTableAssociationStateCode::{Disassociated, Failed};
    let state = x.association_state.as_ref().and_then(|state| state.state.as_ref());
    !matches!(state, Some(Disassociated | Failed))
}

fn association(item: &Item, x: sdk::RouteTableAssociation) -> Result<RouteTableAssociation, String> {
    Ok(RouteTableAssociation {
        id: item.text(x.route_table_association_id, "Associations[].RouteTableAssociationId")?,
        main: item.required(x.main, "Associations[].Main")?,
        subnet_id: text(x.subnet_id),
        gateway_id: text(x.gateway_id),
    })
}

fn route(item: &Item, x: sdk::Route) -> Result<Route, String> {
    let state = item.word(x.state.as_ref(), "Routes[].State")?;
    let origin = item.word(x.origin.as_ref(), "Routes[].Origin")?;
    Ok(Route {
        destination: destination(item, &x)?,
        target: target(x),
        state: RouteState::from(state),
        origin: RouteOrigin::from(origin),
    })
}

fn destination(item: &Item, x: &sdk::Route) -> Result<RouteDestination, String> {
    if let Some(cidr) = text(x.destination_cidr_block.clone()) {
        return item.ipv4_net(&cidr, "DestinationCidrBlock").map(RouteDestination::Ipv4);
    }
    if let Some(cidr) = text(x.destination_ipv6_cidr_block.clone()) {
        return item.ipv6_net(&cidr, "DestinationIpv6CidrBlock").map(RouteDestination::Ipv6);
    }
    item.text(x.destination_prefix_list_id.clone(), "Routes[].Destination*").map(RouteDestination::PrefixList)
}

/// Where a route leads: the one target member that is set.
///
/// A route whose target is gone (`blackhole`) often keeps the target's id, and sometimes tells none at all.
fn target(x: sdk::Route) -> RouteTarget {
    let members = [
        (text(x.egress_only_internet_gateway_id), RouteTarget::EgressOnlyInternetGateway as fn(String) -> RouteTarget),
        (text(x.nat_gateway_id), RouteTarget::NatGateway),
        (text(x.transit_gateway_id), RouteTarget::TransitGateway),
        (text(x.vpc_peering_connection_id), RouteTarget::PeeringConnection),
        (text(x.core_network_arn), RouteTarget::CoreNetwork),
        (text(x.carrier_gateway_id), RouteTarget::CarrierGateway),
        (text(x.local_gateway_id), RouteTarget::LocalGateway),
        (text(x.gateway_id), gateway),
        (text(x.odb_network_arn), RouteTarget::Other),
    ];
    if let Some(target) = members.into_iter().find_map(|(id, make)| id.map(make)) {
        return target;
    }
    match (text(x.network_interface_id), text(x.instance_id), text(x.ip_address)) {
        (None, None, Some(next_hop)) => RouteTarget::Other(next_hop),
        (None, None, None) => RouteTarget::Other("unknown".to_owned()),
        (id, instance_id, _) => RouteTarget::NetworkInterface { id, instance_id },
    }
}

/// The kind of a `GatewayId`, told by its prefix. Whatever has none, such as VPC Lattice, keeps its words.
fn gateway(id: String) -> RouteTarget {
    match id.split_once('-').map_or(id.as_str(), |(prefix, _)| prefix) {
        "local" => RouteTarget::Local,
        "igw" => RouteTarget::InternetGateway(id),
        "eigw" => RouteTarget::EgressOnlyInternetGateway(id),
        "nat" => RouteTarget::NatGateway(id),
        "vpce" => RouteTarget::VpcEndpoint(id),
        "vgw" => RouteTarget::VpnGateway(id),
        "tgw" => RouteTarget::TransitGateway(id),
        "pcx" => RouteTarget::PeeringConnection(id),
        "cagw" => RouteTarget::CarrierGateway(id),
        "lgw" => RouteTarget::LocalGateway(id),
        _ => RouteTarget::Other(id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare() -> sdk::builders::RouteTableBuilder {
        sdk::RouteTable::builder().route_table_id("rtb-0aa").vpc_id("vpc-0aa").owner_id("111122223333")
    }

    fn to(destination: &str) -> sdk::builders::RouteBuilder {
        sdk::Route::builder()
            .destination_cidr_block(destination)
            .state(sdk::RouteState::Active)
            .origin(sdk::RouteOrigin::CreateRoute)
    }

    fn target_of(route: sdk::builders::RouteBuilder) -> RouteTarget {
        target(route.build())
    }

    #[test]
    fn every_kind_of_target_is_told_apart() {
        let owned = str::to_owned;
        let gateways = [
            ("local", RouteTarget::Local),
            ("igw-0aa", RouteTarget::InternetGateway(owned("igw-0aa"))),
            ("vgw-0aa", RouteTarget::VpnGateway(owned("vgw-0aa"))),
            ("vpce-0aa", RouteTarget::VpcEndpoint(owned("vpce-0aa"))),
            ("vpc-lattice", RouteTarget::Other(owned("vpc-lattice"))),
            ("VpcLattice", RouteTarget::Other(owned("VpcLattice"))),
        ];
        for (id, wanted) in gateways {
            assert_eq!(target_of(sdk::Route::builder().gateway_id(id)), wanted);
        }
        let route = sdk::Route::builder;
        assert_eq!(target_of(route().nat_gateway_id("nat-0aa")), RouteTarget::NatGateway(owned("nat-0aa")));
        assert_eq!(target_of(route().transit_gateway_id("tgw-0aa")), RouteTarget::TransitGateway(owned("tgw-0aa")));
        assert_eq!(target_of(route().vpc_peering_connection_id("pcx-0aa")), RouteTarget::PeeringConnection(owned("pcx-0aa")));
        assert_eq!(target_of(route().carrier_gateway_id("cagw-0aa")), RouteTarget::CarrierGateway(owned("cagw-0aa")));
        assert_eq!(target_of(route().local_gateway_id("lgw-0aa")), RouteTarget::LocalGateway(owned("lgw-0aa")));
        assert_eq!(
            target_of(route().egress_only_internet_gateway_id("eigw-0aa")),
            RouteTarget::EgressOnlyInternetGateway(owned("eigw-0aa"))
        );
        let arn = "arn:aws:networkmanager::111122223333:core-network/core-network-0aa";
        assert_eq!(target_of(route().core_network_arn(arn)), RouteTarget::CoreNetwork(owned(arn)));
        let odb = "arn:aws:odb:eu-west-1:111122223333:odb-network/odbnet_0aa";
        assert_eq!(target_of(route().odb_network_arn(odb)), RouteTarget::Other(owned(odb)));
        assert_eq!(
            target_of(route().network_interface_id("eni-0aa").instance_id("i-0aa").gateway_id("")),
            RouteTarget::NetworkInterface { id: Some(owned("eni-0aa")), instance_id: Some(owned("i-0aa")) }
        );
        assert_eq!(target_of(route().ip_address("10.0.0.7")), RouteTarget::Other(owned("10.0.0.7")));
    }

    #[test]
    fn a_blackhole_keeps_its_target_where_it_is_told() {
        let x = bare()
            .routes(to("0.0.0.0/0").state(sdk::RouteState::Blackhole).nat_gateway_id("nat-0gone").build())
            .routes(to("10.9.0.0/16").state(sdk::RouteState::Blackhole).build())
            .build();
        let (_, table) = from_sdk(x).unwrap();
        assert_eq!(table.routes[0].state, RouteState::Blackhole);
        assert_eq!(table.routes[0].target, RouteTarget::NatGateway("nat-0gone".to_owned()));
        assert_eq!(table.routes[1].target, RouteTarget::Other("unknown".to_owned()));
    }

    #[test]
    fn destinations_of_all_three_kinds_in_the_order_of_the_answer() {
        let other = || sdk::Route::builder().state(sdk::RouteState::Active).origin(sdk::RouteOrigin::CreateRouteTable);
        let x = bare()
            .routes(to("10.0.0.0/16").gateway_id("local").build())
            .routes(other().destination_ipv6_cidr_block("::/0").egress_only_internet_gateway_id("eigw-0aa").build())
            .routes(other().destination_prefix_list_id("pl-0aa").gateway_id("vpce-0aa").build())
            .propagating_vgws(sdk::PropagatingVgw::builder().gateway_id("vgw-0aa").build())
            .build();
        let (_, table) = from_sdk(x).unwrap();
        let destinations: Vec<_> = table.routes.iter().map(|route| route.destination.to_string()).collect();
        assert_eq!(destinations, ["10.0.0.0/16", "::/0", "pl-0aa"]);
        assert_eq!(table.routes[2].target, RouteTarget::VpcEndpoint("vpce-0aa".to_owned()));
        assert_eq!(table.routes[1].origin, RouteOrigin::CreateRouteTable);
        assert_eq!(table.propagating_vpn_gateways, ["vgw-0aa"]);
    }

    #[test]
    fn associations_that_ended_do_not_count() {
        use sdk::RouteTableAssociationStateCode::{Associated, Disassociated};
        let with = |id: &str, main, code| {
            let state = sdk::RouteTableAssociationState::builder().state(code).build();
            sdk::RouteTableAssociation::builder().route_table_association_id(id).main(main).association_state(state)
        };
        let x = bare()
            .associations(with("rtbassoc-0aa", true, Associated).build())
            .associations(with("rtbassoc-0bb", false, Associated).subnet_id("subnet-0aa").build())
            .associations(with("rtbassoc-0cc", false, Disassociated).subnet_id("subnet-0bb").build())
            .associations(with("rtbassoc-0dd", false, Associated).gateway_id("igw-0aa").build())
            .build();
        let (_, table) = from_sdk(x).unwrap();
        assert!(table.is_main());
        let ids: Vec<_> = table.associations.iter().map(|association| association.id.as_str()).collect();
        assert_eq!(ids, ["rtbassoc-0aa", "rtbassoc-0bb", "rtbassoc-0dd"]);
        assert_eq!(table.associations[2].gateway_id.as_deref(), Some("igw-0aa"));
    }

    #[test]
    fn a_route_without_destination_or_state_is_malformed() {
        let aimless = sdk::Route::builder().state(sdk::RouteState::Active).origin(sdk::RouteOrigin::CreateRoute);
        assert!(from_sdk(bare().routes(aimless.gateway_id("igw-0aa").build()).build()).is_err());
        let stateless = sdk::Route::builder().destination_cidr_block("0.0.0.0/0").gateway_id("igw-0aa").build();
        assert_eq!(from_sdk(bare().routes(stateless).build()).unwrap_err(), "`rtb-0aa` has no `Routes[].State`");
        assert!(from_sdk(bare().routes(to("0.0.0.0").build()).build()).is_err());
    }
}
