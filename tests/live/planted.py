"""Plants every problem in a moto account, with a good twin of each, and prints what an audit must say.

Prints JSON: `problems` (check, resource) that must be found; `twins` (check, resource) that must not be, `corrected_twins` likewise once moto's
answers are corrected; and `corrections`, what AWS would answer where moto does not (see README.md beside this file).
"""

import json
import sys

from builder import Builder

PROBLEMS, TWINS, CORRECTED_TWINS = [], [], []
CORRECTIONS = {
    "transit_routes": {}, "blackholes": [], "endpoint_states": {}, "gwlb_endpoints": {}, "gwlb_routes": {}, "endpoint_traffic": {},
    # Long before the window of the metrics: what is new is not called idle.
    "endpoints_made": "2025-01-01T00:00:00Z",
}


def problem(check, *resources):
    PROBLEMS.extend({"check": check, "resource": resource} for resource in resources)


def twin(check, *resources):
    TWINS.extend({"check": check, "resource": resource} for resource in resources)


def public_vpc(aws, name, net, zones="ab", ipv6=False):
    """A VPC 10.<net>.0.0/16 with an internet gateway and a public subnet per zone."""
    vpc = aws.vpc(name, f"10.{net}.0.0/16", ipv6)
    igw = aws.igw(f"{name}-igw", vpc)
    public = [aws.subnet(f"{name}-public-{z}", vpc, z, f"10.{net}.{i}.0/24", public=True) for i, z in enumerate(zones)]
    table = aws.table(f"{name}-public", vpc, *public)
    aws.route(table, "0.0.0.0/0", GatewayId=igw)
    return vpc, public, table, igw


def gateway_endpoints(aws):
    # No endpoint at all; the private subnet uses the implicit main table.
    vpc, public, _, _ = public_vpc(aws, "missing", 1)
    nat = aws.nat("missing-nat", public[0])
    aws.subnet("missing-private-a", vpc, "a", "10.1.10.0/24")
    aws.route(aws.main_table(vpc), "0.0.0.0/0", NatGatewayId=nat)
    problem("vpc-gateway-endpoint-missing", vpc)

    # Its twin: the same with both endpoints on the main table.
    vpc, public, _, _ = public_vpc(aws, "covered", 2)
    nat = aws.nat("covered-nat", public[0])
    aws.subnet("covered-private-a", vpc, "a", "10.2.10.0/24")
    main = aws.main_table(vpc)
    aws.route(main, "0.0.0.0/0", NatGatewayId=nat)
    for slug in ("s3", "dynamodb"):
        aws.gateway_endpoint(f"covered-{slug}", vpc, slug, main)
    twin("vpc-gateway-endpoint-missing", vpc)
    twin("vpc-gateway-endpoint-unrouted", main)
    twin("vpc-nat-gateway-idle", nat)

    # Several tables: one is associated with the endpoint, one is not.
    vpc, public, _, _ = public_vpc(aws, "unrouted", 3)
    nats = [aws.nat(f"unrouted-nat-{z}", subnet) for z, subnet in zip("ab", public)]
    tables = []
    for i, z in enumerate("ab"):
        subnet = aws.subnet(f"unrouted-private-{z}", vpc, z, f"10.3.{10 + i}.0/24")
        tables.append(aws.table(f"unrouted-private-{z}", vpc, subnet))
        aws.route(tables[i], "0.0.0.0/0", NatGatewayId=nats[i])
    aws.gateway_endpoint("unrouted-s3", vpc, "s3", tables[0])
    aws.gateway_endpoint("unrouted-dynamodb", vpc, "dynamodb", *tables)
    problem("vpc-gateway-endpoint-unrouted", tables[1])
    twin("vpc-gateway-endpoint-unrouted", tables[0])
    twin("vpc-gateway-endpoint-missing", vpc)
    twin("vpc-nat-gateway-redundant", *nats)

    # A static route takes a part of the prefix list to the NAT; the twin's route lies outside of the list.
    vpc, public, _, _ = public_vpc(aws, "shadowed", 4)
    nat = aws.nat("shadowed-nat", public[0])
    tables = []
    for i, (z, destination) in enumerate((("a", "52.216.8.0/24"), ("b", "198.51.100.0/24"))):
        subnet = aws.subnet(f"shadowed-private-{z}", vpc, "a", f"10.4.{10 + i}.0/24")
        tables.append(aws.table(f"shadowed-private-{z}", vpc, subnet))
        aws.route(tables[i], "0.0.0.0/0", NatGatewayId=nat)
        aws.route(tables[i], destination, NatGatewayId=nat)
    for slug in ("s3", "dynamodb"):
        aws.gateway_endpoint(f"shadowed-{slug}", vpc, slug, *tables)
    problem("vpc-gateway-endpoint-shadowed", tables[0])
    twin("vpc-gateway-endpoint-shadowed", tables[1])


