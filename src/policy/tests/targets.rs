//! What may be asked of what: actions on the bucket and its objects, buckets that an endpoint leads to, resources of other services.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::world::{ORGANIZATION, OWN, SISTER, STRANGER, allow, answer, scope};
use crate::policy::rules::Attachment;
use crate::policy::scope::{KnownResources, Membership, Scope};
use crate::policy::{Question, Verdict};

/// The endpoint of a service, in an account whose buckets are all known.
fn endpoint(service: Option<&str>) -> Scope {
    Scope {
        attachment: Attachment::Endpoint,
        service: service.map(str::to_owned),
        resource: None,
        endpoint: Some(("vpce-0a1".to_owned(), "vpc-0a1".to_owned())),
        ..scope()
    }
}

/// The verdict about a statement with these elements, and what is asked of what where a request shows it.
fn asked(elements: &Value, scope: &Scope, question: Question) -> (Verdict, String) {
    let answer = answer(&allow(elements), scope, question);
    let shown = answer.witness.map(|witness| format!("{} {}", witness.request.action, witness.request.resource));
    (answer.verdict, shown.unwrap_or_default())
}

/// Whether a statement on these resources lets anything through to somebody else's, at the endpoint of a service.
fn foreign(service: &str, action: &str, resource: &str) -> Verdict {
    asked(&json!({ "Action": action, "Resource": resource }), &endpoint(Some(service)), Question::ForeignResources).0
}

#[test]
fn an_action_is_asked_of_the_bucket_or_of_its_objects_as_it_goes() {
    let open =
        |action: &str, resource: &str| asked(&json!({ "Action": action, "Resource": resource }), &scope(), Question::Anonymous).0;
    for (action, resource, wanted) in [
        ("s3:GetObject", "arn:aws:s3:::b/*", Verdict::Yes),
        ("s3:GetObject", "arn:aws:s3:::b", Verdict::No),
        ("s3:ListBucket", "arn:aws:s3:::b", Verdict::Yes),
        ("s3:ListBucket", "arn:aws:s3:::b/*", Verdict::No),
        ("s3:GetObject", "arn:aws:s3:::other/*", Verdict::No),
        ("sqs:SendMessage", "*", Verdict::No),
    ] {
        assert_eq!(open(action, resource), wanted, "{action} on {resource}");
    }
}

#[test]
fn an_access_point_has_objects_of_its_own() {
    let arn = "arn:aws:s3:eu-west-1:111122223333:accesspoint/ap";
    let at = Scope { attachment: Attachment::AccessPoint, resource: Some(arn.to_owned()), ..scope() };
    let open =
        |action: &str, resource: &str| asked(&json!({ "Action": action, "Resource": resource }), &at, Question::Anonymous).0;
    assert_eq!(open("s3:GetObject", &format!("{arn}/object/*")), Verdict::Yes);
    assert_eq!(open("s3:GetObject", &format!("{arn}/*")), Verdict::Yes);
    assert_eq!(open("s3:ListBucket", arn), Verdict::Yes);
    assert_eq!(open("s3:DeleteAccessPoint", arn), Verdict::Yes);
    assert_eq!(open("s3:GetObject", "arn:aws:s3:::b/*"), Verdict::No);
    // Where it is not told whose policy it is, it is that of what the policy names first.
    let untold = Scope { resource: None, ..at.clone() };
    let named = asked(&json!({ "Resource": format!("{arn}/object/*") }), &untold, Question::Anonymous);
    assert_eq!(named, (Verdict::Yes, format!("s3:GetObject {arn}/object/any-key")));
    let untold = Scope { resource: None, ..scope() };
    let nobody = asked(&json!({ "Resource": "*" }), &untold, Question::Anonymous);
    assert_eq!(nobody, (Verdict::Yes, "s3:GetObject arn:aws:s3:::any-bucket/any-key".to_owned()));
    let like = asked(&json!({ "Resource": "arn:aws:s3:::logs-*/*" }), &untold, Question::Anonymous);
    assert_eq!(like, (Verdict::Yes, "s3:GetObject arn:aws:s3:::logs-any/any-key".to_owned()));
    let access_point = Scope { attachment: Attachment::AccessPoint, ..untold };
    let any = asked(&json!({ "Resource": "*" }), &access_point, Question::Anonymous);
    let object = "arn:aws:s3:eu-west-1:111122223333:accesspoint/any-access-point/object/any-key";
    assert_eq!(any, (Verdict::Yes, format!("s3:GetObject {object}")));
}

#[test]
fn whose_a_bucket_is_tells_the_accounts_own_list() {
    for (resource, wanted) in [
        ("*", Verdict::Yes),
        ("arn:aws:s3:::*", Verdict::Yes),
        ("arn:aws:s3:::b/*", Verdict::No),
        ("arn:aws:s3:::c*", Verdict::Yes),
        ("arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/*", Verdict::No),
        // A name that another account may have is a stranger's or a sister's.
        ("arn:aws:s3:::c/*", Verdict::Unknown),
    ] {
        assert_eq!(foreign("s3", "s3:GetObject", resource), wanted, "{resource}");
    }
    let alone = Scope { organization: Membership::None, ..endpoint(Some("s3")) };
    let of_c = json!({ "Resource": "arn:aws:s3:::c/*" });
    assert_eq!(asked(&of_c, &alone, Question::ForeignResources).0, Verdict::Yes);
    let trusting = Scope { trusted_accounts: BTreeSet::from([SISTER.to_owned()]), ..alone.clone() };
    assert_eq!(asked(&of_c, &trusting, Question::ForeignResources).0, Verdict::Unknown);
    let none_known = Scope { known: Arc::default(), ..alone };
    assert_eq!(asked(&of_c, &none_known, Question::ForeignResources).0, Verdict::Unknown);
    let own = asked(
        &json!({ "Resource": "*", "Condition": { "StringEquals": { "aws:ResourceAccount": OWN } } }),
        &none_known,
        Question::AllowsNothing,
    );
    assert_eq!(own.0, Verdict::No);
    // In which organization the owner is was not read.
    let conditions = json!({ "StringEquals": { "aws:ResourceAccount": STRANGER, "aws:ResourceOrgID": "o-zzzzzzzzzz" } });
    let owner = asked(
        &json!({ "Resource": "arn:aws:s3:::c/*", "Condition": conditions }),
        &endpoint(Some("s3")),
        Question::ForeignResources,
    );
    assert_eq!(owner.0, Verdict::Unknown);
}

