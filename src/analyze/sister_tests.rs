//! What an audit makes of the other accounts of one scan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::assess::{Effort, assess_with};
use super::audit::Carry;
use super::{Assessment, Finding, Settings, assess, assess_among, fixtures};
use crate::model::{GapId, Inventory};
use crate::network::{Directory, End, Sisters};

const SPOKE: &str = fixtures::ACCOUNT;
const HUB: &str = "444455556666";
const REGION: &str = "eu-west-1";
const MISSING: &str = "vpc-gateway-endpoint-missing-in-spoke";

fn spoke() -> Value {
    json!({ "regions": { REGION: {
        "vpcs": { "vpc-0spoke": { "ipv4_cidrs": ["10.2.0.0/16"] } },
        "subnets": { "subnet-0app": { "vpc_id": "vpc-0spoke", "ipv4_cidr": "10.2.0.0/24" } },
        "route_tables": { "rtb-0app": { "vpc_id": "vpc-0spoke", "subnets": ["subnet-0app"], "routes": ["0.0.0.0/0 -> tgw-0aa"] } },
        "transit_gateways": { "tgw-0aa": { "owner_id": HUB } },
        "transit_gateway_attachments": { "tgw-attach-0spoke": { "resource_id": "vpc-0spoke", "transit_gateway_owner_id": HUB } },
        "transit_gateway_vpc_attachments": { "tgw-attach-0spoke": { "vpc_id": "vpc-0spoke", "subnet_ids": ["subnet-0app"] } },
    } } })
}

/// The hub as its own account sees it.
fn hub() -> Inventory {
    let route = |destination: &str, attachment: &str| json!({ "destination": destination, "origin": "static", "state": "active", "attachment_ids": [attachment] });
    let associated = json!({ "route_table_id": "tgw-rtb-0aa", "state": "associated" });
    let short = json!({ "regions": { REGION: {
        "vpcs": { "vpc-0hub": { "ipv4_cidrs": ["10.1.0.0/16"] } },
        "subnets": {
            "subnet-0att": { "vpc_id": "vpc-0hub", "ipv4_cidr": "10.1.1.0/24" },
            "subnet-0pub": { "vpc_id": "vpc-0hub", "ipv4_cidr": "10.1.0.0/24" },
        },
        "nat_gateways": { "nat-0hub": { "subnet_id": "subnet-0pub" } },
        "route_tables": {
            "rtb-0att": { "vpc_id": "vpc-0hub", "subnets": ["subnet-0att"], "routes": ["0.0.0.0/0 -> nat-0hub"] },
            "rtb-0pub": { "vpc_id": "vpc-0hub", "subnets": ["subnet-0pub"], "routes": ["0.0.0.0/0 -> igw-0hub", "10.2.0.0/16 -> tgw-0aa"] },
        },
        "vpc_endpoints": {
            "vpce-0hubs3": { "vpc_id": "vpc-0hub", "route_table_ids": ["rtb-0pub"] },
            "vpce-0hubsqs": { "vpc_id": "vpc-0hub", "kind": "Interface", "service_name": "com.amazonaws.eu-west-1.sqs" },
            "vpce-0hubgone": { "vpc_id": "vpc-0hub", "state": "deleted" },
        },
        "transit_gateways": { "tgw-0aa": {} },
        "transit_gateway_attachments": {
            "tgw-attach-0hub": { "resource_id": "vpc-0hub", "association": associated },
            "tgw-attach-0spoke": { "resource_id": "vpc-0spoke", "resource_owner_id": "999999999999", "association": associated },
        },
        "transit_gateway_vpc_attachments": {
            "tgw-attach-0hub": { "vpc_id": "vpc-0hub", "subnet_ids": ["subnet-0att"] },
            "tgw-attach-0spoke": { "vpc_id": "vpc-0spoke", "vpc_owner_id": "999999999999", "subnet_ids": ["subnet-0app"] },
        },
        "transit_gateway_route_tables": { "tgw-rtb-0aa": {
            "associations": { "known": { "tgw-attach-0hub": "associated", "tgw-attach-0spoke": "associated" } },
            "routes": { "known": [route("0.0.0.0/0", "tgw-attach-0hub"), route("10.2.0.0/16", "tgw-attach-0spoke")] },
        } },
        "traffic": { "nat_gateways": { "nat-0hub": 1u64 << 40 } },
    } } });
    let text = serde_json::to_string(&fixtures::inventory(&short)).expect("JSON");
    let text = text.replace(SPOKE, HUB).replace("999999999999", SPOKE);
    serde_json::from_str(&text).expect("an inventory")
}

