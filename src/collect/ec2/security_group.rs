//! Security groups and their rules.

use aws_sdk_ec2::operation::describe_security_group_rules::DescribeSecurityGroupRulesOutput;
use aws_sdk_ec2::operation::describe_security_groups::DescribeSecurityGroupsOutput;
use aws_sdk_ec2::types as sdk;

use super::convert::{Converted, Item, gather, tags, text};
use super::ports;
use crate::collect::calls::{DESCRIBE_SECURITY_GROUP_RULES, DESCRIBE_SECURITY_GROUPS};
use crate::collect::session::RegionSession;
use crate::model::Listing;
use crate::model::ec2::{Direction, RulePeer, SecurityGroup, SecurityGroupRule};

/// Every security group of the region, without its rules.
pub(super) async fn security_groups(session: &RegionSession) -> Listing<SecurityGroup> {
    let page = |token| session.ec2().describe_security_groups().max_results(1000).set_next_token(token).send();
    let pages = session.pages(&DESCRIBE_SECURITY_GROUPS, None, page, DescribeSecurityGroupsOutput::next_token).await;
    gather(session, &DESCRIBE_SECURITY_GROUPS, pages, |page| page.security_groups.unwrap_or_default(), group)
}

/// Every rule of every security group of the region.
pub(super) async fn security_group_rules(session: &RegionSession) -> Listing<SecurityGroupRule> {
    let call = &DESCRIBE_SECURITY_GROUP_RULES;
    let page = |token| session.ec2().describe_security_group_rules().max_results(1000).set_next_token(token).send();
    let pages = session.pages(call, None, page, DescribeSecurityGroupRulesOutput::next_token).await;
    gather(session, call, pages, |page| page.security_group_rules.unwrap_or_default(), rule)
}

fn group(x: sdk::SecurityGroup) -> Converted<SecurityGroup> {
    let item = Item::new(x.group_id, "GroupId")?;
    let group = SecurityGroup {
        name: item.text(x.group_name, "GroupName")?,
        description: x.description.unwrap_or_default(),
        vpc_id: item.text(x.vpc_id, "VpcId")?,
        owner_id: item.text(x.owner_id, "OwnerId")?,
        tags: tags(x.tags),
        id: item.id.clone(),
    };
    Ok((item.id, group))
}

fn rule(x: sdk::SecurityGroupRule) -> Converted<SecurityGroupRule> {
    let item = Item::new(x.security_group_rule_id.clone(), "SecurityGroupRuleId")?;
    let protocol = item.text(x.ip_protocol.clone(), "IpProtocol")?;
    let rule = SecurityGroupRule {
        peer: peer(&item, &x)?,
        group_id: item.text(x.group_id, "GroupId")?,
        direction: if item.required(x.is_egress, "IsEgress")? { Direction::Egress } else { Direction::Ingress },
        ports: ports(&item, &protocol, x.from_port, x.to_port)?,
        protocol,
        description: text(x.description),
        tags: tags(x.tags),
        id: item.id.clone(),
    };
    Ok((item.id, rule))
}

