//! Which accounts are gone through, and in which organization each of them is.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::world::{FOREIGN_ORGANIZATION, ORGANIZATION, OWN, SISTER, STRANGER, allow, answer, scope};
use crate::policy::scope::{Membership, Scope};
use crate::policy::{Question, Verdict};

fn external(conditions: &Value, scope: &Scope) -> (Verdict, Option<String>) {
    let answer = answer(&allow(&json!({ "Condition": conditions })), scope, Question::ExternalPrincipals);
    (answer.verdict, answer.witness.and_then(|witness| witness.request.principal.account().map(str::to_owned)))
}

fn verdict(conditions: &Value) -> Verdict {
    external(conditions, &scope()).0
}

#[test]
fn members_of_an_organization_count_by_its_id_and_by_their_path() {
    let id = |id: &str| json!({ "StringLike": { "aws:PrincipalOrgID": id } });
    let path = |path: &str| json!({ "ForAnyValue:StringLike": { "aws:PrincipalOrgPaths": path } });
    for (conditions, wanted) in [
        (id(ORGANIZATION), Verdict::No),
        (id(FOREIGN_ORGANIZATION), Verdict::Yes),
        (id("o-*"), Verdict::Yes),
        (id("o-a1b2*"), Verdict::Yes),
        (path("o-a1b2c3d4e5/*"), Verdict::No),
        (path("o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*"), Verdict::No),
        (path("o-zzzzzzzzzz/*"), Verdict::Yes),
        (path("o-zzzzzzzzzz/r-zz12/ou-zz12-11111111/"), Verdict::Yes),
        (path("o-*/r-ab12/*"), Verdict::Yes),
        (path("o-a1b2*/r-zz12/*"), Verdict::Yes),
        (path("r-ab12/*"), Verdict::No),
        (json!({ "StringEqualsIgnoreCase": { "aws:PrincipalOrgID": "O-ZZZZZZZZZZ" } }), Verdict::Yes),
        (json!({ "StringEqualsIgnoreCase": { "aws:PrincipalOrgID": "O-A1B2C3D4E5" } }), Verdict::No),
    ] {
        assert_eq!(verdict(&conditions), wanted, "{conditions}");
    }
}

#[test]
fn everybody_but_the_organization_passes_where_only_it_is_refused() {
    let others = json!({ "StringNotEquals": { "aws:PrincipalOrgID": ORGANIZATION } });
    assert_eq!(verdict(&others), Verdict::Yes);
    let members_elsewhere = json!({
        "StringNotEquals": { "aws:PrincipalOrgID": ORGANIZATION }, "Null": { "aws:PrincipalOrgID": "false" },
    });
    assert_eq!(verdict(&members_elsewhere), Verdict::Yes);
    let in_none = json!({ "Null": { "aws:PrincipalOrgID": "true", "aws:PrincipalAccount": "false" } });
    assert_eq!(verdict(&in_none), Verdict::Yes);
}

#[test]
fn an_account_of_each_pattern_is_found() {
    let like = |text: &str| json!({ "StringLike": { "aws:PrincipalAccount": text } });
    let (found, account) = external(&like("9876*"), &scope());
    assert_eq!(found, Verdict::Yes);
    assert!(account.is_some_and(|account| account.starts_with("9876") && account.len() == 12));
    let (found, account) = external(&json!({ "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::9876*:role/r1" } }), &scope());
    assert_eq!(found, Verdict::Yes);
    assert!(account.is_some_and(|account| account.starts_with("9876") && account.len() == 12));
    let (found, account) = external(
        &json!({ "StringLike": { "aws:PrincipalAccount": "9*" }, "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::*76:role/r1" } }),
        &scope(),
    );
    assert_eq!(found, Verdict::Yes);
    assert!(account.is_some_and(|account| account.starts_with('9') && account.ends_with("76")));
    assert_eq!(verdict(&like("1111222233?3")), Verdict::Yes);
    assert_eq!(verdict(&json!({ "StringEquals": { "aws:PrincipalAccount": [OWN, SISTER] } })), Verdict::No);
    assert_eq!(verdict(&like("98765*4321098765*")), Verdict::No);
    // One that is known already does not stand for the others.
    let but_one = json!([
        allow(&json!({ "Condition": like("11112222333?") })),
        { "Sid": "D", "Effect": "Deny", "Principal": { "AWS": "111122223330" }, "Action": "s3:*", "Resource": "*" },
    ]);
    assert_eq!(answer(&but_one, &scope(), Question::ExternalPrincipals).verdict, Verdict::Yes);
    let member = BTreeSet::from([OWN.to_owned(), "111122223330".to_owned()]);
    let organization = Membership::In { id: ORGANIZATION.to_owned(), accounts: Some(member) };
    let (found, account) = external(&like("11112222333?"), &Scope { organization, ..scope() });
    assert_eq!(found, Verdict::Yes);
    assert!(account.is_some_and(|account| account != "111122223330"));
}

