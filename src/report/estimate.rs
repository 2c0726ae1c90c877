//! What-if estimates and the prices they are made with, for people and for programs (`natless/estimate/1`, `natless/prices/1`).

use serde::Serialize;

use super::json::to_json;
use super::page::{FAINT, PLAIN, Page, STRONG, Span, WARN};
use super::text;
use crate::cost::{BreakEven, Estimate, EstimateLine, Prices, cents, exact, rounded};
use crate::model::price::{Price, PriceItem};

/// The estimate for a terminal of this many columns, with style codes.
#[must_use]
pub fn estimate_text(estimate: &Estimate, columns: usize) -> String {
    let mut page = Page::new(columns);
    page.line(0, &[Span::new("per month in ", STRONG), Span::new(&estimate.region, STRONG)]);
    let rows: Vec<Vec<Span>> = estimate.lines.iter().map(row).collect();
    page.rows(2, &rows);
    if !estimate.lines.is_empty() {
        let total = estimate.total.map_or_else(|| "no price is known".to_owned(), |total| format!("${}", cents(total)));
        page.gap();
        page.line(0, &[Span::new("total  ", STRONG), Span::new(total, STRONG)]);
    }
    if !estimate.complete {
        page.paragraph(0, "Lines without a price are in no total.", WARN);
    }
    if let Some(found) = &estimate.break_even {
        page.paragraph(0, &format!("An interface endpoint against a NAT gateway that stays: {}.", found.in_words()), PLAIN);
    }
    for (source, as_of) in sources(estimate.lines.iter().filter_map(|line| line.price.as_ref())) {
        page.paragraph(0, &format!("List prices of {as_of}: {source}."), FAINT);
    }
    page.finish()
}

fn row(line: &EstimateLine) -> Vec<Span> {
    let amount = line
        .amount
        .map_or_else(|| Span::new("unpriced", WARN), |amount| Span::new(format!("${}", exact(amount.round_dp(6))), STRONG));
    let rate = line.price.as_ref().map_or_else(String::new, |price| format!("x {}", steps(price)));
    vec![
        Span::plain(line.item.title()),
        Span::plain(format!("{} {}", line.billed.normalize(), line.item.unit())),
        Span::new(rate, FAINT),
        amount,
    ]
}

/// `$0.01`, or `$0.01 to 1048576, then $0.006`.
fn steps(price: &Price) -> String {
    let told: Vec<String> = price
        .tiers
        .iter()
        .map(|tier| match tier.up_to {
            Some(up_to) => format!("${} to {}", exact(tier.usd), up_to.normalize()),
            None => format!("${}", exact(tier.usd)),
        })
        .collect();
    told.join(", then ")
}

/// Sources of prices with their day, each once.
fn sources<'p>(prices: impl Iterator<Item = &'p Price>) -> Vec<(String, String)> {
    let mut sources: Vec<(String, String)> = prices.map(|price| (price.source.clone(), price.as_of.to_string())).collect();
    sources.sort();
    sources.dedup();
    sources
}

#[derive(Serialize)]
struct EstimateV1<'a> {
    schema: &'static str,
    region: &'a str,
    lines: Vec<LineV1<'a>>,
    total_usd: Option<String>,
    complete: bool,
    unpriced: Vec<&'static str>,
    break_even: Option<BreakEvenV1>,
}

#[derive(Serialize)]
struct LineV1<'a> {
    item: &'static str,
    unit: &'static str,
    quantity: String,
    rates_usd: Vec<RateV1>,
    amount_usd: Option<String>,
    source: Option<&'a str>,
    as_of: Option<String>,
}

#[derive(Serialize)]
struct RateV1 {
    up_to: Option<String>,
    usd: String,
}

#[derive(Serialize)]
struct BreakEvenV1 {
    gb_per_zone_month: String,
    formula: String,
    hours: String,
    endpoint_hour_usd: String,
    endpoint_gb_usd: String,
    nat_gb_usd: String,
}

impl From<&BreakEven> for BreakEvenV1 {
    fn from(found: &BreakEven) -> Self {
        Self {
            gb_per_zone_month: rounded(found.gb_per_zone, 1),
            formula: "hours * endpoint_hour_usd / (nat_gb_usd - endpoint_gb_usd)".to_owned(),
            hours: found.hours.normalize().to_string(),
            endpoint_hour_usd: exact(found.endpoint_hour),
            endpoint_gb_usd: exact(found.endpoint_gb),
            nat_gb_usd: exact(found.nat_gb),
        }
    }
}

