//! Checks of S3: what buckets let in, and the account's and the buckets' switches against public access.

mod access_points;
mod buckets;
mod exposure;
mod s3_account_public_access_block_off;
mod s3_bucket_confused_deputy;
mod s3_bucket_cross_account;
mod s3_bucket_insecure_transport;
mod s3_bucket_not_principal;
mod s3_bucket_open_to_network;
mod s3_bucket_policy_public_but_blocked;
mod s3_bucket_public;
mod s3_bucket_public_access_block_off;
mod s3_bucket_wildcard_actions;
mod switches;
mod wildcards;

use crate::analyze::Check;

/// Every check of this service.
pub(super) static CHECKS: &[&Check] = &[
    &s3_account_public_access_block_off::CHECK,
    &s3_bucket_confused_deputy::CHECK,
    &s3_bucket_cross_account::CHECK,
    &s3_bucket_insecure_transport::CHECK,
    &s3_bucket_not_principal::CHECK,
    &s3_bucket_open_to_network::CHECK,
    &s3_bucket_policy_public_but_blocked::CHECK,
    &s3_bucket_public::CHECK,
    &s3_bucket_public_access_block_off::CHECK,
    &s3_bucket_wildcard_actions::CHECK,
];
