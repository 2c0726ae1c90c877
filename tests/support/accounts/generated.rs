//! Accounts of any size, made from a seed: the same seed and size give the same account.
//!
//! Each VPC is drawn from what real ones look like: public and private subnets in three zones, NAT gateways in one or all of
//! them, endpoints that are there, missing, half placed or quiet, groups that are tight, wide open or unused. So an account
//! of any size has findings of many kinds, in the same share.

use std::net::Ipv4Addr;

use fastrand::Rng;
use natless::model::ec2::{Direction, RulePeer};
use natless::model::organizations::Organization;
use natless::model::s3::PublicAccessBlock;
use natless::model::{Inventory, Observed};
use serde_json::json;

use super::tidy::{ACCOUNT, busy_nat_gateway, gateway_endpoints, instance, loose_address, services};
use super::{Region, add, bucket, empty_account, region};

/// Regions that a generated account can have, in the order in which it gets them.
const REGIONS: [&str; 20] = [
    "us-east-1",
    "eu-west-1",
    "us-west-2",
    "eu-central-1",
    "ap-southeast-1",
    "ap-northeast-1",
    "us-east-2",
    "ap-southeast-2",
    "eu-west-2",
    "ap-south-1",
    "ca-central-1",
    "eu-west-3",
    "eu-north-1",
    "sa-east-1",
    "ap-northeast-2",
    "us-west-1",
    "ap-northeast-3",
    "eu-south-1",
    "af-south-1",
    "me-south-1",
];
/// Interface endpoints that VPCs have.
const SERVICES: [&str; 8] = ["sqs", "ssm", "ssmmessages", "ecr.api", "ecr.dkr", "logs", "sts", "secretsmanager"];
const ZONES: [char; 3] = ['a', 'b', 'c'];

/// How much an account holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// Regions, at most 20.
    pub(crate) regions: usize,
    /// VPCs in each region.
    pub(crate) vpcs: usize,
    /// Subnets in each VPC, 6 to 250.
    pub(crate) subnets: usize,
    /// Security groups in each VPC.
    pub(crate) groups: usize,
    /// Rules in each security group.
    pub(crate) rules: usize,
    /// Buckets in the account.
    pub(crate) buckets: usize,
}

/// An account of this size.
pub(crate) fn generated_account(seed: u64, size: Size) -> Inventory {
    let mut rng = Rng::with_seed(seed);
    let mut names = REGIONS[..size.regions].to_vec();
    names.sort_unstable();
    let mut account = empty_account(ACCOUNT, &names);
    account.organization = Observed::Known(Some(Organization {
        id: "o-a1b2c3d4e5".to_owned(),
        management_account_id: ACCOUNT.to_owned(),
        accounts: Observed::Known(Some([(ACCOUNT.to_owned(), "workloads".to_owned())].into())),
    }));
    for (index, name) in names.iter().enumerate() {
        let mut region = region(&mut account, name);
        services(&mut region, &SERVICES);
        region.prefix_lists();
        for number in 0..size.vpcs {
            Network { region: &mut region, rng: &mut rng, size, index: index * size.vpcs + number }.build();
        }
    }
    for number in 0..size.buckets {
        let home = names[rng.usize(..names.len())];
        let vpc = id("vpc", rng.usize(..size.regions * size.vpcs), 0);
        storage(&mut account, &mut rng, &format!("team-{seed}-data-{number:05}"), home, &vpc);
    }
    account
}

/// An id with a prefix such as `subnet`, of the thing with this number in a VPC. Like those of AWS it tells nothing of its place.
fn id(prefix: &str, vpc: usize, number: usize) -> String {
    let mut rng = Rng::with_seed(u64::try_from(vpc * 1_000_000 + number).unwrap());
    format!("{prefix}-0{:016x}", rng.u64(..))
}

/// A VPC in the making.
struct Network<'a, 'r> {
    region: &'a mut Region<'r>,
    rng: &'a mut Rng,
    size: Size,
    /// Number of the VPC in the account.
    index: usize,
}

