//! The one table of every AWS call natless can make, and the rule that it can only read.
//!
//! The permissions policy, the table in the README and the guard in front of every request are made from it.

/// One API call natless may make.
#[derive(Debug, PartialEq, Eq)]
pub struct ApiCall {
    /// Service, by the name of its SDK crate: `s3control` apart from `s3`.
    pub service: &'static str,
    /// API operation.
    pub operation: &'static str,
    /// IAM action that allows it; not always the operation's name.
    /// Source: Service Authorization Reference, "Actions, resources, and condition keys" of the service.
    pub action: &'static str,
    /// How often it is made.
    pub scope: CallScope,
    /// Error codes that mean "there is none": answers, not failures.
    pub absent: &'static [&'static str],
    /// What its answer is for, in a few words.
    pub purpose: &'static str,
}

/// How often a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallScope {
    /// Once per account.
    Global,
    /// Once per region.
    Region,
    /// Once per VPC.
    Vpc,
    /// Once per bucket, in the bucket's own region.
    Bucket,
    /// Once per resource of some other kind.
    Resource,
}

impl CallScope {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Global => "once",
            Self::Region => "per region",
            Self::Vpc => "per VPC",
            Self::Bucket => "per bucket",
            Self::Resource => "per resource",
        }
    }
}

/// Names each call once: as a constant and in [`CALLS`].
macro_rules! calls {
    ($($name:ident = $service:literal $operation:literal $action:literal $scope:ident [$($absent:literal),*] $purpose:literal;)+) => {
        $(
            #[doc = concat!("`", $service, ":", $operation, "`: ", $purpose, ".")]
            pub static $name: ApiCall = ApiCall {
                service: $service,
                operation: $operation,
                action: $action,
                scope: CallScope::$scope,
                absent: &[$($absent),*],
                purpose: $purpose,
            };
        )+

        /// Every call natless can make.
        pub static CALLS: &[&ApiCall] = &[$(&$name),+];
    };
}

