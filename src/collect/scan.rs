//! One scan: who we are, which regions there are, then everything at once.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::error::SdkError;
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use super::aws::http::Wire;
use super::aws::tape::{MANIFEST_SCHEMA, Manifest};
use super::aws::turn::Turns;
use super::aws::{Aws, Connection, configured_region, connect};
use super::error::CollectError;
use super::event::{Event, Observer};
use super::lock::lock;
use super::outcome::{self, chain};
use super::pacing::{Pace, Pacing};
use super::regions::{Choice, home, known_regions};
use super::request::{ScanRequest, Transport};
use super::session::{RegionSession, Run, begin, interrupted, joined};
use super::{cloudwatch, directconnect, ec2, organizations, pricing, route53, s3, s3control};
use crate::model::{
    Account, GapKind, INVENTORY_SCHEMA, Inventory, Partition, RegionInventory, Scope, is_account_id, is_region_name,
};

/// Reads an account.
///
/// What cannot be read is a gap of the inventory. When `stop` becomes true, calls that were not answered end at once as
/// gaps, and what was read comes back.
///
/// # Errors
/// Where there is nothing to report: no identity, no region that answers, a region or recording that cannot be used.
pub async fn collect(
    request: &ScanRequest,
    observer: Arc<dyn Observer>,
    stop: watch::Receiver<bool>,
) -> Result<Inventory, CollectError> {
    let configured = match &request.transport {
        Transport::Replay { .. } => None,
        Transport::Live | Transport::Record { .. } => configured_region(request.profile.as_deref()).await,
    };
    // An empty variable is as good as none.
    let configured = configured.filter(|name| !name.is_empty());
    if let Some(name) = configured.as_ref().filter(|name| request.regions.is_empty() && !is_region_name(name)) {
        return Err(CollectError::UnknownRegion { name: name.clone(), nearest: None });
    }
    let home = home(&request.regions, configured.as_deref());
    let connection = connect(request, &home).await?;
    let plan = Arc::new(Plan::new(request, &connection, home));
    let pace = match &connection.wire {
        // An address that the environment names is none of AWS's either.
        Wire::Live(_) | Wire::Record(..)
            if request.published_quotas && (request.endpoint_url.is_some() || connection.config.endpoint_url().is_none()) =>
        {
            Pace::Published
        }
        Wire::Live(_) | Wire::Record(..) | Wire::Replay(_) => Pace::AfterThrottle,
    };
    let pacing = Arc::new(Pacing::new(pace));
    let mut aws = Aws::new(connection, &pacing, &plan.home);
    let account = identity(&aws, request, &plan.home, stop.clone()).await?;
    plan.check_account(&account)?;
    aws.set_global_region(account.partition.global_region());
    let run = Arc::new(Run {
        aws,
        account_id: account.id.clone(),
        partition: account.partition.clone(),
        now: plan.now,
        lookback_days: plan.lookback_days,
        pacing,
        observer,
        stop,
        turns: Turns::new(),
        permits: Semaphore::new(request.max_concurrency.clamp(1, Semaphore::MAX_PERMITS)),
        gaps: Mutex::default(),
        reach: Mutex::default(),
        zones: Mutex::default(),
    });
    // On a worker of the runtime, so that what it begins is queued there in the order in which it begins.
    let inventory = joined(tokio::spawn(read_account(Arc::clone(&run), Arc::clone(&plan), account))).await?;
    if let Wire::Record(_, recorder) = run.aws.wire() {
        recorder.finish(plan.manifest(&inventory))?;
    }
    Ok(inventory)
}

/// What is read, from the request and, in replay, from the recording.
#[derive(Debug)]
struct Plan {
    /// The recording that is played, and what it says of itself.
    recorded: Option<(PathBuf, Manifest)>,
    home: String,
    choice: Choice,
    now: jiff::Timestamp,
    lookback_days: u32,
    live_prices: bool,
}

