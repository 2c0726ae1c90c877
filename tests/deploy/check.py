#!/usr/bin/env python3
"""Holds deploy/ to what it promises.

  check.py                  runs every check, then shows that each one fails on broken copies
  check.py NAME...          runs these checks only, without the broken copies
  check.py bucket MOTO_URL  makes the bucket of natless.yaml in a moto server, and prints JSON: bucket, region, account
Exit 0: all holds. 1: something does not, with the reasons on stderr. 2: wrong usage.
"""
import json
import shutil
import sys
from dataclasses import dataclass, replace

import boto3

import cloudformation
import terraform
from templates import PERMISSIONS, STATE_MACHINE, TEMPLATES, stack


@dataclass(frozen=True)
class World:
    """Every file of deploy/ that is checked, as text."""

    templates: dict
    permissions: str
    state_machine: str
    terraform: dict

    @staticmethod
    def read():
        return World(
            templates={path.name: path.read_text() for path in sorted(TEMPLATES.glob("*.yaml"))},
            permissions=PERMISSIONS.read_text(),
            state_machine=STATE_MACHINE.read_text(),
            terraform=terraform.read_modules(),
        )

    def broken(self, file, old, new):
        """A copy in which one text of a file is another one."""
        for field in ("templates", "terraform"):
            texts = getattr(self, field)
            if file in texts:
                return replace(self, **{field: {**texts, file: changed(file, texts[file], old, new)}})
        return replace(self, **{file: changed(file, getattr(self, file), old, new)})


def changed(file, text, old, new):
    if old not in text:
        raise SystemExit(f"{file} has no {old!r} to break")
    return text.replace(old, new)


CHECKS = {
    "lint": cloudformation.lint,
    "roles": cloudformation.roles,
    "guards": cloudformation.guards,
    "alarms": cloudformation.alarms,
    "schedule": cloudformation.schedule,
    "state-machine": cloudformation.state_machine,
    "terraform-resources": terraform.resources,
    "terraform-policies": terraform.policies,
    "terraform-schedule": terraform.schedule,
    "terraform-alarms": terraform.alarms,
    "terraform-variables": terraform.variables,
    "terraform-fixed": terraform.fixed,
    "terraform-format": terraform.formatted,
}

# What each check has to notice: check, file, and the text that is replaced.
BROKEN = [
    ("lint", "natless.yaml", "Runtime: provided.al2023", "Runtime: provided.al1999"),
    ("lint", "natless.yaml", "!GetAtt FunctionRole.Arn", "!GetAtt NoSuchRole.Arn"),
    ("lint", "organization.yaml", '"Type": "Choice"', '"Type": "Chance"'),
    ("lint", "member-role.yaml", "MaxSessionDuration: 3600", "MaxSessionDurations: 3600"),
    ("roles", "natless.yaml", "                  - s3:PutObject\n", "                  - s3:*\n"),
    ("roles", "natless.yaml", "Resource: !Sub ${ReportBucket.Arn}/${Prefix}/*", 'Resource: "*"'),
    ("roles", "natless.yaml", "              - ec2:DescribeVpcs\n", ""),
    ("roles", "natless.yaml", "              - ec2:DescribeVpcs\n", "              - ec2:DeleteVpc\n"),
    ("roles", "natless.yaml", "Resource: !Sub arn:${AWS::Partition}:iam::*:role/${MemberRoleName}", "Resource: !Sub arn:${AWS::Partition}:iam::*:role/*"),
    ("roles", "natless.yaml", "                aws:SourceArn: !GetAtt ScheduleGroup.Arn\n", ""),
    ("roles", "natless.yaml", "      Policies:\n        # The same", "      ManagedPolicyArns:\n        - arn:aws:iam::aws:policy/ReadOnlyAccess\n      Policies:\n        # The same"),
    ("roles", "member-role.yaml", "AWS: !Ref FunctionRoleArn", 'AWS: "*"'),
    ("roles", "member-role.yaml", "sts:ExternalId: !Ref ExternalId", "sts:ExternalId: x"),
    ("roles", "organization.yaml", "Resource: !Ref FunctionArn", 'Resource: "*"'),
    ("roles", "permissions", '"ec2:DescribeVpcs"', '"ec2:DescribeVpcsOfMine"'),
    ("guards", "natless.yaml", 'Effect: Deny\n            Principal: "*"\n            Action: s3:*', 'Effect: Allow\n            Principal: "*"\n            Action: s3:*'),
    ("guards", "natless.yaml", "              - !Sub ${ReportBucket.Arn}/*\n", ""),
    ("guards", "natless.yaml", "RestrictPublicBuckets: true", "RestrictPublicBuckets: false"),
    ("guards", "natless.yaml", "ObjectOwnership: BucketOwnerEnforced", "ObjectOwnership: ObjectWriter"),
    ("guards", "natless.yaml", "Prefix: !Sub ${Prefix}/runs/", "Prefix: !Sub ${Prefix}/reports/"),
    ("guards", "natless.yaml", "      KmsMasterKeyId: !Ref TopicKey", "      KmsMasterKeyId: alias/aws/sns"),
    ("guards", "natless.yaml", "aws:SourceAccount: !Ref AWS::AccountId", 'aws:SourceAccount: "*"'),
    ("guards", "organization.yaml", "SqsManagedSseEnabled: true", "SqsManagedSseEnabled: false"),
    ("alarms", "natless.yaml", "MetricName: Throttles", "MetricName: Errors"),
    ("alarms", "natless.yaml", "TreatMissingData: breaching", "TreatMissingData: notBreaching"),
    ("alarms", "organization.yaml", "      AlarmActions:\n        - !Ref TopicArn\n", ""),
    ("schedule", "natless.yaml", '"regions":${RegionList}', '"region":${RegionList}'),
    ("schedule", "natless.yaml", '"event_bus":${Bus}', '"event_bus":${Bus},"slack":true'),
    ("schedule", "natless.yaml", "        DeadLetterConfig:\n          Arn: !GetAtt DeadLetters.Arn\n", ""),
    ("schedule", "organization.yaml", '"external_id":${Id}', '"external_id":${ExternalId}'),
    ("schedule", "organization.yaml", '"deliver_accounts":{', '"deliver_accounts":{"sns":"${TopicArn}",'),
    ("state-machine", "organization.yaml", '"ToleratedFailurePercentage": 100', '"ToleratedFailurePercentage": 10'),
    ("state-machine", "state_machine", '"task": "merge"', '"task": "mirge"'),
    ("state-machine", "organization.yaml", '"accounts":${AccountList},', ""),
    ("terraform-resources", "alarms.tf", 'resource "aws_cloudwatch_metric_alarm" "throttles"', 'resource "aws_cloudwatch_metric_alarm" "errors"'),
    ("terraform-resources", "reports.tf", 'resource "aws_s3_bucket_versioning" "reports"', 'resource "aws_s3_bucket_logging" "reports"'),
    ("terraform-policies", "function.tf", '"s3:PutObject"', '"s3:*"'),
    ("terraform-policies", "function.tf", "resources = [aws_sns_topic.this.arn]", 'resources = ["*"]'),
    ("terraform-policies", "function.tf", "../permissions.json", "../other.json"),
    ("terraform-policies", "reports.tf", 'effect    = "Deny"', 'effect    = "Allow"'),
    ("terraform-policies", "reports.tf", ', "${aws_s3_bucket.reports.arn}/*"', ""),
    ("terraform-policies", "member-role/main.tf", "sts:ExternalId", "sts:RoleSessionName"),
    ("terraform-policies", "organization/main.tf", "/${var.prefix}/runs/*", "/*"),
    ("terraform-variables", "variables.tf", "cron(0 2 * * ? *)", "cron(0 3 * * ? *)"),
    ("terraform-schedule", "schedule.tf", "maximum_retry_attempts       = 5", "maximum_retry_attempts       = 0"),
    ("terraform-schedule", "schedule.tf", "lookback_days   = var.lookback_days", "lookback   = var.lookback_days"),
    ("terraform-schedule", "organization/main.tf", "sns       = var.topic_arn", "sns       = var.function_arn"),
    ("terraform-alarms", "alarms.tf", "period              = 3600", "period              = 60"),
    ("terraform-alarms", "organization/alarms.tf", '"ExecutionsTimedOut"', '"ExecutionsStarted"'),
    ("terraform-variables", "organization/variables.tf", "default     = 5", "default     = 50"),
    ("terraform-variables", "outputs.tf", 'output "topic_arn"', 'output "topic"'),
    ("terraform-fixed", "function.tf", "= 900", "= 90"),
    ("terraform-fixed", "reports.tf", "block_public_policy     = true", "block_public_policy     = false"),
]
if shutil.which("terraform"):
    BROKEN.append(("terraform-format", "alarms.tf", "period              = 3600", "period = 3600"))