def spokes(aws):
    # A hub with the NAT and its own gateway endpoint, which cannot serve the spokes; one spoke has its own.
    hub, public, public_table, _ = public_vpc(aws, "hub", 20)
    nat = aws.nat("hub-nat", public[0])
    attached = aws.subnet("hub-attachment-a", hub, "a", "10.20.10.0/24")
    hub_table = aws.table("hub-attachment", hub, attached)
    aws.route(hub_table, "0.0.0.0/0", NatGatewayId=nat)
    gateway = aws.transit_gateway("backbone")
    hub_attachment = aws.attach("hub", gateway, hub, attached)
    # Only the transit gateway stands in the hub's private subnet: an endpoint there would carry nothing. moto puts no interface there.
    CORRECTED_TWINS.append({"check": "vpc-gateway-endpoint-missing", "resource": hub})
    spoke_attachments = []
    for net, name, covered in ((21, "spoke-bare", False), (22, "spoke-covered", True)):
        vpc = aws.vpc(name, f"10.{net}.0.0/16")
        subnet = aws.subnet(f"{name}-a", vpc, "a", f"10.{net}.0.0/24")
        aws.interface(f"{name}-app", subnet, [aws.group(f"{name}-app", vpc)])
        attachment = aws.attach(name, gateway, vpc, subnet)
        main = aws.main_table(vpc)
        aws.route(main, "0.0.0.0/0", TransitGatewayId=gateway)
        for table in (hub_table, public_table):
            aws.route(table, f"10.{net}.0.0/16", TransitGatewayId=gateway)
        if covered:
            for slug in ("s3", "dynamodb"):
                aws.gateway_endpoint(f"{name}-{slug}", vpc, slug, main)
            twin("vpc-gateway-endpoint-missing-in-spoke", vpc)
        else:
            problem("vpc-gateway-endpoint-missing-in-spoke", vpc)
            twin("vpc-gateway-endpoint-missing", vpc)
        spoke_attachments.append(attachment)
    spoke_table = aws.transit_table("spokes", gateway, *spoke_attachments)
    aws.transit_route(spoke_table, "0.0.0.0/0", hub_attachment)
    back = aws.transit_table("hub", gateway, hub_attachment)
    for net, attachment in zip((21, 22), spoke_attachments):
        aws.transit_route(back, f"10.{net}.0.0/16", attachment)
    CORRECTIONS["transit_routes"] = {
        spoke_table: {"0.0.0.0/0": hub_attachment},
        back: {f"10.{net}.0.0/16": attachment for net, attachment in zip((21, 22), spoke_attachments)},
    }


