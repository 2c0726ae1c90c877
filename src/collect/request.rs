//! What a scan is asked to do.

use std::path::PathBuf;
use std::time::Duration;

/// Longest time CloudWatch keeps what it measured, in days.
/// Source: CloudWatch User Guide, "Metrics concepts", section "Metrics retention".
pub const MAX_LOOKBACK_DAYS: u32 = 455;

/// What a scan is asked to do.
#[derive(Debug, Clone)]
pub struct ScanRequest {
    /// Regions to read; empty for every enabled one. Buckets of other regions are then left out, too.
    pub regions: Vec<String>,
    /// Regions to leave out, with their buckets.
    pub exclude_regions: Vec<String>,
    /// Profile of the AWS configuration files.
    pub profile: Option<String>,
    /// Role to assume before anything is read.
    pub role_arn: Option<String>,
    /// External id that the role's trust policy asks for.
    pub external_id: Option<String>,
    /// Address that takes the place of every service's own endpoint.
    pub endpoint_url: Option<String>,
    /// Where answers come from and where they are kept.
    pub transport: Transport,
    /// Length of the metrics window in days.
    pub lookback_days: u32,
    /// Whether the Price List API is asked for the prices of the regions.
    pub live_prices: bool,
    /// Whether AWS's published quotas of calls are kept from the first call, and not only from the first refusal: of an address of
    /// the user's own nobody publishes any.
    pub published_quotas: bool,
    /// Calls in flight at once, in the whole run (count).
    pub max_concurrency: usize,
    /// Longest time one call may take, retries included.
    pub timeout: Duration,
    /// The instant the scan is said to begin at; in replay the recording's own takes its place.
    pub now: jiff::Timestamp,
}

/// Where answers come from and where they are kept.
#[derive(Debug, Clone)]
pub enum Transport {
    /// From AWS.
    Live,
    /// From AWS, and kept in a folder.
    Record {
        /// New or empty folder.
        dir: PathBuf,
        /// Whether account ids and names are replaced in what is kept.
        redact: bool,
    },
    /// From a folder that an earlier scan recorded; no network, no credentials.
    Replay {
        /// Folder with `recording.json`.
        dir: PathBuf,
    },
}
