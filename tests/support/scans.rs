//! Scans of a simulated AWS inside this process.

use std::sync::Arc;
use std::time::Duration;

use natless::collect::{NullObserver, ScanRequest, Transport, collect};
use natless::model::Inventory;

use super::SimulatedAws;

/// A scan of everything that the simulated AWS has, as fast as the published quotas allow.
pub(crate) fn request(aws: &SimulatedAws) -> ScanRequest {
    ScanRequest {
        regions: Vec::new(),
        exclude_regions: Vec::new(),
        profile: None,
        role_arn: None,
        external_id: None,
        endpoint_url: Some(aws.url()),
        transport: Transport::Live,
        lookback_days: 14,
        live_prices: false,
        published_quotas: true,
        max_concurrency: 512,
        timeout: Duration::from_mins(10),
        now: "2026-11-23T02:00:00Z".parse().unwrap(),
    }
}

/// What a scan reads.
pub(crate) fn read(request: &ScanRequest) -> Inventory {
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(collect(request, Arc::new(NullObserver), stopped)).unwrap()
}