def interface_endpoints(aws):
    vpc, public, _, _ = public_vpc(aws, "interfaces", 5)
    nat = aws.nat("interfaces-nat", public[0])
    private = [aws.subnet(f"interfaces-private-{z}", vpc, z, f"10.5.{10 + i}.0/24") for i, z in enumerate("ab")]
    table = aws.table("interfaces-private", vpc, *private)
    aws.route(table, "0.0.0.0/0", NatGatewayId=nat)
    for slug in ("s3", "dynamodb"):
        aws.gateway_endpoint(f"interfaces-{slug}", vpc, slug, table)
    open_group = aws.group("endpoints", vpc)
    aws.admit(open_group, 443, 443, cidr="10.5.0.0/16")

    def endpoint(slug, subnets=private, group=open_group, private_dns=True):
        return aws.interface_endpoint(f"interfaces-{slug}", vpc, slug, subnets, [group], private_dns)

    # Private DNS off, and on.
    problem("vpc-interface-endpoint-private-dns-off", endpoint("sqs", private_dns=False))
    good = endpoint("sns")
    twin("vpc-interface-endpoint-private-dns-off", good)
    twin("vpc-interface-endpoint-blocks-clients", good)
    twin("vpc-interface-endpoint-zone-gap", good)

    # Groups: one that refuses, one that admits a range of ports, one that admits by reference.
    closed = aws.group("closed", vpc)
    aws.admit(closed, 443, 443, cidr="10.99.0.0/16")
    problem("vpc-interface-endpoint-blocks-clients", endpoint("kms", group=closed))
    ports = aws.group("range", vpc)
    aws.admit(ports, 0, 1024, cidr="10.5.0.0/16")
    twin("vpc-interface-endpoint-blocks-clients", endpoint("secretsmanager", group=ports))
    clients = aws.group("clients", vpc)
    for subnet in private:
        aws.interface("client", subnet, [clients])
    reference = aws.group("reference", vpc)
    aws.admit(reference, 443, 443, peer_group=clients)
    twin("vpc-interface-endpoint-blocks-clients", endpoint("logs", group=reference))

    # An endpoint in one zone of two.
    problem("vpc-interface-endpoint-zone-gap", endpoint("monitoring", subnets=private[:1]))

    # Bundles: ECR without dkr; Systems Manager complete.
    problem("vpc-endpoint-bundle-incomplete", endpoint_vpc_bundle(aws))
    endpoint("ssm")
    endpoint("ssmmessages")
    twin("vpc-endpoint-bundle-incomplete", vpc)

    # DNS host names off in a VPC with an interface endpoint; on in the one above.
    twin("vpc-dns-attributes-off", vpc)
    dark = aws.vpc("no-dns-hostnames", "10.6.0.0/16")
    subnet = aws.subnet("no-dns-hostnames-a", dark, "a", "10.6.0.0/24")
    group = aws.group("endpoints", dark)
    aws.admit(group, 443, 443, cidr="10.6.0.0/16")
    aws.interface_endpoint("no-dns-hostnames-sqs", dark, "sqs", [subnet], [group], private_dns=True)
    aws.ec2.modify_vpc_attribute(VpcId=dark, EnableDnsHostnames={"Value": False})
    problem("vpc-dns-attributes-off", dark)

    # States that moto cannot give an endpoint: corrected afterwards.
    rejected = endpoint("kinesis-streams")
    CORRECTIONS["endpoint_states"][rejected] = "rejected"
    problem("vpc-endpoint-not-available", rejected)
    twin("vpc-endpoint-not-available", good)


def endpoint_vpc_bundle(aws):
    vpc, public, _, _ = public_vpc(aws, "registry", 7)
    nat = aws.nat("registry-nat", public[0])
    subnet = aws.subnet("registry-private-a", vpc, "a", "10.7.10.0/24")
    table = aws.table("registry-private", vpc, subnet)
    aws.route(table, "0.0.0.0/0", NatGatewayId=nat)
    for slug in ("s3", "dynamodb"):
        aws.gateway_endpoint(f"registry-{slug}", vpc, slug, table)
    group = aws.group("endpoints", vpc)
    aws.admit(group, 443, 443, cidr="10.7.0.0/16")
    aws.interface_endpoint("registry-ecr-api", vpc, "ecr.api", [subnet], [group])
    return vpc


