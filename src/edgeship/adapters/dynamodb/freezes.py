"""How freezes, and releases that wait for their end, are stored in the table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from edgeship.adapters.dynamodb import keys
from edgeship.domain.calendar.freeze import Freeze, FreezeRecord
from edgeship.domain.calendar.waiting import WaitingRecord
from edgeship.domain.events import timestamp
from edgeship.domain.version import Version


def freeze_item(record: FreezeRecord) -> dict[str, Any]:
    """All of it except its revision."""
    freeze = record.freeze
    stored = (
        {
            "since": timestamp(freeze.since),
            "until": timestamp(freeze.until),
            "actor": freeze.actor,
            "cause": freeze.cause,
        }
        if freeze is not None
        else None
    )
    return {"pk": keys.FREEZES, "sk": keys.freeze_sk(record.widget), "widget": record.widget, "freeze": stored}


def to_freeze(item: Mapping[str, Any]) -> FreezeRecord:
    stored = item.get("freeze")
    freeze = None
    if stored:
        since, until = (datetime.fromisoformat(stored[name]) for name in ("since", "until"))
        freeze = Freeze(since, until, stored["actor"], stored["cause"])
    return FreezeRecord(item.get("widget"), freeze, int(item["revision"]))


def waiting_item(record: WaitingRecord) -> dict[str, Any]:
    """All of it except its revision. Only a record of a release that waits is in the index."""
    return {
        "pk": keys.widget_pk(record.widget),
        "sk": keys.WAITING,
        "widget": record.widget,
        "version": str(record.version) if record.version is not None else None,
        **({"watched": keys.WAITING} if record.version is not None else {}),
    }


def to_waiting(item: Mapping[str, Any]) -> WaitingRecord:
    version = item.get("version")
    return WaitingRecord(item["widget"], Version.parse(version) if version else None, int(item["revision"]))
