//! What measured bytes cost where an inventory sends them.

use std::collections::BTreeSet;
use std::ops::Range;
use std::slice;
use std::sync::Arc;

use foldhash::HashMap;
use rust_decimal::Decimal;

use super::charges::{Charge, Charges, nat_gb, per_gb};
use super::usage::{Load, Meter, Origin, Place, Usage, Way};
use super::{Prices, UsdRange};
use crate::model::price::PriceItem;
use crate::model::{Inventory, RegionInventory};
use crate::network::{Destinations, ELSEWHERE, Path, Segment, ranges_by_subnet};

/// The ways of an inventory's subnets: the path matrix and the ways to all other addresses.
#[derive(Debug, Clone, Default)]
pub struct Routes<'p> {
    /// In the order of region, subnet, service and IP version.
    paths: Vec<&'p Path>,
    /// Where those of a subnet stand among them, by region and subnet.
    by_subnet: HashMap<(&'p str, &'p str), Range<usize>>,
    /// Ids of the subnets, gateways, endpoints and attachments on the ways that are on another account's bill.
    foreign: BTreeSet<&'p str>,
}

impl<'p> Routes<'p> {
    /// Keeps paths by what they are asked by.
    #[must_use]
    pub fn new(paths: impl IntoIterator<Item = &'p Path>) -> Self {
        let key = |path: &'p Path| (&*path.region, &*path.subnet_id, &*path.service, path.family);
        let mut paths: Vec<&Path> = paths.into_iter().collect();
        paths.sort_by_key(|path| key(path));
        let keyed = |range: Range<usize>| {
            let path = paths.get(range.start)?;
            Some(((&*path.region, &*path.subnet_id), range))
        };
        let by_subnet = ranges_by_subnet(&paths).filter_map(keyed).collect();
        Self { paths, by_subnet, foreign: BTreeSet::new() }
    }

    /// Takes note of what is on another account's bill, told by region and id, among what the ways begin at and pass.
    #[must_use]
    pub fn but_for(mut self, is_foreign: impl Fn(&str, &str) -> bool) -> Self {
        let ids = |path: &'p Path| {
            let hops = path.segments.iter().flat_map(|segment| &segment.hops).map(|hop| hop.id.as_str());
            hops.chain([&*path.subnet_id]).map(|id| (&*path.region, id))
        };
        let passed: BTreeSet<(&'p str, &'p str)> = self.all().flat_map(ids).collect();
        self.foreign = passed.into_iter().filter(|(region, id)| is_foreign(region, id)).map(|(_, id)| id).collect();
        self
    }

    pub(super) fn is_foreign(&self, id: &str) -> bool {
        self.foreign.contains(id)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &'p Path> {
        self.paths.iter().copied()
    }

    /// The paths, region by region.
    pub(super) fn by_region(&self) -> Vec<&[&'p Path]> {
        self.paths.chunk_by(|a, b| a.region == b.region).collect()
    }

    /// The paths of one subnet.
    fn of_subnet(&self, region: &str, subnet_id: &str) -> &[&'p Path] {
        let range = self.by_subnet.get(&(region, subnet_id)).cloned();
        range.and_then(|range| self.paths.get(range)).unwrap_or_default()
    }
}

/// The path of a way among those of its subnet; a service that has no endpoint any more is reached as everything else is.
fn path_of<'p>(of_subnet: &[&'p Path], way: &Way) -> Option<&'p Path> {
    let path = |service: &str| {
        let found = of_subnet.binary_search_by(|path| (&*path.service, path.family).cmp(&(service, way.family)));
        found.ok().and_then(|at| of_subnet.get(at).copied())
    };
    path(&way.service).or_else(|| path(ELSEWHERE))
}

/// What a GB of one kind of packets costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fare {
    /// The charges of each part of the way.
    pub(super) charges: Vec<Vec<Charge>>,
    /// US dollars per GB, list; `None` where a price, or the way's end, is not known.
    pub(super) usd: Option<UsdRange>,
    /// US dollars per GB, list, of the charges that have a price; `None` where no way is known.
    pub(super) known: Option<UsdRange>,
}

/// The bytes of one origin and what they cost on each way that they may belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Carried {
    /// GB per month, or why they are not known.
    pub(super) gb: Result<Decimal, String>,
    /// What a GB may cost, each once.
    pub(super) fares: Vec<Fare>,
    /// The ways, sorted.
    pub(super) ways: Arc<[(Way, Place)]>,
    /// Which of the fares each of the ways has.
    pub(super) fare_of_way: Vec<usize>,
}

impl Carried {
    /// Each way with what a GB costs on it and, as another inventory carries the same bytes, what it costs there.
    pub(super) fn beside<'c>(&'c self, other: &'c Self) -> impl Iterator<Item = (&'c Fare, Option<&'c Fare>)> {
        let same = Arc::ptr_eq(&self.ways, &other.ways);
        self.ways.iter().zip(&self.fare_of_way).enumerate().filter_map(move |(number, ((way, _), fare))| {
            let there = if same { Some(number) } else { other.ways.binary_search_by(|(one, _)| one.cmp(way)).ok() };
            Some((self.fares.get(*fare)?, there.and_then(|number| other.fare(number))))
        })
    }

    fn fare(&self, number: usize) -> Option<&Fare> {
        self.fares.get(*self.fare_of_way.get(number)?)
    }
}

/// A subnet that sends packets.
#[derive(Clone, Copy)]
struct Sender<'w, 'p> {
    subnet_id: &'w str,
    zone_id: Option<&'w str>,
    /// Whether another account owns it.
    is_foreign: bool,
    paths: &'p [&'p Path],
}

