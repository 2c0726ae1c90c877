//! Bytes through NAT gateways and endpoints, over whole days of the lookback window.

use std::collections::BTreeMap;
use std::sync::Mutex;

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, StatusCode};
use futures::future::join_all;
use tokio::task::JoinHandle;

use super::calls::GET_METRIC_DATA;
use super::lock::lock;
use super::session::RegionSession;
use crate::model::ec2::{EndpointKind, EndpointState, NatGateway, NatGatewayState, VpcEndpoint};
use crate::model::traffic::{MetricSum, NatGatewayTraffic, Traffic, VpcEndpointTraffic};
use crate::model::{GapId, Listing, Observed, RegionInventory};

const DAY_SECONDS: i64 = 86_400;

/// Metrics that one call may ask for. Source: CloudWatch API Reference, `GetMetricData`.
const BATCH: usize = 500;

const NAT_METRICS: [&str; 3] = ["BytesOutToDestination", "BytesOutToSource", "ConnectionAttemptCount"];

/// One resource and the metrics to sum for it.
#[derive(Debug, Clone)]
struct Subject {
    id: String,
    namespace: &'static str,
    metrics: &'static [&'static str],
    dimensions: Vec<(&'static str, String)>,
}

type Sums = BTreeMap<String, Observed<Vec<MetricSum>>>;

/// Readings that began as soon as their listing was there.
#[derive(Debug, Default)]
pub(crate) struct Begun {
    nat_gateways: Mutex<Option<JoinHandle<Sums>>>,
    vpc_endpoints: Mutex<Option<JoinHandle<Sums>>>,
}

/// Begins to read the metrics of these NAT gateways, while the rest of the region is still being read.
pub(crate) fn begin_nat_gateways(session: &RegionSession, listing: &Listing<NatGateway>) {
    *lock(&session.begun.nat_gateways) = begin(session, nat_subjects(listing));
}

/// Begins to read the metrics of these endpoints, while the rest of the region is still being read.
pub(crate) fn begin_vpc_endpoints(session: &RegionSession, listing: &Listing<VpcEndpoint>) {
    *lock(&session.begun.vpc_endpoints) = begin(session, endpoint_subjects(listing));
}

fn begin(session: &RegionSession, subjects: Vec<Subject>) -> Option<JoinHandle<Sums>> {
    if subjects.is_empty() {
        return None;
    }
    let session = session.clone();
    Some(tokio::spawn(async move { sums(&session, &subjects).await }))
}

/// The traffic of a region's NAT gateways and endpoints.
pub(crate) async fn traffic(session: &RegionSession, region: &RegionInventory) -> Traffic {
    let (nat, endpoints) = (nat_subjects(&region.nat_gateways), endpoint_subjects(&region.vpc_endpoints));
    if nat.is_empty() && endpoints.is_empty() {
        return Traffic::default();
    }
    let (from, to) = window(session);
    let begun = (lock(&session.begun.nat_gateways).take(), lock(&session.begun.vpc_endpoints).take());
    let (nat, endpoints) = tokio::join!(finish(session, begun.0, &nat), finish(session, begun.1, &endpoints));
    Traffic {
        from: jiff::Timestamp::from_second(from).ok(),
        to: jiff::Timestamp::from_second(to).ok(),
        nat_gateways: nat.into_iter().map(|(id, sums)| (id, map(sums, |sums| nat_traffic(&sums)))).collect(),
        vpc_endpoints: endpoints.into_iter().map(|(id, sums)| (id, map(sums, |sums| endpoint_traffic(&sums)))).collect(),
    }
}

async fn finish(session: &RegionSession, begun: Option<JoinHandle<Sums>>, subjects: &[Subject]) -> Sums {
    if let Some(begun) = begun
        && let Ok(sums) = begun.await
    {
        return sums;
    }
    sums(session, subjects).await
}

fn map<T, U>(observed: Observed<T>, change: impl FnOnce(T) -> U) -> Observed<U> {
    match observed {
        Observed::Known(value) => Observed::Known(change(value)),
        Observed::Unknown(gap) => Observed::Unknown(gap),
    }
}