impl<'a> From<&'a EstimateLine> for LineV1<'a> {
    fn from(line: &'a EstimateLine) -> Self {
        let price = line.price.as_ref();
        Self {
            item: line.item.as_str(),
            unit: line.item.unit(),
            quantity: line.billed.normalize().to_string(),
            rates_usd: price.map(rates).unwrap_or_default(),
            amount_usd: line.amount.map(|amount| exact(amount.round_dp(6))),
            source: price.map(|price| price.source.as_str()),
            as_of: price.map(|price| price.as_of.to_string()),
        }
    }
}

fn rates(price: &Price) -> Vec<RateV1> {
    price
        .tiers
        .iter()
        .map(|tier| RateV1 { up_to: tier.up_to.map(|up_to| up_to.normalize().to_string()), usd: exact(tier.usd) })
        .collect()
}

/// The estimate as JSON.
///
/// # Errors
/// [`serde_json::Error`] where a value has no JSON form.
pub fn estimate_json(estimate: &Estimate) -> Result<String, serde_json::Error> {
    to_json(&EstimateV1 {
        schema: "natless/estimate/1",
        region: &estimate.region,
        lines: estimate.lines.iter().map(LineV1::from).collect(),
        total_usd: estimate.total.map(cents),
        complete: estimate.complete,
        unpriced: estimate.lines.iter().filter(|line| line.amount.is_none()).map(|line| line.item.as_str()).collect(),
        break_even: estimate.break_even.as_ref().map(BreakEvenV1::from),
    })
}

/// The prices of regions for a terminal of this many columns, with style codes.
#[must_use]
pub fn prices_text(prices: &Prices, regions: &[&str], columns: usize) -> String {
    let mut page = Page::new(columns);
    for (number, region) in regions.iter().enumerate() {
        if number > 0 {
            page.gap();
        }
        page.line(0, &[Span::new(region, STRONG)]);
        let row = |item: PriceItem| {
            let price = prices.get(region, item);
            let told = price.map_or_else(|| Span::new("unpriced", WARN), |price| Span::plain(steps(price)));
            let unit = if item.is_hourly() { "per hour" } else { "per GB" };
            vec![Span::plain(item.title()), told, Span::new(unit, FAINT)]
        };
        page.rows(2, &PriceItem::ALL.map(row));
        for (source, as_of) in sources(prices.of_region(region).map(|(_, price)| price)) {
            page.paragraph(2, &format!("{as_of}: {}", text::safe(&source)), FAINT);
        }
    }
    page.finish()
}

#[derive(Serialize)]
struct PricesV1<'a> {
    schema: &'static str,
    regions: Vec<RegionV1<'a>>,
}

#[derive(Serialize)]
struct RegionV1<'a> {
    region: &'a str,
    prices: Vec<PriceV1<'a>>,
    unpriced: Vec<&'static str>,
}

#[derive(Serialize)]
struct PriceV1<'a> {
    item: &'static str,
    unit: &'static str,
    rates_usd: Vec<RateV1>,
    source: &'a str,
    as_of: String,
}

impl<'a> RegionV1<'a> {
    fn new(prices: &'a Prices, region: &'a str) -> Self {
        let told = prices.of_region(region).map(|(item, price)| PriceV1 {
            item: item.as_str(),
            unit: if item.is_hourly() { "hour" } else { "GB" },
            rates_usd: rates(price),
            source: &price.source,
            as_of: price.as_of.to_string(),
        });
        let unpriced = PriceItem::ALL.into_iter().filter(|item| prices.get(region, *item).is_none()).map(PriceItem::as_str);
        Self { region, prices: told.collect(), unpriced: unpriced.collect() }
    }
}

/// The prices of regions as JSON.
///
/// # Errors
/// [`serde_json::Error`] where a value has no JSON form.
pub fn prices_json(prices: &Prices, regions: &[&str]) -> Result<String, serde_json::Error> {
    let regions = regions.iter().map(|region| RegionV1::new(prices, region)).collect();
    to_json(&PricesV1 { schema: "natless/prices/1", regions })
}
