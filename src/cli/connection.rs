//! Options that say what to read and how to reach it.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::collect::{MAX_LOOKBACK_DAYS, ScanRequest, Transport};
use crate::model::{is_account_id, is_region_name};

/// Options that a recording has no use for: whom to ask and as whom, and the window of metrics, which is the recorded one.
const NOT_IN_REPLAY: [&str; 7] = ["record", "redact", "profile", "role_arn", "external_id", "endpoint_url", "lookback"];

/// Every option here, which a snapshot has no use for.
pub(super) const ALL: [&str; 12] = [
    "profile",
    "regions",
    "exclude_regions",
    "role_arn",
    "external_id",
    "endpoint_url",
    "replay",
    "record",
    "redact",
    "lookback",
    "max_concurrency",
    "timeout",
];

/// What to read, and how to reach it.
#[derive(Debug, Clone, Args)]
pub(super) struct ConnectionArgs {
    /// Profile of the AWS configuration files
    #[arg(long, value_name = "NAME", help_heading = "Account")]
    profile: Option<String>,
    /// Read this region only; may be given several times [default: every enabled region]
    #[arg(long = "region", value_name = "REGION", value_delimiter = ',', value_parser = region, help_heading = "Account")]
    regions: Vec<String>,
    /// Leave this region out; may be given several times
    #[arg(long = "exclude-region", value_name = "REGION", value_delimiter = ',', value_parser = region, help_heading = "Account")]
    exclude_regions: Vec<String>,
    /// Assume this role before anything is read
    #[arg(long, value_name = "ARN", group = "entry", help_heading = "Account")]
    role_arn: Option<String>,
    /// External id that the role's trust policy asks for
    #[arg(long, value_name = "ID", requires = "entry", help_heading = "Account")]
    external_id: Option<String>,
    /// Ask this address in place of every AWS service
    #[arg(long, value_name = "URL", help_heading = "Account")]
    endpoint_url: Option<String>,
    /// Take the answers from a folder that --record wrote: no network, no credentials
    #[arg(long, value_name = "DIR", conflicts_with_all = NOT_IN_REPLAY, help_heading = "Recording")]
    replay: Option<PathBuf>,
    /// Keep what AWS answers in a new folder, for --replay
    #[arg(long, value_name = "DIR", help_heading = "Recording")]
    record: Option<PathBuf>,
    /// Replace account ids and names in what is kept
    #[arg(long, requires = "record", help_heading = "Recording")]
    redact: bool,
    /// Days of metrics to read
    #[arg(long, value_name = "DAYS", default_value_t = 14, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_LOOKBACK_DAYS)), help_heading = "Limits")]
    lookback: u32,
    /// Calls in flight at once
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..), help_heading = "Limits")]
    max_concurrency: u16,
    /// Longest time one call may take, retries included
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=86_400), help_heading = "Limits")]
    timeout: u32,
}

impl ConnectionArgs {
    /// The request these options stand for, at this instant.
    pub(super) fn request(&self, now: jiff::Timestamp) -> ScanRequest {
        let transport = match (&self.replay, &self.record) {
            (Some(dir), _) => Transport::Replay { dir: dir.clone() },
            (None, Some(dir)) => Transport::Record { dir: dir.clone(), redact: self.redact },
            (None, None) => Transport::Live,
        };
        ScanRequest {
            regions: self.regions.clone(),
            exclude_regions: self.exclude_regions.clone(),
            profile: self.profile.clone(),
            role_arn: self.role_arn.clone(),
            external_id: self.external_id.clone(),
            endpoint_url: self.endpoint_url.clone(),
            transport,
            lookback_days: self.lookback,
            live_prices: false,
            published_quotas: self.endpoint_url.is_none(),
            max_concurrency: usize::from(self.max_concurrency),
            timeout: Duration::from_secs(u64::from(self.timeout)),
            now,
        }
    }
}

/// The shape of a region's name; whether it exists is for AWS to say.
fn region(text: &str) -> Result<String, String> {
    if is_region_name(text) { Ok(text.to_owned()) } else { Err("a region is named like `eu-west-1`".to_owned()) }
}

/// The shape of an account id.
pub(super) fn account_id(text: &str) -> Result<String, String> {
    if is_account_id(text) { Ok(text.to_owned()) } else { Err("an account id has 12 digits".to_owned()) }
}
