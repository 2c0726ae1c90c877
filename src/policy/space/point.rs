//! A value of one dimension: everything that is decided together.

use std::borrow::Cow;

use crate::policy::request::{Presence, Principal};
use crate::policy::scope::Standing;

/// Condition keys by name in lower case. A key of the dimension that is not there is absent.
pub(in crate::policy) type Keys = Vec<(Cow<'static, str>, Presence)>;

/// A value of one dimension.
#[derive(Debug, Clone)]
pub(in crate::policy) struct Point {
    /// Condition keys it settles, by name in lower case.
    pub(in crate::policy) keys: Keys,
    /// What it is.
    pub(in crate::policy) what: What,
    /// In which search it stands.
    pub(in crate::policy) usage: Usage,
}

/// What a value is a value of.
#[derive(Debug, Clone)]
pub(in crate::policy) enum What {
    /// Who asks. `standing` is that of the principal; for a service, of the account it acts for.
    Principal { principal: Principal, standing: Standing },
    /// Over which network.
    Network(Network),
    /// What is asked of which resource. `standing` is that of the resource's owner.
    Target { action: String, resource: String, standing: Standing },
    /// Values of one or several condition keys.
    Keys,
}

/// Over which network a request comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) enum Network {
    /// The internet: with a source address.
    Internet,
    /// A VPC endpoint.
    Endpoint,
    /// Inside AWS: a service that goes on with the caller's credentials (forward access session).
    Forwarded,
    /// Inside AWS: a service on its own behalf.
    Service,
}

/// In which search a value stands. A fact that was not read has every value it may have in the search for what may pass, and one
/// undetermined value in the search for what passes for sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::policy) enum Usage {
    /// Both.
    Both,
    /// What may pass.
    May,
    /// What passes for sure.
    Must,
}

impl Point {
    /// A value of plain condition keys.
    pub(in crate::policy) fn of_keys(keys: Keys, usage: Usage) -> Self {
        Self { keys, what: What::Keys, usage }
    }

    /// What it says of a key, if it settles the key.
    pub(in crate::policy) fn presence(&self, key: &str) -> Option<&Presence> {
        self.keys.iter().find(|(own, _)| own == key).map(|(_, presence)| presence)
    }
}
