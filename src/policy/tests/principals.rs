//! Who is gone through: identities of every kind, services and those for whom they act, and those who are named by something else.

use std::sync::Arc;

use serde_json::{Value, json};

use super::world::{FOREIGN_ORGANIZATION, OWN, SISTER, STRANGER, allow, answer, scope};
use crate::policy::scope::{KnownResources, Scope};
use crate::policy::{Question, Verdict};

/// The verdict about a statement and who is shown to pass.
fn asked(statement: &Value, scope: &Scope, question: Question) -> (Verdict, String) {
    let answer = answer(statement, scope, question);
    (answer.verdict, answer.witness.map_or_else(String::new, |witness| witness.request.principal.to_string()))
}

/// Who outside passes under conditions.
fn external(conditions: &Value) -> (Verdict, String) {
    asked(&allow(&json!({ "Condition": conditions })), &scope(), Question::ExternalPrincipals)
}

/// Who outside passes where this principal is named.
fn named(principal: &Value) -> (Verdict, String) {
    asked(&allow(&json!({ "Principal": principal })), &scope(), Question::ExternalPrincipals)
}

#[test]
fn identities_of_every_kind_are_found_by_name_path_and_type() {
    let arn = |pattern: &str| external(&json!({ "ArnLike": { "aws:PrincipalArn": pattern } }));
    for pattern in ["role/r1", "role/team/r*", "user/u1", "user/team/*", "root"] {
        let (verdict, shown) = arn(&format!("arn:aws:iam::{STRANGER}:{pattern}"));
        assert_eq!(verdict, Verdict::Yes, "{pattern}");
        assert!(shown.contains(STRANGER) && !shown.ends_with('/'), "{shown}");
    }
    assert_eq!(arn("arn:aws:iam::*:root").0, Verdict::Yes);
    assert_eq!(arn("arn:aws:sts::*:federated-user/bob").0, Verdict::Yes);
    assert_eq!(arn(&format!("arn:aws:iam::{OWN}:role/r1")).0, Verdict::No);
    assert_eq!(arn("arn:aws:iam::*:group/g1").0, Verdict::No);
    assert_eq!(arn("arn:aws:iam::444455556666:role/a b").0, Verdict::No, "no name has a space");
    for (kind, part) in
        [("AssumedRole", ":assumed-role/"), ("User", ":user/"), ("FederatedUser", ":federated-user/"), ("Account", ":root")]
    {
        let (verdict, shown) = external(&json!({ "StringEquals": { "aws:PrincipalType": kind } }));
        assert_eq!(verdict, Verdict::Yes, "{kind}");
        assert!(shown.contains(part), "{kind}: {shown}");
    }
}

#[test]
fn a_principal_that_is_named_is_the_one_that_passes() {
    for text in [
        "arn:aws:sts::444455556666:assumed-role/r1/s1",
        "arn:aws:sts::444455556666:federated-user/bob",
        "arn:aws:iam::444455556666:user/team/u1",
    ] {
        assert_eq!(named(&json!({ "AWS": text })), (Verdict::Yes, text.to_owned()));
    }
    let (verdict, shown) = named(&json!({ "AWS": "arn:aws:iam::444455556666:role/team/r1" }));
    assert_eq!((verdict, shown.as_str()), (Verdict::Yes, "arn:aws:sts::444455556666:assumed-role/r1/any-session"));
    assert_eq!(named(&json!({ "AWS": "arn:aws:sts::111122223333:assumed-role/r1/s1" })).0, Verdict::No);
    let with_path = asked(
        &allow(&json!({
            "Principal": { "AWS": "arn:aws:sts::444455556666:assumed-role/r1/s1" },
            "Condition": { "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::444455556666:role/team/*" } },
        })),
        &scope(),
        Question::ExternalPrincipals,
    );
    assert_eq!(with_path, (Verdict::Yes, "arn:aws:sts::444455556666:assumed-role/r1/s1".to_owned()));
}

