//! Which products of the Price List API are priced items, and what they say they cost.
//!
//! Products are told by region code, usage type and operation; names of places and descriptions are never read. Each is a
//! text that holds JSON, by the format `aws_v1`.
//! Source: AWS Billing User Guide, "Reading the service price list files"; AWS CLI Command Reference, `pricing get-products`, examples.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

use crate::model::price::{Price, PriceItem, PriceTier};

/// One question about a region.
#[derive(Debug)]
pub(super) struct Query {
    /// Service code.
    pub(super) service: &'static str,
    /// The attribute that tells the products, beside the region's code.
    pub(super) filter: (&'static str, &'static str),
    sought: &'static [Sought],
}

/// One item, and the product that is it.
#[derive(Debug)]
struct Sought {
    item: PriceItem,
    /// Usage type without the region's prefix.
    usage: &'static str,
    /// Operation; `None` where the usage type says it all.
    operation: Option<&'static str>,
}

const fn sought(item: PriceItem, usage: &'static str, operation: Option<&'static str>) -> Sought {
    Sought { item, usage, operation }
}

/// The questions that are asked about every region.
///
/// Sources: Amazon VPC User Guide, "Understand codes for Amazon VPC in billing and usage reports" (usage types); the price
/// lists of `AmazonEC2` and `AmazonVPC` (operations, groups, families).
pub(super) const QUERIES: &[Query] = &[
    Query {
        service: "AmazonEC2",
        filter: ("productFamily", "NAT Gateway"),
        sought: &[
            sought(PriceItem::NatHour, "NatGateway-Hours", Some("NatGateway")),
            sought(PriceItem::NatGb, "NatGateway-Bytes", Some("NatGateway")),
            sought(PriceItem::RegionalNatHour, "RegionalNatGateway-Hours", Some("RegionalNatGateway")),
            sought(PriceItem::RegionalNatGb, "RegionalNatGateway-Bytes", Some("RegionalNatGateway")),
        ],
    },
    Query {
        service: "AmazonVPC",
        filter: ("productFamily", "VpcEndpoint"),
        sought: &[
            sought(PriceItem::InterfaceEndpointHour, "VpcEndpoint-Hours", Some("VpcEndpoint")),
            sought(PriceItem::InterfaceEndpointGb, "VpcEndpoint-Bytes", Some("VpcEndpoint")),
            sought(PriceItem::GwlbEndpointHour, "VpcEndpoint-GWLBE-Hours", Some("VpcEndpoint")),
            sought(PriceItem::GwlbEndpointGb, "VpcEndpoint-GWLBE-Bytes", Some("VpcEndpoint")),
        ],
    },
    Query {
        service: "AmazonVPC",
        // Attachments of every kind cost the same; these are the VPC's.
        filter: ("operation", "TransitGatewayVPC"),
        sought: &[
            sought(PriceItem::TgwAttachmentHour, "TransitGateway-Hours", Some("TransitGatewayVPC")),
            sought(PriceItem::TgwGb, "TransitGateway-Bytes", Some("TransitGatewayVPC")),
        ],
    },
    Query {
        service: "AmazonVPC",
        // Idle addresses cost what used ones do. Source: Amazon VPC pricing, "Public IPv4 addresses".
        filter: ("group", "VPCPublicIPv4Address"),
        sought: &[sought(PriceItem::PublicIpv4Hour, "PublicIPv4:InUseAddress", None)],
    },
];

/// What the answer to a question says: by item its price, or why it has none that can be used. An item without a product
/// is absent.
pub(super) type Told = BTreeMap<PriceItem, Result<Price, String>>;

/// The prices that can be used, and in words what cannot.
pub(super) fn merge(told: Vec<Told>) -> (BTreeMap<PriceItem, Price>, Vec<String>) {
    let (mut prices, mut problems) = (BTreeMap::new(), Vec::new());
    for (item, price) in told.into_iter().flatten() {
        match price {
            Ok(price) => {
                prices.insert(item, price);
            }
            Err(problem) => problems.push(format!("`{}`: {problem}", item.as_str())),
        }
    }
    (prices, problems)
}

