//! What a check may look at: the inventory, the settings, and the paths worked out once for all checks.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use foldhash::HashMap;
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use super::checks::forwarding::{Client, Forwarding};
use super::checks::group_rules::Rules;
use super::checks::group_uses::Uses;
use super::checks::occupancy::Occupancy;
use super::policies::Memo;
use super::{Costing, Policies, Settings};
use crate::cost::Usage;
use crate::model::ec2::{NatGateway, Subnet, VpcEndpoint};
use crate::model::{Inventory, RegionInventory};
use crate::network::{Directory, Family, Network, Path, Paths, Sisters, group_by, ranges_by_subnet};

/// What a check may look at.
#[derive(Debug)]
pub struct Audit<'a> {
    /// The account.
    pub inventory: &'a Inventory,
    /// Thresholds and the trusted circle.
    pub settings: &'a Settings,
    /// The path engine over the inventory.
    pub network: Network<'a>,
    /// Every policy of the account, decided.
    pub policies: Policies,
    /// The path matrix, sorted by region, subnet, service and IP version.
    pub paths: Vec<Path>,
    /// Where the paths of a subnet stand among them, by region and subnet.
    paths_by_subnet: BySubnet<'a>,
    /// Prices, traffic and the bill.
    pub costing: Costing,
    lookups: BTreeMap<&'a str, Lookups<'a>>,
    pub(super) carry: Carry<'a>,
}

/// Where something of each subnet stands, by region and id.
type BySubnet<'a> = HashMap<&'a str, HashMap<&'a str, Range<usize>>>;

/// What checks and repairs look up in one region.
#[derive(Debug)]
struct Lookups<'a> {
    rules: Rules<'a>,
    uses: Uses<'a>,
    occupancy: Occupancy<'a>,
    forwarding: Forwarding<'a>,
    /// By VPC.
    endpoints: HashMap<&'a str, Vec<&'a VpcEndpoint>>,
    /// By VPC.
    nat_gateways: HashMap<&'a str, Vec<&'a NatGateway>>,
}

impl<'a> Lookups<'a> {
    fn of(region: &'a RegionInventory) -> Self {
        let (rules, named) = Rules::of(region);
        Self {
            rules,
            uses: Uses::of(region, named),
            occupancy: Occupancy::of(region),
            forwarding: Forwarding::of(region),
            endpoints: group_by(region.vpc_endpoints.values(), |endpoint| &endpoint.vpc_id),
            nat_gateways: group_by(region.nat_gateways.values(), |nat| &nat.vpc_id),
        }
    }
}

/// What an audit of a changed account takes over from that of the account it was made of.
#[derive(Debug, Clone)]
pub(super) struct Carry<'a> {
    /// What the sisters of the account tell. No change is made in what is theirs.
    pub(super) sisters: &'a Sisters,
    /// The traffic, which was measured before the change; `None` where it was measured in this very account.
    pub(super) usage: Option<Arc<Usage>>,
    /// Names of the account's buckets, those included that were left out of a part of it.
    pub(super) buckets: Arc<BucketNames>,
    /// Policies that were decided.
    pub(super) memo: Arc<Memo>,
}

/// The names of an account's buckets.
#[derive(Debug)]
pub(super) struct BucketNames {
    pub(super) names: Arc<BTreeSet<String>>,
    /// Stands for the names.
    pub(super) digest: Vec<u8>,
    /// Whether these are all.
    pub(super) complete: bool,
}

impl<'a> Carry<'a> {
    /// Nothing but what an account says of itself, and its sisters of what it uses.
    pub(super) fn fresh(inventory: &Inventory, sisters: &'a Sisters) -> Self {
        let names: BTreeSet<String> = inventory.buckets.items.keys().cloned().collect();
        let digest = Sha256::digest(names.iter().flat_map(|name| [name.as_str(), "\n"]).collect::<String>()).to_vec();
        let buckets = Arc::new(BucketNames { names: Arc::new(names), digest, complete: inventory.buckets.is_complete() });
        Self { sisters, usage: None, buckets, memo: Arc::default() }
    }

    /// What a part of the account takes over: of the traffic only what these gateways and endpoints measured.
    pub(super) fn of_these<'i>(&self, ids: impl IntoIterator<Item = (&'i str, &'i str)>) -> Self {
        let usage = self.usage.as_ref().map(|usage| Arc::new(usage.of_these(ids)));
        Self { usage, ..self.clone() }
    }
}

impl<'a> Audit<'a> {
    /// Works out every path of the inventory.
    #[must_use]
    pub fn new(inventory: &'a Inventory, settings: &'a Settings) -> Self {
        Self::carrying(inventory, settings, Carry::fresh(inventory, Sisters::no_one()))
    }

