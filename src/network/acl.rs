//! Network ACLs: what the entries let through, by address and port at once.
//!
//! Source: VPC guide, "Network ACL rules": entries are evaluated in the order of their numbers, the first that matches
//! decides, and what no entry matches is denied.

use ipnet::IpNet;

use super::blocks::{is_default, overlap, subtract, universe};
use super::{Family, Transport};
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

/// What becomes of the answers of a connection: they go to a port that the client chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answers {
    /// They come through on every port that clients of today choose.
    Pass,
    /// On some of those ports only: it depends on the client's operating system.
    Depends,
    /// Some address gets none, or all do.
    Stopped(Passage),
}

/// Ports that Linux (32768-60999) and Windows (49152-65535) choose. Source: VPC guide, "Ephemeral ports".
const COMMON: PortRange = PortRange { from: 32_768, to: u16::MAX };
/// Ports that Lambda functions choose besides, by the same page.
const LOW: PortRange = PortRange { from: 1_024, to: 32_767 };

fn tcp_entries(acl: &NetworkAcl, direction: Direction) -> Vec<&NetworkAclEntry> {
    entries(acl, direction, Transport::Tcp)
}

fn entries(acl: &NetworkAcl, direction: Direction, transport: Transport) -> Vec<&NetworkAclEntry> {
    let about = |entry: &&NetworkAclEntry| entry.direction == direction && transport.is_meant_by(&entry.protocol);
    let mut entries: Vec<&NetworkAclEntry> = acl.entries.iter().filter(about).collect();
    entries.sort_by_key(|entry| entry.number);
    entries
}

/// What the entry with the lowest number says of TCP, where it is about every port to or from this block: no other one is met then.
fn settled(acl: &NetworkAcl, direction: Direction, block: IpNet) -> Option<Passage> {
    let about = |entry: &&NetworkAclEntry| entry.direction == direction && Transport::Tcp.is_meant_by(&entry.protocol);
    let first = acl.entries.iter().filter(about).min_by_key(|entry| entry.number)?;
    let every_port = first.protocol == "-1" || first.ports.is_none_or(|ports| ports.from == 0 && ports.to == u16::MAX);
    let settles = every_port && first.cidr.contains(&block);
    settles.then_some(if first.allow { Passage::Whole } else { Passage::Nothing })
}

/// How much TCP to or from a block, on these ports, the ACL lets through.
pub(super) fn tcp_passage(acl: &NetworkAcl, direction: Direction, block: IpNet, ports: PortRange) -> Passage {
    if let Some(passage) = settled(acl, direction, block) {
        return passage;
    }
    passage(&tcp_entries(acl, direction), block, ports)
}

/// What becomes of answers to or from these blocks. `any_port`: some client may choose any port from 1024 up.
///
/// Single ports that are denied below 32768 stop nobody: AWS itself advises to deny "any malicious ports within that range".
pub(super) fn answers(acl: &NetworkAcl, direction: Direction, blocks: &[IpNet], any_port: bool) -> Answers {
    if !blocks.is_empty() && blocks.iter().all(|block| settled(acl, direction, *block) == Some(Passage::Whole)) {
        return Answers::Pass;
    }
    let entries = tcp_entries(acl, direction);
    let pieces: Vec<IpNet> = blocks.iter().flat_map(|block| pieces(*block, &entries)).collect();
    let on = |ports: PortRange| pieces.iter().map(|piece| passage(&entries, *piece, ports)).collect::<Vec<_>>();
    let common = on(COMMON);
    if pieces.is_empty() || common.contains(&Passage::Nothing) {
        let all = common.iter().all(|one| *one == Passage::Nothing);
        return Answers::Stopped(if all { Passage::Nothing } else { Passage::Part });
    }
    if common.contains(&Passage::Part) || any_port && on(LOW).contains(&Passage::Nothing) {
        return Answers::Depends;
    }
    Answers::Pass
}

