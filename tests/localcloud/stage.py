"""The local CDN between a fake origin and a viewer, all over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from localcloud.cloudfront.distribution import Behavior, CachePolicy, Distribution, ErrorResponse
from localcloud.cloudfront.functions.viewer_events import Function as CloudFrontFunction
from localcloud.cloudfront.location import EdgeLocation, Function
from localcloud.cloudfront.origins.fetching import Fetcher
from localcloud.http.cache import Cache
from localcloud.http.exchange import Answer, Request
from localcloud.http.origin import HttpOrigin
from localcloud.http.server import HttpServer

POLICY = CachePolicy(min_ttl=0, default_ttl=600, max_ttl=31_536_000, gzip=True, brotli=True)
DEFAULT = Behavior(None, "origin", compress=True, cache_policy=POLICY)


@dataclass
class FakeOrigin:
    """Answers with the files it holds, honours If-None-Match, and keeps the requests it got."""

    files: dict[str, Answer] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    status: int | None = None
    gate: asyncio.Event | None = None

    def put(self, path: str, body: bytes, etag: str = '"1"', **headers: str) -> None:
        named = {k.replace("_", "-"): v for k, v in headers.items()}
        self.files[path] = Answer(200, CIMultiDict({"Content-Type": "text/javascript", "ETag": etag, **named}), body)

    async def handle(self, request: Request) -> Answer:
        self.requests.append(request)
        answer = self._answer(request)
        if self.gate is not None:
            await self.gate.wait()
        return answer

    def _answer(self, request: Request) -> Answer:
        if self.status is not None:
            return Answer(self.status, CIMultiDict({"Content-Type": "text/plain"}), b"trouble")
        answer = self.files.get(request.path)
        if answer is None:
            return Answer(404, CIMultiDict({"Content-Type": "application/xml"}), b"<Error/>")
        if request.headers.get("If-None-Match") == answer.headers.get("ETag", ""):
            return Answer(304, CIMultiDict({"ETag": answer.headers["ETag"]}))
        return replace(answer, headers=answer.headers.copy())


@dataclass(frozen=True)
class Seen:
    """What a viewer got."""

    status: int
    headers: CIMultiDict[str]
    body: bytes

    @property
    def cache(self) -> str:
        return self.headers["X-Cache"].removesuffix(" from cloudfront")


@dataclass
class Clock:
    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Stage:
    origin: FakeOrigin
    clock: Clock
    fetcher: Fetcher
    upstream: HttpServer
    base_url: str
    viewer: aiohttp.ClientSession

    async def lose_origin(self) -> None:
        """From now on nothing listens where the origin was."""
        await self.upstream.stop()

    async def get(self, target: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Seen:
        named = {k.replace("_", "-"): v for k, v in headers.items()}
        url = URL(self.base_url + target, encoded=True)
        async with self.viewer.request(
            method, url, headers=named, data=body, allow_redirects=False, skip_auto_headers=("Accept-Encoding",)
        ) as answer:
            return Seen(answer.status, CIMultiDict(answer.headers), await answer.read())


@contextlib.asynccontextmanager
async def staged(
    *behaviors: Behavior,
    errors: Mapping[int, ErrorResponse] | None = None,
    functions: Mapping[str, Function] | None = None,
    js_functions: Mapping[str, CloudFrontFunction] | None = None,
    default_root_object: str = "",
    capacity: int = 1_000_000,
) -> AsyncIterator[Stage]:
    """`behaviors` before the default one, unless the last of them has no pattern and so is it."""
    origin, clock = FakeOrigin(), Clock()
    fetcher = Fetcher(Cache(capacity), clock)
    upstream = HttpServer(origin.handle)
    upstream_url = f"http://127.0.0.1:{await upstream.start(0)}"
    complete = behaviors if behaviors and behaviors[-1].pattern is None else (*behaviors, DEFAULT)
    distribution = Distribution(
        "E1", "d.cloudfront.net", complete, origins={}, errors=errors or {}, default_root_object=default_root_object
    )
    async with (
        aiohttp.ClientSession(auto_decompress=False) as client,
        aiohttp.ClientSession(auto_decompress=False) as viewer,
    ):
        origins = {"origin": HttpOrigin(client, upstream_url)}
        location = EdgeLocation(distribution, origins, functions or {}, fetcher, js_functions)
        edge = HttpServer(location.handle)
        try:
            yield Stage(origin, clock, fetcher, upstream, f"http://127.0.0.1:{await edge.start(0)}", viewer)
        finally:
            await edge.stop()
            await upstream.stop()
