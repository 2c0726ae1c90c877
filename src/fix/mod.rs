//! Changes: typed edits of an inventory, applied to it, and rendered for Terraform, CloudFormation and the AWS CLI.
//!
//! Synchronous and pure. Knows no check: a check names the change, and the proof that it does what it should stands above both, in `analyze`.

mod apply;
mod change;
mod policies;
mod render;

pub use apply::{NotApplicable, admits_https, apply};
pub use change::{Change, ChangeKind, Edit, OldPolicy, PolicyAim, PublicAccess};
pub use policies::{
    MAX_ENDPOINT_POLICY, admitting_buckets_of_aws, endpoint_policy, refusing, with_statements, with_tls_only,
    without_buckets_of_aws,
};
pub use render::{Plan, PlanStep, Rendered, Rendering, commands, render};
