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
        // Behind a name that ends in a slash stands the name of a tag.
        Some(name) => format!("{name}{}", key.get(name.len()..).unwrap_or_default()),
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

#[cfg(test)]
mod tests {
    use super::super::parse::{PolicyKind, parse};
    use super::*;

    fn request(principal: Principal, context: &[(&str, &str)]) -> Request {
        Request {
            principal,
            action: "s3:GetObject".to_owned(),
            resource: "arn:aws:s3:::b/k".to_owned(),
            context: context.iter().map(|(key, value)| ((*key).to_owned(), Presence::one(*value))).collect(),
        }
    }

    #[test]
    fn a_request_is_told_with_who_asks_and_the_way_it_takes() {
        let told = |principal: Principal, context: &[(&str, &str)]| in_words(&request(principal, context));
        let root = Principal::Identity { partition: "aws".into(), account: "111122223333".into(), kind: Identity::Root };
        let service = || Principal::Service("cloudtrail.amazonaws.com".into());
        assert_eq!(
            told(Principal::Anonymous, &[("aws:sourceip", "192.0.2.1"), ("aws:securetransport", "false")]),
            "anybody, without credentials, asks for s3:GetObject on arn:aws:s3:::b/k from 192.0.2.1 over plain HTTP"
        );
        assert_eq!(
            told(root.clone(), &[("aws:sourcevpce", "vpce-0aa"), ("aws:sourcevpc", "vpc-0aa"), ("aws:securetransport", "true")]),
            "the root user of account 111122223333 asks for s3:GetObject on arn:aws:s3:::b/k through endpoint vpce-0aa of vpc-0aa"
        );
        let way = |context: &[(&str, &str)]| told(root.clone(), context).split_once("b/k").unwrap().1.to_owned();
        assert_eq!(way(&[("aws:sourcevpce", "vpce-0aa")]), " through endpoint vpce-0aa");
        assert_eq!(way(&[("aws:calledviafirst", "athena.amazonaws.com")]), " by way of athena.amazonaws.com");
        assert!(
            told(service(), &[("aws:sourceaccount", "444455556666")])
                .starts_with("cloudtrail.amazonaws.com, acting for account 444455556666,")
        );
        assert!(told(service(), &[]).starts_with("cloudtrail.amazonaws.com, acting for nobody it tells,"));
    }

    #[test]
    fn keys_are_shown_that_tell_the_way_or_that_the_policy_asks_for_as_the_documentation_spells_them() {
        let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",
            "Resource":"arn:aws:s3:::b/${aws:username}/*","Condition":{"StringEquals":{
            "AWS:PRINCIPALTAG/Team":"${aws:requestedregion}","s3:existingobjecttag/Class":"a","Own:Key":"b"}}}]}"#;
        let policy = parse(text, PolicyKind::Resource).unwrap();
        let mut asks = request(
            Principal::Anonymous,
            &[
                ("aws:sourceip", "192.0.2.1"),
                ("aws:username", "ann"),
                ("aws:principaltag/team", "red"),
                ("aws:requestedregion", "eu-west-1"),
                ("s3:existingobjecttag/class", "a"),
                ("own:key", "b"),
                ("aws:useragent", "curl"),
            ],
        );
        asks.context.insert("aws:sourcevpce".to_owned(), Presence::Absent);
        let shown: Vec<String> = telling_context(&asks, &policy).into_iter().map(|(key, _)| key).collect();
        assert_eq!(
            shown,
            [
                "Own:Key",
                "aws:PrincipalTag/team",
                "aws:RequestedRegion",
                "aws:SourceIp",
                "aws:username",
                "s3:ExistingObjectTag/class"
            ]
        );
    }
}
