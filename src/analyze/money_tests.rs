//! What things cost and what changes save, on whole inventories.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::fixtures;
use super::{Assessment, Settings, assess, simulate};
use crate::cost::{Bill, UsdRange, cents, saving};
use crate::model::price::PriceItem;

const GB: u64 = 1 << 30;

/// Bytes that make this many GB in a month of 720 hours, measured on 14 days.
fn monthly(gb: u64) -> u64 {
    gb * GB * 14 / 30
}

/// A month of 30 days, so that what is measured comes out in whole GB.
const MONTH: &str = "[cost]\nhours_per_month = 720\n";

fn settings(text: &str) -> Settings {
    Settings::from_toml(text, "natless.toml").expect("settings")
}

fn assessed(region: &str, short: &Value) -> Assessment {
    assess(&fixtures::inventory(&json!({ "regions": { region: short } })), &settings(MONTH))
}

fn line(bill: &Bill, id: &str, item: PriceItem) -> Option<String> {
    bill.lines.iter().find(|line| line.resource_id == id && line.item == item).map(|line| line.amount.in_words())
}

/// Two subnets in zone a and one in zone b behind one NAT gateway in zone a.
fn account(gb: u64) -> Value {
    json!({
        "vpcs": { "vpc-0aa": {} },
        "subnets": { "subnet-0a": {}, "subnet-0a2": {}, "subnet-0b": { "zone": "eu-west-1b" }, "subnet-0pub": { "map_public_ip_on_launch": true } },
        "nat_gateways": { "nat-0aa": { "subnet_id": "subnet-0pub" } },
        "addresses": { "eipalloc-nat-0aa": { "association_id": "eipassoc-0aa" } },
        "route_tables": {
            "rtb-0a": { "subnets": ["subnet-0a", "subnet-0a2", "subnet-0b"], "routes": ["0.0.0.0/0 -> nat-0aa"] },
            "rtb-0pub": { "subnets": ["subnet-0pub"], "routes": ["0.0.0.0/0 -> igw-0aa"] },
        },
        "traffic": { "nat_gateways": { "nat-0aa": monthly(gb) } },
    })
}

#[test]
fn a_nat_gateway_is_billed_by_hours_bytes_addresses_and_zones() {
    let bill = assessed("eu-west-1", &account(1000)).bill;
    assert_eq!(line(&bill, "nat-0aa", PriceItem::NatHour).as_deref(), Some("34.56"));
    assert_eq!(line(&bill, "nat-0aa", PriceItem::NatGb).as_deref(), Some("48.00"));
    assert_eq!(line(&bill, "eipalloc-nat-0aa", PriceItem::PublicIpv4Hour).as_deref(), Some("3.60"));
    // Any part of the bytes may be those of the subnet in the other zone, billed on both sides.
    assert_eq!(line(&bill, "nat-0aa", PriceItem::CrossZoneGb).as_deref(), Some("0.00 to 20.00"));
    assert_eq!(bill.total.in_words(), "86.16 to 106.16");
    assert!(bill.unpriced.is_empty(), "{:?}", bill.unpriced);
}

#[test]
fn a_gateway_of_which_every_client_is_in_another_zone_surely_crosses() {
    let mut account = account(1000);
    account["subnets"]["subnet-0a"]["zone"] = json!("eu-west-1b");
    account["subnets"]["subnet-0a2"]["zone"] = json!("eu-west-1c");
    let bill = assessed("eu-west-1", &account).bill;
    assert_eq!(line(&bill, "nat-0aa", PriceItem::CrossZoneGb).as_deref(), Some("20.00"));
}

