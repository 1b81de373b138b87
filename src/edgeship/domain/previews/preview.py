"""The previews of a widget: builds that nobody has released, each served for some time under a name of its own.

- a preview is no release: it binds no version, and no channel, range or flag leads to it
- its time runs from the upload, so that a late delivery of the upload makes it no longer
- a name that is published again leads to the newest upload, whatever the order in which uploads are delivered
- pages that loaded a build go on with it: the last builds of a preview's life are served beside the newest
- what has ended stays in the record, for longer than an upload is delivered; so no delivery brings it back
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from edgeship.domain.errors import Refused
from edgeship.domain.events import Event, EventType, Occasion, timestamp
from edgeship.domain.previews.comparison import Comparison
from edgeship.domain.provenance.signed import Signed
from edgeship.domain.releases.entry import Entry

MAX_PREVIEWS = 50
"""Of a widget, at a time."""
MAX_EARLIER = 3
"""Builds that are served beside the newest."""
KEPT_ENDED = timedelta(days=2)
"""For longer than EventBridge and Lambda deliver an upload: 24 hours, and 6
(https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html)."""


MAX_ENDED = 200
"""Of those, the last. With the previews that are served, a record has at most 300 kB, and an item of the table 400."""


class End(StrEnum):
    """Why a preview is no longer served."""

    EXPIRED = "expired"
    REMOVED = "removed"


@dataclass(frozen=True)
class Preview:
    """Times are RFC 3339 in UTC. `build` is the beginning of its manifest's digest; `earlier` are builds of the same
    life that it replaced, newest first. `archive` is what its uploader called it.
    `until` is when it expires. `end` and `ended_at` say that it is over."""

    name: str
    build: str
    entrypoint: str
    entry: Entry
    entry_bytes: int
    files: int
    total_bytes: int
    git_commit: str | None
    archive: str
    upload_id: str
    uploaded_at: str
    published_by: str
    until: str
    earlier: tuple[str, ...] = ()
    comparison: Comparison | None = None
    """None if the widget has no stable release."""
    signed: Signed | None = None
    end: End | None = None
    ended_at: str | None = None

    def is_served(self, now: datetime) -> bool:
        return self.end is None and not self.is_due(now)

    def is_due(self, now: datetime) -> bool:
        """Whether its time is over, and the record does not say so yet."""
        return self.end is None and datetime.fromisoformat(self.until) <= now

    def is_newer(self, other: Preview) -> bool:
        """Whether it was uploaded after another. S3's events are of a second: within one, the ids decide."""
        return (self.uploaded_at, self.upload_id) > (other.uploaded_at, other.upload_id)

    def summary(self) -> dict[str, Any]:
        """What events and documents say of a preview."""
        return {
            "preview": self.name,
            "build": self.build,
            "entrypoint": self.entrypoint,
            "kind": self.entry.kind.value,
            "files": self.files,
            "total_bytes": self.total_bytes,
            "git_commit": self.git_commit,
            "until": self.until,
            "uploaded_at": self.uploaded_at,
            "published_by": self.published_by,
            "comparison": self.comparison.to_dict() if self.comparison else None,
            "signed_by": self.signed.identity if self.signed else None,
        }


@dataclass(frozen=True)
class PreviewsRecord:
    """A widget's previews, by name; those that have ended, too, for `KEPT_ENDED`. `revision` counts the record's
    writes; 0 is a record not yet written."""

    widget: str
    previews: tuple[Preview, ...] = ()
    revision: int = 0

    def find(self, name: str) -> Preview | None:
        return next((each for each in self.previews if each.name == name), None)

    def served(self, now: datetime) -> list[Preview]:
        return [each for each in self.previews if each.is_served(now)]

    @property
    def is_watched(self) -> bool:
        """Whether one of them will expire."""
        return any(each.end is None for each in self.previews)


Change = tuple[PreviewsRecord, tuple[Event, ...]]