#[test]
fn a_user_is_found_by_name_in_every_path() {
    let (verdict, shown) = external(&json!({ "StringEquals": { "aws:username": "ann" } }));
    assert_eq!(verdict, Verdict::Yes);
    assert!(shown.ends_with(":user/ann"), "{shown}");
    let (verdict, shown) = external(&json!({
        "StringEquals": { "aws:username": "ann" }, "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::*:user/team/*" },
    }));
    assert_eq!(verdict, Verdict::Yes);
    assert!(shown.ends_with("/ann") && shown.contains(":user/team/"), "{shown}");
    for name in ["team/ann", "a b"] {
        assert_eq!(external(&json!({ "StringEquals": { "aws:username": name } })).0, Verdict::No, "{name}");
    }
    // The name and the ARN are looked at together.
    let both = |name: &str, arn: &str| {
        external(&json!({ "StringLike": { "aws:username": name }, "ArnLike": { "aws:PrincipalArn": arn } })).0
    };
    assert_eq!(both("*-admin", "arn:aws:iam::*:user/svc-*"), Verdict::Yes);
    assert_eq!(both("*-admin", "arn:aws:iam::*:user/team/svc-*"), Verdict::Yes);
    assert_eq!(both("?nn", "arn:aws:iam::*:user/*/sub/a*"), Verdict::Yes);
    assert_eq!(both("bob", "arn:aws:iam::*:user/team/ann"), Verdict::No);
}

#[test]
fn whose_a_unique_id_is_was_not_read() {
    let id = |operator: &str, text: &str| external(&json!({ operator: { "aws:userid": text } })).0;
    assert_eq!(id("StringLike", "AROA*:*"), Verdict::Yes);
    assert_eq!(id("StringLike", "*:s1"), Verdict::Yes);
    assert_eq!(id("StringLike", "AIDA*"), Verdict::Yes);
    assert_eq!(id("StringEquals", "AIDAEXAMPLE0000000001"), Verdict::Unknown);
    assert_eq!(id("StringLike", "AROAEXAMPLE0000000001:*"), Verdict::Unknown);
    assert_eq!(id("StringEquals", STRANGER), Verdict::Yes);
    assert_eq!(id("StringEquals", "444455556666:bob"), Verdict::Yes);
    assert_eq!(id("StringEquals", OWN), Verdict::No);
    assert_eq!(id("StringLike", "AROA*:a b"), Verdict::No, "no name has a space");
    let own = json!({
        "Principal": { "AWS": OWN }, "Condition": { "StringEquals": { "aws:userid": "AIDAEXAMPLE0000000001" } },
    });
    assert_eq!(asked(&allow(&own), &scope(), Question::ExternalPrincipals).0, Verdict::No);
}

#[test]
fn many_users_with_many_names_are_gone_through() {
    let users: Vec<String> = (0..20).map(|at| format!("arn:aws:iam::{STRANGER}:user/u{at}")).collect();
    let names: Vec<String> = (0..10).map(|at| format!("n{at}")).collect();
    let statements = json!([
        allow(&json!({ "Principal": { "AWS": users }, "Resource": "arn:aws:s3:::b/home/${aws:username}/*" })),
        {
            "Sid": "D", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*",
            "Condition": { "StringEquals": { "aws:username": names } },
        },
    ]);
    assert_eq!(asked(&statements, &scope(), Question::ExternalPrincipals).0, Verdict::Yes);
}

#[test]
fn a_session_has_its_name_in_its_unique_id() {
    let session = |name: &str| {
        let principal = json!({ "AWS": "arn:aws:sts::444455556666:assumed-role/r1/s1" });
        let conditions = json!({ "StringLike": { "aws:userid": format!("AROA*:{name}") } });
        asked(&allow(&json!({ "Principal": principal, "Condition": conditions })), &scope(), Question::ExternalPrincipals).0
    };
    assert_eq!(session("s1"), Verdict::Yes);
    assert_eq!(session("s2"), Verdict::No);
    let (verdict, shown) = external(&json!({ "StringLike": { "aws:userid": "AROA*:s2" } }));
    assert_eq!(verdict, Verdict::Yes);
    assert!(shown.ends_with("/any-role/s2"), "{shown}");
}

