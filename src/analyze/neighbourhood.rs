//! Which parts of an account have a say in each other: a change in one is tried without the others, so that what a trial takes does not
//! grow with the account.
//!
//! VPCs are neighbours where packets or policies can make one matter to the other: a peering connection, a transit gateway, a private
//! hosted zone with the name of a service, a policy that names both. What no neighbour holds is left out of the part.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use foldhash::HashMap;
use rayon::prelude::*;

use crate::fix::{Change, Edit};
use crate::model::s3::Bucket;
use crate::model::{Inventory, Listing, RegionInventory};

/// What one more policy or resource weighs in the work of a trial, in paths.
const POLICY_WEIGHT: u64 = 20;

/// The part of an inventory that a change can make a difference in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum View {
    /// These VPCs of a region, with all that is in them, and these Elastic IP addresses that nothing uses.
    Networks { region: String, vpcs: BTreeSet<String>, addresses: BTreeSet<String> },
    /// A whole region.
    Region(String),
    /// One bucket.
    Bucket(String),
    /// All of it.
    Whole,
}

/// The neighbours of an inventory.
#[derive(Debug)]
pub(super) struct Neighbourhoods {
    regions: BTreeMap<String, Neighbours>,
    /// Buckets whose policy is about networks and names none, or was not read: they are in every part.
    everywhere: BTreeSet<String>,
    /// Buckets by the VPC that their policy names.
    named: BTreeMap<String, BTreeSet<String>>,
}

/// The VPCs of one region, and what is in each.
#[derive(Debug)]
struct Neighbours {
    /// For each VPC the least id among its neighbours.
    leader: BTreeMap<String, String>,
    groups: BTreeMap<String, BTreeSet<String>>,
    meters: Meters,
    /// Only a region that a part is cut out of needs them.
    members: OnceLock<Members>,
}

impl Neighbourhoods {
    /// Finds who is whose neighbour.
    pub(super) fn of(inventory: &Inventory) -> Self {
        let mut everywhere = BTreeSet::new();
        let mut by_vpc: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut together: Vec<Together> = Vec::new();
        let buckets: Vec<&Bucket> = inventory.buckets.values().collect();
        let named = |bucket: &&Bucket| {
            let names = Names::of(bucket.policy.known()?.as_deref()?)?;
            Some((names.is_open(), Together { any: names.any, vpcs: names.vpcs(inventory) }))
        };
        let named: Vec<Option<(bool, Together)>> = buckets.par_iter().map(named).collect();
        for (bucket, named) in buckets.into_iter().zip(named) {
            if bucket.policy.known().is_none() {
                everywhere.insert(bucket.name.clone());
            }
            let Some((open, named)) = named else { continue };
            if open {
                everywhere.insert(bucket.name.clone());
            } else {
                for vpc in &named.vpcs {
                    by_vpc.entry(vpc.clone()).or_default().insert(bucket.name.clone());
                }
            }
            together.push(named);
        }
        let regions: Vec<(&String, &RegionInventory)> = inventory.regions.iter().collect();
        let regions: Vec<(String, Neighbours)> =
            regions.into_par_iter().map(|(name, region)| (name.clone(), Neighbours::of(inventory, region, &together))).collect();
        let regions = regions.into_iter().collect();
        Self { regions, everywhere, named: by_vpc }
    }

    /// The part that a change can make a difference in.
    pub(super) fn around(&self, change: &Change, inventory: &Inventory) -> View {
        let mut views = change.edits.iter().map(|edit| self.around_edit(edit, inventory));
        let first = views.next().unwrap_or(View::Whole);
        views.fold(first, View::with)
    }

