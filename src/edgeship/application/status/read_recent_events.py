"""What happened lately in a whole environment, in a number of calls that does not grow with it.

Events are kept by widget. So those of the widgets that changed last are read, by what the overview knows of them, and
those that belong to no widget: of flags, and of the environment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from edgeship.application.status.ports import EnvironmentState
from edgeship.application.status.read_overview import WidgetOverview
from edgeship.domain.channels.channel import Channel
from edgeship.domain.events import Event, timestamp

WIDGETS_READ = 20
OF_A_WIDGET = 20
PARALLEL = 8


@dataclass(frozen=True)
class ReadRecentEvents:
    state: EnvironmentState

    def __call__(self, widgets: Iterable[WidgetOverview], limit: int) -> list[Event]:
        """The newest first, in `WIDGETS_READ` calls and two more. An event of a widget in which many others changed
        since is missing; its own history has it."""
        newest = sorted(widgets, key=_changed_at, reverse=True)[:WIDGETS_READ]
        with ThreadPoolExecutor(PARALLEL) as pool:
            of_widgets = [pool.submit(self.state.events, each.widget, OF_A_WIDGET) for each in newest]
            others = [pool.submit(self.state.events, None, limit), pool.submit(self.state.environment_events, limit)]
        return _newest((event for found in (*of_widgets, *others) for event in found.result()), limit)

    def of_widget(self, widget: str, limit: int) -> list[Event]:
        """Of one widget, with those of the environment: the newest first."""
        return _newest([*self.state.events(widget, limit), *self.state.environment_events(limit)], limit)


def _newest(events: Iterable[Event], limit: int) -> list[Event]:
    return sorted(events, key=lambda event: (event.occurred_at, event.event_id), reverse=True)[:limit]


def _changed_at(widget: WidgetOverview) -> str:
    return max((_last_change(channel) for channel in widget.channels), default="")


def _last_change(channel: Channel) -> str:
    """RFC 3339 in UTC: it orders as text."""
    rollout = channel.rollout
    held = rollout.paused or rollout.held if rollout is not None else None
    times = [
        channel.moved_at,
        channel.lock.since if channel.lock is not None else None,
        channel.alert.since if channel.alert is not None else None,
        timestamp(rollout.stepped_at) if rollout is not None else None,
        timestamp(held.since) if held is not None else None,
    ]
    return max((each for each in times if each), default="")


def last_change(channels: Sequence[Channel]) -> str | None:
    """When any of the channels changed last (RFC 3339); None where no change is known."""
    return max(map(_last_change, channels), default="") or None
