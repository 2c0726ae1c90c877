//! The traffic that was measured, scaled to a month, and the ways that it may have taken.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use rust_decimal::Decimal;

use super::Terms;
use super::bill::is_billed;
use super::carried::Routes;
use crate::model::ec2::{EndpointKind, NatGatewayState};
use crate::model::traffic::Traffic;
use crate::model::{Inventory, RegionInventory};
use crate::network::{Destinations, End, Family, Path};

/// Bytes in a GB.
const GB: u64 = 1 << 30;
/// Hours in a day.
const DAY_HOURS: u64 = 24;

/// Traffic of one resource, scaled from what was measured to a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// GB (2^30 bytes) per month that are billed: both directions, each byte once.
    pub gb: Decimal,
    /// Days that the figure rests on.
    pub days: u32,
    /// Days of the window that was asked for.
    pub window_days: u32,
}

/// What measures bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meter {
    /// A NAT gateway.
    NatGateway,
    /// An interface endpoint.
    InterfaceEndpoint,
    /// A Gateway Load Balancer endpoint.
    GwlbEndpoint,
}

/// A resource that measures bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Origin {
    pub(super) region: String,
    pub(super) meter: Meter,
    pub(super) id: String,
}

/// One kind of packets: from a subnet to some of the addresses of a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Way {
    pub(super) subnet_id: Arc<str>,
    pub(super) service: Arc<str>,
    pub(super) family: Family,
    pub(super) destinations: Destinations,
}

/// Measured bytes and the ways that they may belong to. Which share each way has is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Load {
    /// GB of a month, or why they are not known.
    pub(super) monthly: Result<Measured, String>,
    /// Whether another account owns the origin, and is billed for it: the bytes still may cost something on the way there.
    pub(super) foreign: bool,
    /// Sorted, each once.
    pub(super) ways: Arc<[(Way, Place)]>,
}

/// Where the origin stands among the NAT gateways on a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// From 0.
    pub(super) number: usize,
    /// How many there are.
    pub(super) of: usize,
}

impl Way {
    /// Packets that no subnet of the account is known to send.
    pub(super) fn unseen() -> Self {
        let destinations = Destinations::Public;
        Self { subnet_id: "".into(), service: "".into(), family: Family::Ipv4, destinations }
    }

    pub(super) fn is_unseen(&self) -> bool {
        self.subnet_id.is_empty()
    }
}

/// The traffic of an inventory, and the ways it took when it was measured. Every change of the inventory is priced with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    pub(super) loads: BTreeMap<Origin, Load>,
    /// GB of a month through the interface endpoints of a region, as far as known.
    pub(super) endpoint_gb: BTreeMap<String, Decimal>,
}

impl Usage {
    /// Reads the traffic of an inventory; `routes` are the ways of its subnets.
    #[must_use]
    pub fn of(inventory: &Inventory, routes: &Routes<'_>, terms: &Terms) -> Self {
        let of_region: BTreeMap<&str, &[&Path]> =
            routes.by_region().into_iter().filter_map(|paths| Some((&*paths.first()?.region, paths))).collect();
        let regions: Vec<(&String, &RegionInventory)> = inventory.regions.iter().collect();
        let parts: Vec<Self> = regions
            .into_par_iter()
            .map(|(name, region)| {
                let mut usage = Self::default();
                usage.add_region(name, region, &inventory.account.id, terms);
                usage.add_ways(name, routes, of_region.get(name.as_str()).copied().unwrap_or_default());
                usage.add_unseen(name, region);
                usage
            })
            .collect();
        let mut usage = Self::default();
        for part in parts {
            usage.loads.extend(part.loads);
            usage.endpoint_gb.extend(part.endpoint_gb);
        }
        usage
    }