    fn around_edit(&self, edit: &Edit, inventory: &Inventory) -> View {
        match edit {
            Edit::PutBucketPolicy { bucket, .. } => return View::Bucket(bucket.clone()),
            Edit::BlockPublicAccess(place) => return place.bucket.clone().map_or(View::Whole, View::Bucket),
            _ => {}
        }
        let region = edit.region();
        let whole = || View::Region(region.to_owned());
        let (Some(held), Some(neighbours)) = (inventory.regions.get(region), self.regions.get(region)) else { return whole() };
        match place_of(edit, held) {
            Some(Place::Vpc(vpc)) => match neighbours.leader.get(vpc).and_then(|leader| neighbours.groups.get(leader)) {
                Some(vpcs) => View::Networks { region: region.to_owned(), vpcs: vpcs.clone(), addresses: BTreeSet::new() },
                None => whole(),
            },
            Some(Place::Address(id)) => {
                View::Networks { region: region.to_owned(), vpcs: BTreeSet::new(), addresses: BTreeSet::from([id.to_owned()]) }
            }
            None => whole(),
        }
    }

    /// The same views, those made one that share a network.
    pub(super) fn disjoint<'v>(views: impl IntoIterator<Item = &'v View>) -> BTreeMap<&'v View, View> {
        let views: BTreeSet<&View> = views.into_iter().collect();
        let whole: BTreeSet<&String> =
            views.iter().filter_map(|view| if let View::Region(name) = view { Some(name) } else { None }).collect();
        let mut unions: BTreeMap<&String, Union> = BTreeMap::new();
        for view in &views {
            if let View::Networks { region, vpcs, .. } = view {
                let union = unions.entry(region).or_insert_with(|| Union(BTreeMap::new()));
                for vpc in vpcs {
                    union.0.entry(vpc.clone()).or_insert_with(|| vpc.clone());
                }
                union.join(vpcs.iter().map(String::as_str));
            }
        }
        let mut groups: BTreeMap<(&String, String), BTreeSet<String>> = BTreeMap::new();
        for (region, union) in &unions {
            for vpc in union.0.keys() {
                groups.entry((region, union.find(vpc))).or_default().insert(vpc.clone());
            }
        }
        let merged = |view: &View| match view {
            View::Networks { region, .. } if whole.contains(region) => View::Region(region.clone()),
            View::Networks { region, vpcs, addresses } => {
                let leader = vpcs.first().and_then(|vpc| Some(unions.get(region)?.find(vpc)));
                let vpcs = leader.and_then(|leader| groups.get(&(region, leader))).unwrap_or(vpcs);
                View::Networks { region: region.clone(), vpcs: vpcs.clone(), addresses: addresses.clone() }
            }
            other => other.clone(),
        };
        views.into_iter().map(|view| (view, merged(view))).collect()
    }

    /// Takes out what has no say. Both inventories that are compared are cut in the same way.
    pub(super) fn cut(&self, view: &View, inventory: &Inventory) -> Inventory {
        match view {
            View::Whole => inventory.clone(),
            View::Region(name) => {
                let region = inventory.regions.get(name).cloned();
                let vpcs = region.iter().flat_map(|region| region.vpcs.items.keys()).cloned().collect();
                let mut cut = Inventory { buckets: self.buckets(&vpcs, inventory), ..inventory.without_contents() };
                cut.regions.extend(region.map(|region| (name.clone(), region)));
                cut
            }
            View::Networks { region: name, vpcs, addresses } => {
                let mut cut = Inventory { buckets: self.buckets(vpcs, inventory), ..inventory.without_contents() };
                if let (Some(region), Some(neighbours)) = (inventory.regions.get(name), self.regions.get(name)) {
                    cut.regions.insert(name.clone(), neighbours.cut(region, vpcs, addresses));
                }
                cut
            }
            View::Bucket(name) => self.around_bucket(name, inventory),
        }
    }

    /// The gateways and endpoints of a part, by region and id.
    pub(super) fn meters<'m>(&'m self, view: &'m View) -> Box<dyn Iterator<Item = (&'m str, &'m str)> + 'm> {
        match view {
            View::Bucket(_) => Box::new(std::iter::empty()),
            View::Whole => Box::new(self.regions.iter().flat_map(|(name, region)| region.meters.ids(name, None))),
            View::Region(name) => {
                Box::new(self.regions.get_key_value(name).into_iter().flat_map(|(name, region)| region.meters.ids(name, None)))
            }
            View::Networks { region, vpcs, .. } => Box::new(
                self.regions.get_key_value(region).into_iter().flat_map(|(name, region)| region.meters.ids(name, Some(vpcs))),
            ),
        }
    }

    /// The work that a trial in a part takes, in paths that are worked out again.
    pub(super) fn weight(&self, view: &View) -> u64 {
        let weight = match view {
            View::Bucket(_) => 0,
            View::Whole => self.regions.values().map(|region| region.meters.weight(None)).fold(0, u64::saturating_add),
            View::Region(name) => self.regions.get(name).map_or(0, |region| region.meters.weight(None)),
            View::Networks { region, vpcs, .. } => self.regions.get(region).map_or(0, |region| region.meters.weight(Some(vpcs))),
        };
        weight.max(POLICY_WEIGHT)
    }

    /// The buckets whose policy may be read differently in another network.
    fn buckets(&self, vpcs: &BTreeSet<String>, inventory: &Inventory) -> Listing<Bucket> {
        let names = vpcs.iter().filter_map(|vpc| self.named.get(vpc)).flatten().chain(&self.everywhere);
        inventory.buckets.only(names)
    }

    /// One bucket and the networks that its policy names; where packets go has no say in what a bucket's own settings mean.
    fn around_bucket(&self, name: &str, inventory: &Inventory) -> Inventory {
        let only = BTreeSet::from([name.to_owned()]);
        let mut cut = Inventory { buckets: inventory.buckets.only(&only), ..inventory.without_contents() };
        let policy = inventory.buckets.get(name).and_then(|bucket| bucket.policy.known()?.as_deref());
        let names = policy.and_then(Names::of);
        for (region_name, region) in &inventory.regions {
            let vpcs: BTreeSet<String> = match &names {
                None => BTreeSet::new(),
                Some(names) if names.is_open() => region.vpcs.items.keys().cloned().collect(),
                Some(names) => names.vpcs(inventory).into_iter().filter(|vpc| region.vpcs.get(vpc).is_some()).collect(),
            };
            let mut part = match self.regions.get(region_name) {
                Some(neighbours) if names.is_some() => {
                    let mut part = neighbours.cut(region, &vpcs, &BTreeSet::new());
                    part.nat_gateways.clone_from(&region.nat_gateways);
                    part.addresses.clone_from(&region.addresses);
                    part
                }
                _ => region.without_contents(),
            };
            part.subnets.items.clear();
            part.access_points.clone_from(&region.access_points);
            part.access_points.items.retain(|_, point| point.bucket == name);
            cut.regions.insert(region_name.clone(), part);
        }
        cut
    }
}

