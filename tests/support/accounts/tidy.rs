//! An account in which nothing is wrong: whatever a scan of it finds is a false alarm.
//!
//! It has something to read for every call: a VPC with its NAT gateways and endpoints, a peer, a spoke behind a transit
//! gateway that uses a central endpoint, clients on premises, a service offered to another account, buckets with a
//! perimeter. `troubled` takes it and breaks one thing for each check.

use std::net::Ipv4Addr;

use natless::model::directconnect::VirtualGateway;
use natless::model::ec2::{
    Address, Direction, EndpointConnection, EndpointKind, EndpointServiceConfiguration, EndpointState, FlowLog, InterfaceKind,
    PeeringSide, PeeringState, PrefixList, RouteOrigin, RulePeer, TransitGateway, TransitGatewayAssociation,
    TransitGatewayAttachment, TransitGatewayResource, TransitGatewayRoute, TransitGatewayRouteState, TransitGatewayRouteTable,
    TransitGatewayVpcAttachment, VpcPeeringConnection, VpnConnection, VpnGateway,
};
use natless::model::organizations::Organization;
use natless::model::route53::{HostedZone, PrivateZone, RecordSet};
use natless::model::s3::{AccessPoint, NetworkOrigin, PublicAccessBlock};
use natless::model::{Inventory, Observed, Tags};

use super::{DYNAMODB_LIST, Region, S3_LIST, add, bucket, empty_account, region, texts};

pub(super) const ACCOUNT: &str = "111122223333";
const SISTER: &str = "222233334444";
const ORGANIZATION: &str = "o-a1b2c3d4e5";
/// Every field that a flow log can have since version 5.
/// Source: VPC User Guide, "Flow log records", "Available fields".
const EVERY_FIELD: &str = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} \
     ${packets} ${bytes} ${start} ${end} ${action} ${log-status} ${vpc-id} ${subnet-id} ${instance-id} ${tcp-flags} ${type} \
     ${pkt-srcaddr} ${pkt-dstaddr} ${region} ${az-id} ${sublocation-type} ${sublocation-id} ${pkt-src-aws-service} \
     ${pkt-dst-aws-service} ${flow-direction} ${traffic-path}";
/// What busy gateways and endpoints carry in the window: far above what an endpoint costs (bytes).
const BUSY: u64 = 4_000_000_000_000;

/// The account: `eu-west-1` has a bit of everything, `us-east-1` one small VPC.
pub(crate) fn tidy_account() -> Inventory {
    let mut account = empty_account(ACCOUNT, &["eu-west-1", "us-east-1"]);
    account.organization = Observed::Known(Some(Organization {
        id: ORGANIZATION.to_owned(),
        management_account_id: ACCOUNT.to_owned(),
        accounts: Observed::Known(Some(
            [(ACCOUNT, "management"), (SISTER, "workloads")].map(|(id, name)| (id.to_owned(), name.to_owned())).into(),
        )),
    }));
    account.account_public_access_block = Observed::Known(Some(PublicAccessBlock::ALL_ON));
    ireland(&mut region(&mut account, "eu-west-1"));
    virginia(&mut region(&mut account, "us-east-1"));
    storage(&mut account);
    account
}

fn ireland(region: &mut Region<'_>) {
    services(region, &["ecr.api", "ecr.dkr", "sqs", "ssm", "ssmmessages"]);
    region.prefix_lists();
    app(region);
    endpoints(region);
    data(region);
    spoke(region);
    peering(region);
    transit(region);
    on_premises(region);
    offered_service(region);
    for (vpc, network) in [("vpc-0app", "0app"), ("vpc-1data", "1data"), ("vpc-2spoke", "2spoke")] {
        flow_log(region, &format!("fl-{network}"), vpc);
        default_group(region, &format!("sg-{network}-default"), vpc);
    }
}

