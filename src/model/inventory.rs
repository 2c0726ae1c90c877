//! All that was read from one account at one instant, and what was not.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::directconnect::VirtualGateway;
use super::ec2::{
    Address, EgressOnlyInternetGateway, EndpointService, EndpointServiceConfiguration, FlowLog, InternetGateway, NatGateway,
    NetworkAcl, NetworkInterface, PrefixList, RouteTable, SecurityGroup, SecurityGroupRule, Subnet, TransitGateway,
    TransitGatewayAttachment, TransitGatewayRouteTable, TransitGatewayVpcAttachment, Vpc, VpcEndpoint, VpcPeeringConnection,
    VpnConnection, VpnGateway,
};
use super::organizations::Organization;
use super::price::{Price, PriceItem};
use super::route53::PrivateZone;
use super::s3::{AccessPoint, Bucket, PublicAccessBlock};
use super::traffic::Traffic;
use super::{Account, Gap, GapId, Listing, Observed};

/// Version of the snapshot format this program writes and reads.
pub const INVENTORY_SCHEMA: &str = "natless/inventory/1";

/// All that was read from one account at one instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inventory {
    /// Always [`INVENTORY_SCHEMA`].
    pub schema: String,
    /// Version of natless that wrote it.
    pub natless: String,
    /// When the scan began. The only "now" that analysis knows.
    pub taken_at: jiff::Timestamp,
    /// The account, and who asked.
    pub account: Account,
    /// What the scan was asked to read.
    pub scope: Scope,
    /// The organization the account is in; `Known(None)` when it is in none.
    pub organization: Observed<Option<Organization>>,
    /// What each region holds, by the region's name. Only regions that were asked.
    pub regions: BTreeMap<String, RegionInventory>,
    /// Buckets of the account, by name, wherever they lie.
    pub buckets: Listing<Bucket>,
    /// Public access block of the whole account; `Known(None)` when it was never set.
    pub account_public_access_block: Observed<Option<PublicAccessBlock>>,
    /// Private hosted zones of this account that bear the name of an AWS service, with their records, by zone id.
    pub private_zones: Listing<PrivateZone>,
    /// Prices of the Price List API, by region and item; absent where they were not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live_prices: Option<BTreeMap<String, LivePrices>>,
    /// What was not read, by id, each once.
    pub gaps: BTreeMap<GapId, Gap>,
}

/// The prices of one region as the Price List API told them, by item.
///
/// An item that it does not tell is absent, and so is one that it tells in a way that cannot be used, of which a gap says.
pub type LivePrices = Observed<BTreeMap<PriceItem, Price>>;

/// What the scan was asked to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Regions that are enabled for the account; unknown when `ec2:DescribeRegions` gave no answer.
    pub enabled_regions: Observed<Vec<String>>,
    /// Length of the metrics window in days.
    pub lookback_days: u32,
}

impl Inventory {
    /// The same account as if it had no region and no bucket.
    #[must_use]
    pub fn without_contents(&self) -> Self {
        Self {
            schema: self.schema.clone(),
            natless: self.natless.clone(),
            taken_at: self.taken_at,
            account: self.account.clone(),
            scope: self.scope.clone(),
            organization: self.organization.clone(),
            regions: BTreeMap::new(),
            buckets: self.buckets.without_items(),
            account_public_access_block: self.account_public_access_block.clone(),
            private_zones: self.private_zones.clone(),
            live_prices: self.live_prices.clone(),
            gaps: self.gaps.clone(),
        }
    }

    /// Whether every region that the account can use was asked.
    ///
    /// # Errors
    /// The reason in words, and the gap where there is one.
    pub fn all_regions_asked(&self) -> Result<(), (String, Option<GapId>)> {
        match &self.scope.enabled_regions {
            Observed::Unknown(gap) => Err(("the list of enabled regions was not read".to_owned(), Some(gap.clone()))),
            Observed::Known(enabled) => match enabled.iter().find(|region| !self.regions.contains_key(*region)) {
                Some(region) => Err((format!("region {region} was left out of the scan"), None)),
                None => Ok(()),
            },
        }
    }
}