#[test]
fn a_service_is_found_by_its_name_and_is_nobody_else() {
    let asked_by = |conditions: &Value, question| asked(&allow(&json!({ "Condition": conditions })), &scope(), question);
    let name = "logging.s3.amazonaws.com";
    for conditions in [
        json!({ "StringEquals": { "aws:PrincipalServiceName": name } }),
        json!({ "ForAnyValue:StringEquals": { "aws:PrincipalServiceNamesList": name } }),
    ] {
        assert_eq!(asked_by(&conditions, Question::ConfusedDeputy), (Verdict::Yes, name.to_owned()), "{conditions}");
        assert_eq!(asked_by(&conditions, Question::ExternalPrincipals).0, Verdict::No, "{conditions}");
        assert_eq!(asked_by(&conditions, Question::Anonymous).0, Verdict::No, "{conditions}");
    }
    // Which names one service has no source tells.
    let other_name = allow(&json!({
        "Principal": { "Service": "logs.amazonaws.com" },
        "Condition": { "ForAnyValue:StringEquals": { "aws:PrincipalServiceNamesList": "logs.eu-west-1.amazonaws.com" } },
    }));
    assert_eq!(asked(&other_name, &scope(), Question::ConfusedDeputy).0, Verdict::Unknown);
    let shut = |quantifier: &str, name: &str| {
        let deny = json!({
            "Sid": "D", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
            "Condition": { quantifier: { "aws:PrincipalServiceNamesList": name } },
        });
        let grant = allow(&json!({ "Principal": { "Service": "logs.amazonaws.com" } }));
        asked(&json!([grant, deny]), &scope(), Question::ConfusedDeputy).0
    };
    assert_eq!(shut("ForAnyValue:StringEquals", "logs.amazonaws.com"), Verdict::No);
    assert_eq!(shut("ForAnyValue:StringEquals", "config.amazonaws.com"), Verdict::Yes);
    assert_eq!(shut("ForAllValues:StringEquals", "config.amazonaws.com"), Verdict::Yes);
    assert_eq!(shut("ForAllValues:StringEquals", "logs.amazonaws.com"), Verdict::Unknown);
    let several = json!({
        "ForAnyValue:StringEquals": { "aws:PrincipalServiceNamesList": name },
        "ForAnyValue:StringLike": { "aws:PrincipalServiceNamesList": "logging.s3.eu-*" },
    });
    assert_eq!(asked_by(&several, Question::ConfusedDeputy).0, Verdict::Unknown);
    let any = json!({ "Bool": { "aws:PrincipalIsAWSService": "true" } });
    assert_eq!(asked_by(&any, Question::ConfusedDeputy).0, Verdict::Yes);
    assert_eq!(asked_by(&any, Question::ExternalPrincipals).0, Verdict::No);
    let none = json!({ "Bool": { "aws:PrincipalIsAWSService": "false" } });
    assert_eq!(asked_by(&none, Question::ConfusedDeputy).0, Verdict::No);
    assert_eq!(asked_by(&none, Question::ExternalPrincipals).0, Verdict::Yes);
}