impl View {
    /// Whether it lies in one region, and what is paid there can differ.
    pub(super) fn is_on_the_bill(&self) -> bool {
        matches!(self, Self::Networks { .. } | Self::Region(_))
    }

    /// The part that both lie in.
    fn with(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            (
                Self::Networks { region, mut vpcs, mut addresses },
                Self::Networks { region: of_other, vpcs: more, addresses: loose },
            ) if region == of_other => {
                vpcs.extend(more);
                addresses.extend(loose);
                Self::Networks { region, vpcs, addresses }
            }
            (
                Self::Networks { region: one, .. } | Self::Region(one),
                Self::Networks { region: other, .. } | Self::Region(other),
            ) if one == other => Self::Region(one),
            _ => Self::Whole,
        }
    }
}

/// Where an edit is made.
enum Place<'e> {
    Vpc(&'e str),
    /// An Elastic IP address that is in no VPC.
    Address(&'e str),
}

fn place_of<'e>(edit: &'e Edit, region: &'e RegionInventory) -> Option<Place<'e>> {
    let of_endpoint = |id: &str| region.vpc_endpoints.get(id).map(|endpoint| endpoint.vpc_id.as_str());
    let of_group = |id: &str| region.security_groups.get(id).map(|group| group.vpc_id.as_str());
    let of_table = |id: &str| region.route_tables.get(id).map(|table| table.vpc_id.as_str());
    let vpc = match edit {
        Edit::CreateGatewayEndpoint { vpc_id, .. } | Edit::EnableVpcDns { vpc_id, .. } => Some(vpc_id.as_str()),
        Edit::AssociateRouteTables { endpoint_id, .. }
        | Edit::EnablePrivateDns { endpoint_id, .. }
        | Edit::AddEndpointSubnets { endpoint_id, .. }
        | Edit::PutEndpointPolicy { endpoint_id, .. } => of_endpoint(endpoint_id),
        Edit::AdmitHttps { group_id, .. } | Edit::RevokeRules { group_id, .. } => of_group(group_id),
        Edit::DeleteGroup { group, .. } => Some(group.vpc_id.as_str()),
        Edit::ReplaceRoute { table_id, .. } | Edit::DeleteRoute { table_id, .. } => of_table(table_id),
        Edit::DeleteNatGateway { nat, .. } => Some(nat.vpc_id.as_str()),
        Edit::DeleteEndpoint { endpoint, .. } => Some(endpoint.vpc_id.as_str()),
        Edit::ReleaseAddress { allocation_id, .. } => {
            let address = region.addresses.get(allocation_id)?;
            let loose =
                address.association_id.is_none() && address.network_interface_id.is_none() && address.instance_id.is_none();
            return loose.then_some(Place::Address(allocation_id));
        }
        Edit::PutBucketPolicy { .. } | Edit::BlockPublicAccess(_) | Edit::RestrictEndpointService { .. } => None,
    };
    vpc.map(Place::Vpc)
}

/// The networks that a policy names.
#[derive(Debug)]
struct Names {
    ids: BTreeSet<String>,
    /// Whether it may mean any network, by a wildcard or a variable.
    any: bool,
}

/// Condition keys with the letters of a VPC that are about whose an endpoint is, and not about which one.
const OWNERS: [&str; 3] = ["vpceaccount", "vpceorgid", "vpceorgpaths"];

impl Names {
    /// `None` where the policy says nothing of networks.
    fn of(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let (mut ids, mut any, mut keys) = (BTreeSet::new(), false, 0);
        for (at, _) in text.match_indices("vpc") {
            let rest = text.get(at..).unwrap_or_default();
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len());
            let (word, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
            if word.starts_with("vpc-") || word.starts_with("vpce-") {
                any |= behind.starts_with(['*', '?', '$', '\\']);
                ids.insert(word.to_owned());
            } else if !OWNERS.contains(&word) {
                keys += 1;
            }
        }
        any |= ids.is_empty() && keys > 0;
        let says = !ids.is_empty() || any || OWNERS.iter().any(|key| text.contains(key)) || text.contains("sourceip");
        says.then_some(Self { ids, any })
    }

    /// Whether every network is one that it may be read differently in.
    fn is_open(&self) -> bool {
        self.any || self.ids.is_empty()
    }

    /// The account's VPCs among them, and those of its endpoints among them.
    fn vpcs(&self, inventory: &Inventory) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for id in &self.ids {
            for region in inventory.regions.values() {
                found.extend(region.vpcs.get(id).map(|vpc| vpc.id.clone()));
                found.extend(region.vpc_endpoints.get(id).map(|endpoint| endpoint.vpc_id.clone()));
            }
        }
        found
    }
}

