//! `vpc-endpoint-policy-denies-all`.

use super::endpoint_policies::{Guarded, judge_policies};
use crate::analyze::check::declare_check;
use crate::analyze::{Audit, Failure, Pillar, Remediation, Repair, Severity, Subject, Verdict};
use crate::policy::{Effect, Question};

declare_check! {
    /// ## What it does
    /// Finds endpoints whose policy lets no request through: it grants nothing, denies again what it grants, or grants what no
    /// request ever asks for.
    ///
    /// ## Why it matters
    /// Route tables and private DNS send requests into the endpoint, where each is refused: the service cannot be used from the
    /// VPC. An interface endpoint is billed for every hour all the same.
    ///
    /// ## What it reads
    /// - `ec2:DescribeVpcEndpoints`: `PolicyDocument`
    /// - `ec2:DescribeVpcEndpointServices`: whether the service honours policies
    ///
    /// ## When it stays silent
    /// Endpoints of services without endpoint policies, of another account, made by an AWS service, or out of service (failed,
    /// rejected, expired, deleted) are not judged.
    /// A policy that cannot be decided gives Unknown. An endpoint that is shut on purpose is better deleted; else waive the finding.
    ///
    /// ## References
    /// - [PrivateLink guide: Control access to VPC endpoints using endpoint policies](https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html)
    /// - [PrivateLink guide: Gateway endpoints for Amazon S3, endpoint policies](https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html)
    pub(super) static CHECK = {
        id: "vpc-endpoint-policy-denies-all",
        title: "Endpoint policy lets no request through",
        severity: Severity::Medium,
        pillar: Pillar::Privilege,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Grant the requests that the VPC needs, or delete the endpoint.",
            command: "aws ec2 modify-vpc-endpoint --vpc-endpoint-id <vpc-endpoint-id> --policy-document file://<policy.json>",
            url: "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html",
        },
        repair: Repair::Decision("what the endpoint is for has to be known: grant that, or delete it"),
        evaluate: judge_endpoints,
    }
}

fn judge_endpoints(audit: &Audit<'_>) -> Vec<Subject> {
    judge_policies(audit, |guarded| (judge(guarded), None))
}

fn judge(guarded: Guarded<'_>) -> Verdict {
    let answer = match guarded.holds(Question::AllowsNothing) {
        Err(doubt) => return Verdict::Unknown(doubt),
        Ok(None) => return Verdict::Pass,
        Ok(Some(answer)) => answer,
    };
    let mut evidence = vec![guarded.evidence(answer.why.clone())];
    for (effect, word) in [(Effect::Allow, "granting"), (Effect::Deny, "denying")] {
        let names = guarded.statements(effect);
        evidence.extend((!names.is_empty()).then(|| guarded.evidence(format!("{word}: {names}"))));
    }
    Verdict::Fail(Box::new(Failure {
        title: format!("Policy of {} to {} lets no request through", guarded.endpoint.id, guarded.service()),
        detail: format!(
            "Every request that enters {} is refused ({}). Grant what {} needs, or delete the endpoint so that requests find another way.",
            guarded.endpoint.id, answer.why, guarded.endpoint.vpc_id
        ),
        related: vec![guarded.endpoint.vpc_id.clone()],
        evidence,
        severity: None,
    }))
}
