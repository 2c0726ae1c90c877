//! What several endpoint checks ask: which endpoint leads to a service of AWS, who answers for the service's name inside
//! the VPC, and whether anybody sits in a subnet who could call it.

use crate::analyze::{Audit, Doubt, Resource, Subject, Verdict};
use crate::model::ec2::{EndpointKind, Vpc, VpcEndpoint};
use crate::model::route53::HostedZone;
use crate::model::{Inventory, RegionInventory, service_slug};

/// The AWS service of its own region that an interface endpoint leads to, by short name.
///
/// `None` for other types of endpoint, for services of other accounts, for services of another region, for endpoints
/// that an AWS service made and keeps, and for those of another account: nobody here can change those.
pub(super) fn aws_service<'e>(account: &str, endpoint: &'e VpcEndpoint, region: &str) -> Option<&'e str> {
    let slug = service_slug(&endpoint.service_name, region);
    let at_home = endpoint.service_region.as_deref().is_none_or(|service_region| service_region == region);
    (endpoint.kind == EndpointKind::Interface && at_home && endpoint.is_in_hands_of(account) && slug != endpoint.service_name)
        .then_some(slug)
}

/// A verdict on an endpoint, about the AWS service that it leads to, where there is one.
pub(super) fn subject_of(audit: &Audit<'_>, region: &str, endpoint: &VpcEndpoint, verdict: Verdict) -> Subject {
    let subject = Subject::new(region, Resource::vpc_endpoint(audit.inventory, region, endpoint), verdict);
    match aws_service(&audit.inventory.account.id, endpoint, region) {
        Some(service) => subject.about_service(service),
        None => subject,
    }
}

/// The names that resolve to an endpoint once its private DNS is on; empty where the service has none.
///
/// Source: `ec2:DescribeVpcEndpointServices` `PrivateDnsNames`.
pub(super) fn private_names<'a>(region: &'a RegionInventory, endpoint: &VpcEndpoint) -> Result<&'a [String], Doubt> {
    let service = &endpoint.service_name;
    match region.endpoint_services.find(service) {
        Ok(Some(offered)) => Ok(&offered.private_dns_names),
        Ok(None) => Err(Doubt { why: format!("the region's endpoint services do not list {service}"), gaps: Vec::new() }),
        Err(gap) => Err(Doubt::of_gap(format!("whether {service} has private DNS names was not read"), gap)),
    }
}

/// The private hosted zone that answers for one of these names inside the VPC; `None` where none does.
///
/// A zone with the very name always does: the resolver asks no further. A zone of a parent name does only for names it
/// has a record for (Route 53 guide, "Considerations when working with a private hosted zone").
pub(super) fn zone_for<'a>(inventory: &Inventory, vpc: &'a Vpc, names: &[String]) -> Result<Option<&'a HostedZone>, Doubt> {
    let zones = vpc
        .hosted_zones
        .as_result()
        .map_err(|gap| Doubt::of_gap(format!("the private hosted zones associated with {} were not read", vpc.id), gap))?;
    let names: Vec<&str> = names.iter().map(|name| name.trim_start_matches("*.").trim_end_matches('.')).collect();
    if let Some(zone) = zones.iter().find(|zone| names.contains(&zone.name.as_str())) {
        return Ok(Some(zone));
    }
    for zone in zones {
        let below: Vec<&str> = names.iter().copied().filter(|name| is_below(name, &zone.name)).collect();
        if below.is_empty() {
            continue;
        }
        match inventory.private_zones.find(&zone.id) {
            Ok(Some(known)) => {
                if known.records.iter().any(|record| below.iter().any(|name| answers(&record.name, name))) {
                    return Ok(Some(zone));
                }
            }
            Ok(None) => {
                let why = format!(
                    "the records of zone {} ({}), which stands above the service's name, were not read",
                    zone.id, zone.name
                );
                return Err(Doubt { why, gaps: Vec::new() });
            }
            Err(gap) => return Err(Doubt::of_gap(format!("the records of zone {} ({}) were not read", zone.id, zone.name), gap)),
        }
    }
    Ok(None)
}

fn is_below(name: &str, zone: &str) -> bool {
    name.strip_suffix(zone).is_some_and(|rest| rest.ends_with('.'))
}

/// Whether a record, which may be a wildcard, answers for a name or for what lies below it.
fn answers(record: &str, name: &str) -> bool {
    match record.strip_prefix("*.") {
        Some(parent) => parent == name || is_below(name, parent),
        None => record == name,
    }
}

/// Whether a zone's records lead to this endpoint; `None` for a zone whose records were not read, as another account's.
pub(super) fn zone_leads_to(inventory: &Inventory, zone_id: &str, endpoint: &VpcEndpoint) -> Option<bool> {
    let own_names = format!("{}-", endpoint.id);
    let zone = inventory.private_zones.get(zone_id)?;
    let mut targets = zone.records.iter().flat_map(|record| record.alias.iter().chain(&record.values));
    Some(targets.any(|target| target.trim_start_matches("*.").starts_with(&own_names)))
}