    /// The ways that paths of one region take; the paths are sorted.
    fn add_ways(&mut self, name: &str, routes: &Routes<'_>, paths: &[&Path]) {
        let mut taken: BTreeMap<(Meter, &str), Vec<(Way, Place)>> = BTreeMap::new();
        for path in paths {
            for segment in path.segments.iter() {
                let of = segment.nat_gateways().count();
                let gateways = segment.nat_gateways().enumerate().map(|(number, id)| (Meter::NatGateway, id, number));
                let endpoint = match &segment.end {
                    End::InterfaceEndpoint { endpoint_id, .. } => Some((Meter::InterfaceEndpoint, endpoint_id.as_str(), 0)),
                    _ => None,
                };
                for (meter, id, number) in gateways.chain(endpoint) {
                    let way = Way {
                        subnet_id: Arc::clone(&path.subnet_id),
                        service: Arc::clone(&path.service),
                        family: path.family,
                        destinations: segment.destinations.clone(),
                    };
                    let ways = taken.entry((meter, id)).or_default();
                    // They come in their order.
                    if ways.last().is_some_and(|(last, _)| *last == way) {
                        ways.pop();
                    }
                    ways.push((way, Place { number, of }));
                }
            }
        }
        for ((meter, id), ways) in taken {
            if routes.is_foreign(id) {
                self.add_foreign(name, meter, id);
            }
            let origin = Origin { region: name.to_owned(), meter, id: id.to_owned() };
            if let Some(load) = self.loads.get_mut(&origin) {
                load.ways = ways.into();
            }
        }
    }

    /// What these gateways and endpoints measure, told by region and id. The steps of prices stay those of the whole.
    #[must_use]
    pub fn of_these<'i>(&self, ids: impl IntoIterator<Item = (&'i str, &'i str)>) -> Self {
        let mut loads = BTreeMap::new();
        for (region, id) in ids {
            for meter in [Meter::NatGateway, Meter::InterfaceEndpoint, Meter::GwlbEndpoint] {
                let origin = Origin { region: region.to_owned(), meter, id: id.to_owned() };
                loads.extend(self.loads.get(&origin).map(|load| (origin, load.clone())));
            }
        }
        // What other accounts own is in no listing of this one.
        let foreign = self.loads.iter().filter(|(_, load)| load.foreign);
        loads.extend(foreign.map(|(origin, load)| (origin.clone(), load.clone())));
        Self { loads, endpoint_gb: self.endpoint_gb.clone() }
    }

    /// Packets whose sender is not a subnet that was read. Whoever comes to a NAT gateway over a transit gateway passes a subnet of its
    /// attachment, which is among the ways; an endpoint may be called from any network that its VPC is connected with.
    fn add_unseen(&mut self, name: &str, region: &RegionInventory) {
        let attached = region.transit_gateway_vpc_attachments.values().map(|attachment| attachment.vpc_id.as_str());
        let peered = region.peering_connections.values().flat_map(|peering| [&peering.requester, &peering.accepter]);
        let peered = peered.map(|side| side.vpc_id.as_str());
        let private = region.vpn_gateways.values().flat_map(|gateway| &gateway.vpc_ids).map(String::as_str);
        let connected: BTreeSet<&str> = attached.chain(peered).chain(private).collect();
        for (origin, load) in self.loads.iter_mut().filter(|(origin, _)| origin.region == name) {
            let endpoint = region.vpc_endpoints.get(&origin.id);
            if load.ways.is_empty() || endpoint.is_some_and(|endpoint| connected.contains(endpoint.vpc_id.as_str())) {
                // Before all others: its subnet has no name.
                let unseen = (Way::unseen(), Place { number: 0, of: 0 });
                load.ways = [unseen].into_iter().chain(load.ways.iter().cloned()).collect();
            }
        }
    }

    fn add_region(&mut self, name: &str, region: &RegionInventory, account: &str, terms: &Terms) {
        let traffic = &region.traffic;
        for nat in region.nat_gateways.values().filter(|nat| nat.state == NatGatewayState::Available) {
            let monthly = nat_gateway(traffic, &nat.id, terms);
            self.add(name, Meter::NatGateway, &nat.id, monthly);
        }
        for endpoint in region.vpc_endpoints.values().filter(|endpoint| is_billed(endpoint, account)) {
            let meter = match endpoint.kind {
                EndpointKind::Interface => Meter::InterfaceEndpoint,
                EndpointKind::GatewayLoadBalancer => Meter::GwlbEndpoint,
                EndpointKind::Gateway | EndpointKind::Resource | EndpointKind::ServiceNetwork | EndpointKind::Other(_) => {
                    continue;
                }
            };
            let crosses = endpoint.service_region.as_ref().is_some_and(|other| other != name);
            let monthly = if crosses {
                Err("CloudWatch has no metrics of endpoints to another region".to_owned())
            } else {
                vpc_endpoint(traffic, &endpoint.id, endpoint.created_at, terms)
            };
            if let (Meter::InterfaceEndpoint, Ok(measured)) = (meter, &monthly) {
                *self.endpoint_gb.entry(name.to_owned()).or_default() += measured.gb;
            }
            self.add(name, meter, &endpoint.id, monthly);
        }
    }

    fn add(&mut self, region: &str, meter: Meter, id: &str, monthly: Result<Measured, String>) {
        let origin = Origin { region: region.to_owned(), meter, id: id.to_owned() };
        self.loads.insert(origin, Load { monthly, foreign: false, ways: Arc::default() });
    }

    /// What a sister's resource measures is of all its clients: how much of it comes from this account nobody knows.
    fn add_foreign(&mut self, region: &str, meter: Meter, id: &str) {
        let origin = Origin { region: region.to_owned(), meter, id: id.to_owned() };
        let why = "it belongs to another account, which does not measure how many of its bytes come from this one";
        let load = || Load { monthly: Err(why.to_owned()), foreign: true, ways: Arc::default() };
        self.loads.entry(origin).or_insert_with(load);
    }

    /// What a NAT gateway or endpoint carries in a month, or why that is not known; `None` of what nothing measures.
    #[must_use]
    pub fn measured(&self, region: &str, id: &str) -> Option<Result<&Measured, &str>> {
        let meters = [Meter::NatGateway, Meter::InterfaceEndpoint, Meter::GwlbEndpoint];
        let origin = |meter| Origin { region: region.to_owned(), meter, id: id.to_owned() };
        let load = meters.into_iter().find_map(|meter| self.loads.get(&origin(meter))).filter(|load| !load.foreign)?;
        Some(load.monthly.as_ref().map_err(String::as_str))
    }

    /// What a NAT gateway or endpoint carries in a month; `None` where it was not measured.
    #[must_use]
    pub fn monthly(&self, region: &str, id: &str) -> Option<&Measured> {
        self.measured(region, id)?.ok()
    }
}

