//! What things cost and what changes save, on whole inventories.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::fixtures;
use super::{Assessment, Settings, assess, simulate};
use crate::cost::{Bill, Prices, Routes, Terms, UsdRange, cents, monthly as monthly_bill, saving};
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

#[test]
fn an_endpoint_is_billed_in_each_zone_while_it_is_in_service_and_the_accounts_own() {
    let mut account = endpoints(&[0, 0, 0]);
    account["vpc_endpoints"]["vpce-00"]["subnet_ids"] = json!(["subnet-0a"]);
    account["vpc_endpoints"]["vpce-01"]["state"] = json!("deleted");
    account["vpc_endpoints"]["vpce-02"]["owner_id"] = json!("444455556666");
    let bill = assessed("us-east-1", &account).bill;
    let hours: Vec<_> = bill.lines.iter().filter(|line| line.item == PriceItem::InterfaceEndpointHour).collect();
    assert_eq!(hours.len(), 1, "{hours:?}");
    assert_eq!((hours[0].resource_id.as_str(), hours[0].basis.as_str()), ("vpce-00", "interfaces in 1 subnet"));
    let both = assessed("us-east-1", &endpoints(&[0])).bill;
    assert_eq!(both.lines[0].basis, "interfaces in 2 subnets, one per zone");
}

#[test]
fn an_attachment_is_billed_to_the_owner_of_what_is_attached_while_it_is_there() {
    let account = json!({ "vpcs": { "vpc-0aa": {} }, "transit_gateway_attachments": {
        "tgw-attach-0own": {},
        "tgw-attach-0gone": { "state": "deleted" },
        "tgw-attach-0far": { "resource_id": "vpc-0far", "resource_owner_id": "444455556666" },
    } });
    let bill = assessed("eu-west-1", &account).bill;
    assert_eq!(bill.lines.iter().map(|line| line.resource_id.as_str()).collect::<Vec<_>>(), ["tgw-attach-0own"]);
}

#[test]
fn public_addresses_cost_unless_the_customer_brought_them() {
    let account = json!({
        "vpcs": { "vpc-0aa": {} },
        "addresses": {
            "eipalloc-0aws": { "public_ip": "192.0.2.1" },
            "eipalloc-0brought": { "public_ip": "192.0.2.2", "public_ipv4_pool": "ipv4pool-ec2-012345" },
            "eipalloc-0ipam": { "public_ip": "192.0.2.3", "public_ipv4_pool": "ipam-pool-012345" },
        },
        "network_interfaces": {
            "eni-0own": { "private_addresses": [{ "private_ip": "10.0.0.10", "public_ip": "192.0.2.4" }] },
            "eni-0nat": { "private_addresses": [{ "private_ip": "10.0.0.11", "public_ip": "192.0.2.1" }] },
            "eni-0far": { "owner_id": "444455556666", "private_addresses": [{ "private_ip": "10.0.0.12", "public_ip": "192.0.2.5" }] },
        },
    });
    let bill = assessed("eu-west-1", &account).bill;
    let billed = |line: &crate::cost::BillLine| (line.resource_id.clone(), line.amount.in_words());
    assert_eq!(
        bill.lines.iter().map(billed).collect::<Vec<_>>(),
        [("eipalloc-0aws".to_owned(), "3.60".to_owned()), ("eni-0own".to_owned(), "3.60".to_owned())],
        "an address that is listed twice is billed once"
    );
    let open: Vec<_> = bill.unpriced.iter().map(|one| one.resource_id.as_str()).collect();
    assert_eq!(open, ["eipalloc-0ipam"], "a pool may hold brought addresses");
}

#[test]
fn a_discount_holds_for_every_step_of_the_bytes() {
    let settings = settings(&format!("{MONTH}discount = \"0.5\"\n"));
    let short = json!({ "regions": { "us-east-1": endpoints(&[monthly(1 << 21)]) } });
    let bill = assess(&fixtures::inventory(&short), &settings).bill;
    // Half of 1,048,576 x 0.01 + 1,048,576 x 0.006, and of 2 x 720 x 0.01.
    assert_eq!(line(&bill, "vpce-00", PriceItem::InterfaceEndpointGb).as_deref(), Some("8388.61"));
    assert_eq!(bill.total.in_words(), "8395.81");
}

