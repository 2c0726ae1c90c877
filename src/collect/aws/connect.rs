//! Region, credentials, timeouts and retries of a run.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::identity::IdentityCache;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::http::{Wire, live};
use super::tape::{Player, Recorder};
use crate::collect::error::CollectError;
use crate::collect::regions::home;
use crate::collect::request::{ScanRequest, Transport};
use crate::model::is_region_name;

/// Everything clients need to reach AWS or a recording.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) config: SdkConfig,
    pub(crate) wire: Wire,
}

impl Connection {
    /// Whether a bucket's name goes into the path instead of the host: an address of the user's own has no names below
    /// it, and a recording is to read the same wherever it was made.
    pub(crate) fn path_style(&self) -> bool {
        self.config.endpoint_url().is_some() || !matches!(self.wire, Wire::Live(_))
    }
}

/// The region that the environment or the profile names.
pub(crate) async fn configured_region(profile: Option<&str>) -> Option<String> {
    let mut from_profile = ProfileFileRegionProvider::builder();
    if let Some(profile) = profile {
        from_profile = from_profile.profile_name(profile);
    }
    let chain = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new()).or_else(from_profile.build());
    chain.region().await.map(|region| region.as_ref().to_owned())
}

/// Connects as the request asks. Sends nothing yet: credentials are looked up with the first call.
pub(crate) async fn connect(request: &ScanRequest, home: &str) -> Result<Connection, CollectError> {
    if let Transport::Replay { dir } = &request.transport {
        return Ok(Connection { config: replay_config(home), wire: Wire::Replay(Arc::new(Player::open(dir)?)) });
    }
    check_environment(std::env::vars_os())?;
    if let Some(url) = &request.endpoint_url {
        check_url(url)?;
    }
    let http = live();
    let config = in_role(own_config(request, home, &http).await, request).await;
    let wire = match &request.transport {
        Transport::Record { dir, redact } => Wire::Record(http, Arc::new(Recorder::create(dir, *redact)?)),
        Transport::Live | Transport::Replay { .. } => Wire::Live(http),
    };
    Ok(Connection { config, wire })
}

/// Who asks: the caller, and whoever the caller becomes in the account that is scanned.
#[derive(Debug, Clone)]
pub(crate) struct Callers {
    /// With the caller's own credentials.
    pub(crate) own: SdkConfig,
    /// In the account that is scanned: the role's, else the caller's own.
    pub(crate) scanned: SdkConfig,
    /// Region of both.
    pub(crate) region: String,
}

impl Callers {
    /// The callers of a scan, whatever its transport. Sends nothing yet.
    pub(crate) async fn of(request: &ScanRequest) -> Result<Self, CollectError> {
        check_environment(std::env::vars_os())?;
        if let Some(url) = &request.endpoint_url {
            check_url(url)?;
        }
        let configured = configured_region(request.profile.as_deref()).await;
        let region = home(&request.regions, configured.as_deref().filter(|name| is_region_name(name)));
        let http = live();
        let own = own_config(request, &region, &http).await;
        Ok(Self { scanned: in_role(own.clone(), request).await, own, region })
    }
}

/// As the caller.
async fn own_config(request: &ScanRequest, home: &str, http: &SharedHttpClient) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http.clone())
        .region(Region::new(home.to_owned()))
        .retry_config(retries(Duration::from_secs(1), Duration::from_secs(8)))
        // An answer that stalls is for the timeouts: all of them are short, and to measure each one's pace costs more than to read it.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .timeout_config(timeouts(request.timeout));
    if let Ok(name) = AppName::new("natless") {
        loader = loader.app_name(name);
    }
    if let Some(profile) = &request.profile {
        // A profile that is named wins over credentials in the environment, as in the AWS CLI.
        // Source: AWS CLI User Guide, "Configuration settings and precedence".
        let provider =
            ProviderConfig::without_region().with_region(Some(Region::new(home.to_owned()))).with_http_client(http.clone());
        let credentials = ProfileFileCredentialsProvider::builder().configure(&provider).profile_name(profile).build();
        loader = loader.profile_name(profile).credentials_provider(credentials);
    }
    if let Some(url) = &request.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    loader.load().await
}