impl Query {
    /// Reads the products that answer this question for a region.
    ///
    /// A product that cannot be read may be any of those that are asked for, so then none of them is certain.
    pub(super) fn read(&self, region: &str, products: &[&str]) -> Told {
        let mut offers: BTreeMap<PriceItem, Vec<Offer>> = BTreeMap::new();
        for text in products {
            let Ok(offer) = serde_json::from_str::<Offer>(text) else {
                let problem = "a product is not written in the format `aws_v1`";
                return self.sought.iter().map(|sought| (sought.item, Err(problem.to_owned()))).collect();
            };
            if let Some(sought) = self.sought.iter().find(|sought| sought.is(region, &offer.product.attributes)) {
                offers.entry(sought.item).or_default().push(offer);
            }
        }
        offers.into_iter().map(|(item, offers)| (item, price(item, offers))).collect()
    }
}

impl Sought {
    fn is(&self, region: &str, attributes: &Attributes) -> bool {
        attributes.region_code == region
            && is_usage(&attributes.usagetype, self.usage)
            && self.operation.is_none_or(|operation| operation == attributes.operation)
    }
}

/// Whether a usage type is this one, alone or behind the prefix of a region: capital letters, digits and a hyphen, as in
/// `EU-` and `APS3-`; us-east-1 has none or `USE1-`. The whole text counts: `RegionalNatGateway-Hours` ends like
/// `NatGateway-Hours` and is another.
fn is_usage(text: &str, usage: &str) -> bool {
    let Some(prefix) = text.strip_suffix(usage) else { return false };
    let code = prefix.strip_suffix('-').unwrap_or_default();
    prefix.is_empty() || !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// A product with its prices.
#[derive(Debug, Deserialize)]
struct Offer {
    product: Product,
    /// Read only where the product is one that is asked for.
    #[serde(default)]
    terms: Value,
}

#[derive(Debug, Deserialize)]
struct Product {
    sku: String,
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Debug, Default, Deserialize)]
struct Attributes {
    #[serde(default, rename = "regionCode")]
    region_code: String,
    #[serde(default)]
    usagetype: String,
    #[serde(default)]
    operation: String,
}

#[derive(Debug, Deserialize)]
struct Terms {
    #[serde(rename = "OnDemand")]
    on_demand: BTreeMap<String, Term>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Term {
    effective_date: jiff::Timestamp,
    price_dimensions: BTreeMap<String, Dimension>,
}

/// One step of a price.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dimension {
    unit: String,
    begin_range: String,
    end_range: String,
    /// Amount by currency.
    price_per_unit: BTreeMap<String, String>,
}

/// The price of an item, where all products that are it agree.
fn price(item: PriceItem, mut offers: Vec<Offer>) -> Result<Price, String> {
    // The order of an answer is not documented.
    offers.sort_by(|one, other| one.product.sku.cmp(&other.product.sku));
    let mut agreed: Option<(Price, String)> = None;
    for Offer { product, terms } in offers {
        let sku = checked_sku(product.sku)?;
        let terms: Terms =
            serde_json::from_value(terms).map_err(|_| format!("SKU {sku} has no on-demand terms of the format"))?;
        if terms.on_demand.is_empty() {
            return Err(format!("SKU {sku} has no on-demand price"));
        }
        for term in terms.on_demand.into_values() {
            let tiers = tiers(item, term.price_dimensions.into_values().collect()).map_err(|why| format!("SKU {sku} {why}"))?;
            match &agreed {
                None => {
                    let as_of = term.effective_date.to_zoned(jiff::tz::TimeZone::UTC).date();
                    agreed = Some((Price { tiers, source: format!("AWS Price List API, SKU {sku}"), as_of }, sku.clone()));
                }
                Some((price, _)) if price.tiers == tiers => {}
                Some((_, first)) if *first == sku => return Err(format!("SKU {sku} has two prices")),
                Some((_, first)) => return Err(format!("SKU {first} and SKU {sku} have different prices")),
            }
        }
    }
    agreed.map(|(price, _)| price).ok_or_else(|| "there is no product".to_owned())
}

