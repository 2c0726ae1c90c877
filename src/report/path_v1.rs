//! Paths in JSON: in the report's `paths`, and alone as `natless/path/1`.

use ipnet::IpNet;
use serde::Serialize;

use super::json::to_json;
use crate::model::GapId;
use crate::model::ec2::Subnet;
use crate::network::{Destinations, End, Family, Hop, NatZone, Path, Segment};

/// Name and version of the format of one subnet's paths to one service.
pub const SCHEMA: &str = "natless/path/1";

/// A path, in the report's own words.
#[derive(Debug, Serialize)]
pub struct PathV1<'a> {
    region: &'a str,
    subnet_id: &'a str,
    service: &'a str,
    family: &'static str,
    segments: Vec<SegmentV1<'a>>,
}

#[derive(Debug, Serialize)]
struct SegmentV1<'a> {
    destinations: DestinationsV1<'a>,
    hops: Vec<HopV1<'a>>,
    end: EndV1<'a>,
}

#[derive(Debug, Serialize)]
struct DestinationsV1<'a> {
    kind: &'static str,
    blocks: &'a [IpNet],
}

#[derive(Debug, Serialize)]
pub(super) struct HopV1<'a> {
    kind: &'a str,
    id: &'a str,
    reason: &'a str,
    source: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum EndV1<'a> {
    InterfaceEndpoint { endpoint_id: &'a str, vpc_id: &'a str, same_zone: bool },
    GatewayEndpoint { endpoint_id: &'a str },
    Nat { nat_gateway_id: &'a str, vpc_id: &'a str, zone: &'static str },
    Internet { gateway_id: &'a str },
    None { reason: &'a str },
    Blackhole { target_id: &'a str },
    Blocked { by: &'a str, reason: &'a str },
    LeavesView { via: &'a str, reason: &'a str },
    Appliance { id: &'a str },
    Unknown { reason: &'a str, gaps: &'a [GapId] },
}

#[derive(Serialize)]
struct SubnetPathsV1<'a> {
    schema: &'static str,
    natless: &'static str,
    account_id: &'a str,
    taken_at: String,
    region: &'a str,
    subnet: SubnetV1<'a>,
    service: &'a str,
    paths: Vec<PathV1<'a>>,
}

#[derive(Serialize)]
struct SubnetV1<'a> {
    id: &'a str,
    name: Option<&'a str>,
    vpc_id: &'a str,
    zone: &'a str,
}

/// The paths of one subnet to one service as JSON.
///
/// # Errors
/// [`serde_json::Error`] where a value has no JSON form.
pub fn render(view: &super::path_text::PathView<'_>) -> Result<String, serde_json::Error> {
    to_json(&SubnetPathsV1 {
        schema: SCHEMA,
        natless: env!("CARGO_PKG_VERSION"),
        account_id: &view.inventory.account.id,
        taken_at: view.inventory.taken_at.to_string(),
        region: view.region,
        subnet: SubnetV1::from(view.subnet),
        service: view.service,
        paths: view.paths.iter().map(PathV1::from).collect(),
    })
}

impl<'a> From<&'a Subnet> for SubnetV1<'a> {
    fn from(subnet: &'a Subnet) -> Self {
        Self { id: &subnet.id, name: subnet.tags.get("Name").map(String::as_str), vpc_id: &subnet.vpc_id, zone: &subnet.zone }
    }
}

impl<'a> From<&'a Path> for PathV1<'a> {
    fn from(path: &'a Path) -> Self {
        Self {
            region: &path.region,
            subnet_id: &path.subnet_id,
            service: &path.service,
            family: match path.family {
                Family::Ipv4 => "ipv4",
                Family::Ipv6 => "ipv6",
            },
            segments: path.segments.iter().map(|segment| SegmentV1::new(path, segment)).collect(),
        }
    }
}

impl<'a> SegmentV1<'a> {
    fn new(path: &'a Path, segment: &'a Segment) -> Self {
        Self {
            destinations: DestinationsV1::from(&segment.destinations),
            hops: path.hops(segment).map(|hop| HopV1::from(&**hop)).collect(),
            end: EndV1::from(&segment.end),
        }
    }
}

impl<'a> From<&'a Destinations> for DestinationsV1<'a> {
    fn from(destinations: &'a Destinations) -> Self {
        match destinations {
            Destinations::Name => Self { kind: "name", blocks: &[] },
            Destinations::Prefixes(blocks) => Self { kind: "prefixes", blocks },
            Destinations::Public => Self { kind: "public", blocks: &[] },
            Destinations::PossiblyWithin(blocks) => Self { kind: "possibly_within", blocks },
        }
    }
}

impl<'a> From<&'a Hop> for HopV1<'a> {
    fn from(hop: &'a Hop) -> Self {
        Self { kind: hop.kind, id: &hop.id, reason: &hop.reason, source: &hop.source }
    }
}

impl<'a> From<&'a End> for EndV1<'a> {
    fn from(end: &'a End) -> Self {
        match end {
            End::InterfaceEndpoint { endpoint_id, vpc_id, same_zone } => {
                Self::InterfaceEndpoint { endpoint_id, vpc_id, same_zone: *same_zone }
            }
            End::GatewayEndpoint { endpoint_id } => Self::GatewayEndpoint { endpoint_id },
            End::Nat { nat_gateway_id, vpc_id, zone } => Self::Nat { nat_gateway_id, vpc_id, zone: zone_word(*zone) },
            End::Internet { gateway_id } => Self::Internet { gateway_id },
            End::None { reason } => Self::None { reason },
            End::Blackhole { target_id } => Self::Blackhole { target_id },
            End::Blocked { by, reason } => Self::Blocked { by, reason },
            End::LeavesView { via, reason } => Self::LeavesView { via, reason },
            End::Appliance { id } => Self::Appliance { id },
            End::Unknown { reason, gaps } => Self::Unknown { reason, gaps },
        }
    }
}

fn zone_word(zone: NatZone) -> &'static str {
    match zone {
        NatZone::Same => "same",
        NatZone::Other => "other",
        NatZone::Regional => "regional",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::report::sample;

    #[test]
    fn the_paths_of_one_subnet_have_the_form_they_have_in_the_report() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/reports/schema/natless-report-1.schema.json");
        let mut schema: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let schema = serde_json::json!({"$ref": "#/$defs/path", "$defs": schema["$defs"].take()});
        let validator = jsonschema::validator_for(&schema).unwrap();
        let (assessment, inventory) = (sample::assessment(), sample::inventory());
        let subnet = inventory.regions["eu-west-1"].subnets.get("subnet-0aa").unwrap();
        let view = super::super::path_text::PathView {
            inventory: &inventory,
            region: "eu-west-1",
            subnet,
            service: "s3",
            paths: &assessment.paths,
        };
        let json: Value = serde_json::from_str(&render(&view).unwrap()).unwrap();
        assert_eq!((&json["schema"], &json["subnet"]["name"]), (&Value::from(SCHEMA), &Value::from("private-a")));
        let paths = json["paths"].as_array().unwrap();
        assert_eq!(paths.len(), assessment.paths.len());
        assert!(paths.iter().all(|path| validator.is_valid(path)));
    }
}
