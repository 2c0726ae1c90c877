//! Endpoint services: those AWS offers in a region, and those the account offers to others.

use std::collections::BTreeMap;

use aws_sdk_ec2::operation::describe_vpc_endpoint_connections::DescribeVpcEndpointConnectionsOutput;
use aws_sdk_ec2::operation::describe_vpc_endpoint_service_configurations::DescribeVpcEndpointServiceConfigurationsOutput;
use aws_sdk_ec2::operation::describe_vpc_endpoint_service_permissions::DescribeVpcEndpointServicePermissionsOutput;
use aws_sdk_ec2::operation::describe_vpc_endpoint_services::DescribeVpcEndpointServicesOutput;
use aws_sdk_ec2::types as sdk;
use futures::future::join_all;

use super::convert::{Converted, Item, listing, tags, text};
use crate::collect::calls::{
    DESCRIBE_VPC_ENDPOINT_CONNECTIONS, DESCRIBE_VPC_ENDPOINT_SERVICE_CONFIGURATIONS, DESCRIBE_VPC_ENDPOINT_SERVICE_PERMISSIONS,
    DESCRIBE_VPC_ENDPOINT_SERVICES,
};
use crate::collect::session::RegionSession;
use crate::model::ec2::{EndpointConnection, EndpointKind, EndpointService, EndpointServiceConfiguration, EndpointState};
use crate::model::{GapId, Listing, Observed};

/// Every endpoint service that AWS itself offers in the region. Those of other accounts and of the marketplace, which the
/// answer may name too, are left out.
pub(super) async fn endpoint_services(session: &RegionSession) -> Listing<EndpointService> {
    let call = &DESCRIBE_VPC_ENDPOINT_SERVICES;
    let page = |token| session.ec2().describe_vpc_endpoint_services().max_results(1000).set_next_token(token).send();
    let (pages, gap) = session.pages(call, None, page, DescribeVpcEndpointServicesOutput::next_token).await;
    let details = pages.into_iter().flat_map(|page| page.service_details.unwrap_or_default());
    listing(session, call, gap, fold(details.filter(may_be_of_aws).map(service)))
}

/// Whether a service may be AWS's own: its owner's alias is `amazon` (`AWS PrivateLink` guide, "View available AWS service
/// names"). One that names no owner stays, to be found malformed.
fn may_be_of_aws(x: &sdk::ServiceDetail) -> bool {
    x.owner.as_deref().is_none_or(|owner| owner == "amazon")
}

/// Every endpoint service that the account offers. Who may connect and who is connected is asked only where there are any.
pub(super) async fn endpoint_service_configurations(session: &RegionSession) -> Listing<EndpointServiceConfiguration> {
    let call = &DESCRIBE_VPC_ENDPOINT_SERVICE_CONFIGURATIONS;
    let page =
        |token| session.ec2().describe_vpc_endpoint_service_configurations().max_results(1000).set_next_token(token).send();
    let (pages, gap) = session.pages(call, None, page, DescribeVpcEndpointServiceConfigurationsOutput::next_token).await;
    let offered: Vec<_> = pages.into_iter().flat_map(|page| page.service_configurations.unwrap_or_default()).collect();
    if offered.is_empty() {
        return listing(session, call, gap, []);
    }
    let (connections, principals) =
        futures::join!(connections(session), join_all(offered.iter().map(|x| allowed_principals(session, x.service_id()))));
    let converted = offered.into_iter().zip(principals).map(|(x, principals)| configuration(x, principals?, &connections));
    listing(session, call, gap, converted)
}

/// Principals that may make endpoints to a service, sorted.
async fn allowed_principals(session: &RegionSession, service_id: Option<&str>) -> Result<Observed<Vec<String>>, String> {
    let call = &DESCRIBE_VPC_ENDPOINT_SERVICE_PERMISSIONS;
    let item = Item::new(service_id.map(str::to_owned), "ServiceId")?;
    let id = item.id.as_str();
    let page = |token| {
        let request = session.ec2().describe_vpc_endpoint_service_permissions().service_id(id);
        request.max_results(1000).set_next_token(token).send()
    };
    let (pages, gap) = session.pages(call, Some(id), page, DescribeVpcEndpointServicePermissionsOutput::next_token).await;
    if let Some(gap) = gap {
        return Ok(Observed::Unknown(gap));
    }
    let allowed = pages.into_iter().flat_map(|page| page.allowed_principals.unwrap_or_default());
    Ok(match principals(&item, allowed) {
        Ok(principals) => Observed::Known(principals),
        Err(message) => Observed::Unknown(session.malformed(call, Some(id), message)),
    })
}

