//! An account that uses every kind of resource and every field of the model, with values that no default gives: what
//! comes back from serving and reading it proves the reading.
//!
//! It is no sensible network. Lists that a reader sorts are given in order.
#![expect(clippy::assigning_clones, reason = "short texts, set once")]

mod endpoints;
mod gateways;
mod security;
mod storage;
mod transit_gateways;

use natless::model::ec2::{PrefixList, RouteOrigin, RouteState, RouteTableAssociation, RouteTarget};
use natless::model::organizations::Organization;
use natless::model::route53::HostedZone;
use natless::model::s3::PublicAccessBlock;
use natless::model::{Inventory, Observed, Tags};

use super::{DYNAMODB_LIST, Region, S3_LIST, add, empty_account, region, texts};

const ACCOUNT: &str = "111122223333";
const PARTNER: &str = "444455556666";
/// Text that needs escaping in every format.
const HOSTILE: &str = "<b>\"R&D\"</b> \u{1f512} ' ]]>";

/// One account with every kind of resource, in `eu-west-1` and `us-east-1`.
pub(crate) fn rich_account() -> Inventory {
    let mut account = empty_account(ACCOUNT, &["eu-west-1", "us-east-1"]);
    account.organization = Observed::Known(Some(Organization {
        id: "o-a1b2c3d4e5".to_owned(),
        management_account_id: ACCOUNT.to_owned(),
        accounts: Observed::Known(Some(
            [(ACCOUNT, "management"), ("222233334444", HOSTILE), (PARTNER, "partner"), ("123456789012", "audit")]
                .map(|(id, name)| (id.to_owned(), name.to_owned()))
                .into(),
        )),
    }));
    account.account_public_access_block = Observed::Known(Some(switches(true, false, true, false)));
    let mut ireland = region(&mut account, "eu-west-1");
    vpcs(&mut ireland);
    routes(&mut ireland);
    gateways::nat_gateways(&mut ireland);
    gateways::other_gateways(&mut ireland);
    endpoints::endpoints(&mut ireland);
    endpoints::offered_services(&mut ireland);
    security::security(&mut ireland);
    security::interfaces(&mut ireland);
    transit_gateways::transit_gateways(&mut ireland);
    storage::access_points(&mut ireland);
    virginia(&mut region(&mut account, "us-east-1"));
    storage::private_zones(&mut account);
    storage::buckets(&mut account);
    account
}

