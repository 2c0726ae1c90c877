//! Policies of the troubled account: one bucket or endpoint for each way in which a policy can be wrong.

use natless::model::ec2::EndpointState;
use natless::model::s3::AclGrant;
use natless::model::{Inventory, Observed};
use serde_json::{Value, json};

use super::tidy::ACCOUNT;
use super::{bucket, region};

/// An account that nobody trusts.
const STRANGER: &str = "444455556666";

/// Adds a bucket for each check of bucket policies, and spoils an endpoint for each check of endpoint policies.
pub(super) fn policies(account: &mut Inventory) {
    let own = json!({ "AWS": format!("arn:aws:iam::{ACCOUNT}:root") });
    let anyone = json!("*");
    let from = |key: &str, value: &str| json!({ "StringEquals": { key: value } });
    let through = |value: &str| from("aws:SourceVpce", value);
    let unless = |value: &str| json!({ "StringNotEquals": { "aws:SourceVpce": value } });
    let none = json!({});
    let service = json!({ "Service": "cloudtrail.amazonaws.com" });
    let foreign = json!({ "AWS": format!("arn:aws:iam::{STRANGER}:root") });
    for (name, grant) in [
        ("deputy-logs", allow("Principal", &service, "s3:PutObject", &none)),
        ("partner-data", allow("Principal", &foreign, "s3:GetObject", &none)),
        ("network-data", allow("Principal", &anyone, "s3:GetObject", &through("vpce-0s3"))),
        ("all-but-one", allow("NotPrincipal", &foreign, "s3:GetObject", &from("aws:PrincipalOrgID", "o-a1b2c3d4e5"))),
        ("wrong-service", allow("Principal", &own, "s3:GetObject", &through("vpce-0dynamodb"))),
        ("gone-endpoint", deny(&unless("vpce-0events"))),
        ("half-perimeter", allow("Principal", &own, "s3:GetObject", &through("vpce-0s3"))),
        ("no-premises", deny(&unless("vpce-0s3"))),
        ("everything", allow("Principal", &own, "s3:*", &none)),
        ("held-back", allow("Principal", &anyone, "s3:GetObject", &none)),
        ("nat-trust", allow("Principal", &own, "s3:GetObject", &json!({ "IpAddress": { "aws:SourceIp": "203.0.113.13/32" } }))),
    ] {
        let added = bucket(account, name, "eu-west-1");
        added.policy = Observed::Known(Some(policy(name, &[grant])));
        added.policy_is_public = Observed::Known(Some(name == "held-back"));
    }
    let open = bucket(account, "open-list", "eu-west-1");
    open.public_access_block = Observed::Known(None);
    open.acl = Observed::Known(vec![AclGrant {
        grantee: "http://acs.amazonaws.com/groups/global/AllUsers".to_owned(),
        grantee_type: "Group".to_owned(),
        permission: "READ".to_owned(),
        is_owner: false,
    }]);
    endpoints(account);
}

fn allow(element: &str, principal: &Value, action: &str, condition: &Value) -> Value {
    json!({ "Sid": "Grant", "Effect": "Allow", element: principal, "Action": action, "Condition": condition })
}

fn deny(condition: &Value) -> Value {
    json!({ "Sid": "Hold", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": condition })
}

/// A policy on a bucket and everything in it.
fn policy(bucket: &str, statements: &[Value]) -> String {
    let resources = json!([format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")]);
    let whole = statements.iter().map(|statement| {
        let mut statement = statement.clone();
        statement["Resource"] = resources.clone();
        statement
    });
    json!({ "Version": "2012-10-17", "Statement": whole.collect::<Vec<_>>() }).to_string()
}

fn endpoints(account: &mut Inventory) {
    let open = json!({ "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }] });
    let nothing = json!({ "Statement": [{ "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*" }] });
    let own_only = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "*",
        "Resource": "*", "Condition": { "StringEquals": { "aws:PrincipalAccount": ACCOUNT } } }] });
    let own_resources = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "*",
        "Resource": "*", "Condition": { "StringEquals": { "aws:ResourceAccount": ACCOUNT } } }] });
    let ireland = region(account, "eu-west-1");
    let spoiled = ireland.inventory.vpc_endpoints.items.values_mut();
    let spoiled = spoiled.filter(|endpoint| endpoint.state == EndpointState::Available && endpoint.policy.is_some());
    let names = ["ecr.api", "ecr.dkr", "ssm", "s3"].map(|slug| format!("com.amazonaws.eu-west-1.{slug}"));
    for endpoint in spoiled {
        let place = names.iter().position(|name| *name == endpoint.service_name);
        let text = match place {
            Some(0) => &open,
            Some(1) => &nothing,
            Some(2) => &own_only,
            Some(_) => &own_resources,
            None => continue,
        };
        endpoint.policy = Some(text.to_string());
    }
}
