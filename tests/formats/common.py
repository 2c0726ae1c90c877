"""What the validators share: JSON read strictly, problems with their places, pinned schemas."""
import hashlib
import json
import sys
from collections import Counter

# Problems that are told of one file.
SHOWN = 50


class Problems(list):
    def add(self, where, what):
        self.append(f"{where}: {what}")


def pinned(data, sha256, what):
    got = hashlib.sha256(data).hexdigest()
    if got != sha256:
        print(f"{what}: sha256 {got}, pinned is {sha256}", file=sys.stderr)
        raise SystemExit(2)
    return data


def unique_object(pairs):
    seen = Counter(k for k, _ in pairs)
    twice = [k for k, n in seen.items() if n > 1]
    if twice:
        raise ValueError(f"key {twice[0]!r} stands twice in one object")
    return dict(pairs)


def refuse_constant(name):
    raise ValueError(f"{name} is no JSON")


def parse(text):
    return json.loads(text, object_pairs_hook=unique_object, parse_constant=refuse_constant)


def by_schema(problems, validator, value, prefix=""):
    for e in sorted(validator.iter_errors(value), key=lambda e: [str(p) for p in e.absolute_path]):
        at = prefix + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in e.absolute_path)
        problems.add(at or "document", e.message[:300])