/// Whether clients in the VPC that ask for the service by its own name are led to this endpoint.
pub(super) fn answers_to_its_name(
    inventory: &Inventory,
    region: &RegionInventory,
    endpoint: &VpcEndpoint,
) -> Result<bool, Doubt> {
    if endpoint.private_dns {
        return Ok(!endpoint.private_dns_only_for_inbound_resolver);
    }
    let vpc = match region.vpcs.find(&endpoint.vpc_id) {
        Ok(Some(vpc)) => vpc,
        Ok(None) => return Ok(false),
        Err(gap) => return Err(Doubt::of_gap(format!("{} was not read", endpoint.vpc_id), gap)),
    };
    if vpc.hosted_zones.known().is_some_and(Vec::is_empty) {
        return Ok(false);
    }
    let Some(zone) = zone_for(inventory, vpc, private_names(region, endpoint)?)? else {
        return Ok(false);
    };
    zone_leads_to(inventory, &zone.id, endpoint).ok_or_else(|| Doubt {
        why: format!("whether the records of zone {} ({}) lead to {} was not read", zone.id, zone.name, endpoint.id),
        gaps: inventory.private_zones.gap.iter().cloned().collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::analyze::fixtures;

    const REGION: &str = "eu-west-1";

    fn with(region: &serde_json::Value, private_zones: &serde_json::Value) -> Inventory {
        fixtures::inventory(&json!({ "regions": { REGION: region }, "private_zones": private_zones }))
    }

    #[test]
    fn only_services_of_aws_in_this_region_that_somebody_can_change_count() {
        let inventory = with(
            &json!({ "vpcs": { "vpc-0aa": {} }, "vpc_endpoints": {
                "vpce-0sqs": { "kind": "Interface", "service_name": "com.amazonaws.eu-west-1.sqs" },
                "vpce-0ecr": { "kind": "Interface", "service_name": "com.amazonaws.eu-west-1.ecr.api", "service_region": "eu-west-1" },
                "vpce-0gw": {},
                "vpce-0kept": { "kind": "Interface", "service_name": "com.amazonaws.eu-west-1.sqs", "requester_managed": true },
                "vpce-0far": { "kind": "Interface", "service_name": "com.amazonaws.us-east-1.s3", "service_region": "us-east-1" },
                "vpce-0own": { "kind": "Interface", "service_name": "com.amazonaws.vpce.eu-west-1.vpce-svc-0aa" },
                "vpce-0foreign": { "kind": "Interface", "service_name": "com.amazonaws.eu-west-1.sqs", "owner_id": "444455556666" },
            } }),
            &json!({}),
        );
        let endpoints = &inventory.regions[REGION].vpc_endpoints;
        let service = |id: &str| aws_service(fixtures::ACCOUNT, endpoints.get(id).unwrap(), REGION);
        assert_eq!((service("vpce-0sqs"), service("vpce-0ecr")), (Some("sqs"), Some("ecr.api")));
        for id in ["vpce-0gw", "vpce-0kept", "vpce-0far", "vpce-0own", "vpce-0foreign"] {
            assert_eq!(service(id), None, "{id}");
        }
    }

    #[test]
    fn a_zone_of_a_parent_name_answers_only_for_names_with_a_record() {
        let zone = |id: &str, name: &str| json!({ "id": id, "name": name });
        let record = |name: &str| json!({ "name": name, "record_type": "CNAME", "values": ["vpce-0aa-x1.example"] });
        let inventory = with(
            &json!({ "vpcs": { "vpc-0aa": { "hosted_zones": { "known": [
                zone("Z0ECR", "ecr.eu-west-1.amazonaws.com"), zone("Z0SQS", "sqs.eu-west-1.amazonaws.com"),
                zone("Z0QS", "qs.eu-west-1.amazonaws.com"), zone("Z0API", "api.aws")
            ] } } } }),
            &json!({ "Z0ECR": { "id": "Z0ECR", "name": "ecr.eu-west-1.amazonaws.com",
                "records": [record("api.ecr.eu-west-1.amazonaws.com"), record("*.dkr.ecr.eu-west-1.amazonaws.com")] } }),
        );
        let vpc = inventory.regions[REGION].vpcs.get("vpc-0aa").unwrap();
        let found = |name: &str| zone_for(&inventory, vpc, &[name.to_owned()]).map(|zone| zone.map(|zone| zone.id.as_str()));
        assert_eq!(found("sqs.eu-west-1.amazonaws.com"), Ok(Some("Z0SQS")));
        assert_eq!(found("*.sqs.eu-west-1.amazonaws.com"), Ok(Some("Z0SQS")));
        assert_eq!(found("api.ecr.eu-west-1.amazonaws.com"), Ok(Some("Z0ECR")));
        assert_eq!(found("*.dkr.ecr.eu-west-1.amazonaws.com"), Ok(Some("Z0ECR")));
        assert_eq!(found("other.ecr.eu-west-1.amazonaws.com"), Ok(None), "the zone has no record for it");
        assert_eq!(found("kms.eu-west-1.amazonaws.com"), Ok(None));
        assert!(found("ecs.eu-west-1.api.aws").is_err(), "the records of the zone above were not read");
    }

    #[test]
    fn an_inbound_resolver_endpoint_does_not_answer_inside_the_vpc() {
        let endpoint = |more: serde_json::Value| {
            let mut endpoint = json!({ "kind": "Interface", "private_dns": true });
            endpoint.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let inventory = with(&json!({ "vpcs": { "vpc-0aa": {} }, "vpc_endpoints": { "vpce-0aa": endpoint } }), &json!({}));
            let region = &inventory.regions[REGION];
            answers_to_its_name(&inventory, region, region.vpc_endpoints.get("vpce-0aa").unwrap())
        };
        assert_eq!(endpoint(json!({})), Ok(true));
        assert_eq!(endpoint(json!({ "private_dns_only_for_inbound_resolver": true })), Ok(false));
        assert_eq!(endpoint(json!({ "private_dns": false })), Ok(false));
    }
}
