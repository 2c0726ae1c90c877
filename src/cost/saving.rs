//! What a change saves: the bill before less the bill after, on the same traffic.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::carried::Fare;
use super::{Bill, UsdRange};

/// What the second inventory costs less than the first, per month; below zero where it costs more.
///
/// Both bills are of the same [`Usage`](super::Usage). Which of the ways through a gateway its measured bytes belong to is
/// not known, so the saving is that of the worst and of the best of them: a range of which no part is counted twice.
///
/// # Errors
/// In words, why it is not known: bytes that were not measured, a price or the end of a way that is not known.
pub fn saving(before: &Bill, after: &Bill) -> Result<UsdRange, String> {
    let mut saved = UsdRange::exact(before.fixed - after.fixed);
    for (origin, carried) in &before.carried {
        let Some(now) = after.carried.get(origin) else { continue };
        let (mut low, mut high): (Option<Decimal>, Option<Decimal>) = (None, None);
        let mut changed = false;
        for (way, fare) in &carried.fares {
            let now = now.fares.get(way);
            let difference = if now == Some(fare) {
                UsdRange::default()
            } else {
                if carried.gb.as_ref().is_ok_and(Decimal::is_zero) {
                    continue;
                }
                let difference = difference(fare, now.map(Arc::as_ref))
                    .ok_or_else(|| format!("what traffic of {} costs then is not known", origin.id))?;
                // The same price on another way costs the same, however many bytes there are.
                changed |= difference != UsdRange::default();
                difference
            };
            low = Some(low.map_or(difference.low, |low| low.min(difference.low)));
            high = Some(high.map_or(difference.high, |high| high.max(difference.high)));
        }
        if let (true, Some(low), Some(high)) = (changed, low, high) {
            let gb = carried.gb.as_ref().map_err(|why| format!("the traffic of {} is not known: {why}", origin.id))?;
            let share = before.paid_share * *gb;
            saved += UsdRange { low: low * share, high: high * share };
        }
    }
    Ok(saved)
}

fn difference(before: &Fare, after: Option<&Fare>) -> Option<UsdRange> {
    let (before, after) = (before.usd?, after?.usd?);
    Some(UsdRange { low: before.low - after.high, high: before.high - after.low })
}
