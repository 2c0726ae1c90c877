//! `vpc-endpoint-not-available`.

use jiff::SignedDuration;

use crate::analyze::check::declare_check;
use crate::analyze::{
    Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict, repairs,
};
use crate::model::ec2::{EndpointState, VpcEndpoint};

declare_check! {
    /// ## What it does
    /// Finds VPC endpoints that carry nothing and will not come up by themselves: state `failed`, `rejected` or `expired`,
    /// or waiting for acceptance longer than `thresholds.pending_acceptance_days` (7 days unless set).
    ///
    /// ## Why it matters
    /// The traffic that the endpoint was made for goes on through the NAT gateway, or nowhere. An interface endpoint is
    /// billed for every hour it exists, whatever its state towards the service.
    ///
    /// ## What it reads
    /// - `ec2:DescribeVpcEndpoints`: `State`, `CreationTimestamp`, `LastError`
    ///
    /// ## When it stays silent
    /// Endpoints that are being made or deleted, and those that wait for acceptance within the time allowed. Without a time
    /// of creation a waiting endpoint is Unknown, as is a state that AWS does not document (`partial` among them).
    ///
    /// ## References
    /// - [EC2 API reference: VpcEndpoint](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html)
    /// - [PrivateLink guide: Accept or reject connection requests](https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html)
    /// - [AWS PrivateLink pricing](https://aws.amazon.com/privatelink/pricing/)
    pub(super) static CHECK = {
        id: "vpc-endpoint-not-available",
        title: "VPC endpoint is out of service",
        severity: Severity::Medium,
        pillar: Pillar::Egress,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Have the service's owner accept the endpoint, or delete it and make it anew.",
            command: "aws ec2 delete-vpc-endpoints --vpc-endpoint-ids <vpc-endpoint-id>",
            url: "https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html",
        },
        repair: Repair::Change(repairs::delete_dead),
        evaluate: judge_endpoints,
    }
}

fn judge_endpoints(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in audit.regions() {
        for endpoint in region.vpc_endpoints.values() {
            let resource = Resource::vpc_endpoint(audit.inventory, name, endpoint);
            subjects.push(Subject::new(name, resource, judge(audit, endpoint)));
        }
        subjects.extend(Subject::unlisted(name, "vpc_endpoint", &region.vpc_endpoints));
    }
    subjects
}

fn judge(audit: &Audit<'_>, endpoint: &VpcEndpoint) -> Verdict {
    match &endpoint.state {
        EndpointState::Available | EndpointState::Pending => Verdict::Pass,
        EndpointState::Deleting | EndpointState::Deleted => Verdict::NotApplicable,
        EndpointState::Failed => dead(
            endpoint,
            "failed",
            "AWS could not make it. The evidence holds its last error where AWS gave one; delete it and make it anew.",
        ),
        EndpointState::Rejected => dead(
            endpoint,
            "was rejected",
            "The owner of the service refused it. Delete it, and ask the owner before making it anew.",
        ),
        EndpointState::Expired => dead(
            endpoint,
            "expired",
            "The owner of the service did not accept it in time. Delete it and make it anew once the owner is ready.",
        ),
        EndpointState::PendingAcceptance => judge_waiting(audit, endpoint),
        EndpointState::Partial | EndpointState::Other(_) => Verdict::Unknown(Doubt {
            why: format!("AWS documents no meaning for the state {} of an endpoint", endpoint.state),
            gaps: Vec::new(),
        }),
    }
}

fn judge_waiting(audit: &Audit<'_>, endpoint: &VpcEndpoint) -> Verdict {
    let allowed_days = audit.settings.thresholds.pending_acceptance_days;
    let Some(created_at) = endpoint.created_at else {
        let why = format!("{} waits for acceptance, and the answer does not say since when", endpoint.id);
        return Verdict::Unknown(Doubt { why, gaps: Vec::new() });
    };
    let waited = audit.inventory.taken_at.duration_since(created_at);
    if waited <= SignedDuration::from_hours(24 * i64::from(allowed_days)) {
        return Verdict::Pass;
    }
    let days = waited.as_hours() / 24;
    let mut failure = failure(
        endpoint,
        format!("{} has waited {days} days for acceptance by {}", endpoint.id, endpoint.service_name),
        format!(
            "The owner of the service has yet to accept the endpoint, {days} days after it was made ({allowed_days} are allowed for \
             here). Ask the owner to accept it, or delete it."
        ),
    );
    failure.evidence.push(Evidence::new(format!("made at {created_at}"), "ec2:DescribeVpcEndpoints", &endpoint.id));
    Verdict::Fail(Box::new(failure))
}

fn dead(endpoint: &VpcEndpoint, fate: &str, detail: &str) -> Verdict {
    let title = format!("{} to {} {fate}", endpoint.id, endpoint.service_name);
    Verdict::Fail(Box::new(failure(endpoint, title, format!("The endpoint carries nothing. {detail}"))))
}

fn failure(endpoint: &VpcEndpoint, title: String, detail: String) -> Failure {
    let source = "ec2:DescribeVpcEndpoints";
    let mut evidence = vec![Evidence::new(format!("state {}", endpoint.state), source, &endpoint.id)];
    evidence.extend(endpoint.last_error.iter().map(|error| Evidence::new(format!("last error: {error}"), source, &endpoint.id)));
    Failure { title, detail, related: vec![endpoint.vpc_id.clone()], evidence, severity: None }
}