fn nat_traffic(sums: &[MetricSum]) -> NatGatewayTraffic {
    let sum = |index: usize| sums.get(index).copied().unwrap_or_default();
    NatGatewayTraffic { bytes_out_to_destination: sum(0), bytes_out_to_source: sum(1), connection_attempts: sum(2) }
}

fn endpoint_traffic(sums: &[MetricSum]) -> VpcEndpointTraffic {
    VpcEndpointTraffic { bytes_processed: sums.first().copied().unwrap_or_default() }
}

/// Source: VPC User Guide, "NAT gateway metrics and dimensions".
fn nat_subjects(listing: &Listing<NatGateway>) -> Vec<Subject> {
    let alive = listing.values().filter(|gateway| gateway.state != NatGatewayState::Deleted);
    alive
        .map(|gateway| Subject {
            id: gateway.id.clone(),
            namespace: "AWS/NATGateway",
            metrics: &NAT_METRICS,
            dimensions: vec![("NatGatewayId", gateway.id.clone())],
        })
        .collect()
}

/// Source: AWS `PrivateLink` Guide, "CloudWatch metrics for AWS PrivateLink", endpoint metrics and dimensions.
fn endpoint_subjects(listing: &Listing<VpcEndpoint>) -> Vec<Subject> {
    let measured = |endpoint: &&VpcEndpoint| {
        matches!(endpoint.kind, EndpointKind::Interface | EndpointKind::GatewayLoadBalancer)
            && endpoint.state != EndpointState::Deleted
    };
    let subject = |endpoint: &VpcEndpoint| Subject {
        id: endpoint.id.clone(),
        namespace: "AWS/PrivateLinkEndpoints",
        metrics: &["BytesProcessed"],
        dimensions: vec![
            ("Endpoint Type", endpoint.kind.as_str().to_owned()),
            ("Service Name", endpoint.service_name.clone()),
            ("VPC Endpoint Id", endpoint.id.clone()),
            ("VPC Id", endpoint.vpc_id.clone()),
        ],
    };
    listing.values().filter(measured).map(subject).collect()
}

/// Whole days up to the last midnight, UTC: begin and end in seconds of the Unix epoch.
fn window(session: &RegionSession) -> (i64, i64) {
    let to = session.run.now.as_second().div_euclid(DAY_SECONDS) * DAY_SECONDS;
    (to - i64::from(session.run.lookback_days.max(1)) * DAY_SECONDS, to)
}

async fn sums(session: &RegionSession, subjects: &[Subject]) -> Sums {
    let metrics_each = subjects.first().map_or(1, |subject| subject.metrics.len());
    let batches = subjects.chunks((BATCH / metrics_each).max(1));
    join_all(batches.map(|batch| batch_sums(session, batch))).await.into_iter().flatten().collect()
}

async fn batch_sums(session: &RegionSession, batch: &[Subject]) -> Sums {
    let (from, to) = window(session);
    let queries = queries(batch);
    let page = |token| {
        session
            .cloudwatch()
            .get_metric_data()
            .set_metric_data_queries(Some(queries.clone()))
            .start_time(DateTime::from_secs(from))
            .end_time(DateTime::from_secs(to))
            .set_next_token(token)
            .send()
    };
    let (answers, gap) = session
        .pages(&GET_METRIC_DATA, None, page, aws_sdk_cloudwatch::operation::get_metric_data::GetMetricDataOutput::next_token)
        .await;
    let unread = |gap: &GapId| batch.iter().map(|subject| (subject.id.clone(), Observed::Unknown(gap.clone()))).collect();
    if let Some(gap) = gap {
        return unread(&gap);
    }
    let mut found: BTreeMap<String, BTreeMap<i64, f64>> = BTreeMap::new();
    for result in
        answers.iter().flat_map(aws_sdk_cloudwatch::operation::get_metric_data::GetMetricDataOutput::metric_data_results)
    {
        if let Some(StatusCode::InternalError | StatusCode::Forbidden) = result.status_code() {
            let message =
                format!("metric `{}` came with status `{}`", result.id().unwrap_or_default(), status(result.status_code()));
            return unread(&session.malformed(&GET_METRIC_DATA, None, message));
        }
        let (id, days, values) = (result.id().unwrap_or_default(), result.timestamps(), result.values());
        if days.len() != values.len() {
            let message = format!("metric `{id}` came with {} times for {} values", days.len(), values.len());
            return unread(&session.malformed(&GET_METRIC_DATA, None, message));
        }
        // Values of one metric may be spread over pages, and a day that comes twice counts once.
        found.entry(id.to_owned()).or_default().extend(days.iter().map(DateTime::secs).zip(values.iter().copied()));
    }
    let mut sums = Sums::new();
    for (row, subject) in batch.iter().enumerate() {
        let of = |column: usize| found.get(&query_id(row, column)).map(metric_sum);
        let read: Option<Vec<MetricSum>> = (0..subject.metrics.len()).map(of).collect();
        let observed = if let Some(read) = read {
            Observed::Known(read)
        } else {
            let message = "the answer lacks a metric that was asked for".to_owned();
            Observed::Unknown(session.malformed(&GET_METRIC_DATA, None, message))
        };
        sums.insert(subject.id.clone(), observed);
    }
    sums
}

