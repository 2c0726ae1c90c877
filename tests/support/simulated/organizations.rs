//! Organizations: JSON 1.1.

use natless::model::organizations::Organization;
use serde_json::{Value, json};

use super::failure::{Answer, Failure};
use super::page::page;
use super::s3::known;
use super::server::{Context, Reply};

pub(super) fn answer(context: &Context<'_>) -> Answer {
    let organization = known(context, &context.inventory.organization)?;
    let organization = organization.as_ref().ok_or_else(|| {
        Failure::new(400, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
    })?;
    match context.call.operation.as_str() {
        "DescribeOrganization" => Ok(describe(organization)),
        "ListAccounts" => list_accounts(context, organization),
        _ => Err(Failure::unknown_operation(context.call)),
    }
}

fn describe(organization: &Organization) -> Reply {
    let (id, management) = (&organization.id, &organization.management_account_id);
    Reply::json(&json!({ "Organization": {
        "Id": id,
        "Arn": format!("arn:aws:organizations::{management}:organization/{id}"),
        "FeatureSet": "ALL",
        "MasterAccountArn": format!("arn:aws:organizations::{management}:account/{id}/{management}"),
        "MasterAccountId": management,
        "MasterAccountEmail": "management@example.com",
        "AvailablePolicyTypes": [],
    }}))
}

/// The accounts; denied where the list is not offered to this account.
fn list_accounts(context: &Context<'_>, organization: &Organization) -> Answer {
    let call = context.call;
    let accounts = known(context, &organization.accounts)?.as_ref().ok_or_else(|| Failure::denied(call))?;
    let input: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let size = input.get("MaxResults").map(ToString::to_string);
    let page = page(context, accounts.len(), false, size.as_deref(), input.get("NextToken").and_then(Value::as_str))?;
    let list: Vec<Value> = page
        .of(accounts.iter())
        .map(|(id, name)| json!({ "Id": id, "Name": name, "Status": "ACTIVE", "Email": format!("{id}@example.com") }))
        .collect();
    let mut body = json!({ "Accounts": list });
    if let Some(next) = page.next {
        body["NextToken"] = Value::String(next);
    }
    Ok(Reply::json(&body))
}