def run(names):
    world = World.read()
    failed = False
    for name in names:
        for problem in CHECKS[name](world):
            failed = True
            print(f"{name}: {problem}", file=sys.stderr)
    return failed


def unnoticed():
    """Broken copies that their check lets pass, and checks without a broken copy."""
    world = World.read()
    for name, file, old, new in BROKEN:
        if not noticed(CHECKS[name], world.broken(file, old, new)):
            yield f"{name} lets {file} pass with {new!r} for {old!r}"
    for name in set(CHECKS) - {name for name, *_ in BROKEN}:
        if name == "terraform-format":
            print("terraform is not installed: terraform-format did not run", file=sys.stderr)
        else:
            yield f"{name} has no broken copy"


def noticed(check, world):
    try:
        return any(True for _ in check(world))
    except (KeyError, ValueError):
        # A file that cannot be rendered any more is noticed too.
        return True


def make_bucket(url):
    """The bucket of natless.yaml with its policy, as CloudFormation would make it. moto's own knows no bucket policies."""
    rendered = stack("natless.yaml")
    bucket = rendered.resources()["ReportBucket"]["Properties"]
    policy = rendered.resources()["ReportBucketPolicy"]["Properties"]
    s3 = boto3.client(
        "s3", region_name=rendered.region, endpoint_url=url, aws_access_key_id="testing", aws_secret_access_key="testing"
    )
    name = policy["Bucket"]
    s3.create_bucket(
        Bucket=name,
        CreateBucketConfiguration={"LocationConstraint": rendered.region},
        ObjectOwnership=bucket["OwnershipControls"]["Rules"][0]["ObjectOwnership"],
    )
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=bucket["PublicAccessBlockConfiguration"])
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=bucket["VersioningConfiguration"])
    rules = [
        {"ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"]}
        for rule in bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    ]
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy["PolicyDocument"]))
    print(json.dumps({"bucket": name, "region": rendered.region, "account": rendered.account}))


def main(arguments):
    if arguments[:1] == ["bucket"] and len(arguments) == 2:
        make_bucket(arguments[1])
        return 0
    if unknown := [name for name in arguments if name not in CHECKS]:
        print(f"no such check: {', '.join(unknown)}\n{__doc__}", file=sys.stderr)
        return 2
    failed = run(arguments or CHECKS)
    if not arguments:
        for problem in unnoticed():
            failed = True
            print(problem, file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
