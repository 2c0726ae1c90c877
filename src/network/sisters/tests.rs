use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use super::*;
use crate::model::ec2::{TransitGateway, VpcEndpoint};
use crate::model::{Observed, Tags};
use crate::network::fixtures::{ACCOUNT, Build, REGION, gap, only};
use crate::network::{End, Family, NatZone, Network, Path};

const HUB: &str = "444455556666";
const THIRD: &str = "777788889999";

/// Spoke `vpc-s` in the zones a and b, hub `vpc-h` with a NAT gateway in each zone, and a transit gateway between them.
fn hub(transit: &[&str], hub_routes: &[&str]) -> Build {
    Build::new()
        .aws_lists()
        .vpc("vpc-s", "10.1.0.0/16")
        .vpc("vpc-h", "10.0.0.0/16")
        .subnet("subnet-s", "vpc-s", "10.1.1.0/24", "a")
        .subnet("subnet-s2", "vpc-s", "10.1.2.0/24", "b")
        .subnet("subnet-ta", "vpc-h", "10.0.1.0/28", "a")
        .subnet("subnet-tb", "vpc-h", "10.0.1.16/28", "b")
        .subnet("subnet-pa", "vpc-h", "10.0.2.0/24", "a")
        .subnet("subnet-pb", "vpc-h", "10.0.3.0/24", "b")
        .igw("igw-h", "vpc-h")
        .nat("nat-a", "subnet-pa")
        .nat("nat-b", "subnet-pb")
        .main_table("rtb-s", "vpc-s", &["10.1.0.0/16 local", "0.0.0.0/0 tgw-a"])
        .table("rtb-ta", "vpc-h", &["subnet-ta"], hub_routes)
        .table("rtb-tb", "vpc-h", &["subnet-tb"], &["10.0.0.0/16 local", "0.0.0.0/0 nat-b"])
        .table("rtb-p", "vpc-h", &["subnet-pa", "subnet-pb"], &["10.0.0.0/16 local", "0.0.0.0/0 igw-h"])
        .open_acl("acl-s", "vpc-s", &["subnet-s", "subnet-s2"])
        .open_acl("acl-h", "vpc-h", &["subnet-ta", "subnet-tb", "subnet-pa", "subnet-pb"])
        .vpc_attachment("tgw-attach-s", "vpc-s", &["subnet-s", "subnet-s2"], "tgw-rtb-s")
        .vpc_attachment("tgw-attach-h", "vpc-h", &["subnet-ta", "subnet-tb"], "tgw-rtb-h")
        .transit_table("tgw-rtb-s", transit)
        .transit_table("tgw-rtb-h", &["10.1.0.0/16 tgw-attach-s propagated"])
}

fn usual() -> Build {
    hub(&["0.0.0.0/0 tgw-attach-h"], &["10.0.0.0/16 local", "0.0.0.0/0 nat-a"])
}

/// Spoke in the account of the tests, everything else in the hub's.
fn two(vpc_id: &str) -> &'static str {
    if vpc_id == "vpc-s" { ACCOUNT } else { HUB }
}

/// As [`two`], with the transit gateway's owner and the owner of the hub apart.
fn three(vpc_id: &str) -> &'static str {
    match vpc_id {
        "vpc-s" => ACCOUNT,
        "vpc-h" => THIRD,
        _ => HUB,
    }
}

