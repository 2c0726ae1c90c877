//! Puts an account's lists in another order.

use crate::model::{Inventory, Observed};
use crate::network::fixtures::REGION;

/// Chance that follows from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        // Knuth's linear congruential generator.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn mix<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    fn mix_known<T>(&mut self, items: &mut Observed<Vec<T>>) {
        if let Observed::Known(items) = items {
            self.mix(items);
        }
    }
}

/// Puts whatever AWS lists without a meaning of its order in another one.
pub(super) fn shuffle(inventory: &mut Inventory, seed: u64) {
    let mut dice = Dice(seed);
    for zone in inventory.private_zones.items.values_mut() {
        dice.mix(&mut zone.records);
        zone.records.iter_mut().for_each(|record| dice.mix(&mut record.values));
    }
    let region = inventory.regions.get_mut(REGION).unwrap();
    for vpc in region.vpcs.items.values_mut() {
        dice.mix(&mut vpc.ipv4_cidrs);
        dice.mix_known(&mut vpc.hosted_zones);
    }
    for table in region.route_tables.items.values_mut() {
        dice.mix(&mut table.routes);
        dice.mix(&mut table.associations);
    }
    for endpoint in region.vpc_endpoints.items.values_mut() {
        dice.mix(&mut endpoint.subnet_ids);
        dice.mix(&mut endpoint.network_interface_ids);
        dice.mix(&mut endpoint.group_ids);
    }
    region.network_acls.items.values_mut().for_each(|acl| dice.mix(&mut acl.entries));
    region.prefix_lists.items.values_mut().for_each(|list| dice.mix_known(&mut list.entries));
    region.network_interfaces.items.values_mut().for_each(|interface| dice.mix(&mut interface.group_ids));
    region.transit_gateway_route_tables.items.values_mut().for_each(|table| dice.mix_known(&mut table.routes));
    for attachment in region.transit_gateway_vpc_attachments.items.values_mut() {
        dice.mix(&mut attachment.subnet_ids);
    }
}
