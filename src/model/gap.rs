//! What was not read, where and why. A gap is data: the run goes on, and whatever rests on it is unknown.

use serde::{Deserialize, Serialize};

use super::aws_enum::aws_enum;

/// Names one gap: `region/service:Operation` and, where the call was about one resource, `/resource`.
///
/// Stable for the same account and failure, so reports do not depend on the order in which calls failed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GapId(pub String);

impl GapId {
    /// The id of a gap of this call; `resource` where the call was about one resource.
    #[must_use]
    pub fn new(region: &str, service: &str, operation: &str, resource: Option<&str>) -> Self {
        match resource {
            Some(resource) => Self(format!("{region}/{service}:{operation}/{resource}")),
            None => Self(format!("{region}/{service}:{operation}")),
        }
    }
}

impl std::fmt::Display for GapId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

aws_enum! {
    /// Why a call gave no answer that could be used.
    GapKind {
        /// The caller may not make this call: the IAM action is missing or an organization policy forbids it.
        Denied => "denied",
        /// AWS asked to slow down and went on doing so after every retry.
        Throttled => "throttled",
        /// No answer in the time allowed: too slow, the connection failed, or the run was stopped first (code `Interrupted`).
        TimedOut => "timed_out",
        /// The region or endpoint does not offer the call.
        Unsupported => "unsupported",
        /// An answer that could not be understood.
        Malformed => "malformed",
        /// AWS answered with a failure of its own (5xx), after every retry.
        ServerError => "server_error",
    }
}

/// One thing that was not read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Gap {
    /// Account that was asked; 12 digits, absent where even the identity is unknown.
    pub account: Option<String>,
    /// Region that was asked, [`GLOBAL`](super::GLOBAL) for a call that has none.
    pub region: String,
    /// Service as IAM writes it before the colon, such as `ec2`.
    pub service: String,
    /// API operation, such as `DescribeNatGateways`.
    pub operation: String,
    /// IAM action that allows the call, such as `ec2:DescribeNatGateways`.
    pub action: String,
    /// Id of the one resource the call was about, such as a bucket's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Class of the failure.
    pub kind: GapKind,
    /// Error code of the service or of the transport.
    pub code: String,
    /// What the service said, in its own words. Text from outside: hostile wherever it is shown.
    pub message: String,
    /// Request id of the last attempt, where AWS gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Gap {
    /// The id other data refers to this gap by.
    #[must_use]
    pub fn id(&self) -> GapId {
        GapId::new(&self.region, &self.service, &self.operation, self.resource.as_deref())
    }
}
