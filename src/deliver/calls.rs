//! The one table of every AWS call by which natless hands over what it made, and the rule that it makes no other.
//!
//! A scan makes none of them: they go to the bucket, topic, bus and hub that somebody named, with the caller's own credentials.

/// One API call of a delivery.
#[derive(Debug, PartialEq, Eq)]
pub struct DeliveryCall {
    /// Service, by the name of its SDK crate.
    pub service: &'static str,
    /// API operation.
    pub operation: &'static str,
    /// IAM action that allows it.
    /// Source: Service Authorization Reference, "Actions, resources, and condition keys" of the service.
    pub action: &'static str,
}

/// Every call of a delivery.
pub static CALLS: &[DeliveryCall] = &[
    // Reports, the snapshot and the record, below the prefix.
    DeliveryCall { service: "s3", operation: "PutObject", action: "s3:PutObject" },
    // Which records of earlier scans there are, and what is in them.
    DeliveryCall { service: "s3", operation: "ListObjectsV2", action: "s3:ListBucket" },
    DeliveryCall { service: "s3", operation: "GetObject", action: "s3:GetObject" },
    DeliveryCall { service: "sns", operation: "Publish", action: "sns:Publish" },
    // To the Security Hub of the findings' region, in the account that was scanned.
    DeliveryCall { service: "securityhub", operation: "BatchImportFindings", action: "securityhub:BatchImportFindings" },
    DeliveryCall { service: "eventbridge", operation: "PutEvents", action: "events:PutEvents" },
];

/// Whether a client of this service may make this call.
#[must_use]
pub fn is_allowed(service: &str, operation: &str) -> bool {
    CALLS.iter().any(|call| call.service == service && call.operation == operation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_deleted_and_no_setting_changed() {
        assert!(is_allowed("s3", "PutObject") && !is_allowed("s3", "DeleteObject") && !is_allowed("s3", "PutBucketPolicy"));
        assert!(!is_allowed("sns", "PutObject") && !is_allowed("", ""));
    }
}