calls! {
    GET_CALLER_IDENTITY = "sts" "GetCallerIdentity" "sts:GetCallerIdentity" Global [] "who asks, and in which account";
    ASSUME_ROLE = "sts" "AssumeRole" "sts:AssumeRole" Global [] "enter another account; made only with `--role-arn`";
    DESCRIBE_REGIONS = "ec2" "DescribeRegions" "ec2:DescribeRegions" Global [] "which regions are enabled";
    DESCRIBE_ORGANIZATION = "organizations" "DescribeOrganization" "organizations:DescribeOrganization" Global ["AWSOrganizationsNotInUseException"] "who counts as inside";
    LIST_ACCOUNTS = "organizations" "ListAccounts" "organizations:ListAccounts" Global [] "who counts as inside";
    LIST_BUCKETS = "s3" "ListBuckets" "s3:ListAllMyBuckets" Global [] "which buckets there are";
    GET_ACCOUNT_PUBLIC_ACCESS_BLOCK = "s3control" "GetPublicAccessBlock" "s3:GetAccountPublicAccessBlock" Global ["NoSuchPublicAccessBlockConfiguration"] "what the account blocks for every bucket";
    DESCRIBE_VPCS = "ec2" "DescribeVpcs" "ec2:DescribeVpcs" Region [] "VPCs and their address blocks";
    DESCRIBE_SUBNETS = "ec2" "DescribeSubnets" "ec2:DescribeSubnets" Region [] "subnets and their zones";
    DESCRIBE_ROUTE_TABLES = "ec2" "DescribeRouteTables" "ec2:DescribeRouteTables" Region [] "where each subnet's packets go";
    DESCRIBE_NAT_GATEWAYS = "ec2" "DescribeNatGateways" "ec2:DescribeNatGateways" Region [] "NAT gateways, zonal and regional";
    DESCRIBE_VPC_ENDPOINTS = "ec2" "DescribeVpcEndpoints" "ec2:DescribeVpcEndpoints" Region [] "endpoints and their policies";
    DESCRIBE_VPC_ENDPOINT_SERVICES = "ec2" "DescribeVpcEndpointServices" "ec2:DescribeVpcEndpointServices" Region [] "which services an endpoint could carry, and in which zones";
    DESCRIBE_VPC_ENDPOINT_SERVICE_CONFIGURATIONS = "ec2" "DescribeVpcEndpointServiceConfigurations" "ec2:DescribeVpcEndpointServiceConfigurations" Region [] "services the account offers to others";
    DESCRIBE_VPC_ENDPOINT_CONNECTIONS = "ec2" "DescribeVpcEndpointConnections" "ec2:DescribeVpcEndpointConnections" Region [] "who is connected to them";
    DESCRIBE_SECURITY_GROUPS = "ec2" "DescribeSecurityGroups" "ec2:DescribeSecurityGroups" Region [] "security groups";
    DESCRIBE_SECURITY_GROUP_RULES = "ec2" "DescribeSecurityGroupRules" "ec2:DescribeSecurityGroupRules" Region [] "whom endpoints and instances admit";
    DESCRIBE_NETWORK_ACLS = "ec2" "DescribeNetworkAcls" "ec2:DescribeNetworkAcls" Region [] "what subnets let through";
    DESCRIBE_MANAGED_PREFIX_LISTS = "ec2" "DescribeManagedPrefixLists" "ec2:DescribeManagedPrefixLists" Region [] "prefix lists of AWS and of customers";
    DESCRIBE_NETWORK_INTERFACES = "ec2" "DescribeNetworkInterfaces" "ec2:DescribeNetworkInterfaces" Region [] "what stands in each subnet";
    DESCRIBE_ADDRESSES = "ec2" "DescribeAddresses" "ec2:DescribeAddresses" Region [] "Elastic IP addresses";
    DESCRIBE_INTERNET_GATEWAYS = "ec2" "DescribeInternetGateways" "ec2:DescribeInternetGateways" Region [] "ways to the internet";
    DESCRIBE_EGRESS_ONLY_INTERNET_GATEWAYS = "ec2" "DescribeEgressOnlyInternetGateways" "ec2:DescribeEgressOnlyInternetGateways" Region [] "ways to the internet over IPv6";
    DESCRIBE_VPC_PEERING_CONNECTIONS = "ec2" "DescribeVpcPeeringConnections" "ec2:DescribeVpcPeeringConnections" Region [] "peer VPCs";
    DESCRIBE_TRANSIT_GATEWAYS = "ec2" "DescribeTransitGateways" "ec2:DescribeTransitGateways" Region [] "transit gateways";
    DESCRIBE_TRANSIT_GATEWAY_ATTACHMENTS = "ec2" "DescribeTransitGatewayAttachments" "ec2:DescribeTransitGatewayAttachments" Region [] "what is attached to them";
    DESCRIBE_TRANSIT_GATEWAY_VPC_ATTACHMENTS = "ec2" "DescribeTransitGatewayVpcAttachments" "ec2:DescribeTransitGatewayVpcAttachments" Region [] "in which subnets";
    DESCRIBE_TRANSIT_GATEWAY_ROUTE_TABLES = "ec2" "DescribeTransitGatewayRouteTables" "ec2:DescribeTransitGatewayRouteTables" Region [] "their route tables";
    DESCRIBE_VPN_GATEWAYS = "ec2" "DescribeVpnGateways" "ec2:DescribeVpnGateways" Region [] "ways in from other networks";
    DESCRIBE_VPN_CONNECTIONS = "ec2" "DescribeVpnConnections" "ec2:DescribeVpnConnections" Region [] "ways in from other networks";
    DESCRIBE_FLOW_LOGS = "ec2" "DescribeFlowLogs" "ec2:DescribeFlowLogs" Region [] "whether traffic is recorded";
    LIST_ACCESS_POINTS = "s3control" "ListAccessPoints" "s3:ListAccessPoints" Region [] "other ways into buckets";
    DESCRIBE_VIRTUAL_GATEWAYS = "directconnect" "DescribeVirtualGateways" "directconnect:DescribeVirtualGateways" Region [] "ways in over Direct Connect";
    GET_METRIC_DATA = "cloudwatch" "GetMetricData" "cloudwatch:GetMetricData" Region [] "bytes through NAT gateways and endpoints";
    GET_PRODUCTS = "pricing" "GetProducts" "pricing:GetProducts" Region [] "list prices of today; made only with `--live-prices`";
    DESCRIBE_VPC_ATTRIBUTE = "ec2" "DescribeVpcAttribute" "ec2:DescribeVpcAttribute" Vpc [] "DNS support and DNS host names";
    LIST_HOSTED_ZONES_BY_VPC = "route53" "ListHostedZonesByVPC" "route53:ListHostedZonesByVPC" Vpc [] "private zones that lead to endpoints elsewhere";
    GET_MANAGED_PREFIX_LIST_ENTRIES = "ec2" "GetManagedPrefixListEntries" "ec2:GetManagedPrefixListEntries" Resource [] "addresses of S3, DynamoDB and of customers' lists";
    SEARCH_TRANSIT_GATEWAY_ROUTES = "ec2" "SearchTransitGatewayRoutes" "ec2:SearchTransitGatewayRoutes" Resource [] "where transit gateways send packets";
    GET_TRANSIT_GATEWAY_ROUTE_TABLE_ASSOCIATIONS = "ec2" "GetTransitGatewayRouteTableAssociations" "ec2:GetTransitGatewayRouteTableAssociations" Resource [] "which attachment uses which table";
    DESCRIBE_VPC_ENDPOINT_SERVICE_PERMISSIONS = "ec2" "DescribeVpcEndpointServicePermissions" "ec2:DescribeVpcEndpointServicePermissions" Resource [] "who may connect to the account's services";
    LIST_RESOURCE_RECORD_SETS = "route53" "ListResourceRecordSets" "route53:ListResourceRecordSets" Resource [] "which endpoint a private zone leads to";
    GET_ACCESS_POINT = "s3control" "GetAccessPoint" "s3:GetAccessPoint" Resource [] "what an access point blocks";
    GET_ACCESS_POINT_POLICY = "s3control" "GetAccessPointPolicy" "s3:GetAccessPointPolicy" Resource ["NoSuchAccessPointPolicy"] "whom an access point lets through";
    GET_ACCESS_POINT_POLICY_STATUS = "s3control" "GetAccessPointPolicyStatus" "s3:GetAccessPointPolicyStatus" Resource ["NoSuchAccessPointPolicy"] "whether AWS calls it public";
    GET_BUCKET_LOCATION = "s3" "GetBucketLocation" "s3:GetBucketLocation" Bucket [] "the bucket's region, where the list does not tell";
    GET_BUCKET_POLICY = "s3" "GetBucketPolicy" "s3:GetBucketPolicy" Bucket ["NoSuchBucketPolicy"] "whom the bucket lets through";
    GET_BUCKET_POLICY_STATUS = "s3" "GetBucketPolicyStatus" "s3:GetBucketPolicyStatus" Bucket ["NoSuchBucketPolicy"] "whether AWS calls it public";
    GET_BUCKET_PUBLIC_ACCESS_BLOCK = "s3" "GetPublicAccessBlock" "s3:GetBucketPublicAccessBlock" Bucket ["NoSuchPublicAccessBlockConfiguration"] "what the bucket blocks";
    GET_BUCKET_ACL = "s3" "GetBucketAcl" "s3:GetBucketAcl" Bucket [] "grants outside the policy";
}