def nat_gateways(aws):
    # One NAT for two zones, and a NAT per zone.
    vpc, public, _, _ = public_vpc(aws, "zones", 8)
    nats = [aws.nat(f"zones-nat-{z}", subnet) for z, subnet in zip("ab", public)]
    subnets = [aws.subnet(f"zones-private-{i}", vpc, z, f"10.8.{10 + i}.0/24") for i, z in enumerate("abb")]
    own = [aws.table(f"zones-private-{z}", vpc, subnets[i]) for i, z in enumerate("ab")]
    for table, nat in zip(own, nats):
        aws.route(table, "0.0.0.0/0", NatGatewayId=nat)
    shared = aws.table("zones-shared", vpc, subnets[2])
    aws.route(shared, "0.0.0.0/0", NatGatewayId=nats[0])
    for slug in ("s3", "dynamodb"):
        aws.gateway_endpoint(f"zones-{slug}", vpc, slug, *own, shared)
    problem("vpc-nat-gateway-cross-zone", subnets[2])
    twin("vpc-nat-gateway-cross-zone", *subnets[:2])
    twin("vpc-nat-gateway-redundant", vpc, *nats)
    twin("vpc-nat-gateway-idle", *nats)

    # A second NAT in the same zone, and a NAT that no table leads to.
    vpc, public, _, _ = public_vpc(aws, "spare", 9)
    used = [aws.nat(f"spare-nat-{i}", public[0]) for i in (1, 2)]
    idle = aws.nat("spare-nat-idle", public[1])
    for i, nat in enumerate(used):
        # The first serves two subnets, so the second is the one too many.
        subnets = [aws.subnet(f"spare-private-{i}-{n}", vpc, "a", f"10.9.{10 * (i + 1) + n}.0/24") for n in range(2 - i)]
        table = aws.table(f"spare-private-{i}", vpc, *subnets)
        aws.route(table, "0.0.0.0/0", NatGatewayId=nat)
        for slug in ("s3", "dynamodb"):
            aws.gateway_endpoint(f"spare-{slug}-{i}", vpc, slug, table)
    problem("vpc-nat-gateway-redundant", used[1])
    twin("vpc-nat-gateway-redundant", used[0])
    problem("vpc-nat-gateway-idle", idle)
    CORRECTIONS["nat_traffic"] = {idle: [0, 0, 0]}
    twin("vpc-nat-gateway-idle", *used)


def addresses(aws):
    problem("ec2-address-unassociated", aws.address())


def routes(aws):
    # A route to a NAT gateway that was deleted; moto leaves it active.
    vpc, public, table, _ = public_vpc(aws, "blackhole", 11)
    gone = aws.nat("blackhole-nat", public[0])
    subnet = aws.subnet("blackhole-private-a", vpc, "a", "10.11.10.0/24")
    private = aws.table("blackhole-private", vpc, subnet)
    aws.route(private, "0.0.0.0/0", NatGatewayId=gone)
    aws.ec2.delete_nat_gateway(NatGatewayId=gone)
    CORRECTIONS["blackholes"].append(private)
    problem("vpc-route-blackhole", private)
    twin("vpc-route-blackhole", table)
    for address in aws.ec2.describe_addresses()["Addresses"]:
        if address.get("AssociationId") is None and not address.get("NetworkInterfaceId"):
            problem("ec2-address-unassociated", address["AllocationId"])

    # Peering with a way back on one connection and none on the other.
    left, right, lost = (aws.vpc(f"peer-{name}", f"10.{net}.0.0/16") for name, net in (("left", 12), ("right", 13), ("lost", 14)))
    for vpc, net in ((left, 12), (right, 13), (lost, 14)):
        aws.subnet(f"peer-{net}", vpc, "a", f"10.{net}.0.0/24")
    good, bad = aws.peering("good", left, right), aws.peering("bad", left, lost)
    aws.route(aws.main_table(left), "10.13.0.0/16", VpcPeeringConnectionId=good)
    aws.route(aws.main_table(right), "10.12.0.0/16", VpcPeeringConnectionId=good)
    aws.route(aws.main_table(left), "10.14.0.0/16", VpcPeeringConnectionId=bad)
    problem("vpc-peering-no-return-route", bad)
    twin("vpc-peering-no-return-route", good)


