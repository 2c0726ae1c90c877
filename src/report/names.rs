//! Names of subnets and VPCs, which paths know by id only.

use std::collections::BTreeMap;

use crate::model::{Inventory, Tags};

/// A subnet as reports name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SubnetName {
    pub(super) name: Option<String>,
    pub(super) zone: String,
    pub(super) vpc_id: String,
}

/// Names of the subnets and VPCs of an account. Text from the account.
#[derive(Debug, Default)]
pub(super) struct Names {
    subnets: BTreeMap<String, SubnetName>,
    vpcs: BTreeMap<String, String>,
}

impl Names {
    pub(super) fn of(inventory: &Inventory) -> Self {
        let mut names = Self::default();
        for region in inventory.regions.values() {
            for subnet in region.subnets.values() {
                let name = SubnetName { name: name_tag(&subnet.tags), zone: subnet.zone.clone(), vpc_id: subnet.vpc_id.clone() };
                names.subnets.insert(subnet.id.clone(), name);
            }
            for vpc in region.vpcs.values() {
                if let Some(name) = name_tag(&vpc.tags) {
                    names.vpcs.insert(vpc.id.clone(), name);
                }
            }
        }
        names
    }

    pub(super) fn subnet(&self, id: &str) -> Option<&SubnetName> {
        self.subnets.get(id)
    }

    /// The id, and the name in quotes where there is one.
    pub(super) fn vpc(&self, id: &str) -> String {
        with_name(id, self.vpcs.get(id).map(String::as_str))
    }
}

/// The tag people name things by.
fn name_tag(tags: &Tags) -> Option<String> {
    tags.get("Name").filter(|name| !name.is_empty()).cloned()
}

/// `subnet-0aa "private-a"`: the id, and the name where it says more than the id.
pub(super) fn with_name(id: &str, name: Option<&str>) -> String {
    match name {
        Some(name) if !name.is_empty() && name != id => format!("{id} \"{name}\""),
        _ => id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_behind_the_id_once() {
        assert_eq!(with_name("rtb-0aa", Some("main")), "rtb-0aa \"main\"");
        assert_eq!(with_name("logs", Some("logs")), "logs");
        assert_eq!(with_name("rtb-0aa", None), "rtb-0aa");
    }
}