/// A mean of the days that have values: for a NAT gateway nothing documents that a missing day is 0.
fn nat_gateway(traffic: &Traffic, id: &str, terms: &Terms) -> Result<Measured, String> {
    let measured = match traffic.nat_gateway(id) {
        Err(gap) => return Err(format!("its traffic was not read ({})", gap.0)),
        Ok(None) => return Err("its traffic was not asked for".to_owned()),
        Ok(Some(measured)) => measured,
    };
    let days = measured.days_reported();
    scaled(measured.billed_bytes(), days, traffic.window_days(), terms)
        .ok_or_else(|| "CloudWatch has no value of its traffic on any day of the window".to_owned())
}

/// Days without a value are 0 (AWS PrivateLink guide: "only reported when traffic flowed"), as long as the endpoint was there.
fn vpc_endpoint(traffic: &Traffic, id: &str, created_at: Option<jiff::Timestamp>, terms: &Terms) -> Result<Measured, String> {
    let measured = match traffic.vpc_endpoint(id) {
        Err(gap) => return Err(format!("its traffic was not read ({})", gap.0)),
        Ok(None) => return Err("its traffic was not asked for".to_owned()),
        Ok(Some(measured)) => measured,
    };
    let window = traffic.window_days();
    let days = match (created_at, traffic.to) {
        (Some(created), Some(to)) => {
            let lived = to.duration_since(created).as_secs().max(0);
            // The day it was made on counts as a whole one: its values are of part of it.
            window.min(u32::try_from(lived.div_euclid(86_400) + i64::from(lived.rem_euclid(86_400) > 0)).unwrap_or(window))
        }
        _ => window,
    };
    scaled(measured.bytes_processed.sum, days, window, terms)
        .ok_or_else(|| "it is younger than the first whole day of metrics".to_owned())
}

/// `None` of no day.
fn scaled(bytes: u64, days: u32, window_days: u32, terms: &Terms) -> Option<Measured> {
    let hours = Decimal::from(u64::from(days) * DAY_HOURS);
    let gb = (Decimal::from(bytes) / Decimal::from(GB) * terms.hours).checked_div(hours)?;
    Some(Measured { gb: gb.round_dp(9), days, window_days })
}
