"""The account of mocks/accounts/three-tier: a web shop in one VPC, with the NAT bill of one. Prints the corrections as JSON."""

import json
import sys

from builder import Builder


def shop(aws):
    vpc = aws.vpc("shop", "10.0.0.0/16")
    igw = aws.igw("shop", vpc)
    tiers = {}
    for tier, offset in (("public", 0), ("app", 10), ("data", 20)):
        tiers[tier] = [
            aws.subnet(f"{tier}-{zone}", vpc, zone, f"10.0.{offset + i}.0/24", public=tier == "public")
            for i, zone in enumerate("abc")
        ]
    public = aws.table("public", vpc, *tiers["public"])
    aws.route(public, "0.0.0.0/0", GatewayId=igw)
    nats = [aws.nat(f"nat-{zone}", tiers["public"][i]) for i, zone in enumerate("ab")]

    # Zones a and b have a NAT of their own; zone c borrows b's.
    app = []
    for i, zone in enumerate("abc"):
        app.append(aws.table(f"app-{zone}", vpc, tiers["app"][i]))
        aws.route(app[i], "0.0.0.0/0", NatGatewayId=nats[min(i, 1)])
    # The data tier uses the main table, which somebody once gave a way out "to install packages".
    main = aws.main_table(vpc)
    aws.tag(main, "main")
    aws.route(main, "0.0.0.0/0", NatGatewayId=nats[0])

    # S3 has its endpoint, but the main table was forgotten; DynamoDB has none.
    s3 = aws.gateway_endpoint("s3", vpc, "s3", *app, public)

    group = aws.group("endpoints", vpc)
    aws.admit(group, 443, 443, cidr="10.0.0.0/16")
    aws.interface_endpoint("ecr-api", vpc, "ecr.api", tiers["app"], [group])
    aws.interface_endpoint("secretsmanager", vpc, "secretsmanager", tiers["app"], [group], private_dns=False)
    narrow = aws.group("logs-endpoint", vpc)
    aws.admit(narrow, 443, 443, cidr="10.0.10.0/23")
    logs = aws.interface_endpoint("logs", vpc, "logs", tiers["app"][:2], [narrow])

    web = aws.group("web", vpc)
    aws.admit(web, 443, 443, cidr="0.0.0.0/0")
    for i, zone in enumerate("abc"):
        aws.interface(f"web-{zone}", tiers["public"][i], [web])
        aws.interface(f"app-{zone}", tiers["app"][i], [web])
    return nats, logs, s3


def staging(aws):
    """A staging VPC that was switched off and went on being billed."""
    vpc = aws.vpc("staging", "10.1.0.0/16")
    igw = aws.igw("staging", vpc)
    public = aws.subnet("staging-public-a", vpc, "a", "10.1.0.0/24", public=True)
    table = aws.table("staging-public", vpc, public)
    aws.route(table, "0.0.0.0/0", GatewayId=igw)
    nat = aws.nat("staging-nat", public)
    private = aws.subnet("staging-private-a", vpc, "a", "10.1.10.0/24")
    private_table = aws.table("staging-private", vpc, private)
    gone = aws.nat("staging-nat-old", public)
    aws.route(private_table, "0.0.0.0/0", NatGatewayId=gone)
    aws.ec2.delete_nat_gateway(NatGatewayId=gone)
    for slug in ("s3", "dynamodb"):
        aws.gateway_endpoint(f"staging-{slug}", vpc, slug, private_table)
    aws.ec2.allocate_address(Domain="vpc")
    return nat, private_table


def buckets(aws):
    s3 = aws.client("s3")
    location = {"LocationConstraint": aws.region}
    for name in ("shop-assets-example", "shop-logs-example"):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=location)
        s3.put_public_access_block(
            Bucket=name,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True,
            },
        )
    deny = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
                "Resource": ["arn:aws:s3:::shop-assets-example", "arn:aws:s3:::shop-assets-example/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
    s3.put_bucket_policy(Bucket="shop-assets-example", Policy=json.dumps(deny))


def main():
    aws = Builder(sys.argv[1])
    nats, logs, _ = shop(aws)
    idle, blackholed = staging(aws)
    buckets(aws)
    gib = 1 << 30
    corrections = {
        "regions": ["eu-west-1", "us-east-1"],
        "blackholes": [blackholed],
        # Bytes over the 14 days of the recording, as CloudWatch would sum them: out to destination, out to source; attempts.
        "nat_traffic": {
            nats[0]: [412 * gib, 5320 * gib, 8_412_337],
            nats[1]: [198 * gib, 1905 * gib, 3_120_904],
            idle: [0, 0, 0],
        },
        "endpoint_traffic": {logs: 96 * gib},
    }
    json.dump(corrections, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
