//! Managed prefix lists.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::model::Observed;

/// One managed prefix list. Source: `ec2:DescribeManagedPrefixLists`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrefixList {
    /// Prefix list id, `pl-`.
    pub id: String,
    /// Name, such as `com.amazonaws.eu-west-1.s3`.
    pub name: String,
    /// `AWS`, or the account that owns it.
    pub owner_id: String,
    /// `IPv4` or `IPv6`.
    pub family: String,
    /// Its blocks, sorted. Source: `ec2:GetManagedPrefixListEntries`.
    pub entries: Observed<Vec<IpNet>>,
}