def gateway_load_balancer_endpoints(aws):
    # moto makes no Gateway Load Balancer endpoints: interface endpoints stand in and are corrected.
    vpc, public, _, igw = public_vpc(aws, "inspection", 15)
    homes = [aws.subnet(f"inspection-endpoint-{z}", vpc, z, f"10.15.{20 + i}.0/24") for i, z in enumerate("ab")]
    home_table = aws.table("inspection-endpoints", vpc, *homes)
    aws.route(home_table, "0.0.0.0/0", GatewayId=igw)
    group = aws.group("stand-in", vpc)
    endpoints = {}
    for name, home in (("used", homes[0]), ("unused", homes[1])):
        endpoints[name] = aws.interface_endpoint(f"inspection-{name}", vpc, "sts", [home], [group], private_dns=False)
        CORRECTIONS["gwlb_endpoints"][endpoints[name]] = "com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b2c3d4e5f60718"
    near = aws.subnet("inspection-private-a", vpc, "a", "10.15.10.0/24")
    far = aws.subnet("inspection-private-b", vpc, "b", "10.15.11.0/24")
    tables = [aws.table(f"inspection-private-{z}", vpc, subnet) for z, subnet in (("a", near), ("b", far))]
    CORRECTIONS["gwlb_routes"] = {table: endpoints["used"] for table in tables}
    CORRECTIONS["endpoint_traffic"][endpoints["used"]] = 1 << 30
    for check in ("vpc-gwlb-endpoint-unrouted", "vpc-gwlb-endpoint-idle"):
        problem(check, endpoints["unused"])
        twin(check, endpoints["used"])
    problem("vpc-gwlb-endpoint-zone-mismatch", far)
    twin("vpc-gwlb-endpoint-zone-mismatch", near)


def needless_endpoints(aws):
    # Beside a NAT gateway that is in use: an endpoint that nobody calls, one that hardly anybody calls, and one that stands there twice.
    vpc, public, _, _ = public_vpc(aws, "frugal", 41, zones="a")
    nat = aws.nat("frugal-nat", public[0])
    private = aws.subnet("frugal-private-a", vpc, "a", "10.41.10.0/24")
    table = aws.table("frugal-private", vpc, private)
    aws.route(table, "0.0.0.0/0", NatGatewayId=nat)
    for slug in ("s3", "dynamodb"):
        aws.gateway_endpoint(f"frugal-{slug}", vpc, slug, table)
    aws.interface("frugal-app", private, [aws.group("frugal-app", vpc)])
    group = aws.group("endpoints", vpc)
    aws.admit(group, 443, 443, cidr="10.41.0.0/16")
    gib, traffic = 1 << 30, CORRECTIONS["endpoint_traffic"]

    def endpoint(slug, bytes_processed, private_dns=True):
        made = aws.interface_endpoint(f"frugal-{slug}", vpc, slug, [private], [group], private_dns)
        if bytes_processed:
            traffic[made] = bytes_processed
        return made

    idle, little, busy = endpoint("sns", 0), endpoint("kms", gib), endpoint("sqs", 1000 * gib)
    problem("vpc-interface-endpoint-idle", idle)
    problem("vpc-interface-endpoint-unprofitable", little)
    problem("vpc-interface-endpoint-duplicate", endpoint("sqs", 1000 * gib, private_dns=False))
    twin("vpc-interface-endpoint-idle", little, busy)
    twin("vpc-interface-endpoint-unprofitable", idle, busy)
    twin("vpc-interface-endpoint-duplicate", idle, little, busy)

    # Interface endpoints for DynamoDB: of a VPC by itself, and of one that a network on premises is linked with.
    for net, name in ((42, "alone"), (43, "linked")):
        vpc = aws.vpc(name, f"10.{net}.0.0/16")
        subnet = aws.subnet(f"{name}-a", vpc, "a", f"10.{net}.0.0/24")
        made = aws.interface_endpoint(f"{name}-dynamodb", vpc, "dynamodb", [subnet], [aws.group("endpoints", vpc)], private_dns=False)
        traffic[made] = 1000 * gib
        if name == "linked":
            aws.on_premises(vpc)
        (problem if name == "alone" else twin)("vpc-interface-endpoint-where-gateway-serves", made)


