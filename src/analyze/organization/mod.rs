//! Audits of many accounts folded into one: totals, and the worst accounts first.
//!
//! There is no score of them all, for accounts do not weigh alike. What is not known of an account is counted beside every sum.

mod merged;
mod merger;
mod notes;
#[cfg(test)]
mod tests;

pub use merged::{AccountFinding, AuditedAccount, CheckTotal, Lowest, Merged, Missing, Totals};
pub use merger::Merger;
