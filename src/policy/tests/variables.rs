//! Policy variables: what a text that each request completes lets through, and where that is not known.

use serde_json::{Value, json};

use super::world::{allow, answer, scope};
use crate::policy::{Question, Verdict};

/// Whether somebody outside passes a policy of these statements.
fn external(statements: &Value) -> Verdict {
    answer(statements, &scope(), Question::ExternalPrincipals).verdict
}

/// Whether somebody without credentials does.
fn anonymous(statements: &Value) -> Verdict {
    answer(statements, &scope(), Question::Anonymous).verdict
}

#[test]
fn a_resource_named_by_a_variable_lets_its_own_user_through() {
    let of = |action: &str, resource: &str| allow(&json!({ "Action": action, "Resource": resource }));
    let own = "arn:aws:s3:::b/${aws:username}/*";
    assert_eq!(external(&of("s3:GetObject", own)), Verdict::Yes);
    assert_eq!(external(&of("s3:PutObject", own)), Verdict::Yes);
    assert_eq!(anonymous(&of("s3:GetObject", own)), Verdict::No);
    // Which names two free texts may come to is not gone through in full.
    assert_eq!(external(&of("s3:GetObject", "arn:aws:s3:::b/${aws:username}-${aws:PrincipalTag/team}")), Verdict::Unknown);
}

#[test]
fn a_key_may_hold_what_a_variable_asks_of_it() {
    let list = |text: &str| {
        let conditions = json!({ "StringEquals": { "s3:prefix": text } });
        allow(&json!({ "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b", "Condition": conditions }))
    };
    assert_eq!(external(&list("home/${aws:username}/")), Verdict::Yes);
    assert_eq!(external(&list("${aws:PrincipalTag/team}")), Verdict::Yes);
    assert_eq!(anonymous(&list("home/${aws:username}/")), Verdict::No);
    assert_eq!(anonymous(&list("home/${aws:username, 'nobody'}/")), Verdict::Yes);
}

#[test]
fn two_keys_are_compared_in_full_where_both_are_ids() {
    let equal = |key: &str, text: &str| allow(&json!({ "Condition": { "StringEquals": { key: text } } }));
    assert_eq!(external(&equal("aws:PrincipalAccount", "${aws:PrincipalAccount}")), Verdict::Yes);
    assert_eq!(external(&equal("aws:PrincipalAccount", "${aws:ResourceAccount}")), Verdict::No);
    assert_eq!(external(&equal("aws:username", "${aws:PrincipalTag/team}")), Verdict::Unknown);
    assert_eq!(external(&equal("aws:PrincipalAccount", "${aws:username}")), Verdict::Unknown);
}

#[test]
fn a_set_of_many_values_is_not_gone_through_in_full() {
    let any_of = |tags: &[&str]| json!({ "ForAnyValue:StringEquals": { "s3:RequestObjectTagKeys": tags } });
    let tagged = allow(&json!({ "Action": "s3:PutObject", "Condition": any_of(&["g"]) }));
    let refused = json!({
        "Sid": "D", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "*",
        "Condition": any_of(&["a", "b", "c", "d", "e", "f"]),
    });
    assert_eq!(external(&tagged), Verdict::Yes);
    assert_eq!(external(&json!([tagged, refused])), Verdict::Unknown);
}

#[test]
fn an_id_is_compared_in_full_only_where_the_variable_stands_alone() {
    let of_owner = |text: &str| allow(&json!({ "Condition": { "StringLike": { "aws:PrincipalOrgID": text } } }));
    assert_eq!(external(&of_owner("${aws:ResourceOrgID}")), Verdict::No);
    assert_eq!(external(&of_owner("${aws:ResourceOrgID}*")), Verdict::Unknown);
}

#[test]
fn a_deny_by_a_variable_is_sure_where_the_variable_has_no_value() {
    let list = allow(&json!({ "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b" }));
    let but = |operator: &str, text: &str| {
        json!([list, {
            "Sid": "D", "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*",
            "Condition": { operator: { "s3:prefix": text } },
        }])
    };
    assert_eq!(anonymous(&but("StringNotLike", "${aws:username}/*")), Verdict::No);
    let mut maybe = but("StringLike", "${aws:username}/*");
    assert_eq!(anonymous(&maybe), Verdict::Yes);
    maybe[0]["Condition"] = json!({ "StringEquals": { "acme:Team": "blue" } });
    assert_eq!(anonymous(&maybe), Verdict::Unknown);
    // Which prefixes two free texts may come to is not gone through in full.
    assert_eq!(external(&but("StringNotEquals", "${aws:username}-${aws:PrincipalTag/team}")), Verdict::Unknown);
}
