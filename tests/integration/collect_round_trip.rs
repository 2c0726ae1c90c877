//! The real collectors read what the simulated AWS serves: the account that comes back is the one that was served.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests assert, too")]

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use natless::collect::ScanRequest;
use natless::collect::calls::CALLS;
use natless::model::{GapId, Inventory, Observed};

use crate::support::accounts::{S3_LIST, Size, generated_account, rich_account};
use crate::support::scans::{self, read};
use crate::support::{Options, SimulatedAws};

const ACCESS_KEY: &str = "AKIDROUNDTRIP";

/// Runs a test in a process of its own, with made-up credentials and nothing else in its environment: the SDK takes them
/// from there, and an environment cannot be changed safely while other tests run.
fn with_credentials(test: &str, body: impl FnOnce()) {
    if std::env::var("AWS_ACCESS_KEY_ID").is_ok_and(|key| key == ACCESS_KEY) {
        return body();
    }
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([&format!("collect_round_trip::{test}"), "--exact", "--nocapture"])
        .env_clear()
        .env("HOME", folder.path())
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_REGION", "eu-west-1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
}

fn scan(aws: &SimulatedAws, served: &Inventory, role_arn: Option<&str>) -> Inventory {
    read(&request(aws, served, role_arn))
}

/// A scan that knows no quota, as of when the account was read.
fn request(aws: &SimulatedAws, served: &Inventory, role_arn: Option<&str>) -> ScanRequest {
    ScanRequest {
        role_arn: role_arn.map(str::to_owned),
        lookback_days: served.scope.lookback_days,
        live_prices: served.live_prices.is_some(),
        published_quotas: false,
        max_concurrency: 64,
        timeout: Duration::from_secs(30),
        now: served.taken_at,
        ..scans::request(aws)
    }
}

/// Asserts that two accounts are the same, and shows where they are not.
fn assert_same(served: &Inventory, read: &Inventory) {
    let [served_json, read_json] = [served, read].map(|account| serde_json::to_string_pretty(account).unwrap());
    for (number, (served, read)) in served_json.lines().zip(read_json.lines()).enumerate() {
        if served != read {
            let around = |text: &str| text.lines().skip(number.saturating_sub(12)).take(16).collect::<Vec<_>>().join("\n");
            panic!("line {number} differs\nserved:\n{}\nread:\n{}", around(&served_json), around(&read_json));
        }
    }
    assert_eq!(served_json.lines().count(), read_json.lines().count());
    assert!(served == read, "the accounts differ in what JSON does not show");
}

#[test]
fn an_account_comes_back_as_it_was() {
    with_credentials("an_account_comes_back_as_it_was", || {
        let account = rich_account();
        let aws = SimulatedAws::start(account.clone(), Options::default());
        assert_same(&account, &scan(&aws, &account, None));

        let made: BTreeSet<(String, String)> =
            aws.calls().into_keys().map(|(service, _, operation)| (service, operation)).collect();
        let unmade: Vec<_> = CALLS
            .iter()
            .filter(|call| !made.contains(&(call.service.to_owned(), call.operation.to_owned())))
            .map(|call| call.operation)
            .collect();
        // A list of buckets in pages tells their regions; nobody asked for a role or for prices.
        assert_eq!(unmade, ["AssumeRole", "GetProducts", "GetBucketLocation"]);
        assert_eq!(made.len(), CALLS.len() - unmade.len(), "a call outside the table: {made:?}");
    });
}

#[test]
fn buckets_that_are_listed_without_their_regions_are_asked_for_them() {
    with_credentials("buckets_that_are_listed_without_their_regions_are_asked_for_them", || {
        let account = rich_account();
        let aws = SimulatedAws::start(account.clone(), Options { hide_bucket_regions: true, ..Options::default() });
        assert_same(&account, &scan(&aws, &account, None));
        let asked: u64 =
            aws.calls().iter().filter(|((_, _, operation), _)| operation == "GetBucketLocation").map(|(_, count)| count).sum();
        assert_eq!(asked, account.buckets.items.len() as u64);
    });
}

#[test]
fn an_account_in_pages_of_two_comes_back_as_it_was() {
    with_credentials("an_account_in_pages_of_two_comes_back_as_it_was", || {
        let account = rich_account();
        let aws = SimulatedAws::start(account.clone(), Options { page_size: Some(2), ..Options::default() });
        assert_same(&account, &scan(&aws, &account, None));
        let key = ("ec2".to_owned(), "eu-west-1".to_owned(), "DescribeNetworkInterfaces".to_owned());
        let interfaces = account.regions["eu-west-1"].network_interfaces.items.len();
        assert_eq!(aws.calls()[&key], interfaces.div_ceil(2) as u64);
    });
}

#[test]
fn a_role_is_assumed_once_and_told_as_caller() {
    with_credentials("a_role_is_assumed_once_and_told_as_caller", || {
        let mut account = rich_account();
        let aws = SimulatedAws::start(account.clone(), Options::default());
        let read = scan(&aws, &account, Some("arn:aws:iam::111122223333:role/audit"));
        account.account.caller_arn = "arn:aws:sts::111122223333:assumed-role/audit/natless".to_owned();
        assert_same(&account, &read);
        let assumed: u64 =
            aws.calls().iter().filter(|((_, _, operation), _)| operation == "AssumeRole").map(|(_, count)| count).sum();
        assert_eq!(assumed, 1);
    });
}

