//! Makes a change in a copy of the inventory: what the account would look like.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::{Change, Edit, PublicAccess};
use crate::model::ec2::{
    Direction, EndpointKind, EndpointState, InterfaceKind, NatGatewayState, NetworkInterface, PortRange, PrivateAddress, Route,
    RouteDestination, RouteOrigin, RouteState, RouteTable, RouteTarget, RulePeer, SecurityGroupRule, VpcEndpoint,
};
use crate::model::s3::PublicAccessBlock;
use crate::model::{Inventory, Observed, RegionInventory, Tags};

/// Why a change cannot be made in an inventory: in words, without a period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotApplicable(String);

type Applied = Result<(), NotApplicable>;

/// The inventory with a change made in it.
///
/// # Errors
/// [`NotApplicable`] where something that it edits is not there, or not as the change found it.
pub fn apply(change: &Change, inventory: &Inventory) -> Result<Inventory, NotApplicable> {
    let mut changed = inventory.clone();
    for edit in &change.edits {
        apply_edit(edit, &mut changed)?;
    }
    Ok(changed)
}

fn missing(kind: &str, id: &str) -> NotApplicable {
    NotApplicable(format!("{kind} {id} is not in the inventory"))
}

fn apply_edit(edit: &Edit, inventory: &mut Inventory) -> Applied {
    let account = inventory.account.id.clone();
    match edit {
        Edit::PutBucketPolicy { bucket, policy, .. } => {
            let bucket = inventory.buckets.items.get_mut(bucket).ok_or_else(|| missing("bucket", bucket))?;
            bucket.policy = Observed::Known(Some(policy.clone()));
            return Ok(());
        }
        Edit::BlockPublicAccess(place) => return block_public_access(place, inventory),
        _ => {}
    }
    let region = inventory.regions.get_mut(edit.region()).ok_or_else(|| missing("region", edit.region()))?;
    match edit {
        Edit::CreateGatewayEndpoint { vpc_id, service_name, route_table_ids, policy, .. } => {
            let id = format!("vpce-new-{}", made_of(&[vpc_id, service_name]));
            let endpoint = gateway_endpoint(&id, &account, vpc_id, service_name, policy.as_ref());
            region.vpc_endpoints.items.insert(id.clone(), endpoint);
            route_tables_to(region, &id, route_table_ids)
        }
        Edit::AssociateRouteTables { endpoint_id, route_table_ids, .. } => route_tables_to(region, endpoint_id, route_table_ids),
        Edit::EnablePrivateDns { endpoint_id, .. } => {
            let endpoint = endpoint_of(region, endpoint_id)?;
            (endpoint.private_dns, endpoint.private_dns_only_for_inbound_resolver) = (true, false);
            Ok(())
        }
        Edit::EnableVpcDns { vpc_id, hostnames, .. } => {
            let vpc = region.vpcs.items.get_mut(vpc_id).ok_or_else(|| missing("VPC", vpc_id))?;
            *(if *hostnames { &mut vpc.dns_hostnames } else { &mut vpc.dns_support }) = Observed::Known(true);
            Ok(())
        }
        Edit::AdmitHttps { group_id, from, .. } => {
            let rule = https_from(group_id, *from);
            if let Some(same) = region.security_group_rules.values().find(|other| is_same(other, &rule)) {
                return Err(NotApplicable(format!("{} admits it already", same.id)));
            }
            region.security_group_rules.items.insert(rule.id.clone(), rule);
            Ok(())
        }
        Edit::RevokeRules { rules, .. } => {
            for rule in rules {
                region.security_group_rules.items.remove(&rule.id).ok_or_else(|| missing("rule", &rule.id))?;
            }
            Ok(())
        }
        Edit::DeleteGroup { group, .. } => {
            region.security_groups.items.remove(&group.id).ok_or_else(|| missing("group", &group.id))?;
            region.security_group_rules.items.retain(|_, rule| rule.group_id != group.id);
            Ok(())
        }
        Edit::AddEndpointSubnets { endpoint_id, subnet_ids, .. } => {
            subnet_ids.iter().try_for_each(|subnet| add_interface(region, endpoint_id, subnet))
        }
        Edit::ReplaceRoute { table_id, destination, from, nat_gateway_id, .. } => {
            let route = route_of(region, table_id, destination, from)?;
            route.target = RouteTarget::NatGateway(nat_gateway_id.clone());
            route.state = RouteState::Active;
            Ok(())
        }
        Edit::DeleteRoute { table_id, destination, target, .. } => {
            route_of(region, table_id, destination, target)?;
            let table = table_of(region, table_id)?;
            table.routes.retain(|route| route.destination != *destination || route.target != *target);
            Ok(())
        }
        Edit::DeleteNatGateway { nat, .. } => delete_nat_gateway(region, &nat.id),
        Edit::DeleteEndpoint { endpoint, .. } => delete_endpoint(region, &endpoint.id),
        Edit::ReleaseAddress { allocation_id, .. } => {
            let address = region.addresses.items.remove(allocation_id).ok_or_else(|| missing("address", allocation_id))?;
            let used = address.association_id.is_some() || address.network_interface_id.is_some();
            if used { Err(NotApplicable(format!("address {allocation_id} is in use"))) } else { Ok(()) }
        }
        Edit::PutEndpointPolicy { endpoint_id, policy, .. } => {
            endpoint_of(region, endpoint_id)?.policy = Some(policy.clone());
            Ok(())
        }
        Edit::RestrictEndpointService { service_id, principals, .. } => {
            let services = &mut region.endpoint_service_configurations.items;
            let service = services.get_mut(service_id).ok_or_else(|| missing("endpoint service", service_id))?;
            let Observed::Known(allowed) = &mut service.allowed_principals else {
                return Err(NotApplicable(format!("who may use {service_id} was not read")));
            };
            allowed.retain(|one| one != "*");
            allowed.extend(principals.iter().cloned());
            allowed.sort();
            allowed.dedup();
            Ok(())
        }
        Edit::PutBucketPolicy { .. } | Edit::BlockPublicAccess(_) => Ok(()),
    }
}

