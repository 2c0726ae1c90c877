//! CloudWatch: Smithy RPC v2 CBOR. Daily sums made from the traffic of the inventory.

use std::collections::BTreeMap;

use ciborium::Value;
use natless::model::ec2::VpcEndpoint;
use natless::model::traffic::MetricSum;
use natless::model::{Observed, RegionInventory};

use super::failure::{Answer, Failure};
use super::page::page;
use super::s3::known;
use super::server::{Context, Reply};

/// One metric asked for, and its values by time.
struct Series {
    id: String,
    points: Vec<(u64, u64)>,
}

/// An error of the protocol. It says the code twice, since the service still has clients of its query protocol.
///
/// Source: Smithy 2.0, "Smithy RPC v2 CBOR protocol" and "AWS Query compatible trait".
pub(super) fn error(failure: &Failure) -> Reply {
    let kind = format!("com.amazonaws.cloudwatch#{}", failure.code);
    let query_code = failure.code.trim_end_matches("Exception");
    let body = map([("__type", text(&kind)), ("message", text(&failure.message))]);
    Reply::cbor(bytes(&body)).header("x-amzn-query-error", &format!("{query_code};Sender"))
}

pub(super) fn answer(context: &Context<'_>) -> Answer {
    let call = context.call;
    if call.operation != "GetMetricData" {
        return Err(Failure::unknown_operation(call));
    }
    let input: Value = ciborium::from_reader(call.body.as_slice())
        .map_err(|error| Failure::new(400, "SerializationException", error.to_string()))?;
    let queries = get(&input, "MetricDataQueries").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    // Source: Amazon CloudWatch API Reference, "GetMetricData": "up to 500 MetricDataQuery structures".
    if queries.is_empty() || queries.len() > 500 {
        return Err(Failure::new(400, "ValidationError", format!("{} queries; 1 to 500 are allowed", queries.len())));
    }
    let (Some(start), Some(end)) = (epoch(get(&input, "StartTime")), epoch(get(&input, "EndTime"))) else {
        return Err(Failure::new(400, "MissingParameter", "StartTime and EndTime are required"));
    };
    let series = queries.iter().map(|query| series(context, query, start, end)).collect::<Result<Vec<_>, _>>()?;
    let total = series.iter().map(|series| series.points.len().max(1)).sum();
    let size = get(&input, "MaxDatapoints").and_then(Value::as_integer).map(|size| i128::from(size).to_string());
    let token = get(&input, "NextToken").and_then(Value::as_text);
    let page = page(context, total, false, size.as_deref(), token)?;
    let mut body = vec![
        (text("MetricDataResults"), Value::Array(results(&series, page.start, page.len))),
        (text("Messages"), Value::Array(Vec::new())),
    ];
    if let Some(next) = page.next {
        body.push((text("NextToken"), text(&next)));
    }
    Ok(Reply::cbor(bytes(&Value::Map(body))))
}

/// The results on a page: a metric without values takes one place, a metric cut by the page's end is partial.
fn results(series: &[Series], start: usize, len: usize) -> Vec<Value> {
    let mut results = Vec::new();
    let mut place = 0;
    for series in series {
        let count = series.points.len().max(1);
        let (from, to) = (start.max(place), (start + len).min(place + count));
        if from < to {
            let points = series.points.get(from - place..to - place).unwrap_or_default();
            let status = if to < place + count { "PartialData" } else { "Complete" };
            results.push(map([
                ("Id", text(&series.id)),
                ("Label", text(&series.id)),
                ("Timestamps", Value::Array(points.iter().map(|(time, _)| timestamp(*time)).collect())),
                ("Values", Value::Array(points.iter().map(|(_, value)| float(*value)).collect())),
                ("StatusCode", text(status)),
            ]));
        }
        place += count;
    }
    results
}

/// The values of one query: the sum of the inventory, spread over the first days of the window.
fn series(context: &Context<'_>, query: &Value, start: u64, end: u64) -> Result<Series, Failure> {
    let id = get(query, "Id").and_then(Value::as_text).unwrap_or_default().to_owned();
    let asked = get(query, "MetricStat").ok_or_else(|| Failure::new(400, "ValidationError", "only MetricStat is simulated"))?;
    if get(asked, "Stat").and_then(Value::as_text) != Some("Sum") {
        return Err(Failure::new(400, "ValidationError", "only the statistic Sum is simulated"));
    }
    let period = get(asked, "Period").and_then(Value::as_integer).and_then(|period| u64::try_from(period).ok()).unwrap_or(0);
    if period == 0 || !period.is_multiple_of(60) {
        return Err(Failure::new(400, "ValidationError", "the period must be a multiple of 60"));
    }
    let Some(sum) = metric(context, asked)? else {
        return Ok(Series { id, points: Vec::new() });
    };
    let days = u64::from(sum.days_reported);
    // A window that does not start on a period's border starts with the period it lies in.
    let first = start / period * period;
    let points = (0..days)
        .map(|day| (first + day * period, sum.sum / days + if day == 0 { sum.sum % days } else { 0 }))
        .filter(|(time, _)| *time < end)
        .collect();
    Ok(Series { id, points })
}

