//! Policies of endpoints.

use super::Case;
use super::endpoints::endpoint;
use super::gateway_endpoints::has_endpoint;
use crate::analyze::Audit;
use crate::fix::{
    Change, ChangeKind, Edit, MAX_ENDPOINT_POLICY, OldPolicy, PolicyAim, admitting_buckets_of_aws, endpoint_policy, refusing,
    with_statements,
};
use crate::model::ec2::VpcEndpoint;
use crate::policy::aws_buckets;

fn put(case: &Case<'_>, endpoint: &VpcEndpoint, policy: String, aim: PolicyAim, what: &str) -> Change {
    let old = endpoint.policy.clone().map_or(OldPolicy::None, OldPolicy::Text);
    Change {
        kind: ChangeKind::ReplaceEndpointPolicy,
        title: format!("{what} in the policy of {}", endpoint.id),
        edits: vec![Edit::PutEndpointPolicy {
            region: case.region.to_owned(),
            endpoint_id: endpoint.id.clone(),
            policy,
            old,
            aim,
        }],
        hazards: Vec::new(),
    }
}

/// Puts the narrowest policy in the place of one that lets everything through.
pub(in crate::analyze) fn replace_full_access(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    let endpoint = endpoint(audit, case)?;
    let scope = audit.policies.scope_of_endpoint(case.region, endpoint);
    let policy = endpoint_policy(&scope, |service| has_endpoint(audit, case.region, &endpoint.vpc_id, service));
    let policy = policy.ok_or_else(|| format!("the names of the actions of {} are not known", endpoint.service_name))?;
    Ok(put(case, endpoint, policy, PolicyAim::AdmitOwnOnly, "admit only own principals and resources"))
}

/// Refuses principals of others on top of what the policy says.
pub(in crate::analyze) fn refuse_foreign_principals(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    refuse(audit, case, "Principal", "refuse principals of others")
}

/// Refuses resources of others on top of what the policy says.
pub(in crate::analyze) fn refuse_foreign_resources(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    refuse(audit, case, "Resource", "refuse resources of others")
}

fn refuse(audit: &Audit<'_>, case: &Case<'_>, whose: &str, what: &str) -> Result<Change, String> {
    let endpoint = endpoint(audit, case)?;
    let scope = audit.policies.scope_of_endpoint(case.region, endpoint);
    let old = endpoint.policy.as_deref().ok_or_else(|| format!("{} has no policy", endpoint.id))?;
    let policy = refusing(&scope, old, whose).ok_or("the policy is too long for one more statement")?;
    Ok(put(case, endpoint, policy, PolicyAim::RefuseMore, what))
}

/// Admits the buckets of AWS that the VPC needs.
pub(in crate::analyze) fn admit_aws_owned(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    let endpoint = endpoint(audit, case)?;
    let old = endpoint.policy.as_deref().ok_or_else(|| format!("{} has no policy", endpoint.id))?;
    let buckets: Vec<_> = aws_buckets(case.region)
        .into_iter()
        .filter(|bucket| !bucket.name.contains('*'))
        .filter(|bucket| bucket.implied_by.is_some_and(|service| has_endpoint(audit, case.region, &endpoint.vpc_id, service)))
        .collect();
    let partition = audit.inventory.account.partition.as_str();
    let statements = admitting_buckets_of_aws(partition, &buckets);
    let policy = with_statements(old, statements, MAX_ENDPOINT_POLICY).ok_or("the policy is too long for one more statement")?;
    Ok(put(case, endpoint, policy, PolicyAim::AdmitMore, "admit the buckets of AWS that the VPC needs"))
}
