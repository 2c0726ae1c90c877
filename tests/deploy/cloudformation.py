"""What the templates are held to: lint, least privilege, guarded resources, alarms that reach somebody, one state machine."""
import functools
import json

import cfnlint.api
from cfnlint.config import ManualArgs

from templates import EVERYTHING, parse, schedule_input, stack

TOPIC = "arn:aws:sns:eu-west-1:123456789012:"
REPORTS = "arn:aws:s3:::natless-reportbucket"
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:natless-deadletters"
MACHINE = "arn:aws:states:eu-west-1:123456789012"
HUB = "arn:aws:securityhub:*:123456789012:product/123456789012/default"

# What roles may do besides reading: (action, resource) as rendered.
ALWAYS = {
    ("natless.yaml", "FunctionRole"): {
        ("s3:GetObject", f"{REPORTS}/natless/*"),
        ("s3:PutObject", f"{REPORTS}/natless/*"),
        ("s3:ListBucket", REPORTS),
        ("sns:Publish", f"{TOPIC}natless-topic"),
        ("kms:Decrypt", "arn:aws:kms:eu-west-1:123456789012:key/natless-topickey"),
        ("kms:GenerateDataKey", "arn:aws:kms:eu-west-1:123456789012:key/natless-topickey"),
        ("sqs:SendMessage", QUEUE),
        ("logs:CreateLogStream", "arn:aws:logs:eu-west-1:123456789012:log-group:natless-loggroup:*"),
        ("logs:PutLogEvents", "arn:aws:logs:eu-west-1:123456789012:log-group:natless-loggroup:*"),
    },
    ("natless.yaml", "ScheduleRole"): {
        ("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:123456789012:function:natless-function"),
        ("sqs:SendMessage", QUEUE),
    },
    ("member-role.yaml", "AuditRole"): set(),
    ("organization.yaml", "StateMachineRole"): {
        ("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:123456789012:function:natless"),
        ("s3:GetObject", "arn:aws:s3:::natless-reports/natless/runs/*"),
        ("states:StartExecution", f"{MACHINE}:stateMachine:natless-nightly"),
        *(
            (f"states:{call}Execution", f"{MACHINE}:execution:natless-nightly{below}")
            for call in ("Describe", "Redrive", "Stop")
            for below in (":*", "/*")
        ),
    },
    ("organization.yaml", "ScheduleRole"): {
        ("states:StartExecution", f"{MACHINE}:stateMachine:natless-nightly"),
        ("sqs:SendMessage", QUEUE),
    },
}
WITH_EVERYTHING = {
    ("natless.yaml", "FunctionRole"): {
        ("securityhub:BatchImportFindings", HUB),
        ("events:PutEvents", "arn:aws:events:eu-west-1:123456789012:event-bus/default"),
        ("sts:AssumeRole", "arn:aws:iam::*:role/natless-audit"),
    },
    ("member-role.yaml", "AuditRole"): {("securityhub:BatchImportFindings", HUB)},
}
READERS = {("natless.yaml", "FunctionRole"), ("member-role.yaml", "AuditRole")}

# Who may take a role, and under which conditions: (principals, conditions), with everything turned on.
TRUSTS = {
    ("natless.yaml", "FunctionRole"): ({"Service": "lambda.amazonaws.com"}, {}),
    ("natless.yaml", "ScheduleRole"): (
        {"Service": "scheduler.amazonaws.com"},
        {
            "StringEquals": {
                "aws:SourceAccount": "123456789012",
                "aws:SourceArn": "arn:aws:scheduler:eu-west-1:123456789012:schedule-group/natless",
            }
        },
    ),
    ("member-role.yaml", "AuditRole"): (
        {"AWS": "arn:aws:iam::123456789012:role/natless-FunctionRole"},
        {"StringEquals": {"sts:ExternalId": "night-shift"}},
    ),
    ("organization.yaml", "StateMachineRole"): (
        {"Service": "states.amazonaws.com"},
        {
            "StringEquals": {"aws:SourceAccount": "123456789012"},
            "ArnLike": {"aws:SourceArn": f"{MACHINE}:stateMachine:natless-nightly*"},
        },
    ),
}
TRUSTS[("organization.yaml", "ScheduleRole")] = TRUSTS[("natless.yaml", "ScheduleRole")]

