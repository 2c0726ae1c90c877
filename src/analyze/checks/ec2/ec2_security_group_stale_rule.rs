//! `ec2-security-group-stale-rule`.

use crate::analyze::check::declare_check;
use crate::analyze::checks::group_rules::{Rules, describe};
use crate::analyze::checks::words::few;
use crate::analyze::{
    Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict, repairs,
};
use crate::model::RegionInventory;
use crate::model::ec2::{PeeringState, RulePeer, SecurityGroup, SecurityGroupRule};

declare_check! {
    /// ## What it does
    /// Finds security groups with rules, inbound or outbound, that name a group which is gone: it is not in the account's list,
    /// or it was reached over a VPC peering connection that was deleted, rejected or has expired. One finding per group.
    ///
    /// ## Why it matters
    /// Such a rule admits nobody, and reads as if it did. It hides what the group really allows, and counts against the quota
    /// of rules.
    ///
    /// ## What it reads
    /// - `ec2:DescribeSecurityGroups`: which groups there are
    /// - `ec2:DescribeSecurityGroupRules`: `ReferencedGroupInfo` of each rule
    /// - `ec2:DescribeVpcPeeringConnections`: whether the connection of a rule still exists
    ///
    /// ## When it stays silent
    /// Groups of another account behind a living peering connection, a transit gateway or in a shared VPC cannot be seen from
    /// here: such a rule is not judged, and neither is a group that has no other one. Rules that name their own group are never
    /// stale. Groups that another account owns are not judged. Groups, rules or connections that were not read give Unknown.
    ///
    /// ## References
    /// - [EC2 API reference: DescribeStaleSecurityGroups](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeStaleSecurityGroups.html)
    /// - [VPC peering guide: Work with stale security group rules](https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html)
    pub(super) static CHECK = {
        id: "ec2-security-group-stale-rule",
        title: "Security group rule names a group that is gone",
        severity: Severity::Low,
        pillar: Pillar::Privilege,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Revoke the rule, or name the group that took the place of the one that is gone.",
            command: "aws ec2 revoke-security-group-ingress --group-id <group-id> --security-group-rule-ids <rule-id>",
            url: "https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html",
        },
        repair: Repair::Change(repairs::revoke_stale),
        evaluate: judge_groups,
    }
}

fn judge_groups(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in audit.regions() {
        let Some(rules) = audit.rules(name) else { continue };
        for group in region.security_groups.values() {
            let own = group.owner_id == audit.inventory.account.id;
            let verdict = if own { judge(region, group, rules) } else { Verdict::NotApplicable };
            subjects.push(Subject::new(name, Resource::security_group(audit.inventory, name, group), verdict));
        }
        subjects.extend(Subject::unlisted(name, "security_group", &region.security_groups));
    }
    subjects
}

fn judge(region: &RegionInventory, group: &SecurityGroup, rules: &Rules<'_>) -> Verdict {
    let (mut stale, mut doubts, mut there) = (Vec::new(), Vec::new(), false);
    for rule in rules.of_group(&group.id) {
        match peer_of(region, group, rule) {
            Peer::NoneToFind => {}
            Peer::There => there = true,
            Peer::Gone(why) => stale.push((*rule, why)),
            Peer::Unsure(doubt) => doubts.push(doubt),
        }
    }
    if !stale.is_empty() {
        return Verdict::Fail(Box::new(with_stale_rules(group, &stale)));
    }
    doubts.extend(rules.doubt_about(&group.id));
    match Doubt::join(doubts) {
        Some(doubt) => Verdict::Unknown(doubt),
        None if there => Verdict::Pass,
        None => Verdict::NotApplicable,
    }
}

/// What became of the group that a rule names.
enum Peer {
    /// The rule names none, itself, or one that cannot be seen from here.
    NoneToFind,
    There,
    /// Gone, and how that is known.
    Gone(String),
    Unsure(Doubt),
}

fn peer_of(region: &RegionInventory, group: &SecurityGroup, rule: &SecurityGroupRule) -> Peer {
    let (id, owner_id, connection) = match &rule.peer {
        RulePeer::Group { id, owner_id, peering_connection_id, .. } if *id != rule.group_id => {
            let foreign = owner_id.as_deref().filter(|owner| *owner != group.owner_id);
            (id, foreign, peering_connection_id.as_deref())
        }
        RulePeer::Group { .. } | RulePeer::Ipv4(_) | RulePeer::Ipv6(_) | RulePeer::PrefixList(_) => return Peer::NoneToFind,
        RulePeer::Unknown => {
            let why = format!("{} names a peer that natless does not know", rule.id);
            return Peer::Unsure(Doubt { why, gaps: Vec::new() });
        }
    };
    if let Some(connection) = connection {
        match region.peering_connections.find(connection) {
            Ok(Some(peering)) if is_dead(&peering.state) => {
                return Peer::Gone(format!("{connection}, over which {id} was reached, is {}", peering.state));
            }
            Ok(Some(_)) => {}
            Ok(None) => return Peer::Gone(format!("the account has no {connection}, over which {id} was reached")),
            Err(gap) => {
                let why = format!("whether {connection}, over which {} names {id}, still exists was not read", rule.id);
                return Peer::Unsure(Doubt::of_gap(why, gap));
            }
        }
    }
    match (region.security_groups.find(id), owner_id) {
        (Ok(Some(_)), _) => Peer::There,
        // Another account's groups are listed only where it shares them.
        (Ok(None) | Err(_), Some(_)) => Peer::NoneToFind,
        (Ok(None), None) => Peer::Gone(format!("the account has no group {id}")),
        (Err(gap), None) => {
            Peer::Unsure(Doubt::of_gap(format!("whether {id}, which {} names, exists was not read", rule.id), gap))
        }
    }
}

fn is_dead(state: &PeeringState) -> bool {
    match state {
        PeeringState::Deleted | PeeringState::Rejected | PeeringState::Expired | PeeringState::Failed => true,
        PeeringState::InitiatingRequest
        | PeeringState::PendingAcceptance
        | PeeringState::Provisioning
        | PeeringState::Active
        | PeeringState::Deleting
        | PeeringState::Other(_) => false,
    }
}

fn with_stale_rules(group: &SecurityGroup, stale: &[(&SecurityGroupRule, String)]) -> Failure {
    let id = &group.id;
    let rules: Vec<&str> = stale.iter().map(|(rule, _)| rule.id.as_str()).collect();
    let mut related: Vec<String> = vec![group.vpc_id.clone()];
    related.extend(stale.iter().filter_map(|(rule, _)| match &rule.peer {
        RulePeer::Group { id, .. } => Some(id.clone()),
        RulePeer::Ipv4(_) | RulePeer::Ipv6(_) | RulePeer::PrefixList(_) | RulePeer::Unknown => None,
    }));
    related.dedup();
    let fact = |(rule, why): &(&SecurityGroupRule, String)| {
        Evidence::new(format!("{}: {why}", describe(rule)), "ec2:DescribeSecurityGroupRules", id)
    };
    let what = if rules.len() == 1 { "A rule of" } else { "Rules of" };
    let gone = if rules.len() == 1 { "names a group that is gone" } else { "name groups that are gone" };
    Failure {
        title: format!("{what} {id} {gone}"),
        detail: format!(
            "Who is meant cannot be there: {}. Revoke {}, or name what took the place of the group that is gone.",
            few(&stale.iter().map(|(_, why)| why.as_str()).collect::<Vec<_>>()),
            few(&rules)
        ),
        related,
        evidence: stale.iter().map(fact).collect(),
        severity: None,
    }
}
