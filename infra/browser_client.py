"""The browser's beacon client, as the CDN serves it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import rjsmin  # type: ignore[import-untyped]

SOURCE: Final = "functions/telemetry/telemetry.js"

_CONSTANT: Final = re.compile(r"^ *const ([A-Z][A-Z_]*) = (\d+);.*$", re.MULTILINE)


def telemetry_client(root: Path) -> bytes:
    """The bytes of `/edgeship/telemetry.js`: `SOURCE` of the project at `root`, minified.

    Comments and white space go, and numbers stand where their constants were; nothing else is renamed or rewritten. The
    same source gives the same bytes.
    """
    source = (root / SOURCE).read_text("utf-8")
    constants = dict(_CONSTANT.findall(source))
    inlined = re.sub(r"\b[A-Z][A-Z_]+\b", lambda name: constants.get(name[0], name[0]), _CONSTANT.sub("", source))
    return str(rjsmin.jsmin(inlined)).encode()
