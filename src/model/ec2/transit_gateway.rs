//! Transit gateways: attachments, route tables, associations, routes.

use std::collections::BTreeMap;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::model::aws_enum::aws_enum;
use crate::model::{Observed, Tags};

/// One transit gateway. Source: `ec2:DescribeTransitGateways`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitGateway {
    /// Transit gateway id.
    pub id: String,
    /// Account that owns it; routes and tables of another account's gateway cannot be read.
    pub owner_id: String,
    /// State.
    pub state: String,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}

aws_enum! {
    /// What a transit gateway attachment attaches.
    TransitGatewayResource {
        /// A VPC.
        Vpc => "vpc",
        /// A site-to-site VPN connection.
        Vpn => "vpn",
        /// A Direct Connect gateway.
        DirectConnectGateway => "direct-connect-gateway",
        /// A Connect attachment (GRE).
        Connect => "connect",
        /// Another transit gateway.
        Peering => "peering",
    }
}

/// One attachment of any kind. Source: `ec2:DescribeTransitGatewayAttachments`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitGatewayAttachment {
    /// Attachment id.
    pub id: String,
    /// Transit gateway.
    pub transit_gateway_id: String,
    /// Account that owns the transit gateway.
    pub transit_gateway_owner_id: String,
    /// What is attached.
    pub resource: TransitGatewayResource,
    /// Id of what is attached, such as a VPC id.
    pub resource_id: String,
    /// Account that owns what is attached.
    pub resource_owner_id: String,
    /// State, `available` when in service.
    pub state: String,
    /// Route table that traffic from the attachment is looked up in, and the association's state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub association: Option<TransitGatewayAssociation>,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}

/// The route table of an attachment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitGatewayAssociation {
    /// Transit gateway route table.
    pub route_table_id: String,
    /// State, `associated` when in force.
    pub state: String,
}

/// A VPC attachment with its subnets. Source: `ec2:DescribeTransitGatewayVpcAttachments`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitGatewayVpcAttachment {
    /// Attachment id.
    pub id: String,
    /// Transit gateway.
    pub transit_gateway_id: String,
    /// VPC.
    pub vpc_id: String,
    /// Account that owns the VPC.
    pub vpc_owner_id: String,
    /// State.
    pub state: String,
    /// Subnets with an interface of the attachment, one per zone.
    pub subnet_ids: Vec<String>,
    /// Whether flows stay in the zone of the interface they came in by ("appliance mode").
    pub appliance_mode: bool,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}

/// One transit gateway route table. Source: `ec2:DescribeTransitGatewayRouteTables`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitGatewayRouteTable {
    /// Route table id.
    pub id: String,
    /// Transit gateway.
    pub transit_gateway_id: String,
    /// Attachments whose traffic is looked up here: attachment id to state.
    /// Source: `ec2:GetTransitGatewayRouteTableAssociations`.
    pub associations: Observed<BTreeMap<String, String>>,
    /// Routes, static and propagated, by destination. Source: `ec2:SearchTransitGatewayRoutes`.
    pub routes: Observed<Vec<TransitGatewayRoute>>,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}

/// One route of a transit gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitGatewayRoute {
    /// Destination; a prefix list's routes come one per entry.
    pub destination: IpNet,
    /// `static` or `propagated`.
    pub origin: String,
    /// State.
    pub state: TransitGatewayRouteState,
    /// Attachments it leads to; several where they share the load.
    pub attachment_ids: Vec<String>,
    /// Prefix list the route comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix_list_id: Option<String>,
}

aws_enum! {
    /// State of a transit gateway route.
    TransitGatewayRouteState {
        /// Used.
        Active => "active",
        /// Drops what matches.
        Blackhole => "blackhole",
    }
}
