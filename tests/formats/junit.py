"""JUnit XML by the two schemas in use, and what CI servers make of it."""
from collections import Counter
from pathlib import Path

from lxml import etree

from common import pinned

HERE = Path(__file__).resolve().parent
XSD = {
    "jenkins-junit-10.xsd": "a1a816f58d1bf95ebabf371994df0b9246dee66ea9572fbec4f9296f1b2c0ff6",
    "windyroad-JUnit.xsd": "3b2fd1f2859dc271f56a319cf37afd457b9628b3b3a47e345bd5cf199bcb4a9e",
}


def junit(path, problems):
    data = path.read_bytes()
    if len(data) > 30 * 1024 * 1024:
        problems.add("document", "more than 30 MB: GitLab refuses it")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        return problems.add("document", "has a DOCTYPE")
    strict = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        tree = etree.fromstring(data, strict)
    except etree.XMLSyntaxError as e:
        return problems.add("document", f"no XML: {e}")
    for name, sha in XSD.items():
        schema = etree.XMLSchema(etree.fromstring(pinned((HERE / "vendor/junit" / name).read_bytes(), sha, name)))
        if not schema.validate(tree):
            for e in schema.error_log:
                problems.add(f"line {e.line}", f"{e.message} ({name})")
    if problems:
        return
    if tree.tag != "testsuites":
        problems.add("document", f"root is {tree.tag}, not testsuites")
    names = Counter()
    for i, suite in enumerate(tree.findall("testsuite")):
        at = f"testsuite {suite.get('name')!r}"
        if suite.get("id") != str(i):
            problems.add(at, f"id {suite.get('id')}, should be {i}")
        cases = suite.findall("testcase")
        counted = {"tests": len(cases), "failures": sum(c.find("failure") is not None for c in cases), "errors": sum(c.find("error") is not None for c in cases), "skipped": sum(c.find("skipped") is not None for c in cases)}
        for key, n in counted.items():
            if suite.get(key) != str(n):
                problems.add(at, f"{key}={suite.get(key)!r}, but {n} are listed")
        for c in cases:
            names[(c.get("classname"), c.get("name"))] += 1
            if not c.get("classname", "").strip() or not c.get("name", "").strip():
                problems.add(at, "a testcase without name or classname")
            for child in c:
                if child.tag != "skipped" and not (child.text or "").strip():
                    problems.add(f"{at} {c.get('name')!r}", f"{child.tag} without text: GitLab shows only the text")
        # natless: the list and the counts of the check agree.
        told = {p.get("name"): p.get("value") for p in suite.iterfind("properties/property")}
        for key, name in (("failures", "subjects.fail"), ("errors", "subjects.unknown")):
            if name in told and int(told[name]) != counted[key]:
                problems.add(at, f"{name} is {told[name]}, but {counted[key]} {key} are listed")
        if told.get("subjects.pass") == "0" and any(not len(c) for c in cases):
            problems.add(at, "a testcase that passes where no subject passes")
    for (classname, name), n in names.items():
        if n > 1:
            problems.add("document", f"{n} testcases are called {classname} {name}: GitLab takes the first")
