"""CloudFormation templates as plain data, and rendered as a stack of some account would see them."""
import functools
import json
import re
from pathlib import Path

import yaml

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
TEMPLATES = DEPLOY / "cloudformation"
PERMISSIONS = DEPLOY / "permissions.json"
STATE_MACHINE = DEPLOY / "organization" / "state-machine.asl.json"
TERRAFORM = DEPLOY / "terraform"

# What a template has no default for.
PARAMETERS = {
    "natless.yaml": {"CodeBucket": "code", "CodeKey": "natless-lambda.zip"},
    "member-role.yaml": {"FunctionRoleArn": "arn:aws:iam::123456789012:role/natless-FunctionRole"},
    "organization.yaml": {
        "FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:natless",
        "ReportBucketName": "natless-reports",
        "TopicArn": "arn:aws:sns:eu-west-1:123456789012:natless",
    },
}

# Everything that is off by default, turned on.
EVERYTHING = {
    "natless.yaml": {
        "CodeVersion": "1",
        "Regions": "eu-west-1,us-east-1",
        "ExcludeRegions": "us-west-1",
        "Formats": "json,html",
        "MemberRoleName": "natless-audit",
        "NotifyEmail": "ops@example.com",
        "SecurityHub": "yes",
        "EventBusName": "default",
        "Config": '{"cost":{"discount":"0.08"}}',
    },
    "member-role.yaml": {"ExternalId": "night-shift", "SecurityHub": "yes"},
    "organization.yaml": {
        "Accounts": "111122223333,222233334444",
        "ExternalId": "night-shift",
        "Regions": "eu-west-1,us-east-1",
        "ExcludeRegions": "us-west-1",
        "Formats": "json,html",
        "SecurityHub": "yes",
        "EventBusName": "default",
    },
}


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def _short_form(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix in ("Ref", "Condition"):
        return {suffix: value}
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


@functools.cache
def parse(text):
    return yaml.load(text, Loader=_Loader)  # noqa: S506: a SafeLoader


def load(name):
    return parse((TEMPLATES / name).read_text())


_NOTHING = object()


class Stack:
    """A template with parameters, in one account and region."""

    def __init__(self, template, parameters, name="natless", account="123456789012", region="eu-west-1"):
        self.template = template
        self.name = name
        self.account = account
        self.region = region
        self.values = {}
        for key, declared in template.get("Parameters", {}).items():
            value = parameters.get(key, declared.get("Default", _NOTHING))
            if value is _NOTHING:
                raise ValueError(f"parameter {key} has no value")
            if declared["Type"] == "CommaDelimitedList":
                value = str(value).split(",")
            self.values[key] = value
        unknown = set(parameters) - set(self.values)
        if unknown:
            raise ValueError(f"no such parameter: {sorted(unknown)}")

    def resources(self):
        """Resources of the stack by logical name, rendered, those with a false condition left out."""
        found = {}
        for key, resource in self.template["Resources"].items():
            if "Condition" in resource and not self._holds(resource["Condition"]):
                continue
            found[key] = {"Type": resource["Type"], "Properties": self.render(resource.get("Properties", {}))}
        return found

    def outputs(self):
        return {key: self.render(output["Value"]) for key, output in self.template.get("Outputs", {}).items()}

    def render(self, value):
        if isinstance(value, list):
            return [item for item in map(self.render, value) if item is not _NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (key, argument), = value.items()
            if key == "Ref":
                return self._ref(argument)
            if key.startswith("Fn::"):
                return self._function(key[4:], argument)
        rendered = {key: self.render(item) for key, item in value.items()}
        return {key: item for key, item in rendered.items() if item is not _NOTHING}

    def _function(self, name, argument):
        if name == "If":
            return self.render(argument[1] if self._holds(argument[0]) else argument[2])
        if name == "Join":
            return argument[0].join(str(item) for item in self.render(argument[1]))
        if name == "GetAtt":
            return self._attribute(*argument)
        if name == "Sub":
            text, own = argument if isinstance(argument, list) else (argument, {})
            own = self.render(own)
            return re.sub(r"\$\{([^!}][^}]*)\}", lambda found: str(self._named(found[1], own)), text)
        raise ValueError(f"Fn::{name} is not rendered here")

    def _named(self, name, own):
        if name in own:
            return own[name]
        resource, _, attribute = name.partition(".")
        return self._attribute(resource, attribute) if attribute else self._ref(name)

    def _holds(self, condition):
        if isinstance(condition, str):
            condition = self.template["Conditions"][condition]
        (key, argument), = condition.items()
        if key == "Fn::Not":
            return not self._holds(argument[0])
        if key == "Fn::Equals":
            left, right = map(self.render, argument)
            return str(left) == str(right)
        if key == "Condition":
            return self._holds(argument)
        raise ValueError(f"{key} is not decided here")

    def _ref(self, name):
        fixed = {
            "AWS::AccountId": self.account,
            "AWS::Region": self.region,
            "AWS::Partition": "aws",
            "AWS::StackName": self.name,
            "AWS::NoValue": _NOTHING,
        }
        if name in fixed:
            return fixed[name]
        if name in self.values:
            return self.values[name]
        kind = self.template["Resources"][name]["Type"]
        if kind in ("AWS::SNS::Topic", "AWS::StepFunctions::StateMachine"):
            return self._arn(name, kind)
        if kind == "AWS::SQS::Queue":
            return f"https://sqs.{self.region}.amazonaws.com/{self.account}/{self._physical(name)}"
        return self._physical(name)

    def _physical(self, name):
        resource = self.template["Resources"][name]
        for key in ("Name", "StateMachineName", "RoleName"):
            if key in resource.get("Properties", {}):
                return self.render(resource["Properties"][key])
        return f"{self.name}-{name}".lower()

    def _attribute(self, name, attribute):
        kind = self.template["Resources"][name]["Type"]
        if attribute == "Arn":
            return self._arn(name, kind)
        if attribute in ("QueueName", "Name"):
            return self._physical(name)
        raise ValueError(f"{name}.{attribute} is not rendered here")

    def _arn(self, name, kind):
        physical = self._physical(name)
        here = f"{self.region}:{self.account}"
        return {
            "AWS::S3::Bucket": f"arn:aws:s3:::{physical}",
            "AWS::IAM::Role": f"arn:aws:iam::{self.account}:role/{physical}",
            "AWS::SNS::Topic": f"arn:aws:sns:{here}:{physical}",
            "AWS::SQS::Queue": f"arn:aws:sqs:{here}:{physical}",
            "AWS::KMS::Key": f"arn:aws:kms:{here}:key/{physical}",
            "AWS::Lambda::Function": f"arn:aws:lambda:{here}:function:{physical}",
            "AWS::Scheduler::ScheduleGroup": f"arn:aws:scheduler:{here}:schedule-group/{physical}",
            "AWS::StepFunctions::StateMachine": f"arn:aws:states:{here}:stateMachine:{physical}",
        }[kind]


def stack(name, everything=False, template=None, **parameters):
    """The stack of a template, with its least parameters or with everything turned on."""
    chosen = {**PARAMETERS[name], **(EVERYTHING[name] if everything else {}), **parameters}
    return Stack(template or load(name), chosen)


def schedule_input(rendered):
    """The event that a rendered stack's schedule sends."""
    return json.loads(rendered.resources()["Nightly"]["Properties"]["Target"]["Input"])
