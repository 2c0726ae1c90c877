//! Errors that end a run, and the exit codes of the program.

use std::path::PathBuf;

use crate::analyze::SettingsError;
use crate::collect::CollectError;
use crate::policy::PolicyError;
use crate::snapshot::SnapshotError;

/// Exit codes of the program.
///
/// Findings come before gaps: a scan that is incomplete and found something exits with [`FINDINGS`](exit::FINDINGS).
pub mod exit {
    /// Everything was read, and nothing was found at or above `--fail-on`.
    pub const CLEAN: u8 = 0;
    /// Findings at or above `--fail-on`, or a score under `--min-score`.
    pub const FINDINGS: u8 = 1;
    /// Wrong usage: an option, a file or a name that cannot be used.
    pub const USAGE: u8 = 2;
    /// The scan is incomplete (gaps) and otherwise clean.
    pub const INCOMPLETE: u8 = 3;
    /// Nothing could be audited: no credentials, or no region answered.
    pub const NOTHING_AUDITED: u8 = 4;
    /// Stopped by Ctrl-C or SIGTERM; what was gathered by then was written.
    pub const INTERRUPTED: u8 = 130;
}

/// Why a run ended without what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The account could not be read.
    #[error(transparent)]
    Collect(#[from] CollectError),
    /// The settings are not valid.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The snapshot cannot be used.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A file cannot be read.
    #[error("{what} `{}` cannot be read ({source})", .path.display())]
    Read {
        /// What the file is for.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is no report.
    #[error("report `{}` {problem}", .path.display())]
    Report {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// Two reports of two accounts, whose findings have nothing in common.
    #[error("`{}` is of account {old_account} and `{}` of account {new_account}: only scans of one account can be compared", .old.display(), .new.display())]
    OtherAccount {
        /// The older report.
        old: PathBuf,
        /// Its account.
        old_account: String,
        /// The younger report.
        new: PathBuf,
        /// Its account.
        new_account: String,
    },
    /// A file holds no valid policy.
    #[error("policy `{}`: {source}", .path.display())]
    Policy {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<PolicyError>,
    },
    /// A line of a file cannot be used.
    #[error("`{}` line {line}: {problem}", .path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// A file or folder cannot be written.
    #[error("{what} `{}` cannot be written ({source})", .path.display())]
    Write {
        /// What the file is for.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Options that do not go together.
    #[error("{problem}: {help}")]
    Usage {
        /// What is wrong.
        problem: &'static str,
        /// What to do.
        help: &'static str,
    },
    /// A name that natless or the account does not have.
    #[error("{}: {help}", unknown_name(kind, name, nearest, unread))]
    UnknownName {
        /// Kind of thing the name was taken for.
        kind: &'static str,
        /// The name given.
        name: String,
        /// Names that look most like it.
        nearest: Vec<String>,
        /// What lists all the names there are.
        help: &'static str,
        /// Regions where the kind was not read, so that the name may exist there after all.
        unread: Vec<String>,
    },
    /// Something was not delivered. What else there is to deliver was.
    #[error("not delivered to {to}: {failures}")]
    NotDelivered {
        /// The destination.
        to: String,
        /// Why.
        failures: String,
    },
    /// What was worked out has no JSON form.
    #[error("the answer cannot be put into JSON ({0})")]
    Json(#[from] serde_json::Error),
    /// The report cannot be put into its format.
    #[error(transparent)]
    Render(#[from] crate::report::RenderError),
    /// A signal ended the program.
    #[error("stopped before the end: what was not written by now is missing")]
    Stopped,
    /// The system gave no threads to work with.
    #[error("the run could not be started ({0})")]
    Start(std::io::Error),
}

fn unknown_name(kind: &str, name: &str, nearest: &[String], unread: &[String]) -> String {
    let nearest: Vec<String> = nearest.iter().map(|name| format!("`{name}`")).collect();
    let nearest = if nearest.is_empty() { String::new() } else { format!(", nearest: {}", nearest.join(", ")) };
    if unread.is_empty() {
        format!("unknown {kind} `{name}`{nearest}")
    } else {
        format!("{kind} `{name}` is not among those that were read{nearest}; not read in {}", unread.join(", "))
    }
}

impl Error {
    /// The exit code it ends the program with: one of [`exit`].
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Collect(error) => collect_exit_code(error),
            Self::Stopped => exit::INTERRUPTED,
            Self::UnknownName { unread, .. } if !unread.is_empty() => exit::INCOMPLETE,
            Self::Settings(_)
            | Self::Snapshot(_)
            | Self::Read { .. }
            | Self::Report { .. }
            | Self::OtherAccount { .. }
            | Self::Policy { .. }
            | Self::Line { .. }
            | Self::Write { .. }
            | Self::Usage { .. }
            | Self::UnknownName { .. }
            | Self::NotDelivered { .. }
            | Self::Json(_)
            | Self::Render(_)
            | Self::Start(_) => exit::USAGE,
        }
    }
}

/// Wrong names and addresses are the caller's to mend; no identity and no answer mean that nothing was audited.
fn collect_exit_code(error: &CollectError) -> u8 {
    match error {
        CollectError::BadProfile { .. }
        | CollectError::UnknownRegion { .. }
        | CollectError::DisabledRegion { .. }
        | CollectError::NoRegionLeft
        | CollectError::BadEndpoint { .. }
        | CollectError::BadVariable { .. }
        | CollectError::Recording { .. } => exit::USAGE,
        CollectError::NoCredentials { .. }
        | CollectError::ExpiredCredentials { .. }
        | CollectError::InvalidCredentials { .. }
        | CollectError::RoleNotAssumed { .. }
        | CollectError::NoAccountList { .. }
        | CollectError::OtherAccount { .. }
        | CollectError::Unreachable { .. }
        | CollectError::NoIdentity { .. }
        | CollectError::NothingAnswered { .. } => exit::NOTHING_AUDITED,
        CollectError::Stopped => exit::INTERRUPTED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_names_exit_2_and_no_answer_exits_4() {
        let region = CollectError::UnknownRegion { name: "eu-wst-1".to_owned(), nearest: Some("eu-west-1".to_owned()) };
        assert_eq!(Error::from(region).exit_code(), exit::USAGE);
        let credentials = CollectError::NoCredentials { detail: "none".to_owned() };
        assert_eq!(Error::from(credentials).exit_code(), exit::NOTHING_AUDITED);
        assert_eq!(Error::from(CollectError::Stopped).exit_code(), exit::INTERRUPTED);
    }

    #[test]
    fn a_name_that_may_exist_where_nothing_was_read_is_not_called_wrong() {
        let unknown = |unread: Vec<String>| Error::UnknownName {
            kind: "subnet",
            name: "subnet-0zz".to_owned(),
            nearest: vec!["subnet-0aa".to_owned()],
            help: "look again",
            unread,
        };
        assert_eq!(unknown(Vec::new()).exit_code(), exit::USAGE);
        assert_eq!(unknown(Vec::new()).to_string(), "unknown subnet `subnet-0zz`, nearest: `subnet-0aa`: look again");
        let unread = unknown(vec!["eu-west-1".to_owned()]);
        assert_eq!(unread.exit_code(), exit::INCOMPLETE);
        assert!(unread.to_string().ends_with("not read in eu-west-1: look again"));
    }
}
