//! What is said where the answer is not known: the reason, by the name of what was not read or is not documented.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::world::{FOREIGN_ORGANIZATION, ORGANIZATION, SISTER, STRANGER, allow, answer, scope};
use crate::policy::rules::Attachment;
use crate::policy::scope::{KnownResources, Membership, Scope};
use crate::policy::{Question, Verdict};

/// What is said about a policy of one statement or of several.
fn said(statements: &Value, scope: &Scope, question: Question) -> (Verdict, String) {
    let answer = answer(statements, scope, question);
    (answer.verdict, answer.why)
}

/// The account's organization, of which the other accounts were not read.
fn unread_members() -> Scope {
    Scope { organization: Membership::In { id: ORGANIZATION.to_owned(), accounts: None }, ..scope() }
}

/// An endpoint for S3 of an account of which not every bucket is known.
fn endpoint() -> Scope {
    Scope {
        attachment: Attachment::Endpoint,
        service: Some("s3".to_owned()),
        resource: None,
        endpoint: Some(("vpce-0a1".to_owned(), "vpc-0a1".to_owned())),
        known: Arc::new(KnownResources { buckets: Arc::new(BTreeSet::from(["b".to_owned()])), ..KnownResources::default() }),
        ..scope()
    }
}

/// Statements of one policy or of two, a scope, a question, and the reason why there is no answer.
type Case = (Value, Scope, Question, &'static str);

fn assert_unknown(cases: Vec<Case>) {
    for (statements, scope, question, why) in cases {
        assert_eq!(said(&statements, &scope, question), (Verdict::Unknown, why.to_owned()), "{statements}");
    }
}

fn stranger() -> Value {
    json!({ "Principal": { "AWS": format!("arn:aws:iam::{STRANGER}:role/r1") } })
}

#[test]
fn who_asks_is_told_where_it_is_not_known() {
    let unread = || Scope { organization: Membership::Unknown, ..scope() };
    let of_organization = json!({ "Condition": { "StringEquals": { "aws:PrincipalOrgID": ORGANIZATION } } });
    let user = json!({ "Principal": { "CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be" } });
    let refuses_others =
        json!({ "Sid": "D", "Effect": "Deny", "NotPrincipal": stranger()["Principal"], "Action": "s3:*", "Resource": "*" });
    let service =
        |conditions: &Value| allow(&json!({ "Principal": { "Service": "cloudtrail.amazonaws.com" }, "Condition": conditions }));
    let gateway = Scope { attachment: Attachment::GatewayEndpoint, ..endpoint() };
    let external = Question::ExternalPrincipals;
    assert_unknown(vec![
        (allow(&stranger()), unread_members(), external, "in which organization account 444455556666 is was not read"),
        (allow(&stranger()), unread(), external, "in which organization account 444455556666 is was not read"),
        (allow(&of_organization), unread(), external, "whether account 444455556666 counts as inside was not read"),
        (
            allow(&user),
            scope(),
            external,
            "to which account 79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be belongs is not known",
        ),
        (
            json!([allow(&json!({})), refuses_others]),
            scope(),
            external,
            "AWS does not document whether statement 2 \"D\" means arn:aws:sts::444455556666:assumed-role/any-role/any-session",
        ),
        (
            allow(&stranger()),
            gateway,
            external,
            "AWS does not document whether statement 1 \"S\" means arn:aws:sts::444455556666:assumed-role/r1/any-session",
        ),
        (
            service(&json!({ "Null": { "aws:SourceAccount": "true" } })),
            scope(),
            Question::ConfusedDeputy,
            "for whom cloudtrail.amazonaws.com acts is not known",
        ),
        (
            service(&json!({ "IpAddress": { "aws:SourceIp": "0.0.0.0/0" }, "StringEquals": { "aws:SourceAccount": STRANGER } })),
            scope(),
            Question::ConfusedDeputy,
            "whether a service's own request shows a source address is not documented",
        ),
        (
            service(&json!({ "StringEquals": { "aws:SourceAccount": STRANGER, "aws:SourceOrgID": FOREIGN_ORGANIZATION } })),
            scope(),
            Question::ConfusedDeputy,
            "whether cloudtrail.amazonaws.com acts for account 444455556666, or in which organization that is, was not read",
        ),
    ]);
}

#[test]
fn what_is_asked_is_told_where_it_is_not_known() {
    let when = |conditions: &Value| allow(&json!({ "Condition": { "StringEquals": conditions } }));
    let refuses_writes = json!({
        "Sid": "D", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*",
        "Condition": { "StringEquals": { "acme:Tier": "1" } },
    });
    let of_key = "when requests have the key of `StringEquals acme:Team` in statement 1 \"S\" is not known";
    let of_both = "when requests have the key of `StringEquals acme:Team` in statement 1 \"S\" is not known; \
                   when requests have the key of `StringEquals acme:Tier` in statement 1 \"S\" is not known";
    assert_unknown(vec![
        (when(&json!({ "acme:Team": "blue" })), scope(), Question::Anonymous, of_key),
        (when(&json!({ "acme:Team": "blue", "aws:SecureTransport": "true" })), scope(), Question::Anonymous, of_key),
        (when(&json!({ "acme:Team": "blue", "acme:Tier": "1" })), scope(), Question::Anonymous, of_both),
        (json!([when(&json!({ "acme:Team": "blue" })), refuses_writes]), scope(), Question::Anonymous, of_key),
        (
            when(&json!({ "aws:SourceVpce": "vpce-0c3", "aws:SourceVpc": "vpc-0c3" })),
            scope(),
            Question::Anonymous,
            "whose endpoint it is was not read",
        ),
        (
            allow(&json!({ "Action": "s3:GetEverything" })),
            scope(),
            Question::Anonymous,
            "whether `s3:GetEverything` is an action, or who owns the resource, is not known",
        ),
        (
            allow(&json!({ "Resource": "arn:aws:s3:::c/*" })),
            endpoint(),
            Question::ForeignResources,
            "whether `s3:GetObject` is an action, or who owns the resource, is not known",
        ),
        (
            allow(
                &json!({ "Resource": "arn:aws:s3:::c/*", "Condition": { "StringEquals": { "aws:ResourceOrgID": ORGANIZATION } } }),
            ),
            Scope { organization: Membership::Unknown, ..endpoint() },
            Question::ForeignResources,
            "who owns arn:aws:s3:::c/any-key was not read",
        ),
    ]);
}

#[test]
fn an_account_that_a_condition_names_stands_where_it_was_read_to_stand() {
    let only = |account: &str| allow(&json!({ "Condition": { "StringEquals": { "aws:PrincipalAccount": account } } }));
    let external = Question::ExternalPrincipals;
    assert_eq!(said(&only(SISTER), &scope(), external).0, Verdict::No);
    assert_eq!(said(&only(STRANGER), &scope(), external).0, Verdict::Yes);
    assert_unknown(vec![(
        only(STRANGER),
        unread_members(),
        external,
        "in which organization account 444455556666 is was not read",
    )]);
}