#[test]
fn a_service_acts_for_whom_its_source_names() {
    let deputy = |conditions: &Value| {
        let principal = json!({ "Service": "cloudtrail.amazonaws.com" });
        let statement = allow(&json!({ "Principal": principal, "Condition": conditions }));
        asked(&statement, &scope(), Question::ConfusedDeputy).0
    };
    let arn = |pattern: &str| json!({ "ArnLike": { "aws:SourceArn": pattern } });
    let equal = |key: &str, value: &str| json!({ "StringEquals": { key: value } });
    for (conditions, wanted) in [
        (arn("arn:aws:cloudtrail:*:111122223333:trail/*"), Verdict::No),
        (arn("arn:aws:cloudtrail:*:222233334444:trail/*"), Verdict::No),
        (arn("arn:aws:cloudtrail:*:444455556666:trail/*"), Verdict::Yes),
        (arn("arn:aws:cloudtrail:*:*:trail/t"), Verdict::Yes),
        (arn("arn:aws:cloudtrail:*:9876*:trail/t"), Verdict::Yes),
        (arn("arn:aws:s3:::*"), Verdict::Yes),
        (arn("arn:aws:s3:::b"), Verdict::No),
        // Whose a bucket is that the account does not have was not read.
        (arn("arn:aws:s3:::c"), Verdict::Unknown),
        (equal("aws:SourceAccount", OWN), Verdict::No),
        (equal("aws:SourceAccount", SISTER), Verdict::No),
        (equal("aws:SourceAccount", STRANGER), Verdict::Yes),
        (equal("aws:SourceOwner", OWN), Verdict::No),
        (equal("aws:SourceOwner", STRANGER), Verdict::Yes),
        (equal("aws:SourceOrgID", "${aws:ResourceOrgID}"), Verdict::No),
        (equal("aws:SourceOrgID", FOREIGN_ORGANIZATION), Verdict::Yes),
        (
            json!({ "StringEquals": { "aws:SourceAccount": STRANGER }, "ArnLike": { "aws:SourceArn": "arn:aws:*:*:111122223333:*" } }),
            Verdict::No,
        ),
        // Of a service's own request no documentation tells whether it has the key.
        (json!({ "Null": { "aws:PrincipalArn": "true" } }), Verdict::Unknown),
        (json!({ "StringNotEquals": { "aws:PrincipalAccount": OWN } }), Verdict::Yes),
        (equal("aws:PrincipalAccount", STRANGER), Verdict::No),
    ] {
        assert_eq!(deputy(&conditions), wanted, "{conditions}");
    }
    // A bucket that is known is the account's own, whether its list is whole or not.
    let known = KnownResources { all_buckets: false, ..(*scope().known).clone() };
    let some_known = Scope { known: Arc::new(known), ..scope() };
    let of_bucket = |bucket: &str| {
        let conditions = json!({ "ArnEquals": { "aws:SourceArn": format!("arn:aws:s3:::{bucket}") } });
        let statement = allow(&json!({ "Principal": { "Service": "s3.amazonaws.com" }, "Condition": conditions }));
        asked(&statement, &some_known, Question::ConfusedDeputy).0
    };
    assert_eq!((of_bucket("b"), of_bucket("c")), (Verdict::No, Verdict::Unknown));
}

#[test]
fn where_those_stand_who_are_no_account_is_known_of_the_own_canonical_user_only() {
    let (own, other) = ("a1".repeat(32), "b2".repeat(32));
    let with_own = Scope { canonical_user: Some(own.clone()), ..scope() };
    let external =
        |principal: &Value| asked(&allow(&json!({ "Principal": principal })), &with_own, Question::ExternalPrincipals).0;
    assert_eq!(external(&json!({ "CanonicalUser": own })), Verdict::No);
    assert_eq!(external(&json!({ "CanonicalUser": other })), Verdict::Unknown);
    assert_eq!(external(&json!({ "Federated": "graph.facebook.com" })), Verdict::Unknown);
    let identity = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1";
    assert_eq!(external(&json!({ "AWS": identity })), Verdict::Unknown);
    let nothing = |principal: &Value| asked(&allow(&json!({ "Principal": principal })), &with_own, Question::AllowsNothing);
    assert_eq!(nothing(&json!({ "CanonicalUser": own })), (Verdict::No, own.clone()));
    assert_eq!(nothing(&json!({ "AWS": identity })), (Verdict::No, identity.to_owned()));
}
