//! Amounts of money, and how they are written.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

use rust_decimal::{Decimal, RoundingStrategy};

/// An amount of US dollars that is known, or known to lie between two others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UsdRange {
    /// At least this much.
    pub low: Decimal,
    /// At most this much.
    pub high: Decimal,
}

impl UsdRange {
    /// An amount that is known.
    #[must_use]
    pub fn exact(amount: Decimal) -> Self {
        Self { low: amount, high: amount }
    }

    /// Whether the amount is known.
    #[must_use]
    pub fn is_exact(self) -> bool {
        self.low == self.high
    }

    /// The range in words: `12.00`, or `0.00 to 41.20`.
    #[must_use]
    pub fn in_words(self) -> String {
        let (low, high) = (cents(self.low), cents(self.high));
        if low == high { low } else { format!("{low} to {high}") }
    }
}

impl Add for UsdRange {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { low: self.low + other.low, high: self.high + other.high }
    }
}

impl AddAssign for UsdRange {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// End by end: what two sums of one scenario each differ by. Not the range of all differences.
impl Sub for UsdRange {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { low: self.low - other.low, high: self.high - other.high }
    }
}

impl Sum for UsdRange {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), Add::add)
    }
}

/// The amount in dollars and cents, half a cent rounded up (away from zero): `37.35`.
#[must_use]
pub fn cents(amount: Decimal) -> String {
    rounded(amount, 2)
}

/// The number with this many digits behind the point, half rounded up (away from zero).
#[must_use]
pub fn rounded(number: Decimal, digits: u8) -> String {
    let rounded = number.round_dp_with_strategy(digits.into(), RoundingStrategy::MidpointAwayFromZero);
    // Less than half a digit taken off is no minus sign.
    let rounded = if rounded.is_zero() { Decimal::ZERO } else { rounded };
    // The formatter cuts digits off; here there is none left to cut.
    format!("{rounded:.digits$}", digits = usize::from(digits))
}

/// The amount with every digit it has, at least two behind the point: `0.045`, `14.60`.
#[must_use]
pub fn exact(amount: Decimal) -> String {
    let normal = amount.normalize();
    if normal.scale() < 2 { format!("{normal:.2}") } else { normal.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_cent_goes_up_and_nothing_has_no_sign() {
        let written = |text: &str| cents(text.parse().unwrap());
        assert_eq!(
            (written("167.128").as_str(), written("0.045").as_str(), written("36.9").as_str()),
            ("167.13", "0.05", "36.90")
        );
        assert_eq!((written("-0.005").as_str(), written("-0.004").as_str()), ("-0.01", "0.00"));
        assert_eq!((exact("14.6".parse().unwrap()), exact("0.0450".parse().unwrap())), ("14.60".into(), "0.045".into()));
    }

    #[test]
    fn a_range_is_written_once_where_its_ends_look_alike() {
        let range = |low: &str, high: &str| UsdRange { low: low.parse().unwrap(), high: high.parse().unwrap() };
        assert_eq!(range("1", "1.001").in_words(), "1.00");
        assert_eq!(range("0", "41.2").in_words(), "0.00 to 41.20");
        assert!(range("1", "1").is_exact() && !range("1", "1.001").is_exact(), "a tenth of a cent is not known");
    }
}
