//! Laws that every proven change keeps, over generated inventories.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::assess::{Effort, assess_with};
use super::{Assessment, Settings, fixtures, simulate};
use crate::cost::{UsdRange, saving};
use crate::fix::apply;
use crate::model::Inventory;
use crate::network::{ELSEWHERE, End, Family, Network};

const REGION: &str = "eu-west-1";

/// Numbers from a seed.
struct Dice(u64);

impl Dice {
    /// A number below `sides`. The steps of `SplitMix64`.
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.below(sides) == 0
    }

    fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        let index = usize::try_from(self.below(of.len() as u64)).unwrap();
        &of[index]
    }
}

/// The listings of a region that is being made.
#[derive(Default)]
struct Build(Map<String, Value>);

impl Build {
    fn add(&mut self, kind: &str, id: &str, resource: Value) {
        let listing = self.0.entry(kind).or_insert_with(|| json!({}));
        listing.as_object_mut().unwrap().insert(id.to_owned(), resource);
    }
}

/// An account with some of everything that changes are made of: right, wrong, and odd but legal.
fn account(seed: u64) -> Inventory {
    let mut dice = Dice(seed);
    let mut build = Build::default();
    let mut traffic = json!({ "nat_gateways": {}, "vpc_endpoints": {} });
    let services = ["com.amazonaws.eu-west-1.sqs", "com.amazonaws.eu-west-1.ecr.api", "com.amazonaws.eu-west-1.ecr.dkr"];
    for service in services {
        build.add("endpoint_services", service, json!({}));
    }
    for service in ["com.amazonaws.eu-west-1.s3", "com.amazonaws.eu-west-1.dynamodb"] {
        build.add("endpoint_services", service, json!({ "kinds": ["Gateway", "Interface"] }));
    }
    for number in 0..=dice.below(2) {
        vpc(&mut dice, &mut build, &mut traffic, number);
    }
    if dice.one_in(2) {
        build.add("addresses", "eipalloc-0free", json!({ "public_ip": "192.0.2.250" }));
    }
    build.0.insert("traffic".to_owned(), traffic);
    let mut buckets = Map::new();
    let tls = r#"{"Sid":"Tls","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::one","arn:aws:s3:::one/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#;
    let nat = r#"{"Sid":"Nat","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::one/*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.100"}}}"#;
    let statements = *dice.pick(&["", tls, nat]);
    let policy = if statements.is_empty() {
        Value::Null
    } else {
        json!(format!(r#"{{"Version":"2012-10-17","Statement":{statements}}}"#))
    };
    buckets.insert("one".to_owned(), json!({ "policy": { "known": policy } }));
    let organization = if dice.one_in(2) {
        json!({ "id": "o-a1b2c3d4e5", "management_account_id": "222233334444", "accounts": { "known": { "111122223333": "ACTIVE" } } })
    } else {
        Value::Null
    };
    let short = json!({ "organization": { "known": organization }, "buckets": buckets, "regions": { REGION: build.0 } });
    fixtures::inventory(&short)
}

fn vpc(dice: &mut Dice, build: &mut Build, traffic: &mut Value, number: u64) {
    let vpc = format!("vpc-{number}");
    let id = |kind: &str, n: u64| format!("{kind}-{number}{n}");
    build.add("vpcs", &vpc, json!({
        "ipv4_cidrs": [format!("10.{number}.0.0/16")], "dns_hostnames": { "known": !dice.one_in(4) }, "dns_support": { "known": !dice.one_in(8) },
    }));
    let zones = ["eu-west-1a", "eu-west-1b"];
    let subnets = 2 + dice.below(3);
    let (mut public, mut private) = (Vec::new(), Vec::new());
    for n in 0..subnets {
        let subnet = id("subnet", n);
        let open = n == 0 || dice.one_in(4);
        build.add("subnets", &subnet, json!({
            "vpc_id": vpc, "zone": dice.pick(&zones), "ipv4_cidr": format!("10.{number}.{n}.0/24"), "map_public_ip_on_launch": open && !dice.one_in(4),
        }));
        if dice.one_in(2) {
            build.add("network_interfaces", &id("eni", n), json!({ "vpc_id": vpc, "subnet_id": subnet, "private_addresses": [{ "private_ip": format!("10.{number}.{n}.10") }] }));
        }
        if open { public.push(subnet) } else { private.push(subnet) }
    }
    let nats = dice.below(3);
    for n in 0..nats {
        let nat = id("nat", n);
        let address = format!("192.0.2.{}", 100 + number * 10 + n);
        build.add("nat_gateways", &nat, json!({ "subnet_id": dice.pick(&public), "addresses": [{ "public_ip": address, "allocation_id": format!("eipalloc-{nat}") }] }));
        build.add(
            "addresses",
            &format!("eipalloc-{nat}"),
            json!({ "public_ip": address, "association_id": format!("eipassoc-{nat}") }),
        );
        traffic["nat_gateways"][&nat] = json!(dice.below(3) * dice.below(500) * (1 << 30));
    }
    let igw = format!("0.0.0.0/0 -> igw-{number}");
    build.add("route_tables", &id("rtb", 9), json!({ "vpc_id": vpc, "subnets": public, "routes": [igw] }));
    let mut tables = Vec::new();
    for (n, subnet) in (0_u64..).zip(&private) {
        let mut routes = Vec::new();
        if nats > 0 && !dice.one_in(4) {
            routes.push(format!("0.0.0.0/0 -> {}", id("nat", dice.below(nats))));
        }
        if dice.one_in(4) {
            routes.push("10.200.0.0/16 -> pcx-0gone blackhole".to_owned());
        }
        if dice.one_in(5) && nats > 0 {
            routes.push(format!("198.51.100.0/26 -> {}", id("nat", 0)));
        }
        let table = id("rtb", n);
        build.add("route_tables", &table, json!({ "vpc_id": vpc, "subnets": [subnet], "routes": routes }));
        tables.push(table);
    }
    for (n, service) in [(0, "s3"), (1, "dynamodb")] {
        if dice.one_in(2) {
            gateway(dice, build, &vpc, &id("vpce", n), service, &tables);
        }
    }
    for n in 0..dice.below(4) {
        let service = *dice.pick(&["sqs", "ecr.api", "ecr.dkr", "s3"]);
        interface(dice, build, traffic, &vpc, &id("vpce", 3 + n), service, &private);
    }
}

/// A gateway endpoint; the tables that it is associated with have its route.
fn gateway(dice: &mut Dice, build: &mut Build, vpc: &str, id: &str, service: &str, tables: &[String]) {
    let chosen: Vec<String> = tables.iter().filter(|_| dice.one_in(2)).cloned().collect();
    let list = if service == "s3" { "pl-0s3" } else { "pl-0ddb" };
    for table in &chosen {
        let routes = build.0["route_tables"][table]["routes"].as_array_mut().unwrap();
        routes.push(json!(format!("{list} -> {id}")));
    }
    let own = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}}}"#;
    let full = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;
    build.add("vpc_endpoints", id, json!({
        "vpc_id": vpc, "service_name": format!("com.amazonaws.eu-west-1.{service}"), "route_table_ids": chosen, "policy": dice.pick(&[own, full]),
    }));
}

