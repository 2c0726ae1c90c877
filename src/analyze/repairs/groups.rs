//! Security groups.

use ipnet::IpNet;

use super::{Case, all_read, find, owned};
use crate::analyze::Audit;
use crate::fix::{Change, ChangeKind, Edit, admits_https};
use crate::model::ec2::{Direction, RulePeer, SecurityGroupRule};

/// The rules of a group of the finding's region.
pub(super) fn rules_of<'a>(
    audit: &Audit<'a>,
    case: &Case<'_>,
    group_id: &str,
) -> impl Iterator<Item = SecurityGroupRule> + use<'a> {
    let rules: Vec<&SecurityGroupRule> =
        audit.rules(case.region).map(|rules| rules.of_group(group_id).to_vec()).unwrap_or_default();
    rules.into_iter().cloned()
}

/// Takes out the rules that name groups which are gone.
pub(in crate::analyze) fn revoke_stale(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    let region = case.inventory(audit)?;
    let group = find(&region.security_groups, &case.resource.id)?;
    owned(audit, &group.owner_id, &group.id)?;
    let stale = |rule: &SecurityGroupRule| match &rule.peer {
        RulePeer::Group { id, .. } => case.related.contains(id),
        RulePeer::Ipv4(_) | RulePeer::Ipv6(_) | RulePeer::PrefixList(_) | RulePeer::Unknown => false,
    };
    let rules: Vec<SecurityGroupRule> = rules_of(audit, case, &group.id).filter(stale).collect();
    revoke(case, &group.id, rules, ChangeKind::RevokeRules, "that name groups which are gone")
}

/// Empties a default group that no interface carries.
pub(in crate::analyze) fn empty_default(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    let region = case.inventory(audit)?;
    if let Some(carrier) = region.network_interfaces.values().find(|interface| interface.group_ids.contains(&case.resource.id)) {
        return Err(format!("{} carries it: give what uses it a group of its own first", carrier.id));
    }
    all_read(&region.network_interfaces, "network interface")?;
    revoke(
        case,
        &case.resource.id,
        rules_of(audit, case, &case.resource.id).collect(),
        ChangeKind::RevokeRules,
        "of a default group that nothing carries",
    )
}

fn revoke(
    case: &Case<'_>,
    group_id: &str,
    rules: Vec<SecurityGroupRule>,
    kind: ChangeKind,
    which: &str,
) -> Result<Change, String> {
    if rules.is_empty() {
        return Err(format!("no rule of {group_id} is left to take out"));
    }
    let ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    let title = format!("revoke {} of {group_id}, {which}", ids.join(", "));
    let edit = Edit::RevokeRules { region: case.region.to_owned(), group_id: group_id.to_owned(), rules };
    Ok(Change { kind, title, edits: vec![edit], hazards: Vec::new() })
}

/// Deletes a group that nothing uses.
pub(in crate::analyze) fn delete_unused(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    let region = case.inventory(audit)?;
    let group = find(&region.security_groups, &case.resource.id)?;
    let rules = rules_of(audit, case, &group.id).collect();
    Ok(Change {
        kind: ChangeKind::DeleteGroup,
        title: format!("delete security group {} ({})", group.id, group.name),
        edits: vec![Edit::DeleteGroup { region: case.region.to_owned(), group: group.clone(), rules }],
        hazards: vec!["Launch templates, Auto Scaling groups and service definitions may name it: they are not read.".to_owned()],
    })
}

/// Puts the blocks of the VPC in the place of the sources beyond its networks.
pub(in crate::analyze) fn narrow_endpoint_group(audit: &Audit<'_>, case: &Case<'_>) -> Result<Change, String> {
    let region = case.inventory(audit)?;
    let group_id = &case.resource.id;
    let group = find(&region.security_groups, group_id)?;
    owned(audit, &group.owner_id, group_id)?;
    all_read(&region.network_interfaces, "network interface")?;
    let endpoints: Vec<&str> = case.related_with("vpce-");
    let of_endpoint = |id: &String| {
        endpoints
            .iter()
            .filter_map(|one| region.vpc_endpoints.get(one))
            .any(|endpoint| endpoint.network_interface_ids.contains(id))
    };
    if let Some(other) = region.network_interfaces.values().find(|one| one.group_ids.contains(group_id) && !of_endpoint(&one.id))
    {
        return Err(format!(
            "{} carries {group_id} as well and may need what its rules admit: give the endpoints a group of their own first",
            other.id
        ));
    }
    let vpcs = case.related_with("vpc-").into_iter().filter_map(|id| region.vpcs.get(id));
    let inside: Vec<IpNet> = vpcs
        .flat_map(|vpc| vpc.ipv4_cidrs.iter().map(|net| IpNet::V4(*net)).chain(vpc.ipv6_cidrs.iter().map(|net| IpNet::V6(*net))))
        .collect();
    let wide = |rule: &SecurityGroupRule| {
        let block = match &rule.peer {
            RulePeer::Ipv4(net) => IpNet::V4(*net),
            RulePeer::Ipv6(net) => IpNet::V6(*net),
            RulePeer::PrefixList(_) | RulePeer::Group { .. } | RulePeer::Unknown => return false,
        };
        rule.direction == Direction::Ingress && !inside.iter().any(|own| own.contains(&block))
    };
    let rules: Vec<SecurityGroupRule> = rules_of(audit, case, group_id).filter(wide).collect();
    let mut change = revoke(case, group_id, rules, ChangeKind::NarrowGroup, "and admit TCP 443 from the blocks of the VPC")?;
    let missing = inside.into_iter().filter(|from| !admits_https(region, group_id, *from));
    let admit = missing.map(|from| Edit::AdmitHttps { region: case.region.to_owned(), group_id: group_id.clone(), from });
    // First the new rules, so that nobody is shut out in between.
    let revoked = std::mem::take(&mut change.edits);
    change.edits = admit.chain(revoked).collect();
    change.hazards.push("Clients in networks that natless does not see, such as those behind a VPN, are shut out where only the wide rules admitted them.".to_owned());
    Ok(change)
}
