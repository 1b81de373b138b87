"""Keys, identities and signatures for tests."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from edgeship.adapters.signing.key_files import KeyFileSigner
from edgeship.application.provenance.sign_artifact import sign_artifact
from edgeship.domain.provenance.envelope import Envelope
from edgeship.domain.provenance.identity import Identity
from edgeship.domain.provenance.statement import Statement

SIGNED_AT = datetime(2026, 11, 23, 9, 59, tzinfo=UTC)


@dataclass(frozen=True)
class Key:
    """An Ed25519 key; the same `seed` gives the same key."""

    seed: int

    @property
    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(bytes([self.seed]) * 32)

    @property
    def pem(self) -> bytes:
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def public_pem(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def public_der(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def identity(self, name: str, *widgets: str, validity: int = 86_400) -> Identity:
        return Identity.of_key(name, "ed25519", self.public_der, widgets, None, validity)

    def sign(self, statement: Statement) -> Envelope:
        return sign_artifact(statement, KeyFileSigner(self.private))

    def signature(self, archive: bytes, widget: str, version: str, at: datetime = SIGNED_AT) -> str:
        """What an upload of the archive carries."""
        return self.sign(Statement(widget, version, hashlib.sha256(archive).hexdigest(), None, at)).carried


CI, OTHER = Key(1), Key(2)
