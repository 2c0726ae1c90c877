//! Subnets.

use aws_sdk_ec2::operation::describe_subnets::DescribeSubnetsOutput;
use aws_sdk_ec2::types as sdk;

use super::convert::{Converted, Item, gather, tags, text};
use crate::collect::calls::DESCRIBE_SUBNETS;
use crate::collect::session::RegionSession;
use crate::model::Listing;
use crate::model::ec2::Subnet;

/// Every subnet of the region, shared ones included.
pub(super) async fn subnets(session: &RegionSession) -> Listing<Subnet> {
    let page = |token| session.ec2().describe_subnets().max_results(1000).set_next_token(token).send();
    let pages = session.pages(&DESCRIBE_SUBNETS, None, page, DescribeSubnetsOutput::next_token).await;
    gather(session, &DESCRIBE_SUBNETS, pages, |page| page.subnets.unwrap_or_default(), from_sdk)
}

fn from_sdk(x: sdk::Subnet) -> Converted<Subnet> {
    let item = Item::new(x.subnet_id, "SubnetId")?;
    // Both are switched on by request only: `CreateSubnet` with `Ipv6Native`, `ModifySubnetAttribute` with `EnableDns64`
    // (EC2 API reference).
    let ipv6_native = x.ipv6_native.unwrap_or(false);
    let ipv4_cidr = text(x.cidr_block).map(|cidr| item.ipv4_net(&cidr, "CidrBlock")).transpose()?;
    if ipv4_cidr.is_none() && !ipv6_native {
        return Err(item.wrong("CidrBlock", "missing, and the subnet is not IPv6-only"));
    }
    let ipv6 = x.ipv6_cidr_block_association_set.unwrap_or_default().into_iter().filter(is_associated);
    let subnet = Subnet {
        vpc_id: item.text(x.vpc_id, "VpcId")?,
        owner_id: item.text(x.owner_id, "OwnerId")?,
        zone: item.text(x.availability_zone, "AvailabilityZone")?,
        zone_id: item.text(x.availability_zone_id, "AvailabilityZoneId")?,
        ipv4_cidr,
        ipv6_cidrs: ipv6
            .map(|x| item.ipv6_net(&item.text(x.ipv6_cidr_block, "Ipv6CidrBlock")?, "Ipv6CidrBlock"))
            .collect::<Result<_, _>>()?,
        map_public_ip_on_launch: item.required(x.map_public_ip_on_launch, "MapPublicIpOnLaunch")?,
        dns64: x.enable_dns64.unwrap_or(false),
        ipv6_native,
        available_ipv4_addresses: item.number(x.available_ip_address_count, "AvailableIpAddressCount")?,
        tags: tags(x.tags),
        id: item.id.clone(),
    };
    Ok((item.id, subnet))
}

fn is_associated(x: &sdk::SubnetIpv6CidrBlockAssociation) -> bool {
    let state = x.ipv6_cidr_block_state.as_ref().and_then(|state| state.state.as_ref());
    state == Some(&sdk::SubnetCidrBlockStateCode::Associated)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare() -> sdk::builders::SubnetBuilder {
        sdk::Subnet::builder()
            .subnet_id("subnet-0aa")
            .vpc_id("vpc-0aa")
            .owner_id("111122223333")
            .availability_zone("eu-west-1a")
            .availability_zone_id("euw1-az2")
            .map_public_ip_on_launch(true)
            .available_ip_address_count(251)
    }

    fn block(cidr: &str, state: sdk::SubnetCidrBlockStateCode) -> sdk::SubnetIpv6CidrBlockAssociation {
        sdk::SubnetIpv6CidrBlockAssociation::builder()
            .ipv6_cidr_block(cidr)
            .ipv6_cidr_block_state(sdk::SubnetCidrBlockState::builder().state(state).build())
            .build()
    }

    #[test]
    fn a_dual_stack_subnet_has_its_associated_blocks_only() {
        let x = bare()
            .cidr_block("10.0.1.0/24")
            .ipv6_cidr_block_association_set(block("2001:db8:0:1::/64", sdk::SubnetCidrBlockStateCode::Associated))
            .ipv6_cidr_block_association_set(block("2001:db8:0:2::/64", sdk::SubnetCidrBlockStateCode::Disassociated))
            .build();
        let (_, subnet) = from_sdk(x).unwrap();
        assert_eq!(subnet.ipv4_cidr.unwrap().to_string(), "10.0.1.0/24");
        assert_eq!(subnet.ipv6_cidrs.len(), 1);
        assert_eq!(subnet.ipv6_cidrs[0].to_string(), "2001:db8:0:1::/64");
        assert_eq!((subnet.zone.as_str(), subnet.zone_id.as_str()), ("eu-west-1a", "euw1-az2"));
        assert!(subnet.map_public_ip_on_launch);
        assert!(!subnet.dns64 && !subnet.ipv6_native);
        assert_eq!(subnet.available_ipv4_addresses, 251);
    }

    #[test]
    fn only_an_ipv6_only_subnet_may_lack_an_ipv4_block() {
        let (_, subnet) = from_sdk(bare().ipv6_native(true).enable_dns64(true).build()).unwrap();
        assert_eq!(subnet.ipv4_cidr, None);
        assert!(subnet.ipv6_native && subnet.dns64);
        assert!(from_sdk(bare().build()).is_err());
    }

    #[test]
    fn a_broken_block_is_malformed() {
        let error = from_sdk(bare().cidr_block("10.0.1.0/99").build()).unwrap_err();
        assert_eq!(error, "`subnet-0aa`: `CidrBlock` cannot be read: `10.0.1.0/99`");
    }
}
