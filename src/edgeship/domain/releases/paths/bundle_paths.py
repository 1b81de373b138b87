"""Which paths the files of a bundle may have."""

from __future__ import annotations

import unicodedata

from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted
from edgeship.domain.releases.paths.path_characters import forbidden_characters

MAX_PATH_BYTES = 512
"""UTF-8 bytes. S3 keys have at most 1,024 (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html),
and the widget and the version, or `latest`, are part of them."""

_SHOWN = 10
_BACKSLASHES = "Pack with a tool that writes / between folders, or rename the file."


def check_path(path: str) -> str:
    """Return `path`, in NFC, if it may become part of a URL without a change.

    Raises:
        Refused: `path_unsafe` (it would leave the release's folder) or `path_invalid` (it cannot be a clean URL).
    """
    path = unicodedata.normalize("NFC", path)
    shown = quoted(path)
    if path.startswith("/") or (len(path) > 1 and path[1] == ":"):
        raise Refused("path_unsafe", f"Entry {shown} has an absolute path.", "Pack paths relative to the bundle.")
    if ".." in path.split("/"):
        raise Refused("path_unsafe", f"Entry {shown} climbs out of the bundle ('..').", "Pack clean relative paths.")
    if any(part in ("", ".") for part in path.split("/")):
        raise Refused("path_invalid", f"Entry {shown} has an empty or '.' path segment.", "Pack clean relative paths.")
    bad = sorted(forbidden_characters(path))
    if bad:
        raise Refused(
            "path_invalid",
            f"Entry {shown} has characters that a URL would change: {' '.join(map(repr, bad[:_SHOWN]))}.",
            _BACKSLASHES if bad == ["\\"] else "Rename the file.",
        )
    if len(path.encode()) > MAX_PATH_BYTES:
        raise Refused("path_invalid", f"Entry {shown} is longer than {MAX_PATH_BYTES} bytes.", "Use a shorter path.")
    return path
