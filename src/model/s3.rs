//! Buckets, access points and what guards them.

use serde::{Deserialize, Serialize};

use super::aws_enum::aws_enum;
use super::{Observed, Tags};

/// One general purpose bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// Name, unique in the partition.
    pub name: String,
    /// Region the bucket lies in. Source: `s3:ListBuckets` `BucketRegion`, else `s3:GetBucketLocation`.
    pub region: Observed<String>,
    /// Bucket policy as text; `Known(None)` when there is none. Source: `s3:GetBucketPolicy`.
    pub policy: Observed<Option<String>>,
    /// Whether S3 itself calls the policy public; `Known(None)` without a policy. Source: `s3:GetBucketPolicyStatus` `IsPublic`.
    pub policy_is_public: Observed<Option<bool>>,
    /// Public access block of the bucket; `Known(None)` when none is set. Source: `s3:GetPublicAccessBlock`.
    pub public_access_block: Observed<Option<PublicAccessBlock>>,
    /// Grants of the access control list. Source: `s3:GetBucketAcl`.
    pub acl: Observed<Vec<AclGrant>>,
    /// Tags; not read by a scan, empty.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// The four switches of Block Public Access.
///
/// Source: S3 User Guide, "Blocking public access to your Amazon S3 storage".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the API's own four switches")]
pub struct PublicAccessBlock {
    /// New public ACLs are refused.
    pub block_public_acls: bool,
    /// Existing public ACLs are ignored.
    pub ignore_public_acls: bool,
    /// New public policies are refused.
    pub block_public_policy: bool,
    /// A bucket with a public policy answers only AWS services and the owner's account.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// All four switches on.
    pub const ALL_ON: Self =
        Self { block_public_acls: true, ignore_public_acls: true, block_public_policy: true, restrict_public_buckets: true };
}

/// One grant of a bucket's access control list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AclGrant {
    /// Who is granted: a group's URI, a canonical user id or a mail address.
    pub grantee: String,
    /// `Group`, `CanonicalUser` or `AmazonCustomerByEmail`.
    pub grantee_type: String,
    /// `FULL_CONTROL`, `READ`, `WRITE`, `READ_ACP` or `WRITE_ACP`.
    pub permission: String,
    /// Whether the grantee is the bucket's owner.
    pub is_owner: bool,
}

aws_enum! {
    /// Where an access point takes requests from.
    NetworkOrigin {
        /// Anywhere.
        Internet => "Internet",
        /// One VPC only.
        Vpc => "VPC",
    }
}

/// One access point. Source: `s3:ListAccessPoints`, `s3:GetAccessPoint`, `s3:GetAccessPointPolicy`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessPoint {
    /// Name, unique in account and region.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// Bucket it leads to.
    pub bucket: String,
    /// Account that owns the bucket, where told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket_account: Option<String>,
    /// Where requests may come from.
    pub network_origin: NetworkOrigin,
    /// VPC it is bound to, for network origin `VPC`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc_id: Option<String>,
    /// Public access block of the access point.
    pub public_access_block: Observed<Option<PublicAccessBlock>>,
    /// Policy as text; `Known(None)` when there is none.
    pub policy: Observed<Option<String>>,
    /// Whether S3 itself calls the policy public. Source: `s3:GetAccessPointPolicyStatus`.
    pub policy_is_public: Observed<Option<bool>>,
}
