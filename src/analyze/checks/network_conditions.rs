//! The networks that the conditions of a policy name: endpoints, VPCs, addresses.

use crate::analyze::Decided;
use crate::policy::{Comparison, Effect, Statement};

/// Condition keys that name networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// `aws:SourceVpce`.
    Endpoint,
    /// `aws:SourceVpc`.
    Vpc,
    /// `aws:SourceVpcArn`.
    VpcArn,
    /// `aws:VpceAccount`, `aws:VpceOrgID`, `aws:VpceOrgPaths`.
    Owner,
    /// `aws:SourceIp`.
    Address,
}

impl Key {
    fn of(key: &str) -> Option<Self> {
        Some(match key.to_ascii_lowercase().as_str() {
            "aws:sourcevpce" => Self::Endpoint,
            "aws:sourcevpc" => Self::Vpc,
            "aws:sourcevpcarn" => Self::VpcArn,
            "aws:vpceaccount" | "aws:vpceorgid" | "aws:vpceorgpaths" => Self::Owner,
            "aws:sourceip" => Self::Address,
            _ => return None,
        })
    }
}

/// One value of a condition that names a network.
#[derive(Debug, Clone, Copy)]
pub(super) struct Network<'a> {
    /// The statement.
    pub(super) statement: &'a Statement,
    /// Its key.
    pub(super) key: Key,
    /// The key as written.
    pub(super) written: &'a str,
    /// The value.
    pub(super) value: &'a str,
    /// Whether the operator is a `Not` form.
    pub(super) negated: bool,
}

impl Network<'_> {
    /// Whether the statement admits requests because they come from here: an Allow that asks for it, or a Deny that spares it.
    pub(super) fn is_admitted(&self) -> bool {
        match self.statement.effect {
            Effect::Allow => !self.negated,
            Effect::Deny => self.negated,
        }
    }

    /// The network as policies write it.
    pub(super) fn told(&self) -> String {
        format!("{} {} in {}", self.written, self.value, self.statement.name())
    }
}

/// The networks that a policy names, in the order of the text. Tests for the mere presence of a key name none.
pub(super) fn networks(decided: &Decided) -> Vec<Network<'_>> {
    let mut found = Vec::new();
    for statement in &decided.policy.statements {
        for condition in statement.conditions.iter().filter(|condition| condition.operator.comparison != Comparison::Null) {
            let Some(key) = Key::of(&condition.key) else { continue };
            let negated = condition.operator.comparison.is_negated();
            found.extend(condition.values.iter().map(|value| Network {
                statement,
                key,
                written: &condition.key,
                value,
                negated,
            }));
        }
    }
    found
}
