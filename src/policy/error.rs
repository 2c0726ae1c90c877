//! Why a text is no policy.

use std::fmt;

use super::document::Position;
use super::json::{MAX_BYTES, MAX_CHARACTERS, MAX_DEPTH, escape};

/// Longest piece of the policy that an error repeats, in characters.
pub(super) const MAX_SHOWN: usize = 60;

/// Why a text is no policy. One line each; what it repeats of the policy is shortened and cannot move a cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The text is too long to look at.
    #[error("the policy is {bytes} bytes long, natless reads at most {MAX_BYTES}")]
    TooLong {
        /// Length of the text.
        bytes: usize,
    },
    /// The text begins with U+FEFF.
    #[error("the policy begins with a byte order mark, which JSON does not allow")]
    ByteOrderMark,
    /// There is nothing but white space.
    #[error("the policy is empty")]
    Blank,
    /// More characters than AWS takes.
    #[error("the policy has {characters} characters without white space, AWS takes at most {MAX_CHARACTERS}")]
    TooLarge {
        /// Characters, not counting the white space between JSON tokens.
        characters: usize,
    },
    /// Objects and lists lie too deep in each other.
    #[error("{position}: nested deeper than {MAX_DEPTH} levels")]
    TooDeep {
        /// Where the first of them opens.
        position: Position,
    },
    /// The text is not JSON.
    #[error("{position}: not JSON: {message}")]
    Json {
        /// Where it stops to be JSON.
        position: Position,
        /// What is wrong.
        message: String,
    },
    /// A value has another JSON type than the language wants.
    #[error("{at} must be {wanted}, found {found}")]
    WrongType {
        /// The value.
        at: Place,
        /// Types that are right.
        wanted: &'static str,
        /// The type it has.
        found: &'static str,
    },
    /// A value has the right type and is not one that AWS takes.
    #[error("{at} is `{}`, must be {wanted}", shown(value))]
    InvalidValue {
        /// The value.
        at: Place,
        /// What it says.
        value: String,
        /// What it may say.
        wanted: &'static str,
    },
    /// A list has to name something and does not.
    #[error("{at} is empty")]
    EmptyList {
        /// The list.
        at: Place,
    },
    /// A name that the language does not have.
    #[error("{at} has an unknown {kind} `{}`{}", shown(name), hint(nearest.as_deref()))]
    UnknownName {
        /// The object that has it; the position is the name's.
        at: Place,
        /// What the name should be one of.
        kind: &'static str,
        /// The name.
        name: String,
        /// The known name that looks most like it.
        nearest: Option<String>,
    },
    /// `Null` with a prefix or with `IfExists`.
    #[error("{at} has an operator `{}`: `Null` takes neither a prefix nor `IfExists`", shown(name))]
    ModifiedNull {
        /// The object that has it; the position is the operator's.
        at: Place,
        /// The operator.
        name: String,
    },
    /// A name stands twice in one object. Names of operators and condition keys are compared without case.
    #[error("{at} has `{}` twice, first at {first}", shown(name))]
    Duplicate {
        /// The object that has it; the position is that of the second.
        at: Place,
        /// The second name.
        name: String,
        /// Where the first stands.
        first: Position,
    },
    /// An element that has to be there is not.
    #[error("{at} has no {element}")]
    Missing {
        /// The object that lacks it.
        at: Place,
        /// The element, or the two of which one must be there.
        element: &'static str,
    },
    /// An element and its `Not` form.
    #[error("{at} has both `{element}` and `Not{element}`")]
    Both {
        /// The statement; the position is that of the second.
        at: Place,
        /// The element without `Not`.
        element: &'static str,
    },
    /// `Principal` or `NotPrincipal` in an identity policy.
    #[error("{at} cannot stand in an identity policy")]
    PrincipalInIdentityPolicy {
        /// The element.
        at: Place,
    },
}

/// A part of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Where to look in the text.
    pub position: Position,
    /// Path from the top, such as `Statement[1].Condition.StringEquals`; empty for the policy itself.
    pub path: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => write!(f, "{}: the policy", self.position),
            path => write!(f, "{}: `{path}`", self.position),
        }
    }
}

/// The advice at the end of an error.
fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!(", did you mean `{nearest}`?"))
}

/// A piece of the policy as errors repeat it: shortened, on one line, without characters that hide or move others.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(MAX_SHOWN).map(escape).collect();
    if text.chars().nth(MAX_SHOWN).is_some() {
        shown.push_str("...");
    }
    shown
}
