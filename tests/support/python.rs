//! Virtual environments that the tests install by themselves under `target/`, with pinned packages.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// Environments that are ready, by name.
static READY: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());

/// The Python of an environment with the packages of a requirements file; made on first use, and again where the file has changed.
pub(crate) fn python(name: &str, requirements: &Path) -> PathBuf {
    let mut ready = READY.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(python) = ready.get(name) {
        return python.clone();
    }
    let wanted = std::fs::read_to_string(requirements).expect("the requirements are readable");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let python = folder.join("bin/python");
    let stamp = folder.join("installed.txt");
    if !std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        run(
            "making a virtual environment (the tests need Python 3 with venv)",
            Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder),
        );
        run(
            &format!("installing the pinned packages of {}", requirements.display()),
            Command::new(&python)
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
                .arg(requirements),
        );
        std::fs::write(&stamp, wanted).expect("the virtual environment is writable");
    }
    ready.insert(name.to_owned(), python.clone());
    python
}

/// Runs a command that must succeed and returns what it printed.
pub(crate) fn run(what: &str, command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(
        output.status.success(),
        "{what}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}
