//! Whether the internet can open connections to an interface: its address, the way of the answers, the network ACL.

use std::net::IpAddr;

use ipnet::IpNet;

use super::acl::admits_the_internet;
use super::blocks::{self, is_default, is_reserved};
use super::{Family, Network, Obstacle};
use crate::model::ec2::{InterfaceKind, NetworkAcl, NetworkInterface, PortRange, Route, RouteState, RouteTable, RouteTarget};

/// A transport protocol with ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transport {
    /// TCP, protocol 6.
    Tcp,
    /// UDP, protocol 17.
    Udp,
}

impl Transport {
    /// Whether a rule's or an ACL entry's protocol includes this one: by name, by number, or as `-1` for all.
    #[must_use]
    pub fn is_meant_by(self, protocol: &str) -> bool {
        match self {
            Self::Tcp => matches!(protocol, "-1" | "tcp" | "6"),
            Self::Udp => matches!(protocol, "-1" | "udp" | "17"),
        }
    }
}

impl std::fmt::Display for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        })
    }
}

/// A way from the internet to an interface; what security groups say is another matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WayIn<'a> {
    /// Public IPv4 or global IPv6 address.
    pub address: IpAddr,
    /// Table of the interface's subnet.
    pub table: &'a RouteTable,
    /// Its route to the internet.
    pub route: &'a Route,
    /// The ACL of the subnet, which lets such packets in and their answers out.
    pub acl: &'a NetworkAcl,
}

impl<'a> Network<'a> {
    /// The way by which the internet at large can open connections to an interface on some of these ports; `None` where
    /// there is none.
    ///
    /// It takes a public IPv4 or global IPv6 address, a subnet whose route table leads the default route or a half of it to
    /// an internet gateway, and a network ACL that lets more than chosen blocks in. Source: VPC guide, "Enable internet
    /// access for a VPC using an internet gateway".
    ///
    /// # Errors
    /// Table, prefix list or ACL of the subnet were not read, or are not visible to this account.
    pub fn way_in(
        &self,
        region: &str,
        interface: &NetworkInterface,
        family: Family,
        transport: Transport,
        ports: PortRange,
    ) -> Result<Option<WayIn<'a>>, Obstacle> {
        let Some(address) = public_address(interface, family) else { return Ok(None) };
        let index = self.region(region)?;
        let subnet = index.subnet(&interface.subnet_id)?;
        let (table, _) = index.table_of(subnet)?;
        let out = |(block, route): (IpNet, Option<&'a Route>)| {
            let to_gateway =
                |route: &&Route| matches!(route.target, RouteTarget::InternetGateway(_)) && route.state == RouteState::Active;
            route.filter(to_gateway).filter(|_| is_default(block))
        };
        let Some(route) = self.routes_for(region, table, blocks::universe(family))?.into_iter().find_map(out) else {
            return Ok(None);
        };
        let acl = index.acl_of(subnet)?;
        Ok(admits_the_internet(acl, family, transport, ports).then_some(WayIn { address, table, route, acl }))
    }
}

