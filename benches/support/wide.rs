//! An account of 17 regions for benchmarks.

use std::collections::BTreeMap;

use natless::model::{Inventory, Observed};

use crate::support::accounts::tidy_account;

/// Regions of [`wide_account`]: those that every account has.
pub(crate) const WIDE_REGIONS: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// The tidy account in 17 regions. Regions are not alike: two are busy, as the tidy account's first one, the others hold what its second one does.
pub(crate) fn wide_account() -> Inventory {
    let mut inventory = tidy_account();
    let [busy, quiet] = ["eu-west-1", "us-east-1"].map(|name| inventory.regions[name].clone());
    let holds = |name: &str| if matches!(name, "eu-west-1" | "us-west-2") { busy.clone() } else { quiet.clone() };
    inventory.regions = WIDE_REGIONS.iter().map(|name| ((*name).to_owned(), holds(name))).collect::<BTreeMap<_, _>>();
    inventory.scope.enabled_regions = Observed::Known(WIDE_REGIONS.iter().map(|name| (*name).to_owned()).collect());
    inventory
}
