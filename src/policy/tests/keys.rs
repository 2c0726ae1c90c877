//! Which values of condition keys are gone through: one of each kind that a policy tells apart.

use serde_json::{Value, json};

use super::world::{OWN, STRANGER, allow, answer, scope};
use crate::policy::rules::Attachment;
use crate::policy::scope::Scope;
use crate::policy::{Question, Verdict};

/// A grant of these actions on the bucket and all in it, under conditions.
fn granted(actions: &[&str], conditions: &Value) -> Value {
    let resources = json!(["arn:aws:s3:::b", "arn:aws:s3:::b/*"]);
    allow(&json!({ "Action": actions, "Resource": resources, "Condition": conditions }))
}

fn external(statements: &Value) -> Verdict {
    answer(statements, &scope(), Question::ExternalPrincipals).verdict
}

/// Whether somebody outside may list, write or read under conditions.
fn under(conditions: &Value) -> Verdict {
    external(&granted(&["s3:ListBucket", "s3:PutObject", "s3:GetObject"], conditions))
}

#[test]
fn numbers_are_tried_at_each_limit_between_limits_and_beyond() {
    let keys = |conditions: &[(&str, &str)]| {
        let tests = conditions.iter().map(|(operator, limit)| ((*operator).to_owned(), json!({ "s3:max-keys": limit })));
        under(&Value::Object(tests.collect()))
    };
    assert_eq!(keys(&[("NumericEquals", "10")]), Verdict::Yes);
    assert_eq!(keys(&[("NumericLessThan", "0")]), Verdict::Yes);
    assert_eq!(keys(&[("NumericGreaterThan", "1000")]), Verdict::Yes);
    assert_eq!(keys(&[("NumericGreaterThan", "10"), ("NumericLessThan", "11")]), Verdict::Yes);
    assert_eq!(keys(&[("NumericGreaterThan", "10"), ("NumericLessThan", "20")]), Verdict::Yes);
    assert_eq!(keys(&[("NumericGreaterThan", "11"), ("NumericLessThan", "10")]), Verdict::No);
    assert_eq!(keys(&[("NumericGreaterThan", "10"), ("NumericLessThan", "10")]), Verdict::No);
    assert_eq!(keys(&[("NumericGreaterThanEquals", "10"), ("NumericLessThanEquals", "10")]), Verdict::Yes);
    // What the key holds is a number or a text, and which mixtures there are is not gone through.
    assert_eq!(keys(&[("NumericEquals", "10"), ("StringEquals", "ten")]), Verdict::Unknown);
}

#[test]
fn times_are_tried_at_each_limit_and_a_second_to_either_side() {
    let at = |operator: &str, key: &str, value: &str| under(&json!({ operator: { key: value } }));
    let noon = "2026-11-01T12:00:00Z";
    for operator in ["DateEquals", "DateLessThan", "DateGreaterThan", "DateNotEquals"] {
        assert_eq!(at(operator, "aws:CurrentTime", noon), Verdict::Yes, "{operator}");
        assert_eq!(at(operator, "aws:TokenIssueTime", noon), Verdict::Yes, "{operator}");
    }
    assert_eq!(at("NumericLessThan", "aws:EpochTime", "1700000000"), Verdict::Yes);
    assert_eq!(at("DateGreaterThan", "aws:EpochTime", "1700000000"), Verdict::Yes);
    let within = |from: &str, to: &str| {
        under(&json!({ "DateGreaterThan": { "aws:CurrentTime": from }, "DateLessThan": { "aws:CurrentTime": to } }))
    };
    assert_eq!(within(noon, "2026-11-02T12:00:00Z"), Verdict::Yes);
    assert_eq!(within("2026-11-02T12:00:00Z", noon), Verdict::No);
    // One clock tells both.
    let both = |limit: &str| {
        under(&json!({ "DateLessThan": { "aws:CurrentTime": noon }, "NumericGreaterThan": { "aws:EpochTime": limit } }))
    };
    assert_eq!(both("1761955200"), Verdict::Yes);
    assert_eq!(both("1793534400"), Verdict::No);
}

#[test]
fn addresses_bytes_and_truth_values_are_tried_on_either_side() {
    assert_eq!(under(&json!({ "IpAddress": { "aws:VpcSourceIp": "10.0.0.0/24" } })), Verdict::Yes);
    assert_eq!(under(&json!({ "NotIpAddress": { "aws:VpcSourceIp": "10.0.0.0/8" } })), Verdict::Yes);
    let nowhere = json!({ "NotIpAddress": { "aws:VpcSourceIp": ["0.0.0.0/0", "::/0"] }, "Null": { "aws:VpcSourceIp": "false" } });
    assert_eq!(under(&nowhere), Verdict::No);
    let encrypted = "s3:x-amz-server-side-encryption-customer-algorithm";
    assert_eq!(under(&json!({ "BinaryEquals": { encrypted: "QUVT" } })), Verdict::Yes);
    for value in ["true", "false"] {
        assert_eq!(under(&json!({ "Bool": { "aws:SecureTransport": value } })), Verdict::Yes, "{value}");
        assert_eq!(under(&json!({ "Bool": { "aws:MultiFactorAuthPresent": value } })), Verdict::Yes, "{value}");
        assert_eq!(under(&json!({ "StringEquals": { "aws:SecureTransport": value } })), Verdict::Yes, "{value}");
    }
    assert_eq!(under(&json!({ "StringEquals": { "aws:SecureTransport": "maybe" } })), Verdict::No);
    for value in ["true", "false"] {
        assert_eq!(under(&json!({ "Bool": { "aws:ViaAWSMCPService": value } })), Verdict::Yes, "{value}");
    }
    assert_eq!(under(&json!({ "IpAddress": { "aws:Ec2InstanceSourcePrivateIPv4": "10.1.0.0/16" } })), Verdict::Yes);
    assert_eq!(under(&json!({ "Null": { "aws:SecureTransport": "true" } })), Verdict::No);
    assert_eq!(under(&json!({ "Null": { "aws:MultiFactorAuthPresent": "true" } })), Verdict::Yes);
}

