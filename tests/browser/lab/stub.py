"""The stub that a moving path of a classic script answers."""

from __future__ import annotations

import json
import re

from tests.support.repository import ROOT

SOURCE = ROOT / "functions" / "router" / "stub.js"
MINIFIED = SOURCE.with_name("stub.min.js")
"""`SOURCE` by esbuild with `OPTIONS`; a test compares them."""
OPTIONS = ("--minify", "--target=es2020")
PLACES = ("CDN", "PATH", "INTEGRITY")
MAX_BYTES = 600
"""Of the stub for a CDN's host of 30 characters and a path of 40, such as `/checkout/v1.12.3/dist/checkout.js`."""
TRUSTED_TYPES = SOURCE.with_name("trusted_types.js")
POLICY_PATH = "/edgeship/~t/"


def stub(cdn: str, path: str, integrity: str) -> bytes:
    """The script that inserts `<script src="{cdn}/{path}" integrity=…>`; `path` may have a query."""
    values = dict(zip(PLACES, (f"{cdn}/", path, integrity), strict=True))
    return re.sub("|".join(PLACES), lambda place: json.dumps(values[place[0]])[1:-1], MINIFIED.read_text()).encode()