/// Eight hexadecimal digits that stand for the names: the id of something that is not made yet.
fn made_of(names: &[&String]) -> String {
    use sha2::{Digest as _, Sha256};
    let mut hasher = Sha256::new();
    for name in names {
        hasher.update(format!("{}:{name}", name.len()));
    }
    let first = hasher.finalize().iter().take(4).fold(0_u32, |first, byte| first << 8 | u32::from(*byte));
    format!("{first:08x}")
}

fn block_public_access(place: &PublicAccess, inventory: &mut Inventory) -> Applied {
    let on = PublicAccessBlock::ALL_ON;
    match &place.bucket {
        None => inventory.account_public_access_block = Observed::Known(Some(on)),
        Some(name) => {
            let bucket = inventory.buckets.items.get_mut(name).ok_or_else(|| missing("bucket", name))?;
            bucket.public_access_block = Observed::Known(Some(on));
        }
    }
    Ok(())
}

fn gateway_endpoint(id: &str, account: &str, vpc_id: &str, service_name: &str, policy: Option<&String>) -> VpcEndpoint {
    VpcEndpoint {
        id: id.to_owned(),
        vpc_id: vpc_id.to_owned(),
        owner_id: account.to_owned(),
        service_name: service_name.to_owned(),
        service_region: None,
        kind: EndpointKind::Gateway,
        state: EndpointState::Available,
        requester_managed: false,
        private_dns: false,
        private_dns_only_for_inbound_resolver: false,
        dns_names: Vec::new(),
        ip_address_type: None,
        dns_record_ip_type: None,
        route_table_ids: Vec::new(),
        subnet_ids: Vec::new(),
        network_interface_ids: Vec::new(),
        group_ids: Vec::new(),
        policy: policy.cloned(),
        created_at: None,
        last_error: None,
        tags: Tags::default(),
    }
}

