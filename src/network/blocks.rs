//! Address blocks: containment, subtraction, coverage, and which space is public.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::Family;

/// The IP version of a block.
pub(super) fn family_of(net: IpNet) -> Family {
    match net {
        IpNet::V4(_) => Family::Ipv4,
        IpNet::V6(_) => Family::Ipv6,
    }
}

/// Every address of an IP version.
pub(super) fn universe(family: Family) -> IpNet {
    match family {
        Family::Ipv4 => IpNet::V4(Ipv4Net::default()),
        Family::Ipv6 => IpNet::V6(Ipv6Net::default()),
    }
}

/// The block of one address.
pub(super) fn host(address: IpAddr) -> IpNet {
    IpNet::from(address)
}

/// The well-known prefix of NAT64. Source: VPC guide, "DNS64 and NAT64".
pub(super) fn nat64() -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96)
}

/// An IPv4 block as DNS64 and NAT64 write it: inside `64:ff9b::/96`.
pub(super) fn to_nat64(net: IpNet) -> IpNet {
    match net {
        IpNet::V4(net) => {
            let address = Ipv6Addr::from_bits(nat64().network().to_bits() | u128::from(net.network().to_bits()));
            Ipv6Net::new(address, 96 + net.prefix_len()).map_or(IpNet::V6(nat64()), IpNet::V6)
        }
        IpNet::V6(_) => net,
    }
}

/// The IPv4 block behind a block inside `64:ff9b::/96`; `None` for any other one.
pub(super) fn from_nat64(net: IpNet) -> Option<IpNet> {
    let IpNet::V6(net) = net else { return None };
    if !nat64().contains(&net) {
        return None;
    }
    let low = u32::try_from(net.network().to_bits() & u128::from(u32::MAX)).ok()?;
    Ipv4Net::new(Ipv4Addr::from_bits(low), net.prefix_len().checked_sub(96)?).ok().map(IpNet::V4)
}

/// Space that no public address of a service lies in, as the IANA special-purpose registries tell.
fn reserved_blocks(family: Family) -> Vec<IpNet> {
    let v4 = |a, b, len| IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, 0, 0), len));
    let v6 = |high, len| IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::new(high, 0, 0, 0, 0, 0, 0, 0), len));
    match family {
        Family::Ipv4 => vec![
            v4(0, 0, 8),
            v4(10, 0, 8),
            v4(100, 64, 10),
            v4(127, 0, 8),
            v4(169, 254, 16),
            v4(172, 16, 12),
            v4(192, 168, 16),
            v4(224, 0, 3),
        ],
        // All but 2000::/3, the only global unicast space.
        Family::Ipv6 => vec![v6(0, 3), v6(0x4000, 2), v6(0x8000, 1)],
    }
}

/// Whether a block holds no public address.
pub(crate) fn is_reserved(net: IpNet) -> bool {
    reserved_blocks(family_of(net)).iter().any(|reserved| reserved.contains(&net))
}

/// Whether a block holds no public address, as it is or as NAT64 translates it. The whole of `64:ff9b::/96` holds some.
pub(super) fn holds_nothing_public(net: IpNet) -> bool {
    is_reserved(from_nat64(net).unwrap_or(net))
}

/// First and last address of a block, as a number.
fn bounds(net: IpNet) -> (u128, u128) {
    match net {
        IpNet::V4(net) => (u128::from(net.network().to_bits()), u128::from(net.broadcast().to_bits())),
        IpNet::V6(net) => (net.network().to_bits(), net.broadcast().to_bits()),
    }
}

/// Whether blocks of one IP version, taken together, hold every address of `net`.
pub(crate) fn covered(net: IpNet, by: impl IntoIterator<Item = IpNet>) -> bool {
    let (start, end) = bounds(net);
    let mut parts: Vec<(u128, u128)> =
        by.into_iter().filter(|part| family_of(*part) == family_of(net) && overlap(*part, net)).map(bounds).collect();
    parts.sort_unstable();
    let mut reached = start;
    for (first, last) in parts {
        if first > reached {
            return false;
        }
        if last >= end {
            return true;
        }
        reached = reached.max(last + 1);
    }
    false
}

/// Whether every public address of the IP version lies in these blocks.
pub(crate) fn covers_public_space(family: Family, blocks: impl IntoIterator<Item = IpNet, IntoIter: Clone>) -> bool {
    // Most lists of blocks lack this public address, and nothing has to be put together then.
    let public = match family {
        Family::Ipv4 => IpAddr::V4(Ipv4Addr::new(1, 1, 1, 1)),
        Family::Ipv6 => IpAddr::V6(Ipv6Addr::new(0x2606, 0x4700, 0, 0, 0, 0, 0, 1)),
    };
    let blocks = blocks.into_iter();
    blocks.clone().any(|block| block.contains(&public)) && covered(universe(family), blocks.chain(reserved_blocks(family)))
}

