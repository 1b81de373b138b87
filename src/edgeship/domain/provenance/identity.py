"""Identities: whose signature may publish which widget.

- an identity is a public key; its private key lies in a file or in KMS, which the stack never reads
- a widget that some identity may publish takes uploads alone that one of them signed
- names and keys are unique; an identity never changes: remove it, and add another
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any, Final, Literal

from edgeship.domain.errors import Refused
from edgeship.domain.events import Event, EventType, Occasion, timestamp
from edgeship.domain.plain_text import quoted

Algorithm = Literal["ed25519", "ecdsa-p256-sha256"]
"""RFC 8032; FIPS 186-5 with SHA-256, the signature in DER (RFC 3279), as KMS gives it."""

MAX_IDENTITIES: Final = 100
"""They are one item of the table, of at most 400 KB."""
MAX_PATTERNS: Final = 20
DEFAULT_VALIDITY: Final = timedelta(days=1)
MAX_VALIDITY: Final = timedelta(days=90)
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_PATTERN = re.compile(r"[a-z0-9*-]{1,63}")


@dataclass(frozen=True)
class Identity:
    """`public_key` is its SubjectPublicKeyInfo (RFC 5280) in DER, as base64. `widgets` are names, or patterns with `*`.
    `kms_key` is the ARN of the key that signs, if KMS has it. A statement of this identity is good for
    `validity_seconds` from when it was signed."""

    name: str
    algorithm: Algorithm
    public_key: str
    widgets: tuple[str, ...]
    kms_key: str | None = None
    validity_seconds: int = int(DEFAULT_VALIDITY.total_seconds())
    added_at: str = ""
    added_by: str = ""

    @classmethod
    def of_key(
        cls,
        name: str,
        algorithm: Algorithm,
        public_key: bytes,
        widgets: tuple[str, ...],
        kms_key: str | None,
        validity_seconds: int,
    ) -> Identity:
        """An identity that is to be added, of a SubjectPublicKeyInfo in DER."""
        return cls(name, algorithm, base64.b64encode(public_key).decode(), widgets, kms_key, validity_seconds)

    @property
    def key_id(self) -> str:
        """The SHA-256 of the public key, in hex."""
        return key_id(base64.b64decode(self.public_key))

    @property
    def kind(self) -> Literal["ed25519", "ecdsa-p256", "kms"]:
        if self.kms_key is not None:
            return "kms"
        return "ed25519" if self.algorithm == "ed25519" else "ecdsa-p256"

    def may_publish(self, widget: str) -> bool:
        return any(fnmatchcase(widget, pattern) for pattern in self.widgets)

    def to_dict(self) -> dict[str, Any]:
        """What the table, events and documents say of it."""
        return {
            "name": self.name,
            "kind": self.kind,
            "algorithm": self.algorithm,
            "public_key": self.public_key,
            "key_id": self.key_id,
            "kms_key": self.kms_key,
            "widgets": list(self.widgets),
            "validity_seconds": self.validity_seconds,
            "added_at": self.added_at,
            "added_by": self.added_by,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Identity:
        """Read what `to_dict` wrote."""
        return cls(
            name=stored["name"],
            algorithm=stored["algorithm"],
            public_key=stored["public_key"],
            widgets=tuple(stored["widgets"]),
            kms_key=stored["kms_key"],
            validity_seconds=int(stored["validity_seconds"]),
            added_at=stored["added_at"],
            added_by=stored["added_by"],
        )


@dataclass(frozen=True)
class IdentitiesRecord:
    """All identities of an environment, by name. `revision` counts the record's writes; 0 is one not yet written."""

    identities: tuple[Identity, ...] = ()
    revision: int = 0

    def of_widget(self, widget: str) -> tuple[Identity, ...]:
        return tuple(identity for identity in self.identities if identity.may_publish(widget))

    def with_key(self, wanted: str) -> Identity | None:
        return next((identity for identity in self.identities if identity.key_id == wanted), None)


def key_id(public_key: bytes) -> str:
    """The SHA-256 of a SubjectPublicKeyInfo in DER, in hex: the `keyid` of a signature."""
    return hashlib.sha256(public_key).hexdigest()


def add_identity(record: IdentitiesRecord, identity: Identity, occasion: Occasion) -> tuple[IdentitiesRecord, Event]:
    """
    Raises:
        Refused: `identity_invalid`, `identity_exists` or `too_many_identities`.
    """
    _check(identity)
    for held in record.identities:
        if held.name == identity.name or held.key_id == identity.key_id:
            same = "name" if held.name == identity.name else "key"
            raise Refused(
                "identity_exists",
                f"Identity {held.name} has this {same}.",
                f"Remove it first: edgeship identity remove {held.name}.",
            )
    if len(record.identities) == MAX_IDENTITIES:
        raise Refused(
            "too_many_identities",
            f"The environment has {MAX_IDENTITIES} identities, which is the limit.",
            "Remove one that is not used, or let one publish more widgets (--widgets 'pay-*').",
        )
    added = replace(identity, added_at=timestamp(occasion.at), added_by=occasion.actor)
    named = tuple(sorted((*record.identities, added), key=lambda each: each.name))
    return replace(record, identities=named), _event(EventType.IDENTITY_ADDED, record, None, added, occasion)


def remove_identity(record: IdentitiesRecord, name: str, occasion: Occasion) -> tuple[IdentitiesRecord, Event]:
    """
    Raises:
        Refused: `identity_unknown`.
    """
    held = next((identity for identity in record.identities if identity.name == name), None)
    if held is None:
        names = ", ".join(identity.name for identity in record.identities)
        raise Refused(
            "identity_unknown",
            f"There is no identity {quoted(name)}.",
            f"There are: {names}." if names else "There are none.",
        )
    left = tuple(identity for identity in record.identities if identity is not held)
    return replace(record, identities=left), _event(EventType.IDENTITY_REMOVED, record, held, None, occasion)


def _event(
    kind: EventType, record: IdentitiesRecord, old: Identity | None, new: Identity | None, occasion: Occasion
) -> Event:
    # The record's revision makes each change a different event.
    return Event.of(
        kind,
        occasion,
        None,
        (record.revision,),
        old=old.to_dict() if old else None,
        new=new.to_dict() if new else None,
    )


def _check(identity: Identity) -> None:
    if not _NAME.fullmatch(identity.name):
        raise _invalid(
            f"Name {quoted(identity.name)} is not valid.", "Use 1 to 63 lowercase letters, digits and hyphens."
        )
    if not 0 < len(identity.widgets) <= MAX_PATTERNS:
        raise _invalid(
            f"It has {len(identity.widgets)} patterns of widgets.", f"Give 1 to {MAX_PATTERNS}, such as 'pay-*'."
        )
    for pattern in identity.widgets:
        if not _PATTERN.fullmatch(pattern):
            raise _invalid(f"{quoted(pattern)} is no widget's name or pattern.", "Write checkout, pay-* or *.")
    if not 0 < identity.validity_seconds <= MAX_VALIDITY.total_seconds():
        raise _invalid(
            f"A statement can't be good for {identity.validity_seconds:,} s.",
            f"Give more than 0, and at most {MAX_VALIDITY.days} days.",
        )


def _invalid(reason: str, remedy: str) -> Refused:
    return Refused("identity_invalid", reason, remedy)
