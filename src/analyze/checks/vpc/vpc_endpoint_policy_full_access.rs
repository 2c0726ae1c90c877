//! `vpc-endpoint-policy-full-access`.

use super::endpoint_policies::{Guarded, judge_policies};
use crate::analyze::check::declare_check;
use crate::analyze::{Audit, Failure, Pillar, Remediation, Repair, Severity, Subject, Verdict, repairs};
use crate::policy::{Effect, Question};

declare_check! {
    /// ## What it does
    /// Finds endpoints whose policy refuses no request at all: the policy that AWS gives a new endpoint, or one that comes to the
    /// same.
    ///
    /// ## Why it matters
    /// Such an endpoint carries requests with anybody's credentials to anybody's resources. Malware that brings its own access key
    /// copies data from a private subnet into a bucket of its own through it, past every filter on the way to the internet.
    ///
    /// ## What it reads
    /// - `ec2:DescribeVpcEndpoints`: `PolicyDocument`
    /// - `ec2:DescribeVpcEndpointServices`: whether the service honours policies
    ///
    /// ## When it stays silent
    /// Endpoints of services without endpoint policies, of another account, made by an AWS service, or out of service (failed,
    /// rejected, expired, deleted) are not judged.
    /// A policy that refuses some requests passes here, however few: whom and what it lets through is judged by
    /// `vpc-endpoint-policy-foreign-principals` and `vpc-endpoint-policy-foreign-resources`. A policy that cannot be decided gives
    /// Unknown.
    ///
    /// ## References
    /// - [PrivateLink guide: Control access to VPC endpoints using endpoint policies](https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html)
    /// - [IAM guide: Establish permissions guardrails using data perimeters](https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html)
    pub(super) static CHECK = {
        id: "vpc-endpoint-policy-full-access",
        title: "Endpoint policy lets every request through",
        severity: Severity::Medium,
        pillar: Pillar::Privilege,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Replace the policy by one that admits the account's or organization's own principals and resources, and the buckets of AWS that hosts need.",
            command: "aws ec2 modify-vpc-endpoint --vpc-endpoint-id <vpc-endpoint-id> --policy-document file://<policy.json>",
            url: "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html",
        },
        repair: Repair::Change(repairs::replace_full_access),
        evaluate: judge_endpoints,
    }
}

fn judge_endpoints(audit: &Audit<'_>) -> Vec<Subject> {
    judge_policies(audit, |guarded| (judge(guarded), Some(Question::ForeignResources)))
}

fn judge(guarded: Guarded<'_>) -> Verdict {
    match guarded.holds(Question::AllowsEverything) {
        Err(doubt) => Verdict::Unknown(doubt),
        Ok(None) => Verdict::Pass,
        Ok(Some(answer)) => Verdict::Fail(Box::new(Failure {
            title: format!("Policy of {} to {} lets every request through", guarded.endpoint.id, guarded.service()),
            detail: format!(
                "Anybody's credentials reach anybody's resources through {}, which makes it a way out for data. Replace the policy by one that \
                 admits the account's or organization's own principals (aws:PrincipalOrgID or aws:PrincipalAccount) and resources \
                 (aws:ResourceOrgID or aws:ResourceAccount), and the buckets of AWS that hosts need.",
                guarded.endpoint.id
            ),
            related: vec![guarded.endpoint.vpc_id.clone()],
            evidence: vec![guarded.evidence(format!("{}: granted by {}", answer.why, guarded.statements(Effect::Allow)))],
            severity: None,
        })),
    }
}
