//! The Lambda function: the real program behind a Runtime API, delivering to a live moto server.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::report_schema::assert_valid;
use crate::support::function::{Answer, Function};
use crate::support::moto::Moto;
use crate::support::{Fault, FaultKind, Options, SimulatedAws, accounts};

const ENOUGH: Duration = Duration::from_mins(3);

/// A function in a folder of its own, beside a moto server in which somebody's account is.
struct Stage {
    moto: Moto,
    mailbox: Value,
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let moto = Moto::start();
        let mailbox = moto.seed("mailbox.py");
        Self { moto, mailbox, folder: tempfile::tempdir().expect("a folder") }
    }

    fn function(&self) -> Function {
        Function::start(self.folder.path(), &[("AWS_ENDPOINT_URL", &self.moto.url())])
    }

    fn deliver(&self) -> Value {
        json!({"s3": self.mailbox["s3"], "sns": self.mailbox["topic"], "security_hub": true, "event_bus": self.mailbox["bus"]})
    }

    fn arrived(&self) -> Value {
        self.moto.run("mailbox.py", &["read"])
    }
}

fn names(keys: &[String], part: &str) -> Vec<String> {
    keys.iter().filter(|key| key.contains(part)).map(|key| key.rsplit('/').next().expect("a name").to_owned()).collect()
}

#[test]
fn reports_land_in_the_bucket_and_the_next_night_compares_with_them() {
    let stage = Stage::new();
    stage.moto.seed("three_tier.py");
    let mut function = stage.function();
    let event = json!({"regions": ["eu-west-1"], "deliver": stage.deliver()});
    let first = function.invoke(&event, ENOUGH).response();
    assert_eq!((&first["account"], &first["schema"]), (&"123456789012".into(), &"natless/summary/1".into()));
    assert_eq!(first["complete"], false, "moto does not answer every call");
    assert_eq!(first["changes"], Value::Null);
    let failures: Vec<&Value> = first["deliveries"].as_array().expect("deliveries").iter().map(|one| &one["failures"]).collect();
    assert_eq!(failures, [&json!([]), &json!([]), &json!([]), &json!([])], "{first}");

    let keys = stage.moto.keys("natless-reports");
    let mut written = names(&keys, "/reports/123456789012/");
    written.sort_unstable();
    let wanted = [
        "report.asff.json",
        "report.csv",
        "report.html",
        "report.json",
        "report.junit.xml",
        "report.md",
        "report.ocsf.json",
        "report.sarif",
        "report.txt",
        "snapshot.json",
    ];
    assert_eq!(written, wanted);
    let place = first["reports"].as_str().expect("a place").strip_prefix("s3://natless-reports/").expect("the bucket").to_owned();
    let report = stage.moto.object("natless-reports", &format!("{place}report.json")).expect("a report");
    let report: Value = serde_json::from_slice(&report).expect("JSON");
    assert_valid("delivered", &report);
    assert_eq!(report["scores"], first["scores"]);
    let html = stage.moto.object("natless-reports", &format!("{place}report.html")).expect("a report");
    assert!(String::from_utf8(html).expect("UTF-8").starts_with("<!doctype html>"));
    assert_eq!(names(&keys, "/history/").len(), 1);

    let arrived = stage.arrived();
    let mail: &Value = &arrived["topic"][0];
    assert_eq!(mail["Subject"], "natless: account 123456789012: first report");
    assert!(mail["Message"].as_str().expect("text").contains(&place));
    assert_eq!(arrived["bus"][0]["detail-type"], "natless audit ended");
    assert_eq!(arrived["bus"][0]["detail"]["scores"], first["scores"]);
    let open = report["findings"].as_array().expect("findings").len() + report["unknown"].as_array().expect("unknown").len();
    assert_eq!(arrived["findings"].as_array().expect("findings").len(), open);

    // The second night, in the same process: nothing has changed, and nobody is told.
    let second = function.invoke(&event, ENOUGH).response();
    let (new, fixed) = (&second["changes"]["new"], &second["changes"]["fixed"]);
    assert_eq!((new, fixed), (&0.into(), &0.into()), "{second}");
    assert_eq!(second["scores"], first["scores"]);
    let arrived = stage.arrived();
    assert_eq!(arrived["topic"], json!([]));
    assert_eq!(arrived["bus"].as_array().expect("events").len(), 1);
    assert_eq!(arrived["findings"].as_array().expect("findings").len(), open, "the same findings, updated");
    let keys = stage.moto.keys("natless-reports");
    assert_eq!((names(&keys, "/history/").len(), names(&keys, "report.json").len()), (2, 2));

    let metrics = function.metrics();
    assert_eq!(metrics.len(), 2);
    for line in &metrics {
        assert_eq!(
            (&line["Account"], &line["FailedDeliveries"], &line["Complete"]),
            (&"123456789012".into(), &0.into(), &0.into())
        );
        assert_eq!(line["Gaps"], first["gaps"]);
        assert_eq!(line["HighFindings"], first["findings"]["high"]);
    }
    for line in function.log().lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON in the log: {line}"));
        assert!(line.get("_aws").is_some() || line.get("level").is_some(), "{line}");
    }
    assert!(!function.log().contains("testing"), "the secret key is in the log");
}