#[test]
fn owners_are_told_by_account_and_organization() {
    let of = |key: &str, value: &str| {
        let conditions = json!({ "StringEquals": { key: value } });
        asked(&json!({ "Resource": "*", "Condition": conditions }), &endpoint(Some("s3")), Question::ForeignResources).0
    };
    for key in ["aws:ResourceAccount", "s3:ResourceAccount"] {
        assert_eq!(of(key, OWN), Verdict::No, "{key}");
        assert_eq!(of(key, SISTER), Verdict::No, "{key}");
        assert_eq!(of(key, STRANGER), Verdict::Yes, "{key}");
    }
    assert_eq!(of("aws:ResourceOrgID", ORGANIZATION), Verdict::No);
    assert_eq!(of("aws:ResourceOrgID", "o-zzzzzzzzzz"), Verdict::Yes);
    assert_eq!(of("aws:ResourceOrgID", "${aws:PrincipalOrgID}"), Verdict::Yes);
}

#[test]
fn known_buckets_are_told_apart_by_name() {
    let buckets = ["logs", "logs-eu", "media", "x"].map(str::to_owned);
    let known = KnownResources { buckets: Arc::new(BTreeSet::from(buckets)), all_buckets: true, ..KnownResources::default() };
    let scope = Scope { known: Arc::new(known), ..endpoint(Some("s3")) };
    let own = json!({ "StringEquals": { "aws:ResourceAccount": OWN } });
    for (resource, bucket) in [
        ("arn:aws:s3:::logs/*", "logs"),
        ("arn:aws:s3:::logs-*", "logs-eu"),
        ("arn:aws:s3:::m*", "media"),
        ("arn:aws:s3:::?/*", "x"),
        ("arn:aws:s3:::?edi?/*", "media"),
        ("arn:aws:s3:::log?-e?/*", "logs-eu"),
    ] {
        let (verdict, shown) = asked(&json!({ "Resource": resource, "Condition": own }), &scope, Question::AllowsNothing);
        assert_eq!(verdict, Verdict::No, "{resource}");
        assert_eq!(shown, format!("s3:GetObject arn:aws:s3:::{bucket}/any-key"), "{resource}");
    }
    // One stands for all that no pattern tells from each other.
    let but_media = json!([
        allow(&json!({ "Resource": "*", "Condition": own })),
        { "Sid": "D", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::media", "arn:aws:s3:::media/*"] },
    ]);
    assert_eq!(answer(&but_media, &scope, Question::AllowsNothing).verdict, Verdict::No);
    let (verdict, shown) = asked(&json!({ "Resource": "arn:aws:s3:::y*", "Condition": own }), &scope, Question::AllowsNothing);
    assert_eq!((verdict, shown.as_str()), (Verdict::Yes, ""));
}

#[test]
fn resources_of_other_services_are_their_accounts_own() {
    for (resource, wanted) in [
        ("*", Verdict::Yes),
        ("arn:aws:dynamodb:eu-west-1:444455556666:table/t", Verdict::Yes),
        ("arn:aws:dynamodb:eu-west-1:111122223333:table/t", Verdict::No),
        ("arn:aws:dynamodb:eu-west-1:222233334444:table/t", Verdict::No),
        ("arn:aws:dynamodb:*:*:table/t", Verdict::Yes),
        ("arn:aws:dynamodb:*:9876*:table/t", Verdict::Yes),
        ("arn:aws:sqs:eu-west-1:444455556666:q", Verdict::No),
    ] {
        assert_eq!(foreign("dynamodb", "dynamodb:GetItem", resource), wanted, "{resource}");
    }
    assert_eq!(foreign("dynamodb", "sqs:SendMessage", "*"), Verdict::No);
    let queue = json!({ "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:us-east-2:444455556666:q" });
    assert_eq!(asked(&queue, &endpoint(Some("sqs")), Question::ForeignResources).0, Verdict::No);
    let untold = Scope { region: None, ..endpoint(Some("sqs")) };
    assert_eq!(asked(&queue, &untold, Question::ForeignResources).0, Verdict::Yes);
    assert_eq!(foreign("apigateway", "apigateway:GET", "arn:aws:apigateway:eu-west-1::/restapis/*"), Verdict::Yes);
}

#[test]
fn an_endpoint_whose_service_is_not_told_is_that_of_the_actions() {
    let shown = |action: &str| asked(&json!({ "Action": action, "Resource": "*" }), &endpoint(None), Question::AllowsNothing);
    let (verdict, request) = shown("SQS:SendMessage");
    assert_eq!(verdict, Verdict::No);
    assert!(request.to_ascii_lowercase().starts_with("sqs:sendmessage "), "{request}");
    let (verdict, request) = shown("*");
    assert_eq!(verdict, Verdict::No);
    assert!(request.starts_with("s3:"), "{request}");
}
