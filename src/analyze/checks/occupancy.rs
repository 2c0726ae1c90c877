//! Who sits in a region's subnets: whether anybody could call an endpoint from there.

use foldhash::{HashMap, HashSet};

use crate::analyze::Doubt;
use crate::model::ec2::{EndpointKind, InterfaceKind, VpcEndpoint};
use crate::model::{GapId, RegionInventory};

/// Who sits in the subnets of a region, told by the network interfaces, looked up once for all checks. The maps are only ever asked, never
/// walked.
#[derive(Debug)]
pub(in crate::analyze) struct Occupancy<'r> {
    subnets: HashMap<&'r str, Seats>,
    /// VPCs with a client.
    vpcs: HashSet<&'r str>,
    /// Subnets with parts of the network, where not every interface was read: there may be clients beside them.
    of_gear: HashSet<&'r str>,
    gap: Option<&'r GapId>,
}

#[derive(Debug, Default)]
struct Seats {
    clients: usize,
    gear: usize,
}

/// Whether a subnet has somebody who could call an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analyze) enum Clients {
    /// Yes, an interface of a workload.
    Present,
    /// Nobody that was read, but endpoints: a workload may come any time.
    Possible,
    /// Only NAT gateways, load balancers, transit gateway attachments and other parts of the network, which call no service.
    None,
}

impl<'r> Occupancy<'r> {
    /// Sorts the interfaces of a region.
    pub(in crate::analyze) fn of(region: &'r RegionInventory) -> Self {
        let of_endpoints: HashSet<&String> =
            region.vpc_endpoints.values().flat_map(|endpoint| &endpoint.network_interface_ids).collect();
        let nat_addresses = region.nat_gateways.values().flat_map(|nat| &nat.addresses);
        let of_nat_gateways: HashSet<&String> =
            nat_addresses.filter_map(|address| address.network_interface_id.as_ref()).collect();
        let (mut subnets, mut vpcs): (HashMap<&str, Seats>, HashSet<&str>) = (HashMap::default(), HashSet::default());
        for interface in region.network_interfaces.values() {
            if interface.kind == InterfaceKind::VpcEndpoint || of_endpoints.contains(&interface.id) {
                continue;
            }
            let seats = subnets.entry(&interface.subnet_id).or_default();
            if interface.is_gear() || of_nat_gateways.contains(&interface.id) {
                seats.gear += 1;
            } else {
                seats.clients += 1;
                vpcs.insert(&interface.vpc_id);
            }
        }
        let gap = region.network_interfaces.gap.as_ref();
        let mut of_gear = HashSet::default();
        if gap.is_some() {
            of_gear = subnets_of_gear(region);
            of_gear.extend(subnets.iter().filter(|(_, seats)| seats.gear > 0).map(|(id, _)| *id));
        }
        Self { subnets, vpcs, of_gear, gap }
    }

    /// Whether a subnet has clients.
    pub(in crate::analyze) fn clients(&self, subnet_id: &str) -> Clients {
        match self.subnets.get(subnet_id) {
            Some(seats) if seats.clients > 0 => Clients::Present,
            Some(seats) if seats.gear > 0 && self.gap.is_none() => Clients::None,
            _ => Clients::Possible,
        }
    }

    /// Whether to expect calls to this endpoint from a subnet.
    ///
    /// With private DNS off the endpoint usually stands there for other networks: only workloads that are really there
    /// count then, not those that may come. They do not come into a subnet made for parts of the network either.
    pub(in crate::analyze) fn may_call(&self, subnet_id: &str, endpoint: &VpcEndpoint) -> Result<bool, Doubt> {
        match (self.clients(subnet_id), self.gap) {
            (Clients::Present, _) => Ok(true),
            (Clients::None, _) => Ok(false),
            (Clients::Possible, Some(gap)) if !endpoint.private_dns || self.of_gear.contains(subnet_id) => {
                Err(Doubt::of_gap(format!("whether {subnet_id} holds clients was not read"), gap))
            }
            (Clients::Possible, _) => Ok(endpoint.private_dns),
        }
    }

    /// Whether no interface in this VPC is a client's.
    ///
    /// # Errors
    /// The gap, where an interface that was not read may be one.
    pub(in crate::analyze) fn is_without_clients(&self, vpc_id: &str) -> Result<bool, Doubt> {
        match self.gap {
            _ if self.vpcs.contains(vpc_id) => Ok(false),
            Some(gap) => Err(Doubt::of_gap(format!("whether {vpc_id} holds clients was not read"), gap)),
            None => Ok(true),
        }
    }

    /// Whether every interface was read and none in these subnets is a client's: nobody suffers there yet.
    pub(in crate::analyze) fn nobody_in<'s>(&self, subnets: impl IntoIterator<Item = &'s str>) -> bool {
        self.gap.is_none() && subnets.into_iter().all(|subnet| self.clients(subnet) != Clients::Present)
    }

    /// Why a subnet without a client that was read may hold one all the same.
    pub(in crate::analyze) fn doubt_about(&self, subnet_id: &str) -> Option<Doubt> {
        let gap = self.gap.filter(|_| self.clients(subnet_id) != Clients::Present)?;
        Some(Doubt::of_gap(format!("whether {subnet_id} holds clients was not read"), gap))
    }
}

