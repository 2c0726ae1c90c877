//! One request as the policy engine sees it: who asks for what, and what is known of the circumstances.

use std::collections::BTreeMap;
use std::fmt;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub principal: Principal,
    /// What is asked for, such as `s3:GetObject`.
    pub action: String,
    /// ARN of the resource, or `*` for an action that has none.
    pub resource: String,
    /// Condition keys, by name in lower case. A key that is not here is not in the request.
    pub context: BTreeMap<String, Presence>,
}

/// What a request says of one condition key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Presence {
    /// The key is not in the request.
    Absent,
    /// One value.
    One(String),
    /// A set of values, as keys have that are documented as multivalued.
    Many(Vec<String>),
    /// Whether it is there, or with which value, is not known.
    Undetermined,
}

impl Presence {
    /// One value.
    pub(super) fn one(value: impl Into<String>) -> Self {
        Self::One(value.into())
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// Nobody: the request is not signed.
    Anonymous,
    /// A principal of an AWS account.
    Identity {
        /// Partition, such as `aws`.
        partition: String,
        /// Account, 12 digits.
        account: String,
        /// Who in the account.
        kind: Identity,
    },
    /// An AWS service on its own behalf, such as `cloudtrail.amazonaws.com`.
    Service(String),
    /// An origin access identity of `CloudFront`, by ARN.
    OriginAccessIdentity(String),
    /// An account or origin access identity by its canonical user id.
    CanonicalUser(String),
    /// Somebody whom an identity provider vouches for, by the provider.
    Federated(String),
    /// Text that names no principal natless knows.
    Unrecognised(String),
}

/// Who in an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    /// The root user.
    Root,
    /// An IAM user, by path and name without a leading slash.
    User(String),
    /// A role, assumed or not.
    Role {
        /// Path and name without a leading slash; the name alone where the request was given by a session's ARN.
        role: String,
        /// Whether the path is known: a session's ARN does not tell it.
        path_known: bool,
        /// Name of the session, where one is told.
        session: Option<String>,
    },
    /// A federated user, by name.
    FederatedUser(String),
}

