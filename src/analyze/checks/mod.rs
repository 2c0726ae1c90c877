//! The checks, by service; one file each.
//!
//! To add one: its file, two lines in the service's `mod.rs` (module and list), three mocks.

mod ec2;
pub(super) mod forwarding;
pub(super) mod group_rules;
pub(super) mod group_uses;
mod network_conditions;
pub(super) mod occupancy;
mod s3;
mod vpc;
pub(super) mod words;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use super::Check;

/// Every check, sorted by id.
#[must_use]
pub fn registry() -> &'static [&'static Check] {
    static SORTED: LazyLock<Vec<&'static Check>> = LazyLock::new(|| {
        let mut checks: Vec<&'static Check> = [ec2::CHECKS, s3::CHECKS, vpc::CHECKS].into_iter().flatten().copied().collect();
        checks.sort_unstable_by_key(|check| check.id);
        checks
    });
    &SORTED
}

/// The check with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Check> {
    registry().iter().find(|check| check.id == id).copied()
}
