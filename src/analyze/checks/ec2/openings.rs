//! What inbound rules offer to the whole internet that should not be offered to everybody.

use ipnet::IpNet;

use crate::analyze::checks::group_rules::is_every_port;
use crate::model::ec2::{PortRange, SecurityGroupRule};
use crate::network::{Family, Transport, covers_public_space, is_reserved};

/// Ports that nobody should offer to everybody, with what listens there and whether it speaks UDP.
const SENSITIVE: [(u16, u16, &str, Speaks); 26] = [
    (20, 21, "FTP", Speaks::Tcp),
    (22, 22, "SSH", Speaks::Tcp),
    (23, 23, "Telnet", Speaks::Tcp),
    (135, 135, "RPC", Speaks::Tcp),
    (161, 161, "SNMP", Speaks::Udp),
    (445, 445, "SMB", Speaks::Tcp),
    (1433, 1433, "SQL Server", Speaks::Tcp),
    (1434, 1434, "SQL Server browser", Speaks::Both),
    (1521, 1521, "Oracle", Speaks::Tcp),
    (2049, 2049, "NFS", Speaks::Tcp),
    (2375, 2376, "Docker", Speaks::Tcp),
    (3306, 3306, "MySQL", Speaks::Tcp),
    (3389, 3389, "RDP", Speaks::Both),
    (5432, 5432, "PostgreSQL", Speaks::Tcp),
    (5439, 5439, "Redshift", Speaks::Tcp),
    (5601, 5601, "Kibana", Speaks::Tcp),
    (5900, 5900, "VNC", Speaks::Tcp),
    (5984, 5984, "CouchDB", Speaks::Tcp),
    (5985, 5986, "WinRM", Speaks::Tcp),
    (6379, 6379, "Redis", Speaks::Tcp),
    (9042, 9042, "Cassandra", Speaks::Tcp),
    (9200, 9200, "Elasticsearch", Speaks::Tcp),
    (9300, 9300, "Elasticsearch nodes", Speaks::Tcp),
    (10_250, 10_250, "kubelet", Speaks::Tcp),
    (11_211, 11_211, "memcached", Speaks::Both),
    (27_017, 27_019, "MongoDB", Speaks::Tcp),
];

/// Over what a service is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speaks {
    Tcp,
    Udp,
    Both,
}

impl Speaks {
    fn over(self, transport: Transport) -> bool {
        self == Self::Both || self == if transport == Transport::Tcp { Self::Tcp } else { Self::Udp }
    }
}

/// One thing that a group offers to the whole internet.
#[derive(Debug)]
pub(super) struct Opening<'c> {
    pub(super) family: Family,
    pub(super) transport: Transport,
    /// The sensitive ports among those that are open.
    pub(super) ports: Vec<PortRange>,
    /// What it is, such as `TCP 22 (SSH)`.
    pub(super) label: String,
    pub(super) rules: Vec<&'c SecurityGroupRule>,
}

/// Inbound rules with the addresses they admit.
pub(super) type Sources<'c> = Vec<(&'c SecurityGroupRule, Vec<IpNet>)>;

/// Whether a rule is about a port that should not be open to everybody.
pub(super) fn is_sensitive(rule: &SecurityGroupRule) -> bool {
    [Transport::Tcp, Transport::Udp].into_iter().any(|transport| {
        transport.is_meant_by(&rule.protocol)
            && SENSITIVE.iter().any(|(from, to, _, speaks)| speaks.over(transport) && holds(rule, *from, *to))
    })
}

fn sensitive(transport: Transport) -> Vec<PortRange> {
    let spoken = SENSITIVE.iter().filter(|(_, _, _, speaks)| speaks.over(transport));
    spoken.map(|(from, to, _, _)| PortRange { from: *from, to: *to }).collect()
}

fn holds(rule: &SecurityGroupRule, from: u16, to: u16) -> bool {
    rule.protocol == "-1" || rule.ports.is_none_or(|ports| ports.from <= to && from <= ports.to)
}