/// Sets of VPCs that grow together.
struct Union(BTreeMap<String, String>);

impl Union {
    fn find(&self, id: &str) -> String {
        let mut at = id;
        while let Some(above) = self.0.get(at).filter(|above| above.as_str() != at) {
            at = above;
        }
        at.to_owned()
    }

    /// Makes neighbours of all that are VPCs of the region.
    fn join<'i>(&mut self, ids: impl IntoIterator<Item = &'i str>) {
        let known: Vec<String> = ids.into_iter().filter(|id| self.0.contains_key(*id)).map(|id| self.find(id)).collect();
        if let Some(least) = known.iter().min().cloned() {
            for leader in known {
                self.0.insert(leader, least.clone());
            }
        }
    }
}

impl Neighbours {
    fn of(inventory: &Inventory, region: &RegionInventory, policies: &[Together]) -> Self {
        let mut union = Union(region.vpcs.items.keys().map(|id| (id.clone(), id.clone())).collect());
        // Subnets and gateways of a VPC that is not listed are neighbours all the same.
        for id in region.subnets.values().map(|subnet| &subnet.vpc_id) {
            union.0.entry(id.clone()).or_insert_with(|| id.clone());
        }
        for peering in region.peering_connections.values() {
            union.join([peering.requester.vpc_id.as_str(), peering.accepter.vpc_id.as_str()]);
        }
        let mut attached: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for attachment in region.transit_gateway_vpc_attachments.values() {
            attached.entry(&attachment.transit_gateway_id).or_default().push(&attachment.vpc_id);
        }
        for attachment in region.transit_gateway_attachments.values() {
            attached.entry(&attachment.transit_gateway_id).or_default().push(&attachment.resource_id);
        }
        // Transit gateways may be connected with each other: whoever hangs on one may reach whoever hangs on another.
        union.join(attached.into_values().flatten());
        let mut zones: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for vpc in region.vpcs.values() {
            for zone in vpc.hosted_zones.known().into_iter().flatten().filter(|zone| may_answer_for_aws(&zone.name)) {
                zones.entry(&zone.id).or_default().push(&vpc.id);
            }
        }
        for vpcs in zones.into_values() {
            union.join(vpcs);
        }
        let endpoints = region.vpc_endpoints.values().filter_map(|endpoint| {
            let names = Names::of(endpoint.policy.as_deref()?)?;
            Some((names, Some(endpoint.vpc_id.as_str())))
        });
        for (names, own) in endpoints {
            let named = Together { any: names.any, vpcs: names.vpcs(inventory) };
            named.join(&mut union, own);
        }
        for named in policies {
            named.join(&mut union, None);
        }
        let leader: BTreeMap<String, String> = union.0.keys().map(|id| (id.clone(), union.find(id))).collect();
        let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (id, of) in &leader {
            groups.entry(of.clone()).or_default().insert(id.clone());
        }
        Self { leader, groups, meters: Meters::of(region), members: OnceLock::new() }
    }