impl Principal {
    /// The principal that a text names: an ARN of IAM or STS, a service's name, a canonical user id. `None` is anonymous.
    ///
    /// Source: IAM User Guide, "AWS JSON policy elements: Principal" and "IAM identifiers".
    #[must_use]
    pub fn parse(text: Option<&str>) -> Self {
        let Some(text) = text else { return Self::Anonymous };
        let fields: Vec<&str> = text.splitn(6, ':').collect();
        if let [_, partition, service @ ("iam" | "sts"), "", account, rest] = fields.as_slice()
            && text.starts_with("arn:")
        {
            if *account == "cloudfront" {
                return Self::OriginAccessIdentity(text.to_owned());
            }
            let provider = rest.starts_with("saml-provider/") || rest.starts_with("oidc-provider/");
            return match (is_account(account), identity(service, rest)) {
                (true, Some(kind)) => Self::Identity { partition: (*partition).to_owned(), account: (*account).to_owned(), kind },
                (true, None) if provider => Self::Federated(text.to_owned()),
                _ => Self::Unrecognised(text.to_owned()),
            };
        }
        if text == "anonymous" || text == "*" {
            return Self::Anonymous;
        }
        if is_account(text) {
            return Self::Identity { partition: "aws".to_owned(), account: text.to_owned(), kind: Identity::Root };
        }
        if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Self::CanonicalUser(text.to_owned());
        }
        if text.contains(".amazonaws.com") && !text.contains(':') {
            return Self::Service(text.to_owned());
        }
        if text.contains('.') && !text.contains(':') {
            return Self::Federated(text.to_owned());
        }
        Self::Unrecognised(text.to_owned())
    }

    /// The account the principal belongs to, where it is known.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Identity { account, .. } => Some(account),
            Self::Anonymous
            | Self::Service(_)
            | Self::OriginAccessIdentity(_)
            | Self::CanonicalUser(_)
            | Self::Federated(_)
            | Self::Unrecognised(_) => None,
        }
    }

    /// `aws:PrincipalArn`: for a session the ARN of its role.
    ///
    /// Source: IAM User Guide, "AWS global condition context keys", `aws:PrincipalArn`.
    pub(super) fn principal_arn(&self) -> Option<String> {
        let Self::Identity { partition, account, kind } = self else { return None };
        Some(match kind {
            Identity::Root => format!("arn:{partition}:iam::{account}:root"),
            Identity::User(name) => format!("arn:{partition}:iam::{account}:user/{name}"),
            Identity::Role { role, .. } => format!("arn:{partition}:iam::{account}:role/{role}"),
            Identity::FederatedUser(name) => format!("arn:{partition}:sts::{account}:federated-user/{name}"),
        })
    }

    /// What the principal alone tells of condition keys, by name in lower case.
    ///
    /// Source: IAM User Guide, "AWS global condition context keys", section "Properties of the principal".
    pub(super) fn keys(&self) -> Vec<(&'static str, Presence)> {
        let one = Presence::one;
        match self {
            Self::Anonymous => vec![
                ("aws:principalaccount", one("anonymous")),
                ("aws:principaltype", one("Anonymous")),
                ("aws:userid", one("anonymous")),
            ],
            Self::Identity { account, kind, .. } => {
                let (word, user) = match kind {
                    Identity::Root => ("Account", None),
                    Identity::User(name) => ("User", Some(last_part(name))),
                    Identity::Role { .. } => ("AssumedRole", None),
                    Identity::FederatedUser(_) => ("FederatedUser", None),
                };
                let mut keys = vec![
                    ("aws:principalaccount", one(account.as_str())),
                    ("aws:principaltype", one(word)),
                    ("aws:principalisawsservice", one("false")),
                ];
                keys.extend(self.principal_arn().map(|arn| ("aws:principalarn", Presence::One(arn))));
                keys.extend(user.map(|name| ("aws:username", one(name))));
                if *kind == Identity::Root {
                    keys.push(("aws:userid", one(account.as_str())));
                }
                keys
            }
            Self::Service(name) => vec![
                ("aws:principalisawsservice", one("true")),
                ("aws:principalservicename", one(name.as_str())),
                ("aws:principalservicenameslist", Presence::Many(vec![name.clone()])),
            ],
            Self::OriginAccessIdentity(_) | Self::CanonicalUser(_) | Self::Federated(_) | Self::Unrecognised(_) => Vec::new(),
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("anonymous"),
            Self::Identity { partition, account, kind: Identity::Role { role, session: Some(session), .. } } => {
                write!(f, "arn:{partition}:sts::{account}:assumed-role/{}/{session}", last_part(role))
            }
            Self::Identity { .. } => f.write_str(&self.principal_arn().unwrap_or_default()),
            Self::Service(text)
            | Self::OriginAccessIdentity(text)
            | Self::CanonicalUser(text)
            | Self::Federated(text)
            | Self::Unrecognised(text) => f.write_str(text),
        }
    }
}

impl Request {
    /// A request with what principal and resource tell of themselves added to the context, where the context does not say
    /// otherwise: `aws:PrincipalArn`, `aws:PrincipalAccount`, `aws:ResourceAccount` and the like.
    #[must_use]
    pub fn new(
        principal: Principal,
        action: impl Into<String>,
        resource: impl Into<String>,
        resource_account: Option<&str>,
        stated: impl IntoIterator<Item = (String, Presence)>,
    ) -> Self {
        let (action, resource) = (action.into(), resource.into());
        let mut context: BTreeMap<String, Presence> =
            principal.keys().into_iter().map(|(key, presence)| (key.to_owned(), presence)).collect();
        let owner = resource_account.or_else(|| resource.split(':').nth(4).filter(|account| is_account(account)));
        if let Some(owner) = owner {
            context.insert("aws:resourceaccount".to_owned(), Presence::one(owner));
            if action.len() > 3 && action.get(..3).is_some_and(|prefix| prefix.eq_ignore_ascii_case("s3:")) {
                context.insert("s3:resourceaccount".to_owned(), Presence::one(owner));
            }
        }
        context.extend(stated.into_iter().map(|(key, presence)| (key.to_ascii_lowercase(), presence)));
        Self { principal, action, resource, context }
    }

