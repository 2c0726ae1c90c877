//! Checks of parts of EC2 that stand beside a VPC: addresses, security groups.

mod ec2_address_unassociated;
mod ec2_security_group_default_open;
mod ec2_security_group_open_to_world;
mod ec2_security_group_stale_rule;
mod ec2_security_group_unused;
mod openings;

use crate::analyze::Check;

/// Every check of this service.
pub(super) static CHECKS: &[&Check] = &[
    &ec2_address_unassociated::CHECK,
    &ec2_security_group_default_open::CHECK,
    &ec2_security_group_open_to_world::CHECK,
    &ec2_security_group_stale_rule::CHECK,
    &ec2_security_group_unused::CHECK,
];
