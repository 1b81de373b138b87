"""The edge's store as it was written before a value named its selectors beside their releases."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from edgeship.domain.edge.route_values import IN_PLACE, REDIRECTED, entry_in, release_in


def earlier(values: Mapping[str, str]) -> dict[str, str]:
    """The same store in that form. It had no releases whose entrypoint is exported: there, they are redirected."""
    return {key: _value(json.loads(text)) if text.startswith("{") else text for key, text in values.items()}


def _value(value: dict[str, Any]) -> str:
    plain = {selector for text in value["v"] for selector in text.split(" ")[2:]}
    selectors = {name: entry_in(value, name) for name in sorted({*plain, *value.get("c", {})})}
    releases = [_release(value, index) for index in range(len(value["v"]))]
    more = {"m": 1} if "m" in value else {}
    return json.dumps({"r": releases, "s": selectors, **more}, separators=(",", ":"))


def _release(value: dict[str, Any], index: int) -> list[Any]:
    release = release_in(value, index)
    if release.how == IN_PLACE:
        return [release.version, 1]
    if release.how == REDIRECTED or release.how.startswith("*"):
        return [release.version]
    return [release.version, release.entrypoint, release.how]