#[test]
fn an_event_that_means_nothing_is_an_error_of_the_invocation_and_the_next_one_is_served() {
    let stage = Stage::new();
    let mut function = stage.function();
    let refused = function.invoke(&json!({"regions": ["eu-west-1"], "deliver": {"s3": "natless-reports"}}), ENOUGH);
    let Answer::Error { kind, body } = &refused else { panic!("{refused:?}") };
    assert_eq!((kind.as_str(), &body["errorType"]), ("unhandled", &"BadEvent".into()));
    assert_eq!(body["errorMessage"], "`deliver.s3` of the event: a place in S3 is written as `s3://bucket/prefix`");
    let refused = function.invoke(&json!({"region": "eu-west-1"}), ENOUGH).message();
    assert!(refused.starts_with("`region` of the event: unknown field `region`"), "{refused}");
    let refused = function.invoke(&json!({"config": {"checks": {"disabled": ["vpc-rout-blackhole"]}}}), ENOUGH).message();
    assert!(refused.starts_with("`config` of the event: unknown check `vpc-rout-blackhole`"), "{refused}");
    let refused = function.invoke(&json!({"regions": ["eu-wset-1"]}), ENOUGH).message();
    assert!(refused.starts_with("region `eu-wset-1` does not exist, the nearest is `eu-west-1`"), "{refused}");
    let answered = function.invoke(&json!({"regions": ["eu-west-1"]}), ENOUGH).response();
    assert_eq!((&answered["deliveries"], &answered["reports"]), (&json!([]), &Value::Null));
}

#[test]
fn two_invocations_share_neither_account_nor_settings_nor_stop() {
    let stage = Stage::new();
    let mut function = stage.function();
    let role = |account: &str| {
        json!({"regions": ["eu-west-1"], "role_arn": format!("arn:aws:iam::{account}:role/natless-audit"),
        "deliver": {"s3": stage.mailbox["s3"], "formats": ["json"]}})
    };
    let mut muted = role("111122223333");
    muted["config"] = json!({"checks": {"disabled": ["s3-bucket-insecure-transport"]}});
    let first = function.invoke(&muted, ENOUGH).response();
    let second = function.invoke(&role("444455556666"), ENOUGH).response();
    let third = function
        .invoke(&json!({"regions": ["eu-west-1"], "deliver": {"s3": stage.mailbox["s3"], "formats": ["json"]}}), ENOUGH)
        .response();
    let accounts = [&first, &second, &third].map(|answer| answer["account"].as_str().expect("an account").to_owned());
    assert_eq!(accounts, ["111122223333", "444455556666", "123456789012"]);
    // No account is the baseline of another one.
    assert!([&first, &second, &third].iter().all(|answer| answer["changes"].is_null()), "{first} {second} {third}");
    let read = |answer: &Value| -> Value {
        let place =
            answer["reports"].as_str().expect("a place").strip_prefix("s3://natless-reports/").expect("the bucket").to_owned();
        let report = stage.moto.object("natless-reports", &format!("{place}report.json")).expect("a report");
        serde_json::from_slice(&report).expect("JSON")
    };
    assert!(read(&first)["checks"].get("s3-bucket-insecure-transport").is_none());
    assert!(read(&second)["checks"].get("s3-bucket-insecure-transport").is_some());
}

