"""Places in a JSON document, written as JSON Pointers (RFC 6901): `/flags/0/variants`."""

from __future__ import annotations


def under(place: str, name: str | int) -> str:
    """The place of a member or an element of the value at `place`."""
    return f"{place}/{str(name).replace('~', '~0').replace('/', '~1')}"
