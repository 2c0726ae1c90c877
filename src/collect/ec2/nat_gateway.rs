//! NAT gateways, zonal and regional, public and private.

use aws_sdk_ec2::operation::describe_nat_gateways::DescribeNatGatewaysOutput;
use aws_sdk_ec2::types as sdk;

use super::convert::{Converted, Item, gather, tags, text};
use crate::collect::calls::DESCRIBE_NAT_GATEWAYS;
use crate::collect::session::RegionSession;
use crate::model::Listing;
use crate::model::ec2::{Connectivity, NatAvailability, NatGateway, NatGatewayAddress, NatGatewayState};

/// Every NAT gateway of the region.
pub(super) async fn nat_gateways(session: &RegionSession) -> Listing<NatGateway> {
    let page = |token| session.ec2().describe_nat_gateways().max_results(1000).set_next_token(token).send();
    let pages = session.pages(&DESCRIBE_NAT_GATEWAYS, None, page, DescribeNatGatewaysOutput::next_token).await;
    gather(session, &DESCRIBE_NAT_GATEWAYS, pages, |page| page.nat_gateways.unwrap_or_default(), from_sdk)
}

fn from_sdk(x: sdk::NatGateway) -> Converted<NatGateway> {
    let item = Item::new(x.nat_gateway_id, "NatGatewayId")?;
    let addresses = x.nat_gateway_addresses.unwrap_or_default().into_iter();
    let gateway = NatGateway {
        vpc_id: item.text(x.vpc_id, "VpcId")?,
        subnet_id: text(x.subnet_id),
        route_table_id: text(x.route_table_id),
        state: NatGatewayState::from(item.word(x.state, "State")?),
        // EC2 API reference, CreateNatGateway: `ConnectivityType`, "The default is public connectivity";
        // `AvailabilityMode`, "Defaults to zonal".
        connectivity: x.connectivity_type.map_or(Connectivity::Public, |kind| Connectivity::from(kind.as_str())),
        availability: x.availability_mode.map_or(NatAvailability::Zonal, |mode| NatAvailability::from(mode.as_str())),
        addresses: addresses.map(|address| address_of(&item, address)).collect::<Result<_, _>>()?,
        created_at: item.time(x.create_time, "CreateTime")?,
        tags: tags(x.tags),
        id: item.id.clone(),
    };
    Ok((item.id, gateway))
}

fn address_of(item: &Item, x: sdk::NatGatewayAddress) -> Result<NatGatewayAddress, String> {
    Ok(NatGatewayAddress {
        allocation_id: text(x.allocation_id),
        public_ip: item.address(x.public_ip, "PublicIp")?,
        private_ip: item.address(x.private_ip, "PrivateIp")?,
        network_interface_id: text(x.network_interface_id),
        zone: text(x.availability_zone),
        zone_id: text(x.availability_zone_id),
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::primitives::DateTime;

    use super::*;

    #[test]
    fn what_the_api_leaves_out_is_public_and_zonal() {
        let x = sdk::NatGateway::builder()
            .nat_gateway_id("nat-0aa")
            .vpc_id("vpc-0aa")
            .subnet_id("subnet-0aa")
            .state(sdk::NatGatewayState::Available)
            .create_time(DateTime::from_secs(1_700_000_000))
            .nat_gateway_addresses(
                sdk::NatGatewayAddress::builder()
                    .allocation_id("eipalloc-0aa")
                    .public_ip("203.0.113.7")
                    .private_ip("10.0.0.9")
                    .network_interface_id("eni-0aa")
                    .build(),
            )
            .tags(sdk::Tag::builder().key("Name").value("a").build())
            .build();
        let (id, gateway) = from_sdk(x).unwrap();
        assert_eq!(id, "nat-0aa");
        assert_eq!((gateway.connectivity, gateway.availability), (Connectivity::Public, NatAvailability::Zonal));
        assert_eq!(gateway.state, NatGatewayState::Available);
        assert_eq!(gateway.addresses[0].public_ip.unwrap().to_string(), "203.0.113.7");
        assert_eq!(gateway.created_at.unwrap().as_second(), 1_700_000_000);
        assert_eq!(gateway.tags["Name"], "a");
    }

    #[test]
    fn a_regional_gateway_has_no_subnet_and_addresses_in_zones() {
        let address = |zone: &str, ip: &str| {
            sdk::NatGatewayAddress::builder().public_ip(ip).availability_zone(zone).availability_zone_id("euw1-az1").build()
        };
        let x = sdk::NatGateway::builder()
            .nat_gateway_id("nat-0aa")
            .vpc_id("vpc-0aa")
            .state(sdk::NatGatewayState::Available)
            .connectivity_type(sdk::ConnectivityType::Public)
            .availability_mode(sdk::AvailabilityMode::Regional)
            .nat_gateway_addresses(address("eu-west-1a", "203.0.113.7"))
            .nat_gateway_addresses(address("eu-west-1b", "203.0.113.8"))
            .build();
        let (_, gateway) = from_sdk(x).unwrap();
        assert_eq!(gateway.availability, NatAvailability::Regional);
        assert_eq!(gateway.subnet_id, None);
        let zones: Vec<_> = gateway.addresses.iter().map(|address| address.zone.as_deref()).collect();
        assert_eq!(zones, [Some("eu-west-1a"), Some("eu-west-1b")]);
    }

    #[test]
    fn a_private_gateway_and_a_word_of_the_future() {
        let x = sdk::NatGateway::builder()
            .nat_gateway_id("nat-0aa")
            .vpc_id("vpc-0aa")
            .state(sdk::NatGatewayState::from("resting"))
            .connectivity_type(sdk::ConnectivityType::Private)
            .build();
        let (_, gateway) = from_sdk(x).unwrap();
        assert_eq!(gateway.connectivity, Connectivity::Private);
        assert_eq!(gateway.state, NatGatewayState::Other("resting".to_owned()));
    }

    #[test]
    fn a_gateway_without_a_state_or_with_a_broken_address_is_malformed() {
        let bare = || sdk::NatGateway::builder().nat_gateway_id("nat-0aa").vpc_id("vpc-0aa");
        assert_eq!(from_sdk(bare().build()).unwrap_err(), "`nat-0aa` has no `State`");
        let broken = sdk::NatGatewayAddress::builder().public_ip("203.0.113").build();
        let x = bare().state(sdk::NatGatewayState::Available).nat_gateway_addresses(broken).build();
        assert_eq!(from_sdk(x).unwrap_err(), "`nat-0aa`: `PublicIp` cannot be read: `203.0.113`");
    }
}
