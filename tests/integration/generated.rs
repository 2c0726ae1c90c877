//! What is generated and committed is what the program generates now; `NATLESS_WRITE=1 cargo test generated` writes it again.

use std::path::{Path, PathBuf};

use natless::analyze::Thresholds;
use natless::collect::calls::CALLS;
use natless::report::Format;

use crate::support::binary::natless;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What the program prints with these arguments in an empty folder.
fn printed(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let run = natless(folder.path(), arguments);
    assert!([0, 1, 3].contains(&run.code), "{}", run.stderr);
    run.stdout
}

pub(crate) fn assert_committed(path: &str, generated: &str) {
    if std::env::var_os("NATLESS_WRITE").is_some() {
        std::fs::write(root().join(path), generated).expect("writable");
    }
    assert!(read(path) == generated, "{path} is stale: run `NATLESS_WRITE=1 cargo test generated`");
}

/// The README up to a mark, what stands between that and its end, and the rest.
pub(crate) fn marked<'t>(text: &'t str, mark: &str) -> [&'t str; 3] {
    let begin = format!("<!-- {mark} -->\n");
    let (begin, end) = (text.find(&begin).map(|at| at + begin.len()), text.find(&format!("<!-- end of {mark} -->")));
    let (Some(begin), Some(end)) = (begin, end) else { panic!("README.md has no {mark}") };
    [&text[..begin], &text[begin..end], &text[end..]]
}

#[test]
fn the_catalogue_is_that_of_the_registry() {
    assert_committed("reports/checks.md", &printed(&["checks", "--format", "markdown"]));
}

/// The reports of a recorded account, in every format, beside those that are committed.
#[test]
fn the_samples_are_what_the_recorded_accounts_give() {
    for account in ["three-tier", "hub-and-spoke", "partial-permissions"] {
        let folder = tempfile::tempdir().expect("a folder");
        let recording = root().join("mocks/accounts").join(account);
        let run = natless(folder.path(), &["scan", "--replay", recording.to_str().expect("UTF-8"), "--out", "out", "--quiet"]);
        assert!([0, 1, 3].contains(&run.code), "{}", run.stderr);
        let samples = format!("reports/samples/{account}");
        std::fs::create_dir_all(root().join(&samples)).expect("a folder");
        for format in Format::ALL {
            let written = std::fs::read_to_string(folder.path().join("out").join(format.file_name())).expect("a report");
            assert_committed(&format!("{samples}/{}", format.file_name()), &written);
        }
    }
}

#[test]
fn the_policy_is_that_of_the_call_table() {
    assert_committed("reports/iam-policy.json", &printed(&["permissions"]));
}

#[test]
fn the_readme_lists_every_call() {
    let mut table = String::from("| IAM action | API call | made | for |\n|---|---|---|---|\n");
    for call in CALLS.iter().filter(|call| !call.is_on_request()) {
        let name = format!("{}:{}", call.service, call.operation);
        let row = [format!("`{}`", call.action), format!("`{name}`"), call.scope.as_str().to_owned(), call.purpose.to_owned()];
        table.push_str(&["| ", &row.join(" | "), " |\n"].concat());
    }
    let readme = read("README.md");
    let [before, _, after] = marked(&readme, "calls");
    assert_committed("README.md", &[before, &table, after].concat());
}

#[test]
fn the_settings_of_the_readme_can_be_used_and_name_every_threshold() {
    let readme = read("README.md");
    let (_, example) = readme.split_once("```toml\n").expect("an example");
    let (example, _) = example.split_once("```").expect("its end");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("natless.toml"), example).expect("writable");
    let told = natless(folder.path(), &["config", "check"]).expect_code(0).stdout;
    for said in ["222233334444", "vpc-flow-logs-blind = medium", "8 % off", "holds until 2027-03-31"] {
        assert!(told.contains(said), "{said}: {told}");
    }
    for (key, _, _) in Thresholds::default().entries() {
        assert!(example.contains(key), "{key}");
    }
}

/// Each line of an excerpt in the README stands in the real output, in the same order; `...` stands for lines left out.
fn assert_excerpt(mark: &str, output: &str) {
    let readme = read("README.md");
    let mut lines = output.lines();
    for line in marked(&readme, mark)[1].lines().filter(|line| !line.starts_with("```") && *line != "...") {
        assert!(lines.any(|real| real == line), "not in the output, or not in this order: `{line}`\n{output}");
    }
}

#[test]
fn the_readme_shows_real_output() {
    let account = root().join("mocks/accounts/three-tier");
    assert_excerpt("excerpt", &printed(&["scan", "--replay", account.to_str().expect("UTF-8")]));
    assert_excerpt("simulation", &printed(&["simulate", "--replay", account.to_str().expect("UTF-8")]));
    let policy = root().join("mocks/policies/reports_bucket.json");
    let arguments = ["policy", "check", policy.to_str().expect("UTF-8"), "--kind", "bucket", "--account", "111122223333"];
    assert_excerpt("policy", &printed(&arguments));
}
