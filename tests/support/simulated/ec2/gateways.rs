//! NAT, internet, egress-only and virtual private gateways, VPN and peering connections.

use natless::model::ec2::{
    EgressOnlyInternetGateway, InternetGateway, NatGateway, PeeringSide, VpcPeeringConnection, VpnConnection, VpnGateway,
};

use super::super::xml::Xml;

/// A VPC that a gateway was once attached to: AWS lists the attachment for a while as `detached`.
const FORMER_VPC: &str = "vpc-0f0f0f0f0f0f0f0f0";

pub(super) fn nat_gateway(xml: &mut Xml, gateway: &NatGateway) {
    xml.text("natGatewayId", &gateway.id)
        .text("vpcId", &gateway.vpc_id)
        .opt("subnetId", gateway.subnet_id.as_ref())
        .opt("routeTableId", gateway.route_table_id.as_ref())
        .text("state", &gateway.state)
        .text("connectivityType", &gateway.connectivity)
        .text("availabilityMode", &gateway.availability)
        .opt("createTime", gateway.created_at.map(time))
        .items("natGatewayAddressSet", &gateway.addresses, |xml, address| {
            xml.opt("allocationId", address.allocation_id.as_ref())
                .opt("publicIp", address.public_ip)
                .opt("privateIp", address.private_ip)
                .opt("networkInterfaceId", address.network_interface_id.as_ref())
                .opt("availabilityZone", address.zone.as_ref())
                .opt("availabilityZoneId", address.zone_id.as_ref())
                .text("status", "succeeded");
        })
        .tags(&gateway.tags);
}

/// A time as EC2 writes it.
pub(super) fn time(timestamp: jiff::Timestamp) -> String {
    timestamp.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

pub(super) fn internet_gateway(xml: &mut Xml, gateway: &InternetGateway) {
    xml.text("internetGatewayId", &gateway.id);
    attachments(xml, "attachmentSet", &gateway.vpc_ids, "available");
    xml.tags(&gateway.tags);
}

pub(super) fn egress_only_internet_gateway(xml: &mut Xml, gateway: &EgressOnlyInternetGateway) {
    xml.text("egressOnlyInternetGatewayId", &gateway.id);
    attachments(xml, "attachmentSet", &gateway.vpc_ids, "attached");
    xml.tags(&gateway.tags);
}

pub(super) fn vpn_gateway(xml: &mut Xml, gateway: &VpnGateway) {
    xml.text("vpnGatewayId", &gateway.id).text("state", &gateway.state).text("type", "ipsec.1");
    attachments(xml, "attachments", &gateway.vpc_ids, "attached");
    xml.tags(&gateway.tags);
}

/// The VPCs a gateway is attached to, and one it is no longer attached to.
fn attachments(xml: &mut Xml, set: &str, vpcs: &[String], state: &'static str) {
    let all = vpcs.iter().map(|vpc| (vpc.as_str(), state)).chain([(FORMER_VPC, "detached")]);
    xml.items(set, all, |xml, (vpc, state)| {
        xml.text("state", state).text("vpcId", vpc);
    });
}

pub(super) fn vpn_connection(xml: &mut Xml, connection: &VpnConnection) {
    xml.text("vpnConnectionId", &connection.id)
        .text("state", &connection.state)
        .text("type", "ipsec.1")
        .opt("vpnGatewayId", connection.vpn_gateway_id.as_ref())
        .opt("transitGatewayId", connection.transit_gateway_id.as_ref())
        .tags(&connection.tags);
}

pub(super) fn peering_connection(xml: &mut Xml, connection: &VpcPeeringConnection) {
    xml.text("vpcPeeringConnectionId", &connection.id)
        .node("requesterVpcInfo", |xml| peering_side(xml, &connection.requester))
        .node("accepterVpcInfo", |xml| peering_side(xml, &connection.accepter))
        .node("status", |xml| {
            xml.text("code", &connection.state).text("message", "");
        })
        .tags(&connection.tags);
}

fn peering_side(xml: &mut Xml, side: &PeeringSide) {
    xml.text("vpcId", &side.vpc_id)
        .text("ownerId", &side.owner_id)
        .opt("region", side.region.as_ref())
        .opt("cidrBlock", side.ipv4_cidrs.first())
        .named("cidrBlockSet", "cidrBlock", &side.ipv4_cidrs)
        .named("ipv6CidrBlockSet", "ipv6CidrBlock", &side.ipv6_cidrs)
        .node("peeringOptions", |xml| {
            xml.text("allowDnsResolutionFromRemoteVpc", side.resolves_private_dns)
                .text("allowEgressFromLocalClassicLinkToRemoteVpc", false)
                .text("allowEgressFromLocalVpcToRemoteClassicLink", false);
        });
}
