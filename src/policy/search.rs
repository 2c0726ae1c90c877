//! A point inside one box and outside many.
//!
//! Requests are points of a space with one finite dimension per attribute; what a statement matches is a box. "Which request does
//! this Allow let through that no Deny catches?" is then: each Deny is a clause "some dimension leaves the box", and the clauses are
//! satisfied one by one, by unit propagation and disjoint branching on the tightest one.

use super::bits::Bits;
use super::budget::{Budget, TooComplex};

/// A box: for some dimensions the values they may have; the others are free. Sorted by dimension.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Region(Vec<(usize, Bits)>);

impl Region {
    /// Restricts one dimension further.
    pub(super) fn restrict(&mut self, dimension: usize, values: &Bits) {
        match self.0.binary_search_by_key(&dimension, |(own, _)| *own) {
            Ok(at) => {
                if let Some((_, own)) = self.0.get_mut(at) {
                    *own = own.and(values);
                }
            }
            Err(at) => self.0.insert(at, (dimension, values.clone())),
        }
    }

    /// This box with one more restriction.
    pub(super) fn with(mut self, dimension: usize, values: &Bits) -> Self {
        self.restrict(dimension, values);
        self
    }

    /// What is in both boxes.
    pub(super) fn and(&self, other: &Self) -> Self {
        other.sides().fold(self.clone(), |region, (dimension, values)| region.with(dimension, values))
    }

    /// Whether no point is in it.
    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().any(|(_, values)| values.is_empty())
    }

    /// Whether some point may be in both.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let other_of = |dimension: usize| other.sides().find(|(own, _)| *own == dimension);
        self.sides().all(|(dimension, values)| other_of(dimension).is_none_or(|(_, others)| values.meets(others)))
    }

    /// Whether a point is in it.
    pub(super) fn holds(&self, point: &[usize]) -> bool {
        self.0.iter().all(|(dimension, values)| point.get(*dimension).is_some_and(|at| values.has(*at)))
    }

    /// The restrictions.
    pub(super) fn sides(&self) -> impl Iterator<Item = (usize, &Bits)> {
        self.0.iter().map(|(dimension, values)| (*dimension, values))
    }
}

/// A point in `domains` and in `inside`, and in none of `outside`: by dimension, the value. `None` where there is none.
///
/// # Errors
/// [`TooComplex`] where that takes more work than is left.
pub(super) fn find(
    domains: &[Bits],
    inside: &Region,
    outside: &[&Region],
    budget: &mut Budget,
) -> Result<Option<Vec<usize>>, TooComplex> {
    let mut start = domains.to_vec();
    for (dimension, values) in inside.sides() {
        if let Some(domain) = start.get_mut(dimension) {
            *domain = domain.and(values);
        }
    }
    if start.iter().any(Bits::is_empty) {
        return Ok(None);
    }
    let reachable = |region: &&&Region| {
        region.sides().all(|(dimension, values)| start.get(dimension).is_some_and(|domain| domain.meets(values)))
    };
    let clauses: Vec<&Region> = outside.iter().filter(reachable).copied().collect();
    let found = satisfy(start, clauses, budget)?;
    Ok(found.map(|domains| domains.iter().map(|domain| domain.first().unwrap_or(0)).collect()))
}

/// What a clause still asks.
enum Standing {
    /// Some dimension has left the box.
    Satisfied,
    /// No dimension can leave it.
    Conflict,
    /// Only this one can.
    Unit(usize),
    /// Several can; this is how many, and the one with the fewest values to give up.
    Open(usize, usize),
}

fn standing(domains: &[Bits], clause: &Region) -> Standing {
    let mut open = 0;
    let mut last = 0;
    for (dimension, values) in clause.sides() {
        let Some(domain) = domains.get(dimension) else { continue };
        if !domain.meets(values) {
            return Standing::Satisfied;
        }
        if !domain.is_subset(values) {
            open += 1;
            last = dimension;
        }
    }
    match open {
        0 => Standing::Conflict,
        1 => Standing::Unit(last),
        open => Standing::Open(open, last),
    }
}

