"""The local CloudFront: serves a deployed distribution in a thread of its own, with its own event loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import aiohttp
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from edgeship.local.cdn import distribution as distributions
from edgeship.local.cdn.cache import Cache
from edgeship.local.cdn.edge_runtime import EdgeRuntime, download
from edgeship.local.cdn.exchange import Answer, Request
from edgeship.local.cdn.fetching import Fetcher
from edgeship.local.cdn.invalidations import DistributionFeed
from edgeship.local.cdn.location import EdgeLocation
from edgeship.local.cdn.origins import origin_for
from edgeship.local.cdn.server import HOST, HttpServer
from edgeship.local.sandbox import SandboxSession

FEED_SECONDS = 0.5
"""Between two looks for invalidations and new configurations."""

_IMPATIENT = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2})
_LOOK_SECONDS = 0.25  # a signal that another thread took is seen by the main one after at most so long

logger = logging.getLogger(__name__)

# What edge functions print goes to a file, or to this process's standard error.
_Log = IO[bytes] | None


class LocalCdn:
    """Serves a deployed distribution until it is stopped; follows its invalidations and updates."""

    def __init__(
        self, session: SandboxSession, distribution_id: str, port: int | None = None, log: Path | None = None
    ) -> None:
        """
        Args:
            port: where to listen on 127.0.0.1; a free one when None.
            log: the file that edge functions' output is appended to; standard error when None.
        """
        # Its own session, impatient: a stop waits for the look that is under way.
        self._session = SandboxSession(session.endpoint_url, _IMPATIENT)
        self._distribution_id = distribution_id
        self._port = port or 0
        self._log = log
        self._fetcher = Fetcher(Cache())
        self._location: EdgeLocation | None = None
        self._runtimes: dict[str, EdgeRuntime] = {}
        self._started = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

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
        self._thread = threading.Thread(target=self._run, name="edgeship-cdn", daemon=True)
        self._thread.start()
        while not self._started.wait(_LOOK_SECONDS):
            continue
        if self._failure is not None:
            self._thread.join()
            raise self._failure

    def stop(self) -> None:
        """Stop it and its edge functions; returns when they are gone. Safe to call twice."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        # A start that was interrupted goes on in its thread: it is let finish, since only then it can be stopped.
        self._started.wait()
        if self._failure is None and self._loop is not None and self._stopping is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
        thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._started.is_set():
                logger.exception("the local CDN ended")
            self._failure = error
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        with self._open_log() as log:
            connector = aiohttp.TCPConnector(limit=64, keepalive_timeout=60)
            async with aiohttp.ClientSession(auto_decompress=False, connector=connector) as client:
                server = HttpServer(self._handle)
                try:
                    etag = await self._load(client, log)
                    feed = await asyncio.to_thread(DistributionFeed, self._session, self._distribution_id)
                    self._port = await server.start(self._port)
                    self._started.set()
                    await self._follow(feed, etag, client, log)
                finally:
                    await server.stop()
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

    async def _follow(self, feed: DistributionFeed, etag: str, client: aiohttp.ClientSession, log: _Log) -> None:
        assert self._stopping is not None
        while not self._stopping.is_set():
            try:
                news = await asyncio.to_thread(feed.look)
                if news.paths:
                    dropped = self._fetcher.purge(news.paths)
                    logger.info("invalidation of %s dropped %d objects", ", ".join(news.paths), dropped)
                if news.etag != etag:
                    etag = await self._load(client, log)
            except (BotoCoreError, ClientError, distributions.Unsupported) as error:
                # The emulator may be restarting its own work; the last good configuration goes on serving.
                logger.warning("cannot follow distribution %s: %s", self._distribution_id, error)
            try:
                async with asyncio.timeout(FEED_SECONDS):
                    await self._stopping.wait()
            except TimeoutError:
                continue

    async def _load(self, client: aiohttp.ClientSession, log: _Log) -> str:
        """Read the deployed configuration and serve it from now on; the ETag it had."""
        config, etag = await asyncio.to_thread(distributions.load, self._session, self._distribution_id)
        wanted = {b.viewer_request.arn for b in config.behaviors if b.viewer_request is not None}
        runtimes = {arn: self._runtimes[arn] for arn in wanted if arn in self._runtimes}
        for arn in wanted - runtimes.keys():
            code = await asyncio.to_thread(download, self._session, arn)
            runtimes[arn] = EdgeRuntime(code, self._session.endpoint_url, log)
        origins = {
            name: origin_for(client, self._session.endpoint_url, settings) for name, settings in config.origins.items()
        }
        self._location = EdgeLocation(config, origins, runtimes, self._fetcher)
        gone = [runtime for arn, runtime in self._runtimes.items() if arn not in wanted]
        self._runtimes = runtimes
        for runtime in gone:
            await runtime.close()
        return etag
