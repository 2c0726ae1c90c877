//! From how many GB on an interface endpoint is cheaper than a NAT gateway that stays anyway.

use rust_decimal::Decimal;

use super::{Prices, Terms, exact, rounded};
use crate::model::price::PriceItem;

/// The traffic at which an interface endpoint pays for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakEven {
    /// GB per zone and month.
    pub gb_per_zone: Decimal,
    /// Hourly price of the endpoint per zone, in US dollars, list.
    pub endpoint_hour: Decimal,
    /// Price of a GB through the endpoint.
    pub endpoint_gb: Decimal,
    /// Price of a GB through the NAT gateway.
    pub nat_gb: Decimal,
    /// Hours of the month.
    pub hours: Decimal,
}

impl BreakEven {
    /// The formula with its inputs, in one line.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Self { gb_per_zone, endpoint_hour, endpoint_gb, nat_gb, hours } = self;
        format!(
            "break-even is {} GB per zone and month: {} h x ${} / (${} - ${}) per GB",
            rounded(*gb_per_zone, 1),
            hours.normalize(),
            exact(*endpoint_hour),
            exact(*nat_gb),
            exact(*endpoint_gb)
        )
    }
}

/// The break-even of an interface endpoint against a NAT gateway in its own zone; `None` where a price is not known, or
/// where the endpoint's GB is no cheaper.
///
/// `hours x endpoint_hour / (nat_gb - endpoint_gb)`: the NAT's own hours are not saved, because it stays. A discount
/// falls out. The popular "160 GB" forgets that the endpoint bills GB too.
#[must_use]
pub fn break_even(prices: &Prices, region: &str, terms: &Terms) -> Option<BreakEven> {
    let first = |item| prices.get(region, item).map(|price| price.marginal(Decimal::ZERO));
    let endpoint_hour = first(PriceItem::InterfaceEndpointHour)?;
    let endpoint_gb = first(PriceItem::InterfaceEndpointGb)?;
    let nat_gb = first(PriceItem::NatGb)?;
    let gain = nat_gb - endpoint_gb;
    let gb_per_zone = (gain > Decimal::ZERO).then(|| terms.hours * endpoint_hour / gain)?;
    Some(BreakEven { gb_per_zone, endpoint_hour, endpoint_gb, nat_gb, hours: terms.hours })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::price::{Price, PriceTier};

    #[test]
    fn the_figures_of_the_regions() {
        let at = |region| break_even(Prices::embedded(), region, &Terms::default()).map(|found| rounded(found.gb_per_zone, 1));
        assert_eq!(at("us-east-1").as_deref(), Some("208.6"));
        assert_eq!(at("sa-east-1").as_deref(), Some("184.7"));
        assert_eq!(at("ap-northeast-1").as_deref(), Some("196.5"));
        assert_eq!(at("eu-west-1").as_deref(), Some("211.3"));
        assert_eq!(at("cn-north-1"), None);
        let all = Prices::embedded().regions().filter_map(|region| break_even(Prices::embedded(), region, &Terms::default()));
        let edges = Decimal::from(184)..Decimal::from(214);
        assert!(all.map(|found| found.gb_per_zone).all(|gb| edges.contains(&gb)));
    }

    #[test]
    fn the_formula_is_told_with_its_inputs() {
        let told = break_even(Prices::embedded(), "us-east-1", &Terms::default()).unwrap().in_words();
        assert_eq!(told, "break-even is 208.6 GB per zone and month: 730 h x $0.01 / ($0.045 - $0.01) per GB");
    }

    #[test]
    fn an_endpoint_whose_gb_is_no_cheaper_never_pays_for_itself() {
        let with_nat_gb = |usd: &str| {
            let mut prices = Prices::embedded().clone();
            let tiers = vec![PriceTier { up_to: None, usd: usd.parse().unwrap() }];
            let price = Price { tiers, source: String::new(), as_of: jiff::civil::date(2026, 11, 1) };
            prices.insert("us-east-1", PriceItem::NatGb, price);
            break_even(&prices, "us-east-1", &Terms::default())
        };
        assert_eq!((with_nat_gb("0.01"), with_nat_gb("0.009")), (None, None));
        assert!(with_nat_gb("0.011").is_some());
    }

    #[test]
    fn so_many_endpoints_in_the_place_of_a_nat_gateway_pay_from_the_published_traffic_on() {
        // The hours of n endpoints less those of the NAT gateway that goes, over what a GB costs less, per zone.
        let found = break_even(Prices::embedded(), "us-east-1", &Terms::default()).unwrap();
        let nat_hour = Prices::embedded().get("us-east-1", PriceItem::NatHour).unwrap().marginal(Decimal::ZERO);
        let gb_per_hour = |endpoints: i64, zones: i64| {
            let hours = Decimal::from(endpoints) * found.endpoint_hour - nat_hour;
            rounded(hours / (found.nat_gb - found.endpoint_gb) * Decimal::from(zones), 2)
        };
        for (endpoints, published) in
            [(5, ["0.14", "0.29", "0.43"]), (6, ["0.43", "0.86", "1.29"]), (7, ["0.71", "1.43", "2.14"])]
        {
            assert_eq!([1, 2, 3].map(|zones| gb_per_hour(endpoints, zones)), published);
        }
    }
}
