//! The event of the function, read strictly: a key that means nothing is refused with its name.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::Value;

use crate::analyze::Settings;
use crate::collect::{MAX_LOOKBACK_DAYS, ROLE_NAME, ScanRequest, Transport, is_role_name};
use crate::deliver::{Arn, Destinations, EventBus, S3Prefix};
use crate::model::{is_account_id, is_region_name};
use crate::report::Format;

/// Why an event cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {problem}", if field.is_empty() { "the event".to_owned() } else { format!("`{field}` of the event") })]
pub(super) struct BadEvent {
    /// The key, such as `deliver.s3`; empty for the event itself.
    pub(super) field: String,
    /// What is wrong with it.
    pub(super) problem: String,
}

impl BadEvent {
    fn new(field: &str, problem: impl Into<String>) -> Self {
        Self { field: field.to_owned(), problem: problem.into() }
    }
}

/// What the function is asked to do.
#[derive(Debug)]
pub(super) enum Task {
    /// Read accounts and audit them.
    Scan(Box<ScanTask>),
    /// Write the list of an organization's accounts for a distributed map.
    ListAccounts(MembersTask),
    /// Fold the records of a run into one report.
    Merge(MembersTask),
}

/// Read accounts and audit them.
#[derive(Debug)]
pub(super) struct ScanTask {
    pub(super) request: ScanRequest,
    pub(super) settings: Settings,
    pub(super) destinations: Destinations,
    /// Accounts of an organization to scan from here, each in the role of this name; empty for the one account of the request.
    pub(super) accounts: Vec<String>,
    pub(super) role_name: String,
    /// The account that a run expects here.
    pub(super) account: Option<String>,
    /// The run that this scan is a part of.
    pub(super) run: Option<Run>,
}

/// A part of a run over many accounts.
#[derive(Debug)]
pub(super) struct MembersTask {
    pub(super) request: ScanRequest,
    pub(super) destinations: Destinations,
    pub(super) accounts: Vec<String>,
    pub(super) role_name: String,
    pub(super) run: Run,
}

/// The name of a run over many accounts: part of keys in the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run(pub(super) String);

impl FromStr for Run {
    type Err = String;

