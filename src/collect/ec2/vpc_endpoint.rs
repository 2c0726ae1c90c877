//! VPC endpoints.

use aws_sdk_ec2::operation::describe_vpc_endpoints::DescribeVpcEndpointsOutput;
use aws_sdk_ec2::types as sdk;

use super::convert::{Converted, Item, gather, tags, text, word};
use crate::collect::calls::DESCRIBE_VPC_ENDPOINTS;
use crate::collect::session::RegionSession;
use crate::model::Listing;
use crate::model::ec2::{EndpointKind, EndpointState, VpcEndpoint};

/// Every endpoint of the region, of every type.
pub(super) async fn vpc_endpoints(session: &RegionSession) -> Listing<VpcEndpoint> {
    let page = |token| session.ec2().describe_vpc_endpoints().max_results(1000).set_next_token(token).send();
    let pages = session.pages(&DESCRIBE_VPC_ENDPOINTS, None, page, DescribeVpcEndpointsOutput::next_token).await;
    gather(session, &DESCRIBE_VPC_ENDPOINTS, pages, |page| page.vpc_endpoints.unwrap_or_default(), from_sdk)
}

fn from_sdk(x: sdk::VpcEndpoint) -> Converted<VpcEndpoint> {
    let item = Item::new(x.vpc_endpoint_id, "VpcEndpointId")?;
    // EC2 API reference, CreateVpcEndpoint: `VpcEndpointType`, "Default: Gateway".
    let kind = x.vpc_endpoint_type.map_or(EndpointKind::Gateway, |kind| EndpointKind::from(kind.as_str()));
    // Endpoints of types resource and service network lead to what an ARN names instead.
    let service = text(x.service_name).or(text(x.resource_configuration_arn)).or(text(x.service_network_arn));
    let private_dns = match (&kind, x.private_dns_enabled) {
        (EndpointKind::Interface, None) => return Err(item.wrong("PrivateDnsEnabled", "missing on an interface endpoint")),
        (_, enabled) => enabled.unwrap_or(false),
    };
    let dns = x.dns_options;
    let endpoint = VpcEndpoint {
        vpc_id: item.text(x.vpc_id, "VpcId")?,
        owner_id: item.text(x.owner_id, "OwnerId")?,
        service_name: item.text(service, "ServiceName")?,
        service_region: text(x.service_region),
        kind,
        state: EndpointState::from(item.word(x.state, "State")?),
        // Left out, it counts as the account's own endpoint: whatever is judged about such an endpoint is judged then.
        requester_managed: x.requester_managed.unwrap_or(false),
        private_dns,
        // EC2 API reference, DnsOptionsSpecification: "available only for services that support both gateway and interface
        // endpoints": all others do not say it.
        private_dns_only_for_inbound_resolver: dns
            .as_ref()
            .and_then(|dns| dns.private_dns_only_for_inbound_resolver_endpoint)
            .unwrap_or(false),
        dns_names: x.dns_entries.unwrap_or_default().into_iter().filter_map(|entry| text(entry.dns_name)).collect(),
        ip_address_type: text(word(x.ip_address_type)),
        dns_record_ip_type: text(word(dns.and_then(|dns| dns.dns_record_ip_type))),
        route_table_ids: x.route_table_ids.unwrap_or_default(),
        subnet_ids: x.subnet_ids.unwrap_or_default(),
        network_interface_ids: x.network_interface_ids.unwrap_or_default(),
        group_ids: x.groups.unwrap_or_default().into_iter().filter_map(|group| text(group.group_id)).collect(),
        policy: text(x.policy_document),
        created_at: item.time(x.creation_timestamp, "CreationTimestamp")?,
        last_error: last_error(x.last_error).or(text(x.failure_reason)),
        tags: tags(x.tags),
        id: item.id.clone(),
    };
    Ok((item.id, endpoint))
}

