"""The edge's store as it was written before a value had its releases in one text."""

from __future__ import annotations

import json
from collections.abc import Mapping

from edgeship.domain.edge.route_values import parsed


def earlier(values: Mapping[str, str]) -> dict[str, str]:
    """The same store in that form."""
    return {key: text if "@" in key or key[0] == "." else _value(text) for key, text in values.items()}


def _value(text: str) -> str:
    value = parsed(text)
    return json.dumps({name: part for name, part in value.items() if part}, separators=(",", ":"))
