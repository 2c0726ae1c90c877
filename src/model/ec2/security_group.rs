//! Security groups and their rules.

use ipnet::{Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use super::PortRange;
use crate::model::Tags;

/// One security group. Source: `ec2:DescribeSecurityGroups` `SecurityGroups[]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// Group id.
    pub id: String,
    /// Group name; `default` for the one AWS makes with a VPC.
    pub name: String,
    /// Description.
    pub description: String,
    /// VPC it belongs to.
    pub vpc_id: String,
    /// Account that owns it.
    pub owner_id: String,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}

/// Which way a rule looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Into the interface.
    Ingress,
    /// Out of the interface.
    Egress,
}

/// One rule of a group, about one peer. Source: `ec2:DescribeSecurityGroupRules` `SecurityGroupRules[]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroupRule {
    /// Rule id, `sgr-`.
    pub id: String,
    /// Group the rule is part of.
    pub group_id: String,
    /// Which way it looks.
    pub direction: Direction,
    /// Protocol: `tcp`, `udp`, `icmp`, `icmpv6`, a number, or `-1` for all.
    pub protocol: String,
    /// Ports, for TCP and UDP; absent when all ports are meant or the protocol has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<PortRange>,
    /// The other side.
    pub peer: RulePeer,
    /// Description. Text from the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}

impl SecurityGroupRule {
    /// Whether the rule is about TCP on this port.
    #[must_use]
    pub fn covers_tcp(&self, port: u16) -> bool {
        match self.protocol.as_str() {
            "-1" => true,
            "tcp" | "6" => self.ports.is_none_or(|ports| ports.contains(port)),
            _ => false,
        }
    }
}

/// The other side of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RulePeer {
    /// An IPv4 block.
    Ipv4(Ipv4Net),
    /// An IPv6 block.
    Ipv6(Ipv6Net),
    /// A managed prefix list, by id.
    PrefixList(String),
    /// The interfaces that carry a group.
    Group {
        /// Group id.
        id: String,
        /// Account that owns the group, where it is another one.
        owner_id: Option<String>,
        /// VPC of the group, where AWS tells; it may be the rule's own.
        vpc_id: Option<String>,
        /// Peering connection it is reached over.
        peering_connection_id: Option<String>,
    },
    /// A rule that names no peer this version knows.
    Unknown,
}
