//! Subnets.

use ipnet::{Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use crate::model::Tags;

/// One subnet. Source: `ec2:DescribeSubnets` `Subnets[]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    /// Subnet id.
    pub id: String,
    /// VPC it lies in.
    pub vpc_id: String,
    /// Account that owns it; another one when it is shared with this account.
    pub owner_id: String,
    /// Zone by name, such as `eu-west-1a`: means another place in another account.
    pub zone: String,
    /// Zone by id, such as `euw1-az2`: the same place in every account.
    pub zone_id: String,
    /// IPv4 block; absent in an IPv6-only subnet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv4_cidr: Option<Ipv4Net>,
    /// Associated IPv6 blocks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ipv6_cidrs: Vec<Ipv6Net>,
    /// Whether instances are launched with a public IPv4 address.
    pub map_public_ip_on_launch: bool,
    /// Whether the resolver answers IPv6-only clients with `64:ff9b::/96` addresses of IPv4 hosts.
    pub dns64: bool,
    /// Whether the subnet is IPv6-only.
    pub ipv6_native: bool,
    /// Free IPv4 addresses (count).
    pub available_ipv4_addresses: u32,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}
