//! What checks and proofs ask about money: prices, traffic scaled to a month, and the bill.

use std::borrow::Cow;
use std::sync::Arc;

use super::Settings;
use crate::cost::{Bill, BreakEven, Measured, Prices, Routes, Terms, Usage, break_even, monthly};
use crate::model::Inventory;
use crate::network::{Network, Path};

/// Prices, traffic and the bill of an inventory.
#[derive(Debug)]
pub struct Costing {
    /// The prices that the bill is made with.
    pub prices: Cow<'static, Prices>,
    /// What is paid next to the list price, and the hours of a month.
    pub terms: Terms,
    /// The traffic.
    pub usage: Arc<Usage>,
    /// The bill.
    pub bill: Bill,
    /// The ways of each subnet to the addresses of no listed service, sorted.
    pub ways_out: Vec<Path>,
}

impl Costing {
    /// `usage`: the traffic to price, where it was not measured in this inventory.
    pub(super) fn new(
        inventory: &Inventory,
        settings: &Settings,
        network: &Network<'_>,
        matrix: &[Path],
        ways_out: Vec<Path>,
        usage: Option<&Arc<Usage>>,
    ) -> Self {
        let (prices, terms) = (Prices::of(inventory), settings.cost.terms());
        let routes = Routes::new(matrix.iter().chain(&ways_out));
        let routes =
            if network.has_sisters() { routes.but_for(|region, id| network.is_on_a_sisters_bill(region, id)) } else { routes };
        let usage = usage.map_or_else(|| Arc::new(Usage::of(inventory, &routes, &terms)), Arc::clone);
        let bill = monthly(inventory, &routes, &prices, &usage, &terms);
        Self { prices, terms, usage, bill, ways_out }
    }

    /// The break-even of an interface endpoint against a NAT gateway that stays, in GB per zone and month.
    #[must_use]
    pub fn break_even(&self, region: &str) -> Option<BreakEven> {
        break_even(&self.prices, region, &self.terms)
    }

    /// What a NAT gateway or endpoint carries in a month; `None` where it was not measured.
    #[must_use]
    pub fn monthly(&self, region: &str, id: &str) -> Option<&Measured> {
        self.usage.monthly(region, id)
    }
}
