//! `vpc-interface-endpoint-zone-gap`.

use std::collections::BTreeSet;

use super::endpoints::{answers_to_its_name, aws_service};
use crate::analyze::check::declare_check;
use crate::analyze::checks::occupancy::Occupancy;
use crate::analyze::checks::words::few;
use crate::analyze::{
    Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict, repairs,
};
use crate::model::RegionInventory;
use crate::model::ec2::{EndpointKind, EndpointState, Subnet, VpcEndpoint};

declare_check! {
    /// ## What it does
    /// Finds available interface endpoints of AWS services without a network interface in a zone where their VPC has private
    /// subnets (subnets without a route to an internet gateway), although the service supports that zone.
    ///
    /// ## Why it matters
    /// Clients in that zone send every byte across zones, and lose the service with the zone that the endpoint stands in,
    /// although their own zone is well.
    ///
    /// ## What it reads
    /// - `ec2:DescribeVpcEndpoints`: `SubnetIds`, `PrivateDnsEnabled`
    /// - `ec2:DescribeSubnets`: zones
    /// - `ec2:DescribeRouteTables`: which subnets are private
    /// - `ec2:DescribeVpcEndpointServices`: `AvailabilityZones` of the service
    /// - `ec2:DescribeNetworkInterfaces`: which subnets hold clients
    ///
    /// ## When it stays silent
    /// An endpoint that nobody in the VPC finds by the service's name (private DNS off and no private hosted zone that leads
    /// to it, or private DNS for inbound resolvers only) is not judged: nobody crosses zones to it. Zones that the service
    /// does not support are left out, as are subnets that hold only parts of the network or managed stores. Where no client
    /// is in any of the subnets yet, the finding is low. The zones of a service or the routes of a subnet that were not read
    /// give Unknown where they decide.
    ///
    /// ## References
    /// - [PrivateLink guide: Access an AWS service using an interface VPC endpoint, subnets and Availability Zones](https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html)
    /// - [EC2 API reference: ServiceDetail](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ServiceDetail.html)
    pub(super) static CHECK = {
        id: "vpc-interface-endpoint-zone-gap",
        title: "Interface endpoint is missing in a zone with private subnets",
        severity: Severity::Medium,
        pillar: Pillar::Egress,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Add a subnet of each missing zone to the endpoint; every zone is billed by the hour.",
            command: "aws ec2 modify-vpc-endpoint --vpc-endpoint-id <vpc-endpoint-id> --add-subnet-ids <subnet-id>",
            url: "https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html",
        },
        repair: Repair::Change(repairs::add_zones),
        evaluate: judge_endpoints,
    }
}

fn judge_endpoints(audit: &Audit<'_>) -> Vec<Subject> {
    let (mut subjects, account) = (Vec::new(), &audit.inventory.account.id);
    for (name, region) in audit.regions() {
        let Some(occupancy) = audit.occupancy(name) else { continue };
        for endpoint in region.vpc_endpoints.values().filter(|endpoint| endpoint.kind == EndpointKind::Interface) {
            let resource = Resource::vpc_endpoint(audit.inventory, name, endpoint);
            subjects.push(match aws_service(account, endpoint, name).filter(|_| endpoint.state == EndpointState::Available) {
                Some(service) => {
                    let verdict = judge(audit, name, region, occupancy, endpoint, service);
                    Subject::new(name, resource, verdict).about_service(service)
                }
                None => Subject::new(name, resource, Verdict::NotApplicable),
            });
        }
        subjects.extend(Subject::unlisted(name, "vpc_endpoint", &region.vpc_endpoints));
    }
    subjects
}

fn judge(
    audit: &Audit<'_>,
    name: &str,
    region: &RegionInventory,
    occupancy: &Occupancy<'_>,
    endpoint: &VpcEndpoint,
    service: &str,
) -> Verdict {
    let found = answers_to_its_name(audit.inventory, region, endpoint);
    if found == Ok(false) {
        return Verdict::NotApplicable;
    }
    let standing = match zones_of(region, endpoint) {
        Ok(zones) => zones,
        Err(doubt) => return Verdict::Unknown(doubt),
    };
    let (mut outside, mut doubts) = (Vec::new(), Vec::new());
    for subnet in audit.network.subnets_of(name, &endpoint.vpc_id) {
        if standing.contains(subnet.zone.as_str()) {
            continue;
        }
        let private = || audit.network.is_private(name, &subnet.id).map_err(Doubt::from);
        match occupancy.may_call(&subnet.id, endpoint).and_then(|calls| Ok(calls && private()?)) {
            Ok(true) => outside.push(*subnet),
            Ok(false) => {}
            Err(doubt) => doubts.push(doubt),
        }
    }
    let offered = offered_zones(region, endpoint);
    let missing: Vec<&Subnet> = match &offered {
        Ok(zones) => outside.into_iter().filter(|subnet| zones.contains(&subnet.zone)).collect(),
        Err(doubt) => {
            doubts.extend((!outside.is_empty()).then(|| doubt.clone()));
            Vec::new()
        }
    };
    if !missing.is_empty() {
        if let Err(doubt) = found {
            return Verdict::Unknown(doubt);
        }
        let empty = occupancy.nobody_in(missing.iter().map(|subnet| subnet.id.as_str()));
        return Verdict::Fail(Box::new(gap_in_zones(endpoint, service, &standing, &missing, empty)));
    }
    if let Some(gap) = &region.subnets.gap {
        doubts.push(Doubt::of_gap(format!("not every subnet of {} was read", endpoint.vpc_id), gap));
    }
    // Whether anybody finds the endpoint by name decides whether there is anything to pass.
    match Doubt::join(doubts.into_iter().chain(found.err())) {
        Some(doubt) => Verdict::Unknown(doubt),
        None => Verdict::Pass,
    }
}

