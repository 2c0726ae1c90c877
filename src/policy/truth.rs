//! Three-valued truth: what no source settles is neither true nor false.

/// Whether something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Truth {
    /// It does not hold.
    False,
    /// AWS does not document whether it holds, or a fact it rests on is not known.
    Unknown,
    /// It holds.
    True,
}

impl Truth {
    /// Unknown in some case, false in any other.
    pub(super) fn unknown_if(doubtful: bool) -> Self {
        if doubtful { Self::Unknown } else { Self::False }
    }

    /// Both hold.
    pub(super) fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// At least one holds.
    pub(super) fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// The opposite; what is unknown stays so.
    pub(super) fn negate(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }

    /// Whether it holds for sure.
    pub(super) fn is_sure(self) -> bool {
        self == Self::True
    }

    /// Whether it may hold.
    pub(super) fn is_possible(self) -> bool {
        self != Self::False
    }

    /// Whether any of these holds.
    pub(super) fn any(items: impl IntoIterator<Item = Self>) -> Self {
        items.into_iter().fold(Self::False, Self::or)
    }

    /// Whether all of these hold.
    pub(super) fn all(items: impl IntoIterator<Item = Self>) -> Self {
        items.into_iter().fold(Self::True, Self::and)
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}
