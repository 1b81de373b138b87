"""What the log lines about one event have in common, from what it is to what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeship.domain.events import SOURCE


def correlation_id(event: Mapping[str, Any]) -> str | None:
    """Of an event of EventBridge: our own `event_id`, which all of its deliveries share, or the id that the bus gave.

    Nothing is raised, whatever it holds: what is wrong with an event is for its model to say.
    """
    detail = event.get("detail")
    found = detail.get("event_id") if event.get("source") == SOURCE and isinstance(detail, Mapping) else None
    return found or event.get("id")
