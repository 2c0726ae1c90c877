//! How fast calls go out, so that the account's own workload keeps its quotas.
//!
//! A token bucket for each quota that AWS publishes, at nine tenths of it: the rest is the account's own. A bucket holds more
//! than one region's wave of calls, so it costs no time until a region has very many resources. Where AWS asks to slow down,
//! somebody else is asking too: the rate is halved and recovers within ten seconds.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::lock::lock;

/// When the published quotas are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// From the first call: the calls go to AWS.
    Published,
    /// From the first throttle: the calls go to an address of the user's own, whose quotas nobody publishes.
    AfterThrottle,
}

/// What one bucket stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Quota {
    /// Calls that may go out at once (count).
    capacity: f64,
    /// Calls per second after that.
    rate: f64,
    /// Whether each operation has a bucket of its own.
    per_operation: bool,
}

/// Quotas, nine tenths of what the service publishes, where it does.
fn quota(service: &str) -> Quota {
    let (capacity, rate, per_operation) = match service {
        // EC2 counts each operation by itself, per account and region: 100 tokens, 20 a second for Describe, Get and
        // Search (50 and 10 for operations asked without pages or filters; natless asks for pages where there are any).
        // Source: EC2 Developer Guide, "Request throttling for the Amazon EC2 API".
        "ec2" => (90.0, 18.0, true),
        // Five a second per account over all operations; a burst is not promised.
        // Source: Route 53 Developer Guide, "Quotas", "Maximums on API requests".
        "route53" => (4.5, 4.5, false),
        // GetMetricData: 50 a second per account and region. Source: CloudWatch User Guide, "CloudWatch service quotas".
        "cloudwatch" => (45.0, 45.0, true),
        // S3 publishes 5,500 reads a second per prefix of objects and nothing for bucket settings.
        // Source: S3 User Guide, "Best practices design patterns: optimizing Amazon S3 performance".
        "s3" => (200.0, 100.0, false),
        // GetProducts: 10 tokens, 5 a second per account and region of the endpoint.
        // Source: AWS Billing User Guide, "Using the AWS Price List Query API", "Quotas".
        "pricing" => (9.0, 4.5, true),
        // Nothing published: low numbers of our own.
        "s3control" => (20.0, 10.0, true),
        "organizations" => (5.0, 4.0, true),
        _ => (10.0, 5.0, true),
    };
    Quota { capacity, rate, per_operation }
}

/// One quota's tokens.
#[derive(Debug)]
struct Bucket {
    quota: Quota,
    /// Whether the quota is in force.
    limited: bool,
    /// Calls that may go out now; below zero, calls that wait.
    tokens: f64,
    /// Calls per second at present.
    rate: f64,
    refilled: Instant,
    slowed: Option<Instant>,
    throttles: u64,
}

/// A burst of calls is throttled as a burst: only the first refusal of a second halves the rate.
const ONE_BURST: Duration = Duration::from_secs(1);

impl Bucket {
    fn new(quota: Quota, pace: Pace, now: Instant) -> Self {
        let limited = pace == Pace::Published;
        Self { quota, limited, tokens: quota.capacity, rate: quota.rate, refilled: now, slowed: None, throttles: 0 }
    }

    fn refill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.refilled).as_secs_f64();
        self.tokens = (self.tokens + elapsed * self.rate).min(self.quota.capacity);
        self.rate = (self.rate + elapsed * self.quota.rate / 10.0).min(self.quota.rate);
        self.refilled = now;
    }

    /// Takes a token and tells how long to wait until it is there. Callers wait in the order in which they asked.
    fn take(&mut self, now: Instant) -> Duration {
        self.refill(now);
        self.tokens -= 1.0;
        if !self.limited || self.tokens >= 0.0 {
            self.tokens = if self.limited { self.tokens } else { self.quota.capacity };
            return Duration::ZERO;
        }
        Duration::from_secs_f64(-self.tokens / self.rate)
    }

    fn slow_down(&mut self, now: Instant) {
        self.refill(now);
        self.throttles += 1;
        self.limited = true;
        if self.slowed.is_none_or(|last| now.saturating_duration_since(last) >= ONE_BURST) {
            self.rate = (self.rate / 2.0).max(self.quota.rate / 16.0);
            self.tokens = self.tokens.min(0.0);
            self.slowed = Some(now);
        }
    }
}

