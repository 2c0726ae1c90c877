//! What S3 calls public, rule by rule.
//!
//! Source: S3 User Guide, "Blocking public access to your Amazon S3 storage", section "The meaning of public"; how many addresses are
//! too many, "Projective IP counting" (FMCAD 2024).

use serde_json::{Value, json};

use super::world::{OWN, allow, answer, scope};
use crate::policy::rules::Attachment;
use crate::policy::scope::Scope;
use crate::policy::{Answer, Question, Verdict};

fn asked(statements: &Value) -> Answer {
    answer(statements, &scope(), Question::Public)
}

/// Whether a grant to everybody is public under these conditions.
fn under(conditions: &Value) -> Verdict {
    asked(&allow(&json!({ "Condition": conditions }))).verdict
}

fn from(blocks: &[&str]) -> Verdict {
    under(&json!({ "IpAddress": { "aws:SourceIp": blocks } }))
}

fn but_from(blocks: &[&str]) -> Verdict {
    let others = json!({
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*",
        "Condition": { "NotIpAddress": { "aws:SourceIp": blocks } },
    });
    asked(&json!([allow(&json!({})), others])).verdict
}

#[test]
fn a_condition_over_a_set_limits_only_where_the_key_has_to_be_there() {
    let all = json!({ "aws:SourceVpc": "vpc-0a1" });
    let beside = |presence: &Value| under(&json!({ "ForAllValues:StringEquals": all, "Null": presence }));
    assert_eq!(under(&json!({ "StringEquals": all })), Verdict::No);
    assert_eq!(under(&json!({ "ForAllValues:StringEquals": all })), Verdict::Yes);
    assert_eq!(beside(&json!({ "aws:SourceVpc": "false" })), Verdict::No);
    assert_eq!(beside(&json!({ "aws:SourceVpc": "true" })), Verdict::Yes);
    assert_eq!(beside(&json!({ "aws:SourceVpc": ["false", "true"] })), Verdict::Yes);
    assert_eq!(beside(&json!({ "aws:SourceVpce": "false" })), Verdict::Yes);
    let plain = json!({ "ForAllValues:StringEquals": all, "Bool": { "aws:SecureTransport": "false" } });
    assert_eq!(under(&plain), Verdict::Yes);
}

#[test]
fn a_wildcard_limits_nothing_where_it_may_stand_for_any_account() {
    let like = |key: &str, value: &str| under(&json!({ "StringLike": { key: value } }));
    assert_eq!(like("aws:SourceVpce", "vpce-*"), Verdict::Yes);
    assert_eq!(like("aws:PrincipalArn", "arn:aws:iam::*:role/r1"), Verdict::Yes);
    assert_eq!(like("aws:PrincipalArn", "arn:aws:iam::111122223333:role/*"), Verdict::Unknown);
    assert_eq!(like("aws:userid", "AIDA*"), Verdict::Unknown);
    assert_eq!(like("aws:userid", "AIDAEXAMPLE0000000001"), Verdict::No);
    assert_eq!(like("aws:PrincipalAccount", "111122223333"), Verdict::Unknown);
    // In an operator without wildcards a star is a star, if S3 looks at the operator.
    assert_eq!(under(&json!({ "StringEquals": { "aws:SourceVpce": "vpce-*" } })), Verdict::Unknown);
}

#[test]
fn names_of_access_points_may_be_wild_where_their_account_is_fixed() {
    let own = ["arn:aws:s3:*:111122223333:accesspoint/*"];
    let any = ["arn:aws:s3:*:111122223333:accesspoint/*", "arn:aws:s3:*:*:accesspoint/*"];
    let policy = |arns: &[&str]| allow(&json!({ "Condition": { "ArnLike": { "s3:DataAccessPointArn": arns } } }));
    assert_eq!(asked(&policy(&own)).verdict, Verdict::No);
    assert_eq!(asked(&policy(&any)).verdict, Verdict::Yes);
    let arn = "arn:aws:s3:eu-west-1:111122223333:accesspoint/ap";
    let of_access_point = Scope { attachment: Attachment::AccessPoint, resource: Some(arn.to_owned()), ..scope() };
    let mut its_own = policy(&own);
    its_own["Resource"] = json!(format!("{arn}/object/*"));
    assert_eq!(answer(&its_own, &of_access_point, Question::Public).verdict, Verdict::Yes);
}

#[test]
fn addresses_count_by_breadth_and_by_number() {
    assert_eq!(from(&["8.0.0.0/8"]), Verdict::No);
    assert_eq!(from(&["8.0.0.0/8", "9.9.9.9"]), Verdict::Yes);
    assert_eq!(from(&["8.0.0.0/7"]), Verdict::Yes);
    assert_eq!(from(&["8.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]), Verdict::No);
    assert_eq!(from(&["2600::/32"]), Verdict::No);
    assert_eq!(from(&["2600::/32", "2601::/32"]), Verdict::Yes);
    assert_eq!(from(&["2600::/31"]), Verdict::Yes);
    assert_eq!(from(&["8.0.0.0/8", "2600::/32"]), Verdict::No);
}

#[test]
fn what_a_deny_leaves_counts_by_the_number_of_addresses() {
    assert_eq!(but_from(&["8.0.0.0/7"]), Verdict::Yes);
    assert_eq!(but_from(&["8.0.0.0/8"]), Verdict::Unknown);
    assert_eq!(but_from(&["2600::/31"]), Verdict::Yes);
    assert_eq!(but_from(&["2600::/32"]), Verdict::Unknown);
    let own_organization = allow(&json!({ "Condition": { "StringEquals": { "aws:PrincipalOrgID": "${aws:ResourceOrgID}" } } }));
    let no_secrets =
        json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/secret/*" });
    assert_eq!(asked(&json!([allow(&json!({})), no_secrets])).verdict, Verdict::Yes);
    assert_eq!(asked(&json!([own_organization, no_secrets])).verdict, Verdict::Unknown);
    let no_writes = json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*" });
    assert_eq!(asked(&json!([own_organization, no_writes])).verdict, Verdict::Yes);
}

#[test]
fn the_most_distant_principal_that_passes_is_shown_with_the_reason() {
    let open = asked(&allow(&json!({})));
    assert_eq!(open.why, "statement 1 \"S\" makes it public: it names everybody");
    assert_eq!(open.witness.unwrap().request.principal.account(), None);
    let of_organization =
        asked(&allow(&json!({ "Condition": { "StringEquals": { "aws:PrincipalOrgID": "${aws:ResourceOrgID}" } } })));
    assert_eq!(
        of_organization.why,
        "statement 1 \"S\" makes it public: it names everybody, and no condition limits it to fixed values"
    );
    let shown = of_organization.witness.unwrap().request.principal;
    assert!(shown.account().is_some_and(|account| account != OWN), "{shown}");
}

#[test]
fn a_grant_of_what_cannot_be_asked_is_not_decided() {
    let answer = asked(&allow(&json!({ "Resource": "arn:aws:s3:::b" })));
    assert_eq!(answer.verdict, Verdict::Unknown);
    assert!(answer.why.ends_with("its actions and resources do not go together"), "{}", answer.why);
}
