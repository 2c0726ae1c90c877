//! Which requests there are at all: what no principal, network or action can show is not let through by a policy that asks for it.

use serde_json::{Value, json};

use super::world::{STRANGER, allow, answer, scope};
use crate::policy::{Question, Verdict};

/// What a statement that lets everybody read answers under conditions.
fn under(conditions: &Value, question: Question) -> Verdict {
    answer(&allow(&json!({ "Condition": conditions })), &scope(), question).verdict
}

fn anonymous(conditions: &Value) -> Verdict {
    under(conditions, Question::Anonymous)
}

#[test]
fn only_a_signed_request_is_forwarded_or_tells_of_a_session() {
    let forwarded = json!({ "Bool": { "aws:ViaAWSService": "true" } });
    let tagged = json!({ "StringLike": { "aws:PrincipalTag/team": "*" } });
    let signed = json!({ "StringLike": { "s3:signatureversion": "*" } });
    for conditions in [forwarded, tagged, signed] {
        assert_eq!(anonymous(&conditions), Verdict::No, "{conditions}");
        assert_eq!(under(&conditions, Question::ExternalPrincipals), Verdict::Yes, "{conditions}");
    }
}

#[test]
fn every_request_of_a_principal_shows_an_address_an_endpoint_or_a_service() {
    let nowhere = json!({ "Null": { "aws:SourceIp": "true", "aws:SourceVpce": "true" } });
    assert_eq!(anonymous(&nowhere), Verdict::No);
    let mut direct = nowhere.clone();
    direct["Bool"] = json!({ "aws:ViaAWSService": "false" });
    assert_eq!(under(&nowhere, Question::ExternalPrincipals), Verdict::Yes);
    assert_eq!(under(&direct, Question::ExternalPrincipals), Verdict::No);
}

#[test]
fn a_service_on_its_own_behalf_uses_nobodys_endpoint_and_comes_from_nobodys_range() {
    let deputy = |conditions: &Value| {
        let mut conditions = conditions.clone();
        conditions["StringEquals"]["aws:SourceAccount"] = json!(STRANGER);
        let statement = json!({ "Principal": { "Service": "config.amazonaws.com" }, "Condition": conditions });
        answer(&allow(&statement), &scope(), Question::ConfusedDeputy).verdict
    };
    assert_eq!(deputy(&json!({})), Verdict::Yes);
    assert_eq!(deputy(&json!({ "StringEquals": { "aws:SourceVpce": "vpce-0a1" } })), Verdict::No);
    assert_eq!(deputy(&json!({ "IpAddress": { "aws:SourceIp": "203.0.113.0/24" } })), Verdict::No);
    assert_eq!(deputy(&json!({ "IpAddress": { "aws:SourceIp": "0.0.0.0/0" } })), Verdict::Unknown);
}

#[test]
fn an_action_shows_only_the_keys_that_it_has() {
    let acl = json!({ "StringEquals": { "s3:x-amz-acl": "public-read" } });
    assert_eq!(anonymous(&acl), Verdict::No);
    let write = allow(&json!({ "Action": "s3:PutObject", "Condition": acl }));
    assert_eq!(answer(&write, &scope(), Question::Anonymous).verdict, Verdict::Yes);
    // Actions that one pattern means are told apart by the keys that they have.
    let all =
        |resource: &str, conditions: &Value| allow(&json!({ "Action": "s3:*", "Resource": resource, "Condition": conditions }));
    assert_eq!(answer(&all("arn:aws:s3:::b/*", &acl), &scope(), Question::Anonymous).verdict, Verdict::Yes);
    let prefix = json!({ "StringEquals": { "s3:prefix": "x/" } });
    let listing = all("arn:aws:s3:::b", &prefix);
    assert_eq!(answer(&listing, &scope(), Question::Anonymous).verdict, Verdict::Yes);
    let asks_prefix =
        json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b", "Condition": prefix });
    let writing = json!([all("arn:aws:s3:::b/*", &acl), asks_prefix]);
    assert_eq!(answer(&writing, &scope(), Question::Anonymous).verdict, Verdict::Yes);
}

#[test]
fn a_version_of_tls_is_told_over_tls_only() {
    let over = |secure: &str| json!({ "NumericGreaterThanEquals": { "s3:TlsVersion": "1.2" }, "Bool": { "aws:SecureTransport": secure } });
    assert_eq!(anonymous(&over("true")), Verdict::Yes);
    assert_eq!(anonymous(&over("false")), Verdict::No);
}

#[test]
fn nobody_comes_to_an_access_point_of_a_vpc_over_the_internet() {
    let from = |origin: &str| {
        json!({
            "StringEquals": { "s3:AccessPointNetworkOrigin": origin }, "IpAddress": { "aws:SourceIp": ["0.0.0.0/0", "::/0"] },
        })
    };
    assert_eq!(anonymous(&from("Internet")), Verdict::Yes);
    assert_eq!(anonymous(&from("VPC")), Verdict::No);
    assert_eq!(anonymous(&json!({ "StringEquals": { "s3:AccessPointNetworkOrigin": "VPC" } })), Verdict::Yes);
}

#[test]
fn a_bucket_policy_is_changed_by_its_owners_account_alone() {
    for action in ["s3:PutBucketPolicy", "s3:GetBucketPolicy", "s3:DeleteBucketPolicy"] {
        let statement = allow(&json!({ "Action": action, "Resource": "arn:aws:s3:::b" }));
        assert_eq!(answer(&statement, &scope(), Question::ExternalPrincipals).verdict, Verdict::No, "{action}");
        assert_eq!(answer(&statement, &scope(), Question::AllowsNothing).verdict, Verdict::No, "{action}");
    }
}
