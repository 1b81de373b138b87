"""Subresource-integrity strings of lock files, as hashes in hex (https://w3c.github.io/webappsec-subresource-integrity/)."""

from __future__ import annotations

import base64
import binascii
from typing import Final

_ALGORITHMS: Final = {
    "sha1": ("SHA-1", 20),
    "sha256": ("SHA-256", 32),
    "sha384": ("SHA-384", 48),
    "sha512": ("SHA-512", 64),
}


def integrity_hashes(text: str) -> tuple[tuple[str, str], ...]:
    """The algorithms, as CycloneDX names them, and their values; what is no such string is left out."""
    found = {}
    for part in text.split():
        algorithm, _, value = part.partition("?")[0].partition("-")
        if algorithm not in _ALGORITHMS:
            continue
        name, length = _ALGORITHMS[algorithm]
        try:
            digest = base64.b64decode(value, validate=True)
        except binascii.Error:
            continue
        if len(digest) == length:
            found[name] = digest.hex()
    return tuple(sorted(found.items()))
