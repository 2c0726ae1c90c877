//! `natless scan --live-prices`: what the Price List API tells, and what stands in where it does not.

use std::collections::BTreeMap;
use std::path::Path;

use natless::cost::Prices;
use natless::model::price::{Price, PriceItem, PriceTier};
use natless::model::{Inventory, LivePrices, Observed, Partition};
use rust_decimal::Decimal;

use crate::support::accounts::empty_account;
use crate::support::binary::{Run, natless, natless_with_credentials};
use crate::support::{Fault, FaultKind, Options, SimulatedAws};

const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];

/// Every item that is asked for, at prices that no list ever had: other ones in each region.
fn told(region: &str) -> BTreeMap<PriceItem, Price> {
    let tier = |up_to: Option<u32>, usd: Decimal| PriceTier { up_to: up_to.map(Decimal::from), usd };
    let base = if region == REGIONS[0] { 1_000 } else { 2_000 };
    let asked = PriceItem::ALL.into_iter().filter(|item| ![PriceItem::CrossZoneGb, PriceItem::InternetGb].contains(item));
    (1_i64..)
        .zip(asked)
        .map(|(number, item)| {
            let usd = |step| Decimal::new(base + 10 * number + step, 5).normalize();
            let tiers = match item {
                PriceItem::InterfaceEndpointGb => {
                    vec![tier(Some(1_048_576), usd(3)), tier(Some(5_242_880), usd(2)), tier(None, usd(1))]
                }
                _ => vec![tier(None, usd(0))],
            };
            let source = format!("AWS Price List API, SKU TOLD{number:02}");
            (item, Price { tiers, source, as_of: jiff::civil::date(2026, 6, 1) })
        })
        .collect()
}

fn account() -> Inventory {
    let mut account = empty_account("111122223333", &REGIONS);
    account.live_prices = Some(REGIONS.iter().map(|region| ((*region).to_owned(), LivePrices::Known(told(region)))).collect());
    account
}

/// Scans and reads the snapshot.
fn scan(folder: &Path, arguments: &[&str]) -> (Run, Inventory) {
    let snapshot = folder.join("account.json");
    let all = [&["scan", "--format", "json", "--snapshot", snapshot.to_str().expect("UTF-8")], arguments].concat();
    let run = natless_with_credentials(folder, &all);
    let text = std::fs::read_to_string(&snapshot).unwrap_or_else(|error| panic!("{error}: {}", run.stderr));
    (run, serde_json::from_str(&text).expect("an inventory"))
}

/// Questions to the Price List API, by the region they went to.
fn asked(aws: &SimulatedAws) -> BTreeMap<String, u64> {
    let prices = aws.calls().into_iter().filter(|((service, ..), _)| service == "pricing");
    prices.map(|((_, region, _), count)| (region, count)).collect()
}

#[test]
fn the_prices_come_back_as_they_were_told_in_pages_and_from_a_recording() {
    let folder = tempfile::tempdir().expect("a folder");
    for page_size in [None, Some(1)] {
        let aws = SimulatedAws::start(account(), Options { page_size, ..Options::default() });
        let (run, read) = scan(folder.path(), &["--endpoint-url", &aws.url(), "--live-prices"]);
        assert_eq!((run.code, &read.live_prices), (0, &account().live_prices), "{}", run.stderr);
        // Four questions about each region, each a page where one holds all, and all of one endpoint.
        let calls = if page_size.is_none() { 8 } else { 28 };
        assert_eq!(asked(&aws), BTreeMap::from([("us-east-1".to_owned(), calls)]));
    }

    let aws = SimulatedAws::start(account(), Options { page_size: Some(2), ..Options::default() });
    let recording = folder.path().join("recording");
    let recording = recording.to_str().expect("UTF-8");
    scan(folder.path(), &["--endpoint-url", &aws.url(), "--live-prices", "--record", recording, "--redact"]);
    let (run, replayed) = scan(folder.path(), &["--replay", recording, "--live-prices"]);
    assert_eq!((run.code, replayed.live_prices), (0, account().live_prices), "{}", run.stderr);
    assert_eq!(scan(folder.path(), &["--replay", recording]).1.live_prices, None);
}

#[test]
fn told_prices_stand_over_the_built_in_ones() {
    let (prices, account) = (Prices::of(&account()), account());
    for region in account.regions.keys() {
        for (item, price) in told(region) {
            assert_eq!(prices.get(region, item), Some(&price));
        }
        let transfer = prices.get(region, PriceItem::InternetGb);
        assert!(transfer.is_some() && transfer == Prices::embedded().get(region, PriceItem::InternetGb));
    }
}

