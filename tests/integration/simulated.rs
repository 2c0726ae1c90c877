//! The simulated AWS itself, asked by the SDK's own clients: what they parse is what the account holds.
#![expect(clippy::unwrap_used, reason = "helpers of tests assert, too")]

use std::time::{Duration, Instant};

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_cloudwatch::operation::get_metric_data::GetMetricDataOutput;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, StatusCode};
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ec2::operation::describe_vpc_endpoints::DescribeVpcEndpointsOutput;
use aws_sdk_ec2::types::Filter;
use aws_sdk_s3::operation::list_buckets::ListBucketsOutput;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_types::timeout::TimeoutConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::accounts::{empty_account, region, rich_account};
use crate::support::{Fault, FaultKind, Options, SimulatedAws};

/// Clients that ask once and wait long.
fn config(aws: &SimulatedAws, region: &str) -> SdkConfig {
    patient_config(aws, region, Duration::from_secs(30))
}

/// Clients that ask once and wait this long.
fn patient_config(aws: &SimulatedAws, region: &str, timeout: Duration) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test")))
        .endpoint_url(aws.url())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(SystemTimeSource::new())
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().operation_timeout(timeout).build())
        .build()
}

fn ec2(aws: &SimulatedAws, region: &str) -> aws_sdk_ec2::Client {
    aws_sdk_ec2::Client::new(&config(aws, region))
}

fn rich() -> SimulatedAws {
    SimulatedAws::start(rich_account(), Options::default())
}

fn with_fault(kind: FaultKind) -> SimulatedAws {
    let fault = Fault { operation: Some("DescribeVpcs".to_owned()), kind, ..Fault::default() };
    SimulatedAws::start(rich_account(), Options { faults: vec![fault], ..Options::default() })
}

/// The error code of a call that failed.
fn code<T: std::fmt::Debug, E: ProvideErrorMetadata, R>(result: Result<T, SdkError<E, R>>) -> String {
    match result {
        Ok(answer) => format!("an answer: {answer:?}"),
        Err(error) => error.code().unwrap_or("no code").to_owned(),
    }
}

