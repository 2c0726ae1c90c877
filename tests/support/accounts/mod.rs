//! Accounts to serve: an empty one, small helpers that fill it, one that uses every field, one without a fault, one full
//! of them, and ones of any size from a seed.
//!
//! Ids, addresses and names are made up or from ranges that documentation reserves.

mod generated;
mod network;
mod rich;
mod tidy;
mod troubled;
mod troubled_policies;

use std::collections::BTreeMap;

use natless::model::ec2::PrefixList;
use natless::model::s3::{AclGrant, Bucket, PublicAccessBlock};
use natless::model::traffic::{MetricSum, NatGatewayTraffic, VpcEndpointTraffic};
use natless::model::{Account, INVENTORY_SCHEMA, Inventory, Listing, Observed, Partition, RegionInventory, Scope};

pub(crate) use generated::{Size, generated_account};
pub(crate) use rich::rich_account;
pub(crate) use tidy::tidy_account;
pub(crate) use troubled::troubled_account;

/// When the accounts were read: 2026-06-15T12:00:00Z.
const TAKEN_AT: i64 = 1_781_524_800;
/// Length of the metrics window in days.
const LOOKBACK_DAYS: u32 = 14;
/// Canonical user who owns every bucket.
const CANONICAL_USER: &str = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";

/// Id of the prefix list of S3's IPv4 addresses.
pub(crate) const S3_LIST: &str = "pl-0a1a1a1a1a1a1a153";
/// Id of the prefix list of S3's IPv6 addresses.
pub(crate) const S3_IPV6_LIST: &str = "pl-0a1a1a1a1a1a1a653";
/// Id of the prefix list of `DynamoDB`'s addresses.
pub(crate) const DYNAMODB_LIST: &str = "pl-0a1a1a1a1a1a1a1db";

/// An account with these regions and nothing in them; everything was read.
pub(crate) fn empty_account(id: &str, regions: &[&str]) -> Inventory {
    let partition = Partition::of_region(regions.first().copied().unwrap_or("us-east-1"));
    Inventory {
        schema: INVENTORY_SCHEMA.to_owned(),
        natless: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at: jiff::Timestamp::from_second(TAKEN_AT).unwrap(),
        account: Account { id: id.to_owned(), caller_arn: format!("arn:{partition}:iam::{id}:user/auditor"), partition },
        scope: Scope {
            enabled_regions: Observed::Known(regions.iter().map(|&region| region.to_owned()).collect()),
            lookback_days: LOOKBACK_DAYS,
        },
        organization: Observed::Known(None),
        regions: regions.iter().map(|&region| (region.to_owned(), RegionInventory::default())).collect(),
        buckets: Listing::default(),
        account_public_access_block: Observed::Known(None),
        private_zones: Listing::default(),
        live_prices: None,
        gaps: BTreeMap::new(),
    }
}

/// One region of an account, to be filled.
pub(crate) fn region<'a>(account: &'a mut Inventory, name: &str) -> Region<'a> {
    let owner = account.account.id.clone();
    let inventory = account.regions.get_mut(name).expect("a region of the account");
    Region { name: name.to_owned(), owner, inventory }
}

/// A private bucket without a policy, its four switches on; what it should be instead is set on what comes back.
pub(crate) fn bucket<'a>(account: &'a mut Inventory, name: &str, region: &str) -> &'a mut Bucket {
    let bucket = Bucket {
        name: name.to_owned(),
        region: Observed::Known(region.to_owned()),
        policy: Observed::Known(None),
        policy_is_public: Observed::Known(None),
        public_access_block: Observed::Known(Some(PublicAccessBlock::ALL_ON)),
        acl: Observed::Known(vec![owner_grant()]),
        tags: BTreeMap::new(),
    };
    account.buckets.items.entry(name.to_owned()).or_insert(bucket)
}

/// The grant that every bucket has.
fn owner_grant() -> AclGrant {
    AclGrant {
        grantee: CANONICAL_USER.to_owned(),
        grantee_type: "CanonicalUser".to_owned(),
        permission: "FULL_CONTROL".to_owned(),
        is_owner: true,
    }
}

/// A region that helpers fill. Each adds one resource as AWS makes it by default and gives it back to be changed.
#[derive(Debug)]
pub(crate) struct Region<'a> {
    name: String,
    owner: String,
    /// What the region holds.
    pub(crate) inventory: &'a mut RegionInventory,
}

/// Adds a resource under its id and gives it back.
fn add<'a, T>(listing: &'a mut Listing<T>, id: &str, item: T) -> &'a mut T {
    let slot = listing.items.entry(id.to_owned());
    assert!(matches!(slot, std::collections::btree_map::Entry::Vacant(_)), "`{id}` is added twice");
    slot.or_insert(item)
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|&value| value.to_owned()).collect()
}

impl Region<'_> {
    /// The prefix lists of S3 (IPv4 and IPv6) and `DynamoDB` (IPv4), with addresses that documentation reserves.
    pub(crate) fn prefix_lists(&mut self) {
        let name = self.name.clone();
        for (id, service, family, entries) in [
            (S3_LIST, "s3", "IPv4", &["198.51.100.0/25", "203.0.113.0/24"][..]),
            (S3_IPV6_LIST, "ipv6.s3", "IPv6", &["2001:db8:53::/48"]),
            (DYNAMODB_LIST, "dynamodb", "IPv4", &["198.51.100.128/26"]),
        ] {
            let list = PrefixList {
                id: id.to_owned(),
                name: format!("com.amazonaws.{name}.{service}"),
                owner_id: "AWS".to_owned(),
                family: family.to_owned(),
                entries: Observed::Known(entries.iter().map(|entry| entry.parse().unwrap()).collect()),
            };
            add(&mut self.inventory.prefix_lists, id, list);
        }
    }

    /// What CloudWatch has of a NAT gateway on each of the given days of the window (bytes to the internet, bytes back).
    pub(crate) fn nat_traffic(&mut self, id: &str, days: u32, out: u64, back: u64) -> &mut NatGatewayTraffic {
        self.window();
        let sum = |sum| MetricSum { sum, days_reported: days };
        let traffic = NatGatewayTraffic {
            bytes_out_to_destination: sum(out),
            bytes_out_to_source: sum(back),
            connection_attempts: sum(u64::from(days) * 10),
        };
        let slot = self.inventory.traffic.nat_gateways.entry(id.to_owned()).insert_entry(Observed::Known(traffic));
        match slot.into_mut() {
            Observed::Known(traffic) => traffic,
            Observed::Unknown(gap) => panic!("just set, and {gap}"),
        }
    }

    /// What CloudWatch has of an endpoint (bytes processed, days with a value).
    pub(crate) fn endpoint_traffic(&mut self, id: &str, days: u32, bytes: u64) {
        self.window();
        let traffic = VpcEndpointTraffic { bytes_processed: MetricSum { sum: bytes, days_reported: days } };
        self.inventory.traffic.vpc_endpoints.insert(id.to_owned(), Observed::Known(traffic));
    }

    /// The window of the metrics: whole days up to the midnight before the account was read.
    fn window(&mut self) {
        let midnight = TAKEN_AT / 86_400 * 86_400;
        let from = midnight - i64::from(LOOKBACK_DAYS) * 86_400;
        self.inventory.traffic.from = Some(jiff::Timestamp::from_second(from).unwrap());
        self.inventory.traffic.to = Some(jiff::Timestamp::from_second(midnight).unwrap());
    }
}