fn among(own: &Inventory, others: &[&Inventory]) -> Sisters {
    let accounts: BTreeMap<&str, &Inventory> =
        others.iter().chain([&own]).map(|inventory| (inventory.account.id.as_str(), *inventory)).collect();
    let mut directory = Directory::new();
    for inventory in accounts.values() {
        directory.note(inventory);
    }
    let loaded = |account: &str| accounts.get(account).copied().cloned().ok_or(());
    Sisters::gather(own, Arc::new(directory), loaded).expect("every holder is there")
}

fn assessed(own: &Inventory, others: &[&Inventory]) -> Assessment {
    assess_among(own, &among(own, others), &Settings::default())
}

fn of_check<'a>(assessment: &'a Assessment, check: &str) -> Vec<&'a Finding> {
    assessment.findings.iter().filter(|finding| finding.check == check).collect()
}

#[test]
fn a_spoke_behind_the_nat_gateway_of_a_sister_is_found() {
    let (own, hub) = (fixtures::inventory(&spoke()), hub());
    let alone = assess(&own, &Settings::default());
    assert!(of_check(&alone, MISSING).is_empty());
    assert_eq!(alone.unknown.iter().filter(|unknown| unknown.check == MISSING).count(), 2);
    let found = assessed(&own, &[&hub]);
    assert_eq!(found.unknown.iter().filter(|unknown| unknown.check == MISSING).count(), 0);
    let findings = of_check(&found, MISSING);
    assert_eq!(findings.len(), 2, "{:#?}", found.findings);
    for finding in findings {
        assert_eq!(finding.resource.id, "vpc-0spoke");
        assert!(finding.detail.contains("What nat-0hub processes is on the bill of account 444455556666."), "{}", finding.detail);
        let told = finding.evidence.iter().filter(|one| one.fact.ends_with("as scanned in account 444455556666"));
        assert!(told.count() >= 5, "{:#?}", finding.evidence);
        assert_eq!(finding.measured_bytes, None);
    }
}

#[test]
fn only_what_belongs_to_the_account_is_judged_changed_and_billed() {
    let (own, hub) = (fixtures::inventory(&spoke()), hub());
    let (alone, found) = (assess(&own, &Settings::default()), assessed(&own, &[&hub]));
    let hubs: BTreeSet<&str> = found.findings.iter().map(|finding| finding.resource.id.as_str()).collect();
    assert!(hubs.iter().all(|id| !id.contains("0hub") && !id.contains("0att") && !id.contains("0pub")), "{hubs:?}");
    assert!(found.paths.iter().all(|path| &*path.subnet_id == "subnet-0app"));
    assert!(found.paths.iter().all(|path| matches!(path.segments[0].end, End::Nat { .. })));
    assert_eq!((&found.bill.lines, &found.bill.unpriced), (&alone.bill.lines, &alone.bill.unpriced));
    assert_eq!(found.bill.total, alone.bill.total);
    assert_eq!(found.usage.measured(REGION, "nat-0hub"), None);
    for finding in of_check(&found, MISSING) {
        let proposal = finding.repair.proposal().unwrap_or_else(|| panic!("{:?}", finding.repair));
        let why = proposal.saving.as_ref().expect_err("nobody knows what is saved");
        assert!(why.contains("the traffic of nat-0hub is not known: it belongs to another account"), "{why}");
        let edits = format!("{:?}", proposal.change.edits);
        assert!(edits.contains("vpc-0spoke") && !edits.contains("hub"), "{edits}");
    }
}

#[test]
fn a_sister_with_a_gap_leaves_everything_as_it_was() {
    let (own, mut hub) = (fixtures::inventory(&spoke()), hub());
    let gap = GapId(format!("{REGION}/ec2:DescribeRouteTables"));
    hub.regions.get_mut(REGION).expect("a region").route_tables.gap = Some(gap);
    let (alone, found) = (assess(&own, &Settings::default()), assessed(&own, &[&hub]));
    assert_eq!((found.findings, found.checks, found.scores), (alone.findings, alone.checks, alone.scores));
    assert_eq!(found.unknown.len(), alone.unknown.len());
    assert!(found.gaps == alone.gaps && found.bill == alone.bill);
}

#[test]
fn the_hub_is_judged_as_without_its_spokes() {
    let (spoke, hub) = (fixtures::inventory(&spoke()), hub());
    assert_eq!(assessed(&hub, &[&spoke]), assess(&hub, &Settings::default()));
}