fn tags(resource: &str) -> Tags {
    [("Name", resource), ("note", HOSTILE), ("empty", "")].map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

#[expect(clippy::unnecessary_wraps, reason = "the model's texts are optional")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[expect(clippy::unnecessary_wraps, reason = "the model's times are optional")]
fn time(text: &str) -> Option<jiff::Timestamp> {
    Some(text.parse().unwrap())
}

#[expect(clippy::fn_params_excessive_bools, reason = "the four switches in the API's order")]
fn switches(acls: bool, ignore: bool, policy: bool, restrict: bool) -> PublicAccessBlock {
    PublicAccessBlock {
        block_public_acls: acls,
        ignore_public_acls: ignore,
        block_public_policy: policy,
        restrict_public_buckets: restrict,
    }
}

fn vpcs(region: &mut Region<'_>) {
    let vpc = region.vpc("vpc-0main", "10.0.0.0/16");
    vpc.ipv4_cidrs.push("10.1.0.0/16".parse().unwrap());
    vpc.ipv6_cidrs = vec!["2001:db8:a::/56".parse().unwrap(), "2001:db8:b::/56".parse().unwrap()];
    vpc.tags = tags("main");
    vpc.hosted_zones = Observed::Known(vec![
        HostedZone {
            id: "Z01".to_owned(),
            name: "s3.eu-west-1.amazonaws.com".to_owned(),
            owning_account: some(ACCOUNT),
            owning_service: None,
        },
        HostedZone {
            id: "Z02".to_owned(),
            name: "sqs.eu-west-1.amazonaws.com".to_owned(),
            owning_account: None,
            owning_service: some("vpce.amazonaws.com"),
        },
        HostedZone {
            id: "Z03".to_owned(),
            name: "corp.example.com".to_owned(),
            owning_account: some(PARTNER),
            owning_service: None,
        },
    ]);
    let other = region.vpc("vpc-1shared", "10.9.0.0/16");
    other.owner_id = PARTNER.to_owned();
    other.is_default = true;
    other.dhcp_options_id = None;
    other.dns_support = Observed::Known(false);
    other.dns_hostnames = Observed::Known(false);
    region.vpc("vpc-2hub", "10.2.0.0/16").dns_hostnames = Observed::Known(false);

    let subnet = region.subnet("subnet-0a", "vpc-0main", "10.0.1.0/24", 'a');
    subnet.ipv6_cidrs = vec!["2001:db8:a:1::/64".parse().unwrap()];
    subnet.map_public_ip_on_launch = true;
    subnet.available_ipv4_addresses = 17;
    subnet.tags = tags("public");
    region.subnet("subnet-0b", "vpc-0main", "10.0.2.0/24", 'b').dns64 = true;
    let only6 = region.subnet("subnet-0c", "vpc-0main", "10.0.3.0/24", 'c');
    only6.ipv4_cidr = None;
    only6.ipv6_native = true;
    only6.ipv6_cidrs = vec!["2001:db8:a:3::/64".parse().unwrap()];
    only6.available_ipv4_addresses = 0;
    region.subnet("subnet-1a", "vpc-1shared", "10.9.1.0/24", 'a').owner_id = PARTNER.to_owned();
    region.subnet("subnet-2a", "vpc-2hub", "10.2.1.0/24", 'a');
}

fn routes(region: &mut Region<'_>) {
    region.prefix_lists();
    let own = PrefixList {
        id: "pl-0own".to_owned(),
        name: "offices".to_owned(),
        owner_id: ACCOUNT.to_owned(),
        family: "IPv4".to_owned(),
        entries: Observed::Known(["192.0.2.0/26", "192.0.2.64/27", "192.0.2.128/25"].map(|x| x.parse().unwrap()).into()),
    };
    add(&mut region.inventory.prefix_lists, "pl-0own", own);

    region.route_table("rtb-0main", "vpc-0main", &[]);
    let table = region.route_table("rtb-0all", "vpc-0main", &["subnet-0a", "subnet-0b"]);
    table.tags = tags("all targets");
    table.propagating_vpn_gateways = texts(&["vgw-0a", "vgw-0b"]);
    table.associations.push(RouteTableAssociation {
        id: "rtbassoc-edge".to_owned(),
        main: false,
        subnet_id: None,
        gateway_id: some("igw-0main"),
    });
    for (destination, target) in [
        ("0.0.0.0/0", "nat-0zonal"),
        ("::/0", "eigw-0main"),
        ("64:ff9b::/96", "nat-1regional"),
        (S3_LIST, "vpce-0s3"),
        (DYNAMODB_LIST, "vpce-3gwlb"),
        ("198.51.100.0/24", "igw-0main"),
        ("10.2.0.0/16", "tgw-0hub"),
        ("10.9.0.0/16", "pcx-0active"),
        ("172.16.2.0/24", "eni-0appliance"),
        ("172.16.3.0/24", "dxgw-unheard-of"),
    ] {
        region.route("rtb-0all", destination, target);
    }
    region.route("rtb-0all", "172.16.0.0/24", "vgw-0a").origin = RouteOrigin::Propagated;
    region.route("rtb-0all", "172.16.1.0/24", "nat-2gone").state = RouteState::Blackhole;
    region.route("rtb-0all", "pl-0own", "tgw-0hub").origin = RouteOrigin::Advertisement;
    let targets = [
        RouteTarget::NetworkInterface { id: some("eni-0appliance"), instance_id: some("i-0appliance") },
        RouteTarget::CoreNetwork("arn:aws:networkmanager::111122223333:core-network/core-network-0a".to_owned()),
        RouteTarget::CarrierGateway("cagw-0a".to_owned()),
        RouteTarget::LocalGateway("lgw-0a".to_owned()),
    ];
    for (index, target) in targets.into_iter().enumerate() {
        region.route("rtb-0all", &format!("172.17.{index}.0/24"), "replaced").target = target;
    }
    region.route_table("rtb-1main", "vpc-1shared", &[]).owner_id = PARTNER.to_owned();
    region.route_table("rtb-2main", "vpc-2hub", &[]);
}

/// A second region, whose resources must not mix with those of the first: some ids are the same.
fn virginia(region: &mut Region<'_>) {
    region.vpc("vpc-0main", "10.0.0.0/16").tags = tags("virginia");
    region.subnet("subnet-0a", "vpc-0main", "10.0.7.0/24", 'd');
    region.route_table("rtb-0main", "vpc-0main", &[]);
    region.nat_gateway("nat-0zonal", "subnet-0a");
    region.nat_traffic("nat-0zonal", 7, 70, 700);
    region.prefix_lists();
}