impl Network<'_, '_> {
    fn id(&self, prefix: &str, number: usize) -> String {
        id(prefix, self.index, number)
    }

    fn chance(&mut self, percent: u8) -> bool {
        self.rng.u8(..100) < percent
    }

    fn build(mut self) {
        let vpc = self.id("vpc", 0);
        let block = u8::try_from(self.index % 256).unwrap();
        self.region.vpc(&vpc, &format!("10.{block}.0.0/16"));
        let subnets: Vec<String> = (0..self.size.subnets).map(|number| self.id("subnet", number)).collect();
        for (number, subnet) in subnets.iter().enumerate() {
            self.region.subnet(subnet, &vpc, &format!("10.{block}.{number}.0/24"), ZONES[number % 3]);
        }
        let listed: Vec<&str> = subnets.iter().map(String::as_str).collect();
        let (public, private) = listed.split_at(3);
        self.region.network_acl(&self.id("acl", 0), &vpc, &listed);
        let groups = self.groups(&vpc, block);
        let tables = self.routes(&vpc, public, private);
        self.endpoints(&vpc, block, &tables, private);
        self.instances(block, private, &groups);
    }

    /// The route tables: the main one, that of the public subnets, one for each zone's private ones. Returns the last three.
    fn routes(&mut self, vpc: &str, public: &[&str], private: &[&str]) -> Vec<String> {
        let (gateway, table) = (self.id("igw", 0), self.id("rtb", 1));
        self.region.internet_gateway(&gateway, vpc);
        self.region.route_table(&self.id("rtb", 0), vpc, &[]);
        self.region.route_table(&table, vpc, public);
        self.region.route(&table, "0.0.0.0/0", &gateway);
        let nats = if self.chance(60) { 3 } else { 1 };
        let nat = |network: &Self, zone: usize| network.id("nat", zone % nats);
        for (zone, subnet) in public.iter().enumerate().take(nats) {
            let third = u8::try_from(self.index / 84 % 256).unwrap();
            let fourth = u8::try_from(self.index % 84 * 3 + zone).unwrap();
            let id = nat(self, zone);
            busy_nat_gateway(self.region, &id, subnet, Ipv4Addr::new(198, 18, third, fourth));
            // A terabyte or two in the window, a few of them next to nothing.
            let bytes = if self.chance(10) { 0 } else { self.rng.u64(1..2_000) * 1_000_000_000 };
            self.region.nat_traffic(&id, 14, bytes / 4, bytes);
        }
        let mut tables = Vec::new();
        for zone in 0..3 {
            let of_zone: Vec<&str> = private.iter().enumerate().filter(|(at, _)| at % 3 == zone).map(|(_, id)| *id).collect();
            let table = self.id("rtb", 2 + zone);
            self.region.route_table(&table, vpc, &of_zone);
            self.region.route(&table, "0.0.0.0/0", &nat(self, zone));
            tables.push(table);
        }
        if self.chance(5) {
            let id = self.id("eipalloc", 9);
            let address = Ipv4Addr::from(u32::from(Ipv4Addr::new(198, 19, 0, 0)) + u32::try_from(self.index).unwrap());
            add(&mut self.region.inventory.addresses, &id, loose_address(&id, address));
        }
        tables
    }

