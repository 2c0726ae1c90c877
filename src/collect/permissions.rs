//! The least-privilege IAM policy, made from the one table of calls.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::calls::{ASSUME_ROLE, ApiCall, CALLS};

/// The policy that lets a full scan read everything, and no more.
///
/// One statement per service, by its IAM prefix; `*` as resource, because the actions are lists or are asked of every
/// resource there is. What only an option asks for is not in it ([`ApiCall::is_on_request`]): `sts:AssumeRole`, see
/// [`assume_role_statement`], and `pricing:GetProducts`. `sts:GetCallerIdentity` needs no permission and is named for
/// completeness.
#[must_use]
pub fn policy_document() -> Value {
    let mut services: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for call in CALLS.iter().filter(|call| !ApiCall::is_on_request(call)) {
        let (service, _) = call.action.split_once(':').unwrap_or((call.service, ""));
        services.entry(service).or_default().insert(call.action);
    }
    let statements: Vec<Value> = services
        .iter()
        .map(|(service, actions)| {
            json!({"Sid": format!("NatlessReads{}", sid(service)), "Effect": "Allow", "Action": actions, "Resource": "*"})
        })
        .collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// What the caller needs besides, to scan another account with `--role-arn`.
#[must_use]
pub fn assume_role_statement(role_arn: &str) -> Value {
    json!({"Sid": "NatlessAssumesRole", "Effect": "Allow", "Action": ASSUME_ROLE.action, "Resource": role_arn})
}

/// A statement id takes letters and digits only. Source: IAM User Guide, "IAM JSON policy elements: Sid".
fn sid(service: &str) -> String {
    let mut letters = service.chars().filter(char::is_ascii_alphanumeric);
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_every_action_of_the_table_once_and_only_reads() {
        let document = policy_document();
        let statements = document["Statement"].as_array().unwrap();
        let named: Vec<&str> = statements
            .iter()
            .flat_map(|statement| statement["Action"].as_array().unwrap())
            .map(|a| a.as_str().unwrap())
            .collect();
        let wanted: BTreeSet<&str> = CALLS.iter().filter(|call| !call.is_on_request()).map(|call| call.action).collect();
        assert_eq!(named.len(), wanted.len());
        assert!(!wanted.contains("sts:AssumeRole") && !wanted.contains("pricing:GetProducts"));
        assert_eq!(named.iter().copied().collect::<BTreeSet<_>>(), wanted);
        for action in named {
            let verb = action.split(':').nth(1).unwrap();
            assert!(["Describe", "Get", "List", "Search"].iter().any(|reading| verb.starts_with(reading)), "{action}");
        }
    }

    #[test]
    fn statement_ids_are_letters_and_digits() {
        for statement in policy_document()["Statement"].as_array().unwrap() {
            assert!(statement["Sid"].as_str().unwrap().chars().all(|c| c.is_ascii_alphanumeric()));
        }
    }
}
