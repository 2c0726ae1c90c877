//! Every call of the call table with everything that can go wrong with it.
//!
//! Nine hundred scans take long: by default every call meets one fault, and every fault a few calls. `NATLESS_LONG_TESTS=1`
//! tries all of them and compares the README's table, or writes it with `NATLESS_WRITE=1`; `NATLESS_FAULT=half` tries the
//! faults whose name holds that, `NATLESS_CALL=DescribeVpcs` those of one call.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use natless::collect::calls::{ApiCall, CALLS};
use serde_json::Value;

use crate::generated::{assert_committed, marked, read};
use crate::support::binary::{Run, command};
use crate::support::parallel::each;
use crate::support::{Fault, FaultKind, Options, SimulatedAws, accounts};

/// What nobody may find in any output.
const ACCESS_KEY: &str = "ASIAFAULTMATRIX12345";
const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYFAULTMATRIX";
const SESSION_TOKEN: &str = "FwoGZXIvYXdzEFAULTMATRIXdG9rZW4rMTIz";
/// Session token of the role that the scan assumes.
const TOKEN_OF_ROLE: &str = "simulated-session";
/// What a call may take, in seconds, retries included. Chains of calls and the start of the program come on top.
const TIMEOUT: &str = "10";
/// No scan may take longer than this: the longest chain has five calls.
const BOUND: Duration = Duration::from_mins(2);
/// Without these calls there is no scan.
const NEEDED: [&str; 2] = ["GetCallerIdentity", "AssumeRole"];
/// The first call that EC2 gets: a region where it never answers is asked nothing else.
const FIRST_OF_EC2: &str = "DescribeRegions";

/// A fault, and the gap that it has to leave.
#[derive(Debug, Clone, Copy)]
struct Row {
    name: &'static str,
    kind: FaultKind,
    times: Option<usize>,
    /// Kind of the gap; `None` where the scan gets over it.
    gap: Option<&'static str>,
}

const fn row(name: &'static str, kind: FaultKind, gap: Option<&'static str>) -> Row {
    Row { name, kind, times: None, gap }
}

const ROWS: [Row; 18] = [
    row("denied", FaultKind::Deny, Some("denied")),
    Row { times: Some(2), ..row("throttled twice", FaultKind::Throttle, None) },
    row("throttled always", FaultKind::Throttle, Some("throttled")),
    row("status 500 always", FaultKind::ServerError, Some("server_error")),
    row("no answer", FaultKind::Hang, Some("timed_out")),
    row("a byte at a time", FaultKind::SlowDrip, Some("timed_out")),
    row("connection reset", FaultKind::Reset, Some("timed_out")),
    row("body cut short", FaultKind::TruncatedBody, Some("malformed")),
    row("half a document", FaultKind::HalfADocument, Some("malformed")),
    row("no document", FaultKind::Garbage, Some("malformed")),
    row("another document", FaultKind::OtherDocument, Some("malformed")),
    row("web page of a proxy", FaultKind::WrongContentType, Some("malformed")),
    row("page names itself as the next", FaultKind::LoopingToken, Some("malformed")),
    row("pages name each other", FaultKind::CyclingTokens, Some("malformed")),
    row("page comes twice", FaultKind::RepeatedPage, None),
    row("session expired", FaultKind::ExpiredToken, Some("denied")),
    row("clock an hour off", FaultKind::ClockSkew, Some("denied")),
    row("redirect to another region", FaultKind::Redirect, Some("unsupported")),
];

/// Whether a scan ends with one line and exit code 4 where a call leaves this gap.
fn ends_the_scan(call: &ApiCall, gap: &str) -> bool {
    NEEDED.contains(&call.operation) || (call.operation == FIRST_OF_EC2 && gap == "timed_out")
}

/// A scan that makes every call, of an account with something wrong for every check.
fn scan(folder: &Path, aws: &SimulatedAws) -> Run {
    let arguments =
        ["scan", "--format", "json", "--live-prices", "--region", "eu-west-1", "--timeout", TIMEOUT, "-v", "--endpoint-url"];
    command(folder)
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        .env("AWS_SESSION_TOKEN", SESSION_TOKEN)
        .env("AWS_REGION", "eu-west-1")
        .args(arguments)
        .args([aws.url().as_str(), "--role-arn", "arn:aws:iam::111122223333:role/audit"])
        .output()
        .expect("the binary starts")
        .into()
}

fn aws(faults: Vec<Fault>) -> SimulatedAws {
    SimulatedAws::start(accounts::troubled_account(), Options { faults, hide_bucket_regions: true, ..Options::default() })
}