    /// Takes these VPCs and addresses out of the region that the neighbours were found in.
    fn cut(&self, region: &RegionInventory, vpcs: &BTreeSet<String>, addresses: &BTreeSet<String>) -> RegionInventory {
        let members = self.members.get_or_init(|| Members::of(region));
        let mut cut = region.without_contents();
        cut.vpcs = region.vpcs.only(vpcs);
        cut.subnets = members.subnets.cut(&region.subnets, vpcs);
        cut.route_tables = members.route_tables.cut(&region.route_tables, vpcs);
        cut.nat_gateways = self.meters.nat_gateways.cut(&region.nat_gateways, vpcs);
        cut.vpc_endpoints = self.meters.vpc_endpoints.cut(&region.vpc_endpoints, vpcs);
        cut.security_groups = members.security_groups.cut(&region.security_groups, vpcs);
        cut.security_group_rules = members.security_group_rules.cut(&region.security_group_rules, vpcs);
        cut.network_acls = members.network_acls.cut(&region.network_acls, vpcs);
        cut.network_interfaces = members.network_interfaces.cut(&region.network_interfaces, vpcs);
        cut.addresses = members.addresses.cut(&region.addresses, vpcs);
        cut.addresses.items.extend(region.addresses.only(addresses).items);
        cut.internet_gateways = members.internet_gateways.cut(&region.internet_gateways, vpcs);
        cut.egress_only_internet_gateways =
            members.egress_only_internet_gateways.cut(&region.egress_only_internet_gateways, vpcs);
        cut.peering_connections = members.peering_connections.cut(&region.peering_connections, vpcs);
        cut.transit_gateway_vpc_attachments =
            members.transit_gateway_vpc_attachments.cut(&region.transit_gateway_vpc_attachments, vpcs);
        cut.vpn_gateways = members.vpn_gateways.cut(&region.vpn_gateways, vpcs);
        cut.flow_logs = members.flow_logs.cut(&region.flow_logs, vpcs);
        cut.access_points = members.access_points.cut(&region.access_points, vpcs);
        if vpcs.iter().any(|vpc| members.connected.contains(vpc)) {
            cut.transit_gateways.clone_from(&region.transit_gateways);
            cut.transit_gateway_attachments.clone_from(&region.transit_gateway_attachments);
            cut.transit_gateway_route_tables.clone_from(&region.transit_gateway_route_tables);
            cut.vpn_gateways.clone_from(&region.vpn_gateways);
            cut.vpn_connections.clone_from(&region.vpn_connections);
            cut.virtual_gateways.clone_from(&region.virtual_gateways);
        }
        cut.endpoint_services.clone_from(&region.endpoint_services);
        cut.prefix_lists.clone_from(&region.prefix_lists);
        if !vpcs.is_empty() {
            cut.endpoint_service_configurations.clone_from(&region.endpoint_service_configurations);
        }
        let (traffic, from) = (&mut cut.traffic, &region.traffic);
        for id in cut.nat_gateways.items.keys() {
            traffic.nat_gateways.extend(from.nat_gateways.get_key_value(id).map(|(id, value)| (id.clone(), value.clone())));
        }
        for id in cut.vpc_endpoints.items.keys() {
            traffic.vpc_endpoints.extend(from.vpc_endpoints.get_key_value(id).map(|(id, value)| (id.clone(), value.clone())));
        }
        cut
    }
}