/// What each account would see if the VPCs of one account belonged to several, and the transit gateway to the hub's.
fn divided(whole: &Inventory, owner_of: fn(&str) -> &'static str) -> BTreeMap<&'static str, Inventory> {
    [ACCOUNT, HUB, THIRD].into_iter().map(|account| (account, part(whole, owner_of, account))).collect()
}

fn part(whole: &Inventory, owner_of: fn(&str) -> &'static str, account: &str) -> Inventory {
    let mut inventory = whole.clone();
    account.clone_into(&mut inventory.account.id);
    let own = |vpc_id: &str| owner_of(vpc_id) == account;
    if account != HUB {
        inventory.private_zones.items.clear();
    }
    let region = inventory.regions.get_mut(REGION).unwrap();
    macro_rules! keep {
        ($($kind:ident)*) => { $(region.$kind.items.retain(|_, one| own(&one.vpc_id));)* };
    }
    let groups: BTreeSet<String> =
        region.vpc_endpoints.values().filter(|one| own(&one.vpc_id)).flat_map(|one| one.group_ids.clone()).collect();
    region.security_group_rules.items.retain(|_, rule| groups.contains(&rule.group_id));
    keep!(subnets route_tables nat_gateways vpc_endpoints network_acls network_interfaces);
    region.vpcs.items.retain(|id, _| own(id));
    region.internet_gateways.items.retain(|_, one| one.vpc_ids.iter().any(|id| own(id)));
    region.egress_only_internet_gateways.items.retain(|_, one| one.vpc_ids.iter().any(|id| own(id)));
    region.peering_connections.items.retain(|_, one| own(&one.requester.vpc_id) || own(&one.accepter.vpc_id));
    for one in region.peering_connections.items.values_mut() {
        for side in [&mut one.requester, &mut one.accepter] {
            side.owner_id = owner_of(&side.vpc_id).to_owned();
        }
    }
    let owned = || account.to_owned();
    region.vpcs.items.values_mut().for_each(|one| one.owner_id = owned());
    region.subnets.items.values_mut().for_each(|one| one.owner_id = owned());
    region.route_tables.items.values_mut().for_each(|one| one.owner_id = owned());
    region.vpc_endpoints.items.values_mut().for_each(|one| one.owner_id = owned());
    region.network_interfaces.items.values_mut().for_each(|one| one.owner_id = owned());
    for zone in region.vpcs.items.values_mut().filter_map(|vpc| match &mut vpc.hosted_zones {
        Observed::Known(zones) => Some(zones),
        Observed::Unknown(_) => None,
    }) {
        for zone in zone {
            zone.owning_account = Some(HUB.to_owned());
        }
    }
    let gateway = TransitGateway { id: "tgw-a".into(), owner_id: HUB.into(), state: "available".into(), tags: Tags::new() };
    region.transit_gateways.items.insert(gateway.id.clone(), gateway);
    region.transit_gateway_vpc_attachments.items.retain(|_, one| account == HUB || own(&one.vpc_id));
    for one in region.transit_gateway_vpc_attachments.items.values_mut() {
        one.vpc_owner_id = owner_of(&one.vpc_id).to_owned();
    }
    region.transit_gateway_attachments.items.retain(|_, one| account == HUB || own(&one.resource_id));
    for one in region.transit_gateway_attachments.items.values_mut() {
        one.transit_gateway_owner_id = HUB.to_owned();
        one.resource_owner_id = owner_of(&one.resource_id).to_owned();
        if account != HUB {
            one.association = None;
        }
    }
    if account != HUB {
        region.transit_gateway_route_tables.items.clear();
    }
    inventory
}

fn directory(accounts: &BTreeMap<&str, Inventory>) -> Arc<Directory> {
    let mut directory = Directory::new();
    for inventory in accounts.values() {
        directory.note(inventory);
    }
    Arc::new(directory)
}

/// What the other accounts tell the one of the tests; `order` arranges whom it learns from first.
fn told(accounts: &BTreeMap<&str, Inventory>, order: fn(&mut Vec<String>)) -> Sisters {
    let own = &accounts[ACCOUNT];
    let mut sisters = Sisters::wanted_by(own, directory(accounts));
    loop {
        let mut holders: Vec<String> = sisters.ask(own).into_iter().collect();
        if holders.is_empty() {
            return sisters;
        }
        order(&mut holders);
        for account in &holders {
            sisters.learn(&accounts[account.as_str()]);
        }
    }
}

/// The paths of the spoke's subnets, without the words that name accounts.
fn paths(inventory: &Inventory, sisters: &Sisters) -> Vec<Path> {
    let network = Network::among(inventory, sisters);
    let mut paths = Vec::new();
    for subnet in ["subnet-s", "subnet-s2"] {
        for service in ["s3", "dynamodb", "sqs"] {
            paths.push(network.path(REGION, subnet, service, Family::Ipv4));
        }
    }
    paths.extend(network.paths().ways_out.into_iter().filter(|path| path.subnet_id.starts_with("subnet-s")));
    for path in &mut paths {
        let passed = Arc::make_mut(&mut path.segments).iter_mut().flat_map(|segment| &mut segment.hops);
        for hop in path.start.iter_mut().chain(passed) {
            let hop = Arc::make_mut(hop);
            if let Some((reason, _)) = hop.reason.split_once(", as scanned in account ") {
                hop.reason = reason.to_owned();
            }
        }
    }
    paths
}

/// Networks of one account: whatever the hub does with the spoke's packets.
fn stories() -> Vec<(&'static str, Build)> {
    let usual_routes = ["10.0.0.0/16 local", "0.0.0.0/0 nat-a"];
    let mut appliance = usual();
    appliance.region().transit_gateway_vpc_attachments.items.get_mut("tgw-attach-h").unwrap().appliance_mode = true;
    let inspected = usual()
        .vpc("vpc-i", "10.2.0.0/16")
        .subnet("subnet-it", "vpc-i", "10.2.1.0/28", "a")
        .subnet("subnet-if", "vpc-i", "10.2.2.0/28", "a")
        .gwlb_endpoint("vpce-fw", "vpc-i", "subnet-if")
        .table("rtb-it", "vpc-i", &["subnet-it"], &["0.0.0.0/0 vpce-fw"])
        .table("rtb-if", "vpc-i", &["subnet-if"], &["0.0.0.0/0 tgw-a"])
        .vpc_attachment("tgw-attach-i", "vpc-i", &["subnet-it"], "tgw-rtb-i")
        .transit_table("tgw-rtb-i", &["0.0.0.0/0 tgw-attach-h"])
        .transit_table("tgw-rtb-s", &["0.0.0.0/0 tgw-attach-i"]);
    let central = hub(&["0.0.0.0/0 tgw-attach-h", "10.0.0.0/16 tgw-attach-h propagated"], &usual_routes)
        .interface_endpoint("vpce-0aa", "vpc-h", "sqs", &["subnet-pa"], &["sg-e"])
        .with_endpoint("vpce-0aa", |endpoint: &mut VpcEndpoint| endpoint.private_dns = false)
        .rules("sg-e", &["tcp 443 10.0.0.0/8"])
        .zone(
            "Z1",
            "sqs.eu-west-1.amazonaws.com",
            &["vpc-s"],
            &["sqs.eu-west-1.amazonaws.com A alias vpce-0aa-1b2c.sqs.eu-west-1.vpce.amazonaws.com"],
        );
    let listed = hub(&["0.0.0.0/0 tgw-attach-h"], &["10.0.0.0/16 local", "0.0.0.0/0 nat-a", "pl-own nat-b"]).list(
        "pl-own",
        "own",
        HUB,
        &["52.218.4.0/22"],
    );
    vec![
        ("the usual hub", usual()),
        ("appliance mode", appliance),
        ("an inspection VPC", inspected),
        ("a central endpoint", central),
        ("a prefix list of the hub", listed),
        ("a zone without NAT gateway", usual().with_subnet("subnet-s", |subnet| subnet.zone_id = "euw1-az-c".into())),
        ("part of it dropped", hub(&["0.0.0.0/0 tgw-attach-h", "52.218.0.0/24 blackhole"], &usual_routes)),
        ("no route", hub(&["10.0.0.0/8 tgw-attach-h"], &usual_routes)),
        ("a gateway that is gone", hub(&["0.0.0.0/0 tgw-attach-h"], &["0.0.0.0/0 nat-gone"])),
        ("an internet gateway", hub(&["0.0.0.0/0 tgw-attach-h"], &["0.0.0.0/0 igw-h"])),
        (
            "a loop",
            hub(&["0.0.0.0/0 tgw-attach-h"], &["0.0.0.0/0 tgw-a"]).transit_table("tgw-rtb-h", &["0.0.0.0/0 tgw-attach-s"]),
        ),
        (
            "a gateway endpoint of the hub",
            hub(&["0.0.0.0/0 tgw-attach-h"], &["0.0.0.0/0 nat-a", "pl-s3 vpce-s3"]).gateway_endpoint("vpce-s3", "vpc-h", "s3"),
        ),
    ]
}

#[test]
fn a_spoke_with_its_hub_as_sister_has_the_paths_of_the_undivided_account() {
    for (story, build) in stories() {
        let whole = build.done();
        let wanted = paths(&whole, &Sisters::none());
        for owner_of in [two, three] {
            let accounts = divided(&whole, owner_of);
            assert_eq!(paths(&accounts[ACCOUNT], &told(&accounts, |_| {})), wanted, "{story}");
        }
    }
}

#[test]
fn the_order_of_the_sisters_makes_no_difference() {
    for (story, build) in stories() {
        let accounts = divided(&build.done(), three);
        let matrix = |sisters: &Sisters| Network::among(&accounts[ACCOUNT], sisters).paths().matrix;
        assert_eq!(matrix(&told(&accounts, |_| {})), matrix(&told(&accounts, |holders| holders.reverse())), "{story}");
    }
}

#[test]
fn hops_say_which_account_told_of_them_and_ends_name_the_hubs_gateway() {
    let accounts = divided(&usual().done(), three);
    let sisters = told(&accounts, |_| {});
    let network = Network::among(&accounts[ACCOUNT], &sisters);
    let path = network.path(REGION, "subnet-s", "s3", Family::Ipv4);
    let segment = only(&path);
    assert_eq!(segment.end, End::Nat { nat_gateway_id: "nat-a".into(), vpc_id: "vpc-h".into(), zone: NatZone::Same });
    let told_by = |id: &str| {
        let hop = path.hops(segment).find(|hop| hop.id == id).unwrap();
        hop.reason.split_once(", as scanned in account ").map(|(_, account)| account.to_owned())
    };
    assert_eq!((told_by("subnet-s"), told_by("rtb-s")), (None, None));
    assert_eq!(told_by("tgw-rtb-s").as_deref(), Some(HUB));
    assert_eq!((told_by("rtb-ta").as_deref(), told_by("nat-a").as_deref()), (Some(THIRD), Some(THIRD)));
    assert_eq!((network.teller("nat-a"), network.teller_of_vpc(REGION, "vpc-h")), (Some(THIRD), Some(THIRD)));
}

#[test]
fn what_belongs_to_sisters_is_passed_and_not_listed() {
    let accounts = divided(&usual().done(), two);
    let sisters = told(&accounts, |_| {});
    let network = Network::among(&accounts[ACCOUNT], &sisters);
    assert!(network.paths().matrix.iter().all(|path| path.subnet_id.starts_with("subnet-s")));
    assert!(network.subnets_of(REGION, "vpc-h").is_empty() && network.tables_of(REGION, "vpc-h").is_empty());
    assert!(network.nat_gateway(REGION, "nat-a").is_some());
}

type Spoil = fn(&mut RegionInventory);

#[test]
fn a_sister_with_a_gap_is_as_good_as_none() {
    let whole = usual().done();
    let alone: Vec<Path> = paths(&divided(&whole, two)[ACCOUNT], &Sisters::none());
    assert!(alone.iter().all(|path| only(path).end.word() == "leaves_view"));
    let spoils: [Spoil; 17] = [
        |region| region.vpcs.gap = Some(gap("DescribeVpcs")),
        |region| region.security_group_rules.gap = Some(gap("DescribeSecurityGroupRules")),
        |region| region.network_acls.gap = Some(gap("DescribeNetworkAcls")),
        |region| region.network_interfaces.gap = Some(gap("DescribeNetworkInterfaces")),
        |region| region.egress_only_internet_gateways.gap = Some(gap("DescribeEgressOnlyInternetGateways")),
        |region| region.peering_connections.gap = Some(gap("DescribeVpcPeeringConnections")),
        |region| region.transit_gateways.gap = Some(gap("DescribeTransitGateways")),
        |region| region.transit_gateway_vpc_attachments.gap = Some(gap("DescribeTransitGatewayVpcAttachments")),
        |region| region.transit_gateway_route_tables.gap = Some(gap("DescribeTransitGatewayRouteTables")),
        |region| region.nat_gateways.gap = Some(gap("DescribeNatGateways")),
        |region| region.route_tables.gap = Some(gap("DescribeRouteTables")),
        |region| region.subnets.gap = Some(gap("DescribeSubnets")),
        |region| region.vpc_endpoints.gap = Some(gap("DescribeVpcEndpoints")),
        |region| region.internet_gateways.gap = Some(gap("DescribeInternetGateways")),
        |region| region.transit_gateway_attachments.gap = Some(gap("DescribeTransitGatewayAttachments")),
        |region| region.prefix_lists.gap = Some(gap("DescribeManagedPrefixLists")),
        |region| {
            let table = region.transit_gateway_route_tables.items.get_mut("tgw-rtb-h").unwrap();
            table.routes = Observed::Unknown(gap("SearchTransitGatewayRoutes"));
        },
    ];
    for (number, spoil) in spoils.into_iter().enumerate() {
        let mut accounts = divided(&whole, two);
        spoil(accounts.get_mut(HUB).unwrap().regions.get_mut(REGION).unwrap());
        let now = paths(&accounts[ACCOUNT], &told(&accounts, |_| {}));
        for (now, alone) in now.iter().zip(&alone) {
            let (now, alone) = (only(now), only(alone));
            assert_eq!(now.hops, alone.hops, "{number}");
            match (&now.end, &alone.end) {
                (End::LeavesView { via, reason }, End::LeavesView { via: before, .. }) => {
                    assert_eq!(via, before);
                    assert!(reason.ends_with("whose routes were not scanned to the end"), "{reason}");
                }
                other => panic!("{number}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_hub_that_is_not_scanned_stays_out_of_view() {
    let mut accounts = divided(&usual().done(), three);
    accounts.remove(THIRD);
    let sisters = told(&accounts, |_| {});
    let path = Network::among(&accounts[ACCOUNT], &sisters).path(REGION, "subnet-s", "s3", Family::Ipv4);
    let End::LeavesView { via, reason } = &only(&path).end else { panic!("{path:#?}") };
    assert_eq!((via.as_str(), reason.as_str()), ("tgw-attach-h", "vpc-h of account 777788889999, which was not scanned"));
}

#[test]
fn a_hub_with_a_gap_behind_the_transit_gateway_of_another_sister_is_not_believed() {
    let mut accounts = divided(&usual().done(), three);
    accounts.get_mut(THIRD).unwrap().regions.get_mut(REGION).unwrap().nat_gateways.gap = Some(gap("DescribeNatGateways"));
    let sisters = told(&accounts, |_| {});
    let path = Network::among(&accounts[ACCOUNT], &sisters).path(REGION, "subnet-s", "s3", Family::Ipv4);
    let End::LeavesView { reason, .. } = &only(&path).end else { panic!("{path:#?}") };
    assert_eq!(reason, "vpc-h of account 777788889999, which was not scanned to the end");
}

#[test]
fn a_list_of_the_hub_whose_entries_were_not_read_matters_where_a_table_of_the_vpc_uses_it() {
    let end = |user: &str| {
        let whole = usual().vpc("vpc-x", "10.9.0.0/16").table("rtb-x", "vpc-x", &[], &["0.0.0.0/0 igw-x"]).list(
            "pl-own",
            "own",
            HUB,
            &["192.0.2.0/24"],
        );
        let mut whole = whole.done();
        let tables = &mut whole.regions.get_mut(REGION).unwrap().route_tables.items;
        tables.get_mut(user).unwrap().routes.extend(crate::network::fixtures::routes(&["pl-own nat-b"]));
        let mut accounts = divided(&whole, two);
        let lists = &mut accounts.get_mut(HUB).unwrap().regions.get_mut(REGION).unwrap().prefix_lists.items;
        lists.get_mut("pl-own").unwrap().entries = Observed::Unknown(gap("GetManagedPrefixListEntries"));
        let sisters = told(&accounts, |_| {});
        only(&Network::among(&accounts[ACCOUNT], &sisters).path(REGION, "subnet-s", "s3", Family::Ipv4)).end.word()
    };
    assert_eq!((end("rtb-ta"), end("rtb-x")), ("leaves_view", "nat"));
}

#[test]
fn whether_names_are_answered_matters_in_a_vpc_with_clients_of_the_account_alone() {
    let unread: [fn(&mut crate::model::ec2::Vpc); 3] = [
        |vpc| vpc.dns_support = Observed::Unknown(gap("DescribeVpcAttribute")),
        |vpc| vpc.dns_hostnames = Observed::Unknown(gap("DescribeVpcAttribute")),
        |vpc| vpc.hosted_zones = Observed::Unknown(gap("ListHostedZonesByVPC")),
    ];
    let end = |mut accounts: BTreeMap<&'static str, Inventory>, vpc: &str, spoil: fn(&mut crate::model::ec2::Vpc)| {
        spoil(accounts.get_mut(HUB).unwrap().regions.get_mut(REGION).unwrap().vpcs.items.get_mut(vpc).unwrap());
        let sisters = told(&accounts, |_| {});
        only(&Network::among(&accounts[ACCOUNT], &sisters).path(REGION, "subnet-s", "s3", Family::Ipv4)).end.word()
    };
    let whole = usual().done();
    for spoil in unread {
        assert_eq!(end(participant(&whole), "vpc-s", spoil), "unknown");
        assert_eq!(end(divided(&whole, two), "vpc-h", spoil), "nat", "packets pass there by routes, not by names");
    }
}

/// A zone of the hub that leads the spoke's clients to the endpoint `vpce-0aa`.
fn led_to_the_endpoint(build: Build) -> Build {
    build.with_endpoint("vpce-0aa", |endpoint| endpoint.private_dns = false).rules("sg-e", &["tcp 443 10.0.0.0/8"]).zone(
        "Z1",
        "sqs.eu-west-1.amazonaws.com",
        &["vpc-s"],
        &["sqs.eu-west-1.amazonaws.com A alias vpce-0aa-1b2c.sqs.eu-west-1.vpce.amazonaws.com"],
    )
}

#[test]
fn an_endpoint_in_a_peer_of_a_sister_is_reached_as_in_the_undivided_account() {
    let build = || {
        let build = usual()
            .vpc("vpc-e", "10.9.0.0/16")
            .subnet("subnet-e", "vpc-e", "10.9.1.0/24", "a")
            .open_acl("acl-e", "vpc-e", &["subnet-e"])
            .peering("pcx-a", "vpc-s", "vpc-e")
            .main_table("rtb-s", "vpc-s", &["10.1.0.0/16 local", "0.0.0.0/0 tgw-a", "10.9.0.0/16 pcx-a"])
            .interface_endpoint("vpce-0aa", "vpc-e", "sqs", &["subnet-e"], &["sg-e"]);
        led_to_the_endpoint(build)
    };
    let mut by_address = build().done();
    let records = &mut by_address.private_zones.items.get_mut("Z1").unwrap().records;
    (records[0].alias, records[0].values) = (None, vec!["10.9.1.5".to_owned()]);
    assert_found_as_in_one(&build().done());
    assert_found_as_in_one(&by_address);
}

/// Asserts that two accounts find the way to an endpoint together as one account does that holds all.
fn assert_found_as_in_one(whole: &Inventory) {
    let accounts = divided(whole, two);
    let found = paths(&accounts[ACCOUNT], &told(&accounts, |_| {}));
    assert!(found.iter().any(|path| path.segments.iter().any(|segment| segment.end.word() == "interface_endpoint")));
    assert_eq!(found, paths(whole, &Sisters::none()));
}

#[test]
fn a_vpc_that_a_zone_alone_leads_to_is_wanted() {
    let build = hub(&["10.0.0.0/16 tgw-attach-h"], &["10.0.0.0/16 local"]).interface_endpoint(
        "vpce-0aa",
        "vpc-h",
        "sqs",
        &["subnet-pa"],
        &["sg-e"],
    );
    assert_found_as_in_one(&led_to_the_endpoint(build).done());
}

#[test]
fn a_sister_that_could_not_tell_is_not_asked_again() {
    let mut accounts = divided(&usual().done(), two);
    accounts.get_mut(HUB).unwrap().regions.get_mut(REGION).unwrap().subnets.gap = Some(gap("DescribeSubnets"));
    let mut sisters = Sisters::wanted_by(&accounts[ACCOUNT], directory(&accounts));
    assert_eq!(sisters.ask(&accounts[ACCOUNT]), BTreeSet::from([HUB.to_owned()]));
    sisters.learn(&accounts[HUB]);
    assert_eq!(sisters.ask(&accounts[ACCOUNT]), BTreeSet::new());
}

#[test]
fn what_lies_on_the_way_to_an_endpoint_alone_is_wanted_too() {
    let build = usual()
        .vpc("vpc-i", "10.2.0.0/16")
        .subnet("subnet-it", "vpc-i", "10.2.1.0/28", "a")
        .subnet("subnet-if", "vpc-i", "10.2.2.0/28", "a")
        .gwlb_endpoint("vpce-fw", "vpc-i", "subnet-if")
        .table("rtb-it", "vpc-i", &["subnet-it"], &["0.0.0.0/0 vpce-fw"])
        .table("rtb-if", "vpc-i", &["subnet-if"], &["0.0.0.0/0 tgw-a"])
        .vpc_attachment("tgw-attach-i", "vpc-i", &["subnet-it"], "tgw-rtb-i")
        .transit_table("tgw-rtb-i", &["0.0.0.0/0 tgw-attach-h"])
        .transit_table("tgw-rtb-s", &["0.0.0.0/0 tgw-attach-h", "10.0.0.0/16 tgw-attach-i"])
        .interface_endpoint("vpce-0aa", "vpc-h", "sqs", &["subnet-pa"], &["sg-e"]);
    assert_found_as_in_one(&led_to_the_endpoint(build).done());
}

#[test]
fn lists_of_the_hub_are_taken_where_its_routes_and_rules_name_them() {
    let build = hub(
        &["0.0.0.0/0 tgw-attach-h", "10.0.0.0/16 tgw-attach-h propagated"],
        &["10.0.0.0/16 local", "0.0.0.0/0 nat-a", "pl-own nat-b"],
    )
    .list("pl-own", "own", HUB, &["52.218.4.0/22"])
    .list("pl-clients", "clients", HUB, &["10.1.0.0/16"])
    .list("pl-other", "other", HUB, &["192.0.2.0/24"])
    .interface_endpoint("vpce-0aa", "vpc-h", "sqs", &["subnet-pa"], &["sg-e"]);
    let whole = led_to_the_endpoint(build).rules("sg-e", &["tcp 443 pl-clients"]).rules("sg-x", &["tcp 443 pl-other"]).done();
    let mut accounts = divided(&whole, two);
    let own = accounts.get_mut(ACCOUNT).unwrap().regions.get_mut(REGION).unwrap();
    own.prefix_lists.items.retain(|_, list| list.owner_id == "AWS");
    let sisters = told(&accounts, |_| {});
    assert_eq!(paths(&accounts[ACCOUNT], &sisters), paths(&whole, &Sisters::none()));
    let tellers = ["pl-own", "pl-clients", "pl-other", "pl-s3"].map(|id| sisters.teller(id));
    assert_eq!(tellers, [Some(HUB), Some(HUB), None, None], "AWS's lists the account sees itself");
}

#[test]
fn a_sister_behind_private_routes_or_dropped_packets_is_not_asked_and_nobody_twice() {
    let whole = usual()
        .vpc("vpc-t", "10.9.0.0/16")
        .subnet("subnet-t", "vpc-t", "10.9.1.0/24", "a")
        .vpc_attachment("tgw-attach-t", "vpc-t", &["subnet-t"], "tgw-rtb-h")
        .transit_table("tgw-rtb-s", &["0.0.0.0/0 tgw-attach-h", "10.9.0.0/16 tgw-attach-t", "8.8.8.0/24 tgw-attach-t blackhole"])
        .done();
    let accounts = divided(&whole, |vpc| if vpc == "vpc-t" { THIRD } else { two(vpc) });
    let own = &accounts[ACCOUNT];
    let mut sisters = Sisters::wanted_by(own, directory(&accounts));
    let mut asked = Vec::new();
    loop {
        let holders = sisters.ask(own);
        if holders.is_empty() {
            break;
        }
        for account in holders {
            sisters.learn(&accounts[account.as_str()]);
            asked.push(account);
        }
    }
    assert_eq!(asked, [HUB, HUB], "for the transit gateway, then for the VPC behind it");
}

/// The hub's owner shares two subnets: what the participant sees of them.
fn participant(whole: &Inventory) -> BTreeMap<&'static str, Inventory> {
    let mut accounts = divided(whole, |_| HUB);
    let owner = accounts[HUB].regions[REGION].clone();
    let own = accounts.get_mut(ACCOUNT).unwrap().regions.get_mut(REGION).unwrap();
    let mut vpc = owner.vpcs.items["vpc-s"].clone();
    vpc.dns_support = Observed::Unknown(gap("DescribeVpcAttribute"));
    vpc.hosted_zones = Observed::Unknown(gap("ListHostedZonesByVPC"));
    own.vpcs.items.insert("vpc-s".into(), vpc);
    for id in ["subnet-s", "subnet-s2"] {
        own.subnets.items.insert(id.into(), owner.subnets.items[id].clone());
    }
    accounts
}

#[test]
fn a_participant_has_the_paths_that_the_owner_has_in_the_shared_subnets() {
    for (story, build) in stories() {
        let whole = build.done();
        let accounts = participant(&whole);
        let alone = paths(&accounts[ACCOUNT], &Sisters::none());
        assert!(alone.iter().all(|path| only(path).end.word() == "unknown"), "{story}");
        assert_eq!(paths(&accounts[ACCOUNT], &told(&accounts, |_| {})), paths(&whole, &Sisters::none()), "{story}");
    }
}

#[test]
fn a_participant_uses_the_owners_endpoints_and_has_a_column_for_them() {
    let build = usual()
        .interface_endpoint("vpce-sqs", "vpc-s", "sqs", &["subnet-s"], &["sg-e"])
        .rules("sg-e", &["tcp 443 10.1.0.0/16"])
        .gateway_endpoint("vpce-s3", "vpc-s", "s3")
        .main_table("rtb-s", "vpc-s", &["pl-s3 vpce-s3", "0.0.0.0/0 tgw-a"]);
    let accounts = participant(&build.done());
    let sisters = told(&accounts, |_| {});
    let network = Network::among(&accounts[ACCOUNT], &sisters);
    assert!(network.services(REGION).contains("sqs") && network.paths().matrix.iter().any(|path| &*path.service == "sqs"));
    let end = |service: &str| only(&network.path(REGION, "subnet-s2", service, Family::Ipv4)).end.word();
    assert_eq!((end("sqs"), end("s3")), ("interface_endpoint", "gateway_endpoint"));
}

#[test]
fn an_endpoint_of_the_hub_that_no_name_leads_to_makes_no_column() {
    let hub = usual().interface_endpoint("vpce-sqs", "vpc-h", "sqs", &["subnet-pa"], &[]);
    let accounts = divided(&hub.done(), two);
    let sisters = told(&accounts, |_| {});
    let network = Network::among(&accounts[ACCOUNT], &sisters);
    assert!(network.vpc_endpoint(REGION, "vpce-sqs").is_some(), "the hub has told of it");
    assert!(!network.services(REGION).contains("sqs"));
}

#[test]
fn an_endpoint_of_the_hub_that_a_zone_leads_to_has_a_column() {
    let (story, build) = stories().swap_remove(3);
    assert_eq!(story, "a central endpoint");
    let accounts = divided(&build.done(), two);
    let sisters = told(&accounts, |_| {});
    assert!(Network::among(&accounts[ACCOUNT], &sisters).services(REGION).contains("sqs"));
}

#[test]
fn a_gap_is_that_of_one_sister_in_one_region() {
    let mut accounts = divided(&usual().done(), two);
    accounts.get_mut(HUB).unwrap().regions.get_mut(REGION).unwrap().subnets.gap = Some(gap("DescribeSubnets"));
    let sisters = told(&accounts, |_| {});
    assert!(sisters.has_gaps(REGION, HUB));
    assert!(!sisters.has_gaps(REGION, THIRD) && !sisters.has_gaps("eu-west-9", HUB));
}

#[test]
fn a_gap_of_the_account_hides_nothing_that_a_sister_has_told() {
    let whole = hub(&["0.0.0.0/0 tgw-attach-h"], &["0.0.0.0/0 nat-gone"]).done();
    let mut accounts = divided(&whole, two);
    accounts.get_mut(ACCOUNT).unwrap().regions.get_mut(REGION).unwrap().nat_gateways.gap = Some(gap("DescribeNatGateways"));
    let sisters = told(&accounts, |_| {});
    let path = Network::among(&accounts[ACCOUNT], &sisters).path(REGION, "subnet-s", "s3", Family::Ipv4);
    assert_eq!(only(&path).end.word(), "blackhole");
}

#[test]
fn the_names_of_zones_are_those_of_the_account() {
    let whole = usual().done();
    let mut accounts = divided(&whole, two);
    for subnet in accounts.get_mut(HUB).unwrap().regions.get_mut(REGION).unwrap().subnets.items.values_mut() {
        subnet.zone = if subnet.zone.ends_with('a') { "eu-west-1b".into() } else { "eu-west-1a".into() };
    }
    assert_eq!(paths(&accounts[ACCOUNT], &told(&accounts, |_| {})), paths(&whole, &Sisters::none()));
}

#[test]
fn only_those_who_hold_something_are_asked_and_only_for_that() {
    let accounts = divided(&usual().done(), three);
    let mut asked = Vec::new();
    let load = |account: &str| {
        asked.push(account.to_owned());
        Ok::<_, Infallible>(accounts[account].clone())
    };
    let Ok(sisters) = Sisters::gather(&accounts[ACCOUNT], directory(&accounts), load);
    assert_eq!(asked, [HUB, THIRD], "the transit gateway, then the hub");
    let held = &sisters.facts(REGION).unwrap().held;
    assert!(held.vpcs.get("vpc-s").is_none() && held.vpcs.get("vpc-h").is_some());
    assert!(held.network_interfaces.items.is_empty(), "no endpoint, no interfaces");
    // The hub needs nothing of the spoke: private addresses alone lead there.
    let asked = Sisters::wanted_by(&accounts[THIRD], directory(&accounts)).ask(&accounts[THIRD]);
    assert_eq!(asked, BTreeSet::from([HUB.to_owned()]));
}

#[test]
fn a_directory_knows_owners_and_what_was_listed_to_the_end() {
    let build = usual().gateway_endpoint("vpce-s3", "vpc-s", "s3");
    let mut accounts = divided(&build.done(), two);
    accounts.get_mut(HUB).unwrap().regions.get_mut(REGION).unwrap().vpc_endpoints.gap = Some(gap("DescribeVpcEndpoints"));
    let directory = directory(&accounts);
    assert_eq!(directory.vpc("vpc-h"), Some(&Held { account: HUB.into(), region: REGION.into() }));
    assert_eq!(directory.endpoint("vpce-s3").map(|endpoint| endpoint.held.account.as_str()), Some(ACCOUNT));
    assert_eq!(directory.endpoints_of("vpc-s").map(|(id, _)| id).collect::<Vec<_>>(), ["vpce-s3"]);
    assert!(!directory.has_all_endpoints(HUB, REGION) && directory.has_all_endpoints(ACCOUNT, REGION));
    assert!(!directory.has_all_endpoints(HUB, "us-east-1") && directory.vpc("vpc-x").is_none());
}

#[test]
fn the_owner_of_a_transit_gateway_knows_more_of_an_attachment_than_a_sister_whose_vpc_it_is() {
    // The hub's VPC is the sister's, the transit gateway the account's own.
    let whole = usual().done();
    let mut own = part(&whole, |vpc_id| if vpc_id == "vpc-s" { HUB } else { ACCOUNT }, HUB);
    own.account.id = ACCOUNT.to_owned();
    let account = serde_json::to_string(&own).unwrap().replace(HUB, "OWN").replace(ACCOUNT, HUB).replace("OWN", ACCOUNT);
    let mut own: Inventory = serde_json::from_str(&account).unwrap();
    own.account.id = ACCOUNT.to_owned();
    let region = own.regions.get_mut(REGION).unwrap();
    for table in region.transit_gateway_route_tables.items.values_mut() {
        table.associations = Observed::Unknown(gap("GetTransitGatewayRouteTableAssociations"));
    }
    for attachment in region.transit_gateway_attachments.items.values_mut() {
        attachment.association = None;
    }
    let path = Network::new(&own).path(REGION, "subnet-s", "s3", Family::Ipv4);
    assert!(matches!(&only(&path).end, End::Unknown { reason, .. } if reason.contains("was not read")), "{:?}", only(&path).end);
}
