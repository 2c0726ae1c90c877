//! Who uses a security group: what its deletion would meet with, and whom its rules are for.

use foldhash::{HashMap, HashSet};

use crate::model::RegionInventory;
use crate::model::ec2::{NetworkInterface, VpcEndpoint};

/// The users of the groups of a region, looked up once for all groups. The maps are only ever asked, never walked.
#[derive(Debug)]
pub(in crate::analyze) struct Uses<'r> {
    interfaces: HashMap<&'r str, Vec<&'r NetworkInterface>>,
    endpoints: HashMap<&'r str, Vec<&'r VpcEndpoint>>,
    named: HashSet<&'r str>,
}

impl<'r> Uses<'r> {
    /// Goes through the interfaces and endpoints of a region, as far as they were read; `named`: the groups that a rule of another group
    /// names.
    pub(in crate::analyze) fn of(region: &'r RegionInventory, named: HashSet<&'r str>) -> Self {
        let mut uses = Self { interfaces: HashMap::default(), endpoints: HashMap::default(), named };
        for interface in region.network_interfaces.values() {
            for group in &interface.group_ids {
                uses.interfaces.entry(group).or_default().push(interface);
            }
        }
        for endpoint in region.vpc_endpoints.values() {
            for group in &endpoint.group_ids {
                uses.endpoints.entry(group).or_default().push(endpoint);
            }
        }
        uses
    }

    /// Interfaces that carry a group.
    pub(in crate::analyze) fn interfaces(&self, group_id: &str) -> &[&'r NetworkInterface] {
        self.interfaces.get(group_id).map_or(&[], Vec::as_slice)
    }

    /// Endpoints that list a group.
    pub(in crate::analyze) fn endpoints(&self, group_id: &str) -> &[&'r VpcEndpoint] {
        self.endpoints.get(group_id).map_or(&[], Vec::as_slice)
    }

    /// Whether a rule of another group names a group.
    pub(in crate::analyze) fn is_named(&self, group_id: &str) -> bool {
        self.named.contains(group_id)
    }

    /// Whether an interface carries it, an endpoint lists it or a rule of another group names it.
    pub(super) fn is_used(&self, group_id: &str) -> bool {
        !self.interfaces(group_id).is_empty() || !self.endpoints(group_id).is_empty() || self.is_named(group_id)
    }
}