def both_ip_versions(aws):
    # IPv6 leaves by an egress-only gateway and needs no NAT; IPv4 has its endpoints.
    vpc, public, _, _ = public_vpc(aws, "dual-stack", 16, ipv6=True)
    nat = aws.nat("dual-stack-nat", public[0])
    block = aws.vpc_ipv6_cidr(vpc).replace("::/56", "::/64")
    subnet = aws.subnet("dual-stack-private-a", vpc, "a", "10.16.10.0/24", ipv6=block)
    table = aws.table("dual-stack-private", vpc, subnet)
    aws.route(table, "0.0.0.0/0", NatGatewayId=nat)
    aws.route(table, "::/0", EgressOnlyInternetGatewayId=aws.egress_only_igw(vpc))
    for slug in ("s3", "dynamodb"):
        aws.gateway_endpoint(f"dual-stack-{slug}", vpc, slug, table)
    twin("vpc-gateway-endpoint-missing", vpc)
    twin("vpc-gateway-endpoint-unrouted", table)

    # The same without endpoints: IPv4 pays the NAT although IPv6 does not.
    vpc, public, _, _ = public_vpc(aws, "dual-stack-bare", 17, ipv6=True)
    nat = aws.nat("dual-stack-bare-nat", public[0])
    block = aws.vpc_ipv6_cidr(vpc).replace("::/56", "::/64")
    subnet = aws.subnet("dual-stack-bare-private-a", vpc, "a", "10.17.10.0/24", ipv6=block)
    table = aws.table("dual-stack-bare-private", vpc, subnet)
    aws.route(table, "0.0.0.0/0", NatGatewayId=nat)
    aws.route(table, "::/0", EgressOnlyInternetGatewayId=aws.egress_only_igw(vpc))
    problem("vpc-gateway-endpoint-missing", vpc)


def security_groups(aws):
    vpc, public, _, _ = public_vpc(aws, "exposed", 30)
    used, checks = [], ("ec2-security-group-open-to-world", "ec2-security-group-unused", "ec2-security-group-stale-rule")

    def group(name, *rules):
        made = aws.group(name, vpc)
        for first, last, source in rules:
            aws.admit(made, first, last, **source)
        used.append(made)
        return made

    # Open to everybody: one port, a range around one, two halves, all of IPv6. The twins are open to some, or for the web.
    world, halves = {"cidr": "0.0.0.0/0"}, ({"cidr": "0.0.0.0/1"}, {"cidr": "128.0.0.0/1"})
    problem(
        checks[0],
        group("ssh", (22, 22, world)),
        group("range", (3000, 3400, world)),
        group("halves", *((5432, 5432, half) for half in halves)),
        group("ipv6", (6379, 6379, {"ipv6": "::/0"})),
    )
    web = group("web", (443, 443, world), (22, 22, {"cidr": "198.51.100.0/24"}))
    twin(checks[0], web, group("half", (5432, 5432, halves[0])))
    server = aws.interface("exposed-server", public[0], used)
    aws.ec2.associate_address(AllocationId=aws.address(), NetworkInterfaceId=server)
    twin(checks[1], *used)

    # Used by nothing; by a rule of another group only.
    lonely, named = aws.group("lonely", vpc), aws.group("named", vpc)
    aws.admit(web, 8080, 8080, peer_group=named)
    problem(checks[1], lonely)
    twin(checks[1], named)

    # A rule names a group that was deleted; AWS lets that happen across a peering connection only, moto everywhere.
    gone = aws.group("gone", vpc)
    aws.admit(used[0], 8080, 8080, peer_group=gone)
    aws.ec2.delete_security_group(GroupId=gone)
    problem(checks[2], used[0])
    twin(checks[2], web)

    # Default groups: as they come, and emptied.
    emptied = aws.vpc("emptied", "10.31.0.0/16")
    problem("ec2-security-group-default-open", aws.default_group(vpc))
    twin("ec2-security-group-default-open", aws.empty(aws.default_group(emptied)))


def endpoint_access(aws):
    # Endpoint groups: everybody, a wide private range, and the VPC with its peer.
    vpc, peer = aws.vpc("clients", "10.32.0.0/16"), aws.vpc("clients-peer", "10.33.0.0/16")
    subnet = aws.subnet("clients-a", vpc, "a", "10.32.0.0/24")
    aws.peering("clients", vpc, peer)
    groups = {}
    for slug, blocks in (("sqs", ("0.0.0.0/0",)), ("sns", ("10.0.0.0/8",)), ("kms", ("10.32.0.0/16", "10.33.0.0/16"))):
        groups[slug] = aws.group(f"clients-{slug}", vpc)
        for block in blocks:
            aws.admit(groups[slug], 443, 443, cidr=block)
        aws.interface_endpoint(f"clients-{slug}", vpc, slug, [subnet], [groups[slug]])
    problem("vpc-endpoint-security-group-too-wide", groups["sqs"], groups["sns"])
    twin("vpc-endpoint-security-group-too-wide", groups["kms"])

    # Endpoint services: for everybody, with and without acceptance, and for one account.
    anybody, one = "*", "arn:aws:iam::222233334444:root"
    balancer = aws.network_load_balancer("front", subnet)
    for acceptance in (True, False):
        problem("vpc-endpoint-service-any-principal", aws.endpoint_service(balancer, acceptance, anybody))
    twin("vpc-endpoint-service-any-principal", aws.endpoint_service(balancer, False, one))


