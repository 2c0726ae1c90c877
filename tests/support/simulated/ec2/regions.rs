//! Regions of the account.

use super::super::failure::Answer;
use super::super::server::Context;

use super::{known, response};

/// Regions that are there and that nobody has opted in to: listed with `AllRegions` only.
const NOT_OPTED_IN: [&str; 2] = ["af-south-1", "ap-east-1"];

pub(super) fn answer(context: &Context<'_>) -> Answer {
    let enabled = known(context, &context.inventory.scope.enabled_regions)?;
    let all = context.call.parameter("AllRegions") == Some("true");
    let others = NOT_OPTED_IN.iter().filter(|region| all && !enabled.iter().any(|name| name == *region));
    let wanted = context.call.filter("opt-in-status");
    let regions: Vec<(&str, &str)> = enabled
        .iter()
        .map(|region| (region.as_str(), "opt-in-not-required"))
        .chain(others.map(|region| (*region, "not-opted-in")))
        .filter(|(_, status)| wanted.as_ref().is_none_or(|wanted| wanted.contains(status)))
        .collect();
    Ok(response(context, |xml| {
        xml.items("regionInfo", regions, |xml, (region, status)| {
            xml.text("regionName", region)
                .text("regionEndpoint", format!("ec2.{region}.amazonaws.com"))
                .text("optInStatus", status);
        });
    }))
}