# (namespace, metric, what is missing counts as), of every alarm.
ALARMS = {
    "natless.yaml": {
        ("AWS/Lambda", "Errors", "notBreaching"),
        ("AWS/Lambda", "Invocations", "breaching"),
        ("AWS/Lambda", "Throttles", "notBreaching"),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "notBreaching"),
        ("natless", "FailedDeliveries", "ignore"),
        ("natless", "Complete", "ignore"),
    },
    "member-role.yaml": set(),
    "organization.yaml": {
        ("natless", "FailedDeliveries", "ignore"),
        ("natless", "MissingAccounts", "ignore"),
        ("AWS/States", "ExecutionsFailed", "notBreaching"),
        ("AWS/States", "ExecutionsTimedOut", "notBreaching"),
        ("AWS/States", "ExecutionsAborted", "notBreaching"),
        ("AWS/States", "ExecutionsSucceeded", "breaching"),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "notBreaching"),
    },
}


def listed(value):
    return value if isinstance(value, list) else [value]


def lint(world):
    """cfn-lint: every rule, in a region of each partition."""
    for name, text in world.templates.items():
        variants = [text]
        if "${Partition}" in text:
            variants.append(text.replace("arn:${Partition}:", "arn:aws:").replace("- E3601", "- E0000"))
        for variant in variants:
            for match in linted(variant):
                yield f"{name}:{match.linenumber}: {match.rule.id} {match.message}"


@functools.cache
def linted(text):
    regions = ["us-east-1", "eu-west-1", "us-gov-west-1", "cn-north-1"]
    return cfnlint.api.lint(text, config=ManualArgs(include_checks=["I"], regions=regions))


def stacks(world):
    for name, text in world.templates.items():
        template = parse(text)
        for everything in (False, True):
            yield name, everything, stack(name, everything, template)


def roles(world):
    """Roles read what `natless permissions` prints, deliver to what is their own, and are taken by whom they are meant for."""
    permissions = json.loads(world.permissions)
    for name, everything, rendered in stacks(world):
        for key, resource in rendered.resources().items():
            if resource["Type"] != "AWS::IAM::Role":
                continue
            where, role = f"{name}: {key}", (name, key)
            policies = {policy["PolicyName"]: policy["PolicyDocument"] for policy in resource["Properties"].get("Policies", [])}
            if len(policies) != len(resource["Properties"].get("Policies", [])) or "ManagedPolicyArns" in resource["Properties"]:
                yield f"{where}: other policies than its own"
            read = policies.pop("read", None)
            if (read if role in READERS else permissions) != permissions:
                yield f"{where}: reads otherwise than permissions.json"
            if role not in READERS and read is not None:
                yield f"{where}: does not have to read"
            wanted = ALWAYS.get(role, set()) | (WITH_EVERYTHING.get(role, set()) if everything else set())
            allowed = set()
            for statement in (s for policy in policies.values() for s in policy["Statement"]):
                if statement["Effect"] != "Allow" or "NotAction" in statement or "NotResource" in statement:
                    yield f"{where}: {statement['Sid']} is no plain grant"
                    continue
                allowed |= {(a, r) for a in listed(statement["Action"]) for r in listed(statement["Resource"])}
            for action, target in sorted(allowed | {(a, "*") for s in (read or {}).get("Statement", []) for a in s["Action"]}):
                if "*" in action:
                    yield f"{where}: wildcard in action {action}"
                if target == "*" and read is None:
                    yield f"{where}: {action} on everything"
            yield from (f"{where}: may {pair} and should not" for pair in sorted(allowed - wanted))
            yield from (f"{where}: may not {pair} and should" for pair in sorted(wanted - allowed))
            if everything:
                yield from trust(where, resource["Properties"]["AssumeRolePolicyDocument"], *TRUSTS[role])
    if missing := {role for role in ALWAYS if role[1] not in parse(world.templates[role[0]])["Resources"]}:
        yield f"no such roles: {missing}"


def trust(where, document, principal, condition):
    statement, *more = document["Statement"]
    if more or statement["Action"] != "sts:AssumeRole" or statement["Principal"] != principal:
        yield f"{where}: taken by others than {principal}"
    if statement.get("Condition", {}) != condition:
        yield f"{where}: taken under {statement.get('Condition', {})} instead of {condition}"


