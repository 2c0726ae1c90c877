//! Direct Connect, as far as it tells whether clients on premises exist.

use serde::{Deserialize, Serialize};

/// A virtual private gateway as Direct Connect lists it.
///
/// Source: `directconnect:DescribeVirtualGateways` `virtualGateways[]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualGateway {
    /// Gateway id, such as `vgw-0aa`.
    pub id: String,
    /// State: `pending`, `available`, `deleting` or `deleted`.
    pub state: String,
}
