//! The tidy account with one thing broken for each check.

use std::net::Ipv4Addr;

use natless::model::ec2::{Direction, EndpointKind, EndpointState, RouteState, RulePeer, VpcEndpoint};
use natless::model::{Inventory, Observed};

use super::tidy::{busy_interface_endpoint, busy_nat_gateway, instance, loose_address, tidy_account};
use super::troubled_policies::policies;
use super::{DYNAMODB_LIST, Region, S3_LIST, add, region};

/// The tidy account, troubled: every check finds something.
pub(crate) fn troubled_account() -> Inventory {
    let mut account = tidy_account();
    let mut ireland = region(&mut account, "eu-west-1");
    gateway_endpoints(&mut ireland);
    interface_endpoints(&mut ireland);
    nat_gateways(&mut ireland);
    load_balancer_endpoints(&mut ireland);
    needless_endpoints(&mut ireland);
    other_routes(&mut ireland);
    security_groups(&mut ireland);
    ways_for_others(&mut ireland);
    virginia(&mut region(&mut account, "us-east-1"));
    storage(&mut account);
    policies(&mut account);
    account
}

fn drop_routes(region: &mut Region<'_>, table: &str, leads_away: impl Fn(&str) -> bool) {
    let table = region.inventory.route_tables.items.get_mut(table).unwrap();
    table.routes.retain(|route| !leads_away(route.target.id()));
}

/// `vpc-gateway-endpoint-unrouted`, `-shadowed` and `-missing-in-spoke`.
fn gateway_endpoints(region: &mut Region<'_>) {
    // Zone b's table is left out of the endpoint for S3.
    drop_routes(region, "rtb-0b", |target| target == "vpce-0s3");
    region.inventory.vpc_endpoints.items.get_mut("vpce-0s3").unwrap().route_table_ids.retain(|table| table != "rtb-0b");
    // A static route in zone a takes a part of S3's addresses.
    region.route("rtb-0a", "198.51.100.0/26", "nat-0a");
    // The spoke has no endpoint for DynamoDB and goes out through the hub.
    drop_routes(region, "rtb-2a", |target| target == "vpce-2dynamodb");
    region.inventory.vpc_endpoints.items.remove("vpce-2dynamodb");
    region.route("rtb-2a", "0.0.0.0/0", "tgw-0");
    region.route("rtb-0ta", "0.0.0.0/0", "nat-0a");
    region.route("rtb-0tb", "0.0.0.0/0", "nat-0b");
    let table = region.inventory.transit_gateway_route_tables.items.get_mut("tgw-rtb-0").unwrap();
    if let Observed::Known(routes) = &mut table.routes {
        let mut out = routes[0].clone();
        "static".clone_into(&mut out.origin);
        out.destination = "0.0.0.0/0".parse().unwrap();
        routes.insert(0, out);
    }
}

/// `vpc-interface-endpoint-private-dns-off`, `-blocks-clients`, `-zone-gap`, `vpc-endpoint-not-available` and
/// `vpc-endpoint-bundle-incomplete`.
fn interface_endpoints(region: &mut Region<'_>) {
    let both = ["subnet-0a", "subnet-0b"];
    for service in ["kms", "sts", "logs", "events"] {
        region.endpoint_service(service, &[EndpointKind::Interface]);
    }
    busy_interface_endpoint(region, "kms", &both, "sg-0vpce");
    endpoint(region, "vpce-0kms").private_dns = false;
    busy_interface_endpoint(region, "sts", &both, "sg-0app");
    busy_interface_endpoint(region, "logs", &["subnet-0a"], "sg-0vpce");
    busy_interface_endpoint(region, "events", &both, "sg-0vpce");
    endpoint(region, "vpce-0events").state = EndpointState::Failed;
    region.inventory.vpc_endpoints.items.remove("vpce-0ssmmessages");
    region.inventory.network_interfaces.items.retain(|id, _| !id.starts_with("eni-vpce-0ssmmessages"));
    region.inventory.traffic.vpc_endpoints.remove("vpce-0ssmmessages");
}

fn endpoint<'a>(region: &'a mut Region<'_>, id: &str) -> &'a mut VpcEndpoint {
    region.inventory.vpc_endpoints.items.get_mut(id).unwrap()
}

/// `vpc-nat-gateway-cross-zone`, `-idle`, `-redundant` and `ec2-address-unassociated`.
fn nat_gateways(region: &mut Region<'_>) {
    private_subnet(region, "subnet-0c", "10.0.12.0/24", 'b', "nat-0a");
    busy_nat_gateway(region, "nat-0again", "subnet-0pa", Ipv4Addr::new(203, 0, 113, 13));
    private_subnet(region, "subnet-0d", "10.0.13.0/24", 'a', "nat-0again");
    busy_nat_gateway(region, "nat-0idle", "subnet-0pb", Ipv4Addr::new(203, 0, 113, 14));
    region.nat_traffic("nat-0idle", 14, 0, 0).connection_attempts.sum = 0;
    let address = loose_address("eipalloc-0loose", Ipv4Addr::new(203, 0, 113, 15));
    add(&mut region.inventory.addresses, "eipalloc-0loose", address);
}

