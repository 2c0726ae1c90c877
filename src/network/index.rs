//! The network of an account, indexed once, and the plain questions about it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use foldhash::{HashMap, HashSet};
use ipnet::IpNet;
use rayon::prelude::*;

use super::seen::View;
use super::sisters::{RegionFacts, Sisters};
use super::{Family, Obstacle};
use crate::model::ec2::{
    Direction, EndpointKind, NatGateway, NetworkAcl, NetworkInterface, PrefixList, RouteState, RouteTable, RouteTarget,
    SecurityGroupRule, Subnet, TransitGatewayAttachment, TransitGatewayResource, Vpc, VpcEndpoint,
};
use crate::model::route53::PrivateZone;
use crate::model::{GapId, Inventory, RegionInventory, service_slug};

/// The network of an account: an [`Inventory`] with the indexes that make each question cheap.
///
/// Building it takes time in proportion to the inventory; nothing is judged yet.
#[derive(Debug)]
pub struct Network<'a> {
    inventory: &'a Inventory,
    sisters: &'a Sisters,
    pub(super) regions: BTreeMap<&'a str, RegionIndex<'a>>,
}

/// One region with its indexes. The maps are only ever asked, never walked, so their order shows nowhere.
#[derive(Debug)]
pub(super) struct RegionIndex<'a> {
    pub(super) name: &'a str,
    pub(super) account: &'a str,
    /// What the account sees, and over it what its sisters tell.
    pub(super) data: View<'a>,
    sisters: &'a Sisters,
    facts: Option<&'a RegionFacts>,
    subnets_of_vpc: HashMap<&'a str, Vec<&'a Subnet>>,
    tables_of_vpc: HashMap<&'a str, Vec<&'a RouteTable>>,
    table_of_subnet: HashMap<&'a str, &'a RouteTable>,
    table_of_gateway: HashMap<&'a str, &'a RouteTable>,
    main_of_vpc: HashMap<&'a str, &'a RouteTable>,
    acl_of_subnet: HashMap<&'a str, &'a NetworkAcl>,
    interfaces_of_subnet: HashMap<&'a str, Vec<&'a NetworkInterface>>,
    ingress_of_group: HashMap<&'a str, Vec<&'a SecurityGroupRule>>,
    interface_endpoints_of_vpc: HashMap<&'a str, Vec<&'a VpcEndpoint>>,
    attachments_of_vpc: HashMap<&'a str, Vec<&'a TransitGatewayAttachment>>,
    service_lists: HashMap<(&'a str, Family), &'a PrefixList>,
    endpoint_of_interface: HashMap<&'a str, &'a VpcEndpoint>,
    endpoints_at: HashMap<IpAddr, Vec<&'a VpcEndpoint>>,
    nat_interfaces: HashSet<&'a str>,
    users_of_table: HashMap<&'a str, Vec<&'a Subnet>>,
}

/// Things by what they belong to, in their order. The map is only to be asked, never walked.
pub(crate) fn group_by<'a, T>(
    items: impl Iterator<Item = &'a T>,
    key: impl Fn(&'a T) -> &'a str,
) -> HashMap<&'a str, Vec<&'a T>> {
    let mut groups: HashMap<&'a str, Vec<&'a T>> = HashMap::default();
    for item in items {
        groups.entry(key(item)).or_default().push(item);
    }
    groups
}

/// The service a managed prefix list of AWS is for. IPv6 lists put `ipv6` beside the service's name.
///
/// Source: VPC guide, "AWS-managed prefix lists": `com.amazonaws.region.s3`, `com.amazonaws.region.ipv6.vpc-lattice`.
fn service_of_list<'a>(list: &'a PrefixList, region: &str) -> Option<&'a str> {
    let slug = service_slug(&list.name, region);
    if list.owner_id != "AWS" || slug.len() == list.name.len() {
        return None;
    }
    Some(slug.strip_prefix("ipv6.").or_else(|| slug.strip_suffix(".ipv6")).unwrap_or(slug))
}

