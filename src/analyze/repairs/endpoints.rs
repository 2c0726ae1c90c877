//! Interface endpoints: their names, their zones, whom their groups admit; and services that the account offers.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::groups::rules_of;
use super::{Case, all_read, find, gateway_endpoints, owned};
use crate::analyze::Audit;
use crate::fix::{Change, ChangeKind, Edit, admits_https};
use crate::model::ec2::{EndpointKind, EndpointState, RouteTarget, SecurityGroup, Subnet, VpcEndpoint};
use crate::model::{Observed, RegionInventory, service_slug};

/// The endpoint that a finding is about, where people of the account can change it.
pub(super) fn endpoint<'a>(audit: &Audit<'a>, case: &Case<'_>) -> Result<&'a VpcEndpoint, String> {
    let endpoint = find(&case.inventory(audit)?.vpc_endpoints, &case.resource.id)?;
    owned(audit, &endpoint.owner_id, &endpoint.id)?;
    if endpoint.requester_managed { Err(format!("{} is kept by an AWS service", endpoint.id)) } else { Ok(endpoint) }
}

/// Turns private DNS on, and the DNS attributes of the VPC that it needs.
pub(in crate::analyze) fn enable_private_dns(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    let endpoint = endpoint(audit, case)?;
    let mut edits = dns_attributes(audit, case, &endpoint.vpc_id, true)?;
    edits.push(Edit::EnablePrivateDns { region: case.region.to_owned(), endpoint_id: endpoint.id.clone() });
    Ok(Change {
        kind: ChangeKind::EnablePrivateDns,
        title: format!("turn private DNS of {} on", endpoint.id),
        edits,
        hazards: vec![format!(
            "From then on the policy of {} holds for everybody in {} who uses the service.",
            endpoint.id, endpoint.vpc_id
        )],
    })
}

/// Turns the DNS attributes on that the endpoints of a VPC need.
pub(in crate::analyze) fn enable_dns(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    let region = case.inventory(audit)?;
    let vpc = find(&region.vpcs, &case.resource.id)?;
    owned(audit, &vpc.owner_id, &vpc.id)?;
    let interface = case
        .related
        .iter()
        .filter_map(|id| region.vpc_endpoints.get(id))
        .any(|endpoint| endpoint.private_dns || !endpoint.subnet_ids.is_empty());
    let edits = dns_attributes(audit, case, &vpc.id, interface)?;
    let words: Vec<&str> = edits
        .iter()
        .map(|edit| if matches!(edit, Edit::EnableVpcDns { hostnames: true, .. }) { "DNS host names" } else { "DNS support" })
        .collect();
    Ok(Change {
        kind: ChangeKind::EnableVpcDns,
        title: format!("turn {} of {} on", words.join(" and "), vpc.id),
        edits,
        hazards: vec![
            "Private names of endpoints and private hosted zones begin to answer: their groups and policies hold from then on."
                .to_owned(),
        ],
    })
}

/// Host names need support. Source: VPC guide, "DNS attributes for your VPC".
fn dns_attributes(audit: &Audit<'_>, case: &Case<'_>, vpc_id: &str, hostnames: bool) -> Result<Vec<Edit>, String> {
    let vpc = find(&case.inventory(audit)?.vpcs, vpc_id)?;
    let turn_on = |hostnames| Edit::EnableVpcDns { region: case.region.to_owned(), vpc_id: vpc_id.to_owned(), hostnames };
    let mut edits = Vec::new();
    if vpc.dns_support == Observed::Known(false) {
        edits.push(turn_on(false));
    }
    if hostnames && vpc.dns_hostnames == Observed::Known(false) {
        edits.push(turn_on(true));
    }
    Ok(edits)
}