/// Endpoints connected to the account's services, by service id; one listing for all of them.
async fn connections(session: &RegionSession) -> Result<BTreeMap<String, Vec<EndpointConnection>>, GapId> {
    let call = &DESCRIBE_VPC_ENDPOINT_CONNECTIONS;
    let page = |token| session.ec2().describe_vpc_endpoint_connections().max_results(1000).set_next_token(token).send();
    let (pages, gap) = session.pages(call, None, page, DescribeVpcEndpointConnectionsOutput::next_token).await;
    if let Some(gap) = gap {
        return Err(gap);
    }
    let connected = pages.into_iter().flat_map(|page| page.vpc_endpoint_connections.unwrap_or_default());
    by_service(connected).map_err(|message| session.malformed(call, None, message))
}

fn service(x: sdk::ServiceDetail) -> Converted<EndpointService> {
    let item = Item::new(x.service_name, "ServiceName")?;
    let kinds = kinds(&item, x.service_type)?;
    let has_interfaces = kinds.iter().any(|kind| *kind != EndpointKind::Gateway);
    let mut private_dns_names: Vec<String> =
        x.private_dns_names.unwrap_or_default().into_iter().filter_map(|name| text(name.private_dns_name)).collect();
    private_dns_names.extend(text(x.private_dns_name));
    let service = EndpointService {
        // A gateway endpoint stands in no zone; what the answer lists for it are just the zones of the region.
        zones: sorted(if has_interfaces { x.availability_zones.unwrap_or_default() } else { Vec::new() }),
        kinds,
        owner: item.text(x.owner, "Owner")?,
        private_dns_names: sorted(private_dns_names),
        policy_supported: item.required(x.vpc_endpoint_policy_supported, "VpcEndpointPolicySupported")?,
        acceptance_required: item.required(x.acceptance_required, "AcceptanceRequired")?,
        name: item.id.clone(),
    };
    Ok((item.id, service))
}

/// One service per name: S3 and `DynamoDB` come once for gateway and once for interface endpoints.
fn fold(services: impl Iterator<Item = Converted<EndpointService>>) -> Vec<Converted<EndpointService>> {
    let mut faults = Vec::new();
    let mut folded: BTreeMap<String, EndpointService> = BTreeMap::new();
    for service in services {
        match service {
            Err(fault) => faults.push(Err(fault)),
            Ok((name, service)) => match folded.remove(&name) {
                Some(twin) => drop(folded.insert(name, merged(twin, service))),
                None => drop(folded.insert(name, service)),
            },
        }
    }
    folded.into_iter().map(Ok).chain(faults).collect()
}

fn merged(a: EndpointService, b: EndpointService) -> EndpointService {
    EndpointService {
        name: a.name,
        kinds: sorted([a.kinds, b.kinds].concat()),
        zones: sorted([a.zones, b.zones].concat()),
        owner: a.owner,
        private_dns_names: sorted([a.private_dns_names, b.private_dns_names].concat()),
        policy_supported: a.policy_supported || b.policy_supported,
        acceptance_required: a.acceptance_required || b.acceptance_required,
    }
}

fn configuration(
    x: sdk::ServiceConfiguration,
    allowed_principals: Observed<Vec<String>>,
    connections: &Result<BTreeMap<String, Vec<EndpointConnection>>, GapId>,
) -> Converted<EndpointServiceConfiguration> {
    let item = Item::new(x.service_id, "ServiceId")?;
    let load_balancers = [x.network_load_balancer_arns, x.gateway_load_balancer_arns];
    let configuration = EndpointServiceConfiguration {
        name: item.text(x.service_name, "ServiceName")?,
        state: item.word(x.service_state, "ServiceState")?,
        kinds: kinds(&item, x.service_type)?,
        acceptance_required: item.required(x.acceptance_required, "AcceptanceRequired")?,
        load_balancer_arns: load_balancers.into_iter().flatten().flatten().collect(),
        allowed_principals,
        connections: match connections {
            Ok(connections) => Observed::Known(connections.get(&item.id).cloned().unwrap_or_default()),
            Err(gap) => Observed::Unknown(gap.clone()),
        },
        tags: tags(x.tags),
        id: item.id.clone(),
    };
    Ok((item.id, configuration))
}

