"""Content types by file extension. They are fixed here, so that they do not depend on the host's MIME tables: browsers
get `nosniff`.

Sources: https://www.iana.org/assignments/media-types and RFC 9239 (text/javascript).
"""

from __future__ import annotations

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
    if extension in _TEXT:
        return f"{_TEXT[extension]}; charset=utf-8"
    return _OTHER.get(extension, DEFAULT)
