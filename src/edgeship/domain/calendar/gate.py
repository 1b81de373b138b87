"""Whether releases and steps of a widget may start automatically now: what its freezes say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edgeship.domain.calendar.freeze import FreezeRecord, frozen_text, longest


@dataclass(frozen=True)
class Gate:
    """`closed` is why nothing may start automatically now; None where it may. A change that relies on an open gate is
    conditioned on the `freezes` that it was read from."""

    closed: str | None = None
    freezes: tuple[FreezeRecord, ...] = ()


OPEN = Gate()


def gate_of(freezes: tuple[FreezeRecord, ...], now: datetime) -> Gate:
    """The gate of a widget, from the records of the environment's freeze and of its own."""
    frozen = longest(freezes, now)
    return Gate(frozen_text(frozen) if frozen is not None else None, freezes)