impl Plan {
    fn new(request: &ScanRequest, connection: &Connection, home: String) -> Self {
        let asked = Choice::new(&request.regions, &request.exclude_regions);
        let Wire::Replay(player) = &connection.wire else {
            let lookback_days = request.lookback_days.max(1);
            let (now, live_prices) = (request.now, request.live_prices);
            return Self { recorded: None, home, choice: asked, now, lookback_days, live_prices };
        };
        // A recording answers only what was asked then: the same window, and no more regions than it has.
        let recorded = &player.manifest;
        let choice = if !asked.narrows() && recorded.narrowed { Choice::new(&recorded.regions, &[]) } else { asked };
        Self {
            recorded: Some((player.dir.clone(), recorded.clone())),
            home: recorded.home_region.clone(),
            choice,
            now: recorded.recorded_at,
            lookback_days: recorded.lookback_days,
            live_prices: request.live_prices,
        }
    }

    /// Refuses a recording in which somebody else answers than it says.
    fn check_account(&self, account: &Account) -> Result<(), CollectError> {
        match &self.recorded {
            Some((dir, manifest)) if manifest.account != account.id => {
                let problem = format!(
                    "it is said to be of account `{}`, and `sts:GetCallerIdentity` answers `{}`: make the two agree",
                    manifest.account, account.id
                );
                Err(CollectError::Recording { path: dir.clone(), problem })
            }
            _ => Ok(()),
        }
    }

    /// Refuses regions that were asked for by name and are not in the recording: nothing of them could be told.
    fn check_recorded(&self, names: Vec<String>) -> Result<Vec<String>, CollectError> {
        let Some((dir, manifest)) = &self.recorded else { return Ok(names) };
        match names.iter().find(|name| self.choice.asks_for(name) && !manifest.regions.contains(name)) {
            Some(name) => {
                let problem = format!("it holds nothing of region `{name}`, only of {}", manifest.regions.join(", "));
                Err(CollectError::Recording { path: dir.clone(), problem })
            }
            None => Ok(names),
        }
    }

    fn manifest(&self, inventory: &Inventory) -> Manifest {
        Manifest {
            schema: MANIFEST_SCHEMA.to_owned(),
            natless: inventory.natless.clone(),
            recorded_at: self.now,
            account: inventory.account.id.clone(),
            partition: inventory.account.partition.as_str().to_owned(),
            home_region: self.home.clone(),
            regions: inventory.regions.keys().cloned().collect(),
            narrowed: self.choice.narrows(),
            lookback_days: self.lookback_days,
            redacted: false,
        }
    }
}

/// Who asks, and in which account. The one call whose failure ends the scan.
pub(super) async fn identity(
    aws: &Aws,
    request: &ScanRequest,
    home: &str,
    mut stop: watch::Receiver<bool>,
) -> Result<Account, CollectError> {
    // Fewer attempts than elsewhere: whoever waits for the first answer wants to hear soon that there is none.
    let patience = aws_sdk_sts::Config::builder()
        .retry_config(RetryConfig::standard().with_max_attempts(3).with_initial_backoff(std::time::Duration::from_millis(200)));
    let client = aws.sts(home);
    let call = client.get_caller_identity().customize().config_override(patience).send();
    let answer = tokio::select! {
        biased;
        () = interrupted(&mut stop) => return Err(CollectError::Stopped),
        answer = call => answer.map_err(|error| identity_error(&error, request, home))?,
    };
    let (Some(id), Some(arn)) = (answer.account(), answer.arn()) else {
        let message = "the answer lacks `Account` or `Arn`".to_owned();
        return Err(CollectError::NoIdentity { endpoint: endpoint(request, home), code: "MissingMember".to_owned(), message });
    };
    // The id becomes part of the names of hosts. Source: AWS Account Management Reference Guide, "AWS account identifiers".
    if !is_account_id(id) {
        let message = format!("`{id}` is no account id");
        return Err(CollectError::NoIdentity { endpoint: endpoint(request, home), code: "MalformedMember".to_owned(), message });
    }
    let partition = arn.split(':').nth(1).filter(|partition| !partition.is_empty()).unwrap_or("aws");
    Ok(Account { id: id.to_owned(), partition: Partition::from(partition), caller_arn: arn.to_owned() })
}

