//! Virtual private clouds.

use ipnet::{Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use crate::model::route53::HostedZone;
use crate::model::{Observed, Tags};

/// One VPC. Source: `ec2:DescribeVpcs` `Vpcs[]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vpc {
    /// VPC id.
    pub id: String,
    /// Account that owns it; another one for a VPC whose subnets are shared with this account.
    pub owner_id: String,
    /// Associated IPv4 blocks, the primary one first.
    pub ipv4_cidrs: Vec<Ipv4Net>,
    /// Associated IPv6 blocks.
    pub ipv6_cidrs: Vec<Ipv6Net>,
    /// Whether AWS made it as the region's default VPC.
    pub is_default: bool,
    /// DHCP options set; a custom one may name resolvers that are not Amazon's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dhcp_options_id: Option<String>,
    /// Whether the Amazon resolver answers. Source: `ec2:DescribeVpcAttribute` `enableDnsSupport`.
    pub dns_support: Observed<bool>,
    /// Whether instances get DNS host names. Source: `ec2:DescribeVpcAttribute` `enableDnsHostnames`.
    pub dns_hostnames: Observed<bool>,
    /// Private hosted zones that answer in the VPC. Source: `route53:ListHostedZonesByVPC`.
    pub hosted_zones: Observed<Vec<HostedZone>>,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}