def check_room(record: PreviewsRecord, name: str, now: datetime) -> None:
    """Whether one of this name may be published.

    Raises:
        Refused: `previews_full`.
    """
    others = [each for each in record.served(now) if each.name != name]
    if len(others) >= MAX_PREVIEWS:
        first = min(others, key=lambda each: each.until)
        raise Refused(
            "previews_full",
            f"{record.widget} has {len(others)} previews, and at most {MAX_PREVIEWS} are served at a time.",
            f"The next to expire is {first.name}, at {first.until}. To end one: "
            f"edgeship preview remove {record.widget} {first.name}.",
        )


def publish_preview(record: PreviewsRecord, preview: Preview, occasion: Occasion) -> Change | None:
    """Serve a preview, instead of what its name led to; None if a newer upload, or this one, came first.

    Raises:
        Refused: `previews_full`, or `preview_over`: its time is over already.
    """
    held = record.find(preview.name)
    if held is not None and not preview.is_newer(held):
        return None
    if preview.is_due(occasion.at):
        raise Refused(
            "preview_over",
            f"Preview {preview.name} of {record.widget} was to be served until {preview.until}, and that is over.",
            "Publish it again.",
        )
    record, events = expire_previews(record, occasion)
    check_room(record, preview.name, occasion.at)
    held = record.find(preview.name)
    if held is not None and held.end is None:
        builds = [each for each in (held.build, *held.earlier) if each != preview.build]
        preview = replace(preview, earlier=tuple(builds[:MAX_EARLIER]))
    old = held.summary() if held is not None and held.end is None else None
    event = _event(EventType.PREVIEW_PUBLISHED, record, preview, old, preview.summary(), occasion)
    return _with(record, [preview], occasion.at), (*events, event)


def expire_previews(record: PreviewsRecord, occasion: Occasion) -> Change:
    """End those whose time is over; no events where there is none."""
    due = [each for each in record.previews if each.is_due(occasion.at)]
    ended = [_ended(each, End.EXPIRED, occasion) for each in due]
    events = (_event(EventType.PREVIEW_EXPIRED, record, each, each.summary(), None, occasion) for each in due)
    return _with(record, ended, occasion.at), tuple(events)


def remove_preview(record: PreviewsRecord, name: str, occasion: Occasion) -> Change:
    """End one before its time.

    Raises:
        Refused: `preview_missing`.
    """
    held = record.find(name)
    if held is None or not held.is_served(occasion.at):
        raise Refused(
            "preview_missing",
            f"{record.widget} serves no preview {name}.",
            f"See edgeship preview list {record.widget}.",
        )
    event = _event(EventType.PREVIEW_REMOVED, record, held, held.summary(), None, occasion)
    return _with(record, [_ended(held, End.REMOVED, occasion)], occasion.at), (event,)


def _ended(preview: Preview, end: End, occasion: Occasion) -> Preview:
    """What is kept of one: enough to know its upload again."""
    return replace(preview, end=end, ended_at=timestamp(occasion.at), earlier=(), comparison=None)


def _with(record: PreviewsRecord, changed: Iterable[Preview], now: datetime) -> PreviewsRecord:
    by_name = {each.name: each for each in (*record.previews, *changed)}
    since = timestamp(now - KEPT_ENDED)
    ended = sorted((each.ended_at, name) for name, each in by_name.items() if each.ended_at is not None)
    remembered = {name for at, name in ended[-MAX_ENDED:] if at > since}
    kept = (each for name, each in sorted(by_name.items()) if each.end is None or name in remembered)
    return replace(record, previews=tuple(kept))


def _event(
    kind: EventType,
    record: PreviewsRecord,
    preview: Preview,
    old: dict[str, Any] | None,
    new: dict[str, Any] | None,
    occasion: Occasion,
) -> Event:
    return Event.of(kind, occasion, record.widget, (preview.name, preview.upload_id), old=old, new=new)
