//! `vpc-nat-gateway-cross-zone`.

use super::nat_gateways::subnet_of;
use crate::analyze::check::declare_check;
use crate::analyze::{
    Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict, repairs,
};
use crate::model::RegionInventory;
use crate::model::ec2::{NatGateway, NatGatewayState, Route, RouteDestination, RouteState, RouteTable, RouteTarget, Subnet};

declare_check! {
    /// ## What it does
    /// Finds subnets whose default route (`0.0.0.0/0`, or `64:ff9b::/96` for NAT64) leads to a zonal NAT gateway in another
    /// Availability Zone. Zones are compared by zone id, so Local Zones count as zones of their own.
    ///
    /// ## Why it matters
    /// Each byte that crosses zones is billed in both of them, on top of the NAT gateway's own charge. An outage of the
    /// gateway's zone takes the way out of every subnet that depends on it.
    ///
    /// ## What it reads
    /// - `ec2:DescribeRouteTables`: the default routes of the table that each subnet uses
    /// - `ec2:DescribeNatGateways`: subnet and availability mode of the gateway
    /// - `ec2:DescribeSubnets`: zone ids of both subnets
    ///
    /// ## When it stays silent
    /// A regional NAT gateway has no zone to cross to. Subnets without a default route to a NAT gateway are not judged, nor
    /// are routes to a gateway that is gone (`vpc-route-blackhole` reports those). A subnet in a Local Zone or Wavelength Zone
    /// is reported as low: not every such zone has NAT gateways. A gateway or table that was not read, or that the owner of a
    /// shared VPC keeps out of sight, gives Unknown.
    ///
    /// ## References
    /// - [VPC guide: NAT gateway basics](https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html)
    /// - [VPC guide: Regional NAT gateways](https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateways-regional.html)
    /// - [Local Zones guide: NAT gateway connection in Local Zones](https://docs.aws.amazon.com/local-zones/latest/ug/local-zones-connectivity-nat.html)
    pub(super) static CHECK = {
        id: "vpc-nat-gateway-cross-zone",
        title: "Subnet leaves through a NAT gateway in another zone",
        severity: Severity::Medium,
        pillar: Pillar::Egress,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Give each zone a route table of its own that leads to a NAT gateway in that zone, or use one regional NAT gateway.",
            command: "aws ec2 replace-route --route-table-id <route-table-id> --destination-cidr-block 0.0.0.0/0 --nat-gateway-id <nat-gateway-id>",
            url: "https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html",
        },
        repair: Repair::Change(repairs::stay_in_zone),
        evaluate: judge_subnets,
    }
}

/// Where IPv6-only clients send packets for IPv4 hosts. Source: VPC guide, "DNS64 and NAT64".
const NAT64: &str = "64:ff9b::/96";

fn judge_subnets(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in audit.regions() {
        for subnet in region.subnets.values() {
            subjects.extend(judge_subnet(audit, name, region, subnet));
        }
        subjects.extend(Subject::unlisted(name, "subnet", &region.subnets));
    }
    subjects
}

/// One failure per default route into another zone; else one verdict for the subnet.
fn judge_subnet(audit: &Audit<'_>, name: &str, region: &RegionInventory, subnet: &Subnet) -> Vec<Subject> {
    let resource = Resource::subnet(audit.inventory, name, subnet);
    if audit.is_judged_elsewhere(name, &subnet.vpc_id) {
        return vec![Subject::new(name, resource, Verdict::NotApplicable)];
    }
    let table = match audit.network.route_table_of(name, &subnet.id) {
        Ok(table) => table,
        Err(obstacle) => return vec![Subject::new(name, resource, Verdict::Unknown(obstacle.into()))],
    };
    let (mut subjects, mut doubts, mut same) = (Vec::new(), Vec::new(), None);
    for (route, nat_id) in table.routes.iter().filter_map(default_route) {
        match place_of(audit, region, table, nat_id, subnet) {
            Ok(Place::Gone) => {}
            Ok(Place::SameZoneOrRegional) => same = Some(nat_id),
            Ok(Place::OtherZone(nat, home)) => {
                let failure = crossing(name, subnet, table, route, nat, home);
                let subject = Subject::new(name, resource.clone(), Verdict::Fail(Box::new(failure)));
                let bytes = audit.nat_bytes(name, [nat_id]);
                subjects.push(subject.told_apart_by(route.destination.to_string()).measured(bytes));
            }
            Err(doubt) => doubts.push(doubt),
        }
    }
    if let Some(doubt) = Doubt::join(doubts) {
        subjects.push(Subject::new(name, resource, Verdict::Unknown(doubt)));
    } else if subjects.is_empty() {
        let verdict = if same.is_some() { Verdict::Pass } else { Verdict::NotApplicable };
        subjects.push(Subject::new(name, resource, verdict).measured(audit.nat_bytes(name, same)));
    }
    subjects
}

