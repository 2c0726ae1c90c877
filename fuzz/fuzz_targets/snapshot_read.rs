//! Any bytes are either refused with an error of one line, or an account that is written as it was read, and that is judged, repaired and
//! reported without a crash, to the same bytes each time.
#![no_main]

use std::collections::BTreeMap;
use std::path::Path;

use analyze::history::{Record, TrendPoint};
use analyze::{Settings, assess, checks, simulate};
use fix::Rendering;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use model::Inventory;
use report::{DEFAULT_COLUMNS, Facts, Format, record_v1, simulation};

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
#[path = "../rooms/mutate.rs"]
mod mutate;
#[allow(dead_code, unused_imports, reason = "the target uses a part of the room")]
#[path = "../../src/network/mod.rs"]
mod network;
#[allow(dead_code, unused_imports, reason = "the target uses a part of the engine")]
#[path = "../../src/policy/mod.rs"]
mod policy;
#[allow(dead_code, unused_imports, reason = "the target uses a part of the stage")]
#[path = "../../src/report/mod.rs"]
mod report;
#[allow(dead_code, reason = "the target writes no file")]
#[path = "../../src/snapshot.rs"]
mod snapshot;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut dice = mutate::Dice(u64::from(seed));
    mutate::json(data, size, max_size, &mut dice)
});

fuzz_target!(|bytes: &[u8]| {
    let path = Path::new("s.json");
    match snapshot::parse(path, bytes) {
        Ok(inventory) => {
            let written = serde_json::to_vec(&inventory).expect("an account can be written");
            let again = snapshot::parse(path, &written).expect("what was written can be read");
            assert_eq!(again, inventory);
            let choice = bytes.len();
            assert_eq!(told(&again, choice), told(&inventory, choice));
        }
        Err(error) => {
            let message = error.to_string();
            assert!(!message.contains('\n') && message.len() < 2_000, "{message}");
        }
    }
});

/// What natless says about an account: its report in one format, its record, and its repairs in one language.
fn told(inventory: &Inventory, choice: usize) -> Vec<String> {
    let settings = Settings::default();
    let assessment = assess(inventory, &settings);
    let record = Record::from(&assessment);
    let kept = record_v1::render(&record).expect("a record can be written");
    // Dollars are written in cents, so that what is read is not the same to the last digit.
    let again = record_v1::read(kept.as_bytes()).expect("a record that was written can be read");
    assert_eq!(record_v1::render(&again).expect("a record can be written"), kept, "a record is written as it was read");
    let trend = [TrendPoint::from(&record)];
    let (comparison, first_seen) = (None, BTreeMap::new());
    let checks = checks::registry();
    let facts = Facts { assessment: &assessment, inventory, checks, comparison, trend: &trend, first_seen: &first_seen };
    let format = Format::ALL[choice % Format::ALL.len()];
    let text = report::render(format, facts, DEFAULT_COLUMNS).expect("a report can be written");
    let found = simulate(inventory, &settings, &|_| true);
    let header = simulation::header(&found);
    let notes: Vec<_> = found.steps.iter().map(|step| simulation::notes(step, &found.before)).collect();
    let steps: Vec<_> =
        found.steps.iter().zip(notes).map(|(step, notes)| fix::PlanStep { change: &step.change, notes }).collect();
    let rendering = [Rendering::Terraform, Rendering::CloudFormation, Rendering::Cli][choice % 3];
    let files = fix::render(&fix::Plan { header: &header, steps: &steps }, rendering).files;
    [kept, text].into_iter().chain(files.into_iter().map(|(_, text)| text)).collect()
}