#[test]
fn inspection_by_a_gateway_load_balancer_makes_no_charge_between_zones() {
    let mut account = account(1000);
    for subnet in ["subnet-0a", "subnet-0a2", "subnet-0b"] {
        account["subnets"][subnet]["zone"] = json!("eu-west-1b");
    }
    let crossing = assessed("eu-west-1", &account).bill;
    assert_eq!(line(&crossing, "nat-0aa", PriceItem::CrossZoneGb).as_deref(), Some("20.00"));
    account["subnets"]["subnet-0fw"] = json!({});
    account["vpc_endpoints"] = json!({ "vpce-0fw": { "kind": "GatewayLoadBalancer", "subnet_ids": ["subnet-0fw"],
        "service_name": "com.amazonaws.vpce.eu-west-1.vpce-svc-0aa" } });
    account["route_tables"]["rtb-0a"]["routes"] = json!(["0.0.0.0/0 -> vpce-0fw"]);
    account["route_tables"]["rtb-0fw"] = json!({ "subnets": ["subnet-0fw"], "routes": ["0.0.0.0/0 -> nat-0aa"] });
    let inspected = assessed("eu-west-1", &account).bill;
    assert_eq!(line(&inspected, "nat-0aa", PriceItem::NatGb).as_deref(), Some("48.00"));
    assert_eq!(line(&inspected, "nat-0aa", PriceItem::CrossZoneGb), None);
}

#[test]
fn addresses_that_go_another_way_are_not_among_the_bytes_of_a_gateway() {
    let mut account = account(1000);
    account["subnets"]["subnet-0b"]["zone"] = json!("eu-west-1a");
    account["vpn_gateways"] = json!({ "vgw-0aa": {} });
    account["route_tables"]["rtb-0a"]["routes"] = json!(["0.0.0.0/0 -> nat-0aa", "52.95.0.0/16 -> vgw-0aa"]);
    let bill = assessed("eu-west-1", &account).bill;
    assert_eq!(line(&bill, "nat-0aa", PriceItem::NatGb).as_deref(), Some("48.00"));
    assert_eq!(bill.total.in_words(), "86.16");
}

#[test]
fn bytes_through_a_gateway_cost_its_price_wherever_they_go_on_to() {
    let mut account = account(1000);
    account["subnets"]["subnet-0b"]["zone"] = json!("eu-west-1a");
    account["nat_gateways"]["nat-0aa"]["connectivity"] = json!("private");
    account["vpn_gateways"] = json!({ "vgw-0aa": {} });
    account["route_tables"]["rtb-0pub"]["routes"] = json!(["0.0.0.0/0 -> vgw-0aa"]);
    let bill = assessed("eu-west-1", &account).bill;
    assert_eq!(line(&bill, "nat-0aa", PriceItem::NatGb).as_deref(), Some("48.00"));
    assert_eq!(bill.total.in_words(), "86.16", "hours, address and bytes are known, what the network behind costs is not");
}

#[test]
fn bytes_of_subnets_that_reach_an_endpoint_are_billed_at_it() {
    let mut account = endpoints(&[monthly(100)]);
    account["vpc_endpoints"]["vpce-00"]["private_dns"] = json!(true);
    account["vpc_endpoints"]["vpce-00"]["group_ids"] = json!(["sg-0aa"]);
    account["security_groups"] = json!({ "sg-0aa": {} });
    account["security_group_rules"] = json!({ "sgr-0aa": {} });
    account["endpoint_services"] = json!({ "com.amazonaws.us-east-1.sqs": {} });
    account["route_tables"] = json!({ "rtb-0aa": { "main": true } });
    let assessment = assessed("us-east-1", &account);
    let reached = |path: &&crate::network::Path| &*path.service == "sqs" && path.segments[0].end.word() == "interface_endpoint";
    assert_eq!(assessment.paths.iter().filter(reached).count(), 2, "{:#?}", assessment.paths);
    assert_eq!(line(&assessment.bill, "vpce-00", PriceItem::InterfaceEndpointGb).as_deref(), Some("1.00"));
    assert_eq!(assessment.bill.total.in_words(), "15.40");
}

