"""One widget: its channels, what browsers report of them, its errors, releases and history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from edgeship.application.status.explain_errors import ExplainedError
from edgeship.application.status.read_numbers import ChannelNumbers
from edgeship.application.status.read_series import ChannelSeries
from edgeship.application.status.read_status import Status, WidgetStatus
from edgeship.console.charts import Chart, charts_of
from edgeship.console.desk import Desk, Part
from edgeship.console.rendering import page
from edgeship.domain.channels.channel import Channel
from edgeship.domain.health.comparison import interval
from edgeship.domain.naming import LATEST, check_widget
from edgeship.domain.propagation.deployment import Deployment
from edgeship.domain.releases.release import Release
from edgeship.domain.status.acts import PossibleAct, further_acts, possible_acts
from edgeship.domain.status.standing import Need, rolls_back_automatically, time_left
from edgeship.domain.telemetry.source_place import SourcePlace
from edgeship.domain.version import Version

PERIODS = 60
"""An hour of datapoints, as the minute tick reads."""
ERRORS_SHOWN = 10
RELEASES_SHOWN = 20
EVENTS_SHOWN = 30
_METRICS = (("error rate", "error_rate"), ("p95 load", "latency_p95"), ("p95 memory", "memory_p95"))


@dataclass(frozen=True)
class ChannelView:
    """A channel as it is shown: `left` are the seconds to the next step and to the end of its rollout."""

    channel: Channel
    acts: tuple[PossibleAct, ...]
    deployment: Deployment | None
    left: tuple[float, float] | None
    rolls_back: bool
    frozen: bool


@dataclass(frozen=True)
class Numbers:
    """The pages of a channel's versions side by side, and the evidence of the test."""

    channel: str
    columns: tuple[tuple[str, str, Mapping[str, Any]], ...]
    rows: tuple[tuple[str, str], ...]
    evidence: str | None


@dataclass(frozen=True)
class ReleaseRow:
    """A release in the list, with the channels that it is live on, and how much larger it is than the one before."""

    release: Release
    channels: tuple[str, ...]
    growth: int | None


Errors = tuple[Version | None, list[ExplainedError]]


class WidgetPage:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def whole(self, request: Request) -> Response:
        widget = check_widget(request.path_params["widget"])
        return page(self._desk, request, "widget.html", widget=widget, **self._read(widget, _PARTS))

    def part(self, request: Request) -> Response:
        """One of its parts, asked for again and again."""
        widget, name = check_widget(request.path_params["widget"]), request.path_params["name"]
        if name not in _PARTS:
            raise HTTPException(404)
        return page(self._desk, request, f"_{name}.html", widget=widget, **self._read(widget, (name,)))

    def _read(self, widget: str, parts: Sequence[str]) -> dict[str, Any]:
        """The state first, which the others need; then they, side by side. One that is denied leaves the rest."""
        desk, operator = self._desk, self._desk.operator
        found = operator.status(widget)
        status = found.widgets[0] if found.widgets else None
        channels = sorted(status.channels, key=lambda each: (each.name != LATEST, each.name)) if status else []
        reads: dict[str, Callable[[], Any]] = {
            "numbers": lambda: [_numbers(each) for each in operator.numbers(channels) if each.pages],
            "charts": lambda: _charts(operator.series(channels, PERIODS)),
            "errors": lambda: self._errors(widget, status.subject if status is not None else None),
            "releases": lambda: _releases(operator.state.releases(widget), channels),
            "history": lambda: operator.recent_events.of_widget(widget, EVENTS_SHOWN),
        }
        wanted = {*parts, "numbers"} if "channels" in parts else set(parts)
        needed = {name: read for name, read in reads.items() if name in wanted}
        with ThreadPoolExecutor(len(reads)) as pool:
            futures = {name: pool.submit(desk.part, read) for name, read in needed.items()}
            done: dict[str, Part[Any]] = {name: future.result() for name, future in futures.items()}
        return {
            "found": found,
            "status": status,
            "channels": [_channel(each, status, found) for each in channels] if status else [],
            "may_act": not desk.read_only,
            **done,
        }

    def _errors(self, widget: str, version: Version | None) -> Errors:
        return version, self._desk.operator.errors(widget, version)[:ERRORS_SHOWN] if version is not None else []


_PARTS = ("channels", "charts", "errors", "releases", "history")


def _channel(channel: Channel, status: WidgetStatus, found: Status) -> ChannelView:
    now = found.at
    mismatched = any(each.need is Need.MISMATCH and each.channel == channel.name for each in status.standings)
    good = status.can_roll_back_to.__contains__
    rollout = channel.rollout
    return ChannelView(
        channel,
        (*possible_acts(channel, good, mismatched), *further_acts(channel)),
        next((each for each in status.deployments if each.channel == channel.name), None),
        time_left(rollout, now) if rollout is not None and rollout.active else None,
        rolls_back_automatically(channel, good, now),
        any(each.need is Need.FROZEN for each in status.standings),
    )


def _numbers(found: ChannelNumbers) -> Numbers:
    channel = found.channel
    roles = (("candidate", channel.candidate), ("stable", channel.version))
    columns = tuple(
        (role, str(version), found.pages[version])
        for role, version in roles
        if version is not None and version in found.pages
    )
    return Numbers(channel.name, columns, _METRICS, _evidence(found))


def _evidence(found: ChannelNumbers) -> str | None:
    """What the comparison of the rollout says so far."""
    compared = found.comparison
    if compared is None or not compared.evidence.total.candidate.sessions:
        return None
    total = compared.evidence.total
    low, high = interval(total)
    ours, theirs = (f"{each.failed:,} of {each.sessions:,}" for each in (total.candidate, total.stable))
    return (
        f"Evidence that the candidate fails more: {compared.evidence.odds:,.2f} to 1. Failed sessions: {ours} of the "
        f"candidate, {theirs} of the stable version; 95 % interval {100 * low:+.2f} to {100 * high:+.2f} points."
    )


def _charts(found: Sequence[ChannelSeries]) -> list[tuple[str, list[Chart]]]:
    return [(series.channel.name, charts_of(series)) for series in found]


def _releases(releases: Sequence[Release], channels: Sequence[Channel]) -> tuple[list[ReleaseRow], int]:
    """The newest, and how many there are in all."""
    live: dict[Version, list[str]] = {}
    for channel in channels:
        for version, name in ((channel.version, channel.name), (channel.candidate, f"{channel.name}, candidate")):
            if version is not None:
                live.setdefault(version, []).append(name)
    rows = [
        ReleaseRow(release, tuple(live.get(release.version, ())), _growth(release, releases[number + 1 : number + 2]))
        for number, release in enumerate(releases[:RELEASES_SHOWN])
    ]
    return rows, len(releases)


def _growth(release: Release, before: Sequence[Release]) -> int | None:
    return release.total_bytes - before[0].total_bytes if before else None


def place_text(error: ExplainedError) -> tuple[str, str | None] | None:
    """Where it was thrown, and the line of source if the map has it; None where no frame is known."""
    if not error.places:
        return None
    place = error.places[0]
    if isinstance(place, SourcePlace):
        function = f" in {place.function}" if place.function else ""
        return f"{place.file}:{place.line}:{place.column}{function}", place.text
    return f"{error.error.frames[0]} ({place})", None