/// Zones in which the endpoint has an interface.
fn zones_of<'a>(region: &'a RegionInventory, endpoint: &VpcEndpoint) -> Result<BTreeSet<&'a str>, Doubt> {
    let mut zones = BTreeSet::new();
    for id in &endpoint.subnet_ids {
        match region.subnets.find(id) {
            Ok(Some(subnet)) => {
                zones.insert(subnet.zone.as_str());
            }
            Ok(None) => {
                let why = format!("{} names {id}, which the account's subnets do not list", endpoint.id);
                return Err(Doubt { why, gaps: Vec::new() });
            }
            Err(gap) => return Err(Doubt::of_gap(format!("the zone of {id} was not read"), gap)),
        }
    }
    Ok(zones)
}

/// Zones in which AWS offers the service through an interface endpoint.
fn offered_zones<'a>(region: &'a RegionInventory, endpoint: &VpcEndpoint) -> Result<&'a [String], Doubt> {
    let service = &endpoint.service_name;
    match region.endpoint_services.find(service) {
        Ok(Some(offered)) if !offered.zones.is_empty() => Ok(&offered.zones),
        Ok(_) => Err(Doubt { why: format!("the region's endpoint services name no zone for {service}"), gaps: Vec::new() }),
        Err(gap) => Err(Doubt::of_gap(format!("the zones that support {service} were not read"), gap)),
    }
}

/// `empty`: no client is in these subnets yet, so nothing crosses zones so far.
fn gap_in_zones(endpoint: &VpcEndpoint, service: &str, standing: &BTreeSet<&str>, missing: &[&Subnet], empty: bool) -> Failure {
    let zones: Vec<&str> = missing.iter().map(|subnet| subnet.zone.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
    let ids: Vec<String> = missing.iter().map(|subnet| subnet.id.clone()).collect();
    let standing: Vec<&str> = standing.iter().copied().collect();
    let mut evidence = vec![
        Evidence::new(
            format!("{} has interfaces in {}", endpoint.id, standing.join(", ")),
            "ec2:DescribeVpcEndpoints",
            &endpoint.id,
        ),
        Evidence::new(
            format!("the service supports {}", zones.join(", ")),
            "ec2:DescribeVpcEndpointServices",
            &endpoint.service_name,
        ),
    ];
    for subnet in missing {
        evidence.push(Evidence::new(format!("{} lies in {}", subnet.id, subnet.zone), "ec2:DescribeSubnets", &subnet.id));
        evidence.push(Evidence::new(
            format!("{} has no route to an internet gateway", subnet.id),
            "ec2:DescribeRouteTables",
            &subnet.id,
        ));
    }
    Failure {
        title: format!("{} to {service} has no interface in {} for {}", endpoint.id, zones.join(", "), few(&ids)),
        detail: if empty {
            format!(
                "No client is in {} yet. Once there is one, its bytes to {service} will cross zones: add a subnet of {} to the endpoint \
                 then; each zone is billed by the hour.",
                few(&ids),
                zones.join(", ")
            )
        } else {
            format!(
                "Every byte between {} and {service} crosses zones, and an outage of {} takes the service from clients whose own zone is \
                 well. Add a subnet of {} to the endpoint; each zone is billed by the hour.",
                few(&ids),
                standing.join(", "),
                zones.join(", ")
            )
        },
        related: ids,
        evidence,
        severity: empty.then_some(Severity::Low),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::analyze::fixtures::failures;

    #[test]
    fn a_zone_without_clients_is_low() {
        let found = |interfaces: serde_json::Value| {
            let found = failures(
                &CHECK,
                &json!({ "regions": { "eu-west-1": {
                    "vpcs": { "vpc-0aa": {} }, "subnets": { "subnet-0b": { "zone": "eu-west-1b" }, "subnet-0e": {} },
                    "route_tables": { "rtb-0aa": { "main": true } },
                    "network_interfaces": interfaces,
                    "endpoint_services": { "com.amazonaws.eu-west-1.sqs": {} },
                    "vpc_endpoints": { "vpce-0sqs": {
                        "kind": "Interface", "service_name": "com.amazonaws.eu-west-1.sqs", "private_dns": true,
                        "subnet_ids": ["subnet-0e"],
                    } },
                } } }),
            );
            assert_eq!(found.len(), 1);
            (found[0].severity, found[0].detail.starts_with("No client"))
        };
        assert_eq!(found(json!({})), (Some(Severity::Low), true));
        assert_eq!(found(json!({ "eni-0b": { "subnet_id": "subnet-0b" } })), (None, false));
    }
}
