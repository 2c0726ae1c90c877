//! Any body that AWS could send is kept in a form that is written, read and sent again as it was.
#![no_main]

use collect::tape::Body;
use collect::tape::redact::{hide, scrub};
use libfuzzer_sys::fuzz_target;

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

/// What a recording has in the place of the id of an access key.
const EXAMPLE_KEY: &str = "AKIAIOSFODNN7EXAMPLE";

fuzz_target!(|bytes: &[u8]| {
    for content_type in ["application/cbor", "application/x-amz-json-1.1", "text/xml"] {
        let body = Body::of(bytes, content_type);
        let written = serde_json::to_vec_pretty(&body).expect("a body can be written");
        let read: Body = serde_json::from_slice(&written).expect("what was written can be read");
        assert_eq!(read, body);
        let sent = read.bytes().expect("what was read can be sent");
        assert_eq!(Body::of(&sent, content_type), body);
        if matches!(body, Body::Text(_) | Body::Base64(_)) {
            assert_eq!(sent, bytes);
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let without = scrub(text);
        assert_eq!(scrub(&without), without, "what was taken out is out");
        let hidden = hide(&without);
        assert!(hidden == without || without.contains(EXAMPLE_KEY), "{hidden}\n{without}");
        assert_eq!(hide(&hidden), hidden);
    }
});
