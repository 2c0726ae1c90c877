//! Audits of one account beside each other: what one remembers of the last, what has changed, and the trend.

mod comparison;
mod record;
#[cfg(test)]
mod tests;
mod trend;

pub use comparison::{Changed, Comparison, Delta, NotComparable, Side, compare};
pub use record::{Record, RecordedFinding, RecordedResource, RecordedStatus, RecordedStep, RecordedSubject, fingerprint};
pub use trend::TrendPoint;
