//! What several checks ask about NAT gateways: who is routed to one, and in which zone it stands.

use std::collections::{BTreeMap, BTreeSet};

use crate::analyze::{Audit, Doubt, Evidence};
use crate::model::RegionInventory;
use crate::model::ec2::{NatAvailability, NatGateway, Route, RouteState, RouteTable, RouteTarget, Subnet};

/// Subnets with a route to one NAT gateway.
#[derive(Debug)]
pub(super) struct Clients<'a> {
    /// Tables with an active route to the gateway, and the subnets that use each. A table without users is listed too.
    pub(super) tables: Vec<(&'a RouteTable, Vec<&'a Subnet>)>,
    /// Why there may be more; `None` where all tables and subnets were read.
    pub(super) doubt: Option<Doubt>,
}

/// The route tables of a region by the NAT gateways they lead to.
#[derive(Debug)]
pub(super) struct Routed<'a> {
    tables: BTreeMap<&'a str, Vec<&'a RouteTable>>,
    doubt: Option<Doubt>,
}

impl<'a> Routed<'a> {
    /// Looks through every route table of the region.
    pub(super) fn of(region: &'a RegionInventory) -> Self {
        let mut tables: BTreeMap<&str, Vec<&RouteTable>> = BTreeMap::new();
        for table in region.route_tables.values() {
            let targets: BTreeSet<&str> = table.routes.iter().filter_map(active_nat).collect();
            for id in targets {
                tables.entry(id).or_default().push(table);
            }
        }
        let tables_gap = region.route_tables.gap.iter().map(|gap| Doubt::of_gap("the list of route tables is not complete", gap));
        let subnets_gap = region.subnets.gap.iter().map(|gap| Doubt::of_gap("the list of subnets is not complete", gap));
        Self { tables, doubt: Doubt::join(tables_gap.chain(subnets_gap)) }
    }

    /// Who is routed to a gateway.
    pub(super) fn clients(&self, audit: &Audit<'a>, name: &str, nat: &NatGateway) -> Clients<'a> {
        let leading = self.tables.get(nat.id.as_str()).into_iter().flatten();
        let tables = leading.map(|table| (*table, audit.network.subnets_using(name, &table.id))).collect();
        Clients { tables, doubt: self.doubt.clone() }
    }
}

fn active_nat(route: &Route) -> Option<&str> {
    match &route.target {
        RouteTarget::NatGateway(id) if route.state == RouteState::Active => Some(id),
        _ => None,
    }
}

impl<'a> Clients<'a> {
    /// Whether some subnet is routed to the gateway; [`Err`] where that was not read.
    pub(super) fn any(&self) -> Result<bool, Doubt> {
        match (&self.doubt, self.subnets().next()) {
            (_, Some(_)) => Ok(true),
            (None, None) => Ok(false),
            (Some(doubt), None) => Err(doubt.clone()),
        }
    }

    /// Every subnet that is routed to the gateway.
    pub(super) fn subnets(&self) -> impl Iterator<Item = &'a Subnet> {
        self.tables.iter().flat_map(|(_, subnets)| subnets.iter().copied())
    }

    /// One fact per table.
    pub(super) fn evidence(&self, nat: &NatGateway) -> Vec<Evidence> {
        let fact = |(table, subnets): &(&RouteTable, Vec<&Subnet>)| {
            let users = if subnets.is_empty() { "no subnet uses it".to_owned() } else { format!("used by {}", ids(subnets)) };
            Evidence::new(
                format!("table {} has an active route to {}, {users}", table.id, nat.id),
                "ec2:DescribeRouteTables",
                &table.id,
            )
        };
        self.tables.iter().map(fact).collect()
    }
}

/// The ids of subnets, joined.
fn ids(subnets: &[&Subnet]) -> String {
    subnets.iter().map(|subnet| subnet.id.as_str()).collect::<Vec<_>>().join(", ")
}

/// The subnet of a zonal gateway, which tells its zone; `Ok(None)` for a regional one.
///
/// # Errors
/// The subnet was not read.
pub(super) fn subnet_of<'a>(region: &'a RegionInventory, nat: &NatGateway) -> Result<Option<&'a Subnet>, Doubt> {
    match (&nat.availability, &nat.subnet_id) {
        (NatAvailability::Regional, _) => Ok(None),
        (NatAvailability::Zonal | NatAvailability::Other(_), Some(subnet_id)) => match region.subnets.find(subnet_id) {
            Ok(Some(subnet)) => Ok(Some(subnet)),
            Ok(None) => Err(unplaced(nat, &format!("its subnet {subnet_id} is not in the account's list"))),
            Err(gap) => Err(Doubt::of_gap(format!("the zone of {} was not read: {subnet_id} is not listed", nat.id), gap)),
        },
        (NatAvailability::Zonal | NatAvailability::Other(_), None) => Err(unplaced(nat, "it names no subnet")),
    }
}

fn unplaced(nat: &NatGateway, reason: &str) -> Doubt {
    Doubt { why: format!("the zone of {} is not known: {reason}", nat.id), gaps: Vec::new() }
}
