//! What a change is: edits in the order in which they are safe, each with what is needed to undo it.

use ipnet::IpNet;

use crate::model::ec2::{NatGateway, RouteDestination, RouteTarget, SecurityGroup, SecurityGroupRule, VpcEndpoint};
use crate::model::s3::PublicAccessBlock;

/// A repair of one finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What is done, by the word that reports use.
    pub kind: ChangeKind,
    /// What is done, in one line without a period.
    pub title: String,
    /// The edits, in order.
    pub edits: Vec<Edit>,
    /// What may go wrong all the same, a sentence each.
    pub hazards: Vec<String>,
}

/// The kinds of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// Make a gateway endpoint.
    AddGatewayEndpoint,
    /// Associate a route table with a gateway endpoint.
    AssociateRouteTable,
    /// Turn private DNS of an endpoint on.
    EnablePrivateDns,
    /// Turn DNS attributes of a VPC on.
    EnableVpcDns,
    /// Admit TCP 443 on an endpoint's group.
    AdmitHttps,
    /// Narrow the rules of a group.
    NarrowGroup,
    /// Take rules out of a group.
    RevokeRules,
    /// Delete a security group.
    DeleteGroup,
    /// Give an endpoint interfaces in more zones.
    AddEndpointZones,
    /// Point routes at another NAT gateway.
    RerouteNat,
    /// Delete a route.
    DeleteRoute,
    /// Delete a NAT gateway.
    DeleteNatGateway,
    /// Delete an endpoint.
    DeleteEndpoint,
    /// Give an Elastic IP address back.
    ReleaseAddress,
    /// Replace the policy of an endpoint.
    ReplaceEndpointPolicy,
    /// Replace the policy of a bucket.
    ReplaceBucketPolicy,
    /// Turn Block Public Access on.
    BlockPublicAccess,
    /// Name who may use an endpoint service.
    RestrictEndpointService,
}

impl ChangeKind {
    /// The kind's name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AddGatewayEndpoint => "add_gateway_endpoint",
            Self::AssociateRouteTable => "associate_route_table",
            Self::EnablePrivateDns => "enable_private_dns",
            Self::EnableVpcDns => "enable_vpc_dns",
            Self::AdmitHttps => "admit_https",
            Self::NarrowGroup => "narrow_group",
            Self::RevokeRules => "revoke_rules",
            Self::DeleteGroup => "delete_group",
            Self::AddEndpointZones => "add_endpoint_zones",
            Self::RerouteNat => "reroute_nat",
            Self::DeleteRoute => "delete_route",
            Self::DeleteNatGateway => "delete_nat_gateway",
            Self::DeleteEndpoint => "delete_endpoint",
            Self::ReleaseAddress => "release_address",
            Self::ReplaceEndpointPolicy => "replace_endpoint_policy",
            Self::ReplaceBucketPolicy => "replace_bucket_policy",
            Self::BlockPublicAccess => "block_public_access",
            Self::RestrictEndpointService => "restrict_endpoint_service",
        }
    }
}

/// One edit of an account: what one call of an API does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Make a gateway endpoint.
    CreateGatewayEndpoint {
        /// Region.
        region: String,
        /// VPC it stands in.
        vpc_id: String,
        /// Name of its service.
        service_name: String,
        /// Tables that get a route to it.
        route_table_ids: Vec<String>,
        /// Its policy; AWS's default lets everything through.
        policy: Option<String>,
    },
    /// Associate tables with a gateway endpoint.
    AssociateRouteTables {
        /// Region.
        region: String,
        /// The endpoint.
        endpoint_id: String,
        /// The tables.
        route_table_ids: Vec<String>,
    },
    /// Turn private DNS of an interface endpoint on, for clients inside the VPC.
    EnablePrivateDns {
        /// Region.
        region: String,
        /// The endpoint.
        endpoint_id: String,
    },
    /// Turn one DNS attribute of a VPC on.
    EnableVpcDns {
        /// Region.
        region: String,
        /// The VPC.
        vpc_id: String,
        /// DNS host names; else DNS support.
        hostnames: bool,
    },
    /// Admit TCP 443 into a group.
    AdmitHttps {
        /// Region.
        region: String,
        /// The group.
        group_id: String,
        /// From these addresses.
        from: IpNet,
    },
    /// Take rules out of a group.
    RevokeRules {
        /// Region.
        region: String,
        /// The group.
        group_id: String,
        /// The rules, which the undo makes again.
        rules: Vec<SecurityGroupRule>,
    },
    /// Delete a security group.
    DeleteGroup {
        /// Region.
        region: String,
        /// The group.
        group: SecurityGroup,
        /// Its rules, which the undo makes again.
        rules: Vec<SecurityGroupRule>,
    },
    /// Give an interface endpoint an interface in more subnets.
    AddEndpointSubnets {
        /// Region.
        region: String,
        /// The endpoint.
        endpoint_id: String,
        /// The subnets, one per zone.
        subnet_ids: Vec<String>,
    },
    /// Point a route at another target.
    ReplaceRoute {
        /// Region.
        region: String,
        /// The table.
        table_id: String,
        /// Destination of the route.
        destination: RouteDestination,
        /// Where it leads now.
        from: RouteTarget,
        /// NAT gateway it shall lead to.
        nat_gateway_id: String,
    },
    /// Delete a route.
    DeleteRoute {
        /// Region.
        region: String,
        /// The table.
        table_id: String,
        /// Destination of the route.
        destination: RouteDestination,
        /// Where it leads now.
        target: RouteTarget,
        /// Whether that is gone, so that nothing can make the route again.
        dead: bool,
    },
    /// Delete a NAT gateway.
    DeleteNatGateway {
        /// Region.
        region: String,
        /// The gateway, which the undo makes again.
        nat: NatGateway,
    },
    /// Delete an endpoint.
    DeleteEndpoint {
        /// Region.
        region: String,
        /// The endpoint, which the undo makes again.
        endpoint: VpcEndpoint,
    },
    /// Give an Elastic IP address back.
    ReleaseAddress {
        /// Region.
        region: String,
        /// The allocation.
        allocation_id: String,
        /// The address.
        public_ip: std::net::Ipv4Addr,
    },
    /// Replace the policy of an endpoint.
    PutEndpointPolicy {
        /// Region.
        region: String,
        /// The endpoint.
        endpoint_id: String,
        /// The policy as JSON.
        policy: String,
        /// What was there.
        old: OldPolicy,
        /// What the new one is meant to do.
        aim: PolicyAim,
    },
    /// Replace the policy of a bucket by one that refuses more.
    PutBucketPolicy {
        /// Region of the bucket.
        region: String,
        /// The bucket.
        bucket: String,
        /// The policy as JSON.
        policy: String,
        /// What was there.
        old: OldPolicy,
    },
    /// Turn all four switches of Block Public Access on.
    BlockPublicAccess(PublicAccess),
    /// Let only these principals make endpoints to a service of the account.
    RestrictEndpointService {
        /// Region.
        region: String,
        /// The service.
        service_id: String,
        /// Principals that come in the place of everybody.
        principals: Vec<String>,
    },
}