/// The buckets of a run, by service, region and operation.
#[derive(Debug)]
pub(crate) struct Pacing {
    pace: Pace,
    buckets: Mutex<BTreeMap<(String, String, String), Bucket>>,
}

impl Pacing {
    /// Full buckets.
    pub(crate) fn new(pace: Pace) -> Self {
        Self { pace, buckets: Mutex::default() }
    }

    /// Waits until the call may go out.
    pub(crate) async fn wait(&self, service: &str, region: &str, operation: &str) {
        let now = Instant::now();
        let wait = self.with(service, region, operation, |bucket| bucket.take(now));
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Takes note that AWS asked to slow down.
    pub(crate) fn throttled(&self, service: &str, region: &str, operation: &str) {
        let now = Instant::now();
        self.with(service, region, operation, |bucket| bucket.slow_down(now));
    }

    /// How often AWS asked to slow down so far (count).
    pub(crate) fn throttles(&self, service: &str, region: &str, operation: &str) -> u64 {
        self.with(service, region, operation, |bucket| bucket.throttles)
    }

    fn with<T>(&self, service: &str, region: &str, operation: &str, what: impl FnOnce(&mut Bucket) -> T) -> T {
        let quota = quota(service);
        let operation = if quota.per_operation { operation } else { "" };
        let key = (service.to_owned(), region.to_owned(), operation.to_owned());
        let mut buckets = lock(&self.buckets);
        what(buckets.entry(key).or_insert_with(|| Bucket::new(quota, self.pace, Instant::now())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EC2: &str = "ec2";

    fn after(start: Instant, milliseconds: u64) -> Instant {
        start + Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_wave_under_the_capacity_never_waits() {
        let start = Instant::now();
        let mut bucket = Bucket::new(quota(EC2), Pace::Published, start);
        assert!((0..90).all(|_| bucket.take(start).is_zero()));
        assert_eq!(bucket.take(start), Duration::from_secs_f64(1.0 / 18.0));
        assert_eq!(bucket.take(start), Duration::from_secs_f64(2.0 / 18.0));
    }

    #[test]
    fn tokens_come_back_at_the_rate_and_never_above_the_capacity() {
        let start = Instant::now();
        let mut bucket = Bucket::new(quota(EC2), Pace::Published, start);
        (0..90).for_each(|_| assert!(bucket.take(start).is_zero()));
        assert!((0..18).all(|_| bucket.take(after(start, 1_000)).is_zero()));
        assert!(!bucket.take(after(start, 1_000)).is_zero());
        let later = after(start, 3_600_000);
        assert_eq!((0..120).filter(|_| bucket.take(later).is_zero()).count(), 90);
    }

    #[test]
    fn a_throttle_halves_the_rate_once_per_burst_and_it_recovers() {
        let start = Instant::now();
        let mut bucket = Bucket::new(quota(EC2), Pace::Published, start);
        bucket.slow_down(start);
        bucket.slow_down(after(start, 10));
        assert!((bucket.rate - 9.0).abs() < 0.1, "{}", bucket.rate);
        assert_eq!(bucket.throttles, 2);
        assert!(bucket.take(after(start, 10)) > Duration::from_millis(100));
        bucket.refill(after(start, 20_000));
        assert!((bucket.rate - 18.0).abs() < 0.01, "{}", bucket.rate);
    }

    #[test]
    fn an_address_of_the_users_own_is_not_paced_before_it_throttles() {
        let start = Instant::now();
        let mut bucket = Bucket::new(quota("route53"), Pace::AfterThrottle, start);
        assert!((0..1_000).all(|_| bucket.take(start).is_zero()));
        bucket.slow_down(start);
        assert!(!bucket.take(start).is_zero());
    }

    #[test]
    fn route_53_counts_all_operations_together_and_ec2_each_by_itself() {
        let pacing = Pacing::new(Pace::Published);
        pacing.throttled("route53", "aws-global", "ListHostedZonesByVPC");
        assert_eq!(pacing.throttles("route53", "aws-global", "ListResourceRecordSets"), 1);
        pacing.throttled(EC2, "eu-west-1", "DescribeVpcs");
        assert_eq!(pacing.throttles(EC2, "eu-west-1", "DescribeSubnets"), 0);
        assert_eq!(pacing.throttles(EC2, "us-east-1", "DescribeVpcs"), 0);
    }
}
