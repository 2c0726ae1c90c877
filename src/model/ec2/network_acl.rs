//! Network ACLs.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{Direction, PortRange};
use crate::model::Tags;

/// One network ACL. Source: `ec2:DescribeNetworkAcls` `NetworkAcls[]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkAcl {
    /// ACL id.
    pub id: String,
    /// VPC it belongs to.
    pub vpc_id: String,
    /// Whether AWS made it with the VPC.
    pub is_default: bool,
    /// Subnets it guards.
    pub subnet_ids: Vec<String>,
    /// Entries, in the order of the answer; evaluated by direction in the order of their numbers.
    pub entries: Vec<NetworkAclEntry>,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}

/// One entry of a network ACL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkAclEntry {
    /// Order of evaluation: the lowest number that matches decides; 32767 is the closing deny.
    pub number: u32,
    /// Which way it looks.
    pub direction: Direction,
    /// Whether it lets through.
    pub allow: bool,
    /// Protocol number, `-1` for all.
    pub protocol: String,
    /// Ports, for TCP and UDP; absent when all are meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<PortRange>,
    /// Addresses of the other side.
    pub cidr: IpNet,
}
