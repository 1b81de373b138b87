"""The notices that what is sent is pinned by: of the samples in events/, and of a rollback."""

from __future__ import annotations

import json
from dataclasses import replace

from edgeship.domain.channels.channel import Channel, Lock
from edgeship.domain.events import Event, EventType
from edgeship.domain.notifications.notice import Notice, notice_of
from edgeship.domain.version import Version
from tests.support.repository import EVENTS


def sample(name: str) -> Event:
    envelope = json.loads((EVENTS / f"edgeship.{name}.json").read_text())
    return Event(EventType(envelope["detail-type"]), **envelope["detail"])


def rollback() -> Event:
    moved = sample("pointer-moved")
    return replace(
        moved,
        actor="edgeship:rollback",
        cause="alarm <edgeship-production-health-checkout-v1.4.2-error-rate> & nobody's *fault*",
        old={**(moved.old or {}), "version": "1.4.2"},
        new={**(moved.new or {}), "version": "1.4.1", "sequence": 13, "locked": True},
    )


def latest(version: str) -> Channel:
    lock = Lock("2026-11-23T10:00:05.000Z", "edgeship:rollback", "an alarm")
    return Channel("checkout", "latest", version=Version.parse(version), lock=lock)


def notices() -> dict[str, Notice]:
    failed = sample("deployment-failed")
    (mismatch,) = (failed.new or {})["mismatches"]
    many = [{**mismatch, "path": f"/checkout/latest/{number}.js"} for number in range(12)]
    return {
        "rollback": notice_of(rollback(), latest("1.4.1")),
        "rollout aborted": notice_of(sample("rollout-aborted"), latest("1.4.2")),
        "deployment failed": notice_of(
            replace(failed, new={**(failed.new or {}), "mismatches": many}), latest("1.4.3")
        ),
        "test": notice_of(sample("notification-tested"), None),
    }
