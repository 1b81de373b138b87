"""Hold an act of a person to what the person saw."""

from __future__ import annotations

from edgeship.application.channels.ports import ChannelState
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.expectation import Act, Expected, changed_since, is_as_expected
from edgeship.domain.version import Version

EVENTS_READ = 50
"""To say who made the change: what the person saw is at most some hours old."""


def check_expected(
    state: ChannelState, act: Act, channel: Channel, expected: Expected | None, to: Version | None = None
) -> None:
    """Each attempt checks the channel that it has read: a race that was lost may have changed it.

    Raises:
        Refused: `changed_since`.
    """
    if expected is not None and not is_as_expected(act, channel, expected, to):
        raise changed_since(act, channel, expected, state.events(channel.widget, EVENTS_READ), to)