/// What the fare of a way depends on.
#[derive(PartialEq, Eq)]
struct Alike<'w> {
    /// The segments of its path, which many subnets share.
    taken: Option<*const Segment>,
    destinations: &'w Destinations,
    place: Place,
    zone_id: Option<&'w str>,
    is_foreign: bool,
}

/// Prices one load by where an inventory sends its packets now.
pub(super) struct Tariff<'t> {
    pub(super) inventory: &'t Inventory,
    pub(super) routes: &'t Routes<'t>,
    pub(super) prices: &'t Prices,
    pub(super) usage: &'t Usage,
}

impl Tariff<'_> {
    pub(super) fn carried(&self, origin: &Origin, load: &Load) -> Carried {
        let gb = load.monthly.as_ref().map(|measured| measured.gb).map_err(Clone::clone);
        let mut carried = Carried { gb, fares: Vec::new(), ways: Arc::default(), fare_of_way: Vec::new() };
        let Some(region) = self.inventory.regions.get(&origin.region) else { return carried };
        carried.ways = Arc::clone(&load.ways);
        carried.fare_of_way.reserve_exact(load.ways.len());
        // Ways that agree in all that a fare depends on, and the number of that fare.
        let mut alike: Vec<(Alike<'_>, usize)> = Vec::new();
        let mut sender: Option<Sender<'_, '_>> = None;
        for (way, place) in load.ways.iter() {
            let from = match sender {
                Some(last) if last.subnet_id == &*way.subnet_id => last,
                _ => Sender {
                    subnet_id: &way.subnet_id,
                    zone_id: region.subnets.get(&way.subnet_id).map(|subnet| subnet.zone_id.as_str()),
                    is_foreign: self.routes.is_foreign(&way.subnet_id),
                    paths: self.routes.of_subnet(&origin.region, &way.subnet_id),
                },
            };
            sender = Some(from);
            let path = path_of(from.paths, way);
            let one = Alike {
                taken: path.map(|path| Arc::as_ptr(&path.segments).cast()),
                destinations: &way.destinations,
                place: *place,
                zone_id: from.zone_id,
                is_foreign: from.is_foreign,
            };
            let known = alike.iter().find(|(other, _)| *other == one).map(|(_, number)| *number);
            let number = known.unwrap_or_else(|| {
                let fare =
                    if way.is_unseen() { self.unseen(origin, region) } else { self.fare(origin, region, way, path, *place) };
                let number = carried.fares.iter().position(|other| *other == fare).unwrap_or_else(|| {
                    carried.fares.push(fare);
                    carried.fares.len() - 1
                });
                alike.push((one, number));
                number
            });
            carried.fare_of_way.push(number);
        }
        carried
    }

    /// The packets of a way now: those to the same addresses, where they still are told apart; else all of them.
    fn fare(&self, origin: &Origin, region: &RegionInventory, way: &Way, path: Option<&Path>, place: Place) -> Fare {
        let Some(path) = path else { return Fare { charges: Vec::new(), usd: None, known: None } };
        let same: Vec<_> = path.segments.iter().filter(|segment| segment.destinations == way.destinations).collect();
        let segments = if same.is_empty() { path.segments.iter().collect() } else { same };
        let (mut charges, mut complete) = (Vec::new(), !segments.is_empty());
        for segment in segments {
            let found = Charges::of(region, self.routes, path, segment);
            complete &= found.is_complete();
            charges.push(match origin.meter {
                Meter::NatGateway => found.at_nat_gateway(place),
                Meter::InterfaceEndpoint | Meter::GwlbEndpoint => found.all(),
            });
        }
        charges.sort();
        charges.dedup();
        let usd = complete.then(|| self.range(&origin.region, &charges)).flatten();
        let known = self.known(&origin.region, &charges);
        Fare { charges, usd, known }
    }

    /// Packets that no subnet of the account sends: an endpoint bills them as long as it is there.
    fn unseen(&self, origin: &Origin, region: &RegionInventory) -> Fare {
        let item = match origin.meter {
            Meter::NatGateway => region.nat_gateways.get(&origin.id).map(nat_gb),
            Meter::InterfaceEndpoint => region.vpc_endpoints.get(&origin.id).map(|_| PriceItem::InterfaceEndpointGb),
            Meter::GwlbEndpoint => region.vpc_endpoints.get(&origin.id).map(|_| PriceItem::GwlbEndpointGb),
        };
        let charges: Vec<Vec<Charge>> =
            item.map(|item| vec![Charge { item, resource: origin.id.clone(), times: 1 }]).into_iter().collect();
        let usd = self.range(&origin.region, &charges);
        let known = self.known(&origin.region, &charges);
        Fare { charges, usd, known }
    }

    fn range(&self, region: &str, charges: &[Vec<Charge>]) -> Option<UsdRange> {
        let reached = self.usage.endpoint_gb.get(region).copied().unwrap_or_default();
        let each: Option<Vec<Decimal>> = charges.iter().map(|charges| per_gb(charges, self.prices, region, reached)).collect();
        ends(&each?)
    }

    /// As [`Self::range`], without the charges that have no price.
    fn known(&self, region: &str, charges: &[Vec<Charge>]) -> Option<UsdRange> {
        let reached = self.usage.endpoint_gb.get(region).copied().unwrap_or_default();
        let price = |charge: &Charge| per_gb(slice::from_ref(charge), self.prices, region, reached);
        let each: Vec<Decimal> = charges.iter().map(|charges| charges.iter().filter_map(price).sum()).collect();
        ends(&each)
    }
}

/// From the least to the greatest; `None` of none.
fn ends(amounts: &[Decimal]) -> Option<UsdRange> {
    Some(UsdRange { low: amounts.iter().min().copied()?, high: amounts.iter().max().copied()? })
}
