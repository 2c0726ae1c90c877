//! Which ways are gone through: addresses of the internet, endpoints and their owners, and services that go on for a caller.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::world::{ORGANIZATION, OWN, SISTER, STRANGER, allow, answer, scope};
use crate::policy::scope::{KnownResources, Scope};
use crate::policy::{Question, Verdict};

fn external(conditions: &Value) -> Verdict {
    answer(&allow(&json!({ "Condition": conditions })), &scope(), Question::ExternalPrincipals).verdict
}

fn equal(pairs: &[(&str, &str)]) -> Value {
    let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), json!(value)));
    json!({ "StringEquals": Value::Object(pairs.collect()) })
}

#[test]
fn an_endpoint_that_is_known_stands_in_its_own_vpc() {
    for (pairs, wanted) in [
        (&[("aws:SourceVpce", "vpce-0a1")][..], Verdict::Yes),
        (&[("aws:SourceVpc", "vpc-0a1")], Verdict::Yes),
        (&[("aws:SourceVpce", "vpce-0a1"), ("aws:SourceVpc", "vpc-0a1")], Verdict::Yes),
        (&[("aws:SourceVpce", "vpce-0a1"), ("aws:SourceVpc", "vpc-0b2")], Verdict::No),
        (&[("aws:SourceVpce", "vpce-0b2")], Verdict::Yes),
        (&[("aws:SourceVpc", "vpc-0b2")], Verdict::Yes),
        // Whether the one stands in the other was not read.
        (&[("aws:SourceVpce", "vpce-0b2"), ("aws:SourceVpc", "vpc-0b2")], Verdict::Unknown),
    ] {
        assert_eq!(external(&equal(pairs)), wanted, "{pairs:?}");
    }
    assert_eq!(external(&json!({ "StringLike": { "aws:SourceVpce": "vpce-*", "aws:SourceVpc": "vpc-*" } })), Verdict::Yes);
    assert_eq!(external(&json!({ "StringEqualsIgnoreCase": { "aws:SourceVpce": "VPCE-0ABC" } })), Verdict::Yes);
    let elsewhere =
        json!({ "StringEquals": { "aws:SourceVpce": "vpce-0a1" }, "StringNotEquals": { "aws:SourceVpc": "vpc-0a1" } });
    assert_eq!(external(&elsewhere), Verdict::No);
}

#[test]
fn the_owner_of_an_endpoint_is_told_where_it_is_known() {
    let arn = |account: &str, vpc: &str| format!("arn:aws:ec2:eu-west-1:{account}:vpc/{vpc}");
    let own_arn = arn(OWN, "vpc-0a1");
    let stranger_arn = arn(STRANGER, "vpc-0a1");
    for (pairs, wanted) in [
        (&[("aws:VpceAccount", OWN)][..], Verdict::Yes),
        (&[("aws:VpceAccount", STRANGER)], Verdict::Yes),
        (&[("aws:VpceOrgID", ORGANIZATION)], Verdict::Yes),
        (&[("aws:VpceAccount", OWN), ("aws:VpceOrgID", "o-zzzzzzzzzz")], Verdict::No),
        (&[("aws:VpceAccount", SISTER), ("aws:VpceOrgID", ORGANIZATION)], Verdict::Yes),
        (&[("aws:SourceVpce", "vpce-0a1"), ("aws:VpceAccount", OWN)], Verdict::Yes),
        (&[("aws:SourceVpce", "vpce-0a1"), ("aws:VpceAccount", STRANGER)], Verdict::No),
        (&[("aws:SourceVpc", "vpc-0a1"), ("aws:VpceAccount", STRANGER)], Verdict::No),
        // Whose an endpoint is that the account does not have was not read.
        (&[("aws:SourceVpce", "vpce-0b2"), ("aws:VpceAccount", STRANGER)], Verdict::Unknown),
        (&[("aws:SourceVpce", "vpce-0b2"), ("aws:VpceAccount", OWN)], Verdict::Unknown),
        (&[("aws:SourceVpcArn", &own_arn)], Verdict::Yes),
        (&[("aws:SourceVpcArn", &own_arn), ("aws:SourceVpc", "vpc-0a1")], Verdict::Yes),
        (&[("aws:SourceVpcArn", &stranger_arn)], Verdict::No),
        (&[("aws:SourceVpcArn", &stranger_arn), ("aws:SourceVpc", "vpc-0a1")], Verdict::No),
        (&[("aws:SourceVpcArn", "arn:aws:ec2:eu-west-1:444455556666:vpc/vpc-0c3")], Verdict::Yes),
        (&[("aws:SourceVpcArn", "arn:aws:ec2:us-east-2:444455556666:vpc/vpc-0c3")], Verdict::Yes),
        (&[("aws:SourceVpce", "vpce-0b2"), ("aws:VpceAccount", OWN), ("aws:VpceOrgID", "o-zzzzzzzzzz")], Verdict::No),
    ] {
        assert_eq!(external(&equal(pairs)), wanted, "{pairs:?}");
    }
}