def peering_routes(aws):
    # One side routes the whole peer, the other one a subnet of it.
    wide, narrow = aws.vpc("wide", "10.34.0.0/16"), aws.vpc("narrow", "10.35.0.0/16")
    for name, vpc, block in (("wide-a", wide, "10.34.1.0/24"), ("narrow-a", narrow, "10.35.1.0/24")):
        aws.subnet(name, vpc, "a", block)
    peering = aws.peering("wide-narrow", wide, narrow)
    tables = aws.main_table(wide), aws.main_table(narrow)
    aws.route(tables[0], "10.35.0.0/16", VpcPeeringConnectionId=peering)
    aws.route(tables[1], "10.34.1.0/24", VpcPeeringConnectionId=peering)
    problem("vpc-peering-route-too-wide", tables[0])
    twin("vpc-peering-route-too-wide", tables[1])


def flow_logs(aws):
    # Logs of VPCs with a NAT gateway: in the default format, of rejected traffic only, and with the fields that tell clients and services.
    aws.bucket("flow-logs-example", blocked=True)
    telling = (
        "interface-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr pkt-src-aws-service pkt-dst-aws-service flow-direction bytes start end action"
    )
    for net, (name, traffic, fields) in enumerate((("default", "ALL", None), ("rejects", "REJECT", telling), ("watched", "ALL", telling)), 36):
        vpc, public, _, _ = public_vpc(aws, f"logs-{name}", net, zones="a")
        aws.nat(f"logs-{name}-nat", public[0])
        aws.flow_log(vpc, "flow-logs-example", traffic, fields)
        (twin if name == "watched" else problem)("vpc-flow-logs-blind", vpc)


def storage(aws):
    # The account's switches were never set, so each bucket's own decide. An account has one setting: it has no twin here.
    problem("s3-account-public-access-block-off", aws.account())
    problem("s3-bucket-public-access-block-off", aws.bucket("open-example"))
    twin("s3-bucket-public-access-block-off", aws.bucket("blocked-example", blocked=True))


def allow(principal, action="s3:GetObject", condition=None, element="Principal"):
    return {"Effect": "Allow", element: principal, "Action": action, **({"Condition": condition} if condition else {})}


def deny(condition, principal="*", element="Principal"):
    return {"Effect": "Deny", element: principal, "Action": "s3:*", "Condition": condition}


