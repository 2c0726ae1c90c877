//! Endpoint services: those AWS offers in a region, and those the account offers to others.

use serde::{Deserialize, Serialize};

use super::{EndpointKind, EndpointState};
use crate::model::{Observed, Tags};

/// A service that can be reached through an endpoint. Source: `ec2:DescribeVpcEndpointServices` `ServiceDetails[]`,
/// where one service name may come twice, once per type: folded into one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointService {
    /// Service name, such as `com.amazonaws.eu-west-1.s3`.
    pub name: String,
    /// Types of endpoint it can be reached through, sorted.
    pub kinds: Vec<EndpointKind>,
    /// Zones in which an interface endpoint can stand, by name, sorted.
    pub zones: Vec<String>,
    /// `amazon`, or the account that offers it.
    pub owner: String,
    /// Names that resolve to the endpoint with private DNS on, sorted.
    pub private_dns_names: Vec<String>,
    /// Whether an endpoint policy is honoured.
    pub policy_supported: bool,
    /// Whether the service's owner must accept each endpoint.
    pub acceptance_required: bool,
}

/// An endpoint service that the account offers. Source: `ec2:DescribeVpcEndpointServiceConfigurations`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointServiceConfiguration {
    /// Service id, such as `vpce-svc-0aa`.
    pub id: String,
    /// Service name.
    pub name: String,
    /// State, such as `Available`.
    pub state: String,
    /// Types of endpoint.
    pub kinds: Vec<EndpointKind>,
    /// Whether each endpoint must be accepted.
    pub acceptance_required: bool,
    /// Load balancers behind it, by ARN.
    pub load_balancer_arns: Vec<String>,
    /// Principals that may make endpoints: ARNs, or `*`. Source: `ec2:DescribeVpcEndpointServicePermissions`.
    pub allowed_principals: Observed<Vec<String>>,
    /// Endpoints connected to it. Source: `ec2:DescribeVpcEndpointConnections`.
    pub connections: Observed<Vec<EndpointConnection>>,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}

/// One endpoint connected to a service of the account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EndpointConnection {
    /// Endpoint id, in the account of its owner.
    pub endpoint_id: String,
    /// Account that owns the endpoint.
    pub owner_id: String,
    /// State.
    pub state: EndpointState,
}
