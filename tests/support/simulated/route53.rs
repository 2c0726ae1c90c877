//! Route 53: the private zones of a VPC and their records.

use natless::model::route53::{HostedZone, RecordSet};

use super::failure::{Answer, Failure};
use super::fault::FaultKind;
use super::page::page;
use super::s3::known;
use super::server::{Context, Reply};
use super::xml::Xml;

const NAMESPACE: &str = "https://route53.amazonaws.com/doc/2013-04-01/";

pub(super) fn answer(context: &Context<'_>) -> Answer {
    match context.call.operation.as_str() {
        "ListHostedZonesByVPC" => zones_by_vpc(context),
        "ListResourceRecordSets" => records(context),
        _ => Err(Failure::unknown_operation(context.call)),
    }
}

fn zones_by_vpc(context: &Context<'_>) -> Answer {
    let call = context.call;
    let region = context.inventory.regions.get(call.parameter("vpcregion").unwrap_or_default());
    let vpc = region
        .and_then(|region| region.vpcs.get(call.parameter("vpcid").unwrap_or_default()))
        .ok_or_else(|| Failure::bad_parameter(call, "the VPC was not found in that region"))?;
    let zones: &[HostedZone] = known(context, &vpc.hosted_zones)?;
    let page = page(context, zones.len(), false, call.parameter("maxitems"), call.parameter("nexttoken"))?;
    Ok(Reply::xml(Xml::document("ListHostedZonesByVPCResponse", NAMESPACE, |xml| {
        xml.node("HostedZoneSummaries", |xml| {
            for zone in page.of(zones.iter()) {
                xml.node("HostedZoneSummary", |xml| {
                    xml.text("HostedZoneId", &zone.id).text("Name", absolute(&zone.name)).node("Owner", |xml| {
                        xml.opt("OwningAccount", zone.owning_account.as_ref()).opt("OwningService", zone.owning_service.as_ref());
                    });
                });
            }
        })
        .text("MaxItems", call.parameter("maxitems").unwrap_or("100"))
        .opt("NextToken", page.next);
    })))
}

/// The records of a zone, and those that every zone has and no scan needs. The next page is named by its first record.
fn records(context: &Context<'_>) -> Answer {
    let call = context.call;
    let zones = &context.inventory.private_zones;
    if !zones.is_complete() {
        return Err(Failure::denied(call));
    }
    let zone = zones.get(call.segment(2)).ok_or_else(|| Failure::new(404, "NoSuchHostedZone", "no hosted zone has that id"))?;
    let own = |kind: &str, value: &str| RecordSet {
        name: zone.name.clone(),
        record_type: kind.to_owned(),
        alias: None,
        values: vec![value.to_owned()],
    };
    let mut all =
        vec![own("NS", "ns-1536.awsdns-00.co.uk."), own("SOA", "ns-1536.awsdns-00.co.uk. hostmaster.example.com. 1 2 3 4 5")];
    all.extend(zone.records.iter().cloned());
    let start = match (call.parameter("name"), call.parameter("type")) {
        (None, None) => 0,
        (name, kind) => all
            .iter()
            .position(|record| {
                name.is_none_or(|name| name == wire_name(&record.name)) && kind.is_none_or(|kind| kind == record.record_type)
            })
            .ok_or_else(|| Failure::bad_token(call))?,
    };
    let rest = &all[start..];
    let page = page(context, rest.len(), false, call.parameter("maxitems"), None)?;
    let next = match context.pages {
        Some(FaultKind::LoopingToken) => all.first(),
        Some(FaultKind::CyclingTokens) => all.get(usize::from(start == 0)),
        Some(FaultKind::RepeatedPage) if call.parameter("name").is_none() => all.first(),
        _ => rest.get(page.len),
    };
    Ok(Reply::xml(Xml::document("ListResourceRecordSetsResponse", NAMESPACE, |xml| {
        xml.node("ResourceRecordSets", |xml| {
            for set in page.of(rest.iter()) {
                xml.node("ResourceRecordSet", |xml| record(xml, set));
            }
        })
        .text("IsTruncated", next.is_some())
        .text("MaxItems", call.parameter("maxitems").unwrap_or("300"));
        if let Some(next) = next {
            xml.text("NextRecordName", wire_name(&next.name)).text("NextRecordType", &next.record_type);
        }
    })))
}

fn record(xml: &mut Xml, set: &RecordSet) {
    xml.text("Name", wire_name(&set.name)).text("Type", &set.record_type);
    if let Some(alias) = &set.alias {
        xml.node("AliasTarget", |xml| {
            xml.text("HostedZoneId", "Z7HUB22UULQXV").text("DNSName", absolute(alias)).text("EvaluateTargetHealth", false);
        });
    } else {
        xml.text("TTL", 300).node("ResourceRecords", |xml| {
            for value in &set.values {
                xml.node("ResourceRecord", |xml| {
                    xml.text("Value", value);
                });
            }
        });
    }
}

fn absolute(name: &str) -> String {
    format!("{name}.")
}

/// A name as Route 53 writes it: with the final dot, the asterisk as an escape code.
///
/// Source: Route 53 Developer Guide, "DNS domain name format".
fn wire_name(name: &str) -> String {
    absolute(name).replace('*', "\\052")
}