impl<'a> RegionIndex<'a> {
    fn new(name: &'a str, account: &'a str, own: &'a RegionInventory, sisters: &'a Sisters) -> Self {
        let facts = sisters.facts(name);
        let data = View::new(own, facts);
        // Rules are the most numerous by far, and most groups have nothing to do with an endpoint.
        let of_endpoints: HashSet<&str> =
            data.vpc_endpoints.values().flat_map(|endpoint| &endpoint.group_ids).map(String::as_str).collect();
        let admits =
            |rule: &&SecurityGroupRule| rule.direction == Direction::Ingress && of_endpoints.contains(rule.group_id.as_str());
        let mut index = Self {
            name,
            account,
            data,
            sisters,
            facts,
            subnets_of_vpc: group_by(data.subnets.own(), |subnet| &subnet.vpc_id),
            tables_of_vpc: group_by(data.route_tables.own(), |table| &table.vpc_id),
            table_of_subnet: HashMap::default(),
            table_of_gateway: HashMap::default(),
            main_of_vpc: HashMap::default(),
            acl_of_subnet: HashMap::default(),
            interfaces_of_subnet: group_by(data.network_interfaces.values(), |interface| &interface.subnet_id),
            ingress_of_group: group_by(data.security_group_rules.values().filter(admits), |rule| &rule.group_id),
            interface_endpoints_of_vpc: group_by(
                data.vpc_endpoints.values().filter(|endpoint| endpoint.kind == EndpointKind::Interface),
                |endpoint| &endpoint.vpc_id,
            ),
            attachments_of_vpc: group_by(
                data.transit_gateway_attachments.values().filter(|attachment| attachment.resource == TransitGatewayResource::Vpc),
                |attachment| &attachment.resource_id,
            ),
            service_lists: HashMap::default(),
            endpoint_of_interface: HashMap::default(),
            endpoints_at: HashMap::default(),
            nat_interfaces: HashSet::default(),
            users_of_table: HashMap::default(),
        };
        index.add_tables();
        index.add_rest();
        for subnet in data.subnets.own() {
            if let Ok((table, _)) = index.table_of(subnet) {
                index.users_of_table.entry(&table.id).or_default().push(subnet);
            }
        }
        index
    }

    fn add_tables(&mut self) {
        let index = self;
        let data = index.data;
        for table in data.route_tables.values() {
            for association in &table.associations {
                if association.main {
                    index.main_of_vpc.insert(&table.vpc_id, table);
                }
                if let Some(subnet) = &association.subnet_id {
                    index.table_of_subnet.insert(subnet, table);
                }
                if let Some(gateway) = &association.gateway_id {
                    index.table_of_gateway.insert(gateway, table);
                }
            }
        }
    }

    fn add_rest(&mut self) {
        let index = self;
        let data = index.data;
        for acl in data.network_acls.values() {
            index.acl_of_subnet.extend(acl.subnet_ids.iter().map(|subnet| (subnet.as_str(), acl)));
        }
        for list in data.prefix_lists.values() {
            let family = if list.family.eq_ignore_ascii_case("ipv6") { Family::Ipv6 } else { Family::Ipv4 };
            if let Some(service) = service_of_list(list, index.name) {
                index.service_lists.insert((service, family), list);
            }
        }
        for endpoint in data.vpc_endpoints.values() {
            index.endpoint_of_interface.extend(endpoint.network_interface_ids.iter().map(|id| (id.as_str(), endpoint)));
        }
        let addresses = data.nat_gateways.values().flat_map(|gateway| &gateway.addresses);
        index.nat_interfaces.extend(addresses.filter_map(|address| address.network_interface_id.as_deref()));
        for interface in data.network_interfaces.values() {
            let Some(endpoint) = index.endpoint_of_interface.get(interface.id.as_str()) else { continue };
            let v4 = interface.private_addresses.iter().map(|address| IpAddr::V4(address.private_ip));
            for address in v4.chain(interface.ipv6_addresses.iter().copied().map(IpAddr::V6)) {
                index.endpoints_at.entry(address).or_default().push(endpoint);
            }
        }
    }