/// What cannot be read comes back as unknown in exactly its place, and what was read before a listing broke off stays.
#[test]
fn an_account_with_gaps_comes_back_with_the_same_gaps() {
    with_credentials("an_account_with_gaps_comes_back_with_the_same_gaps", || {
        let mut account = rich_account();
        let mut ids = BTreeSet::new();
        let mut gap = |region: &str, service: &str, operation: &str, resource: Option<&str>| {
            let id = GapId::new(region, service, operation, resource);
            ids.insert(id.clone());
            id
        };
        account.organization = Observed::Unknown(gap("aws-global", "organizations", "DescribeOrganization", None));
        account.account_public_access_block = Observed::Unknown(gap("aws-global", "s3", "GetPublicAccessBlock", None));
        let bucket = account.buckets.items.get_mut("virginia-data").unwrap();
        bucket.policy = Observed::Unknown(gap("us-east-1", "s3", "GetBucketPolicy", Some("virginia-data")));
        bucket.acl = Observed::Unknown(gap("us-east-1", "s3", "GetBucketAcl", Some("virginia-data")));

        let virginia = account.regions.get_mut("us-east-1").unwrap();
        let metrics = gap("us-east-1", "cloudwatch", "GetMetricData", None);
        virginia.traffic.nat_gateways.insert("nat-0zonal".to_owned(), Observed::Unknown(metrics));
        virginia.addresses.gap = Some(gap("us-east-1", "ec2", "DescribeAddresses", None));

        let ireland = account.regions.get_mut("eu-west-1").unwrap();
        ireland.subnets.gap = Some(gap("eu-west-1", "ec2", "DescribeSubnets", None));
        ireland.nat_gateways.gap = Some(gap("eu-west-1", "ec2", "DescribeNatGateways", None));
        let vpc = ireland.vpcs.items.get_mut("vpc-2hub").unwrap();
        vpc.dns_support = Observed::Unknown(gap("eu-west-1", "ec2", "DescribeVpcAttribute", Some("vpc-2hub")));
        vpc.hosted_zones = Observed::Unknown(gap("aws-global", "route53", "ListHostedZonesByVPC", Some("vpc-2hub")));
        let list = ireland.prefix_lists.items.get_mut(S3_LIST).unwrap();
        list.entries = Observed::Unknown(gap("eu-west-1", "ec2", "GetManagedPrefixListEntries", Some(S3_LIST)));
        let table = ireland.transit_gateway_route_tables.items.get_mut("tgw-rtb-0a").unwrap();
        table.routes = Observed::Unknown(gap("eu-west-1", "ec2", "SearchTransitGatewayRoutes", Some("tgw-rtb-0a")));
        let service = ireland.endpoint_service_configurations.items.get_mut("vpce-svc-1closed").unwrap();
        let permissions = gap("eu-west-1", "ec2", "DescribeVpcEndpointServicePermissions", Some("vpce-svc-1closed"));
        service.allowed_principals = Observed::Unknown(permissions);
        let point = ireland.access_points.items.get_mut("inside").unwrap();
        point.policy = Observed::Unknown(gap("eu-west-1", "s3", "GetAccessPointPolicy", Some("inside")));

        let aws = SimulatedAws::start(account.clone(), Options::default());
        let mut read = scan(&aws, &account, None);
        assert_eq!(read.gaps.keys().cloned().collect::<BTreeSet<_>>(), ids);
        assert!(read.gaps.values().all(|gap| gap.kind.as_str() == "denied"), "{:#?}", read.gaps);
        read.gaps.clear();
        assert_same(&account, &read);
    });
}

/// The simulated AWS keeps the quotas that AWS publishes, and the account has more VPCs than fit into the buckets at once.
#[test]
fn a_scan_of_many_vpcs_keeps_the_quotas() {
    with_credentials("a_scan_of_many_vpcs_keeps_the_quotas", || {
        let size = Size { regions: 2, vpcs: 55, subnets: 6, groups: 1, rules: 3, buckets: 5 };
        let account = generated_account(3, size);
        let aws = SimulatedAws::start(account.clone(), Options { quotas: true, ..Options::default() });
        let request = ScanRequest { published_quotas: true, timeout: Duration::from_mins(5), ..request(&aws, &account, None) };
        assert_same(&account, &read(&request));
        let (made, throttled): (u64, u64) = (aws.calls().values().sum(), aws.throttled().values().sum());
        let attributes: u64 =
            aws.calls().iter().filter(|((_, _, operation), _)| operation == "DescribeVpcAttribute").map(|(_, count)| count).sum();
        assert!(attributes > 100, "more than the bucket holds: {attributes}");
        assert!(throttled * 50 <= made, "{throttled} of {made} calls were throttled: {:?}", aws.throttled());
    });
}

/// Without knowing any quota, a scan gets everything all the same, and slows down when it is told to.
#[test]
fn quotas_that_nobody_publishes_are_found_out() {
    with_credentials("quotas_that_nobody_publishes_are_found_out", || {
        let size = Size { regions: 2, vpcs: 10, subnets: 6, groups: 1, rules: 3, buckets: 5 };
        let account = generated_account(4, size);
        let aws = SimulatedAws::start(account.clone(), Options { quotas: true, ..Options::default() });
        let request = ScanRequest { timeout: Duration::from_mins(5), ..request(&aws, &account, None) };
        assert_same(&account, &read(&request));
        assert!(!aws.throttled().is_empty(), "Route 53 takes five calls at once");
    });
}
