"""When the metrics of a watched channel are read: `is_due`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from edgeship.domain.channels.alert import Alert
from edgeship.domain.channels.channel import Channel, Watch
from edgeship.domain.channels.incidents.turns import SETTLED_PERIODS, SETTLED_TURNS, is_due
from edgeship.domain.channels.rollout import Held, Phase, Step, start
from edgeship.domain.events import timestamp
from edgeship.domain.version import Version

MOVED = datetime(2026, 11, 23, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ALERT = Alert(timestamp(MOVED), "error rate 40 %")
LIVE = Channel(
    "checkout",
    "latest",
    Version(1, 0, 0),
    moved_at=timestamp(MOVED),
    exposed_at=MOVED,
    watch=Watch(MOVED + timedelta(days=1), automatic_rollback=True),
)
STEPPED = MOVED + timedelta(hours=30)
ROLLOUT = start(Version(1, 1, 0), (Step(1, 6 * 3600), Step(100, 0)), STEPPED)
ROLLING = replace(LIVE, watch=None, rollout=ROLLOUT)
PERSON = Held(STEPPED, "wait for the team", by="ann")


def due(channel: Channel, since: datetime, minutes: int) -> list[int]:
    """The minutes after `since` in which it is read."""
    return [minute for minute in range(minutes) if is_due(channel, since + minute * MINUTE, 60)]


@pytest.mark.parametrize(("channel", "since"), [(LIVE, MOVED), (ROLLING, STEPPED)], ids=["live", "rolling"])
def test_each_minute_for_an_hour_and_then_every_fifth(channel: Channel, since: datetime) -> None:
    read = due(channel, since, 6 * 60)
    assert read[:SETTLED_PERIODS] == list(range(SETTLED_PERIODS))
    later = read[SETTLED_PERIODS:]
    assert len(later) == (6 * 60 - SETTLED_PERIODS) // SETTLED_TURNS
    assert {after - before for before, after in pairwise(later)} == {SETTLED_TURNS}


@pytest.mark.parametrize(
    "channel",
    [
        replace(LIVE, alert=ALERT),
        replace(ROLLING, alert=ALERT),
        replace(ROLLING, rollout=replace(ROLLOUT, alert=ALERT)),
        replace(ROLLING, rollout=replace(ROLLOUT, stepped_at=STEPPED + timedelta(hours=9))),
        # Since the bake is over, each minute may bring the sessions that it waits for.
        replace(ROLLING, rollout=replace(ROLLOUT, steps=(Step(1, 3600), Step(100, 0)))),
        replace(ROLLING, rollout=replace(ROLLOUT, steps=(Step(1, 60), Step(100, 0)), held=Held(STEPPED, "few"))),
        replace(LIVE, moved_at=None),
    ],
    ids=["alert", "stable unhealthy", "candidate unhealthy", "new step", "bake over", "held by few", "never moved"],
)
def test_each_minute(channel: Channel) -> None:
    assert due(channel, STEPPED + timedelta(hours=9), 60) == list(range(60))


@pytest.mark.parametrize(
    "channel",
    [
        replace(ROLLING, rollout=replace(ROLLOUT, phase=Phase.PAUSED)),
        replace(ROLLING, rollout=replace(ROLLOUT, steps=(Step(1, 60), Step(100, 0)), held=PERSON)),
        # What a rollout that is over had is nobody's any more.
        replace(LIVE, rollout=replace(ROLLOUT, phase=Phase.ABORTED, alert=ALERT)),
    ],
    ids=["paused", "held by a person", "after an aborted rollout"],
)
def test_every_fifth_minute(channel: Channel) -> None:
    assert len(due(channel, STEPPED + timedelta(hours=9), 60)) == 60 / SETTLED_TURNS


def test_all_channels_of_a_widget_have_the_same_minute_and_widgets_are_spread() -> None:
    at = MOVED + timedelta(days=3)
    assert due(LIVE, at, 60) == due(replace(LIVE, name="next"), at, 60)
    first = [due(replace(LIVE, widget=f"widget-{number}"), at, SETTLED_TURNS)[0] for number in range(1_000)]
    assert all(150 < first.count(minute) < 250 for minute in range(SETTLED_TURNS))