    /// Gateway endpoints on all tables, on some or on none, and up to four interface endpoints in one zone or all.
    fn endpoints(&mut self, vpc: &str, block: u8, tables: &[String], private: &[&str]) {
        let covered = match self.rng.u8(..10) {
            0..=5 => tables.len(),
            6 | 7 => 2,
            _ => 0,
        };
        if covered > 0 {
            let tables: Vec<&str> = tables.iter().take(covered).map(String::as_str).collect();
            gateway_endpoints(self.region, vpc, &format!("{:08x}", self.index), &tables);
        }
        let group = self.id("sg", 900);
        self.region.security_group(&group, vpc);
        let peer = RulePeer::Ipv4(format!("10.{block}.0.0/16").parse().unwrap());
        self.region.rule(&self.id("sgr", 900_000), &group, Direction::Ingress, "tcp", Some((443, 443)), peer);
        let first = self.rng.usize(..SERVICES.len());
        for number in 0..self.rng.usize(..5) {
            let service = SERVICES[(first + number) % SERVICES.len()];
            let zones = if self.chance(20) { 1 } else { 3 };
            let id = self.id("vpce", number);
            self.region.interface_endpoint(&id, vpc, service, &private[..zones], &[&group]);
            let bytes = if self.chance(15) { 0 } else { self.rng.u64(1..500) * 1_000_000_000 };
            self.region.endpoint_traffic(&id, 14, bytes);
        }
    }

    /// Security groups with as many rules as the size says: addresses inside, other groups, and now and then the whole internet.
    fn groups(&mut self, vpc: &str, block: u8) -> Vec<String> {
        let ids: Vec<String> = (0..self.size.groups).map(|number| self.id("sg", number)).collect();
        for (number, id) in ids.iter().enumerate() {
            self.region.security_group(id, vpc);
            // One rule is there already: everything out.
            for rule in 1..self.size.rules {
                let port = self.rng.u16(1_024..40_000);
                let peer = match self.rng.u8(..100) {
                    0 => RulePeer::Ipv4("0.0.0.0/0".parse().unwrap()),
                    1..=30 => RulePeer::Group {
                        id: ids[self.rng.usize(..ids.len())].clone(),
                        owner_id: None,
                        vpc_id: None,
                        peering_connection_id: None,
                    },
                    _ => RulePeer::Ipv4(format!("10.{block}.{}.0/24", self.rng.u8(..)).parse().unwrap()),
                };
                let direction = if self.chance(80) { Direction::Ingress } else { Direction::Egress };
                self.region.rule(&self.id("sgr", number * 1_000 + rule), id, direction, "tcp", Some((port, port)), peer);
            }
        }
        ids
    }

    /// Two instances in each private subnet, each in one of the groups.
    fn instances(&mut self, block: u8, private: &[&str], groups: &[String]) {
        for (number, subnet) in private.iter().enumerate() {
            let third = u8::try_from(number + 3).unwrap();
            for host in 0..2 {
                let group = if groups.is_empty() { self.id("sg", 900) } else { groups[self.rng.usize(..groups.len())].clone() };
                let name = format!("{:08x}{:09x}", self.index, number * 2 + usize::from(host));
                instance(self.region, &name, subnet, &group, Ipv4Addr::new(10, block, third, 10 + host));
            }
        }
    }
}

/// A bucket: without a policy, for TLS only, for the organization, for one VPC, or open.
fn storage(account: &mut Inventory, rng: &mut Rng, name: &str, home: &str, vpc: &str) {
    let statement = match rng.u8(..100) {
        0..40 => None,
        40..75 => Some(
            json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": { "Bool": { "aws:SecureTransport": "false" } } }),
        ),
        75..87 => Some(json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
            "Condition": { "StringEquals": { "aws:PrincipalOrgID": "o-a1b2c3d4e5" } } })),
        87..97 => Some(json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Condition": { "StringNotEquals": { "aws:SourceVpc": vpc } } })),
        _ => {
            Some(json!({ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::444455556666:root" }, "Action": "s3:GetObject" }))
        }
    };
    let blocked = rng.u8(..100) < 90;
    let added = bucket(account, name, home);
    added.public_access_block = Observed::Known(blocked.then_some(PublicAccessBlock::ALL_ON));
    if let Some(mut statement) = statement {
        statement["Resource"] = json!([format!("arn:aws:s3:::{name}"), format!("arn:aws:s3:::{name}/*")]);
        added.policy = Observed::Known(Some(json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()));
        added.policy_is_public = Observed::Known(Some(false));
    }
}
