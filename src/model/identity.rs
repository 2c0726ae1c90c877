//! Who and where: accounts, partitions, tags, names of services.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::aws_enum::aws_enum;

/// Stands for a region where there is none, or where it was not read: what the SDKs call the one of services without regions.
pub const GLOBAL: &str = "aws-global";

/// Tags of a resource, by key. Text from the account: hostile wherever it is shown.
pub type Tags = BTreeMap<String, String>;

aws_enum! {
    /// A partition: a group of regions with its own accounts and ARNs.
    ///
    /// Source: AWS General Reference, "Amazon Resource Names (ARNs)".
    Partition {
        /// The commercial regions.
        Aws => "aws",
        /// The regions in China.
        AwsCn => "aws-cn",
        /// AWS `GovCloud` (US).
        AwsUsGov => "aws-us-gov",
    }
}

impl Partition {
    /// The partition a region belongs to, told by the prefix of its name.
    #[must_use]
    pub fn of_region(region: &str) -> Self {
        if region.starts_with("cn-") {
            Self::AwsCn
        } else if region.starts_with("us-gov-") {
            Self::AwsUsGov
        } else {
            Self::Aws
        }
    }

    /// The region that answers for services without regions of their own.
    #[must_use]
    pub fn global_region(&self) -> &'static str {
        match self {
            Self::AwsCn => "cn-north-1",
            Self::AwsUsGov => "us-gov-west-1",
            Self::Aws | Self::Other(_) => "us-east-1",
        }
    }

    /// The suffix of the partition's host names.
    ///
    /// Source: AWS General Reference, "AWS service endpoints".
    #[must_use]
    pub fn dns_suffix(&self) -> &'static str {
        match self {
            Self::AwsCn => "amazonaws.com.cn",
            Self::Aws | Self::AwsUsGov | Self::Other(_) => "amazonaws.com",
        }
    }
}

/// The account that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Account id, 12 digits. Source: `sts:GetCallerIdentity` `Account`.
    pub id: String,
    /// Partition, told by the caller's ARN.
    pub partition: Partition,
    /// ARN of the caller. Source: `sts:GetCallerIdentity` `Arn`.
    pub caller_arn: String,
}

/// Whether a text has the shape of a region's name. Names go into the names of hosts that get signed requests, so that
/// nothing else may pass, whoever wrote it.
#[must_use]
pub fn is_region_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Whether a text is an account id: 12 digits.
#[must_use]
pub fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is an organization id, such as `o-a1b2c3d4e5`.
///
/// Source: Organizations API Reference, `Organization`, `Id`: "o-" followed by 10 to 32 lower-case letters or digits.
#[must_use]
pub fn is_organization_id(text: &str) -> bool {
    let of_id = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.strip_prefix("o-").is_some_and(|tail| (10..=32).contains(&tail.len()) && tail.bytes().all(of_id))
}

/// The short name of an AWS service, cut from the name of its endpoint service.
///
/// `com.amazonaws.eu-west-1.ecr.api` and `ecr.api` are both `ecr.api`; `com.amazonaws.s3-global.accesspoint` and names
/// of services that are not AWS's come back unchanged.
#[must_use]
pub fn service_slug<'a>(service_name: &'a str, region: &str) -> &'a str {
    ["com.amazonaws.", "cn.com.amazonaws."]
        .iter()
        .find_map(|prefix| service_name.strip_prefix(prefix)?.strip_prefix(region)?.strip_prefix('.'))
        .unwrap_or(service_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_of_a_region_never_gets_into_a_host() {
        assert!(["eu-west-1", "us-gov-east-1"].into_iter().all(is_region_name));
        for text in ["", "EU", "evil.example.com/", "../x", "eu-west-1\n", "a b", "ü"] {
            assert!(!is_region_name(text), "{text}");
        }
    }

    #[test]
    fn service_slug_cuts_prefix_and_region() {
        assert_eq!(service_slug("com.amazonaws.eu-west-1.ecr.api", "eu-west-1"), "ecr.api");
        assert_eq!(service_slug("cn.com.amazonaws.cn-north-1.sts", "cn-north-1"), "sts");
        assert_eq!(
            service_slug("com.amazonaws.vpce.eu-west-1.vpce-svc-0aa", "eu-west-1"),
            "com.amazonaws.vpce.eu-west-1.vpce-svc-0aa"
        );
        assert_eq!(service_slug("s3", "eu-west-1"), "s3");
    }

    #[test]
    fn ids_are_told_by_their_form() {
        assert!(is_account_id("111122223333") && !is_account_id("11112222333") && !is_account_id("11112222333x"));
        assert!(is_organization_id("o-a1b2c3d4e5") && !is_organization_id("o-a1b2c3d4e") && !is_organization_id("a1b2c3d4e5f6"));
        assert!(!is_organization_id("o-A1B2C3D4E5") && !is_organization_id(&format!("o-{}", "a".repeat(33))));
    }

    #[test]
    fn partition_is_told_by_the_region() {
        assert_eq!(Partition::of_region("cn-north-1"), Partition::AwsCn);
        assert_eq!(Partition::of_region("us-gov-east-1"), Partition::AwsUsGov);
        assert_eq!(Partition::of_region("eu-west-1"), Partition::Aws);
    }
}
