//! What becomes of packets at each kind of route target.

use ipnet::IpNet;

use super::blocks::{self, from_nat64, is_reserved};
use super::lookup::Dest;
use super::walk::{Fate, Leg, Packets, Place, PublicIpv4, Source, Walk};
use super::{End, Family, NatZone, Obstacle};
use crate::model::ec2::{
    Connectivity, EndpointKind, EndpointState, NatAvailability, NatGateway, NatGatewayState, PeeringState, VpcEndpoint,
};

impl<'a> Walk<'_, 'a> {
    /// What to say of a route target that is not in its listing.
    fn missing(
        &self,
        id: &str,
        place: Place<'_>,
        complete: Result<(), &crate::model::GapId>,
        packets: Packets<'a>,
    ) -> Vec<Leg<'a>> {
        match complete {
            Err(gap) if !self.index.is_told(place.vpc_id) => {
                packets.unknown(Obstacle::gap(format!("{id} is not among those that were read"), gap))
            }
            _ if self.index.sees_all_of(place.vpc_id) => packets.ends(End::Blackhole { target_id: id.to_owned() }),
            _ => {
                let reason = format!("{id} is not visible to this account: {} is shared with it", place.vpc_id);
                packets.ends(End::LeavesView { via: id.to_owned(), reason })
            }
        }
    }

    /// An internet gateway translates only for interfaces of its own VPC that have a public address, and carries no
    /// private destination. Source: VPC guide, "Enable internet access for a VPC using an internet gateway".
    pub(super) fn internet_gateway(&self, id: &str, place: Place<'a>, mut packets: Packets<'a>) -> Vec<Leg<'a>> {
        match self.index.data.internet_gateways.find(id) {
            Ok(Some(gateway)) if !gateway.vpc_ids.iter().any(|vpc| vpc == place.vpc_id) => {
                return packets.ends(End::Blackhole { target_id: id.to_owned() });
            }
            Ok(None) => return self.missing(id, place, Ok(()), packets),
            // The route is active, so the gateway is there even where the listing does not show it.
            Ok(Some(_)) | Err(_) => {}
        }
        if let Dest::Listed(blocks) | Dest::Possibly(blocks) = &packets.dest
            && blocks.iter().all(|block| is_reserved(*block))
        {
            let reason = format!("an internet gateway does not carry {}", blocks::describe(blocks));
            return packets.ends(End::None { reason });
        }
        let source = format!("ec2:DescribeInternetGateways {id}");
        let end = match (&packets.source, packets.dest.family()) {
            (Source::Nat { gateway, .. }, _) if gateway.connectivity == Connectivity::Private => End::None {
                // Source: VPC guide, "NAT gateways".
                reason: format!("an internet gateway drops what the private NAT gateway {} sends", gateway.id),
            },
            (Source::Nat { .. }, _) => End::Internet { gateway_id: id.to_owned() },
            (Source::Client, Some(Family::Ipv6)) if place.from_outside => Obstacle::new(format!(
                "AWS does not document IPv6 from another network through internet gateway {id} of {}",
                place.vpc_id
            ))
            .into(),
            (Source::Client, _) if place.from_outside => End::None {
                reason: format!(
                    "{id} translates only for interfaces of {}, and the packets come from another network",
                    place.vpc_id
                ),
            },
            (Source::Client, Some(Family::Ipv6)) if self.origin.global_ipv6 => End::Internet { gateway_id: id.to_owned() },
            (Source::Client, Some(Family::Ipv6)) => {
                End::None { reason: "the subnet's IPv6 addresses are private ones".to_owned() }
            }
            (Source::Client, _) => match &self.origin.public_ipv4 {
                PublicIpv4::Yes => End::Internet { gateway_id: id.to_owned() },
                PublicIpv4::No => End::None {
                    reason: "no interface in the subnet has a public IPv4 address, and new instances get none".to_owned(),
                },
                PublicIpv4::Unknown(obstacle) => obstacle.clone().into(),
            },
        };
        packets.hop("internet_gateway", id, format!("attached to {}", place.vpc_id), source);
        packets.ends(end)
    }

    /// Source: VPC guide, "Enable outbound IPv6 traffic using an egress-only internet gateway".
    pub(super) fn egress_only_gateway(&self, id: &str, place: Place<'a>, mut packets: Packets<'a>) -> Vec<Leg<'a>> {
        match self.index.data.egress_only_internet_gateways.find(id) {
            Ok(Some(gateway)) if !gateway.vpc_ids.iter().any(|vpc| vpc == place.vpc_id) => {
                return packets.ends(End::Blackhole { target_id: id.to_owned() });
            }
            Ok(None) => return self.missing(id, place, Ok(()), packets),
            Ok(Some(_)) | Err(_) => {}
        }
        let nowhere = match &packets.dest {
            Dest::Listed(blocks) | Dest::Possibly(blocks) => blocks.iter().all(|block| is_reserved(*block)),
            Dest::Public { .. } => false,
        };
        let end = if nowhere {
            End::None { reason: format!("an egress-only internet gateway does not carry {}", packets.dest.describe()) }
        } else if place.from_outside {
            let reason = format!("AWS does not document IPv6 from another network through {id} of {}", place.vpc_id);
            Obstacle::new(reason).into()
        } else if self.origin.global_ipv6 {
            End::Internet { gateway_id: id.to_owned() }
        } else {
            End::None { reason: "the subnet's IPv6 addresses are private ones".to_owned() }
        };
        let source = format!("ec2:DescribeEgressOnlyInternetGateways {id}");
        packets.hop("egress_only_internet_gateway", id, format!("attached to {}", place.vpc_id), source);
        packets.ends(end)
    }

    /// A NAT gateway that is not available carries nothing. Source: VPC guide, "NAT gateway basics" (states), and
    /// "DNS64 and NAT64" for IPv6.
    pub(super) fn nat_gateway(&self, id: &str, place: Place<'a>, mut packets: Packets<'a>) -> Vec<Leg<'a>> {
        let gateway = match self.index.data.nat_gateways.find(id) {
            Ok(Some(gateway)) => gateway,
            Ok(None) => return self.missing(id, place, Ok(()), packets),
            Err(gap) => return self.missing(id, place, Err(gap), packets),
        };
        let source = format!("ec2:DescribeNatGateways {id}");
        if gateway.state != NatGatewayState::Available {
            packets.hop("nat_gateway", id, format!("its state is {}, so it carries nothing", gateway.state), source);
            return packets.ends(End::Blackhole { target_id: id.to_owned() });
        }
        if packets.dest.family() == Some(Family::Ipv6) {
            let Some(dest) = translate(&packets.dest) else {
                let reason = format!("AWS documents IPv6 through {id} for {} only", blocks::nat64());
                return packets.unknown(Obstacle::new(reason));
            };
            packets.dest = dest;
            packets.translated = true;
        }
        match &gateway.availability {
            NatAvailability::Regional => self.regional_nat(gateway, packets),
            NatAvailability::Zonal => self.zonal_nat(gateway, packets),
            NatAvailability::Other(kind) => {
                packets.unknown(Obstacle::new(format!("{id} is of availability mode {kind}, which this version does not know")))
            }
        }
    }

    fn zonal_nat(&self, gateway: &'a NatGateway, mut packets: Packets<'a>) -> Vec<Leg<'a>> {
        let found = gateway
            .subnet_id
            .as_deref()
            .ok_or_else(|| Obstacle::new(format!("the subnet of {} is not told", gateway.id)))
            .and_then(|id| self.index.subnet(id))
            .and_then(|subnet| Ok((subnet, self.index.table_of(subnet)?.0)));
        let (subnet, table) = match found {
            Ok(found) => found,
            Err(obstacle) => return packets.unknown(obstacle),
        };
        let same = subnet.zone_id == self.origin.zone_id;
        let zone = if same { NatZone::Same } else { NatZone::Other };
        let reason = format!(
            "{} NAT gateway in {} ({}, {}), whose packets leave by {}",
            gateway.connectivity,
            subnet.id,
            subnet.zone,
            if same { "the zone the packets come from" } else { "another zone than the packets come from" },
            table.id
        );
        packets.hop("nat_gateway", &gateway.id, reason, format!("ec2:DescribeNatGateways {}", gateway.id));
        packets.source = Source::Nat { gateway, zone };
        self.at_table(Place::leaving(subnet, table, false), packets)
    }

    /// A regional NAT gateway has no subnet and a route table of its own, made with a route to the internet gateway.
    /// Source: VPC guide, "Regional NAT gateways for automatic multi-AZ expansion".
    fn regional_nat(&self, gateway: &'a NatGateway, mut packets: Packets<'a>) -> Vec<Leg<'a>> {
        packets.source = Source::Nat { gateway, zone: NatZone::Regional };
        let source = format!("ec2:DescribeNatGateways {}", gateway.id);
        let tables = &self.index.data.route_tables;
        let told = gateway.route_table_id.as_ref().and_then(|id| tables.get(id));
        if let Some(table) = told.or_else(|| self.index.table_of_gateway(&gateway.id)) {
            let reason = format!("regional NAT gateway, whose packets leave by its own table {}", table.id);
            packets.hop("nat_gateway", &gateway.id, reason, source);
            let place = Place { vpc_id: &gateway.vpc_id, table, zone: "", zone_id: "", from_outside: false };
            return self.at_table(place, packets);
        }
        if let Some(gap) = self.index.tables_gap(&gateway.vpc_id) {
            return packets
                .unknown(Obstacle::gap(format!("the route table of {} is not among those that were read", gateway.id), gap));
        }
        let gateways = &self.index.data.internet_gateways;
        let attached = gateways.values().find(|one| one.vpc_ids.contains(&gateway.vpc_id));
        let complete = gateways.is_complete() || self.index.is_told(&gateway.vpc_id);
        if attached.is_none() && complete && self.index.sees_all_of(&gateway.vpc_id) {
            let reason = format!("{} has no internet gateway for regional NAT gateway {}", gateway.vpc_id, gateway.id);
            return packets.ends(End::None { reason });
        }
        let reason = "regional NAT gateway, made with a route to the VPC's internet gateway".to_owned();
        packets.hop("nat_gateway", &gateway.id, reason, source);
        let gateway_id = attached.map_or_else(String::new, |gateway| gateway.id.clone());
        packets.ends(End::Internet { gateway_id })
    }

    pub(super) fn endpoint(&self, id: &str, place: Place<'a>, mut packets: Packets<'a>) -> Vec<Leg<'a>> {
        let endpoint = match self.index.data.vpc_endpoints.find(id) {
            Ok(Some(endpoint)) => endpoint,
            Ok(None) => return self.missing(id, place, Ok(()), packets),
            Err(gap) => return self.missing(id, place, Err(gap), packets),
        };
        let source = format!("ec2:DescribeVpcEndpoints {id}");
        match &endpoint.state {
            EndpointState::Available => {}
            EndpointState::Partial => {
                return packets.unknown(Obstacle::new(format!("{id} works only in part (state partial)")));
            }
            state @ (EndpointState::PendingAcceptance
            | EndpointState::Pending
            | EndpointState::Deleting
            | EndpointState::Deleted
            | EndpointState::Rejected
            | EndpointState::Failed
            | EndpointState::Expired
            | EndpointState::Other(_)) => {
                packets.hop("vpc_endpoint", id, format!("its state is {state}, so it carries nothing"), source);
                return packets.ends(End::Blackhole { target_id: id.to_owned() });
            }
        }
        match &endpoint.kind {
            EndpointKind::Gateway => Self::gateway_endpoint(endpoint, place, packets),
            EndpointKind::GatewayLoadBalancer => self.inspection(endpoint, place, packets),
            kind @ (EndpointKind::Interface | EndpointKind::Resource | EndpointKind::ServiceNetwork | EndpointKind::Other(_)) => {
                packets.unknown(Obstacle::new(format!("{id} is of type {kind}, which AWS does not document as a route target")))
            }
        }
    }

    /// "Endpoint connections cannot be extended out of a VPC. Resources on the other side of a VPN connection, VPC peering
    /// connection, transit gateway, or Direct Connect connection in your VPC cannot use a gateway endpoint" (AWS
    /// `PrivateLink` guide, "Gateway endpoints"). Whether their packets are dropped or take the next route, nothing tells.
    fn gateway_endpoint(endpoint: &VpcEndpoint, place: Place<'a>, mut packets: Packets<'a>) -> Vec<Leg<'a>> {
        let source = format!("ec2:DescribeVpcEndpoints {}", endpoint.id);
        if place.from_outside && !packets.is_translated() {
            return packets.unknown(Obstacle::new(format!(
                "gateway endpoint {} cannot be used from outside {}, and AWS does not document what becomes of such packets",
                endpoint.id, place.vpc_id
            )));
        }
        let reason = format!("gateway endpoint for {} in {}", endpoint.service_name, endpoint.vpc_id);
        packets.hop("vpc_endpoint", &endpoint.id, reason, source);
        packets.ends(End::GatewayEndpoint { endpoint_id: endpoint.id.clone() })
    }

    /// Packets come out of a Gateway Load Balancer endpoint unchanged and leave by its own subnet's table.
    /// Source: AWS `PrivateLink` guide, "Access an inspection system using a Gateway Load Balancer endpoint".
    fn inspection(&self, endpoint: &'a VpcEndpoint, place: Place<'a>, mut packets: Packets<'a>) -> Vec<Leg<'a>> {
        let found = endpoint
            .subnet_ids
            .first()
            .ok_or_else(|| Obstacle::new(format!("the subnet of {} is not told", endpoint.id)))
            .and_then(|id| self.index.subnet(id))
            .and_then(|subnet| Ok((subnet, self.index.table_of(subnet)?.0)));
        let (subnet, table) = match found {
            Ok(found) => found,
            Err(obstacle) => return packets.unknown(obstacle),
        };
        let reason =
            format!("Gateway Load Balancer endpoint in {} ({}): inspected packets go on by {}", subnet.id, subnet.zone, table.id);
        packets.hop("vpc_endpoint", &endpoint.id, reason, format!("ec2:DescribeVpcEndpoints {}", endpoint.id));
        self.at_table(Place::leaving(subnet, table, place.from_outside), packets)
    }

    /// A peering connection carries packets to addresses of the peer VPC and nowhere else.
    /// Source: VPC peering guide, "VPC peering limitations" (edge to edge routing, transitive peering).
    pub(super) fn peering(&self, id: &str, place: Place<'a>, mut packets: Packets<'a>) -> Vec<Leg<'a>> {
        let connection = match self.index.data.peering_connections.find(id) {
            Ok(Some(connection)) => connection,
            Ok(None) => return self.missing(id, place, Ok(()), packets),
            Err(gap) => return self.missing(id, place, Err(gap), packets),
        };
        let source = format!("ec2:DescribeVpcPeeringConnections {id}");
        if connection.state != PeeringState::Active {
            packets.hop("vpc_peering_connection", id, format!("its state is {}", connection.state), source);
            return packets.ends(End::Blackhole { target_id: id.to_owned() });
        }
        let requester = &connection.requester;
        let peer = if requester.vpc_id == place.vpc_id { &connection.accepter } else { requester };
        let inside = match (&packets.dest, packets.dest.family()) {
            (Dest::Listed(blocks), Some(family)) => {
                let mut cidrs = self.index.cidrs_of_vpc(&peer.vpc_id, family);
                match family {
                    Family::Ipv4 => cidrs.extend(peer.ipv4_cidrs.iter().copied().map(IpNet::V4)),
                    Family::Ipv6 => cidrs.extend(peer.ipv6_cidrs.iter().copied().map(IpNet::V6)),
                }
                blocks.iter().all(|block| cidrs.iter().any(|cidr| cidr.contains(block)))
            }
            (Dest::Listed(_) | Dest::Possibly(_) | Dest::Public { .. }, _) => false,
        };
        if !inside {
            let reason = format!("{id} reaches addresses of {} only: there is no edge-to-edge routing", peer.vpc_id);
            packets.hop("vpc_peering_connection", id, reason.clone(), source);
            return packets.ends(End::None { reason });
        }
        if place.from_outside && !packets.is_translated() {
            let reason = format!("AWS does not document packets from another network through {} and {id}", place.vpc_id);
            return packets.unknown(Obstacle::new(reason));
        }
        packets.hop("vpc_peering_connection", id, format!("leads into {}", peer.vpc_id), source);
        vec![Leg { packets, fate: Fate::Local { vpc_id: peer.vpc_id.clone() } }]
    }
}

/// The IPv4 destination behind one in `64:ff9b::/96`.
fn translate(dest: &Dest) -> Option<Dest> {
    let all = |blocks: &[IpNet]| blocks.iter().copied().map(from_nat64).collect::<Option<Vec<_>>>();
    match dest {
        Dest::Listed(blocks) => all(blocks).map(Dest::Listed),
        Dest::Possibly(blocks) => {
            let blocks = all(blocks)?;
            if blocks == [blocks::universe(Family::Ipv4)] {
                return Some(Dest::Public { family: Family::Ipv4, holes: Vec::new() });
            }
            Some(Dest::Possibly(blocks))
        }
        Dest::Public { .. } => None,
    }
}
