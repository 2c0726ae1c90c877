//! `vpc-interface-endpoint-idle`.

use super::idle_endpoints;
use crate::analyze::check::declare_check;
use crate::analyze::{Audit, Pillar, Remediation, Repair, Severity, Subject, repairs};
use crate::model::ec2::EndpointKind;

declare_check! {
    /// ## What it does
    /// Finds available interface endpoints that processed 0 bytes in the whole lookback window, to services of AWS and of others.
    ///
    /// ## Why it matters
    /// An interface endpoint is billed for every hour and zone it exists in, used or not.
    ///
    /// ## What it reads
    /// - `ec2:DescribeVpcEndpoints`: type, state, creation time and zones
    /// - `cloudwatch:GetMetricData`: `AWS/PrivateLinkEndpoints` `BytesProcessed`, Sum per day
    ///
    /// ## When it stays silent
    /// An endpoint made within the window is not judged before it carried something. Endpoints of another account, and those that
    /// an AWS service made and keeps, are not judged either: nobody here can delete them. CloudWatch reports the metric only
    /// when traffic flowed, so days without a value count as 0 where the call succeeded; metrics that were not read give
    /// Unknown, as do endpoints to another region, which have none.
    ///
    /// ## References
    /// - [PrivateLink guide: CloudWatch metrics for AWS PrivateLink](https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html)
    /// - [PrivateLink guide: Delete an interface endpoint](https://docs.aws.amazon.com/vpc/latest/privatelink/delete-interface-endpoint.html)
    pub(super) static CHECK = {
        id: "vpc-interface-endpoint-idle",
        title: "Interface endpoint is used by nobody",
        severity: Severity::Medium,
        pillar: Pillar::Cost,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Delete the endpoint.",
            command: "aws ec2 delete-vpc-endpoints --vpc-endpoint-ids <vpc-endpoint-id>",
            url: "https://docs.aws.amazon.com/vpc/latest/privatelink/delete-interface-endpoint.html",
        },
        repair: Repair::Change(repairs::delete_unneeded),
        evaluate: judge_endpoints,
    }
}

fn judge_endpoints(audit: &Audit<'_>) -> Vec<Subject> {
    idle_endpoints::judge_endpoints(audit, &EndpointKind::Interface, "Interface endpoint")
}