/// An address of the interface that the internet knows. A NAT gateway takes no connections from there.
fn public_address(interface: &NetworkInterface, family: Family) -> Option<IpAddr> {
    if interface.kind == InterfaceKind::NatGateway {
        return None;
    }
    match family {
        Family::Ipv4 => interface.private_addresses.iter().find_map(|address| address.public_ip).map(IpAddr::V4),
        Family::Ipv6 => {
            interface.ipv6_addresses.iter().copied().map(IpAddr::V6).find(|address| !is_reserved(blocks::host(*address)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Build, REGION, gap};
    use super::*;
    use crate::model::Inventory;

    const SSH: PortRange = PortRange { from: 22, to: 22 };

    /// A subnet `subnet-a` with these routes and ACL entries, and `eni-a` in it, with a public and a global address.
    fn account(routes: &[&str], entries: &[&str]) -> Inventory {
        let mut inventory = Build::new()
            .vpc("vpc-a", "10.0.0.0/16 2001:db8::/56")
            .subnet("subnet-a", "vpc-a", "10.0.1.0/24 2001:db8::/64", "a")
            .table("rtb-a", "vpc-a", &["subnet-a"], routes)
            .acl("acl-a", "vpc-a", &["subnet-a"], entries)
            .interface("eni-a", "subnet-a", "10.0.1.5", &["sg-a"])
            .done();
        let interface = inventory.regions.get_mut(REGION).unwrap().network_interfaces.items.get_mut("eni-a").unwrap();
        interface.private_addresses[0].public_ip = Some("203.0.113.5".parse().unwrap());
        interface.ipv6_addresses = vec!["fd00::5".parse().unwrap(), "2001:db8::5".parse().unwrap()];
        inventory
    }

    fn way(inventory: &Inventory, family: Family) -> Result<Option<String>, Obstacle> {
        let interface = &inventory.regions[REGION].network_interfaces.items["eni-a"];
        let network = Network::new(inventory);
        network.way_in(REGION, interface, family, Transport::Tcp, SSH).map(|way| way.map(|way| way.address.to_string()))
    }

    const OPEN: [&str; 4] = [
        "in 100 allow -1 all 0.0.0.0/0",
        "out 100 allow -1 all 0.0.0.0/0",
        "in 101 allow -1 all ::/0",
        "out 101 allow -1 all ::/0",
    ];

    #[test]
    fn a_public_address_and_a_route_to_the_gateway_make_a_way_in() {
        let open = account(&["0.0.0.0/0 igw-a", "::/0 igw-a"], &OPEN);
        assert_eq!(way(&open, Family::Ipv4), Ok(Some("203.0.113.5".to_owned())));
        assert_eq!(way(&open, Family::Ipv6), Ok(Some("2001:db8::5".to_owned())));
        let halves = account(&["0.0.0.0/1 igw-a", "128.0.0.0/1 igw-a", "0.0.0.0/0 nat-a", "2000::/3 igw-a"], &OPEN);
        assert!(way(&halves, Family::Ipv4).unwrap().is_some() && way(&halves, Family::Ipv6).unwrap().is_some());
    }

    #[test]
    fn other_ways_out_and_routes_for_chosen_blocks_make_none() {
        for routes in [
            &["0.0.0.0/0 nat-a", "::/0 eigw-a"][..],
            &["0.0.0.0/0 igw-a blackhole", "::/0 igw-a blackhole"],
            &["0.0.0.0/0 vpce-a", "198.51.100.0/24 igw-a"],
            &["0.0.0.0/0 igw-a", "0.0.0.0/1 tgw-a", "128.0.0.0/1 tgw-a"],
            &[],
        ] {
            let inventory = account(routes, &OPEN);
            assert_eq!((way(&inventory, Family::Ipv4), way(&inventory, Family::Ipv6)), (Ok(None), Ok(None)), "{routes:?}");
        }
        let mut private = account(&["0.0.0.0/0 igw-a", "::/0 igw-a"], &OPEN);
        let interface = private.regions.get_mut(REGION).unwrap().network_interfaces.items.get_mut("eni-a").unwrap();
        interface.private_addresses[0].public_ip = None;
        interface.ipv6_addresses.truncate(1);
        assert_eq!((way(&private, Family::Ipv4), way(&private, Family::Ipv6)), (Ok(None), Ok(None)));
    }

    #[test]
    fn an_acl_for_chosen_blocks_closes_the_way_and_single_denials_do_not() {
        let with = |entries: &[&str]| way(&account(&["0.0.0.0/0 igw-a"], entries), Family::Ipv4).unwrap().is_some();
        let out = "out 100 allow -1 all 0.0.0.0/0";
        assert!(with(&["in 50 deny -1 all 192.0.2.0/24", "in 60 allow 6 22-22 0.0.0.0/0", out]));
        assert!(!with(&["in 60 allow 6 22-22 198.51.100.0/24", "in 70 allow 6 443-443 0.0.0.0/0", out]), "the office only");
        assert!(!with(&["in 50 deny 6 22-22 0.0.0.0/0", "in 60 allow -1 all 0.0.0.0/0", out]));
        assert!(!with(&["in 60 allow 6 22-22 0.0.0.0/0"]), "no answer gets out");
        assert!(!with(&["in 60 allow 17 22-22 0.0.0.0/0", out]), "another protocol");
    }

    #[test]
    fn what_was_not_read_is_no_answer() {
        let mut inventory = account(&["0.0.0.0/0 igw-a"], &[]);
        let region = inventory.regions.get_mut(REGION).unwrap();
        region.network_acls.items.clear();
        region.network_acls.gap = Some(gap("DescribeNetworkAcls"));
        assert_eq!(way(&inventory, Family::Ipv4).unwrap_err().gaps, [gap("DescribeNetworkAcls")]);
        let region = inventory.regions.get_mut(REGION).unwrap();
        region.route_tables.items.clear();
        region.route_tables.gap = Some(gap("DescribeRouteTables"));
        assert_eq!(way(&inventory, Family::Ipv4).unwrap_err().gaps, [gap("DescribeRouteTables")]);
    }
}
