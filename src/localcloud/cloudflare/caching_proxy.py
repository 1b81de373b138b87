"""What Cloudflare's cache does with a request, in front of one origin.

As of a zone with a Cache Rule that makes every file eligible and leaves the time to the origin's Cache-Control:
https://developers.cloudflare.com/cache/concepts/default-cache-behavior/
https://developers.cloudflare.com/cache/concepts/cache-responses/
Not imitated: revalidation (an expired object is fetched anew, whole), ranges (the whole is sent, RFC 9110 14.2),
compression, and caching of what has no Cache-Control or is neither 200 nor a redirect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from enum import StrEnum

from multidict import CIMultiDict

from localcloud.http.cache import Cache, CacheKey, Stored, cache_control, frozen_headers
from localcloud.http.conditional import not_modified
from localcloud.http.exchange import Answer, Request
from localcloud.http.origin import Origin, OriginTimedOut, OriginUnavailable


class CacheStatus(StrEnum):
    """The value of CF-Cache-Status."""

    HIT = "HIT"
    MISS = "MISS"
    EXPIRED = "EXPIRED"
    DYNAMIC = "DYNAMIC"
    BYPASS = "BYPASS"


# RFC 9110 7.6.1, and what is of the connection by its nature.
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"}
    | {"transfer-encoding", "upgrade", "content-length", "expect", "host"}
)
# The cache holds one object a URL, whole and plain: conditions and encodings are between it and each side.
_OF_THE_VIEWER = frozenset(
    {"if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range", "range", "accept-encoding"}
)
_CACHED = frozenset({200, 301, 302, 303})
"""Source: https://developers.cloudflare.com/cache/how-to/configure-cache-status-code/#edge-ttl"""
_NOT_WITH_304 = ("Content-Length", "Content-Type", "Content-Encoding")


class CachingProxy:
    """Answers GET and HEAD from its cache, by path and query, and passes everything else through.

    Used from one event loop.
    """

    def __init__(self, cache: Cache, clock: Callable[[], float]) -> None:
        self._cache = cache
        self._clock = clock
        self._purges = 0

    def purge(self, paths: Iterable[str]) -> None:
        """As `Cache.purge`; answers still under way may be older than it: they are not stored."""
        self._purges += 1
        self._cache.purge(paths)

    async def handle(self, viewer: Request, origin: Origin) -> Answer:
        """The answer, headers complete. Nothing that the origin does raises."""
        try:
            if viewer.method not in ("GET", "HEAD"):
                answer = await origin.fetch(replace(viewer, headers=_forwarded(viewer, _HOP_BY_HOP)))
                return _labelled(answer, CacheStatus.DYNAMIC)
            return _for_viewer(await self._obtain(viewer, origin), viewer)
        except OriginUnavailable as error:
            return _trouble(502, f"The origin is unavailable: {error}")
        except OriginTimedOut:
            return _trouble(504, "The origin did not answer in time.")

    async def _obtain(self, viewer: Request, origin: Origin) -> Answer:
        key = CacheKey(viewer.path, viewer.query)
        held = self._cache.get(key)
        now = self._clock()
        if held is not None and held.is_fresh(now):
            answer = Answer(held.status, CIMultiDict(held.headers), held.body)
            answer.headers["Age"] = str(held.age(now))
            return _labelled(answer, CacheStatus.HIT)
        purges = self._purges
        headers = _forwarded(viewer, _HOP_BY_HOP | _OF_THE_VIEWER)
        headers["Accept-Encoding"] = "identity"
        answer = await origin.fetch(replace(viewer, method="GET", headers=headers, body=b""))
        # Age is the time in this cache alone: Cloudflare leaves it out of what comes from elsewhere.
        answer.headers.popall("Age", None)
        status = _verdict(answer)
        if status is not CacheStatus.MISS:
            self._cache.drop(key)
        elif purges == self._purges:
            self._store(key, answer)
        expired = status is CacheStatus.MISS and held is not None
        return _labelled(answer, CacheStatus.EXPIRED if expired else status)

    def _store(self, key: CacheKey, answer: Answer) -> None:
        now = self._clock()
        fresh_until = now + (_told_seconds(answer) or 0)
        self._cache.put(
            key, Stored(answer.status, frozen_headers(answer.headers.items()), answer.body, now, fresh_until)
        )


def _verdict(answer: Answer) -> CacheStatus:
    """MISS when an answer to GET is stored, else why it is not."""
    directives = cache_control(answer.headers.get("Cache-Control", ""))
    seconds = _told_seconds(answer)
    if {"no-store", "no-cache", "private"} & directives.keys() or "Set-Cookie" in answer.headers or seconds == 0:
        return CacheStatus.BYPASS
    return CacheStatus.MISS if answer.status in _CACHED and seconds is not None else CacheStatus.DYNAMIC


def _told_seconds(answer: Answer) -> int | None:
    """How long a shared cache may keep it; None when the origin does not say."""
    directives = cache_control(answer.headers.get("Cache-Control", ""))
    told = directives.get("s-maxage", directives.get("max-age", ""))
    return int(told) if told.isdecimal() else None


def _forwarded(viewer: Request, left_out: frozenset[str]) -> CIMultiDict[str]:
    named = {name.strip().lower() for value in viewer.headers.getall("Connection", []) for name in value.split(",")}
    left_out |= named
    return CIMultiDict((name, value) for name, value in viewer.headers.items() if name.lower() not in left_out)


def _for_viewer(answer: Answer, viewer: Request) -> Answer:
    if answer.status != 200 or not not_modified(viewer.headers, answer.headers):
        return answer
    for name in _NOT_WITH_304:
        answer.headers.popall(name, None)
    return Answer(304, answer.headers)


def _labelled(answer: Answer, status: CacheStatus) -> Answer:
    answer.headers["CF-Cache-Status"] = status
    return answer


def _trouble(status: int, explanation: str) -> Answer:
    headers = CIMultiDict({"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"})
    return _labelled(Answer(status, headers, f"{explanation}\n".encode()), CacheStatus.DYNAMIC)