#[test]
fn sets_are_tried_with_each_value_and_with_several() {
    let tagged = |any: &str, more: &Value| {
        let mut conditions = json!({ "ForAnyValue:StringEquals": { "s3:RequestObjectTagKeys": any } });
        conditions.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        under(&conditions)
    };
    let all = |tags: &[&str]| json!({ "ForAllValues:StringEquals": { "s3:RequestObjectTagKeys": tags } });
    assert_eq!(tagged("a", &json!({})), Verdict::Yes);
    assert_eq!(tagged("a", &json!({ "ForAnyValue:StringLike": { "s3:RequestObjectTagKeys": "b*" } })), Verdict::Yes);
    assert_eq!(tagged("a", &all(&["a", "b"])), Verdict::Yes);
    assert_eq!(tagged("a", &all(&["b"])), Verdict::No);
    assert_eq!(tagged("a", &json!({ "Null": { "s3:RequestObjectTagKeys": "true" } })), Verdict::No);
    let others = json!({ "ForAnyValue:StringNotEquals": { "s3:RequestObjectTagKeys": "a" } });
    assert_eq!(tagged("a", &others), Verdict::Yes);
}

#[test]
fn the_region_of_a_request_is_the_buckets() {
    let region = |name: &str| under(&json!({ "StringEquals": { "aws:RequestedRegion": name } }));
    assert_eq!(region("eu-west-1"), Verdict::Yes);
    assert_eq!(region("us-east-1"), Verdict::No);
    let anywhere = Scope { region: None, ..scope() };
    let statement = granted(&["s3:GetObject"], &json!({ "StringEquals": { "aws:RequestedRegion": "ap-south-1" } }));
    assert_eq!(answer(&statement, &anywhere, Question::ExternalPrincipals).verdict, Verdict::Yes);
}

#[test]
fn what_the_tags_of_the_one_bucket_are_was_not_read() {
    let tagged = json!({ "StringEquals": { "aws:ResourceTag/team": "blue" } });
    assert_eq!(under(&tagged), Verdict::Unknown);
    assert_eq!(under(&json!({ "StringEquals": { "s3:BucketTag/team": "blue" } })), Verdict::Unknown);
    let endpoint = Scope { attachment: Attachment::Endpoint, service: Some("s3".to_owned()), resource: None, ..scope() };
    let statement = allow(&json!({ "Resource": "*", "Condition": tagged }));
    assert_eq!(answer(&statement, &endpoint, Question::ForeignResources).verdict, Verdict::Yes);
}

#[test]
fn access_points_are_tried_for_each_account_and_each_origin() {
    let by = |conditions: &Value| under(&json!({ "StringEquals": conditions }));
    assert_eq!(by(&json!({ "s3:DataAccessPointAccount": OWN })), Verdict::Yes);
    assert_eq!(by(&json!({ "s3:DataAccessPointAccount": STRANGER })), Verdict::Yes);
    let arn = "arn:aws:s3:eu-west-1:111122223333:accesspoint/reports";
    assert_eq!(by(&json!({ "s3:DataAccessPointArn": arn, "s3:DataAccessPointAccount": OWN })), Verdict::Yes);
    assert_eq!(by(&json!({ "s3:DataAccessPointArn": arn, "s3:DataAccessPointAccount": STRANGER })), Verdict::No);
    assert_eq!(by(&json!({ "s3:DataAccessPointArn": arn, "s3:AccessPointNetworkOrigin": "VPC" })), Verdict::Yes);
    assert_eq!(under(&json!({ "Null": { "s3:DataAccessPointArn": "true" } })), Verdict::Yes);
    let equal = |arn: &str| json!({ "StringEquals": { "s3:DataAccessPointArn": arn } });
    assert_eq!(under(&equal("arn:aws:s3:eu-west-1:444455556666:accesspoint/q4-reports")), Verdict::Yes);
    assert_eq!(under(&equal("arn:aws:s3::444455556666:accesspoint/mfzwi23gnjvgw.mrap")), Verdict::Yes);
    let elsewhere = equal("arn:aws:s3:us-east-2:444455556666:accesspoint/reports");
    assert_eq!(under(&elsewhere), Verdict::No);
    let untold = Scope { region: None, ..scope() };
    let reads = granted(&["s3:GetObject"], &elsewhere);
    assert_eq!(answer(&reads, &untold, Question::ExternalPrincipals).verdict, Verdict::Yes);
}
