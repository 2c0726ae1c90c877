"""Counts the objects of a bucket by the encryption that S3 tells of them: `encrypted.py URL BUCKET`."""

import collections
import json
import sys

from mailbox import client

s3 = client("s3", sys.argv[1])
objects = s3.list_objects_v2(Bucket=sys.argv[2])["Contents"]
heads = (s3.head_object(Bucket=sys.argv[2], Key=entry["Key"]) for entry in objects)
print(json.dumps(collections.Counter(head.get("ServerSideEncryption", "none") for head in heads)))
