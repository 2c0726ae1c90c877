//! `vpc-route-blackhole`.

use crate::analyze::check::declare_check;
use crate::analyze::{
    Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict, repairs,
};
use crate::model::ec2::{EndpointState, NatGatewayState, PeeringState, Route, RouteState, RouteTable, RouteTarget};
use crate::model::{Listing, RegionInventory};

declare_check! {
    /// ## What it does
    /// Finds routes that drop packets because their target is gone: the route's state is `blackhole`, or it names a
    /// gateway, endpoint or peering connection that a complete listing of the account does not have.
    ///
    /// ## Why it matters
    /// The most specific route wins even when it leads nowhere, so everything it matches is dropped without an answer.
    /// Such a route also hides a mistake: somebody deleted a gateway that a table still counts on.
    ///
    /// ## What it reads
    /// - `ec2:DescribeRouteTables`: `Routes[].State` and the target of each route
    /// - `ec2:DescribeSubnets`: whether a subnet uses the table
    /// - the listings of NAT gateways, endpoints, peering connections and of internet, egress-only and virtual private gateways
    ///
    /// ## When it stays silent
    /// Transit gateways, Cloud WAN, carrier and local gateways and network interfaces may belong to another account: only
    /// the state that AWS reports counts for them. The same holds for tables that another account owns. A table that no
    /// subnet and no gateway uses is reported as low. A main table as AWS makes it with a default VPC, with an internet gateway
    /// for its only target and no subnet of its own, earns no pass. A target that cannot be looked up gives Unknown, never Pass.
    ///
    /// ## References
    /// - [EC2 API reference: Route](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html)
    /// - [VPC guide: Route tables](https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html)
    pub(super) static CHECK = {
        id: "vpc-route-blackhole",
        title: "Route leads to a target that is gone",
        severity: Severity::Medium,
        pillar: Pillar::Egress,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Delete the route, or point it at a target that exists.",
            command: "aws ec2 delete-route --route-table-id <route-table-id> --destination-cidr-block <destination>",
            url: "https://docs.aws.amazon.com/vpc/latest/userguide/WorkWithRouteTables.html",
        },
        repair: Repair::Change(repairs::delete_dead_route),
        evaluate: judge_tables,
    }
}

fn judge_tables(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in audit.regions() {
        for table in region.route_tables.values() {
            subjects.extend(judge_table(audit, name, region, table));
        }
        subjects.extend(Subject::unlisted(name, "route_table", &region.route_tables));
    }
    subjects
}

/// One failure per dead route; one pass for a table whose routes all lead somewhere.
fn judge_table(audit: &Audit<'_>, name: &str, region: &RegionInventory, table: &RouteTable) -> Vec<Subject> {
    let resource = Resource::route_table(audit.inventory, name, table);
    let own = table.owner_id == audit.inventory.account.id;
    let (mut subjects, mut doubts, mut looked_at) = (Vec::new(), Vec::new(), 0_usize);
    for route in table.routes.iter().filter(|route| route.target != RouteTarget::Local) {
        looked_at += 1;
        match target_of(route, region, own) {
            Target::There => {}
            Target::Gone(why) => {
                let failure = dead_route(audit, name, region, table, route, &why);
                let subject = Subject::new(name, resource.clone(), Verdict::Fail(Box::new(failure)));
                subjects.push(subject.told_apart_by(route.destination.to_string()));
            }
            Target::Unsure(doubt) => doubts.push(doubt),
        }
    }
    if let Some(doubt) = Doubt::join(doubts) {
        subjects.push(Subject::new(name, resource, Verdict::Unknown(doubt)));
    } else if subjects.is_empty() {
        let verdict = if looked_at == 0 || is_as_made(table) { Verdict::NotApplicable } else { Verdict::Pass };
        subjects.push(Subject::new(name, resource, verdict));
    }
    subjects
}

/// Whether a table is as AWS makes it with a default VPC: the main one, without an association of its own, and with nothing
/// but the internet gateway to lead to. Source: VPC guide, "Default VPC components".
fn is_as_made(table: &RouteTable) -> bool {
    let to_gateway = |route: &Route| matches!(route.target, RouteTarget::Local | RouteTarget::InternetGateway(_));
    table.associations.iter().all(|association| association.main) && table.routes.iter().all(to_gateway)
}

/// Whether a route's target is there.
enum Target {
    There,
    /// Gone, and how that is known.
    Gone(String),
    Unsure(Doubt),
}

