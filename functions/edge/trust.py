"""The TLS settings for talking to S3: the system's trust, of which first only Amazon's own roots are loaded.

OpenSSL parses every root when it loads a store: 25 ms for the usual 140 on a whole core, ten times that on the share
of one that a 128 MB function gets. AWS endpoints chain to the roots named here, and they are in every system's store.
Source: https://www.amazontrust.com/repository/
"""

from __future__ import annotations

import binascii
import ssl

_SUBJECTS = (b"Amazon Root CA", b"Starfield Services Root Certificate Authority", b"Starfield Class 2")
_BEGIN = "-----BEGIN CERTIFICATE-----"
_END = "-----END CERTIFICATE-----"


def amazon_context() -> ssl.SSLContext:
    """Trusts Amazon's roots, or the whole system store where that is not one file or has none of them."""
    paths = ssl.get_default_verify_paths()
    roots = b""
    if paths.cafile is not None:
        with open(paths.cafile, encoding="utf-8", errors="replace") as file:  # noqa: PTH123  pathlib costs 8 ms
            roots = b"".join(der for der in _certificates(file.read()) if any(s in der for s in _SUBJECTS))
    return ssl.create_default_context(cadata=roots) if roots else system_context()


def system_context() -> ssl.SSLContext:
    """Trusts what the system trusts."""
    return ssl.create_default_context()


def _certificates(pem: str) -> list[bytes]:
    found = []
    for block in pem.split(_BEGIN)[1:]:
        try:
            found.append(binascii.a2b_base64(block.partition(_END)[0]))
        except binascii.Error:
            continue
    return found
