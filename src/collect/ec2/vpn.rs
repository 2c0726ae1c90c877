//! Virtual private gateways and site-to-site VPN connections.

use aws_sdk_ec2::types as sdk;

use super::convert::{Converted, Item, gather, is_attached, one_page, tags, text};
use crate::collect::calls::{DESCRIBE_VPN_CONNECTIONS, DESCRIBE_VPN_GATEWAYS};
use crate::collect::session::RegionSession;
use crate::model::Listing;
use crate::model::ec2::{VpnConnection, VpnGateway};

/// Every virtual private gateway of the region. The call has no pages.
pub(super) async fn vpn_gateways(session: &RegionSession) -> Listing<VpnGateway> {
    let answer = session.call(&DESCRIBE_VPN_GATEWAYS, None, || session.ec2().describe_vpn_gateways().send()).await;
    gather(session, &DESCRIBE_VPN_GATEWAYS, one_page(answer), |page| page.vpn_gateways.unwrap_or_default(), gateway)
}

/// Every site-to-site VPN connection of the region. The call has no pages.
pub(super) async fn vpn_connections(session: &RegionSession) -> Listing<VpnConnection> {
    let answer = session.call(&DESCRIBE_VPN_CONNECTIONS, None, || session.ec2().describe_vpn_connections().send()).await;
    gather(session, &DESCRIBE_VPN_CONNECTIONS, one_page(answer), |page| page.vpn_connections.unwrap_or_default(), connection)
}

fn gateway(x: sdk::VpnGateway) -> Converted<VpnGateway> {
    let item = Item::new(x.vpn_gateway_id, "VpnGatewayId")?;
    let attachments = x.vpc_attachments.unwrap_or_default().into_iter();
    let gateway = VpnGateway {
        state: item.word(x.state, "State")?,
        vpc_ids: attachments
            .filter(|attachment| is_attached(attachment.state.as_ref()))
            .filter_map(|attachment| text(attachment.vpc_id))
            .collect(),
        tags: tags(x.tags),
        id: item.id.clone(),
    };
    Ok((item.id, gateway))
}

fn connection(x: sdk::VpnConnection) -> Converted<VpnConnection> {
    let item = Item::new(x.vpn_connection_id, "VpnConnectionId")?;
    let connection = VpnConnection {
        state: item.word(x.state, "State")?,
        vpn_gateway_id: text(x.vpn_gateway_id),
        transit_gateway_id: text(x.transit_gateway_id),
        tags: tags(x.tags),
        id: item.id.clone(),
    };
    Ok((item.id, connection))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detached_gateway_leads_to_no_vpc() {
        let attachment = |vpc: &str, state| sdk::VpcAttachment::builder().vpc_id(vpc).state(state).build();
        let x = sdk::VpnGateway::builder()
            .vpn_gateway_id("vgw-0aa")
            .state(sdk::VpnState::Available)
            .vpc_attachments(attachment("vpc-0aa", sdk::AttachmentStatus::Detached))
            .vpc_attachments(attachment("vpc-0bb", sdk::AttachmentStatus::Attached))
            .build();
        let (id, gateway) = gateway(x).unwrap();
        assert_eq!(id, "vgw-0aa");
        assert_eq!(gateway.vpc_ids, ["vpc-0bb"]);
    }

    #[test]
    fn a_connection_ends_at_one_gateway() {
        let x = sdk::VpnConnection::builder()
            .vpn_connection_id("vpn-0aa")
            .state(sdk::VpnState::Available)
            .transit_gateway_id("tgw-0aa")
            .vpn_gateway_id("")
            .build();
        let (_, connection) = connection(x).unwrap();
        assert_eq!(connection.transit_gateway_id.as_deref(), Some("tgw-0aa"));
        assert_eq!(connection.vpn_gateway_id, None);
        assert_eq!(connection.state, "available");
    }

    #[test]
    fn items_without_a_state_are_malformed() {
        assert!(gateway(sdk::VpnGateway::builder().vpn_gateway_id("vgw-0aa").build()).is_err());
        assert!(connection(sdk::VpnConnection::builder().vpn_connection_id("vpn-0aa").build()).is_err());
    }
}
