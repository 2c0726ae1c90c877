//! Network ACLs: what the entries let through, by address and port at once.
//!
//! Source: VPC guide, "Network ACL rules": entries are evaluated in the order of their numbers, the first that matches
//! decides, and what no entry matches is denied.

use ipnet::IpNet;

use super::blocks::{overlap, subtract};
use crate::model::ec2::{Direction, NetworkAcl, NetworkAclEntry, PortRange};

/// How much of a question an ACL lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passage {
    /// Every address and port.
    Whole,
    /// Some.
    Part,
    /// None.
    Nothing,
}

impl Passage {
    fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Part }
    }
}

/// How much TCP to or from a block, on these ports, the ACL lets through.
pub(super) fn tcp_passage(acl: &NetworkAcl, direction: Direction, block: IpNet, ports: PortRange) -> Passage {
    let mut entries: Vec<&NetworkAclEntry> = acl
        .entries
        .iter()
        .filter(|entry| entry.direction == direction && matches!(entry.protocol.as_str(), "-1" | "6" | "tcp"))
        .collect();
    entries.sort_by_key(|entry| entry.number);
    passage(&entries, block, ports)
}

fn passage(entries: &[&NetworkAclEntry], block: IpNet, ports: PortRange) -> Passage {
    let [entry, rest @ ..] = entries else { return Passage::Nothing };
    let all = PortRange { from: 0, to: u16::MAX };
    // An entry for all protocols has no ports, even where the API writes some.
    let range = entry.ports.filter(|_| entry.protocol != "-1").unwrap_or(all);
    let (from, to) = (range.from.max(ports.from), range.to.min(ports.to));
    if from > to || !overlap(entry.cidr, block) {
        return passage(rest, block, ports);
    }
    let mut answer = if entry.allow { Passage::Whole } else { Passage::Nothing };
    let inside = if entry.cidr.contains(&block) { block } else { entry.cidr };
    for outside in subtract(block, &[entry.cidr.trunc()]) {
        answer = answer.and(passage(rest, outside, ports));
    }
    if ports.from < from {
        answer = answer.and(passage(rest, inside, PortRange { from: ports.from, to: from - 1 }));
    }
    if to < ports.to {
        answer = answer.and(passage(rest, inside, PortRange { from: to + 1, to: ports.to }));
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::acl;
    use super::*;

    const HTTPS: PortRange = PortRange { from: 443, to: 443 };
    const EPHEMERAL: PortRange = PortRange { from: 1024, to: 65535 };

    fn ask(lines: &[&str], block: &str, ports: PortRange) -> Passage {
        tcp_passage(&acl("acl-a", "vpc-a", &[], lines), Direction::Egress, block.parse().unwrap(), ports)
    }

    #[test]
    fn the_lowest_number_that_matches_decides() {
        let lines = ["out 200 allow tcp 443 0.0.0.0/0", "out 100 deny tcp 443 10.0.1.0/24"];
        assert_eq!(ask(&lines, "10.0.1.0/24", HTTPS), Passage::Nothing);
        assert_eq!(ask(&lines, "10.0.2.0/24", HTTPS), Passage::Whole);
        assert_eq!(ask(&lines, "10.0.0.0/16", HTTPS), Passage::Part);
    }

    #[test]
    fn what_no_entry_matches_is_denied() {
        assert_eq!(ask(&[], "10.0.1.0/24", HTTPS), Passage::Nothing);
        assert_eq!(ask(&["in 100 allow -1 all 0.0.0.0/0"], "10.0.1.0/24", HTTPS), Passage::Nothing);
        assert_eq!(ask(&["out 100 allow 17 all 0.0.0.0/0"], "10.0.1.0/24", HTTPS), Passage::Nothing);
        assert_eq!(ask(&["out 100 allow -1 all ::/0"], "10.0.1.0/24", HTTPS), Passage::Nothing);
    }

    #[test]
    fn ports_and_addresses_may_come_from_several_entries() {
        let halves = ["out 100 allow 6 1024-32767 10.0.1.0/24", "out 110 allow 6 32768-65535 10.0.0.0/16"];
        assert_eq!(ask(&halves, "10.0.1.0/24", EPHEMERAL), Passage::Whole);
        assert_eq!(ask(&halves[1..], "10.0.1.0/24", EPHEMERAL), Passage::Part);
        let blocks = ["out 100 allow 6 all 10.0.1.0/25", "out 110 allow -1 all 10.0.1.128/25"];
        assert_eq!(ask(&blocks, "10.0.1.0/24", EPHEMERAL), Passage::Whole);
        let hole = ["out 100 deny 6 3389-3389 0.0.0.0/0", "out 110 allow -1 all 0.0.0.0/0"];
        assert_eq!(ask(&hole, "10.0.1.0/24", EPHEMERAL), Passage::Part);
    }
}