/// VPCs that one policy names.
struct Together {
    /// Whether it may mean any.
    any: bool,
    vpcs: BTreeSet<String>,
}

impl Together {
    /// Makes neighbours of them, and of the VPC that the policy is in.
    fn join(&self, union: &mut Union, own: Option<&str>) {
        if self.any {
            let all: Vec<String> = union.0.keys().cloned().collect();
            union.join(all.iter().map(String::as_str));
        } else {
            union.join(self.vpcs.iter().map(String::as_str).chain(own));
        }
    }
}

/// Whether a private hosted zone may answer for a name of a service of AWS.
fn may_answer_for_aws(zone: &str) -> bool {
    let name = zone.trim_end_matches('.');
    ["amazonaws.com", "amazonaws.com.cn", "aws"].iter().any(|suffix| name.ends_with(suffix) || suffix.ends_with(name))
}

/// Ids of one listing by the VPC that each belongs to.
#[derive(Debug, Default)]
struct ByVpc(BTreeMap<String, Vec<String>>);

impl ByVpc {
    fn of<'l, T, V: IntoIterator<Item = &'l str>>(listing: &'l Listing<T>, vpcs: impl Fn(&'l T) -> V) -> Self {
        let mut by_vpc: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (id, item) in &listing.items {
            for vpc in vpcs(item) {
                match by_vpc.get_mut(vpc) {
                    Some(ids) => ids.push(id.clone()),
                    None => drop(by_vpc.insert(vpc.to_owned(), vec![id.clone()])),
                }
            }
        }
        Self(by_vpc)
    }

    /// How many there are in these VPCs, or in all.
    fn count(&self, vpcs: Option<&BTreeSet<String>>) -> u64 {
        let count = match vpcs {
            None => self.0.values().map(Vec::len).sum::<usize>(),
            Some(vpcs) => vpcs.iter().filter_map(|vpc| self.0.get(vpc)).map(Vec::len).sum(),
        };
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    fn cut<T: Clone>(&self, listing: &Listing<T>, vpcs: &BTreeSet<String>) -> Listing<T> {
        listing.only(vpcs.iter().filter_map(|vpc| self.0.get(vpc)).flatten())
    }
}

