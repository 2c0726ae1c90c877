//! Naming the model's resources the way findings name them: kind, id, ARN, name, VPC.

use super::Resource;
use crate::model::ec2::{
    Address, EndpointServiceConfiguration, NatGateway, RouteTable, SecurityGroup, Subnet, Vpc, VpcEndpoint, VpcPeeringConnection,
    name_of,
};
use crate::model::s3::Bucket;
use crate::model::{Inventory, Tags};

/// Id that stands for "those that were not listed" when a listing is cut short.
pub(crate) const UNLISTED: &str = "*";

/// One resource of EC2: its kind, as findings name it and as its ARN does. Source: Service Authorization Reference, "Actions, resources, and
/// condition keys for Amazon EC2".
fn ec2(inventory: &Inventory, region: &str, owner_id: &str, (kind, in_arn): (&str, &str), id: &str) -> Resource {
    // Every subject of every check has one: joined, and not formatted, since that is measurably faster.
    let arn = ["arn:", inventory.account.partition.as_str(), ":ec2:", region, ":", owner_id, ":", in_arn, "/", id].concat();
    Resource { kind: kind.to_owned(), id: id.to_owned(), arn: Some(arn), name: None, vpc_id: None }
}

impl Resource {
    fn named(self, tags: &Tags) -> Self {
        Self { name: name_of(tags).map(str::to_owned), ..self }
    }

    fn in_vpc(self, vpc_id: &str) -> Self {
        Self { vpc_id: Some(vpc_id.to_owned()), ..self }
    }

    /// Resources of a kind that a cut-short listing may hide.
    pub(crate) fn unlisted(kind: &str) -> Self {
        Self { kind: kind.to_owned(), id: UNLISTED.to_owned(), arn: None, name: None, vpc_id: None }
    }

    /// A VPC.
    pub(crate) fn vpc(inventory: &Inventory, region: &str, vpc: &Vpc) -> Self {
        ec2(inventory, region, &vpc.owner_id, ("vpc", "vpc"), &vpc.id).named(&vpc.tags).in_vpc(&vpc.id)
    }

    /// A VPC of which only the id is known.
    pub(crate) fn vpc_id(inventory: &Inventory, region: &str, vpc_id: &str) -> Self {
        match inventory.regions.get(region).and_then(|known| known.vpcs.get(vpc_id)) {
            Some(vpc) => Self::vpc(inventory, region, vpc),
            None => {
                Self { kind: "vpc".to_owned(), id: vpc_id.to_owned(), arn: None, name: None, vpc_id: Some(vpc_id.to_owned()) }
            }
        }
    }

    /// A subnet.
    pub(crate) fn subnet(inventory: &Inventory, region: &str, subnet: &Subnet) -> Self {
        ec2(inventory, region, &subnet.owner_id, ("subnet", "subnet"), &subnet.id).named(&subnet.tags).in_vpc(&subnet.vpc_id)
    }

    /// A route table.
    pub(crate) fn route_table(inventory: &Inventory, region: &str, table: &RouteTable) -> Self {
        ec2(inventory, region, &table.owner_id, ("route_table", "route-table"), &table.id)
            .named(&table.tags)
            .in_vpc(&table.vpc_id)
    }

    /// A NAT gateway, which is always the account's own.
    pub(crate) fn nat_gateway(inventory: &Inventory, region: &str, nat: &NatGateway) -> Self {
        let kind = ("nat_gateway", "natgateway");
        ec2(inventory, region, &inventory.account.id, kind, &nat.id).named(&nat.tags).in_vpc(&nat.vpc_id)
    }

    /// A VPC endpoint of any type.
    pub(crate) fn vpc_endpoint(inventory: &Inventory, region: &str, endpoint: &VpcEndpoint) -> Self {
        ec2(inventory, region, &endpoint.owner_id, ("vpc_endpoint", "vpc-endpoint"), &endpoint.id)
            .named(&endpoint.tags)
            .in_vpc(&endpoint.vpc_id)
    }

    /// A peering connection.
    pub(crate) fn peering_connection(inventory: &Inventory, region: &str, peering: &VpcPeeringConnection) -> Self {
        ec2(inventory, region, &inventory.account.id, ("vpc_peering_connection", "vpc-peering-connection"), &peering.id)
            .named(&peering.tags)
    }

    /// An Elastic IP address, which is always the account's own.
    pub(crate) fn address(inventory: &Inventory, region: &str, address: &Address) -> Self {
        let kind = ("address", "elastic-ip");
        ec2(inventory, region, &inventory.account.id, kind, &address.allocation_id).named(&address.tags)
    }

    /// A security group, by its `Name` tag or else by the name it was made with.
    pub(crate) fn security_group(inventory: &Inventory, region: &str, group: &SecurityGroup) -> Self {
        let named = ec2(inventory, region, &group.owner_id, ("security_group", "security-group"), &group.id).named(&group.tags);
        Self { name: named.name.clone().or_else(|| Some(group.name.clone())), ..named }.in_vpc(&group.vpc_id)
    }

    /// A security group of which only the id is known.
    pub(crate) fn security_group_id(inventory: &Inventory, region: &str, group_id: &str) -> Self {
        match inventory.regions.get(region).and_then(|known| known.security_groups.get(group_id)) {
            Some(group) => Self::security_group(inventory, region, group),
            None => Self { kind: "security_group".to_owned(), id: group_id.to_owned(), arn: None, name: None, vpc_id: None },
        }
    }

    /// An endpoint service that the account offers.
    pub(crate) fn endpoint_service(inventory: &Inventory, region: &str, service: &EndpointServiceConfiguration) -> Self {
        ec2(inventory, region, &inventory.account.id, ("vpc_endpoint_service", "vpc-endpoint-service"), &service.id)
            .named(&service.tags)
    }

    /// A bucket. Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3".
    pub(crate) fn bucket(inventory: &Inventory, bucket: &Bucket) -> Self {
        Self {
            kind: "bucket".to_owned(),
            id: bucket.name.clone(),
            arn: Some(["arn:", inventory.account.partition.as_str(), ":s3:::", &bucket.name].concat()),
            name: name_of(&bucket.tags).map(str::to_owned),
            vpc_id: None,
        }
    }

    /// The account itself, for what is set once for all of it.
    pub(crate) fn account(inventory: &Inventory) -> Self {
        Self { kind: "account".to_owned(), id: inventory.account.id.clone(), arn: None, name: None, vpc_id: None }
    }
}