/// The sum that a metric has in the inventory; `None` where CloudWatch has no such metric. The dimensions must be exactly
/// those of the metric, else CloudWatch answers with no values.
fn metric(context: &Context<'_>, stat: &Value) -> Result<Option<MetricSum>, Failure> {
    let Some(region) = context.inventory.regions.get(&context.call.region) else { return Ok(None) };
    let metric = get(stat, "Metric");
    let word = |name| metric.and_then(|metric| get(metric, name)).and_then(Value::as_text).unwrap_or_default();
    let dimensions = metric.and_then(|metric| get(metric, "Dimensions")).map(dimensions).unwrap_or_default();
    match (word("Namespace"), word("MetricName")) {
        ("AWS/NATGateway", name) => {
            let Some(id) = dimensions.get("NatGatewayId").filter(|_| dimensions.len() == 1) else { return Ok(None) };
            let traffic = traffic(context, region.traffic.nat_gateways.get(id))?;
            Ok(traffic.and_then(|traffic| match name {
                "BytesOutToDestination" => Some(traffic.bytes_out_to_destination),
                "BytesOutToSource" => Some(traffic.bytes_out_to_source),
                "ConnectionAttemptCount" => Some(traffic.connection_attempts),
                _ => None,
            }))
        }
        ("AWS/PrivateLinkEndpoints", "BytesProcessed") => {
            let Some(endpoint) = endpoint(region, &dimensions) else { return Ok(None) };
            Ok(traffic(context, region.traffic.vpc_endpoints.get(&endpoint.id))?.map(|traffic| traffic.bytes_processed))
        }
        _ => Ok(None),
    }
}

fn traffic<'a, T>(context: &Context<'_>, observed: Option<&'a Observed<T>>) -> Result<Option<&'a T>, Failure> {
    observed.map(|observed| known(context, observed)).transpose()
}

/// The endpoint whose metric has these dimensions.
///
/// Source: AWS `PrivateLink` guide, "CloudWatch metrics for AWS `PrivateLink`": `BytesProcessed` has the dimensions
/// "Endpoint Type, Service Name, VPC Endpoint Id, VPC Id", or those and "Subnet Id".
fn endpoint<'a>(region: &'a RegionInventory, dimensions: &BTreeMap<String, String>) -> Option<&'a VpcEndpoint> {
    let endpoint = region.vpc_endpoints.get(dimensions.get("VPC Endpoint Id")?)?;
    let own = [
        ("Endpoint Type", endpoint.kind.as_str()),
        ("Service Name", &endpoint.service_name),
        ("VPC Endpoint Id", &endpoint.id),
        ("VPC Id", &endpoint.vpc_id),
    ];
    let same = own.iter().all(|(name, value)| dimensions.get(*name).is_some_and(|given| given == value));
    (same && dimensions.len() == own.len()).then_some(endpoint)
}

fn dimensions(list: &Value) -> BTreeMap<String, String> {
    let word = |value: &Value, name: &str| get(value, name).and_then(Value::as_text).unwrap_or_default().to_owned();
    list.as_array().into_iter().flatten().map(|dimension| (word(dimension, "Name"), word(dimension, "Value"))).collect()
}

fn get<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.as_map()?.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
}

/// Seconds since 1970 of a timestamp: tag 1 around a number.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole seconds of this century")]
fn epoch(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::Tag(1, inner) => match inner.as_ref() {
            Value::Float(seconds) => Some(*seconds as u64),
            Value::Integer(seconds) => u64::try_from(*seconds).ok(),
            _ => None,
        },
        _ => None,
    }
}

fn timestamp(seconds: u64) -> Value {
    Value::Tag(1, Box::new(Value::Integer(seconds.into())))
}

#[expect(clippy::cast_precision_loss, reason = "CloudWatch itself answers in floating point")]
fn float(value: u64) -> Value {
    Value::Float(value as f64)
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(entries.into_iter().map(|(key, value)| (text(key), value)).collect())
}

fn bytes(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("a value in memory");
    bytes
}