impl ApiCall {
    /// Whether a scan makes the call only where an option asks for it: `--role-arn`, `--live-prices`.
    #[must_use]
    pub fn is_on_request(&self) -> bool {
        [&ASSUME_ROLE, &GET_PRODUCTS].contains(&self)
    }
}

/// Whether this call is in the table: the guard asks before any request leaves.
#[must_use]
pub fn is_allowed(service: &str, operation: &str) -> bool {
    CALLS.iter().any(|call| call.service == service && call.operation == operation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_only_reads() {
        for call in CALLS {
            let reads = ["Describe", "Get", "List", "Search"].iter().any(|verb| call.operation.starts_with(verb));
            assert!(reads || call.operation == "AssumeRole", "{} {}", call.service, call.operation);
        }
    }

    #[test]
    fn no_call_stands_twice() {
        for (index, call) in CALLS.iter().enumerate() {
            let twins =
                CALLS.iter().skip(index + 1).filter(|other| (other.service, other.operation) == (call.service, call.operation));
            assert_eq!(twins.count(), 0, "{} {}", call.service, call.operation);
        }
    }

    #[test]
    fn a_call_that_changes_anything_is_refused() {
        assert!(is_allowed("ec2", "DescribeVpcs"));
        assert!(!is_allowed("ec2", "DeleteVpc"));
        assert!(!is_allowed("s3", "PutBucketPolicy"));
    }
}
