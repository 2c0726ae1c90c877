//! Checks of S3: what bucket policies and lists let in, from which networks, and the switches against public access.

mod access_points;
mod buckets;
mod exposure;
mod perimeter;
mod s3_account_public_access_block_off;
mod s3_bucket_confused_deputy;
mod s3_bucket_cross_account;
mod s3_bucket_insecure_transport;
mod s3_bucket_not_principal;
mod s3_bucket_open_to_network;
mod s3_bucket_perimeter_cannot_match;
mod s3_bucket_perimeter_dangling;
mod s3_bucket_perimeter_not_enforced;
mod s3_bucket_perimeter_shuts_out_on_premises;
mod s3_bucket_policy_public_but_blocked;
mod s3_bucket_public;
mod s3_bucket_public_access_block_off;
mod s3_bucket_trusts_nat_address;
mod s3_bucket_wildcard_actions;
mod switches;

use crate::analyze::Check;

/// Every check of this service.
pub(super) static CHECKS: &[&Check] = &[
    &s3_account_public_access_block_off::CHECK,
    &s3_bucket_confused_deputy::CHECK,
    &s3_bucket_cross_account::CHECK,
    &s3_bucket_insecure_transport::CHECK,
    &s3_bucket_not_principal::CHECK,
    &s3_bucket_open_to_network::CHECK,
    &s3_bucket_perimeter_cannot_match::CHECK,
    &s3_bucket_perimeter_dangling::CHECK,
    &s3_bucket_perimeter_not_enforced::CHECK,
    &s3_bucket_perimeter_shuts_out_on_premises::CHECK,
    &s3_bucket_policy_public_but_blocked::CHECK,
    &s3_bucket_public::CHECK,
    &s3_bucket_public_access_block_off::CHECK,
    &s3_bucket_trusts_nat_address::CHECK,
    &s3_bucket_wildcard_actions::CHECK,
];
