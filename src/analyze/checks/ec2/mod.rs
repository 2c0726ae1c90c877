//! Checks of parts of EC2 that are no part of a VPC.

use crate::analyze::Check;

/// Every check of this service.
pub(super) static CHECKS: &[&Check] = &[];
