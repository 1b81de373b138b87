"""What an act of a person is about, and whether that is still what the person saw when they decided.

- acts on a rollout are about its candidate; a rollback is about the version that it quarantines; a promotion and the
  start of a rollout are about the version that they start from
- an act whose subject has changed is refused, also when it changes while the act is tried
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from edgeship.domain.channels.channel import Channel
from edgeship.domain.errors import Refused
from edgeship.domain.events import Event, EventType
from edgeship.domain.naming import LATEST
from edgeship.domain.version import Version

NOTHING = "none"
"""How a command names that a channel points at no version."""


class Act(StrEnum):
    """Its command."""

    PROMOTE = "promote"
    START = "rollout start"
    ROLL_BACK = "rollback"
    ADVANCE = "rollout advance"
    PAUSE = "rollout pause"
    RESUME = "rollout resume"
    HOLD = "rollout hold"
    ABORT = "rollout abort"
    CANCEL = "rollout cancel"

    @property
    def starts(self) -> bool:
        """Whether it starts from the live version."""
        return self in (Act.PROMOTE, Act.START)

    @property
    def steers(self) -> bool:
        """Whether it is about the rollout under way."""
        return not self.starts and self is not Act.ROLL_BACK


@dataclass(frozen=True)
class Expected:
    """The subject of an act as the person saw it; None: the channel pointed at no version. `rollouts` has the candidate
    that they saw, if any: a promotion aborts no other rollout. None: it is not known what they saw of it."""

    version: Version | None
    rollouts: frozenset[Version] | None = None

    def allows(self, channel: Channel, target: Version | None) -> bool:
        """Whether the person knew of the rollout that a move to `target` would abort."""
        return self.rollouts is None or channel.candidate in (None, target) or channel.candidate in self.rollouts


def subject(act: Act, channel: Channel, to: Version | None = None) -> Version | None:
    """The version that an act is about now; None when there is none. `to` is the target of a rollback."""
    return subject_among(act, channel.version, channel.candidate, to)


def subject_among(
    act: Act, live: Version | None, candidate: Version | None, to: Version | None = None
) -> Version | None:
    """The version that an act is about where these are live and rolled out."""
    if act.starts:
        return live
    if act.steers or (candidate is not None and to in (None, live)):
        return candidate
    return live


def ends_rollout(channel: Channel, to: Version | None) -> bool:
    """Whether a rollback aborts the rollout under way and leaves the stable version."""
    return channel.candidate is not None and to in (None, channel.version)


def is_as_expected(act: Act, channel: Channel, expected: Expected | None, to: Version | None = None) -> bool:
    """Whether the act is about what the person saw; nothing is checked of a caller who names nothing. A rollback or a
    promotion moves `to` a target."""
    if expected is None:
        return True
    return subject(act, channel, to) == expected.version and (not act.starts or expected.allows(channel, to))


def changed_since(
    act: Act, channel: Channel, expected: Expected, recent: Iterable[Event], to: Version | None = None
) -> Refused:
    """Why an act is refused whose subject has changed: what was seen, and what is there now, since when and by whom.

    `recent` has the widget's events, newest first.
    """
    name = f"{channel.name} of {channel.widget}"
    return Refused(
        "changed_since",
        f"This expects {_expected(act, channel, expected)}, but {name} {_now(channel)}{_since(act, channel, recent)}. "
        "Nothing was changed.",
        f"Check edgeship status {channel.widget}. {_instead(act, channel, expected, to)}",
    )


def _expected(act: Act, channel: Channel, expected: Expected) -> str:
    if act.steers:
        return f"a rollout to {expected.version}"
    if act.starts:
        beside = "" if expected.rollouts is None else f" with {_rollouts(expected.rollouts)}"
        return f"{channel.name} at {expected.version or 'no version'}{beside}"
    return f"to roll {expected.version} back"


def _rollouts(seen: frozenset[Version]) -> str:
    return f"a rollout to {', '.join(map(str, seen))}" if seen else "no rollout"


def _now(channel: Channel) -> str:
    at = f"is at {channel.version}" if channel.version is not None else "points at no version"
    return f"{at}, with a rollout to {channel.candidate}" if channel.candidate is not None else at


_MOVES = frozenset({EventType.POINTER_MOVED})
_ENDS_AND_STARTS = frozenset(
    {
        EventType.ROLLOUT_STARTED,
        EventType.ROLLOUT_COMPLETED,
        EventType.ROLLOUT_ABORTED,
        EventType.ROLLOUT_CANCELLED,
    }
)


def _since(act: Act, channel: Channel, recent: Iterable[Event]) -> str:
    """Since when, by whom and why it is so; empty where that is older than the events at hand."""
    kinds = _MOVES if act.starts and channel.candidate is None else _MOVES | _ENDS_AND_STARTS
    for event in recent:
        if event.type in kinds and event.new is not None and event.new["channel"] == channel.name:
            return f", since {event.occurred_at} by {event.actor} ({event.cause})"
    return f", since {channel.moved_at} by {channel.moved_by}" if channel.moved_at else ""


def _instead(act: Act, channel: Channel, expected: Expected, to: Version | None) -> str:
    now = subject(act, channel, to)
    if now is not None or act.starts:
        return f"If you still want it, add --expect {now or NOTHING} to the command."
    if act.steers and expected.version is not None and channel.version == expected.version:
        on = "" if channel.name == LATEST else f" --channel {channel.name}"
        return (
            f"To roll {channel.version} back: edgeship {Act.ROLL_BACK} {channel.widget}{on} --expect {channel.version}."
        )
    return "There is nothing left to do it to."