/// Whether a block is an IP version's default route or a large part of one: all of the internet, or a half of it.
pub(super) fn is_default(net: IpNet) -> bool {
    match net {
        IpNet::V4(net) => net.prefix_len() <= 1,
        // 2000::/3 is the only global unicast space.
        IpNet::V6(net) => net.prefix_len() <= 3,
    }
}

/// Private space: what a route on to other networks may mean where it is wider than any of them.
///
/// Sources: RFC 1918, RFC 6598 (shared address space, which VPCs may use too), RFC 4193.
pub(crate) fn private_blocks() -> [IpNet; 5] {
    let v4 = |a, b, len| IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, 0, 0), len));
    let unique_local = Ipv6Net::new_assert(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7);
    [v4(10, 0, 8), v4(100, 64, 10), v4(172, 16, 12), v4(192, 168, 16), IpNet::V6(unique_local)]
}

/// Whether two blocks share an address.
pub(crate) fn overlap(a: IpNet, b: IpNet) -> bool {
    a.contains(&b) || b.contains(&a)
}

/// What is left of a block without the holes, in order.
pub(super) fn subtract(block: IpNet, holes: &[IpNet]) -> Vec<IpNet> {
    let inside: Vec<IpNet> = holes.iter().copied().filter(|hole| overlap(*hole, block)).collect();
    if inside.is_empty() {
        return vec![block];
    }
    if inside.iter().any(|hole| hole.contains(&block)) {
        return Vec::new();
    }
    // A hole lies strictly inside, so the block can be halved.
    block
        .subnets(block.prefix_len() + 1)
        .map_or_else(|_| Vec::new(), |halves| halves.flat_map(|half| subtract(half, &inside)).collect())
}

/// The same addresses in as few blocks as possible, sorted.
pub(super) fn tidy(blocks: &[IpNet]) -> Vec<IpNet> {
    let mut blocks = IpNet::aggregate(&blocks.to_vec());
    blocks.sort_unstable();
    blocks
}

/// Blocks as people read them: the first one and how many more.
pub(super) fn describe(blocks: &[IpNet]) -> String {
    match blocks {
        [] => "no address".to_owned(),
        [one] => one.to_string(),
        [one, _] => format!("{one} and 1 more block"),
        [one, rest @ ..] => format!("{one} and {} more blocks", rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> IpNet {
        text.parse().unwrap()
    }

    #[test]
    fn subtracting_leaves_disjoint_blocks_and_loses_nothing() {
        let left = subtract(net("52.218.0.0/17"), &[net("52.218.1.0/24")]);
        assert!(left.iter().all(|block| !overlap(*block, net("52.218.1.0/24"))));
        assert!(covered(net("52.218.0.0/17"), left.into_iter().chain([net("52.218.1.0/24")])));
        assert_eq!(subtract(net("10.0.0.0/24"), &[net("10.0.0.0/8")]), Vec::<IpNet>::new());
        assert_eq!(subtract(net("10.0.0.0/24"), &[net("192.168.0.0/16")]), [net("10.0.0.0/24")]);
    }

    #[test]
    fn coverage_needs_every_address() {
        let halves = [net("10.0.1.0/25"), net("10.0.1.128/25")];
        assert!(covered(net("10.0.1.0/24"), halves));
        assert!(!covered(net("10.0.1.0/24"), [net("10.0.1.0/25"), net("10.0.1.192/26")]));
        assert!(covered(net("::/0"), [net("::/1"), net("8000::/1")]));
        assert!(!covered(net("0.0.0.0/0"), [net("0.0.0.0/1")]));
        assert!(!covered(net("::/0"), [net("0.0.0.0/0")]));
    }

    #[test]
    fn split_defaults_cover_public_space_and_private_routes_do_not() {
        assert!(covers_public_space(Family::Ipv4, [net("0.0.0.0/1"), net("128.0.0.0/1")]));
        assert!(!covers_public_space(Family::Ipv4, [net("10.0.0.0/8")]));
        assert!(covers_public_space(Family::Ipv6, [net("2000::/3")]));
        assert!(is_reserved(net("10.1.0.0/16")) && is_reserved(net("fd00::/8")) && is_reserved(net("64:ff9b::/96")));
        assert!(!is_reserved(net("10.0.0.0/7")) && !is_reserved(net("2001:db8::/32")));
    }

    #[test]
    fn nat64_maps_there_and_back() {
        assert_eq!(to_nat64(net("52.218.0.0/17")), net("64:ff9b::34da:0/113"));
        assert_eq!(from_nat64(net("64:ff9b::34da:0/113")), Some(net("52.218.0.0/17")));
        assert_eq!(from_nat64(net("64:ff9b::/96")), Some(net("0.0.0.0/0")));
        assert_eq!(from_nat64(net("2001:db8::/32")), None);
    }
}