/// An interface endpoint with a group of its own.
fn interface(dice: &mut Dice, build: &mut Build, traffic: &mut Value, vpc: &str, id: &str, service: &str, subnets: &[String]) {
    let Some(subnet) = subnets.first() else { return };
    let (group, eni) = (format!("sg-{id}"), format!("eni-{id}"));
    let source = *dice.pick(&["10.0.0.0/8", "0.0.0.0/0", "10.0.3.0/24"]);
    build.add("security_groups", &group, json!({ "vpc_id": vpc }));
    build.add("security_group_rules", &format!("sgr-{id}"), json!({ "group_id": group, "peer": { "ipv4": source } }));
    build.add("network_interfaces", &eni, json!({
        "vpc_id": vpc, "subnet_id": subnet, "kind": "vpc_endpoint", "group_ids": [group], "private_addresses": [{ "private_ip": "10.0.1.200" }],
    }));
    build.add("vpc_endpoints", id, json!({
        "kind": "Interface", "vpc_id": vpc, "service_name": format!("com.amazonaws.eu-west-1.{service}"), "private_dns": dice.one_in(2),
        "state": dice.pick(&["available", "available", "available", "failed"]), "subnet_ids": [subnet], "group_ids": [group], "network_interface_ids": [eni],
    }));
    traffic["vpc_endpoints"][id] = json!(dice.below(3) * dice.below(500) * (1 << 30));
}