/// What is measured in each VPC of a region, and what makes an audit of it work.
#[derive(Debug)]
struct Meters {
    nat_gateways: ByVpc,
    vpc_endpoints: ByVpc,
    /// How many there are.
    subnets: HashMap<String, u64>,
    /// How many there are.
    security_group_rules: HashMap<String, u64>,
}

impl Meters {
    fn of(region: &RegionInventory) -> Self {
        let groups: HashMap<&str, &str> =
            region.security_groups.items.iter().map(|(id, group)| (id.as_str(), group.vpc_id.as_str())).collect();
        let of_rules = region.security_group_rules.values().filter_map(|rule| groups.get(rule.group_id.as_str()).copied());
        Self {
            nat_gateways: ByVpc::of(&region.nat_gateways, |nat| [nat.vpc_id.as_str()]),
            vpc_endpoints: ByVpc::of(&region.vpc_endpoints, |endpoint| [endpoint.vpc_id.as_str()]),
            subnets: counted(region.subnets.values().map(|subnet| subnet.vpc_id.as_str())),
            security_group_rules: counted(of_rules),
        }
    }

    /// The NAT gateways and endpoints of these VPCs, or of all.
    fn ids<'m>(
        &'m self,
        region: &'m str,
        vpcs: Option<&'m BTreeSet<String>>,
    ) -> impl Iterator<Item = (&'m str, &'m str)> + use<'m> {
        let of = move |listing: &'m ByVpc| {
            let vpc = move |vpc: &String| vpcs.is_none_or(|vpcs| vpcs.contains(vpc));
            listing.0.iter().filter(move |(id, _)| vpc(id)).flat_map(|(_, ids)| ids)
        };
        of(&self.nat_gateways).chain(of(&self.vpc_endpoints)).map(move |id| (region, id.as_str()))
    }

    /// The work that an audit of these VPCs takes, or of all.
    fn weight(&self, vpcs: Option<&BTreeSet<String>>) -> u64 {
        let (subnets, endpoints) = (sum(&self.subnets, vpcs), self.vpc_endpoints.count(vpcs));
        // The matrix has a column for S3, for DynamoDB and for each service with an endpoint, and the way to all else.
        let paths = subnets.saturating_mul(3 + endpoints.min(50));
        let read = endpoints + sum(&self.security_group_rules, vpcs) / 10;
        paths.saturating_add(read.saturating_mul(POLICY_WEIGHT))
    }
}

/// How often each VPC comes.
fn counted<'v>(vpcs: impl Iterator<Item = &'v str>) -> HashMap<String, u64> {
    let mut counts: HashMap<&str, u64> = HashMap::default();
    for vpc in vpcs {
        *counts.entry(vpc).or_default() += 1;
    }
    counts.into_iter().map(|(vpc, count)| (vpc.to_owned(), count)).collect()
}

/// How many these VPCs have together, or all.
fn sum(counts: &HashMap<String, u64>, vpcs: Option<&BTreeSet<String>>) -> u64 {
    match vpcs {
        None => counts.values().sum(),
        Some(vpcs) => vpcs.iter().filter_map(|vpc| counts.get(vpc)).sum(),
    }
}

