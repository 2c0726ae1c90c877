//! Resources of Amazon EC2 and Amazon VPC, one file per kind, as `Describe*` calls answer them.

mod address;
mod endpoint_service;
mod flow_log;
mod gateways;
mod nat_gateway;
mod network_acl;
mod network_interface;
mod peering;
mod prefix_list;
mod route_table;
mod security_group;
mod subnet;
mod transit_gateway;
mod vpc;
mod vpc_endpoint;
mod vpn;

pub use address::Address;
pub use endpoint_service::{EndpointConnection, EndpointService, EndpointServiceConfiguration};
pub use flow_log::FlowLog;
pub use gateways::{EgressOnlyInternetGateway, InternetGateway};
pub use nat_gateway::{Connectivity, NatAvailability, NatGateway, NatGatewayAddress, NatGatewayState};
pub use network_acl::{NetworkAcl, NetworkAclEntry};
pub use network_interface::{InterfaceKind, NetworkInterface, PrivateAddress};
pub use peering::{PeeringSide, PeeringState, VpcPeeringConnection};
pub use prefix_list::PrefixList;
pub use route_table::{Route, RouteDestination, RouteOrigin, RouteState, RouteTable, RouteTableAssociation, RouteTarget};
pub use security_group::{Direction, RulePeer, SecurityGroup, SecurityGroupRule};
pub use subnet::Subnet;
pub use transit_gateway::{
    TransitGateway, TransitGatewayAssociation, TransitGatewayAttachment, TransitGatewayResource, TransitGatewayRoute,
    TransitGatewayRouteState, TransitGatewayRouteTable, TransitGatewayVpcAttachment,
};
pub use vpc::Vpc;
pub use vpc_endpoint::{EndpointKind, EndpointState, VpcEndpoint};
pub use vpn::{VpnConnection, VpnGateway};

/// The name a person gave the resource: its `Name` tag.
#[must_use]
pub fn name_of(tags: &super::Tags) -> Option<&str> {
    tags.get("Name").map(String::as_str).filter(|name| !name.is_empty())
}

/// First and last port that a protocol with ports is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct PortRange {
    /// First port, inclusive.
    pub from: u16,
    /// Last port, inclusive.
    pub to: u16,
}

impl PortRange {
    /// Whether the range holds this port.
    #[must_use]
    pub fn contains(&self, port: u16) -> bool {
        (self.from..=self.to).contains(&port)
    }
}
