"""Content types by file extension. They are fixed, so that they do not depend on the host's MIME tables: browsers get
`nosniff`. What a page can't do without is here; for the rest, the registered types count.

Sources: https://www.iana.org/assignments/media-types and RFC 9239 (text/javascript).
"""

from __future__ import annotations

from functools import cache

from edgeship.domain.releases.registered_types import TABLE

DEFAULT = "application/octet-stream"

_TEXT = {
    "css": "text/css",
    "csv": "text/csv",
    "htm": "text/html",
    "html": "text/html",
    "js": "text/javascript",
    "md": "text/markdown",
    "mjs": "text/javascript",
    "cjs": "text/javascript",
    "txt": "text/plain",
    "vtt": "text/vtt",
    "xml": "text/xml",
}
_OTHER = {
    "aac": "audio/aac",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "eot": "application/vnd.ms-fontobject",
    "flac": "audio/flac",
    "gif": "image/gif",
    "glb": "model/gltf-binary",
    "gz": "application/gzip",
    "ico": "image/vnd.microsoft.icon",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "m3u8": "application/vnd.apple.mpegurl",
    "map": "application/json",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "ogg": "audio/ogg",
    "otf": "font/otf",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
    "ttf": "font/ttf",
    "wasm": "application/wasm",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webmanifest": "application/manifest+json",
    "webp": "image/webp",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "zip": "application/zip",
}


def content_type(path: str) -> str:
    """The Content-Type of a file, with `charset=utf-8` on text."""
    extension = path.rpartition("/")[2].rpartition(".")[2].lower()
    found = _TEXT.get(extension) or _OTHER.get(extension) or _registered().get(extension, DEFAULT)
    return f"{found}; charset=utf-8" if found.startswith("text/") else found


@cache
def _registered() -> dict[str, str]:
    types = (entry.split() for line in TABLE.splitlines() for entry in line.split(";"))
    return {extension: name for name, *extensions in filter(None, types) for extension in extensions}
