"""A change of notifications, as text and as a document."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from edgeship.application.notifications.change_rules import NotificationsChange
from edgeship.domain.notifications.rules_record import to_document

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def document(change: NotificationsChange) -> list[dict[str, Any]]:
    """The change under `--json`: an entry for each destination and rule that differs; rules are compared by content."""
    old, new = to_document(change.old), to_document(change.new)
    found = [*_destinations(old["destinations"], new["destinations"]), *_rules(old["rules"], new["rules"])]
    if not found and change.old != change.new:
        found = [_entry("order", None, "changed", None, None)]
    return found


def lines(change: NotificationsChange) -> list[str]:
    """A line each: `~ destination ci: {"type": "webhook", …} → {…}`."""
    return [_line(entry) for entry in document(change)]


def _line(entry: dict[str, Any]) -> str:
    name = f" {entry['name']}" if entry["name"] else ""
    sign = f"{_SIGNS[entry['change']]} {entry['what']}{name}"
    values = " → ".join(
        json.dumps(value, ensure_ascii=False) for value in (entry["old"], entry["new"]) if value is not None
    )
    return f"{sign}: {values}" if values else f"{sign} {entry['change']}"


def _destinations(old: dict[str, Any], new: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in [*old, *(name for name in new if name not in old)]:
        before, after = old.get(name), new.get(name)
        if before != after:
            change = "added" if before is None else "removed" if after is None else "changed"
            yield _entry("destination", name, change, before, after)


def _rules(old: list[Any], new: list[Any]) -> Iterator[dict[str, Any]]:
    before, after = Counter(map(json.dumps, old)), Counter(map(json.dumps, new))
    for rule in (before - after).elements():
        yield _entry("rule", None, "removed", json.loads(rule), None)
    for rule in (after - before).elements():
        yield _entry("rule", None, "added", None, json.loads(rule))


def _entry(what: str, name: str | None, change: str, old: Any, new: Any) -> dict[str, Any]:
    return {"what": what, "name": name, "change": change, "old": old, "new": new}