/// What a new policy is meant to do, next to the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyAim {
    /// Admit nothing but what is between own principals and own resources, in the place of everything.
    AdmitOwnOnly,
    /// Refuse more.
    RefuseMore,
    /// Admit what was shut out.
    AdmitMore,
}

/// The policy that a change replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OldPolicy {
    /// There was none of its own.
    None,
    /// This one.
    Text(String),
}

/// Where Block Public Access is turned on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicAccess {
    /// Region of the bucket; for the account, the region to ask.
    pub region: String,
    /// Account id.
    pub account: String,
    /// The bucket; `None` for the whole account.
    pub bucket: Option<String>,
    /// The switches now.
    pub old: Option<PublicAccessBlock>,
}

impl Edit {
    /// The region it is made in.
    #[must_use]
    pub fn region(&self) -> &str {
        match self {
            Self::CreateGatewayEndpoint { region, .. }
            | Self::AssociateRouteTables { region, .. }
            | Self::EnablePrivateDns { region, .. }
            | Self::EnableVpcDns { region, .. }
            | Self::AdmitHttps { region, .. }
            | Self::RevokeRules { region, .. }
            | Self::DeleteGroup { region, .. }
            | Self::AddEndpointSubnets { region, .. }
            | Self::ReplaceRoute { region, .. }
            | Self::DeleteRoute { region, .. }
            | Self::DeleteNatGateway { region, .. }
            | Self::DeleteEndpoint { region, .. }
            | Self::ReleaseAddress { region, .. }
            | Self::PutEndpointPolicy { region, .. }
            | Self::PutBucketPolicy { region, .. }
            | Self::RestrictEndpointService { region, .. } => region,
            Self::BlockPublicAccess(place) => &place.region,
        }
    }

    /// Id of what is edited or made.
    #[must_use]
    pub fn resource_id(&self) -> &str {
        match self {
            Self::CreateGatewayEndpoint { vpc_id, .. } | Self::EnableVpcDns { vpc_id, .. } => vpc_id,
            Self::AssociateRouteTables { endpoint_id, .. }
            | Self::EnablePrivateDns { endpoint_id, .. }
            | Self::AddEndpointSubnets { endpoint_id, .. }
            | Self::PutEndpointPolicy { endpoint_id, .. } => endpoint_id,
            Self::AdmitHttps { group_id, .. } | Self::RevokeRules { group_id, .. } => group_id,
            Self::DeleteGroup { group, .. } => &group.id,
            Self::ReplaceRoute { table_id, .. } | Self::DeleteRoute { table_id, .. } => table_id,
            Self::DeleteNatGateway { nat, .. } => &nat.id,
            Self::DeleteEndpoint { endpoint, .. } => &endpoint.id,
            Self::ReleaseAddress { allocation_id, .. } => allocation_id,
            Self::PutBucketPolicy { bucket, .. } => bucket,
            Self::BlockPublicAccess(place) => place.bucket.as_deref().unwrap_or(&place.account),
            Self::RestrictEndpointService { service_id, .. } => service_id,
        }
    }
}
