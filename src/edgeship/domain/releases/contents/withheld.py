"""Which files of a bundle are withheld: kept in the archive, which is private, and never published."""

from __future__ import annotations

import re

from edgeship.domain.naming import UPLOADED_MANIFEST_NAME

_WITHHELD = re.compile(
    r"(^|/)("
    r"\.(?!well-known/)"  # hidden files
    r"|__MACOSX/|(thumbs\.db|desktop\.ini)$"  # what Finder and Explorer add
    r"|__(tests|mocks|snapshots|fixtures)__/"
    r")"
    r"|\.map(\.(gz|gzip|br|zst|zstd|deflate|zz|xz|bz2|lz4|lzma|zip))*$"
    r"|\.(test|tests|spec|specs|cy|e2e)\.[^/]+$",
    re.IGNORECASE,
)


def is_public(path: str) -> bool:
    """Whether a file is published: hidden files, source maps, tests and the uploader's manifest are withheld."""
    return not _WITHHELD.search(path) and path != UPLOADED_MANIFEST_NAME
