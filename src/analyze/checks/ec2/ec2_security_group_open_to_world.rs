//! `ec2-security-group-open-to-world`.

use std::collections::{BTreeMap, BTreeSet};

use super::openings::{Opening, Sources, is_sensitive, openings};
use crate::analyze::check::declare_check;
use crate::analyze::checks::group_rules::{Rules, blocks_of, describe};
use crate::analyze::checks::words::few;
use crate::analyze::{Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict};
use crate::model::RegionInventory;
use crate::model::ec2::{NetworkInterface, RulePeer, SecurityGroup, SecurityGroupRule};
use crate::network::{Family, WayIn};

declare_check! {
    /// ## What it does
    /// Finds security groups whose inbound rules admit administration ports, database ports or all ports from every public IPv4
    /// or IPv6 address: by one rule, by several together (`0.0.0.0/1` and `128.0.0.0/1`), by a prefix list, by any range that
    /// holds such a port. One finding per group names rules and ports. It is critical where the internet can reach an interface
    /// that carries the group: the interface has a public IPv4 or a global IPv6 address, the route table of its subnet leads
    /// the default route (or a half of it) to an internet gateway, and the network ACL lets more than chosen blocks in to such
    /// a port.
    ///
    /// Administration: FTP 20-21, SSH 22, Telnet 23, RPC 135, SNMP 161 (UDP), SMB 445, Docker 2375-2376, RDP 3389 (also UDP),
    /// VNC 5900, `WinRM` 5985-5986, kubelet 10250. Databases and stores: SQL Server 1433-1434 (1434 also UDP), Oracle 1521, NFS
    /// 2049, `MySQL` 3306, `PostgreSQL` 5432, Redshift 5439, Kibana 5601, `CouchDB` 5984, Redis 6379, Cassandra 9042,
    /// Elasticsearch 9200 and 9300, memcached 11211 (also UDP), `MongoDB` 27017-27019.
    ///
    /// ## Why it matters
    /// Such ports are tried from all over the internet within minutes, and whoever guesses a password or knows a flaw is in. A
    /// group that is not in use today opens whatever it is attached to tomorrow.
    ///
    /// ## What it reads
    /// - `ec2:DescribeSecurityGroups`, `ec2:DescribeSecurityGroupRules`: groups and their inbound rules
    /// - `ec2:DescribeManagedPrefixLists`, `ec2:GetManagedPrefixListEntries`: what lists in rules hold
    /// - `ec2:DescribeNetworkInterfaces`, `ec2:DescribeSubnets`, `ec2:DescribeRouteTables`, `ec2:DescribeNetworkAcls`: whether
    ///   the internet reaches an interface that carries the group
    ///
    /// ## When it stays silent
    /// Web ports (80, 443 and the like) may be open to all. Blocks that leave a part of the internet out, however large, are
    /// somebody's choice and pass: `0.0.0.0/1` alone does. Lists of AWS hold addresses of its services and are not the world. A
    /// group without an inbound rule about addresses is not judged, nor is one of another account that shares it. Firewalls
    /// behind Gateway Load Balancer endpoints, and VPC Block Public Access, which natless does not read, may refuse what the
    /// group admits; a way in over an inspection endpoint is not called public, so the finding stays high. What could make the
    /// finding critical and was not read leaves it high, and is told. Rules or prefix lists that were not read give Unknown
    /// where no other rule fails.
    ///
    /// ## References
    /// - [VPC guide: Security group rules](https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html)
    /// - [Security Hub guide: EC2.19 Security groups should not allow unrestricted access to ports with high risk](https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-19)
    /// - [VPC guide: Enable internet access for a VPC using an internet gateway](https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html)
    pub(super) static CHECK = {
        id: "ec2-security-group-open-to-world",
        title: "Security group admits sensitive ports from the whole internet",
        severity: Severity::High,
        pillar: Pillar::Privilege,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Admit the addresses or groups that need the port, and revoke the rule that admits everybody.",
            command: "aws ec2 revoke-security-group-ingress --group-id <group-id> --security-group-rule-ids <rule-id>",
            url: "https://docs.aws.amazon.com/vpc/latest/userguide/working-with-security-group-rules.html",
        },
        repair: Repair::Decision("who has to get in is not in the account"),
        evaluate: judge_groups,
    }
}

fn judge_groups(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in audit.regions() {
        let (Some(rules), Some(uses)) = (audit.rules(name), audit.uses(name)) else { continue };
        for group in region.security_groups.values() {
            let case = Case { audit, name, region, group, carriers: uses.interfaces(&group.id) };
            let verdict = if group.owner_id == audit.inventory.account.id { case.judge(rules) } else { Verdict::NotApplicable };
            subjects.push(Subject::new(name, Resource::security_group(audit.inventory, name, group), verdict));
        }
        subjects.extend(Subject::unlisted(name, "security_group", &region.security_groups));
    }
    subjects
}

