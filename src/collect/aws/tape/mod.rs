//! Recordings: what AWS answered, kept in files that a person can read and edit, and played without a network.
//!
//! A recording is a folder: `recording.json` says of which account and when, and below `ACCOUNT/SERVICE.REGION/` one file
//! for each call holds what was asked and every answer to it. Answers are found by what is asked, never by when, so a
//! concurrent, reordered or paged scan plays exactly. Retries ask the same thing again and get the next answer; the last
//! one stays. The files' own names mean nothing when a recording is played.
//!
//! Only answers are kept: a connection that failed leaves no file and is played as a call that was not recorded.

mod body;
mod key;
mod manifest;
mod player;
mod recorder;
pub(crate) mod redact;

use std::collections::BTreeMap;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde::{Deserialize, Serialize};

pub(crate) use body::Body;
pub(crate) use key::Key;
pub(crate) use manifest::{MANIFEST_FILE, MANIFEST_SCHEMA, Manifest};
pub(crate) use player::Player;
pub(crate) use recorder::Recorder;
pub(crate) use redact::hide;

/// The operation a request is for: set by the guard, which knows it, and read by the recording.
#[derive(Debug, Clone)]
pub(crate) struct Operation(pub(crate) String);

impl Operation {
    fn of(request: &HttpRequest) -> String {
        request.extension::<Self>().map(|operation| operation.0.clone()).unwrap_or_default()
    }
}

/// A call that the recording has no answer for.
#[derive(Debug, thiserror::Error)]
#[error("the recording holds no answer of `{service}:{operation}` in {region} for {params}")]
pub(crate) struct NotRecorded {
    service: String,
    operation: String,
    region: String,
    params: String,
}

/// One file of a recording: a call and its answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// What was asked.
    pub(crate) key: Key,
    /// What was answered, in order.
    pub(crate) answers: Vec<Answer>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// The headers that decide how the body is read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) headers: BTreeMap<String, String>,
    /// Body.
    pub(crate) body: Body,
}

impl Answer {
    /// The answer as it came over the wire.
    fn response(&self) -> Result<HttpResponse, String> {
        let status = StatusCode::try_from(self.status).map_err(|_| format!("{} is no HTTP status", self.status))?;
        let mut response = HttpResponse::new(status, SdkBody::from(self.body.bytes()?));
        for (name, value) in &self.headers {
            let valid = response.headers_mut().try_append(name.clone(), value.clone());
            valid.map_err(|error| format!("header `{name}` cannot be sent: {error}"))?;
        }
        Ok(response)
    }
}
