//! What every conversion needs: members that must be there, words, addresses, tags, and listings made of items that may be
//! malformed.
//!
//! An answer that lacks what AWS documents is never patched up with a default: the item is left out and its listing carries
//! a gap. A default is taken only where the API reference names it, and then beside that reference.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use aws_sdk_ec2::primitives::DateTime;
use aws_sdk_ec2::types::{AttachmentStatus, Tag};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::collect::calls::ApiCall;
use crate::collect::session::RegionSession;
use crate::model::{GapId, Listing, Tags};

/// One item by its id, or what is wrong with it.
pub(super) type Converted<M> = Result<(String, M), String>;

/// Pages of a listing as far as they were read, and the gap that cut them short.
pub(super) type Pages<O> = (Vec<O>, Option<GapId>);

/// The answer of a call without pages, as one page.
pub(super) fn one_page<O>(answer: Result<Option<O>, GapId>) -> Pages<O> {
    match answer {
        Ok(page) => (page.into_iter().collect(), None),
        Err(gap) => (Vec::new(), Some(gap)),
    }
}

/// A listing of everything on the pages.
pub(super) fn gather<O, S, M>(
    session: &RegionSession,
    call: &'static ApiCall,
    (pages, gap): Pages<O>,
    items: fn(O) -> Vec<S>,
    convert: fn(S) -> Converted<M>,
) -> Listing<M> {
    listing(session, call, gap, pages.into_iter().flat_map(items).map(convert))
}

/// A listing of items that were converted one by one. Those that could not be are told by the listing's gap.
pub(super) fn listing<M>(
    session: &RegionSession,
    call: &'static ApiCall,
    gap: Option<GapId>,
    converted: impl IntoIterator<Item = Converted<M>>,
) -> Listing<M> {
    let (items, fault) = sift(converted);
    let gap = gap.or_else(|| fault.map(|message| session.malformed(call, None, message)));
    Listing { items, gap }
}

/// The sound items by id, and in one line what is wrong with the others.
pub(super) fn sift<M>(converted: impl IntoIterator<Item = Converted<M>>) -> (BTreeMap<String, M>, Option<String>) {
    let mut items = BTreeMap::new();
    let mut first = None;
    let mut others = 0_usize;
    for item in converted {
        match item {
            Ok((id, item)) => {
                items.insert(id, item);
            }
            Err(fault) if first.is_none() => first = Some(fault),
            Err(_) => others += 1,
        }
    }
    let fault = first.map(|first| match others {
        0 => first,
        _ => format!("{first} (and {others} more items that cannot be used)"),
    });
    (items, fault)
}

/// An item of an answer, by its id, while its members are taken out.
#[derive(Debug)]
pub(super) struct Item {
    /// Id of the item, for messages.
    pub(super) id: String,
}

impl Item {
    /// An item whose id is in this member.
    pub(super) fn new(id: Option<String>, member: &str) -> Result<Self, String> {
        match text(id) {
            Some(id) => Ok(Self { id }),
            None => Err(format!("an item has no `{member}`")),
        }
    }

    /// The message of a member that is not there.
    fn lacks(&self, member: &str) -> String {
        format!("`{}` has no `{member}`", self.id)
    }

    /// A member that must be there.
    pub(super) fn required<T>(&self, value: Option<T>, member: &str) -> Result<T, String> {
        value.ok_or_else(|| self.lacks(member))
    }

    /// A text that must be there.
    pub(super) fn text(&self, value: Option<String>, member: &str) -> Result<String, String> {
        self.required(text(value), member)
    }

    /// A word of an enumeration that must be there, as AWS wrote it.
    pub(super) fn word<T: AsRef<str>>(&self, value: Option<T>, member: &str) -> Result<String, String> {
        self.text(word(value), member)
    }

    /// A count or number that AWS types with a sign and never means to be negative.
    pub(super) fn number(&self, value: Option<i32>, member: &str) -> Result<u32, String> {
        let value = self.required(value, member)?;
        u32::try_from(value).map_err(|_| format!("`{}`: `{member}` is {value}", self.id))
    }

    /// A text that must be readable as what it stands for.
    pub(super) fn parse<T: FromStr>(&self, value: &str, member: &str) -> Result<T, String> {
        value.parse().map_err(|_| format!("`{}`: `{member}` cannot be read: `{value}`", self.id))
    }

    /// An address that may be absent.
    pub(super) fn address<T: FromStr>(&self, value: Option<String>, member: &str) -> Result<Option<T>, String> {
        text(value).map(|value| self.parse(&value, member)).transpose()
    }

    /// An IPv4 address that may be absent.
    pub(super) fn ipv4(&self, value: Option<String>, member: &str) -> Result<Option<Ipv4Addr>, String> {
        self.address(value, member)
    }

    /// An IPv6 address that must be there.
    pub(super) fn ipv6(&self, value: Option<String>, member: &str) -> Result<Ipv6Addr, String> {
        let value = self.text(value, member)?;
        self.parse(&value, member)
    }

    /// An IPv4 block, host bits cleared: EC2 matches by the network part only.
    pub(super) fn ipv4_net(&self, value: &str, member: &str) -> Result<Ipv4Net, String> {
        self.parse::<Ipv4Net>(value, member).map(|net| net.trunc())
    }

