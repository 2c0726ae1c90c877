//! Keeps what AWS answers.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use regex::Regex;
use serde_json::Value;

use super::key::names_page;
use super::redact::{Redactor, scrub};
use super::{Answer, Body, Entry, Key, MANIFEST_FILE, Manifest, Operation};
use crate::collect::error::CollectError;
use crate::collect::lock::lock;
use crate::files::Draft;

/// The headers that decide how an answer is read.
const KEPT_HEADERS: &[&str] =
    &["content-type", "smithy-protocol", "x-amz-bucket-region", "x-amzn-errortype", "x-amzn-query-error"];

/// A recording that is being made. Kept in memory until the scan ends, so that one table of replacements serves all of it.
#[derive(Debug)]
pub(crate) struct Recorder {
    dir: PathBuf,
    redact: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    entries: BTreeMap<String, Entry>,
    /// Number of the page a token leads to, by the call without its page and the token.
    pages: BTreeMap<(String, String), usize>,
}

impl Recorder {
    /// A recording in a new or empty folder.
    pub(crate) fn create(dir: &Path, redact: bool) -> Result<Self, CollectError> {
        let problem = |problem: String| CollectError::Recording { path: dir.to_owned(), problem };
        std::fs::create_dir_all(dir).map_err(|error| problem(format!("the folder cannot be made: {error}")))?;
        let mut present = std::fs::read_dir(dir).map_err(|error| problem(format!("the folder cannot be read: {error}")))?;
        if present.next().is_some() {
            return Err(problem("the folder is not empty: name a new one, or empty it".to_owned()));
        }
        // Nothing is written before the scan ends, and that is late to learn that nothing can be.
        Draft::new(dir, None).map_err(|error| problem(format!("the folder cannot be written ({error})")))?;
        Ok(Self { dir: dir.to_owned(), redact, state: Mutex::default() })
    }

    /// The HTTP client for one service and region.
    pub(crate) fn client(self: &Arc<Self>, live: &SharedHttpClient, service: &'static str, region: &str) -> SharedHttpClient {
        SharedHttpClient::new(Recording { recorder: Arc::clone(self), live: live.clone(), service, region: region.to_owned() })
    }

    /// Keeps one answer. Tokens of pages become page numbers, in what is asked and in what is answered: tokens may hold
    /// data of the account, and differ each time.
    fn keep(&self, mut key: Key, mut answer: Answer) {
        let mut state = lock(&self.state);
        let (call, token) = key.split_page();
        let call = call.id();
        let number = match token {
            None => 1,
            Some(token) => state.pages.get(&(call.clone(), token)).copied().unwrap_or(2),
        };
        if number > 1 {
            key.set_page(&page_name(number));
        }
        if let Some(token) = replace_token(&mut answer.body, &page_name(number + 1)) {
            state.pages.insert((call, token), number + 1);
        }
        answer.body.map_text(&mut |text| scrub(text));
        state.entries.entry(key.id()).or_insert_with(|| Entry { key, answers: Vec::new() }).answers.push(answer);
    }

    /// Writes the recording, the manifest last: a folder without one is no recording. Where something cannot be written, nothing stays, so that
    /// the same folder does for the next try.
    pub(crate) fn finish(&self, mut manifest: Manifest) -> Result<(), CollectError> {
        let mut entries: Vec<Entry> = std::mem::take(&mut lock(&self.state).entries).into_values().collect();
        for entry in &mut entries {
            entry.key.account.clone_from(&manifest.account);
        }
        if self.redact {
            let mut redactor = Redactor::new(&manifest.account, &entries);
            manifest.account = redactor.text(&manifest.account);
            manifest.redacted = true;
            for entry in &mut entries {
                redactor.entry(entry);
            }
        }
        let mut begun = 0;
        let written = entries.iter().try_for_each(|entry| {
            begun += 1;
            write(&self.dir.join(entry.key.file()), entry)
        });
        let written = written.and_then(|()| write(&self.dir.join(MANIFEST_FILE), &manifest));
        if written.is_err() {
            for entry in entries.iter().take(begun) {
                self.remove(entry);
            }
        }
        written
    }

    /// Removes what was written of an answer, and the folders that are empty without it.
    fn remove(&self, entry: &Entry) {
        let path = self.dir.join(entry.key.file());
        drop(std::fs::remove_file(&path));
        for folder in path.ancestors().skip(1).take_while(|folder| *folder != self.dir) {
            drop(std::fs::remove_dir(folder));
        }
    }
}

fn page_name(number: usize) -> String {
    format!("page-{number}")
}

/// Puts the page's name in the place of the token that an answer names the next page by; gives the token.
fn replace_token(body: &mut Body, page: &str) -> Option<String> {
    static TOKEN: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"<(NextToken|nextToken|ContinuationToken|NextContinuationToken)>([^<]+)</").ok());
    match body {
        Body::Text(lines) => {
            let text = lines.concat();
            let found = TOKEN.as_ref()?.captures(&text)?.get(2)?;
            let token = unescape(found.as_str());
            let mut changed = text.clone();
            changed.replace_range(found.range(), page);
            *body = Body::of(changed.as_bytes(), "");
            Some(token)
        }
        Body::Json(Value::Object(members)) | Body::Cbor(Value::Object(members)) => {
            let (_, value) = members.iter_mut().find(|(name, value)| names_page(name) && value.is_string())?;
            let token = value.as_str().map(str::to_owned);
            *value = Value::String(page.to_owned());
            token
        }
        Body::Json(_) | Body::Cbor(_) | Body::Base64(_) => None,
    }
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