fn values_of(clause: &Region, wanted: usize) -> Option<&Bits> {
    clause.sides().find(|(dimension, _)| *dimension == wanted).map(|(_, values)| values)
}

/// Domains in which every clause is satisfied whatever point is taken.
fn satisfy(mut domains: Vec<Bits>, mut clauses: Vec<&Region>, budget: &mut Budget) -> Result<Option<Vec<Bits>>, TooComplex> {
    loop {
        let mut tightest: Option<(usize, usize, usize)> = None;
        let mut changed = false;
        let mut kept = Vec::with_capacity(clauses.len());
        for clause in clauses {
            budget.spend(clause.sides().map(|(_, values)| 1 + values.len() / 64).sum())?;
            match standing(&domains, clause) {
                Standing::Satisfied => continue,
                Standing::Conflict => return Ok(None),
                Standing::Unit(dimension) => {
                    if let (Some(domain), Some(values)) = (domains.get_mut(dimension), values_of(clause, dimension)) {
                        *domain = domain.without(values);
                        changed = true;
                    }
                    continue;
                }
                Standing::Open(open, dimension) => {
                    if tightest.is_none_or(|(least, _, _)| open < least) {
                        tightest = Some((open, kept.len(), dimension));
                    }
                }
            }
            kept.push(clause);
        }
        clauses = kept;
        if changed {
            continue;
        }
        let Some((_, at, dimension)) = tightest else { return Ok(Some(domains)) };
        let Some(values) = clauses.get(at).and_then(|clause| values_of(clause, dimension)).cloned() else { return Ok(None) };
        let mut leaving = domains.clone();
        if let (Some(leaving), Some(staying)) = (leaving.get_mut(dimension), domains.get_mut(dimension)) {
            *leaving = leaving.without(&values);
            *staying = staying.and(&values);
        }
        budget.spend(domains.iter().map(|domain| 1 + domain.len() / 64).sum())?;
        if let Some(found) = satisfy(leaving, clauses.clone(), budget)? {
            return Ok(Some(found));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn region(sides: &[(usize, u64)], size: usize) -> Region {
        sides.iter().fold(Region::default(), |region, (dimension, mask)| {
            region.with(*dimension, &Bits::of(size, |at| mask >> at & 1 == 1))
        })
    }

    #[test]
    fn a_deny_that_covers_the_allow_leaves_nothing() {
        let domains = vec![Bits::of(3, |_| true), Bits::of(3, |_| true)];
        let (whole, left, right) = (Region::default(), region(&[(0, 0b011)], 3), region(&[(0, 0b100)], 3));
        let mut budget = Budget::new();
        assert_eq!(find(&domains, &whole, &[&left], &mut budget), Ok(Some(vec![2, 0])));
        assert_eq!(find(&domains, &whole, &[&left, &right], &mut budget), Ok(None));
        assert_eq!(find(&domains, &right, &[&right], &mut budget), Ok(None));
    }

    proptest! {
        #[test]
        fn agrees_with_trying_every_point(
            inside in prop::collection::vec((0usize..4, 0u64..16), 0..4),
            outside in prop::collection::vec(prop::collection::vec((0usize..4, 0u64..16), 1..4), 0..8),
        ) {
            let domains = vec![Bits::of(4, |_| true); 4];
            let inside = region(&inside, 4);
            let outside: Vec<Region> = outside.iter().map(|sides| region(sides, 4)).collect();
            let outside: Vec<&Region> = outside.iter().collect();
            let fits = |point: &[usize]| inside.holds(point) && !outside.iter().any(|region| region.holds(point));
            let some = (0..256usize).any(|at| fits(&[at & 3, at >> 2 & 3, at >> 4 & 3, at >> 6 & 3]));
            let found = find(&domains, &inside, &outside, &mut Budget::new()).unwrap();
            prop_assert_eq!(found.is_some(), some);
            prop_assert!(found.is_none_or(|point| fits(&point)));
        }
    }
}
