//! Checks of parts of EC2 that are no part of a VPC.

mod ec2_address_unassociated;

use crate::analyze::Check;

/// Every check of this service.
pub(super) static CHECKS: &[&Check] = &[&ec2_address_unassociated::CHECK];
