"""The local CloudFront: serves a deployed distribution in a thread of its own, with its own event loop."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import aiohttp
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from localcloud.cloudfront.distribution import Distribution, Unsupported
from localcloud.cloudfront.functions.deployed import STORE_DELAY_SECONDS, DeployedFunctions
from localcloud.cloudfront.invalidations import DistributionFeed
from localcloud.cloudfront.lambda_edge.edge_runtime import EdgeRuntime, download
from localcloud.cloudfront.loading import load
from localcloud.cloudfront.location import EdgeLocation
from localcloud.cloudfront.origins.fetching import Fetcher
from localcloud.cloudfront.origins.origin import origin_for
from localcloud.http.cache import Cache
from localcloud.http.exchange import Answer, Request
from localcloud.http.server import HOST, HttpServer
from localcloud.processes.serving_thread import ServingThread
from localcloud.sandbox import SandboxSession

FEED_SECONDS = 0.5
"""Between two looks for invalidations."""
_CONFIGURATION_EVERY = 4
"""Looks. Only a deploy brings a new one; the calls are most of what an idle cloud costs."""

_IMPATIENT = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2})

logger = logging.getLogger(__name__)

# What edge functions print goes to a file, or to this process's standard error.
_Log = IO[bytes] | None


class LocalCloudFront:
    """Serves a deployed distribution until it is stopped; follows its invalidations and updates."""

    def __init__(
        self,
        session: SandboxSession,
        distribution_id: str,
        port: int | None = None,
        log: Path | None = None,
        *,
        store_delay_seconds: float = STORE_DELAY_SECONDS,
    ) -> None:
        """
        Args:
            port: where to listen on 127.0.0.1; a free one when None.
            log: the file that edge functions' output is appended to; standard error when None.
            store_delay_seconds: so long after a write to a key value store, its functions see it.
        """
        # Its own session, impatient: a stop waits for the look that is under way.
        self._session = SandboxSession(session.endpoint_url, _IMPATIENT)
        self._distribution_id = distribution_id
        self._port = port or 0
        self._log = log
        self._store_delay = store_delay_seconds
        self._fetcher = Fetcher(Cache())
        self._location: EdgeLocation | None = None
        self._runtimes: dict[str, EdgeRuntime] = {}
        self._thread = ServingThread("localcloud-cloudfront", self._serve)

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end; valid once started."""
        return f"http://{HOST}:{self._port}"

    def start(self) -> None:
        """Start and wait until it answers.

        Raises:
            OSError: the port is taken.
            Unsupported: the distribution uses a feature that is not imitated.
            ClientError: the distribution or a function cannot be read.
        """
        self._thread.start()

    def stop(self) -> None:
        """Stop it and its edge functions; returns when they are gone. Safe to call twice."""
        self._thread.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def _serve(self, answering: Callable[[], None], stopping: asyncio.Event) -> None:
        with self._open_log() as log:
            connector = aiohttp.TCPConnector(limit=64, keepalive_timeout=60)
            async with aiohttp.ClientSession(auto_decompress=False, connector=connector) as client:
                server = HttpServer(self._handle)
                functions = DeployedFunctions(self._session, log, self._store_delay)
                following = None
                try:
                    etag = await self._load(client, log, functions)
                    feed = await asyncio.to_thread(DistributionFeed, self._session, self._distribution_id)
                    self._port = await server.start(self._port)
                    answering()
                    following = asyncio.create_task(functions.follow(stopping))
                    await self._follow(stopping, feed, etag, client, log, functions)
                finally:
                    await server.stop()
                    if following is not None:
                        stopping.set()
                        await following
                    await functions.close()
                    for runtime in self._runtimes.values():
                        await runtime.close()

    def _open_log(self) -> contextlib.AbstractContextManager[_Log]:
        if self._log is None:
            return contextlib.nullcontext()
        self._log.parent.mkdir(parents=True, exist_ok=True)
        return self._log.open("ab")

    async def _handle(self, request: Request) -> Answer:
        assert self._location is not None
        return await self._location.handle(request)

    async def _follow(
        self,
        stopping: asyncio.Event,
        feed: DistributionFeed,
        etag: str,
        client: aiohttp.ClientSession,
        log: _Log,
        functions: DeployedFunctions,
    ) -> None:
        for look in itertools.count():
            if stopping.is_set():
                return
            try:
                if paths := await asyncio.to_thread(feed.invalidated):
                    dropped = self._fetcher.purge(paths)
                    logger.info("invalidation of %s dropped %d objects", ", ".join(paths), dropped)
                if look % _CONFIGURATION_EVERY == 0 and await asyncio.to_thread(feed.etag) != etag:
                    etag = await self._load(client, log, functions)
            except (BotoCoreError, ClientError, Unsupported) as error:
                # The emulator may be restarting its own work; the last good configuration goes on serving.
                logger.warning("cannot follow distribution %s: %s", self._distribution_id, error)
            try:
                async with asyncio.timeout(FEED_SECONDS):
                    await stopping.wait()
            except TimeoutError:
                continue

    async def _load(self, client: aiohttp.ClientSession, log: _Log, functions: DeployedFunctions) -> str:
        """Read the deployed configuration and serve it from now on; the ETag it had."""
        config, etag = await asyncio.to_thread(load, self._session, self._distribution_id)
        wanted = {b.viewer_request.arn for b in config.behaviors if b.viewer_request is not None}
        runtimes = {arn: self._runtimes[arn] for arn in wanted if arn in self._runtimes}
        for arn in wanted - runtimes.keys():
            code = await asyncio.to_thread(download, self._session, arn)
            runtimes[arn] = EdgeRuntime(code, self._session.endpoint_url, log)
        origins = {
            name: origin_for(client, self._session.endpoint_url, settings) for name, settings in config.origins.items()
        }
        await functions.load(_functions_of(config))
        self._location = EdgeLocation(config, origins, runtimes, self._fetcher, functions.runtimes)
        await functions.keep(_functions_of(config))
        gone = [runtime for arn, runtime in self._runtimes.items() if arn not in wanted]
        self._runtimes = runtimes
        for runtime in gone:
            await runtime.close()
        return etag


def _functions_of(config: Distribution) -> set[str]:
    return {arn for b in config.behaviors for arn in (b.request_function, b.response_function) if arn is not None}
