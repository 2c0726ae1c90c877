//! What repairs a finding: the change that a check names, made from what the finding is about.
//!
//! A repair reads the inventory that was judged. That it does what it should is not its business: the proof tries it.

mod buckets;
mod endpoints;
mod gateway_endpoints;
mod groups;
mod nat_gateways;
mod policies;

use super::{Audit, Resource};
use crate::fix::Change;
use crate::model::RegionInventory;

pub(super) use buckets::{block_account, block_bucket, deny_plain_http};
pub(super) use endpoints::{
    add_zones, admit_clients, complete_bundle, delete_dead, delete_unneeded, enable_dns, enable_private_dns, restrict_service,
    use_gateway,
};
pub(super) use gateway_endpoints::{add, associate};
pub(super) use groups::{delete_unused, empty_default, narrow_endpoint_group, revoke_stale};
pub(super) use nat_gateways::{delete_dead_route, delete_idle, delete_redundant, release_address, stay_in_zone};
pub(super) use policies::{admit_aws_owned, refuse_foreign_principals, refuse_foreign_resources, replace_full_access};

/// What repairs the findings of a check.
#[derive(Debug, Clone, Copy)]
pub enum Repair {
    /// A change that is made from the finding, or why there is none that is safe.
    Change(fn(&Audit<'_>, &Case<'_>) -> Result<Change, String>),
    /// Nothing that a program should decide: in a few words, what a person has to know first.
    Decision(&'static str),
}

/// What a finding is about.
#[derive(Debug, Clone, Copy)]
pub struct Case<'c> {
    /// Region.
    pub region: &'c str,
    /// The resource that is wrong.
    pub resource: &'c Resource,
    /// AWS service.
    pub service: Option<&'c str>,
    /// What tells the finding apart from its neighbours.
    pub discriminator: &'c str,
    /// Other resources that take part.
    pub related: &'c [String],
}

impl<'c> Case<'c> {
    fn inventory<'a>(&self, audit: &Audit<'a>) -> Result<&'a RegionInventory, String> {
        audit.inventory.regions.get(self.region).ok_or_else(|| format!("{} was not read", self.region))
    }

    /// The ids among the related resources that begin so.
    fn related_with(&self, prefix: &str) -> Vec<&'c str> {
        self.related.iter().map(String::as_str).filter(|id| id.starts_with(prefix)).collect()
    }
}

/// Why somebody else has to make a change: the account does not own the resource.
fn owned(audit: &Audit<'_>, owner_id: &str, id: &str) -> Result<(), String> {
    if owner_id == audit.inventory.account.id || owner_id.is_empty() {
        Ok(())
    } else {
        Err(format!("{id} belongs to account {owner_id}, which has to change it"))
    }
}

/// Finds a resource of a listing.
fn find<'a, T>(listing: &'a crate::model::Listing<T>, id: &str) -> Result<&'a T, String> {
    listing.get(id).ok_or_else(|| format!("{id} was not read"))
}

/// Refuses a change that rests on all resources of a kind being known, where some were not read.
fn all_read<T>(listing: &crate::model::Listing<T>, kind: &str) -> Result<(), String> {
    if listing.is_complete() {
        Ok(())
    } else {
        Err(format!("not every {kind} was read, and one that was not may need what is there now"))
    }
}
