"""Flags that decide nothing any more, by what the table holds of them; who still asks for a flag is not known there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from edgeship.domain.flags.records.flag_record import SHARED_KEYS, FlagRecord
from edgeship.domain.flags.snapshot_entry import off_variant, target_variant

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Stale:
    """`reason` is `disabled`, `ended` or `one_variant`; `variant` is what everybody gets since, None for the default in
    the client's code."""

    key: str
    reason: str
    since: datetime
    variant: str | None


def stale_flags(records: Iterable[FlagRecord], now: datetime, days: int) -> list[Stale]:
    """The flags that give everybody one variant for `days` days, the longest first.

    Time counts from a flag's last change, whatever that was, and from the last step of its schedule. A record without
    a time, as earlier versions wrote them, is no stale flag before it is changed once. Environments are not read: a
    flag may be on elsewhere.
    """
    found = [stale for record in records if (stale := _stale(record, now)) is not None]
    return sorted(
        (stale for stale in found if now - stale.since >= timedelta(days=days)), key=lambda each: (each.since, each.key)
    )


def _stale(record: FlagRecord, now: datetime) -> Stale | None:
    flag = record.document
    if flag is None or record.key in SHARED_KEYS or record.changed_at is None or record.fault is not None:
        return None
    try:
        return _by_document(record.key, flag, datetime.fromisoformat(record.changed_at), now)
    # A record may hold anything: rules of an earlier version have accepted it, or a write by hand.
    except (AttributeError, LookupError, TypeError, ValueError):
        return None


def _by_document(key: str, flag: Document, changed_at: datetime, now: datetime) -> Stale | None:
    default = flag["default_variant"]
    if flag.get("enabled", True) is False:
        return Stale(key, "disabled", changed_at, off_variant(flag))
    ended = datetime.fromisoformat(flag["ends_at"]) if flag.get("ends_at") else None
    if ended is not None and ended <= now:
        return Stale(key, "ended", max(changed_at, ended), flag.get("off_variant", default))
    if ended is not None or any(flag.get(step) for step in ("requires", "layer", "rules", "targeting")):
        return None
    begun = [datetime.fromisoformat(flag["starts_at"])] if flag.get("starts_at") else []
    plan = flag.get("rollout") or {"percentage": 0}
    steps = [(datetime.fromisoformat(step["at"]), step["percentage"]) for step in plan.get("schedule") or ()]
    percentage = steps[-1][1] if steps else plan.get("percentage", 0)
    if percentage not in (0, 100) or (plan.get("bucket_by") and percentage):
        return None
    variant = plan["variant"] if percentage else default
    if flag.get("target_users") and target_variant(flag) != variant:
        return None
    since = max([changed_at, *begun, *(at for at, _ in steps[-1:])])
    return Stale(key, "one_variant", since, variant) if since <= now else None
