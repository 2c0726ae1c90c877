//! Sets of small numbers.

/// A set of numbers below a fixed bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bits {
    words: Vec<u64>,
    len: usize,
}

impl Bits {
    pub(super) fn none(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(64)], len }
    }

    /// The numbers for which something holds.
    pub(super) fn of(len: usize, holds: impl Fn(usize) -> bool) -> Self {
        let mut bits = Self::none(len);
        (0..len).filter(|at| holds(*at)).for_each(|at| bits.add(at));
        bits
    }

    pub(super) fn add(&mut self, at: usize) {
        if let Some(word) = self.words.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    pub(super) fn has(&self, at: usize) -> bool {
        self.words.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    /// Bound of the numbers.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// The least number.
    pub(super) fn first(&self) -> Option<usize> {
        self.iter().next()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len).filter(|at| self.has(*at))
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        self.with(other, |own, other| own & other)
    }

    pub(super) fn without(&self, other: &Self) -> Self {
        self.with(other, |own, other| own & !other)
    }

    pub(super) fn is_subset(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).all(|(own, other)| own & !other == 0)
    }

    pub(super) fn meets(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).any(|(own, other)| own & other != 0)
    }

    fn with(&self, other: &Self, join: impl Fn(u64, u64) -> u64) -> Self {
        let words = self.words.iter().zip(&other.words).map(|(own, other)| join(*own, *other)).collect();
        Self { words, len: self.len }
    }
}