#[test]
fn each_destination_fails_by_itself_and_is_told() {
    let stage = Stage::new();
    let mut function = stage.function();
    let nowhere = json!({"s3": "s3://natless-missing/x", "sns": "arn:aws:sns:eu-west-1:123456789012:missing",
        "security_hub": true, "event_bus": stage.mailbox["bus"]});
    let answer = function.invoke(&json!({"regions": ["eu-west-1"], "deliver": nowhere}), ENOUGH).response();
    let failures = |to: &str| -> Vec<String> {
        let deliveries = answer["deliveries"].as_array().expect("deliveries");
        let one = deliveries.iter().find(|one| one["to"] == to).expect("a delivery");
        one["failures"].as_array().expect("failures").iter().map(|line| line.as_str().expect("text").to_owned()).collect()
    };
    let bucket = failures("s3");
    assert_eq!(bucket.len(), 2, "the history, and all objects in one line: {bucket:#?}");
    assert!(bucket[1].starts_with("11 objects, the first is s3://natless-missing/x/reports/"), "{bucket:#?}");
    assert!(bucket.iter().all(|line| line.contains("NoSuchBucket")), "{bucket:#?}");
    assert!(failures("sns")[0].starts_with("sns:Publish: NotFound"), "{:?}", failures("sns"));
    assert_eq!((failures("security_hub").len(), failures("event_bus").len()), (0, 0), "{answer}");
    assert_eq!(answer["reports"], Value::Null);
    assert_eq!(function.metrics()[0]["FailedDeliveries"], 2);
    let arrived = stage.arrived();
    assert_eq!(arrived["bus"].as_array().expect("events").len(), 1);
    assert!(!arrived["findings"].as_array().expect("findings").is_empty());
}

#[test]
fn the_key_that_is_named_encrypts_what_is_written() {
    let stage = Stage::new();
    let mut function = stage.function();
    let deliver = json!({"s3": stage.mailbox["s3"], "kms_key_id": stage.mailbox["key"], "formats": ["markdown"]});
    let answer = function.invoke(&json!({"regions": ["eu-west-1"], "deliver": deliver}), ENOUGH).response();
    assert_eq!(answer["deliveries"][0]["failures"], json!([]), "{answer}");
    let keys = stage.moto.keys("natless-reports");
    assert_eq!(names(&keys, "/reports/"), ["report.md", "snapshot.json"]);
    let encrypted = stage.moto.run("encrypted.py", &["natless-reports"]);
    assert_eq!(encrypted, json!({ "aws:kms": 3 }), "report, snapshot and record");
}

#[test]
fn before_its_deadline_the_function_answers_with_what_it_has() {
    let stage = Stage::new();
    let hang = Fault { operation: Some("DescribeNatGateways".to_owned()), kind: FaultKind::Hang, ..Fault::default() };
    let aws = SimulatedAws::start(accounts::tidy_account(), Options { faults: vec![hang], ..Options::default() });
    let elsewhere =
        [("AWS_ENDPOINT_URL", aws.url()), ("AWS_ENDPOINT_URL_S3", stage.moto.url()), ("AWS_ENDPOINT_URL_SNS", stage.moto.url())];
    let variables: Vec<(&str, &str)> = elsewhere.iter().map(|(name, url)| (*name, url.as_str())).collect();
    let mut function = Function::start(stage.folder.path(), &variables);
    let event = json!({"deliver": {"s3": stage.mailbox["s3"], "sns": stage.mailbox["topic"]}, "timeout_seconds": 600});
    let (begun, time) = (Instant::now(), Duration::from_secs(20));
    let answer = function.invoke(&event, time).response();
    let taken = begun.elapsed();
    assert!(taken < time, "{taken:?}");
    assert_eq!(answer["complete"], false);
    let regions = answer["regions"].as_array().expect("regions").len();
    assert_eq!(answer["gaps"], regions, "the call that stalls, once per region: {answer}");
    assert_eq!(answer["deliveries"][0]["failures"], json!([]), "{answer}");
    let keys = stage.moto.keys("natless-reports");
    assert_eq!(names(&keys, "report.json").len(), 1);
    assert!(names(&keys, "/history/").is_empty(), "half a scan is no measure for the next one");
    assert_eq!(function.metrics()[0]["Complete"], 0);
    let mail = &stage.arrived()["topic"][0]["Message"];
    assert!(mail.as_str().expect("text").contains("The scan is incomplete"), "{mail}");
}
