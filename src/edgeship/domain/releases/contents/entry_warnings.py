"""What no browser can run of an entrypoint, and which other files of its bundle are made for browsers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from edgeship.domain.plain_text import quoted
from edgeship.domain.releases.bundle_warnings import BundleWarning
from edgeship.domain.releases.entry import Syntax, is_script

MAX_CANDIDATES = 8
"""Files that are parsed to name some of them."""
SHOWN = 3

# By folder or by name, as bundlers and libraries write them, the most likely first.
_FOR_BROWSERS = (
    re.compile(r"(^|/)(umd|iife|cdn|global|browser|standalone)/|[.-](umd|iife|global|browser)[.-]", re.IGNORECASE),
    re.compile(r"\.min\.js$", re.IGNORECASE),
    re.compile(r"(^|/)(esm?|module)/|[.-](esm?|module)[.-]|\.mjs$", re.IGNORECASE),
)
_FOR_NODE = re.compile(r"(^|/|[.-])(cjs|node|server|ssr)([./-]|$)", re.IGNORECASE)
_RESOLVED = re.compile(r"\.{0,2}/|(https?|data|blob):", re.IGNORECASE)


def runs_in_browsers(syntax: Syntax) -> bool:
    """Whether nothing in it speaks against: no CommonJS, and no import that only a bundler or Node.js resolves."""
    return syntax.common_js is None and not _bare(syntax)


def candidates(paths: Iterable[str], entrypoint: str) -> list[str]:
    """The scripts whose names say that they are made for browsers, at most `MAX_CANDIDATES`, the most likely first."""
    ranked = [
        (rank, path.count("/"), len(path), path)
        for path in paths
        if path != entrypoint and is_script(path) and not _FOR_NODE.search(path)
        for rank, names in enumerate(_FOR_BROWSERS)
        if names.search(path)
    ]
    return list(dict.fromkeys(path for *_, path in sorted(ranked)))[:MAX_CANDIDATES]


def entry_warning(entrypoint: str, syntax: Syntax, runnable: Sequence[str]) -> BundleWarning | None:
    """The warning about a script that no browser can run as it is, with files of the bundle that one can.

    Codes: `common_js` and `bare_import`.
    """
    if runs_in_browsers(syntax):
        return None
    if syntax.common_js is not None:
        code, what = "common_js", f"is a CommonJS module (it uses {syntax.common_js}), which no browser can run"
    else:
        code, what = "bare_import", f"imports {quoted(_bare(syntax)[0])}, which browsers find only by an import map"
    named = ", ".join(runnable[:SHOWN])
    remedy = (
        f"Name another entrypoint; made for browsers are {named}."
        if named
        else "No file of the bundle is made for browsers: build it with a bundler, such as esbuild --bundle."
    )
    return BundleWarning(code, entrypoint, f"{entrypoint} {what}. {remedy}")


def _bare(syntax: Syntax) -> list[str]:
    return [specifier for specifier in syntax.imports if not _RESOLVED.match(specifier)]
