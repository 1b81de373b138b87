"""What this person was last shown of each channel, kept between commands in a small file.

The file never fails a command: where it can't be read or written, it is not known what was seen.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from edgeship.domain.channels.channel import Channel
from edgeship.domain.errors import Refused
from edgeship.domain.events import timestamp
from edgeship.domain.version import Version

LIFETIME = timedelta(hours=4)
"""After it, a person decides by something newer than what was shown."""
MOST = 2_000
"""Channels that the file holds: the newest."""
STATE_VARIABLE = "XDG_STATE_HOME"
FAULTS = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, Refused)


@dataclass(frozen=True)
class Seen:
    """A channel's live version and its candidate as they were shown at a time (aware)."""

    version: Version | None
    candidate: Version | None
    at: datetime


@dataclass(frozen=True)
class SeenChannels:
    """`scope` names the environment and the person."""

    path: Path | None
    scope: str

    def recall(self, widget: str, channel: str, now: datetime) -> Seen | None:
        """What was shown of a channel; None when nothing was, or too long ago."""
        entry = _read(self.path).get(self._key(widget, channel))
        try:
            seen = Seen(_version(entry["version"]), _version(entry["candidate"]), _time(entry))  # type: ignore[index]
            return seen if _is_fresh(seen.at, now) else None
        except FAULTS:
            return None

    def remember(self, channels: Iterable[Channel], now: datetime) -> None:
        """These channels are being shown."""
        shown = {self._key(channel.widget, channel.name): _entry(channel, now) for channel in channels}
        if not shown or self.path is None:
            return
        kept = {key: entry for key, entry in _read(self.path).items() if _fresh_entry(entry, now)}
        newest = sorted({**kept, **shown}.items(), key=lambda item: str(item[1]["at"]), reverse=True)[:MOST]
        with suppress(OSError):
            _write(self.path, json.dumps(dict(newest), separators=(",", ":")))

    def _key(self, widget: str, channel: str) -> str:
        return f"{self.scope} {widget} {channel}"


def state_file(environ: Mapping[str, str]) -> Path | None:
    """Where it is: https://specifications.freedesktop.org/basedir-spec/latest/ (a relative path is not valid). None
    where this user has no home."""
    said = Path(environ.get(STATE_VARIABLE, ""))
    try:
        base = said if said.is_absolute() else Path.home() / ".local" / "state"
    except RuntimeError:
        return None
    return base / "edgeship" / "seen.json"


def _read(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        found = json.loads(path.read_bytes())
    except FAULTS:
        return {}
    return found if isinstance(found, dict) else {}


def _write(path: Path, text: str) -> None:
    """Whole or not at all: another command may read it at any moment."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink()
        raise


def _entry(channel: Channel, now: datetime) -> dict[str, Any]:
    return {
        "version": str(channel.version) if channel.version else None,
        "candidate": str(channel.candidate) if channel.candidate else None,
        "at": timestamp(now),
    }


def _fresh_entry(entry: object, now: datetime) -> bool:
    try:
        return _is_fresh(_time(entry), now)
    except FAULTS:
        return False


def _time(entry: Any) -> datetime:
    return datetime.fromisoformat(entry["at"]).astimezone(UTC)


def _version(text: str | None) -> Version | None:
    return Version.parse(text) if text is not None else None


def _is_fresh(at: datetime, now: datetime) -> bool:
    # A clock that was set back is no reason to trust what it said before.
    return timedelta(0) <= now - at + timedelta(seconds=1) <= LIFETIME
