//! Answers from a recording.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::{Entry, Key, MANIFEST_FILE, MANIFEST_SCHEMA, Manifest, NotRecorded, Operation};
use crate::brief::brief;
use crate::collect::error::CollectError;
use crate::collect::lock::lock;
use crate::collect::request::MAX_LOOKBACK_DAYS;
use crate::model::{is_account_id, is_region_name};

/// A recording that is being played.
#[derive(Debug)]
pub(crate) struct Player {
    pub(crate) manifest: Manifest,
    pub(crate) dir: PathBuf,
    entries: BTreeMap<String, Entry>,
    /// Answers given so far, by call (count).
    given: Mutex<BTreeMap<String, usize>>,
}

impl Player {
    /// Reads a recording whole, so that whatever is wrong with it is told before anything is played.
    pub(crate) fn open(dir: &Path) -> Result<Self, CollectError> {
        if !dir.is_dir() {
            return Err(broken(dir, "there is no such folder"));
        }
        let path = dir.join(MANIFEST_FILE);
        if !path.is_file() {
            return Err(broken(dir, &format!("it holds no `{MANIFEST_FILE}`, so it is no recording: make one with `--record`")));
        }
        let manifest = content(&path)?;
        let files = files(dir)?.into_iter().map(|path| content(&path).map(|bytes| (path, bytes)));
        Self::of(dir, &manifest, files)
    }

    /// The recording of these files.
    pub(crate) fn of(
        dir: &Path,
        manifest: &[u8],
        files: impl Iterator<Item = Result<(PathBuf, Vec<u8>), CollectError>>,
    ) -> Result<Self, CollectError> {
        let manifest = read_manifest(&dir.join(MANIFEST_FILE), manifest)?;
        let mut entries = BTreeMap::new();
        for file in files {
            let (path, bytes) = file?;
            let entry: Entry = read(&path, &bytes)?;
            if entry.answers.is_empty() {
                return Err(broken(&path, "it holds no answer: add one or delete the file"));
            }
            for answer in &entry.answers {
                answer.response().map_err(|problem| broken(&path, &problem))?;
            }
            if entry.key.account != manifest.account {
                let problem =
                    format!("it is of account `{}`, the recording of account `{}`", entry.key.account, manifest.account);
                return Err(broken(&path, &problem));
            }
            let id = entry.key.id();
            if entries.insert(id, entry).is_some() {
                return Err(broken(&path, "another file holds the same call: delete one of them"));
            }
        }
        if entries.is_empty() {
            return Err(broken(dir, &format!("it holds no answers beside `{MANIFEST_FILE}`")));
        }
        Ok(Self { manifest, dir: dir.to_owned(), entries, given: Mutex::default() })
    }

    /// The HTTP client for one service and region.
    pub(crate) fn client(self: &Arc<Self>, service: &'static str, region: &str) -> SharedHttpClient {
        SharedHttpClient::new(Playing { player: Arc::clone(self), service, region: region.to_owned() })
    }

    fn answer(&self, service: &str, region: &str, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let key = Key::of(service, region, &Operation::of(request), request);
        let id = key.id();
        let Some(entry) = self.entries.get(&id) else {
            let missing = NotRecorded {
                service: key.service.clone(),
                operation: key.operation.clone(),
                region: key.region.clone(),
                params: key.params_text(),
            };
            // An error of no kind is not retried.
            return Err(ConnectorError::other(missing.into(), None));
        };
        let turn = {
            let mut given = lock(&self.given);
            let turn = given.entry(id).or_default();
            *turn += 1;
            *turn - 1
        };
        let answer = entry.answers.get(turn).or_else(|| entry.answers.last());
        let response = answer.ok_or_else(|| "no answer".to_owned()).and_then(super::Answer::response);
        response.map_err(|problem| ConnectorError::other(problem.into(), None))
    }
}

fn read_manifest(path: &Path, bytes: &[u8]) -> Result<Manifest, CollectError> {
    // The version comes first: a later one may have other members.
    let value: serde_json::Value = read(path, bytes)?;
    let schema = value.get("schema").and_then(serde_json::Value::as_str).unwrap_or_default();
    if schema != MANIFEST_SCHEMA {
        return Err(broken(path, &format!("its schema is `{schema}`, this version reads `{MANIFEST_SCHEMA}`")));
    }
    let manifest: Manifest = serde_json::from_value(value).map_err(|error| broken(path, &error.to_string()))?;
    if !is_account_id(&manifest.account) {
        return Err(broken(path, "its `account` is not 12 digits"));
    }
    let names = std::iter::once(&manifest.home_region).chain(&manifest.regions);
    if let Some(name) = names.into_iter().find(|name| !is_region_name(name)) {
        return Err(broken(path, &format!("it names a region `{name}`: a region is named like `eu-west-1`")));
    }
    if !(1..=MAX_LOOKBACK_DAYS).contains(&manifest.lookback_days) {
        return Err(broken(path, &format!("its `lookback_days` is not in 1..={MAX_LOOKBACK_DAYS}")));
    }
    Ok(manifest)
}