    /// What the request says of a condition key, named in lower case.
    pub(super) fn presence(&self, key: &str) -> &Presence {
        self.context.get(key).unwrap_or(&Presence::Absent)
    }
}

/// Whether a text is an account id.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The name behind a path.
pub(super) fn last_part(path_and_name: &str) -> &str {
    path_and_name.rsplit('/').next().unwrap_or(path_and_name)
}

/// The identity behind the last field of an ARN of IAM or STS.
fn identity(service: &str, rest: &str) -> Option<Identity> {
    if service == "iam" && rest == "root" {
        return Some(Identity::Root);
    }
    let (kind, name) = rest.split_once('/')?;
    if name.is_empty() {
        return None;
    }
    match (service, kind) {
        ("iam", "user") => Some(Identity::User(name.to_owned())),
        ("iam", "role") => Some(Identity::Role { role: name.to_owned(), path_known: true, session: None }),
        ("sts", "assumed-role") => {
            let (role, session) = name.split_once('/')?;
            Some(Identity::Role { role: role.to_owned(), path_known: false, session: Some(session.to_owned()) })
        }
        ("sts", "federated-user") => Some(Identity::FederatedUser(name.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_are_told_by_their_text_and_come_back() {
        for text in [
            "arn:aws:iam::111122223333:root",
            "arn:aws:iam::111122223333:user/team/bob",
            "arn:aws-cn:iam::111122223333:role/team/app",
            "arn:aws:sts::111122223333:assumed-role/app/session",
            "arn:aws:sts::111122223333:federated-user/bob",
            "cloudtrail.amazonaws.com",
            "anonymous",
        ] {
            assert_eq!(Principal::parse(Some(text)).to_string(), text);
            assert!(!matches!(Principal::parse(Some(text)), Principal::Unrecognised(_)), "{text}");
        }
        assert_eq!(Principal::parse(None), Principal::Anonymous);
        assert_eq!(Principal::parse(Some("111122223333")).to_string(), "arn:aws:iam::111122223333:root");
        assert!(matches!(Principal::parse(Some("arn:aws:iam::111122223333:group/g")), Principal::Unrecognised(_)));
        assert!(matches!(Principal::parse(Some(&"a1".repeat(32))), Principal::CanonicalUser(_)));
        for provider in [
            "accounts.google.com",
            "arn:aws:iam::111122223333:saml-provider/corp",
            "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/1",
        ] {
            assert!(matches!(Principal::parse(Some(provider)), Principal::Federated(_)), "{provider}");
        }
        for unknown in [
            "arn:aws:iam::1111222233:saml-provider/corp",
            "arn:aws:iam::11112222333a:root",
            "deadbeef",
            &"g1".repeat(32),
            "a:b.c",
            "x:s3.amazonaws.com",
            "nobody",
        ] {
            assert!(matches!(Principal::parse(Some(unknown)), Principal::Unrecognised(_)), "{unknown}");
        }
    }

    #[test]
    fn the_root_user_has_the_id_of_its_account() {
        let id = |text: &str| Principal::parse(Some(text)).keys().into_iter().find(|(key, _)| *key == "aws:userid");
        let root = id("arn:aws:iam::111122223333:root").map(|(_, presence)| presence);
        assert_eq!(root, Some(Presence::one("111122223333")));
        assert_eq!(id("arn:aws:iam::111122223333:user/bob"), None);
    }

    #[test]
    fn a_request_knows_what_its_principal_and_resource_tell() {
        let principal = Principal::parse(Some("arn:aws:sts::111122223333:assumed-role/app/session"));
        let stated = [("AWS:PrincipalAccount".to_owned(), Presence::Absent)];
        let request = Request::new(principal, "s3:GetObject", "arn:aws:s3:::b/k", Some("444455556666"), stated);
        let arn = "arn:aws:iam::111122223333:role/app";
        assert_eq!(request.presence("aws:principalarn"), &Presence::one(arn));
        assert_eq!(request.presence("aws:resourceaccount"), &Presence::one("444455556666"));
        assert_eq!(request.presence("aws:principalaccount"), &Presence::Absent, "what is stated holds");
        assert_eq!(request.presence("aws:sourcevpce"), &Presence::Absent);
    }
}
