"""The store of one edge location and the rules of how long it keeps what. Pure: the clock is an argument.

Rules of the CloudFront Developer Guide: Expiration (s-maxage, else max-age, else Expires, clamped to the policy's
minimum and maximum; no-store, no-cache and private count only when the minimum is 0), HTTPStatusCodes and
custom-error-pages-expiration (errors are kept for the error caching minimum TTL or, when longer, as their headers say).
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from multidict import CIMultiDict, CIMultiDictProxy

from edgeship.local.cdn.distribution import CachePolicy

DEFAULT_CAPACITY = 256 * 1024 * 1024
"""Bytes of bodies and headers held at most."""

_ALWAYS_CACHED_ERRORS = frozenset({404, 410, 414, 500, 501, 502, 503, 504})
_CACHED_ERRORS_IF_TOLD = frozenset({400, 403, 405, 412, 415})
_OVERHEAD = 512  # of an entry beyond its bytes; keeps a flood of empty answers bounded


@dataclass(frozen=True)
class CacheKey:
    """`path` as sent to the origin, `query` its selected part; `variant` what else the cache policy selects."""

    path: str
    query: str = ""
    variant: tuple[str, ...] = ()

    @property
    def uri(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


@dataclass(frozen=True)
class Stored:
    """An answer as it is sent, compressed perhaps, and the Unix times it came and stays fresh until.

    `etag` is the origin's own, to ask it whether the answer is still current: compression weakens the one in `headers`.
    """

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    received_at: float
    fresh_until: float
    etag: str | None = None

    @property
    def size(self) -> int:
        return len(self.body) + sum(len(k) + len(v) for k, v in self.headers.items()) + _OVERHEAD

    def is_fresh(self, now: float) -> bool:
        return now < self.fresh_until

    def age(self, now: float) -> int:
        """Whole seconds since the origin made it."""
        initial = self.headers.get("Age", "0")
        return int(max(0.0, now - self.received_at)) + (int(initial) if initial.isdigit() else 0)


@dataclass(frozen=True)
class Freshness:
    """Whether an answer is stored at all, and for how many seconds it is served unasked."""

    store: bool
    seconds: float


def freshness(
    status: int, headers: Mapping[str, str], policy: CachePolicy, error_min_ttl: float, now: float
) -> Freshness:
    """How long an answer to GET or HEAD is kept; `now` is a Unix time, compared with Expires."""
    directives = cache_control(headers.get("Cache-Control", ""))
    told = _told_seconds(directives, headers, now)
    if status >= 400:
        if status not in _ALWAYS_CACHED_ERRORS and not (status in _CACHED_ERRORS_IF_TOLD and told is not None):
            return Freshness(store=False, seconds=0)
        seconds = max(min(told or 0.0, policy.max_ttl), error_min_ttl)
        return Freshness(store=seconds > 0, seconds=seconds)
    if status == 206 or policy.max_ttl == 0:
        return Freshness(store=False, seconds=0)
    if {"no-store", "private", "no-cache"} & directives.keys():
        if policy.min_ttl > 0:
            return Freshness(store=True, seconds=policy.min_ttl)
        return Freshness(store=directives.keys().isdisjoint({"no-store", "private"}), seconds=0)
    seconds = policy.default_ttl if told is None else told
    return Freshness(store=True, seconds=min(max(seconds, policy.min_ttl), policy.max_ttl))


def may_serve_stale(headers: Mapping[str, str]) -> bool:
    """Whether a stale answer may stand in while the origin fails.

    CloudFront serves what it has when the origin answers 5xx or not at all, unless the object's own Cache-Control
    forbids it (Developer Guide, HTTPStatusCodes; stale-content).
    """
    directives = cache_control(headers.get("Cache-Control", ""))
    forbidden = {"no-cache", "must-revalidate", "proxy-revalidate"} & directives.keys()
    return not forbidden and directives.get("stale-if-error") != "0"


def cache_control(value: str) -> dict[str, str]:
    """The directives of a Cache-Control header, lower case, each with its argument ("" for none)."""
    directives = {}
    for part in value.split(","):
        name, _, argument = part.strip().partition("=")
        if name:
            directives[name.strip().lower()] = argument.strip().strip('"')
    return directives


def _told_seconds(directives: Mapping[str, str], headers: Mapping[str, str], now: float) -> float | None:
    for name in ("s-maxage", "max-age"):
        if directives.get(name, "").isdigit():
            return float(directives[name])
    if "Expires" in headers:
        try:
            expires = parsedate_to_datetime(headers["Expires"])
        except ValueError:
            return 0.0  # RFC 9111 5.3: an invalid date, "0" above all, is in the past
        if expires.tzinfo is None:
            expires = expires.replace(tzinfo=UTC)
        return max(0.0, expires.timestamp() - now)
    return None


class Cache:
    """Least recently used goes first when the capacity is exceeded."""

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        self._capacity = capacity
        self._entries: OrderedDict[CacheKey, Stored] = OrderedDict()
        self.size = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: CacheKey) -> Stored | None:
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    def put(self, key: CacheKey, entry: Stored) -> None:
        """Keep `entry`, unless it alone exceeds the capacity."""
        self.drop(key)
        if entry.size > self._capacity:
            return
        self._entries[key] = entry
        self.size += entry.size
        while self.size > self._capacity:
            _, oldest = self._entries.popitem(last=False)
            self.size -= oldest.size

    def drop(self, key: CacheKey) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.size -= entry.size

    def purge(self, paths: Iterable[str]) -> int:
        """Drop every entry that one of an invalidation's `paths` covers; the number dropped.

        A path covers one URI, query string included; a trailing `*` covers every URI that begins so (Developer
        Guide, invalidation-specifying-objects). All variants of a URI go together.
        """
        covers = [_InvalidationPath(path) for path in paths]
        doomed = [key for key in self._entries if any(c.covers(key.uri) for c in covers)]
        for key in doomed:
            self.drop(key)
        return len(doomed)


class _InvalidationPath:
    def __init__(self, path: str) -> None:
        path = path if path.startswith("/") else "/" + path
        self._prefix = path[:-1] if path.endswith("*") else None
        self._exact = path

    def covers(self, uri: str) -> bool:
        return uri.startswith(self._prefix) if self._prefix is not None else uri == self._exact


def frozen_headers(pairs: Iterable[tuple[str, str]]) -> CIMultiDictProxy[str]:
    return CIMultiDictProxy(CIMultiDict(pairs))


_QUALITY_ZERO = re.compile(r";\s*q=0(\.0*)?\s*$")


def accepted_encodings(policy: CachePolicy, accept_encoding: str) -> str:
    """The Accept-Encoding that goes into the cache key and to the origin: `br,gzip`, `br`, `gzip` or nothing.

    CloudFront normalises the viewer's header to what the policy enables (Developer Guide, cache-policy-compressed
    objects).
    """
    tokens = [t.strip().lower() for t in accept_encoding.split(",")]
    named = {t.split(";")[0].strip() for t in tokens if not _QUALITY_ZERO.search(t)}
    enabled = (("br", policy.brotli), ("gzip", policy.gzip))
    return ",".join(name for name, on in enabled if on and (name in named or "*" in named))
