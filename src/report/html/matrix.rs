//! The path matrix: which way each subnet reaches each service, with every hop and way written once.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::network::{End, Family, Hop, NatZone, Path, Segment};
use crate::report::Facts;
use crate::report::path_text::{describe_destinations, describe_end};
use crate::report::path_v1::HopV1;

/// Rows of all regions together. A page with more would not be read, and is slow to open.
const ROWS: usize = 2_000;

/// The matrix of every region.
#[derive(Serialize)]
pub(super) struct MatrixV1<'a> {
    matrix: Vec<RegionV1<'a>>,
    segments: Vec<SegmentV1<'a>>,
    hops: Vec<HopV1<'a>>,
    /// Rows that are not in the page.
    rows_left_out: usize,
}

#[derive(Serialize)]
struct RegionV1<'a> {
    region: &'a str,
    services: Vec<&'a str>,
    rows: Vec<RowV1<'a>>,
}

#[derive(Serialize)]
struct RowV1<'a> {
    subnet: &'a str,
    family: &'static str,
    /// Numbers of segments, a list per service; `null` where there is no path.
    cells: Vec<Option<Vec<usize>>>,
}

#[derive(Serialize)]
struct SegmentV1<'a> {
    destinations: String,
    hops: Vec<usize>,
    end: &'static str,
    end_text: String,
    /// What it ends at, by id.
    ids: Vec<&'a str>,
    cross_zone: bool,
}

/// Things that are written once and then called by their number.
struct Numbered<T>(BTreeMap<T, usize>);

/// A segment with the first hop of its path.
type Way<'a> = (Option<&'a Hop>, &'a Segment);

impl<T: Ord> Numbered<T> {
    fn number(&mut self, item: T) -> usize {
        let next = self.0.len();
        *self.0.entry(item).or_insert(next)
    }

    fn in_order(self) -> Vec<T> {
        let mut items: Vec<_> = self.0.into_iter().collect();
        items.sort_by_key(|(_, number)| *number);
        items.into_iter().map(|(item, _)| item).collect()
    }
}

/// The paths of one region, by service within subnet and IP version.
type Rows<'a> = BTreeMap<(&'a str, Family), BTreeMap<&'a str, &'a Path>>;

impl<'a> From<Facts<'a>> for MatrixV1<'a> {
    fn from(facts: Facts<'a>) -> Self {
        let mut regions: BTreeMap<&str, Rows<'_>> = BTreeMap::new();
        for path in facts.assessment.paths.iter().filter(|path| !path.segments.is_empty()) {
            let rows = regions.entry(&path.region).or_default();
            rows.entry((&path.subnet_id, path.family)).or_default().insert(&path.service, path);
        }
        let all: usize = regions.values().map(BTreeMap::len).sum();
        let (mut segments, mut room) = (Numbered::<Way<'_>>(BTreeMap::new()), ROWS);
        let matrix: Vec<RegionV1<'_>> = regions
            .into_iter()
            .map(|(region, rows)| {
                let services: BTreeSet<&str> = rows.values().flat_map(|paths| paths.keys().copied()).collect();
                let services: Vec<&str> = services.into_iter().collect();
                let shown = rows.len().min(room);
                room -= shown;
                let rows = rows.into_iter().take(shown).map(|((subnet, family), paths)| RowV1 {
                    subnet,
                    family: if family == Family::Ipv4 { "ipv4" } else { "ipv6" },
                    cells: services.iter().map(|service| cell(paths.get(service).copied(), &mut segments)).collect(),
                });
                RegionV1 { region, rows: rows.collect(), services }
            })
            .collect();
        let mut hops = Numbered(BTreeMap::new());
        let segments = segments.in_order().into_iter().map(|way| SegmentV1::new(way, &mut hops)).collect();
        Self {
            matrix,
            segments,
            hops: hops.in_order().into_iter().map(HopV1::from).collect(),
            rows_left_out: all.saturating_sub(ROWS),
        }
    }
}

fn cell<'a>(path: Option<&'a Path>, segments: &mut Numbered<Way<'a>>) -> Option<Vec<usize>> {
    let path = path?;
    Some(path.segments.iter().map(|segment| segments.number((path.start.as_deref(), segment))).collect())
}

impl<'a> SegmentV1<'a> {
    fn new((start, segment): Way<'a>, hops: &mut Numbered<&'a Hop>) -> Self {
        let (ids, cross_zone): (Vec<&str>, bool) = match &segment.end {
            End::InterfaceEndpoint { endpoint_id, same_zone, .. } => (vec![endpoint_id], !same_zone),
            End::GatewayEndpoint { endpoint_id } => (vec![endpoint_id], false),
            End::Nat { nat_gateway_id, zone, .. } => (vec![nat_gateway_id], *zone == NatZone::Other),
            End::Internet { gateway_id } => (vec![gateway_id], false),
            End::Blackhole { target_id } => (vec![target_id], false),
            End::Blocked { by, .. } => (vec![by], false),
            End::LeavesView { via, .. } => (vec![via], false),
            End::Appliance { id } => (vec![id], false),
            End::None { .. } | End::Unknown { .. } => (Vec::new(), false),
        };
        let (word, _, sentence) = describe_end(&segment.end);
        Self {
            destinations: describe_destinations(segment),
            hops: start.into_iter().chain(segment.hops.iter().map(|hop| &**hop)).map(|hop| hops.number(hop)).collect(),
            end: segment.end.word(),
            end_text: format!("{word}: {sentence}"),
            ids,
            cross_zone,
        }
    }
}