/// One group, and the interfaces that carry it.
struct Case<'c> {
    audit: &'c Audit<'c>,
    name: &'c str,
    region: &'c RegionInventory,
    group: &'c SecurityGroup,
    carriers: &'c [&'c NetworkInterface],
}

impl Case<'_> {
    fn judge(&self, rules: &Rules<'_>) -> Verdict {
        let (mut sources, mut doubts): (Sources<'_>, Vec<Doubt>) = (Vec::new(), Vec::new());
        for rule in rules.ingress_of(&self.group.id).filter(|rule| !self.is_from_aws(rule)) {
            match blocks_of(self.region, rule) {
                Ok(blocks) if blocks.is_empty() => {}
                Ok(blocks) => sources.push((rule, blocks)),
                Err(doubt) if is_sensitive(rule) => doubts.push(doubt),
                Err(_) => {}
            }
        }
        let openings = openings(&sources);
        if !openings.is_empty() {
            return Verdict::Fail(Box::new(self.open(&openings)));
        }
        doubts.extend(rules.doubt_about(&self.group.id));
        match Doubt::join(doubts) {
            Some(doubt) => Verdict::Unknown(doubt),
            None if sources.is_empty() => Verdict::NotApplicable,
            None => Verdict::Pass,
        }
    }

    fn is_from_aws(&self, rule: &SecurityGroupRule) -> bool {
        matches!(&rule.peer, RulePeer::PrefixList(id) if self.region.prefix_lists.get(id).is_some_and(|list| list.owner_id == "AWS"))
    }

    /// The ways from the internet to interfaces that carry the group, and why there may be more.
    fn ways_in(&self, openings: &[Opening<'_>]) -> (Vec<(&NetworkInterface, WayIn<'_>)>, Option<Doubt>) {
        let (mut ways, mut doubts) = (Vec::new(), Vec::new());
        for interface in self.carriers {
            match self.way_in(interface, openings) {
                Ok(way) => ways.extend(way.map(|way| (*interface, way))),
                Err(doubt) => doubts.push(doubt),
            }
        }
        let unread = |gap| Doubt::of_gap("not every network interface was read", gap);
        doubts.extend(self.region.network_interfaces.gap.as_ref().map(unread));
        (ways, Doubt::join(doubts))
    }

    /// The first way to one of these ports of an interface.
    fn way_in(&self, interface: &NetworkInterface, openings: &[Opening<'_>]) -> Result<Option<WayIn<'_>>, Doubt> {
        let mut doubts = Vec::new();
        for Opening { family, transport, ports, .. } in openings {
            for ports in ports {
                match self.audit.network.way_in(self.name, interface, *family, *transport, *ports) {
                    Ok(Some(way)) => return Ok(Some(way)),
                    Ok(None) => {}
                    Err(obstacle) => doubts.push(Doubt::from(obstacle)),
                }
            }
        }
        Doubt::join(doubts).map_or(Ok(None), Err)
    }

    fn open(&self, openings: &[Opening<'_>]) -> Failure {
        let id = &self.group.id;
        let mut labels: Vec<&str> = Vec::new();
        for opening in openings {
            if !labels.contains(&opening.label.as_str()) {
                labels.push(&opening.label);
            }
        }
        let families: BTreeSet<Family> = openings.iter().map(|one| one.family).collect();
        let from = match families.iter().next() {
            Some(family) if families.len() == 1 => format!("every {family} address"),
            _ => "every address".to_owned(),
        };
        let rules: BTreeMap<&str, &SecurityGroupRule> =
            openings.iter().flat_map(|one| one.rules.iter().map(|rule| (rule.id.as_str(), *rule))).collect();
        let mut evidence: Vec<Evidence> =
            rules.values().map(|rule| Evidence::new(describe(rule), "ec2:DescribeSecurityGroupRules", id)).collect();
        let (ways, doubt) = self.ways_in(openings);
        evidence.extend(ways.iter().flat_map(|(interface, way)| reached(self.audit, interface, way)));
        let reached: Vec<&str> = ways.iter().map(|(interface, _)| interface.id.as_str()).collect();
        let carriers: Vec<&str> = self.carriers.iter().map(|interface| interface.id.as_str()).collect();
        let exposure = match (reached.as_slice(), &doubt) {
            ([], Some(doubt)) => {
                format!("Whether the internet reaches an interface that carries it is not known: {}.", doubt.why)
            }
            ([], None) if carriers.is_empty() => "No interface carries the group now; the next one that does is open.".to_owned(),
            ([], None) => format!("The internet has no direct way to what carries it now ({}).", few(&carriers)),
            (reached, _) => format!("The internet reaches {}, which it protects.", few(reached)),
        };
        Failure {
            title: format!("{id} admits {} from {from}", few(&labels)),
            detail: format!(
                "By {}, {from} is admitted to {}. {exposure} Admit the addresses or groups that need it instead.",
                few(&rules.keys().collect::<Vec<_>>()),
                few(&labels)
            ),
            related: reached
                .iter()
                .chain(carriers.iter().filter(|id| !reached.contains(id)))
                .map(|id| (*id).to_owned())
                .collect(),
            evidence,
            severity: (!ways.is_empty()).then_some(Severity::Critical),
        }
    }
}

/// How the internet gets to an interface.
fn reached(audit: &Audit<'_>, interface: &NetworkInterface, way: &WayIn<'_>) -> [Evidence; 3] {
    let WayIn { address, table, route, acl } = way;
    let leads =
        format!("{}, the table of {}, leads {} to {}", table.id, interface.subnet_id, route.destination, route.target.id());
    let lets = format!("{} lets such packets in and the answers out", acl.id);
    [
        Evidence::new(
            format!("{} carries the group and has the address {address} in {}", interface.id, interface.subnet_id),
            "ec2:DescribeNetworkInterfaces",
            &interface.id,
        ),
        Evidence::new(audit.network.as_told(leads, &table.id), "ec2:DescribeRouteTables", &table.id),
        Evidence::new(audit.network.as_told(lets, &acl.id), "ec2:DescribeNetworkAcls", &acl.id),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::analyze::fixtures::failures;

    /// What is found about a group that opens a port to everybody, in a public subnet, with these listings changed.
    fn found(changes: &Value) -> Failure {
        let mut region = json!({
            "vpcs": { "vpc-0aa": {} },
            "subnets": { "subnet-0pub": {} },
            "route_tables": { "rtb-0pub": { "main": true, "routes": ["0.0.0.0/0 -> igw-0aa"] } },
            "security_groups": { "sg-0web": {} },
            "security_group_rules": {
                "sgr-0a": { "group_id": "sg-0web", "ports": { "from": 22, "to": 22 }, "peer": { "ipv4": "0.0.0.0/0" } },
            },
            "network_interfaces": { "eni-0a": {
                "group_ids": ["sg-0web"], "private_addresses": [{ "private_ip": "10.0.0.10", "public_ip": "203.0.113.10" }],
            } },
        });
        region.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let mut found = failures(&CHECK, &json!({ "regions": { "eu-west-1": region } }));
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    #[test]
    fn a_way_from_the_internet_makes_it_critical() {
        let finding = found(&json!({}));
        assert_eq!(finding.severity, Some(Severity::Critical));
        assert_eq!(finding.title, "sg-0web admits TCP 22 (SSH) from every IPv4 address");
        assert!(finding.detail.contains("The internet reaches eni-0a"), "{}", finding.detail);
        assert_eq!(finding.related, ["eni-0a"]);
        assert_eq!(finding.evidence.len(), 4);
    }

    #[test]
    fn without_a_way_it_stays_high_and_says_why() {
        let nobody = found(&json!({ "network_interfaces": {} }));
        assert!(nobody.detail.contains("No interface carries the group now"), "{}", nobody.detail);
        let private = found(&json!({ "network_interfaces": { "eni-0a": { "group_ids": ["sg-0web"] } } }));
        assert!(private.detail.contains("no direct way to what carries it now (eni-0a)"), "{}", private.detail);
        let acl = json!({ "number": 100, "direction": "ingress", "allow": true, "protocol": "6", "ports": { "from": 443, "to": 443 }, "cidr": "0.0.0.0/0" });
        let out = json!({ "number": 100, "direction": "egress", "allow": true, "protocol": "-1", "cidr": "0.0.0.0/0" });
        let web_only = json!({ "acl-0aa": { "subnet_ids": ["subnet-0pub"], "entries": [acl, out] } });
        let everything =
            json!({ "sgr-0a": { "group_id": "sg-0web", "protocol": "-1", "ports": null, "peer": { "ipv4": "0.0.0.0/0" } } });
        let guarded = found(&json!({ "network_acls": web_only, "security_group_rules": everything }));
        assert_eq!(guarded.title, "sg-0web admits all traffic from every IPv4 address");
        for finding in [nobody, private, guarded] {
            assert_eq!(finding.severity, None, "{}", finding.detail);
        }
    }

    #[test]
    fn what_was_not_read_raises_no_alarm_and_is_told() {
        let finding = found(&json!({ "network_acls": { "gap": "eu-west-1/ec2:DescribeNetworkAcls" } }));
        assert_eq!(finding.severity, None);
        assert!(finding.detail.contains("is not known: the network ACL of subnet-0pub"), "{}", finding.detail);
    }
}
