"""The Terraform modules beside the templates: the same resources, policies, schedule, alarms, variables and outputs."""
import functools
import json
import re
import shutil
import subprocess
from collections import Counter

import hcl2

from templates import TERRAFORM, parse, schedule_input, stack

MODULES = {"natless.yaml": "", "member-role.yaml": "member-role/", "organization.yaml": "organization/"}

KINDS = {
    "AWS::CloudWatch::Alarm": "aws_cloudwatch_metric_alarm",
    "AWS::IAM::Role": "aws_iam_role",
    "AWS::KMS::Key": "aws_kms_key",
    "AWS::Lambda::EventInvokeConfig": "aws_lambda_function_event_invoke_config",
    "AWS::Lambda::Function": "aws_lambda_function",
    "AWS::Logs::LogGroup": "aws_cloudwatch_log_group",
    "AWS::S3::Bucket": "aws_s3_bucket",
    "AWS::S3::BucketPolicy": "aws_s3_bucket_policy",
    "AWS::SNS::Subscription": "aws_sns_topic_subscription",
    "AWS::SNS::Topic": "aws_sns_topic",
    "AWS::SNS::TopicPolicy": "aws_sns_topic_policy",
    "AWS::SQS::Queue": "aws_sqs_queue",
    "AWS::SQS::QueuePolicy": "aws_sqs_queue_policy",
    "AWS::Scheduler::Schedule": "aws_scheduler_schedule",
    "AWS::Scheduler::ScheduleGroup": "aws_scheduler_schedule_group",
    "AWS::StepFunctions::StateMachine": "aws_sfn_state_machine",
}
# Properties of a template's bucket that are resources in Terraform.
BUCKET = {
    "BucketEncryption": "aws_s3_bucket_server_side_encryption_configuration",
    "LifecycleConfiguration": "aws_s3_bucket_lifecycle_configuration",
    "OwnershipControls": "aws_s3_bucket_ownership_controls",
    "PublicAccessBlockConfiguration": "aws_s3_bucket_public_access_block",
    "VersioningConfiguration": "aws_s3_bucket_versioning",
}

# Policy documents: name in Terraform, resource in the template, and the role's policy where it has several.
DOCUMENTS = {
    "natless.yaml": {
        "reports": ("ReportBucketPolicy", "PolicyDocument"),
        "topic_key": ("TopicKey", "KeyPolicy"),
        "topic": ("TopicPolicy", "PolicyDocument"),
        "function_trust": ("FunctionRole", "AssumeRolePolicyDocument"),
        "function_deliver": ("FunctionRole", "deliver"),
        "dead_letters": ("DeadLettersPolicy", "PolicyDocument"),
        "schedule_trust": ("ScheduleRole", "AssumeRolePolicyDocument"),
        "schedule": ("ScheduleRole", "invoke"),
    },
    "member-role.yaml": {"trust": ("AuditRole", "AssumeRolePolicyDocument"), "deliver": ("AuditRole", "deliver")},
    "organization.yaml": {
        "state_machine_trust": ("StateMachineRole", "AssumeRolePolicyDocument"),
        "state_machine": ("StateMachineRole", "run"),
        "dead_letters": ("DeadLettersPolicy", "PolicyDocument"),
        "schedule_trust": ("ScheduleRole", "AssumeRolePolicyDocument"),
        "schedule": ("ScheduleRole", "start"),
    },
}

# What a reference in Terraform is in the template.
REFERENCES = {
    "aws_cloudwatch_log_group.function.name": {"Ref": "LogGroup"},
    "aws_kms_key.topic.arn": {"Fn::GetAtt": ["TopicKey", "Arn"]},
    "aws_lambda_function.this.arn": {"Fn::GetAtt": ["Function", "Arn"]},
    "aws_lambda_function.this.function_name": {"Ref": "Function"},
    "aws_s3_bucket.reports.arn": {"Fn::GetAtt": ["ReportBucket", "Arn"]},
    "aws_s3_bucket.reports.id": {"Ref": "ReportBucket"},
    "aws_scheduler_schedule_group.this.arn": {"Fn::GetAtt": ["ScheduleGroup", "Arn"]},
    "aws_sfn_state_machine.nightly.arn": {"Ref": "StateMachine"},
    "aws_sns_topic.this.arn": {"Ref": "Topic"},
    "aws_sqs_queue.dead_letters.arn": {"Fn::GetAtt": ["DeadLetters", "Arn"]},
    "aws_sqs_queue.dead_letters.name": {"Fn::GetAtt": ["DeadLetters", "QueueName"]},
    "local.account": {"Ref": "AWS::AccountId"},
    "local.event_bus": {"Ref": "EventBusName"},
    "local.machine": {"Fn::Sub": "${AWS::StackName}-nightly"},
    "local.partition": {"Ref": "AWS::Partition"},
    "local.region": {"Ref": "AWS::Region"},
}
TRUTH = {"yes": True, "no": False}


