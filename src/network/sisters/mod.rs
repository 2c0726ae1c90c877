//! The other accounts of one scan, and what they tell about the things that an account uses and does not hold.
//!
//! Transit gateways, VPCs of shared subnets, hubs, endpoints and private hosted zones belong to one account and serve many.
//! A sister is believed only where nothing is missing from what it lists in a region: what it does not list is not there.

mod directory;
mod learn;
#[cfg(test)]
mod tests;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use directory::{Directory, Held, HeldEndpoint};
pub use wanted::Wanted;

use crate::model::route53::PrivateZone;
use crate::model::{Inventory, RegionInventory};

/// Rounds of questions: transit gateway, inspection, hub and what lies behind it. What is wanted after them stays unknown.
const PASSES: u32 = 6;

/// What the other accounts of one scan tell about the things an account uses and does not hold.
///
/// The same sisters give the same facts, in whatever order they are learnt.
#[derive(Debug, Clone, Default)]
pub struct Sisters {
    /// The account whose sisters they are.
    account: String,
    pub(super) directory: Option<Arc<Directory>>,
    regions: BTreeMap<String, RegionFacts>,
    zones: BTreeMap<String, PrivateZone>,
    /// Which account told of an id, or answered a call about one that another account answers as well.
    tellers: BTreeMap<String, String>,
    /// Endpoints that private hosted zones lead the account's clients to.
    named: BTreeSet<String>,
    /// Sisters, by region, that were asked and have gaps there.
    incomplete: BTreeSet<(String, String)>,
    /// What this pass is for.
    open: Wanted,
    /// What this pass and those before it are for.
    asked: Wanted,
    passes: u32,
    own: Own,
}

/// What has to be known of the account while sisters are learnt.
#[derive(Debug, Clone, Default)]
struct Own {
    /// Zone names as the account knows them, by region and zone id.
    zones: BTreeMap<(String, String), String>,
    /// VPCs that the account has subnets in.
    homes: BTreeSet<String>,
    /// Peering connections, of which both sides see all there is.
    peerings: BTreeSet<String>,
}

/// What sisters tell about one region.
#[derive(Debug, Clone, Default)]
pub(super) struct RegionFacts {
    /// What belongs to the VPCs and transit gateways below.
    pub(super) held: RegionInventory,
    /// VPCs of which everything is known, with the account that owns each.
    pub(super) vpcs: BTreeMap<String, String>,
    /// Transit gateways of which everything is known, with the account that owns each.
    pub(super) transit_gateways: BTreeMap<String, String>,
}

static NONE: Sisters = Sisters::none();

impl Sisters {
    /// No sisters: the account is looked at by itself.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            account: String::new(),
            directory: None,
            regions: BTreeMap::new(),
            zones: BTreeMap::new(),
            tellers: BTreeMap::new(),
            named: BTreeSet::new(),
            incomplete: BTreeSet::new(),
            open: Wanted { vpcs: BTreeSet::new(), transit_gateways: BTreeSet::new(), zones: BTreeSet::new() },
            asked: Wanted { vpcs: BTreeSet::new(), transit_gateways: BTreeSet::new(), zones: BTreeSet::new() },
            passes: 0,
            own: Own { zones: BTreeMap::new(), homes: BTreeSet::new(), peerings: BTreeSet::new() },
        }
    }

    /// No sisters, as a value that lives as long as the program.
    pub(crate) fn no_one() -> &'static Self {
        &NONE
    }

    /// The sisters of an account, of which nothing is known yet but who holds what.
    ///
    /// Then [`Self::ask`] tells whom to [`learn`](Self::learn) from; [`Self::gather`] does both.
    #[must_use]
    pub fn wanted_by(inventory: &Inventory, directory: Arc<Directory>) -> Self {
        let mut own = Own::default();
        for (name, region) in &inventory.regions {
            for subnet in region.subnets.values() {
                own.zones.insert((name.clone(), subnet.zone_id.clone()), subnet.zone.clone());
                own.homes.insert(subnet.vpc_id.clone());
            }
            own.peerings.extend(region.peering_connections.items.keys().cloned());
        }
        Self { account: inventory.account.id.clone(), directory: Some(directory), own, ..Self::none() }
    }

    /// Begins a pass: the accounts to learn from next, each once and in any order. None when there is nothing more to learn.
    ///
    /// What was learnt may tell of more that is wanted, so it is asked again until it names nobody.
    pub fn ask(&mut self, inventory: &Inventory) -> BTreeSet<String> {
        self.open = Wanted::default();
        let Some(directory) = self.directory.clone() else { return BTreeSet::new() };
        if self.passes == PASSES {
            return BTreeSet::new();
        }
        self.passes += 1;
        let (wanted, named) = wanted::wanted(inventory, self);
        self.named = named;
        self.open = wanted.without(&self.asked);
        self.asked.extend(&self.open);
        let mut holders = directory.holders(&self.open);
        holders.remove(&self.account);
        holders
    }

    /// Takes what this pass is for from a sister, and nothing else.
    pub fn learn(&mut self, sister: &Inventory) {
        learn::learn(self, sister);
    }

    /// Asks until there is nothing more to learn; `load` gives the inventory of an account, one at a time.
    ///
    /// # Errors
    /// The first error of `load`.
    pub fn gather<E>(
        inventory: &Inventory,
        directory: Arc<Directory>,
        mut load: impl FnMut(&str) -> Result<Inventory, E>,
    ) -> Result<Self, E> {
        let mut sisters = Self::wanted_by(inventory, directory);
        loop {
            let holders = sisters.ask(inventory);
            if holders.is_empty() {
                return Ok(sisters);
            }
            for account in holders {
                sisters.learn(&load(&account)?);
            }
        }
    }

    /// Who holds what; `None` where an account is looked at by itself.
    #[must_use]
    pub fn directory(&self) -> Option<&Directory> {
        self.directory.as_deref()
    }

    /// The account that told of an id.
    #[must_use]
    pub fn teller(&self, id: &str) -> Option<&str> {
        self.tellers.get(id).map(String::as_str)
    }

    /// What sisters tell about a region.
    pub(super) fn facts(&self, region: &str) -> Option<&RegionFacts> {
        self.regions.get(region)
    }

    /// A private hosted zone of a sister.
    pub(super) fn zone(&self, id: &str) -> Option<&PrivateZone> {
        self.zones.get(id)
    }

    /// Whether a private hosted zone leads the account's clients to an endpoint.
    pub(super) fn is_named(&self, endpoint_id: &str) -> bool {
        self.named.contains(endpoint_id)
    }

    /// Whether an account was asked about a region and has gaps there.
    pub(super) fn has_gaps(&self, region: &str, account: &str) -> bool {
        self.incomplete.iter().any(|(name, id)| name == region && id == account)
    }
}
