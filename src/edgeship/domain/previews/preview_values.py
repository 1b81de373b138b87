"""The keys and values of the previews' store: what the router of previews (edgeship.domain.previews.preview_router)
reads.

`<widget>/<name>` has `{"u": until, "b": [build, earlier…], "e": entrypoint, "h": how}`: the second of the epoch at
which it expires; the builds whose files are served, the newest first; and how the entrypoint is served under the moving
path, as in edgeship.domain.edge.route_values: `-` by a redirect, a hash for a script that inserts it, `*` or `*default`
for a module that exports what it does. The entrypoint is percent-encoded, and empty where it is too long for a value.

Limits: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/kvs-with-functions.html#kvs-limits
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import quote

from edgeship.domain.edge.route_values import EXPORTS, EXPORTS_DEFAULT, REDIRECTED
from edgeship.domain.previews.preview import Preview, PreviewsRecord
from edgeship.domain.releases.entry import Entry, Kind

MAX_ENTRYPOINT = 700
"""Characters. The rest of a value has less than 300 bytes, and a value at most 1,024."""


def preview_value_key(widget: str, name: str) -> str:
    return f"{widget}/{name}"


def previews_values(records: Iterable[PreviewsRecord], now: datetime) -> dict[str, str]:
    """Every key and value that the store should have."""
    return {
        preview_value_key(record.widget, each.name): preview_value(each)
        for record in records
        for each in record.served(now)
    }


def preview_value(preview: Preview) -> str:
    path = quote(preview.entrypoint)
    fits = len(path) <= MAX_ENTRYPOINT
    value: Mapping[str, object] = {
        "u": int(datetime.fromisoformat(preview.until).timestamp()),
        "b": [preview.build, *preview.earlier],
        "e": path if fits else "",
        "h": _how(preview.entry) if fits else REDIRECTED,
    }
    return json.dumps(value, separators=(",", ":"))


def _how(entry: Entry) -> str:
    if entry.kind is Kind.CLASSIC:
        return entry.integrity.removeprefix("sha256-").rstrip("=")
    if entry.imported:
        return EXPORTS_DEFAULT if entry.default_export else EXPORTS
    return REDIRECTED
