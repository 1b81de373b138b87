"""A signature apart from what it signs: a DSSE envelope.

Source: https://github.com/secure-systems-lab/dsse/blob/v1.0.2/envelope.md and protocol.md there.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any, Final

from edgeship.domain import strict_json
from edgeship.domain.errors import Refused

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
MAX_CARRIED: Final = 2_000
"""Characters as metadata: S3 takes 2 KB of names and values together
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html)."""
_MAX_SIGNATURES: Final = 4


@dataclass(frozen=True)
class Signature:
    """`key_id` is as in `Identity`."""

    key_id: str
    signature: bytes


@dataclass(frozen=True)
class Envelope:
    """A payload of `PAYLOAD_TYPE`, with its signatures."""

    payload: bytes
    signatures: tuple[Signature, ...]

    @property
    def signed_bytes(self) -> bytes:
        """What is signed: the payload with its type, so that it means nothing else anywhere."""
        return signed_bytes(PAYLOAD_TYPE, self.payload)

    def to_json(self) -> str:
        """The document of a `.sig.json` file: one line."""
        signatures = [{"keyid": each.key_id, "sig": _text(each.signature)} for each in self.signatures]
        document = {"payload": _text(self.payload), "payloadType": PAYLOAD_TYPE, "signatures": signatures}
        return json.dumps(document, separators=(",", ":"))

    @property
    def carried(self) -> str:
        """The document as the value of an HTTP header: base64url, not padded."""
        return base64.urlsafe_b64encode(self.to_json().encode()).decode().rstrip("=")

    @classmethod
    def from_json(cls, text: str) -> Envelope:
        """
        Raises:
            Refused: `signature_invalid`.
        """
        try:
            document = strict_json.parse(text)
            if document["payloadType"] != PAYLOAD_TYPE:
                raise invalid_signature(f"Its payload is not of the type {PAYLOAD_TYPE}.")
            listed = document["signatures"]
            if not isinstance(listed, list) or not 0 < len(listed) <= _MAX_SIGNATURES:
                raise invalid_signature(f"It has not 1 to {_MAX_SIGNATURES} signatures.")
            signatures = tuple(Signature(_str(each["keyid"]), _bytes(each["sig"])) for each in listed)
            return cls(_bytes(document["payload"]), signatures)
        except (strict_json.NotJson, ValueError, KeyError, TypeError):
            raise invalid_signature("It is no DSSE envelope.") from None

    @classmethod
    def from_carried(cls, text: str) -> Envelope:
        """Read what `carried` gives; padding, and the alphabet of plain base64, are taken, too.

        Raises:
            Refused: `signature_invalid`.
        """
        if len(text) > MAX_CARRIED:
            raise invalid_signature(f"It has {len(text):,} characters; {MAX_CARRIED:,} is the limit.")
        try:
            return cls.from_json(_bytes(text).decode())
        except ValueError:
            raise invalid_signature("It is not base64 of a DSSE envelope.") from None


def signed_bytes(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def invalid_signature(found: str) -> Refused:
    """`signature_invalid`, with what was found."""
    return Refused(
        "signature_invalid",
        f"The archive's signature is not valid. {found}",
        "Sign it again: edgeship publish --sign KEY.",
    )


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _str(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _bytes(value: Any) -> bytes:
    # Either alphabet may be met, padded or not, as the specification has it.
    text = _str(value).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise ValueError from None
