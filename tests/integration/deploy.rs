//! The templates of `deploy/`: clean, equal to each other, no more rights than needed, and run by live doubles of AWS.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::binary::{natless, natless_with_credentials};
use crate::support::moto::{Moto, python};
use crate::support::python::run;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn script(name: &str) -> PathBuf {
    root().join("tests/deploy").join(name)
}

/// A script of `tests/deploy` that must succeed, and what it prints.
fn script_run(name: &str, arguments: &[&str]) -> String {
    run(name, Command::new(python()).arg(script(name)).args(arguments).env("PYTHONDONTWRITEBYTECODE", "1"))
}

#[test]
fn templates_are_clean_and_equal_and_broken_copies_are_not() {
    script_run("check.py", &[]);
}

#[test]
fn the_roles_may_do_what_a_scan_needs_and_what_a_delivery_needs() {
    let folder = tempfile::tempdir().expect("a folder");
    let needed: Value = natless(folder.path(), &["permissions"]).expect_code(0).json();
    let granted = std::fs::read_to_string(root().join("deploy/permissions.json")).expect("a policy");
    assert_eq!(serde_json::from_str::<Value>(&granted).expect("JSON"), needed, "copy what `natless permissions` prints");
    let template = std::fs::read_to_string(root().join("deploy/cloudformation/natless.yaml")).expect("a template");
    for call in natless::deliver::calls::CALLS {
        assert!(
            template.contains(&format!("- {}", call.action)) || template.contains(&format!(": {}", call.action)),
            "{}",
            call.action
        );
    }
}

#[test]
fn the_bucket_of_the_template_passes_the_checks_of_natless() {
    let folder = tempfile::tempdir().expect("a folder");
    let moto = Moto::start();
    let made: Value = serde_json::from_str(&script_run("check.py", &["bucket", &moto.url()])).expect("JSON");
    let (bucket, region) = (made["bucket"].as_str().expect("a name"), made["region"].as_str().expect("a region"));
    let scan = ["scan", "--endpoint-url", &moto.url(), "--region", region, "--format", "json"];
    let report = natless_with_credentials(folder.path(), &scan).json();
    let names = |list: &str| -> Vec<Value> {
        let all = report[list].as_array().expect("a list");
        all.iter()
            .filter(|one| one["resource"]["id"] == bucket)
            .map(|one| json!([one["check"], one["title"], one["why"]]))
            .collect()
    };
    assert_eq!((names("findings"), names("unknown")), (Vec::new(), Vec::new()));
    assert!(report["inventory_counts"]["bucket"].as_u64().is_some_and(|count| count > 0), "{}", report["inventory_counts"]);
}
