//! `vpc-gwlb-endpoint-idle`.

use super::idle_endpoints;
use crate::analyze::check::declare_check;
use crate::analyze::{Audit, Pillar, Remediation, Repair, Severity, Subject, repairs};
use crate::model::ec2::EndpointKind;

declare_check! {
    /// ## What it does
    /// Finds available Gateway Load Balancer endpoints that processed 0 bytes in the whole lookback window.
    ///
    /// ## Why it matters
    /// The endpoint is billed for every hour it exists. If traffic was meant to be inspected behind it, that does not happen.
    ///
    /// ## What it reads
    /// - `ec2:DescribeVpcEndpoints`: type, state, creation time and zone
    /// - `cloudwatch:GetMetricData`: `AWS/PrivateLinkEndpoints` `BytesProcessed`, Sum per day
    ///
    /// ## When it stays silent
    /// An endpoint made within the window is not judged before it carried something. Endpoints of another account, and those that
    /// an AWS service made and keeps, as AWS Network Firewall does, are not judged either. CloudWatch reports the metric only
    /// when traffic flowed, so days without a value count as 0 where the call succeeded; metrics that were not read give
    /// Unknown. Whether a route leads to the endpoint is the matter of `vpc-gwlb-endpoint-unrouted`.
    ///
    /// ## References
    /// - [PrivateLink guide: CloudWatch metrics for AWS PrivateLink](https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html)
    /// - [PrivateLink guide: Access an inspection system using a Gateway Load Balancer endpoint](https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-load-balancer-endpoints.html)
    pub(super) static CHECK = {
        id: "vpc-gwlb-endpoint-idle",
        title: "Gateway Load Balancer endpoint is used by nobody",
        severity: Severity::Medium,
        pillar: Pillar::Cost,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Route the traffic that is to be inspected to the endpoint, or delete the routes that lead to it and then the endpoint.",
            command: "aws ec2 delete-vpc-endpoints --vpc-endpoint-ids <vpc-endpoint-id>",
            url: "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-load-balancer-endpoints.html",
        },
        repair: Repair::Change(repairs::delete_unneeded),
        evaluate: judge_endpoints,
    }
}

fn judge_endpoints(audit: &Audit<'_>) -> Vec<Subject> {
    idle_endpoints::judge_endpoints(audit, &EndpointKind::GatewayLoadBalancer, "Gateway Load Balancer endpoint")
}