@functools.cache
def blocks_of(text):
    return hcl2.loads(text)


def camel(name):
    return "".join(word.capitalize() for word in name.split("_"))


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Module:
    """One module, its blocks by kind and name, its references resolved as in the stack of the template beside it."""

    def __init__(self, world, template):
        folder = MODULES[template]
        self.stack = stack(template, everything=True, template=parse(world.templates[template]))
        self.texts = {name: text for name, text in world.terraform.items() if re.fullmatch(re.escape(folder) + r"[^/]+\.tf", name)}
        self.blocks = {}
        for text in self.texts.values():
            for kind, blocks in blocks_of(text).items():
                for block in blocks if isinstance(blocks, list) else []:
                    self._add(kind, block)

    def _add(self, kind, block):
        for name, body in block.items():
            name = unquoted(name)
            if kind in ("resource", "data"):
                for own, inner in body.items():
                    self.blocks.setdefault((kind, name), {})[unquoted(own)] = inner
            elif kind in ("variable", "output"):
                self.blocks.setdefault((kind, ""), {})[name] = body

    def named(self, kind, name=""):
        return self.blocks.get((kind, name), {})

    def refer(self, reference):
        if reference.startswith("var."):
            value = self.stack.render({"Ref": camel(reference[4:])})
            return TRUTH[value] if reference == "var.security_hub" else value
        return self.stack.render(REFERENCES[reference])

    def value(self, written):
        """A string, number, list or object with its references filled in."""
        if isinstance(written, list):
            return [self.value(item) for item in written]
        if isinstance(written, dict):
            return {unquoted(key): self.value(item) for key, item in written.items() if not key.startswith("__")}
        if not isinstance(written, str):
            return written
        if whole := re.fullmatch(r"\$\{([a-z0-9_.]+)\}", written):
            return self.refer(whole[1])
        return re.sub(r"\$\{([a-z0-9_.]+)\}", lambda found: str(self.refer(found[1])), unquoted(written))

    def encoded(self, expression):
        """The value of a `jsonencode` of an object."""
        text = re.fullmatch(r"\$\{jsonencode\((.*)\)\}", expression, re.S)[1]
        text = text.replace("jsondecode(var.config)", "CONFIG")
        text = re.sub(r'([a-z0-9_.]+) == "" \? null : \1', lambda found: json.dumps(self.refer(found[1]) or None), text)
        text = re.sub(r'"[^"]*\$\{[^"]*"', lambda found: json.dumps(self.value(found[0])), text)
        text = re.sub(r"\b(var|local|aws_\w+)\.[\w.]+", lambda found: json.dumps(self.refer(found[0])), text)
        text = re.sub(r"(\w+) = ", r'"\1": ', text)
        return json.loads(text.replace("CONFIG", self.refer("var.config")))


def unquoted(text):
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def resources(world):
    """As many resources of each kind."""
    for template in MODULES:
        module = Module(world, template)
        rendered = module.stack.resources()
        wanted = Counter(KINDS[resource["Type"]] for resource in rendered.values())
        for resource in rendered.values():
            if resource["Type"] == "AWS::IAM::Role":
                wanted["aws_iam_role_policy"] += len(resource["Properties"].get("Policies", []))
            if resource["Type"] == "AWS::S3::Bucket":
                wanted.update(BUCKET[key] for key in resource["Properties"])
        found = Counter({name: len(blocks) for (kind, name), blocks in module.blocks.items() if kind == "resource"})
        if wanted != found:
            yield f"{template}: Terraform has {dict(found - wanted)} too many and {dict(wanted - found)} too few"


