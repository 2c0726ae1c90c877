//! Transit gateways: in by the attachment of a VPC, through a transit gateway route table, out by another attachment.
//!
//! Source: Transit Gateway guide, "How AWS Transit Gateway works" and "Amazon VPC attachments in AWS Transit Gateway".

use super::lookup::{Candidate, divide, first_of_its_kind};
use super::walk::{Leg, Packets, Place, Walk, distinct};
use super::{End, Obstacle};
use crate::model::GapId;
use crate::model::ec2::{
    TransitGatewayAttachment, TransitGatewayResource, TransitGatewayRoute, TransitGatewayRouteState, TransitGatewayRouteTable,
};

/// Whether a zone is an Availability Zone by its name, such as `eu-west-1a`, and no Local or Wavelength Zone.
fn is_availability_zone(zone: &str, region: &str) -> bool {
    zone.strip_prefix(region).is_some_and(|rest| rest.len() == 1)
}

impl<'a> Walk<'_, 'a> {
    pub(super) fn transit_gateway(&self, id: &'a str, place: Place<'a>, mut packets: Packets<'a>) -> Vec<Leg<'a>> {
        let all = self.index.attachments_of(place.vpc_id);
        let serves = |one: &&&TransitGatewayAttachment| one.transit_gateway_id == id && one.state == "available";
        let Some(attachment) = all.iter().find(serves).copied() else {
            return self.not_attached(id, place, packets);
        };
        match self.zone_not_attached(attachment, place) {
            Ok(None) => {}
            Ok(Some(reason)) => {
                packets.hop(
                    "transit_gateway",
                    id,
                    reason.clone(),
                    source("DescribeTransitGatewayVpcAttachments", &attachment.id),
                );
                return packets.ends(End::None { reason });
            }
            Err(obstacle) => return packets.unknown(obstacle),
        }
        let table = match self.table_of_attachment(attachment) {
            Ok(Some(table)) => table,
            Ok(None) => {
                let reason = format!("{} is associated with no route table of {id}", attachment.id);
                return packets.ends(End::None { reason });
            }
            Err(end) => return packets.ends(end),
        };
        let reason = format!("{} is attached by {}, whose packets are looked up in {}", place.vpc_id, attachment.id, table.id);
        packets.hop("transit_gateway", id, reason, source("DescribeTransitGatewayAttachments", &attachment.id));
        self.at_transit_table(table, place, packets)
    }

    fn not_attached(&self, id: &str, place: Place<'_>, packets: Packets<'a>) -> Vec<Leg<'a>> {
        let gap = self.index.data.transit_gateway_attachments.gap.as_ref();
        if let Some(gap) = gap.filter(|_| !self.index.is_told(place.vpc_id)) {
            let reason = format!("no attachment of {} to {id} is among those that were read", place.vpc_id);
            return packets.unknown(Obstacle::gap(reason, gap));
        }
        let owner = self.index.data.vpcs.get(place.vpc_id).map(|vpc| vpc.owner_id.as_str());
        if !self.index.sees_all_of(place.vpc_id) {
            let reason = format!("the attachment of {} belongs to account {}", place.vpc_id, owner.unwrap_or_default());
            return packets.ends(End::LeavesView { via: id.to_owned(), reason });
        }
        // The account would see an attachment of its own VPC: there is none.
        packets.ends(End::Blackhole { target_id: id.to_owned() })
    }

    /// "If there is a route to the transit gateway in a subnet route table, traffic is forwarded to the transit gateway only
    /// when the transit gateway has an attachment in a subnet in the same Availability Zone."
    ///
    /// # Errors
    /// The subnet that attaches the zone may be among what was not read.
    fn zone_not_attached(&self, attachment: &TransitGatewayAttachment, place: Place<'_>) -> Result<Option<String>, Obstacle> {
        if !is_availability_zone(place.zone, self.index.name) {
            return Ok(None);
        }
        let data = self.index.data;
        let not_read = |gap: Option<&GapId>, what: &str| match gap.filter(|_| !self.index.is_told(place.vpc_id)) {
            Some(gap) => {
                Err(Obstacle::gap(format!("whether {} attaches {} was not read: {what}", attachment.id, place.zone), gap))
            }
            // The account is not shown it.
            None => Ok(None),
        };
        let Some(vpc) = data.transit_gateway_vpc_attachments.get(&attachment.id) else {
            return not_read(data.transit_gateway_vpc_attachments.gap.as_ref(), "its subnets are not told");
        };
        let zones: Vec<Option<&str>> =
            vpc.subnet_ids.iter().map(|id| data.subnets.get(id).map(|subnet| subnet.zone_id.as_str())).collect();
        if zones.contains(&Some(place.zone_id)) {
            return Ok(None);
        }
        // A subnet that is not seen might be the one.
        if zones.contains(&None) {
            return not_read(data.subnets.gap.as_ref(), "not every subnet of it is known");
        }
        Ok(Some(format!(
            "{} has no subnet in {}, so packets from there do not reach {}",
            attachment.id, place.zone, attachment.transit_gateway_id
        )))
    }

    /// The route table an attachment's packets are looked up in; `None` when it is associated with none.
    fn table_of_attachment(&self, attachment: &TransitGatewayAttachment) -> Result<Option<&'a TransitGatewayRouteTable>, End> {
        let tables = &self.index.data.transit_gateway_route_tables;
        let (id, owner) = (&attachment.transit_gateway_id, &attachment.transit_gateway_owner_id);
        let foreign = || {
            let scanned = if self.index.sisters_have_gaps(owner) { "were not scanned to the end" } else { "were not scanned" };
            End::LeavesView { via: id.clone(), reason: format!("{id} belongs to account {owner}, whose routes {scanned}") }
        };
        let seen = self.index.sees_routes_of(id, owner);
        let associated = attachment.association.as_ref().filter(|association| association.state == "associated");
        let Some(association) = associated else {
            if !seen {
                return Err(foreign());
            }
            if let Some(table) = self.index.data.table_that_lists(attachment) {
                return Ok(Some(table));
            }
            if let Some(gap) = tables.gap.as_ref().filter(|_| *owner == self.index.account) {
                let reason = format!("not every route table of {id} was read, and one may be that of {}", attachment.id);
                return Err(Obstacle::gap(reason, gap).into());
            }
            let mut of_gateway = tables.values().filter(|table| table.transit_gateway_id == *id);
            if let Some((table, gap)) = of_gateway.find_map(|table| Some((table, table.associations.gap()?))) {
                let reason = format!("whether {} is associated with {} was not read", attachment.id, table.id);
                return Err(Obstacle::gap(reason, gap).into());
            }
            return Ok(None);
        };
        let id = &association.route_table_id;
        match (tables.get(id), tables.gap.as_ref()) {
            (Some(table), _) => Ok(Some(table)),
            // The tables of another account's transit gateway are never listed, whatever else failed.
            (None, _) if !seen => Err(foreign()),
            (None, gap) => Err(Obstacle::maybe_gap(format!("{id} is not among the route tables that were read"), gap).into()),
        }
    }

    fn at_transit_table(&self, table: &'a TransitGatewayRouteTable, place: Place<'a>, mut packets: Packets<'a>) -> Vec<Leg<'a>> {
        if !packets.enter(&table.id) {
            let reason = format!("the packets come back to {} or pass too many route tables: a loop", table.id);
            return packets.ends(End::None { reason });
        }
        let routes = match table.routes.as_result() {
            Ok(routes) => routes,
            Err(gap) => return packets.unknown(Obstacle::gap(format!("the routes of {} were not read", table.id), gap)),
        };
        let family = packets.dest.family();
        // For one block: static routes, routes of prefix lists, propagated routes ("Route evaluation order").
        let candidates: Vec<Candidate> = routes
            .iter()
            .enumerate()
            .filter(|(_, route)| family == Some(super::blocks::family_of(route.destination)))
            .map(|(index, route)| {
                let rank = match (route.origin.as_str(), &route.prefix_list_id) {
                    ("static", None) => 0,
                    ("static", Some(_)) => 1,
                    _ => 2,
                };
                Candidate { net: route.destination.trunc(), rank, route: index, foreign: false }
            })
            .collect();
        let calls = source("SearchTransitGatewayRoutes", &table.id);
        let mut legs = Vec::new();
        let places = first_of_its_kind(routes.iter().map(|route| (&route.attachment_ids, &route.state)));
        for part in divide(&packets.dest, &candidates, |route| places.get(route).copied().unwrap_or(route)) {
            let mut packets = packets.to(part.dest.clone());
            let what = packets.dest.describe();
            let Some(route) = part.route().and_then(|route| routes.get(route)) else {
                packets.hop("transit_gateway_route_table", &table.id, format!("no route matches {what}"), calls.clone());
                legs.extend(packets.ends(End::None { reason: format!("{} has no route for {what}", table.id) }));
                continue;
            };
            let target = if route.attachment_ids.is_empty() { "nothing".to_owned() } else { route.attachment_ids.join(", ") };
            let name = part.name(&route.destination.to_string());
            let reason = format!("{name} -> {target} ({}, {}) is the longest match for {what}", route.origin, route.state);
            packets.hop("transit_gateway_route_table", &table.id, reason, calls.clone());
            legs.extend(self.transit_route(table, route, place, packets));
        }
        legs
    }

    fn transit_route(
        &self,
        table: &TransitGatewayRouteTable,
        route: &'a TransitGatewayRoute,
        place: Place<'a>,
        packets: Packets<'a>,
    ) -> Vec<Leg<'a>> {
        match &route.state {
            TransitGatewayRouteState::Active => {}
            TransitGatewayRouteState::Blackhole => {
                let target_id = route.attachment_ids.first().unwrap_or(&table.id).clone();
                return packets.ends(End::Blackhole { target_id });
            }
            TransitGatewayRouteState::Other(state) => {
                return packets.unknown(Obstacle::new(format!("a route of {} is in state {state}", table.id)));
            }
        }
        if route.attachment_ids.is_empty() {
            return packets.unknown(Obstacle::new(format!("where {} of {} leads is not told", route.destination, table.id)));
        }
        let each = route.attachment_ids.iter().flat_map(|id| self.out_by(id, table, place, packets.clone()));
        distinct(each.collect())
    }

    fn out_by(&self, id: &'a str, table: &TransitGatewayRouteTable, place: Place<'a>, packets: Packets<'a>) -> Vec<Leg<'a>> {
        let attachment = match self.index.data.transit_gateway_attachments.find(id) {
            Ok(Some(attachment)) => attachment,
            Ok(None) => return packets.unknown(Obstacle::new(format!("{id}, which {} leads to, is not listed", table.id))),
            Err(gap) => return packets.unknown(Obstacle::gap(format!("{id} is not among those that were read"), gap)),
        };
        if attachment.state != "available" {
            return packets.ends(End::Blackhole { target_id: id.to_owned() });
        }
        let what = match &attachment.resource {
            TransitGatewayResource::Vpc
                if attachment.resource_owner_id == self.index.account || self.index.is_told(&attachment.resource_id) =>
            {
                return self.enter_vpc(attachment, place, packets);
            }
            TransitGatewayResource::Vpc => {
                let owner = &attachment.resource_owner_id;
                format!("{} of account {owner}, {}", attachment.resource_id, self.index.unscanned(owner))
            }
            TransitGatewayResource::Vpn => format!("VPN connection {}", attachment.resource_id),
            TransitGatewayResource::DirectConnectGateway => format!("Direct Connect gateway {}", attachment.resource_id),
            TransitGatewayResource::Connect => format!("Connect attachment over {}", attachment.resource_id),
            TransitGatewayResource::Peering => format!("peer transit gateway {}", attachment.resource_id),
            TransitGatewayResource::Other(kind) => format!("{} of type {kind}", attachment.resource_id),
        };
        packets.ends(End::LeavesView { via: id.to_owned(), reason: what })
    }

    /// Into a VPC by the attachment's subnets: that of the zone the packets come from, where there is one; any of them in
    /// appliance mode, which picks by flow. The subnet's own table leads on.
    fn enter_vpc(&self, attachment: &'a TransitGatewayAttachment, place: Place<'a>, packets: Packets<'a>) -> Vec<Leg<'a>> {
        let data = self.index.data;
        let vpc = match data.transit_gateway_vpc_attachments.find(&attachment.id) {
            Ok(Some(vpc)) => vpc,
            Ok(None) => return packets.unknown(Obstacle::new(format!("the subnets of {} are not told", attachment.id))),
            Err(gap) => return packets.unknown(Obstacle::gap(format!("the subnets of {} were not read", attachment.id), gap)),
        };
        let subnets = match vpc.subnet_ids.iter().map(|id| self.index.subnet(id)).collect::<Result<Vec<_>, _>>() {
            Ok(subnets) if !subnets.is_empty() => subnets,
            Ok(_) => return packets.unknown(Obstacle::new(format!("{} has no subnet", attachment.id))),
            Err(obstacle) => return packets.unknown(obstacle),
        };
        let same: Vec<_> = subnets.iter().copied().filter(|subnet| subnet.zone_id == place.zone_id).collect();
        let (used, why) = match (vpc.appliance_mode, same.is_empty()) {
            (true, _) => (subnets, "appliance mode may take any zone"),
            (false, true) => (subnets, "it has no subnet in the zone the packets come from, so any may be taken"),
            (false, false) => (same, "the zone the packets come from"),
        };
        let mut legs = Vec::with_capacity(used.len());
        for subnet in used {
            let mut packets = packets.clone();
            let reason = format!("leads into {} by {} in {}: {why}", vpc.vpc_id, subnet.id, subnet.zone);
            let calls = source("DescribeTransitGatewayVpcAttachments", &attachment.id);
            packets.hop("transit_gateway_attachment", &attachment.id, reason, calls);
            match self.index.table_of(subnet) {
                Ok((table, _)) => legs.extend(self.at_table(Place::leaving(subnet, table, true), packets)),
                Err(obstacle) => legs.extend(packets.unknown(obstacle)),
            }
        }
        distinct(legs)
    }
}

fn source(operation: &str, id: &str) -> String {
    format!("ec2:{operation} {id}")
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Build, REGION, gap, only};
    use super::super::{Destinations, Family, NatZone, Network, Path};
    use super::*;
    use crate::model::Observed;

    /// Spoke `vpc-s` (10.1/16, subnet in zone a, attachment subnet in a) and hub `vpc-h` (10.0/16) with a NAT gateway in
    /// each of the zones a and b.
    fn hub(transit: &[&str], hub_routes: &[&str]) -> Build {
        Build::new()
            .aws_lists()
            .vpc("vpc-s", "10.1.0.0/16")
            .vpc("vpc-h", "10.0.0.0/16")
            .subnet("subnet-s", "vpc-s", "10.1.1.0/24", "a")
            .subnet("subnet-ta", "vpc-h", "10.0.1.0/28", "a")
            .subnet("subnet-tb", "vpc-h", "10.0.1.16/28", "b")
            .subnet("subnet-pa", "vpc-h", "10.0.2.0/24", "a")
            .subnet("subnet-pb", "vpc-h", "10.0.3.0/24", "b")
            .igw("igw-h", "vpc-h")
            .nat("nat-a", "subnet-pa")
            .nat("nat-b", "subnet-pb")
            .main_table("rtb-s", "vpc-s", &["10.1.0.0/16 local", "0.0.0.0/0 tgw-a"])
            .table("rtb-ta", "vpc-h", &["subnet-ta"], hub_routes)
            .table("rtb-tb", "vpc-h", &["subnet-tb"], &["10.0.0.0/16 local", "0.0.0.0/0 nat-b"])
            .table("rtb-p", "vpc-h", &["subnet-pa", "subnet-pb"], &["10.0.0.0/16 local", "0.0.0.0/0 igw-h"])
            .vpc_attachment("tgw-attach-s", "vpc-s", &["subnet-s"], "tgw-rtb-s")
            .vpc_attachment("tgw-attach-h", "vpc-h", &["subnet-ta", "subnet-tb"], "tgw-rtb-h")
            .transit_table("tgw-rtb-s", transit)
            .transit_table("tgw-rtb-h", &["10.1.0.0/16 tgw-attach-s propagated"])
    }

    fn usual() -> Build {
        hub(&["0.0.0.0/0 tgw-attach-h"], &["10.0.0.0/16 local", "0.0.0.0/0 nat-a"])
    }

    fn path(build: Build, service: &str) -> Path {
        let inventory = build.done();
        Network::new(&inventory).path(REGION, "subnet-s", service, Family::Ipv4)
    }

    fn end(build: Build) -> End {
        only(&path(build, "s3")).end.clone()
    }

    fn nat(id: &str, zone: NatZone) -> End {
        End::Nat { nat_gateway_id: id.into(), vpc_id: "vpc-h".into(), zone }
    }

    #[test]
    fn a_spoke_leaves_through_the_nat_gateway_of_its_zone_in_the_hub() {
        let path = path(usual(), "s3");
        let segment = only(&path);
        assert_eq!(segment.end, nat("nat-a", NatZone::Same));
        let ids: Vec<&str> = path.hops(segment).map(|hop| hop.id.as_str()).collect();
        let wanted = ["subnet-s", "rtb-s", "tgw-a", "tgw-rtb-s", "tgw-attach-h", "rtb-ta", "nat-a", "rtb-p", "igw-h"];
        assert_eq!(ids, wanted);
        assert_eq!(
            segment.hops[2].reason,
            "0.0.0.0/0 -> tgw-attach-h (static, active) is the longest match for 52.218.0.0/17 and 1 more block"
        );
        assert_eq!(segment.hops[3].reason, "leads into vpc-h by subnet-ta in eu-west-1a: the zone the packets come from");
    }

    #[test]
    fn other_services_take_the_same_way_by_their_public_addresses() {
        let path = path(usual(), "sqs");
        assert_eq!(only(&path).destinations, Destinations::Public);
        assert_eq!(only(&path).end, nat("nat-a", NatZone::Same));
    }

    #[test]
    fn appliance_mode_may_take_any_zone() {
        let mut build = usual();
        build.region().transit_gateway_vpc_attachments.items.get_mut("tgw-attach-h").unwrap().appliance_mode = true;
        let ends: Vec<End> = path(build, "s3").segments.iter().map(|segment| segment.end.clone()).collect();
        assert_eq!(ends, [nat("nat-a", NatZone::Same), nat("nat-b", NatZone::Other)]);
    }

    #[test]
    fn without_a_subnet_in_the_zone_every_other_one_may_be_taken() {
        let build = usual()
            .with_subnet("subnet-s", |subnet| subnet.zone_id = "euw1-az-c".into())
            .with_subnet("subnet-s", |subnet| subnet.zone = "eu-west-1c".into());
        let ends: Vec<End> = path(build, "s3").segments.iter().map(|segment| segment.end.clone()).collect();
        assert_eq!(ends, [nat("nat-a", NatZone::Other), nat("nat-b", NatZone::Other)]);
    }

    #[test]
    fn a_zone_without_an_attachment_subnet_does_not_reach_the_transit_gateway() {
        let build = || usual().subnet("subnet-s2", "vpc-s", "10.1.2.0/24", "b");
        let inventory = build().done();
        let path = Network::new(&inventory).path(REGION, "subnet-s2", "s3", Family::Ipv4);
        assert_eq!(only(&path).end.word(), "none");
        // A Local Zone goes by its parent zone.
        let inventory = build().with_subnet("subnet-s2", |subnet| subnet.zone = "eu-west-1-ber-1a".into()).done();
        let path = Network::new(&inventory).path(REGION, "subnet-s2", "s3", Family::Ipv4);
        assert_eq!(path.nat_gateways(), ["nat-b"]);
    }

    #[test]
    fn a_zone_that_may_be_attached_by_a_subnet_that_was_not_read_is_unknown() {
        type Change = fn(&mut crate::model::RegionInventory);
        let changes: [(&str, Change); 2] = [
            ("DescribeTransitGatewayVpcAttachments", |region| {
                region.transit_gateway_vpc_attachments.items.remove("tgw-attach-s");
                region.transit_gateway_vpc_attachments.gap = Some(gap("DescribeTransitGatewayVpcAttachments"));
            }),
            ("DescribeSubnets", |region| {
                region.subnets.items.remove("subnet-s");
                region.subnets.gap = Some(gap("DescribeSubnets"));
            }),
        ];
        for (operation, change) in changes {
            let mut build = usual().subnet("subnet-s2", "vpc-s", "10.1.2.0/24", "b");
            change(build.region());
            let inventory = build.done();
            match &only(&Network::new(&inventory).path(REGION, "subnet-s2", "s3", Family::Ipv4)).end {
                End::Unknown { gaps, .. } => assert_eq!(*gaps, [gap(operation)]),
                other => panic!("{operation}: {other:?}"),
            }
        }
    }

    #[test]
    fn transit_routes_follow_the_longest_prefix_and_static_before_propagated() {
        let lines = ["0.0.0.0/0 tgw-attach-h", "52.218.0.0/24 blackhole"];
        let path = path(hub(&lines, &["0.0.0.0/0 nat-a"]), "s3");
        let ends: Vec<&str> = path.segments.iter().map(|segment| segment.end.word()).collect();
        assert_eq!(ends, ["blackhole", "nat"]);
        assert_eq!(path.segments[0].destinations, Destinations::Prefixes(vec!["52.218.0.0/24".parse().unwrap()]));
        let twice = ["0.0.0.0/0 tgw-attach-s propagated", "0.0.0.0/0 tgw-attach-h"];
        assert_eq!(end(hub(&twice, &["0.0.0.0/0 nat-a"])), nat("nat-a", NatZone::Same));
        assert_eq!(end(hub(&["10.0.0.0/8 tgw-attach-h"], &["0.0.0.0/0 nat-a"])).word(), "none");
    }

    #[test]
    fn a_gateway_endpoint_of_the_hub_does_not_serve_the_spoke() {
        let build = hub(&["0.0.0.0/0 tgw-attach-h"], &["0.0.0.0/0 nat-a", "pl-s3 vpce-s3"]);
        let build = build.gateway_endpoint("vpce-s3", "vpc-h", "s3");
        match end(build) {
            End::Unknown { reason, gaps } => {
                assert!(gaps.is_empty() && reason.contains("cannot be used from outside"), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_internet_gateway_of_the_hub_does_not_serve_the_spoke() {
        let end = end(hub(&["0.0.0.0/0 tgw-attach-h"], &["0.0.0.0/0 igw-h"]).with_subnet("subnet-s", |subnet| {
            subnet.map_public_ip_on_launch = true;
        }));
        assert_eq!(end.word(), "none");
    }

    #[test]
    fn inspection_sends_packets_back_through_the_transit_gateway() {
        let build = usual()
            .vpc("vpc-i", "10.2.0.0/16")
            .subnet("subnet-it", "vpc-i", "10.2.1.0/28", "a")
            .subnet("subnet-if", "vpc-i", "10.2.2.0/28", "a")
            .gwlb_endpoint("vpce-fw", "vpc-i", "subnet-if")
            .table("rtb-it", "vpc-i", &["subnet-it"], &["0.0.0.0/0 vpce-fw"])
            .table("rtb-if", "vpc-i", &["subnet-if"], &["0.0.0.0/0 tgw-a"])
            .vpc_attachment("tgw-attach-i", "vpc-i", &["subnet-it"], "tgw-rtb-i")
            .transit_table("tgw-rtb-i", &["0.0.0.0/0 tgw-attach-h"])
            .transit_table("tgw-rtb-s", &["0.0.0.0/0 tgw-attach-i"]);
        let path = path(build, "s3");
        assert_eq!(only(&path).end, nat("nat-a", NatZone::Same));
        assert!(only(&path).hops.iter().any(|hop| hop.id == "vpce-fw"));
    }

    #[test]
    fn routes_in_a_circle_end() {
        let end =
            end(hub(&["0.0.0.0/0 tgw-attach-h"], &["0.0.0.0/0 tgw-a"]).transit_table("tgw-rtb-h", &["0.0.0.0/0 tgw-attach-s"]));
        assert!(matches!(&end, End::None { reason } if reason.contains("loop")), "{end:?}");
    }

    #[test]
    fn several_attachments_of_one_route_are_several_ways() {
        let build = hub(&["0.0.0.0/0 tgw-attach-h tgw-attach-vpn"], &["0.0.0.0/0 nat-a"]).attachment(
            "tgw-attach-vpn",
            TransitGatewayResource::Vpn,
            "vpn-a",
            "tgw-rtb-h",
        );
        let ends: Vec<&str> = path(build, "s3").segments.iter().map(|segment| segment.end.word()).collect();
        assert_eq!(ends, ["leaves_view", "nat"]);
    }

    #[test]
    fn whatever_lies_outside_the_account_leaves_the_view() {
        let kinds = [
            TransitGatewayResource::Vpn,
            TransitGatewayResource::DirectConnectGateway,
            TransitGatewayResource::Connect,
            TransitGatewayResource::Peering,
            TransitGatewayResource::Other("network-function".into()),
        ];
        for kind in kinds {
            let build = hub(&["0.0.0.0/0 tgw-attach-x"], &[]).attachment("tgw-attach-x", kind.clone(), "x", "tgw-rtb-h");
            assert_eq!(end(build).word(), "leaves_view", "{kind}");
        }
        let mut build = usual();
        build.region().transit_gateway_attachments.items.get_mut("tgw-attach-h").unwrap().resource_owner_id =
            "444455556666".into();
        assert_eq!(end(build).word(), "leaves_view", "VPC of another account");
        let mut build = usual();
        build.region().transit_gateway_route_tables.items.clear();
        for attachment in build.region().transit_gateway_attachments.items.values_mut() {
            attachment.transit_gateway_owner_id = "444455556666".into();
        }
        assert_eq!(end(build).word(), "leaves_view", "transit gateway of another account");
    }

    #[test]
    fn an_attachment_that_is_gone_or_tied_to_no_table_carries_nothing() {
        let mut build = usual();
        build.region().transit_gateway_attachments.items.get_mut("tgw-attach-s").unwrap().state = "deleted".into();
        assert_eq!(end(build), End::Blackhole { target_id: "tgw-a".into() });
        let mut build = usual();
        build.region().transit_gateway_attachments.items.get_mut("tgw-attach-s").unwrap().association = None;
        assert_eq!(end(build).word(), "none");
        // The table's own list of associations tells as well.
        let mut build = usual();
        build.region().transit_gateway_attachments.items.get_mut("tgw-attach-s").unwrap().association = None;
        let table = build.region().transit_gateway_route_tables.items.get_mut("tgw-rtb-s").unwrap();
        table.associations = Observed::Known([("tgw-attach-s".to_owned(), "associated".to_owned())].into());
        assert_eq!(end(build), nat("nat-a", NatZone::Same));
    }

    #[test]
    fn what_was_not_read_and_decides_is_unknown() {
        type Change = fn(&mut crate::model::RegionInventory);
        let changes: [(&str, Change); 4] = [
            ("SearchTransitGatewayRoutes", |region| {
                region.transit_gateway_route_tables.items.get_mut("tgw-rtb-s").unwrap().routes =
                    Observed::Unknown(gap("SearchTransitGatewayRoutes"));
            }),
            ("DescribeTransitGatewayRouteTables", |region| {
                region.transit_gateway_route_tables.items.clear();
                region.transit_gateway_route_tables.gap = Some(gap("DescribeTransitGatewayRouteTables"));
            }),
            ("DescribeTransitGatewayAttachments", |region| {
                region.transit_gateway_attachments.items.clear();
                region.transit_gateway_attachments.gap = Some(gap("DescribeTransitGatewayAttachments"));
            }),
            ("DescribeTransitGatewayVpcAttachments", |region| {
                region.transit_gateway_vpc_attachments.items.clear();
                region.transit_gateway_vpc_attachments.gap = Some(gap("DescribeTransitGatewayVpcAttachments"));
            }),
        ];
        for (operation, change) in changes {
            let mut build = usual();
            change(build.region());
            match end(build) {
                End::Unknown { gaps, .. } => assert_eq!(gaps, [gap(operation)]),
                other => panic!("{operation}: {other:?}"),
            }
        }
    }

    #[test]
    fn an_endpoint_of_the_hub_serves_the_spoke_by_a_private_zone() {
        let build = || {
            hub(&["10.0.0.0/16 tgw-attach-h"], &["10.0.0.0/16 local"])
                .open_acl("acl-h", "vpc-h", &["subnet-pa", "subnet-pb"])
                .open_acl("acl-s", "vpc-s", &["subnet-s"])
                .interface_endpoint("vpce-0aa", "vpc-h", "sqs", &["subnet-pa", "subnet-pb"], &["sg-e"])
                .zone(
                    "Z1",
                    "sqs.eu-west-1.amazonaws.com",
                    &["vpc-s"],
                    &["sqs.eu-west-1.amazonaws.com A alias vpce-0aa-1b2c.sqs.eu-west-1.vpce.amazonaws.com"],
                )
        };
        let reached = build().rules("sg-e", &["tcp 443 10.0.0.0/8"]);
        let path = path(reached, "sqs");
        let wanted = End::InterfaceEndpoint { endpoint_id: "vpce-0aa".into(), vpc_id: "vpc-h".into(), same_zone: true };
        assert_eq!(only(&path).end, wanted);
        assert_eq!(only(&path).destinations, Destinations::Name);
        let own_vpc_only = build().rules("sg-e", &["tcp 443 10.0.0.0/16"]);
        assert_eq!(only(&self::path(own_vpc_only, "sqs")).end.word(), "blocked");
        let unrouted = hub(&["10.9.0.0/16 tgw-attach-h"], &[])
            .interface_endpoint("vpce-0aa", "vpc-h", "sqs", &["subnet-pa"], &["sg-e"])
            .zone("Z1", "sqs.eu-west-1.amazonaws.com", &["vpc-s"], &["sqs.eu-west-1.amazonaws.com A 10.0.2.5"]);
        assert_eq!(only(&self::path(unrouted, "sqs")).end.word(), "none");
    }

    #[test]
    fn what_comes_over_a_transit_gateway_into_a_peering_is_not_documented() {
        let build = hub(&["10.9.0.0/16 tgw-attach-h"], &["10.0.0.0/16 local", "10.9.0.0/16 pcx-a"])
            .vpc("vpc-e", "10.9.0.0/16")
            .subnet("subnet-e", "vpc-e", "10.9.1.0/24", "a")
            .peering("pcx-a", "vpc-h", "vpc-e")
            .interface_endpoint("vpce-0ee", "vpc-e", "sqs", &["subnet-e"], &["sg-e"])
            .zone(
                "Z1",
                "sqs.eu-west-1.amazonaws.com",
                &["vpc-s"],
                &["sqs.eu-west-1.amazonaws.com A alias vpce-0ee-1b2c.sqs.eu-west-1.vpce.amazonaws.com"],
            );
        match &only(&path(build, "sqs")).end {
            End::Unknown { reason, .. } => {
                assert_eq!(reason, "AWS does not document packets from another network through vpc-h and pcx-a");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_association_that_may_be_with_an_unread_table_is_not_known() {
        let mut build = usual();
        build.region().transit_gateway_attachments.items.get_mut("tgw-attach-s").unwrap().association = None;
        build.region().transit_gateway_route_tables.gap = Some(gap("DescribeTransitGatewayRouteTables"));
        match end(build) {
            End::Unknown { gaps, .. } => assert_eq!(gaps, [gap("DescribeTransitGatewayRouteTables")]),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn for_one_block_the_route_of_a_prefix_list_goes_before_a_propagated_one() {
        let mut build = hub(&["0.0.0.0/0 tgw-attach-x propagated", "0.0.0.0/0 tgw-attach-h"], &["0.0.0.0/0 nat-a"]);
        let table = build.region().transit_gateway_route_tables.items.get_mut("tgw-rtb-s").unwrap();
        if let Observed::Known(routes) = &mut table.routes {
            routes[1].prefix_list_id = Some("pl-own".into());
        }
        assert_eq!(end(build), nat("nat-a", NatZone::Same));
    }

    #[test]
    fn an_attachment_without_subnets_leads_nowhere_that_is_known() {
        let mut build = usual();
        build.region().transit_gateway_vpc_attachments.items.get_mut("tgw-attach-h").unwrap().subnet_ids.clear();
        assert_eq!(end(build).word(), "unknown");
    }

    #[test]
    fn ways_by_two_zones_to_one_gateway_are_one_way() {
        let mut build = usual().table("rtb-tb", "vpc-h", &["subnet-tb"], &["0.0.0.0/0 nat-a"]);
        build.region().transit_gateway_vpc_attachments.items.get_mut("tgw-attach-h").unwrap().appliance_mode = true;
        assert_eq!(end(build), nat("nat-a", NatZone::Same));
    }

    #[test]
    fn ipv6_of_a_spoke_at_the_internet_gateway_of_the_hub_is_not_documented() {
        let build = hub(&["::/0 tgw-attach-h"], &["10.0.0.0/16 local", "::/0 igw-h"])
            .main_table("rtb-s", "vpc-s", &["10.1.0.0/16 local", "::/0 tgw-a"])
            .with_subnet("subnet-s", |subnet| subnet.ipv6_cidrs = vec!["2001:db8:1::/64".parse().unwrap()]);
        let inventory = build.done();
        match &only(&Network::new(&inventory).path(REGION, "subnet-s", "sqs", Family::Ipv6)).end {
            End::Unknown { reason, .. } => {
                assert!(reason.starts_with("AWS does not document IPv6 from another network"), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
}
