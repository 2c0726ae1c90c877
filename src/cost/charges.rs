//! What a GB is charged on its way.

use rust_decimal::Decimal;

use super::Prices;
use super::carried::Routes;
use super::usage::Place;
use crate::model::RegionInventory;
use crate::model::ec2::{EndpointKind, NatAvailability, NatGateway};
use crate::model::price::PriceItem;
use crate::network::{End, Path, Segment};

/// What a GB through a NAT gateway is billed as.
pub(super) fn nat_gb(nat: &NatGateway) -> PriceItem {
    match nat.availability {
        NatAvailability::Regional => PriceItem::RegionalNatGb,
        NatAvailability::Zonal | NatAvailability::Other(_) => PriceItem::NatGb,
    }
}

/// One charge on a way, for each GB.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Charge {
    pub(super) item: PriceItem,
    /// Resource that causes it.
    pub(super) resource: String,
    /// How often a GB is billed: twice between zones, never where another account pays.
    pub(super) times: u8,
}

/// The charges on one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Charges {
    /// Of the NAT gateways on it, in order.
    nat_gateways: Vec<Charge>,
    /// All others.
    others: Vec<Charge>,
    /// Whether nothing else is charged: the way ends at the service, and not out of sight or nowhere.
    complete: bool,
}

impl Charges {
    /// What the packets of a segment are charged.
    ///
    /// Bytes between zones are charged on the way to a NAT gateway in another zone; not on the way into a transit
    /// gateway or endpoint (What's New, 2022-04: no charge between zones for AWS PrivateLink, Transit Gateway and Client VPN). A
    /// Gateway Load Balancer endpoint measures its bytes itself and is billed by them.
    pub(super) fn of(region: &RegionInventory, routes: &Routes<'_>, path: &Path, segment: &Segment) -> Self {
        let mut charges = Self { nat_gateways: Vec::new(), others: Vec::new(), complete: true };
        let mut zone_is_left_alone = false;
        // Whoever owns the attachment that packets enter a transit gateway by is charged. Source: Transit Gateway guide, "Pricing" and "Flexible
        // cost allocation" (what a metering policy moves is not read); of a shared VPC that is its owner, VPC guide, "Billing and metering for
        // owner and participants".
        let mut attachment_is_foreign = routes.is_foreign(&path.subnet_id);
        for hop in &segment.hops {
            match hop.kind {
                "nat_gateway" => {
                    let nat = region.nat_gateways.get(&hop.id);
                    let item = nat.map_or(PriceItem::NatGb, nat_gb);
                    if charges.nat_gateways.is_empty() && !zone_is_left_alone {
                        let zone = |id: &str| region.subnets.get(id).map(|subnet| subnet.zone_id.as_str());
                        let own = nat.and_then(|nat| nat.subnet_id.as_deref()).and_then(zone);
                        if own.is_some_and(|own| Some(own) != zone(&path.subnet_id)) {
                            charges.others.push(Charge { item: PriceItem::CrossZoneGb, resource: hop.id.clone(), times: 2 });
                        }
                    }
                    let times = u8::from(!routes.is_foreign(&hop.id));
                    charges.nat_gateways.push(Charge { item, resource: hop.id.clone(), times });
                }
                "transit_gateway" => {
                    zone_is_left_alone = true;
                    let times = u8::from(!attachment_is_foreign);
                    charges.others.push(Charge { item: PriceItem::TgwGb, resource: hop.id.clone(), times });
                }
                "transit_gateway_attachment" => attachment_is_foreign = routes.is_foreign(&hop.id),
                "vpc_endpoint" => {
                    let kind = region.vpc_endpoints.get(&hop.id).map(|endpoint| &endpoint.kind);
                    zone_is_left_alone |= kind == Some(&EndpointKind::GatewayLoadBalancer);
                }
                _ => {}
            }
        }
        match &segment.end {
            End::InterfaceEndpoint { endpoint_id, .. } => {
                let times = u8::from(!routes.is_foreign(endpoint_id));
                charges.others.push(Charge { item: PriceItem::InterfaceEndpointGb, resource: endpoint_id.clone(), times });
            }
            End::GatewayEndpoint { .. } | End::Nat { .. } | End::Internet { .. } => {}
            End::None { .. }
            | End::Blackhole { .. }
            | End::Blocked { .. }
            | End::LeavesView { .. }
            | End::Appliance { .. }
            | End::Unknown { .. } => charges.complete = false,
        }
        charges
    }

    /// The part of the charges that falls on bytes measured at the NAT gateway with this place on the way: its own, and for the
    /// first one everything else. Bytes that pass two gateways are measured by both, and each charge counts once.
    pub(super) fn at_nat_gateway(&self, place: Place) -> Vec<Charge> {
        let mut own: Vec<Charge> = self.nat_gateways.get(place.number).into_iter().cloned().collect();
        if place.number == 0 {
            own.extend(self.nat_gateways.iter().skip(place.of.max(1)).cloned());
            own.extend(self.others.iter().cloned());
        }
        own.sort();
        own
    }

    /// Every charge.
    pub(super) fn all(&self) -> Vec<Charge> {
        let mut all: Vec<Charge> = self.nat_gateways.iter().chain(&self.others).cloned().collect();
        all.sort();
        all
    }

    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }
}

/// What a GB with these charges costs, list; `None` where one of them has no price. Endpoint data is priced by the step that
/// the region has reached.
pub(super) fn per_gb(charges: &[Charge], prices: &Prices, region: &str, endpoint_gb: Decimal) -> Option<Decimal> {
    charges
        .iter()
        .map(|charge| {
            let price = prices.get(region, charge.item)?;
            let reached = if charge.item == PriceItem::InterfaceEndpointGb { endpoint_gb } else { Decimal::ZERO };
            Some(price.marginal(reached) * Decimal::from(charge.times))
        })
        .sum()
}
