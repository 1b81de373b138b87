"""Uploads, and the record of one that was refused."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from edgeship.domain.errors import Refused
from edgeship.domain.events import Event, EventType, Occasion, timestamp
from edgeship.domain.naming import INCOMING, widget_of_key
from edgeship.domain.plain_text import cut

MAX_TEXT = 2_000
"""Characters of a reason, and of a remedy. Names in them are cut where they are quoted; the rest has room in an item of
the table, and in an event."""


@dataclass(frozen=True)
class Upload:
    """One object in the inbox. `version_id` is S3's; `sequencer` orders puts of one key."""

    key: str
    version_id: str | None
    etag: str
    sequencer: str
    size: int
    uploaded_at: datetime
    actor: str

    @property
    def upload_id(self) -> str:
        """Unique to this object, and the same in every event about it."""
        identity = "\0".join((self.key, self.version_id or self.sequencer, self.etag))
        return hashlib.sha256(identity.encode()).hexdigest()[:24]

    @property
    def tail(self) -> str:
        """The key without `incoming/`; the archive keeps it under `accepted/` or `rejected/`."""
        return self.key.removeprefix(INCOMING)


@dataclass(frozen=True)
class Rejection:
    """Why an upload was refused, and where its archive is kept."""

    upload_id: str
    widget: str | None
    key: str
    archive: str
    code: str
    reason: str
    remedy: str
    uploaded_at: str
    uploaded_by: str
    rejected_at: str
    etag: str

    def to_dict(self) -> dict[str, Any]:
        """The document stored beside the archive as `.reason.json`, and shown by `edgeship status`."""
        return {
            "widget": self.widget,
            "key": self.key,
            "archive": self.archive,
            "code": self.code,
            "reason": self.reason,
            "remedy": self.remedy,
            "uploaded_at": self.uploaded_at,
            "uploaded_by": self.uploaded_by,
            "rejected_at": self.rejected_at,
            "etag": self.etag,
            "upload_id": self.upload_id,
        }


def reject(upload: Upload, refused: Refused, archive: str, occasion: Occasion) -> tuple[Rejection, Event]:
    """Record that an upload was refused; `archive` is the key of the kept archive."""
    rejection = Rejection(
        upload_id=upload.upload_id,
        widget=widget_of_key(upload.key),
        key=upload.key,
        archive=archive,
        code=refused.code,
        reason=cut(refused.reason, MAX_TEXT),
        remedy=cut(refused.remedy, MAX_TEXT),
        uploaded_at=timestamp(upload.uploaded_at),
        uploaded_by=upload.actor,
        rejected_at=timestamp(occasion.at),
        etag=upload.etag,
    )
    event = Event.of(
        EventType.RELEASE_REJECTED,
        occasion,
        rejection.widget,
        (upload.upload_id,),
        old=None,
        new=rejection.to_dict(),
    )
    return rejection, event
