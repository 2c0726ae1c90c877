//! Checks of S3: the account's and the buckets' switches against public access.

mod s3_account_public_access_block_off;
mod s3_bucket_public_access_block_off;
mod switches;

use crate::analyze::Check;

/// Every check of this service.
pub(super) static CHECKS: &[&Check] = &[&s3_account_public_access_block_off::CHECK, &s3_bucket_public_access_block_off::CHECK];
