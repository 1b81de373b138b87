"""What an estimate of the cost needs from outside, as Protocols."""

from __future__ import annotations

from typing import Protocol

from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.policy import Widget


class CountedState(Protocol):
    """What is counted in the table."""

    def widgets(self) -> list[Widget]: ...

    def watched(self) -> list[Channel]: ...
