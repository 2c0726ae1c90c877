//! The Price List API: JSON 1.1, products as texts of JSON. Made from the live prices of the inventory, among products
//! that resemble them and are others.

use natless::model::price::{Price, PriceItem};
use serde_json::{Map, Value, json};

use super::failure::{Answer, Failure};
use super::page::page;
use super::s3::known;
use super::server::{Context, Reply};

/// The only region that answers here.
/// Source: AWS Billing User Guide, "Using the AWS Price List Query API", "Endpoints".
const ENDPOINT: &str = "us-east-1";

/// What a product is found by.
struct Kind {
    service: &'static str,
    family: Option<&'static str>,
    group: &'static str,
    operation: &'static str,
    usage: &'static str,
    unit: &'static str,
}

pub(super) fn answer(context: &Context<'_>) -> Answer {
    let call = context.call;
    if call.operation != "GetProducts" || call.region != ENDPOINT {
        return Err(Failure::unknown_operation(call));
    }
    let input: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let filters = filters(&input).ok_or_else(|| Failure::bad_parameter(call, "a filter that is not simulated"))?;
    let region = filters.iter().find(|(field, _)| *field == "regionCode").map_or("", |(_, value)| *value);
    let told = context.inventory.live_prices.as_ref().and_then(|prices| prices.get(region));
    let mut products = Vec::new();
    if let Some(told) = told {
        let told = known(context, told)?;
        products.extend(told.iter().map(|(item, price)| product(region, &kind(*item), price)));
        // The others cost what nobody could overlook.
        products.extend(told.values().take(1).flat_map(|price| OTHERS.iter().map(|kind| other(region, kind, price))));
    }
    let service = input.get("ServiceCode").and_then(Value::as_str).unwrap_or_default();
    products
        .retain(|product| product["serviceCode"] == service && filters.iter().all(|filter| fits(&product["product"], filter)));
    let size = input.get("MaxResults").map(ToString::to_string);
    let page = page(context, products.len(), false, size.as_deref(), input.get("NextToken").and_then(Value::as_str))?;
    let list: Vec<Value> = page.of(products.iter()).map(|product| Value::String(product.to_string())).collect();
    let mut body = json!({ "FormatVersion": "aws_v1", "PriceList": list });
    if let Some(next) = page.next {
        body["NextToken"] = Value::String(next);
    }
    Ok(Reply::json(&body))
}

/// The filters of a request, by field; `None` where one is of a type that is not simulated.
fn filters(input: &Value) -> Option<Vec<(&str, &str)>> {
    let filters = input.get("Filters")?.as_array()?.iter();
    filters
        .map(|filter| {
            let word = |name: &str| filter.get(name).and_then(Value::as_str);
            (word("Type")? == "TERM_MATCH").then_some((word("Field")?, word("Value")?))
        })
        .collect()
}

fn fits(product: &Value, (field, value): &(&str, &str)) -> bool {
    let found = if *field == "productFamily" { &product["productFamily"] } else { &product["attributes"][*field] };
    found == value
}

/// Products that share a query with priced ones.
const OTHERS: &[Kind] = &[
    Kind {
        service: "AmazonEC2",
        family: Some("NAT Gateway"),
        group: "NGW:NatGateway",
        operation: "NatGateway",
        usage: "NatGateway-Prvd-Hours",
        unit: "Hrs",
    },
    Kind {
        service: "AmazonVPC",
        family: Some("VpcEndpoint"),
        group: "VpcResources",
        operation: "VpcResourceConsumer",
        usage: "VpcEndpoint-Resource-Hours",
        unit: "Hrs",
    },
    Kind {
        service: "AmazonVPC",
        family: None,
        group: "AWSTransitGateway",
        operation: "TransitGatewayVPN",
        usage: "TransitGateway-Hours",
        unit: "hour",
    },
    Kind {
        service: "AmazonVPC",
        family: None,
        group: "VPCPublicIPv4Address",
        operation: "AllocateAddressVPC",
        usage: "PublicIPv4:IdleAddress",
        unit: "Hrs",
    },
];

