//! `estimate`, `prices`, `simulate` and `fix` as people call them.

use serde_json::Value;

use crate::support::binary::{Run, natless};

fn run(arguments: &[&str]) -> Run {
    let folder = tempfile::tempdir().expect("a folder");
    natless(folder.path(), arguments)
}

fn account(name: &str) -> String {
    format!("{}/mocks/accounts/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn an_estimate_adds_up_and_tells_the_break_even() {
    let json = run(&["estimate", "--region", "us-east-1", "--nat-hours", "730", "--nat-gb", "100", "--format", "json"])
        .expect_code(0)
        .json();
    assert_eq!(
        (&json["schema"], &json["total_usd"], &json["complete"]),
        (&"natless/estimate/1".into(), &"37.35".into(), &true.into())
    );
    let amounts: Vec<&str> =
        json["lines"].as_array().expect("lines").iter().filter_map(|line| line["amount_usd"].as_str()).collect();
    assert_eq!(amounts, ["32.85", "4.50"]);
    assert_eq!(json["break_even"]["gb_per_zone_month"], "208.6");
    let hour = run(&["estimate", "--region", "us-east-2", "--nat-hours", "1", "--nat-gb", "1", "--format", "json"]).json();
    assert_eq!(
        (&hour["lines"][0]["amount_usd"], &hour["lines"][1]["amount_usd"], &hour["total_usd"]),
        (&"0.045".into(), &"0.045".into(), &"0.09".into())
    );
    let discounted =
        run(&["estimate", "--region", "us-east-1", "--nat-hours", "730", "--discount", "8%", "--format", "json"]).json();
    assert_eq!(discounted["total_usd"], "30.22");
    let text = run(&["estimate", "--region", "eu-central-1", "--regional-nat-hours", "2190", "--regional-nat-gb", "1024"])
        .expect_code(0);
    assert!(text.stdout.contains("$167.13"), "{}", text.stdout);
}

#[test]
fn a_region_without_prices_has_no_total() {
    let json = run(&["estimate", "--region", "cn-north-1", "--nat-hours", "730", "--format", "json"]).expect_code(3).json();
    assert_eq!((&json["total_usd"], &json["unpriced"][0]), (&Value::Null, &"nat_hour".into()));
}

#[test]
fn prices_tell_source_and_day() {
    let json = run(&["prices", "eu-west-1", "--format", "json"]).expect_code(0).json();
    let prices = json["regions"][0]["prices"].as_array().expect("prices");
    assert_eq!(prices.len(), 13);
    assert!(
        prices.iter().all(|price| !price["source"].as_str().expect("a source").is_empty()
            && price["as_of"].as_str().expect("a day").len() == 10)
    );
    let unknown = run(&["prices", "eu-wst-1"]).expect_code(2);
    assert!(unknown.stderr.contains("unknown region `eu-wst-1`") && unknown.stderr.contains("`eu-west-1`"), "{}", unknown.stderr);
}

#[test]
fn bad_quantities_are_refused_in_one_line() {
    for (option, value) in
        [("--nat-gb", "-1"), ("--nat-gb", "many"), ("--discount", "8"), ("--hours", "0"), ("--nat-hours", "1e30")]
    {
        let refused = run(&["estimate", "--region", "us-east-1", option, value]).expect_code(2);
        assert!(refused.stderr.contains(option), "{option} {value}: {}", refused.stderr);
    }
}

#[test]
fn a_simulation_is_better_than_before_and_the_same_twice() {
    let account = account("three-tier");
    let arguments = ["simulate", "--replay", &account, "--format", "json"];
    let first = run(&arguments).expect_code(0);
    let json = first.json();
    let count = |side: &str| json[side]["findings"].as_u64().expect("a count");
    assert!(count("after") < count("before"));
    assert!(json["steps"].as_array().expect("steps").iter().all(|step| step["proof"] == "proven"));
    assert_eq!(first.stdout, run(&arguments).stdout);
}

#[test]
fn a_fix_is_for_the_findings_that_are_named() {
    let account = account("three-tier");
    let check = ["fix", "--replay", &account, "--format", "cli", "--check", "vpc-gateway-endpoint-unrouted"];
    let script = run(&check).expect_code(0).stdout;
    assert_eq!(script.matches("--add-route-table-ids").count(), 1);
    assert!(!script.contains("--remove-route-table-ids"), "the undo is a script of its own");
    let none = run(&["fix", "--replay", &account, "--format", "cli", "--check", "vpc-nat-gateway-idl"]).expect_code(2);
    assert!(none.stderr.contains("nearest: `vpc-nat-gateway-idle`"), "{}", none.stderr);
    let none = run(&["fix", "--replay", &account, "--format", "terraform", "--finding", "0000000000000000"]).expect_code(2);
    assert!(none.stderr.contains("unknown finding"), "{}", none.stderr);
    let open = run(&["fix", "--replay", &account, "--format", "cli", "--check", "vpc-flow-logs-blind"]).expect_code(1);
    assert!(open.stderr.contains("not repaired: vpc-flow-logs-blind"), "{}", open.stderr);
}