#[test]
fn without_sisters_nothing_changes() {
    for own in [fixtures::inventory(&spoke()), hub()] {
        let alone = assess(&own, &Settings::default());
        assert_eq!(assess_among(&own, &Sisters::none(), &Settings::default()), alone);
        assert_eq!(assessed(&own, &[]), alone, "an organization of one account");
    }
}

#[test]
fn what_is_shared_is_left_to_the_report_of_its_owner() {
    let short = |tables: Value| {
        json!({ "regions": { REGION: {
        "vpcs": { "vpc-0aa": {} },
        "subnets": { "subnet-0a": { "zone": "eu-west-1b" }, "subnet-0pub": {} },
        "nat_gateways": { "nat-0aa": { "subnet_id": "subnet-0pub" } },
        "route_tables": tables,
    } } })
    };
    let owner = fixtures::inventory(&short(json!({
        "rtb-0a": { "subnets": ["subnet-0a"], "routes": ["0.0.0.0/0 -> nat-0aa"] },
        "rtb-0pub": { "subnets": ["subnet-0pub"], "routes": ["0.0.0.0/0 -> igw-0aa"] },
    })));
    let owner: Inventory =
        serde_json::from_str(&serde_json::to_string(&owner).expect("JSON").replace(SPOKE, HUB)).expect("an inventory");
    let mut participant = owner.clone();
    SPOKE.clone_into(&mut participant.account.id);
    let seen = participant.regions.get_mut(REGION).expect("a region");
    seen.route_tables.items.clear();
    seen.nat_gateways.items.clear();
    seen.internet_gateways.items.clear();
    seen.network_acls.items.clear();
    seen.subnets.items.retain(|id, _| id == "subnet-0a");
    let alone = assess(&participant, &Settings::default());
    let found = assessed(&participant, &[&owner]);
    assert!(alone.paths.iter().all(|path| matches!(path.segments[0].end, End::Unknown { .. })));
    assert!(found.paths.iter().all(|path| matches!(path.segments[0].end, End::Nat { .. })), "{:#?}", found.paths);
    let of_egress = |check: &str| ["vpc-gateway-endpoint-missing", "vpc-nat-gateway-cross-zone"].contains(&check);
    assert!(found.findings.iter().all(|finding| !of_egress(finding.check)), "{:#?}", found.findings);
    let judged = assess(&owner, &Settings::default());
    let judged: BTreeSet<&str> = judged.findings.iter().map(|finding| finding.check).filter(|check| of_egress(check)).collect();
    assert_eq!(judged.len(), 2, "the owner's report has them");
}

