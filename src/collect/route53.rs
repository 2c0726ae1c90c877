//! Private hosted zones per VPC, and the records of those that bear an AWS service's name.

use std::collections::BTreeSet;

use aws_sdk_route53::error::SdkError;
use aws_sdk_route53::operation::list_resource_record_sets::{ListResourceRecordSetsError, ListResourceRecordSetsOutput};
use aws_sdk_route53::types::{HostedZoneSummary, ResourceRecordSet, RrType, VpcRegion};

use super::calls::{LIST_HOSTED_ZONES_BY_VPC, LIST_RESOURCE_RECORD_SETS};
use super::lock::lock;
use super::outcome::Failure;
use super::session::RegionSession;
use crate::model::route53::{HostedZone, PrivateZone, RecordSet};
use crate::model::{GapId, GapKind, Listing, Observed};

/// Private hosted zones that answer in a VPC. Also begins to read the records of each zone of this account that bears
/// the name of an AWS service, once per run.
pub(crate) async fn hosted_zones(session: &RegionSession, vpc_id: &str) -> Observed<Vec<HostedZone>> {
    let region = VpcRegion::from(session.region.as_str());
    let (answers, gap) = session
        .pages(
            &LIST_HOSTED_ZONES_BY_VPC,
            Some(vpc_id),
            |token| {
                session
                    .route53()
                    .list_hosted_zones_by_vpc()
                    .vpc_id(vpc_id)
                    .vpc_region(region.clone())
                    .set_next_token(token)
                    .send()
            },
            aws_sdk_route53::operation::list_hosted_zones_by_vpc::ListHostedZonesByVpcOutput::next_token,
        )
        .await;
    let mut zones: Vec<HostedZone> = answers
        .iter()
        .flat_map(aws_sdk_route53::operation::list_hosted_zones_by_vpc::ListHostedZonesByVpcOutput::hosted_zone_summaries)
        .map(hosted_zone)
        .collect();
    zones.sort();
    zones.dedup();
    for zone in zones.iter().filter(|zone| bears_service_name(session, zone)) {
        read_once(session, zone);
    }
    match gap {
        Some(gap) => Observed::Unknown(gap),
        None => Observed::Known(zones),
    }
}

/// Zones of another account cannot be read: `ListResourceRecordSets` takes only the owner's.
fn bears_service_name(session: &RegionSession, zone: &HostedZone) -> bool {
    let suffix = session.run.partition.dns_suffix();
    zone.owning_account.as_deref() == Some(session.account_id.as_str())
        && zone.name.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.'))
}

fn read_once(session: &RegionSession, zone: &HostedZone) {
    let mut zones = lock(&session.run.zones);
    if !zones.contains_key(&zone.id) {
        let (session, zone) = (session.clone(), zone.clone());
        zones.insert(zone.id.clone(), tokio::spawn(async move { private_zone(&session, &zone).await }));
    }
}

/// The zones whose records were begun to be read, once all are.
pub(crate) async fn private_zones(run: &super::session::Run) -> Listing<PrivateZone> {
    let begun = std::mem::take(&mut *lock(&run.zones));
    let mut listing = Listing::default();
    for (id, reading) in begun {
        match reading.await {
            Ok(Ok(zone)) => {
                listing.items.insert(id, zone);
            }
            Ok(Err(gap)) => {
                listing.gap.get_or_insert(gap);
            }
            // A reading ends early only with the runtime itself.
            Err(_) => {}
        }
    }
    listing
}

/// Where a page of records begins: `ListResourceRecordSets` continues by name, type and set identifier, not by token.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Start {
    name: String,
    record_type: Option<RrType>,
    identifier: Option<String>,
}

async fn private_zone(session: &RegionSession, zone: &HostedZone) -> Result<PrivateZone, GapId> {
    let mut records = Vec::new();
    let mut start: Option<Start> = None;
    let mut seen = BTreeSet::new();
    loop {
        let answer =
            session.call(&LIST_RESOURCE_RECORD_SETS, Some(&zone.id), || record_page(session, &zone.id, start.clone())).await?;
        let Some(answer) = answer else { break };
        records.extend(answer.resource_record_sets().iter().filter_map(record_set));
        let Some(next) = next_start(&answer) else { break };
        // Pages may name each other, and not only themselves.
        if !seen.insert(next.clone()) {
            let message = format!("the records of zone `{}` continue where they were before", zone.id);
            let failure = Failure::new(GapKind::Malformed, "LoopingPagination", message);
            return Err(session.record(&LIST_RESOURCE_RECORD_SETS, Some(&zone.id), failure));
        }
        start = Some(next);
    }
    records.sort();
    records.dedup();
    Ok(PrivateZone { id: zone.id.clone(), name: zone.name.clone(), records })
}

async fn record_page(
    session: &RegionSession,
    zone_id: &str,
    start: Option<Start>,
) -> Result<ListResourceRecordSetsOutput, SdkError<ListResourceRecordSetsError>> {
    let request = session.route53().list_resource_record_sets().hosted_zone_id(zone_id).max_items(300);
    match start {
        None => request.send().await,
        Some(start) => {
            request
                .start_record_name(start.name)
                .set_start_record_type(start.record_type)
                .set_start_record_identifier(start.identifier)
                .send()
                .await
        }
    }
}

fn next_start(answer: &ListResourceRecordSetsOutput) -> Option<Start> {
    if !answer.is_truncated() {
        return None;
    }
    Some(Start {
        name: answer.next_record_name()?.to_owned(),
        record_type: answer.next_record_type().cloned(),
        identifier: answer.next_record_identifier().map(str::to_owned),
    })
}

fn hosted_zone(summary: &HostedZoneSummary) -> HostedZone {
    let owner = summary.owner();
    HostedZone {
        id: summary.hosted_zone_id().trim_start_matches("/hostedzone/").to_owned(),
        name: domain(summary.name()),
        owning_account: owner.and_then(|owner| owner.owning_account()).map(str::to_owned),
        owning_service: owner.and_then(|owner| owner.owning_service()).map(str::to_owned),
    }
}

fn record_set(set: &ResourceRecordSet) -> Option<RecordSet> {
    if !matches!(set.r#type(), RrType::A | RrType::Aaaa | RrType::Cname) {
        return None;
    }
    let mut values: Vec<String> = set.resource_records().iter().map(|record| record.value().to_owned()).collect();
    values.sort();
    Some(RecordSet {
        name: domain(set.name()),
        record_type: set.r#type().as_str().to_owned(),
        alias: set.alias_target().map(|alias| domain(alias.dns_name())),
        values,
    })
}

/// A domain name as the model writes it. Route 53 ends names with a dot and escapes `*` as `\052`.
///
/// Source: Route 53 Developer Guide, "DNS domain name format".
fn domain(name: &str) -> String {
    name.trim_end_matches('.').replace("\\052", "*").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_dot_case_and_escape() {
        assert_eq!(domain("\\052.S3.eu-west-1.amazonaws.com."), "*.s3.eu-west-1.amazonaws.com");
    }

    #[test]
    fn only_records_that_can_lead_to_an_endpoint_are_kept() {
        let of_type = |kind| ResourceRecordSet::builder().name("a.").r#type(kind).build().unwrap();
        assert!(record_set(&of_type(RrType::Ns)).is_none());
        assert_eq!(record_set(&of_type(RrType::A)).unwrap().record_type, "A");
    }
}
