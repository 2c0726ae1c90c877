"""A place to deliver to: a bucket, a topic with a queue behind it, an event bus with a queue behind it.

`mailbox.py URL` makes them and prints their names; `mailbox.py URL read` prints and removes what arrived in the queues, and the
findings of Security Hub.
"""

import json
import sys

import boto3

REGION = "eu-west-1"
QUEUES = {"topic": "natless-topic", "bus": "natless-bus"}
LOCATION = {"LocationConstraint": REGION}


def client(service, url):
    return boto3.client(
        service, region_name=REGION, endpoint_url=url, aws_access_key_id="testing", aws_secret_access_key="testing"
    )


def make(url):
    s3, sns, sqs, events = (client(service, url) for service in ("s3", "sns", "sqs", "events"))
    s3.create_bucket(Bucket="natless-reports", CreateBucketConfiguration=LOCATION)
    key = client("kms", url).create_key()["KeyMetadata"]["Arn"]
    arns = {}
    for name, queue in QUEUES.items():
        made = sqs.create_queue(QueueName=queue)["QueueUrl"]
        arns[name] = sqs.get_queue_attributes(QueueUrl=made, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name="natless")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arns["topic"])
    bus = events.create_event_bus(Name="audits")["EventBusArn"]
    events.put_rule(Name="all", EventBusName="audits", EventPattern=json.dumps({"source": ["natless"]}))
    events.put_targets(Rule="all", EventBusName="audits", Targets=[{"Id": "queue", "Arn": arns["bus"]}])
    client("securityhub", url).enable_security_hub()
    return {"s3": "s3://natless-reports/audits", "topic": topic, "bus": bus, "key": key}


def read(url):
    sqs = client("sqs", url)
    arrived = {}
    for name, queue in QUEUES.items():
        address = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        messages = sqs.receive_message(QueueUrl=address, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            sqs.delete_message(QueueUrl=address, ReceiptHandle=message["ReceiptHandle"])
        arrived[name] = [json.loads(message["Body"]) for message in messages]
    pages = client("securityhub", url).get_paginator("get_findings").paginate()
    arrived["findings"] = [finding["Id"] for page in pages for finding in page["Findings"]]
    return arrived


if __name__ == "__main__":
    print(json.dumps(read(sys.argv[1]) if sys.argv[2:] == ["read"] else make(sys.argv[1])))