/// A bucket that admits one network only, in an account of an organization.
fn bucket(key: &str, value: &str) -> Inventory {
    let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": ["arn:aws:s3:::data", "arn:aws:s3:::data/*"], "Condition": { "StringNotEquals": { key: value } } }] });
    fixtures::inventory(&json!({
        "buckets": { "data": { "policy": { "known": policy.to_string() } } },
        "regions": { REGION: { "vpcs": { "vpc-0aa": {} }, "vpc_endpoints": { "vpce-0own": {} } } },
        "organization": { "known": { "id": "o-a1b2c3d4e5", "management_account_id": SPOKE,
            "accounts": { "known": { SPOKE: "own", HUB: "hub" } } } },
    }))
}

/// What the two perimeter checks say of the bucket, alone and among sisters.
fn said(key: &str, value: &str, hub: &Inventory) -> [(String, String); 2] {
    let own = bucket(key, value);
    let none = Sisters::none();
    let some = among(&own, &[hub]);
    [&none, &some].map(|sisters| {
        let settings = Settings::default();
        let assessment = assess_with(&own, &settings, Some(Carry::fresh(&own, sisters)), Effort::Judge);
        let word = |check: &str| {
            let counts = &assessment.checks[check];
            let words = [("pass", counts.pass), ("fail", counts.fail), ("unknown", counts.unknown)];
            words.into_iter().find(|(_, count)| *count > 0).map_or("silent", |(word, _)| word).to_owned()
        };
        (word("s3-bucket-perimeter-dangling"), word("s3-bucket-perimeter-cannot-match"))
    })
}

#[test]
fn ids_of_sisters_in_bucket_policies_are_known() {
    let mut hub = hub();
    let answers = |key: &str, value: &str, hub: &Inventory| {
        let [alone, among] = said(key, value, hub);
        assert_eq!((alone.0.as_str(), alone.1.as_str()), ("unknown", "silent"), "{value}");
        format!("{} {}", among.0, among.1)
    };
    assert_eq!(answers("aws:SourceVpce", "vpce-0hubs3", &hub), "pass pass");
    assert_eq!(answers("aws:SourceVpce", "vpce-0hubsqs", &hub), "pass fail", "it leads to SQS");
    assert_eq!(answers("aws:SourceVpce", "vpce-0hubgone", &hub), "fail silent");
    assert_eq!(answers("aws:SourceVpce", "vpce-0nobody", &hub), "unknown silent", "accounts outside may have it");
    assert_eq!(answers("aws:SourceVpc", "vpc-0hub", &hub), "pass pass");
    let endpoints = &mut hub.regions.get_mut(REGION).expect("a region").vpc_endpoints;
    endpoints.items.remove("vpce-0hubs3");
    assert_eq!(answers("aws:SourceVpc", "vpc-0hub", &hub), "pass fail", "no endpoint leads to S3");
    let endpoints = &mut hub.regions.get_mut(REGION).expect("a region").vpc_endpoints;
    endpoints.gap = Some(GapId(format!("{REGION}/ec2:DescribeVpcEndpoints")));
    assert_eq!(answers("aws:SourceVpc", "vpc-0hub", &hub), "pass silent", "one may, for all that was read");
}

#[test]
fn what_is_said_of_a_sisters_endpoint_names_the_account() {
    let own = bucket("aws:SourceVpce", "vpce-0hubsqs");
    let found = assessed(&own, &[&hub()]);
    let findings = of_check(&found, "s3-bucket-perimeter-cannot-match");
    assert!(findings[0].evidence.iter().any(|one| one.fact.ends_with("as scanned in account 444455556666")), "{findings:#?}");
}

#[test]
fn a_bucket_that_trusts_the_address_of_a_sisters_gateway_is_found_and_told_as_a_hazard() {
    let mut hub = hub();
    let nat = hub.regions.get_mut(REGION).expect("a region").nat_gateways.items.get_mut("nat-0hub").expect("a gateway");
    nat.addresses = serde_json::from_value(json!([{ "public_ip": "203.0.113.10" }])).expect("addresses");
    let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::data/*", "Condition": { "IpAddress": { "aws:SourceIp": "203.0.113.10/32" } } }] });
    let mut own = spoke();
    own["buckets"] = json!({ "data": { "policy": { "known": policy.to_string() } } });
    let own = fixtures::inventory(&own);
    let found = assessed(&own, &[&hub]);
    let trusts = of_check(&found, "s3-bucket-trusts-nat-address");
    assert_eq!(trusts.len(), 1, "{:#?}", found.checks["s3-bucket-trusts-nat-address"]);
    assert!(trusts[0].evidence.iter().any(|one| one.fact.ends_with("as scanned in account 444455556666")), "{trusts:#?}");
    let missing = of_check(&found, MISSING);
    let s3 = missing.iter().find(|finding| finding.service.as_deref() == Some("s3")).expect("a finding");
    let proposal = s3.repair.proposal().expect("a change");
    let hazards = proposal.change.hazards.join(" ");
    assert!(hazards.contains("The policy of bucket data admits the address of nat-0hub"), "{hazards}");
    assert!(hazards.contains("Policies in account 444455556666 and others may admit the address of nat-0hub"), "{hazards}");
}

/// The transit gateway is the account's own, and a VPC that a sister owns stands in the way to the account's NAT gateway.
#[test]
fn a_sister_in_the_way_pays_for_what_it_sends_on_and_knows_less_of_an_attachment() {
    let (mut own, hub) = (fixtures::inventory(&spoke()), hub());
    let network_of = |own: &Inventory, hub: &Inventory, asked: &[(&str, bool)]| {
        let sisters = among(own, &[hub]);
        let network = crate::network::Network::among(own, &sisters);
        for (id, foreign) in asked {
            assert_eq!(network.is_on_a_sisters_bill(REGION, id), *foreign, "{id}");
        }
    };
    let asked = [
        ("subnet-0app", false),
        ("tgw-attach-0spoke", false),
        ("tgw-attach-0hub", true),
        ("nat-0hub", true),
        ("subnet-0att", true),
    ];
    network_of(&own, &hub, &asked);
    // Of a VPC that is shared with the account its owner pays.
    own.regions.get_mut(REGION).expect("a region").vpcs.items.get_mut("vpc-0spoke").expect("a VPC").owner_id = HUB.to_owned();
    network_of(&own, &hub, &[("subnet-0app", false)]);
}
