//! Network ACLs.

use aws_sdk_ec2::operation::describe_network_acls::DescribeNetworkAclsOutput;
use aws_sdk_ec2::types as sdk;

use super::convert::{Converted, Item, gather, tags, text};
use super::ports;
use crate::collect::calls::DESCRIBE_NETWORK_ACLS;
use crate::collect::session::RegionSession;
use crate::model::Listing;
use crate::model::ec2::{Direction, NetworkAcl, NetworkAclEntry};

/// Every network ACL of the region.
pub(super) async fn network_acls(session: &RegionSession) -> Listing<NetworkAcl> {
    let page = |token| session.ec2().describe_network_acls().max_results(1000).set_next_token(token).send();
    let pages = session.pages(&DESCRIBE_NETWORK_ACLS, None, page, DescribeNetworkAclsOutput::next_token).await;
    gather(session, &DESCRIBE_NETWORK_ACLS, pages, |page| page.network_acls.unwrap_or_default(), from_sdk)
}

fn from_sdk(x: sdk::NetworkAcl) -> Converted<NetworkAcl> {
    let item = Item::new(x.network_acl_id, "NetworkAclId")?;
    let entries = x.entries.unwrap_or_default().into_iter();
    let acl = NetworkAcl {
        vpc_id: item.text(x.vpc_id, "VpcId")?,
        is_default: item.required(x.is_default, "IsDefault")?,
        subnet_ids: x.associations.unwrap_or_default().into_iter().filter_map(|x| text(x.subnet_id)).collect(),
        entries: entries.map(|x| entry(&item, x)).collect::<Result<_, _>>()?,
        tags: tags(x.tags),
        id: item.id.clone(),
    };
    Ok((item.id, acl))
}

fn entry(item: &Item, x: sdk::NetworkAclEntry) -> Result<NetworkAclEntry, String> {
    let protocol = item.text(x.protocol, "Entries[].Protocol")?;
    let action = item.word(x.rule_action, "Entries[].RuleAction")?;
    let cidr = item.text(text(x.cidr_block).or(text(x.ipv6_cidr_block)), "Entries[].CidrBlock")?;
    let (from, to) = x.port_range.map_or((None, None), |range| (range.from, range.to));
    Ok(NetworkAclEntry {
        number: item.number(x.rule_number, "Entries[].RuleNumber")?,
        direction: if item.required(x.egress, "Entries[].Egress")? { Direction::Egress } else { Direction::Ingress },
        allow: match action.as_str() {
            "allow" => true,
            "deny" => false,
            other => return Err(item.wrong("Entries[].RuleAction", format_args!("`{other}`"))),
        },
        ports: ports(item, &protocol, from, to)?,
        protocol,
        cidr: item.ip_net(&cidr, "Entries[].CidrBlock")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ec2::PortRange;

    fn bare() -> sdk::builders::NetworkAclBuilder {
        sdk::NetworkAcl::builder().network_acl_id("acl-0aa").vpc_id("vpc-0aa").is_default(true)
    }

    fn rule(number: i32, protocol: &str) -> sdk::builders::NetworkAclEntryBuilder {
        sdk::NetworkAclEntry::builder()
            .rule_number(number)
            .protocol(protocol)
            .rule_action(sdk::RuleAction::Allow)
            .egress(false)
            .cidr_block("0.0.0.0/0")
    }

    #[test]
    fn ports_only_where_the_protocol_has_them() {
        let range = |from, to| sdk::PortRange::builder().from(from).to(to).build();
        let icmp = sdk::IcmpTypeCode::builder().code(-1).r#type(-1).build();
        let x = bare()
            .associations(sdk::NetworkAclAssociation::builder().subnet_id("subnet-0aa").build())
            .entries(rule(100, "-1").build())
            .entries(rule(110, "6").port_range(range(1024, 65535)).build())
            .entries(rule(120, "1").icmp_type_code(icmp).port_range(range(0, 0)).build())
            .entries(
                sdk::NetworkAclEntry::builder()
                    .rule_number(32767)
                    .protocol("-1")
                    .rule_action(sdk::RuleAction::Deny)
                    .egress(true)
                    .ipv6_cidr_block("::/0")
                    .build(),
            )
            .build();
        let (_, acl) = from_sdk(x).unwrap();
        assert!(acl.is_default);
        assert_eq!(acl.subnet_ids, ["subnet-0aa"]);
        let ports: Vec<_> = acl.entries.iter().map(|entry| entry.ports).collect();
        assert_eq!(ports, [None, Some(PortRange { from: 1024, to: 65535 }), None, None]);
        let last = &acl.entries[3];
        assert_eq!((last.number, last.direction, last.allow), (32767, Direction::Egress, false));
        assert_eq!(last.cidr.to_string(), "::/0");
        assert!(acl.entries[0].allow && acl.entries[0].direction == Direction::Ingress);
    }

    #[test]
    fn an_entry_that_cannot_be_read_is_malformed() {
        let of = |entry: sdk::builders::NetworkAclEntryBuilder| from_sdk(bare().entries(entry.build()).build());
        assert!(of(rule(100, "6")).is_err(), "TCP without ports");
        assert!(of(rule(100, "-1").rule_action(sdk::RuleAction::from("shrug"))).is_err());
        assert!(of(rule(-1, "-1")).is_err());
        let nowhere =
            sdk::NetworkAclEntry::builder().rule_number(1).protocol("-1").rule_action(sdk::RuleAction::Deny).egress(true);
        assert_eq!(of(nowhere).unwrap_err(), "`acl-0aa` has no `Entries[].CidrBlock`");
    }
}
