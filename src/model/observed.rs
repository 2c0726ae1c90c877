//! Values that may not have been read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::GapId;

/// A value that was read, or the gap that stands in its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Observed<T> {
    /// What AWS answered.
    Known(T),
    /// Not read; the gap says why.
    Unknown(GapId),
}

impl<T> Observed<T> {
    /// The value, where it was read.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }

    /// The gap, where the value was not read.
    pub fn gap(&self) -> Option<&GapId> {
        match self {
            Self::Known(_) => None,
            Self::Unknown(gap) => Some(gap),
        }
    }

    /// The value or the gap.
    ///
    /// # Errors
    /// The id of the gap, where the value was not read.
    pub fn as_result(&self) -> Result<&T, &GapId> {
        match self {
            Self::Known(value) => Ok(value),
            Self::Unknown(gap) => Err(gap),
        }
    }
}

/// All resources of one kind in one place, by id, as far as they were read.
///
/// With a gap the items that were read are still true, but absence from them proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing<T> {
    /// What was read, by id.
    pub items: BTreeMap<String, T>,
    /// Why the listing is not complete; absent when it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<GapId>,
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self { items: BTreeMap::new(), gap: None }
    }
}

impl<T> Listing<T> {
    /// The resource with this id, where it was read.
    pub fn get(&self, id: &str) -> Option<&T> {
        self.items.get(id)
    }

    /// Whether absence from the listing means absence from the account.
    pub fn is_complete(&self) -> bool {
        self.gap.is_none()
    }

    /// The resource with this id, `None` where the account has none.
    ///
    /// # Errors
    /// The gap, where the id was not read and the listing is incomplete.
    pub fn find(&self, id: &str) -> Result<Option<&T>, &GapId> {
        match (self.items.get(id), &self.gap) {
            (Some(item), _) => Ok(Some(item)),
            (None, Some(gap)) => Err(gap),
            (None, None) => Ok(None),
        }
    }

    /// Every resource that was read, in the order of the ids.
    pub fn values(&self) -> std::collections::btree_map::Values<'_, String, T> {
        self.items.values()
    }
}

impl<T: Clone> Listing<T> {
    /// The same listing as if only these had been there.
    #[must_use]
    pub fn only<'i>(&self, ids: impl IntoIterator<Item = &'i String>) -> Self {
        let found = ids.into_iter().filter_map(|id| self.items.get_key_value(id));
        Self { items: found.map(|(id, item)| (id.clone(), item.clone())).collect(), ..self.without_items() }
    }
}

impl<T> Listing<T> {
    /// The same listing with nothing in it, as far as it was read.
    #[must_use]
    pub fn without_items(&self) -> Self {
        Self { items: BTreeMap::new(), gap: self.gap.clone() }
    }
}

impl<T> FromIterator<(String, T)> for Listing<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(iter: I) -> Self {
        Self { items: iter.into_iter().collect(), gap: None }
    }
}
