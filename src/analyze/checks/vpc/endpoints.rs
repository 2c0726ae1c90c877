//! What several endpoint checks ask: which endpoint leads to a service of AWS, who answers for the service's name inside
//! the VPC, and whether anybody sits in a subnet who could call it.

use std::collections::{BTreeMap, BTreeSet};

use crate::analyze::{Audit, Doubt, Resource, Subject, Verdict};
use crate::model::ec2::{EndpointKind, InterfaceKind, NetworkInterface, Vpc, VpcEndpoint};
use crate::model::route53::HostedZone;
use crate::model::{GapId, Inventory, RegionInventory, service_slug};

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

/// Who sits in the subnets of a region, told by the network interfaces.
#[derive(Debug)]
pub(super) struct Occupancy {
    subnets: BTreeMap<String, Seats>,
    /// VPCs with a client.
    vpcs: BTreeSet<String>,
    /// Subnets with parts of the network, where not every interface was read: there may be clients beside them.
    of_gear: BTreeSet<String>,
    gap: Option<GapId>,
}

#[derive(Debug, Default)]
struct Seats {
    clients: usize,
    gear: usize,
}

/// Whether a subnet has somebody who could call an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clients {
    /// Yes, an interface of a workload.
    Present,
    /// Nobody that was read, but endpoints: a workload may come any time.
    Possible,
    /// Only NAT gateways, load balancers, transit gateway attachments and other parts of the network, which call no service.
    None,
}

impl Occupancy {
    /// Sorts the interfaces of a region.
    pub(super) fn of(region: &RegionInventory) -> Self {
        let of_endpoints: BTreeSet<&String> =
            region.vpc_endpoints.values().flat_map(|endpoint| &endpoint.network_interface_ids).collect();
        let nat_addresses = region.nat_gateways.values().flat_map(|nat| &nat.addresses);
        let of_nat_gateways: BTreeSet<&String> =
            nat_addresses.filter_map(|address| address.network_interface_id.as_ref()).collect();
        let (mut subnets, mut vpcs): (BTreeMap<String, Seats>, _) = (BTreeMap::new(), BTreeSet::new());
        for interface in region.network_interfaces.values() {
            if interface.kind == InterfaceKind::VpcEndpoint || of_endpoints.contains(&interface.id) {
                continue;
            }
            let seats = subnets.entry(interface.subnet_id.clone()).or_default();
            if is_gear(interface) || of_nat_gateways.contains(&interface.id) {
                seats.gear += 1;
            } else {
                seats.clients += 1;
                vpcs.insert(interface.vpc_id.clone());
            }
        }
        let gap = region.network_interfaces.gap.clone();
        let mut of_gear = BTreeSet::new();
        if gap.is_some() {
            of_gear = subnets_of_gear(region);
            of_gear.extend(subnets.iter().filter(|(_, seats)| seats.gear > 0).map(|(id, _)| id.clone()));
        }
        Self { subnets, vpcs, of_gear, gap }
    }

    /// Whether a subnet has clients.
    pub(super) fn clients(&self, subnet_id: &str) -> Clients {
        match self.subnets.get(subnet_id) {
            Some(seats) if seats.clients > 0 => Clients::Present,
            Some(seats) if seats.gear > 0 && self.gap.is_none() => Clients::None,
            _ => Clients::Possible,
        }
    }

    /// Whether to expect calls to this endpoint from a subnet.
    ///
    /// With private DNS off the endpoint usually stands there for other networks: only workloads that are really there
    /// count then, not those that may come. They do not come into a subnet made for parts of the network either.
    pub(super) fn may_call(&self, subnet_id: &str, endpoint: &VpcEndpoint) -> Result<bool, Doubt> {
        match (self.clients(subnet_id), &self.gap) {
            (Clients::Present, _) => Ok(true),
            (Clients::None, _) => Ok(false),
            (Clients::Possible, Some(gap)) if !endpoint.private_dns || self.of_gear.contains(subnet_id) => {
                Err(Doubt::of_gap(format!("whether {subnet_id} holds clients was not read"), gap))
            }
            (Clients::Possible, _) => Ok(endpoint.private_dns),
        }
    }

    /// Whether no interface in this VPC is a client's.
    ///
    /// # Errors
    /// The gap, where an interface that was not read may be one.
    pub(super) fn is_without_clients(&self, vpc_id: &str) -> Result<bool, Doubt> {
        match &self.gap {
            _ if self.vpcs.contains(vpc_id) => Ok(false),
            Some(gap) => Err(Doubt::of_gap(format!("whether {vpc_id} holds clients was not read"), gap)),
            None => Ok(true),
        }
    }

    /// Whether every interface was read and none in these subnets is a client's: nobody suffers there yet.
    pub(super) fn nobody_in<'s>(&self, subnets: impl IntoIterator<Item = &'s str>) -> bool {
        self.gap.is_none() && subnets.into_iter().all(|subnet| self.clients(subnet) != Clients::Present)
    }

    /// Why a subnet without a client that was read may hold one all the same.
    pub(super) fn doubt_about(&self, subnet_id: &str) -> Option<Doubt> {
        let gap = self.gap.as_ref().filter(|_| self.clients(subnet_id) != Clients::Present)?;
        Some(Doubt::of_gap(format!("whether {subnet_id} holds clients was not read"), gap))
    }
}

