//! Elastic network interfaces.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::model::Tags;
use crate::model::aws_enum::aws_enum;

/// One network interface. Source: `ec2:DescribeNetworkInterfaces` `NetworkInterfaces[]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkInterface {
    /// Interface id.
    pub id: String,
    /// VPC.
    pub vpc_id: String,
    /// Subnet.
    pub subnet_id: String,
    /// Zone by name.
    pub zone: String,
    /// Account that owns it.
    pub owner_id: String,
    /// What uses it.
    pub kind: InterfaceKind,
    /// State: `available`, `associated`, `attaching`, `in-use`, `detaching`.
    pub status: String,
    /// Description: tells what uses it where `kind` does not.
    pub description: String,
    /// Whether an AWS service made and keeps it.
    pub requester_managed: bool,
    /// The service's account or id, for an interface kept by a service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester_id: Option<String>,
    /// Private IPv4 addresses, the primary one first.
    pub private_addresses: Vec<PrivateAddress>,
    /// IPv6 addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ipv6_addresses: Vec<Ipv6Addr>,
    /// Security groups.
    pub group_ids: Vec<String>,
    /// Instance it is attached to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// Whether it drops packets that are not its own; off on appliances.
    pub source_dest_check: bool,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}

impl NetworkInterface {
    /// Whether one of its addresses has a public IPv4 address.
    #[must_use]
    pub fn has_public_ipv4(&self) -> bool {
        self.private_addresses.iter().any(|address| address.public_ip.is_some())
    }

    /// Whether it belongs to a part of the network or a managed store, none of which calls AWS services.
    ///
    /// Load balancers, resolver endpoints and stores come with interface type `interface`: only the description that AWS writes
    /// tells them. One that is not recognised counts as a client, which hides nothing.
    #[must_use]
    pub fn is_gear(&self) -> bool {
        const DESCRIPTIONS: [&str; 5] = ["ELB ", "Route 53 Resolver:", "RDSNetworkInterface", "EFS mount target", "ElastiCache"];
        match &self.kind {
            InterfaceKind::NatGateway
            | InterfaceKind::GatewayLoadBalancerEndpoint
            | InterfaceKind::TransitGateway
            | InterfaceKind::NetworkLoadBalancer
            | InterfaceKind::GatewayLoadBalancer
            | InterfaceKind::LoadBalancer => true,
            InterfaceKind::VpcEndpoint | InterfaceKind::Lambda => false,
            InterfaceKind::Interface | InterfaceKind::Other(_) => {
                self.instance_id.is_none() && DESCRIPTIONS.iter().any(|start| self.description.starts_with(start))
            }
        }
    }
}

/// One private IPv4 address of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateAddress {
    /// Private address.
    pub private_ip: Ipv4Addr,
    /// Public address it is mapped to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_ip: Option<Ipv4Addr>,
}

aws_enum! {
    /// What uses a network interface.
    ///
    /// Source: `InterfaceType` of `NetworkInterface` in the EC2 API reference.
    InterfaceKind {
        /// Anything a person attaches.
        Interface => "interface",
        /// A NAT gateway.
        NatGateway => "nat_gateway",
        /// An interface endpoint.
        VpcEndpoint => "vpc_endpoint",
        /// A Gateway Load Balancer endpoint.
        GatewayLoadBalancerEndpoint => "gateway_load_balancer_endpoint",
        /// A transit gateway attachment.
        TransitGateway => "transit_gateway",
        /// A Lambda function.
        Lambda => "lambda",
        /// A Network Load Balancer.
        NetworkLoadBalancer => "network_load_balancer",
        /// A Gateway Load Balancer.
        GatewayLoadBalancer => "gateway_load_balancer",
        /// An Application or Classic Load Balancer.
        LoadBalancer => "load_balancer",
    }
}
