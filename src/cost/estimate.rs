//! What a list of quantities would cost in a region.

use rust_decimal::Decimal;

use super::{BreakEven, Prices, Terms, break_even};
use crate::model::price::{Price, PriceItem};

/// Quantities to price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatIf {
    /// Region.
    pub region: String,
    /// Quantities per month, each in its item's unit; GB between zones are those that cross, not those that are billed.
    pub quantities: Vec<(PriceItem, Decimal)>,
}

/// What the quantities cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// Region.
    pub region: String,
    /// One line per quantity, in the order given.
    pub lines: Vec<EstimateLine>,
    /// US dollars, of the lines that have a price; `None` where no line has one.
    pub total: Option<Decimal>,
    /// Whether every line has a price.
    pub complete: bool,
    /// Break-even of an interface endpoint against a NAT gateway.
    pub break_even: Option<BreakEven>,
}

/// One quantity with its price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EstimateLine {
    /// The item.
    pub item: PriceItem,
    /// Quantity that is billed: GB between zones count twice.
    pub billed: Decimal,
    /// The list price; `None` where the region has none.
    pub price: Option<Price>,
    /// US dollars, discount taken off.
    pub amount: Option<Decimal>,
}

/// Prices quantities; what has no price stays without, and is in no total.
///
/// Bytes between zones are billed in the zone they leave and in the zone they come to (EC2 pricing, "Data Transfer within
/// the same AWS Region").
#[must_use]
pub fn estimate(what_if: &WhatIf, prices: &Prices, terms: &Terms) -> Estimate {
    let lines: Vec<EstimateLine> = what_if
        .quantities
        .iter()
        .map(|(item, quantity)| {
            let billed = match item {
                PriceItem::CrossZoneGb => *quantity * Decimal::TWO,
                _ => *quantity,
            };
            let price = prices.get(&what_if.region, *item).cloned();
            let amount = price.as_ref().map(|price| price.cost(billed) * terms.paid_share());
            EstimateLine { item: *item, billed, price, amount }
        })
        .collect();
    let amounts: Vec<Decimal> = lines.iter().filter_map(|line| line.amount).collect();
    Estimate {
        region: what_if.region.clone(),
        total: (!amounts.is_empty()).then(|| amounts.iter().sum()),
        complete: amounts.len() == lines.len(),
        break_even: break_even(prices, &what_if.region, terms),
        lines,
    }
}

#[cfg(test)]
mod tests {
    use super::super::cents;
    use super::*;

    fn total(region: &str, quantities: &[(PriceItem, &str)]) -> Option<String> {
        let quantities = quantities.iter().map(|(item, text)| (*item, text.parse().unwrap())).collect();
        let what_if = WhatIf { region: region.to_owned(), quantities };
        estimate(&what_if, Prices::embedded(), &Terms::default()).total.map(cents)
    }

    #[test]
    fn worked_bills_come_out_to_the_cent() {
        use PriceItem::{
            InterfaceEndpointHour, InternetGb, NatGb, NatHour, PublicIpv4Hour, RegionalNatGb, RegionalNatHour, TgwAttachmentHour,
            TgwGb,
        };
        // The numbers that Infracost, AWS's calculator and AWS's own examples publish.
        for (region, quantities, published) in [
            ("us-east-2", vec![(NatHour, "1")], "0.05"),
            ("us-east-1", vec![(NatHour, "730"), (NatGb, "100")], "37.35"),
            ("us-east-1", vec![(InterfaceEndpointHour, "1460")], "14.60"),
            ("eu-central-1", vec![(RegionalNatHour, "2190"), (RegionalNatGb, "1024")], "167.13"),
            ("eu-central-1", vec![(RegionalNatHour, "730"), (RegionalNatGb, "100")], "43.16"),
            ("us-east-2", vec![(NatHour, "720"), (NatGb, "100")], "36.90"),
            ("us-east-1", vec![(NatGb, "1000")], "45.00"),
            ("us-east-1", vec![(TgwAttachmentHour, "730")], "36.50"),
            ("us-east-1", vec![(TgwAttachmentHour, "730"), (TgwGb, "100")], "38.50"),
            ("eu-west-1", vec![(NatHour, "2190")], "105.12"),
            ("us-east-1", vec![(PublicIpv4Hour, "730")], "3.65"),
            ("us-east-1", vec![(InternetGb, "20480")], "1792.00"),
        ] {
            assert_eq!(total(region, &quantities).as_deref(), Some(published), "{region} {quantities:?}");
        }
    }

    #[test]
    fn published_numbers_that_are_wrong_are_contradicted() {
        use PriceItem::{InterfaceEndpointHour, NatGb, TgwAttachmentHour};
        // "2 TB a month to S3 through NAT cost $90 plus $180 of egress": S3 in the same region has no egress.
        assert_eq!(total("us-east-1", &[(NatGb, "2000")]).as_deref(), Some("90.00"));
        // "500 GB over three zones cost $225 and more", "three NATs triple the price of a GB": each byte is processed once.
        assert_eq!(total("us-east-1", &[(NatGb, "500")]).as_deref(), Some("22.50"));
        // "12 transit gateway attachments cost $80 a month".
        assert_eq!(total("us-east-1", &[(TgwAttachmentHour, "8760")]).as_deref(), Some("438.00"));
        // "$0.011 an hour is about $8.76 a month", in eu-west-1.
        assert_eq!(total("eu-west-1", &[(InterfaceEndpointHour, "730")]).as_deref(), Some("8.03"));
        // "A NAT gateway costs $0.045 everywhere".
        assert_ne!(total("ap-northeast-2", &[(NatGb, "1000")]).as_deref(), Some("45.00"));
        assert_ne!(total("ap-northeast-1", &[(NatGb, "1000")]).as_deref(), Some("45.00"));
    }

    #[test]
    fn endpoint_and_internet_data_come_in_steps_and_zones_are_billed_twice() {
        let petabyte = total("eu-west-1", &[(PriceItem::InterfaceEndpointGb, "2097152")]);
        // 1,048,576 x 0.01 + 1,048,576 x 0.006
        assert_eq!(petabyte.as_deref(), Some("16777.22"));
        assert_eq!(total("eu-west-1", &[(PriceItem::CrossZoneGb, "100")]).as_deref(), Some("2.00"));
    }

    #[test]
    fn what_has_no_price_is_in_no_total() {
        let what_if = |region: &str, items: &[PriceItem]| {
            let quantities = items.iter().map(|item| (*item, Decimal::from(730))).collect();
            estimate(&WhatIf { region: region.to_owned(), quantities }, Prices::embedded(), &Terms::default())
        };
        let china = what_if("cn-north-1", &[PriceItem::NatHour]);
        assert_eq!((china.total, china.complete, china.lines[0].amount), (None, false, None));
        let partly = what_if("ap-east-2", &[PriceItem::NatHour, PriceItem::CrossZoneGb]);
        assert_eq!((partly.total.map(cents).as_deref(), partly.complete), (Some("40.73"), false));
    }

    #[test]
    fn a_discount_scales_every_line() {
        let what_if = WhatIf { region: "us-east-1".into(), quantities: vec![(PriceItem::NatHour, Decimal::from(730))] };
        let terms = Terms { discount: "0.08".parse().unwrap(), ..Terms::default() };
        assert_eq!(estimate(&what_if, Prices::embedded(), &terms).total.map(cents).as_deref(), Some("30.22"));
    }
}