fn endpoint_of<'r>(region: &'r mut RegionInventory, id: &str) -> Result<&'r mut VpcEndpoint, NotApplicable> {
    region.vpc_endpoints.items.get_mut(id).ok_or_else(|| missing("endpoint", id))
}

fn table_of<'r>(region: &'r mut RegionInventory, id: &str) -> Result<&'r mut RouteTable, NotApplicable> {
    region.route_tables.items.get_mut(id).ok_or_else(|| missing("route table", id))
}

fn route_of<'r>(
    region: &'r mut RegionInventory,
    table_id: &str,
    destination: &RouteDestination,
    target: &RouteTarget,
) -> Result<&'r mut Route, NotApplicable> {
    let table = table_of(region, table_id)?;
    let found = table.routes.iter_mut().find(|route| route.destination == *destination && route.target == *target);
    found.ok_or_else(|| NotApplicable(format!("{table_id} has no route {destination} -> {}", target.id())))
}

/// Each table gets a route from the service's prefix list to the endpoint. Source: PrivateLink guide, "Gateway endpoints", "Routing".
fn route_tables_to(region: &mut RegionInventory, endpoint_id: &str, table_ids: &[String]) -> Applied {
    let endpoint = endpoint_of(region, endpoint_id)?;
    let service_name = endpoint.service_name.clone();
    endpoint.route_table_ids.extend(table_ids.iter().cloned());
    endpoint.route_table_ids.sort();
    endpoint.route_table_ids.dedup();
    let lists = region.prefix_lists.values().filter(|list| list.owner_id == "AWS" && list.name == service_name);
    let lists: Vec<String> = lists.map(|list| list.id.clone()).collect();
    if lists.is_empty() {
        return Err(NotApplicable(format!("the prefix list of {service_name} was not read")));
    }
    for table_id in table_ids {
        let table = table_of(region, table_id)?;
        for list in &lists {
            let destination = RouteDestination::PrefixList(list.clone());
            if let Some(taken) = table.routes.iter().find(|route| route.destination == destination) {
                return Err(NotApplicable(format!("{table_id} has a route {destination} -> {} already", taken.target.id())));
            }
            table.routes.push(Route {
                destination,
                target: RouteTarget::VpcEndpoint(endpoint_id.to_owned()),
                state: RouteState::Active,
                origin: RouteOrigin::CreateRoute,
            });
        }
    }
    Ok(())
}

/// Whether EC2 would call the second rule a duplicate of the first.
fn is_same(a: &SecurityGroupRule, b: &SecurityGroupRule) -> bool {
    (&a.group_id, a.direction, &a.protocol, a.ports, &a.peer) == (&b.group_id, b.direction, &b.protocol, b.ports, &b.peer)
}

/// The rule that admits TCP 443 from a block into a group.
fn https_from(group_id: &str, from: IpNet) -> SecurityGroupRule {
    SecurityGroupRule {
        id: format!("sgr-new-{}", made_of(&[&group_id.to_owned(), &from.to_string()])),
        group_id: group_id.to_owned(),
        direction: Direction::Ingress,
        protocol: "tcp".to_owned(),
        ports: Some(PortRange { from: 443, to: 443 }),
        peer: match from {
            IpNet::V4(net) => RulePeer::Ipv4(net),
            IpNet::V6(net) => RulePeer::Ipv6(net),
        },
        description: None,
        tags: Tags::default(),
    }
}

