//! `vpc-endpoint-service-any-principal`.

use crate::analyze::check::declare_check;
use crate::analyze::checks::words::few;
use crate::analyze::{
    Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict, repairs,
};
use crate::model::ec2::EndpointServiceConfiguration;

declare_check! {
    /// ## What it does
    /// Finds endpoint services of the account that any principal of any AWS account may connect to: `*` is among the allowed
    /// principals. It is medium where each connection has to be accepted.
    ///
    /// ## Why it matters
    /// Everybody who learns the service's name can make an endpoint to it and stands before its load balancer on a private
    /// path, with addresses that tell nothing. Where acceptance is required, a person or a program that accepts is all that is
    /// in between.
    ///
    /// ## What it reads
    /// - `ec2:DescribeVpcEndpointServiceConfigurations`: the services, `AcceptanceRequired`
    /// - `ec2:DescribeVpcEndpointServicePermissions`: the allowed principals
    /// - `ec2:DescribeVpcEndpointConnections`: whose endpoints are connected
    ///
    /// ## When it stays silent
    /// A principal of another account, or the whole of one (`arn:aws:iam::222233334444:root`), is somebody that was chosen. A
    /// service that is being deleted, or could not be made, is not judged. Principals that were not read give Unknown.
    ///
    /// ## References
    /// - [PrivateLink guide: Manage permissions of an endpoint service](https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html)
    /// - [PrivateLink guide: Accept or reject connection requests](https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html#accept-reject-connection-requests)
    pub(super) static CHECK = {
        id: "vpc-endpoint-service-any-principal",
        title: "Endpoint service may be used by anybody",
        severity: Severity::High,
        pillar: Pillar::Privilege,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Name the accounts that may connect, and take `*` out.",
            command: "aws ec2 modify-vpc-endpoint-service-permissions --service-id <service-id> --add-allowed-principals <principal-arn> --remove-allowed-principals '*'",
            url: "https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html",
        },
        repair: Repair::Change(repairs::restrict_service),
        evaluate: judge_services,
    }
}

fn judge_services(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in audit.regions() {
        for service in region.endpoint_service_configurations.values() {
            let verdict = judge(&audit.inventory.account.id, service);
            subjects.push(Subject::new(name, Resource::endpoint_service(audit.inventory, name, service), verdict));
        }
        let listing = &region.endpoint_service_configurations;
        subjects.extend(Subject::unlisted(name, "vpc_endpoint_service", listing));
    }
    subjects
}

fn judge(account: &str, service: &EndpointServiceConfiguration) -> Verdict {
    // Source: `ServiceState` of `ServiceConfiguration` in the EC2 API reference.
    if ["deleting", "deleted", "failed"].contains(&service.state.to_ascii_lowercase().as_str()) {
        return Verdict::NotApplicable;
    }
    match service.allowed_principals.as_result() {
        Ok(principals) if principals.iter().any(|principal| principal == "*") => {
            Verdict::Fail(Box::new(open(account, service, principals)))
        }
        Ok(_) => Verdict::Pass,
        Err(gap) => Verdict::Unknown(Doubt::of_gap(format!("the principals that {} allows were not read", service.id), gap)),
    }
}

fn open(account: &str, service: &EndpointServiceConfiguration, principals: &[String]) -> Failure {
    let EndpointServiceConfiguration { id, acceptance_required, .. } = service;
    let acceptance = if *acceptance_required { "must be accepted" } else { "is accepted by itself" };
    let mut evidence = vec![
        Evidence::new(format!("allowed principals: {}", few(principals)), "ec2:DescribeVpcEndpointServicePermissions", id),
        Evidence::new(format!("each connection {acceptance}"), "ec2:DescribeVpcEndpointServiceConfigurations", id),
    ];
    let connected = service.connections.known().into_iter().flatten().filter(|connection| connection.owner_id != account);
    let foreign: Vec<String> =
        connected.map(|one| format!("{} of account {} ({})", one.endpoint_id, one.owner_id, one.state)).collect();
    if !foreign.is_empty() {
        evidence.push(Evidence::new(format!("connected: {}", few(&foreign)), "ec2:DescribeVpcEndpointConnections", id));
    }
    Failure {
        title: format!("Any AWS account may connect to endpoint service {id}"),
        detail: format!(
            "The service allows the principal `*`, and each connection {acceptance}. Name the accounts that may connect, and take `*` out: \
             connections that exist stay."
        ),
        related: service.load_balancer_arns.clone(),
        evidence,
        severity: acceptance_required.then_some(Severity::Medium),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::analyze::fixtures::failures;

    #[test]
    fn acceptance_makes_it_medium_and_foreign_connections_are_told() {
        let found = |acceptance: bool| {
            let service = json!({
                "acceptance_required": acceptance, "allowed_principals": { "known": ["*"] },
                "connections": { "known": [
                    { "endpoint_id": "vpce-0own", "owner_id": "111122223333", "state": "available" },
                    { "endpoint_id": "vpce-0far", "owner_id": "444455556666", "state": "available" },
                ] },
            });
            let account =
                json!({ "regions": { "eu-west-1": { "endpoint_service_configurations": { "vpce-svc-0aa": service } } } });
            failures(&CHECK, &account).remove(0)
        };
        assert_eq!((found(false).severity, found(true).severity), (None, Some(Severity::Medium)));
        assert_eq!(found(false).evidence[2].fact, "connected: vpce-0far of account 444455556666 (available)");
    }
}
