//! The prices that a bill is made with, and the terms of the account.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use rust_decimal::Decimal;

use super::table;
use crate::model::price::{Price, PriceItem};
use crate::model::{Inventory, Observed};

/// Prices by region and item. What is not in it has no price here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prices(BTreeMap<String, BTreeMap<PriceItem, Price>>);

/// What an account pays, next to the list price, and how long its month is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Part of the list price that is taken off, 0 to 1.
    pub discount: Decimal,
    /// Hours of a month.
    pub hours: Decimal,
}

impl Default for Terms {
    fn default() -> Self {
        // 8,760 hours of a year by 12, the month of AWS's own price pages.
        Self { discount: Decimal::ZERO, hours: Decimal::from(730) }
    }
}

impl Terms {
    /// Whether the discount is a part of a whole.
    #[must_use]
    pub fn has_discount(&self) -> bool {
        (Decimal::ZERO..=Decimal::ONE).contains(&self.discount)
    }

    /// Whether the hours are those of a month, of 31 days at most.
    #[must_use]
    pub fn has_hours(&self) -> bool {
        self.hours > Decimal::ZERO && self.hours <= Decimal::from(744)
    }

    /// The share of the list price that is paid.
    #[must_use]
    pub fn paid_share(&self) -> Decimal {
        Decimal::ONE - self.discount
    }
}

impl Prices {
    /// The list prices that natless brings along, each with its source and date.
    #[must_use]
    pub fn embedded() -> &'static Self {
        static EMBEDDED: LazyLock<Prices> = LazyLock::new(table::read);
        &EMBEDDED
    }

    /// The prices for an inventory: those that it was told live, over the embedded ones.
    #[must_use]
    pub fn of(inventory: &Inventory) -> Cow<'static, Self> {
        let mut prices = Cow::Borrowed(Self::embedded());
        for (region, told) in inventory.live_prices.iter().flatten() {
            if let Observed::Known(told) = told {
                let of_region = prices.to_mut().0.entry(region.clone()).or_default();
                of_region.extend(told.iter().map(|(item, price)| (*item, price.clone())));
            }
        }
        prices
    }

    pub(super) fn insert(&mut self, region: &str, item: PriceItem, price: Price) {
        self.0.entry(region.to_owned()).or_default().insert(item, price);
    }

    /// The price of an item in a region; `None` where none is known.
    #[must_use]
    pub fn get(&self, region: &str, item: PriceItem) -> Option<&Price> {
        self.0.get(region)?.get(&item)
    }

    /// The regions with prices, sorted.
    pub fn regions(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Every price of a region, in the order of the items; empty where it has none.
    pub fn of_region(&self, region: &str) -> impl Iterator<Item = (PriceItem, &Price)> {
        self.0.get(region).into_iter().flatten().map(|(item, price)| (*item, price))
    }
}
