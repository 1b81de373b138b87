"""What a person saw when they decided, carried through the form to the act.

Acts check it in their transaction. Only of a propagation, which changes no state, it is compared right before.
"""

from __future__ import annotations

from edgeship.domain.calendar.freeze import FreezeRecord
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.expectation import Act, Expected, subject_among
from edgeship.domain.errors import Refused
from edgeship.domain.releases.release import Release
from edgeship.domain.version import Version

_NONE = "-"
_DIGITS = 15


def seen_channel(channel: Channel) -> str:
    """Its live version and its candidate."""
    return f"{channel.version or _NONE} {channel.candidate or _NONE}"


def seen_lock(channel: Channel) -> str:
    return channel.lock.since if channel.lock is not None else _NONE


def seen_quarantine(release: Release) -> str:
    return release.quarantine.since if release.quarantine is not None else _NONE


def seen_freeze(record: FreezeRecord) -> str:
    return str(record.revision)


def revision_of(seen: str) -> int:
    """
    Raises:
        Refused: `seen_invalid`.
    """
    if not (seen.isascii() and seen.isdecimal() and len(seen) <= _DIGITS):
        raise _nothing_seen()
    return int(seen)


def expected(act: Act, seen: str, to: Version | None = None) -> Expected:
    """What an act on a channel expects by what was seen of it.

    Raises:
        Refused: `seen_invalid`: the form says nothing of it.
    """
    live, candidate = _versions(seen)
    rollouts = frozenset([candidate] if candidate is not None else [])
    return Expected(subject_among(act, live, candidate, to), rollouts)


def _versions(seen: str) -> tuple[Version | None, Version | None]:
    parts = seen.split(" ")
    if len(parts) != 2:
        raise _nothing_seen()
    live, candidate = (None if part == _NONE else Version.parse(part) for part in parts)
    return live, candidate


def _nothing_seen() -> Refused:
    return Refused("seen_invalid", "The form does not say what you saw.", "Start from the widget's page.")
