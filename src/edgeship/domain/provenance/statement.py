"""What a signature says: these bytes are this version of this widget, as of this time.

The payload is an in-toto Statement (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from edgeship.domain import strict_json
from edgeship.domain.events import timestamp
from edgeship.domain.provenance.envelope import invalid_signature

_STATEMENT: Final = "https://in-toto.io/Statement/v1"
_PREDICATE: Final = "urn:edgeship:publish:v1"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Statement:
    """`archive_sha256` is in hex; `signed_at` is aware."""

    widget: str
    version: str
    archive_sha256: str
    git_commit: str | None
    signed_at: datetime

    def to_payload(self) -> bytes:
        """Equal statements give equal bytes."""
        document = {
            "_type": _STATEMENT,
            "subject": [{"name": f"{self.widget}@{self.version}", "digest": {"sha256": self.archive_sha256}}],
            "predicateType": _PREDICATE,
            "predicate": {
                "widget": self.widget,
                "version": self.version,
                "gitCommit": self.git_commit,
                "signedAt": timestamp(self.signed_at),
            },
        }
        return json.dumps(document, separators=(",", ":"), sort_keys=True).encode()

    @classmethod
    def from_payload(cls, payload: bytes) -> Statement:
        """Read a payload whose signature was verified.

        Raises:
            Refused: `signature_invalid`.
        """
        try:
            document = strict_json.parse(payload.decode())
            kinds = (document["_type"], document["predicateType"])
            (subject,) = document["subject"]
            said = document["predicate"]
            statement = cls(
                widget=_text(said["widget"]),
                version=_text(said["version"]),
                archive_sha256=_text(subject["digest"]["sha256"]),
                git_commit=said["gitCommit"] if said["gitCommit"] is None else _text(said["gitCommit"]),
                signed_at=_time(said["signedAt"]),
            )
        except (strict_json.NotJson, ValueError, OverflowError, KeyError, TypeError):
            raise invalid_signature("Its payload is no statement of edgeship.") from None
        if (
            kinds != (_STATEMENT, _PREDICATE)
            or not _SHA256.fullmatch(statement.archive_sha256)
            or subject["name"] != f"{statement.widget}@{statement.version}"
        ):
            raise invalid_signature("Its payload is no statement of edgeship.")
        return statement


def _time(value: Any) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
