#!/usr/bin/env python3
"""Checks files of natless against the public schemas of their formats, and against what their consumers document.

  validate.py FORMAT=FILE...      FORMAT is sarif, ocsf, asff or junit
Exit 0: all hold. 1: some do not, with the reasons on stderr. 2: wrong usage, or a schema is not the one that is pinned.
"""
import sys
from pathlib import Path

from asff import asff
from common import SHOWN, Problems
from junit import junit
from ocsf import ocsf
from sarif import sarif

FORMATS = {"sarif": sarif, "ocsf": ocsf, "asff": asff, "junit": junit}


def main(arguments):
    failed = False
    for argument in arguments:
        kind, _, name = argument.partition("=")
        if kind not in FORMATS or not name:
            print(__doc__, file=sys.stderr)
            return 2
        problems = Problems()
        try:
            FORMATS[kind](Path(name), problems)
        except (ValueError, UnicodeDecodeError) as e:
            problems.add("document", f"not well formed: {e}")
        except FileNotFoundError as e:
            print(e, file=sys.stderr)
            return 2
        for problem in problems[:SHOWN]:
            print(f"{name}: {problem}", file=sys.stderr)
        if len(problems) > SHOWN:
            print(f"{name}: and {len(problems) - SHOWN} more", file=sys.stderr)
        failed |= bool(problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