fn write<T: serde::Serialize>(path: &Path, value: &T) -> Result<(), CollectError> {
    let problem =
        |error: String| CollectError::Recording { path: path.to_owned(), problem: format!("it cannot be written: {error}") };
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(|error| problem(error.to_string()))?;
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| problem(error.to_string()))?;
    bytes.push(b'\n');
    let mut draft = Draft::new(folder, None).map_err(|error| problem(error.to_string()))?;
    draft.file().write_all(&bytes).map_err(|error| problem(error.to_string()))?;
    draft.name(path).map_err(|error| problem(error.to_string()))
}

#[derive(Debug)]
struct Recording {
    recorder: Arc<Recorder>,
    live: SharedHttpClient,
    service: &'static str,
    region: String,
}

impl HttpClient for Recording {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(RecordingConnector {
            recorder: Arc::clone(&self.recorder),
            live: self.live.http_connector(settings, components),
            service: self.service,
            region: self.region.clone(),
        })
    }
}

#[derive(Debug)]
struct RecordingConnector {
    recorder: Arc<Recorder>,
    live: SharedHttpConnector,
    service: &'static str,
    region: String,
}

impl HttpConnector for RecordingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let key = Key::of(self.service, &self.region, &Operation::of(&request), &request);
        let recorder = Arc::clone(&self.recorder);
        let answer = self.live.call(request);
        HttpConnectorFuture::new(async move { keep_and_pass(&recorder, key, answer.await?).await })
    }
}

async fn keep_and_pass(recorder: &Recorder, key: Key, response: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = ByteStream::new(response.into_body()).collect().await.map_err(|error| ConnectorError::io(error.into()))?;
    let bytes = bytes.into_bytes();
    let kept = headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .filter(|(name, _)| KEPT_HEADERS.contains(&name.as_str()))
        .collect();
    let body = Body::of(&bytes, headers.get("content-type").unwrap_or_default());
    recorder.keep(key, Answer { status: status.as_u16(), headers: kept, body });
    let mut passed = HttpResponse::new(status, SdkBody::from(bytes));
    for (name, value) in &headers {
        passed.headers_mut().append(name.to_owned(), value.to_owned());
    }
    Ok(passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(token: Option<&str>) -> Key {
        let params = token.map(|token| ("NextToken".to_owned(), Value::from(token))).into_iter().collect();
        Key {
            account: String::new(),
            region: "eu-west-1".to_owned(),
            service: "ec2".to_owned(),
            operation: "DescribeVpcs".to_owned(),
            params,
        }
    }

    fn answer(text: &str) -> Answer {
        Answer { status: 200, headers: BTreeMap::new(), body: Body::of(text.as_bytes(), "text/xml") }
    }

    #[test]
    fn tokens_become_page_numbers_in_question_and_answer() {
        let dir = tempfile::tempdir().unwrap();
        let recorder = Recorder::create(dir.path(), false).unwrap();
        recorder.keep(key(None), answer("<r><nextToken>secret&amp;1</nextToken></r>"));
        recorder.keep(key(Some("secret&1")), answer("<r><nextToken>secret2</nextToken></r>"));
        recorder.keep(key(Some("secret2")), answer("<r/>"));
        let state = lock(&recorder.state);
        let pages: Vec<_> = state.entries.values().map(|entry| entry.key.split_page().1.unwrap_or_default()).collect();
        assert_eq!(pages, ["page-2", "page-3", ""]);
        let bodies: Vec<String> =
            state.entries.values().map(|e| String::from_utf8(e.answers[0].body.bytes().unwrap()).unwrap()).collect();
        assert!(bodies.iter().all(|body| !body.contains("secret")), "{bodies:?}");
        assert!(bodies[2].contains("<nextToken>page-2</nextToken>"), "{bodies:?}");
    }

    #[test]
    fn what_cannot_be_written_to_the_end_is_not_left_half() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("recording");
        let recorder = Recorder::create(&folder, false).unwrap();
        recorder.keep(key(None), answer("<r/>"));
        let manifest = Manifest {
            schema: "natless/recording/1".to_owned(),
            natless: "0.1.0".to_owned(),
            recorded_at: "2026-11-27T02:00:00Z".parse().unwrap(),
            account: "111122223333".to_owned(),
            partition: "aws".to_owned(),
            home_region: "eu-west-1".to_owned(),
            regions: vec!["eu-west-1".to_owned()],
            narrowed: false,
            lookback_days: 14,
            redacted: false,
        };
        // A folder stands where the manifest has to go.
        std::fs::create_dir(folder.join(MANIFEST_FILE)).unwrap();
        let refused = recorder.finish(manifest).unwrap_err();
        assert!(refused.to_string().contains("recording.json"), "{refused}");
        let left: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, [MANIFEST_FILE]);
        std::fs::remove_dir(folder.join(MANIFEST_FILE)).unwrap();
        assert!(Recorder::create(&folder, false).is_ok());
    }

    #[test]
    fn a_folder_with_something_in_it_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("mine.txt"), "x").unwrap();
        let refused = Recorder::create(dir.path(), false).unwrap_err();
        assert!(refused.to_string().contains("not empty"), "{refused}");
    }
}
