"""The end of an alert: the live version is healthy again, so its next breach is another incident."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from edgeship.domain.channels.channel import Channel, Moved
from edgeship.domain.channels.channel_events import channel_event
from edgeship.domain.events import EventType, Occasion
from edgeship.domain.health.analysis import AnalysisResult, Health

CALM_PERIODS = 15
"""The least age of an alert that ends: the minutes that caused it may not all be among the metrics yet. An analysis has
a memory of an hour for most breaches, so it ends an alert later than this."""


def recover(channel: Channel, analysis: AnalysisResult, occasion: Occasion, period_seconds: int) -> Moved | None:
    """End the alert of the live version; None when there is none, or the version is not known to be healthy."""
    alert = channel.alert
    if alert is None or analysis.health is not Health.HEALTHY:
        return None
    if occasion.at - datetime.fromisoformat(alert.since) < timedelta(seconds=CALM_PERIODS * period_seconds):
        return None
    after = replace(channel, alert=None)
    because = occasion.because(analysis.reason)
    event = channel_event(EventType.RELEASE_RECOVERED, channel, after, because, analysis.numbers())
    return Moved(after, (event,))