    /// Like [`Audit::new`], with what another audit hands on.
    pub(super) fn carrying(inventory: &'a Inventory, settings: &'a Settings, carry: Carry<'a>) -> Self {
        let network = Network::among(inventory, carry.sisters);
        let ways = || {
            let Paths { matrix, ways_out } = network.paths();
            let costing = Costing::new(inventory, settings, &network, &matrix, ways_out, carry.usage.as_ref());
            (matrix, costing)
        };
        let ((paths, costing), policies) = rayon::join(ways, || Policies::new(inventory, settings, &carry));
        let regions: Vec<(&str, &RegionInventory)> =
            inventory.regions.iter().map(|(name, region)| (name.as_str(), region)).collect();
        let look_up = || regions.into_par_iter().map(|(name, region)| (name, Lookups::of(region))).collect::<Vec<_>>();
        let (lookups, paths_by_subnet) = rayon::join(look_up, || by_subnet(inventory, &paths));
        let lookups = lookups.into_iter().collect();
        Self { inventory, settings, network, policies, paths, paths_by_subnet, costing, lookups, carry }
    }

    /// An audit of its own that decides no policy again which another one has decided.
    #[cfg(test)]
    pub(super) fn sharing_decisions(inventory: &'a Inventory, settings: &'a Settings, other: &Audit<'_>) -> Self {
        let carry = Carry { memo: Arc::clone(&other.carry.memo), ..Carry::fresh(inventory, Sisters::no_one()) };
        Self::carrying(inventory, settings, carry)
    }

    /// What an audit of this account with a change in it takes over.
    pub(super) fn handed_on(&self) -> Carry<'a> {
        Carry { usage: Some(Arc::clone(&self.costing.usage)), ..self.carry.clone() }
    }

    /// Who holds what among the sisters; `None` where the account is looked at by itself.
    pub(super) fn directory(&self) -> Option<&'a Directory> {
        self.carry.sisters.directory()
    }

    /// Whether a VPC is for a sister's report to judge: the sister owns it and has told all of it.
    pub(super) fn is_judged_elsewhere(&self, region: &str, vpc_id: &str) -> bool {
        self.network.teller_of_vpc(region, vpc_id).is_some()
    }

    /// Every region that was asked, in the order of the names.
    pub fn regions(&self) -> impl Iterator<Item = (&'a str, &'a RegionInventory)> + use<'a> {
        self.inventory.regions.iter().map(|(name, region)| (name.as_str(), region))
    }

    /// The rules of the security groups of a region that was asked.
    pub(super) fn rules(&self, region: &str) -> Option<&Rules<'a>> {
        self.lookups.get(region).map(|lookups| &lookups.rules)
    }

    /// The users of the security groups of a region that was asked.
    pub(super) fn uses(&self, region: &str) -> Option<&Uses<'a>> {
        self.lookups.get(region).map(|lookups| &lookups.uses)
    }

    /// The endpoints of a VPC that the account sees, by id.
    pub(super) fn endpoints_in(&self, region: &str, vpc_id: &str) -> &[&'a VpcEndpoint] {
        let found = self.lookups.get(region).and_then(|lookups| lookups.endpoints.get(vpc_id));
        found.map_or(&[], Vec::as_slice)
    }

    /// The NAT gateways of a VPC that the account sees, by id.
    pub(super) fn nat_gateways_in(&self, region: &str, vpc_id: &str) -> &[&'a NatGateway] {
        let found = self.lookups.get(region).and_then(|lookups| lookups.nat_gateways.get(vpc_id));
        found.map_or(&[], Vec::as_slice)
    }

    /// Who sits in the subnets of a region that was asked.
    pub(super) fn occupancy(&self, region: &str) -> Option<&Occupancy<'a>> {
        self.lookups.get(region).map(|lookups| &lookups.occupancy)
    }

    /// A subnet of a region that was asked, as a client; `None` for one that only forwards.
    pub(super) fn client(&self, region: &str, subnet: &'a Subnet) -> Option<Client<'a>> {
        self.lookups.get(region).and_then(|lookups| lookups.forwarding.client(subnet))
    }

    /// The paths of one subnet to every service, in both IP versions.
    #[must_use]
    pub fn paths_of(&self, region: &str, subnet_id: &str) -> &[Path] {
        let range = self.paths_by_subnet.get(region).and_then(|subnets| subnets.get(subnet_id)).cloned();
        range.and_then(|range| self.paths.get(range)).unwrap_or_default()
    }

    /// The paths of one subnet to one service: one per IP version that the subnet has.
    #[must_use]
    pub fn paths_to(&self, region: &str, subnet_id: &str, service: &str) -> &[Path] {
        let paths = self.paths_of(region, subnet_id);
        let from = paths.get(paths.partition_point(|path| &*path.service < service)..).unwrap_or_default();
        let count = from.iter().take_while(|path| &*path.service == service).count();
        from.get(..count).unwrap_or_default()
    }

    /// The path of one subnet to one service in one IP version; `None` where the matrix has none.
    #[must_use]
    pub fn path(&self, region: &str, subnet_id: &str, service: &str, family: Family) -> Option<&Path> {
        self.paths_to(region, subnet_id, service).iter().find(|path| path.family == family)
    }

    /// Bytes that these NAT gateways billed over the lookback window, together.
    ///
    /// `None` where there is no gateway, or one of them has no value on any day: a part is not the whole.
    #[must_use]
    pub fn nat_bytes<'n>(&self, region: &str, nat_gateway_ids: impl IntoIterator<Item = &'n str>) -> Option<u64> {
        let traffic = &self.inventory.regions.get(region)?.traffic;
        let bytes = |id: &str| {
            let measured = traffic.nat_gateway(id).ok().flatten()?;
            (measured.days_reported() > 0).then(|| measured.billed_bytes())
        };
        nat_gateway_ids
            .into_iter()
            .map(bytes)
            .try_fold(None, |sum: Option<u64>, bytes| bytes.map(|bytes| Some(sum.unwrap_or(0).saturating_add(bytes))))?
    }
}