/// The subjects of a list of the report: check, region and resource.
fn subjects(report: &Value, list: &str) -> BTreeSet<[String; 3]> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let items = report[list].as_array().expect("a list").iter();
    items.map(|item| [text(&item["check"]), text(&item["region"]), text(&item["resource"]["id"])]).collect()
}

/// What came of one row.
#[derive(Debug, Default, Clone, Copy)]
struct Tried {
    calls: usize,
    ended: usize,
    gaps_wanted: usize,
    gaps_missed: usize,
    invented: usize,
    passed_unread: usize,
    leaked: usize,
}

/// What the whole account is, undisturbed.
struct Whole {
    report: Value,
    findings: BTreeSet<[String; 3]>,
    calls: BTreeMap<String, u64>,
}

fn calls_by_operation(aws: &SimulatedAws) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for ((service, _, operation), count) in aws.calls() {
        *counts.entry(format!("{service}:{operation}")).or_default() += count;
    }
    counts
}

fn whole(folder: &Path) -> Whole {
    let undisturbed = aws(Vec::new());
    let report = scan(folder, &undisturbed).expect_code(1).json();
    assert_eq!(report["gaps"], Value::Array(Vec::new()));
    let findings = subjects(&report, "findings");
    assert!(findings.len() > 10, "the account has problems of many kinds: {findings:?}");
    Whole { findings, calls: calls_by_operation(&undisturbed), report }
}

/// The kinds and actions of the report's gaps.
fn gaps(report: &Value) -> BTreeSet<[String; 2]> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let gaps = report["gaps"].as_array().expect("gaps").iter();
    gaps.map(|gap| [text(&gap["action"]), text(&gap["kind"])]).collect()
}

/// Tries one call with one fault, and says what is wrong.
fn try_one(folder: &Path, whole: &Whole, call: &ApiCall, row: Row, tried: &mut Tried) -> Vec<String> {
    let fault = Fault {
        service: Some(call.service),
        operation: Some(call.operation.to_owned()),
        kind: row.kind,
        times: row.times,
        ..Fault::default()
    };
    let aws = aws(vec![fault]);
    let begun = Instant::now();
    let run = scan(folder, &aws);
    let mut wrong = Vec::new();
    let mut complain = |what: String| wrong.push(format!("{} with {}: {what}", call.action, row.name));
    tried.calls += 1;
    if begun.elapsed() < BOUND && [1, 4].contains(&run.code) && !run.stderr.contains("panicked") {
        tried.ended += 1;
    } else {
        complain(format!("exit code {} after {:?}: {}", run.code, begun.elapsed(), run.stderr));
    }
    for secret in [ACCESS_KEY, SECRET_KEY, SESSION_TOKEN, TOKEN_OF_ROLE] {
        if run.stdout.contains(secret) || run.stderr.contains(secret) {
            tried.leaked += 1;
            let text = if run.stdout.contains(secret) { &run.stdout } else { &run.stderr };
            let at = text.find(secret).unwrap_or_default();
            complain(format!("`{secret}` is told: {}", text.get(at.saturating_sub(200)..at + 40).unwrap_or_default()));
        }
    }
    // A call without pages gets over what is wrong with pages.
    let asked_again = calls_by_operation(&aws).get(&format!("{}:{}", call.service, call.operation))
        > whole.calls.get(&format!("{}:{}", call.service, call.operation));
    // The SDK sets its clock right where S3 refuses a request for its time, and does not where the others do.
    let set_right = row.kind == FaultKind::ClockSkew && call.service.starts_with("s3");
    let gap = row.gap.filter(|_| (!row.kind.is_about_pages() || asked_again) && !set_right);
    if gap.is_some_and(|gap| ends_the_scan(call, gap)) {
        tried.gaps_wanted += 1;
        let lines = run.stderr.lines().filter(|line| line.starts_with("error: ")).count();
        if run.code != 4 || lines != 1 || !run.stdout.is_empty() {
            tried.gaps_missed += 1;
            complain(format!("exit code {}, {lines} lines of error: {}", run.code, run.stderr));
        }
        return wrong;
    }
    let Ok(report) = serde_json::from_str::<Value>(&run.stdout) else {
        complain(format!("no report, exit code {}: {}", run.code, run.stderr));
        tried.gaps_missed += 1;
        return wrong;
    };
    if run.code != 1 {
        complain(format!("exit code {} with open findings", run.code));
    }
    let wanted: BTreeSet<[String; 2]> = gap.iter().map(|kind| [call.action.to_owned(), (*kind).to_owned()]).collect();
    let mut found = gaps(&report);
    if row.kind == FaultKind::TruncatedBody {
        // Half of an error is an error without a code, and a connection that breaks again and again is tried until the time is up.
        found = found
            .into_iter()
            .map(|[action, kind]| [action, kind.replace("unsupported", "malformed").replace("timed_out", "malformed")])
            .collect();
    }
    tried.gaps_wanted += wanted.len();
    if found != wanted {
        tried.gaps_missed += 1;
        let told = report["gaps"].as_array().and_then(|gaps| gaps.first()).map(Value::to_string).unwrap_or_default();
        complain(format!("gaps {found:?} in place of {wanted:?}: {told}"));
    }
    let (findings, unknown) = (subjects(&report, "findings"), subjects(&report, "unknown"));
    for invented in findings.difference(&whole.findings) {
        tried.invented += 1;
        complain(format!("{invented:?} is invented"));
    }
    let in_doubt = |[check, region, id]: &[String; 3]| {
        let places = [region.as_str(), "aws-global"].map(|region| [id.as_str(), "*"].map(|id| (region, id)));
        let doubts = |(region, id): &(&str, &str)| unknown.contains(&[check.clone(), (*region).to_owned(), (*id).to_owned()]);
        places.iter().flatten().any(doubts)
    };
    let was_read = |region: &str| report["regions"].as_array().expect("regions").iter().any(|one| one == region);
    for lost in whole.findings.difference(&findings).filter(|subject| was_read(&subject[1]) && !in_doubt(subject)) {
        tried.passed_unread += 1;
        complain(format!("{lost:?} passes or is gone"));
    }
    if gap.is_none() && (&report["findings"], &report["unknown"]) != (&whole.report["findings"], &whole.report["unknown"]) {
        complain("the report is another one, though everything was read".to_owned());
    }
    wrong
}

