//! Gateway endpoints for S3 and `DynamoDB`, and the route tables they are associated with.

use std::collections::BTreeSet;

use super::{Case, find, owned};
use crate::analyze::Audit;
use crate::fix::{Change, ChangeKind, Edit, endpoint_policy};
use crate::model::ec2::{EndpointKind, EndpointState, RouteDestination, RouteState, RouteTable, VpcEndpoint};
use crate::model::{Partition, RegionInventory, service_slug};

/// Makes the gateway endpoint that a VPC lacks, with a policy that admits what is inside, for the tables that the finding names.
pub(in crate::analyze) fn add(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    let service = case.service.ok_or("the finding names no service")?;
    create(audit, case, &case.resource.id, service, &case.related_with("rtb-"))
}

/// Sends subnets of a VPC to a service through its gateway endpoint, which is made where there is none; `None` where every table of
/// theirs is associated with it.
pub(super) fn through_gateway<'s>(
    audit: &Audit<'_>,
    case: &Case<'_>,
    vpc_id: &str,
    service: &str,
    subnet_ids: impl Iterator<Item = &'s str>,
) -> Result<Option<Change>, String> {
    let tables: BTreeSet<&str> =
        subnet_ids.filter_map(|id| audit.network.route_table_of(case.region, id).ok()).map(|table| table.id.as_str()).collect();
    let Some(gateway) = existing(audit, case.region, vpc_id, &service_name(case.region, service)) else {
        let tables: Vec<&str> = tables.into_iter().collect();
        return create(audit, case, vpc_id, service, &tables).map(Some);
    };
    let missing: Vec<&str> = tables.into_iter().filter(|table| !gateway.route_table_ids.iter().any(|id| id == table)).collect();
    if missing.is_empty() { Ok(None) } else { associate_with(audit, case, gateway, &missing).map(Some) }
}

/// Makes a gateway endpoint for these tables of a VPC.
fn create(audit: &Audit<'_>, case: &Case<'_>, vpc_id: &str, service: &str, table_ids: &[&str]) -> Result<Change, String> {
    let region = case.inventory(audit)?;
    if let Some(vpc) = region.vpcs.get(vpc_id) {
        owned(audit, &vpc.owner_id, vpc_id)?;
    }
    let service_name = service_name(case.region, service);
    let scope = audit.policies.scope_of_new_gateway(case.region, &service_name, vpc_id);
    let policy = endpoint_policy(&scope, |implied| has_endpoint(audit, case.region, vpc_id, implied));
    let mut edits = Vec::new();
    for table_id in table_ids {
        edits.extend(free_prefix_list(audit, case, region, table_id, &service_name)?);
    }
    let route_table_ids: Vec<String> = table_ids.iter().map(|id| (*id).to_owned()).collect();
    let (tables, vpc_id) = (route_table_ids.join(", "), vpc_id.to_owned());
    edits.push(Edit::CreateGatewayEndpoint {
        region: case.region.to_owned(),
        vpc_id: vpc_id.clone(),
        service_name,
        route_table_ids,
        policy,
    });
    let mut hazards = vec![connections_drop(service)];
    hazards.push(
        "Requests of others, and to resources of others, are refused by the endpoint's policy: look at it before you make it."
            .to_owned(),
    );
    Ok(Change {
        kind: ChangeKind::AddGatewayEndpoint,
        title: format!("make a gateway endpoint for {service} in {vpc_id}, associated with {tables}"),
        edits,
        hazards,
    })
}

/// Associates the table with the endpoint beside it.
pub(in crate::analyze) fn associate(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    let endpoint_id = *case.related_with("vpce-").first().ok_or("the finding names no endpoint")?;
    let endpoint = find(&case.inventory(audit)?.vpc_endpoints, endpoint_id)?;
    associate_with(audit, case, endpoint, &[case.resource.id.as_str()])
}

/// Associates tables with a gateway endpoint.
fn associate_with(audit: &Audit<'_>, case: &Case<'_>, endpoint: &VpcEndpoint, table_ids: &[&str]) -> Result<Change, String> {
    let (region, endpoint_id) = (case.inventory(audit)?, endpoint.id.clone());
    owned(audit, &endpoint.owner_id, &endpoint_id)?;
    if endpoint.requester_managed {
        return Err(format!("{endpoint_id} is kept by an AWS service"));
    }
    let mut edits = Vec::new();
    for table_id in table_ids {
        edits.extend(free_prefix_list(audit, case, region, table_id, &endpoint.service_name)?);
    }
    let title = format!("associate {} with {endpoint_id}", table_ids.join(", "));
    let hazards = vec![
        connections_drop(service_slug(&endpoint.service_name, case.region)),
        format!("From then on the policy of {endpoint_id} holds for these requests as well."),
    ];
    let route_table_ids = table_ids.iter().map(|id| (*id).to_owned()).collect();
    edits.push(Edit::AssociateRouteTables { region: case.region.to_owned(), endpoint_id, route_table_ids });
    Ok(Change { kind: ChangeKind::AssociateRouteTable, title, edits, hazards })
}

/// Source: PrivateLink guide, "Gateway endpoints for Amazon S3" and "for Amazon DynamoDB", considerations.
fn connections_drop(service: &str) -> String {
    format!("Open connections to {service} from these subnets drop when the route appears, because their source address changes.")
}

/// A table holds one route for a prefix list: the one that is there goes first.
fn free_prefix_list(
    audit: &Audit<'_>,
    case: &Case<'_>,
    region: &RegionInventory,
    table_id: &str,
    service_name: &str,
) -> Result<Option<Edit>, String> {
    if let Some(account) = audit.network.teller(table_id) {
        return Err(format!("{table_id} belongs to account {account}, which has to change it"));
    }
    let table: &RouteTable = find(&region.route_tables, table_id)?;
    owned(audit, &table.owner_id, table_id)?;
    let of_service =
        |id: &String| region.prefix_lists.get(id).is_some_and(|list| list.owner_id == "AWS" && list.name == service_name);
    let held = table.routes.iter().find(|route| matches!(&route.destination, RouteDestination::PrefixList(id) if of_service(id)));
    Ok(held.map(|route| Edit::DeleteRoute {
        region: case.region.to_owned(),
        table_id: table_id.to_owned(),
        destination: route.destination.clone(),
        target: route.target.clone(),
        dead: route.state == RouteState::Blackhole,
    }))
}

/// The name of the endpoint service of AWS in a region.
fn service_name(region: &str, service: &str) -> String {
    match Partition::of_region(region) {
        Partition::AwsCn => format!("cn.com.amazonaws.{region}.{service}"),
        _ => format!("com.amazonaws.{region}.{service}"),
    }
}

/// The available gateway endpoint of a VPC for a service.
fn existing<'a>(audit: &Audit<'a>, region: &str, vpc_id: &str, service_name: &str) -> Option<&'a VpcEndpoint> {
    let serves = |one: &&VpcEndpoint| {
        one.kind == EndpointKind::Gateway && one.state == EndpointState::Available && one.service_name == service_name
    };
    audit.endpoints_in(region, vpc_id).iter().copied().find(serves)
}

/// Whether a VPC has an available interface endpoint for a service.
pub(super) fn has_endpoint(audit: &Audit<'_>, region: &str, vpc_id: &str, service: &str) -> bool {
    audit.endpoints_in(region, vpc_id).iter().any(|endpoint| {
        endpoint.kind == EndpointKind::Interface
            && endpoint.state == EndpointState::Available
            && service_slug(&endpoint.service_name, region) == service
    })
}
