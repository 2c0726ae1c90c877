"""ASFF by the API's model in botocore, and the limits that its documentation names."""
import json
import re
from collections import Counter

import botocore.session
from botocore.validate import ParamValidator

from common import parse

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d(:?\d\d)?)\Z")
# "AwsSecurityFinding" and its parts in the Security Hub API reference.
LENGTH = {"Id": (1, 512), "ProductArn": (12, 2048), "ProductName": (1, 128), "CompanyName": (1, 128), "Region": (1, 16), "GeneratorId": (1, 512), "Title": (1, 256), "Description": (1, 1024), "AwsAccountName": (1, 50)}
NAMESPACES = ("Software and Configuration Checks", "TTPs", "Effects", "Unusual Behaviors", "Sensitive Data Identifications")


def asff(path, problems):
    document = parse(path.read_text(encoding="utf-8"))
    findings = document.get("Findings") if isinstance(document, dict) and set(document) == {"Findings"} else document
    if not isinstance(findings, list):
        return problems.add("document", 'neither an array of findings nor {"Findings": [...]}')
    model = botocore.session.get_session().get_service_model("securityhub")
    shape = model.operation_model("BatchImportFindings").input_shape
    details = set(model.shape_for("ResourceDetails").members)
    wrapped = isinstance(document, dict)
    if wrapped and len(findings) > 100:
        problems.add("Findings", f"{len(findings)} findings in one request, at most 100")
    for start in range(0, len(findings), 100):
        batch = findings[start:start + 100]
        report = ParamValidator().validate({"Findings": batch}, shape)
        if report.has_errors():
            for text in report.generate_report().split("\n"):
                problems.add(f"batch from {start}", text)
        else:
            if len(json.dumps({"Findings": batch}).encode()) > 6 * 1024 * 1024:
                problems.add(f"batch from {start}", "more than 6 MB")
    if problems:
        return
    ids = Counter()
    for i, f in enumerate(findings):
        at = f"[{i}]"
        walk_shape(f, shape.members["Findings"].member, at, problems)
        asff_finding(f, at, details, problems)
        ids[(f["ProductArn"], f["Id"])] += 1
    for (_, id_), n in ids.items():
        if n > 1:
            problems.add("document", f"{n} findings have Id {id_!r}")


def walk_shape(value, shape, at, problems):
    """Enumerations, patterns and ranges of the model: ParamValidator looks at none of them but the minimum."""
    meta = shape.metadata
    if shape.type_name == "structure":
        for k, v in value.items():
            walk_shape(v, shape.members[k], f"{at}.{k}", problems)
    elif shape.type_name == "list":
        if "max" in meta and len(value) > meta["max"]:
            problems.add(at, f"{len(value)} items, at most {meta['max']}")
        for n, v in enumerate(value):
            walk_shape(v, shape.member, f"{at}[{n}]", problems)
    elif shape.type_name == "map":
        for k, v in value.items():
            walk_shape(k, shape.key, f"{at} key {k!r}", problems)
            walk_shape(v, shape.value, f"{at}.{k}", problems)
    elif shape.type_name == "string":
        if shape.enum and value not in shape.enum:
            problems.add(at, f"{value!r} is none of {', '.join(shape.enum)}")
        if "pattern" in meta and not re.search(meta["pattern"], value, re.S):
            problems.add(at, f"{value!r} does not match {meta['pattern']}")
    elif shape.type_name in ("integer", "long", "double", "float"):
        if "max" in meta and value > meta["max"] or "min" in meta and value < meta["min"]:
            problems.add(at, f"{value} is out of range")


def units(text):
    return len(text.encode("utf-16-le")) // 2