    /// Whether what is not listed of a VPC is not there: it is the account's own, or a sister has told all of it.
    pub(super) fn sees_all_of(&self, vpc_id: &str) -> bool {
        self.is_told(vpc_id) || self.data.vpcs.get(vpc_id).is_none_or(|vpc| vpc.owner_id == self.account)
    }

    /// Whether a sister has told all of a VPC.
    pub(super) fn is_told(&self, vpc_id: &str) -> bool {
        self.facts.is_some_and(|facts| facts.vpcs.contains_key(vpc_id))
    }

    /// Whether the routes of a transit gateway are the account's own, or a sister has told all of them.
    pub(super) fn sees_routes_of(&self, transit_gateway_id: &str, owner_id: &str) -> bool {
        owner_id == self.account || self.facts.is_some_and(|facts| facts.transit_gateways.contains_key(transit_gateway_id))
    }

    /// Why not every route table may be known: a gap of the account's own, where it has to see the VPC itself.
    pub(super) fn tables_gap(&self, vpc_id: &str) -> Option<&'a GapId> {
        self.data.route_tables.gap.as_ref().filter(|_| !self.is_told(vpc_id))
    }

    /// Why nothing is known of another account, in words.
    pub(super) fn unscanned(&self, account: &str) -> &'static str {
        if self.sisters_have_gaps(account) { "which was not scanned to the end" } else { "which was not scanned" }
    }

    /// Whether a sister was asked about the region and has gaps there.
    pub(super) fn sisters_have_gaps(&self, account: &str) -> bool {
        self.sisters.has_gaps(self.name, account)
    }

    /// Whether an interface belongs to an endpoint or NAT gateway, whatever its own type says.
    pub(super) fn is_part_of_gateway(&self, interface_id: &str) -> bool {
        self.endpoint_of_interface.contains_key(interface_id) || self.nat_interfaces.contains(interface_id)
    }

    /// The subnet, or why it is not there.
    pub(super) fn subnet(&self, id: &str) -> Result<&'a Subnet, Obstacle> {
        match self.data.subnets.find(id) {
            Ok(Some(subnet)) => Ok(subnet),
            Ok(None) => Err(Obstacle::new(format!("subnet {id} is not in {}, as far as this account sees", self.name))),
            Err(gap) => Err(Obstacle::gap(format!("subnet {id} is not among the subnets of {} that were read", self.name), gap)),
        }
    }

    /// The VPC, or why it is not there.
    pub(super) fn vpc(&self, id: &str) -> Result<&'a Vpc, Obstacle> {
        match self.data.vpcs.find(id) {
            Ok(Some(vpc)) => Ok(vpc),
            Ok(None) => Err(Obstacle::new(format!("{id} is not a VPC of {} that this account sees", self.name))),
            Err(gap) => Err(Obstacle::gap(format!("{id} is not among the VPCs of {} that were read", self.name), gap)),
        }
    }

    /// Address blocks of a VPC of one IP version; none where the VPC was not read.
    pub(super) fn cidrs_of_vpc(&self, id: &str, family: Family) -> Vec<IpNet> {
        let Some(vpc) = self.data.vpcs.get(id) else { return Vec::new() };
        match family {
            Family::Ipv4 => vpc.ipv4_cidrs.iter().copied().map(IpNet::V4).collect(),
            Family::Ipv6 => vpc.ipv6_cidrs.iter().copied().map(IpNet::V6).collect(),
        }
    }

    /// The route table that decides for a subnet, and whether by an association of its own.
    ///
    /// Source: VPC guide, "Subnet route tables": explicit association, else the main table of the VPC.
    pub(super) fn table_of(&self, subnet: &Subnet) -> Result<(&'a RouteTable, bool), Obstacle> {
        if let Some(table) = self.table_of_subnet.get(subnet.id.as_str()) {
            return Ok((table, true));
        }
        if let Some(gap) = self.tables_gap(&subnet.vpc_id) {
            let reason = format!(
                "not every route table of {} was read, so a table that {} is associated with may be missing",
                self.name, subnet.id
            );
            return Err(Obstacle::gap(reason, gap));
        }
        match self.main_of_vpc.get(subnet.vpc_id.as_str()) {
            Some(table) => Ok((table, false)),
            None => Err(Obstacle::new(format!(
                "the route table of {} is not visible to this account ({} belongs to account {})",
                subnet.id, subnet.vpc_id, subnet.owner_id
            ))),
        }
    }

    /// The route table associated with a gateway.
    pub(super) fn table_of_gateway(&self, id: &str) -> Option<&'a RouteTable> {
        self.table_of_gateway.get(id).copied()
    }

    /// The network ACL of a subnet.
    pub(super) fn acl_of(&self, subnet: &Subnet) -> Result<&'a NetworkAcl, Obstacle> {
        self.acl_of_subnet.get(subnet.id.as_str()).copied().ok_or_else(|| {
            let gap = self.data.network_acls.gap.as_ref();
            Obstacle::maybe_gap(format!("the network ACL of {} is not among those that were read", subnet.id), gap)
        })
    }

    /// Interfaces in a subnet, as far as they were read.
    pub(super) fn interfaces_of(&self, subnet_id: &str) -> &[&'a NetworkInterface] {
        self.interfaces_of_subnet.get(subnet_id).map_or(&[], Vec::as_slice)
    }

    /// Inbound rules of a security group of an endpoint, as far as they were read.
    pub(super) fn ingress_of(&self, group_id: &str) -> &[&'a SecurityGroupRule] {
        self.ingress_of_group.get(group_id).map_or(&[], Vec::as_slice)
    }

    /// Interface endpoints in a VPC, as far as they were read.
    pub(super) fn interface_endpoints_of(&self, vpc_id: &str) -> &[&'a VpcEndpoint] {
        self.interface_endpoints_of_vpc.get(vpc_id).map_or(&[], Vec::as_slice)
    }

    /// Attachments of a VPC to transit gateways, as far as they were read.
    pub(super) fn attachments_of(&self, vpc_id: &str) -> &[&'a TransitGatewayAttachment] {
        self.attachments_of_vpc.get(vpc_id).map_or(&[], Vec::as_slice)
    }

    /// Endpoints with an interface at this address; several where VPCs overlap.
    pub(super) fn endpoints_at(&self, address: IpAddr) -> &[&'a VpcEndpoint] {
        self.endpoints_at.get(&address).map_or(&[], Vec::as_slice)
    }

    /// The prefix list of AWS that holds a service's addresses.
    pub(super) fn service_list(&self, service: &str, family: Family) -> Option<&'a PrefixList> {
        self.service_lists.get(&(service, family)).copied()
    }

    /// Whether a prefix list of AWS holds the addresses of some other service than this one.
    pub(super) fn is_list_of_another(&self, list: &PrefixList, service: &str) -> bool {
        let own = service_of_list(list, self.name);
        // Lists without a region, such as CloudFront's, are of no service that has an endpoint.
        list.owner_id == "AWS" && own != Some(service)
    }

    fn subnets_of(&self, vpc_id: &str) -> &[&'a Subnet] {
        self.subnets_of_vpc.get(vpc_id).map_or(&[], Vec::as_slice)
    }
}

