//! Port ranges of security group rules and network ACL entries.

use super::convert::Item;
use crate::model::ec2::PortRange;

/// The ports a rule is about; none where the protocol has no ports or all of them are meant.
///
/// Only TCP and UDP have ports here: ICMP keeps type and code in the same members, and for every other protocol traffic on
/// all ports is meant "regardless of any ports" (EC2 API reference, `AuthorizeSecurityGroupIngress` and
/// `CreateNetworkAclEntry`). `-1` to `-1` means all.
pub(super) fn ports(item: &Item, protocol: &str, from: Option<i32>, to: Option<i32>) -> Result<Option<PortRange>, String> {
    if !matches!(protocol, "tcp" | "udp" | "6" | "17") {
        return Ok(None);
    }
    let (from, to) = (item.required(from, "FromPort")?, item.required(to, "ToPort")?);
    if (from, to) == (-1, -1) {
        return Ok(None);
    }
    match (u16::try_from(from), u16::try_from(to)) {
        (Ok(from), Ok(to)) if from <= to => Ok(Some(PortRange { from, to })),
        _ => Err(item.wrong("FromPort", format_args!("{from} to {to} is no range of ports"))),
    }
}
