//! What a change saves: the bill before less the bill after, on the same traffic.

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
        for (fare, now) in carried.beside(now) {
            let difference = if now == Some(fare) {
                UsdRange::default()
            } else {
                if carried.gb.as_ref().is_ok_and(Decimal::is_zero) {
                    continue;
                }
                let difference =
                    difference(fare, now).ok_or_else(|| format!("what traffic of {} costs then is not known", origin.id))?;
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

#[cfg(test)]
mod tests {
    use super::super::carried::Carried;
    use super::super::usage::{Meter, Origin, Place, Way};
    use super::*;

    fn usd(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    /// A bill of one NAT gateway: the price of a GB from each of some subnets, `LOW..HIGH` or `?`.
    fn bill(gb: Result<&str, &str>, ways: &[(&str, &str)]) -> Bill {
        let fare = |price: &str| {
            let usd = price.split_once("..").map(|(low, high)| UsdRange { low: usd(low), high: usd(high) });
            Fare { charges: Vec::new(), usd, known: usd }
        };
        let way = |subnet: &str| Way { subnet_id: subnet.into(), ..Way::unseen() };
        let fares = ways.iter().map(|(_, price)| fare(price)).collect();
        let fare_of_way = (0..ways.len()).collect();
        let ways = ways.iter().map(|(subnet, _)| (way(subnet), Place { number: 0, of: 1 })).collect();
        let origin = Origin { region: "eu-west-1".to_owned(), meter: Meter::NatGateway, id: "nat-0aa".to_owned() };
        let gb = gb.map(usd).map_err(str::to_owned);
        Bill { carried: [(origin, Carried { gb, fares, ways, fare_of_way })].into(), paid_share: Decimal::ONE, ..Bill::default() }
    }

    fn saved(before: &Bill, after: &Bill) -> Result<String, String> {
        saving(before, after).map(UsdRange::in_words)
    }

    #[test]
    fn the_least_saving_is_from_the_cheapest_way_before_to_the_dearest_after() {
        let before = bill(Ok("100"), &[("subnet-0a", "0.045..0.065")]);
        let after = bill(Ok("100"), &[("subnet-0a", "0.010..0.030")]);
        // 100 x (0.045 - 0.030) to 100 x (0.065 - 0.010).
        assert_eq!(saved(&before, &after).as_deref(), Ok("1.50 to 5.50"));
        assert_eq!(saved(&after, &before).as_deref(), Ok("-5.50 to -1.50"), "and a loss the other way round");
        let discounted = Bill { paid_share: usd("0.5"), ..before };
        assert_eq!(saved(&discounted, &after).as_deref(), Ok("0.75 to 2.75"));
    }

    #[test]
    fn bytes_may_all_be_those_of_the_subnet_that_saves_least_or_most() {
        let before = bill(Ok("100"), &[("subnet-0a", "0.045..0.045"), ("subnet-0b", "0.065..0.065"), ("subnet-0c", "?")]);
        let after = bill(Ok("100"), &[("subnet-0a", "0.010..0.010"), ("subnet-0b", "0.010..0.010"), ("subnet-0c", "?")]);
        assert_eq!(saved(&before, &after).as_deref(), Ok("0.00 to 5.50"), "those of a way that stays save nothing");
    }

    #[test]
    fn bytes_that_were_not_measured_matter_only_where_their_price_changes() {
        let (near, far) = ([("subnet-0a", "0.045..0.045")], [("subnet-0a", "0.010..0.010")]);
        let unread = Err("its traffic was not read");
        assert_eq!(
            saved(&bill(unread, &near), &bill(unread, &far)).unwrap_err(),
            "the traffic of nat-0aa is not known: its traffic was not read"
        );
        assert_eq!(saved(&bill(unread, &near), &bill(unread, &near)).as_deref(), Ok("0.00"));
    }

    #[test]
    fn a_way_whose_price_is_not_known_leaves_the_saving_unknown_unless_no_byte_takes_it() {
        let (known, unknown) = ([("subnet-0a", "0.045..0.045")], [("subnet-0a", "?")]);
        let refused = saved(&bill(Ok("100"), &known), &bill(Ok("100"), &unknown)).unwrap_err();
        assert_eq!(refused, "what traffic of nat-0aa costs then is not known");
        assert_eq!(saved(&bill(Ok("0"), &known), &bill(Ok("0"), &unknown)).as_deref(), Ok("0.00"));
    }
}
