//! What an account sees of a region, and over it what its sisters tell.

use std::collections::BTreeMap;

use super::sisters::RegionFacts;
use crate::model::ec2::{
    EgressOnlyInternetGateway, EndpointService, InternetGateway, NatGateway, NetworkAcl, NetworkInterface, PrefixList,
    RouteTable, SecurityGroupRule, Subnet, TransitGatewayAttachment, TransitGatewayRouteTable, TransitGatewayVpcAttachment, Vpc,
    VpcEndpoint, VpcPeeringConnection,
};
use crate::model::{GapId, Listing, RegionInventory};

/// A listing of the account, and over it what sisters tell: the owner of a thing sees more of it.
#[derive(Debug)]
pub(super) struct Seen<'a, T> {
    own: &'a Listing<T>,
    told: Option<&'a BTreeMap<String, T>>,
    /// Why the account's own listing is not complete.
    pub(super) gap: &'a Option<GapId>,
}

impl<T> Clone for Seen<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Seen<'_, T> {}

impl<'a, T> Seen<'a, T> {
    fn new(own: &'a Listing<T>, told: Option<&'a Listing<T>>) -> Self {
        Self { own, told: told.map(|told| &told.items), gap: &own.gap }
    }

    /// The resource with this id, where it is known.
    pub(super) fn get(self, id: &str) -> Option<&'a T> {
        self.told.and_then(|told| told.get(id)).or_else(|| self.own.get(id))
    }

    /// As [`Listing::find`].
    pub(super) fn find(self, id: &str) -> Result<Option<&'a T>, &'a GapId> {
        match self.told.and_then(|told| told.get(id)) {
            Some(item) => Ok(Some(item)),
            None => self.own.find(id),
        }
    }

    /// Whether absence means absence from the account.
    pub(super) fn is_complete(self) -> bool {
        self.own.is_complete()
    }

    /// What the account itself sees, in the order of the ids.
    pub(super) fn own(self) -> std::collections::btree_map::Values<'a, String, T> {
        self.own.values()
    }

    /// What sisters tell, in the order of the ids.
    pub(super) fn told(self) -> impl Iterator<Item = &'a T> {
        self.told.into_iter().flat_map(BTreeMap::values)
    }

    /// Everything once: what the account sees and no sister tells, then what sisters tell.
    pub(super) fn values(self) -> impl Iterator<Item = &'a T> {
        let untold = move |(id, _): &(&String, &T)| self.told.is_none_or(|told| !told.contains_key(*id));
        self.own.items.iter().filter(untold).map(|(_, item)| item).chain(self.told())
    }
}

/// One region as the path engine sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) vpcs: Seen<'a, Vpc>,
    pub(super) subnets: Seen<'a, Subnet>,
    pub(super) route_tables: Seen<'a, RouteTable>,
    pub(super) nat_gateways: Seen<'a, NatGateway>,
    pub(super) vpc_endpoints: Seen<'a, VpcEndpoint>,
    pub(super) endpoint_services: Seen<'a, EndpointService>,
    pub(super) security_group_rules: Seen<'a, SecurityGroupRule>,
    pub(super) network_acls: Seen<'a, NetworkAcl>,
    pub(super) prefix_lists: Seen<'a, PrefixList>,
    pub(super) network_interfaces: Seen<'a, NetworkInterface>,
    pub(super) internet_gateways: Seen<'a, InternetGateway>,
    pub(super) egress_only_internet_gateways: Seen<'a, EgressOnlyInternetGateway>,
    pub(super) peering_connections: Seen<'a, VpcPeeringConnection>,
    pub(super) transit_gateway_attachments: Seen<'a, TransitGatewayAttachment>,
    pub(super) transit_gateway_vpc_attachments: Seen<'a, TransitGatewayVpcAttachment>,
    pub(super) transit_gateway_route_tables: Seen<'a, TransitGatewayRouteTable>,
}

impl<'a> View<'a> {
    /// Lays what sisters tell over what the account sees.
    pub(super) fn new(own: &'a RegionInventory, facts: Option<&'a RegionFacts>) -> Self {
        let told = facts.map(|facts| &facts.held);
        macro_rules! seen {
            ($($kind:ident)*) => { Self { $($kind: Seen::new(&own.$kind, told.map(|told| &told.$kind)),)* } };
        }
        seen!(vpcs subnets route_tables nat_gateways vpc_endpoints endpoint_services security_group_rules network_acls prefix_lists
            network_interfaces internet_gateways egress_only_internet_gateways peering_connections transit_gateway_attachments
            transit_gateway_vpc_attachments transit_gateway_route_tables)
    }

    /// The transit gateway route table that lists an attachment as associated, where the attachment itself does not tell.
    pub(super) fn table_that_lists(self, attachment: &TransitGatewayAttachment) -> Option<&'a TransitGatewayRouteTable> {
        self.transit_gateway_route_tables.values().find(|table| {
            let associations = table.associations.known();
            associations.and_then(|all| all.get(&attachment.id)).is_some_and(|state| state == "associated")
        })
    }
}