#[test]
fn without_the_option_nothing_is_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let aws = SimulatedAws::start(account(), Options::default());
    let (run, read) = scan(folder.path(), &["--endpoint-url", &aws.url()]);
    assert_eq!((run.code, read.live_prices), (0, None));
    assert_eq!(asked(&aws), BTreeMap::new());
}

#[test]
fn a_failure_is_a_gap_of_each_region_and_the_built_in_prices_stand_in() {
    let folder = tempfile::tempdir().expect("a folder");
    for (kind, word) in [
        (FaultKind::Deny, "denied"),
        (FaultKind::Throttle, "throttled"),
        (FaultKind::Garbage, "malformed"),
        (FaultKind::LoopingToken, "malformed"),
    ] {
        let fault = Fault { service: Some("pricing"), kind, ..Fault::default() };
        let aws = SimulatedAws::start(account(), Options { faults: vec![fault], ..Options::default() });
        let (run, read) = scan(folder.path(), &["--endpoint-url", &aws.url(), "--live-prices", "--timeout", "6"]);
        assert_eq!(run.code, 3, "{kind:?}: {}", run.stderr);
        let gaps: Vec<_> = read.gaps.values().map(|gap| (gap.region.as_str(), gap.action.as_str(), gap.kind.as_str())).collect();
        assert_eq!(gaps, REGIONS.map(|region| (region, "pricing:GetProducts", word)), "{kind:?}");
        let unknown: Vec<_> = read.live_prices.iter().flatten().map(|(_, prices)| prices.gap().cloned()).collect();
        assert_eq!(unknown, read.gaps.keys().cloned().map(Some).collect::<Vec<_>>());
        assert_eq!(&*Prices::of(&read), Prices::embedded());
    }
}

#[test]
fn a_price_that_is_not_certain_is_left_out_and_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut served = account();
    let mut prices = told("eu-west-1");
    if let Some(price) = prices.get_mut(&PriceItem::NatHour) {
        price.tiers = vec![PriceTier { up_to: Some(10.into()), usd: "0.05".parse().expect("a number") }];
    }
    served.live_prices.get_or_insert_default().insert("eu-west-1".to_owned(), LivePrices::Known(prices.clone()));
    let aws = SimulatedAws::start(served, Options::default());
    let (run, read) = scan(folder.path(), &["--endpoint-url", &aws.url(), "--live-prices"]);
    assert_eq!(run.code, 3);
    prices.remove(&PriceItem::NatHour);
    let read_prices = read.live_prices.as_ref().expect("prices");
    assert_eq!(read_prices["eu-west-1"], Observed::Known(prices));
    let gap = read.gaps.values().next().expect("a gap");
    assert_eq!((read.gaps.len(), gap.region.as_str(), gap.kind.as_str()), (1, "eu-west-1", "malformed"));
    assert_eq!(gap.message, "`nat_hour`: SKU TOLD01 has steps that end");
    assert_eq!(Prices::of(&read).get("eu-west-1", PriceItem::NatHour), Prices::embedded().get("eu-west-1", PriceItem::NatHour));
}

#[test]
fn other_partitions_have_no_price_list_to_ask() {
    let folder = tempfile::tempdir().expect("a folder");
    let aws = SimulatedAws::start(empty_account("111122223333", &["us-gov-west-1"]), Options::default());
    let (run, read) = scan(folder.path(), &["--endpoint-url", &aws.url(), "--region", "us-gov-west-1", "--live-prices"]);
    assert_eq!((run.code, &read.account.partition), (3, &Partition::AwsUsGov), "{}", run.stderr);
    let gap = read.gaps.values().next().expect("a gap");
    assert_eq!((read.gaps.len(), gap.region.as_str(), gap.code.as_str()), (1, "us-gov-west-1", "NoPriceListApi"));
    assert_eq!(asked(&aws), BTreeMap::new());
}

#[test]
fn the_option_is_that_of_a_scan() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(natless(folder.path(), &["scan", "--help"]).expect_code(0).stdout.contains("--live-prices"));
    natless(folder.path(), &["path", "subnet-0aa", "s3", "--live-prices"]).expect_code(2);
    let table = natless(folder.path(), &["permissions", "--format", "table"]).expect_code(0).stdout;
    assert!(table.contains("GetProducts") && table.contains("--live-prices"), "{table}");
}
