//! Flow logs.

use serde::{Deserialize, Serialize};

use crate::model::Tags;

/// One flow log. Source: `ec2:DescribeFlowLogs` `FlowLogs[]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowLog {
    /// Flow log id.
    pub id: String,
    /// VPC, subnet, interface, transit gateway or regional NAT gateway it watches.
    pub resource_id: String,
    /// `ACTIVE`, or not.
    pub status: String,
    /// `ACCEPT`, `REJECT` or `ALL`.
    pub traffic_type: String,
    /// `cloud-watch-logs`, `s3` or `kinesis-data-firehose`.
    pub destination_type: String,
    /// ARN of the destination.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
    /// Fields of a record, as AWS writes the format. Never assumed.
    pub format: String,
    /// Longest time a record covers, in seconds: 60 or 600.
    pub aggregation_seconds: u32,
    /// Why delivery fails; absent when it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_error: Option<String>,
    /// Tags.
    #[serde(default)]
    pub tags: Tags,
}