    /// An IPv6 block, host bits cleared.
    pub(super) fn ipv6_net(&self, value: &str, member: &str) -> Result<Ipv6Net, String> {
        self.parse::<Ipv6Net>(value, member).map(|net| net.trunc())
    }

    /// A block of either IP version, host bits cleared.
    pub(super) fn ip_net(&self, value: &str, member: &str) -> Result<IpNet, String> {
        self.parse::<IpNet>(value, member).map(|net| net.trunc())
    }

    /// A moment that may be absent.
    pub(super) fn time(&self, value: Option<DateTime>, member: &str) -> Result<Option<jiff::Timestamp>, String> {
        value.map(|value| timestamp(value).map_err(|error| self.wrong(member, error))).transpose()
    }

    /// The message of a member whose value makes no sense.
    pub(super) fn wrong(&self, member: &str, why: impl Display) -> String {
        format!("`{}`: `{member}`: {why}", self.id)
    }
}

/// A text, where it says anything: EC2 writes members without a value as empty elements.
pub(super) fn text(value: Option<String>) -> Option<String> {
    value.filter(|value| !value.is_empty())
}

/// A word of an enumeration as AWS wrote it, known to the SDK or not.
pub(super) fn word<T: AsRef<str>>(value: Option<T>) -> Option<String> {
    value.map(|value| value.as_ref().to_owned())
}

/// Tags by key.
pub(super) fn tags(tags: Option<Vec<Tag>>) -> Tags {
    let tags = tags.unwrap_or_default().into_iter();
    tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect()
}

/// Whether an attachment to a VPC is in force.
///
/// `available` is what internet gateways say ("`available` when attached to a VPC; otherwise, this value is not returned",
/// EC2 API reference, `InternetGatewayAttachment`), `attached` what all others say.
pub(super) fn is_attached(state: Option<&AttachmentStatus>) -> bool {
    state.is_some_and(|state| matches!(state.as_str(), "attached" | "available"))
}

fn timestamp(value: DateTime) -> Result<jiff::Timestamp, jiff::Error> {
    // INVARIANT: the SDK keeps nanoseconds below one second, which fits.
    jiff::Timestamp::new(value.secs(), i32::try_from(value.subsec_nanos()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sift_keeps_the_sound_items_and_counts_the_others() {
        let (items, fault) = sift([Ok(("b".to_owned(), 2)), Ok(("a".to_owned(), 1))]);
        assert_eq!(items.into_iter().collect::<Vec<_>>(), [("a".to_owned(), 1), ("b".to_owned(), 2)]);
        assert_eq!(fault, None);

        let (items, fault) = sift([Err("`x` has no `State`".to_owned()), Ok(("a".to_owned(), 1)), Err("other".to_owned())]);
        assert_eq!(items.len(), 1);
        assert_eq!(fault.as_deref(), Some("`x` has no `State` (and 1 more items that cannot be used)"));
    }

    #[test]
    fn an_empty_element_is_no_value() {
        assert_eq!(Item::new(Some(String::new()), "VpcId").unwrap_err(), "an item has no `VpcId`");
        let item = Item::new(Some("vpc-0aa".to_owned()), "VpcId").unwrap();
        assert_eq!(item.text(Some(String::new()), "OwnerId").unwrap_err(), "`vpc-0aa` has no `OwnerId`");
        assert_eq!(item.ipv4(Some(String::new()), "PublicIp"), Ok(None));
    }

    #[test]
    fn blocks_are_canonical_and_garbage_is_refused() {
        let item = Item { id: "sgr-0aa".to_owned() };
        assert_eq!(item.ipv4_net("10.0.0.7/24", "CidrIpv4").unwrap().to_string(), "10.0.0.0/24");
        assert_eq!(item.ip_net("2001:db8::1/64", "Cidr").unwrap().to_string(), "2001:db8::/64");
        assert_eq!(item.ipv4_net("10.0.0.0", "CidrIpv4").unwrap_err(), "`sgr-0aa`: `CidrIpv4` cannot be read: `10.0.0.0`");
        assert_eq!(item.number(Some(-1), "RuleNumber").unwrap_err(), "`sgr-0aa`: `RuleNumber` is -1");
    }

    #[test]
    fn times_keep_their_fraction_and_a_moment_out_of_range_is_refused() {
        let item = Item { id: "nat-0aa".to_owned() };
        let time = item.time(Some(DateTime::from_secs_and_nanos(1_700_000_000, 500_000_000)), "CreateTime").unwrap();
        assert_eq!(time.unwrap().to_string(), "2023-11-14T22:13:20.5Z");
        assert!(item.time(Some(DateTime::from_secs(i64::MAX)), "CreateTime").is_err());
    }

    #[test]
    fn tags_without_a_value_stay() {
        let given = vec![Tag::builder().key("a").build(), Tag::builder().key("b").value("2").build()];
        assert_eq!(tags(Some(given)), Tags::from([("a".to_owned(), String::new()), ("b".to_owned(), "2".to_owned())]));
    }
}
