//! Options that say what the account pays, next to the list price.

use clap::Args;
use rust_decimal::Decimal;

use crate::cost::Terms;

/// Largest quantity that is taken: more bytes than anybody sends, and no risk to the arithmetic.
const MAX_QUANTITY: i64 = 1_000_000_000_000_000;

/// What the account pays, next to the list price.
#[derive(Debug, Clone, Args)]
pub(super) struct TermsArgs {
    /// Part of the list price that is taken off: 0.08 or 8% [default: the settings' own, else 0]
    #[arg(long, value_name = "PART", value_parser = discount, help_heading = "Cost")]
    discount: Option<Decimal>,
    /// Hours of a month [default: the settings' own, else 730]
    #[arg(long, value_name = "HOURS", value_parser = hours, help_heading = "Cost")]
    hours: Option<Decimal>,
}

impl TermsArgs {
    /// These options over other terms.
    pub(super) fn over(&self, terms: Terms) -> Terms {
        Terms { discount: self.discount.unwrap_or(terms.discount), hours: self.hours.unwrap_or(terms.hours) }
    }
}

fn discount(text: &str) -> Result<Decimal, String> {
    let wrong = || "a discount is a part of the list price: from 0 to 1, or from 0% to 100%".to_owned();
    let parsed = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<Decimal>().map(|percent| percent / Decimal::ONE_HUNDRED),
        None => text.parse(),
    };
    let discount = parsed.map_err(|_| wrong())?;
    let terms = Terms { discount, ..Terms::default() };
    terms.has_discount().then_some(discount).ok_or_else(wrong)
}

fn hours(text: &str) -> Result<Decimal, String> {
    let terms = text.parse().map(|hours| Terms { hours, ..Terms::default() });
    terms
        .ok()
        .filter(Terms::has_hours)
        .map(|terms| terms.hours)
        .ok_or_else(|| "a month has more than 0 and at most 744 hours".to_owned())
}

/// A quantity that can be billed.
pub(super) fn quantity(text: &str) -> Result<Decimal, String> {
    let quantity =
        text.parse::<Decimal>().ok().filter(|quantity| *quantity >= Decimal::ZERO && *quantity <= Decimal::from(MAX_QUANTITY));
    quantity.ok_or_else(|| "a quantity is a number from 0 up, such as 730 or 12.5".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discounts_are_parts_or_percents() {
        assert_eq!(discount("8%"), discount("0.08"));
        assert!(discount("8").is_err() && discount("-0.1").is_err() && discount("101%").is_err() && discount("").is_err());
    }

    #[test]
    fn hours_are_those_of_a_month_and_quantities_are_not_negative() {
        assert!(hours("744").is_ok() && hours("745").is_err() && hours("0").is_err());
        assert!(
            quantity("0").is_ok() && quantity("-1").is_err() && quantity("x").is_err() && quantity("1000000000000001").is_err()
        );
    }
}