/// A SKU as it may be shown.
fn checked_sku(sku: String) -> Result<String, String> {
    let plain = (1..=32).contains(&sku.len()) && sku.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plain { Ok(sku) } else { Err("a product has no SKU".to_owned()) }
}

/// The steps of a price in US dollars: from nothing on without a break, the last one without an end.
fn tiers(item: PriceItem, dimensions: Vec<Dimension>) -> Result<Vec<PriceTier>, String> {
    let mut steps = Vec::new();
    for dimension in dimensions {
        if !is_unit(item, &dimension.unit) {
            return Err(format!("is not priced by {}", item.unit()));
        }
        let Some(usd) = dimension.price_per_unit.get("USD") else { return Err("has no price in US dollars".to_owned()) };
        let up_to = if dimension.end_range == "Inf" { None } else { Some(number(&dimension.end_range)?) };
        steps.push((number(&dimension.begin_range)?, PriceTier { up_to, usd: number(usd)? }));
    }
    steps.sort_by_key(|(from, _)| *from);
    let mut next = Some(Decimal::ZERO);
    for (from, tier) in &steps {
        if next != Some(*from) || tier.up_to.is_some_and(|up_to| up_to <= *from) {
            return Err("has steps with gaps or overlaps".to_owned());
        }
        next = tier.up_to;
    }
    if next.is_some() {
        return Err("has steps that end".to_owned());
    }
    Ok(steps.into_iter().map(|(_, tier)| tier).collect())
}

/// Whether a unit is the item's. Price lists write hours as `Hrs`, those of transit gateways as `hour`.
fn is_unit(item: PriceItem, unit: &str) -> bool {
    if item.is_hourly() { ["hrs", "hour", "hours"].contains(&unit.to_ascii_lowercase().as_str()) } else { unit == "GB" }
}

