//! `recording.json`: of which account, when, and what was asked for.

use serde::{Deserialize, Serialize};

/// Version of the recording format this program writes and reads.
pub(crate) const MANIFEST_SCHEMA: &str = "natless/recording/1";

/// File that makes a folder a recording.
pub(crate) const MANIFEST_FILE: &str = "recording.json";

/// What a recording is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// Always [`MANIFEST_SCHEMA`].
    pub(crate) schema: String,
    /// Version of natless that wrote it.
    pub(crate) natless: String,
    /// When the recorded scan began; "now" when it is played, so that metric windows are the same.
    pub(crate) recorded_at: jiff::Timestamp,
    /// Account, 12 digits.
    pub(crate) account: String,
    /// Partition.
    pub(crate) partition: String,
    /// Region that was asked for the account's identity and its list of regions.
    pub(crate) home_region: String,
    /// Regions that were read.
    pub(crate) regions: Vec<String>,
    /// Whether the scan was narrowed to these by `--region` or `--exclude-region`.
    pub(crate) narrowed: bool,
    /// Length of the metrics window in days.
    pub(crate) lookback_days: u32,
    /// Whether account ids and names were replaced.
    pub(crate) redacted: bool,
}
