//! natless audits a live AWS account in four stages, each a plain function: `collect` reads it into a [`model::Inventory`],
//! `analyze` judges that, `report` writes the verdicts down, and `run` chains them.

pub mod analyze;
pub mod collect;
pub mod model;
pub mod network;