/// What else is in each VPC of a region.
#[derive(Debug)]
struct Members {
    subnets: ByVpc,
    route_tables: ByVpc,
    security_groups: ByVpc,
    security_group_rules: ByVpc,
    network_acls: ByVpc,
    network_interfaces: ByVpc,
    addresses: ByVpc,
    internet_gateways: ByVpc,
    egress_only_internet_gateways: ByVpc,
    peering_connections: ByVpc,
    transit_gateway_vpc_attachments: ByVpc,
    vpn_gateways: ByVpc,
    flow_logs: ByVpc,
    access_points: ByVpc,
    /// VPCs with a way into networks behind a gateway.
    connected: BTreeSet<String>,
}

impl Members {
    fn of(region: &RegionInventory) -> Self {
        let of_group = |id: &str| region.security_groups.get(id).map(|group| group.vpc_id.as_str());
        let of_interface = |id: &str| region.network_interfaces.get(id).map(|interface| interface.vpc_id.as_str());
        let of_resource = |id: &'_ str| {
            let subnet = region.subnets.get(id).map(|subnet| subnet.vpc_id.as_str());
            let vpc = region.vpcs.get(id).map(|vpc| vpc.id.as_str());
            subnet.or(vpc).or_else(|| of_interface(id))
        };
        let mut of_allocation: BTreeMap<&str, &str> = BTreeMap::new();
        for nat in region.nat_gateways.values() {
            let allocations = nat.addresses.iter().filter_map(|address| address.allocation_id.as_deref());
            of_allocation.extend(allocations.map(|id| (id, nat.vpc_id.as_str())));
        }
        let attached = region.transit_gateway_attachments.values().map(|attachment| &attachment.resource_id);
        let in_vpcs = region.transit_gateway_vpc_attachments.values().map(|attachment| &attachment.vpc_id);
        let private = region.vpn_gateways.values().flat_map(|gateway| &gateway.vpc_ids);
        Self {
            subnets: ByVpc::of(&region.subnets, |subnet| [subnet.vpc_id.as_str()]),
            route_tables: ByVpc::of(&region.route_tables, |table| [table.vpc_id.as_str()]),
            security_groups: ByVpc::of(&region.security_groups, |group| [group.vpc_id.as_str()]),
            security_group_rules: ByVpc::of(&region.security_group_rules, |rule| of_group(&rule.group_id)),
            network_acls: ByVpc::of(&region.network_acls, |acl| [acl.vpc_id.as_str()]),
            network_interfaces: ByVpc::of(&region.network_interfaces, |interface| [interface.vpc_id.as_str()]),
            addresses: ByVpc::of(&region.addresses, |address| {
                let interface = address.network_interface_id.as_deref().and_then(of_interface);
                interface.or_else(|| of_allocation.get(address.allocation_id.as_str()).copied())
            }),
            internet_gateways: ByVpc::of(&region.internet_gateways, |gateway| gateway.vpc_ids.iter().map(String::as_str)),
            egress_only_internet_gateways: ByVpc::of(&region.egress_only_internet_gateways, |gateway| {
                gateway.vpc_ids.iter().map(String::as_str)
            }),
            peering_connections: ByVpc::of(&region.peering_connections, |peering| {
                [peering.requester.vpc_id.as_str(), peering.accepter.vpc_id.as_str()]
            }),
            transit_gateway_vpc_attachments: ByVpc::of(&region.transit_gateway_vpc_attachments, |one| [one.vpc_id.as_str()]),
            vpn_gateways: ByVpc::of(&region.vpn_gateways, |gateway| gateway.vpc_ids.iter().map(String::as_str)),
            flow_logs: ByVpc::of(&region.flow_logs, |log| of_resource(&log.resource_id)),
            access_points: ByVpc::of(&region.access_points, |point| point.vpc_id.as_deref()),
            connected: attached.chain(in_vpcs).chain(private).cloned().collect(),
        }
    }
}