/// An active default route to a NAT gateway, with the gateway's id.
fn default_route(route: &Route) -> Option<(&Route, &str)> {
    let everything = match &route.destination {
        RouteDestination::Ipv4(net) => net.prefix_len() == 0,
        RouteDestination::Ipv6(net) => net.to_string() == NAT64,
        RouteDestination::PrefixList(_) => false,
    };
    match &route.target {
        RouteTarget::NatGateway(id) if everything && route.state == RouteState::Active => Some((route, id)),
        _ => None,
    }
}

/// Where a gateway stands, seen from a subnet.
enum Place<'a> {
    SameZoneOrRegional,
    OtherZone(&'a NatGateway, &'a Subnet),
    /// Not in service: no packet passes.
    Gone,
}

fn place_of<'a>(
    audit: &Audit<'_>,
    region: &'a RegionInventory,
    table: &RouteTable,
    nat_id: &str,
    subnet: &Subnet,
) -> Result<Place<'a>, Doubt> {
    let nat = match region.nat_gateways.find(nat_id) {
        Ok(Some(nat)) if nat.state == NatGatewayState::Available => nat,
        // The route is active, so the gateway is there: its owner is the VPC's.
        Ok(None) if table.owner_id != audit.inventory.account.id => {
            let why = format!("{nat_id} is not visible to this account: {} belongs to account {}", table.id, table.owner_id);
            return Err(Doubt { why, gaps: Vec::new() });
        }
        Ok(_) => return Ok(Place::Gone),
        Err(gap) => return Err(Doubt::of_gap(format!("the zone of {nat_id} was not read"), gap)),
    };
    Ok(match subnet_of(region, nat)? {
        Some(home) if home.zone_id != subnet.zone_id => Place::OtherZone(nat, home),
        Some(_) | None => Place::SameZoneOrRegional,
    })
}

/// Whether a zone is a Local Zone or Wavelength Zone: its name has more than a letter behind the region's.
fn is_edge(region: &str, zone: &str) -> bool {
    zone.strip_prefix(region).is_none_or(|rest| rest.len() != 1)
}

fn crossing(region: &str, subnet: &Subnet, table: &RouteTable, route: &Route, nat: &NatGateway, home: &Subnet) -> Failure {
    let destination = &route.destination;
    let edge = is_edge(region, &subnet.zone);
    let (costs, repair) = if edge {
        (
            "Bytes between the two are billed",
            "If its zone offers NAT gateways, as some Local Zones do, route the subnet to one there.",
        )
    } else {
        ("Bytes between the zones are billed in both", "Route the subnet to a NAT gateway of its own zone, or to a regional one.")
    };
    Failure {
        title: format!("Subnet {} in {} leaves through {} in {}", subnet.id, subnet.zone, nat.id, home.zone),
        detail: format!(
            "The route {destination} of {} leads to a NAT gateway in another zone. {costs}, and an outage of {} takes the way out of this \
             subnet. {repair}",
            table.id, home.zone
        ),
        related: vec![nat.id.clone(), table.id.clone()],
        evidence: vec![
            Evidence::new(
                format!("subnet {} is in zone {} ({})", subnet.id, subnet.zone_id, subnet.zone),
                "ec2:DescribeSubnets",
                &subnet.id,
            ),
            Evidence::new(
                format!("route {destination} -> {}, state {}", nat.id, route.state),
                "ec2:DescribeRouteTables",
                &table.id,
            ),
            Evidence::new(format!("{} is a zonal NAT gateway in subnet {}", nat.id, home.id), "ec2:DescribeNatGateways", &nat.id),
            Evidence::new(
                format!("subnet {} is in zone {} ({})", home.id, home.zone_id, home.zone),
                "ec2:DescribeSubnets",
                &home.id,
            ),
        ],
        severity: edge.then_some(Severity::Low),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::analyze::fixtures::failures;

    #[test]
    fn a_local_zone_is_low_and_gets_advice_it_can_follow() {
        let of = |zone: &str| {
            let found = failures(
                &CHECK,
                &json!({ "regions": { "eu-west-1": {
                    "vpcs": { "vpc-0aa": {} },
                    "subnets": { "subnet-0app": { "zone": zone, "zone_id": "other" }, "subnet-0pub": {} },
                    "nat_gateways": { "nat-0aa": { "subnet_id": "subnet-0pub" } },
                    "route_tables": {
                        "rtb-0app": { "subnets": ["subnet-0app"], "routes": ["0.0.0.0/0 -> nat-0aa"] },
                        "rtb-0pub": { "subnets": ["subnet-0pub"], "routes": ["0.0.0.0/0 -> igw-0aa"] },
                    },
                } } }),
            );
            assert_eq!(found.len(), 1);
            (found[0].severity, found[0].detail.contains("offers NAT gateways"))
        };
        assert_eq!(of("eu-west-1-lon-1a"), (Some(Severity::Low), true));
        assert_eq!(of("eu-west-1b"), (None, false));
    }
}
