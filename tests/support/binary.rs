//! Runs the natless binary as a person would, in an environment that holds nothing of the machine's.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What one run of the binary left behind.
#[derive(Debug)]
pub(crate) struct Run {
    /// Exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Run {
    /// Standard output as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON: {error}\nstdout: {}\nstderr: {}", self.stdout, self.stderr))
    }

    /// The run, after asserting its exit code.
    pub(crate) fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// The binary with a scrubbed environment, in `folder`.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_natless"));
    command
        .env_clear()
        .env("HOME", folder)
        .env("PATH", "/usr/bin:/bin")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .current_dir(folder)
        .stdin(Stdio::null());
    command
}

/// The same with credentials that any double accepts.
pub(crate) fn command_with_credentials(folder: &Path) -> Command {
    let mut command = command(folder);
    command
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "testing")
        .env("AWS_REGION", "eu-west-1");
    command
}

/// Runs `natless` with these arguments, without credentials.
pub(crate) fn natless(folder: &Path, arguments: &[&str]) -> Run {
    command(folder).args(arguments).output().expect("the binary starts").into()
}

/// Runs `natless` with these arguments and credentials that any double accepts.
pub(crate) fn natless_with_credentials(folder: &Path, arguments: &[&str]) -> Run {
    command_with_credentials(folder).args(arguments).output().expect("the binary starts").into()
}