#[test]
fn an_endpoint_to_another_region_has_no_metrics_of_its_bytes() {
    let why = |service_region: &str| {
        let mut account = endpoints(&[monthly(100)]);
        account["vpc_endpoints"]["vpce-00"]["service_region"] = json!(service_region);
        assessed("us-east-1", &account).bill.unpriced.iter().map(|one| one.why.clone()).collect::<Vec<_>>()
    };
    assert_eq!(why("eu-west-1"), ["CloudWatch has no metrics of endpoints to another region"]);
    assert_eq!(why("us-east-1"), Vec::<String>::new());
}

#[test]
fn an_endpoint_younger_than_the_window_is_measured_on_its_own_days() {
    let bill = |created_at: &str| {
        let mut account = endpoints(&[6 * GB]);
        account["vpc_endpoints"]["vpce-00"]["created_at"] = json!(created_at);
        assessed("us-east-1", &account).bill
    };
    // The window ends on 2026-11-23 at 00:00. 6 GB in 2 days are 90 in a month, in 3 days 60: a day that has begun is one.
    for (created_at, quantity, days) in [("2026-11-21T00:00:00Z", 90, 2), ("2026-11-20T12:00:00Z", 60, 3)] {
        let bill = bill(created_at);
        let data = bill.lines.iter().find(|line| line.item == PriceItem::InterfaceEndpointGb).unwrap();
        assert_eq!(data.quantity, (Decimal::from(quantity), Decimal::from(quantity)));
        assert_eq!(data.basis, format!("measured on {days} of 14 days, scaled to 720 hours"));
    }
    let newborn = bill("2026-11-23T01:00:00Z");
    assert_eq!(newborn.unpriced[0].why, "it is younger than the first whole day of metrics");
}

#[test]
fn a_charge_without_a_price_leaves_the_other_charges_of_its_bytes_in_the_total() {
    // Of ap-east-2 no price between zones is known.
    let mut account = account(1000);
    for subnet in ["subnet-0a", "subnet-0a2"] {
        account["subnets"][subnet]["zone"] = json!("ap-east-2a");
    }
    account["subnets"]["subnet-0b"]["zone"] = json!("ap-east-2b");
    account["subnets"]["subnet-0pub"]["zone"] = json!("ap-east-2a");
    let bill = assessed("ap-east-2", &account).bill;
    assert!(bill.unpriced.iter().any(|one| one.item == Some(PriceItem::CrossZoneGb)), "{:?}", bill.unpriced);
    let sum: UsdRange = bill.lines.iter().map(|line| line.amount).sum();
    assert!(line(&bill, "nat-0aa", PriceItem::NatGb).is_some());
    assert_eq!(bill.total.in_words(), sum.in_words());
}

#[test]
fn a_saving_is_not_known_where_packets_go_out_of_sight_after_the_change() {
    let inventory = |account: &Value| fixtures::inventory(&json!({ "regions": { "eu-west-1": account } }));
    let mut account = account(1000);
    let before = assess(&inventory(&account), &settings(MONTH));
    account["vpn_gateways"] = json!({ "vgw-0aa": {} });
    account["route_tables"]["rtb-0pub"]["routes"] = json!(["0.0.0.0/0 -> vgw-0aa"]);
    let changed = inventory(&account);
    let after = assess(&changed, &settings(MONTH));
    let terms = Terms { hours: Decimal::from(720), ..Terms::default() };
    let bill = monthly_bill(&changed, &Routes::new(&after.paths), Prices::embedded(), &before.usage, &terms);
    assert_eq!(saving(&before.bill, &bill), Err("what traffic of nat-0aa costs then is not known".to_owned()));
}