#[test]
fn every_call_with_every_fault() {
    for kind in FaultKind::ALL {
        assert!(ROWS.iter().any(|row| row.kind == kind), "{kind:?} is not tried");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let whole = whole(folder.path());
    let only = std::env::var("NATLESS_FAULT").ok();
    let call = std::env::var("NATLESS_CALL").ok();
    let (chosen, long) = (only.is_some() || call.is_some(), std::env::var_os("NATLESS_LONG_TESTS").is_some());
    let rows = || ROWS.iter().enumerate().filter(|(_, row)| only.as_deref().is_none_or(|only| row.name.contains(only)));
    let results = Mutex::new((vec![Tried::default(); ROWS.len()], Vec::new()));
    // Call by call, so that the faults that only wait run beside those that do not.
    let cases: Vec<(usize, Row, &ApiCall)> = (0..)
        .zip(CALLS)
        .flat_map(|(number, call)| rows().map(move |(at, row)| (number, (at, *row, *call))))
        .filter(|(_, (_, _, one))| call.as_deref().is_none_or(|name| one.operation == name))
        .filter(|(number, (at, ..))| long || chosen || number % ROWS.len() == *at)
        .map(|(_, case)| case)
        .collect();
    each(cases, |(at, row, call)| {
        let mut tried = Tried::default();
        let wrong = try_one(folder.path(), &whole, call, row, &mut tried);
        let mut results = results.lock().expect("no case panics");
        let sum = &mut results.0[at];
        sum.calls += tried.calls;
        sum.ended += tried.ended;
        sum.gaps_wanted += tried.gaps_wanted;
        sum.gaps_missed += tried.gaps_missed;
        sum.invented += tried.invented;
        sum.passed_unread += tried.passed_unread;
        sum.leaked += tried.leaked;
        results.1.extend(wrong);
    });
    let (tried, mut wrong) = results.into_inner().expect("no case panics");
    wrong.sort();
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
    let (readme, table) = (read("README.md"), table(&tried));
    let [before, committed, after] = marked(&readme, "faults");
    if chosen {
        eprintln!("{table}");
    } else if long {
        assert_committed("README.md", &[before, &table, after].concat());
    } else {
        let columns = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
        let told: Vec<[String; 2]> = committed.lines().skip(2).map(columns).map(|row| [1, 2].map(|at| row[at].clone())).collect();
        let wanted: Vec<[String; 2]> = ROWS.iter().map(|row| [row.name.to_owned(), CALLS.len().to_string()]).collect();
        assert_eq!(told, wanted, "the README's table is that of another matrix: run it as this file says");
    }
}

/// The matrix as the README shows it.
fn table(tried: &[Tried]) -> String {
    let mut table = String::from(
        "| fault | calls tried | scans ended | gaps wanted | gaps missed | findings invented | unread passed | secrets leaked |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for (row, of_row) in ROWS.iter().zip(tried) {
        let Tried { calls, ended, gaps_wanted, gaps_missed, invented, passed_unread, leaked } = of_row;
        let figures = [calls, ended, gaps_wanted, gaps_missed, invented, passed_unread, leaked].map(ToString::to_string);
        table.push_str(&["| ", row.name, " | ", &figures.join(" | "), " |\n"].concat());
    }
    table
}
