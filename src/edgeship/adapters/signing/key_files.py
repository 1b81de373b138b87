"""Keys in PEM files (RFC 7468), as OpenSSL writes them."""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted

_MAX_BYTES = 64 * 1024


class KeyFileSigner:
    """The `Signer` port, by a private key that lies in a file."""

    def __init__(self, key: Ed25519PrivateKey | EllipticCurvePrivateKey) -> None:
        self._key = key

    @classmethod
    def read(cls, location: Path) -> KeyFileSigner:
        """
        Raises:
            Refused: `key_invalid`. The message has nothing of the file's contents.
        """
        try:
            key = load_pem_private_key(_content(location), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise _invalid(location, "is no private key in PEM, or it has a passphrase") from None
        if isinstance(key, Ed25519PrivateKey):
            return cls(key)
        if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
            return cls(key)
        raise _invalid(location, "is no key of Ed25519 or of ECDSA over P-256")

    @property
    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, message: bytes) -> bytes:
        if isinstance(self._key, Ed25519PrivateKey):
            return self._key.sign(message)
        return self._key.sign(message, ECDSA(SHA256()))


def read_public_key(location: Path) -> bytes:
    """The SubjectPublicKeyInfo, in DER, of a PEM file with a public key.

    Raises:
        Refused: `key_invalid`.
    """
    content = _content(location)
    if b"PRIVATE KEY-----" in content:
        raise _invalid(location, "holds a private key, which stays where it signs", "Give the file of its public key.")
    try:
        key = load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        raise _invalid(location, "is no public key in PEM") from None
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _content(location: Path) -> bytes:
    try:
        with location.open("rb") as file:
            return file.read(_MAX_BYTES)
    except OSError as fault:
        raise _invalid(location, f"can't be read: {fault.strerror}", "Make it readable.") from None


def _invalid(location: Path, what: str, remedy: str = "") -> Refused:
    return Refused(
        "key_invalid",
        f"{quoted(str(location))} {what}.",
        remedy or "Make a key: openssl genpkey -algorithm ed25519 -out key.pem",
    )