fn status(code: Option<&StatusCode>) -> &str {
    code.map_or("", |code| code.as_str())
}

/// An id begins with a lower-case letter. Source: CloudWatch API Reference, `MetricDataQuery`, `Id`.
fn query_id(row: usize, column: usize) -> String {
    format!("m{row}_{column}")
}

fn queries(batch: &[Subject]) -> Vec<MetricDataQuery> {
    let mut queries = Vec::new();
    for (row, subject) in batch.iter().enumerate() {
        let dimensions: Vec<Dimension> =
            subject.dimensions.iter().map(|(name, value)| Dimension::builder().name(*name).value(value).build()).collect();
        for (column, name) in subject.metrics.iter().enumerate() {
            let metric = Metric::builder()
                .namespace(subject.namespace)
                .metric_name(*name)
                .set_dimensions(Some(dimensions.clone()))
                .build();
            let stat = MetricStat::builder().metric(metric).period(86_400).stat("Sum").build();
            queries.push(MetricDataQuery::builder().id(query_id(row, column)).metric_stat(stat).return_data(true).build());
        }
    }
    queries
}

/// The sum of a metric's days.
fn metric_sum(days: &BTreeMap<i64, f64>) -> MetricSum {
    MetricSum { sum: whole(days.values().sum()), days_reported: u32::try_from(days.len()).unwrap_or(u32::MAX) }
}

/// A sum of counts as the whole number it is.
fn whole(total: f64) -> u64 {
    // The sum of no days is written -0.
    format!("{:.0}", total.max(0.0).abs()).parse().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_whole_numbers() {
        assert_eq!(whole(0.0), 0);
        assert_eq!(whole(1_073_741_824.0), 1_073_741_824);
        assert_eq!(whole(-3.0), 0);
        assert_eq!(metric_sum(&BTreeMap::new()), MetricSum::default());
    }

    #[test]
    fn each_metric_of_each_resource_is_asked_for_once() {
        let subject = |id: &str| Subject {
            id: id.to_owned(),
            namespace: "AWS/NATGateway",
            metrics: &NAT_METRICS,
            dimensions: vec![("NatGatewayId", id.to_owned())],
        };
        let asked = queries(&[subject("nat-0aa"), subject("nat-0bb")]);
        let ids: Vec<&str> = asked.iter().filter_map(|query| query.id()).collect();
        assert_eq!(ids, ["m0_0", "m0_1", "m0_2", "m1_0", "m1_1", "m1_2"]);
        let last = asked[5].metric_stat().unwrap();
        assert_eq!((last.period(), last.stat()), (Some(86_400), Some("Sum")));
        assert_eq!(last.metric().unwrap().metric_name(), Some("ConnectionAttemptCount"));
        assert_eq!(last.metric().unwrap().dimensions()[0].value(), Some("nat-0bb"));
    }
}
