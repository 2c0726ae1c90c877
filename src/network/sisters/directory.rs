//! Which account holds which id, over all accounts that were scanned.

use std::collections::{BTreeMap, BTreeSet};

use super::Wanted;
use crate::model::Inventory;
use crate::model::ec2::{EndpointKind, EndpointState};

/// Which account holds which id, over all accounts that were scanned: small enough to stay in memory.
///
/// An id that it does not know may be that of an account outside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    vpcs: BTreeMap<String, Held>,
    endpoints: BTreeMap<String, HeldEndpoint>,
    transit_gateways: BTreeMap<String, String>,
    zones: BTreeMap<String, String>,
    /// Whether all endpoints were listed, by account and region.
    listings: BTreeMap<String, BTreeMap<String, bool>>,
}

/// Where something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Account that owns it.
    pub account: String,
    /// Region.
    pub region: String,
}

/// An endpoint, and what policies that name it need to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldEndpoint {
    /// Account and region.
    pub held: Held,
    /// VPC it stands in.
    pub vpc_id: String,
    /// Service it leads to.
    pub service_name: String,
    /// Region of the service, where the endpoint crosses regions.
    pub service_region: Option<String>,
    /// Type.
    pub kind: EndpointKind,
    /// State.
    pub state: EndpointState,
}

impl Directory {
    /// A directory of no account.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes note of what an account owns. What is shared with it is noted in its owner's inventory.
    pub fn note(&mut self, inventory: &Inventory) {
        let account = &inventory.account.id;
        for (name, region) in &inventory.regions {
            let held = || Held { account: account.clone(), region: name.clone() };
            for vpc in region.vpcs.values().filter(|vpc| vpc.owner_id == *account) {
                self.vpcs.insert(vpc.id.clone(), held());
            }
            for endpoint in region.vpc_endpoints.values().filter(|endpoint| endpoint.is_owned_by(account)) {
                let held = HeldEndpoint {
                    held: held(),
                    vpc_id: endpoint.vpc_id.clone(),
                    service_name: endpoint.service_name.clone(),
                    service_region: endpoint.service_region.clone(),
                    kind: endpoint.kind.clone(),
                    state: endpoint.state.clone(),
                };
                self.endpoints.insert(endpoint.id.clone(), held);
            }
            for gateway in region.transit_gateways.values().filter(|gateway| gateway.owner_id == *account) {
                self.transit_gateways.insert(gateway.id.clone(), account.clone());
            }
            let complete = region.vpc_endpoints.is_complete();
            self.listings.entry(account.clone()).or_default().insert(name.clone(), complete);
        }
        self.zones.extend(inventory.private_zones.items.keys().map(|id| (id.clone(), account.clone())));
    }

    /// The account and region of a VPC.
    #[must_use]
    pub fn vpc(&self, id: &str) -> Option<&Held> {
        self.vpcs.get(id)
    }

    /// An endpoint, and where it is.
    #[must_use]
    pub fn endpoint(&self, id: &str) -> Option<&HeldEndpoint> {
        self.endpoints.get(id)
    }

    /// The endpoints of a VPC with their ids, as far as they were read.
    pub fn endpoints_of(&self, vpc_id: &str) -> impl Iterator<Item = (&str, &HeldEndpoint)> {
        self.endpoints.iter().filter(move |(_, one)| one.vpc_id == vpc_id).map(|(id, one)| (id.as_str(), one))
    }

    /// Whether every endpoint of an account in a region is here, so that another one does not exist.
    #[must_use]
    pub fn has_all_endpoints(&self, account: &str, region: &str) -> bool {
        self.listings.get(account).and_then(|regions| regions.get(region)).copied().unwrap_or_default()
    }

    /// The accounts that own some of what is wanted.
    #[must_use]
    pub fn holders(&self, wanted: &Wanted) -> BTreeSet<String> {
        let vpcs = wanted.vpcs.iter().filter_map(|(_, id)| self.vpcs.get(id)).map(|held| &held.account);
        let gateways = wanted.transit_gateways.iter().filter_map(|(_, id)| self.transit_gateways.get(id));
        let zones = wanted.zones.iter().filter_map(|id| self.zones.get(id));
        vpcs.chain(gateways).chain(zones).cloned().collect()
    }
}