/// A decimal number as it is written, never by way of binary floating point.
fn number(text: &str) -> Result<Decimal, String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number = if plain { Decimal::from_str_exact(text).ok() } else { None };
    number.map(|number| number.normalize()).ok_or_else(|| "has a figure that is no plain decimal number".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const IRELAND: &str = "eu-west-1";

    fn product(sku: &str, usage: &str, operation: &str, dimensions: &Value) -> Value {
        json!({
            "product": {
                "productFamily": "NAT Gateway",
                "attributes": {
                    "regionCode": IRELAND, "servicecode": "AmazonEC2", "groupDescription": "Hourly charge for NAT Gateways",
                    "usagetype": usage, "locationType": "AWS Region", "location": "EU (Ireland)", "operation": operation,
                    "servicename": "Amazon Elastic Compute Cloud", "group": "NGW:NatGateway",
                },
                "sku": sku,
            },
            "serviceCode": "AmazonEC2",
            "terms": {"OnDemand": {format!("{sku}.JRTCKXETXF"): {
                "priceDimensions": dimensions, "sku": sku, "effectiveDate": "2026-11-01T00:00:00Z",
                "offerTermCode": "JRTCKXETXF", "termAttributes": {},
            }}},
            "version": "20261120005632",
            "publicationDate": "2026-11-20T00:56:32Z",
        })
    }

    fn dimension(unit: &str, begin: &str, end: &str, usd: &str) -> Value {
        json!({"unit": unit, "beginRange": begin, "endRange": end, "description": "$ per unit", "appliesTo": [],
            "rateCode": "X.JRTCKXETXF.6YS6EN2CT7", "pricePerUnit": {"USD": usd}})
    }

    fn flat(sku: &str, usage: &str, operation: &str, unit: &str, usd: &str) -> Value {
        product(sku, usage, operation, &json!({ "one": dimension(unit, "0", "Inf", usd) }))
    }

    fn nat(sku: &str, usage: &str, usd: &str) -> Value {
        let operation = if usage.contains("Regional") { "RegionalNatGateway" } else { "NatGateway" };
        flat(sku, usage, operation, if usage.ends_with("Hours") { "Hrs" } else { "GB" }, usd)
    }

    fn read(service_filter: &str, products: &[Value]) -> Told {
        let query = QUERIES.iter().find(|query| query.filter.1 == service_filter).unwrap();
        let texts: Vec<String> = products.iter().map(Value::to_string).collect();
        query.read(IRELAND, &texts.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn usd(told: &Told, item: PriceItem) -> Vec<String> {
        let price = told.get(&item).unwrap().as_ref().unwrap();
        price.tiers.iter().map(|tier| tier.usd.to_string()).collect()
    }

    /// Why an item has no price, of products of which one is the item.
    fn refused(products: &[Value]) -> String {
        read("NAT Gateway", products).remove(&PriceItem::NatHour).unwrap().unwrap_err()
    }

    #[test]
    fn the_six_products_of_nat_gateways_are_told_apart_in_any_order() {
        let mut products = vec![
            nat("AAAA1", "EU-NatGateway-Hours", "0.0480000000"),
            nat("AAAA2", "EU-NatGateway-Bytes", "0.0490000000"),
            nat("AAAA3", "EU-RegionalNatGateway-Hours", "0.0500000000"),
            nat("AAAA4", "EU-RegionalNatGateway-Bytes", "0.0510000000"),
            nat("AAAA5", "EU-NatGateway-Prvd-Hours", "1.0760000000"),
            nat("AAAA6", "EU-NatGateway-Prvd-Bytes", "0.0000000000"),
        ];
        let told = read("NAT Gateway", &products);
        products.reverse();
        assert_eq!(told, read("NAT Gateway", &products));
        let items = [PriceItem::NatHour, PriceItem::NatGb, PriceItem::RegionalNatHour, PriceItem::RegionalNatGb];
        assert_eq!(told.keys().copied().collect::<Vec<_>>(), items);
        assert_eq!(items.map(|item| usd(&told, item).concat()), ["0.048", "0.049", "0.05", "0.051"]);
        let price = told[&PriceItem::NatHour].as_ref().unwrap();
        assert_eq!((price.source.as_str(), price.as_of.to_string()), ("AWS Price List API, SKU AAAA1", "2026-11-01".to_owned()));
        assert_eq!(price.tiers[0].up_to, None);
    }

    #[test]
    fn a_usage_type_counts_whole_with_or_without_a_regions_prefix() {
        for prefix in ["", "EU-", "USE1-", "APS3-"] {
            assert!(is_usage(&format!("{prefix}NatGateway-Hours"), "NatGateway-Hours"), "{prefix}");
        }
        for other in [
            "RegionalNatGateway-Hours",
            "USE1-RegionalNatGateway-Hours",
            "-NatGateway-Hours",
            "use1-NatGateway-Hours",
            "USW2-LAX1-NatGateway-Hours",
            "NatGateway-Hours-Reserved",
            "EU-NatGateway-Prvd-Hours",
            "",
        ] {
            assert!(!is_usage(other, "NatGateway-Hours"), "{other}");
        }
    }

    #[test]
    fn an_operation_or_a_region_that_is_another_is_another_product() {
        let mut elsewhere = nat("AAAA1", "EU-NatGateway-Hours", "0.048");
        elsewhere["product"]["attributes"]["regionCode"] = json!("eu-west-2");
        let other = flat("AAAA2", "EU-NatGateway-Hours", "RegionalNatGateway", "Hrs", "0.05");
        assert!(read("NAT Gateway", &[elsewhere, other]).is_empty());
        assert!(read("NAT Gateway", &[]).is_empty());
    }

    #[test]
    fn endpoints_of_resources_and_load_balancers_are_not_interface_endpoints() {
        let steps = json!({
            "last": dimension("GB", "5242880", "Inf", "0.0040000000"),
            "first": dimension("GB", "0", "1048576", "0.0100000000"),
            "second": dimension("GB", "1048576", "5242880", "0.0060000000"),
        });
        let told = read(
            "VpcEndpoint",
            &[
                flat("BBBB1", "EU-VpcEndpoint-Hours", "VpcEndpoint", "Hrs", "0.0110000000"),
                product("BBBB2", "EU-VpcEndpoint-Bytes", "VpcEndpoint", &steps),
                flat("BBBB3", "EU-VpcEndpoint-GWLBE-Hours", "VpcEndpoint", "Hrs", "0.0120000000"),
                flat("BBBB4", "EU-VpcEndpoint-GWLBE-Bytes", "VpcEndpoint", "GB", "0.0035000000"),
                flat("BBBB5", "EU-VpcEndpoint-Resource-Hours", "VpcResourceConsumer", "Hrs", "0.0220000000"),
                flat("BBBB6", "EU-VpcEndpoint-Resource-Bytes", "VpcResourceConsumer", "GB", "0.0100000000"),
            ],
        );
        assert_eq!(told.len(), 4);
        assert_eq!(usd(&told, PriceItem::InterfaceEndpointHour), ["0.011"]);
        assert_eq!(usd(&told, PriceItem::GwlbEndpointHour), ["0.012"]);
        assert_eq!(usd(&told, PriceItem::GwlbEndpointGb), ["0.0035"]);
        assert_eq!(usd(&told, PriceItem::InterfaceEndpointGb), ["0.01", "0.006", "0.004"]);
        let tiers = &told[&PriceItem::InterfaceEndpointGb].as_ref().unwrap().tiers;
        let ends: Vec<_> = tiers.iter().map(|tier| tier.up_to.map(|up_to| up_to.to_string())).collect();
        assert_eq!(ends, [Some("1048576".to_owned()), Some("5242880".to_owned()), None]);
    }

    #[test]
    fn transit_gateways_and_addresses_are_priced() {
        let told = read(
            "TransitGatewayVPC",
            &[
                flat("CCCC1", "EU-TransitGateway-Hours", "TransitGatewayVPC", "hour", "0.0500000000"),
                flat("CCCC2", "EU-TransitGateway-Bytes", "TransitGatewayVPC", "GB", "0.0200000000"),
                flat("CCCC3", "EU-TransitGateway-Hours", "TransitGatewayVPN", "hour", "0.0600000000"),
            ],
        );
        assert_eq!(
            (usd(&told, PriceItem::TgwAttachmentHour), usd(&told, PriceItem::TgwGb)),
            (vec!["0.05".into()], vec!["0.02".into()])
        );
        let addresses = [
            flat("DDDD1", "EU-PublicIPv4:InUseAddress", "AllocateAddressVPC", "Hrs", "0.0050000000"),
            flat("DDDD2", "EU-PublicIPv4:IdleAddress", "AssociateAddressVPC", "Hrs", "0.0060000000"),
        ];
        assert_eq!(usd(&read("VPCPublicIPv4Address", &addresses), PriceItem::PublicIpv4Hour), ["0.005"]);
    }

    #[test]
    fn products_that_agree_are_one_and_those_that_do_not_are_none() {
        let hour = |sku, usd| nat(sku, "EU-NatGateway-Hours", usd);
        let agreeing = read("NAT Gateway", &[hour("AAAA2", "0.0480"), hour("AAAA1", "0.048")]);
        assert_eq!(agreeing[&PriceItem::NatHour].as_ref().unwrap().source, "AWS Price List API, SKU AAAA1");
        let bytes = nat("AAAA3", "EU-NatGateway-Bytes", "0.048");
        let told = read("NAT Gateway", &[hour("AAAA2", "0.048"), bytes, hour("AAAA1", "0.049")]);
        let (prices, problems) = merge(vec![told]);
        assert_eq!(prices.keys().copied().collect::<Vec<_>>(), [PriceItem::NatGb]);
        assert_eq!(problems, ["`nat_hour`: SKU AAAA1 and SKU AAAA2 have different prices"]);
        let mut twice = hour("AAAA1", "0.048");
        let mut other = twice["terms"]["OnDemand"]["AAAA1.JRTCKXETXF"].clone();
        other["priceDimensions"]["one"]["pricePerUnit"]["USD"] = json!("0.050");
        twice["terms"]["OnDemand"]["AAAA1.OTHER"] = other;
        assert_eq!(refused(&[twice]), "SKU AAAA1 has two prices");
    }

    #[test]
    fn what_cannot_be_used_is_said_and_not_guessed() {
        let with = |dimensions: Value| refused(&[product("AAAA1", "NatGateway-Hours", "NatGateway", &dimensions)]);
        let one = |unit: &str, begin: &str, end: &str, usd: &str| with(json!({ "one": dimension(unit, begin, end, usd) }));
        let yuan = json!({"unit": "Hrs", "beginRange": "0", "endRange": "Inf", "pricePerUnit": {"CNY": "0.37"}});
        assert_eq!(with(json!({ "one": yuan })), "SKU AAAA1 has no price in US dollars");
        assert_eq!(one("GB", "0", "Inf", "0.045"), "SKU AAAA1 is not priced by hours");
        assert_eq!(one("GB-Mo", "0", "Inf", "0.045"), "SKU AAAA1 is not priced by hours");
        for figure in ["", "-0.045", "4.5e-2", "0,045", "0.0.5", " 0.045", "1_0", "NaN", "0.00000000000000000000000000000001"] {
            assert_eq!(one("Hrs", "0", "Inf", figure), "SKU AAAA1 has a figure that is no plain decimal number", "{figure}");
        }
        assert_eq!(one("Hrs", "1", "Inf", "0.045"), "SKU AAAA1 has steps with gaps or overlaps");
        assert_eq!(one("Hrs", "0", "0", "0.045"), "SKU AAAA1 has steps with gaps or overlaps");
        assert_eq!(one("Hrs", "0", "10", "0.045"), "SKU AAAA1 has steps that end");
        assert_eq!(with(json!({})), "SKU AAAA1 has steps that end");
        let steps = |end: &str, begin: &str| {
            with(json!({ "a": dimension("Hrs", "0", end, "0.04"), "b": dimension("Hrs", begin, "Inf", "0.03") }))
        };
        for (end, begin) in [("10", "11"), ("10", "9"), ("Inf", "10"), ("Inf", "0")] {
            assert_eq!(steps(end, begin), "SKU AAAA1 has steps with gaps or overlaps", "{end} {begin}");
        }
    }

    #[test]
    fn a_product_without_terms_or_with_hostile_text_is_no_price() {
        let hour = nat("AAAA1", "EU-NatGateway-Hours", "0.048");
        let (mut empty, mut missing, mut hostile) = (hour.clone(), hour.clone(), hour.clone());
        empty["terms"] = json!({"OnDemand": {}});
        missing.as_object_mut().unwrap().remove("terms");
        hostile["product"]["sku"] = json!("\u{1b}[31m");
        assert_eq!(refused(&[empty]), "SKU AAAA1 has no on-demand price");
        assert_eq!(refused(&[missing]), "SKU AAAA1 has no on-demand terms of the format");
        assert_eq!(refused(&[hostile]), "a product has no SKU");
        let mut float = hour;
        float["terms"]["OnDemand"]["AAAA1.JRTCKXETXF"]["priceDimensions"]["one"]["pricePerUnit"]["USD"] = json!(0.048);
        assert_eq!(refused(&[float]), "SKU AAAA1 has no on-demand terms of the format");
    }

    #[test]
    fn a_product_that_cannot_be_read_may_be_any() {
        let good = nat("AAAA1", "EU-NatGateway-Hours", "0.048").to_string();
        for garbage in ["", "{", "null", "[]", "{}", "<html>sign in</html>", r#"{"product":{"sku":7}}"#] {
            let told = QUERIES[0].read(IRELAND, &[good.as_str(), garbage]);
            assert_eq!(told.len(), 4, "{garbage}");
            assert!(told.values().all(Result::is_err), "{garbage}");
        }
    }
}
