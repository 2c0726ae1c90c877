//! The changes that `natless fix` writes: run for real against a live account, and read by the tools they are written for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::binary::natless_with_credentials;
use crate::support::moto::{Moto, python};

/// Checks whose changes moto makes as AWS does. It knows no private DNS of endpoints (`ModifyVpcEndpoint` drops it), and no metrics, without
/// which nothing that may carry bytes is deleted.
const CHECKS: [&str; 15] = [
    "ec2-address-unassociated",
    "ec2-security-group-stale-rule",
    "s3-bucket-insecure-transport",
    "s3-bucket-public-access-block-off",
    "vpc-endpoint-policy-breaks-aws-owned",
    "vpc-endpoint-policy-foreign-principals",
    "vpc-endpoint-policy-foreign-resources",
    "vpc-endpoint-security-group-too-wide",
    "vpc-gateway-endpoint-missing",
    "vpc-gateway-endpoint-unrouted",
    "vpc-interface-endpoint-blocks-clients",
    "vpc-interface-endpoint-zone-gap",
    "vpc-nat-gateway-cross-zone",
    "vpc-nat-gateway-redundant",
    "vpc-route-blackhole",
];

/// Ids of the findings that a script says it repairs.
fn repaired(script: &str) -> BTreeSet<String> {
    let notes = script.lines().filter_map(|line| line.strip_prefix("#    "));
    let id = |note: &str| {
        let (_, rest) = note.split_once(" (")?;
        let (id, _) = rest.split_once("): ")?;
        (id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| id.to_owned())
    };
    notes.filter_map(id).collect()
}

/// Ids and titles of the findings.
fn findings(report: &Value) -> BTreeMap<String, String> {
    let text = |finding: &Value, key: &str| finding[key].as_str().expect("a text").to_owned();
    let findings = report["findings"].as_array().expect("findings");
    findings
        .iter()
        .map(|finding| (text(finding, "id"), format!("{}: {}", text(finding, "check"), text(finding, "title"))))
        .collect()
}

fn scan(folder: &Path, moto: &Moto, more: &[&str]) -> Value {
    let url = moto.url();
    let mut arguments = vec!["scan", "--endpoint-url", &url, "--region", "eu-west-1", "--format", "json"];
    arguments.extend(more);
    natless_with_credentials(folder, &arguments).json()
}

/// Runs a script of AWS CLI commands against the server.
fn run_script(script: &Path, moto: &Moto) {
    let python = python();
    let tools = python.parent().expect("a folder of tools");
    let output = Command::new("sh")
        .arg(script)
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", tools.display()))
        .env("AWS_ENDPOINT_URL", moto.url())
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "testing")
        .stdin(Stdio::null())
        .output()
        .expect("sh runs");
    assert!(output.status.success(), "{}: {}", script.display(), String::from_utf8_lossy(&output.stderr));
}

#[test]
fn commands_of_the_aws_cli_repair_a_live_account() {
    let folder = tempfile::tempdir().expect("a folder");
    let moto = Moto::start();
    moto.seed("planted.py");
    let before = findings(&scan(folder.path(), &moto, &["--snapshot", "account.json"]));
    let mut arguments = vec!["fix", "--snapshot", "account.json", "--format", "cli", "--out", "fixes"];
    arguments.extend(CHECKS.iter().flat_map(|check| ["--check", check]));
    natless_with_credentials(folder.path(), &arguments);
    let script = std::fs::read_to_string(folder.path().join("fixes/fix.sh")).expect("a script");
    let repaired = repaired(&script);
    let named: Vec<&str> = CHECKS.into_iter().filter(|check| !script.contains(&format!("#    {check} ("))).collect();
    assert!(named.is_empty(), "no planted problem of these is repaired: {named:?}");
    run_script(&folder.path().join("fixes/fix.sh"), &moto);
    let after = findings(&scan(folder.path(), &moto, &[]));
    let left: Vec<_> = after.iter().filter(|(id, _)| repaired.contains(*id)).collect();
    assert!(left.is_empty(), "run and still there: {left:?}\n{script}");
    // A public bucket that is held back is the lesser finding that stands in for the worse one.
    let held_back = |title: &str| title.starts_with("s3-bucket-policy-public-but-blocked: ");
    let new: Vec<_> = after.iter().filter(|(id, title)| !before.contains_key(*id) && !held_back(title)).collect();
    assert!(new.is_empty(), "run and new: {new:?}");
}

#[test]
fn what_was_changed_can_be_taken_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let moto = Moto::start();
    moto.seed("three_tier.py");
    let before = findings(&scan(folder.path(), &moto, &["--snapshot", "account.json"]));
    let checks = [
        "vpc-gateway-endpoint-unrouted",
        "vpc-endpoint-policy-full-access",
        "vpc-interface-endpoint-blocks-clients",
        "s3-bucket-insecure-transport",
    ];
    let mut arguments = vec!["fix", "--snapshot", "account.json", "--format", "cli", "--out", "fixes"];
    arguments.extend(checks.iter().flat_map(|check| ["--check", check]));
    natless_with_credentials(folder.path(), &arguments);
    run_script(&folder.path().join("fixes/fix.sh"), &moto);
    let repaired = findings(&scan(folder.path(), &moto, &[]));
    assert!(repaired.len() + checks.len() <= before.len(), "{} of {}", repaired.len(), before.len());
    run_script(&folder.path().join("fixes/undo.sh"), &moto);
    let ids = |findings: BTreeMap<String, String>| findings.into_keys().collect::<Vec<_>>();
    assert_eq!(ids(findings(&scan(folder.path(), &moto, &[]))), ids(before));
}

/// A tool of the virtual environment, over files.
fn tool(name: &str, arguments: &[&str], files: &[std::path::PathBuf]) {
    let python = python();
    let tools = python.parent().expect("a folder of tools");
    let output =
        Command::new(tools.join(name)).args(arguments).args(files).output().unwrap_or_else(|error| panic!("{name}: {error}"));
    let told = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned()).concat();
    assert!(output.status.success(), "{name}: {told}");
}

#[test]
fn terraform_and_cloudformation_are_read_by_their_own_tools() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut templates, mut terraform) = (Vec::new(), Vec::new());
    for account in ["three-tier", "hub-and-spoke", "partial-permissions"] {
        let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks/accounts").join(account);
        for format in ["terraform", "cloudformation"] {
            let out = folder.path().join(account);
            let arguments = [
                "fix",
                "--replay",
                recording.to_str().expect("UTF-8"),
                "--format",
                format,
                "--out",
                out.to_str().expect("UTF-8"),
            ];
            natless_with_credentials(folder.path(), &arguments);
        }
        for file in std::fs::read_dir(folder.path().join(account)).expect("files").map(|entry| entry.expect("a file").path()) {
            let kind = if file.extension().is_some_and(|extension| extension == "tf") { &mut terraform } else { &mut templates };
            kind.push(file);
        }
    }
    assert!(terraform.len() == 3 && !templates.is_empty(), "{terraform:?} {templates:?}");
    tool("cfn-lint", &["--non-zero-exit-code", "warning"], &templates);
    tool(
        "python",
        &["-c", "import sys, hcl2\nfor name in sys.argv[1:]:\n    assert hcl2.load(open(name))['resource'], name"],
        &terraform,
    );
    // Where Terraform itself is at hand it has the last word on the layout.
    if Command::new("terraform").arg("version").output().is_ok_and(|output| output.status.success()) {
        let output =
            Command::new("terraform").args(["fmt", "-check", "-diff"]).args(&terraform).output().expect("terraform runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}
