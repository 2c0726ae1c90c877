//! The monthly bill: what each resource costs by the hour, and what its bytes cost on the ways they take.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use rayon::prelude::*;
use rust_decimal::Decimal;

use super::carried::{Carried, Routes, Tariff};
use super::usage::{Meter, Origin, Usage};
use super::{Prices, Terms, UsdRange};
use crate::model::ec2::{EndpointKind, EndpointState, NatAvailability, NatGateway, NatGatewayState, VpcEndpoint};
use crate::model::price::{Price, PriceItem};
use crate::model::{Inventory, RegionInventory};

/// What an account pays in a month for the ways of its packets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bill {
    /// One line per resource and item, sorted by region, resource and item.
    pub lines: Vec<BillLine>,
    /// What costs money and is in no line, sorted.
    pub unpriced: Vec<Unpriced>,
    /// Sum of the lines. Not the sum of their ends: one byte takes one way.
    pub total: UsdRange,
    /// What does not hang on the ways of packets.
    pub(super) fixed: Decimal,
    pub(super) carried: BTreeMap<Origin, Carried>,
    /// Share of the list price that is paid.
    pub(super) paid_share: Decimal,
}

/// What one resource costs for one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillLine {
    /// Region.
    pub region: String,
    /// Kind of the resource.
    pub resource_kind: &'static str,
    /// Its id.
    pub resource_id: String,
    /// What is billed.
    pub item: PriceItem,
    /// Least and greatest quantity per month, in the item's unit.
    pub quantity: (Decimal, Decimal),
    /// US dollars per unit, list. Of endpoint data the mean over the steps that the region reaches.
    pub rate: Decimal,
    /// US dollars per month, discount taken off.
    pub amount: UsdRange,
    /// How the quantity is known.
    pub basis: String,
    /// Where the rate comes from.
    pub source: String,
    /// Day of that source.
    pub as_of: jiff::civil::Date,
}

/// Something that costs money, and how much is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unpriced {
    /// Region.
    pub region: String,
    /// Kind of the resource.
    pub resource_kind: &'static str,
    /// Its id.
    pub resource_id: String,
    /// What is billed; `None` where not even that is known.
    pub item: Option<PriceItem>,
    /// Why it has no amount.
    pub why: String,
}

impl Bill {
    /// Ids of the NAT gateways of which some bytes take another way than in a bill before.
    #[must_use]
    pub fn moved_nat_gateways(&self, before: &Self) -> BTreeSet<&str> {
        let nat_gateways = self.carried.iter().filter(|(origin, _)| origin.meter == Meter::NatGateway);
        let moved = nat_gateways.filter(|(origin, now)| {
            before.carried.get(*origin).is_some_and(|then| then.beside(now).any(|(then, now)| now != Some(then)))
        });
        moved.map(|(origin, _)| origin.id.as_str()).collect()
    }
}

/// The bill of an inventory, with traffic that was measured before: in its own inventory, or in the one it was made from by a change.
#[must_use]
pub fn monthly(inventory: &Inventory, routes: &Routes<'_>, prices: &Prices, usage: &Usage, terms: &Terms) -> Bill {
    let mut maker = Maker { inventory, prices, usage, terms, bill: Bill { paid_share: terms.paid_share(), ..Bill::default() } };
    for (name, region) in &inventory.regions {
        maker.hours(name, region);
    }
    let tariff = Tariff { inventory, routes, prices, usage };
    let loads: Vec<_> = usage.loads.iter().collect();
    let carried: Vec<Carried> = loads.par_iter().map(|(origin, load)| tariff.carried(origin, load)).collect();
    for ((origin, load), carried) in loads.into_iter().zip(carried) {
        // Its owner is billed for a foreign one.
        if !load.foreign {
            maker.data(origin, &carried);
        }
        maker.bill.carried.insert(origin.clone(), carried);
    }
    maker.finish()
}

struct Maker<'m> {
    inventory: &'m Inventory,
    prices: &'m Prices,
    usage: &'m Usage,
    terms: &'m Terms,
    bill: Bill,
}

/// A resource as the bill names it.
#[derive(Clone, Copy)]
struct Billed<'b> {
    region: &'b str,
    kind: &'static str,
    id: &'b str,
}