/// A private subnet of the main VPC with an instance, a NAT gateway for the way out and both gateway endpoints.
fn private_subnet(region: &mut Region<'_>, id: &str, cidr: &str, zone: char, nat: &str) {
    let name = id.trim_start_matches("subnet-");
    let table = format!("rtb-{name}");
    region.subnet(id, "vpc-0app", cidr, zone);
    region.inventory.network_acls.items.get_mut("acl-0app").unwrap().subnet_ids.push(id.to_owned());
    region.route_table(&table, "vpc-0app", &[id]);
    region.route(&table, "0.0.0.0/0", nat);
    for (service, list) in [("s3", S3_LIST), ("dynamodb", DYNAMODB_LIST)] {
        let gateway = format!("vpce-0{service}");
        region.route(&table, list, &gateway);
        endpoint(region, &gateway).route_table_ids.push(table.clone());
    }
    let cidr: ipnet::Ipv4Net = cidr.parse().unwrap();
    let [first, second, third, _] = cidr.network().octets();
    instance(region, name, id, "sg-0app", Ipv4Addr::new(first, second, third, 20));
}

/// `vpc-gwlb-endpoint-unrouted` and `-zone-mismatch`.
fn load_balancer_endpoints(region: &mut Region<'_>) {
    for id in ["vpce-0unrouted", "vpce-0elsewhere"] {
        let inspection = region.interface_endpoint(id, "vpc-0app", "inspection", &["subnet-0pa"], &[]);
        "com.amazonaws.vpce.eu-west-1.vpce-svc-0inspection".clone_into(&mut inspection.service_name);
        inspection.kind = EndpointKind::GatewayLoadBalancer;
        inspection.private_dns = false;
        inspection.dns_names.clear();
        inspection.policy = None;
        region.endpoint_traffic(id, 14, 1);
    }
    region.route("rtb-0b", "192.0.2.0/24", "vpce-0elsewhere");
}

/// `vpc-interface-endpoint-idle`, `-duplicate` and `-unprofitable`, and `vpc-gwlb-endpoint-idle`.
fn needless_endpoints(region: &mut Region<'_>) {
    let both = ["subnet-0a", "subnet-0b"];
    for service in ["sns", "states", "xray"] {
        region.endpoint_service(service, &[EndpointKind::Interface]);
        busy_interface_endpoint(region, service, &both, "sg-0vpce");
    }
    // Nobody calls one and hardly anybody another; the third one stands there twice.
    region.endpoint_traffic("vpce-0sns", 0, 0);
    region.endpoint_traffic("vpce-0states", 14, 1 << 30);
    region.interface_endpoint("vpce-0xrayagain", "vpc-0app", "xray", &["subnet-0a"], &["sg-0vpce"]).private_dns = false;
    region.endpoint_traffic("vpce-0xrayagain", 14, 1 << 40);
    region.endpoint_traffic("vpce-0unrouted", 0, 0);
}

/// `vpc-route-blackhole` and `vpc-peering-no-return-route`.
fn other_routes(region: &mut Region<'_>) {
    region.route("rtb-0a", "10.9.0.0/16", "pcx-9gone").state = RouteState::Blackhole;
    drop_routes(region, "rtb-1a", |target| target == "pcx-0data");
}

/// `vpc-gateway-endpoint-missing`, `vpc-interface-endpoint-where-gateway-serves` and `vpc-dns-attributes-off`.
fn virginia(region: &mut Region<'_>) {
    for table in ["rtb-8a", "rtb-8p"] {
        drop_routes(region, table, |target| target == "vpce-8s3");
    }
    region.inventory.vpc_endpoints.items.remove("vpce-8s3");
    region.interface_endpoint("vpce-8s3central", "vpc-8", "s3", &["subnet-8a"], &["sg-8"]).private_dns = false;
    region.endpoint_traffic("vpce-8s3central", 14, 1 << 40);
    region.inventory.vpcs.items.get_mut("vpc-8").unwrap().dns_support = Observed::Known(false);
}

/// `ec2-security-group-open-to-world`, `-default-open`, `-unused` and `-stale-rule`.
fn security_groups(region: &mut Region<'_>) {
    let world = RulePeer::Ipv4("0.0.0.0/0".parse().unwrap());
    region.rule("sgr-0ssh", "sg-0app", Direction::Ingress, "tcp", Some((22, 22)), world.clone());
    region.rule("sgr-0default", "sg-0app-default", Direction::Egress, "-1", None, world);
    region.security_group("sg-0unused", "vpc-0app");
    let gone = RulePeer::Group {
        id: "sg-1gone".to_owned(),
        owner_id: None,
        vpc_id: Some("vpc-1data".to_owned()),
        peering_connection_id: Some("pcx-0data".to_owned()),
    };
    region.rule("sgr-0stale", "sg-0app", Direction::Ingress, "tcp", Some((443, 443)), gone);
}

/// `vpc-endpoint-security-group-too-wide`, `vpc-endpoint-service-any-principal`, `vpc-peering-route-too-wide` and
/// `vpc-flow-logs-blind`.
fn ways_for_others(region: &mut Region<'_>) {
    let all_private = RulePeer::Ipv4("10.0.0.0/8".parse().unwrap());
    region.rule("sgr-0wide", "sg-0central", Direction::Ingress, "tcp", Some((443, 443)), all_private);
    let service = region.inventory.endpoint_service_configurations.items.get_mut("vpce-svc-0").unwrap();
    service.allowed_principals = Observed::Known(vec!["*".to_owned()]);
    region.route("rtb-0a", "10.1.0.0/16", "pcx-0data");
    "REJECT".clone_into(&mut region.inventory.flow_logs.items.get_mut("fl-0app").unwrap().traffic_type);
}

/// `s3-account-public-access-block-off` and `s3-bucket-public-access-block-off`.
fn storage(account: &mut Inventory) {
    account.account_public_access_block = Observed::Known(None);
    account.buckets.items.get_mut("tidy-logs").unwrap().public_access_block = Observed::Known(None);
}
