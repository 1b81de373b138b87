"""An artifact bundle of Sentry's: scripts of a release, their source maps, and a manifest that joins the two.

A file has a URL without a host (`~/checkout/v1.4.2/widget.js`), by which Sentry finds it for the release
`<widget>@<version>`; with a debug id, which bundlers write into script and map, it is found for any.

Sources: https://docs.sentry.io/platforms/javascript/sourcemaps/troubleshooting_js/debug-ids/, and the format of
https://docs.rs/symbolic-debuginfo/latest/symbolic_debuginfo/sourcebundle/.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from edgeship.domain.naming import release_prefix
from edgeship.domain.version import Version

SCRIPTS = (".js", ".mjs")
MANIFEST = "manifest.json"

_DEBUG_ID = re.compile(rb"//# debugId=([0-9A-Fa-f-]{32,36})\s*$", re.MULTILINE)


@dataclass(frozen=True)
class BundledScript:
    """A script, by its path in the release, and its map: where the bundle has it, or None."""

    path: str
    map_path: str | None
    debug_id: str | None


def debug_id(script: bytes, source_map: bytes | None) -> str | None:
    """The debug id (a UUID in small letters) of a script: in its last comment `debugId`, else in its map."""
    found: list[bytes] = _DEBUG_ID.findall(script)
    stated: object = found[-1].decode() if found else None
    if stated is None and source_map is not None:
        try:
            document = json.loads(source_map)
        except ValueError:  # a damaged map
            return None
        if isinstance(document, dict):
            stated = document.get("debug_id") or document.get("debugId")
    try:
        return str(UUID(stated)) if isinstance(stated, str) else None
    except ValueError:
        return None


def bundled_path(widget: str, version: Version, path: str) -> str:
    """Where in the bundle a file of the release is."""
    return f"files/_/_/{release_prefix(widget, version)}{path}"


def bundle_manifest(widget: str, version: Version, scripts: Iterable[BundledScript]) -> dict[str, Any]:
    """The document of `manifest.json`."""
    files: dict[str, Any] = {}
    url = f"~/{release_prefix(widget, version)}"
    for script in scripts:
        known = {"debug-id": script.debug_id} if script.debug_id else {}
        named = {}
        if script.map_path is not None:
            named = {"sourcemap": posixpath.relpath(script.map_path, posixpath.dirname(script.path) or ".")}
            files[bundled_path(widget, version, script.map_path)] = {
                "type": "source_map",
                "url": url + script.map_path,
                "headers": known,
            }
        files[bundled_path(widget, version, script.path)] = {
            "type": "minified_source",
            "url": url + script.path,
            "headers": {**named, **known},
        }
    return {"files": files, "release": f"{widget}@{version}"}
