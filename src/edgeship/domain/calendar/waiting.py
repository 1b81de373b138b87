"""That a release of a widget waits for the end of a freeze or for a calendar window: the minute tick starts it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edgeship.domain.version import Version


@dataclass(frozen=True)
class WaitingRecord:
    """`version` is the release that was the last to be left; None when nothing waits. It is where to search, no
    decision: which release starts is decided then. `revision` counts the record's writes."""

    widget: str
    version: Version | None = None
    revision: int = 0


def left(record: WaitingRecord, version: Version) -> WaitingRecord | None:
    """The record after this release was left; None when it says so already.

    A release that it names was registered before the record was read, so who reads it finds that release.
    """
    return None if record.version == version else replace(record, version=version)


def none_waits(record: WaitingRecord) -> WaitingRecord | None:
    """The record when nothing waits any more; None when it says so already."""
    return None if record.version is None else replace(record, version=None)
