//! Judging an inventory: `&Inventory` and settings in, [`Assessment`] out. Pure: "now" is `inventory.taken_at`.

mod assess;
mod assessment;
mod audit;
#[cfg(test)]
mod change_tests;
pub mod check;
pub mod checks;
mod control;
mod costing;
mod digest;
mod disagreements;
#[cfg(test)]
mod fixtures;
pub mod history;
#[cfg(test)]
mod money_tests;
mod neighbourhood;
pub mod organization;
mod pillar;
mod plan;
mod policies;
mod proof;
mod repairs;
mod resource;
mod score;
mod settings;
mod severity;
#[cfg(test)]
mod sister_tests;
mod verdict;
mod waivers;

pub use assess::{assess, assess_among};
pub use assessment::{Assessment, CheckCounts, Finding, Score, Scores, UnknownSubject, WaivedWaste, WaiverNote};
pub use audit::Audit;
pub use check::{Check, Remediation};
pub use control::{Control, Framework};
pub use costing::Costing;
pub use pillar::Pillar;
pub use plan::{Dropped, Plan, PlanStep, Simulation, simulate};
pub use policies::{Decided, Policies, Reading, Shown};
pub use proof::{Proof, Proposal, Repaired};
pub use repairs::{Case, Repair};
pub use settings::{CheckSettings, CostSettings, Settings, SettingsError, Thresholds, Trust, Waiver};
pub use severity::Severity;
pub use verdict::{Doubt, Evidence, Failure, Resource, Subject, Verdict};
