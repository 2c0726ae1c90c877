"""OCSF events by the schema of their version, and what JSON Schema does not say of them."""
import re
from collections import Counter

import jsonschema
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from common import by_schema, parse


def ocsf(path, problems):
    text = path.read_text(encoding="utf-8")
    if text.lstrip().startswith("["):
        events = parse(text)
    else:
        events = [parse(line) for line in text.splitlines() if line.strip()]
    if not isinstance(events, list) or any(not isinstance(e, dict) for e in events):
        return problems.add("document", "neither an array of events nor one event a line")
    made, raw = {}, {}
    uids = Counter()
    for i, event in enumerate(events):
        at = f"[{i}]"
        version, profiles = event.get("metadata", {}).get("version"), tuple(event.get("metadata", {}).get("profiles", []))
        key = (version, event.get("class_uid"), profiles)
        if key not in made:
            try:
                raw[version] = raw.get(version) or get_ocsf_schema(version=version)
                compiled = OcsfJsonSchemaEmbedded(raw[version])
                name = compiled.lookup_class_name_from_uid(class_uid=event["class_uid"])
                schema = compiled.get_class_schema(class_name=name, profiles=list(profiles))
                made[key] = (name, jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER))
            except Exception as e:  # no such version, class or profile
                problems.add(at, f"no schema for OCSF version {version!r}, class_uid {event.get('class_uid')!r}, profiles {profiles}: {e}")
                made[key] = None
        if made[key] is None:
            continue
        name, validator = made[key]
        before = len(problems)
        by_schema(problems, validator, event, at)
        if len(problems) == before:
            ocsf_event(event, at, raw[version], name, problems)
        uids[event.get("finding_info", {}).get("uid")] += 1
    for uid, n in uids.items():
        if n > 1:
            problems.add("document", f"{n} events have finding_info.uid {uid!r}")


def ocsf_event(event, at, raw, name, problems):
    """What the JSON Schema does not say: captions beside ids, the type id, deprecated attributes, milliseconds."""
    clazz = raw["classes"][name]
    if event["type_uid"] != event["class_uid"] * 100 + event["activity_id"]:
        problems.add(f"{at}.type_uid", f"{event['type_uid']} is not class_uid * 100 + activity_id")
    if event.get("class_name", clazz["caption"]) != clazz["caption"]:
        problems.add(f"{at}.class_name", f"{event['class_name']!r}, should be {clazz['caption']!r}")

    def walk(value, attributes, where):
        for key, v in value.items():
            a = attributes.get(key)
            if a is None:
                continue
            if a.get("@deprecated"):
                problems.add(f"{where}.{key}", f"deprecated since {a['@deprecated'].get('since')}")
            if a.get("enum"):
                sibling = a.get("sibling") or (key[:-3] if key.endswith("_id") else None)
                if key == "activity_id":
                    sibling = "activity_name"
                entry = a["enum"].get(str(v))
                if entry is None:
                    problems.add(f"{where}.{key}", f"{v!r} is not in the enumeration")
                elif sibling and sibling in value and str(v) not in ("99",) and value[sibling] != entry["caption"]:
                    problems.add(f"{where}.{sibling}", f"{value[sibling]!r} beside {key} {v}, whose caption is {entry['caption']!r}")
            if a.get("type") == "timestamp_t" and not 10**12 <= v < 10**13:
                problems.add(f"{where}.{key}", f"{v} is no time in milliseconds")
            if a.get("object_type") and a["object_type"] in raw["objects"] and a["object_type"] != "object":
                for n, item in enumerate(v if isinstance(v, list) else [v]):
                    if isinstance(item, dict):
                        walk(item, raw["objects"][a["object_type"]]["attributes"], f"{where}.{key}" + (f"[{n}]" if isinstance(v, list) else ""))

    walk(event, clazz["attributes"], at)
    if name == "compliance_finding":
        for key in ("control", "status_id", "standards"):
            if key not in event["compliance"]:
                problems.add(f"{at}.compliance.{key}", "missing (recommended by OCSF, needed by natless)")
        if event["compliance"].get("status_id") == 1 and event["status_id"] == 1:
            problems.add(f"{at}.compliance.status_id", "a pass with status New")
    if not event.get("resources"):
        problems.add(f"{at}.resources", "missing (recommended by OCSF, needed by natless)")
    if not re.fullmatch(r"[0-9]{12}", event.get("cloud", {}).get("account", {}).get("uid", "")):
        problems.add(f"{at}.cloud.account.uid", "no account id")
