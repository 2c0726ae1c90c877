//! What ends a scan before there is anything to report.

use std::path::PathBuf;

/// Why a scan could not begin or read nothing at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CollectError {
    /// No credentials anywhere that the AWS SDK looks.
    #[error(
        "no AWS credentials found ({detail}): set a profile with `--profile`, sign in with `aws sso login`, or set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`"
    )]
    NoCredentials {
        /// What the SDK said.
        detail: String,
    },
    /// The named profile is not in the configuration files.
    #[error("profile `{profile}` cannot be used ({detail}): `aws configure list-profiles` names the ones there are")]
    BadProfile {
        /// The profile asked for.
        profile: String,
        /// What the SDK said.
        detail: String,
    },
    /// Credentials that were good and no longer are.
    #[error("the AWS credentials have expired ({code} from `sts:GetCallerIdentity` in {region}): sign in again")]
    ExpiredCredentials {
        /// Error code of AWS.
        code: String,
        /// Region that was asked.
        region: String,
    },
    /// Credentials that AWS does not accept.
    #[error(
        "AWS does not accept the credentials ({code} from `sts:GetCallerIdentity` in {region}: {message}): check the access key, and the clock of this machine"
    )]
    InvalidCredentials {
        /// Error code of AWS.
        code: String,
        /// Region that was asked.
        region: String,
        /// What AWS said.
        message: String,
    },
    /// The role of `--role-arn` could not be assumed.
    #[error(
        "role `{role_arn}` could not be assumed ({detail}): check the role's trust policy, its external id, and that `sts:AssumeRole` is allowed"
    )]
    RoleNotAssumed {
        /// The role asked for.
        role_arn: String,
        /// What the SDK said.
        detail: String,
    },
    /// The accounts of the organization could not be listed.
    #[error(
        "the organization's accounts could not be listed ({detail}): scan with credentials of the management account or of a delegated administrator, or name the accounts with `--accounts`"
    )]
    NoAccountList {
        /// What AWS said.
        detail: String,
    },
    /// Somebody else answers than was asked for.
    #[error("the credentials for account {wanted} are of account {found}: check the role's ARN")]
    OtherAccount {
        /// The account asked for.
        wanted: String,
        /// The account that answers.
        found: String,
    },
    /// Nothing answered at the address.
    #[error("{endpoint} cannot be reached ({detail}): {}", remedy(.detail))]
    Unreachable {
        /// Address or service.
        endpoint: String,
        /// What the transport said.
        detail: String,
    },
    /// Something answered, but not as STS does.
    #[error("{endpoint} gave no identity ({code}: {message}): check that it is an AWS endpoint")]
    NoIdentity {
        /// Address or service.
        endpoint: String,
        /// Error code.
        code: String,
        /// What was said.
        message: String,
    },
    /// No region gave any answer.
    #[error("no region answered ({}; the first failure: {detail}): check the network and `--region`", .regions.join(", "))]
    NothingAnswered {
        /// Regions that were asked.
        regions: Vec<String>,
        /// What the first failed call came to.
        detail: String,
    },
    /// A region that does not exist.
    #[error("region `{name}` does not exist{}: name one of the account's regions", .nearest.as_ref().map(|name| format!(", the nearest is `{name}`")).unwrap_or_default())]
    UnknownRegion {
        /// The name given.
        name: String,
        /// The nearest region that exists.
        nearest: Option<String>,
    },
    /// A region that exists but is not enabled for the account.
    #[error("region `{name}` is not enabled for account {account}: enable it in the account's settings or leave it out")]
    DisabledRegion {
        /// The name given.
        name: String,
        /// The account.
        account: String,
    },
    /// `--exclude-region` left nothing to read.
    #[error("no region is left to read: `--exclude-region` names every one of them")]
    NoRegionLeft,
    /// An endpoint address that is none.
    #[error("endpoint address `{url}` cannot be used ({detail}): give one such as `http://127.0.0.1:5000`")]
    BadEndpoint {
        /// The address given.
        url: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A variable of the environment that is no text.
    #[error("environment variable `{name}` is not UTF-8: set it anew, or unset it")]
    BadVariable {
        /// Name of the variable.
        name: String,
    },
    /// A recording that cannot be read or written.
    #[error("recording `{}`: {problem}", .path.display())]
    Recording {
        /// Folder or file.
        path: PathBuf,
        /// What is wrong with it and what to do.
        problem: String,
    },
    /// The run was stopped before anything was read.
    #[error("the scan was stopped before the account was known")]
    Stopped,
}

/// What to do where nothing could be reached. A certificate that nobody here vouches for comes from a proxy that opens
/// connections, or from an endpoint of the user's own.
fn remedy(detail: &str) -> &'static str {
    if detail.contains("certificate") {
        "name a file with the certificate of its issuer in `SSL_CERT_FILE`"
    } else {
        "check the network, the proxy settings and the region"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_issuer_is_no_fault_of_the_network() {
        let unreachable = |detail: &str| {
            CollectError::Unreachable { endpoint: "`https://x`".to_owned(), detail: detail.to_owned() }.to_string()
        };
        assert!(unreachable("TLS handshake failed: invalid peer certificate: UnknownIssuer").contains("`SSL_CERT_FILE`"));
        assert!(unreachable("connection refused").ends_with("check the network, the proxy settings and the region"));
    }
}
