"""Live versions are checked for ever: each minute the watched ones, and every `TURNS` minutes, in turns, all others.

The metrics of a watched one are read each minute for an hour, and then every `SETTLED_TURNS` minutes.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final

from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import Phase

TURNS: Final = 15
SETTLED_PERIODS: Final = 60
SETTLED_TURNS: Final = 5


def turn_of(widget: str, channel: str) -> int:
    """The turn of a channel, 0 to 14: the same for ever, and about as many channels in each."""
    return _hash(f"{widget}/{channel}") % TURNS


def turn_at(at: datetime, period_seconds: int) -> int:
    """The turn of a period of the metrics, a minute."""
    return int(at.timestamp() // period_seconds) % TURNS


def is_due(channel: Channel, at: datetime, period_seconds: int) -> bool:
    """Whether the metrics of a watched channel are read in this period.

    It is each one in the first hour after a move or a step, once a bake is over, and while the live version or the
    candidate is known to be unhealthy or degraded. Later it is every `SETTLED_TURNS`th, the same one for all channels
    of a widget.
    """
    if _hash(channel.widget) % SETTLED_TURNS == int(at.timestamp() // period_seconds) % SETTLED_TURNS:
        return True
    if channel.alert is not None:
        return True
    changed = datetime.fromisoformat(channel.moved_at) if channel.moved_at is not None else at
    rollout = channel.rollout
    if rollout is not None and rollout.active:
        waits = rollout.phase is Phase.RUNNING and not rollout.held_by_person and at >= rollout.bakes_until
        if waits or rollout.alert is not None:
            return True
        changed = rollout.stepped_at
    return at - changed < timedelta(seconds=SETTLED_PERIODS * period_seconds)


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])
