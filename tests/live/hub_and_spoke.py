"""The account of mocks/accounts/hub-and-spoke: spokes behind a transit gateway, inspection, one egress VPC. Prints the corrections."""

import json
import sys

from builder import Builder

SPOKES = (("spoke-orders", 1), ("spoke-search", 2), ("spoke-batch", 3))
CORRECTIONS = {
    "regions": ["eu-west-1"], "transit_routes": {}, "gwlb_endpoints": {}, "gwlb_routes": {}, "nat_traffic": {}, "endpoint_traffic": {},
}


def egress(aws):
    """Two zones: attachment subnets lead to the NAT of their zone."""
    vpc = aws.vpc("egress", "10.100.0.0/16")
    igw = aws.igw("egress", vpc)
    public = [aws.subnet(f"egress-public-{z}", vpc, z, f"10.100.{i}.0/24", public=True) for i, z in enumerate("ab")]
    public_table = aws.table("egress-public", vpc, *public)
    aws.route(public_table, "0.0.0.0/0", GatewayId=igw)
    nats = [aws.nat(f"egress-nat-{z}", subnet) for z, subnet in zip("ab", public)]
    attached = [aws.subnet(f"egress-attachment-{z}", vpc, z, f"10.100.{10 + i}.0/28") for i, z in enumerate("ab")]
    tables = []
    for z, subnet, nat in zip("ab", attached, nats):
        table = aws.table(f"egress-attachment-{z}", vpc, subnet)
        aws.route(table, "0.0.0.0/0", NatGatewayId=nat)
        tables.append(table)
    # The hub's own gateway endpoint: carries nothing for the spokes.
    aws.gateway_endpoint("egress-s3", vpc, "s3", public_table)
    return vpc, attached, nats, [public_table, *tables]


def inspection(aws, gateway):
    """Traffic comes in by the attachment subnets, passes the firewall's endpoint of its zone and goes back to the transit gateway."""
    vpc = aws.vpc("inspection", "10.101.0.0/16")
    group = aws.group("stand-in", vpc)
    attached, homes = [], []
    for i, z in enumerate("ab"):
        attached.append(aws.subnet(f"inspection-attachment-{z}", vpc, z, f"10.101.{i}.0/28"))
        homes.append(aws.subnet(f"inspection-firewall-{z}", vpc, z, f"10.101.{10 + i}.0/28"))
    attachment = aws.attach("inspection", gateway, vpc, *attached)
    home_table = aws.table("inspection-firewall", vpc, *homes)
    aws.route(home_table, "0.0.0.0/0", TransitGatewayId=gateway)
    for i, z in enumerate("ab"):
        # moto makes no Gateway Load Balancer endpoints: an interface endpoint stands in and is corrected.
        endpoint = aws.interface_endpoint(f"firewall-{z}", vpc, "sts", [homes[i]], [group], private_dns=False)
        table = aws.table(f"inspection-attachment-{z}", vpc, attached[i])
        CORRECTIONS["gwlb_endpoints"][endpoint] = "com.amazonaws.vpce.eu-west-1.vpce-svc-0f1e2d3c4b5a69788"
        CORRECTIONS["gwlb_routes"][table] = endpoint
    return attachment


def shared_services(aws, gateway):
    """Centralised interface endpoints: private DNS off, a private hosted zone per service, shared with the spokes."""
    vpc = aws.vpc("shared-services", "10.102.0.0/16")
    subnets = [aws.subnet(f"shared-{z}", vpc, z, f"10.102.{i}.0/24") for i, z in enumerate("ab")]
    main = aws.main_table(vpc)
    aws.route(main, "10.0.0.0/8", TransitGatewayId=gateway)
    attachment = aws.attach("shared-services", gateway, vpc, *subnets)
    group = aws.group("central-endpoints", vpc)
    aws.admit(group, 443, 443, cidr="10.0.0.0/8")
    endpoints = {}
    for slug in ("kms", "sts", "ssm", "ssmmessages"):
        endpoints[slug] = aws.interface_endpoint(f"central-{slug}", vpc, slug, subnets, [group], private_dns=False)
    return vpc, attachment, endpoints


