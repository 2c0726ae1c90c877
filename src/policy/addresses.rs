//! Source addresses, cut where blocks begin and end.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};

/// Addresses from one cut to the next: every block of the policies holds all of them or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Interval {
    /// Least address.
    pub(super) first: IpAddr,
    /// Greatest address.
    pub(super) last: IpAddr,
}

/// Private blocks, from which no request comes over the internet.
///
/// Source: RFC 1918; IAM User Guide, `aws:SourceIp`: "use this key only with public IP addresses".
pub(super) const PRIVATE: [(u8, u8, u8); 3] = [(10, 0, 8), (172, 16, 12), (192, 168, 16)];

/// Addresses that examples use. Source: RFC 5737 and RFC 3849.
const EXAMPLES: [IpAddr; 4] = [
    IpAddr::V4(Ipv4Addr::new(203, 0, 113, 10)),
    IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 44)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x10)),
];

impl Interval {
    /// An address of it, one that examples use where there is one.
    pub(super) fn sample(&self) -> IpAddr {
        EXAMPLES.into_iter().find(|address| self.holds(*address)).unwrap_or(self.first)
    }

    /// One address of each version that examples use.
    pub(super) fn examples() -> Vec<Self> {
        let wanted = |ipv4: bool| EXAMPLES.into_iter().find(move |address| address.is_ipv4() == ipv4);
        [true, false].into_iter().filter_map(wanted).map(|address| Self { first: address, last: address }).collect()
    }

    /// Whether an address lies in it.
    pub(super) fn holds(&self, address: IpAddr) -> bool {
        self.first.is_ipv4() == address.is_ipv4() && self.first <= address && address <= self.last
    }

    /// How many addresses it holds; a whole IPv6 space is one less than it is.
    pub(super) fn size(&self) -> u128 {
        number(self.last).saturating_sub(number(self.first)).saturating_add(1)
    }

    /// Whether no request comes from here over the internet.
    pub(super) fn is_private(&self) -> bool {
        private().any(|net| net.contains(&self.first))
    }
}

fn private() -> impl Iterator<Item = IpNet> {
    PRIVATE.into_iter().filter_map(|(a, b, bits)| Some(IpNet::V4(Ipv4Net::new(Ipv4Addr::new(a, b, 0, 0), bits).ok()?)))
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

/// All addresses of both versions, cut where these blocks and the private ones begin and end: IPv4 first, ascending.
pub(super) fn intervals<'b>(blocks: impl IntoIterator<Item = &'b IpNet>) -> Vec<Interval> {
    let blocks: Vec<IpNet> = blocks.into_iter().copied().chain(private()).collect();
    let mut found = Vec::new();
    for ipv4 in [true, false] {
        let end = if ipv4 { u128::from(u32::MAX) } else { u128::MAX };
        let address = |number: u128| -> Option<IpAddr> {
            if ipv4 {
                u32::try_from(number).ok().map(|bits| Ipv4Addr::from(bits).into())
            } else {
                Some(Ipv6Addr::from(number).into())
            }
        };
        let mut starts = BTreeSet::from([0]);
        for block in blocks.iter().filter(|block| block.addr().is_ipv4() == ipv4) {
            starts.insert(number(block.network()));
            starts.extend(number(block.broadcast()).checked_add(1).filter(|next| *next <= end));
        }
        let starts: Vec<u128> = starts.into_iter().collect();
        for (at, first) in starts.iter().enumerate() {
            let last = starts.get(at + 1).map_or(end, |next| next - 1);
            found.extend(address(*first).zip(address(last)).map(|(first, last)| Interval { first, last }));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cut_the_space_and_nothing_is_lost() {
        let blocks: Vec<IpNet> =
            ["0.0.0.0/1", "203.0.113.0/24", "2001:db8::/32"].iter().map(|text| text.parse().unwrap()).collect();
        let found = intervals(&blocks);
        let v4: u128 = found.iter().filter(|one| one.first.is_ipv4()).map(Interval::size).sum();
        assert_eq!(v4, 1 << 32);
        let v6: u128 = found.iter().filter(|one| one.first.is_ipv6()).map(Interval::size).fold(0, u128::saturating_add);
        assert_eq!(v6, u128::MAX);
        for block in &blocks {
            for interval in &found {
                let within = interval.holds(block.network()) || block.contains(&interval.first);
                assert_eq!(within, block.contains(&interval.first) && block.contains(&interval.last), "{block} {interval:?}");
            }
        }
        assert_eq!(
            found.iter().filter(|one| one.is_private()).map(Interval::size).sum::<u128>(),
            (1 << 24) + (1 << 20) + (1 << 16)
        );
        assert!(found.iter().any(|one| one.sample().to_string() == "203.0.113.10"));
    }
}
