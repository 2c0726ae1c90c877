//! Elastic IP addresses.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::model::Tags;

/// One Elastic IP address. Source: `ec2:DescribeAddresses` `Addresses[]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Allocation id; the public address itself for one of EC2-Classic's days.
    pub allocation_id: String,
    /// The address.
    pub public_ip: Ipv4Addr,
    /// Association id; absent when nothing uses the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub association_id: Option<String>,
    /// Interface it is associated with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_interface_id: Option<String>,
    /// Instance it is associated with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// AWS service that keeps the address, such as `nat` or `alb`. Source: `ServiceManaged`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_managed: Option<String>,
    /// Pool it came from: `amazon`, or a pool the customer brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_ipv4_pool: Option<String>,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}
