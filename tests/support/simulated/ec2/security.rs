//! Security groups, their rules, and network ACLs.

use ipnet::IpNet;
use natless::model::ec2::{Direction, NetworkAcl, PortRange, RulePeer, SecurityGroup, SecurityGroupRule};

use super::super::xml::Xml;

/// A group without its rules: `DescribeSecurityGroups` lists them too, in a form that loses which rule is which.
pub(super) fn group(xml: &mut Xml, group: &SecurityGroup) {
    xml.text("groupId", &group.id)
        .text("groupName", &group.name)
        .text("groupDescription", &group.description)
        .text("vpcId", &group.vpc_id)
        .text("ownerId", &group.owner_id)
        .tags(&group.tags);
}

/// A rule. One about no ports says -1 for both.
pub(super) fn rule(xml: &mut Xml, rule: &SecurityGroupRule) {
    let (from, to) = rule.ports.map_or((-1, -1), |PortRange { from, to }| (i32::from(from), i32::from(to)));
    xml.text("securityGroupRuleId", &rule.id)
        .text("groupId", &rule.group_id)
        .text("isEgress", rule.direction == Direction::Egress)
        .text("ipProtocol", &rule.protocol)
        .text("fromPort", from)
        .text("toPort", to);
    match &rule.peer {
        RulePeer::Ipv4(cidr) => {
            xml.text("cidrIpv4", cidr);
        }
        RulePeer::Ipv6(cidr) => {
            xml.text("cidrIpv6", cidr);
        }
        RulePeer::PrefixList(id) => {
            xml.text("prefixListId", id);
        }
        RulePeer::Group { id, owner_id, vpc_id, peering_connection_id } => {
            xml.node("referencedGroupInfo", |xml| {
                xml.text("groupId", id)
                    .opt("userId", owner_id.as_ref())
                    .opt("vpcId", vpc_id.as_ref())
                    .opt("vpcPeeringConnectionId", peering_connection_id.as_ref());
            });
        }
        RulePeer::Unknown => {}
    }
    xml.opt("description", rule.description.as_ref()).tags(&rule.tags);
}

pub(super) fn network_acl(xml: &mut Xml, acl: &NetworkAcl) {
    xml.text("networkAclId", &acl.id)
        .text("vpcId", &acl.vpc_id)
        .text("default", acl.is_default)
        .items("associationSet", &acl.subnet_ids, |xml, subnet| {
            xml.text("networkAclAssociationId", format!("aclassoc-{subnet}"))
                .text("networkAclId", &acl.id)
                .text("subnetId", subnet);
        })
        .items("entrySet", &acl.entries, |xml, entry| {
            let block = if matches!(entry.cidr, IpNet::V4(_)) { "cidrBlock" } else { "ipv6CidrBlock" };
            xml.text("ruleNumber", entry.number)
                .text("egress", entry.direction == Direction::Egress)
                .text("ruleAction", if entry.allow { "allow" } else { "deny" })
                .text("protocol", &entry.protocol)
                .text(block, entry.cidr);
            if let Some(ports) = entry.ports {
                xml.node("portRange", |xml| {
                    xml.text("from", ports.from).text("to", ports.to);
                });
            }
        })
        .tags(&acl.tags);
}