/// Address blocks of a subnet of one IP version.
pub(super) fn cidrs_of(subnet: &Subnet, family: Family) -> Vec<IpNet> {
    match family {
        Family::Ipv4 => subnet.ipv4_cidr.into_iter().map(IpNet::V4).collect(),
        Family::Ipv6 => subnet.ipv6_cidrs.iter().copied().map(IpNet::V6).collect(),
    }
}

impl<'a> Network<'a> {
    /// Indexes an inventory, region by region.
    #[must_use]
    pub fn new(inventory: &'a Inventory) -> Self {
        Self::among(inventory, Sisters::no_one())
    }

    /// Indexes an inventory, with what the sisters of the account tell about things that it uses.
    ///
    /// Packets are followed through what belongs to sisters. Subnets, tables and paths are listed of the account alone.
    #[must_use]
    pub fn among(inventory: &'a Inventory, sisters: &'a Sisters) -> Self {
        let regions: Vec<(&'a String, &'a RegionInventory)> = inventory.regions.iter().collect();
        let index = |(name, data): (&'a String, &'a RegionInventory)| {
            (name.as_str(), RegionIndex::new(name, &inventory.account.id, data, sisters))
        };
        let regions: Vec<(&'a str, RegionIndex<'a>)> = regions.into_par_iter().map(index).collect();
        Self { inventory, sisters, regions: regions.into_iter().collect() }
    }

