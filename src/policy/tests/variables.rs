//! Policy variables: what a text that each request completes lets through, and where that is not known.

use serde_json::{Value, json};

use super::world::{allow, answer, scope};
use crate::policy::{Question, Verdict};

/// Whether somebody outside passes a policy of these statements.
fn external(statements: &Value) -> Verdict {
    answer(statements, &scope(), Question::ExternalPrincipals).verdict
}

#[test]
fn a_resource_named_by_a_variable_lets_its_own_user_through() {
    assert_eq!(external(&allow(&json!({ "Resource": "arn:aws:s3:::b/${aws:username}/*" }))), Verdict::Yes);
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
    let anonymous = |statements: &Value| answer(statements, &scope(), Question::Anonymous).verdict;
    assert_eq!(anonymous(&but("StringNotLike", "${aws:username}/*")), Verdict::No);
    // Which prefixes two free texts may come to is not gone through in full.
    assert_eq!(external(&but("StringNotEquals", "${aws:username}-${aws:PrincipalTag/team}")), Verdict::Unknown);
}
