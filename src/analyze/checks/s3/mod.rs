//! Checks of S3: the account's and the buckets' switches against public access, and the networks that bucket policies name.

mod perimeter;
mod s3_account_public_access_block_off;
mod s3_bucket_perimeter_cannot_match;
mod s3_bucket_perimeter_dangling;
mod s3_bucket_perimeter_not_enforced;
mod s3_bucket_perimeter_shuts_out_on_premises;
mod s3_bucket_public_access_block_off;
mod s3_bucket_trusts_nat_address;
mod switches;

use crate::analyze::Check;

/// Every check of this service.
pub(super) static CHECKS: &[&Check] = &[
    &s3_account_public_access_block_off::CHECK,
    &s3_bucket_perimeter_cannot_match::CHECK,
    &s3_bucket_perimeter_dangling::CHECK,
    &s3_bucket_perimeter_not_enforced::CHECK,
    &s3_bucket_perimeter_shuts_out_on_premises::CHECK,
    &s3_bucket_public_access_block_off::CHECK,
    &s3_bucket_trusts_nat_address::CHECK,
];
