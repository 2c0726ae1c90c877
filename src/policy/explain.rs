//! A witness as people read it.

use super::catalogue;
use super::document::Policy;
use super::request::{Identity, Presence, Principal, Request};

/// Condition keys as the documentation spells them. Source: IAM User Guide, "AWS global condition context keys".
const SPELLINGS: [&str; 52] = [
    "aws:PrincipalArn",
    "aws:PrincipalAccount",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalType",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
    "aws:PrincipalTag/",
    "aws:userid",
    "aws:username",
    "aws:FederatedProvider",
    "aws:TokenIssueTime",
    "aws:MultiFactorAuthPresent",
    "aws:MultiFactorAuthAge",
    "aws:AssumedRoot",
    "aws:SourceIdentity",
    "aws:ChatbotSourceArn",
    "aws:Ec2InstanceSourceVpc",
    "aws:Ec2InstanceSourcePrivateIPv4",
    "ec2:SourceInstanceArn",
    "ec2:RoleDelivery",
    "lambda:SourceFunctionArn",
    "ssm:SourceInstanceArn",
    "aws:SourceIp",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:SourceVpcArn",
    "aws:VpcSourceIp",
    "aws:VpceAccount",
    "aws:VpceOrgID",
    "aws:VpceOrgPaths",
    "aws:ResourceAccount",
    "aws:ResourceOrgID",
    "aws:ResourceOrgPaths",
    "aws:ResourceTag/",
    "aws:RequestTag/",
    "aws:TagKeys",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceOwner",
    "aws:CalledVia",
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:ViaAWSService",
    "aws:SecureTransport",
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:RequestedRegion",
    "aws:UserAgent",
];

/// Keys that tell where a request comes from and for whom: shown whether a policy asks for them or not.
const TELLING: [&str; 5] = ["aws:sourceip", "aws:sourcevpce", "aws:sourcevpc", "aws:sourceaccount", "aws:sourcearn"];

/// A condition key as the documentation spells it, or as the policy does.
fn spelled(key: &str, policy: &Policy) -> String {
    let known = SPELLINGS.iter().copied().chain(catalogue::spellings()).find(|name| match name.strip_suffix('/') {
        Some(_) => key.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name)),
        None => name.eq_ignore_ascii_case(key),
    });
    let written = || {
        let conditions = policy.statements.iter().flat_map(|statement| &statement.conditions);
        conditions.map(|condition| &condition.key).find(|own| own.eq_ignore_ascii_case(key)).cloned()
    };
    match known {
        Some(name) if name.ends_with('/') => format!("{name}{}", key.get(name.len()..).unwrap_or_default()),
        Some(name) => name.to_owned(),
        None => written().unwrap_or_else(|| key.to_owned()),
    }
}

/// The condition keys of a request that a reader needs: those that the policy asks for, and where the request comes from. By
/// documented spelling, sorted; keys that are absent or not known are left out.
#[must_use]
pub fn telling_context(request: &Request, policy: &Policy) -> Vec<(String, Presence)> {
    let asked = |key: &str| {
        policy.statements.iter().any(|statement| {
            let in_variable = |text: &String| text.to_ascii_lowercase().contains(&format!("${{{key}"));
            statement.resource.patterns.iter().any(in_variable)
                || statement
                    .conditions
                    .iter()
                    .any(|condition| condition.key.eq_ignore_ascii_case(key) || condition.values.iter().any(in_variable))
        })
    };
    let shown = request.context.iter().filter(|(key, presence)| {
        matches!(presence, Presence::One(_) | Presence::Many(_)) && (TELLING.contains(&key.as_str()) || asked(key))
    });
    let mut context: Vec<(String, Presence)> = shown.map(|(key, presence)| (spelled(key, policy), presence.clone())).collect();
    context.sort();
    context
}

/// A request in one sentence, without a final period.
#[must_use]
pub fn in_words(request: &Request) -> String {
    let one = |key: &str| match request.context.get(key) {
        Some(Presence::One(value)) => Some(value.as_str()),
        _ => None,
    };
    let who = match &request.principal {
        Principal::Anonymous => "anybody, without credentials,".to_owned(),
        Principal::Identity { account, kind: Identity::Root, .. } => format!("the root user of account {account}"),
        principal @ Principal::Identity { .. } => principal.to_string(),
        Principal::Service(name) => match one("aws:sourceaccount") {
            Some(account) => format!("{name}, acting for account {account},"),
            None => format!("{name}, acting for nobody it tells,"),
        },
        Principal::OriginAccessIdentity(arn) => format!("the origin access identity {arn}"),
        Principal::CanonicalUser(id) => format!("the account with canonical user id {id}"),
        Principal::Federated(provider) => format!("somebody whom {provider} vouches for"),
        Principal::Unrecognised(text) => text.clone(),
    };
    let way = match (one("aws:sourceip"), one("aws:sourcevpce"), one("aws:sourcevpc"), one("aws:calledviafirst")) {
        (Some(address), ..) => format!(" from {address}"),
        (None, Some(endpoint), Some(vpc), _) => format!(" through endpoint {endpoint} of {vpc}"),
        (None, Some(endpoint), None, _) => format!(" through endpoint {endpoint}"),
        (None, None, _, Some(service)) => format!(" by way of {service}"),
        (None, None, ..) => String::new(),
    };
    let plain = if one("aws:securetransport") == Some("false") { " over plain HTTP" } else { "" };
    format!("{who} asks for {} on {}{way}{plain}", request.action, request.resource)
}