fn target_of(route: &Route, region: &RegionInventory, own: bool) -> Target {
    match &route.state {
        RouteState::Blackhole => return Target::Gone("its state is blackhole".to_owned()),
        RouteState::Other(state) => {
            let why = format!("the route to {} is in state {state}, which AWS does not document", route.destination);
            return Target::Unsure(Doubt { why, gaps: Vec::new() });
        }
        RouteState::Active => {}
    }
    if !own {
        return Target::There;
    }
    match &route.target {
        RouteTarget::InternetGateway(id) => listed(&region.internet_gateways, id, |_| None),
        RouteTarget::EgressOnlyInternetGateway(id) => listed(&region.egress_only_internet_gateways, id, |_| None),
        RouteTarget::NatGateway(id) => listed(&region.nat_gateways, id, |nat| match &nat.state {
            NatGatewayState::Failed | NatGatewayState::Deleted => Some(nat.state.to_string()),
            NatGatewayState::Pending | NatGatewayState::Available | NatGatewayState::Deleting | NatGatewayState::Other(_) => None,
        }),
        RouteTarget::VpcEndpoint(id) => listed(&region.vpc_endpoints, id, |endpoint| match &endpoint.state {
            EndpointState::Deleted | EndpointState::Failed | EndpointState::Rejected | EndpointState::Expired => {
                Some(endpoint.state.to_string())
            }
            EndpointState::PendingAcceptance
            | EndpointState::Pending
            | EndpointState::Available
            | EndpointState::Deleting
            | EndpointState::Partial
            | EndpointState::Other(_) => None,
        }),
        RouteTarget::PeeringConnection(id) => listed(&region.peering_connections, id, |peering| match &peering.state {
            PeeringState::Deleted | PeeringState::Rejected | PeeringState::Expired | PeeringState::Failed => {
                Some(peering.state.to_string())
            }
            PeeringState::InitiatingRequest
            | PeeringState::PendingAcceptance
            | PeeringState::Provisioning
            | PeeringState::Active
            | PeeringState::Deleting
            | PeeringState::Other(_) => None,
        }),
        RouteTarget::VpnGateway(id) => {
            listed(&region.vpn_gateways, id, |gateway| (gateway.state == "deleted").then(|| gateway.state.clone()))
        }
        RouteTarget::Local
        | RouteTarget::TransitGateway(_)
        | RouteTarget::NetworkInterface { .. }
        | RouteTarget::CoreNetwork(_)
        | RouteTarget::CarrierGateway(_)
        | RouteTarget::LocalGateway(_)
        | RouteTarget::Other(_) => Target::There,
    }
}

/// Looks a target up in its listing; `dead_state` names the state of one that is listed and out of service for good.
fn listed<T>(listing: &Listing<T>, id: &str, dead_state: impl Fn(&T) -> Option<String>) -> Target {
    match listing.find(id) {
        Ok(Some(item)) => match dead_state(item) {
            Some(state) => Target::Gone(format!("{id} is {state}")),
            None => Target::There,
        },
        Ok(None) => Target::Gone(format!("the account has no {id}")),
        Err(gap) => Target::Unsure(Doubt::of_gap(format!("whether {id} still exists was not read"), gap)),
    }
}

fn dead_route(audit: &Audit<'_>, name: &str, region: &RegionInventory, table: &RouteTable, route: &Route, why: &str) -> Failure {
    let users = audit.network.subnets_using(name, &table.id);
    let edge = table.associations.iter().any(|association| association.gateway_id.is_some());
    // With subnets missing from the listing, nobody can say that no subnet uses a table.
    let unused = users.is_empty() && !edge && region.subnets.is_complete();
    let (destination, target) = (&route.destination, route.target.id());
    let source = "ec2:DescribeRouteTables";
    let mut evidence = vec![
        Evidence::new(format!("route {destination} -> {target}, state {}", route.state), source, &table.id),
        Evidence::new(format!("{destination} leads nowhere: {why}"), source, &table.id),
    ];
    let ids: Vec<&str> = users.iter().map(|subnet| subnet.id.as_str()).collect();
    let repair = if table.owner_id == audit.inventory.account.id {
        "Delete the route, or point it at a target that exists.".to_owned()
    } else {
        format!(
            "The table belongs to account {}: ask its owner to delete the route, or to point it at a target that exists.",
            table.owner_id
        )
    };
    if unused {
        evidence.push(Evidence::new("no subnet and no gateway uses the table", source, &table.id));
    } else if !ids.is_empty() {
        evidence.push(Evidence::new(format!("the table is used by {}", ids.join(", ")), source, &table.id));
    }
    Failure {
        title: format!("Route {destination} of {} leads to {target}, which is gone", table.id),
        detail: format!("Packets to {destination} that this route matches are dropped: {why}. {repair}"),
        related: std::iter::once(target).chain(ids).map(str::to_owned).collect(),
        evidence,
        severity: unused.then_some(Severity::Low),
    }
}
