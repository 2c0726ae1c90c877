//! STS: query parameters in, XML out.

use super::failure::{Answer, Failure};
use super::server::{Context, REQUEST_ID, Reply};
use super::xml::Xml;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
/// Access key of a session that `AssumeRole` gave out; the name of the role follows.
const SESSION_KEY: &str = "ASIASIMULATED";

pub(super) fn answer(context: &Context<'_>) -> Answer {
    match context.call.operation.as_str() {
        "GetCallerIdentity" => Ok(caller_identity(context)),
        "AssumeRole" => assume_role(context),
        _ => Err(Failure::unknown_operation(context.call)),
    }
}

fn caller_identity(context: &Context<'_>) -> Reply {
    let account = &context.inventory.account;
    let arn = match context.call.access_key.strip_prefix(SESSION_KEY) {
        Some(role) => assumed_arn(context, role),
        None => account.caller_arn.clone(),
    };
    result("GetCallerIdentity", |xml| {
        xml.text("Arn", arn).text("UserId", "AIDACKCEVSQ6C2EXAMPLE").text("Account", &account.id);
    })
}

/// A session for a role of the served account; roles of other accounts are denied.
fn assume_role(context: &Context<'_>) -> Answer {
    let call = context.call;
    let account = &context.inventory.account;
    let role = call.parameter("RoleArn").unwrap_or_default();
    let prefix = format!("arn:{}:iam::{}:role/", account.partition, account.id);
    let name = role.strip_prefix(&prefix).ok_or_else(|| Failure::denied(call))?.rsplit('/').next().unwrap_or_default();
    if call.parameter("RoleSessionName").is_none() {
        return Err(Failure::bad_parameter(call, "RoleSessionName is missing"));
    }
    Ok(result("AssumeRole", |xml| {
        xml.node("Credentials", |xml| {
            xml.text("AccessKeyId", format!("{SESSION_KEY}{name}"))
                .text("SecretAccessKey", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
                .text("SessionToken", "simulated-session")
                .text("Expiration", "2099-01-01T00:00:00Z");
        })
        .node("AssumedRoleUser", |xml| {
            xml.text("AssumedRoleId", "AROACLKWSDQRAOEXAMPLE:natless").text("Arn", assumed_arn(context, name));
        });
    }))
}

fn assumed_arn(context: &Context<'_>, role: &str) -> String {
    let account = &context.inventory.account;
    format!("arn:{}:sts::{}:assumed-role/{role}/natless", account.partition, account.id)
}

fn result(operation: &str, inner: impl FnOnce(&mut Xml)) -> Reply {
    Reply::xml(Xml::document(&format!("{operation}Response"), NAMESPACE, |xml| {
        xml.node(&format!("{operation}Result"), inner).node("ResponseMetadata", |xml| {
            xml.text("RequestId", REQUEST_ID);
        });
    }))
}
