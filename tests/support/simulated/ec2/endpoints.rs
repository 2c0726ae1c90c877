//! VPC endpoints, the services they lead to, and the services the account offers.

use natless::model::RegionInventory;
use natless::model::ec2::{EndpointKind, EndpointService, EndpointServiceConfiguration, EndpointState, VpcEndpoint};

use super::super::failure::Answer;
use super::super::page::page;
use super::super::server::Context;
use super::super::xml::Xml;
use super::gateways::time;
use super::{find, items, known, response};

/// An endpoint. States come in lower case, as this operation writes them in practice.
pub(super) fn endpoint(xml: &mut Xml, endpoint: &VpcEndpoint) {
    xml.text("vpcEndpointId", &endpoint.id)
        .text("vpcId", &endpoint.vpc_id)
        .text("ownerId", &endpoint.owner_id)
        .text("serviceName", &endpoint.service_name)
        .opt("serviceRegion", endpoint.service_region.as_ref())
        .text("vpcEndpointType", &endpoint.kind)
        .text("state", &endpoint.state)
        .text("requesterManaged", endpoint.requester_managed)
        .text("privateDnsEnabled", endpoint.private_dns)
        .node("dnsOptions", |xml| {
            xml.opt("dnsRecordIpType", endpoint.dns_record_ip_type.as_ref())
                .text("privateDnsOnlyForInboundResolverEndpoint", endpoint.private_dns_only_for_inbound_resolver);
        })
        .items("dnsEntrySet", &endpoint.dns_names, |xml, name| {
            xml.text("dnsName", name).text("hostedZoneId", "Z7HUB22UULQXV");
        })
        .opt("ipAddressType", endpoint.ip_address_type.as_ref())
        .values("routeTableIdSet", &endpoint.route_table_ids)
        .values("subnetIdSet", &endpoint.subnet_ids)
        .values("networkInterfaceIdSet", &endpoint.network_interface_ids)
        .items("groupSet", &endpoint.group_ids, |xml, group| {
            xml.text("groupId", group).text("groupName", "named");
        })
        .opt("policyDocument", endpoint.policy.as_ref())
        .opt("creationTimestamp", endpoint.created_at.map(time));
    if let Some(error) = &endpoint.last_error {
        let (code, message) = error.split_once(": ").unwrap_or(("", error));
        xml.node("lastError", |xml| {
            xml.text("code", code).text("message", message);
        });
    }
    xml.tags(&endpoint.tags);
}

/// The services on offer. One of several types is listed once per type, as AWS lists S3; the filter `owner` is honoured.
pub(super) fn services(context: &Context<'_>, region: &RegionInventory) -> Answer {
    let call = context.call;
    let owners = call.filter("owner");
    let listing = &region.endpoint_services;
    let details: Vec<(&EndpointService, &EndpointKind)> = listing
        .values()
        .filter(|service| owners.as_ref().is_none_or(|owners| owners.contains(&service.owner.as_str())))
        .flat_map(|service| service.kinds.iter().map(move |kind| (service, kind)))
        .collect();
    let page = page(context, details.len(), !listing.is_complete(), call.parameter("MaxResults"), call.parameter("NextToken"))?;
    Ok(response(context, |xml| {
        xml.values("serviceNameSet", page.of(details.iter()).map(|(service, _)| &service.name))
            .items("serviceDetailSet", page.of(details.iter()), |xml, (service, kind)| service_detail(xml, service, kind))
            .opt("nextToken", page.next.clone());
    }))
}

fn service_detail(xml: &mut Xml, service: &EndpointService, kind: &EndpointKind) {
    xml.text("serviceName", &service.name)
        .named("serviceType", "serviceType", [kind])
        .values("availabilityZoneSet", &service.zones)
        .text("owner", &service.owner)
        .text("vpcEndpointPolicySupported", service.policy_supported)
        .text("acceptanceRequired", service.acceptance_required)
        .text("managesVpcEndpoints", false);
    // A gateway endpoint has no names of its own.
    if *kind != EndpointKind::Gateway {
        xml.opt("privateDnsName", service.private_dns_names.first()).named(
            "privateDnsNameSet",
            "privateDnsName",
            &service.private_dns_names,
        );
    }
    xml.items::<()>("tagSet", [], |_, ()| {});
}

pub(super) fn service_configuration(xml: &mut Xml, service: &EndpointServiceConfiguration) {
    let gateway = |arn: &&String| arn.contains(":loadbalancer/gwy/");
    xml.named("serviceType", "serviceType", &service.kinds)
        .text("serviceId", &service.id)
        .text("serviceName", &service.name)
        .text("serviceState", &service.state)
        .text("acceptanceRequired", service.acceptance_required)
        .values("networkLoadBalancerArnSet", service.load_balancer_arns.iter().filter(|arn| !gateway(arn)))
        .values("gatewayLoadBalancerArnSet", service.load_balancer_arns.iter().filter(gateway))
        .tags(&service.tags);
}

/// Who may connect to the service that `ServiceId` names.
pub(super) fn permissions(context: &Context<'_>, region: &RegionInventory) -> Answer {
    let call = context.call;
    let service = find(context, &region.endpoint_service_configurations, "ServiceId", "VpcEndpointServiceId")?;
    let principals = known(context, &service.allowed_principals)?;
    let page = page(context, principals.len(), false, call.parameter("MaxResults"), call.parameter("NextToken"))?;
    Ok(response(context, |xml| {
        xml.items("allowedPrincipals", page.of(principals.iter()), |xml, principal| {
            let kind = if principal == "*" { "All" } else { "Account" };
            xml.text("principalType", kind).text("principal", principal).text("serviceId", &service.id);
        })
        .opt("nextToken", page.next);
    }))
}

/// One connection as listed: service, endpoint, owner, state.
struct Connection<'a>(&'a str, &'a str, &'a str, &'a EndpointState);

/// The endpoints connected to any service of the account; denied when those of one service are unknown.
pub(super) fn connections(context: &Context<'_>, region: &RegionInventory) -> Answer {
    let mut all = Vec::new();
    for service in region.endpoint_service_configurations.values() {
        for connection in known(context, &service.connections)? {
            all.push(Connection(&service.id, &connection.endpoint_id, &connection.owner_id, &connection.state));
        }
    }
    items(context, "vpcEndpointConnectionSet", &all.iter().collect::<Vec<_>>(), false, |xml, connection| {
        xml.text("serviceId", connection.0)
            .text("vpcEndpointId", connection.1)
            .text("vpcEndpointOwner", connection.2)
            .text("vpcEndpointState", connection.3);
    })
}
