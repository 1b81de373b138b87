"""Places in a JSON document, as JSON Pointer (RFC 6901) writes them: `/flags/0/variants`."""

from __future__ import annotations


def under(place: str, name: str | int) -> str:
    """The place of a member or an element of what is at `place`."""
    return f"{place}/{str(name).replace('~', '~0').replace('/', '~1')}"