/// What AWS offers in the region: S3 and `DynamoDB`, and these by interface endpoints.
pub(super) fn services(region: &mut Region<'_>, interface: &[&str]) {
    region.endpoint_service("s3", &[EndpointKind::Gateway, EndpointKind::Interface]);
    region.endpoint_service("dynamodb", &[EndpointKind::Gateway]);
    for service in interface {
        region.endpoint_service(service, &[EndpointKind::Interface]);
    }
}

/// The main VPC: two zones, a NAT gateway in each, instances in the private subnets.
fn app(region: &mut Region<'_>) {
    region.vpc("vpc-0app", "10.0.0.0/16");
    let subnets = [
        ("subnet-0pa", "10.0.0.0/24", 'a'),
        ("subnet-0pb", "10.0.1.0/24", 'b'),
        ("subnet-0a", "10.0.10.0/24", 'a'),
        ("subnet-0b", "10.0.11.0/24", 'b'),
        ("subnet-0ta", "10.0.20.0/28", 'a'),
        ("subnet-0tb", "10.0.20.16/28", 'b'),
    ];
    for (subnet, cidr, zone) in subnets {
        region.subnet(subnet, "vpc-0app", cidr, zone);
    }
    region.network_acl("acl-0app", "vpc-0app", &subnets.map(|(subnet, ..)| subnet));
    region.internet_gateway("igw-0app", "vpc-0app");
    region.route_table("rtb-0main", "vpc-0app", &[]);
    region.route_table("rtb-0p", "vpc-0app", &["subnet-0pa", "subnet-0pb"]);
    region.route("rtb-0p", "0.0.0.0/0", "igw-0app");
    for (letter, number) in [("a", 11), ("b", 12)] {
        let (subnet, table, nat) = (format!("subnet-0{letter}"), format!("rtb-0{letter}"), format!("nat-0{letter}"));
        busy_nat_gateway(region, &nat, &format!("subnet-0p{letter}"), Ipv4Addr::new(203, 0, 113, number));
        region.route_table(&table, "vpc-0app", &[&subnet]);
        region.route(&table, "0.0.0.0/0", &nat);
        // The transit gateway has subnets and tables of its own, as AWS advises.
        region.route_table(&format!("rtb-0t{letter}"), "vpc-0app", &[&format!("subnet-0t{letter}")]);
    }
    let tables = ["rtb-0p", "rtb-0a", "rtb-0b"];
    gateway_endpoints(region, "vpc-0app", "0", &tables);
    group(region, "sg-0app", "vpc-0app");
    for (letter, third) in [("a", 10), ("b", 11)] {
        instance(region, &format!("0{letter}"), &format!("subnet-0{letter}"), "sg-0app", Ipv4Addr::new(10, 0, third, 20));
    }
}

/// A NAT gateway with its address, its interface and traffic on every day.
pub(super) fn busy_nat_gateway(region: &mut Region<'_>, id: &str, subnet: &str, public: Ipv4Addr) {
    let private = Ipv4Addr::new(10, 0, 0, public.octets()[3]);
    let gateway = region.nat_gateway(id, subnet);
    gateway.addresses[0].public_ip = Some(public.into());
    gateway.addresses[0].private_ip = Some(private.into());
    let interface = format!("eni-{id}");
    let added = region.network_interface(&interface, subnet, &[], private);
    added.kind = InterfaceKind::NatGateway;
    added.description = format!("Interface for NAT Gateway {id}");
    added.requester_managed = true;
    added.private_addresses[0].public_ip = Some(public);
    let allocation = format!("eipalloc-{id}");
    let address = Address {
        association_id: Some(format!("eipassoc-{id}")),
        network_interface_id: Some(interface),
        ..loose_address(&allocation, public)
    };
    add(&mut region.inventory.addresses, &allocation, address);
    region.nat_traffic(id, 14, BUSY / 4, BUSY);
}

