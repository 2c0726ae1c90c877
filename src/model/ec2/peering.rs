//! VPC peering connections.

use ipnet::{Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use crate::model::Tags;
use crate::model::aws_enum::aws_enum;

/// One VPC peering connection. Source: `ec2:DescribeVpcPeeringConnections`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcPeeringConnection {
    /// Connection id.
    pub id: String,
    /// State.
    pub state: PeeringState,
    /// The side that asked.
    pub requester: PeeringSide,
    /// The side that accepted.
    pub accepter: PeeringSide,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}

/// One side of a peering connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeeringSide {
    /// VPC.
    pub vpc_id: String,
    /// Account that owns the VPC.
    pub owner_id: String,
    /// Region of the VPC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// IPv4 blocks, told only once the connection is active.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ipv4_cidrs: Vec<Ipv4Net>,
    /// IPv6 blocks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ipv6_cidrs: Vec<Ipv6Net>,
    /// Whether this side's public host names resolve to private addresses for the other side.
    /// Source: this side's own `AllowDnsResolutionFromRemoteVpc`.
    pub resolves_private_dns: bool,
}

aws_enum! {
    /// State of a peering connection.
    PeeringState {
        /// Being made.
        InitiatingRequest => "initiating-request",
        /// The other side has yet to accept.
        PendingAcceptance => "pending-acceptance",
        /// Being set up.
        Provisioning => "provisioning",
        /// In service.
        Active => "active",
        /// Being deleted.
        Deleting => "deleting",
        /// Gone.
        Deleted => "deleted",
        /// Refused.
        Rejected => "rejected",
        /// Never accepted in time.
        Expired => "expired",
        /// Could not be made.
        Failed => "failed",
    }
}
