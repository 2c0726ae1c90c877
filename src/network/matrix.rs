//! Whole paths, and the matrix of subnets and services.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foldhash::HashMap;
use ipnet::IpNet;
use rayon::prelude::*;

use super::admission::{Admission, Shared, admission, endpoint_addresses};
use super::blocks::{self, is_reserved, tidy, to_nat64};
use super::dns::{Answer, resolve};
use super::index::{RegionIndex, cidrs_of};
use super::lookup::Dest;
use super::walk::{Fate, Leg, Origin, Packets, Place, PublicIpv4, Walk, distinct};
use super::{Destinations, End, Family, Hop, Network, Obstacle, Path, Segment};
use crate::model::ec2::{EndpointKind, EndpointState, RouteTable, Subnet, VpcEndpoint};
use crate::model::service_slug;

/// Services whose public addresses a managed prefix list holds in full: those with gateway endpoints.
const LISTED: [&str; 3] = ["s3", "dynamodb", "s3express"];

/// Stands for the service in paths to all addresses that belong to no listed service.
pub const ELSEWHERE: &str = "*";

/// What the way along the routes depends on: subnets that agree in it share the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key<'k> {
    table: &'k str,
    zone_id: &'k str,
    public_ipv4: u8,
    global_ipv6: bool,
    dns64: bool,
    /// Empty for every service whose addresses no prefix list of AWS tells: routes treat them alike.
    service: &'k str,
    family: Family,
}

/// Subnets of one VPC that one core looks at in a row.
const SHARE: usize = 256;