/// The subnets that NAT gateways, transit gateway attachments and Gateway Load Balancer endpoints stand in by their own word.
fn subnets_of_gear(region: &RegionInventory) -> BTreeSet<String> {
    let nat_gateways = region.nat_gateways.values().filter_map(|nat| nat.subnet_id.as_ref());
    let attachments = region.transit_gateway_vpc_attachments.values().flat_map(|attachment| &attachment.subnet_ids);
    let inspects = |endpoint: &&VpcEndpoint| endpoint.kind == EndpointKind::GatewayLoadBalancer;
    let inspections = region.vpc_endpoints.values().filter(inspects).flat_map(|endpoint| &endpoint.subnet_ids);
    nat_gateways.chain(attachments).chain(inspections).cloned().collect()
}

/// Whether an interface belongs to a part of the network or a managed store, none of which calls AWS services.
///
/// Load balancers, resolver endpoints and stores come with interface type `interface`: only the description that AWS writes
/// tells them. One that is not recognised counts as a client, which hides nothing.
fn is_gear(interface: &NetworkInterface) -> bool {
    const DESCRIPTIONS: [&str; 5] = ["ELB ", "Route 53 Resolver:", "RDSNetworkInterface", "EFS mount target", "ElastiCache"];
    match &interface.kind {
        InterfaceKind::NatGateway
        | InterfaceKind::GatewayLoadBalancerEndpoint
        | InterfaceKind::TransitGateway
        | InterfaceKind::NetworkLoadBalancer
        | InterfaceKind::GatewayLoadBalancer
        | InterfaceKind::LoadBalancer => true,
        InterfaceKind::VpcEndpoint | InterfaceKind::Lambda => false,
        InterfaceKind::Interface | InterfaceKind::Other(_) => {
            interface.instance_id.is_none() && DESCRIPTIONS.iter().any(|start| interface.description.starts_with(start))
        }
    }
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

    #[test]
    fn gear_is_no_client_whatever_type_its_interface_has() {
        let inventory = with(
            &json!({
                "vpcs": { "vpc-0aa": {} },
                "subnets": { "subnet-0app": {}, "subnet-0empty": {}, "subnet-0endpoint": {}, "subnet-0gear": {}, "subnet-0nat": {} },
                "nat_gateways": { "nat-0aa": { "addresses": [{ "network_interface_id": "eni-0nat" }] } },
                "network_interfaces": {
                    "eni-0app": { "subnet_id": "subnet-0app", "kind": "lambda" },
                    "eni-0alb1": { "subnet_id": "subnet-0app", "description": "ELB app/web/0123456789abcdef" },
                    "eni-0alb2": { "subnet_id": "subnet-0gear", "description": "ELB app/web/0123456789abcdef" },
                    "eni-0nat": { "subnet_id": "subnet-0nat" },
                    "eni-0vpce": { "subnet_id": "subnet-0endpoint" },
                },
                "vpc_endpoints": { "vpce-0on": { "network_interface_ids": ["eni-0vpce"], "private_dns": true }, "vpce-0off": {} },
            }),
            &json!({}),
        );
        let region = &inventory.regions[REGION];
        let occupancy = Occupancy::of(region);
        let clients = ["app", "empty", "endpoint", "gear", "nat"].map(|name| occupancy.clients(&format!("subnet-0{name}")));
        assert_eq!(clients, [Clients::Present, Clients::Possible, Clients::Possible, Clients::None, Clients::None]);
        let may_call =
            |subnet: &str, endpoint: &str| occupancy.may_call(subnet, region.vpc_endpoints.get(endpoint).unwrap()).unwrap();
        assert!(may_call("subnet-0app", "vpce-0off") && may_call("subnet-0empty", "vpce-0on"));
        assert!(!may_call("subnet-0empty", "vpce-0off") && !may_call("subnet-0gear", "vpce-0on"));
        let without = |vpc: &str| occupancy.is_without_clients(vpc).unwrap();
        assert!(without("vpc-0bb") && !without("vpc-0aa"));
        assert!(occupancy.nobody_in(["subnet-0empty", "subnet-0gear"]) && !occupancy.nobody_in(["subnet-0empty", "subnet-0app"]));
    }

    #[test]
    fn interfaces_that_were_not_read_prove_nothing() {
        let inventory = with(
            &json!({ "vpcs": { "vpc-0aa": {} }, "subnets": { "subnet-0nat": {} }, "network_interfaces": {
                "gap": "eu-west-1/ec2:DescribeNetworkInterfaces", "eni-0nat": { "subnet_id": "subnet-0nat", "kind": "nat_gateway" } },
                "transit_gateway_vpc_attachments": { "tgw-attach-0aa": { "subnet_ids": ["subnet-0tgw"] } },
                "vpc_endpoints": { "vpce-0on": { "private_dns": true }, "vpce-0off": {} } }),
            &json!({}),
        );
        let region = &inventory.regions[REGION];
        let occupancy = Occupancy::of(region);
        let may_call = |subnet: &str, endpoint: &str| occupancy.may_call(subnet, region.vpc_endpoints.get(endpoint).unwrap());
        assert_eq!(occupancy.clients("subnet-0nat"), Clients::Possible);
        assert_eq!(may_call("subnet-0other", "vpce-0on"), Ok(true));
        assert!(may_call("subnet-0other", "vpce-0off").is_err());
        for gear in ["subnet-0nat", "subnet-0tgw"] {
            assert!(may_call(gear, "vpce-0on").is_err(), "{gear} may hold nothing else");
        }
        assert!(occupancy.is_without_clients("vpc-0aa").is_err());
        assert!(!occupancy.nobody_in(["subnet-0nat"]) && occupancy.doubt_about("subnet-0nat").is_some());
    }
}