/// In the role of the request, where it names one.
async fn in_role(own: SdkConfig, request: &ScanRequest) -> SdkConfig {
    let Some(role_arn) = &request.role_arn else { return own };
    // As for the caller's identity: whoever waits for the first answer wants to hear soon that there is none.
    let patience = RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(200));
    let caller = own.clone().into_builder().retry_config(patience).build();
    let mut role = AssumeRoleProvider::builder(role_arn).configure(&caller).session_name("natless");
    if let Some(external_id) = &request.external_id {
        role = role.external_id(external_id);
    }
    // One identity cache for all regions: the role is assumed once, and again only when its session runs out.
    own.into_builder()
        .credentials_provider(SharedCredentialsProvider::new(role.build().await))
        .identity_cache(IdentityCache::lazy().build())
        .build()
}

fn replay_config(home: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(home.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("REPLAY", "replay", None, None, "replay")))
        .identity_cache(IdentityCache::lazy().build())
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(SystemTimeSource::new())
        // Recorded throttles are retried as they were, without waiting for anybody.
        .retry_config(retries(Duration::from_millis(1), Duration::from_millis(1)))
        .timeout_config(TimeoutConfig::disabled())
        .build()
}

/// Six attempts: measured to be enough for a burst that is throttled to a third of its rate.
fn retries(first_wait: Duration, longest_wait: Duration) -> RetryConfig {
    RetryConfig::standard().with_max_attempts(6).with_initial_backoff(first_wait).with_max_backoff(longest_wait)
}

/// Half the time for one attempt, so that a lost one can be made again.
fn timeouts(timeout: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(timeout.min(Duration::from_millis(3_100)))
        .operation_attempt_timeout(timeout / 2)
        .operation_timeout(timeout)
        .build()
}

/// The SDK passes over what is no text, and would go on as somebody else or somewhere else than the variable says.
fn check_environment(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<(), CollectError> {
    let texts = variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    let odd = texts.filter(|(name, value)| name.starts_with("AWS_") && value.to_str().is_none()).map(|(name, _)| name).min();
    odd.map_or(Ok(()), |name| Err(CollectError::BadVariable { name }))
}

fn check_url(url: &str) -> Result<(), CollectError> {
    let bad = |detail: &str| CollectError::BadEndpoint { url: without_password(url), detail: detail.to_owned() };
    let parsed: http::Uri = url.parse().map_err(|error: http::uri::InvalidUri| bad(&error.to_string()))?;
    if !matches!(parsed.scheme_str(), Some("http" | "https")) {
        return Err(bad("it begins with neither `http://` nor `https://`"));
    }
    if parsed.host().is_none_or(str::is_empty) {
        return Err(bad("it names no host"));
    }
    let (host, authority) = (parsed.host().unwrap_or_default(), parsed.authority().map_or("", http::uri::Authority::as_str));
    if authority.contains('@') {
        return Err(bad("it holds a user name or a password, and natless signs with AWS credentials only"));
    }
    if authority != host && parsed.port_u16().is_none_or(|port| port == 0) {
        return Err(bad("its port is not a number from 1 to 65535"));
    }
    if parsed.query().is_some() {
        return Err(bad("it holds a query"));
    }
    Ok(())
}

/// An address as it may be shown.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.rsplit_once('@') {
        Some((_, place)) => format!("{scheme}://...@{place}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoint_addresses_are_checked_before_anything_is_sent() {
        assert!(check_url("http://127.0.0.1:5000").is_ok());
        assert!(check_url("https://[::1]:5000/path").is_ok() && check_url("http://localhost").is_ok());
        for url in [
            "127.0.0.1:5000",
            "ftp://host",
            "",
            "http://",
            "http://host:99999",
            "http://host:0",
            "http://host:",
            "http://host/?a=b",
            "http://user@host",
        ] {
            assert!(matches!(check_url(url), Err(CollectError::BadEndpoint { .. })), "{url}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_not_repeated() {
        for url in ["http://user:hush@host:5000", "http://user:hu@sh@host", "http://user:hush@ho st"] {
            let refused = check_url(url).unwrap_err().to_string();
            assert!(!refused.contains("hu") && refused.contains("...@ho"), "{refused}");
        }
    }
}
