"""The body of a purge, as Cloudflare documents it. Pure.

API: https://developers.cloudflare.com/api/resources/cache/methods/purge/
Prefixes: https://developers.cloudflare.com/cache/how-to/purge-cache/purge_by_prefix/
"""

from __future__ import annotations

import json
from dataclasses import dataclass

MAX_OPERATIONS = 100
"""Prefixes and URLs of one request, on the plans Free, Pro and Business.
Source: https://developers.cloudflare.com/cache/how-to/purge-cache/#availability-and-limits"""
MAX_SEPARATORS = 31
"""Slashes in a prefix. Source: the page on prefixes."""

MALFORMED_JSON = 6007
MALFORMED = 1012
OTHER_ZONE = 1082
EVERYTHING_AND_MORE = 1092


class MalformedPurge(ValueError):
    """The body is no purge of this zone; `code` is Cloudflare's."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Purge:
    """`operations` are the prefixes and URLs as they were asked for, `paths` what they cover: paths of an
    invalidation, as `Cache.purge` takes them."""

    operations: tuple[str, ...]
    paths: tuple[str, ...]


def read_purge(body: bytes, host: str) -> Purge:
    """Read a purge of a zone that has one host, `name:port`.

    Purging everything counts as the prefix that is the host alone. Purges by tag and by host are not imitated.

    Raises:
        MalformedPurge: as it says.
    """
    try:
        document = json.loads(body)
    except ValueError as error:
        raise MalformedPurge(MALFORMED_JSON, "Malformed JSON in request body") from error
    fields = document.keys() & {"purge_everything", "files", "prefixes"} if isinstance(document, dict) else set()
    if not fields or fields != document.keys():
        raise MalformedPurge(MALFORMED, 'Request must contain one of "purge_everything", "files" or "prefixes"')
    if "purge_everything" in fields:
        if len(fields) > 1:
            raise MalformedPurge(
                EVERYTHING_AND_MORE, 'Request cannot contain "purge_everything" and any of "files" or "prefixes"'
            )
        if document["purge_everything"] is not True:
            raise MalformedPurge(MALFORMED, '"purge_everything" must be true')
        return Purge((host,), _under_prefix(host, host))
    prefixes = _texts("prefixes", document.get("prefixes", []))
    files = _texts("files", [_url(file) for file in _array("files", document.get("files", []))])
    operations = (*prefixes, *files)
    if not 1 <= len(operations) <= MAX_OPERATIONS:
        raise MalformedPurge(MALFORMED, f"A request purges from 1 to {MAX_OPERATIONS} files and prefixes")
    under = [path for prefix in prefixes for path in _under_prefix(prefix, host)]
    return Purge(operations, (*under, *(_at_url(url, host) for url in files)))


def _array(field: str, value: object) -> list[object]:
    if not isinstance(value, list):
        raise MalformedPurge(MALFORMED, f'"{field}" must be an array')
    return value


def _texts(field: str, value: object) -> list[str]:
    listed = _array(field, value)
    texts = [text for text in listed if isinstance(text, str) and text]
    if len(texts) != len(listed):
        raise MalformedPurge(MALFORMED, f'"{field}" must hold strings that are not empty')
    for text in texts:
        if text.endswith("*"):
            raise MalformedPurge(MALFORMED, f"Unable to purge '{text}': wildcards are not supported")
    return texts


def _url(file: object) -> object:
    """A file is a URL, or an object that holds it; headers would tell apart what a custom cache key does."""
    return file.get("url") if isinstance(file, dict) else file


def _under_prefix(prefix: str, host: str) -> tuple[str, ...]:
    if "://" in prefix or "?" in prefix or "#" in prefix:
        raise MalformedPurge(
            MALFORMED, f"Unable to purge '{prefix}': a prefix is a host and a path, without scheme, query and fragment"
        )
    if prefix.count("/") > MAX_SEPARATORS:
        raise MalformedPurge(MALFORMED, f"Unable to purge '{prefix}': more than {MAX_SEPARATORS} path separators")
    found, _, path = prefix.partition("/")
    _check_host(prefix, found, host)
    path = path.rstrip("/")
    return (f"/{path}", f"/{path}/*", f"/{path}?*") if path else ("/*",)


def _at_url(url: str, host: str) -> str:
    scheme, separator, rest = url.partition("://")
    if scheme not in ("http", "https") or not separator or "#" in url:
        raise MalformedPurge(
            MALFORMED, f"Unable to purge '{url}': a file is a URL with http or https and without fragment"
        )
    found, _, path = rest.partition("/")
    _check_host(url, found, host)
    return f"/{path}"


def _check_host(asked: str, found: str, host: str) -> None:
    if found.lower() != host:
        raise MalformedPurge(OTHER_ZONE, f"Unable to purge '{asked}'. You can only purge files for this zone")