fn peer(item: &Item, x: &sdk::SecurityGroupRule) -> Result<RulePeer, String> {
    if let Some(cidr) = text(x.cidr_ipv4.clone()) {
        return item.ipv4_net(&cidr, "CidrIpv4").map(RulePeer::Ipv4);
    }
    if let Some(cidr) = text(x.cidr_ipv6.clone()) {
        return item.ipv6_net(&cidr, "CidrIpv6").map(RulePeer::Ipv6);
    }
    if let Some(id) = text(x.prefix_list_id.clone()) {
        return Ok(RulePeer::PrefixList(id));
    }
    let Some(group) = x.referenced_group_info.clone() else { return Ok(RulePeer::Unknown) };
    Ok(RulePeer::Group {
        id: item.text(group.group_id, "ReferencedGroupInfo.GroupId")?,
        owner_id: text(group.user_id).filter(|owner| x.group_owner_id.as_ref() != Some(owner)),
        vpc_id: text(group.vpc_id),
        peering_connection_id: text(group.vpc_peering_connection_id),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ec2::PortRange;

    fn bare(protocol: &str) -> sdk::builders::SecurityGroupRuleBuilder {
        sdk::SecurityGroupRule::builder()
            .security_group_rule_id("sgr-0aa")
            .group_id("sg-0aa")
            .group_owner_id("111122223333")
            .is_egress(false)
            .ip_protocol(protocol)
    }

    fn tcp(from: i32, to: i32) -> sdk::builders::SecurityGroupRuleBuilder {
        bare("tcp").from_port(from).to_port(to)
    }

    #[test]
    fn a_rule_for_a_port_range_from_a_block() {
        let (_, rule) = rule(tcp(440, 450).cidr_ipv4("10.0.0.0/8").description("web").build()).unwrap();
        assert_eq!(rule.ports, Some(PortRange { from: 440, to: 450 }));
        assert_eq!(rule.peer, RulePeer::Ipv4("10.0.0.0/8".parse().unwrap()));
        assert_eq!((rule.direction, rule.description.as_deref()), (Direction::Ingress, Some("web")));
        assert!(rule.covers_tcp(443));
    }

    #[test]
    fn all_protocols_icmp_and_numbers_have_no_ports() {
        let of = |x: sdk::builders::SecurityGroupRuleBuilder| rule(x.cidr_ipv6("::/0").build()).unwrap().1;
        assert_eq!(of(bare("-1").from_port(-1).to_port(-1).is_egress(true)).direction, Direction::Egress);
        assert_eq!(of(bare("-1").from_port(-1).to_port(-1)).ports, None);
        assert_eq!(of(bare("icmp").from_port(8).to_port(-1)).ports, None);
        assert_eq!(of(bare("50").from_port(0).to_port(0)).ports, None);
        assert_eq!(of(tcp(-1, -1)).ports, None);
        assert_eq!(of(bare("-1")).protocol, "-1");
    }

    #[test]
    fn a_group_of_another_account_and_vpc_keeps_both() {
        let info = sdk::ReferencedSecurityGroup::builder().group_id("sg-0bb");
        let foreign = info.clone().user_id("444455556666").vpc_id("vpc-0bb").vpc_peering_connection_id("pcx-0aa").build();
        let (_, across) = rule(tcp(443, 443).referenced_group_info(foreign).build()).unwrap();
        assert_eq!(
            across.peer,
            RulePeer::Group {
                id: "sg-0bb".to_owned(),
                owner_id: Some("444455556666".to_owned()),
                vpc_id: Some("vpc-0bb".to_owned()),
                peering_connection_id: Some("pcx-0aa".to_owned()),
            }
        );
        let (_, own) = rule(tcp(443, 443).referenced_group_info(info.user_id("111122223333").build()).build()).unwrap();
        let wanted = RulePeer::Group { id: "sg-0bb".to_owned(), owner_id: None, vpc_id: None, peering_connection_id: None };
        assert_eq!(own.peer, wanted);
    }

    #[test]
    fn prefix_lists_and_peers_of_the_future() {
        assert_eq!(
            rule(tcp(443, 443).prefix_list_id("pl-0aa").build()).unwrap().1.peer,
            RulePeer::PrefixList("pl-0aa".to_owned())
        );
        assert_eq!(rule(tcp(443, 443).build()).unwrap().1.peer, RulePeer::Unknown);
    }

    #[test]
    fn what_cannot_be_read_is_malformed() {
        assert!(rule(tcp(443, 443).cidr_ipv4("10.0.0.0/8,").build()).is_err());
        assert!(rule(tcp(443, 70_000).cidr_ipv4("10.0.0.0/8").build()).is_err());
        assert!(rule(tcp(450, 440).cidr_ipv4("10.0.0.0/8").build()).is_err());
        assert!(rule(bare("tcp").cidr_ipv4("10.0.0.0/8").build()).is_err());
        let sideless = sdk::SecurityGroupRule::builder().security_group_rule_id("sgr-0aa").group_id("sg-0aa").ip_protocol("-1");
        assert_eq!(rule(sideless.build()).unwrap_err(), "`sgr-0aa` has no `IsEgress`");
    }

    #[test]
    fn a_group() {
        let x = sdk::SecurityGroup::builder().group_id("sg-0aa").group_name("default").vpc_id("vpc-0aa");
        let (_, default) = group(x.clone().owner_id("111122223333").description("default VPC security group").build()).unwrap();
        assert_eq!((default.name.as_str(), default.vpc_id.as_str()), ("default", "vpc-0aa"));
        assert!(group(x.build()).is_err());
    }
}
