"""How many page views reported the live versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from edgeship.application.channels.ports import ChannelState
from edgeship.application.health.ports import Metrics, Span
from edgeship.application.ports import Clock
from edgeship.domain.channels.channel import Channel
from edgeship.domain.doctor.work import ARRIVAL_HOURS, YOUNG_HOURS, Arrived
from edgeship.domain.naming import LATEST

MAX_COUNTED = 20
"""Widgets; each costs eight metrics of GetMetricData, $0.01 per 1,000
(https://aws.amazon.com/cloudwatch/pricing/)."""


@dataclass(frozen=True)
class CountArrivals:
    state: ChannelState
    metrics: Metrics
    clock: Clock

    def __call__(self) -> list[Arrived]:
        """Of the first `MAX_COUNTED` widgets whose `latest` has been live for a while."""
        now = self.clock()
        names = [widget.name for widget in self.state.widgets()][:MAX_COUNTED]
        live = [channel for name in names if _is_expected(channel := self.state.channel(name, LATEST), now)]
        spans = {}
        for channel in live:
            assert channel.version is not None
            span = Span((channel.widget, channel.version), now - timedelta(hours=ARRIVAL_HOURS), now)
            spans[span] = channel
        totals = self.metrics.totals(list(spans)) if spans else {}
        return [
            Arrived(channel.widget, str(channel.version), totals[span].sessions, totals[span].unverified_sessions)
            for span, channel in spans.items()
        ]


def _is_expected(channel: Channel, now: datetime) -> bool:
    if channel.version is None or channel.moved_at is None:
        return False
    return now - datetime.fromisoformat(channel.moved_at) >= timedelta(hours=YOUNG_HOURS)