fn kinds(item: &Item, types: Option<Vec<sdk::ServiceTypeDetail>>) -> Result<Vec<EndpointKind>, String> {
    let types = types.unwrap_or_default().into_iter();
    let kinds: Vec<_> =
        types.map(|x| item.word(x.service_type, "ServiceType").map(EndpointKind::from)).collect::<Result<_, _>>()?;
    if kinds.is_empty() {
        return item.required(None, "ServiceType");
    }
    Ok(sorted(kinds))
}

fn principals(item: &Item, allowed: impl Iterator<Item = sdk::AllowedPrincipal>) -> Result<Vec<String>, String> {
    allowed.map(|x| item.text(x.principal, "AllowedPrincipals[].Principal")).collect::<Result<_, _>>().map(sorted)
}

fn by_service(
    connected: impl Iterator<Item = sdk::VpcEndpointConnection>,
) -> Result<BTreeMap<String, Vec<EndpointConnection>>, String> {
    let mut services: BTreeMap<String, Vec<EndpointConnection>> = BTreeMap::new();
    for x in connected {
        let item = Item::new(x.vpc_endpoint_id, "VpcEndpointId")?;
        let service_id = item.text(x.service_id, "ServiceId")?;
        let connection = EndpointConnection {
            owner_id: item.text(x.vpc_endpoint_owner, "VpcEndpointOwner")?,
            state: EndpointState::from(item.word(x.vpc_endpoint_state, "VpcEndpointState")?),
            endpoint_id: item.id,
        };
        services.entry(service_id).or_default().push(connection);
    }
    Ok(services.into_iter().map(|(service_id, connections)| (service_id, sorted(connections))).collect())
}

