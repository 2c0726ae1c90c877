//! Whose policy it is, and who counts as inside.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::rules::Attachment;

/// Whose policy it is, and who counts as inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// What the policy is attached to.
    pub attachment: Attachment,
    /// Partition, such as `aws`.
    pub partition: String,
    /// Account that owns the bucket, access point or endpoint.
    pub account: String,
    /// The organization that account is in.
    pub organization: Membership,
    /// Other accounts that count as inside.
    pub trusted_accounts: BTreeSet<String>,
    /// Other organizations that count as inside.
    pub trusted_organizations: BTreeSet<String>,
    /// Region of the bucket or endpoint, where known.
    pub region: Option<String>,
    /// ARN of the bucket or access point; where it is not told, the first one that the policy names in full.
    pub resource: Option<String>,
    /// For an endpoint, the prefix of its service's actions, such as `s3` or `ecr`.
    pub service: Option<String>,
    /// For an endpoint, its id and VPC.
    pub endpoint: Option<(String, String)>,
    /// Canonical user id of the account, where known.
    pub canonical_user: Option<String>,
    /// What is known of the account's resources.
    pub known: Arc<KnownResources>,
}

/// Resources of the account that policies may name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownResources {
    /// Names of the account's buckets.
    pub buckets: Arc<BTreeSet<String>>,
    /// Whether these are all its buckets.
    pub all_buckets: bool,
    /// Endpoints of the account, with their VPC.
    pub endpoints: BTreeMap<String, String>,
    /// VPCs of the account.
    pub vpcs: BTreeSet<String>,
}

/// The organization an account is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Membership {
    /// None.
    None,
    /// Not read.
    Unknown,
    /// This one.
    In {
        /// Organization id.
        id: String,
        /// All its accounts, where they were read.
        accounts: Option<BTreeSet<String>>,
    },
}

/// Whether somebody counts as inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// The account itself, its organization, or somebody trusted.
    Inside,
    /// Anybody else.
    Outside,
    /// What was read does not tell.
    Unsure,
}

impl Scope {
    /// A bucket policy of an account in no organization that trusts nobody; the start for other scopes.
    #[must_use]
    pub fn new(attachment: Attachment, account: &str) -> Self {
        Self {
            attachment,
            partition: "aws".to_owned(),
            account: account.to_owned(),
            organization: Membership::None,
            trusted_accounts: BTreeSet::new(),
            trusted_organizations: BTreeSet::new(),
            region: None,
            resource: None,
            service: None,
            endpoint: None,
            canonical_user: None,
            known: Arc::default(),
        }
    }

    /// The region, or one that stands for any where it is not told.
    pub(super) fn region_or_any(&self) -> &str {
        self.region.as_deref().unwrap_or("us-east-1")
    }

    /// Id of the organization, where the account is known to be in one.
    #[must_use]
    pub fn organization_id(&self) -> Option<&str> {
        match &self.organization {
            Membership::In { id, .. } => Some(id),
            Membership::None | Membership::Unknown => None,
        }
    }

    /// All accounts of the organization, where they were read.
    pub(super) fn listed_accounts(&self) -> Option<&BTreeSet<String>> {
        match &self.organization {
            Membership::In { accounts, .. } => accounts.as_ref(),
            Membership::None | Membership::Unknown => None,
        }
    }

    /// Whether an account whose organization is not told counts as inside.
    #[must_use]
    pub fn standing_of_account(&self, account: &str) -> Standing {
        if account == self.account || self.trusted_accounts.contains(account) {
            return Standing::Inside;
        }
        match &self.organization {
            Membership::In { accounts: Some(accounts), .. } if accounts.contains(account) => Standing::Inside,
            Membership::In { accounts: Some(_), .. } | Membership::None if self.trusted_organizations.is_empty() => {
                Standing::Outside
            }
            Membership::In { .. } | Membership::None | Membership::Unknown => Standing::Unsure,
        }
    }

    /// Whether a member of an organization counts as inside.
    pub(super) fn standing_of_organization(&self, organization: &str) -> Standing {
        if self.organization_id() == Some(organization) || self.trusted_organizations.contains(organization) {
            Standing::Inside
        } else if self.organization == Membership::Unknown {
            Standing::Unsure
        } else {
            Standing::Outside
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_counts_as_inside_hangs_on_what_was_read_of_the_organization() {
        let set = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<BTreeSet<_>>();
        let within = |accounts: Option<&[&str]>| Membership::In { id: "o-own".to_owned(), accounts: accounts.map(set) };
        let (inside, outside, unsure) = (Standing::Inside, Standing::Outside, Standing::Unsure);
        let listed: &[&str] = &["111111111111", "222222222222"];
        for (organization, trusted, sister, stranger, own, other) in [
            (Membership::None, &[][..], outside, outside, outside, outside),
            (Membership::Unknown, &[], unsure, unsure, unsure, unsure),
            (within(None), &[], unsure, unsure, inside, outside),
            (within(Some(listed)), &[], inside, outside, inside, outside),
            // A stranger may be in an organization that is trusted.
            (Membership::None, &["o-other"], unsure, unsure, outside, inside),
            (within(Some(listed)), &["o-other"], inside, unsure, inside, inside),
        ] {
            let mut scope = Scope::new(Attachment::Bucket, "111111111111");
            scope.organization = organization;
            scope.trusted_organizations = set(trusted);
            scope.trusted_accounts = set(&["333333333333"]);
            let accounts = ["111111111111", "333333333333", "222222222222", "444444444444"];
            let found = accounts.map(|account| scope.standing_of_account(account));
            assert_eq!(found, [inside, inside, sister, stranger], "{scope:?}");
            let found = ["o-own", "o-other"].map(|id| scope.standing_of_organization(id));
            assert_eq!(found, [own, other], "{scope:?}");
        }
    }
}