fn content(path: &Path) -> Result<Vec<u8>, CollectError> {
    std::fs::read(path).map_err(|error| broken(path, &format!("it cannot be read: {error}")))
}

fn read<T: serde::de::DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, CollectError> {
    serde_json::from_slice(bytes).map_err(|error| broken(path, &format!("it is not as recorded: {error}")))
}

/// Every `.json` file below the folder but the manifest, in order.
fn files(dir: &Path) -> Result<Vec<PathBuf>, CollectError> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        let unreadable = |error: std::io::Error| broken(&folder, &format!("it cannot be read: {error}"));
        for file in std::fs::read_dir(&folder).map_err(unreadable)? {
            let path = file.map_err(unreadable)?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.is_file()
                && path.extension().is_some_and(|extension| extension == "json")
                && path != dir.join(MANIFEST_FILE)
            {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Longest problem that is told, in characters: it may repeat what a file holds.
const PROBLEM: usize = 500;

fn broken(path: &Path, problem: &str) -> CollectError {
    CollectError::Recording { path: path.to_owned(), problem: brief(problem, PROBLEM) }
}

#[derive(Debug, Clone)]
struct Playing {
    player: Arc<Player>,
    service: &'static str,
    region: String,
}

impl HttpConnector for Playing {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(self.player.answer(self.service, &self.region, &request))
    }
}

impl HttpClient for Playing {
    fn http_connector(&self, _settings: &HttpConnectorSettings, _components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(dir: &Path) -> String {
        Player::open(dir).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_recording_is_told_in_one_line() {
        let dir = tempfile::tempdir().unwrap();
        assert!(problem(&dir.path().join("none")).contains("no such folder"));
        assert!(problem(dir.path()).contains("holds no `recording.json`"));
        std::fs::write(dir.path().join(MANIFEST_FILE), "{").unwrap();
        assert!(problem(dir.path()).contains("not as recorded"));
        std::fs::write(dir.path().join(MANIFEST_FILE), r#"{"schema":"natless/recording/9"}"#).unwrap();
        assert!(problem(dir.path()).contains("natless/recording/9"));
        let manifest = r#"{"schema":"natless/recording/1","natless":"0.1.0","recorded_at":"2026-11-23T02:00:00Z",
            "account":"111122223333","partition":"aws","home_region":"us-east-1","regions":[],"narrowed":false,
            "lookback_days":14,"redacted":false}"#;
        std::fs::write(dir.path().join(MANIFEST_FILE), manifest).unwrap();
        assert!(problem(dir.path()).contains("no answers"));
        let call = dir.path().join("DescribeVpcs.json");
        std::fs::write(&call, r#"{"key":{"account":"444455556666","region":"us-east-1","service":"ec2","operation":"DescribeVpcs"},"answers":[{"status":200,"body":{"text":["<a/>"]}}]}"#).unwrap();
        assert!(problem(dir.path()).contains("444455556666"));
        std::fs::write(&call, r#"{"key":{"account":"111122223333","region":"us-east-1","service":"ec2","operation":"DescribeVpcs"},"answers":[{"status":200,"body":{"text":["<a/>"]}}]}"#).unwrap();
        assert!(Player::open(dir.path()).is_ok());
        for (right, wrong) in [
            ("us-east-1", "../x"),
            ("111122223333", "../x"),
            ("[]", "[\"EU\"]"),
            ("\"lookback_days\":14", "\"lookback_days\":0"),
            ("\"lookback_days\":14", "\"lookback_days\":4000000000"),
        ] {
            std::fs::write(dir.path().join(MANIFEST_FILE), manifest.replace(right, wrong)).unwrap();
            assert!(problem(dir.path()).contains("recording.json`: it"), "{}", problem(dir.path()));
        }
        std::fs::write(dir.path().join(MANIFEST_FILE), manifest).unwrap();
        std::fs::copy(&call, dir.path().join("Copy.json")).unwrap();
        assert!(problem(dir.path()).contains("same call"));
    }
}