#[test]
fn regional_gateways_are_billed_by_active_zone() {
    let address = |zone: &str| json!({ "public_ip": "192.0.2.1", "zone_id": zone });
    let region = |addresses: Vec<Value>| {
        json!({ "vpcs": { "vpc-0aa": {} }, "nat_gateways": { "nat-0reg": { "availability": "regional", "addresses": addresses } },
            "traffic": { "nat_gateways": { "nat-0reg": 0 } } })
    };
    let told = assess(
        &fixtures::inventory(
            &json!({ "regions": { "eu-central-1": region(vec![address("euc1-az1"), address("euc1-az2"), address("euc1-az2")]) } }),
        ),
        &Settings::default(),
    );
    // 2 zones x 730 h x 0.052
    assert_eq!(line(&told.bill, "nat-0reg", PriceItem::RegionalNatHour).as_deref(), Some("75.92"));
    let untold = assessed("eu-central-1", &region(Vec::new()));
    assert!(untold.bill.unpriced.iter().any(|one| one.item == Some(PriceItem::RegionalNatHour)));
}

#[test]
fn what_has_no_price_or_no_traffic_is_named_and_in_no_total() {
    let mut unread = account(0);
    unread["traffic"] = json!({ "nat_gateways": { "nat-0aa": { "unknown": "eu-west-1/cloudwatch:GetMetricData" } } });
    let assessment = assessed("eu-west-1", &unread);
    assert!(assessment.bill.unpriced.iter().any(|one| one.resource_id == "nat-0aa" && one.why.contains("not read")));
    assert_eq!(assessment.bill.total.in_words(), "38.16", "hours and address are known all the same");
    let china = assessed("cn-north-1", &json!({ "vpcs": { "vpc-0aa": {} }, "nat_gateways": { "nat-0aa": {} } }));
    assert!(china.bill.lines.is_empty() && china.bill.unpriced.iter().any(|one| one.why == "cn-north-1 has no price for it"));
}

#[test]
fn metrics_of_some_days_stand_for_the_month_and_say_so() {
    let mut account = account(0);
    account["traffic"] = json!({ "nat_gateways": { "nat-0aa": { "known": {
        "bytes_out_to_destination": { "sum": 3 * GB, "days_reported": 3 },
        "bytes_out_to_source": { "sum": 0, "days_reported": 3 }, "connection_attempts": { "sum": 0, "days_reported": 3 } } } } });
    let bill = assessed("eu-west-1", &account).bill;
    let data = bill.lines.iter().find(|line| line.item == PriceItem::NatGb).unwrap();
    assert_eq!(
        (data.quantity.0.normalize().to_string().as_str(), data.basis.as_str()),
        ("30", "measured on 3 of 14 days, scaled to 720 hours")
    );
}

/// Endpoints of one service, each with an interface in two zones.
fn endpoints(bytes: &[u64]) -> Value {
    let names: Vec<String> = (0..bytes.len()).map(|n| format!("vpce-0{n}")).collect();
    let endpoint =
        json!({ "kind": "Interface", "service_name": "com.amazonaws.us-east-1.sqs", "subnet_ids": ["subnet-0a", "subnet-0b"] });
    let listing: Value = names.iter().map(|name| (name.clone(), endpoint.clone())).collect::<serde_json::Map<_, _>>().into();
    let traffic: Value =
        names.iter().zip(bytes).map(|(name, bytes)| (name.clone(), json!(bytes))).collect::<serde_json::Map<_, _>>().into();
    json!({ "vpcs": { "vpc-0aa": {} }, "subnets": { "subnet-0a": {}, "subnet-0b": { "zone": "us-east-1b" } }, "vpc_endpoints": listing,
        "traffic": { "vpc_endpoints": traffic } })
}

#[test]
fn interface_endpoints_are_billed_by_zone_and_climb_the_steps_of_a_region_together() {
    let bill = assessed("us-east-1", &endpoints(&[0, monthly(100)])).bill;
    assert_eq!(line(&bill, "vpce-00", PriceItem::InterfaceEndpointHour).as_deref(), Some("14.40"));
    assert_eq!(line(&bill, "vpce-01", PriceItem::InterfaceEndpointGb).as_deref(), Some("1.00"));
    // 1 PB each: together 1,048,576 x 0.01 + 1,048,576 x 0.006, each half of it.
    let bill = assessed("us-east-1", &endpoints(&[monthly(1 << 20), monthly(1 << 20)])).bill;
    assert_eq!(line(&bill, "vpce-00", PriceItem::InterfaceEndpointGb).as_deref(), Some("8388.61"));
    assert_eq!(bill.total.in_words(), cents(Decimal::new(28_80, 2) + Decimal::new(16_777_216, 3)));
}

