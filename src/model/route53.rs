//! Private hosted zones: how a VPC can see an endpoint of another one.

use serde::{Deserialize, Serialize};

/// One private hosted zone that answers inside a VPC.
///
/// Source: `route53:ListHostedZonesByVPC` `HostedZoneSummaries[]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HostedZone {
    /// Hosted zone id, without the `/hostedzone/` prefix.
    pub id: String,
    /// Domain name, lower case, without the final dot.
    pub name: String,
    /// Account that owns the zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owning_account: Option<String>,
    /// AWS service that made the zone, such as `vpce.amazonaws.com` for an interface endpoint's private DNS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owning_service: Option<String>,
}

/// A private hosted zone of this account with the records that matter for endpoints.
///
/// Source: `route53:ListResourceRecordSets`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateZone {
    /// Hosted zone id.
    pub id: String,
    /// Domain name, lower case, without the final dot.
    pub name: String,
    /// Records of type A, AAAA and CNAME.
    pub records: Vec<RecordSet>,
}

/// One record set of a private hosted zone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RecordSet {
    /// Name, lower case, without the final dot; a wildcard label is `*`.
    pub name: String,
    /// Record type, such as `A`.
    pub record_type: String,
    /// Name the record is an alias of, such as `vpce-0aa-x.s3.eu-west-1.vpce.amazonaws.com`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// Values of a record that is no alias: addresses or names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}
