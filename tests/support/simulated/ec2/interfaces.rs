//! Network interfaces, Elastic IP addresses and flow logs.

use natless::model::ec2::{Address, FlowLog, NetworkInterface};

use super::super::xml::Xml;

pub(super) fn network_interface(xml: &mut Xml, interface: &NetworkInterface) {
    let primary = interface.private_addresses.first();
    xml.text("networkInterfaceId", &interface.id)
        .text("vpcId", &interface.vpc_id)
        .text("subnetId", &interface.subnet_id)
        .text("availabilityZone", &interface.zone)
        .text("ownerId", &interface.owner_id)
        .text("interfaceType", &interface.kind)
        .text("status", &interface.status)
        .text("description", &interface.description)
        .text("requesterManaged", interface.requester_managed)
        .opt("requesterId", interface.requester_id.as_ref())
        .opt("privateIpAddress", primary.map(|address| address.private_ip))
        .items("privateIpAddressesSet", interface.private_addresses.iter().enumerate(), |xml, (index, address)| {
            xml.text("privateIpAddress", address.private_ip).text("primary", index == 0);
            association(xml, address.public_ip);
        });
    association(xml, primary.and_then(|address| address.public_ip));
    xml.named("ipv6AddressesSet", "ipv6Address", &interface.ipv6_addresses).items(
        "groupSet",
        &interface.group_ids,
        |xml, group| {
            xml.text("groupId", group).text("groupName", "named");
        },
    );
    if interface.status == "in-use" {
        xml.node("attachment", |xml| {
            xml.text("attachmentId", "eni-attach-0a1b2c3d4e5f60718")
                .opt("instanceId", interface.instance_id.as_ref())
                .text("deviceIndex", 0)
                .text("status", "attached");
        });
    }
    xml.text("sourceDestCheck", interface.source_dest_check).tags(&interface.tags);
}

fn association(xml: &mut Xml, public_ip: Option<std::net::Ipv4Addr>) {
    if let Some(public_ip) = public_ip {
        xml.node("association", |xml| {
            xml.text("publicIp", public_ip).text("ipOwnerId", "amazon");
        });
    }
}

pub(super) fn address(xml: &mut Xml, address: &Address) {
    // An address of EC2-Classic's days has no allocation: the model names it by itself.
    let allocation = Some(&address.allocation_id).filter(|id| **id != address.public_ip.to_string());
    xml.text("publicIp", address.public_ip)
        .opt("allocationId", allocation)
        .text("domain", "vpc")
        .opt("associationId", address.association_id.as_ref())
        .opt("networkInterfaceId", address.network_interface_id.as_ref())
        .opt("instanceId", address.instance_id.as_ref())
        .opt("serviceManaged", address.service_managed.as_ref())
        .opt("publicIpv4Pool", address.public_ipv4_pool.as_ref())
        .tags(&address.tags);
}

pub(super) fn flow_log(xml: &mut Xml, log: &FlowLog) {
    let delivered = if log.delivery_error.is_some() { "FAILED" } else { "SUCCESS" };
    xml.text("flowLogId", &log.id)
        .text("resourceId", &log.resource_id)
        .text("flowLogStatus", &log.status)
        .text("trafficType", &log.traffic_type)
        .text("logDestinationType", &log.destination_type)
        .opt("logDestination", log.destination.as_ref())
        .text("logFormat", &log.format)
        .text("maxAggregationInterval", log.aggregation_seconds)
        .text("deliverLogsStatus", delivered)
        .opt("deliverLogsErrorMessage", log.delivery_error.as_ref())
        .tags(&log.tags);
}