/// An Elastic IP address of Amazon's pool that nothing uses.
pub(super) fn loose_address(id: &str, public_ip: Ipv4Addr) -> Address {
    Address {
        allocation_id: id.to_owned(),
        public_ip,
        association_id: None,
        network_interface_id: None,
        instance_id: None,
        service_managed: None,
        public_ipv4_pool: Some("amazon".to_owned()),
        tags: Tags::new(),
    }
}

/// Gateway endpoints for S3 and `DynamoDB` on these tables, with policies that keep data in the organization.
pub(super) fn gateway_endpoints(region: &mut Region<'_>, vpc: &str, number: &str, tables: &[&str]) {
    let name = region.name.clone();
    for (service, list) in [("s3", S3_LIST), ("dynamodb", DYNAMODB_LIST)] {
        let id = format!("vpce-{number}{service}");
        region.gateway_endpoint(&id, vpc, service, tables).policy = Some(endpoint_policy(service, &name));
        for table in tables {
            region.route(table, list, &id);
        }
    }
}

/// The organization's principals on the organization's resources, and what AWS itself keeps in S3 for machines in the VPC.
fn endpoint_policy(service: &str, region: &str) -> String {
    let inside = format!(
        r#"{{"Sid":"Inside","Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{{"StringEquals":{{"aws:PrincipalOrgID":"{ORGANIZATION}","aws:ResourceOrgID":"{ORGANIZATION}"}}}}}}"#
    );
    let of_aws = [
        format!("arn:aws:s3:::prod-{region}-starport-layer-bucket/*"),
        format!("arn:aws:s3:::al2023-repos-{region}-de612dc2/*"),
        format!("arn:aws:s3:::amazonlinux-2-repos-{region}/*"),
        format!("arn:aws:s3:::aws-ssm-{region}/*"),
        format!("arn:aws:s3:::amazon-ssm-{region}/*"),
        format!("arn:aws:s3:::patch-baseline-snapshot-{region}/*"),
        format!("arn:aws:s3:::aws-patchmanager-macos-{region}/*"),
        format!("arn:aws:s3:::{region}-birdwatcher-prod/*"),
        format!("arn:aws:s3:::aws-ssm-document-attachments-{region}/*"),
        format!("arn:aws:s3:::aws-ssm-distributor-file-{region}/*"),
        format!("arn:aws:s3:::amazon-ssm-packages-{region}/*"),
        format!("arn:aws:s3:::aws-windows-downloads-{region}/*"),
        "arn:aws:s3:::ssm-document-categories/*".to_owned(),
        "arn:aws:s3:::session-manager-downloads/*".to_owned(),
    ];
    let statement = serde_json::json!({
        "Sid": "KeptByAws", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": of_aws,
        "Condition": { "StringEquals": { "aws:PrincipalOrgID": ORGANIZATION } },
    });
    match service {
        "s3" => format!(r#"{{"Version":"2012-10-17","Statement":[{inside},{statement}]}}"#),
        _ => format!(r#"{{"Version":"2012-10-17","Statement":[{inside}]}}"#),
    }
}

/// An instance with one interface in a subnet.
pub(super) fn instance(region: &mut Region<'_>, id: &str, subnet: &str, group: &str, address: Ipv4Addr) {
    let interface = region.network_interface(&format!("eni-{id}"), subnet, &[group], address);
    interface.instance_id = Some(format!("i-{id}"));
}

/// A group that lets everything out to anywhere and nothing in.
fn group(region: &mut Region<'_>, id: &str, vpc: &str) {
    region.security_group(id, vpc);
}

/// The default group of a VPC, emptied as the CIS benchmark asks.
pub(super) fn default_group(region: &mut Region<'_>, id: &str, vpc: &str) {
    "default".clone_into(&mut region.security_group(id, vpc).name);
    region.inventory.security_group_rules.items.remove(&format!("sgr-{id}-out"));
}

/// Interface endpoints in both zones, that admit HTTPS from their VPC and, for `sqs`, from the spoke as well.
fn endpoints(region: &mut Region<'_>) {
    for (id, blocks) in [("sg-0vpce", &["10.0.0.0/16"][..]), ("sg-0central", &["10.0.0.0/16", "10.2.0.0/16"])] {
        group(region, id, "vpc-0app");
        for (index, block) in blocks.iter().enumerate() {
            let peer = RulePeer::Ipv4(block.parse().unwrap());
            region.rule(&format!("sgr-{id}-in-{index}"), id, Direction::Ingress, "tcp", Some((443, 443)), peer);
        }
    }
    for (service, group) in [
        ("ecr.api", "sg-0vpce"),
        ("ecr.dkr", "sg-0vpce"),
        ("sqs", "sg-0central"),
        ("ssm", "sg-0vpce"),
        ("ssmmessages", "sg-0vpce"),
    ] {
        busy_interface_endpoint(region, service, &["subnet-0a", "subnet-0b"], group);
    }
    // The central one: its name comes from a private hosted zone, which the spoke sees too.
    region.inventory.vpc_endpoints.items.get_mut("vpce-0sqs").unwrap().private_dns = false;
    zone_for_sqs(region, "vpc-0app");
}

/// An interface endpoint `vpce-0SERVICE` of the main VPC with traffic on every day.
pub(super) fn busy_interface_endpoint(region: &mut Region<'_>, service: &str, subnets: &[&str], group: &str) {
    let (id, policy) = (format!("vpce-0{service}"), endpoint_policy(service, &region.name));
    region.interface_endpoint(&id, "vpc-0app", service, subnets, &[group]).policy = Some(policy);
    region.endpoint_traffic(&id, 14, BUSY);
}

fn zone_for_sqs(region: &mut Region<'_>, vpc: &str) {
    let zone = HostedZone {
        id: "Z0SQS".to_owned(),
        name: "sqs.eu-west-1.amazonaws.com".to_owned(),
        owning_account: Some(ACCOUNT.to_owned()),
        owning_service: None,
    };
    region.inventory.vpcs.items.get_mut(vpc).unwrap().hosted_zones = Observed::Known(vec![zone]);
}

/// The peer: a VPC without a way out, whose database the main VPC asks.
fn data(region: &mut Region<'_>) {
    region.vpc("vpc-1data", "10.1.0.0/16");
    region.subnet("subnet-1a", "vpc-1data", "10.1.10.0/24", 'a');
    region.network_acl("acl-1data", "vpc-1data", &["subnet-1a"]);
    region.route_table("rtb-1main", "vpc-1data", &[]);
    region.route_table("rtb-1a", "vpc-1data", &["subnet-1a"]);
    gateway_endpoints(region, "vpc-1data", "1", &["rtb-1a"]);
    group(region, "sg-1data", "vpc-1data");
    for (index, block) in ["10.0.10.0/24", "10.0.11.0/24"].into_iter().enumerate() {
        let peer = RulePeer::Ipv4(block.parse().unwrap());
        region.rule(&format!("sgr-1data-in-{index}"), "sg-1data", Direction::Ingress, "tcp", Some((5432, 5432)), peer);
    }
    instance(region, "1a", "subnet-1a", "sg-1data", Ipv4Addr::new(10, 1, 10, 20));
}

/// The spoke: reaches the central endpoint over the transit gateway, S3 and `DynamoDB` by endpoints of its own.
fn spoke(region: &mut Region<'_>) {
    region.vpc("vpc-2spoke", "10.2.0.0/16");
    region.subnet("subnet-2a", "vpc-2spoke", "10.2.10.0/24", 'a');
    region.network_acl("acl-2spoke", "vpc-2spoke", &["subnet-2a"]);
    region.route_table("rtb-2main", "vpc-2spoke", &[]);
    region.route_table("rtb-2a", "vpc-2spoke", &["subnet-2a"]);
    gateway_endpoints(region, "vpc-2spoke", "2", &["rtb-2a"]);
    zone_for_sqs(region, "vpc-2spoke");
    group(region, "sg-2spoke", "vpc-2spoke");
    instance(region, "2a", "subnet-2a", "sg-2spoke", Ipv4Addr::new(10, 2, 10, 20));
}

/// The peering connection: routes to single subnets, both ways.
fn peering(region: &mut Region<'_>) {
    let side = |vpc: &str, block: &str| PeeringSide {
        vpc_id: vpc.to_owned(),
        owner_id: ACCOUNT.to_owned(),
        region: Some("eu-west-1".to_owned()),
        ipv4_cidrs: vec![block.parse().unwrap()],
        ipv6_cidrs: Vec::new(),
        resolves_private_dns: true,
    };
    let connection = VpcPeeringConnection {
        id: "pcx-0data".to_owned(),
        state: PeeringState::Active,
        requester: side("vpc-0app", "10.0.0.0/16"),
        accepter: side("vpc-1data", "10.1.0.0/16"),
        tags: Tags::new(),
    };
    add(&mut region.inventory.peering_connections, "pcx-0data", connection);
    for (table, block) in
        [("rtb-0a", "10.1.10.0/24"), ("rtb-0b", "10.1.10.0/24"), ("rtb-1a", "10.0.10.0/24"), ("rtb-1a", "10.0.11.0/24")]
    {
        region.route(table, block, "pcx-0data");
    }
}

/// The transit gateway between the main VPC and the spoke, with one route table for both.
fn transit(region: &mut Region<'_>) {
    let gateway =
        TransitGateway { id: "tgw-0".to_owned(), owner_id: ACCOUNT.to_owned(), state: "available".to_owned(), tags: Tags::new() };
    add(&mut region.inventory.transit_gateways, "tgw-0", gateway);
    for (id, vpc, subnets) in
        [("tgw-attach-0app", "vpc-0app", &["subnet-0ta", "subnet-0tb"][..]), ("tgw-attach-2spoke", "vpc-2spoke", &["subnet-2a"])]
    {
        attachment(region, id, vpc, subnets);
    }
    let route = |destination: &str, attachment: &str| TransitGatewayRoute {
        destination: destination.parse().unwrap(),
        origin: "propagated".to_owned(),
        state: TransitGatewayRouteState::Active,
        attachment_ids: texts(&[attachment]),
        prefix_list_id: None,
    };
    let table = TransitGatewayRouteTable {
        id: "tgw-rtb-0".to_owned(),
        transit_gateway_id: "tgw-0".to_owned(),
        associations: Observed::Known(
            ["tgw-attach-0app", "tgw-attach-2spoke"].map(|id| (id.to_owned(), "associated".to_owned())).into(),
        ),
        routes: Observed::Known(vec![route("10.0.0.0/16", "tgw-attach-0app"), route("10.2.0.0/16", "tgw-attach-2spoke")]),
        tags: Tags::new(),
    };
    add(&mut region.inventory.transit_gateway_route_tables, "tgw-rtb-0", table);
    for (table, block) in [("rtb-0a", "10.2.0.0/16"), ("rtb-0b", "10.2.0.0/16"), ("rtb-2a", "10.0.0.0/16")] {
        region.route(table, block, "tgw-0");
    }
}

fn attachment(region: &mut Region<'_>, id: &str, vpc: &str, subnets: &[&str]) {
    let attachment = TransitGatewayAttachment {
        id: id.to_owned(),
        transit_gateway_id: "tgw-0".to_owned(),
        transit_gateway_owner_id: ACCOUNT.to_owned(),
        resource: TransitGatewayResource::Vpc,
        resource_id: vpc.to_owned(),
        resource_owner_id: ACCOUNT.to_owned(),
        state: "available".to_owned(),
        association: Some(TransitGatewayAssociation { route_table_id: "tgw-rtb-0".to_owned(), state: "associated".to_owned() }),
        tags: Tags::new(),
    };
    add(&mut region.inventory.transit_gateway_attachments, id, attachment);
    let in_vpc = TransitGatewayVpcAttachment {
        id: id.to_owned(),
        transit_gateway_id: "tgw-0".to_owned(),
        vpc_id: vpc.to_owned(),
        vpc_owner_id: ACCOUNT.to_owned(),
        state: "available".to_owned(),
        subnet_ids: texts(subnets),
        appliance_mode: false,
        tags: Tags::new(),
    };
    add(&mut region.inventory.transit_gateway_vpc_attachments, id, in_vpc);
    for (index, subnet) in subnets.iter().enumerate() {
        let fourth = u8::try_from(100 + index).unwrap();
        let interface = region.network_interface(&format!("eni-{id}-{index}"), subnet, &[], Ipv4Addr::new(10, 0, 0, fourth));
        interface.kind = InterfaceKind::TransitGateway;
        interface.requester_managed = true;
    }
}

/// Clients on premises: a VPN, whose routes are propagated, and a list of the offices' addresses.
fn on_premises(region: &mut Region<'_>) {
    let gateway =
        VpnGateway { id: "vgw-0".to_owned(), state: "available".to_owned(), vpc_ids: texts(&["vpc-0app"]), tags: Tags::new() };
    add(&mut region.inventory.vpn_gateways, "vgw-0", gateway);
    let direct = VirtualGateway { id: "vgw-0".to_owned(), state: "available".to_owned() };
    add(&mut region.inventory.virtual_gateways, "vgw-0", direct);
    let connection = VpnConnection {
        id: "vpn-0".to_owned(),
        state: "available".to_owned(),
        vpn_gateway_id: Some("vgw-0".to_owned()),
        transit_gateway_id: None,
        tags: Tags::new(),
    };
    add(&mut region.inventory.vpn_connections, "vpn-0", connection);
    let offices = PrefixList {
        id: "pl-0offices".to_owned(),
        name: "offices".to_owned(),
        owner_id: ACCOUNT.to_owned(),
        family: "IPv4".to_owned(),
        entries: Observed::Known(["192.168.0.0/20", "192.168.32.0/20"].map(|block| block.parse().unwrap()).into()),
    };
    add(&mut region.inventory.prefix_lists, "pl-0offices", offices);
    for table in ["rtb-0a", "rtb-0b"] {
        region.route(table, "pl-0offices", "vgw-0");
        region.route(table, "192.168.64.0/20", "vgw-0").origin = RouteOrigin::Propagated;
        region.inventory.route_tables.items.get_mut(table).unwrap().propagating_vpn_gateways = texts(&["vgw-0"]);
    }
}

/// A service of the account's own that a sister account has connected to.
fn offered_service(region: &mut Region<'_>) {
    let balancer = format!("arn:aws:elasticloadbalancing:eu-west-1:{ACCOUNT}:loadbalancer/net/front/0123456789abcdef");
    let service = EndpointServiceConfiguration {
        id: "vpce-svc-0".to_owned(),
        name: "com.amazonaws.vpce.eu-west-1.vpce-svc-0".to_owned(),
        state: "Available".to_owned(),
        kinds: vec![EndpointKind::Interface],
        acceptance_required: true,
        load_balancer_arns: vec![balancer],
        allowed_principals: Observed::Known(vec![format!("arn:aws:iam::{SISTER}:root")]),
        connections: Observed::Known(vec![EndpointConnection {
            endpoint_id: "vpce-0theirs".to_owned(),
            owner_id: SISTER.to_owned(),
            state: EndpointState::Available,
        }]),
        tags: Tags::new(),
    };
    add(&mut region.inventory.endpoint_service_configurations, "vpce-svc-0", service);
}

fn flow_log(region: &mut Region<'_>, id: &str, vpc: &str) {
    let log = FlowLog {
        id: id.to_owned(),
        resource_id: vpc.to_owned(),
        status: "ACTIVE".to_owned(),
        traffic_type: "ALL".to_owned(),
        destination_type: "s3".to_owned(),
        destination: Some("arn:aws:s3:::tidy-logs/flow/".to_owned()),
        format: EVERY_FIELD.to_owned(),
        aggregation_seconds: 60,
        delivery_error: None,
        tags: Tags::new(),
    };
    add(&mut region.inventory.flow_logs, id, log);
}

/// The small region: one VPC, one zone, one NAT gateway.
fn virginia(region: &mut Region<'_>) {
    services(region, &["sqs"]);
    region.prefix_lists();
    region.vpc("vpc-8", "10.8.0.0/16");
    region.subnet("subnet-8p", "vpc-8", "10.8.0.0/24", 'a');
    region.subnet("subnet-8a", "vpc-8", "10.8.10.0/24", 'a');
    region.network_acl("acl-8", "vpc-8", &["subnet-8p", "subnet-8a"]);
    region.internet_gateway("igw-8", "vpc-8");
    region.route_table("rtb-8main", "vpc-8", &[]);
    region.route_table("rtb-8p", "vpc-8", &["subnet-8p"]);
    region.route("rtb-8p", "0.0.0.0/0", "igw-8");
    busy_nat_gateway(region, "nat-8", "subnet-8p", Ipv4Addr::new(203, 0, 113, 81));
    region.route_table("rtb-8a", "vpc-8", &["subnet-8a"]);
    region.route("rtb-8a", "0.0.0.0/0", "nat-8");
    gateway_endpoints(region, "vpc-8", "8", &["rtb-8p", "rtb-8a"]);
    default_group(region, "sg-8-default", "vpc-8");
    group(region, "sg-8", "vpc-8");
    instance(region, "8a", "subnet-8a", "sg-8", Ipv4Addr::new(10, 8, 10, 20));
    flow_log(region, "fl-8", "vpc-8");
}

/// Buckets that nothing but TLS reaches, an access point, and the zone that leads to the central endpoint.
fn storage(account: &mut Inventory) {
    for (name, region) in [("tidy-data", "eu-west-1"), ("tidy-logs", "eu-west-1"), ("tidy-backups", "us-east-1")] {
        let bucket = bucket(account, name, region);
        bucket.policy = Observed::Known(Some(only_tls(name)));
        bucket.policy_is_public = Observed::Known(Some(false));
    }
    let point = AccessPoint {
        name: "inside".to_owned(),
        arn: format!("arn:aws:s3:eu-west-1:{ACCOUNT}:accesspoint/inside"),
        bucket: "tidy-data".to_owned(),
        bucket_account: Some(ACCOUNT.to_owned()),
        network_origin: NetworkOrigin::Vpc,
        vpc_id: Some("vpc-0app".to_owned()),
        public_access_block: Observed::Known(Some(PublicAccessBlock::ALL_ON)),
        policy: Observed::Known(None),
        policy_is_public: Observed::Known(None),
    };
    add(&mut account.regions.get_mut("eu-west-1").unwrap().access_points, "inside", point);
    let name = "sqs.eu-west-1.amazonaws.com";
    let zone = PrivateZone {
        id: "Z0SQS".to_owned(),
        name: name.to_owned(),
        records: vec![RecordSet {
            name: name.to_owned(),
            record_type: "A".to_owned(),
            alias: Some("vpce-0sqs-x.sqs.eu-west-1.vpce.amazonaws.com".to_owned()),
            values: Vec::new(),
        }],
    };
    add(&mut account.private_zones, "Z0SQS", zone);
}

fn only_tls(bucket: &str) -> String {
    serde_json::json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "OnlyTls", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }]})
    .to_string()
}