/// Which subnets surely reach which services, asked of the path engine anew.
fn reached(inventory: &Inventory) -> BTreeMap<(String, String), bool> {
    let network = Network::new(inventory);
    let mut reached = BTreeMap::new();
    let arrives = |end: &End| {
        matches!(end, End::InterfaceEndpoint { .. } | End::GatewayEndpoint { .. } | End::Nat { .. } | End::Internet { .. })
    };
    for subnet in inventory.regions[REGION].subnets.items.keys() {
        for service in ["s3", "dynamodb", "sqs", "ecr.api", "ecr.dkr", "kms"] {
            let path = network.path(REGION, subnet, service, Family::Ipv4);
            reached.insert((subnet.clone(), service.to_owned()), path.segments.iter().all(|segment| arrives(&segment.end)));
        }
    }
    for path in network.paths().ways_out {
        reached.insert(
            (path.subnet_id.as_ref().to_owned(), ELSEWHERE.to_owned()),
            path.segments.iter().all(|segment| arrives(&segment.end)),
        );
    }
    reached
}

fn judged(inventory: &Inventory, settings: &Settings) -> Assessment {
    assess_with(inventory, settings, None, Effort::Judge)
}

/// Tries every change of an account, and all of them in order; returns how many there were.
fn check(seed: u64) -> usize {
    let inventory = account(seed);
    let settings = Settings::default();
    let found = simulate(&inventory, &settings, &|_| true);
    let (count, before) = (found.before.findings.len(), reached(&inventory));
    let mut tried = 0;
    for finding in &found.before.findings {
        let Some(proposal) = finding.repair.proposal() else { continue };
        let place = format!("seed {seed}: {}", proposal.change.title);
        let changed = apply(&proposal.change, &inventory).unwrap_or_else(|why| panic!("{place}: {why}"));
        let after = judged(&changed, &settings);
        assert!(after.findings.iter().all(|other| other.id != finding.id), "{place}: still there");
        assert!(after.findings.len() <= count, "{place}: {} findings after {count}", after.findings.len());
        for (way, arrives) in reached(&changed) {
            assert!(arrives || before.get(&way) != Some(&true), "{place}: {way:?} is lost");
        }
        tried += 1;
    }
    let sum: UsdRange = found.steps.iter().map(|step| step.adds.clone().expect("every byte is known")).sum();
    assert_eq!(Ok(sum), found.saving, "seed {seed}");
    assert_eq!(saving(&found.before.bill, &found.after.bill), found.saving, "seed {seed}");
    assert!(found.after.findings.len() <= count, "seed {seed}: all steps together");
    for (way, arrives) in reached_after(&inventory, &found) {
        assert!(arrives || before.get(&way) != Some(&true), "seed {seed}: {way:?} is lost by all steps together");
    }
    tried
}

fn reached_after(inventory: &Inventory, found: &super::Simulation) -> BTreeMap<(String, String), bool> {
    let made =
        found.steps.iter().fold(inventory.clone(), |inventory, step| apply(&step.change, &inventory).expect("a proven step"));
    reached(&made)
}

/// Accounts to try; a long run sets `NATLESS_CHANGE_CASES`.
fn cases() -> u32 {
    std::env::var("NATLESS_CHANGE_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn no_proven_change_takes_a_way_adds_a_finding_or_counts_a_dollar_twice(seed in any::<u64>()) {
        check(seed);
    }
}

#[test]
fn generated_accounts_have_changes_to_try() {
    let tried: usize = (0..3).map(check).sum();
    assert!(tried >= 15, "only {tried} changes in three accounts");
}