def private_zones(aws, home, endpoints, vpcs):
    route53 = aws.client("route53")
    for slug, endpoint in endpoints.items():
        name = f"{slug}.{aws.region}.amazonaws.com"
        zone = route53.create_hosted_zone(
            Name=name,
            VPC={"VPCRegion": aws.region, "VPCId": home},
            CallerReference=name,
            HostedZoneConfig={"Comment": "central endpoint", "PrivateZone": True},
        )["HostedZone"]["Id"]
        for vpc in vpcs:
            route53.associate_vpc_with_hosted_zone(HostedZoneId=zone, VPC={"VPCRegion": aws.region, "VPCId": vpc})
        alias = {
            "HostedZoneId": "Z38GZ743OKFT7T",
            "DNSName": f"{endpoint}-0a1b2c3d.{slug}.{aws.region}.vpce.amazonaws.com.",
            "EvaluateTargetHealth": False,
        }
        change = {"Action": "CREATE", "ResourceRecordSet": {"Name": name, "Type": "A", "AliasTarget": alias}}
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})


def spokes(aws, gateway):
    made = []
    for name, net in SPOKES:
        vpc = aws.vpc(name, f"10.{net}.0.0/16")
        subnets = [aws.subnet(f"{name}-{z}", vpc, z, f"10.{net}.{i}.0/24") for i, z in enumerate("ab")]
        main = aws.main_table(vpc)
        aws.route(main, "0.0.0.0/0", TransitGatewayId=gateway)
        attachment = aws.attach(name, gateway, vpc, *subnets)
        group = aws.group(f"{name}-app", vpc)
        for subnet in subnets:
            aws.interface(f"{name}-app", subnet, [group])
        made.append((name, vpc, main, attachment))
    # One spoke was done right; one has S3 only.
    by_name = {name: (vpc, main) for name, vpc, main, _ in made}
    for slug in ("s3", "dynamodb"):
        vpc, main = by_name["spoke-orders"]
        aws.gateway_endpoint(f"orders-{slug}", vpc, slug, main)
    vpc, main = by_name["spoke-search"]
    aws.gateway_endpoint("search-s3", vpc, "s3", main)
    return made


def main():
    aws = Builder(sys.argv[1])
    gateway = aws.transit_gateway("backbone")
    egress_vpc, attached, nats, egress_tables = egress(aws)
    egress_attachment = aws.attach("egress", gateway, egress_vpc, *attached)
    inspected = inspection(aws, gateway)
    shared_vpc, shared_attachment, endpoints = shared_services(aws, gateway)
    made = spokes(aws, gateway)
    private_zones(aws, shared_vpc, endpoints, [vpc for name, vpc, _, _ in made if name != "spoke-batch"])

    # From a spoke: to shared services directly, everything else through inspection.
    spoke_table = aws.transit_table("spokes", gateway, *[attachment for *_, attachment in made], shared_attachment)
    # After inspection: out by the egress VPC, back to each spoke.
    firewall_table = aws.transit_table("after-inspection", gateway, inspected)
    egress_table = aws.transit_table("egress", gateway, egress_attachment)
    routes = {
        spoke_table: {"0.0.0.0/0": inspected, "10.102.0.0/16": shared_attachment},
        firewall_table: {"0.0.0.0/0": egress_attachment},
        egress_table: {"10.0.0.0/8": inspected},
    }
    for (_, net), (*_, attachment) in zip(SPOKES, made):
        routes[firewall_table][f"10.{net}.0.0/16"] = attachment
        routes[spoke_table][f"10.{net}.0.0/16"] = attachment
    for table, entries in routes.items():
        for destination, attachment in entries.items():
            aws.transit_route(table, destination, attachment)
    CORRECTIONS["transit_routes"] = routes
    for table in egress_tables:
        aws.route(table, "10.0.0.0/8", TransitGatewayId=gateway)

    gib = 1 << 30
    CORRECTIONS["nat_traffic"] = {nats[0]: [820 * gib, 9100 * gib, 20_118_442], nats[1]: [640 * gib, 7400 * gib, 15_905_031]}
    CORRECTIONS["endpoint_traffic"] = {endpoint: 210 * gib for endpoint in endpoints.values()}
    CORRECTIONS["endpoint_traffic"].update({endpoint: 17_960 * gib // 2 for endpoint in CORRECTIONS["gwlb_endpoints"]})
    json.dump(CORRECTIONS, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
