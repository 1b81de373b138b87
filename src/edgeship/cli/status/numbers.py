"""What browsers reported of a candidate beside the stable version: as text, and under `--json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from edgeship.application.status.read_numbers import ChannelNumbers
from edgeship.cli.output import grid, plain
from edgeship.domain.health.comparison import interval
from edgeship.domain.health.comparison_record import Comparison
from edgeship.domain.plain_text import ago, number

if TYPE_CHECKING:
    from rich.console import RenderableType

Document = Mapping[str, Any]

_ROWS = (("error rate", "error_rate"), ("p95 load", "latency_p95"), ("p95 memory", "memory_p95"))


def numbers_document(numbers: ChannelNumbers | None) -> dict[str, Any] | None:
    """None where no version of the channel has reported anything."""
    if numbers is None or not numbers.pages:
        return None
    channel = numbers.channel
    listed = [("candidate", channel.candidate), ("stable", channel.version)]
    return {
        "versions": [
            {
                "version": str(version),
                "role": role,
                **{
                    name: numbers.pages[version][name]
                    for name in ("status", "measured_from", "measured_at", "stale", "analysis", "metrics")
                },
            }
            for role, version in listed
            if version is not None and version in numbers.pages
        ],
        "comparison": _comparison(numbers.comparison),
    }


def _comparison(kept: Comparison | None) -> dict[str, Any] | None:
    if kept is None:
        return None
    total = kept.evidence.total
    low, high = interval(total)
    return {
        "since": kept.exposed_at.isoformat(),
        "through": kept.through.isoformat(),
        "candidate": {"sessions": total.candidate.sessions, "failed": total.candidate.failed},
        "stable": {"sessions": total.stable.sessions, "failed": total.stable.failed},
        "interval_points": [round(100 * low, 3), round(100 * high, 3)],
        "odds": round(kept.evidence.odds, 2),
    }


def numbers_shown(document: Document | None) -> RenderableType | None:
    """A column a version, with the limits; None where there is nothing to show."""
    if document is None:
        return None
    versions: Sequence[Document] = document["versions"]
    measured = [version for version in versions if version["metrics"]]
    if not measured:
        return plain("no sessions yet", "dim")
    rows = [["", *(each["version"] for each in measured), "limit"]]
    rows.append(["sessions", *(f"{each['metrics']['sessions']['value']:,}" for each in measured), ""])
    for label, name in _ROWS:
        first = measured[0]["metrics"][name]
        rows.append(
            [label, *(_value(each["metrics"][name]) for each in measured), _with_unit(first["limit"], first["unit"])]
        )
    rows.append(["health", *(each["status"] for each in measured), ""])
    return grid([_styled(row, measured) for row in rows])


def numbers_notes(document: Document | None, now: datetime) -> list[str]:
    """The time of the numbers, and what the comparison says so far."""
    if document is None:
        return []
    notes = []
    measured = [each for each in document["versions"] if each["measured_at"]]
    if measured:
        first = measured[0]
        stale = "; no new numbers come" if first["stale"] else ""
        notes.append(f"read {ago(first['measured_at'], now)}{stale}")
    compared = document["comparison"]
    if compared and compared["candidate"]["sessions"]:
        low, high = compared["interval_points"]
        ours, theirs = (
            f"{each['failed']:,} of {each['sessions']:,}" for each in (compared["candidate"], compared["stable"])
        )
        notes.append(
            f"evidence that the candidate fails more: {number(compared['odds'])} to 1 (failed sessions: {ours}, "
            f"stable: {theirs}; 95 % interval {low:g} to {high:g} points)"
        )
    return notes


def _value(metric: Document) -> str:
    return _with_unit(metric["value"], metric["unit"]) or "-"


def _with_unit(value: float | None, unit: str) -> str:
    return f"{number(value)} {unit}" if value is not None else ""


def _styled(row: Sequence[str], measured: Sequence[Document]) -> list[Any]:
    name = next((name for label, name in _ROWS if label == row[0]), None)
    styles = ["dim", *("" for _ in measured), "dim"]
    if name is not None:
        bad = ["bold red" if each["metrics"][name]["within_limit"] is False else "" for each in measured]
        styles[1:-1] = bad
    if row[0] == "health":
        styles[1:-1] = ["bold red" if each["status"] == "unhealthy" else "" for each in measured]
    return [plain(cell, style) for cell, style in zip(row, styles, strict=True)]
