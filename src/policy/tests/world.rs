//! A small world: a handful of principals, networks, actions and resources, and every request that they can make.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::policy::request::{Presence, Principal, Request};
use crate::policy::rules::Attachment;
use crate::policy::scope::{KnownResources, Membership, Scope};
use crate::policy::{Answer, Judge, PolicyKind, Question, parse};

pub(super) const OWN: &str = "111122223333";
pub(super) const SISTER: &str = "222233334444";
pub(super) const STRANGER: &str = "444455556666";
pub(super) const ORGANIZATION: &str = "o-a1b2c3d4e5";
pub(super) const FOREIGN_ORGANIZATION: &str = "o-zzzzzzzzzz";

/// The bucket's place in the world.
pub(super) fn scope() -> Scope {
    let mut scope = Scope::new(Attachment::Bucket, OWN);
    let accounts = BTreeSet::from([OWN.to_owned(), SISTER.to_owned()]);
    scope.organization = Membership::In { id: ORGANIZATION.to_owned(), accounts: Some(accounts) };
    scope.resource = Some("arn:aws:s3:::b".to_owned());
    scope.region = Some("eu-west-1".to_owned());
    scope.known = Arc::new(KnownResources {
        buckets: Arc::new(BTreeSet::from(["b".to_owned()])),
        all_buckets: true,
        endpoints: BTreeMap::from([("vpce-0a1".to_owned(), "vpc-0a1".to_owned())]),
        vpcs: BTreeSet::from(["vpc-0a1".to_owned()]),
    });
    scope
}

type Facts = Vec<(String, Presence)>;

fn facts(pairs: &[(&str, &str)]) -> Facts {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), Presence::one(*value))).collect()
}

/// Whoever asks, with what their membership tells.
fn principals() -> Vec<(Principal, Facts)> {
    let member = |arn: &str, organization: &str| {
        let mut known = facts(&[("aws:PrincipalOrgID", organization)]);
        let path = format!("{organization}/r-ab12/ou-ab12-11111111/");
        known.push(("aws:PrincipalOrgPaths".to_owned(), Presence::Many(vec![path])));
        (Principal::parse(Some(arn)), known)
    };
    let acting_for = |account: &str, organization: Option<&str>| {
        let arn = format!("arn:aws:cloudtrail:eu-west-1:{account}:trail/t");
        let mut known = facts(&[("aws:SourceAccount", account), ("aws:SourceArn", &arn), ("aws:SourceOwner", account)]);
        known.extend(organization.map(|id| ("aws:SourceOrgID".to_owned(), Presence::one(id))));
        (Principal::Service("cloudtrail.amazonaws.com".to_owned()), known)
    };
    vec![
        (Principal::Anonymous, Vec::new()),
        member(&format!("arn:aws:iam::{OWN}:role/r1"), ORGANIZATION),
        member(&format!("arn:aws:iam::{OWN}:user/team/u1"), ORGANIZATION),
        member(&format!("arn:aws:iam::{OWN}:root"), ORGANIZATION),
        member(&format!("arn:aws:iam::{SISTER}:role/r1"), ORGANIZATION),
        member(&format!("arn:aws:iam::{STRANGER}:role/r1"), FOREIGN_ORGANIZATION),
        member(&format!("arn:aws:iam::{STRANGER}:user/u2"), FOREIGN_ORGANIZATION),
        (Principal::parse(Some("arn:aws:iam::555566667777:role/r2")), Vec::new()),
        acting_for(OWN, Some(ORGANIZATION)),
        acting_for(SISTER, Some(ORGANIZATION)),
        acting_for(STRANGER, Some(FOREIGN_ORGANIZATION)),
    ]
}

/// Whichever way a principal's requests may come.
fn networks(principal: &Principal) -> Vec<Facts> {
    let direct = ("aws:ViaAWSService", "false");
    if matches!(principal, Principal::Service(_)) {
        return vec![facts(&[direct])];
    }
    let mut ways = vec![
        facts(&[("aws:SourceIp", "203.0.113.10"), direct]),
        facts(&[("aws:SourceIp", "198.51.100.7"), direct]),
        facts(&[("aws:SourceIp", "2001:db8::10"), direct]),
        facts(&[("aws:SourceVpce", "vpce-0a1"), ("aws:SourceVpc", "vpc-0a1"), ("aws:VpcSourceIp", "10.0.0.5"), direct]),
        facts(&[("aws:SourceVpce", "vpce-0b2"), ("aws:SourceVpc", "vpc-0b2"), ("aws:VpcSourceIp", "10.0.0.5"), direct]),
    ];
    if *principal != Principal::Anonymous {
        let mut forwarded = facts(&[("aws:ViaAWSService", "true"), ("aws:CalledViaFirst", "athena.amazonaws.com")]);
        forwarded.push(("aws:CalledVia".to_owned(), Presence::Many(vec!["athena.amazonaws.com".to_owned()])));
        ways.push(forwarded);
    }
    ways
}

/// Whatever is asked, with the keys that belong to it.
fn targets() -> Vec<(&'static str, &'static str, Facts)> {
    vec![
        ("s3:GetObject", "arn:aws:s3:::b/a", Vec::new()),
        ("s3:GetObject", "arn:aws:s3:::b/x/y", Vec::new()),
        ("s3:DeleteObject", "arn:aws:s3:::b/x/y", Vec::new()),
        ("s3:PutObject", "arn:aws:s3:::b/a", Vec::new()),
        ("s3:PutObject", "arn:aws:s3:::b/u1/z", facts(&[("s3:x-amz-acl", "public-read")])),
        ("s3:ListBucket", "arn:aws:s3:::b", Vec::new()),
        ("s3:ListBucket", "arn:aws:s3:::b", facts(&[("s3:prefix", "x/")])),
        ("s3:GetBucketAcl", "arn:aws:s3:::b", Vec::new()),
    ]
}

/// Every request of the world.
pub(super) fn requests() -> Vec<Request> {
    let owner = facts(&[("aws:ResourceOrgID", ORGANIZATION)]);
    let mut all = Vec::new();
    for (principal, membership) in principals() {
        let tags: Vec<Facts> = match principal {
            Principal::Identity { .. } => vec![Vec::new(), facts(&[("aws:PrincipalTag/team", "x")])],
            _ => vec![Vec::new()],
        };
        for network in networks(&principal) {
            for (action, resource, own) in targets() {
                for tag in &tags {
                    for secure in ["true", "false"] {
                        let stated = [&membership, &network, &own, tag, &owner, &facts(&[("aws:SecureTransport", secure)])];
                        let stated = stated.into_iter().flatten().cloned();
                        all.push(Request::new(principal.clone(), action, resource, Some(OWN), stated));
                    }
                }
            }
        }
    }
    all
}

/// A statement that lets everybody read, with these elements in the place of its own.
pub(super) fn allow(more: &Value) -> Value {
    let mut statement =
        json!({ "Sid": "S", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*" });
    statement.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    statement
}

/// The answer about a policy of one statement or of several.
pub(super) fn answer(statements: &Value, scope: &Scope, question: Question) -> Answer {
    let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    Judge::new(&parse(&text, PolicyKind::Resource).unwrap(), scope).answer(question)
}
