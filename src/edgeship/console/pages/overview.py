"""The overview: every widget, those that need a person first."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from edgeship.application.status.read_overview import Overview, WidgetOverview
from edgeship.application.status.read_recent_events import last_change
from edgeship.console.desk import Desk
from edgeship.console.live_overview import LiveOverview
from edgeship.console.rendering import page
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import Phase
from edgeship.domain.naming import LATEST
from edgeship.domain.propagation.deployment import FREE_PATHS_A_MONTH
from edgeship.domain.status.standing import Need, Standing, next_command

QUIET_SHOWN = 100
"""Widgets that need nobody; all of them are listed on demand."""


@dataclass(frozen=True)
class Row:
    """A widget in the list: its main channel, what it asks of people, and when it changed last (RFC 3339)."""

    widget: str
    channel: Channel
    standings: tuple[Standing, ...]
    changed_at: str | None
    others: tuple[Channel, ...]

    @property
    def need(self) -> Need:
        return self.standings[0].need

    @property
    def urgent(self) -> list[Standing]:
        return [standing for standing in self.standings if standing.need.of_a_person]

    @property
    def command(self) -> str | None:
        return next_command(self.urgent)

    @property
    def health(self) -> str:
        """By the alerts that the minute tick has set; the numbers are on the widget's page."""
        channels = (self.channel, *self.others)
        if any(channel.alert is not None for channel in channels):
            return "unhealthy"
        watched = [c.rollout for c in channels if c.rollout is not None and c.rollout.active]
        return next((str(rollout.alert.health) for rollout in watched if rollout.alert is not None), "no alert")

    @property
    def locked(self) -> bool:
        return any(channel.lock is not None for channel in (self.channel, *self.others))

    @property
    def frozen(self) -> bool:
        return any(standing.need is Need.FROZEN for standing in self.standings)

    @property
    def quarantined(self) -> str | None:
        """What was rolled back or aborted last, while its channel is still locked."""
        rollout = self.channel.rollout
        ended = rollout is not None and rollout.phase in (Phase.ABORTED, Phase.ROLLED_BACK)
        return str(rollout.candidate) if rollout is not None and ended and self.channel.lock is not None else None


class OverviewPage:
    def __init__(self, desk: Desk, overview: LiveOverview) -> None:
        self._desk, self._overview = desk, overview

    def whole(self, request: Request) -> Response:
        return self._page(request, "overview.html")

    def part(self, request: Request) -> Response:
        """What is asked for again and again."""
        return self._page(request, "_overview.html")

    def _page(self, request: Request, template: str) -> Response:
        read = self._overview.get()
        asked = request.query_params.get("q", "").strip()[:100]
        every = request.query_params.get("all") == "1"
        if read.value is None:
            return page(self._desk, request, template, failure=read.failure, found=None, asked=asked, every=every)
        rows = [_row(widget) for widget in read.value.widgets if asked.casefold() in widget.widget.casefold()]
        rows.sort(key=lambda row: (row.need, row.widget))
        quiet = [row for row in rows if not row.need.of_a_person]
        return page(
            self._desk,
            request,
            template,
            failure=None,
            found=read.value,
            asked=asked,
            every=every,
            needing=[row for row in rows if row.need.of_a_person],
            quiet=quiet if every else quiet[:QUIET_SHOWN],
            left_out=0 if every else max(0, len(quiet) - QUIET_SHOWN),
            warnings=_warnings(read.value),
        )


def _row(widget: WidgetOverview) -> Row:
    channels = sorted(widget.channels, key=lambda channel: channel.name != LATEST)
    first = channels[0] if channels else Channel(widget.widget, LATEST)
    return Row(widget.widget, first, widget.standings, last_change(widget.channels), tuple(channels[1:]))


def _warnings(found: Overview) -> list[str]:
    """What is not right around the widgets."""
    edge, said = found.edge, []
    if edge.problem:
        said.append(f"The edge's store is not known: {edge.problem}")
    if edge.is_behind:
        which = f" for {', '.join(edge.behind)}" if edge.behind else ""
        said.append(f"The edge's store is behind the table{which}; the minute tick repairs it.")
    said += [
        f"Flag {key} is not at the edge: {reason}; apply it again, or delete it."
        for key, reason in found.flags_left_out.items()
    ]
    if found.invalidation_paths > FREE_PATHS_A_MONTH // 2:
        free = f"{found.invalidation_paths:,} of the {FREE_PATHS_A_MONTH:,} that are free"
        said.append(f"Invalidation paths in {found.month}: {free}.")
    return said