fn kind(item: PriceItem) -> Kind {
    let nat = |operation, usage, unit| Kind {
        service: "AmazonEC2",
        family: Some("NAT Gateway"),
        group: "NGW:NatGateway",
        operation,
        usage,
        unit,
    };
    let vpc = |family, group, operation, usage, unit| Kind { service: "AmazonVPC", family, group, operation, usage, unit };
    let endpoint = |usage, unit| vpc(Some("VpcEndpoint"), "VPCE:VpcEndpoint", "VpcEndpoint", usage, unit);
    let transit = |usage, unit| vpc(None, "AWSTransitGateway", "TransitGatewayVPC", usage, unit);
    match item {
        PriceItem::NatHour => nat("NatGateway", "NatGateway-Hours", "Hrs"),
        PriceItem::NatGb => nat("NatGateway", "NatGateway-Bytes", "GB"),
        PriceItem::RegionalNatHour => nat("RegionalNatGateway", "RegionalNatGateway-Hours", "Hrs"),
        PriceItem::RegionalNatGb => nat("RegionalNatGateway", "RegionalNatGateway-Bytes", "GB"),
        PriceItem::InterfaceEndpointHour => endpoint("VpcEndpoint-Hours", "Hrs"),
        PriceItem::InterfaceEndpointGb => endpoint("VpcEndpoint-Bytes", "GB"),
        PriceItem::GwlbEndpointHour => endpoint("VpcEndpoint-GWLBE-Hours", "Hrs"),
        PriceItem::GwlbEndpointGb => endpoint("VpcEndpoint-GWLBE-Bytes", "GB"),
        PriceItem::TgwAttachmentHour => transit("TransitGateway-Hours", "hour"),
        PriceItem::TgwGb => transit("TransitGateway-Bytes", "GB"),
        PriceItem::PublicIpv4Hour => vpc(None, "VPCPublicIPv4Address", "AssociateAddressVPC", "PublicIPv4:InUseAddress", "Hrs"),
        PriceItem::CrossZoneGb | PriceItem::InternetGb => panic!("{} is not asked for", item.as_str()),
    }
}

/// The prefix of usage types: none for NAT gateways in us-east-1.
fn prefix(region: &str, service: &str) -> &'static str {
    match (region, service) {
        ("us-east-1", "AmazonEC2") => "",
        ("us-east-1", _) => "USE1-",
        ("eu-west-1", _) => "EU-",
        _ => "XX1-",
    }
}

fn product(region: &str, kind: &Kind, price: &Price) -> Value {
    // The SKU is the last word of the source.
    let sku = price.source.rsplit(' ').next().unwrap_or_default();
    let term = format!("{sku}.JRTCKXETXF");
    let mut begin = "0".to_owned();
    let mut dimensions = Map::new();
    for (number, tier) in price.tiers.iter().enumerate() {
        let end = tier.up_to.map_or_else(|| "Inf".to_owned(), |up_to| up_to.to_string());
        // Not in order: the last step has the least rate code.
        let rate = format!("{term}.{}", 9 - number);
        let dimension = json!({
            "unit": kind.unit, "beginRange": begin, "endRange": end, "rateCode": rate, "appliesTo": [],
            "description": "as the price list says it", "pricePerUnit": { "USD": format!("{:.10}", tier.usd) },
        });
        dimensions.insert(rate, dimension);
        begin = end;
    }
    let mut product = json!({
        "sku": sku,
        "attributes": {
            "regionCode": region, "locationType": "AWS Region", "servicecode": kind.service, "group": kind.group,
            "usagetype": format!("{}{}", prefix(region, kind.service), kind.usage), "operation": kind.operation,
        },
    });
    if let Some(family) = kind.family {
        product["productFamily"] = json!(family);
    }
    json!({
        "product": product,
        "serviceCode": kind.service,
        "terms": { "OnDemand": { term: {
            "sku": sku, "offerTermCode": "JRTCKXETXF", "effectiveDate": format!("{}T00:00:00Z", price.as_of),
            "priceDimensions": dimensions, "termAttributes": {},
        }}},
        "version": "20260601000000",
        "publicationDate": "2026-06-01T00:00:00Z",
    })
}

fn other(region: &str, kind: &Kind, like: &Price) -> Value {
    let mut price = like.clone();
    price.tiers.truncate(1);
    for tier in &mut price.tiers {
        tier.up_to = None;
        tier.usd = "99".parse().expect("a number");
    }
    "SKU OTHER".clone_into(&mut price.source);
    product(region, kind, &price)
}