def bucket_policies(aws):
    own = {"AWS": f"arn:aws:iam::{aws.account()}:root"}
    stranger = {"AWS": "arn:aws:iam::444455556666:root"}
    trail = {"Service": "cloudtrail.amazonaws.com"}
    vpc, public, table, _ = public_vpc(aws, "perimeter", 40, zones="a")
    nat = aws.nat("perimeter-nat", public[0])
    gateway = aws.gateway_endpoint("perimeter-s3", vpc, "s3", table)
    dynamodb = aws.gateway_endpoint("perimeter-dynamodb", vpc, "dynamodb", table)
    group = aws.group("perimeter-gone", vpc)
    gone = aws.interface_endpoint("perimeter-gone", vpc, "sns", public, [group])
    CORRECTIONS["endpoint_states"][gone] = "failed"
    aws.on_premises(vpc)
    through = lambda *ids: {"StringEquals": {"aws:SourceVpce": list(ids)}}
    unless = lambda *ids: {"StringNotEquals": {"aws:SourceVpce": list(ids)}}
    # moto's address of the NAT gateway, and where the corrected one lies.
    trusted = {"IpAddress": {"aws:SourceIp": [f"{aws.public_ip(nat)}/32", "203.0.113.0/24"]}}
    office = {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    # Per check: the policy that is wrong, and its twin.
    for check, bad, good in (
        ("confused-deputy", [allow(trail, "s3:PutObject")], [allow(trail, "s3:PutObject", {"StringEquals": {"aws:SourceAccount": aws.account()}})]),
        ("cross-account", [allow(stranger)], [allow(own)]),
        ("insecure-transport", [deny(plain, principal=stranger)], [deny(plain)]),
        ("not-principal", [deny(plain, stranger, "NotPrincipal")], [deny(plain)]),
        ("open-to-network", [allow("*", condition=through(gateway))], [allow(own, condition=through(gateway))]),
        ("perimeter-cannot-match", [allow(own, condition=through(dynamodb))], [allow(own, condition=through(gateway))]),
        ("perimeter-dangling", [deny(unless(gone))], [deny(unless(gateway))]),
        ("perimeter-not-enforced", [allow(own, condition=through(gateway))], [allow(own, condition=through(gateway)), deny(unless(gateway))]),
        ("perimeter-shuts-out-on-premises", [deny(unless(gateway))], [deny({**unless(gateway), "NotIpAddress": office["IpAddress"]})]),
        ("public", [allow("*")], [allow(own)]),
        ("trusts-nat-address", [allow(own, condition=trusted)], [allow(own, condition=office)]),
        ("wildcard-actions", [allow(own, "s3:*")], [allow(own, "s3:Get*")]),
    ):
        problem(f"s3-bucket-{check}", aws.bucket_policy(aws.bucket(f"{check}-bad"), *bad))
        twin(f"s3-bucket-{check}", aws.bucket_policy(aws.bucket(f"{check}-twin"), *good))
    held = aws.bucket_policy(aws.bucket("held-back-bad", blocked=True), allow("*"))
    problem("s3-bucket-policy-public-but-blocked", held)
    twin("s3-bucket-policy-public-but-blocked", aws.bucket_policy(aws.bucket("held-back-twin", blocked=True), allow(own)))


def endpoint_policies(aws):
    def policy(principal_key=None, resource_key=None, *more):
        keys = {key: aws.account() for key in (principal_key, resource_key) if key}
        grant = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
        if keys:
            grant["Condition"] = {"StringEquals": keys}
        return {"Version": "2012-10-17", "Statement": [grant, *more]}

    inside = ("aws:PrincipalAccount", "aws:ResourceAccount")
    layers = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::prod-{aws.region}-starport-layer-bucket/*",
        "Condition": {"StringEquals": {"aws:PrincipalAccount": aws.account()}},
    }
    nothing = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]}
    kept = policy(*inside)
    # Per check: the policy that is wrong, and its twin.
    for net, (check, bad, good) in enumerate(
        (
            ("full-access", policy(), kept),
            ("foreign-principals", policy(None, "aws:ResourceAccount"), kept),
            ("foreign-resources", policy("aws:PrincipalAccount"), kept),
            ("denies-all", nothing, kept),
            ("breaks-aws-owned", kept, policy(*inside, layers)),
        ),
        50,
    ):
        for side, (name, text) in enumerate((("bad", bad), ("twin", good))):
            vpc, public, table, _ = public_vpc(aws, f"{check}-{name}", 2 * net + side, zones="a")
            if check == "breaks-aws-owned":
                group = aws.group(f"{check}-{name}", vpc)
                aws.interface_endpoint(f"{check}-{name}-dkr", vpc, "ecr.dkr", public, [group])
            endpoint = aws.gateway_endpoint(f"{check}-{name}", vpc, "s3", table, policy=text)
            (problem if name == "bad" else twin)(f"vpc-endpoint-policy-{check}", endpoint)


def main():
    aws = Builder(sys.argv[1])
    for plant in (
        gateway_endpoints, spokes, interface_endpoints, nat_gateways, addresses, routes,
        gateway_load_balancer_endpoints, needless_endpoints, both_ip_versions, security_groups, endpoint_access, peering_routes, flow_logs, storage,
        bucket_policies, endpoint_policies,
    ):
        plant(aws)
    planted = {"region": aws.region, "problems": PROBLEMS, "twins": TWINS, "corrected_twins": CORRECTED_TWINS, "corrections": CORRECTIONS}
    json.dump(planted, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
