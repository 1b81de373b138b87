"""What a path of the previews' distribution means: the specification of its function (functions/router/preview.js),
which is held to it.

- `/checkout/preview/pr-123/widget.js` leads to that file of the newest build; without a file, to its entrypoint
- `/checkout/p/pr-123/<build>/widget.js` is a file of one build; it goes on to the bucket as it came
- both are there until the second at which the preview expires, and then neither is, whatever the bucket still has
- a path has one spelling: its first segments are compared as they came, and any other spelling is unknown
- one read of the store a request; what can't be read is not there
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from edgeship.domain.edge.route_values import EXPORTS, EXPORTS_DEFAULT, REDIRECTED
from edgeship.domain.edge.router import (
    MAX_URI_LENGTH,
    POLICY_PATH,
    Continue,
    Get,
    Insert,
    Policy,
    Preflight,
    Redirect,
    ReExport,
    Request,
)
from edgeship.domain.previews.preview_name import EXACT, MOVING, preview_version

_WIDGET = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?")
_SEPARATOR = re.compile(r"/|\\|%2f|%5c", re.IGNORECASE)
_ENCODED_DOT = re.compile("%2e", re.IGNORECASE)


@dataclass(frozen=True)
class Missing:
    """Nothing is there (404), or no longer (410)."""

    status: int
    sentence: str


NO_PATH = Missing(404, "No preview has this path. Write /<widget>/preview/<name>/<file>.")
NO_PREVIEW = Missing(404, "There is no such preview. It was never published, or it expired or was removed.")
NO_FILE = Missing(404, "No build of this preview can have such a file.")
EXPIRED = Missing(410, "This preview has expired. Publish it again.")

Outcome = Redirect | Insert | ReExport | Continue | Policy | Preflight | Missing


def route_preview(request: Request, get: Get) -> Outcome:
    """What becomes of a request."""
    if request.method == "OPTIONS":
        return Preflight()
    if request.uri == POLICY_PATH:
        return Policy()
    _, widget, second, name, *rest = [*request.uri.split("/"), "", "", ""]
    rest = rest[:-3]
    if second not in (MOVING, EXACT) or not _WIDGET.fullmatch(widget) or not _NAME.fullmatch(name):
        return NO_PATH
    if second == EXACT and len(rest) < 2:
        return NO_PATH
    file = "/".join(rest if second == MOVING else rest[1:])
    if ".." in _SEPARATOR.split(_ENCODED_DOT.sub(".", file)):
        return NO_FILE
    value = _parsed(get(f"{widget}/{name}"))
    if value is None:
        return NO_PREVIEW
    if request.now >= value["u"]:
        return EXPIRED
    if second == EXACT:
        return Continue(request.uri) if rest[0] in value["b"] else NO_FILE
    return _moving(request, value, widget, name, file)


def _moving(request: Request, value: dict[str, Any], widget: str, name: str, asked: str) -> Outcome:
    file = asked or value["e"]
    path = f"/{widget}/{EXACT}/{name}/{value['b'][0]}/{file}"
    if not file or len(path) > MAX_URI_LENGTH:
        return NO_FILE
    version = str(preview_version(name))
    # Only what a page embeds by its own path: to a person who follows a link, the file itself is more use.
    embedded = asked == value["e"]
    if embedded and value["h"] in (EXPORTS, EXPORTS_DEFAULT):
        return ReExport(path, version, value["h"] == EXPORTS_DEFAULT)
    query = "&".join(f"{key}={each}" for key, values in request.query.items() for each in values)
    location = f"{path}?{query}" if query else path
    if embedded and value["h"] != REDIRECTED:
        return Insert(location, version, f"sha256-{value['h']}=")
    return Redirect(location, version)


def _parsed(text: str | None) -> dict[str, Any] | None:
    try:
        value: dict[str, Any] = json.loads(text or "")
    except ValueError:
        return None
    return value