def guards(world):
    """The bucket is private, encrypted, versioned and tidied; bucket, topic and queues take TLS only; the key serves alarms of the account."""
    for name, _, rendered in stacks(world):
        resources = rendered.resources()
        by_type = lambda kind: {k: r["Properties"] for k, r in resources.items() if r["Type"] == kind}  # noqa: E731
        for key, bucket in by_type("AWS::S3::Bucket").items():
            yield from (f"{name}: {key}: {problem}" for problem in bucket_problems(bucket))
        for kind, policy_kind, attribute in (
            ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket"),
            ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics"),
            ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
        ):
            for key in by_type(kind):
                physical = rendered.render({"Ref": key})
                arn = rendered.render({"Fn::GetAtt": [key, "Arn"]})
                wanted = {arn, f"{arn}/*"} if kind == "AWS::S3::Bucket" else {arn}
                statements = [
                    statement
                    for policy in by_type(policy_kind).values()
                    if physical in listed(policy[attribute])
                    for statement in policy["PolicyDocument"]["Statement"]
                ]
                if not any(tls_only(statement, wanted, kind) for statement in statements):
                    yield f"{name}: {key} takes plain HTTP"
                for statement in statements:
                    if statement["Effect"] == "Allow" and not from_alarms(statement):
                        yield f"{name}: {key}: {statement['Sid']} lets somebody else in"
        for key, queue in by_type("AWS::SQS::Queue").items():
            if queue.get("SqsManagedSseEnabled") is not True:
                yield f"{name}: {key} is not encrypted"
        for key, topic in by_type("AWS::SNS::Topic").items():
            if topic.get("KmsMasterKeyId") not in {rendered.render({"Ref": k}) for k in by_type("AWS::KMS::Key")}:
                yield f"{name}: {key} is not encrypted with a key that alarms can use"
        for key, kms in by_type("AWS::KMS::Key").items():
            account, *others = kms["KeyPolicy"]["Statement"]
            if account["Principal"] != {"AWS": "arn:aws:iam::123456789012:root"} or not all(map(from_alarms, others)):
                yield f"{name}: {key} serves others than the account and its alarms"
            if len(others) != 1 or set(others[0]["Action"]) != {"kms:Decrypt", "kms:GenerateDataKey*"}:
                yield f"{name}: {key} does not serve alarms"


def bucket_problems(bucket):
    if bucket.get("PublicAccessBlockConfiguration") != dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    ):
        yield "public access is not blocked"
    if bucket.get("OwnershipControls") != {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}:
        yield "access lists count"
    if bucket.get("VersioningConfiguration") != {"Status": "Enabled"}:
        yield "not versioned"
    if not bucket.get("BucketEncryption"):
        yield "not encrypted"
    rules = [rule for rule in bucket.get("LifecycleConfiguration", {}).get("Rules", []) if rule["Status"] == "Enabled"]
    if not any(rule.get("Prefix") == "natless/runs/" and rule.get("ExpirationInDays") for rule in rules):
        yield "records of runs stay"
    if any("ExpirationInDays" in rule and not rule.get("Prefix", "").endswith("/runs/") for rule in rules):
        yield "reports expire"
    if not any("NoncurrentVersionExpiration" in rule for rule in rules):
        yield "old versions stay"
    if not any("AbortIncompleteMultipartUpload" in rule for rule in rules):
        yield "parts of uploads stay"


def tls_only(statement, wanted, kind):
    actions = {"AWS::S3::Bucket": {"s3:*"}, "AWS::SNS::Topic": {"sns:Publish"}, "AWS::SQS::Queue": {"sqs:*"}}[kind]
    return (
        statement["Effect"] == "Deny"
        and statement["Principal"] == "*"
        and set(listed(statement["Action"])) == actions
        and set(listed(statement["Resource"])) == wanted
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    )


def from_alarms(statement):
    return statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"} and statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:*"},
    }


def alarms(world):
    """Every failure has its alarm, and every alarm reaches the topic."""
    for name, _, rendered in stacks(world):
        found = set()
        for key, resource in rendered.resources().items():
            if resource["Type"] != "AWS::CloudWatch::Alarm":
                continue
            alarm = resource["Properties"]
            found.add((alarm["Namespace"], alarm["MetricName"], alarm["TreatMissingData"]))
            topic = rendered.render({"Ref": "Topic" if "Topic" in rendered.template["Resources"] else "TopicArn"})
            if alarm.get("AlarmActions") != [topic] or alarm.get("OKActions") != [topic] or alarm.get("ActionsEnabled") is False:
                yield f"{name}: {key} reaches nobody"
        if found != ALARMS[name]:
            yield f"{name}: alarms {sorted(found ^ ALARMS[name])} are missing or too many"


