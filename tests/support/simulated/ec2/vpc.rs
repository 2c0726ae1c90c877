//! VPCs and subnets.

use natless::model::RegionInventory;
use natless::model::ec2::{Subnet, Vpc};

use super::super::failure::{Answer, Failure};
use super::super::server::Context;
use super::super::xml::Xml;
use super::{find, known, response};

/// A VPC. Blocks that were taken away are still listed by AWS, with their state: here too.
pub(super) fn vpc(xml: &mut Xml, vpc: &Vpc) {
    let blocks = vpc.ipv4_cidrs.iter().map(|cidr| (cidr.to_string(), "associated"));
    let blocks = blocks.chain([("198.18.0.0/24".to_owned(), "disassociated")]);
    let ipv6 = vpc.ipv6_cidrs.iter().map(|cidr| (cidr.to_string(), "associated"));
    let ipv6 = ipv6.chain([("2001:db8:ffff::/56".to_owned(), "disassociated")]);
    xml.text("vpcId", &vpc.id)
        .text("ownerId", &vpc.owner_id)
        .text("state", "available")
        .opt("cidrBlock", vpc.ipv4_cidrs.first())
        .items("cidrBlockAssociationSet", blocks, |xml, (cidr, state)| {
            xml.text("cidrBlock", cidr).node("cidrBlockState", |xml| {
                xml.text("state", state);
            });
        })
        .items("ipv6CidrBlockAssociationSet", ipv6, |xml, (cidr, state)| {
            xml.text("ipv6CidrBlock", cidr).node("ipv6CidrBlockState", |xml| {
                xml.text("state", state);
            });
        })
        .opt("dhcpOptionsId", vpc.dhcp_options_id.as_ref())
        .text("isDefault", vpc.is_default)
        .tags(&vpc.tags);
}

/// One attribute of one VPC: the API answers no more at a time.
pub(super) fn attribute(context: &Context<'_>, region: &RegionInventory) -> Answer {
    let vpc = find(context, &region.vpcs, "VpcId", "VpcID")?;
    let (name, value) = match context.call.parameter("Attribute") {
        Some("enableDnsSupport") => ("enableDnsSupport", known(context, &vpc.dns_support)?),
        Some("enableDnsHostnames") => ("enableDnsHostnames", known(context, &vpc.dns_hostnames)?),
        other => {
            let message = format!("Value ({}) for parameter attribute is invalid", other.unwrap_or_default());
            return Err(Failure::new(400, "InvalidParameterValue", message));
        }
    };
    Ok(response(context, |xml| {
        xml.text("vpcId", &vpc.id).node(name, |xml| {
            xml.text("value", value);
        });
    }))
}

/// A subnet, with an IPv6 block that was taken away.
pub(super) fn subnet(xml: &mut Xml, subnet: &Subnet) {
    let ipv6 = subnet.ipv6_cidrs.iter().map(|cidr| (cidr.to_string(), "associated"));
    let ipv6 = ipv6.chain([("2001:db8:ffff:ff00::/64".to_owned(), "disassociated")]);
    xml.text("subnetId", &subnet.id)
        .text("vpcId", &subnet.vpc_id)
        .text("ownerId", &subnet.owner_id)
        .text("state", "available")
        .text("availabilityZone", &subnet.zone)
        .text("availabilityZoneId", &subnet.zone_id)
        .opt("cidrBlock", subnet.ipv4_cidr)
        .items("ipv6CidrBlockAssociationSet", ipv6, |xml, (cidr, state)| {
            xml.text("ipv6CidrBlock", cidr).node("ipv6CidrBlockState", |xml| {
                xml.text("state", state);
            });
        })
        .text("mapPublicIpOnLaunch", subnet.map_public_ip_on_launch)
        .text("enableDns64", subnet.dns64)
        .text("ipv6Native", subnet.ipv6_native)
        .text("availableIpAddressCount", subnet.available_ipv4_addresses)
        .tags(&subnet.tags);
}
