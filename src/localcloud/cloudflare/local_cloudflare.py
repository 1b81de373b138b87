"""The local Cloudflare: a caching reverse proxy in front of the local CDN, with Cloudflare's API to purge it."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import aiohttp

from localcloud.cloudflare.caching_proxy import CachingProxy
from localcloud.cloudflare.purge_api import API_PATH, PurgeApi
from localcloud.cloudflare.token_bucket import TokenBucket
from localcloud.http.cache import Cache
from localcloud.http.exchange import Answer, Request
from localcloud.http.origin import HttpOrigin, Origin
from localcloud.http.server import HOST, HttpServer
from localcloud.processes.serving_thread import ServingThread
from localcloud.sandbox import require_loopback

ZONE = "10ca110ca110ca110ca110ca110ca110"
"""The id of its only zone."""

_SENT_AS_THE_VIEWER_DID = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class LocalCloudflare:
    """Serves one origin from start() to stop(), in a thread of its own."""

    def __init__(
        self,
        origin_url: str,
        *,
        token: str,
        port: int | None = None,
        rate_per_second: float = 5.0,
        bucket: int = 25,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """
        Args:
            token: the API token that may purge.
            port: where to listen on 127.0.0.1; a free one when None.
            rate_per_second, bucket: how many purges are let through. As on the plan Pro; Free has 5 a minute.
                Source: https://developers.cloudflare.com/cache/how-to/purge-cache/#availability-and-limits
            clock: Unix time in seconds.

        Raises:
            NotLoopback: the origin is not on this machine.
        """
        self._origin_url = require_loopback(origin_url)
        self._port = port or 0
        self._proxy = CachingProxy(Cache(), clock)
        limit = TokenBucket(rate_per_second, bucket, clock())
        self._api = PurgeApi(ZONE, token, limit, self._proxy.purge, clock)
        self._thread = ServingThread("localcloud-cloudflare", self._serve)

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end; valid once started."""
        return f"http://{HOST}:{self._port}"

    @property
    def zone(self) -> str:
        """The id of the only zone."""
        return ZONE

    @property
    def api_url(self) -> str:
        """Stands for https://api.cloudflare.com/client/v4."""
        return self.url + API_PATH

    @property
    def busy(self) -> bool:
        """While true, every purge is answered 429. Any thread may set it."""
        return self._api.busy

    @busy.setter
    def busy(self, busy: bool) -> None:
        self._api.busy = busy

    @property
    def purges(self) -> list[str]:
        """As `PurgeApi.purges`, for any thread."""
        return self._api.purges

    def start(self) -> None:
        """Start and wait until it answers.

        Raises:
            OSError: the port is taken.
        """
        self._thread.start()

    def stop(self) -> None:
        """Stop it; returns when it is gone. Safe to call twice."""
        self._thread.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def _serve(self, answering: Callable[[], None], stopping: asyncio.Event) -> None:
        async with aiohttp.ClientSession(
            auto_decompress=False,
            connector=aiohttp.TCPConnector(limit=64, keepalive_timeout=60),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_SENT_AS_THE_VIEWER_DID,
        ) as client:
            server = HttpServer(functools.partial(self._handle, HttpOrigin(client, self._origin_url)))
            try:
                self._port = await server.start(self._port)
                answering()
                await stopping.wait()
            finally:
                await server.stop()

    async def _handle(self, origin: Origin, request: Request) -> Answer:
        if request.path.startswith(f"{API_PATH}/"):
            return self._api.handle(request, f"{HOST}:{self._port}")
        return await self._proxy.handle(request, origin)