fn sorted<T: Ord>(mut values: Vec<T>) -> Vec<T> {
    values.sort_unstable();
    values.dedup();
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    const S3: &str = "com.amazonaws.eu-west-1.s3";

    fn of_type(kind: sdk::ServiceType) -> sdk::ServiceTypeDetail {
        sdk::ServiceTypeDetail::builder().service_type(kind).build()
    }

    fn detail(name: &str, kind: sdk::ServiceType) -> sdk::builders::ServiceDetailBuilder {
        sdk::ServiceDetail::builder()
            .service_name(name)
            .service_type(of_type(kind))
            .owner("amazon")
            .availability_zones("eu-west-1b")
            .availability_zones("eu-west-1a")
            .vpc_endpoint_policy_supported(true)
            .acceptance_required(false)
    }

    #[test]
    fn a_service_that_comes_twice_is_folded_into_one() {
        let dns = sdk::PrivateDnsDetails::builder().private_dns_name("s3.eu-west-1.amazonaws.com").build();
        let details = [
            detail(S3, sdk::ServiceType::Interface).private_dns_names(dns).build(),
            detail("com.amazonaws.eu-west-1.ec2", sdk::ServiceType::Interface).vpc_endpoint_policy_supported(false).build(),
            detail(S3, sdk::ServiceType::Gateway).build(),
        ];
        let services: Vec<_> = fold(details.into_iter().map(service)).into_iter().map(Result::unwrap).collect();
        assert_eq!(services.len(), 2);
        let (name, s3) = &services[1];
        assert_eq!(name, S3);
        assert_eq!(s3.kinds, [EndpointKind::Gateway, EndpointKind::Interface]);
        assert_eq!(s3.zones, ["eu-west-1a", "eu-west-1b"]);
        assert_eq!(s3.private_dns_names, ["s3.eu-west-1.amazonaws.com"]);
        assert!(s3.policy_supported && !services[0].1.policy_supported);
    }

    #[test]
    fn only_services_of_aws_are_kept() {
        let foreign = "com.amazonaws.vpce.eu-west-1.vpce-svc-0aa";
        assert!(may_be_of_aws(&detail(S3, sdk::ServiceType::Gateway).build()));
        assert!(!may_be_of_aws(&detail(foreign, sdk::ServiceType::Interface).owner("444455556666").build()));
        assert!(!may_be_of_aws(&detail(foreign, sdk::ServiceType::Interface).owner("aws-marketplace").build()));
        let ownerless = detail(foreign, sdk::ServiceType::Interface).set_owner(None).build();
        assert!(may_be_of_aws(&ownerless));
        assert!(service(ownerless).unwrap_err().contains("Owner"));
    }

    #[test]
    fn a_gateway_service_has_no_zones() {
        let (_, service) = service(detail(S3, sdk::ServiceType::Gateway).build()).unwrap();
        assert!(service.zones.is_empty());
    }

    #[test]
    fn a_service_that_leaves_its_policy_support_out_is_malformed() {
        let silent = sdk::ServiceDetail::builder().service_name(S3).owner("amazon").acceptance_required(false);
        let x = silent.clone().service_type(of_type(sdk::ServiceType::Gateway)).build();
        let folded = fold([service(x)].into_iter());
        assert_eq!(folded.len(), 1);
        assert!(folded[0].as_ref().unwrap_err().contains("VpcEndpointPolicySupported"));
        assert!(service(silent.vpc_endpoint_policy_supported(true).build()).unwrap_err().contains("ServiceType"));
    }

    fn offered() -> sdk::ServiceConfiguration {
        sdk::ServiceConfiguration::builder()
            .service_id("vpce-svc-0aa")
            .service_name("com.amazonaws.vpce.eu-west-1.vpce-svc-0aa")
            .service_state(sdk::ServiceState::Available)
            .service_type(of_type(sdk::ServiceType::Interface))
            .acceptance_required(true)
            .network_load_balancer_arns("arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/a/1")
            .build()
    }

    #[test]
    fn a_service_of_the_account_with_its_connections() {
        let connection = |service: &str, endpoint: &str| {
            sdk::VpcEndpointConnection::builder()
                .service_id(service)
                .vpc_endpoint_id(endpoint)
                .vpc_endpoint_owner("444455556666")
                .vpc_endpoint_state(sdk::State::PendingAcceptance)
                .build()
        };
        let given = [("vpce-svc-0aa", "vpce-0bb"), ("vpce-svc-0bb", "vpce-0cc"), ("vpce-svc-0aa", "vpce-0aa")];
        let connections = by_service(given.into_iter().map(|(service, endpoint)| connection(service, endpoint))).unwrap();
        let principals = Observed::Known(vec!["*".to_owned()]);
        let (id, own) = configuration(offered(), principals.clone(), &Ok(connections)).unwrap();
        assert_eq!(id, "vpce-svc-0aa");
        assert_eq!((own.state.as_str(), own.acceptance_required), ("Available", true));
        assert_eq!(own.load_balancer_arns.len(), 1);
        assert_eq!(own.allowed_principals, principals);
        let connected = own.connections.known().unwrap();
        assert_eq!(connected.iter().map(|x| x.endpoint_id.as_str()).collect::<Vec<_>>(), ["vpce-0aa", "vpce-0bb"]);
        assert_eq!(connected[0].state, EndpointState::PendingAcceptance);
    }

    #[test]
    fn unread_connections_are_unknown_and_unnamed_ones_none() {
        let gap = GapId("eu-west-1/ec2:DescribeVpcEndpointConnections".to_owned());
        let (_, own) = configuration(offered(), Observed::Known(Vec::new()), &Err(gap.clone())).unwrap();
        assert_eq!(own.connections.gap(), Some(&gap));
        let (_, own) = configuration(offered(), Observed::Unknown(gap.clone()), &Ok(BTreeMap::new())).unwrap();
        assert_eq!((own.connections.known(), own.allowed_principals.gap()), (Some(&Vec::new()), Some(&gap)));
    }

    #[test]
    fn principals_are_sorted_and_none_is_nameless() {
        let item = Item { id: "vpce-svc-0aa".to_owned() };
        let allowed = |principal: &str| sdk::AllowedPrincipal::builder().principal(principal).build();
        let given = ["arn:aws:iam::444455556666:root", "*"];
        assert_eq!(principals(&item, given.into_iter().map(allowed)).unwrap(), ["*", "arn:aws:iam::444455556666:root"]);
        assert!(principals(&item, [sdk::AllowedPrincipal::builder().build()].into_iter()).is_err());
        assert!(by_service([sdk::VpcEndpointConnection::builder().vpc_endpoint_id("vpce-0aa").build()].into_iter()).is_err());
    }
}
