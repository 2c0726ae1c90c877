//! Which subnets hold clients, and which only forward what others send.

use foldhash::HashSet;

use crate::analyze::Doubt;
use crate::model::ec2::{EndpointKind, InterfaceKind, Subnet, VpcEndpoint};
use crate::model::{GapId, RegionInventory};

/// A subnet that may hold clients.
#[derive(Debug, Clone)]
pub(in crate::analyze) struct Client<'p> {
    /// The subnet.
    pub(in crate::analyze) subnet: &'p Subnet,
    /// Why it may hold none.
    pub(in crate::analyze) doubt: Option<Doubt>,
}

/// Subnets that only forward: with interfaces of transit gateways and Gateway Load Balancer endpoints, and no others.
///
/// What passes them was sent from elsewhere, and an endpoint of their VPC would carry none of it.
/// Source: Transit Gateway guide, "Transit gateway design best practices" ("Use a separate subnet for each transit gateway VPC attachment").
#[derive(Debug)]
pub(in crate::analyze) struct Forwarding<'p> {
    /// Only ever asked, never walked.
    subnets: HashSet<&'p str>,
    /// Why other interfaces may be there.
    gap: Option<&'p GapId>,
}

impl<'p> Forwarding<'p> {
    /// Sorts the interfaces of a region; where not every one was read, attachments and endpoints tell their subnets.
    pub(in crate::analyze) fn of(region: &'p RegionInventory) -> Self {
        let forwards =
            |kind: &InterfaceKind| matches!(kind, InterfaceKind::TransitGateway | InterfaceKind::GatewayLoadBalancerEndpoint);
        let (forwarding, others): (Vec<_>, Vec<_>) =
            region.network_interfaces.values().partition(|interface| forwards(&interface.kind));
        let mut subnets: HashSet<&str> = forwarding.iter().map(|interface| interface.subnet_id.as_str()).collect();
        let gap = region.network_interfaces.gap.as_ref();
        if gap.is_some() {
            let attached = region.transit_gateway_vpc_attachments.values().flat_map(|attachment| &attachment.subnet_ids);
            let inspects = |endpoint: &&VpcEndpoint| endpoint.kind == EndpointKind::GatewayLoadBalancer;
            let inspected = region.vpc_endpoints.values().filter(inspects).flat_map(|endpoint| &endpoint.subnet_ids);
            subnets.extend(attached.chain(inspected).map(String::as_str));
        }
        for interface in others {
            subnets.remove(interface.subnet_id.as_str());
        }
        Self { subnets, gap }
    }

    /// The subnet as a client; `None` for one that only forwards.
    pub(in crate::analyze) fn client(&self, subnet: &'p Subnet) -> Option<Client<'p>> {
        match (self.subnets.contains(subnet.id.as_str()), self.gap) {
            (false, _) => Some(Client { subnet, doubt: None }),
            (true, None) => None,
            (true, Some(gap)) => {
                let doubt = Doubt::of_gap(format!("whether {} holds clients was not read", subnet.id), gap);
                Some(Client { subnet, doubt: Some(doubt) })
            }
        }
    }
}