/// A request by hand: status line, headers and body as they come.
async fn raw(aws: &SimulatedAws, scope: Option<&str>, method_and_target: &str, body: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(aws.url().trim_start_matches("http://")).await.unwrap();
    let authorization = scope.map(|scope| {
        format!("authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260615/{scope}/aws4_request, Signature=0\r\n")
    });
    let request = format!(
        "{method_and_target} HTTP/1.1\r\nhost: localhost\r\n{}x-amz-account-id: 111122223333\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        authorization.unwrap_or_default(),
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn ec2_pages_hold_everything_once_and_calls_are_counted() {
    let account = rich_account();
    let ids: Vec<String> = account.regions["eu-west-1"].vpc_endpoints.items.keys().cloned().collect();
    let aws = SimulatedAws::start(account, Options { page_size: Some(5), ..Options::default() });
    let pages = ec2(&aws, "eu-west-1").describe_vpc_endpoints().max_results(1000).into_paginator().send();
    let pages: Vec<_> = pages.collect::<Result<_, _>>().await.unwrap();
    let read: Vec<String> = pages
        .iter()
        .flat_map(DescribeVpcEndpointsOutput::vpc_endpoints)
        .map(|x| x.vpc_endpoint_id().unwrap().to_owned())
        .collect();
    assert_eq!(read, ids);
    assert_eq!(pages.len(), ids.len().div_ceil(5));
    let key = ("ec2".to_owned(), "eu-west-1".to_owned(), "DescribeVpcEndpoints".to_owned());
    assert_eq!(aws.calls().get(&key), Some(&(pages.len() as u64)));
    assert_eq!(aws.calls().len(), 1);
    aws.reset_calls();
    assert!(aws.calls().is_empty());
}

#[tokio::test]
async fn one_address_serves_every_region_apart() {
    let aws = rich();
    let zone = async |region| {
        let answer = ec2(&aws, region).describe_subnets().send().await.unwrap();
        answer.subnets().iter().find(|x| x.subnet_id() == Some("subnet-0a")).unwrap().availability_zone_id().unwrap().to_owned()
    };
    assert_eq!(zone("eu-west-1").await, "euw1-az1");
    assert_eq!(zone("us-east-1").await, "use1-az4");
    assert_eq!(code(ec2(&aws, "ap-south-1").describe_subnets().send().await), "AuthFailure");
}

#[tokio::test]
async fn hostile_text_arrives_as_it_was() {
    let aws = rich();
    let groups = ec2(&aws, "eu-west-1").describe_security_groups().send().await.unwrap();
    assert_eq!(groups.security_groups()[0].description(), Some("<b>\"R&D\"</b> \u{1f512} ' ]]>"));
}

#[tokio::test]
async fn page_sizes_and_tokens_are_checked_as_ec2_checks_them() {
    let aws = rich();
    let client = ec2(&aws, "eu-west-1");
    assert_eq!(code(client.describe_route_tables().max_results(1000).send().await), "InvalidParameterValue");
    assert_eq!(code(client.describe_subnets().max_results(4).send().await), "InvalidParameterValue");
    assert_eq!(code(client.describe_subnets().next_token("made up").send().await), "InvalidPaginationToken");
    let first = client.describe_network_interfaces().max_results(5).send().await.unwrap();
    let token = first.next_token().unwrap();
    assert_eq!(code(client.describe_subnets().next_token(token).send().await), "InvalidPaginationToken");
    assert_eq!(client.describe_network_interfaces().next_token(token).send().await.unwrap().network_interfaces().len(), 9);
}

#[tokio::test]
async fn services_are_listed_per_type_and_by_owner() {
    let aws = rich();
    let services = async |owner| {
        let owner = Filter::builder().name("owner").values(owner).build();
        let answer = ec2(&aws, "eu-west-1").describe_vpc_endpoint_services().filters(owner).send().await.unwrap();
        let names = answer.service_details().iter().map(|x| x.service_name().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    let of_amazon = services("amazon").await;
    assert_eq!(of_amazon.iter().filter(|name| *name == "com.amazonaws.eu-west-1.s3").count(), 2);
    assert!(services("444455556666").await.is_empty());
}

#[tokio::test]
async fn routes_of_a_transit_gateway_need_a_filter_that_is_honoured() {
    let aws = rich();
    let client = ec2(&aws, "eu-west-1");
    let search = || client.search_transit_gateway_routes().transit_gateway_route_table_id("tgw-rtb-0a");
    let state = |values: &[&str]| {
        Filter::builder().name("state").set_values(Some(values.iter().map(|&value| value.to_owned()).collect())).build()
    };
    let all = search().filters(state(&["active", "blackhole"])).send().await.unwrap();
    assert_eq!((all.routes().len(), all.additional_routes_available()), (5, Some(false)));
    let dropped = search().filters(state(&["blackhole"])).send().await.unwrap();
    assert_eq!(dropped.routes().len(), 1);
    assert_eq!(code(search().set_filters(Some(Vec::new())).send().await), "MissingParameter");
}

#[tokio::test]
async fn sts_tells_who_asks_and_lends_roles_of_the_account_only() {
    let aws = rich();
    let sts = aws_sdk_sts::Client::new(&config(&aws, "eu-west-1"));
    let caller = sts.get_caller_identity().send().await.unwrap();
    assert_eq!((caller.account(), caller.arn()), (Some("111122223333"), Some("arn:aws:iam::111122223333:user/auditor")));
    let assume = |role: &str| sts.assume_role().role_arn(role).role_session_name("natless").send();
    let lent = assume("arn:aws:iam::111122223333:role/path/audit").await.unwrap();
    let keys = lent.credentials().unwrap();
    let session = Credentials::new(keys.access_key_id(), keys.secret_access_key(), None, None, "role");
    let config = config(&aws, "eu-west-1").into_builder().credentials_provider(SharedCredentialsProvider::new(session)).build();
    let caller = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await.unwrap();
    assert_eq!(caller.arn(), Some("arn:aws:sts::111122223333:assumed-role/audit/natless"));
    assert_eq!(code(assume("arn:aws:iam::444455556666:role/audit").await), "AccessDenied");
}

#[tokio::test]
async fn s3_lists_pages_and_redirects() {
    let aws = SimulatedAws::start(rich_account(), Options { page_size: Some(2), ..Options::default() });
    let s3 = aws_sdk_s3::Client::new(&config(&aws, "eu-west-1"));
    let whole = s3.list_buckets().send().await.unwrap();
    assert_eq!(whole.buckets().len(), 3);
    assert!(whole.buckets().iter().all(|bucket| bucket.bucket_region().is_none()));
    let paged = s3.list_buckets().max_buckets(1000).into_paginator().send().collect::<Result<Vec<_>, _>>().await.unwrap();
    let regions: Vec<_> =
        paged.iter().flat_map(ListBucketsOutput::buckets).map(|bucket| bucket.bucket_region().unwrap()).collect();
    assert_eq!((paged.len(), regions), (2, vec!["eu-west-1", "eu-west-1", "us-east-1"]));

    let policy = s3.get_bucket_policy().bucket("ireland-data").send().await.unwrap();
    assert_eq!(policy.policy(), Some("{\"Version\":\"2012-10-17\",\n \"Statement\":[{\"Sid\":\"a<b&c\u{1f512}\"}]}"));
    let acl = s3.get_bucket_acl().bucket("ireland-data").send().await.unwrap();
    assert_eq!(acl.grants()[2].grantee().unwrap().uri(), Some("http://acs.amazonaws.com/groups/global/AllUsers"));
    let status = s3.get_bucket_policy_status().bucket("ireland-data").send().await.unwrap();
    assert_eq!(status.policy_status().unwrap().is_public(), Some(true));
    assert_eq!(code(s3.get_bucket_policy().bucket("ireland-closed").send().await), "NoSuchBucketPolicy");
    assert_eq!(code(s3.get_bucket_policy_status().bucket("ireland-closed").send().await), "NoSuchBucketPolicy");
    let block = s3.get_public_access_block().bucket("ireland-data").send().await;
    assert_eq!(code(block), "NoSuchPublicAccessBlockConfiguration");
    assert_eq!(code(s3.get_bucket_acl().bucket("nobody's").send().await), "NoSuchBucket");

    let elsewhere = s3.get_bucket_policy().bucket("virginia-data").send().await.unwrap_err();
    assert_eq!(elsewhere.code(), Some("PermanentRedirect"));
    let answer = elsewhere.raw_response().unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers().get("x-amz-bucket-region")), (301, Some("us-east-1")));

    let virginia = aws_sdk_s3::Client::new(&config(&aws, "us-east-1"));
    let location = |bucket: &str| virginia.get_bucket_location().bucket(bucket).send();
    assert_eq!(location("ireland-data").await.unwrap().location_constraint().unwrap().as_str(), "eu-west-1");
    assert_eq!(location("virginia-data").await.unwrap().location_constraint().map_or("", |x| x.as_str()), "");
}

#[tokio::test]
async fn s3_control_serves_access_points_to_the_account_that_owns_them() {
    let aws = rich();
    let get = async |target: &str| raw(&aws, Some("eu-west-1/s3"), &format!("GET {target}"), "").await;
    let list = get("/v20180820/accesspoint?maxResults=2").await;
    assert!(list.contains("<Name>inside</Name>") && list.contains("<NextToken>") && !list.contains("third"), "{list}");
    assert!(get("/v20180820/accesspoint/inside").await.contains("<VpcConfiguration><VpcId>vpc-0main</VpcId>"));
    assert!(get("/v20180820/accesspoint/inside/policy").await.contains("a&lt;b&amp;c"));
    assert!(get("/v20180820/accesspoint/third/policyStatus").await.contains("<IsPublic>false</IsPublic>"));
    let none = get("/v20180820/accesspoint/outside/policy").await;
    assert!(none.starts_with("HTTP/1.1 404") && none.contains("<Code>NoSuchAccessPointPolicy</Code>"), "{none}");
    assert!(get("/v20180820/configuration/publicAccessBlock").await.contains("<IgnorePublicAcls>false</IgnorePublicAcls>"));
    assert!(aws.calls().keys().all(|(service, _, _)| service == "s3control"));

    let other = SimulatedAws::start(empty_account("444455556666", &["eu-west-1"]), Options::default());
    assert!(raw(&other, Some("eu-west-1/s3"), "GET /v20180820/accesspoint", "").await.starts_with("HTTP/1.1 403"));
}

#[tokio::test]
async fn route_53_serves_zones_and_records_in_pages() {
    let aws = SimulatedAws::start(rich_account(), Options { page_size: Some(2), ..Options::default() });
    let route53 = aws_sdk_route53::Client::new(&config(&aws, "us-east-1"));
    let zones = |token: Option<String>| {
        route53.list_hosted_zones_by_vpc().vpc_id("vpc-0main").vpc_region("eu-west-1".into()).set_next_token(token).send()
    };
    let first = zones(None).await.unwrap();
    assert_eq!(first.hosted_zone_summaries()[0].name(), "s3.eu-west-1.amazonaws.com.");
    let second = zones(first.next_token().map(str::to_owned)).await.unwrap();
    let owner = second.hosted_zone_summaries()[0].owner().unwrap();
    assert_eq!((owner.owning_account(), second.next_token()), (Some("444455556666"), None));

    let records = || route53.list_resource_record_sets().hosted_zone_id("Z01");
    let page = records().send().await.unwrap();
    assert_eq!((page.resource_record_sets()[0].r#type().as_str(), page.is_truncated()), ("NS", true));
    let page = records()
        .start_record_name(page.next_record_name().unwrap())
        .start_record_type(page.next_record_type().unwrap().clone())
        .send()
        .await
        .unwrap();
    assert_eq!(page.resource_record_sets()[0].name(), "\\052.s3.eu-west-1.amazonaws.com.");
    assert!(page.resource_record_sets()[0].alias_target().is_some());
}

#[tokio::test]
async fn json_services_answer_and_refuse() {
    let aws = SimulatedAws::start(rich_account(), Options { page_size: Some(3), ..Options::default() });
    let organizations = aws_sdk_organizations::Client::new(&config(&aws, "us-east-1"));
    let organization = organizations.describe_organization().send().await.unwrap();
    assert_eq!(organization.organization().unwrap().master_account_id(), Some("111122223333"));
    let first = organizations.list_accounts().send().await.unwrap();
    let second = organizations.list_accounts().next_token(first.next_token().unwrap()).send().await.unwrap();
    assert_eq!((first.accounts().len(), second.accounts().len(), second.next_token()), (3, 1, None));
    let direct = aws_sdk_directconnect::Client::new(&config(&aws, "eu-west-1"));
    let gateways = direct.describe_virtual_gateways().send().await.unwrap();
    assert_eq!(gateways.virtual_gateways()[1].virtual_gateway_state(), Some("deleting"));

    let alone = SimulatedAws::start(empty_account("111122223333", &["eu-west-1"]), Options::default());
    let organizations = aws_sdk_organizations::Client::new(&config(&alone, "us-east-1"));
    assert_eq!(code(organizations.describe_organization().send().await), "AWSOrganizationsNotInUseException");
}

fn query(id: &str, namespace: &str, metric: &str, dimensions: &[(&str, &str)]) -> MetricDataQuery {
    let dimensions = dimensions.iter().map(|(name, value)| Dimension::builder().name(*name).value(*value).build()).collect();
    let metric = Metric::builder().namespace(namespace).metric_name(metric).set_dimensions(Some(dimensions)).build();
    let stat = MetricStat::builder().metric(metric).period(86_400).stat("Sum").build();
    MetricDataQuery::builder().id(id).metric_stat(stat).build()
}

#[tokio::test]
async fn cloudwatch_spreads_sums_over_days_and_pages() {
    let endpoint = [
        ("VPC Id", "vpc-0main"),
        ("VPC Endpoint Id", "vpce-1api"),
        ("Endpoint Type", "Interface"),
        ("Service Name", "com.amazonaws.eu-west-1.ecr.api"),
    ];
    let queries = vec![
        query("back", "AWS/NATGateway", "BytesOutToSource", &[("NatGatewayId", "nat-0zonal")]),
        query("api", "AWS/PrivateLinkEndpoints", "BytesProcessed", &endpoint),
        query("fewer", "AWS/PrivateLinkEndpoints", "BytesProcessed", &endpoint[1..2]),
        query("gone", "AWS/NATGateway", "BytesOutToSource", &[("NatGatewayId", "nat-9gone")]),
    ];
    let aws = SimulatedAws::start(rich_account(), Options { page_size: Some(10), ..Options::default() });
    let cloudwatch = aws_sdk_cloudwatch::Client::new(&config(&aws, "eu-west-1"));
    let time = aws_sdk_cloudwatch::primitives::DateTime::from_secs;
    let request = cloudwatch
        .get_metric_data()
        .set_metric_data_queries(Some(queries))
        .start_time(time(1_780_272_000))
        .end_time(time(1_781_481_600));
    let pages = request.into_paginator().send().collect::<Result<Vec<_>, _>>().await.unwrap();
    // 14 + 13 days with a value, and one place for each metric without any.
    assert_eq!(pages.len(), 3);
    assert_eq!(pages[0].metric_data_results()[0].status_code(), Some(&StatusCode::PartialData));
    let values = |id: &str| -> Vec<f64> {
        let results = pages.iter().flat_map(GetMetricDataOutput::metric_data_results).filter(|result| result.id() == Some(id));
        results.flat_map(MetricDataResult::values).copied().collect()
    };
    assert_eq!((values("back").len(), values("back").iter().sum::<f64>().to_bits()), (14, 1_000_000_000_003_f64.to_bits()));
    assert_eq!((values("api").len(), values("api").iter().sum::<f64>().to_bits()), (13, 987_654_321_f64.to_bits()));
    assert_eq!(values("fewer").len() + values("gone").len(), 0);
    let times = pages[0].metric_data_results()[0].timestamps();
    assert_eq!((times[0].secs(), times[1].secs()), (1_780_272_000, 1_780_358_400));
}

#[tokio::test]
async fn each_service_fails_in_its_own_words() {
    for (kind, codes) in [
        (FaultKind::Deny, ["UnauthorizedOperation", "AccessDenied", "AccessDenied", "AccessDeniedException", "AccessDenied"]),
        (FaultKind::Throttle, ["RequestLimitExceeded", "SlowDown", "Throttling", "TooManyRequestsException", "Throttling"]),
        (
            FaultKind::ServerError,
            ["InternalError", "InternalError", "InternalFailure", "ServiceException", "InternalServiceFault"],
        ),
        (FaultKind::ExpiredToken, ["RequestExpired", "ExpiredToken", "ExpiredToken", "ExpiredTokenException", "ExpiredToken"]),
    ] {
        let faults = vec![Fault { kind, ..Fault::default() }];
        let aws = SimulatedAws::start(rich_account(), Options { faults, ..Options::default() });
        let config = config(&aws, "us-east-1");
        let cloudwatch = aws_sdk_cloudwatch::Client::new(&config);
        let time = aws_sdk_cloudwatch::primitives::DateTime::from_secs;
        let metrics = cloudwatch.get_metric_data().start_time(time(0)).end_time(time(86_400));
        let metrics = metrics.metric_data_queries(query("a", "AWS/NATGateway", "BytesOutToSource", &[]));
        let seen = [
            code(aws_sdk_ec2::Client::new(&config).describe_vpcs().send().await),
            code(aws_sdk_s3::Client::new(&config).list_buckets().send().await),
            code(aws_sdk_sts::Client::new(&config).get_caller_identity().send().await),
            code(aws_sdk_organizations::Client::new(&config).describe_organization().send().await),
            code(metrics.send().await),
        ];
        assert_eq!(seen, codes, "{kind:?}");
    }
}

#[tokio::test]
async fn the_wire_breaks_as_told() {
    for (kind, words) in [
        (FaultKind::Hang, "TimeoutError"),
        (FaultKind::SlowDrip, "TimeoutError"),
        (FaultKind::Reset, "DispatchFailure"),
        (FaultKind::TruncatedBody, "ResponseError"),
        (FaultKind::Garbage, "ResponseError"),
        (FaultKind::WrongContentType, "ResponseError"),
    ] {
        let aws = with_fault(kind);
        let patience = Duration::from_secs(if words == "TimeoutError" { 1 } else { 30 });
        let client = aws_sdk_ec2::Client::new(&patient_config(&aws, "eu-west-1", patience));
        let broken = client.describe_vpcs().send().await.unwrap_err();
        let name = match &broken {
            SdkError::TimeoutError(_) => "TimeoutError",
            SdkError::DispatchFailure(_) => "DispatchFailure",
            SdkError::ResponseError(_) => "ResponseError",
            SdkError::ServiceError(error) if error.err().code().is_none() => "ResponseError",
            _ => "another error",
        };
        assert_eq!(name, words, "{kind:?}: {broken:?}");
        assert!(ec2(&aws, "eu-west-1").describe_subnets().send().await.is_ok(), "{kind:?}: other calls are answered");
    }
}

#[tokio::test]
async fn a_looping_token_comes_back_for_ever() {
    let aws = with_fault(FaultKind::LoopingToken);
    let client = ec2(&aws, "eu-west-1");
    let first = client.describe_vpcs().send().await.unwrap();
    let second = client.describe_vpcs().set_next_token(first.next_token().map(str::to_owned)).send().await.unwrap();
    assert_eq!(first.next_token(), second.next_token());
    assert_eq!(first.vpcs().len(), second.vpcs().len());
}

#[tokio::test]
async fn faults_begin_and_end_when_told() {
    let operation = Some("DescribeVpcs".to_owned());
    let throttle =
        Fault { operation: operation.clone(), kind: FaultKind::Throttle, times: Some(2), after: 1, ..Fault::default() };
    let elsewhere = Fault { region: Some("us-east-1".to_owned()), operation, ..Fault::default() };
    let aws = SimulatedAws::start(rich_account(), Options { faults: vec![throttle, elsewhere], ..Options::default() });
    let client = ec2(&aws, "eu-west-1");
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(client.describe_vpcs().send().await.is_ok());
    }
    assert_eq!(seen, [true, false, false, true]);
    assert_eq!(code(ec2(&aws, "us-east-1").describe_vpcs().send().await), "UnauthorizedOperation");
    assert!(ec2(&aws, "us-east-1").describe_subnets().send().await.is_ok());
}

#[tokio::test]
async fn what_the_inventory_does_not_know_is_denied() {
    let mut account = empty_account("111122223333", &["eu-west-1"]);
    let gap = natless::model::GapId("any".to_owned());
    let mut ireland = region(&mut account, "eu-west-1");
    ireland.vpc("vpc-0", "10.0.0.0/16").dns_support = natless::model::Observed::Unknown(gap.clone());
    ireland.subnet("subnet-0", "vpc-0", "10.0.0.0/24", 'a');
    ireland.inventory.subnets.gap = Some(gap.clone());
    ireland.inventory.addresses.gap = Some(gap);
    let aws = SimulatedAws::start(account, Options::default());
    let client = ec2(&aws, "eu-west-1");
    let attribute = |name: &str| client.describe_vpc_attribute().vpc_id("vpc-0").attribute(name.into()).send();
    assert_eq!(code(attribute("enableDnsSupport").await), "UnauthorizedOperation");
    assert_eq!(attribute("enableDnsHostnames").await.unwrap().enable_dns_hostnames().unwrap().value(), Some(true));
    assert_eq!(code(client.describe_addresses().send().await), "UnauthorizedOperation");
    // What was read before the gap is served; the page after it is denied.
    let page = client.describe_subnets().send().await.unwrap();
    assert_eq!(page.subnets().len(), 1);
    let next = client.describe_subnets().next_token(page.next_token().unwrap()).send().await;
    assert_eq!(code(next), "UnauthorizedOperation");
}

#[tokio::test]
async fn latency_is_kept_and_calls_overlap() {
    let aws = SimulatedAws::start(rich_account(), Options { latency: Duration::from_millis(100), ..Options::default() });
    let client = ec2(&aws, "eu-west-1");
    let begun = Instant::now();
    let all = futures::future::join_all((0..40).map(|_| client.describe_addresses().send())).await;
    assert!(all.iter().all(Result::is_ok));
    let elapsed = begun.elapsed();
    assert!(elapsed >= Duration::from_millis(100), "{elapsed:?}");
    assert!(elapsed < Duration::from_secs(3), "40 calls of 100 ms took {elapsed:?}: they waited for one another");
}

#[tokio::test]
async fn requests_that_aws_would_not_know_are_refused() {
    let aws = rich();
    let unsigned = raw(&aws, None, "POST /", "Action=DescribeVpcs").await;
    assert!(unsigned.starts_with("HTTP/1.1 403") && unsigned.contains("MissingAuthenticationToken"), "{unsigned}");
    assert!(aws.calls().is_empty(), "an unsigned request is no call");
    let unknown = raw(&aws, Some("eu-west-1/ec2"), "POST /", "Action=DeleteVpc&VpcId=vpc-0main").await;
    assert!(unknown.starts_with("HTTP/1.1 400") && unknown.contains("<Code>InvalidAction</Code>"), "{unknown}");
    assert_eq!(aws.calls().keys().next().unwrap().2, "DeleteVpc");
    let put = raw(&aws, Some("eu-west-1/s3"), "PUT /ireland-data?policy", "{}").await;
    assert!(put.starts_with("HTTP/1.1 501"), "{put}");
}
