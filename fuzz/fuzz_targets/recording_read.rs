//! Any files are either refused with an error of one line, or a recording that is written as it was read, and that can still be played, and
//! tells nothing of the account, after its ids and names are replaced.
#![no_main]

use std::path::{Path, PathBuf};

use collect::error::CollectError;
use collect::tape::redact::Redactor;
use collect::tape::{Body, Entry, Manifest, Player};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use serde::Deserialize;
use serde_json::Value;

#[path = "../../src/brief.rs"]
mod brief;
#[allow(dead_code, unused_imports, reason = "the target uses a part of the stage")]
#[path = "../rooms/collect.rs"]
mod collect;
#[path = "../rooms/error.rs"]
mod error;
#[allow(dead_code, reason = "the target writes no file")]
#[path = "../../src/files.rs"]
mod files;
#[allow(dead_code, unused_imports, reason = "the target uses a part of the words")]
#[path = "../../src/model/mod.rs"]
mod model;
#[path = "../rooms/mutate.rs"]
mod mutate;

/// A recording in one document.
#[derive(Deserialize)]
struct Folder {
    manifest: Value,
    files: Vec<Value>,
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut dice = mutate::Dice(u64::from(seed));
    mutate::json(data, size, max_size, &mut dice)
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(folder) = serde_json::from_slice::<Folder>(bytes) else { return };
    if let Err(error) = play(&folder.manifest, &folder.files) {
        let message = error.to_string();
        assert!(!message.contains('\n') && message.len() < 2_000, "{message}");
        return;
    }
    let mut manifest: Manifest = serde_json::from_value(folder.manifest).expect("it was played");
    let mut entries: Vec<Entry> =
        folder.files.into_iter().map(|file| serde_json::from_value(file).expect("it was played")).collect();
    let written = values(&entries);
    let again: Vec<Entry> = written.iter().map(|file| read(&file.to_string())).collect();
    assert_eq!(again, entries);
    let mut redactor = Redactor::new(&manifest.account, &entries);
    let account = std::mem::take(&mut manifest.account);
    manifest.account = redactor.text(&account);
    for entry in &mut entries {
        redactor.entry(entry);
    }
    let public = |entry: &&Entry| entry.key.service == "pricing";
    for entry in entries.iter().filter(|entry| !public(entry)) {
        let bodies = entry.answers.iter().map(|answer| text(&answer.body));
        let params = entry.key.params.values().map(|value| text(&Body::Json(value.clone())));
        for text in bodies.chain(params) {
            assert!(account == manifest.account || !names(&text, &account), "{text}");
        }
    }
    let manifest = serde_json::to_value(&manifest).expect("it has a JSON form");
    play(&manifest, &values(&entries)).expect("what was replaced can be played");
});

fn play(manifest: &Value, files: &[Value]) -> Result<Player, CollectError> {
    let file = |(number, file): (usize, &Value)| Ok((PathBuf::from(format!("{number}.json")), file.to_string().into_bytes()));
    Player::of(Path::new("recording"), manifest.to_string().as_bytes(), files.iter().enumerate().map(file))
}

fn read(text: &str) -> Entry {
    serde_json::from_str(text).expect("what was written can be read")
}

fn values(entries: &[Entry]) -> Vec<Value> {
    entries.iter().map(|entry| serde_json::to_value(entry).expect("it has a JSON form")).collect()
}

/// Whether an id stands in a text by itself, and not as part of a longer word or number.
fn names(text: &str, id: &str) -> bool {
    let goes_on = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(id).any(|(at, _)| {
        let (before, behind) = (text[..at].chars().next_back(), text[at + id.len()..].chars().next());
        !goes_on(before) && !goes_on(behind)
    })
}

/// The texts of a body, with their values and without their keys.
fn text(body: &Body) -> String {
    let mut all = String::new();
    body.clone().map_text(&mut |text| {
        all.push_str(text);
        all.push('\n');
        text.to_owned()
    });
    all
}
