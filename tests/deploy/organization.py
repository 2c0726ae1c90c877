#!/usr/bin/env python3
"""Runs the state machine of deploy/organization over an organization in a moto server, and prints what became of it.

  organization.py MOTO_URL FUNCTION [SECONDS]

The server is one of moto_with_functions.py, in which FUNCTION is forwarded. The input is what the schedule of
deploy/cloudformation/organization.yaml sends. SECONDS (300) is how long to wait for the end of the run. Prints JSON:
  status, output, error, cause     of the execution
  run                              its name
  bucket, prefix, topic            what it wrote to
  management, accounts             the function's own account, and the four members
"""
import io
import json
import sys
import time
import uuid
import zipfile

import boto3
from botocore.config import Config

from templates import STATE_MACHINE, schedule_input, stack

REGION = "eu-west-1"
BUCKET = "natless-reports"
PREFIX = "audits/natless"
MEMBERS = ["build", "data", "log-archive", "shop"]


def main(url, function, seconds=300):
    def client(service):
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=url,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(retries={"max_attempts": 1}),
        )

    management = client("sts").get_caller_identity()["Account"]
    client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    topic = client("sns").create_topic(Name="natless")["TopicArn"]
    accounts = members(client("organizations"))
    role = client("iam").create_role(RoleName="natless-test", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    arn = client("lambda").create_function(
        FunctionName=function, Runtime="provided.al2023", Handler="bootstrap", Role=role, Timeout=900, Code={"ZipFile": empty_zip()}
    )["FunctionArn"]

    states = client("stepfunctions")
    definition = STATE_MACHINE.read_text().replace("${FunctionArn}", arn).replace("${Partition}", "aws")
    # moto 5.2.5 takes this number only with a point, and does not heed it: a child that fails breaks its map.
    definition = definition.replace('"ToleratedFailurePercentage": 100', '"ToleratedFailurePercentage": 100.0')
    machine = states.create_state_machine(name="natless-nightly", definition=definition, roleArn=role)["stateMachineArn"]
    night = stack(
        "organization.yaml", FunctionArn=arn, ReportBucketName=BUCKET, Prefix=PREFIX, TopicArn=topic, Regions=REGION, MaxConcurrency=2
    )
    # AWS makes up a name like this one where none is given, and moto does not.
    started = states.start_execution(stateMachineArn=machine, name=str(uuid.uuid4()), input=json.dumps(schedule_input(night)))["executionArn"]
    ended = wait(states, started, float(seconds))
    print(
        json.dumps(
            {
                "status": ended["status"],
                "output": json.loads(ended["output"]) if "output" in ended else None,
                "error": ended.get("error"),
                "cause": ended.get("cause"),
                "run": ended["name"],
                "bucket": BUCKET,
                "prefix": PREFIX,
                "topic": topic,
                "management": management,
                "accounts": accounts,
            }
        )
    )


def members(organizations):
    organizations.create_organization(FeatureSet="ALL")
    made = [organizations.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"] for name in MEMBERS]
    return [status["AccountId"] for status in made]


def empty_zip():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("bootstrap", "")
    return buffer.getvalue()


def wait(states, execution, seconds):
    deadline = time.monotonic() + seconds
    while True:
        found = states.describe_execution(executionArn=execution)
        if found["status"] != "RUNNING":
            return found
        if time.monotonic() > deadline:
            sys.exit(f"still running after {seconds:.0f} seconds: {execution}")
        time.sleep(0.2)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
