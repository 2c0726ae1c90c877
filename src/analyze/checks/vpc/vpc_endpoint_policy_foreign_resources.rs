//! `vpc-endpoint-policy-foreign-resources`.

use super::endpoint_policies::{Guarded, judge_policies};
use crate::analyze::check::declare_check;
use crate::analyze::{Audit, Failure, Pillar, Remediation, Repair, Severity, Subject, Verdict, repairs};
use crate::policy::Question;

declare_check! {
    /// ## What it does
    /// Finds endpoints whose policy refuses something, yet lets requests through to resources that belong neither to the account
    /// nor to its organization nor to the trusted list nor to AWS.
    ///
    /// ## Why it matters
    /// It is a way out for data: a host in a private subnet writes to a bucket, queue or table of somebody else, and no filter on
    /// the way to the internet sees it. A policy that looks right because it names the own principals leaves this open.
    ///
    /// ## What it reads
    /// - `ec2:DescribeVpcEndpoints`: `PolicyDocument`
    /// - `ec2:DescribeVpcEndpointServices`: whether the service honours policies
    /// - `organizations:DescribeOrganization`, `organizations:ListAccounts`: who counts as inside
    ///
    /// ## When it stays silent
    /// Endpoints of services without endpoint policies, of another account, made by an AWS service, or out of service (failed,
    /// rejected, expired, deleted) are not judged.
    /// A policy that refuses nothing is left to `vpc-endpoint-policy-full-access`.
    /// Buckets that AWS owns and hosts read from count as inside. What cannot be decided, as while the
    /// organization was not read, gives Unknown.
    ///
    /// ## References
    /// - [PrivateLink guide: Control access to VPC endpoints using endpoint policies](https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html)
    /// - [IAM guide: Establish permissions guardrails using data perimeters](https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html)
    pub(super) static CHECK = {
        id: "vpc-endpoint-policy-foreign-resources",
        title: "Endpoint policy lets requests to foreign resources through",
        severity: Severity::High,
        pillar: Pillar::Privilege,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Ask in every Allow statement for aws:ResourceOrgID or aws:ResourceAccount with your own ids, and list the buckets of AWS that hosts need apart.",
            command: "aws ec2 modify-vpc-endpoint --vpc-endpoint-id <vpc-endpoint-id> --policy-document file://<policy.json>",
            url: "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html",
        },
        repair: Repair::Change(repairs::refuse_foreign_resources),
        evaluate: judge_endpoints,
    }
}

fn judge_endpoints(audit: &Audit<'_>) -> Vec<Subject> {
    judge_policies(audit, |guarded| (judge(guarded), Some(Question::ForeignResources)))
}

fn judge(guarded: Guarded<'_>) -> Verdict {
    guarded.leak(Question::ForeignResources, |answer| Failure {
            title: format!(
                "Policy of {} to {} lets requests to resources of other accounts through",
                guarded.endpoint.id,
                guarded.service()
            ),
            detail: format!(
                "Data can leave through the endpoint to a resource that somebody else owns.{} Ask in every Allow statement for aws:ResourceOrgID or aws:ResourceAccount; if the account outside is a partner, put it on the trusted list of the \
                 settings.",
                Guarded::example(answer)
            ),
            related: vec![guarded.endpoint.vpc_id.clone()],
            evidence: vec![guarded.evidence(answer.why.clone())],
            severity: None,
        })
}