    /// As Step Functions names executions that are started without a name; one that is given may hold other characters, which are no good in keys.
    /// Source: Step Functions API Reference, `StartExecution`, `name`: up to 80 characters.
    fn from_str(text: &str) -> Result<Self, String> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if text.is_empty() || text.len() > 80 || !text.chars().all(fits) {
            return Err("it is no name of a run: up to 80 letters, digits, `-` and `_`".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    task: Option<String>,
    regions: Option<Vec<String>>,
    exclude_regions: Option<Vec<String>>,
    role_arn: Option<String>,
    external_id: Option<String>,
    accounts: Option<Vec<String>>,
    role_name: Option<String>,
    account: Option<String>,
    lookback_days: Option<u32>,
    live_prices: Option<bool>,
    max_concurrency: Option<u16>,
    timeout_seconds: Option<u32>,
    config: Option<Value>,
    run: Option<String>,
    deliver: Option<WrittenDelivery>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenDelivery {
    s3: Option<String>,
    kms_key_id: Option<String>,
    formats: Option<Vec<String>>,
    sns: Option<String>,
    security_hub: Option<bool>,
    event_bus: Option<String>,
}

impl Task {
    /// Reads an event.
    pub(super) fn read(event: &Value, now: jiff::Timestamp) -> Result<Self, BadEvent> {
        if !event.is_object() {
            return Err(BadEvent::new("", "it is no JSON object"));
        }
        let written: Written = serde_path_to_error::deserialize(event).map_err(|error| {
            let path = error.path().to_string();
            BadEvent::new(if path == "." { "" } else { &path }, error.into_inner().to_string())
        })?;
        match written.task.as_deref() {
            None | Some("scan") => Ok(Self::Scan(Box::new(written.scan(now)?))),
            Some("list_accounts") => Ok(Self::ListAccounts(written.members("list_accounts", now)?)),
            Some("merge") => Ok(Self::Merge(written.members("merge", now)?)),
            Some(other) => {
                Err(BadEvent::new("task", format!("`{other}` is no task: one of `scan`, `list_accounts` and `merge`")))
            }
        }
    }
}

impl Written {
    fn scan(self, now: jiff::Timestamp) -> Result<ScanTask, BadEvent> {
        let destinations = self.destinations()?;
        if self.accounts.as_ref().is_some_and(|accounts| !accounts.is_empty()) {
            let alone = [("run", self.run.is_some()), ("account", self.account.is_some())];
            if let Some((field, _)) = alone.into_iter().find(|(_, given)| *given) {
                return Err(BadEvent::new(field, "it is for the one account of a function, and `accounts` names several"));
            }
        }
        if self.role_arn.as_ref().is_some_and(|arn| !is_role_arn(arn)) {
            return Err(BadEvent::new("role_arn", "it is no ARN such as `arn:aws:iam::111122223333:role/natless-audit`"));
        }
        let run: Option<Run> = parsed("run", self.run.as_deref())?;
        if run.is_some() && destinations.s3.is_none() {
            return Err(BadEvent::new("deliver.s3", "a run over many accounts needs a bucket, in which its parts meet"));
        }
        let accounts = account_ids(self.accounts.as_deref().unwrap_or_default())?;
        if !accounts.is_empty() && self.role_arn.is_some() {
            return Err(BadEvent::new(
                "role_arn",
                "leave it out where `accounts` is given: each is entered in the role of `role_name`",
            ));
        }
        // A run gives it to every one of its accounts, the function's own included.
        if self.external_id.is_some() && self.role_arn.is_none() && accounts.is_empty() && run.is_none() {
            return Err(BadEvent::new("external_id", "it is for a role: name one in `role_arn`"));
        }
        if self.account.as_ref().is_some_and(|id| !is_account_id(id)) {
            return Err(BadEvent::new("account", "an account id has 12 digits"));
        }
        Ok(ScanTask {
            request: self.request(now)?,
            settings: settings(self.config.as_ref())?,
            destinations,
            accounts,
            role_name: role_name(self.role_name)?,
            account: self.account,
            run,
        })
    }

    fn members(self, task: &str, now: jiff::Timestamp) -> Result<MembersTask, BadEvent> {
        let of_scan = [
            ("role_arn", self.role_arn.is_some()),
            ("account", self.account.is_some()),
            ("config", self.config.is_some()),
            ("lookback_days", self.lookback_days.is_some()),
            ("live_prices", self.live_prices.is_some()),
        ];
        if let Some((field, _)) = of_scan.into_iter().find(|(_, given)| *given) {
            return Err(BadEvent::new(field, format!("it is for the task `scan`, not for `{task}`")));
        }
        let destinations = self.destinations()?;
        if destinations.s3.is_none() {
            return Err(BadEvent::new("deliver.s3", format!("the task `{task}` needs a bucket")));
        }
        let run =
            parsed("run", self.run.as_deref())?.ok_or_else(|| BadEvent::new("run", format!("the task `{task}` needs one")))?;
        let accounts = account_ids(self.accounts.as_deref().unwrap_or_default())?;
        let request = self.request(now)?;
        Ok(MembersTask { request, destinations, accounts, role_name: role_name(self.role_name)?, run })
    }

    fn request(&self, now: jiff::Timestamp) -> Result<ScanRequest, BadEvent> {
        let (regions, exclude_regions) =
            (self.regions.clone().unwrap_or_default(), self.exclude_regions.clone().unwrap_or_default());
        for (field, names) in [("regions", &regions), ("exclude_regions", &exclude_regions)] {
            if let Some((at, name)) = names.iter().enumerate().find(|(_, name)| !is_region_name(name)) {
                return Err(BadEvent::new(
                    &format!("{field}[{at}]"),
                    format!("`{name}` is no region: one is named like `eu-west-1`"),
                ));
            }
        }
        let lookback_days = self.lookback_days.unwrap_or(14);
        if !(1..=MAX_LOOKBACK_DAYS).contains(&lookback_days) {
            return Err(BadEvent::new("lookback_days", format!("it is from 1 to {MAX_LOOKBACK_DAYS}")));
        }
        let max_concurrency = self.max_concurrency.unwrap_or(DEFAULT_CONCURRENCY);
        let timeout = self.timeout_seconds.unwrap_or(60);
        if max_concurrency == 0 || timeout == 0 {
            let field = if timeout == 0 { "timeout_seconds" } else { "max_concurrency" };
            return Err(BadEvent::new(field, "it is at least 1"));
        }
        Ok(ScanRequest {
            regions,
            exclude_regions,
            profile: None,
            role_arn: self.role_arn.clone(),
            external_id: self.external_id.clone(),
            endpoint_url: None,
            transport: Transport::Live,
            lookback_days,
            live_prices: self.live_prices.unwrap_or_default(),
            published_quotas: true,
            max_concurrency: usize::from(max_concurrency),
            timeout: std::time::Duration::from_secs(u64::from(timeout)),
            now,
        })
    }

    fn destinations(&self) -> Result<Destinations, BadEvent> {
        let Some(written) = &self.deliver else { return Ok(Destinations::default()) };
        let s3: Option<S3Prefix> = parsed("deliver.s3", written.s3.as_deref())?;
        if written.kms_key_id.is_some() && s3.is_none() {
            return Err(BadEvent::new("deliver.kms_key_id", "it is for objects in a bucket: name one in `deliver.s3`"));
        }
        if s3.is_none() && written.formats.as_ref().is_some_and(|formats| !formats.is_empty()) {
            return Err(BadEvent::new("deliver.formats", "they are for objects in a bucket: name one in `deliver.s3`"));
        }
        let formats = written.formats.iter().flatten().enumerate().map(|(at, name)| {
            name.parse::<Format>().map_err(|problem| BadEvent::new(&format!("deliver.formats[{at}]"), problem))
        });
        let sns = written.sns.as_deref().map(|arn| Arn::of("sns", arn)).transpose();
        Ok(Destinations {
            s3: s3.map(|place| S3Prefix { kms_key_id: written.kms_key_id.clone(), ..place }),
            formats: formats.collect::<Result<_, _>>()?,
            sns: sns.map_err(|problem| BadEvent::new("deliver.sns", problem))?,
            security_hub: written.security_hub.unwrap_or_default(),
            event_bus: parsed::<EventBus>("deliver.event_bus", written.event_bus.as_deref())?,
        })
    }
}

/// Calls in flight at once: each holds a connection and its answer, and a function has little memory.
const DEFAULT_CONCURRENCY: u16 = 64;

fn is_role_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", _, "iam", "", account, role] if is_account_id(account) && role.starts_with("role/"))
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

fn parsed<T: FromStr<Err = String>>(field: &str, text: Option<&str>) -> Result<Option<T>, BadEvent> {
    text.map(str::parse).transpose().map_err(|problem| BadEvent::new(field, problem))
}

fn account_ids(written: &[String]) -> Result<Vec<String>, BadEvent> {
    match written.iter().enumerate().find(|(_, id)| !is_account_id(id)) {
        Some((at, id)) => Err(BadEvent::new(&format!("accounts[{at}]"), format!("`{id}` is no account id: write 12 digits"))),
        None => Ok(written.to_vec()),
    }
}

fn role_name(written: Option<String>) -> Result<String, BadEvent> {
    let name = written.unwrap_or_else(|| ROLE_NAME.to_owned());
    if is_role_name(&name) { Ok(name) } else { Err(BadEvent::new("role_name", format!("`{name}` is no name of a role"))) }
}

/// The settings, which an event writes as JSON with the keys of `natless.toml`.
fn settings(config: Option<&Value>) -> Result<Settings, BadEvent> {
    let Some(config) = config.filter(|config| !config.is_null()) else { return Ok(Settings::default()) };
    let bad = |problem: String| BadEvent::new("config", problem);
    if !config.is_object() {
        return Err(bad("it is an object with the keys of `natless.toml`".to_owned()));
    }
    let mut table = toml::Table::try_from(without_nulls(config)).map_err(|error| bad(error.to_string()))?;
    // TOML has dates and JSON has none.
    let waivers = table.get_mut("waivers").and_then(toml::Value::as_array_mut);
    for until in waivers.into_iter().flatten().filter_map(|waiver| waiver.get_mut("until")) {
        if let Some(date) = until.as_str().and_then(|text| text.parse().ok()) {
            *until = toml::Value::Datetime(date);
        }
    }
    let text = toml::to_string(&table).map_err(|error| bad(error.to_string()))?;
    // The lines are those of a text that nobody wrote.
    Settings::from_toml(&text, "config").map_err(|error| {
        let said = error.to_string();
        bad(said.split_once(": ").map_or(said.as_str(), |(_, what)| what).to_owned())
    })
}

/// TOML has no null: what is null is as good as absent.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept: BTreeMap<&String, Value> =
                map.iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key, without_nulls(value))).collect();
            kept.into_iter().map(|(key, value)| (key.clone(), value)).collect::<serde_json::Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::analyze::Severity;

