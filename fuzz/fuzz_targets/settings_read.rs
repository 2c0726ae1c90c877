//! Any text is either refused with an error of one line, or settings that read the same when they are written, and under which an account is
//! judged without a crash.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use analyze::{Settings, assess};
use libfuzzer_sys::fuzz_target;
use model::Inventory;
use toml::{Table, Value};

#[allow(dead_code, unused_imports, reason = "the target uses a part of the stage")]
#[path = "../../src/analyze/mod.rs"]
mod analyze;
#[path = "../../src/brief.rs"]
mod brief;
#[allow(dead_code, unused_imports, reason = "the target uses a part of the room")]
#[path = "../../src/cost/mod.rs"]
mod cost;
#[path = "../../src/document.rs"]
mod document;
#[path = "../rooms/error.rs"]
mod error;
#[allow(dead_code, reason = "the target writes no file")]
#[path = "../../src/files.rs"]
mod files;
#[allow(dead_code, unused_imports, reason = "the target uses a part of the room")]
#[path = "../../src/fix/mod.rs"]
mod fix;
#[allow(dead_code, unused_imports, reason = "the target uses a part of the words")]
#[path = "../../src/model/mod.rs"]
mod model;
#[allow(dead_code, unused_imports, reason = "the target uses a part of the room")]
#[path = "../../src/network/mod.rs"]
mod network;
#[allow(dead_code, unused_imports, reason = "the target uses a part of the engine")]
#[path = "../../src/policy/mod.rs"]
mod policy;
#[allow(dead_code, reason = "the target writes no file")]
#[path = "../../src/snapshot.rs"]
mod snapshot;

/// An account with something of most kinds in it.
static ACCOUNT: LazyLock<Inventory> = LazyLock::new(|| {
    let bytes = include_bytes!("../corpus/snapshot_read/three-tier.json");
    snapshot::parse(Path::new("three-tier.json"), bytes).expect("a snapshot")
});

fuzz_target!(|text: &str| {
    match Settings::from_toml(text, "natless.toml") {
        Ok(settings) => {
            let written = written(&settings);
            let again = Settings::from_toml(&written, "natless.toml").expect("what was written can be read");
            assert_eq!(again, settings, "{written}");
            assert_eq!(again.id(), settings.id());
            let assessment = assess(&ACCOUNT, &settings);
            assert!(assessment.findings.iter().all(|finding| !settings.checks.disabled.contains(finding.check)));
        }
        Err(error) => {
            let message = error.to_string();
            assert!(!message.contains('\n') && message.len() < 2_000, "{message}");
        }
    }
});

/// Settings as a person would write them.
fn written(settings: &Settings) -> String {
    let Settings { trust, checks, thresholds, cost, waivers } = settings;
    let mut document = Table::new();
    document.insert("trust".to_owned(), Value::try_from(trust).expect("a table"));
    document.insert("checks".to_owned(), Value::try_from(checks).expect("a table"));
    let numbers = thresholds.entries().map(|(key, value, _)| match key {
        "unprofitable_usd" => (key.to_owned(), Value::String(value)),
        _ => (key.to_owned(), Value::Integer(value.parse().expect("days"))),
    });
    document.insert("thresholds".to_owned(), Value::Table(numbers.collect()));
    let terms = [("discount", cost.discount), ("hours_per_month", cost.hours_per_month)];
    let terms = terms.map(|(key, number)| (key.to_owned(), Value::String(number.to_string())));
    document.insert("cost".to_owned(), Value::Table(terms.into_iter().collect()));
    let waivers = waivers.iter().map(|waiver| {
        let mut table = Table::new();
        for (key, text) in [("check", &waiver.check), ("resource", &waiver.resource), ("reason", &waiver.reason)] {
            table.insert(key.to_owned(), Value::String(text.clone()));
        }
        if let Some(owner) = &waiver.owner {
            table.insert("owner".to_owned(), Value::String(owner.clone()));
        }
        if let Some(until) = waiver.until {
            table.insert("until".to_owned(), Value::Datetime(until.to_string().parse().expect("a date")));
        }
        Value::Table(table)
    });
    document.insert("waivers".to_owned(), Value::Array(waivers.collect()));
    document.to_string()
}