/// The interface that the endpoint gets in a subnet, with an address that no other interface has.
fn add_interface(region: &mut RegionInventory, endpoint_id: &str, subnet_id: &str) -> Applied {
    let subnet = region.subnets.get(subnet_id).ok_or_else(|| missing("subnet", subnet_id))?.clone();
    let taken: Vec<Ipv4Addr> = region
        .network_interfaces
        .values()
        .flat_map(|interface| interface.private_addresses.iter().map(|address| address.private_ip))
        .collect();
    // The first four addresses of a subnet and the last one are AWS's. Source: VPC guide, "Subnet CIDR blocks".
    let free = subnet.ipv4_cidr.and_then(|block| block.hosts().skip(3).find(|address| !taken.contains(address)));
    let endpoint = endpoint_of(region, endpoint_id)?;
    let id = format!("eni-new-{}", made_of(&[&endpoint_id.to_owned(), &subnet_id.to_owned()]));
    endpoint.subnet_ids.push(subnet_id.to_owned());
    endpoint.network_interface_ids.push(id.clone());
    let interface = NetworkInterface {
        id: id.clone(),
        vpc_id: endpoint.vpc_id.clone(),
        subnet_id: subnet_id.to_owned(),
        zone: subnet.zone.clone(),
        owner_id: endpoint.owner_id.clone(),
        kind: InterfaceKind::VpcEndpoint,
        status: "in-use".to_owned(),
        description: String::new(),
        requester_managed: true,
        requester_id: None,
        private_addresses: free.map(|private_ip| PrivateAddress { private_ip, public_ip: None }).into_iter().collect(),
        ipv6_addresses: Vec::new(),
        group_ids: endpoint.group_ids.clone(),
        instance_id: None,
        source_dest_check: true,
        tags: Tags::default(),
    };
    region.network_interfaces.items.insert(id, interface);
    Ok(())
}

/// Its routes stay and lead nowhere, its addresses stay and are used by nothing. Source: VPC guide, "Delete a NAT gateway".
fn delete_nat_gateway(region: &mut RegionInventory, id: &str) -> Applied {
    let nat = region.nat_gateways.items.remove(id).ok_or_else(|| missing("NAT gateway", id))?;
    if nat.state != NatGatewayState::Available {
        return Err(NotApplicable(format!("NAT gateway {id} is {}", nat.state)));
    }
    lose_target(region, &RouteTarget::NatGateway(id.to_owned()));
    for address in &nat.addresses {
        if let Some(interface) = &address.network_interface_id {
            region.network_interfaces.items.remove(interface);
        }
        let of_nat = |one: &IpAddr| address.public_ip.as_ref() == Some(one);
        for elastic in region.addresses.items.values_mut() {
            if address.allocation_id.as_ref() == Some(&elastic.allocation_id) || of_nat(&IpAddr::V4(elastic.public_ip)) {
                (elastic.association_id, elastic.network_interface_id, elastic.instance_id) = (None, None, None);
            }
        }
    }
    Ok(())
}

/// With a gateway endpoint its routes go. Source: PrivateLink guide, "Delete a gateway endpoint".
fn delete_endpoint(region: &mut RegionInventory, id: &str) -> Applied {
    let endpoint = region.vpc_endpoints.items.remove(id).ok_or_else(|| missing("endpoint", id))?;
    for interface in &endpoint.network_interface_ids {
        region.network_interfaces.items.remove(interface);
    }
    let target = RouteTarget::VpcEndpoint(id.to_owned());
    if endpoint.kind == EndpointKind::Gateway {
        for table in region.route_tables.items.values_mut() {
            table.routes.retain(|route| route.target != target);
        }
    } else {
        lose_target(region, &target);
    }
    Ok(())
}

fn lose_target(region: &mut RegionInventory, target: &RouteTarget) {
    for table in region.route_tables.items.values_mut() {
        for route in table.routes.iter_mut().filter(|route| route.target == *target) {
            route.state = RouteState::Blackhole;
        }
    }
}

/// Whether a group has the rule already that admits TCP 443 from a block.
#[must_use]
pub fn admits_https(region: &RegionInventory, group_id: &str, from: IpNet) -> bool {
    let rule = https_from(group_id, from);
    region.security_group_rules.values().any(|other| is_same(other, &rule))
}
