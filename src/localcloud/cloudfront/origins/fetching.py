"""Answers from the cache, and from the origin when the cache cannot."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate
from enum import StrEnum

from multidict import CIMultiDict, CIMultiDictProxy

from localcloud.cloudfront import compression
from localcloud.cloudfront.distribution import Behavior
from localcloud.cloudfront.freshness import Freshness, freshness, may_serve_stale
from localcloud.http.cache import Cache, CacheKey, Stored
from localcloud.http.exchange import Answer, Request
from localcloud.http.origin import Origin, OriginTimedOut, OriginUnavailable


class Source(StrEnum):
    """The value of X-Cache."""

    HIT = "Hit from cloudfront"
    MISS = "Miss from cloudfront"
    REFRESH_HIT = "RefreshHit from cloudfront"
    ERROR = "Error from cloudfront"
    LAMBDA = "LambdaGeneratedResponse from cloudfront"
    LAMBDA_VALIDATION_ERROR = "LambdaValidationError from cloudfront"
    LAMBDA_EXECUTION_ERROR = "LambdaExecutionError from cloudfront"
    FUNCTION = "FunctionGeneratedResponse from cloudfront"


@dataclass(frozen=True)
class Obtained:
    """`stored` when the answer was in the cache before, whatever X-Cache says of it."""

    answer: Stored
    source: Source
    stored: bool = False


@dataclass(frozen=True)
class _Fetched:
    obtained: Obtained
    shareable: bool


class Fetcher:
    """The cache of one edge location and its requests under way: one for each key at a time.

    Not thread safe: used from one event loop.
    """

    def __init__(self, cache: Cache, clock: Callable[[], float] = time.time) -> None:
        self._cache = cache
        self._clock = clock
        self._flights: dict[CacheKey, asyncio.Task[_Fetched]] = {}
        self._purges = 0

    def now(self) -> float:
        return self._clock()

    def purge(self, paths: list[str]) -> int:
        """As `Cache.purge`; answers still under way may be older than it: they are neither stored nor shared anew."""
        self._purges += 1
        self._flights.clear()
        return self._cache.purge(paths)

    async def obtain(
        self, key: CacheKey, behavior: Behavior, origin: Origin, request: Request, error_ttl: Callable[[int], float]
    ) -> Obtained:
        """The answer to `request`, which is as the origin would get it.

        Args:
            error_ttl: the error caching minimum TTL of a status, in seconds.

        Raises:
            OriginUnavailable, OriginTimedOut: and nothing stale may stand in.
        """
        entry = self._cache.get(key)
        if entry is not None and entry.is_fresh(self._clock()):
            return Obtained(entry, _source(entry.status, Source.HIT), stored=True)
        flight = self._flights.get(key)
        if flight is not None:
            fetched = await asyncio.shield(flight)
            if fetched.shareable:
                return Obtained(
                    fetched.obtained.answer, _source(fetched.obtained.answer.status, Source.HIT), stored=True
                )
            return (await self._fetch(key, behavior, origin, request, error_ttl)).obtained
        flight = asyncio.create_task(self._fetch(key, behavior, origin, request, error_ttl))
        self._flights[key] = flight
        flight.add_done_callback(lambda done: self._landed(key, done))
        # Shielded: a viewer that goes away must not take the others' answer along.
        return (await asyncio.shield(flight)).obtained

    def _landed(self, key: CacheKey, flight: asyncio.Task[_Fetched]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        # Looked at here, so that a failure nobody waits for any more is not reported as never retrieved.
        if not flight.cancelled():
            flight.exception()

    async def _fetch(
        self, key: CacheKey, behavior: Behavior, origin: Origin, request: Request, error_ttl: Callable[[int], float]
    ) -> _Fetched:
        stale = self._cache.get(key)
        purges = self._purges
        try:
            answer = await origin.fetch(_conditional(request, stale))
        except (OriginUnavailable, OriginTimedOut):
            if stale is None or not may_serve_stale(stale.headers):
                raise
            return self._stand_in(key, stale, error_ttl(504))
        now = self._clock()
        if answer.status == 304 and stale is not None:
            refreshed = self._refreshed(stale, answer, behavior, now)
            if purges == self._purges:
                self._cache.put(key, refreshed)
            return _Fetched(Obtained(refreshed, Source.REFRESH_HIT), shareable=True)
        if answer.status >= 500 and stale is not None and may_serve_stale(stale.headers):
            return self._stand_in(key, stale, error_ttl(answer.status))
        kept = freshness(answer.status, answer.headers, behavior.cache_policy, error_ttl(answer.status), now)
        stored = await _stored(answer, kept, now, compressed=behavior.compress and "gzip" in key.variant[0])
        if kept.store and purges == self._purges:
            self._cache.put(key, stored)
        elif stale is not None:
            self._cache.drop(key)
        return _Fetched(Obtained(stored, _source(stored.status, Source.MISS)), shareable=kept.store)

    def _stand_in(self, key: CacheKey, stale: Stored, error_ttl: float) -> _Fetched:
        held = replace(stale, fresh_until=self._clock() + error_ttl)
        self._cache.put(key, held)
        return _Fetched(Obtained(held, Source.HIT, stored=True), shareable=True)

    def _refreshed(self, stale: Stored, answer: Answer, behavior: Behavior, now: float) -> Stored:
        headers = CIMultiDict(stale.headers)
        headers.popall("Age", None)
        headers["Date"] = formatdate(now, usegmt=True)
        # RFC 9111 3.2: what the 304 carries replaces what was stored; the rest stays.
        for name in ("Cache-Control", "Expires", "Date", "Age"):
            if name in answer.headers:
                headers[name] = answer.headers[name]
        kept = freshness(stale.status, headers, behavior.cache_policy, 0, now)
        return replace(stale, headers=CIMultiDictProxy(headers), received_at=now, fresh_until=now + kept.seconds)


def _conditional(request: Request, stale: Stored | None) -> Request:
    if stale is None or stale.status != 200:
        return request
    headers = request.headers.copy()
    if stale.etag is not None:
        headers["If-None-Match"] = stale.etag
    if "Last-Modified" in stale.headers:
        headers["If-Modified-Since"] = stale.headers["Last-Modified"]
    return replace(request, headers=headers)


async def _stored(answer: Answer, kept: Freshness, now: float, *, compressed: bool) -> Stored:
    dated = answer.headers.copy()
    dated.setdefault("Date", formatdate(now, usegmt=True))  # RFC 9110 6.6.1: a cache dates what comes without
    headers, body = CIMultiDictProxy(dated), answer.body
    if compressed and kept.seconds > 0 and compression.compressible(answer.status, headers, len(body)):
        headers, body = await asyncio.to_thread(compression.compress, headers, body)
    return Stored(
        status=answer.status,
        headers=headers,
        body=body,
        received_at=now,
        fresh_until=now + kept.seconds,
        etag=answer.headers.get("ETag"),
    )


def _source(status: int, otherwise: Source) -> Source:
    return Source.ERROR if status >= 400 else otherwise
