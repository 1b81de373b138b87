"""The browser's beacon client, as the CDN serves it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import minify  # type: ignore[import-untyped]

SOURCE: Final = "functions/telemetry/telemetry.js"
_ECMASCRIPT: Final = 2017
"""The newest edition whose syntax the minifier may use."""

_DECLARED: Final = re.compile(r"\bconst (?=[\w{\[]+)")
_CONSTANT: Final = re.compile(r"^ *const ([A-Z][A-Z_]*) = (\d+);.*$", re.MULTILINE)


def telemetry_client(root: Path) -> bytes:
    """The bytes of `/edgeship/telemetry.js`: `SOURCE` of the project at `root`, minified.

    Numbers stand where their constants were, local names are short, `let` stands for `const`, and comments and white
    space go; properties keep their names. The same source gives the same bytes.

    Raises:
        minify.MinifyError: the source is not JavaScript.
    """
    source = (root / SOURCE).read_text("utf-8")
    constants = dict(_CONSTANT.findall(source))
    inlined = re.sub(r"\b[A-Z][A-Z_]+\b", lambda name: constants.get(name[0], name[0]), _CONSTANT.sub("", source))
    minify.config({"js-version": _ECMASCRIPT})
    return str(minify.string("text/javascript", _DECLARED.sub("let ", inlined))).encode()
