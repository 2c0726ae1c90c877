//! Reads the embedded price table.
//!
//! `data/prices.csv`: one row per region, one column per item, from AWS's public price feed. `data/rates.csv`: what comes in steps or is the
//! same everywhere; `*` stands for every region of the first file. Each row names its source and its day.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::Prices;
use crate::model::price::{Price, PriceItem, PriceTier};

const PRICES: &str = include_str!("data/prices.csv");
const RATES: &str = include_str!("data/rates.csv");

#[derive(Debug, Deserialize)]
struct Row {
    region: String,
    nat_hour: Option<Decimal>,
    nat_gb: Option<Decimal>,
    interface_endpoint_hour: Option<Decimal>,
    gwlb_endpoint_hour: Option<Decimal>,
    gwlb_endpoint_gb: Option<Decimal>,
    tgw_attach_hour: Option<Decimal>,
    tgw_gb: Option<Decimal>,
    cross_az_gb: Option<Decimal>,
    source: String,
    asof: Date,
}

#[derive(Debug, Deserialize)]
struct Rate {
    item: PriceItem,
    region: String,
    up_to_gb: Option<Decimal>,
    usd: Decimal,
    source: String,
    asof: Date,
}

impl Row {
    /// A regional NAT gateway costs what a zonal one does, per zone. Source: Amazon VPC pricing, "NAT gateway pricing".
    fn prices(&self) -> [(PriceItem, Option<Decimal>); 10] {
        [
            (PriceItem::NatHour, self.nat_hour),
            (PriceItem::NatGb, self.nat_gb),
            (PriceItem::RegionalNatHour, self.nat_hour),
            (PriceItem::RegionalNatGb, self.nat_gb),
            (PriceItem::InterfaceEndpointHour, self.interface_endpoint_hour),
            (PriceItem::GwlbEndpointHour, self.gwlb_endpoint_hour),
            (PriceItem::GwlbEndpointGb, self.gwlb_endpoint_gb),
            (PriceItem::TgwAttachmentHour, self.tgw_attach_hour),
            (PriceItem::TgwGb, self.tgw_gb),
            (PriceItem::CrossZoneGb, self.cross_az_gb),
        ]
    }
}

fn rows<T: for<'de> Deserialize<'de>>(text: &str) -> impl Iterator<Item = Result<T, csv::Error>> {
    csv::Reader::from_reader(text.as_bytes()).into_deserialize()
}

/// The embedded table. A row that cannot be read would be a price that is missing; a test reads every one.
pub(super) fn read() -> Prices {
    let mut prices = Prices::default();
    let regions: Vec<Row> = rows(PRICES).filter_map(Result::ok).collect();
    for row in &regions {
        for (item, usd) in row.prices() {
            let Some(usd) = usd else { continue };
            let tiers = vec![PriceTier { up_to: None, usd }];
            prices.insert(&row.region, item, Price { tiers, source: row.source.clone(), as_of: row.asof });
        }
    }
    let everywhere: Vec<&str> = regions.iter().filter(|row| row.tgw_gb.is_some()).map(|row| row.region.as_str()).collect();
    let rates: Vec<Rate> = rows(RATES).filter_map(Result::ok).collect();
    for steps in rates.chunk_by(|a, b| (a.item, &a.region) == (b.item, &b.region)) {
        let Some(first) = steps.first() else { continue };
        let tiers = steps.iter().map(|rate| PriceTier { up_to: rate.up_to_gb, usd: rate.usd }).collect();
        let price = Price { tiers, source: first.source.clone(), as_of: first.asof };
        match first.region.as_str() {
            "*" => everywhere.iter().for_each(|region| prices.insert(region, first.item, price.clone())),
            region => prices.insert(region, first.item, price),
        }
    }
    prices
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn usd(prices: &Prices, region: &str, item: PriceItem) -> Option<String> {
        Some(prices.get(region, item)?.tiers.first()?.usd.normalize().to_string())
    }

    #[test]
    fn every_row_is_read_and_every_step_is_higher_than_the_one_before() {
        assert!(rows::<Row>(PRICES).all(|row| row.is_ok()) && rows::<Rate>(RATES).all(|row| row.is_ok()));
        let prices = read();
        assert_eq!(prices.regions().count(), PRICES.lines().count() - 1);
        for region in prices.regions() {
            for (item, price) in prices.of_region(region) {
                let edges: Vec<_> = price.tiers.iter().map(|tier| tier.up_to).collect();
                assert_eq!(edges.last(), Some(&None), "{region} {item:?}");
                assert!(
                    edges.windows(2).all(|pair| pair[0].is_some() && (pair[1].is_none() || pair[0] < pair[1])),
                    "{region} {item:?}"
                );
                assert!(!price.source.is_empty() && price.tiers.iter().all(|tier| tier.usd > Decimal::ZERO));
            }
        }
    }

    #[test]
    fn prices_differ_by_region_and_unknown_regions_have_none() {
        let prices = read();
        // Tools that take the price of us-east-1 for every region are wrong in both of these.
        assert_eq!(usd(&prices, "ap-northeast-2", PriceItem::NatGb).as_deref(), Some("0.059"));
        assert_eq!(usd(&prices, "ap-northeast-1", PriceItem::NatHour).as_deref(), Some("0.062"));
        assert_eq!(usd(&prices, "us-east-1", PriceItem::NatHour).as_deref(), Some("0.045"));
        assert_eq!(usd(&prices, "us-gov-west-1", PriceItem::GwlbEndpointGb).as_deref(), Some("0.0044"));
        assert_eq!(usd(&prices, "cn-northwest-1", PriceItem::NatHour), None);
        assert_eq!(usd(&prices, "eusc-de-east-1", PriceItem::PublicIpv4Hour), None);
        // A local zone: only its NAT gateway is in the table.
        assert_eq!(prices.of_region("us-west-2-lax-1").count(), 4);
        assert_eq!(usd(&prices, "ap-east-2", PriceItem::CrossZoneGb), None, "not found, so not known");
    }

    #[test]
    fn the_first_step_of_endpoint_data_is_the_price_of_the_table() {
        #[derive(Deserialize)]
        struct Row {
            region: String,
            interface_endpoint_gb: Option<Decimal>,
        }
        let prices = read();
        let told: BTreeSet<_> =
            rows::<Row>(PRICES).map(Result::unwrap).map(|row| (row.region, row.interface_endpoint_gb)).collect();
        for (region, usd) in told {
            let first = prices.get(&region, PriceItem::InterfaceEndpointGb).map(|price| price.tiers[0].usd);
            assert_eq!(first, usd, "{region}");
        }
    }
}
