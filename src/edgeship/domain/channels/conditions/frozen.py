"""What a freeze does to an operator's change that brings traffic to a release: refuse it, or record the override."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from edgeship.domain.calendar.freeze import FreezeRecord, freeze_summary, frozen_text, longest
from edgeship.domain.channels.channel import Moved
from edgeship.domain.errors import Refused
from edgeship.domain.events import Event


def despite_freezes(moved: Moved, freezes: tuple[FreezeRecord, ...], now: datetime, *, override: bool) -> Moved:
    """The change, conditioned on the freezes as they were read; with `override`, on none, and its events say which
    freeze it overrides.

    Raises:
        Refused: `frozen`.
    """
    frozen = longest(freezes, now)
    if override:
        return replace(moved, events=tuple(_overriding(e, frozen) for e in moved.events)) if frozen else moved
    if frozen is not None:
        what = frozen_text(frozen)
        raise Refused(
            "frozen",
            f"{moved.channel.name} of {moved.channel.widget} was not changed: {what}.",
            f"Lift the freeze (edgeship unfreeze {frozen.argument}), or repeat the command with --override: that is "
            "recorded.",
        )
    return replace(moved, unchanged=(*moved.unchanged, *freezes))


def _overriding(event: Event, frozen: FreezeRecord) -> Event:
    return replace(event, new={**(event.new or {}), "override": freeze_summary(frozen)})
