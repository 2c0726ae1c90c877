//! Managed prefix lists with their entries.

use aws_sdk_ec2::operation::describe_managed_prefix_lists::DescribeManagedPrefixListsOutput;
use aws_sdk_ec2::operation::get_managed_prefix_list_entries::GetManagedPrefixListEntriesOutput;
use aws_sdk_ec2::types as sdk;
use futures::future::join_all;
use ipnet::IpNet;

use super::convert::{Converted, Item, listing};
use crate::collect::calls::{DESCRIBE_MANAGED_PREFIX_LISTS, GET_MANAGED_PREFIX_LIST_ENTRIES};
use crate::collect::session::RegionSession;
use crate::model::ec2::PrefixList;
use crate::model::{Listing, Observed};

/// Every managed prefix list that the region offers or the account sees, all entries asked for at once. A page of either
/// call holds at most 100.
pub(super) async fn prefix_lists(session: &RegionSession) -> Listing<PrefixList> {
    let call = &DESCRIBE_MANAGED_PREFIX_LISTS;
    let page = |token| session.ec2().describe_managed_prefix_lists().max_results(100).set_next_token(token).send();
    let (pages, gap) = session.pages(call, None, page, DescribeManagedPrefixListsOutput::next_token).await;
    let lists = pages.into_iter().flat_map(|page| page.prefix_lists.unwrap_or_default());
    let live = lists.filter(|list| list.state != Some(sdk::PrefixListState::DeleteComplete));
    listing(session, call, gap, join_all(live.map(|list| complete(session, list))).await)
}

async fn complete(session: &RegionSession, x: sdk::ManagedPrefixList) -> Converted<PrefixList> {
    let item = Item::new(x.prefix_list_id.clone(), "PrefixListId")?;
    from_sdk(x, entries(session, &item).await)
}

async fn entries(session: &RegionSession, item: &Item) -> Observed<Vec<IpNet>> {
    let call = &GET_MANAGED_PREFIX_LIST_ENTRIES;
    let id = item.id.as_str();
    let page =
        |token| session.ec2().get_managed_prefix_list_entries().prefix_list_id(id).max_results(100).set_next_token(token).send();
    let (pages, gap) = session.pages(call, Some(id), page, GetManagedPrefixListEntriesOutput::next_token).await;
    if let Some(gap) = gap {
        return Observed::Unknown(gap);
    }
    match blocks(item, pages.into_iter().flat_map(|page| page.entries.unwrap_or_default())) {
        Ok(blocks) => Observed::Known(blocks),
        Err(message) => Observed::Unknown(session.malformed(call, Some(id), message)),
    }
}

fn blocks(item: &Item, entries: impl Iterator<Item = sdk::PrefixListEntry>) -> Result<Vec<IpNet>, String> {
    let mut blocks: Vec<IpNet> =
        entries.map(|entry| item.ip_net(&item.text(entry.cidr, "Cidr")?, "Cidr")).collect::<Result<_, _>>()?;
    blocks.sort_unstable();
    blocks.dedup();
    Ok(blocks)
}

fn from_sdk(x: sdk::ManagedPrefixList, entries: Observed<Vec<IpNet>>) -> Converted<PrefixList> {
    let item = Item::new(x.prefix_list_id, "PrefixListId")?;
    let list = PrefixList {
        name: item.text(x.prefix_list_name, "PrefixListName")?,
        owner_id: item.text(x.owner_id, "OwnerId")?,
        family: item.text(x.address_family, "AddressFamily")?,
        entries,
        id: item.id.clone(),
    };
    Ok((item.id, list))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(cidr: &str) -> sdk::PrefixListEntry {
        sdk::PrefixListEntry::builder().cidr(cidr).build()
    }

    #[test]
    fn a_list_of_aws_keeps_name_and_owner() {
        let x = sdk::ManagedPrefixList::builder()
            .prefix_list_id("pl-0aa")
            .prefix_list_name("com.amazonaws.eu-west-1.s3")
            .owner_id("AWS")
            .address_family("IPv4")
            .build();
        let (id, list) = from_sdk(x, Observed::Known(Vec::new())).unwrap();
        assert_eq!((id.as_str(), list.name.as_str(), list.owner_id.as_str()), ("pl-0aa", "com.amazonaws.eu-west-1.s3", "AWS"));
        assert_eq!(list.family, "IPv4");
    }

    #[test]
    fn entries_are_sorted_and_stand_once() {
        let item = Item { id: "pl-0aa".to_owned() };
        let given = ["203.0.113.0/24", "198.51.100.0/24", "203.0.113.0/24"];
        let blocks = blocks(&item, given.into_iter().map(entry)).unwrap();
        assert_eq!(blocks.iter().map(ToString::to_string).collect::<Vec<_>>(), ["198.51.100.0/24", "203.0.113.0/24"]);
    }

    #[test]
    fn one_broken_entry_spoils_the_list() {
        let item = Item { id: "pl-0aa".to_owned() };
        assert!(blocks(&item, [entry("203.0.113.0/24"), entry("203.0.113.0/33")].into_iter()).is_err());
        assert!(blocks(&item, [sdk::PrefixListEntry::builder().build()].into_iter()).is_err());
    }
}
