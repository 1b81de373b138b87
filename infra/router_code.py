"""The code of the CloudFront Function that routes moving paths: functions/router, joined and minified."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

import rjsmin  # type: ignore[import-untyped]

FOLDER: Final = "functions/router"
PARTS: Final = ("path.js", "identity.js", "store.js", "choice.js", "answers.js", "handler.js")
STUB: Final = "stub.js"
IMPORTS: Final = "import cf from 'cloudfront';\nimport crypto from 'crypto';\n"
MAX_CODE_BYTES: Final = 10 * 1024
"""https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-functions"""

# What njs, CloudFront's engine, can't parse or has only lately
# (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html).
_OUTSIDE_SUBSET: Final = {
    "a class": r"\bclass\s+\w",
    "destructuring": r"\b(?:const|let|var)\s*[\[{]",
    "spread or rest": r"\.\.\.[\w\[{(]",
    "optional chaining": r"\?\.[\w\[(]",
    "nullish coalescing": r"\?\?",
    "a generator": r"\bfunction\s*\*|\byield\b",
    "for await": r"\bfor\s+await\b",
    "a named group or lookbehind": r"\(\?<",
    "a promise combinator": r"\bPromise\.\w+",
    "eval": r"\beval\b|\bnew Function\b",
    "a timer or the network": r"\bsetTimeout\b|\bfetch\(|\bXMLHttpRequest\b",
}


class NotInSubset(Exception):
    """The source uses what a CloudFront Function does not have; the message names it, and the file."""


def router_code(root: Path, *, root_widget: str | None, pointer_max_age: int, exposed_headers: str) -> str:
    """The function's code, of the project at `root`. The same source and options give the same code.

    Raises:
        NotInSubset: see there; or the code is too long.
    """
    config = {
        "rootWidget": root_widget or "",
        "movingCacheControl": f"public, max-age={pointer_max_age}",
        "exposedHeaders": exposed_headers,
    }
    sources = {name: (root / FOLDER / name).read_text("utf-8") for name in PARTS}
    for name, source in sources.items():
        check_subset(name, source)
    stub = str(rjsmin.jsmin((root / FOLDER / STUB).read_text("utf-8"))).rstrip(";\n")
    constants = f"const CONFIG = {json.dumps(config)};\nconst STUB = {json.dumps(stub)};\n"
    code = IMPORTS + str(rjsmin.jsmin(constants + "\n".join(sources.values()))) + "\n"
    if len(code.encode()) > MAX_CODE_BYTES:
        raise NotInSubset(f"the router has {len(code.encode()):,} bytes, and a function at most {MAX_CODE_BYTES:,}")
    return code


def check_subset(name: str, source: str) -> None:
    """
    Raises:
        NotInSubset: see there.
    """
    bare = str(rjsmin.jsmin(re.sub(r"^\s*//.*$", "", source, flags=re.MULTILINE)))
    without_strings = re.sub(r"'(?:\\.|[^'\\])*'", "''", bare)
    for what, pattern in _OUTSIDE_SUBSET.items():
        if re.search(pattern, without_strings):
            raise NotInSubset(f"{FOLDER}/{name} uses {what}, which a CloudFront Function does not have")