fn endpoint(request: &ScanRequest, home: &str) -> String {
    match &request.endpoint_url {
        Some(url) => format!("`{url}`"),
        None => format!("AWS STS in {home}"),
    }
}

fn identity_error(error: &SdkError<GetCallerIdentityError>, request: &ScanRequest, home: &str) -> CollectError {
    let failure = outcome::failure(error);
    let (code, message, region) = (failure.code.clone(), failure.message.clone(), home.to_owned());
    if let (Transport::Replay { dir }, "NotRecorded") = (&request.transport, code.as_str()) {
        let problem = "it holds no answer of `sts:GetCallerIdentity`: record it again".to_owned();
        return CollectError::Recording { path: dir.clone(), problem };
    }
    if code.starts_with("Credentials") {
        return credentials_error(error, request, home, message);
    }
    match failure.kind {
        GapKind::Denied if code.starts_with("Expired") || code == "RequestExpired" => {
            CollectError::ExpiredCredentials { code, region }
        }
        GapKind::Denied => CollectError::InvalidCredentials { code, region, message },
        GapKind::TimedOut => CollectError::Unreachable { endpoint: endpoint(request, home), detail: message },
        GapKind::Throttled | GapKind::Unsupported | GapKind::Malformed | GapKind::ServerError | GapKind::Other(_) => {
            CollectError::NoIdentity { endpoint: endpoint(request, home), code, message }
        }
    }
}

/// Why there are no credentials: none at all, a role that refuses, a profile that does not work.
fn credentials_error(
    error: &SdkError<GetCallerIdentityError>,
    request: &ScanRequest,
    home: &str,
    detail: String,
) -> CollectError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let (mut not_loaded, mut unreachable) = (false, None);
    while let Some(present) = cause {
        not_loaded |= matches!(present.downcast_ref(), Some(CredentialsError::CredentialsNotLoaded(_)));
        if let Some(connection) = present.downcast_ref::<ConnectorError>()
            && (connection.is_io() || connection.is_timeout())
        {
            unreachable = Some(chain(connection));
        }
        cause = present.source();
    }
    match (not_loaded, unreachable, &request.role_arn, &request.profile) {
        (_, Some(detail), Some(_), _) | (false, Some(detail), None, Some(_)) => {
            CollectError::Unreachable { endpoint: endpoint(request, home), detail }
        }
        // The SDK's own words for this list every place it looked in, over many lines.
        (true, _, _, Some(profile)) => {
            let detail = "the AWS configuration files hold no credentials for it".to_owned();
            CollectError::BadProfile { profile: profile.clone(), detail }
        }
        (true, _, _, None) => CollectError::NoCredentials {
            detail: "looked in the environment, the AWS configuration files, web identity, container and instance metadata"
                .to_owned(),
        },
        (false, _, Some(role_arn), _) => CollectError::RoleNotAssumed { role_arn: role_arn.clone(), detail },
        (false, _, None, Some(profile)) => CollectError::BadProfile { profile: profile.clone(), detail },
        (false, _, None, None) => CollectError::NoCredentials { detail },
    }
}

