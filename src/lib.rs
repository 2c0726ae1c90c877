//! natless audits a live AWS account in four stages, each a plain function: `collect` reads it into a [`model::Inventory`],
//! `analyze` judges that, `report` writes the verdicts down, and `run` chains them.

pub mod analyze;
pub mod brief;
pub mod cli;
pub mod collect;
pub mod config;
pub mod cost;
pub mod deliver;
pub mod document;
pub mod error;
pub mod files;
pub mod fix;
pub mod history;
#[cfg(feature = "lambda")]
pub mod lambda;
mod log;
pub mod model;
pub mod network;
pub mod policy;
pub mod report;
pub mod run;
pub mod snapshot;