# Keys that the function takes in an event, as `src/lambda/event.rs` reads it.
EVENT = {"regions", "exclude_regions", "lookback_days", "config", "deliver"}
DELIVER = {"s3", "kms_key_id", "formats", "sns", "security_hub", "event_bus"}


def schedule(world):
    """The schedule sends what the function takes, retries, and keeps what it could not send."""
    for name, everything, rendered in stacks(world):
        night = rendered.resources().get("Nightly")
        if night is None:
            continue
        target = night["Properties"]["Target"]
        if night["Properties"]["ScheduleExpression"] != "cron(0 2 * * ? *)" or night["Properties"]["State"] != "ENABLED":
            yield f"{name}: does not run every night"
        if target.get("DeadLetterConfig") != {"Arn": QUEUE} or not target.get("RetryPolicy", {}).get("MaximumRetryAttempts"):
            yield f"{name}: a lost night leaves no trace"
        try:
            event = schedule_input(rendered)
        except ValueError as problem:
            yield f"{name}: input is no JSON: {problem}"
            continue
        regions = ["eu-west-1", "us-east-1"] if everything else []
        if event["regions"] != regions:
            yield f"{name}: regions {event['regions']}"
        if name == "natless.yaml":
            unknown = set(event) - EVENT | set(event["deliver"]) - DELIVER
            if unknown or event["deliver"]["s3"] != "s3://natless-reportbucket/natless":
                yield f"{name}: input {event}"
            if everything and event["config"] != json.loads(EVERYTHING[name]["Config"]):
                yield f"{name}: config {event['config']}"
        else:
            unknown = set(event["deliver_accounts"]) - DELIVER | set(event["deliver_organization"]) - DELIVER
            if unknown or "sns" in event["deliver_accounts"] or not event["deliver_organization"]["sns"].startswith(TOPIC):
                yield f"{name}: input {event}"


def state_machine(world):
    """The template has the state machine of its file, which tolerates accounts that fail."""
    properties = parse(world.templates["organization.yaml"])["Resources"]["StateMachine"]["Properties"]
    if properties["DefinitionString"].strip() != world.state_machine.strip():
        yield "organization.yaml: the state machine differs from its file"
    if set(properties["DefinitionSubstitutions"]) != {"FunctionArn", "Partition"}:
        yield "organization.yaml: other substitutions than the file has"
    states = json.loads(world.state_machine)["States"]
    scan = states["ScanAccounts"]
    if scan["ItemProcessor"]["ProcessorConfig"]["Mode"] != "DISTRIBUTED" or scan.get("ToleratedFailurePercentage") != 100:
        yield "the map does not tolerate accounts that fail"
    for name, state in (*states.items(), *scan["ItemProcessor"]["States"].items()):
        if state["Type"] != "Task":
            continue
        retried = {error for retry in state.get("Retry", []) if retry.get("JitterStrategy") == "FULL" for error in retry["ErrorEquals"]}
        if not {"Lambda.ServiceException", "Lambda.TooManyRequestsException"} <= retried:
            yield f"{name}: not tried again when Lambda is busy"
        if state["TimeoutSeconds"] <= 900:
            yield f"{name}: ends before its function"
    for state in (scan, scan["ItemProcessor"]["States"]["ScanAccount"]):
        if [caught["ErrorEquals"] for caught in state.get("Catch", [])] != [["States.ALL"]]:
            yield "a failure keeps others back"
    rendered = stack("organization.yaml", template=parse(world.templates["organization.yaml"]))
    keys = set(schedule_input(rendered)) | {"listed", "failed", "result"}
    own = [state for name, state in states.items() if name != "ScanAccounts"]
    own.append({key: value for key, value in scan.items() if key != "ItemProcessor"})
    read = {path.split(".")[1] for path in json_strings(own) if path.startswith("$.")}
    yield from (f"the state machine reads $.{key}, which the schedule does not send" for key in sorted(read - keys - {"Payload"}))


def json_strings(value):
    if isinstance(value, dict):
        for item in value.values():
            yield from json_strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from json_strings(item)
    elif isinstance(value, str):
        yield value