/// Reads everything: what needs no list of regions at once, each region as soon as the list is there.
async fn read_account(run: Arc<Run>, plan: Arc<Plan>, account: Account) -> Result<Inventory, CollectError> {
    let session = RegionSession::new(&run, &plan.home);
    let organization = begin!(session, organizations::organization);
    let block = begin!(session, s3control::account_public_access_block);
    let (all, own, choice) = (Arc::clone(&run), session.clone(), plan.choice.clone());
    let buckets = tokio::spawn(async move { s3::buckets(&all, &own, &choice).await });
    let known = known_regions(&session).await;
    let resolved = plan.choice.resolve(&known, &plan.home, &account.id);
    let names = match resolved.and_then(|names| plan.check_recorded(names)) {
        Ok(names) => names,
        Err(error) => {
            organization.abort();
            block.abort();
            buckets.abort();
            return Err(error);
        }
    };
    run.observer.observe(Event::RegionsKnown(names.len()));
    let live_prices = async { if plan.live_prices { Some(pricing::live_prices(&run, &names).await) } else { None } };
    let (regions, live_prices) = tokio::join!(read_regions(&run, &names), live_prices);
    let private_zones = route53::private_zones(&run).await;
    let (organization, block, buckets) = (joined(organization).await, joined(block).await, joined(buckets).await);
    if !*run.stop.borrow() && !RegionSession::any_answer(&run, &names) {
        return Err(nothing_answered(&run, names));
    }
    let gaps = std::mem::take(&mut *lock(&run.gaps));
    Ok(Inventory {
        schema: INVENTORY_SCHEMA.to_owned(),
        natless: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at: plan.now,
        account,
        scope: Scope { enabled_regions: known.enabled, lookback_days: plan.lookback_days },
        organization,
        regions,
        buckets,
        account_public_access_block: block,
        private_zones,
        live_prices,
        gaps,
    })
}

async fn read_regions(run: &Arc<Run>, names: &[String]) -> BTreeMap<String, RegionInventory> {
    let parts: Vec<(String, JoinHandle<RegionInventory>)> = names
        .iter()
        .map(|name| {
            let session = RegionSession::new(run, name);
            (name.clone(), begin!(session, read_region))
        })
        .collect();
    let mut regions = BTreeMap::new();
    for (name, part) in parts {
        regions.insert(name, joined(part).await);
    }
    regions
}

async fn read_region(session: &RegionSession) -> RegionInventory {
    let others = async {
        // Behind the listings that a longer chain of calls hangs on.
        tokio::task::yield_now().await;
        (begin!(session, s3control::access_points), begin!(session, directconnect::virtual_gateways))
    };
    let (mut region, (access_points, virtual_gateways)) = tokio::join!(ec2::collect_region(session), others);
    region.traffic = cloudwatch::traffic(session, &region).await;
    region.access_points = joined(access_points).await;
    region.virtual_gateways = joined(virtual_gateways).await;
    session.run.observer.observe(Event::RegionDone(&session.region));
    region
}