#[test]
fn without_attribution_a_gateway_endpoint_saves_between_nothing_and_all_the_bytes() {
    let assessment = assessed("eu-west-1", &account(1000));
    let savings: Vec<String> = assessment
        .findings
        .iter()
        .filter(|finding| finding.check == "vpc-gateway-endpoint-missing")
        .map(|finding| finding.repair.proposal().unwrap().saving.clone().unwrap().in_words())
        .collect();
    // 1,000 GB x (0.048 + 2 x 0.01): those of the subnet in the other zone save the most.
    assert_eq!(savings, ["0.00 to 68.00", "0.00 to 68.00"]);
    // Both together cannot save the bytes twice.
    assert_eq!(assessment.plan.avoidable.map(UsdRange::in_words).as_deref(), Some("0.00 to 68.00"));
    let adds: Vec<String> = assessment
        .plan
        .steps
        .iter()
        .filter(|step| step.check == "vpc-gateway-endpoint-missing")
        .map(|step| step.adds.clone().unwrap().in_words())
        .collect();
    assert_eq!(adds, ["0.00 to 68.00", "0.00"]);
}

#[test]
fn an_idle_gateway_saves_its_hours_and_its_address_to_the_cent() {
    let mut account = account(0);
    account["nat_gateways"]["nat-0idle"] = json!({ "subnet_id": "subnet-0pub" });
    account["traffic"]["nat_gateways"]["nat-0idle"] = json!(0);
    account["addresses"]["eipalloc-nat-0idle"] = json!({ "public_ip": "192.0.2.101", "association_id": "eipassoc-0bb" });
    let assessment = assessed("eu-west-1", &account);
    let idle = assessment.findings.iter().find(|finding| finding.resource.id == "nat-0idle").unwrap();
    assert_eq!(idle.repair.proposal().unwrap().saving.as_ref().map(|saving| saving.in_words()), Ok("38.16".to_owned()));
}

#[test]
fn a_discount_scales_bill_and_savings() {
    let inventory = fixtures::inventory(&json!({ "regions": { "eu-west-1": account(1000) } }));
    let half = assess(&inventory, &settings(&format!("{MONTH}discount = \"0.5\"\n")));
    assert_eq!(half.bill.total.in_words(), "43.08 to 53.08");
    assert_eq!(half.plan.avoidable.map(UsdRange::in_words).as_deref(), Some("0.00 to 34.00"));
}

#[test]
fn steps_in_order_add_up_to_the_bill_before_less_the_bill_after() {
    let mut account = account(1000);
    account["nat_gateways"]["nat-0idle"] = json!({ "subnet_id": "subnet-0pub" });
    account["traffic"]["nat_gateways"]["nat-0idle"] = json!(0);
    let inventory = fixtures::inventory(&json!({ "regions": { "eu-west-1": account } }));
    let found = simulate(&inventory, &settings(MONTH), &|_| true);
    assert!(found.steps.len() >= 3, "{:?} {:?}", found.steps.len(), found.dropped);
    let sum: UsdRange = found.steps.iter().map(|step| step.adds.clone().expect("known")).sum();
    assert_eq!(Ok(sum), found.saving);
    assert_eq!(saving(&found.before.bill, &found.after.bill), found.saving);
    let open = |assessment: &Assessment| assessment.findings.len();
    assert!(open(&found.after) < open(&found.before));
}

