//! Elastic network interfaces.

use aws_sdk_ec2::operation::describe_network_interfaces::DescribeNetworkInterfacesOutput;
use aws_sdk_ec2::types as sdk;

use super::convert::{Converted, Item, gather, tags, text};
use crate::collect::calls::DESCRIBE_NETWORK_INTERFACES;
use crate::collect::session::RegionSession;
use crate::model::Listing;
use crate::model::ec2::{InterfaceKind, NetworkInterface, PrivateAddress};

/// Every network interface of the region.
pub(super) async fn network_interfaces(session: &RegionSession) -> Listing<NetworkInterface> {
    let page = |token| session.ec2().describe_network_interfaces().max_results(1000).set_next_token(token).send();
    let pages = session.pages(&DESCRIBE_NETWORK_INTERFACES, None, page, DescribeNetworkInterfacesOutput::next_token).await;
    gather(session, &DESCRIBE_NETWORK_INTERFACES, pages, |page| page.network_interfaces.unwrap_or_default(), from_sdk)
}

fn from_sdk(x: sdk::NetworkInterface) -> Converted<NetworkInterface> {
    let item = Item::new(x.network_interface_id, "NetworkInterfaceId")?;
    let ipv6 = x.ipv6_addresses.unwrap_or_default().into_iter();
    let interface = NetworkInterface {
        vpc_id: item.text(x.vpc_id, "VpcId")?,
        subnet_id: item.text(x.subnet_id, "SubnetId")?,
        zone: item.text(x.availability_zone, "AvailabilityZone")?,
        owner_id: item.text(x.owner_id, "OwnerId")?,
        kind: kind(item.word(x.interface_type, "InterfaceType")?),
        status: item.word(x.status, "Status")?,
        description: x.description.unwrap_or_default(),
        requester_managed: item.required(x.requester_managed, "RequesterManaged")?,
        requester_id: text(x.requester_id),
        private_addresses: private_addresses(&item, x.private_ip_addresses.unwrap_or_default())?,
        ipv6_addresses: ipv6.map(|x| item.ipv6(x.ipv6_address, "Ipv6Address")).collect::<Result<_, _>>()?,
        group_ids: x.groups.unwrap_or_default().into_iter().filter_map(|group| text(group.group_id)).collect(),
        instance_id: x.attachment.and_then(|attachment| text(attachment.instance_id)),
        source_dest_check: item.required(x.source_dest_check, "SourceDestCheck")?,
        tags: tags(x.tag_set),
        id: item.id.clone(),
    };
    Ok((item.id, interface))
}

/// What uses it. One word has two spellings: `natGateway` in the API's model, `nat_gateway` in its answers and its reference
/// (aws/aws-sdk-js issue 4702).
fn kind(word: String) -> InterfaceKind {
    match word.as_str() {
        "natGateway" => InterfaceKind::NatGateway,
        _ => InterfaceKind::from(word),
    }
}

/// The private addresses with the public ones they are mapped to, the primary one first.
fn private_addresses(
    item: &Item,
    mut addresses: Vec<sdk::NetworkInterfacePrivateIpAddress>,
) -> Result<Vec<PrivateAddress>, String> {
    addresses.sort_by_key(|address| address.primary != Some(true));
    let convert = |x: sdk::NetworkInterfacePrivateIpAddress| {
        let private_ip = item.text(x.private_ip_address, "PrivateIpAddresses[].PrivateIpAddress")?;
        Ok(PrivateAddress {
            private_ip: item.parse(&private_ip, "PrivateIpAddress")?,
            public_ip: item.ipv4(x.association.and_then(|association| association.public_ip), "PublicIp")?,
        })
    };
    addresses.into_iter().map(convert).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare() -> sdk::builders::NetworkInterfaceBuilder {
        sdk::NetworkInterface::builder()
            .network_interface_id("eni-0aa")
            .vpc_id("vpc-0aa")
            .subnet_id("subnet-0aa")
            .availability_zone("eu-west-1a")
            .owner_id("111122223333")
            .interface_type(sdk::NetworkInterfaceType::Interface)
            .status(sdk::NetworkInterfaceStatus::InUse)
            .requester_managed(false)
            .source_dest_check(true)
    }

    #[test]
    fn the_primary_address_leads_and_public_ones_are_kept() {
        let address =
            |ip: &str, primary| sdk::NetworkInterfacePrivateIpAddress::builder().private_ip_address(ip).primary(primary);
        let association = sdk::NetworkInterfaceAssociation::builder().public_ip("203.0.113.7").build();
        let x = bare()
            .private_ip_addresses(address("10.0.0.5", false).build())
            .private_ip_addresses(address("10.0.0.9", true).association(association).build())
            .ipv6_addresses(sdk::NetworkInterfaceIpv6Address::builder().ipv6_address("2001:db8::9").build())
            .groups(sdk::GroupIdentifier::builder().group_id("sg-0aa").build())
            .attachment(sdk::NetworkInterfaceAttachment::builder().instance_id("i-0aa").build())
            .build();
        let (_, interface) = from_sdk(x).unwrap();
        let first = &interface.private_addresses[0];
        assert_eq!(first.private_ip.to_string(), "10.0.0.9");
        assert_eq!(first.public_ip.unwrap().to_string(), "203.0.113.7");
        assert!(interface.has_public_ipv4());
        assert_eq!(interface.ipv6_addresses[0].to_string(), "2001:db8::9");
        assert_eq!(interface.group_ids, ["sg-0aa"]);
        assert_eq!((interface.instance_id.as_deref(), interface.status.as_str()), (Some("i-0aa"), "in-use"));
        assert!(interface.source_dest_check);
    }

    #[test]
    fn what_uses_it_is_told() {
        let of = |kind| from_sdk(bare().interface_type(kind).build()).unwrap().1.kind;
        assert_eq!(of(sdk::NetworkInterfaceType::NatGateway), InterfaceKind::NatGateway);
        assert_eq!(of(sdk::NetworkInterfaceType::from("nat_gateway")), InterfaceKind::NatGateway);
        assert_eq!(of(sdk::NetworkInterfaceType::VpcEndpoint), InterfaceKind::VpcEndpoint);
        assert_eq!(of(sdk::NetworkInterfaceType::TransitGateway), InterfaceKind::TransitGateway);
        assert_eq!(of(sdk::NetworkInterfaceType::Efa), InterfaceKind::Other("efa".to_owned()));
    }

    #[test]
    fn an_unreadable_address_is_malformed() {
        let broken = sdk::NetworkInterfacePrivateIpAddress::builder().private_ip_address("10.0.0").build();
        assert!(from_sdk(bare().private_ip_addresses(broken).build()).is_err());
        let broken = sdk::NetworkInterfaceIpv6Address::builder().ipv6_address("2001:db8::g").build();
        assert!(from_sdk(bare().ipv6_addresses(broken).build()).is_err());
    }
}