#[test]
fn a_vpc_that_an_arn_names_is_where_and_whose_the_arn_tells() {
    let of = |arn: &str, more: &Value| {
        let mut conditions = json!({ "ArnLike": { "aws:SourceVpcArn": arn } });
        conditions.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        external(&conditions)
    };
    let of_stranger = json!({ "StringEquals": { "aws:VpceAccount": STRANGER } });
    assert_eq!(of("arn:aws:ec2:*:*:vpc/vpc-0c3", &of_stranger), Verdict::Unknown);
    assert_eq!(of("arn:aws:ec2:*:444455556666:vpc/*", &of_stranger), Verdict::Yes);
    assert_eq!(of("arn:aws:ec2:*:*:vpc/vpc-0a1", &of_stranger), Verdict::No);
    // In which other region the account's VPCs are was not told.
    assert_eq!(of(&format!("arn:aws:ec2:us-east-2:{OWN}:vpc/vpc-0a1"), &json!({})), Verdict::Unknown);
    let named = json!({ "StringEquals": { "aws:SourceVpce": "vpce-0b2" } });
    let asks_owner = json!({
        "Sid": "D", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*",
        "Condition": { "StringEquals": { "aws:VpceAccount": OWN } },
    });
    let both = json!([allow(&json!({ "Condition": named })), asks_owner]);
    assert_eq!(answer(&both, &scope(), Question::ExternalPrincipals).verdict, Verdict::Yes);
}

#[test]
fn many_vpcs_of_many_accounts_are_gone_through() {
    let arn = |at: usize| {
        format!("arn:aws:ec2:eu-{}-1:{}:vpc/vpc-0{at:x}", ["west", "north", "south", "central"][at % 4], 555_500_000_000 + at)
    };
    let arns: Vec<String> = (0..60).map(arn).collect();
    assert_eq!(external(&json!({ "ArnEquals": { "aws:SourceVpcArn": arns } })), Verdict::Yes);
}

#[test]
fn an_address_inside_a_vpc_is_shown_over_an_endpoint_only() {
    let inside = json!({ "IpAddress": { "aws:VpcSourceIp": "10.1.0.0/16" } });
    assert_eq!(external(&inside), Verdict::Yes);
    let both = json!({ "IpAddress": { "aws:VpcSourceIp": "10.1.0.0/16", "aws:SourceIp": "0.0.0.0/0" } });
    assert_eq!(external(&both), Verdict::No);
    let private = json!({ "IpAddress": { "aws:SourceIp": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"] } });
    assert_eq!(external(&private), Verdict::No);
    assert_eq!(external(&json!({ "IpAddress": { "aws:SourceIp": "172.0.0.0/8" } })), Verdict::Yes);
}

#[test]
fn a_service_that_goes_on_for_a_caller_is_first_last_or_in_between() {
    let called = |first: &str, last: &str| external(&equal(&[("aws:CalledViaFirst", first), ("aws:CalledViaLast", last)]));
    let (athena, glue) = ("athena.amazonaws.com", "glue.amazonaws.com");
    assert_eq!(called(athena, athena), Verdict::Yes);
    assert_eq!(called(athena, glue), Verdict::Yes);
    let any = |more: &Value| {
        let mut conditions = json!({ "ForAnyValue:StringEquals": { "aws:CalledVia": athena } });
        conditions.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        external(&conditions)
    };
    assert_eq!(any(&json!({})), Verdict::Yes);
    assert_eq!(any(&json!({ "Bool": { "aws:ViaAWSService": "false" } })), Verdict::No);
    assert_eq!(any(&json!({ "IpAddress": { "aws:SourceIp": "0.0.0.0/0" } })), Verdict::No);
    assert_eq!(external(&json!({ "Bool": { "aws:ViaAWSService": "true" } })), Verdict::Yes);
    let chain = |more: &Value| {
        let mut conditions = equal(&[("aws:CalledViaFirst", athena), ("aws:CalledViaLast", glue)]);
        conditions.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        external(&conditions)
    };
    let between = json!({ "ForAnyValue:StringEquals": { "aws:CalledVia": "kms.amazonaws.com" } });
    assert_eq!(chain(&between), Verdict::Yes);
    assert_eq!(chain(&json!({ "ForAllValues:StringEquals": { "aws:CalledVia": [athena, glue] } })), Verdict::Yes);
    assert_eq!(chain(&json!({ "ForAllValues:StringEquals": { "aws:CalledVia": athena } })), Verdict::No);
    let same = "*a.amazonaws.com";
    let again = json!({
        "StringLike": { "aws:CalledViaFirst": same, "aws:CalledViaLast": same },
        "ForAnyValue:StringEquals": { "aws:CalledVia": glue },
    });
    assert_eq!(external(&again), Verdict::Yes);
    // Longer chains are not gone through.
    let mut longer = between;
    longer["ForAnyValue:StringLike"] = json!({ "aws:CalledVia": "s3.*" });
    assert_eq!(chain(&longer), Verdict::Unknown);
    let mine = answer(&allow(&json!({ "Condition": longer })), &scope(), Question::Anonymous).verdict;
    assert_eq!(mine, Verdict::No, "nobody goes on for somebody without credentials");
}

#[test]
fn an_endpoint_of_the_account_is_nobody_elses_and_a_vpc_of_it_has_no_foreign_endpoint() {
    let known = KnownResources {
        endpoints: BTreeMap::from([("vpce-0a1".to_owned(), "vpc-0a1".to_owned()), ("vpce-0a2".to_owned(), "vpc-0a2".to_owned())]),
        vpcs: ["vpc-0a1".to_owned(), "vpc-0a2".to_owned()].into(),
        ..(*scope().known).clone()
    };
    let scope = Scope { known: Arc::new(known), ..scope() };
    let asked = |pairs: &[(&str, &str)]| {
        answer(&allow(&json!({ "Condition": equal(pairs) })), &scope, Question::ExternalPrincipals).verdict
    };
    assert_eq!(asked(&[("aws:SourceVpce", "vpce-0a2"), ("aws:SourceVpc", "vpc-0a2")]), Verdict::Yes);
    assert_eq!(asked(&[("aws:SourceVpce", "vpce-0a2"), ("aws:SourceVpc", "vpc-0a1")]), Verdict::No);
    assert_eq!(asked(&[("aws:SourceVpc", "vpc-0a2"), ("aws:VpceAccount", STRANGER)]), Verdict::No);
}