fn last_error(error: Option<sdk::LastError>) -> Option<String> {
    let error = error?;
    match (text(error.code), text(error.message)) {
        (Some(code), Some(message)) => Some(format!("{code}: {message}")),
        (code, message) => code.or(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare() -> sdk::builders::VpcEndpointBuilder {
        sdk::VpcEndpoint::builder()
            .vpc_endpoint_id("vpce-0aa")
            .vpc_id("vpc-0aa")
            .owner_id("111122223333")
            .service_name("com.amazonaws.eu-west-1.s3")
            .state(sdk::State::Available)
            .requester_managed(false)
    }

    #[test]
    fn a_type_that_is_not_told_is_gateway() {
        let policy = r#"{"Statement":[]}"#;
        let (_, endpoint) = from_sdk(bare().route_table_ids("rtb-0aa").policy_document(policy).build()).unwrap();
        assert_eq!(endpoint.kind, EndpointKind::Gateway);
        assert_eq!(endpoint.state, EndpointState::Available);
        assert_eq!(endpoint.route_table_ids, ["rtb-0aa"]);
        assert_eq!(endpoint.policy.as_deref(), Some(policy));
        assert!(!endpoint.private_dns && !endpoint.private_dns_only_for_inbound_resolver);
    }

    #[test]
    fn an_interface_endpoint_with_everything() {
        let dns = sdk::DnsOptions::builder()
            .dns_record_ip_type(sdk::DnsRecordIpType::Dualstack)
            .private_dns_only_for_inbound_resolver_endpoint(true)
            .build();
        let x = bare()
            .vpc_endpoint_type(sdk::VpcEndpointType::Interface)
            .state(sdk::State::from("pendingAcceptance"))
            .private_dns_enabled(true)
            .dns_options(dns)
            .dns_entries(sdk::DnsEntry::builder().dns_name("vpce-0aa-x.s3.eu-west-1.vpce.amazonaws.com").build())
            .ip_address_type(sdk::IpAddressType::Dualstack)
            .subnet_ids("subnet-0aa")
            .network_interface_ids("eni-0aa")
            .groups(sdk::SecurityGroupIdentifier::builder().group_id("sg-0aa").build())
            .last_error(sdk::LastError::builder().code("InsufficientFreeAddressesInSubnet").message("full").build())
            .build();
        let (_, endpoint) = from_sdk(x).unwrap();
        assert_eq!(endpoint.kind, EndpointKind::Interface);
        assert_eq!(endpoint.state, EndpointState::PendingAcceptance);
        assert!(endpoint.private_dns && endpoint.private_dns_only_for_inbound_resolver);
        assert_eq!(endpoint.dns_record_ip_type.as_deref(), Some("dualstack"));
        assert_eq!(endpoint.ip_address_type.as_deref(), Some("dualstack"));
        assert_eq!(endpoint.dns_names, ["vpce-0aa-x.s3.eu-west-1.vpce.amazonaws.com"]);
        assert_eq!((endpoint.subnet_ids.len(), endpoint.network_interface_ids.len()), (1, 1));
        assert_eq!(endpoint.group_ids, ["sg-0aa"]);
        assert_eq!(endpoint.last_error.as_deref(), Some("InsufficientFreeAddressesInSubnet: full"));
        assert_eq!(endpoint.policy, None);
    }

    #[test]
    fn an_endpoint_of_a_resource_leads_to_its_arn() {
        let arn = "arn:aws:vpc-lattice:eu-west-1:444455556666:resourceconfiguration/rcfg-0aa";
        let x = bare()
            .service_name("")
            .vpc_endpoint_type(sdk::VpcEndpointType::Resource)
            .resource_configuration_arn(arn)
            .failure_reason("gone")
            .build();
        let (_, endpoint) = from_sdk(x).unwrap();
        assert_eq!(endpoint.kind, EndpointKind::Resource);
        assert_eq!(endpoint.service_name, arn);
        assert_eq!(endpoint.last_error.as_deref(), Some("gone"));
    }

    #[test]
    fn what_decides_is_never_assumed() {
        let silent = bare().vpc_endpoint_type(sdk::VpcEndpointType::Interface).build();
        assert!(from_sdk(silent).unwrap_err().contains("PrivateDnsEnabled"));
        let stateless = sdk::VpcEndpoint::builder().vpc_endpoint_id("vpce-0aa").vpc_id("vpc-0aa").owner_id("1").service_name("s");
        assert_eq!(from_sdk(stateless.build()).unwrap_err(), "`vpce-0aa` has no `State`");
    }
}
