//! NAT gateways with their traffic, and every other kind of gateway.

use natless::model::Tags;
use natless::model::directconnect::VirtualGateway;
use natless::model::ec2::{
    Connectivity, EgressOnlyInternetGateway, NatAvailability, NatGatewayAddress, NatGatewayState, PeeringSide, PeeringState,
    VpcPeeringConnection, VpnConnection, VpnGateway,
};

use super::super::{Region, add, texts};
use super::{ACCOUNT, PARTNER, some, tags, time};

pub(super) fn nat_gateways(region: &mut Region<'_>) {
    let zonal = region.nat_gateway("nat-0zonal", "subnet-0a");
    zonal.created_at = time("2025-11-30T23:59:58.125Z");
    zonal.tags = tags("zonal");
    zonal.addresses.push(NatGatewayAddress {
        allocation_id: some("eipalloc-second"),
        public_ip: Some("192.0.2.99".parse().unwrap()),
        private_ip: Some("10.0.1.99".parse().unwrap()),
        network_interface_id: some("eni-nat-0zonal"),
        zone: None,
        zone_id: None,
    });
    let regional = region.nat_gateway("nat-1regional", "subnet-0b");
    regional.subnet_id = None;
    regional.route_table_id = some("rtb-0a");
    regional.availability = NatAvailability::Regional;
    regional.addresses = [("a", "192.0.2.101"), ("b", "192.0.2.102"), ("c", "192.0.2.103")]
        .iter()
        .enumerate()
        .map(|(index, (zone, address))| NatGatewayAddress {
            allocation_id: Some(format!("eipalloc-regional-{zone}")),
            public_ip: Some(address.parse().unwrap()),
            private_ip: None,
            network_interface_id: None,
            zone: Some(format!("eu-west-1{zone}")),
            zone_id: Some(format!("euw1-az{}", index + 1)),
        })
        .collect();
    let private = region.nat_gateway("nat-2gone", "subnet-2a");
    private.connectivity = Connectivity::Private;
    private.state = NatGatewayState::Deleted;
    private.created_at = None;
    private.addresses[0].allocation_id = None;
    private.addresses[0].public_ip = None;
    region.nat_gateway("nat-3new", "subnet-0a").state = NatGatewayState::Pending;
    region.nat_gateway("nat-4other", "subnet-0a").state = NatGatewayState::Other("inspecting".to_owned());

    // The largest whole number that CloudWatch's floating point tells from its neighbours, and a remainder no day shares.
    region.nat_traffic("nat-0zonal", 14, 9_007_199_254_740_991, 1_000_000_000_003);
    let few = region.nat_traffic("nat-1regional", 3, 70, 0);
    few.bytes_out_to_source.days_reported = 0;
    few.connection_attempts.days_reported = 1;
    region.nat_traffic("nat-3new", 0, 0, 0).connection_attempts.sum = 0;
    region.nat_traffic("nat-4other", 1, 1, 1);
    region.endpoint_traffic("vpce-1api", 13, 987_654_321);
    region.endpoint_traffic("vpce-2foreign", 0, 0);
    region.endpoint_traffic("vpce-3gwlb", 2, 5);
}

pub(super) fn other_gateways(region: &mut Region<'_>) {
    region.internet_gateway("igw-0main", "vpc-0main").tags = tags("internet");
    region.internet_gateway("igw-1loose", "vpc-0main").vpc_ids.clear();
    let egress =
        EgressOnlyInternetGateway { id: "eigw-0main".to_owned(), vpc_ids: texts(&["vpc-0main"]), tags: tags("egress only") };
    add(&mut region.inventory.egress_only_internet_gateways, "eigw-0main", egress);
    for (id, state, vpcs) in [("vgw-0a", "available", &["vpc-0main"][..]), ("vgw-0b", "deleting", &[])] {
        let gateway = VpnGateway { id: id.to_owned(), state: state.to_owned(), vpc_ids: texts(vpcs), tags: tags(id) };
        add(&mut region.inventory.vpn_gateways, id, gateway);
        let direct = VirtualGateway { id: id.to_owned(), state: state.to_owned() };
        add(&mut region.inventory.virtual_gateways, id, direct);
    }
    for (id, vgw, tgw) in [("vpn-0a", some("vgw-0a"), None), ("vpn-0b", None, some("tgw-0hub"))] {
        let connection = VpnConnection {
            id: id.to_owned(),
            state: "pending".to_owned(),
            vpn_gateway_id: vgw,
            transit_gateway_id: tgw,
            tags: tags(id),
        };
        add(&mut region.inventory.vpn_connections, id, connection);
    }
    let side = |vpc: &str, owner: &str, place: &str| PeeringSide {
        vpc_id: vpc.to_owned(),
        owner_id: owner.to_owned(),
        region: some(place),
        ipv4_cidrs: vec!["10.9.0.0/16".parse().unwrap(), "10.10.0.0/16".parse().unwrap()],
        ipv6_cidrs: vec!["2001:db8:9::/56".parse().unwrap()],
        resolves_private_dns: true,
    };
    let active = VpcPeeringConnection {
        id: "pcx-0active".to_owned(),
        state: PeeringState::Active,
        requester: side("vpc-0main", ACCOUNT, "eu-west-1"),
        accepter: PeeringSide { resolves_private_dns: false, ..side("vpc-1shared", PARTNER, "us-east-1") },
        tags: tags("peering"),
    };
    let mut pending = VpcPeeringConnection {
        id: "pcx-1pending".to_owned(),
        state: PeeringState::PendingAcceptance,
        tags: Tags::new(),
        ..active.clone()
    };
    pending.accepter.ipv4_cidrs.clear();
    pending.accepter.ipv6_cidrs.clear();
    pending.accepter.region = None;
    add(&mut region.inventory.peering_connections, "pcx-0active", active);
    add(&mut region.inventory.peering_connections, "pcx-1pending", pending);
}