def policies(world):
    """The same statements."""
    for template, documents in DOCUMENTS.items():
        module = Module(world, template)
        rendered = module.stack.resources()
        written = module.named("data", "aws_iam_policy_document")
        if set(written) != set(documents):
            yield f"{template}: other policy documents in Terraform: {sorted(set(written) ^ set(documents))}"
        whole = "\n".join(module.texts.values())
        for name, (resource, place) in documents.items():
            if whole.count(f"data.aws_iam_policy_document.{name}.json") != 1:
                yield f"{template}: {name} is not used once"
            properties = rendered[resource]["Properties"]
            document = properties.get(place) or next(p["PolicyDocument"] for p in properties["Policies"] if p["PolicyName"] == place)
            wanted = sorted(map(repr, map(of_template, document["Statement"])))
            found = sorted(map(repr, (of_terraform(module, statement) for statement in blocks(written.get(name, {}), "statement"))))
            if wanted != found:
                yield f"{template}: {name} differs: {sorted(set(wanted) ^ set(found))}"
        reads = sum(len(re.findall(r'policy = file\("\$\{path\.module\}/(\.\./)+permissions\.json"\)', text)) for text in module.texts.values())
        if reads != (0 if template == "organization.yaml" else 1):
            yield f"{template}: permissions.json is the policy of {reads} roles in Terraform"


def blocks(body, name):
    """Blocks of a name, those made dynamically included."""
    yield from body.get(name, [])
    for dynamic in body.get("dynamic", []):
        for key, made in dynamic.items():
            if unquoted(key) == name:
                yield from made["content"]


def of_template(statement):
    listed = lambda value: sorted(value if isinstance(value, list) else [value])  # noqa: E731
    principal = statement.get("Principal", {})
    principal = {"*": "*"} if principal == "*" else principal
    return (
        statement.get("Sid"),
        statement["Effect"],
        listed(statement["Action"]),
        listed(statement.get("Resource", [])),
        sorted((kind, listed(who)) for kind, who in principal.items()),
        sorted((test, key, listed(value)) for test, keys in statement.get("Condition", {}).items() for key, value in keys.items()),
    )


def of_terraform(module, statement):
    value = module.value
    return (
        value(statement.get("sid")),
        value(statement["effect"]),
        sorted(value(statement["actions"])),
        sorted(value(statement.get("resources", []))),
        sorted((value(who["type"]), sorted(value(who["identifiers"]))) for who in blocks(statement, "principals")),
        sorted((value(c["test"]), value(c["variable"]), sorted(value(c["values"]))) for c in blocks(statement, "condition")),
    )


def schedule(world):
    """The same schedule with the same input, and the same state machine."""
    for template in MODULES:
        module = Module(world, template)
        nights = module.named("resource", "aws_scheduler_schedule")
        if "Nightly" not in module.stack.template["Resources"]:
            continue
        wanted = module.stack.resources()["Nightly"]["Properties"]
        for night in nights.values():
            (target,) = night["target"]
            (retry,) = target["retry_policy"]
            (letters,) = target["dead_letter_config"]
            (window,) = night["flexible_time_window"]
            found = {
                "ScheduleExpression": module.value(night["schedule_expression"]),
                "ScheduleExpressionTimezone": module.value(night["schedule_expression_timezone"]),
                "State": module.value(night["state"]),
                "FlexibleTimeWindow": {"Mode": module.value(window["mode"])},
                "Description": module.value(night["description"]),
            }
            found_target = {
                "Arn": module.value(target["arn"]),
                "DeadLetterConfig": {"Arn": module.value(letters["arn"])},
                "RetryPolicy": {camel(key): value for key, value in module.value(retry).items()},
            }
            for found_here, wanted_here in ((found, wanted), (found_target, wanted["Target"])):
                for key, value in found_here.items():
                    if wanted_here[key] != value:
                        yield f"{template}: schedule: {key} is {value} in Terraform and {wanted_here[key]} in the template"
            if module.encoded(target["input"]) != schedule_input(module.stack):
                yield f"{template}: the schedule sends {module.encoded(target['input'])} in Terraform"
        for machine in module.named("resource", "aws_sfn_state_machine").values():
            if 'templatefile("${path.module}/../../organization/state-machine.asl.json"' not in machine["definition"]:
                yield f"{template}: another state machine in Terraform"


