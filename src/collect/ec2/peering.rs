//! VPC peering connections.

use aws_sdk_ec2::operation::describe_vpc_peering_connections::DescribeVpcPeeringConnectionsOutput;
use aws_sdk_ec2::types as sdk;

use super::convert::{Converted, Item, gather, tags, text};
use crate::collect::calls::DESCRIBE_VPC_PEERING_CONNECTIONS;
use crate::collect::session::RegionSession;
use crate::model::Listing;
use crate::model::ec2::{PeeringSide, PeeringState, VpcPeeringConnection};

/// Every peering connection of the region.
pub(super) async fn peering_connections(session: &RegionSession) -> Listing<VpcPeeringConnection> {
    let call = &DESCRIBE_VPC_PEERING_CONNECTIONS;
    let page = |token| session.ec2().describe_vpc_peering_connections().max_results(1000).set_next_token(token).send();
    let pages = session.pages(call, None, page, DescribeVpcPeeringConnectionsOutput::next_token).await;
    gather(session, call, pages, |page| page.vpc_peering_connections.unwrap_or_default(), from_sdk)
}

fn from_sdk(x: sdk::VpcPeeringConnection) -> Converted<VpcPeeringConnection> {
    let item = Item::new(x.vpc_peering_connection_id, "VpcPeeringConnectionId")?;
    let connection = VpcPeeringConnection {
        state: PeeringState::from(item.word(x.status.and_then(|status| status.code), "Status.Code")?),
        requester: side(&item, item.required(x.requester_vpc_info, "RequesterVpcInfo")?)?,
        accepter: side(&item, item.required(x.accepter_vpc_info, "AccepterVpcInfo")?)?,
        tags: tags(x.tags),
        id: item.id.clone(),
    };
    Ok((item.id, connection))
}

fn side(item: &Item, x: sdk::VpcPeeringConnectionVpcInfo) -> Result<PeeringSide, String> {
    let mut ipv4: Vec<String> =
        x.cidr_block_set.unwrap_or_default().into_iter().filter_map(|block| text(block.cidr_block)).collect();
    if ipv4.is_empty() {
        ipv4.extend(text(x.cidr_block));
    }
    let ipv6 = x.ipv6_cidr_block_set.unwrap_or_default().into_iter().filter_map(|block| text(block.ipv6_cidr_block));
    Ok(PeeringSide {
        vpc_id: item.text(x.vpc_id, "VpcId")?,
        owner_id: item.text(x.owner_id, "OwnerId")?,
        region: text(x.region),
        ipv4_cidrs: ipv4.iter().map(|cidr| item.ipv4_net(cidr, "CidrBlock")).collect::<Result<_, _>>()?,
        ipv6_cidrs: ipv6.map(|cidr| item.ipv6_net(&cidr, "Ipv6CidrBlock")).collect::<Result<_, _>>()?,
        // Told for active connections; VPC peering guide, "Enable DNS resolution for a VPC peering connection": off until
        // someone turns it on.
        resolves_private_dns: x.peering_options.and_then(|options| options.allow_dns_resolution_from_remote_vpc).unwrap_or(false),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(vpc: &str, owner: &str) -> sdk::builders::VpcPeeringConnectionVpcInfoBuilder {
        sdk::VpcPeeringConnectionVpcInfo::builder().vpc_id(vpc).owner_id(owner).region("eu-west-1")
    }

    fn connection(code: sdk::VpcPeeringConnectionStateReasonCode) -> sdk::builders::VpcPeeringConnectionBuilder {
        let status = sdk::VpcPeeringConnectionStateReason::builder().code(code).build();
        sdk::VpcPeeringConnection::builder().vpc_peering_connection_id("pcx-0aa").status(status)
    }

    #[test]
    fn both_sides_with_every_block() {
        let requester = info("vpc-0aa", "111122223333")
            .cidr_block("10.0.0.0/16")
            .cidr_block_set(sdk::CidrBlock::builder().cidr_block("10.0.0.0/16").build())
            .cidr_block_set(sdk::CidrBlock::builder().cidr_block("10.9.0.0/16").build())
            .ipv6_cidr_block_set(sdk::Ipv6CidrBlock::builder().ipv6_cidr_block("2001:db8::/56").build());
        let options = sdk::VpcPeeringConnectionOptionsDescription::builder().allow_dns_resolution_from_remote_vpc(true).build();
        let accepter = info("vpc-0bb", "444455556666").cidr_block("10.1.0.0/16").peering_options(options);
        let x = connection(sdk::VpcPeeringConnectionStateReasonCode::Active)
            .requester_vpc_info(requester.build())
            .accepter_vpc_info(accepter.build())
            .build();
        let (_, peering) = from_sdk(x).unwrap();
        assert_eq!(peering.state, PeeringState::Active);
        assert_eq!(peering.requester.ipv4_cidrs.len(), 2);
        assert_eq!(peering.requester.ipv6_cidrs[0].to_string(), "2001:db8::/56");
        assert!(!peering.requester.resolves_private_dns);
        assert_eq!(peering.accepter.ipv4_cidrs[0].to_string(), "10.1.0.0/16");
        assert!(peering.accepter.resolves_private_dns);
        assert_eq!(peering.accepter.region.as_deref(), Some("eu-west-1"));
    }

    #[test]
    fn a_pending_connection_tells_no_blocks_of_the_accepter() {
        let x = connection(sdk::VpcPeeringConnectionStateReasonCode::PendingAcceptance)
            .requester_vpc_info(info("vpc-0aa", "111122223333").cidr_block("10.0.0.0/16").build())
            .accepter_vpc_info(info("vpc-0bb", "444455556666").build())
            .build();
        let (_, peering) = from_sdk(x).unwrap();
        assert_eq!(peering.state, PeeringState::PendingAcceptance);
        assert!(peering.accepter.ipv4_cidrs.is_empty());
    }

    #[test]
    fn a_connection_with_one_side_is_malformed() {
        let x = connection(sdk::VpcPeeringConnectionStateReasonCode::Active)
            .requester_vpc_info(info("vpc-0aa", "111122223333").build())
            .build();
        assert_eq!(from_sdk(x).unwrap_err(), "`pcx-0aa` has no `AccepterVpcInfo`");
    }
}
