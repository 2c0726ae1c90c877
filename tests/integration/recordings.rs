//! How the accounts under `mocks/accounts` were made, kept runnable: `NATLESS_RECORD=1 cargo test recordings` makes them again.
//!
//! Each is seeded in a live moto server and recorded from it. What moto does not answer as AWS does is taken from a second recording, of the
//! simulated AWS serving the corrected inventory (`tests/live/README.md` lists the corrections, [`FROM_MOTO`] the calls kept).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use natless::model::Inventory;
use serde_json::Value;

use crate::support::binary::{natless, natless_with_credentials};
use crate::support::corrections::{Corrections, corrected};
use crate::support::moto::Moto;
use crate::support::{Fault, FaultKind, Options, SimulatedAws};

/// Calls that moto answers as AWS does for these accounts: their answers are moto's own, byte for byte.
const FROM_MOTO: &[&str] = &[
    "DescribeEgressOnlyInternetGateways",
    "DescribeFlowLogs",
    "DescribeInternetGateways",
    "DescribeNetworkAcls",
    "DescribeSecurityGroupRules",
    "DescribeSecurityGroups",
    "DescribeSubnets",
    "DescribeTransitGatewayRouteTables",
    "DescribeTransitGatewayVpcAttachments",
    "DescribeTransitGateways",
    "DescribeVpcAttribute",
    "DescribeVpcPeeringConnections",
    "DescribeVpcs",
    "DescribeVpnConnections",
    "DescribeVpnGateways",
    "GetBucketAcl",
    "GetBucketPolicy",
    "GetBucketPolicyStatus",
    "GetManagedPrefixListEntries",
    "GetPublicAccessBlock",
    "ListHostedZonesByVPC",
    "ListResourceRecordSets",
];

/// What the role of `partial-permissions` may not do.
const DENIED: &[(&str, &str, Option<&str>)] = &[
    ("ec2", "DescribeSecurityGroupRules", None),
    ("ec2", "DescribeVpcEndpoints", Some("us-east-1")),
    ("cloudwatch", "GetMetricData", None),
    ("s3", "GetBucketPolicy", None),
    ("s3", "GetBucketPolicyStatus", None),
    ("directconnect", "DescribeVirtualGateways", None),
];

fn committed(account: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks/accounts").join(account)
}

/// The files of a recording, by path within it.
fn files(folder: &Path) -> BTreeMap<PathBuf, PathBuf> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).expect("a readable folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).expect("inside").to_owned(), path);
            }
        }
    }
    found
}

fn record(work: &Path, url: &str, name: &str, more: &[&str]) -> PathBuf {
    let folder = work.join(name);
    let mut arguments = vec!["scan", "--endpoint-url", url, "--format", "json", "--record", folder.to_str().expect("UTF-8")];
    arguments.extend(more);
    let run = natless_with_credentials(work, &arguments);
    assert!([0, 1, 3].contains(&run.code), "{}", run.stderr);
    folder
}

/// Records the account of a seeding script: moto's own answers where it is right, the simulated AWS's elsewhere.
fn account(work: &Path, script: &str) -> (PathBuf, Inventory) {
    let moto = Moto::start();
    let corrections: Corrections = serde_json::from_value(moto.seed(script)).expect("corrections");
    let regions: Vec<&str> = corrections.regions.iter().flat_map(|region| ["--region", region.as_str()]).collect();
    let snapshot = work.join("moto.json");
    let with_snapshot = [&["--snapshot", snapshot.to_str().expect("UTF-8")], regions.as_slice()].concat();
    let from_moto = record(work, &moto.url(), "from-moto", &with_snapshot);
    let inventory = serde_json::from_str(&std::fs::read_to_string(snapshot).expect("a snapshot")).expect("an inventory");
    let inventory = corrected(inventory, &corrections);

    let aws = SimulatedAws::start(inventory.clone(), Options::default());
    let made = record(work, &aws.url(), "made", &[]);
    let moto_files = files(&from_moto);
    for (path, file) in files(&made) {
        let operation =
            path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.split('-').next()).unwrap_or_default();
        if let Some(own) = moto_files.get(&path).filter(|_| FROM_MOTO.contains(&operation)) {
            std::fs::copy(own, file).expect("writable");
        }
    }
    (made, inventory)
}

fn replay(work: &Path, recording: &Path) -> Value {
    natless(work, &["scan", "--replay", recording.to_str().expect("UTF-8"), "--format", "json"]).json()
}

/// What does not depend on the random ids of a seeding: how often each check found something, and what was not read.
fn summary(report: &Value) -> (BTreeMap<String, usize>, Vec<String>) {
    let mut findings = BTreeMap::new();
    for finding in report["findings"].as_array().expect("findings") {
        *findings.entry(finding["check"].as_str().expect("an id").to_owned()).or_default() += 1;
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut gaps: Vec<String> = report["gaps"]
        .as_array()
        .expect("gaps")
        .iter()
        .map(|gap| [&gap["region"], &gap["action"], &gap["kind"]].map(text).join(" "))
        .collect();
    gaps.sort();
    (findings, gaps)
}

/// Compares a recording made now with the committed one; with `NATLESS_RECORD` set, puts it in its place.
fn compare_or_replace(work: &Path, made: &Path, name: &str) {
    let target = committed(name);
    if std::env::var_os("NATLESS_RECORD").is_some() {
        std::fs::create_dir_all(&target).expect("writable");
        for path in files(&target).into_values().filter(|path| path.extension().is_some_and(|extension| extension == "json")) {
            std::fs::remove_file(path).expect("removable");
        }
        for (path, file) in files(made) {
            let to = target.join(path);
            std::fs::create_dir_all(to.parent().expect("a folder")).expect("writable");
            std::fs::copy(file, to).expect("writable");
        }
    }
    assert_eq!(summary(&replay(work, made)), summary(&replay(work, &target)), "{name}: recorded now, and committed");
}

#[test]
fn recordings_of_three_tier_and_partial_permissions_can_be_made_again() {
    let work = tempfile::tempdir().expect("a folder");
    let (made, inventory) = account(work.path(), "three_tier.py");
    compare_or_replace(work.path(), &made, "three-tier");

    let faults = DENIED.iter().map(|(service, operation, region)| Fault {
        service: Some(service),
        operation: Some((*operation).to_owned()),
        region: region.map(str::to_owned),
        kind: FaultKind::Deny,
        times: None,
        after: 0,
    });
    let aws = SimulatedAws::start(inventory, Options { faults: faults.collect(), ..Options::default() });
    let made = record(work.path(), &aws.url(), "denied", &[]);
    compare_or_replace(work.path(), &made, "partial-permissions");
}

#[test]
fn recordings_of_hub_and_spoke_can_be_made_again() {
    let work = tempfile::tempdir().expect("a folder");
    let (made, _) = account(work.path(), "hub_and_spoke.py");
    compare_or_replace(work.path(), &made, "hub-and-spoke");
}
