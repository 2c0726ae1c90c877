//! VPC endpoints.

use serde::{Deserialize, Serialize};

use crate::model::Tags;
use crate::model::aws_enum::aws_enum;

/// One VPC endpoint. Source: `ec2:DescribeVpcEndpoints` `VpcEndpoints[]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcEndpoint {
    /// Endpoint id.
    pub id: String,
    /// VPC it stands in.
    pub vpc_id: String,
    /// Account that owns it.
    pub owner_id: String,
    /// Service it leads to, such as `com.amazonaws.eu-west-1.s3`.
    pub service_name: String,
    /// Region of the service, where the endpoint crosses regions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_region: Option<String>,
    /// Type.
    pub kind: EndpointKind,
    /// State.
    pub state: EndpointState,
    /// Whether an AWS service made and keeps it.
    pub requester_managed: bool,
    /// Whether the service's own name resolves to the endpoint inside the VPC.
    pub private_dns: bool,
    /// Whether that holds only for queries that come in through a Route 53 inbound resolver endpoint.
    /// Source: `DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint`.
    pub private_dns_only_for_inbound_resolver: bool,
    /// Names of the endpoint.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dns_names: Vec<String>,
    /// Address families: `ipv4`, `ipv6` or `dualstack`; absent for gateway endpoints of old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address_type: Option<String>,
    /// Address families of the endpoint's names. Source: `DnsOptions.DnsRecordIpType`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns_record_ip_type: Option<String>,
    /// Route tables a gateway endpoint is associated with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub route_table_ids: Vec<String>,
    /// Subnets an interface or Gateway Load Balancer endpoint has interfaces in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subnet_ids: Vec<String>,
    /// Network interfaces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub network_interface_ids: Vec<String>,
    /// Security groups of the interfaces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_ids: Vec<String>,
    /// Endpoint policy as text; absent where the service has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<jiff::Timestamp>,
    /// Why it failed, in AWS's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}

impl VpcEndpoint {
    /// Whether an account owns the endpoint; old answers name no owner, and mean the account that asks.
    #[must_use]
    pub fn is_owned_by(&self, account: &str) -> bool {
        self.owner_id == account || self.owner_id.is_empty()
    }

    /// Whether people of an account can change and delete the endpoint: it is the account's, and no AWS service keeps it.
    #[must_use]
    pub fn is_in_hands_of(&self, account: &str) -> bool {
        !self.requester_managed && self.is_owned_by(account)
    }
}

aws_enum! {
    /// Type of a VPC endpoint or endpoint service.
    EndpointKind {
        /// A route to a prefix list; free; S3, `DynamoDB` and S3 Express.
        Gateway => "Gateway",
        /// Network interfaces in subnets (AWS PrivateLink).
        Interface => "Interface",
        /// Network interfaces that lead to a Gateway Load Balancer.
        GatewayLoadBalancer => "GatewayLoadBalancer",
        /// A single resource of another VPC.
        Resource => "Resource",
        /// A VPC Lattice service network.
        ServiceNetwork => "ServiceNetwork",
    }
}

/// State of a VPC endpoint. The API writes the words in both cases ("available", "Available"): compared without case.
///
/// Source: `State` of `VpcEndpoint` in the EC2 API reference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum EndpointState {
    /// The service's owner has yet to accept it.
    PendingAcceptance,
    /// Being made.
    Pending,
    /// In service.
    Available,
    /// Being deleted.
    Deleting,
    /// Gone.
    Deleted,
    /// Refused by the service's owner.
    Rejected,
    /// Could not be made.
    Failed,
    /// Never accepted in the time allowed.
    Expired,
    /// Only part of the endpoint works.
    Partial,
    /// A state this version does not know.
    Other(String),
}

impl From<&str> for EndpointState {
    fn from(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "pendingacceptance" => Self::PendingAcceptance,
            "pending" => Self::Pending,
            "available" => Self::Available,
            "deleting" => Self::Deleting,
            "deleted" => Self::Deleted,
            "rejected" => Self::Rejected,
            "failed" => Self::Failed,
            "expired" => Self::Expired,
            "partial" => Self::Partial,
            _ => Self::Other(text.to_owned()),
        }
    }
}

impl From<String> for EndpointState {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<EndpointState> for String {
    fn from(state: EndpointState) -> Self {
        state.as_str().to_owned()
    }
}

impl EndpointState {
    /// Whether the endpoint is not there any more, or never came into service.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        match self {
            Self::Deleting | Self::Deleted | Self::Rejected | Self::Failed | Self::Expired => true,
            Self::PendingAcceptance | Self::Pending | Self::Available | Self::Partial | Self::Other(_) => false,
        }
    }

    /// The state as natless writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::PendingAcceptance => "pendingAcceptance",
            Self::Pending => "pending",
            Self::Available => "available",
            Self::Deleting => "deleting",
            Self::Deleted => "deleted",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Partial => "partial",
            Self::Other(text) => text,
        }
    }
}

impl std::fmt::Display for EndpointState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