/// Admits TCP 443 from the subnets that the endpoint's groups refuse.
pub(in crate::analyze) fn admit_clients(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    let (region, endpoint) = (case.inventory(audit)?, endpoint(audit, case)?);
    if let Some(acl) = case.related_with("acl-").first() {
        return Err(format!(
            "network ACL {acl} refuses, and its entries are for everything in its subnets: a person has to place the new ones"
        ));
    }
    let group_id = endpoint.group_ids.first().ok_or_else(|| format!("{} has no group", endpoint.id))?;
    let group = find(&region.security_groups, group_id)?;
    owned(audit, &group.owner_id, group_id)?;
    let mut edits = Vec::new();
    let dual = endpoint.ip_address_type.as_deref().is_some_and(|kind| kind != "ipv4");
    for subnet in case.related_with("subnet-").into_iter().filter_map(|id| region.subnets.get(id)) {
        let v6 = subnet.ipv6_cidrs.iter().filter(|_| dual).map(|net| IpNet::V6(*net));
        let blocks = subnet.ipv4_cidr.map(IpNet::V4).into_iter().chain(v6).filter(|from| !admits_https(region, group_id, *from));
        edits.extend(blocks.map(|from| Edit::AdmitHttps { region: case.region.to_owned(), group_id: group_id.clone(), from }));
    }
    let title = format!("admit TCP 443 from the subnets of {} into {group_id} of {}", endpoint.vpc_id, endpoint.id);
    let carriers = audit.uses(case.region).map_or(&[][..], |uses| uses.interfaces(group_id));
    let hazards = if carriers.iter().any(|one| !endpoint.network_interface_ids.contains(&one.id)) {
        vec![format!("Other interfaces carry {group_id} and are opened by the same rules.")]
    } else {
        Vec::new()
    };
    Ok(Change { kind: ChangeKind::AdmitHttps, title, edits, hazards })
}

/// Gives the endpoint one subnet in each zone where its clients have none.
pub(in crate::analyze) fn add_zones(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    let (region, endpoint) = (case.inventory(audit)?, endpoint(audit, case)?);
    // Of each zone the subnet with the most free addresses: the interface takes one.
    let mut zones: BTreeMap<&str, &Subnet> = BTreeMap::new();
    for subnet in case.related_with("subnet-").into_iter().filter_map(|id| region.subnets.get(id)) {
        let room = !subnet.ipv6_native && subnet.available_ipv4_addresses > 0;
        let best =
            zones.get(subnet.zone_id.as_str()).is_none_or(|best| best.available_ipv4_addresses < subnet.available_ipv4_addresses);
        if room && best {
            zones.insert(&subnet.zone_id, subnet);
        }
    }
    if zones.is_empty() {
        return Err("no subnet of these has a free IPv4 address".to_owned());
    }
    if let Some(foreign) = zones.values().find(|subnet| owned(audit, &subnet.owner_id, &subnet.id).is_err()) {
        return Err(format!("{} belongs to account {}", foreign.id, foreign.owner_id));
    }
    let subnet_ids: Vec<String> = zones.into_values().map(|subnet| subnet.id.clone()).collect();
    Ok(Change {
        kind: ChangeKind::AddEndpointZones,
        title: format!("add {} to {}", subnet_ids.join(", "), endpoint.id),
        edits: vec![Edit::AddEndpointSubnets { region: case.region.to_owned(), endpoint_id: endpoint.id.clone(), subnet_ids }],
        hazards: Vec::new(),
    })
}

/// Deletes an endpoint that never came into service.
pub(in crate::analyze) fn delete_dead(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    let endpoint = endpoint(audit, case)?;
    match endpoint.state {
        EndpointState::Failed | EndpointState::Rejected | EndpointState::Expired => delete(audit, case, endpoint),
        _ => Err(format!("the owner of {} may still accept {}: ask them", endpoint.service_name, endpoint.id)),
    }
}

/// Deletes an endpoint, and the routes that lead to it.
pub(super) fn delete(audit: &Audit<'_>, case: &Case<'_>, endpoint: &VpcEndpoint) -> Result<Change, String> {
    let mut edits = Vec::new();
    // No route leads to other ones. Source: EC2 API reference, `CreateRoute`, VpcEndpointId: "Supported for Gateway Load Balancer endpoints
    // only"; those of gateway endpoints go with them.
    if !endpoint.subnet_ids.is_empty() && endpoint.kind != EndpointKind::Interface {
        all_read(&case.inventory(audit)?.route_tables, "route table")?;
        let target = RouteTarget::VpcEndpoint(endpoint.id.clone());
        for table in case.inventory(audit)?.route_tables.values() {
            for route in table.routes.iter().filter(|route| route.target == target) {
                owned(audit, &table.owner_id, &table.id)?;
                let (table_id, destination) = (table.id.clone(), route.destination.clone());
                edits.push(Edit::DeleteRoute {
                    region: case.region.to_owned(),
                    table_id,
                    destination,
                    target: target.clone(),
                    dead: false,
                });
            }
        }
    }
    edits.push(Edit::DeleteEndpoint { region: case.region.to_owned(), endpoint: endpoint.clone() });
    let region = case.inventory(audit)?;
    let groups = groups_of_its_own(audit, case, region, endpoint);
    let ids: Vec<&str> = groups.iter().map(|group| group.id.as_str()).collect();
    let title = match ids.as_slice() {
        [] => format!("delete {}", endpoint.id),
        ids => format!("delete {} and its security group {}", endpoint.id, ids.join(", ")),
    };
    edits.extend(groups.into_iter().map(|group| Edit::DeleteGroup {
        region: case.region.to_owned(),
        group: group.clone(),
        rules: rules_of(audit, case, &group.id).collect(),
    }));
    Ok(Change { kind: ChangeKind::DeleteEndpoint, title, edits, hazards: Vec::new() })
}

