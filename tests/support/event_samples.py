"""The events of edgeship under events/, as the domain has them."""

from __future__ import annotations

import json

from edgeship.domain.events import Event, EventType
from tests.support.repository import EVENTS

FOLDER = EVENTS


def sample(kind: EventType) -> Event:
    envelope = json.loads((FOLDER / f"edgeship.{kind.value.lower().replace(' ', '-')}.json").read_text())
    assert envelope["detail-type"] == kind.value
    return Event(type=kind, **envelope["detail"])
