//! Route tables of VPCs.

use ipnet::{Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use crate::model::Tags;
use crate::model::aws_enum::aws_enum;

/// One route table. Source: `ec2:DescribeRouteTables` `RouteTables[]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTable {
    /// Route table id.
    pub id: String,
    /// VPC it belongs to.
    pub vpc_id: String,
    /// Account that owns it.
    pub owner_id: String,
    /// What uses it.
    pub associations: Vec<RouteTableAssociation>,
    /// Its routes, in the order of the answer.
    pub routes: Vec<Route>,
    /// Virtual private gateways that may add routes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub propagating_vpn_gateways: Vec<String>,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}

impl RouteTable {
    /// Whether this is the main table of its VPC: the one of every subnet without an association of its own.
    #[must_use]
    pub fn is_main(&self) -> bool {
        self.associations.iter().any(|association| association.main)
    }
}

/// One use of a route table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTableAssociation {
    /// Association id.
    pub id: String,
    /// Whether it makes the table the VPC's main one.
    pub main: bool,
    /// Subnet that uses the table; absent for the main and for gateway associations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subnet_id: Option<String>,
    /// Internet or virtual private gateway that uses the table for traffic coming in ("edge association").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_id: Option<String>,
}

/// One route. Source: `ec2:DescribeRouteTables` `RouteTables[].Routes[]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Addresses the route is for.
    pub destination: RouteDestination,
    /// Where it leads.
    pub target: RouteTarget,
    /// Whether the target is there.
    pub state: RouteState,
    /// Who made it.
    pub origin: RouteOrigin,
}

/// Addresses a route is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteDestination {
    /// An IPv4 block.
    Ipv4(Ipv4Net),
    /// An IPv6 block.
    Ipv6(Ipv6Net),
    /// Every entry of a managed prefix list, by id.
    PrefixList(String),
}

impl std::fmt::Display for RouteDestination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ipv4(net) => net.fmt(f),
            Self::Ipv6(net) => net.fmt(f),
            Self::PrefixList(id) => f.write_str(id),
        }
    }
}

/// Where a route leads.
///
/// Source: the target members of `Route` in the EC2 API reference; a `GatewayId` names its kind by its prefix.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteTarget {
    /// The VPC itself (`GatewayId` `local`).
    Local,
    /// Internet gateway, `igw-`.
    InternetGateway(String),
    /// Egress-only internet gateway, `eigw-`.
    EgressOnlyInternetGateway(String),
    /// NAT gateway, `nat-`.
    NatGateway(String),
    /// Gateway endpoint, or Gateway Load Balancer endpoint, `vpce-`.
    VpcEndpoint(String),
    /// Transit gateway, `tgw-`.
    TransitGateway(String),
    /// VPC peering connection, `pcx-`.
    PeeringConnection(String),
    /// Virtual private gateway, `vgw-`.
    VpnGateway(String),
    /// Network interface, `eni-`, and the instance it is attached to.
    NetworkInterface {
        /// Interface id; absent when only the instance is told.
        id: Option<String>,
        /// Instance id.
        instance_id: Option<String>,
    },
    /// Cloud WAN core network, by ARN.
    CoreNetwork(String),
    /// Carrier gateway (Wavelength), `cagw-`.
    CarrierGateway(String),
    /// Local gateway (Outposts), `lgw-`.
    LocalGateway(String),
    /// A target this version does not know, as the API wrote it.
    Other(String),
}

impl RouteTarget {
    /// Id of the target; `local` for the VPC itself.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Local => "local",
            Self::InternetGateway(id)
            | Self::EgressOnlyInternetGateway(id)
            | Self::NatGateway(id)
            | Self::VpcEndpoint(id)
            | Self::TransitGateway(id)
            | Self::PeeringConnection(id)
            | Self::VpnGateway(id)
            | Self::CoreNetwork(id)
            | Self::CarrierGateway(id)
            | Self::LocalGateway(id)
            | Self::Other(id) => id,
            Self::NetworkInterface { id, instance_id } => id.as_deref().or(instance_id.as_deref()).unwrap_or("unknown interface"),
        }
    }
}

aws_enum! {
    /// Whether a route's target is there.
    RouteState {
        /// The route is used.
        Active => "active",
        /// The target is gone or not available: packets are dropped.
        Blackhole => "blackhole",
    }
}

aws_enum! {
    /// Who made a route.
    RouteOrigin {
        /// AWS, with the table.
        CreateRouteTable => "CreateRouteTable",
        /// A person or tool.
        CreateRoute => "CreateRoute",
        /// A virtual private gateway, by propagation.
        Propagated => "EnableVgwRoutePropagation",
        /// Route server or other advertisement.
        Advertisement => "Advertisement",
    }
}
