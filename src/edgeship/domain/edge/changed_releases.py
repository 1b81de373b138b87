"""Which releases a change's events say to look at again: the events of a channel and of a release name them.

An event is only where to look: what has become of the release is read from the table.
"""

from __future__ import annotations

from collections.abc import Iterable

from edgeship.domain.errors import Refused
from edgeship.domain.events import Event, EventType
from edgeship.domain.version import Version

_OF_PREVIEWS = frozenset({EventType.PREVIEW_PUBLISHED, EventType.PREVIEW_EXPIRED, EventType.PREVIEW_REMOVED})
"""No route depends on a preview."""


def changed_by(events: Iterable[Event]) -> dict[str, frozenset[Version]]:
    """Each widget that the events are about, with the releases that they name."""
    changed: dict[str, frozenset[Version]] = {}
    for event in events:
        if event.widget and event.type not in _OF_PREVIEWS:
            changed[event.widget] = changed.get(event.widget, frozenset()) | frozenset(_named(event))
    return changed


def _named(event: Event) -> Iterable[Version]:
    for summary in (event.old, event.new):
        named = (summary or {}).get("version")
        if isinstance(named, str):
            try:
                yield Version.parse(named)
            except Refused:  # of an upload that was rejected
                continue
