//! Internet gateways, for both IP versions and for IPv6 outwards only.

use serde::{Deserialize, Serialize};

use crate::model::Tags;

/// One internet gateway. Source: `ec2:DescribeInternetGateways`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InternetGateway {
    /// Gateway id.
    pub id: String,
    /// VPCs it is attached to.
    pub vpc_ids: Vec<String>,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}

/// One egress-only internet gateway. Source: `ec2:DescribeEgressOnlyInternetGateways`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EgressOnlyInternetGateway {
    /// Gateway id.
    pub id: String,
    /// VPCs it is attached to.
    pub vpc_ids: Vec<String>,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}