    fn read(event: &Value) -> Result<Task, BadEvent> {
        Task::read(event, jiff::Timestamp::UNIX_EPOCH)
    }

    fn scan(event: &Value) -> ScanTask {
        match read(event).expect("read") {
            Task::Scan(scan) => *scan,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_empty_event_scans_the_functions_own_account() {
        for event in [json!({}), json!({"regions": [], "role_arn": null, "accounts": [], "config": {}, "deliver": {"s3": null}})]
        {
            let task = scan(&event);
            assert!(task.request.regions.is_empty() && task.request.role_arn.is_none() && task.destinations.is_empty());
            assert_eq!((task.settings, task.request.lookback_days), (Settings::default(), 14));
        }
    }

    #[test]
    fn every_key_is_read() {
        let task = scan(&json!({
            "task": "scan", "regions": ["eu-west-1"], "exclude_regions": ["us-east-1"],
            "role_arn": "arn:aws:iam::111122223333:role/natless-audit", "external_id": "x", "lookback_days": 7, "live_prices": true,
            "max_concurrency": 8, "timeout_seconds": 5, "account": "111122223333", "run": "night-1",
            "config": {"trust": {"accounts": ["222233334444"]}, "checks": {"severity": {"vpc-route-blackhole": "low"}},
                "cost": {"discount": "0.08"},
                "waivers": [{"check": "vpc-route-blackhole", "resource": "rtb-*", "reason": "standby", "until": "2027-03-31"}]},
            "deliver": {"s3": "s3://audit-reports/natless", "kms_key_id": "alias/audit", "formats": ["json", "html"],
                "sns": "arn:aws:sns:eu-west-1:111122223333:natless", "security_hub": true, "event_bus": "default"},
        }));
        assert_eq!(task.settings.checks.severity.get("vpc-route-blackhole"), Some(&Severity::Low));
        assert_eq!(task.settings.waivers[0].until, Some(jiff::civil::date(2027, 3, 31)));
        assert_eq!(task.destinations.formats(), [Format::Json, Format::Html]);
        assert_eq!(task.destinations.s3.unwrap().kms_key_id.as_deref(), Some("alias/audit"));
        assert_eq!(task.run, Some(Run("night-1".to_owned())));
    }

    #[test]
    fn what_is_wrong_is_told_with_the_name_of_its_field() {
        for (event, said) in [
            (json!([]), "the event: "),
            (json!({"region": ["eu-west-1"]}), "`region` of the event: unknown field `region`"),
            (json!({"regions": "eu-west-1"}), "`regions` of the event: invalid type"),
            (json!({"regions": ["eu-west-1", "Ireland"]}), "`regions[1]` of the event: `Ireland` is no region"),
            (json!({"accounts": ["1"]}), "`accounts[0]` of the event: `1` is no account id"),
            (json!({"lookback_days": 0}), "`lookback_days` of the event: it is from 1 to 455"),
            (json!({"deliver": {"s3": "audit-reports"}}), "`deliver.s3` of the event: a place in S3"),
            (json!({"deliver": {"s4": 1}}), "`deliver.s4` of the event: unknown field `s4`"),
            (json!({"deliver": {"sns": "natless"}}), "`deliver.sns` of the event: `natless` is no ARN"),
            (
                json!({"deliver": {"formats": ["json", "pdf"], "s3": "s3://abc"}}),
                "`deliver.formats[1]` of the event: unknown format `pdf`",
            ),
            (json!({"deliver": {"kms_key_id": "x"}}), "`deliver.kms_key_id` of the event"),
            (
                json!({"config": {"chekcs": {}}}),
                "`config` of the event: unknown key `chekcs` in the top level, did you mean `checks`?",
            ),
            (json!({"config": "x"}), "`config` of the event: it is an object"),
            (
                json!({"config": {"waivers": [{"check": "vpc-route-blackhole", "resource": "a", "reason": "b", "until": "soon"}]}}),
                "`config` of the event: ",
            ),
            (json!({"run": "a/b", "deliver": {"s3": "s3://abc"}}), "`run` of the event"),
            (json!({"run": "a"}), "`deliver.s3` of the event"),
            (json!({"task": "dance"}), "`task` of the event: `dance` is no task"),
            (json!({"task": "merge", "run": "a"}), "`deliver.s3` of the event"),
            (json!({"task": "merge", "deliver": {"s3": "s3://abc"}}), "`run` of the event"),
            (json!({"role_name": "a/b"}), "`role_name` of the event"),
            (json!({"external_id": "x"}), "`external_id` of the event"),
            (json!({"accounts": ["111122223333"], "role_arn": "arn:aws:iam::111122223333:role/x"}), "`role_arn` of the event"),
        ] {
            let refused = read(&event).expect_err("refused").to_string();
            assert!(refused.starts_with(said), "{event}: {refused}");
            assert!(!refused.contains('\n'));
        }
    }
}