/// The groups that only this endpoint carries and nothing names: without it nobody would need them.
fn groups_of_its_own<'r>(
    audit: &Audit<'_>,
    case: &Case<'_>,
    region: &'r RegionInventory,
    endpoint: &VpcEndpoint,
) -> Vec<&'r SecurityGroup> {
    let whole = region.network_interfaces.is_complete()
        && region.security_group_rules.is_complete()
        && region.vpc_endpoints.is_complete();
    let needed = |id: &String| {
        audit.uses(case.region).is_none_or(|uses| {
            let carried = uses.interfaces(id).iter().any(|one| !endpoint.network_interface_ids.contains(&one.id));
            carried || uses.is_named(id) || uses.endpoints(id).iter().any(|one| one.id != endpoint.id)
        })
    };
    let own = endpoint.group_ids.iter().filter(|id| whole && !needed(id)).filter_map(|id| region.security_groups.get(id));
    own.filter(|group| group.name != "default" && group.owner_id == endpoint.owner_id).collect()
}

/// Makes the S3 gateway endpoint that a bundle lacks.
pub(in crate::analyze) fn complete_bundle(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    let (name, vpc_id) = (case.region, case.resource.id.as_str());
    let members =
        match case.service {
            Some("ecr.api") => ["ecr.api", "ecr.dkr"].as_slice(),
            _ => return Err(
                "interface endpoints cost by the hour and zone: which ones pay, and in which subnets, is a person's to decide"
                    .to_owned(),
            ),
        };
    if !members.iter().all(|member| gateway_endpoints::has_endpoint(audit, name, vpc_id, member)) {
        return Err(
            "the interface endpoints that are missing cost by the hour and zone: in which subnets is a person's to decide"
                .to_owned(),
        );
    }
    let subnets = case.related_with("subnet-").into_iter();
    let through = gateway_endpoints::through_gateway(audit, case, vpc_id, "s3", subnets)?;
    through.ok_or_else(|| "every table of these subnets is associated, and more specific routes go elsewhere".to_owned())
}

/// Lets the accounts that are connected stay, and nobody else come.
pub(in crate::analyze) fn restrict_service(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    let service = find(&case.inventory(audit)?.endpoint_service_configurations, &case.resource.id)?;
    let Observed::Known(connections) = &service.connections else {
        return Err(format!("who is connected to {} was not read", service.id));
    };
    let mut principals: Vec<String> = connections
        .iter()
        .filter(|connection| !connection.state.is_gone())
        .map(|connection| format!("arn:{}:iam::{}:root", audit.inventory.account.partition, connection.owner_id))
        .filter(|principal| service.allowed_principals.known().is_none_or(|allowed| !allowed.contains(principal)))
        .collect();
    principals.sort();
    principals.dedup();
    Ok(Change {
        kind: ChangeKind::RestrictEndpointService,
        title: format!("let only the accounts that are connected to {} make endpoints", service.id),
        edits: vec![Edit::RestrictEndpointService { region: case.region.to_owned(), service_id: service.id.clone(), principals }],
        hazards: vec![format!(
            "Accounts that are not connected yet cannot connect to {} any more: name those that shall.",
            service.id
        )],
    })
}

/// Deletes an endpoint that is not needed.
pub(in crate::analyze) fn delete_unneeded(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    delete(audit, case, endpoint(audit, case)?)
}

/// Sends the clients of an endpoint through the free gateway endpoint of its service, then deletes it.
pub(in crate::analyze) fn use_gateway(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    let endpoint = endpoint(audit, case)?;
    let service = service_slug(&endpoint.service_name, case.region);
    let subnets = audit.network.subnets_of(case.region, &endpoint.vpc_id).iter().map(|subnet| subnet.id.as_str());
    let first = gateway_endpoints::through_gateway(audit, case, &endpoint.vpc_id, service, subnets)?;
    let last = delete(audit, case, endpoint)?;
    let Some(first) = first else { return Ok(last) };
    Ok(Change {
        kind: first.kind,
        title: format!("{}, then {}", first.title, last.title),
        edits: first.edits.into_iter().chain(last.edits).collect(),
        hazards: first.hazards.into_iter().chain(last.hazards).collect(),
    })
}