/// Where the paths of each subnet stand among sorted ones.
fn by_subnet<'a>(inventory: &'a Inventory, paths: &[Path]) -> BySubnet<'a> {
    let mut by_subnet = BySubnet::default();
    for range in ranges_by_subnet(paths) {
        let Some(path) = paths.get(range.start) else { continue };
        let Some((region, held)) = inventory.regions.get_key_value(&*path.region) else { continue };
        let Some((subnet, _)) = held.subnets.items.get_key_value(&*path.subnet_id) else { continue };
        by_subnet.entry(region).or_default().insert(subnet, range);
    }
    by_subnet
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::analyze::fixtures;

    #[test]
    fn paths_are_found_by_subnet_service_and_version() {
        let inventory = fixtures::inventory(&json!({ "regions": { "eu-west-1": {
            "vpcs": { "vpc-0aa": { "ipv6_cidrs": ["2001:db8:0:100::/56"] } },
            "subnets": { "subnet-0a": { "ipv6_cidrs": ["2001:db8:0:101::/64"] }, "subnet-0b": {} },
            "route_tables": { "rtb-0a": { "main": true } },
        } } }));
        let settings = Settings::default();
        let audit = Audit::new(&inventory, &settings);
        assert_eq!(audit.paths.len(), 6);
        let of = |subnet: &str| audit.paths_of("eu-west-1", subnet).iter().map(|path| &*path.service).collect::<Vec<_>>();
        assert_eq!(of("subnet-0a"), ["dynamodb", "dynamodb", "s3", "s3"]);
        assert_eq!(of("subnet-0b"), ["dynamodb", "s3"]);
        assert!(of("subnet-0c").is_empty() && audit.paths_of("us-east-1", "subnet-0a").is_empty());
        let found = audit.path("eu-west-1", "subnet-0a", "s3", Family::Ipv6);
        assert_eq!(found.map(|path| (&*path.service, path.family)), Some(("s3", Family::Ipv6)));
        assert!(audit.path("eu-west-1", "subnet-0b", "s3", Family::Ipv6).is_none());
    }

    #[test]
    fn bytes_of_gateways_add_up_only_where_all_are_known() {
        let gap = json!({ "unknown": "eu-west-1/cloudwatch:GetMetricData" });
        let none = json!({ "known": { "bytes_out_to_destination": { "sum": 0, "days_reported": 0 },
            "bytes_out_to_source": { "sum": 0, "days_reported": 0 }, "connection_attempts": { "sum": 0, "days_reported": 0 } } });
        let inventory = fixtures::inventory(&json!({ "regions": { "eu-west-1": {
            "traffic": { "nat_gateways": { "nat-0a": 3, "nat-0b": 4, "nat-0gap": gap, "nat-0none": none } },
        } } }));
        let settings = Settings::default();
        let audit = Audit::new(&inventory, &settings);
        assert_eq!(audit.nat_bytes("eu-west-1", ["nat-0a", "nat-0b"]), Some(7));
        assert_eq!(audit.nat_bytes("eu-west-1", ["nat-0a", "nat-0gap"]), None);
        assert_eq!(audit.nat_bytes("eu-west-1", ["nat-0none"]), None);
        assert_eq!(audit.nat_bytes("eu-west-1", []), None);
    }
}
