//! VPC endpoints, endpoint services, and services offered to others.

use natless::model::ec2::{EndpointConnection, EndpointKind, EndpointServiceConfiguration, EndpointState};
use natless::model::{Observed, Tags};

use super::super::{Region, add, texts};
use super::{ACCOUNT, HOSTILE, PARTNER, some, tags, time};

pub(super) fn endpoints(region: &mut Region<'_>) {
    let s3 = region.gateway_endpoint("vpce-0s3", "vpc-0main", "s3", &["rtb-0all", "rtb-0main"]);
    s3.ip_address_type = None;
    s3.dns_record_ip_type = None;
    s3.service_region = None;
    s3.tags = tags("s3");
    s3.policy = some(&format!(r#"{{"Statement":[{{"Sid":"{}","Effect":"Deny"}}]}}"#, HOSTILE.replace('"', "\\\"")));
    let api = region.interface_endpoint("vpce-1api", "vpc-0main", "ecr.api", &["subnet-0a", "subnet-0b"], &["sg-0a", "sg-1b"]);
    api.private_dns_only_for_inbound_resolver = true;
    api.requester_managed = true;
    api.ip_address_type = some("dualstack");
    api.dns_record_ip_type = some("ipv6");
    api.dns_names.push("api.ecr.eu-west-1.amazonaws.com".to_owned());
    api.created_at = time("2024-02-29T00:00:00Z");
    let foreign = region.interface_endpoint("vpce-2foreign", "vpc-2hub", "sqs", &["subnet-2a"], &["sg-1b"]);
    foreign.service_name = "com.amazonaws.vpce.us-east-1.vpce-svc-0partner".to_owned();
    foreign.service_region = some("us-east-1");
    foreign.owner_id = PARTNER.to_owned();
    foreign.private_dns = false;
    foreign.state = EndpointState::Failed;
    foreign.last_error = some("InsufficientFreeAddresses: the subnet has: no free address");
    foreign.policy = None;
    let inspection = region.interface_endpoint("vpce-3gwlb", "vpc-2hub", "inspection", &["subnet-2a"], &[]);
    inspection.kind = EndpointKind::GatewayLoadBalancer;
    inspection.private_dns = false;
    inspection.dns_names.clear();
    let states = [
        EndpointState::PendingAcceptance,
        EndpointState::Pending,
        EndpointState::Deleting,
        EndpointState::Deleted,
        EndpointState::Rejected,
        EndpointState::Expired,
        EndpointState::Partial,
        EndpointState::Other("Inspecting".to_owned()),
    ];
    for (index, state) in states.into_iter().enumerate() {
        region.gateway_endpoint(&format!("vpce-4state-{index}"), "vpc-2hub", "dynamodb", &[]).state = state;
    }

    region.endpoint_service("s3", &[EndpointKind::Gateway, EndpointKind::Interface]);
    region.endpoint_service("dynamodb", &[EndpointKind::Gateway]).policy_supported = false;
    let ecr = region.endpoint_service("ecr.api", &[EndpointKind::Interface]);
    ecr.zones.pop();
    ecr.acceptance_required = true;
    ecr.private_dns_names = texts(&["api.ecr.eu-west-1.amazonaws.com", "ecr.eu-west-1.api.aws"]);
    region.endpoint_service("inspection", &[EndpointKind::GatewayLoadBalancer]);
    region.endpoint_service("lattice", &[EndpointKind::Resource, EndpointKind::ServiceNetwork]);
}

pub(super) fn offered_services(region: &mut Region<'_>) {
    let balancer = |kind: &str, name: &str| {
        format!("arn:aws:elasticloadbalancing:eu-west-1:{ACCOUNT}:loadbalancer/{kind}/{name}/0123456789abcdef")
    };
    let connection = |id: &str, state| EndpointConnection { endpoint_id: id.to_owned(), owner_id: PARTNER.to_owned(), state };
    let open = EndpointServiceConfiguration {
        id: "vpce-svc-0open".to_owned(),
        name: "com.amazonaws.vpce.eu-west-1.vpce-svc-0open".to_owned(),
        state: "Available".to_owned(),
        kinds: vec![EndpointKind::Interface],
        acceptance_required: true,
        load_balancer_arns: vec![balancer("net", "front"), balancer("net", "back")],
        allowed_principals: Observed::Known(texts(&["*", "arn:aws:iam::123456789012:root", "arn:aws:iam::444455556666:root"])),
        connections: Observed::Known(vec![
            connection("vpce-0theirs", EndpointState::Available),
            connection("vpce-1theirs", EndpointState::PendingAcceptance),
            connection("vpce-2theirs", EndpointState::Rejected),
        ]),
        tags: tags("offered"),
    };
    let closed = EndpointServiceConfiguration {
        id: "vpce-svc-1closed".to_owned(),
        name: "com.amazonaws.vpce.eu-west-1.vpce-svc-1closed".to_owned(),
        state: "Deleting".to_owned(),
        kinds: vec![EndpointKind::GatewayLoadBalancer],
        acceptance_required: false,
        load_balancer_arns: vec![balancer("gwy", "inspect")],
        allowed_principals: Observed::Known(Vec::new()),
        connections: Observed::Known(Vec::new()),
        tags: Tags::new(),
    };
    add(&mut region.inventory.endpoint_service_configurations, "vpce-svc-0open", open);
    add(&mut region.inventory.endpoint_service_configurations, "vpce-svc-1closed", closed);
}