def alarms(world):
    """The same alarms."""
    for template in MODULES:
        module = Module(world, template)
        wanted = [r["Properties"] for r in module.stack.resources().values() if r["Type"] == "AWS::CloudWatch::Alarm"]
        found = [alarm(module, block) for block in module.named("resource", "aws_cloudwatch_metric_alarm").values()]
        wanted, found = ({json.dumps(one, sort_keys=True) for one in many} for many in (wanted, found))
        if wanted != found:
            yield f"{template}: alarms differ: {sorted(wanted ^ found)}"


def alarm(module, block):
    body = module.value({key: item for key, item in block.items() if key != "alarm_name"})
    body["dimensions"] = [{"Name": key, "Value": value} for key, value in body.get("dimensions", {}).items()]
    renamed = {camel(key): value for key, value in body.items()}
    renamed["OKActions"] = renamed.pop("OkActions")
    return renamed


def variables(world):
    """The same parameters with the same defaults, and the same outputs."""
    for template in MODULES:
        module = Module(world, template)
        parameters = {snake(key): declared for key, declared in module.stack.template["Parameters"].items()}
        written = dict(module.named("variable"))
        written.pop("name", None)
        if set(parameters) != set(written):
            yield f"{template}: variables differ: {sorted(set(parameters) ^ set(written))}"
        for name in set(parameters) & set(written):
            wanted, found = parameters[name].get("Default", "(none)"), written[name].get("default", "(none)")
            found = unquoted(found) if isinstance(found, str) else found
            wanted = TRUTH[wanted] if name == "security_hub" else wanted
            if (wanted or None) != (found or None):
                yield f"{template}: {name} is {found!r} in Terraform and {wanted!r} in the template"
        outputs = {snake(key) for key in module.stack.template["Outputs"]}
        if outputs != set(module.named("output")):
            yield f"{template}: outputs differ: {sorted(outputs ^ set(module.named('output')))}"


def fixed(world):
    """What is written once: the function's and the bucket's own settings."""
    module = Module(world, "natless.yaml")
    rendered = module.stack.resources()
    function = rendered["Function"]["Properties"]
    (block,) = module.named("resource", "aws_lambda_function").values()
    logging = {camel(key): value for key, value in module.value(block["logging_config"][0]).items()}
    found = {
        "Runtime": module.value(block["runtime"]),
        "Handler": module.value(block["handler"]),
        "Architectures": module.value(block["architectures"]),
        "MemorySize": module.value(block["memory_size"]),
        "Timeout": module.value(block["timeout"]),
        "LoggingConfig": logging,
    }
    yield from (f"function: {key} is {value} in Terraform" for key, value in found.items() if function[key] != value)
    calls = rendered["AsynchronousCalls"]["Properties"]
    (block,) = module.named("resource", "aws_lambda_function_event_invoke_config").values()
    if (block["maximum_event_age_in_seconds"], block["maximum_retry_attempts"]) != (
        calls["MaximumEventAgeInSeconds"],
        calls["MaximumRetryAttempts"],
    ):
        yield "function: asynchronous calls differ in Terraform"
    (access,) = module.named("resource", "aws_s3_bucket_public_access_block").values()
    if [access.get(snake(key)) for key in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")] != [True] * 4:
        yield "bucket: public access is not blocked in Terraform"
    whole = "\n".join(module.texts.values())
    for line in ('object_ownership = "BucketOwnerEnforced"', 'status = "Enabled"', 'prefix = "${var.prefix}/runs/"', 'sse_algorithm = "AES256"'):
        if line not in whole:
            yield f"bucket: no {line} in Terraform"


def formatted(world):
    """`terraform fmt -check`, where Terraform is installed."""
    if shutil.which("terraform") is None:
        return
    for name, text in world.terraform.items():
        done = subprocess.run(["terraform", "fmt", "-no-color", "-"], input=text, capture_output=True, text=True, check=False)
        if done.returncode != 0 or done.stdout != text:
            yield f"{name}: not as `terraform fmt` writes it"


def read_modules():
    return {str(path.relative_to(TERRAFORM)): path.read_text() for path in sorted(TERRAFORM.rglob("*.tf")) if ".terraform" not in path.parts}
