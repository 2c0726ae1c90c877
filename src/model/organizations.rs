//! The organization the account belongs to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Observed;

/// The organization the account belongs to.
///
/// Source: `organizations:DescribeOrganization` `Organization`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Organization id, such as `o-a1b2c3d4e5`.
    pub id: String,
    /// Account id of the management account.
    pub management_account_id: String,
    /// Its accounts: id to name. `Known(None)` where AWS does not offer the list: to a member account that is no
    /// delegated administrator. Source: `organizations:ListAccounts`, which "can be called only from the organization's
    /// management account or by a member account that is a delegated administrator".
    pub accounts: Observed<Option<BTreeMap<String, String>>>,
}