/// Answers that subnets of a VPC share.
#[derive(Debug, Default)]
struct Cache<'k> {
    /// What a service's name leads to, by VPC, IP version and whether the subnet has DNS64.
    resolved: HashMap<(&'k str, &'k str, Family, bool), Arc<Answer<'k>>>,
    /// Ways to public addresses.
    routed: HashMap<Key<'k>, Arc<[Segment]>>,
    /// The same for a service by its own name, told with why nothing private answers for it.
    explained: HashMap<Key<'k>, Arc<[Segment]>>,
    /// Where packets to an endpoint, told by its id, get.
    walked: HashMap<(Key<'k>, &'k str), Vec<Leg<'k>>>,
    admissions: Shared<'k>,
    /// The first hop of the last subnet that was asked about.
    first: Option<((&'k str, Family), Arc<Hop>)>,
}

/// The ways from a subnet, as [`Path`] holds them.
struct Ways {
    start: Option<Arc<Hop>>,
    segments: Arc<[Segment]>,
}

impl Ways {
    /// One that is not known, or ends, before the subnet's route table is looked at.
    fn end(destinations: Destinations, hops: Vec<Arc<Hop>>, end: End) -> Self {
        Self { start: None, segments: [Segment { destinations, hops, end }].into() }
    }
}

/// The paths of every subnet of an account, each list sorted by region, subnet, service and IP version.
#[derive(Debug, Clone, Default)]
pub struct Paths {
    /// To every service of the region's columns.
    pub matrix: Vec<Path>,
    /// To the public addresses that no prefix list of AWS holds: everything on the internet, and every service without an endpoint. Their
    /// service is [`ELSEWHERE`].
    pub ways_out: Vec<Path>,
}

/// One question: which way from this subnet to this service.
struct Question<'n, 'a> {
    network: &'n Network<'a>,
    index: &'n RegionIndex<'a>,
    subnet: &'a Subnet,
    service: &'n str,
    family: Family,
    origin: Origin<'a>,
}

impl<'a> Network<'a> {
    /// The way from a subnet to a service of its region, by the service's short name, in one IP version.
    ///
    /// Without a segment when the subnet has no addresses of that version. What is not known is a segment that ends in
    /// [`End::Unknown`].
    #[must_use]
    pub fn path(&self, region: &str, subnet_id: &str, service: &str, family: Family) -> Path {
        let mut cache = Cache::default();
        let found = self.region(region).and_then(|index| Ok((index, index.subnet(subnet_id)?)));
        let Ways { start, segments } = match found {
            Ok((index, subnet)) => Question::new(self, index, subnet, service, family).ways(&mut cache),
            Err(obstacle) => Ways::end(Destinations::Name, Vec::new(), obstacle.into()),
        };
        Path { region: region.into(), subnet_id: subnet_id.into(), service: service.into(), family, start, segments }
    }

    /// Short names of the services a region's matrix has columns for: S3, `DynamoDB`, and every service of AWS that has an
    /// endpoint there which is not deleted; of a sister's endpoints those that clients of the account find by name.
    #[must_use]
    pub fn services(&self, region: &str) -> BTreeSet<String> {
        let mut services: BTreeSet<String> = ["s3", "dynamodb"].map(str::to_owned).into();
        let Some(index) = self.regions.get(region) else { return services };
        let counts = |endpoint: &&VpcEndpoint| {
            matches!(endpoint.kind, EndpointKind::Gateway | EndpointKind::Interface)
                && endpoint.state != EndpointState::Deleted
                && endpoint.service_region.as_deref().is_none_or(|other| other == region)
        };
        let told = index.data.vpc_endpoints.told().filter(|endpoint| self.is_found_at(index, endpoint));
        for endpoint in index.data.vpc_endpoints.own().chain(told).filter(counts) {
            let name = endpoint.service_name.as_str();
            let of_aws = name.starts_with("com.amazonaws.") || name.starts_with("cn.com.amazonaws.") || name.starts_with("aws.");
            if of_aws && !name.contains(".vpce-svc-") {
                services.insert(service_slug(name, region).to_owned());
            }
        }
        services
    }

    /// The paths of every subnet.
    #[must_use]
    pub fn paths(&self) -> Paths {
        let of_region = |index: &RegionIndex<'_>| self.services(index.name).into_iter().map(Arc::from).collect();
        let services: BTreeMap<&str, Vec<Arc<str>>> = self.regions.values().map(|index| (index.name, of_region(index))).collect();
        let elsewhere: Arc<str> = ELSEWHERE.into();
        let all = self.of_every_subnet(|index, subnet, cache| {
            let families = self.families(subnet);
            let mut found = Vec::new();
            for family in families.iter().copied() {
                let out = Question::new(self, index, subnet, "", family).to_public(&[], cache);
                found.push((Arc::clone(&elsewhere), family, out));
            }
            for service in services.get(index.name).into_iter().flatten() {
                for family in families.iter().copied() {
                    let ways = Question::new(self, index, subnet, service, family).ways(cache);
                    found.push((Arc::clone(service), family, ways));
                }
            }
            found
        });
        let out = all.iter().filter(|path| *path.service == *ELSEWHERE).count();
        let mut paths = Paths { matrix: Vec::with_capacity(all.len() - out), ways_out: Vec::with_capacity(out) };
        for path in all {
            if *path.service == *ELSEWHERE { &mut paths.ways_out } else { &mut paths.matrix }.push(path);
        }
        paths
    }

    /// The paths of every subnet of the account, in the order of regions and subnets. The work is shared among the processor's cores.
    fn of_every_subnet<'n>(
        &'n self,
        ways: impl Fn(&'n RegionIndex<'a>, &'a Subnet, &mut Cache<'n>) -> Vec<(Arc<str>, Family, Ways)> + Sync,
    ) -> Vec<Path>
    where
        'a: 'n,
    {
        let regions = self.regions.values().map(|index| (index, Arc::from(index.name)));
        let mut subnets: Vec<(usize, &RegionIndex<'a>, Arc<str>, &Subnet)> = regions
            .flat_map(|(index, name)| index.data.subnets.own().map(move |subnet| (index, Arc::clone(&name), subnet)))
            .enumerate()
            .map(|(place, (index, name, subnet))| (place, index, name, subnet))
            .collect();
        // Those of a VPC beside each other, since they share their answers.
        subnets.sort_by_key(|(place, index, _, subnet)| (index.name, subnet.vpc_id.as_str(), *place));
        let of_vpcs = subnets.chunk_by(|(_, a, _, one), (_, b, _, other)| a.name == b.name && one.vpc_id == other.vpc_id);
        let shares: Vec<_> = of_vpcs.flat_map(|of_vpc| of_vpc.chunks(SHARE)).collect();
        let of_share = |share: &[(usize, &'n RegionIndex<'a>, Arc<str>, &'a Subnet)]| {
            let mut cache = Cache::default();
            let mut found = Vec::with_capacity(share.len());
            for (place, index, region, subnet) in share {
                let subnet_id: Arc<str> = subnet.id.as_str().into();
                let path = |(service, family, Ways { start, segments })| Path {
                    region: Arc::clone(region),
                    subnet_id: Arc::clone(&subnet_id),
                    service,
                    family,
                    start,
                    segments,
                };
                found.push((*place, ways(index, subnet, &mut cache).into_iter().map(path).collect::<Vec<Path>>()));
            }
            found
        };
        let found: Vec<Vec<(usize, Vec<Path>)>> = shares.into_par_iter().map(of_share).collect();
        let mut found: Vec<(usize, Vec<Path>)> = found.into_iter().flatten().collect();
        found.sort_unstable_by_key(|(place, _)| *place);
        // No more room than they need: there may be hundreds of thousands.
        let mut paths = Vec::with_capacity(found.iter().map(|(_, of_subnet)| of_subnet.len()).sum());
        for (_, of_subnet) in found {
            paths.extend(of_subnet);
        }
        paths
    }
}

/// Whether clients in a subnet have, or get, public IPv4 addresses. A NAT gateway's address is not a client's, nor a load balancer's.
fn public_ipv4(index: &RegionIndex<'_>, subnet: &Subnet) -> PublicIpv4 {
    let mut interfaces = index.interfaces_of(&subnet.id).iter();
    if subnet.map_public_ip_on_launch || interfaces.any(|interface| !interface.is_gear() && interface.has_public_ipv4()) {
        return PublicIpv4::Yes;
    }
    match &index.data.network_interfaces.gap {
        None => PublicIpv4::No,
        Some(gap) => {
            let reason = "whether an interface in the subnet has a public IPv4 address was not read";
            PublicIpv4::Unknown(Obstacle::gap(reason, gap))
        }
    }
}

impl<'n, 'a> Question<'n, 'a> {
    fn new(network: &'n Network<'a>, index: &'n RegionIndex<'a>, subnet: &'a Subnet, service: &'n str, family: Family) -> Self {
        let origin = Origin {
            zone_id: &subnet.zone_id,
            public_ipv4: public_ipv4(index, subnet),
            global_ipv6: subnet.ipv6_cidrs.iter().any(|net| !is_reserved(IpNet::V6(*net))),
        };
        Self { network, index, subnet, service, family, origin }
    }

    fn ways(&self, cache: &mut Cache<'n>) -> Ways
    where
        'a: 'n,
    {
        if cidrs_of(self.subnet, self.family).is_empty() {
            return Ways { start: None, segments: Arc::default() };
        }
        let asked = (self.subnet.vpc_id.as_str(), self.service, self.family, self.subnet.dns64);
        let resolve = || Arc::new(resolve(self.network, self.index, self.subnet, self.service, self.family));
        let answer = Arc::clone(cache.resolved.entry(asked).or_insert_with(resolve));
        match &*answer {
            Answer::Endpoint { region, endpoint, hop } => self.to_endpoint(region, endpoint, hop, cache),
            Answer::Public(notes) => self.to_public(notes, cache),
            Answer::End { hops, end } => Ways::end(Destinations::Name, self.told(hops.clone()), end.clone()),
        }
    }

    /// Says of each hop that a sister told which account that is.
    fn told(&self, mut hops: Vec<Arc<Hop>>) -> Vec<Arc<Hop>> {
        if !self.network.has_sisters() {
            return hops;
        }
        for hop in &mut hops {
            let of_call = self.network.teller(&hop.source);
            if let Some(account) = of_call.or_else(|| self.network.teller(hop.source.rsplit(' ').next()?)) {
                let hop = Arc::make_mut(hop);
                hop.reason = format!("{}, as scanned in account {account}", hop.reason);
            }
        }
        hops
    }

    /// The segments in the order in which they are told.
    fn in_order(&self, segments: Vec<Segment>) -> Arc<[Segment]> {
        let mut segments = segments;
        segments.sort();
        segments.into_iter().map(|segment| Segment { hops: self.told(segment.hops), ..segment }).collect()
    }

    fn walk(&self) -> Walk<'_, 'a> {
        Walk { index: self.index, service: self.service, origin: &self.origin }
    }

    /// The first hop: the subnet, and why its table is its table.
    fn first_hop(&self, table: &RouteTable, explicit: bool, cache: &mut Cache<'n>) -> Arc<Hop>
    where
        'a: 'n,
    {
        let key = (self.subnet.id.as_str(), self.family);
        if let Some((of, hop)) = &cache.first
            && *of == key
        {
            return Arc::clone(hop);
        }
        let block = blocks::describe(&cidrs_of(self.subnet, self.family));
        let reason = if explicit {
            format!("{block} is associated with {}", table.id)
        } else {
            format!("{block} has no association of its own, so the main table {} applies", table.id)
        };
        let source = format!("ec2:DescribeRouteTables {}", table.id);
        let hop = Arc::new(Hop { kind: "subnet", id: self.subnet.id.clone(), reason, source });
        let hop = self.told(vec![hop]).remove(0);
        cache.first = Some((key, Arc::clone(&hop)));
        hop
    }

    /// What the way along the routes of a table depends on.
    fn key(&self, table: &'n RouteTable, service: &'n str) -> Key<'n>
    where
        'a: 'n,
    {
        Key {
            table: &table.id,
            zone_id: &self.subnet.zone_id,
            public_ipv4: match self.origin.public_ipv4 {
                PublicIpv4::Yes => 0,
                PublicIpv4::No => 1,
                PublicIpv4::Unknown(_) => 2,
            },
            global_ipv6: self.origin.global_ipv6,
            dns64: self.subnet.dns64,
            service,
            family: self.family,
        }
    }

    /// The way to an endpoint's interfaces: by the routes for their addresses, then past groups and ACLs.
    fn to_endpoint(&self, region: &'a str, endpoint: &'a VpcEndpoint, name: &Arc<Hop>, cache: &mut Cache<'n>) -> Ways
    where
        'a: 'n,
    {
        let nowhere = |obstacle: Obstacle| Ways::end(Destinations::Name, self.told(vec![name.clone()]), obstacle.into());
        let far = match self.network.region(region) {
            Ok(far) => far,
            Err(obstacle) => return nowhere(obstacle),
        };
        let (table, explicit) = match self.index.table_of(self.subnet) {
            Ok(found) => found,
            Err(obstacle) => return nowhere(obstacle),
        };
        let start = Some(self.first_hop(table, explicit, cache));
        let local = |id: &&String| far.data.subnets.get(id).is_some_and(|one| one.zone_id == self.subnet.zone_id);
        let same_zone = endpoint.subnet_ids.iter().any(|id| local(&id));
        let key = (self.key(table, self.service), endpoint.id.as_str());
        let legs = match cache.walked.entry(key) {
            Entry::Occupied(legs) => legs.into_mut(),
            Entry::Vacant(legs) => {
                let in_zone: Vec<IpNet> = endpoint
                    .subnet_ids
                    .iter()
                    .filter(local)
                    .flat_map(|id| endpoint_addresses(far, endpoint, Some(id), self.family))
                    .collect();
                let mut targets = if in_zone.is_empty() { endpoint_addresses(far, endpoint, None, self.family) } else { in_zone };
                if targets.is_empty() {
                    let subnets = endpoint.subnet_ids.iter().filter_map(|id| far.data.subnets.get(id));
                    targets = subnets.flat_map(|subnet| cidrs_of(subnet, self.family)).collect();
                }
                if targets.is_empty() {
                    let reason = format!("no {} address of an interface of {} is told", self.family, endpoint.id);
                    return Ways { start, ..nowhere(Obstacle::new(reason)) };
                }
                let place = Place::leaving(self.subnet, table, false);
                legs.insert(self.walk().at_table(place, Packets::new(Dest::Listed(tidy(&targets)))))
            }
        };
        let mut segments: Vec<Segment> = Vec::new();
        for leg in legs {
            let segment = self.arrive(name, leg, &mut cache.admissions, far, endpoint, same_zone);
            // Interfaces that are reached in the same way to the same end are one way.
            if !segments.iter().any(|other| other.end == segment.end) {
                segments.push(segment);
            }
        }
        Ways { start, segments: self.in_order(segments) }
    }

    /// What becomes of packets to an endpoint, whose `name` was asked for, where their routes end.
    fn arrive(
        &self,
        name: &Arc<Hop>,
        leg: &Leg<'a>,
        admissions: &mut Shared<'a>,
        far: &RegionIndex<'a>,
        endpoint: &'a VpcEndpoint,
        same_zone: bool,
    ) -> Segment {
        let translated = leg.packets.is_translated();
        let mut hops = Vec::with_capacity(leg.packets.hops.len() + 2);
        hops.push(Arc::clone(name));
        hops.extend(leg.packets.hops.iter().cloned());
        let end = match &leg.fate {
            Fate::End(end) => end.clone(),
            Fate::Local { .. } if translated => Obstacle::new(format!(
                "a NAT gateway on the way to {} changes the address that its groups and ACLs look at",
                endpoint.id
            ))
            .into(),
            Fate::Local { vpc_id } if *vpc_id != endpoint.vpc_id => End::None {
                reason: format!("the address of {} is one of {vpc_id} as well, and the packets stay there", endpoint.id),
            },
            Fate::Local { .. } => {
                let (end, reason) = match admission(admissions, self.index, self.subnet, far, endpoint, self.family) {
                    Admission::Admits { by } => {
                        let (endpoint_id, vpc_id) = (endpoint.id.clone(), endpoint.vpc_id.clone());
                        (End::InterfaceEndpoint { endpoint_id, vpc_id, same_zone }, by)
                    }
                    Admission::Refused { by, reason } => (End::Blocked { by, reason: reason.clone() }, reason),
                    Admission::Unknown(obstacle) => (obstacle.clone().into(), obstacle.reason),
                };
                let source = format!("ec2:DescribeVpcEndpoints {}", endpoint.id);
                hops.push(Arc::new(Hop { kind: "vpc_endpoint", id: endpoint.id.clone(), reason, source }));
                end
            }
        };
        Segment { destinations: Destinations::Name, hops, end }
    }

    /// The way to the service's public addresses: the answer of the first subnet that agrees with this one in the key. `notes` tell why
    /// nothing private answers for the name; of one VPC, service and key they are always the same.
    fn to_public(&self, notes: &[Arc<Hop>], cache: &mut Cache<'n>) -> Ways
    where
        'a: 'n,
    {
        let (table, explicit) = match self.index.table_of(self.subnet) {
            Ok(found) => found,
            Err(obstacle) => return Ways::end(Destinations::Public, self.told(notes.to_vec()), obstacle.into()),
        };
        let start = Some(self.first_hop(table, explicit, cache));
        let key = self.key(table, self.listed_service());
        let routed = cache.routed.entry(key).or_insert_with(|| self.in_order(self.routed(table)));
        if notes.is_empty() {
            return Ways { start, segments: Arc::clone(routed) };
        }
        let explain = || {
            let notes = self.told(notes.to_vec());
            let explained = |segment: &Segment| {
                let hops = notes.iter().chain(&segment.hops).cloned().collect();
                Segment { destinations: segment.destinations.clone(), hops, end: segment.end.clone() }
            };
            routed.iter().map(explained).collect()
        };
        let segments = cache.explained.entry(self.key(table, self.service)).or_insert_with(explain);
        Ways { start, segments: Arc::clone(segments) }
    }

    fn routed(&self, table: &'a RouteTable) -> Vec<Segment> {
        let dests = match self.public_destinations() {
            Ok(dests) => dests,
            Err(obstacle) => return vec![Segment { destinations: Destinations::Public, hops: Vec::new(), end: obstacle.into() }],
        };
        let walk = self.walk();
        let place = Place::leaving(self.subnet, table, false);
        let legs = dests.into_iter().flat_map(|dest| walk.at_table(place, Packets::new(dest))).collect();
        distinct(legs).into_iter().map(Leg::into_segment).collect()
    }

    /// Where the service's name leads when nothing private answers for it.
    ///
    /// Over IPv6: with DNS64 on, the ordinary names of S3, `DynamoDB` and S3 Express, which have no IPv6 address, get one
    /// inside `64:ff9b::/96`; other services may. Without DNS64 the dual-stack name is meant.
    fn public_destinations(&self) -> Result<Vec<Dest>, Obstacle> {
        let listed = LISTED.contains(&self.service);
        let public = |family| Dest::Public { family, holes: Vec::new() };
        match self.family {
            Family::Ipv4 if listed => Ok(vec![Dest::Listed(self.listed_blocks(Family::Ipv4)?)]),
            Family::Ipv4 => Ok(vec![public(Family::Ipv4)]),
            Family::Ipv6 if listed && self.subnet.dns64 => {
                let blocks = self.listed_blocks(Family::Ipv4)?;
                Ok(vec![Dest::Listed(blocks.into_iter().map(to_nat64).collect())])
            }
            Family::Ipv6 if listed && self.index.service_list(self.service, Family::Ipv6).is_some() => {
                Ok(vec![Dest::Listed(self.listed_blocks(Family::Ipv6)?)])
            }
            Family::Ipv6 => {
                let mapped = self.subnet.dns64.then(|| Dest::Possibly(vec![IpNet::V6(blocks::nat64())]));
                Ok([public(Family::Ipv6)].into_iter().chain(mapped).collect())
            }
        }
    }

    /// The service, where a prefix list tells its addresses, and routes to other lists are known not to hold them.
    fn listed_service(&self) -> &'n str {
        let has_list = [Family::Ipv4, Family::Ipv6].iter().any(|family| self.index.service_list(self.service, *family).is_some());
        if has_list || LISTED.contains(&self.service) { self.service } else { "" }
    }

    fn listed_blocks(&self, family: Family) -> Result<Vec<IpNet>, Obstacle> {
        let lists = &self.index.data.prefix_lists;
        let Some(list) = self.index.service_list(self.service, family) else {
            let reason = format!("the {family} prefix list of {} in {} was not read", self.service, self.index.name);
            return Err(Obstacle::maybe_gap(reason, lists.gap.as_ref()));
        };
        match list.entries.as_result() {
            Ok(entries) if !entries.is_empty() => Ok(tidy(entries)),
            Ok(_) => Err(Obstacle::new(format!("{} ({}) is empty", list.id, list.name))),
            Err(gap) => Err(Obstacle::gap(format!("the entries of {} ({}) were not read", list.id, list.name), gap)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::NatZone;
    use super::super::fixtures::{Build, REGION};
    use super::*;

    fn build() -> Build {
        Build::new()
            .aws_lists()
            .vpc("vpc-a", "10.0.0.0/16 2001:db8::/56")
            .subnet("subnet-a", "vpc-a", "10.0.1.0/24", "a")
            .subnet("subnet-b", "vpc-a", "10.0.2.0/24 2001:db8:0:2::/64", "b")
            .subnet("subnet-p", "vpc-a", "10.0.3.0/24", "a")
            .igw("igw-a", "vpc-a")
            .nat("nat-a", "subnet-p")
            .main_table("rtb-a", "vpc-a", &["10.0.0.0/16 local", "0.0.0.0/0 nat-a", "::/0 eigw-a"])
            .table("rtb-p", "vpc-a", &["subnet-p"], &["0.0.0.0/0 igw-a"])
            .eigw("eigw-a", "vpc-a")
            .interface_endpoint("vpce-sqs", "vpc-a", "sqs", &["subnet-a"], &["sg-e"])
            .interface_endpoint("vpce-kms", "vpc-a", "kms", &["subnet-a"], &["sg-e"])
            .rules("sg-e", &["tcp 443 10.0.0.0/16"])
            .open_acl("acl-a", "vpc-a", &["subnet-a", "subnet-b", "subnet-p"])
    }

    #[test]
    fn columns_are_the_services_with_an_endpoint_and_the_two_free_ones() {
        let inventory = build()
            .gwlb_endpoint("vpce-fw", "vpc-a", "subnet-a")
            .with_endpoint("vpce-kms", |endpoint| endpoint.state = EndpointState::Deleted)
            .gateway_endpoint("vpce-x", "vpc-a", "s3express")
            .interface_endpoint("vpce-far", "vpc-a", "ecr.api", &["subnet-a"], &[])
            .with_endpoint("vpce-far", |endpoint| endpoint.service_region = Some("us-east-1".into()))
            .interface_endpoint("vpce-own", "vpc-a", "x", &["subnet-a"], &[])
            .with_endpoint("vpce-own", |endpoint| endpoint.service_name = "com.amazonaws.vpce.eu-west-1.vpce-svc-0aa".into())
            .done();
        let services = Network::new(&inventory).services(REGION);
        assert_eq!(services.iter().map(String::as_str).collect::<Vec<_>>(), ["dynamodb", "s3", "s3express", "sqs"]);
        assert_eq!(Network::new(&inventory).services("eu-west-9").len(), 2);
    }

    #[test]
    fn the_matrix_holds_every_path_once_in_order_and_as_path_tells_it() {
        let inventory = build().done();
        let network = Network::new(&inventory);
        let matrix = network.paths().matrix;
        // Three subnets over IPv4 and one over IPv6, to four services each.
        assert_eq!(matrix.len(), 16);
        let key = |path: &Path| (path.region.clone(), path.subnet_id.clone(), path.service.clone(), path.family);
        assert!(matrix.windows(2).all(|pair| key(&pair[0]) < key(&pair[1])));
        for path in &matrix {
            assert_eq!(*path, network.path(&path.region, &path.subnet_id, &path.service, path.family));
        }
    }

    #[test]
    fn shared_work_keeps_apart_the_services_that_lists_tell_apart() {
        let inventory = build()
            .list("pl-l", "com.amazonaws.eu-west-1.vpc-lattice", "AWS", &["192.0.2.0/24"])
            .table("rtb-b", "vpc-a", &["subnet-b"], &["pl-l igw-a", "0.0.0.0/0 nat-a"])
            .interface_endpoint("vpce-l", "vpc-a", "vpc-lattice", &["subnet-a"], &["sg-e"])
            .with_endpoint("vpce-l", |endpoint| endpoint.private_dns = false)
            .with_endpoint("vpce-sqs", |endpoint| endpoint.private_dns = false)
            .with_endpoint("vpce-kms", |endpoint| endpoint.private_dns = false)
            .done();
        let network = Network::new(&inventory);
        let matrix = network.paths().matrix;
        let ways = |service: &str| {
            let path =
                matrix.iter().find(|path| (&*path.subnet_id, &*path.service, path.family) == ("subnet-b", service, Family::Ipv4));
            path.unwrap().segments.iter().map(|segment| segment.end.word()).collect::<Vec<_>>()
        };
        assert_eq!((ways("sqs"), ways("kms"), ways("vpc-lattice")), (vec!["nat"], vec!["nat"], vec!["nat", "none"]));
        for path in &matrix {
            assert_eq!(*path, network.path(&path.region, &path.subnet_id, &path.service, path.family));
        }
    }

    #[test]
    fn shared_work_keeps_the_zone_of_each_subnet() {
        let inventory = build().done();
        let matrix = Network::new(&inventory).paths().matrix;
        let zone = |subnet: &str| {
            let path = matrix.iter().find(|path| &*path.subnet_id == subnet && &*path.service == "s3").unwrap();
            match &path.segments[0].end {
                End::Nat { zone, .. } => *zone,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!((zone("subnet-a"), zone("subnet-b")), (NatZone::Same, NatZone::Other));
        let first = |subnet: &str| {
            matrix.iter().find(|path| &*path.subnet_id == subnet && &*path.service == "s3").unwrap().start.as_ref().unwrap()
        };
        assert!(first("subnet-b").reason.starts_with("10.0.2.0/24 has no association"));
    }

    #[test]
    fn a_subnet_without_addresses_of_a_version_has_no_segments() {
        let inventory = build().done();
        let network = Network::new(&inventory);
        assert!(network.path(REGION, "subnet-a", "s3", Family::Ipv6).segments.is_empty());
        let subnet = inventory.regions[REGION].subnets.get("subnet-b").unwrap();
        assert_eq!(network.families(subnet), [Family::Ipv4, Family::Ipv6]);
        assert_eq!(network.path("eu-west-9", "subnet-a", "s3", Family::Ipv4).segments[0].end.word(), "unknown");
        assert_eq!(network.path(REGION, "subnet-x", "s3", Family::Ipv4).segments[0].end.word(), "unknown");
    }

    #[test]
    fn interfaces_that_are_reached_alike_are_one_way_and_others_are_told_apart() {
        let ends = |routes: &[&str]| {
            let inventory = build()
                .subnet("subnet-d", "vpc-a", "10.0.4.0/24", "c")
                .interface_endpoint("vpce-sqs", "vpc-a", "sqs", &["subnet-a", "subnet-d"], &["sg-e"])
                .open_acl("acl-a", "vpc-a", &["subnet-a", "subnet-b", "subnet-d"])
                .table("rtb-b", "vpc-a", &["subnet-b"], routes)
                .done();
            let path = Network::new(&inventory).path(REGION, "subnet-b", "sqs", Family::Ipv4);
            path.segments.iter().map(|segment| segment.end.word()).collect::<Vec<_>>()
        };
        assert_eq!(ends(&["10.0.1.0/24 eni-fw", "10.0.4.0/24 eni-fw"]), ["appliance"]);
        assert_eq!(ends(&["10.0.1.0/24 eni-fw"]), ["appliance", "interface_endpoint"]);
    }

    #[test]
    fn behind_a_nat_gateway_an_endpoint_sees_another_address() {
        let inventory = build().table("rtb-b", "vpc-a", &["subnet-b"], &["10.0.1.0/24 nat-a"]).done();
        let path = Network::new(&inventory).path(REGION, "subnet-b", "sqs", Family::Ipv4);
        match &path.segments[0].end {
            End::Unknown { reason, .. } => assert!(reason.contains("changes the address"), "{reason}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_endpoint_in_a_vpc_of_the_same_addresses_is_not_reached() {
        let inventory = build()
            .vpc("vpc-b", "10.0.0.0/16")
            .subnet("subnet-x", "vpc-b", "10.0.8.0/24", "a")
            .interface_endpoint("vpce-0bb", "vpc-b", "ssm", &["subnet-x"], &["sg-e"])
            .zone(
                "Z1",
                "ssm.eu-west-1.amazonaws.com",
                &["vpc-a"],
                &["ssm.eu-west-1.amazonaws.com A alias vpce-0bb-1b2c.ssm.eu-west-1.vpce.amazonaws.com"],
            )
            .done();
        let path = Network::new(&inventory).path(REGION, "subnet-a", "ssm", Family::Ipv4);
        match &path.segments[0].end {
            End::None { reason } => assert!(reason.ends_with("is one of vpc-a as well, and the packets stay there"), "{reason}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_empty_list_of_a_service_tells_no_addresses() {
        let inventory = build().list("pl-s3", "com.amazonaws.eu-west-1.s3", "AWS", &[]).done();
        let path = Network::new(&inventory).path(REGION, "subnet-a", "s3", Family::Ipv4);
        assert_eq!(path.segments.iter().map(|segment| segment.end.word()).collect::<Vec<_>>(), ["unknown"]);
    }
}
