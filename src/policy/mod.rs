//! The IAM policy language: read a policy, decide one request, decide over all requests.
//!
//! [`parse`] reads a policy strictly, with positions. [`evaluate`] decides one request in three values: what AWS does not document
//! stays unknown. [`Judge`] answers questions over *all* requests, and [`new_access`] compares two policies; both show a request for what they
//! claim is open, and the evaluator confirms it before it is shown.
//!
//! How it is decided: every attribute of a request (who, over which network, what of which resource, each condition key) has
//! finitely many kinds of values that the policies at hand can tell apart (`minterm`, `space`). A statement is then a box in a finite
//! space, and "a request that an Allow grants and no Deny catches" is a search among boxes (`search`). What is not documented or was not
//! read widens what may pass and narrows what passes for sure; an answer is `no` only if nothing may pass, `yes` only with a
//! witness, and otherwise unknown, naming what it hangs on.
//!
//! Knows no inventory and no AWS SDK: [`Scope`] says whose policy it is and who counts as inside.

mod addresses;
mod aws_owned;
mod bits;
mod budget;
mod canonical;
mod case;
mod catalogue;
mod compare;
mod document;
mod error;
mod evaluate;
mod explain;
mod json;
mod minterm;
mod operand;
mod parse;
mod pattern;
mod public;
mod question;
mod request;
mod rules;
mod scope;
mod search;
mod space;
mod truth;
mod values;

#[cfg(test)]
mod tests;

pub use aws_owned::{AwsBucket, aws_buckets};
pub use canonical::to_json;
pub use case::{Outcome, Witness};
pub use compare::new_access;
pub use document::{
    Comparison, Condition, Effect, Operator, PatternElement, Policy, Position, PrincipalElement, PrincipalItem, Quantifier,
    Statement, Version,
};
pub use error::{Place, PolicyError};
pub use evaluate::{Decision, Evaluation, evaluate};
pub use explain::{in_words, telling_context};
pub use operand::block as address_block;
pub use parse::{PolicyKind, parse};
pub use question::{Answer, Judge, Question, Verdict};
pub use request::{Identity, Presence, Principal, Request};
pub use rules::{Attachment, means_every_action};
pub use scope::{KnownResources, Membership, Scope, Standing};
