//! Direct Connect: JSON 1.1.

use serde_json::{Value, json};

use super::failure::{Answer, Failure};
use super::server::{Context, Reply};

pub(super) fn answer(context: &Context<'_>) -> Answer {
    let call = context.call;
    if call.operation != "DescribeVirtualGateways" {
        return Err(Failure::unknown_operation(call));
    }
    let mut gateways: Vec<Value> = Vec::new();
    if let Some(region) = context.inventory.regions.get(&call.region) {
        if !region.virtual_gateways.is_complete() {
            return Err(Failure::denied(call));
        }
        let listed = region.virtual_gateways.values();
        gateways.extend(listed.map(|gateway| json!({ "virtualGatewayId": gateway.id, "virtualGatewayState": gateway.state })));
    }
    Ok(Reply::json(&json!({ "virtualGateways": gateways })))
}
