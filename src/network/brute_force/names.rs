//! What a service's name resolves to in a VPC, by hand.

use std::collections::BTreeSet;

use super::account::host_name;
use crate::model::Inventory;
use crate::model::ec2::{EndpointKind, EndpointState, Subnet, VpcEndpoint};
use crate::model::route53::RecordSet;
use crate::network::Family;
use crate::network::fixtures::REGION;

/// What a client of a subnet is told.
#[derive(Debug)]
pub(super) enum Told<'a> {
    /// The public addresses of the name, or of the dual-stack name.
    Public,
    /// The interfaces of an endpoint.
    Endpoint(&'a VpcEndpoint),
    /// No address.
    Nothing,
    /// Something that is no endpoint of the account, by this zone.
    Elsewhere(String),
    /// AWS does not say.
    Untold(&'static str),
}

/// Asks the Amazon resolver for a service's name.
///
/// Sources: AWS `PrivateLink` guide, "Access an AWS service using an interface VPC endpoint" (private DNS needs an available
/// endpoint, DNS support and DNS host names); Route 53 guide, "Considerations when working with a private hosted zone" (both
/// attributes; the most specific zone answers, and a name it has no record of does not exist).
pub(super) fn ask<'a>(inventory: &'a Inventory, subnet: &Subnet, service: &str, family: Family) -> Told<'a> {
    let region = &inventory.regions[REGION];
    let vpc = region.vpcs.get(&subnet.vpc_id).unwrap();
    if vpc.dns_support.known() != Some(&true) || vpc.dns_hostnames.known() != Some(&true) {
        return Told::Public;
    }
    let named = format!("com.amazonaws.{REGION}.{service}");
    let private = |one: &&VpcEndpoint| {
        one.vpc_id == vpc.id
            && one.kind == EndpointKind::Interface
            && one.service_name == named
            && one.private_dns
            && !one.private_dns_only_for_inbound_resolver
    };
    let endpoints: Vec<&VpcEndpoint> = region.vpc_endpoints.values().filter(private).collect();
    if let Some(endpoint) = endpoints.iter().find(|one| one.state == EndpointState::Available) {
        if has_addresses(endpoint, family) {
            return Told::Endpoint(endpoint);
        }
        return other_version(subnet, family);
    }
    if endpoints.iter().any(|one| one.state == EndpointState::Partial) {
        return Told::Untold("an endpoint that works in part");
    }
    by_zone(inventory, subnet, &host_name(service), family)
}

/// Whether an endpoint's name has addresses of an IP version. Source: EC2 API Reference, `DnsOptions`.
fn has_addresses(endpoint: &VpcEndpoint, family: Family) -> bool {
    let records = endpoint.dns_record_ip_type.as_deref().or(endpoint.ip_address_type.as_deref()).unwrap();
    match family {
        Family::Ipv4 => records != "ipv6",
        Family::Ipv6 => records == "ipv6" || records == "dualstack",
    }
}

/// Whether the names that are an endpoint's own have addresses of an IP version. Source: EC2 API Reference, `DnsOptions`
/// ("service-defined" makes AAAA records for them where the interfaces have such addresses, and none for the private name).
fn own_names_have_addresses(endpoint: &VpcEndpoint, family: Family) -> bool {
    let records = endpoint.dns_record_ip_type.as_deref().or(endpoint.ip_address_type.as_deref()).unwrap();
    match family {
        Family::Ipv4 => records != "ipv6",
        Family::Ipv6 => records != "ipv4" && endpoint.ip_address_type.as_deref() != Some("ipv4"),
    }
}

/// A private name without addresses of the IP version: over IPv6 a client has the dual-stack name, which stays public.
fn other_version<'a>(subnet: &Subnet, family: Family) -> Told<'a> {
    match family {
        Family::Ipv4 => Told::Nothing,
        Family::Ipv6 if subnet.dns64 => Told::Untold("DNS64 and private IPv4 addresses"),
        Family::Ipv6 => Told::Public,
    }
}

/// The records of a zone that answer for a name, of whatever type: those of the very name, else those of the closest
/// wildcard. Source: Route 53 guide, "Using an asterisk (*) in the names of hosted zones and records".
fn answers<'r>(records: &'r [RecordSet], name: &str) -> Vec<&'r RecordSet> {
    let called = |wanted: String| records.iter().filter(|record| record.name == wanted).collect::<Vec<_>>();
    let mut found = called(name.to_owned());
    let mut rest = name;
    while found.is_empty()
        && let Some((_, parent)) = rest.split_once('.')
    {
        found = called(format!("*.{parent}"));
        rest = parent;
    }
    found
}

fn by_zone<'a>(inventory: &'a Inventory, subnet: &Subnet, name: &str, family: Family) -> Told<'a> {
    let region = &inventory.regions[REGION];
    let zones = region.vpcs.get(&subnet.vpc_id).unwrap().hosted_zones.known().unwrap();
    let about = |zone: &str| name == zone || name.ends_with(&format!(".{zone}"));
    let Some(zone) = zones.iter().filter(|zone| about(&zone.name)).max_by_key(|zone| zone.name.len()) else {
        return Told::Public;
    };
    if zone.owning_service.is_some() {
        // The zone of an endpoint that was looked at already.
        return Told::Public;
    }
    let records = answers(&inventory.private_zones.get(&zone.id).unwrap().records, name);
    let wanted = if family == Family::Ipv4 { "A" } else { "AAAA" };
    let typed = |kind: &str| records.iter().find(|record| record.record_type == kind);
    let Some(record) = typed(wanted).or_else(|| typed("CNAME")) else {
        return if typed("A").is_some() { other_version(subnet, family) } else { Told::Nothing };
    };
    let texts: Vec<&String> = record.alias.iter().chain(&record.values).collect();
    let holder = |text: &str| {
        let of_name = |one: &&VpcEndpoint| text.starts_with(&format!("{}-", one.id));
        let by_address = |one: &&VpcEndpoint| {
            let interfaces = one.network_interface_ids.iter().map(|id| region.network_interfaces.get(id).unwrap());
            let mut addresses = interfaces.flat_map(|interface| &interface.private_addresses);
            addresses.any(|address| address.private_ip.to_string() == text)
        };
        region.vpc_endpoints.values().find(|one| of_name(one) || by_address(one)).map(|one| one.id.clone())
    };
    let ids: BTreeSet<String> = texts.iter().filter_map(|text| holder(text)).collect();
    let Some(endpoint) = ids.first().and_then(|id| region.vpc_endpoints.get(id)) else {
        return Told::Elsewhere(zone.id.clone());
    };
    assert_eq!(ids.len(), 1, "the records of a zone name one endpoint");
    if endpoint.state != EndpointState::Available {
        return Told::Nothing;
    }
    let by_name = record.alias.is_some() || record.record_type == "CNAME";
    if by_name && !own_names_have_addresses(endpoint, family) {
        return other_version(subnet, family);
    }
    Told::Endpoint(endpoint)
}
