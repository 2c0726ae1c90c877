//! Why a question about the network has no answer.

use super::End;
use crate::model::GapId;

/// Why a question about the network has no answer: something was not read, is not visible, or is not documented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// What is not known, in one line.
    pub reason: String,
    /// The gaps behind it, sorted; empty where nothing failed and the account simply does not show it.
    pub gaps: Vec<GapId>,
}

impl Obstacle {
    /// An obstacle that no failed call explains.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), gaps: Vec::new() }
    }

    /// An obstacle because of one gap.
    #[must_use]
    pub fn gap(reason: impl Into<String>, gap: &GapId) -> Self {
        Self { reason: reason.into(), gaps: vec![gap.clone()] }
    }

    /// An obstacle because of a gap, where there is one.
    #[must_use]
    pub fn maybe_gap(reason: impl Into<String>, gap: Option<&GapId>) -> Self {
        Self { reason: reason.into(), gaps: gap.into_iter().cloned().collect() }
    }

    /// The end of a path that stops here.
    #[must_use]
    pub fn into_end(self) -> End {
        End::Unknown { reason: self.reason, gaps: self.gaps }
    }
}

impl std::fmt::Display for Obstacle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)
    }
}

impl From<Obstacle> for End {
    fn from(obstacle: Obstacle) -> Self {
        obstacle.into_end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_obstacle_is_told_by_its_reason() {
        assert_eq!(Obstacle::new("region eu-west-9 was not scanned").to_string(), "region eu-west-9 was not scanned");
    }
}
