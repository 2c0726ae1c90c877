//! `vpc-endpoint-policy-foreign-principals`.

use super::endpoint_policies::{Guarded, judge_policies};
use crate::analyze::check::declare_check;
use crate::analyze::{Audit, Failure, Pillar, Remediation, Repair, Severity, Subject, Verdict, repairs};
use crate::policy::Question;

declare_check! {
    /// ## What it does
    /// Finds endpoints whose policy refuses something, yet lets principals through that belong neither to the account nor to its
    /// organization nor to the trusted list of the settings.
    ///
    /// ## Why it matters
    /// Somebody inside the VPC who brings credentials of his own account uses them through the endpoint: that is how data leaves
    /// for a bucket that he owns. A policy that admits the own principals only stops him, whatever he asks for.
    ///
    /// ## What it reads
    /// - `ec2:DescribeVpcEndpoints`: `PolicyDocument`
    /// - `ec2:DescribeVpcEndpointServices`: whether the service honours policies
    /// - `organizations:DescribeOrganization`, `organizations:ListAccounts`: who counts as inside
    ///
    /// ## When it stays silent
    /// Endpoints of services without endpoint policies, of another account, made by an AWS service, or out of service (failed,
    /// rejected, expired, deleted) are not judged.
    /// Strangers who get to nothing but the buckets of AWS that hosts need (layers of images, packages, agents) are none: AWS's own
    /// examples admit everybody there. A policy that refuses nothing is left to `vpc-endpoint-policy-full-access`. What cannot be decided, as while the
    /// organization was not read, gives Unknown.
    ///
    /// ## References
    /// - [PrivateLink guide: Control access to VPC endpoints using endpoint policies](https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html)
    /// - [IAM guide: Establish permissions guardrails using data perimeters](https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html)
    pub(super) static CHECK = {
        id: "vpc-endpoint-policy-foreign-principals",
        title: "Endpoint policy lets foreign principals through",
        severity: Severity::Medium,
        pillar: Pillar::Privilege,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Ask in every Allow statement for aws:PrincipalOrgID or aws:PrincipalAccount with your own ids.",
            command: "aws ec2 modify-vpc-endpoint --vpc-endpoint-id <vpc-endpoint-id> --policy-document file://<policy.json>",
            url: "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html",
        },
        repair: Repair::Change(repairs::refuse_foreign_principals),
        evaluate: judge_endpoints,
    }
}

fn judge_endpoints(audit: &Audit<'_>) -> Vec<Subject> {
    judge_policies(audit, |guarded| (judge(guarded), Some(Question::ExternalPrincipals)))
}

fn judge(guarded: Guarded<'_>) -> Verdict {
    guarded.leak(Question::ExternalPrincipals, |answer| Failure {
            title: format!(
                "Policy of {} to {} lets principals of other accounts through",
                guarded.endpoint.id,
                guarded.service()
            ),
            detail: format!(
                "Credentials that somebody brings into the VPC from an account outside work through the endpoint.{} Ask in every Allow statement for aws:PrincipalOrgID or aws:PrincipalAccount; if the account outside is a partner, put it on the trusted list of the \
                 settings.",
                Guarded::example(answer)
            ),
            related: vec![guarded.endpoint.vpc_id.clone()],
            evidence: vec![guarded.evidence(answer.why.clone())],
            severity: None,
        })
}