/// What the rules, taken together, offer to every public address. All ports are told once, and not port by port.
pub(super) fn openings<'c>(sources: &Sources<'c>) -> Vec<Opening<'c>> {
    let mut found = Vec::new();
    for family in [Family::Ipv4, Family::Ipv6] {
        // What all rules together do not admit, none of them does, nor any few.
        if !covers_public_space(family, sources.iter().flat_map(|(_, blocks)| blocks.iter().copied())) {
            continue;
        }
        let mut add = |transport, ports, label: String, about: &dyn Fn(&SecurityGroupRule) -> bool| {
            let rules = admitting_all(sources, family, about);
            let open = !rules.is_empty();
            if open {
                found.push(Opening { family, transport, ports, label, rules });
            }
            open
        };
        if add(Transport::Tcp, sensitive(Transport::Tcp), "all traffic".to_owned(), &|rule| rule.protocol == "-1") {
            continue;
        }
        for transport in [Transport::Tcp, Transport::Udp] {
            let about = |rule: &SecurityGroupRule| transport.is_meant_by(&rule.protocol);
            if add(transport, sensitive(transport), format!("all {transport} ports"), &|rule| about(rule) && is_every_port(rule))
            {
                continue;
            }
            for (from, to, service, _) in SENSITIVE.iter().filter(|(_, _, _, speaks)| speaks.over(transport)) {
                for port in *from..=*to {
                    let label = format!("{transport} {port} ({service})");
                    add(transport, vec![PortRange { from: port, to: port }], label, &|rule| {
                        about(rule) && holds(rule, port, port)
                    });
                }
            }
        }
    }
    found
}

/// The rules that admit every public address: each that does so alone, else all that do so together; none where they do not.
fn admitting_all<'c>(
    sources: &Sources<'c>,
    family: Family,
    about: &dyn Fn(&SecurityGroupRule) -> bool,
) -> Vec<&'c SecurityGroupRule> {
    let chosen = || sources.iter().filter(|(rule, _)| about(rule));
    let alone: Vec<&SecurityGroupRule> =
        chosen().filter(|(_, blocks)| covers_public_space(family, blocks.iter().copied())).map(|(rule, _)| *rule).collect();
    if !alone.is_empty() || !covers_public_space(family, chosen().flat_map(|(_, blocks)| blocks.iter().copied())) {
        return alone;
    }
    let takes_part = |block: &IpNet| is_of(*block, family) && !is_reserved(*block);
    chosen().filter(|(_, blocks)| blocks.iter().any(takes_part)).map(|(rule, _)| *rule).collect()
}

fn is_of(block: IpNet, family: Family) -> bool {
    matches!((block, family), (IpNet::V4(_), Family::Ipv4) | (IpNet::V6(_), Family::Ipv6))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Tags;
    use crate::model::ec2::{Direction, RulePeer};

    fn rule(id: &str, protocol: &str, ports: Option<(u16, u16)>) -> SecurityGroupRule {
        SecurityGroupRule {
            id: id.to_owned(),
            group_id: "sg-a".to_owned(),
            direction: Direction::Ingress,
            protocol: protocol.to_owned(),
            ports: ports.map(|(from, to)| PortRange { from, to }),
            peer: RulePeer::Unknown,
            description: None,
            tags: Tags::new(),
        }
    }

    fn told(rules: &[(SecurityGroupRule, &[&str])]) -> Vec<String> {
        let blocks = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        let sources: Sources<'_> = rules.iter().map(|(rule, texts)| (rule, blocks(texts))).collect();
        let rules = |one: &Opening<'_>| one.rules.iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>().join(" ");
        openings(&sources).iter().map(|one| format!("{} {}: {}", one.family, one.label, rules(one))).collect()
    }

    #[test]
    fn all_ports_are_told_once_and_by_the_rules_that_open_them() {
        let everything = (rule("sgr-all", "-1", None), &["0.0.0.0/0"][..]);
        let office = (rule("sgr-office", "tcp", Some((22, 22))), &["198.51.100.0/24"][..]);
        assert_eq!(told(&[everything, office]), ["IPv4 all traffic: sgr-all"]);
        assert_eq!(told(&[(rule("sgr-tcp", "6", Some((0, 65_535))), &["::/0"])]), ["IPv6 all TCP ports: sgr-tcp"]);
    }

    #[test]
    fn ranges_are_told_by_the_sensitive_ports_in_them() {
        let told = told(&[(rule("sgr-a", "tcp", Some((3000, 5500))), &["0.0.0.0/0", "2000::/3"])]);
        let ports = ["TCP 3306 (MySQL)", "TCP 3389 (RDP)", "TCP 5432 (PostgreSQL)", "TCP 5439 (Redshift)"];
        let wanted = ["IPv4", "IPv6"].iter().flat_map(|family| ports.map(|port| format!("{family} {port}: sgr-a")));
        assert_eq!(told, wanted.collect::<Vec<_>>());
    }

    #[test]
    fn rules_that_open_a_port_together_are_named_together() {
        let parts = [
            (rule("sgr-a", "tcp", Some((22, 22))), &["0.0.0.0/1"][..]),
            (rule("sgr-b", "-1", None), &["128.0.0.0/1", "2001:db8::/32"][..]),
            (rule("sgr-c", "tcp", Some((22, 22))), &["10.0.0.0/8"][..]),
            (rule("sgr-d", "udp", Some((22, 22))), &["0.0.0.0/0"][..]),
        ];
        assert_eq!(told(&parts), ["IPv4 TCP 22 (SSH): sgr-a sgr-b"]);
    }
}
