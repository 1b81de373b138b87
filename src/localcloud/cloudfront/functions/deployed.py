"""The CloudFront Functions of a distribution, as they are published, with their key value stores."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import IO, Any

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.cloudfront.distribution import Unsupported
from localcloud.cloudfront.functions.code import FunctionCode, download
from localcloud.cloudfront.functions.key_value_store import Content, StoreFeed, StoreReplica
from localcloud.cloudfront.functions.runtime import FunctionRuntime
from localcloud.sandbox import SandboxSession

STORE_DELAY_SECONDS = 2.0
"""AWS says "seconds", and promises no bound."""
LOOK_SECONDS = 0.5
"""Between two looks for news of stores."""
_CODE_EVERY = 4
"""Looks. Only a deploy publishes code."""

logger = logging.getLogger(__name__)


@dataclass
class _Store:
    feed: StoreFeed
    replica: StoreReplica
    shown: Content


class DeployedFunctions:
    """Not thread safe: used from one event loop; what it asks the emulator runs in threads."""

    def __init__(
        self,
        session: SandboxSession,
        log: IO[bytes] | None = None,
        store_delay_seconds: float = STORE_DELAY_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            log: takes what functions log; standard error when None.
            store_delay_seconds: so long after a write is seen, functions see it.
        """
        self.runtimes: dict[str, FunctionRuntime] = {}
        """By the ARN of the function; the same object for as long as this one lives."""
        self._session = session
        self._cloudfront: Any = session.client("cloudfront")
        self._log = log
        self._delay = store_delay_seconds
        self._clock = clock
        self._stores: dict[str, _Store] = {}

    async def load(self, arns: Iterable[str]) -> None:
        """Have the functions `arns`, too.

        Raises:
            Unsupported: one of them is not imitated; those from before stay.
            botocore.exceptions.ClientError: one of them is not published, or its store is missing; likewise.
        """
        for arn in set(arns) - self.runtimes.keys():
            await self._put(arn, await asyncio.to_thread(download, self._cloudfront, arn))

    async def keep(self, arns: Iterable[str]) -> None:
        """Have no functions but `arns`; called once nothing asks for the others any more."""
        for arn in self.runtimes.keys() - set(arns):
            await self.runtimes.pop(arn).close()
        in_use = {runtime.code.store for runtime in self.runtimes.values()}
        for store in self._stores.keys() - in_use:
            del self._stores[store]

    async def follow(self, stopping: asyncio.Event) -> None:
        """Show new contents of stores, and run newly published code, until `stopping`."""
        for look in itertools.count():
            if stopping.is_set():
                return
            try:
                await self._show_contents()
                if look % _CODE_EVERY == 0:
                    await self._run_published()
            except (BotoCoreError, ClientError, Unsupported) as error:
                # The emulator may be restarting its own work, or something is half deployed: what runs goes on.
                logger.warning("cannot follow CloudFront Functions: %s", error)
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await stopping.wait()
            except TimeoutError:
                continue

    async def close(self) -> None:
        while self.runtimes:
            await self.runtimes.popitem()[1].close()

    async def _show_contents(self) -> None:
        for arn, store in list(self._stores.items()):
            content = await asyncio.to_thread(store.feed.look)
            if content is not None:
                store.replica.arrive(content, self._clock())
            due = store.replica.due(self._clock())
            if due is not None:
                store.shown = due
                for runtime in self.runtimes.values():
                    if runtime.code.store == arn:
                        runtime.show(due)

    async def _run_published(self) -> None:
        for arn, runtime in list(self.runtimes.items()):
            if await asyncio.to_thread(self._published_etag, runtime.code.name) != runtime.code.etag:
                code = await asyncio.to_thread(download, self._cloudfront, arn)
                if self.runtimes.get(arn) is runtime:
                    await self._put(arn, code)

    def _published_etag(self, name: str) -> str:
        return str(self._cloudfront.describe_function(Name=name, Stage="LIVE")["ETag"])

    async def _put(self, arn: str, code: FunctionCode) -> None:
        runtime = FunctionRuntime(code, self._log)
        if code.store is not None:
            runtime.show((await self._store(code.store)).shown)
        before = self.runtimes.get(arn)
        self.runtimes[arn] = runtime
        if before is not None:
            await before.close()

    async def _store(self, arn: str) -> _Store:
        """With its content of now: only what is written later shows late."""
        if arn not in self._stores:
            feed = StoreFeed(self._session, arn)
            while (content := await asyncio.to_thread(feed.look)) is None:
                await asyncio.sleep(0)
            self._stores[arn] = _Store(feed, StoreReplica(self._delay), content)
        return self._stores[arn]