fn nothing_answered(run: &Run, regions: Vec<String>) -> CollectError {
    let gaps = lock(&run.gaps);
    let first = gaps.values().find(|gap| regions.contains(&gap.region)).or_else(|| gaps.values().next());
    let detail = first.map_or_else(String::new, |gap| format!("{} in {}: {}: {}", gap.action, gap.region, gap.code, gap.message));
    CollectError::NothingAnswered { regions, detail }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::collect::NullObserver;
    use crate::model::Observed;

    const REGIONS: &str = "<DescribeRegionsResponse><regionInfo><item><regionName>eu-west-1</regionName>\
        <optInStatus>opt-in-not-required</optInStatus></item><item><regionName>ap-east-1</regionName>\
        <optInStatus>not-opted-in</optInStatus></item></regionInfo></DescribeRegionsResponse>";
    const IDENTITY: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:role/audit</Arn>\
        <Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    const BUSY: &str =
        "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>slow down</Message></Error></Errors></Response>";

    fn write(dir: &Path, service: &str, operation: &str, params: &Value, answers: &[(u16, &str)]) {
        let answers: Vec<Value> =
            answers.iter().map(|(status, text)| json!({"status": status, "body": {"text": [text]}})).collect();
        let key = json!({"account": "111122223333", "region": "eu-west-1", "service": service, "operation": operation, "params": params});
        let entry = json!({"key": key, "answers": answers});
        std::fs::write(dir.join(format!("{service}-{operation}.json")), entry.to_string()).unwrap();
    }

    fn recording() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let manifest = json!({"schema": MANIFEST_SCHEMA, "natless": "0.1.0", "recorded_at": "2026-11-23T02:00:00Z",
            "account": "111122223333", "partition": "aws", "home_region": "eu-west-1", "regions": ["eu-west-1"],
            "narrowed": false, "lookback_days": 14, "redacted": false});
        std::fs::write(dir.path().join("recording.json"), manifest.to_string()).unwrap();
        write(dir.path(), "sts", "GetCallerIdentity", &json!({}), &[(200, IDENTITY)]);
        write(dir.path(), "ec2", "DescribeRegions", &json!({"AllRegions": "true"}), &[(503, BUSY), (200, REGIONS)]);
        write(dir.path(), "ec2", "DescribeVpcs", &json!({}), &[(200, "<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>")]);
        write(dir.path(), "ec2", "DescribeSubnets", &json!({}), &[(200, "<DescribeSubnets")]);
        dir
    }

    fn request(dir: &Path, max_concurrency: usize) -> ScanRequest {
        ScanRequest {
            regions: Vec::new(),
            exclude_regions: Vec::new(),
            profile: None,
            role_arn: None,
            external_id: None,
            endpoint_url: None,
            transport: Transport::Replay { dir: dir.to_owned() },
            lookback_days: 3,
            live_prices: false,
            published_quotas: true,
            max_concurrency,
            timeout: Duration::from_secs(30),
            now: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    async fn scan(request: &ScanRequest) -> Result<Inventory, CollectError> {
        let (_stop, stopped) = watch::channel(false);
        collect(request, Arc::new(NullObserver), stopped).await
    }

    #[tokio::test]
    async fn a_recording_plays_with_its_own_clock_its_retries_and_a_gap_for_what_it_lacks() {
        let dir = recording();
        let inventory = scan(&request(dir.path(), 1)).await.unwrap();
        assert_eq!(inventory.taken_at.to_string(), "2026-11-23T02:00:00Z");
        assert_eq!(inventory.scope.lookback_days, 14);
        assert_eq!(inventory.scope.enabled_regions, Observed::Known(vec!["eu-west-1".to_owned()]));
        let region = &inventory.regions["eu-west-1"];
        assert!(region.vpcs.is_complete() && region.vpcs.items.is_empty());
        let subnets = &inventory.gaps[region.subnets.gap.as_ref().unwrap()];
        assert_eq!((subnets.kind.as_str(), subnets.code.as_str()), ("malformed", "UnreadableAnswer"));
        let tables = &inventory.gaps[region.route_tables.gap.as_ref().unwrap()];
        assert_eq!((tables.kind.as_str(), tables.code.as_str()), ("unsupported", "NotRecorded"));
        assert!(tables.message.contains("ec2:DescribeRouteTables"), "{}", tables.message);
        assert_eq!(tables.action, "ec2:DescribeRouteTables");
        for max_concurrency in [8, 64] {
            assert_eq!(scan(&request(dir.path(), max_concurrency)).await.unwrap(), inventory);
        }
    }

    #[tokio::test]
    async fn a_stopped_scan_returns_what_it_has() {
        let dir = recording();
        let (_stop, stopped) = watch::channel(true);
        let ended = collect(&request(dir.path(), 8), Arc::new(NullObserver), stopped).await;
        assert_eq!(ended.unwrap_err(), CollectError::Stopped);
    }

    #[tokio::test]
    async fn wrong_regions_end_the_scan() {
        let dir = recording();
        let mut asked = request(dir.path(), 8);
        asked.regions = vec!["eu-wset-1".to_owned()];
        let unknown = CollectError::UnknownRegion { name: "eu-wset-1".to_owned(), nearest: Some("eu-west-1".to_owned()) };
        assert_eq!(scan(&asked).await.unwrap_err(), unknown);
        asked.regions = vec!["ap-east-1".to_owned()];
        assert!(matches!(scan(&asked).await, Err(CollectError::DisabledRegion { .. })));
        let both = REGIONS.replace("not-opted-in", "opted-in");
        write(dir.path(), "ec2", "DescribeRegions", &json!({"AllRegions": "true"}), &[(200, &both)]);
        let wider = scan(&asked).await.unwrap_err().to_string();
        assert!(wider.ends_with("it holds nothing of region `ap-east-1`, only of eu-west-1"), "{wider}");
    }

    #[tokio::test]
    async fn whoever_answers_is_the_recorded_account() {
        let dir = recording();
        for (answer, words) in [
            (IDENTITY.replace(">111122223333<", ">444455556666<"), "answers `444455556666`"),
            (IDENTITY.replace(">111122223333<", ">evil.example.com/<"), "`evil.example.com/` is no account id"),
        ] {
            write(dir.path(), "sts", "GetCallerIdentity", &json!({}), &[(200, &answer)]);
            let refused = scan(&request(dir.path(), 1)).await.unwrap_err().to_string();
            assert!(refused.contains(words), "{refused}");
        }
    }

    #[tokio::test]
    async fn an_answer_that_does_not_tell_is_a_gap_and_not_none() {
        let dir = recording();
        let buckets = "<ListAllMyBucketsResult><Buckets><Bucket><Name>logs</Name><BucketRegion>eu-west-1</BucketRegion></Bucket>\
            </Buckets></ListAllMyBucketsResult>";
        write(dir.path(), "s3", "ListBuckets", &json!({}), &[(200, buckets)]);
        write(dir.path(), "s3", "GetBucketPolicy", &json!({"path": "/logs", "policy": ""}), &[(200, "<html>sign in</html>")]);
        write(dir.path(), "s3", "GetBucketPolicyStatus", &json!({"path": "/logs", "policyStatus": ""}), &[(200, "")]);
        write(dir.path(), "s3", "GetPublicAccessBlock", &json!({"path": "/logs", "publicAccessBlock": ""}), &[(200, "")]);
        write(dir.path(), "directconnect", "DescribeVirtualGateways", &json!({}), &[(200, "{}")]);
        let inventory = scan(&request(dir.path(), 8)).await.unwrap();
        let bucket = inventory.buckets.get("logs").unwrap();
        let region = &inventory.regions["eu-west-1"];
        let gaps = [
            bucket.policy.gap(),
            bucket.policy_is_public.gap(),
            bucket.public_access_block.gap(),
            region.virtual_gateways.gap.as_ref(),
        ];
        for gap in gaps {
            assert_eq!(inventory.gaps[gap.expect("a gap")].kind, GapKind::Malformed, "{gap:?}");
        }
    }

    #[tokio::test]
    async fn a_client_cannot_be_made_to_change_anything() {
        let dir = recording();
        let connection = connect(&request(dir.path(), 1), "eu-west-1").await.unwrap();
        let aws = Aws::new(connection, &Arc::new(Pacing::new(Pace::Published)), "us-east-1");
        let clients = aws.region("eu-west-1");
        let refused = outcome::failure(&clients.ec2().delete_vpc().vpc_id("vpc-0aa").send().await.unwrap_err());
        assert_eq!((refused.kind, refused.code.as_str()), (GapKind::Unsupported, "NotInCallTable"));
        let refused = outcome::failure(&clients.s3().delete_bucket_policy().bucket("b").send().await.unwrap_err());
        assert_eq!(refused.code, "NotInCallTable");
        assert!(refused.message.contains("nothing was sent"), "{}", refused.message);
    }
}
