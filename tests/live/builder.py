"""Builds VPCs in a moto server over the AWS API, tersely: every helper returns the id of what it made."""

import json

import boto3
from botocore.config import Config


class Builder:
    """One region of one account, behind one endpoint."""

    def __init__(self, endpoint, region="eu-west-1"):
        self.region = region
        self.endpoint = endpoint
        self.ec2 = self.client("ec2")

    def client(self, service):
        return boto3.client(
            service,
            region_name=self.region,
            endpoint_url=self.endpoint,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(retries={"max_attempts": 1}),
        )

    def tag(self, resource, name):
        self.ec2.create_tags(Resources=[resource], Tags=[{"Key": "Name", "Value": name}])
        return resource

    def vpc(self, name, cidr, ipv6=False):
        vpc = self.ec2.create_vpc(CidrBlock=cidr, AmazonProvidedIpv6CidrBlock=ipv6)["Vpc"]["VpcId"]
        self.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
        return self.tag(vpc, name)

    def vpc_ipv6_cidr(self, vpc):
        found = self.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]
        return found["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]

    def subnet(self, name, vpc, zone, cidr, public=False, ipv6=None):
        extra = {"Ipv6CidrBlock": ipv6} if ipv6 else {}
        made = self.ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=self.region + zone, **extra)
        subnet = made["Subnet"]["SubnetId"]
        if public:
            self.ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
        return self.tag(subnet, name)

    def main_table(self, vpc):
        filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
        return self.ec2.describe_route_tables(Filters=filters)["RouteTables"][0]["RouteTableId"]

    def table(self, name, vpc, *subnets):
        table = self.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        for subnet in subnets:
            self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        return self.tag(table, name)

    def route(self, table, destination, **target):
        if destination.startswith("pl-"):
            key = "DestinationPrefixListId"
        elif ":" in destination:
            key = "DestinationIpv6CidrBlock"
        else:
            key = "DestinationCidrBlock"
        self.ec2.create_route(RouteTableId=table, **{key: destination}, **target)

    def igw(self, name, vpc):
        igw = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=igw, VpcId=vpc)
        return self.tag(igw, name)

    def egress_only_igw(self, vpc):
        made = self.ec2.create_egress_only_internet_gateway(VpcId=vpc)
        return made["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]

    def address(self):
        return self.ec2.allocate_address(Domain="vpc")["AllocationId"]

    def nat(self, name, subnet, private=False):
        if private:
            made = self.ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")
        else:
            made = self.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=self.address(), ConnectivityType="public")
        return self.tag(made["NatGateway"]["NatGatewayId"], name)

    def service(self, slug):
        return f"com.amazonaws.{self.region}.{slug}"

    def gateway_endpoint(self, name, vpc, slug, *tables, policy=None):
        extra = {"PolicyDocument": json.dumps(policy)} if policy else {}
        made = self.ec2.create_vpc_endpoint(
            VpcId=vpc, ServiceName=self.service(slug), VpcEndpointType="Gateway", RouteTableIds=list(tables), **extra
        )
        return self.tag(made["VpcEndpoint"]["VpcEndpointId"], name)

    def interface_endpoint(self, name, vpc, slug, subnets, groups, private_dns=True):
        made = self.ec2.create_vpc_endpoint(
            VpcId=vpc,
            ServiceName=self.service(slug),
            VpcEndpointType="Interface",
            SubnetIds=list(subnets),
            SecurityGroupIds=list(groups),
            PrivateDnsEnabled=private_dns,
        )
        return self.tag(made["VpcEndpoint"]["VpcEndpointId"], name)

    def group(self, name, vpc):
        return self.ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]

    def admit(self, group, first, last, cidr=None, peer_group=None, ipv6=None):
        permission = {"IpProtocol": "tcp", "FromPort": first, "ToPort": last}
        if cidr:
            permission["IpRanges"] = [{"CidrIp": cidr}]
        if ipv6:
            permission["Ipv6Ranges"] = [{"CidrIpv6": ipv6}]
        if peer_group:
            permission["UserIdGroupPairs"] = [{"GroupId": peer_group}]
        self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])

    def prefix_list(self, slug):
        filters = [{"Name": "prefix-list-name", "Values": [self.service(slug)]}]
        return self.ec2.describe_managed_prefix_lists(Filters=filters)["PrefixLists"][0]["PrefixListId"]

    def prefixes(self, slug):
        entries = self.ec2.get_managed_prefix_list_entries(PrefixListId=self.prefix_list(slug))["Entries"]
        return [entry["Cidr"] for entry in entries]

    def interface(self, name, subnet, groups):
        made = self.ec2.create_network_interface(SubnetId=subnet, Groups=list(groups))
        return self.tag(made["NetworkInterface"]["NetworkInterfaceId"], name)

    def peering(self, name, requester, accepter):
        made = self.ec2.create_vpc_peering_connection(VpcId=requester, PeerVpcId=accepter)
        peering = made["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        self.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
        return self.tag(peering, name)

    def transit_gateway(self, name):
        options = {"DefaultRouteTableAssociation": "disable", "DefaultRouteTablePropagation": "disable"}
        made = self.ec2.create_transit_gateway(Options=options)["TransitGateway"]["TransitGatewayId"]
        return self.tag(made, name)

    def attach(self, name, gateway, vpc, *subnets):
        made = self.ec2.create_transit_gateway_vpc_attachment(
            TransitGatewayId=gateway, VpcId=vpc, SubnetIds=list(subnets)
        )
        return self.tag(made["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"], name)

    def transit_table(self, name, gateway, *attachments):
        made = self.ec2.create_transit_gateway_route_table(TransitGatewayId=gateway)
        table = made["TransitGatewayRouteTable"]["TransitGatewayRouteTableId"]
        for attachment in attachments:
            self.ec2.associate_transit_gateway_route_table(
                TransitGatewayRouteTableId=table, TransitGatewayAttachmentId=attachment
            )
        return self.tag(table, name)

    def transit_route(self, table, destination, attachment):
        self.ec2.create_transit_gateway_route(
            TransitGatewayRouteTableId=table,
            DestinationCidrBlock=destination,
            TransitGatewayAttachmentId=attachment,
        )

    def account(self):
        return self.client("sts").get_caller_identity()["Account"]

    def default_group(self, vpc):
        filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
        return self.ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]

    def empty(self, group):
        """Revokes every rule of a group."""
        found = self.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
        for rule in found:
            revoke = self.ec2.revoke_security_group_egress if rule["IsEgress"] else self.ec2.revoke_security_group_ingress
            revoke(GroupId=group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
        return group

    def network_load_balancer(self, name, subnet):
        made = self.client("elbv2").create_load_balancer(Name=name, Type="network", Subnets=[subnet])
        return made["LoadBalancers"][0]["LoadBalancerArn"]

    def endpoint_service(self, balancer, acceptance, *principals):
        made = self.ec2.create_vpc_endpoint_service_configuration(
            NetworkLoadBalancerArns=[balancer], AcceptanceRequired=acceptance
        )
        service = made["ServiceConfiguration"]["ServiceId"]
        self.ec2.modify_vpc_endpoint_service_permissions(ServiceId=service, AddAllowedPrincipals=list(principals))
        return service

    def flow_log(self, vpc, bucket, traffic, fields=None):
        """A flow log of a VPC into a bucket; in the default format where no fields are named."""
        extra = {"LogFormat": " ".join(f"${{{field}}}" for field in fields.split())} if fields else {}
        made = self.ec2.create_flow_logs(
            ResourceIds=[vpc],
            ResourceType="VPC",
            TrafficType=traffic,
            LogDestinationType="s3",
            LogDestination=f"arn:aws:s3:::{bucket}",
            **extra,
        )
        return made["FlowLogIds"][0]

    def bucket(self, name, blocked=False):
        s3 = self.client("s3")
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": self.region})
        if blocked:
            switches = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
            s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(switches, True))
        return name

    def bucket_policy(self, bucket, *statements):
        """A bucket with a policy, whose statements are about the bucket and everything in it."""
        arns = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
        document = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": arns} for statement in statements]}
        self.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))
        return bucket

    def on_premises(self, vpc):
        """A site behind a VPN connection to a VPC."""
        gateway = self.ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
        self.ec2.attach_vpn_gateway(VpnGatewayId=gateway, VpcId=vpc)
        site = self.ec2.create_customer_gateway(Type="ipsec.1", PublicIp="192.0.2.1", BgpAsn=65000)
        self.ec2.create_vpn_connection(
            Type="ipsec.1", CustomerGatewayId=site["CustomerGateway"]["CustomerGatewayId"], VpnGatewayId=gateway
        )

    def public_ip(self, nat):
        return self.ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]["NatGatewayAddresses"][0]["PublicIp"]
