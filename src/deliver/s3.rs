//! Reports, snapshots and records in a bucket.
//!
//! An object appears whole or not at all (Amazon S3 User Guide, "Amazon S3 data consistency model"), and each scan writes under names of its own:
//!
//! ```text
//! PREFIX/reports/<account>/<time>/report.json, report.html, ..., snapshot.json
//! PREFIX/history/<account>-<time>.json
//! PREFIX/runs/<run>/accounts.json, <account>.json
//! PREFIX/organization/<time>/organization.json, ...
//! ```

use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Object, ServerSideEncryption};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::DateTime;
use futures::stream::{self, StreamExt as _};

use super::courier::{Courier, why};
use super::destinations::S3Prefix;
use crate::model::is_region_name;

/// Objects that are read at once (count).
const READ_AT_ONCE: usize = 8;

/// How long a bucket's region is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Longest object that is read, in bytes: a record of a hundred thousand findings has less.
const MAX_BYTES: i64 = 1 << 26;

/// A place in a bucket, and a client in the bucket's own region.
#[derive(Debug, Clone)]
pub struct Store {
    place: S3Prefix,
    client: aws_sdk_s3::Client,
    courier: Courier,
}

impl Store {
    /// The place as this courier reaches it. Sends nothing yet.
    #[must_use]
    pub fn new(courier: &Courier, place: &S3Prefix) -> Self {
        let client = courier.s3(&courier.region);
        Self { place: place.clone(), client, courier: courier.clone() }
    }

    /// The place.
    #[must_use]
    pub fn place(&self) -> &S3Prefix {
        &self.place
    }

    /// Turns to the bucket's region, where it is another one than the caller's. To be called before anything else.
    ///
    /// Source: Amazon S3 User Guide, "Making requests": S3 names the region in `x-amz-bucket-region` when it refuses a request to another one.
    pub async fn find_region(&mut self) {
        let list = self.client.list_objects_v2().bucket(&self.place.bucket).prefix(self.place.key("history/")).max_keys(1);
        // Whoever does not answer now may do so later, or fails with a reason then.
        let Ok(Err(SdkError::ServiceError(refused))) = tokio::time::timeout(PATIENCE, list.send()).await else { return };
        let named = refused.raw().headers().get("x-amz-bucket-region").filter(|region| is_region_name(region));
        if let Some(region) = named.filter(|region| *region != self.courier.region) {
            self.client = self.courier.s3(region);
        }
    }

    /// Puts an object.
    ///
    /// # Errors
    /// In words, where S3 does not take it, or encrypts it otherwise than asked.
    pub async fn put(&self, name: &str, content_type: &str, body: Vec<u8>) -> Result<(), String> {
        let mut put = self
            .client
            .put_object()
            .bucket(&self.place.bucket)
            .key(self.place.key(name))
            .content_type(content_type)
            .body(ByteStream::from(body));
        if let Some(key) = &self.place.kms_key_id {
            put = put.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id(key);
        }
        let answer = put.send().await.map_err(|error| why("s3:PutObject", &error))?;
        match (&self.place.kms_key_id, answer.server_side_encryption()) {
            (Some(_), Some(ServerSideEncryption::AwsKms | ServerSideEncryption::AwsKmsDsse)) | (None, _) => Ok(()),
            (Some(_), _) => Err("s3:PutObject: written, but not encrypted with the KMS key that was named".to_owned()),
        }
    }

    /// The keys below the prefix that begin like this, in their order and without the prefix, and when each was written, in seconds since 1970.
    ///
    /// # Errors
    /// In words, where the bucket cannot be listed.
    pub async fn list(&self, beginning: &str) -> Result<Vec<(String, i64)>, String> {
        let prefix = self.place.key(beginning);
        let mut names = Vec::new();
        let mut pages = self.client.list_objects_v2().bucket(&self.place.bucket).prefix(&prefix).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| format!("{}: {}", self.place.address(beginning), why("s3:ListBucket", &error)))?;
            let written = |object: &Object| object.last_modified().map_or(0, DateTime::secs);
            let keys = page.contents().iter().filter_map(|object| Some((object.key()?, written(object))));
            let cut = |key: &str| match self.place.prefix.as_str() {
                "" => Some(key.to_owned()),
                prefix => Some(key.strip_prefix(prefix)?.strip_prefix('/')?.to_owned()),
            };
            names.extend(keys.filter_map(|(key, written)| Some((cut(key)?, written))));
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Reads an object.
    ///
    /// # Errors
    /// In words, where it is not there or cannot be read.
    pub async fn get(&self, name: &str) -> Result<Vec<u8>, String> {
        let address = self.place.address(name);
        let told = |error: &SdkError<_, HttpResponse>| format!("{address}: {}", why("s3:GetObject", error));
        let answer = self
            .client
            .get_object()
            .bucket(&self.place.bucket)
            .key(self.place.key(name))
            .send()
            .await
            .map_err(|error| told(&error))?;
        if answer.content_length().is_some_and(|length| length > MAX_BYTES) {
            return Err(format!("{address}: it is larger than 64 MiB"));
        }
        let body = answer.body.collect().await.map_err(|error| format!("{address}: s3:GetObject: {error}"))?;
        Ok(body.to_vec())
    }

    /// Reads several objects at once, and gives each with its name, in the order of the names.
    pub async fn get_all<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<(&'n str, Result<Vec<u8>, String>)> {
        stream::iter(names).map(|name| async move { (name, self.get(name).await) }).buffered(READ_AT_ONCE).collect().await
    }
}
