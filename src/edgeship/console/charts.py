"""The charts of a channel: what is drawn, and the same as a table for who can't see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from edgeship.application.status.read_series import ChannelSeries, VersionSeries
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.notifications.event_text import describe
from edgeship.domain.plain_text import cut, number

MAX_MARK = 80
"""Characters of what happened, at a mark."""


@dataclass(frozen=True)
class Chart:
    """`data` is for the drawing: the times in seconds since the epoch, and a line a version, whose values are None in
    periods without one. `rows` are the same as text: the time, and a value a version."""

    title: str
    unit: str
    columns: tuple[str, ...]
    data: dict[str, Any]
    rows: tuple[tuple[str, ...], ...]
    summary: str


Value = Callable[[Datapoint], float | None]


def charts_of(series: ChannelSeries) -> list[Chart]:
    """Error rate, p95 load latency, p95 memory and sessions of the channel's versions."""
    limits = series.limits
    return [
        _chart(series, "Error rate", "%", lambda datapoint: datapoint.error_rate, limits.error_rate),
        _chart(series, "p95 load latency", "ms", lambda datapoint: datapoint.latency_ms, limits.latency_ms),
        _chart(series, "p95 memory", "MB", lambda datapoint: datapoint.memory_mb, limits.memory_mb),
        _chart(series, "Sessions", "", lambda datapoint: float(datapoint.sessions), None),
    ]


def _chart(series: ChannelSeries, title: str, unit: str, value: Value, limit: float | None) -> Chart:
    starts = sorted({datapoint.start for version in series.versions for datapoint in version.datapoints})
    columns = tuple(f"{version.role} {version.version}" for version in series.versions)
    lines = [_line(version, starts, value) for version in series.versions]
    return Chart(
        title,
        unit,
        columns,
        {
            "unit": unit,
            "limit": limit,
            "from": round(series.since.timestamp()),
            "to": round(series.until.timestamp()),
            "times": [round(start.timestamp()) for start in starts],
            "lines": [
                {"label": label, "role": version.role, "values": line}
                for label, version, line in zip(columns, series.versions, lines, strict=True)
            ],
            "marks": [
                {
                    "at": round(_at(event.occurred_at).timestamp()),
                    "time": f"{_at(event.occurred_at).astimezone(UTC):%H:%M}",
                    "text": cut(describe(event), MAX_MARK),
                }
                for event in series.marks
            ],
        },
        tuple(
            (f"{start.astimezone(UTC):%H:%M:%S}", *(_text(line[place]) for line in lines))
            for place, start in reversed(list(enumerate(starts)))
        ),
        _summary(columns, lines, unit, limit),
    )


def _line(version: VersionSeries, starts: Sequence[datetime], value: Value) -> list[float | None]:
    known = {datapoint.start: value(datapoint) for datapoint in version.datapoints}
    values = (known.get(start) for start in starts)
    return [round(each, 3) if each is not None else None for each in values]


def _summary(columns: Sequence[str], lines: Iterable[Sequence[float | None]], unit: str, limit: float | None) -> str:
    """The newest value of each, in words."""
    said = []
    for label, line in zip(columns, lines, strict=True):
        newest = next((each for each in reversed(line) if each is not None), None)
        said.append(f"{label} {_text(newest)}{f' {unit}' if newest is not None and unit else ''}")
    bound = f"; limit {number(limit)} {unit}" if limit is not None else ""
    return f"{', '.join(said)}{bound}"


def _text(value: float | None) -> str:
    return number(value) if value is not None else "-"


def _at(timestamp: str) -> datetime:
    return datetime.fromisoformat(timestamp)
