//! Virtual private gateways and site-to-site VPN connections: ways in from other networks.

use serde::{Deserialize, Serialize};

use crate::model::Tags;

/// One virtual private gateway. Source: `ec2:DescribeVpnGateways`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpnGateway {
    /// Gateway id.
    pub id: String,
    /// State.
    pub state: String,
    /// VPCs it is attached to.
    pub vpc_ids: Vec<String>,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}

/// One site-to-site VPN connection. Source: `ec2:DescribeVpnConnections`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpnConnection {
    /// Connection id.
    pub id: String,
    /// State.
    pub state: String,
    /// Virtual private gateway it ends at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpn_gateway_id: Option<String>,
    /// Transit gateway it ends at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transit_gateway_id: Option<String>,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}