impl Maker<'_> {
    /// What is billed by the hour, whether bytes pass or not.
    fn hours(&mut self, name: &str, region: &RegionInventory) {
        let ours = self.inventory.account.id.clone();
        for nat in region.nat_gateways.values().filter(|nat| nat.state == NatGatewayState::Available) {
            let billed = Billed { region: name, kind: "nat_gateway", id: &nat.id };
            match zones_of(nat) {
                (PriceItem::NatHour, _) => self.by_the_hour(billed, PriceItem::NatHour, 1, "available".to_owned()),
                (item, Some(zones)) => self.by_the_hour(billed, item, zones, format!("active in {zones} zones")),
                (item, None) => self.unpriced(billed, Some(item), "the zones it is active in are not told"),
            }
        }
        for endpoint in region.vpc_endpoints.values().filter(|endpoint| is_billed(endpoint, &ours)) {
            let billed = Billed { region: name, kind: "vpc_endpoint", id: &endpoint.id };
            let zones = endpoint.subnet_ids.len();
            let item = match endpoint.kind {
                EndpointKind::Gateway => continue,
                EndpointKind::Interface => PriceItem::InterfaceEndpointHour,
                EndpointKind::GatewayLoadBalancer => PriceItem::GwlbEndpointHour,
                EndpointKind::Resource | EndpointKind::ServiceNetwork | EndpointKind::Other(_) => {
                    self.unpriced(billed, None, &format!("the price table has no endpoints of type {}", endpoint.kind));
                    continue;
                }
            };
            let subnets = if zones == 1 { "1 subnet".to_owned() } else { format!("{zones} subnets, one per zone") };
            self.by_the_hour(billed, item, zones, format!("interfaces in {subnets}"));
        }
        for attachment in region.transit_gateway_attachments.values() {
            if attachment.resource_owner_id == ours && attachment.state == "available" {
                let billed = Billed { region: name, kind: "transit_gateway_attachment", id: &attachment.id };
                self.by_the_hour(billed, PriceItem::TgwAttachmentHour, 1, format!("of {}", attachment.resource_id));
            }
        }
        self.public_addresses(name, region);
    }

    /// Every public IPv4 address is billed, used or idle, but those that the customer brought.
    /// Source: Amazon VPC pricing, "Public IPv4 addresses"; EC2 guide, "Bring your own IP addresses (BYOIP)".
    fn public_addresses(&mut self, name: &str, region: &RegionInventory) {
        let mut elastic: BTreeSet<Ipv4Addr> = BTreeSet::new();
        for address in region.addresses.values() {
            elastic.insert(address.public_ip);
            let billed = Billed { region: name, kind: "address", id: &address.allocation_id };
            match address.public_ipv4_pool.as_deref() {
                None | Some("amazon") => {
                    self.by_the_hour(billed, PriceItem::PublicIpv4Hour, 1, format!("address {}", address.public_ip));
                }
                Some(pool) if pool.starts_with("ipam-pool-") => {
                    self.unpriced(
                        billed,
                        Some(PriceItem::PublicIpv4Hour),
                        "whether its IPAM pool holds brought addresses is not read",
                    );
                }
                Some(_) => {}
            }
        }
        // Interfaces of a NAT gateway or load balancer show addresses that the list of Elastic IP addresses has as well.
        let ours = &self.inventory.account.id;
        for interface in region.network_interfaces.values().filter(|interface| interface.owner_id == *ours) {
            for public in interface.private_addresses.iter().filter_map(|address| address.public_ip) {
                if elastic.insert(public) {
                    let billed = Billed { region: name, kind: "network_interface", id: &interface.id };
                    self.by_the_hour(billed, PriceItem::PublicIpv4Hour, 1, format!("address {public}"));
                }
            }
        }
    }

    fn by_the_hour(&mut self, billed: Billed<'_>, item: PriceItem, times: usize, basis: String) {
        let Some(price) = self.prices.get(billed.region, item) else {
            self.unpriced(billed, Some(item), &format!("{} has no price for it", billed.region));
            return;
        };
        let quantity = self.terms.hours * Decimal::from(times);
        let amount = price.cost(quantity) * self.terms.paid_share();
        self.bill.fixed += amount;
        let rate = price.marginal(Decimal::ZERO);
        self.line(billed, item, (quantity, quantity), rate, UsdRange::exact(amount), basis, price);
    }

    /// What the measured bytes of one resource cost, item by item.
    fn data(&mut self, origin: &Origin, carried: &Carried) {
        let kind = match origin.meter {
            Meter::NatGateway => "nat_gateway",
            Meter::InterfaceEndpoint | Meter::GwlbEndpoint => "vpc_endpoint",
        };
        let billed = Billed { region: &origin.region, kind, id: &origin.id };
        let load = self.usage.loads.get(origin).map(|load| &load.monthly);
        let (gb, measured) = match (&carried.gb, load) {
            (Ok(gb), Some(Ok(measured))) => (*gb, measured),
            (Err(why), _) | (_, Some(Err(why))) => {
                let item = carried.fares.iter().flat_map(|fare| &fare.charges).flatten().map(|charge| charge.item).min();
                return self.unpriced(billed, item, why);
            }
            (Ok(_), None) => return,
        };
        let mut items: BTreeMap<PriceItem, (Decimal, Decimal)> = BTreeMap::new();
        for item in carried.fares.iter().flat_map(|fare| &fare.charges).flatten().map(|charge| charge.item) {
            items.entry(item).or_insert((Decimal::MAX, Decimal::ZERO));
        }
        for fare in &carried.fares {
            for charges in &fare.charges {
                for (item, (low, high)) in &mut items {
                    let times =
                        charges.iter().filter(|charge| charge.item == *item).map(|charge| Decimal::from(charge.times)).sum();
                    (*low, *high) = ((*low).min(times), (*high).max(times));
                }
            }
        }
        for (item, (low, high)) in items {
            let Some(price) = self.prices.get(&origin.region, item) else {
                self.unpriced(billed, Some(item), &format!("{} has no price for it", origin.region));
                continue;
            };
            let quantity = (low * gb, high * gb);
            let rate = if item == PriceItem::InterfaceEndpointGb {
                self.mean_endpoint_rate(&origin.region, price)
            } else {
                price.marginal(Decimal::ZERO)
            };
            let share = rate * self.terms.paid_share();
            let amount = UsdRange { low: quantity.0 * share, high: quantity.1 * share };
            let basis = format!(
                "measured on {} of {} days, scaled to {} hours",
                measured.days,
                measured.window_days,
                self.terms.hours.normalize()
            );
            self.line(billed, item, quantity, rate, amount, basis, price);
        }
    }

    /// What a GB through the endpoints of a region costs on the whole: their bytes climb the steps together.
    fn mean_endpoint_rate(&self, region: &str, price: &Price) -> Decimal {
        let all = self.usage.endpoint_gb.get(region).copied().unwrap_or_default();
        if all.is_zero() { price.marginal(Decimal::ZERO) } else { price.cost(all) / all }
    }

    #[expect(clippy::too_many_arguments, reason = "the columns of a line")]
    fn line(
        &mut self,
        billed: Billed<'_>,
        item: PriceItem,
        quantity: (Decimal, Decimal),
        rate: Decimal,
        amount: UsdRange,
        basis: String,
        price: &Price,
    ) {
        self.bill.lines.push(BillLine {
            region: billed.region.to_owned(),
            resource_kind: billed.kind,
            resource_id: billed.id.to_owned(),
            item,
            quantity,
            rate,
            amount,
            basis,
            source: price.source.clone(),
            as_of: price.as_of,
        });
    }

    fn unpriced(&mut self, billed: Billed<'_>, item: Option<PriceItem>, why: &str) {
        let (region, resource_id) = (billed.region.to_owned(), billed.id.to_owned());
        self.bill.unpriced.push(Unpriced { region, resource_kind: billed.kind, resource_id, item, why: why.to_owned() });
    }

    fn finish(mut self) -> Bill {
        self.bill.lines.sort_by(|a, b| {
            (&a.region, a.resource_kind, &a.resource_id, a.item).cmp(&(&b.region, b.resource_kind, &b.resource_id, b.item))
        });
        self.bill.unpriced.sort();
        self.bill.unpriced.dedup();
        let mut total = UsdRange::exact(self.bill.fixed);
        for carried in self.bill.carried.values() {
            let Ok(gb) = &carried.gb else { continue };
            // A way whose end is not known costs what is known of it.
            let known = carried.fares.iter().filter_map(|fare| fare.known);
            let (low, high) = (known.clone().map(|usd| usd.low).min(), known.map(|usd| usd.high).max());
            if let (Some(low), Some(high)) = (low, high) {
                total += UsdRange { low: low * *gb * self.bill.paid_share, high: high * *gb * self.bill.paid_share };
            }
        }
        for (region, gb) in &self.usage.endpoint_gb {
            // The ways are priced by the step that the region has reached, which the steps before it were not.
            if let Some(price) = self.prices.get(region, PriceItem::InterfaceEndpointGb) {
                let steps = (price.cost(*gb) - price.marginal(*gb) * *gb) * self.bill.paid_share;
                total += UsdRange::exact(steps);
            }
        }
        self.bill.total = total;
        self.bill
    }
}

/// What the hours of a NAT gateway are billed as, and in how many zones: those that it has addresses in.
///
/// Source: VPC guide, "Regional NAT gateways for automatic multi-AZ expansion", and Amazon VPC pricing ("for each zone").
fn zones_of(nat: &NatGateway) -> (PriceItem, Option<usize>) {
    match nat.availability {
        NatAvailability::Zonal | NatAvailability::Other(_) => (PriceItem::NatHour, Some(1)),
        NatAvailability::Regional => {
            let zones: Option<BTreeSet<&str>> =
                nat.addresses.iter().map(|address| address.zone_id.as_deref().or(address.zone.as_deref())).collect();
            (PriceItem::RegionalNatHour, zones.map(|zones| zones.len()).filter(|zones| *zones > 0))
        }
    }
}

/// Whether the account pays for an endpoint: it is its own, and in service.
pub(super) fn is_billed(endpoint: &VpcEndpoint, account: &str) -> bool {
    endpoint.is_owned_by(account) && matches!(endpoint.state, EndpointState::Available | EndpointState::Partial)
}