/// The subnets that NAT gateways, transit gateway attachments and Gateway Load Balancer endpoints stand in by their own word.
fn subnets_of_gear(region: &RegionInventory) -> HashSet<&str> {
    let nat_gateways = region.nat_gateways.values().filter_map(|nat| nat.subnet_id.as_ref());
    let attachments = region.transit_gateway_vpc_attachments.values().flat_map(|attachment| &attachment.subnet_ids);
    let inspects = |endpoint: &&VpcEndpoint| endpoint.kind == EndpointKind::GatewayLoadBalancer;
    let inspections = region.vpc_endpoints.values().filter(inspects).flat_map(|endpoint| &endpoint.subnet_ids);
    nat_gateways.chain(attachments).chain(inspections).map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::analyze::fixtures;
    use crate::model::Inventory;

    const REGION: &str = "eu-west-1";

    fn with(region: &serde_json::Value) -> Inventory {
        fixtures::inventory(&json!({ "regions": { REGION: region } }))
    }

    #[test]
    fn gear_is_no_client_whatever_type_its_interface_has() {
        let inventory = with(&json!({
            "vpcs": { "vpc-0aa": {} },
            "subnets": { "subnet-0app": {}, "subnet-0empty": {}, "subnet-0endpoint": {}, "subnet-0gear": {}, "subnet-0nat": {} },
            "nat_gateways": { "nat-0aa": { "addresses": [{ "network_interface_id": "eni-0nat" }] } },
            "network_interfaces": {
                "eni-0app": { "subnet_id": "subnet-0app", "kind": "lambda" },
                "eni-0alb1": { "subnet_id": "subnet-0app", "description": "ELB app/web/0123456789abcdef" },
                "eni-0alb2": { "subnet_id": "subnet-0gear", "description": "ELB app/web/0123456789abcdef" },
                "eni-0nat": { "subnet_id": "subnet-0nat" },
                "eni-0vpce": { "subnet_id": "subnet-0endpoint" },
            },
            "vpc_endpoints": { "vpce-0on": { "network_interface_ids": ["eni-0vpce"], "private_dns": true }, "vpce-0off": {} },
        }));
        let region = &inventory.regions[REGION];
        let occupancy = Occupancy::of(region);
        let clients = ["app", "empty", "endpoint", "gear", "nat"].map(|name| occupancy.clients(&format!("subnet-0{name}")));
        assert_eq!(clients, [Clients::Present, Clients::Possible, Clients::Possible, Clients::None, Clients::None]);
        let may_call =
            |subnet: &str, endpoint: &str| occupancy.may_call(subnet, region.vpc_endpoints.get(endpoint).unwrap()).unwrap();
        assert!(may_call("subnet-0app", "vpce-0off") && may_call("subnet-0empty", "vpce-0on"));
        assert!(!may_call("subnet-0empty", "vpce-0off") && !may_call("subnet-0gear", "vpce-0on"));
        let without = |vpc: &str| occupancy.is_without_clients(vpc).unwrap();
        assert!(without("vpc-0bb") && !without("vpc-0aa"));
        assert!(occupancy.nobody_in(["subnet-0empty", "subnet-0gear"]) && !occupancy.nobody_in(["subnet-0empty", "subnet-0app"]));
    }

    #[test]
    fn interfaces_that_were_not_read_prove_nothing() {
        let inventory = with(&json!({ "vpcs": { "vpc-0aa": {} }, "subnets": { "subnet-0nat": {} }, "network_interfaces": {
                "gap": "eu-west-1/ec2:DescribeNetworkInterfaces", "eni-0nat": { "subnet_id": "subnet-0nat", "kind": "nat_gateway" } },
                "transit_gateway_vpc_attachments": { "tgw-attach-0aa": { "subnet_ids": ["subnet-0tgw"] } },
                "vpc_endpoints": { "vpce-0on": { "private_dns": true }, "vpce-0off": {} } }));
        let region = &inventory.regions[REGION];
        let occupancy = Occupancy::of(region);
        let may_call = |subnet: &str, endpoint: &str| occupancy.may_call(subnet, region.vpc_endpoints.get(endpoint).unwrap());
        assert_eq!(occupancy.clients("subnet-0nat"), Clients::Possible);
        assert_eq!(may_call("subnet-0other", "vpce-0on"), Ok(true));
        assert!(may_call("subnet-0other", "vpce-0off").is_err());
        for gear in ["subnet-0nat", "subnet-0tgw"] {
            assert!(may_call(gear, "vpce-0on").is_err(), "{gear} may hold nothing else");
        }
        assert!(occupancy.is_without_clients("vpc-0aa").is_err());
        assert!(!occupancy.nobody_in(["subnet-0nat"]) && occupancy.doubt_about("subnet-0nat").is_some());
    }
}
