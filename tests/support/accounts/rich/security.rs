//! Security groups, network ACLs, interfaces, addresses and flow logs.

use std::net::Ipv4Addr;

use natless::model::Tags;
use natless::model::ec2::{Address, Direction, FlowLog, InterfaceKind, NetworkAclEntry, PortRange, PrivateAddress, RulePeer};

use super::super::{Region, S3_IPV6_LIST, add};
use super::{HOSTILE, PARTNER, some, tags};

pub(super) fn security(region: &mut Region<'_>) {
    let group = region.security_group("sg-0a", "vpc-0main");
    group.name = "default".to_owned();
    group.description = HOSTILE.to_owned();
    group.tags = tags("group");
    region.security_group("sg-1b", "vpc-2hub").owner_id = PARTNER.to_owned();
    let peers = [
        ("tcp", Some((443, 443)), RulePeer::Ipv4("10.0.0.0/8".parse().unwrap())),
        ("udp", Some((0, 65_535)), RulePeer::Ipv6("2001:db8::/32".parse().unwrap())),
        ("tcp", Some((1024, 2048)), RulePeer::PrefixList(S3_IPV6_LIST.to_owned())),
        ("icmp", None, group_peer("sg-0a", None, None, None)),
        ("50", None, group_peer("sg-1b", Some(PARTNER), Some("vpc-1shared"), Some("pcx-0active"))),
    ];
    for (index, (protocol, ports, peer)) in peers.into_iter().enumerate() {
        let rule = region.rule(&format!("sgr-0in-{index}"), "sg-0a", Direction::Ingress, protocol, ports, peer);
        rule.description = some(HOSTILE);
        rule.tags = tags("rule");
    }

    let acl = region.network_acl("acl-0default", "vpc-0main", &["subnet-0a", "subnet-0b", "subnet-0c"]);
    acl.tags = tags("acl");
    let custom = region.network_acl("acl-1custom", "vpc-2hub", &["subnet-2a"]);
    custom.is_default = false;
    let entry = |number, direction, allow, protocol: &str, ports, cidr: &str| NetworkAclEntry {
        number,
        direction,
        allow,
        protocol: protocol.to_owned(),
        ports,
        cidr: cidr.parse().unwrap(),
    };
    custom.entries = vec![
        entry(90, Direction::Egress, true, "6", Some(PortRange { from: 443, to: 443 }), "10.0.0.0/8"),
        entry(91, Direction::Egress, false, "17", Some(PortRange { from: 0, to: 1023 }), "2001:db8::/32"),
        entry(32_767, Direction::Egress, false, "-1", None, "0.0.0.0/0"),
        entry(80, Direction::Ingress, true, "50", None, "203.0.113.0/24"),
        entry(32_767, Direction::Ingress, false, "-1", None, "0.0.0.0/0"),
    ];
}

fn group_peer(id: &str, owner: Option<&str>, vpc: Option<&str>, peering: Option<&str>) -> RulePeer {
    let told = |text: Option<&str>| text.map(str::to_owned);
    RulePeer::Group { id: id.to_owned(), owner_id: told(owner), vpc_id: told(vpc), peering_connection_id: told(peering) }
}

pub(super) fn interfaces(region: &mut Region<'_>) {
    let kinds = [
        InterfaceKind::NatGateway,
        InterfaceKind::TransitGateway,
        InterfaceKind::Lambda,
        InterfaceKind::NetworkLoadBalancer,
        InterfaceKind::GatewayLoadBalancer,
        InterfaceKind::LoadBalancer,
        InterfaceKind::GatewayLoadBalancerEndpoint,
        InterfaceKind::Other("quicksight".to_owned()),
    ];
    for (index, kind) in kinds.into_iter().enumerate() {
        let address = Ipv4Addr::new(10, 0, 1, u8::try_from(20 + index).unwrap());
        let interface = region.network_interface(&format!("eni-1kind-{index}"), "subnet-0a", &["sg-0a"], address);
        interface.kind = kind;
        interface.requester_managed = true;
        interface.requester_id = some("amazon-aws");
    }
    let interface = region.network_interface("eni-0appliance", "subnet-0a", &["sg-0a", "sg-1b"], Ipv4Addr::new(10, 0, 1, 4));
    interface.private_addresses[0].public_ip = Some(Ipv4Addr::new(192, 0, 2, 4));
    interface
        .private_addresses
        .push(PrivateAddress { private_ip: Ipv4Addr::new(10, 0, 1, 5), public_ip: Some(Ipv4Addr::new(192, 0, 2, 5)) });
    interface.ipv6_addresses = vec!["2001:db8:a:1::4".parse().unwrap(), "2001:db8:a:1::5".parse().unwrap()];
    interface.instance_id = some("i-0appliance");
    interface.source_dest_check = false;
    interface.description = HOSTILE.to_owned();
    interface.owner_id = PARTNER.to_owned();
    interface.tags = tags("appliance");
    region.network_interface("eni-2loose", "subnet-0b", &[], Ipv4Addr::new(10, 0, 2, 9)).status = "available".to_owned();

    let used = Address {
        allocation_id: "eipalloc-0used".to_owned(),
        public_ip: Ipv4Addr::new(192, 0, 2, 4),
        association_id: some("eipassoc-0used"),
        network_interface_id: some("eni-0appliance"),
        instance_id: some("i-0appliance"),
        service_managed: some("nat"),
        public_ipv4_pool: some("ipv4pool-ec2-0a"),
        tags: tags("address"),
    };
    let loose = Address {
        allocation_id: "eipalloc-1loose".to_owned(),
        public_ip: Ipv4Addr::new(192, 0, 2, 7),
        association_id: None,
        network_interface_id: None,
        instance_id: None,
        service_managed: None,
        public_ipv4_pool: some("amazon"),
        tags: Tags::new(),
    };
    let classic = Address {
        allocation_id: "192.0.2.8".to_owned(),
        public_ip: Ipv4Addr::new(192, 0, 2, 8),
        public_ipv4_pool: None,
        ..loose.clone()
    };
    for address in [used, loose, classic] {
        add(&mut region.inventory.addresses, &address.allocation_id.clone(), address);
    }

    let active = FlowLog {
        id: "fl-0active".to_owned(),
        resource_id: "vpc-0main".to_owned(),
        status: "ACTIVE".to_owned(),
        traffic_type: "REJECT".to_owned(),
        destination_type: "s3".to_owned(),
        destination: some("arn:aws:s3:::logs/prefix"),
        format: "${version} ${pkt-dstaddr} ${bytes}".to_owned(),
        aggregation_seconds: 60,
        delivery_error: None,
        tags: tags("log"),
    };
    let failing = FlowLog {
        id: "fl-1failing".to_owned(),
        resource_id: "tgw-0hub".to_owned(),
        traffic_type: "ALL".to_owned(),
        destination_type: "kinesis-data-firehose".to_owned(),
        destination: None,
        aggregation_seconds: 600,
        delivery_error: some("Access error"),
        ..active.clone()
    };
    add(&mut region.inventory.flow_logs, "fl-0active", active);
    add(&mut region.inventory.flow_logs, "fl-1failing", failing);
}