/// What one region holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RegionInventory {
    /// VPCs that the account owns or takes part in.
    pub vpcs: Listing<Vpc>,
    /// Subnets, shared ones included.
    pub subnets: Listing<Subnet>,
    /// Route tables.
    pub route_tables: Listing<RouteTable>,
    /// NAT gateways, deleted ones included for about an hour.
    pub nat_gateways: Listing<NatGateway>,
    /// VPC endpoints of every type.
    pub vpc_endpoints: Listing<VpcEndpoint>,
    /// Endpoint services that AWS offers in the region, by service name.
    pub endpoint_services: Listing<EndpointService>,
    /// Endpoint services that the account itself offers, by service id.
    pub endpoint_service_configurations: Listing<EndpointServiceConfiguration>,
    /// Security groups.
    pub security_groups: Listing<SecurityGroup>,
    /// Rules of the security groups, by rule id.
    pub security_group_rules: Listing<SecurityGroupRule>,
    /// Network ACLs with their entries.
    pub network_acls: Listing<NetworkAcl>,
    /// Managed prefix lists of AWS and of customers, with their entries.
    pub prefix_lists: Listing<PrefixList>,
    /// Elastic network interfaces.
    pub network_interfaces: Listing<NetworkInterface>,
    /// Elastic IP addresses, by allocation id.
    pub addresses: Listing<Address>,
    /// Internet gateways.
    pub internet_gateways: Listing<InternetGateway>,
    /// Egress-only internet gateways (IPv6).
    pub egress_only_internet_gateways: Listing<EgressOnlyInternetGateway>,
    /// VPC peering connections.
    pub peering_connections: Listing<VpcPeeringConnection>,
    /// Transit gateways that the account owns or that are shared with it.
    pub transit_gateways: Listing<TransitGateway>,
    /// Attachments of every kind to transit gateways.
    pub transit_gateway_attachments: Listing<TransitGatewayAttachment>,
    /// VPC attachments with their subnets.
    pub transit_gateway_vpc_attachments: Listing<TransitGatewayVpcAttachment>,
    /// Route tables of transit gateways, with their associations and routes.
    pub transit_gateway_route_tables: Listing<TransitGatewayRouteTable>,
    /// Virtual private gateways.
    pub vpn_gateways: Listing<VpnGateway>,
    /// Site-to-site VPN connections.
    pub vpn_connections: Listing<VpnConnection>,
    /// Virtual private gateways as Direct Connect lists them.
    pub virtual_gateways: Listing<VirtualGateway>,
    /// Flow logs.
    pub flow_logs: Listing<FlowLog>,
    /// S3 access points, by name.
    pub access_points: Listing<AccessPoint>,
    /// What CloudWatch measured in the lookback window.
    pub traffic: Traffic,
}

impl RegionInventory {
    /// The same region with nothing in it, as far as its listings were read.
    #[must_use]
    pub fn without_contents(&self) -> Self {
        Self {
            vpcs: self.vpcs.without_items(),
            subnets: self.subnets.without_items(),
            route_tables: self.route_tables.without_items(),
            nat_gateways: self.nat_gateways.without_items(),
            vpc_endpoints: self.vpc_endpoints.without_items(),
            endpoint_services: self.endpoint_services.without_items(),
            endpoint_service_configurations: self.endpoint_service_configurations.without_items(),
            security_groups: self.security_groups.without_items(),
            security_group_rules: self.security_group_rules.without_items(),
            network_acls: self.network_acls.without_items(),
            prefix_lists: self.prefix_lists.without_items(),
            network_interfaces: self.network_interfaces.without_items(),
            addresses: self.addresses.without_items(),
            internet_gateways: self.internet_gateways.without_items(),
            egress_only_internet_gateways: self.egress_only_internet_gateways.without_items(),
            peering_connections: self.peering_connections.without_items(),
            transit_gateways: self.transit_gateways.without_items(),
            transit_gateway_attachments: self.transit_gateway_attachments.without_items(),
            transit_gateway_vpc_attachments: self.transit_gateway_vpc_attachments.without_items(),
            transit_gateway_route_tables: self.transit_gateway_route_tables.without_items(),
            vpn_gateways: self.vpn_gateways.without_items(),
            vpn_connections: self.vpn_connections.without_items(),
            virtual_gateways: self.virtual_gateways.without_items(),
            flow_logs: self.flow_logs.without_items(),
            access_points: self.access_points.without_items(),
            traffic: Traffic { from: self.traffic.from, to: self.traffic.to, ..Traffic::default() },
        }
    }
}