#[test]
fn a_member_that_was_not_read_may_be_in_the_own_organization() {
    let statement = allow(&json!({
        "Principal": { "AWS": STRANGER }, "Condition": { "StringEquals": { "aws:PrincipalOrgID": ORGANIZATION } },
    }));
    let nothing = |scope: &Scope| answer(&statement, scope, Question::AllowsNothing).verdict;
    assert_eq!(nothing(&scope()), Verdict::Yes);
    let unread = Membership::In { id: ORGANIZATION.to_owned(), accounts: None };
    assert_eq!(nothing(&Scope { organization: unread, ..scope() }), Verdict::Unknown);
}

#[test]
fn who_is_trusted_counts_as_inside_and_nobody_else() {
    let trusted = Scope {
        trusted_accounts: BTreeSet::from([STRANGER.to_owned()]),
        trusted_organizations: BTreeSet::from([FOREIGN_ORGANIZATION.to_owned()]),
        ..scope()
    };
    let of = |key: &str, value: &str| json!({ "StringEquals": { key: value } });
    for (conditions, wanted) in [
        (of("aws:PrincipalAccount", STRANGER), Verdict::No),
        (of("aws:PrincipalOrgID", FOREIGN_ORGANIZATION), Verdict::No),
        (of("aws:PrincipalOrgID", "o-somebodyelse"), Verdict::Yes),
        // Whether the account is in the trusted organization was not read.
        (of("aws:PrincipalAccount", "777788889999"), Verdict::Unknown),
    ] {
        assert_eq!(external(&conditions, &trusted).0, wanted, "{conditions}");
    }
    let (found, account) = external(&json!({ "Null": { "aws:PrincipalAccount": "false" } }), &trusted);
    assert_eq!(found, Verdict::Yes);
    assert!(account.is_none_or(|account| account != STRANGER && account != OWN));
}

#[test]
fn in_which_organization_the_own_account_is_decides_whom_its_id_lets_in() {
    let of = |id: &str| json!({ "StringEquals": { "aws:PrincipalOrgID": id } });
    let passes = |conditions: &Value, organization: Membership| {
        let statement = allow(&json!({ "Principal": { "AWS": OWN }, "Condition": conditions }));
        answer(&statement, &Scope { organization, ..scope() }, Question::AllowsNothing).verdict
    };
    let within = || scope().organization;
    assert_eq!(passes(&of(ORGANIZATION), within()), Verdict::No);
    assert_eq!(passes(&of(FOREIGN_ORGANIZATION), within()), Verdict::Yes);
    assert_eq!(passes(&of(ORGANIZATION), Membership::None), Verdict::Yes);
    assert_eq!(passes(&of(ORGANIZATION), Membership::Unknown), Verdict::Unknown);
    let path = json!({ "ForAnyValue:StringLike": { "aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12/*" } });
    assert_eq!(passes(&path, within()), Verdict::Unknown);
    assert_eq!(passes(&path, Membership::None), Verdict::Yes);
}
