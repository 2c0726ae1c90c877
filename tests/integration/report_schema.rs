//! Every report holds to its published schema, and nothing that is committed holds what must not leave an account.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::accounts;
use crate::support::binary::{natless, natless_with_credentials};
use crate::support::{Options, SimulatedAws};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn assert_valid(story: &str, report: &Value) {
    let schema = std::fs::read_to_string(root().join("reports/schema/natless-report-1.schema.json")).expect("a schema");
    let schema = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let errors: Vec<String> = validator.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{story}: {errors:#?}");
}

#[test]
fn reports_of_every_account_hold_to_the_schema() {
    let folder = tempfile::tempdir().expect("a folder");
    for account in ["three-tier", "hub-and-spoke", "partial-permissions"] {
        let recording = root().join("mocks/accounts").join(account);
        let run = natless(folder.path(), &["scan", "--replay", recording.to_str().expect("UTF-8"), "--format", "json"]);
        assert_valid(account, &run.json());
    }
    for (story, inventory) in
        [("rich", accounts::rich_account()), ("empty", accounts::empty_account("111122223333", &["eu-west-1"]))]
    {
        let aws = SimulatedAws::start(inventory, Options::default());
        let run = natless_with_credentials(folder.path(), &["scan", "--endpoint-url", &aws.url(), "--format", "json"]);
        assert_valid(story, &run.json());
    }
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Account ids that AWS's documentation uses for examples, and those of AWS's own in public answers.
const KNOWN_ACCOUNTS: &[&str] = &["111122223333", "123456789012", "222233334444", "444455556666"];

#[test]
fn mocks_hold_no_keys_no_addresses_of_people_and_no_account_of_anybody() {
    let mut files = Vec::new();
    files_below(&root().join("mocks"), &mut files);
    assert!(files.len() > 100, "{}", files.len());
    let key = regex::Regex::new(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b").expect("a pattern");
    let mail = regex::Regex::new(r"\b[\w.+-]+@[\w-]+\.[\w.]+\b").expect("a pattern");
    let account = regex::Regex::new(r"arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:(\d{12}):").expect("a pattern");
    for file in files {
        let text = std::fs::read_to_string(&file).expect("text");
        assert!(!key.is_match(&text), "{}: an access key", file.display());
        let address = mail.find(&text).map(|found| found.as_str());
        assert!(address.is_none_or(|found| found.ends_with("example.com")), "{}: {address:?}", file.display());
        for found in account.captures_iter(&text) {
            assert!(KNOWN_ACCOUNTS.contains(&&found[1]), "{}: account {}", file.display(), &found[1]);
        }
    }
}