#[test]
fn what_comes_over_a_transit_gateway_is_billed_there_and_crosses_no_zone() {
    let mock = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/mocks/checks/vpc-gateway-endpoint-missing-in-spoke/fail.json"
    ))
    .unwrap();
    let mut short: Value = serde_json::from_str::<Value>(&mock).unwrap()["inventory"].clone();
    short["regions"]["eu-west-1"]["traffic"] = json!({ "nat_gateways": { "nat-0hub": monthly(1000) } });
    short["regions"]["eu-west-1"]["subnets"]["subnet-0app"]["zone"] = json!("eu-west-1b");
    let assessment = assess(&fixtures::inventory(&short), &settings(MONTH));
    // The subnet of the attachment may send the bytes by itself, as far as the model knows: 0 to 1,000 x 0.02.
    assert_eq!(line(&assessment.bill, "nat-0hub", PriceItem::TgwGb).as_deref(), Some("0.00 to 20.00"));
    assert_eq!(line(&assessment.bill, "nat-0hub", PriceItem::CrossZoneGb), None);
    let attachments = assessment.bill.lines.iter().filter(|line| line.item == PriceItem::TgwAttachmentHour);
    assert_eq!(attachments.map(|line| line.amount.low).sum::<Decimal>(), Decimal::new(7200, 2));
    let spoke = assessment.findings.iter().find(|finding| finding.check == "vpc-gateway-endpoint-missing-in-spoke").unwrap();
    // S3 off both the transit gateway and the NAT gateway: 1,000 x (0.048 + 0.02).
    assert_eq!(spoke.repair.proposal().unwrap().saving.as_ref().map(|saving| saving.in_words()), Ok("0.00 to 68.00".to_owned()));
}

/// The hazards of the gateway endpoint for S3 that the account lacks, with these buckets.
fn hazards(buckets: &Value) -> String {
    let short = json!({ "buckets": buckets, "regions": { "eu-west-1": account(1000) } });
    let assessment = assess(&fixtures::inventory(&short), &settings(MONTH));
    let missing =
        |finding: &&super::Finding| finding.check == "vpc-gateway-endpoint-missing" && finding.service.as_deref() == Some("s3");
    let finding = assessment.findings.iter().find(missing).unwrap();
    finding.repair.proposal().unwrap().change.hazards.join(" ")
}

#[test]
fn bucket_policies_that_admit_a_nat_address_are_a_hazard_and_so_are_unread_ones() {
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.100"}}}]}"#;
    let trusting = hazards(&json!({ "data": { "policy": { "known": policy } } }));
    assert!(trusting.contains("policy of bucket data admits the address of nat-0aa"), "{trusting}");
    let unread = hazards(&json!({ "data": { "policy": { "unknown": "eu-west-1/s3:GetBucketPolicy/data" } } }));
    assert!(unread.contains("Whether the policy of data admits the address of nat-0aa (aws:SourceIp) is not known"), "{unread}");
    assert!(!hazards(&json!({ "data": {} })).contains("aws:SourceIp"));
}

#[test]
fn a_gateway_is_not_deleted_where_a_route_table_that_was_not_read_may_lead_to_it() {
    let mut account = account(0);
    account["nat_gateways"]["nat-0two"] = json!({ "subnet_id": "subnet-0pub" });
    account["traffic"]["nat_gateways"]["nat-0two"] = json!(0);
    account["route_tables"]["rtb-0a"]["subnets"] = json!(["subnet-0a", "subnet-0a2"]);
    account["route_tables"]["rtb-0b"] = json!({ "subnets": ["subnet-0b"], "routes": ["0.0.0.0/0 -> nat-0two"] });
    let repair = |account: &Value| {
        let assessment = assessed("eu-west-1", account);
        let finding =
            assessment.findings.into_iter().find(|finding| finding.check == "vpc-nat-gateway-redundant").expect("redundant");
        finding.repair
    };
    assert!(repair(&account).proposal().is_some());
    account["route_tables"]["gap"] = json!("eu-west-1/ec2:DescribeRouteTables");
    let refused = repair(&account);
    assert!(matches!(&refused, super::Repaired::Person(why) if why.contains("not every route table was read")), "{refused:?}");
}
