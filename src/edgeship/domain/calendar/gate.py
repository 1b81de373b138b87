"""Whether releases and steps of a widget may start automatically now: what its freezes and calendar windows say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from edgeship.domain.calendar.calendar_windows import Window, closed_text, is_open
from edgeship.domain.calendar.freeze import FreezeRecord, frozen_text, longest
from edgeship.domain.requirements.environment import EnvironmentRecord


@dataclass(frozen=True)
class Gate:
    """`closed` is why nothing may start automatically now; None where it may. A change that relies on an open gate is
    conditioned on the records that it was read from, `relies_on`."""

    closed: str | None = None
    relies_on: tuple[FreezeRecord | EnvironmentRecord, ...] = ()


OPEN = Gate()


def gate_of(freezes: tuple[FreezeRecord, ...], windows: Sequence[Window], now: datetime) -> Gate:
    """The gate of a widget, from the records of the environment's freeze and of its own, and its policy's windows."""
    frozen = longest(freezes, now)
    if frozen is not None:
        return Gate(frozen_text(frozen), freezes)
    return Gate(closed_text(windows, now) if windows and not is_open(windows, now) else None, freezes)
