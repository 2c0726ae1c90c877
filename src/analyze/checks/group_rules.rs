//! What several checks ask about the rules of security groups: whose they are, whom they admit, how to name them.

use foldhash::{HashMap, HashSet};
use ipnet::IpNet;

use crate::analyze::Doubt;
use crate::model::ec2::{Direction, PortRange, RulePeer, SecurityGroupRule};
use crate::model::{GapId, RegionInventory};

/// The rules of a region by the group they are part of, looked up once for all groups.
#[derive(Debug)]
pub(in crate::analyze) struct Rules<'r> {
    /// Only ever asked, never walked.
    by_group: HashMap<&'r str, Vec<&'r SecurityGroupRule>>,
    gap: Option<&'r GapId>,
}

impl<'r> Rules<'r> {
    /// Sorts the rules of a region; with the groups that a rule of another group names. There are too many rules to go through twice.
    pub(in crate::analyze) fn of(region: &'r RegionInventory) -> (Self, HashSet<&'r str>) {
        let mut by_group: HashMap<&str, Vec<&SecurityGroupRule>> = HashMap::default();
        let mut named = HashSet::default();
        for rule in region.security_group_rules.values() {
            by_group.entry(&rule.group_id).or_default().push(rule);
            match &rule.peer {
                RulePeer::Group { id, .. } if *id != rule.group_id => drop(named.insert(id.as_str())),
                RulePeer::Group { .. } | RulePeer::Ipv4(_) | RulePeer::Ipv6(_) | RulePeer::PrefixList(_) | RulePeer::Unknown => {}
            }
        }
        (Self { by_group, gap: region.security_group_rules.gap.as_ref() }, named)
    }

    /// Rules of a group in both directions, as far as they were read.
    pub(in crate::analyze) fn of_group(&self, group_id: &str) -> &[&'r SecurityGroupRule] {
        self.by_group.get(group_id).map_or(&[], Vec::as_slice)
    }

    /// Rules that admit, as far as they were read.
    pub(super) fn ingress_of(&self, group_id: &str) -> impl Iterator<Item = &'r SecurityGroupRule> {
        self.of_group(group_id).iter().copied().filter(|rule| rule.direction == Direction::Ingress)
    }

    /// Why a group may have more rules; `None` where all of them were read.
    pub(super) fn doubt_about(&self, group_id: &str) -> Option<Doubt> {
        self.gap.map(|gap| Doubt::of_gap(format!("not every rule of {group_id} was read"), gap))
    }
}

/// The addresses on the other side of a rule; none where the rule names a group.
///
/// # Errors
/// A prefix list was not read, or the rule names a peer that this version does not know.
pub(super) fn blocks_of(region: &RegionInventory, rule: &SecurityGroupRule) -> Result<Vec<IpNet>, Doubt> {
    match &rule.peer {
        RulePeer::Ipv4(net) => Ok(vec![IpNet::V4(net.trunc())]),
        RulePeer::Ipv6(net) => Ok(vec![IpNet::V6(net.trunc())]),
        RulePeer::Group { .. } => Ok(Vec::new()),
        RulePeer::PrefixList(id) => {
            let why = || format!("{} names prefix list {id}, which was not read", rule.id);
            match region.prefix_lists.find(id) {
                Ok(Some(list)) => match list.entries.as_result() {
                    Ok(entries) => Ok(entries.iter().map(IpNet::trunc).collect()),
                    Err(gap) => Err(Doubt::of_gap(why(), gap)),
                },
                Ok(None) => Err(Doubt { why: why(), gaps: Vec::new() }),
                Err(gap) => Err(Doubt::of_gap(why(), gap)),
            }
        }
        RulePeer::Unknown => Err(Doubt { why: format!("{} names a peer that natless does not know", rule.id), gaps: Vec::new() }),
    }
}

/// A rule in one line, such as `sgr-0aa admits TCP 22 from 10.0.0.0/8`.
pub(super) fn describe(rule: &SecurityGroupRule) -> String {
    let (verb, word) = match rule.direction {
        Direction::Ingress => ("admits", "from"),
        Direction::Egress => ("lets out", "to"),
    };
    format!("{} {verb} {} {word} {}", rule.id, traffic(rule), peer(rule))
}

fn traffic(rule: &SecurityGroupRule) -> String {
    let protocol = match rule.protocol.as_str() {
        "-1" => return "all traffic".to_owned(),
        "tcp" | "6" => "TCP",
        "udp" | "17" => "UDP",
        "icmp" | "1" => return "ICMP".to_owned(),
        "icmpv6" | "58" => return "ICMPv6".to_owned(),
        other => return format!("protocol {other}"),
    };
    match rule.ports {
        _ if is_every_port(rule) => format!("{protocol} on all ports"),
        Some(PortRange { from, to }) if from == to => format!("{protocol} {from}"),
        Some(PortRange { from, to }) => format!("{protocol} {from}-{to}"),
        None => format!("{protocol} on all ports"),
    }
}

/// Whether a rule is about every port that anybody listens on.
pub(super) fn is_every_port(rule: &SecurityGroupRule) -> bool {
    rule.protocol == "-1" || rule.ports.is_none_or(|ports| ports.from <= 1 && ports.to == u16::MAX)
}

fn peer(rule: &SecurityGroupRule) -> String {
    match &rule.peer {
        RulePeer::Ipv4(net) => net.to_string(),
        RulePeer::Ipv6(net) => net.to_string(),
        RulePeer::Group { id, .. } if *id == rule.group_id => "itself".to_owned(),
        RulePeer::Group { id, owner_id: Some(owner), .. } => format!("{id} of account {owner}"),
        RulePeer::Group { id, .. } | RulePeer::PrefixList(id) => id.clone(),
        RulePeer::Unknown => "a peer that natless does not know".to_owned(),
    }
}
