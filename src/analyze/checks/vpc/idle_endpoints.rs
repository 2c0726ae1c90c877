//! What the checks of idle endpoints share: which endpoints bill by the hour, and whether one of them carried anything.

use super::endpoints::subject_of;
use crate::analyze::{Audit, Doubt, Evidence, Failure, Subject, Verdict};
use crate::model::RegionInventory;
use crate::model::ec2::{EndpointKind, EndpointState, VpcEndpoint};

/// Whether an endpoint was made within the window of the metrics.
pub(super) fn is_young(region: &RegionInventory, endpoint: &VpcEndpoint) -> bool {
    endpoint.created_at.zip(region.traffic.from).is_some_and(|(created, from)| created > from)
}

/// The region of an endpoint's service, where that is another one.
pub(super) fn far_region<'e>(endpoint: &'e VpcEndpoint, region: &str) -> Option<&'e str> {
    endpoint.service_region.as_deref().filter(|other| *other != region)
}

/// Judges every endpoint of one type; `name_of` says in words what the type is called.
pub(super) fn judge_endpoints(audit: &Audit<'_>, kind: &EndpointKind, name_of: &str) -> Vec<Subject> {
    let (mut subjects, account) = (Vec::new(), &audit.inventory.account.id);
    for (name, region) in audit.regions() {
        for endpoint in region.vpc_endpoints.values().filter(|endpoint| endpoint.kind == *kind) {
            let judged = endpoint.state == EndpointState::Available && endpoint.is_in_hands_of(account);
            let verdict = if judged { judge(name, region, endpoint, name_of) } else { Verdict::NotApplicable };
            subjects.push(subject_of(audit, name, endpoint, verdict));
        }
        subjects.extend(Subject::unlisted(name, "vpc_endpoint", &region.vpc_endpoints));
    }
    subjects
}

fn judge(name: &str, region: &RegionInventory, endpoint: &VpcEndpoint, name_of: &str) -> Verdict {
    let (id, traffic) = (&endpoint.id, &region.traffic);
    let without_answer = |why: String| Verdict::Unknown(Doubt { why, gaps: Vec::new() });
    if let Some(far) = far_region(endpoint, name) {
        return without_answer(format!("{id} leads to {far}, and CloudWatch has no metrics of endpoints to another region"));
    }
    let measured = traffic.vpc_endpoint(id);
    if matches!(measured, Ok(Some(measured)) if measured.bytes_processed.sum > 0) {
        return Verdict::Pass;
    }
    if is_young(region, endpoint) {
        return Verdict::NotApplicable;
    }
    match measured {
        Ok(Some(_)) if traffic.window_days() == 0 => without_answer(format!("no metrics of {id} were read")),
        Ok(Some(_)) if endpoint.created_at.is_none() => without_answer(format!("when {id} was made is not known")),
        Ok(Some(_)) => Verdict::Fail(Box::new(idle(endpoint, name_of, traffic.window_days()))),
        Ok(None) => without_answer(format!("no metrics of {id} were read")),
        Err(gap) => Verdict::Unknown(Doubt::of_gap(format!("the metrics of {id} were not read"), gap)),
    }
}

fn idle(endpoint: &VpcEndpoint, name_of: &str, days: u32) -> Failure {
    let VpcEndpoint { id, service_name, subnet_ids, .. } = endpoint;
    let since = endpoint.created_at.map_or_else(String::new, |created| format!(" since {created}"));
    let zones = match subnet_ids.len() {
        0 => String::new(),
        1 => ", in one zone".to_owned(),
        more => format!(", in each of {more} zones"),
    };
    Failure {
        title: format!("{name_of} {id} to {service_name} carried nothing for {days} days"),
        detail: format!(
            "The endpoint is billed by the hour{zones}, and not a byte passed it in {days} days. Delete it; if it stands by for an \
             emergency, or for work that is done less often, waive this finding with an end date."
        ),
        related: std::iter::once(endpoint.vpc_id.clone()).chain(subnet_ids.iter().cloned()).collect(),
        evidence: vec![
            Evidence::new(format!("{id} is available, there{since}"), "ec2:DescribeVpcEndpoints", id),
            Evidence::new(format!("0 bytes processed in the last {days} days"), "cloudwatch:GetMetricData", id),
        ],
        severity: None,
    }
}