def asff_finding(f, at, details, problems):
    for key, (least, most) in LENGTH.items():
        if key in f and not least <= units(f[key]) <= most:
            problems.add(f"{at}.{key}", f"{units(f[key])} characters, {least} to {most} are taken")
    if len(json.dumps(f).encode()) > 240 * 1024:
        problems.add(at, "more than 240 KB")
    if f["SchemaVersion"] != "2018-10-08":
        problems.add(f"{at}.SchemaVersion", repr(f["SchemaVersion"]))
    account = f["AwsAccountId"]
    if not re.fullmatch(r"\d{12}", account):
        problems.add(f"{at}.AwsAccountId", repr(account))
    arn = re.fullmatch(r"arn:(aws|aws-cn|aws-us-gov|aws-iso[a-z-]*|aws-eusc):securityhub:([a-z0-9-]+):(\d{12})?:product/([^/]+)/([^/]+)", f["ProductArn"])
    if not arn:
        problems.add(f"{at}.ProductArn", repr(f["ProductArn"]))
    elif arn[5] == "default" and not arn[3] == arn[4] == account:
        problems.add(f"{at}.ProductArn", "the default product of another account")
    elif arn[2] == "aws-global":
        problems.add(f"{at}.ProductArn", "aws-global is no region")
    for key in ("CreatedAt", "UpdatedAt", "FirstObservedAt", "LastObservedAt"):
        if key in f and not TIME.match(f[key]):
            problems.add(f"{at}.{key}", f"{f[key]!r} is no time that Security Hub takes")
    if f["UpdatedAt"] < f["CreatedAt"]:
        problems.add(f"{at}.UpdatedAt", "before CreatedAt")
    provider = f.get("FindingProviderFields", {})
    types, severity = provider.get("Types", f.get("Types")), provider.get("Severity", f.get("Severity"))
    if not types or not severity or "Label" not in severity:
        problems.add(at, "neither FindingProviderFields nor Types and Severity")
    for n, t in enumerate(types or []):
        if not re.fullmatch(r"[^/]+(/[^/]+){0,2}", t) or t.split("/")[0] not in NAMESPACES:
            problems.add(f"{at}.Types[{n}]", f"{t!r} is no namespace/category/classifier")
    if len(types or []) > 50:
        problems.add(f"{at}.Types", "more than 50")
    if severity and units(severity.get("Original", "x")) > 64:
        problems.add(f"{at}.Severity.Original", "more than 64 characters")
    for key, most in (("ProductFields", 2048), ("UserDefinedFields", 1024)):
        fields = f.get(key, {})
        if len(fields) > 50:
            problems.add(f"{at}.{key}", f"{len(fields)} pairs, at most 50")
        for k, v in fields.items():
            if units(k) > 128 or units(v) > most:
                problems.add(f"{at}.{key}.{k}", f"key {units(k)} or value {units(v)} characters, at most 128 and {most}")
            if k.startswith("aws/"):
                problems.add(f"{at}.{key}.{k}", "the namespace aws/ is Security Hub's own")
    if not 1 <= len(f["Resources"]) <= 32:
        problems.add(f"{at}.Resources", f"{len(f['Resources'])} resources, 1 to 32 are taken")
    for n, r in enumerate(f["Resources"]):
        spot = f"{at}.Resources[{n}]"
        if not 1 <= units(r["Id"]) <= 512 or not 1 <= units(r["Type"]) <= 256:
            problems.add(spot, "Id or Type is too long")
        if r["Type"] not in details and r["Type"] not in ("Other", "AwsAccount", "Container"):
            problems.add(f"{spot}.Type", f"{r['Type']!r} is no type of ASFF: Other")
        if r.get("Region") == "aws-global" or units(r.get("Region", "x")) > 16:
            problems.add(f"{spot}.Region", repr(r.get("Region")))
        for k in r.get("Details", {}):
            if k != "Other" and k != r["Type"]:
                problems.add(f"{spot}.Details.{k}", f"details of another type than {r['Type']}")
    if len({(r["Type"], r["Id"]) for r in f["Resources"]}) != len(f["Resources"]):
        problems.add(f"{at}.Resources", "a resource stands twice")
    recommendation = f.get("Remediation", {}).get("Recommendation", {})
    if "Text" in recommendation and not 1 <= units(recommendation["Text"]) <= 512:
        problems.add(f"{at}.Remediation.Recommendation.Text", f"{units(recommendation['Text'])} characters, 1 to 512 are taken")
    for key in ("Url",):
        if key in recommendation and not re.match(r"https?://[^\s]+\Z", recommendation[key]):
            problems.add(f"{at}.Remediation.Recommendation.Url", repr(recommendation[key]))
    if not 1 <= len(f.get("RelatedFindings", [None])) <= 10:
        problems.add(f"{at}.RelatedFindings", "1 to 10 are taken")
    if len(f.get("Compliance", {}).get("RelatedRequirements", [])) > 32:
        problems.add(f"{at}.Compliance.RelatedRequirements", "more than 32")
    if len(f.get("Compliance", {}).get("AssociatedStandards", [])) > 20:
        problems.add(f"{at}.Compliance.AssociatedStandards", "more than 20")
    if units(f.get("Note", {}).get("Text", "x")) > 512:
        problems.add(f"{at}.Note.Text", "more than 512 characters")
    if f.get("Compliance", {}).get("Status") == "PASSED" and (severity or {}).get("Label") != "INFORMATIONAL":
        problems.add(f"{at}.Severity", "PASSED, and not INFORMATIONAL")