    /// The account that told all of a VPC, where it is a sister's.
    #[must_use]
    pub fn teller_of_vpc(&self, region: &str, vpc_id: &str) -> Option<&'a str> {
        let facts = self.regions.get(region)?.facts?;
        facts.vpcs.get(vpc_id).map(String::as_str)
    }

    /// The account that told of something, where it is a sister's.
    #[must_use]
    pub fn teller(&self, id: &str) -> Option<&'a str> {
        self.sisters.teller(id)
    }

    /// Whether other accounts tell of what the account uses.
    #[must_use]
    pub fn has_sisters(&self) -> bool {
        self.sisters.directory().is_some()
    }

    /// Whether what packets cost here is on a sister's bill: of a subnet and an attachment to a transit gateway that of whoever owns the VPC, of
    /// everything else that of whoever told of it.
    #[must_use]
    pub fn is_on_a_sisters_bill(&self, region: &str, id: &str) -> bool {
        let Some(index) = self.regions.get(region) else { return false };
        let vpc_of_attachment = || index.data.transit_gateway_vpc_attachments.get(id).map(|attachment| &attachment.vpc_id);
        let vpc_id = index.data.subnets.get(id).map(|subnet| &subnet.vpc_id).or_else(vpc_of_attachment);
        vpc_id.map_or_else(|| self.teller(id).is_some(), |vpc_id| index.is_told(vpc_id))
    }

    /// The NAT gateways of sisters that packets of the account may pass.
    pub fn nat_gateways_of_sisters(&self) -> impl Iterator<Item = &'a NatGateway> {
        self.regions.values().flat_map(|index| index.data.nat_gateways.told())
    }

    /// A fact about something, with the account that told it, where it is a sister's.
    #[must_use]
    pub fn as_told(&self, fact: String, id: &str) -> String {
        match self.teller(id) {
            Some(account) => format!("{fact}, as scanned in account {account}"),
            None => fact,
        }
    }

    /// A NAT gateway that packets may pass, of the account or of a sister.
    #[must_use]
    pub fn nat_gateway(&self, region: &str, id: &str) -> Option<&'a NatGateway> {
        self.regions.get(region)?.data.nat_gateways.get(id)
    }

    /// An endpoint that packets may pass, of the account or of a sister.
    #[must_use]
    pub fn vpc_endpoint(&self, region: &str, id: &str) -> Option<&'a VpcEndpoint> {
        self.regions.get(region)?.data.vpc_endpoints.get(id)
    }

    /// The records of a private hosted zone, of the account or of a sister.
    pub(super) fn private_zone(&self, id: &str) -> Result<Option<&'a PrivateZone>, &'a GapId> {
        match self.sisters.zone(id) {
            Some(zone) => Ok(Some(zone)),
            None => self.inventory.private_zones.find(id),
        }
    }

    /// Whether clients of the account find an endpoint of a sister by the service's name.
    pub(super) fn is_found_at(&self, index: &RegionIndex<'_>, endpoint: &VpcEndpoint) -> bool {
        !index.subnets_of(&endpoint.vpc_id).is_empty() || self.sisters.is_named(&endpoint.id)
    }

    pub(super) fn region(&self, region: &str) -> Result<&RegionIndex<'a>, Obstacle> {
        self.regions.get(region).ok_or_else(|| Obstacle::new(format!("region {region} was not scanned")))
    }

    /// IP versions a subnet has addresses of.
    #[must_use]
    pub fn families(&self, subnet: &Subnet) -> Vec<Family> {
        [Family::Ipv4, Family::Ipv6].into_iter().filter(|family| !cidrs_of(subnet, *family).is_empty()).collect()
    }

    /// Subnets of a VPC, as far as they were read, by id.
    #[must_use]
    pub fn subnets_of(&self, region: &str, vpc_id: &str) -> &[&'a Subnet] {
        self.regions.get(region).map_or(&[], |index| index.subnets_of(vpc_id))
    }

    /// Route tables of a VPC, as far as they were read, by id.
    #[must_use]
    pub fn tables_of(&self, region: &str, vpc_id: &str) -> &[&'a RouteTable] {
        self.regions.get(region).and_then(|index| index.tables_of_vpc.get(vpc_id)).map_or(&[], Vec::as_slice)
    }

    /// The route table that decides for a subnet: its own, else the main one of its VPC.
    ///
    /// # Errors
    /// The region, subnet or table was not read, or is not visible to this account.
    pub fn route_table_of(&self, region: &str, subnet_id: &str) -> Result<&'a RouteTable, Obstacle> {
        let index = self.region(region)?;
        Ok(index.table_of(index.subnet(subnet_id)?)?.0)
    }

    /// Subnets a route table decides for: those associated with it and, for a main table, those without an association.
    ///
    /// With a gap in the listing of subnets or route tables there may be others.
    #[must_use]
    pub fn subnets_using(&self, region: &str, table_id: &str) -> Vec<&'a Subnet> {
        self.regions.get(region).and_then(|index| index.users_of_table.get(table_id)).cloned().unwrap_or_default()
    }

    /// Whether a subnet has no working route to an internet gateway, in either IP version.
    ///
    /// Source: VPC guide, "Subnet types": a public subnet has a direct route to an internet gateway.
    ///
    /// # Errors
    /// As [`Self::route_table_of`].
    pub fn is_private(&self, region: &str, subnet_id: &str) -> Result<bool, Obstacle> {
        let table = self.route_table_of(region, subnet_id)?;
        let public = table
            .routes
            .iter()
            .any(|route| matches!(route.target, RouteTarget::InternetGateway(_)) && route.state != RouteState::Blackhole);
        Ok(!public)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Build, REGION, gap};
    use super::*;

    #[test]
    fn a_subnet_without_association_uses_the_main_table_of_its_own_vpc() {
        let inventory = Build::new()
            .vpc("vpc-a", "10.0.0.0/16")
            .vpc("vpc-b", "10.1.0.0/16")
            .subnet("subnet-a1", "vpc-a", "10.0.1.0/24", "a")
            .subnet("subnet-a2", "vpc-a", "10.0.2.0/24", "b")
            .subnet("subnet-b1", "vpc-b", "10.1.1.0/24", "a")
            .main_table("rtb-a", "vpc-a", &[])
            .table("rtb-a2", "vpc-a", &["subnet-a2"], &[])
            .main_table("rtb-b", "vpc-b", &[])
            .done();
        let network = Network::new(&inventory);
        let table = |subnet| network.route_table_of(REGION, subnet).unwrap().id.as_str();
        assert_eq!((table("subnet-a1"), table("subnet-a2"), table("subnet-b1")), ("rtb-a", "rtb-a2", "rtb-b"));
        let using = |table| network.subnets_using(REGION, table).iter().map(|subnet| subnet.id.as_str()).collect::<Vec<_>>();
        assert_eq!(using("rtb-a"), ["subnet-a1"]);
        assert_eq!(using("rtb-a2"), ["subnet-a2"]);
        assert_eq!(using("rtb-none"), Vec::<&str>::new());
    }

    #[test]
    fn an_implicit_association_is_not_believed_when_route_tables_are_missing() {
        let mut inventory = Build::new()
            .vpc("vpc-a", "10.0.0.0/16")
            .subnet("subnet-a1", "vpc-a", "10.0.1.0/24", "a")
            .subnet("subnet-a2", "vpc-a", "10.0.2.0/24", "a")
            .main_table("rtb-a", "vpc-a", &[])
            .table("rtb-a2", "vpc-a", &["subnet-a2"], &[])
            .done();
        let region = inventory.regions.get_mut(REGION).unwrap();
        region.route_tables.gap = Some(gap("DescribeRouteTables"));
        let network = Network::new(&inventory);
        assert_eq!(network.route_table_of(REGION, "subnet-a1").unwrap_err().gaps, [gap("DescribeRouteTables")]);
        assert_eq!(network.route_table_of(REGION, "subnet-a2").unwrap().id, "rtb-a2");
        assert!(network.is_private(REGION, "subnet-a1").is_err());
    }

    #[test]
    fn the_table_of_a_shared_subnet_that_the_account_does_not_see_is_no_guess() {
        let mut inventory = Build::new().vpc("vpc-a", "10.0.0.0/16").subnet("subnet-a1", "vpc-a", "10.0.1.0/24", "a").done();
        inventory.regions.get_mut(REGION).unwrap().subnets.items.get_mut("subnet-a1").unwrap().owner_id = "444455556666".into();
        let network = Network::new(&inventory);
        let obstacle = network.route_table_of(REGION, "subnet-a1").unwrap_err();
        assert!(obstacle.reason.contains("not visible to this account"), "{obstacle}");
        assert!(network.route_table_of("eu-west-9", "subnet-a1").unwrap_err().reason.contains("was not scanned"));
    }

    #[test]
    fn only_a_working_route_to_an_internet_gateway_makes_a_subnet_public() {
        let inventory = Build::new()
            .vpc("vpc-a", "10.0.0.0/16")
            .subnet("subnet-pub", "vpc-a", "10.0.1.0/24", "a")
            .subnet("subnet-prv", "vpc-a", "10.0.2.0/24", "a")
            .subnet("subnet-gone", "vpc-a", "10.0.3.0/24", "a")
            .table("rtb-pub", "vpc-a", &["subnet-pub"], &["0.0.0.0/0 igw-a"])
            .table("rtb-prv", "vpc-a", &["subnet-prv"], &["0.0.0.0/0 nat-a", "::/0 eigw-a"])
            .table("rtb-gone", "vpc-a", &["subnet-gone"], &["0.0.0.0/0 igw-b blackhole"])
            .done();
        let network = Network::new(&inventory);
        assert_eq!(network.is_private(REGION, "subnet-pub"), Ok(false));
        assert_eq!(network.is_private(REGION, "subnet-prv"), Ok(true));
        assert_eq!(network.is_private(REGION, "subnet-gone"), Ok(true));
    }

    #[test]
    fn only_lists_that_aws_keeps_for_a_service_of_the_region_hold_its_addresses() {
        let inventory = Build::new()
            .aws_lists()
            .list("pl-own", "com.amazonaws.eu-west-1.sqs", "111122223333", &["192.0.2.0/24"])
            .list("pl-cdn", "com.amazonaws.global.cloudfront.origin-facing", "AWS", &["203.0.113.128/25"])
            .list("pl-l6", "com.amazonaws.eu-west-1.ipv6.vpc-lattice", "AWS", &["2001:db8:1::/48"])
            .done();
        let network = Network::new(&inventory);
        let index = network.region(REGION).unwrap();
        let id = |service, family| index.service_list(service, family).map(|list| list.id.as_str());
        assert_eq!(id("s3", Family::Ipv4), Some("pl-s3"));
        assert_eq!(id("sqs", Family::Ipv4), None, "a customer may give a list any name");
        assert_eq!((id("vpc-lattice", Family::Ipv6), id("vpc-lattice", Family::Ipv4)), (Some("pl-l6"), None));
        let of_another = |id: &str| index.is_list_of_another(inventory.regions[REGION].prefix_lists.get(id).unwrap(), "s3");
        assert!(of_another("pl-ddb") && of_another("pl-cdn"));
        assert!(!of_another("pl-s3") && !of_another("pl-own"), "a list of people may hold anything");
    }
}
