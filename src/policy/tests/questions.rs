//! What is asked of which policy, whom a question is about, and the sentence that answers it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::world::{ORGANIZATION, OWN, STRANGER, allow, answer, scope};
use crate::policy::rules::Attachment;
use crate::policy::scope::Scope;
use crate::policy::{Question, Verdict};

/// A Deny of everything under conditions.
fn deny(conditions: &Value) -> Value {
    json!({ "Sid": "D", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": conditions })
}

fn network_bound(statements: &Value, scope: &Scope) -> (Verdict, String) {
    let answer = answer(statements, scope, Question::NetworkBound);
    (answer.verdict, answer.why)
}

#[test]
fn endpoints_and_buckets_are_asked_what_fits_them() {
    let asked = |attachment| {
        let scope = Scope { attachment, ..scope() };
        Question::ALL.into_iter().filter(|question| question.fits(&scope)).map(Question::as_str).collect::<Vec<_>>()
    };
    let of_both = ["anonymous", "external_principals", "confused_deputy", "allows_everything", "allows_nothing"];
    let endpoint = asked(Attachment::Endpoint);
    assert_eq!(endpoint, [of_both[0], of_both[1], "foreign_resources", of_both[2], of_both[3], of_both[4]]);
    assert_eq!(asked(Attachment::GatewayEndpoint), endpoint);
    let bucket = asked(Attachment::Bucket);
    assert!(["public", "plain_http", "network_bound"].iter().all(|question| bucket.contains(question)), "{bucket:?}");
    assert!(of_both.iter().all(|question| bucket.contains(question)) && !bucket.contains(&"foreign_resources"), "{bucket:?}");
}

#[test]
fn what_aws_goes_on_with_for_a_caller_is_no_request_over_plain_http() {
    let direct = json!({ "Bool": { "aws:SecureTransport": "false", "aws:ViaAWSService": "false" } });
    let plain_http = |statements: &Value| answer(statements, &scope(), Question::PlainHttp);
    let refused = plain_http(&json!([allow(&json!({})), deny(&direct)]));
    assert_eq!((refused.verdict, refused.why.as_str()), (Verdict::No, "every request over plain HTTP is denied"));
    let by_identity = plain_http(&allow(&json!({ "Condition": { "Bool": { "aws:SecureTransport": "true" } } })));
    assert_eq!(by_identity.verdict, Verdict::Yes);
    assert_eq!(
        by_identity.why,
        "a request over plain HTTP passes by the account's own identity policies: no statement denies it"
    );
    let granted = plain_http(&allow(&json!({})));
    assert_eq!(granted.why, "a request over plain HTTP passes by statement 1 \"S\"");
}

#[test]
fn networks_are_named_by_address_by_id_or_by_their_owner() {
    let anywhere = "the policy names no network, and requests pass from anywhere by statement 1 \"S\"";
    let elsewhere = "a request passes from a network that the policy does not name by statement 1 \"S\"";
    for (conditions, why) in [
        (json!({}), anywhere),
        (json!({ "IpAddress": { "aws:SourceIp": "0.0.0.0/0" } }), anywhere),
        (json!({ "Null": { "aws:SourceVpce": "true" } }), anywhere),
        (json!({ "NotIpAddress": { "aws:SourceIp": "203.0.113.0/24" } }), elsewhere),
        (json!({ "StringNotEquals": { "aws:SourceVpce": "vpce-0a1" } }), elsewhere),
        (json!({ "StringNotEquals": { "aws:SourceVpc": "vpc-0a1" } }), elsewhere),
        (json!({ "StringNotEquals": { "aws:VpceAccount": OWN } }), elsewhere),
    ] {
        let statement = if conditions == json!({}) { allow(&json!({})) } else { allow(&json!({ "Condition": conditions })) };
        assert_eq!(network_bound(&statement, &scope()), (Verdict::No, why.to_owned()), "{statement}");
    }
}

#[test]
fn only_the_networks_that_a_policy_names_get_in() {
    let only = |conditions: &Value, scope: &Scope| network_bound(&json!([allow(&json!({})), deny(conditions)]), scope).0;
    let direct = json!({ "Bool": { "aws:ViaAWSService": "false" } });
    let unless = |operator: &str, key: &str, value: &str| {
        let mut conditions = direct.clone();
        conditions[operator] = json!({ key: value });
        conditions
    };
    let of_stranger = Scope { trusted_accounts: BTreeSet::from([STRANGER.to_owned()]), ..scope() };
    for (conditions, scope, wanted) in [
        (unless("StringNotEquals", "aws:SourceVpce", "vpce-0a1"), scope(), Verdict::Yes),
        (unless("StringNotEquals", "aws:SourceVpc", "vpc-0a1"), scope(), Verdict::Yes),
        (unless("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"), scope(), Verdict::Yes),
        (unless("StringNotEquals", "aws:VpceOrgID", ORGANIZATION), scope(), Verdict::Yes),
        (unless("ArnNotEquals", "aws:SourceVpcArn", "arn:aws:ec2:eu-west-1:444455556666:vpc/vpc-0c3"), scope(), Verdict::Yes),
        (unless("StringNotEquals", "aws:VpceAccount", OWN), scope(), Verdict::Yes),
        (unless("StringNotEquals", "aws:VpceAccount", STRANGER), of_stranger, Verdict::Yes),
        (unless("StringNotEquals", "aws:VpceAccount", STRANGER), scope(), Verdict::No),
        (unless("StringEquals", "aws:VpceAccount", OWN), scope(), Verdict::No),
        (unless("StringEquals", "aws:SourceVpce", "vpce-0a1"), scope(), Verdict::No),
    ] {
        assert_eq!(only(&conditions, &scope), wanted, "{conditions}");
    }
    let over_endpoints = json!({ "Null": { "aws:SourceVpce": "true" }, "Bool": { "aws:ViaAWSService": "false" } });
    let one = allow(&json!({ "Condition": { "StringEquals": { "aws:SourceVpce": "vpce-0a1" } } }));
    assert_eq!(network_bound(&json!([allow(&json!({})), one, deny(&over_endpoints)]), &scope()).0, Verdict::No);
}
