"""Which answers CloudFront compresses, and what that does to their headers. Pure.

Conditions of the CloudFront Developer Guide, ServingCompressedFiles. Gzip only: at AWS a viewer that accepts both gets
Brotli, which the standard library has not got; what it decodes to is the same.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping

from multidict import CIMultiDict, CIMultiDictProxy

MIN_BYTES = 1_000
MAX_BYTES = 10_000_000

_STATUSES = frozenset({200, 403, 404})
# fmt: off
_TYPES = frozenset(
    {
        "application/dash+xml", "application/eot", "application/font", "application/font-sfnt",
        "application/javascript", "application/json", "application/opentype", "application/otf", "application/pdf",
        "application/pkcs7-mime", "application/protobuf", "application/rss+xml", "application/truetype",
        "application/ttf", "application/vnd.apple.mpegurl", "application/vnd.mapbox-vector-tile",
        "application/vnd.ms-fontobject", "application/wasm", "application/xhtml+xml", "application/xml",
        "application/x-font-opentype", "application/x-font-truetype", "application/x-font-ttf",
        "application/x-httpd-cgi", "application/x-javascript", "application/x-mpegurl", "application/x-opentype",
        "application/x-otf", "application/x-perl", "application/x-ttf", "font/eot", "font/opentype", "font/otf",
        "font/ttf", "image/svg+xml", "text/css", "text/csv", "text/html", "text/javascript", "text/js", "text/plain",
        "text/richtext", "text/tab-separated-values", "text/xml", "text/x-component", "text/x-java-source",
        "text/x-script", "vnd.apple.mpegurl",
    }
)
# fmt: on


def compressible(status: int, headers: Mapping[str, str], length: int) -> bool:
    """Whether an answer of `length` bytes meets the conditions that do not depend on the viewer or the policy."""
    content_type = headers.get("Content-Type", "").split(";")[0].strip().lower()
    return (
        status in _STATUSES
        and content_type in _TYPES
        and MIN_BYTES <= length <= MAX_BYTES
        and "Content-Length" in headers
        and "Content-Encoding" not in headers
        and "no-transform" not in headers.get("Cache-Control", "").lower()
    )


def compress(headers: Mapping[str, str], body: bytes) -> tuple[CIMultiDictProxy[str], bytes]:
    """The gzip representation: a strong ETag becomes weak, and Vary names Accept-Encoding."""
    packed = gzip.compress(body, compresslevel=6, mtime=0)
    changed = CIMultiDict(headers)
    changed["Content-Encoding"] = "gzip"
    changed["Content-Length"] = str(len(packed))
    etag = changed.get("ETag")
    if etag is not None and not etag.startswith("W/"):
        changed["ETag"] = f"W/{etag}"
    vary = [v.strip() for v in changed.get("Vary", "").split(",") if v.strip()]
    if "accept-encoding" not in (v.lower() for v in vary):
        changed["Vary"] = ", ".join([*vary, "Accept-Encoding"])
    return CIMultiDictProxy(changed), packed
