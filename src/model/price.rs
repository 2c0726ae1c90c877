//! List prices: what is priced, in which steps, and where the figure comes from.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Something that AWS bills by the hour or by the GB (2^30 bytes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceItem {
    /// A zonal NAT gateway that is available, per hour.
    NatHour,
    /// Bytes that a zonal NAT gateway processes, per GB.
    NatGb,
    /// A regional NAT gateway, per zone that it is active in and hour.
    RegionalNatHour,
    /// Bytes that a regional NAT gateway processes, per GB.
    RegionalNatGb,
    /// An interface endpoint, per zone it has an interface in and hour.
    InterfaceEndpointHour,
    /// Bytes that the interface endpoints of a region process together, per GB.
    InterfaceEndpointGb,
    /// A Gateway Load Balancer endpoint, per zone and hour.
    GwlbEndpointHour,
    /// Bytes that a Gateway Load Balancer endpoint processes, per GB.
    GwlbEndpointGb,
    /// An attachment to a transit gateway, per hour.
    TgwAttachmentHour,
    /// Bytes sent into a transit gateway, per GB.
    TgwGb,
    /// A public IPv4 address of Amazon's, used or idle, per hour.
    PublicIpv4Hour,
    /// Bytes between zones, per GB and direction: billed in the zone they leave and in the zone they come to.
    CrossZoneGb,
    /// Bytes out to the internet, per GB; the free first GB of an account are not taken off.
    InternetGb,
}

impl PriceItem {
    /// Every item, in the order of lists.
    pub const ALL: [Self; 13] = [
        Self::NatHour,
        Self::NatGb,
        Self::RegionalNatHour,
        Self::RegionalNatGb,
        Self::InterfaceEndpointHour,
        Self::InterfaceEndpointGb,
        Self::GwlbEndpointHour,
        Self::GwlbEndpointGb,
        Self::TgwAttachmentHour,
        Self::TgwGb,
        Self::PublicIpv4Hour,
        Self::CrossZoneGb,
        Self::InternetGb,
    ];

    /// The item's name in tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NatHour => "nat_hour",
            Self::NatGb => "nat_gb",
            Self::RegionalNatHour => "regional_nat_hour",
            Self::RegionalNatGb => "regional_nat_gb",
            Self::InterfaceEndpointHour => "interface_endpoint_hour",
            Self::InterfaceEndpointGb => "interface_endpoint_gb",
            Self::GwlbEndpointHour => "gwlb_endpoint_hour",
            Self::GwlbEndpointGb => "gwlb_endpoint_gb",
            Self::TgwAttachmentHour => "tgw_attachment_hour",
            Self::TgwGb => "tgw_gb",
            Self::PublicIpv4Hour => "public_ipv4_hour",
            Self::CrossZoneGb => "cross_zone_gb",
            Self::InternetGb => "internet_gb",
        }
    }

    /// What it is, in words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::NatHour => "NAT gateway",
            Self::NatGb => "NAT gateway data",
            Self::RegionalNatHour => "regional NAT gateway, per zone",
            Self::RegionalNatGb => "regional NAT gateway data",
            Self::InterfaceEndpointHour => "interface endpoint, per zone",
            Self::InterfaceEndpointGb => "interface endpoint data",
            Self::GwlbEndpointHour => "Gateway Load Balancer endpoint",
            Self::GwlbEndpointGb => "Gateway Load Balancer endpoint data",
            Self::TgwAttachmentHour => "transit gateway attachment",
            Self::TgwGb => "transit gateway data",
            Self::PublicIpv4Hour => "public IPv4 address",
            Self::CrossZoneGb => "data between zones, per direction",
            Self::InternetGb => "data out to the internet",
        }
    }

    /// Whether it is billed by the hour; else by the GB.
    #[must_use]
    pub fn is_hourly(self) -> bool {
        match self {
            Self::NatHour
            | Self::RegionalNatHour
            | Self::InterfaceEndpointHour
            | Self::GwlbEndpointHour
            | Self::TgwAttachmentHour
            | Self::PublicIpv4Hour => true,
            Self::NatGb
            | Self::RegionalNatGb
            | Self::InterfaceEndpointGb
            | Self::GwlbEndpointGb
            | Self::TgwGb
            | Self::CrossZoneGb
            | Self::InternetGb => false,
        }
    }

    /// The unit of a quantity: `hours` or `GB`.
    #[must_use]
    pub fn unit(self) -> &'static str {
        if self.is_hourly() { "hours" } else { "GB" }
    }
}

/// The price of one item in one region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Steps by quantity, ascending; the last one has no end. One for most items.
    pub tiers: Vec<PriceTier>,
    /// Where the figure comes from.
    pub source: String,
    /// Day the source is of.
    pub as_of: Date,
}

/// One step of a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceTier {
    /// Quantity of a month up to which it holds, in the item's unit; absent for the last step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<Decimal>,
    /// US dollars per unit.
    pub usd: Decimal,
}

impl Price {
    /// What a quantity costs, each part of it at the price of its step.
    #[must_use]
    pub fn cost(&self, quantity: Decimal) -> Decimal {
        let (mut cost, mut from) = (Decimal::ZERO, Decimal::ZERO);
        for tier in &self.tiers {
            let end = tier.up_to.map_or(quantity, |up_to| up_to.min(quantity));
            if end > from {
                cost += (end - from) * tier.usd;
                from = end;
            }
        }
        cost
    }

    /// The price of the next unit after a quantity: US dollars.
    #[must_use]
    pub fn marginal(&self, quantity: Decimal) -> Decimal {
        let tier = self.tiers.iter().find(|tier| tier.up_to.is_none_or(|up_to| quantity < up_to));
        tier.or(self.tiers.last()).map_or(Decimal::ZERO, |tier| tier.usd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price() -> Price {
        let tier = |up_to: Option<i64>, mills| PriceTier { up_to: up_to.map(Decimal::from), usd: Decimal::new(mills, 3) };
        Price {
            tiers: vec![tier(Some(100), 10), tier(Some(500), 6), tier(None, 4)],
            source: "test".to_owned(),
            as_of: jiff::civil::date(2026, 1, 1),
        }
    }

    #[test]
    fn each_part_costs_the_price_of_its_step() {
        let cost = |quantity: i64| price().cost(Decimal::from(quantity)).normalize().to_string();
        assert_eq!((cost(0), cost(100), cost(150)), ("0".to_owned(), "1".to_owned(), "1.3".to_owned()));
        // 100 x 0.010 + 400 x 0.006 + 100 x 0.004
        assert_eq!(cost(600), "3.8");
    }

    #[test]
    fn the_next_unit_costs_the_price_of_the_step_it_falls_in() {
        let next = |quantity: i64| price().marginal(Decimal::from(quantity)).to_string();
        assert_eq!((next(0), next(99), next(100), next(500)), ("0.010".into(), "0.010".into(), "0.006".into(), "0.004".into()));
    }
}
