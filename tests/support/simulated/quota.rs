//! Quotas of calls: a token bucket for each that AWS publishes.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::request::Call;

/// One quota.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quota {
    /// Calls that may come at once (count).
    pub(super) capacity: f64,
    /// Calls per second after that.
    pub(super) rate: f64,
    /// Whether each operation is counted by itself.
    per_operation: bool,
}

/// The quota that a service publishes for the calls that natless makes; `None` where it publishes none.
pub(super) fn quota(service: &str) -> Option<Quota> {
    let (capacity, rate, per_operation) = match service {
        // Source: EC2 Developer Guide, "Request throttling for the Amazon EC2 API", "Request token bucket sizes and refill rates":
        // non-mutating actions.
        "ec2" => (100.0, 20.0, true),
        // Source: Route 53 Developer Guide, "Quotas", "Maximums on API requests": five a second per account, all operations together.
        "route53" => (5.0, 5.0, false),
        // Source: CloudWatch User Guide, "CloudWatch service quotas": GetMetricData.
        "cloudwatch" => (50.0, 50.0, true),
        // Source: AWS Billing User Guide, "Using the AWS Price List Query API", "Quotas".
        "pricing" => (10.0, 5.0, true),
        _ => return None,
    };
    Some(Quota { capacity, rate, per_operation })
}

/// Service, region and operation of a bucket.
type Key = (String, String, String);
/// Tokens left, and when they were counted.
type Left = (f64, Instant);

/// The buckets.
#[derive(Debug)]
pub(super) struct Quotas {
    kept: bool,
    left: Mutex<BTreeMap<Key, Left>>,
}

impl Quotas {
    pub(super) fn new(kept: bool) -> Self {
        Self { kept, left: Mutex::default() }
    }

    /// Takes a token for a call; whether there was one. A refused call takes none.
    pub(super) fn take(&self, call: &Call) -> bool {
        let Some(quota) = quota(call.service).filter(|_| self.kept) else { return true };
        let operation = if quota.per_operation { call.operation.clone() } else { String::new() };
        let key = (call.service.to_owned(), call.region.clone(), operation);
        let now = Instant::now();
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let (tokens, at) = left.entry(key).or_insert((quota.capacity, now));
        *tokens = (*tokens + now.duration_since(*at).as_secs_f64() * quota.rate).min(quota.capacity);
        *at = now;
        let there = *tokens >= 1.0;
        if there {
            *tokens -= 1.0;
        }
        there
    }
}
