//! Any text is either refused with an error of one line, or read and written so that reading it again gives the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use policy::{PolicyKind, parse, to_json};

#[allow(dead_code, unused_imports, reason = "the target uses a part of the engine")]
#[path = "../../src/policy/mod.rs"]
mod policy;

fuzz_target!(|text: &str| {
    for kind in [PolicyKind::Resource, PolicyKind::Identity] {
        match parse(text, kind) {
            Ok(policy) => {
                let written = to_json(&policy);
                let again = parse(&written, kind).expect("what was written can be read");
                assert_eq!(to_json(&again), written);
            }
            Err(error) => {
                let message = error.to_string();
                assert!(!message.contains('\n') && message.len() < 2_000, "{message}");
            }
        }
    }
});
