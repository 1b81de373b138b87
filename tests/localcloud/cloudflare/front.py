"""A local Cloudflare between a fake origin and a viewer, all over real sockets."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from localcloud.cloudflare.local_cloudflare import ZONE, LocalCloudflare
from localcloud.http.server import HttpServer
from tests.localcloud.stage import Clock, FakeOrigin

JS = b"let x = 1;\n"
FRESH = "public, max-age=300, must-revalidate"
TOKEN = "a-token"
EMPTY_BUCKET = 1e-9
"""Tokens a second: none comes back while a test runs."""


@dataclass(frozen=True)
class Seen:
    status: int
    headers: CIMultiDict[str]
    body: bytes

    @property
    def cache(self) -> str:
        return self.headers["CF-Cache-Status"]

    @property
    def error(self) -> int:
        """The code of a refused purge."""
        document = json.loads(self.body)
        (error,) = document["errors"]
        assert document == {"success": False, "errors": [error], "messages": [], "result": None}
        assert error["message"]
        return int(error["code"])


@dataclass
class Front:
    """A Cloudflare in front of an origin, and a viewer of both."""

    origin: FakeOrigin
    clock: Clock
    cdn: LocalCloudflare
    viewer: aiohttp.ClientSession
    upstream: HttpServer

    @property
    def host(self) -> str:
        return self.cdn.url.removeprefix("http://")

    async def get(self, target: str, method: str = "GET", data: bytes | None = None, **headers: str) -> Seen:
        named = {k.replace("_", "-"): v for k, v in headers.items()}
        url = URL(self.cdn.url + target, encoded=True)
        async with self.viewer.request(method, url, headers=named, data=data, allow_redirects=False) as answer:
            return Seen(answer.status, CIMultiDict(answer.headers), await answer.read())

    async def caches(self, *targets: str) -> list[str]:
        return [(await self.get(target)).cache for target in targets]

    async def purge(self, document: Any, token: str | None = TOKEN, zone: str = ZONE) -> Seen:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return await self.get(f"/client/v4/zones/{zone}/purge_cache", "POST", body, **headers)


@contextlib.asynccontextmanager
async def front(rate_per_second: float = 5.0, bucket: int = 25) -> AsyncIterator[Front]:
    origin, clock = FakeOrigin(), Clock()
    upstream = HttpServer(origin.handle)
    origin_url = f"http://127.0.0.1:{await upstream.start(0)}"
    try:
        async with aiohttp.ClientSession(auto_decompress=False) as viewer:
            limits: dict[str, Any] = {"rate_per_second": rate_per_second, "bucket": bucket}
            with LocalCloudflare(origin_url, token=TOKEN, clock=clock, **limits) as cdn:
                yield Front(origin, clock, cdn, viewer, upstream)
    finally:
        await upstream.stop()
