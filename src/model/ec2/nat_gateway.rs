//! NAT gateways, zonal and regional, public and private.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::model::Tags;
use crate::model::aws_enum::aws_enum;

/// One NAT gateway. Source: `ec2:DescribeNatGateways` `NatGateways[]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatGateway {
    /// NAT gateway id.
    pub id: String,
    /// VPC it serves.
    pub vpc_id: String,
    /// Subnet it stands in; absent for a regional one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subnet_id: Option<String>,
    /// Route table of its own, for a regional one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route_table_id: Option<String>,
    /// State.
    pub state: NatGatewayState,
    /// Public or private.
    pub connectivity: Connectivity,
    /// Zonal or regional.
    pub availability: NatAvailability,
    /// Its addresses.
    pub addresses: Vec<NatGatewayAddress>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<jiff::Timestamp>,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}

/// One address of a NAT gateway. Source: `NatGateways[].NatGatewayAddresses[]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatGatewayAddress {
    /// Allocation of the Elastic IP address; absent for a private gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocation_id: Option<String>,
    /// Public address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_ip: Option<IpAddr>,
    /// Private address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_ip: Option<IpAddr>,
    /// Network interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_interface_id: Option<String>,
    /// Zone of the address, for a regional gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Zone of the address by id, for a regional gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone_id: Option<String>,
}

aws_enum! {
    /// State of a NAT gateway.
    NatGatewayState {
        /// Being made.
        Pending => "pending",
        /// Could not be made.
        Failed => "failed",
        /// In service.
        Available => "available",
        /// Being deleted.
        Deleting => "deleting",
        /// Gone, still listed for about an hour.
        Deleted => "deleted",
    }
}

aws_enum! {
    /// Whether a NAT gateway leads to the internet.
    Connectivity {
        /// To the internet, with Elastic IP addresses. What the API means where it says nothing.
        Public => "public",
        /// To other VPCs and on-premises networks only.
        Private => "private",
    }
}

aws_enum! {
    /// Whether a NAT gateway stands in one zone or in all (since 2025-11-19).
    NatAvailability {
        /// In one subnet. What the API means where it says nothing.
        Zonal => "zonal",
        /// In every zone of the VPC that has workloads, without a subnet.
        Regional => "regional",
    }
}
