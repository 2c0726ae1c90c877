//! The three questions an audit answers.

use serde::{Deserialize, Serialize};

/// The three questions an audit answers; each has a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pillar {
    /// Does traffic to AWS services take the way it should?
    Egress,
    /// Is money spent on network parts that do no work?
    Cost,
    /// Who gets through endpoints, buckets and groups?
    Privilege,
}

impl Pillar {
    /// Every pillar, in the order of the reports.
    pub const ALL: [Self; 3] = [Self::Egress, Self::Cost, Self::Privilege];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Egress => "egress",
            Self::Cost => "cost",
            Self::Privilege => "privilege",
        }
    }
}

impl std::fmt::Display for Pillar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
