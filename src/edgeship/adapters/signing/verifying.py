"""Verifies signatures, by `cryptography`."""

from __future__ import annotations

import base64

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from edgeship.domain.errors import Refused
from edgeship.domain.provenance.identity import Algorithm, Identity


def verify(identity: Identity, message: bytes, signature: bytes) -> bool:
    """Whether the identity's key signed the message."""
    key = load_der_public_key(base64.b64decode(identity.public_key))
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, message)
        elif isinstance(key, EllipticCurvePublicKey):
            key.verify(signature, message, ECDSA(SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def algorithm_of(public_key: bytes) -> Algorithm:
    """How a SubjectPublicKeyInfo in DER signs.

    Raises:
        Refused: `identity_invalid`: it is no key that edgeship verifies by.
    """
    try:
        key = load_der_public_key(public_key)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, Ed25519PublicKey):
        return "ed25519"
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return "ecdsa-p256-sha256"
    raise Refused(
        "identity_invalid",
        "It is no public key of Ed25519 or of ECDSA over P-256.",
        "Make one: openssl genpkey -algorithm ed25519 -out key.pem, then openssl pkey -in key.pem -pubout.",
    )