/// Whether an ACL lets the internet at large open connections on some of these ports, and the answers out again.
///
/// Entries that admit less than half of an IP version's addresses are meant for somebody, and are left out of the question.
pub(super) fn admits_the_internet(acl: &NetworkAcl, family: Family, transport: Transport, ports: PortRange) -> bool {
    let answers = PortRange { from: LOW.from, to: COMMON.to };
    [(Direction::Ingress, ports), (Direction::Egress, answers)].into_iter().all(|(direction, ports)| {
        let mut entries = entries(acl, direction, transport);
        entries.retain(|entry| !entry.allow || is_default(entry.cidr));
        passage(&entries, universe(family), ports) != Passage::Nothing
    })
}

/// A block cut up so that no entry holds only a part of a piece: what is left to ask of a piece is its ports.
fn pieces(block: IpNet, entries: &[&NetworkAclEntry]) -> Vec<IpNet> {
    let mut pieces = vec![block];
    for entry in entries {
        let cut = entry.cidr.trunc();
        if let Some(index) = pieces.iter().position(|piece| *piece != cut && piece.contains(&cut)) {
            let whole = pieces.swap_remove(index);
            pieces.extend(subtract(whole, &[cut]));
            pieces.push(cut);
        }
    }
    pieces
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
        let edge = ["out 100 allow 6 443 0.0.0.0/0", "out 110 deny 6 443-444 0.0.0.0/0", "out 120 allow 6 all 0.0.0.0/0"];
        assert_eq!(ask(&edge, "10.0.1.0/24", PortRange { from: 400, to: 443 }), Passage::Whole, "443 is decided by the first");
        let hole = ["out 100 deny 6 3389-3389 0.0.0.0/0", "out 110 allow -1 all 0.0.0.0/0"];
        assert_eq!(ask(&hole, "10.0.1.0/24", EPHEMERAL), Passage::Part);
    }

    fn back(lines: &[&str], any_port: bool) -> Answers {
        answers(&acl("acl-a", "vpc-a", &[], lines), Direction::Egress, &["10.0.1.0/24".parse().unwrap()], any_port)
    }

    #[test]
    fn answers_need_the_ports_that_clients_choose_and_no_others() {
        let range = |ports: &str| back(&[&format!("out 100 allow 6 {ports} 10.0.0.0/16")], false);
        assert_eq!(range("1024-65535"), Answers::Pass);
        assert_eq!(range("32768-65535"), Answers::Pass, "the range of AWS's own example");
        assert_eq!(range("32768-60999"), Answers::Depends, "Linux, not Windows");
        assert_eq!(range("49152-65535"), Answers::Depends, "Windows, not Linux");
        assert_eq!(range("1024-5000"), Answers::Stopped(Passage::Nothing));
        assert_eq!(back(&["out 100 allow 6 32768-65535 10.0.0.0/16"], true), Answers::Depends, "a function may choose any port");
        assert_eq!(back(&[], false), Answers::Stopped(Passage::Nothing));
    }

    #[test]
    fn a_port_denied_for_everybody_stops_no_answers() {
        let rdp = ["out 90 deny 6 3389-3389 0.0.0.0/0", "out 100 allow -1 all 0.0.0.0/0"];
        assert_eq!((back(&rdp, false), back(&rdp, true)), (Answers::Pass, Answers::Pass));
        let others = ["out 90 deny -1 all 10.9.0.0/16", "out 100 allow -1 all 0.0.0.0/0"];
        assert_eq!(back(&others, false), Answers::Pass, "other addresses");
        let high = ["out 90 deny 6 50000-50000 0.0.0.0/0", "out 100 allow -1 all 0.0.0.0/0"];
        assert_eq!(back(&high, false), Answers::Depends);
    }

    #[test]
    fn addresses_without_any_answer_are_told_from_ports_without() {
        let half = ["out 100 allow 6 1024-65535 10.0.1.0/25"];
        assert_eq!(back(&half, false), Answers::Stopped(Passage::Part));
        let denied = ["out 90 deny -1 all 10.0.1.64/26", "out 100 allow -1 all 0.0.0.0/0"];
        assert_eq!(back(&denied, false), Answers::Stopped(Passage::Part));
        let nested =
            ["out 90 deny 6 50000-50000 10.0.1.64/26", "out 95 allow 6 all 10.0.1.0/25", "out 99 allow 6 all 10.0.1.128/25"];
        assert_eq!(back(&nested, false), Answers::Depends);
    }
}
