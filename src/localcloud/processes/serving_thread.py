"""A server in a thread of its own, with its own event loop."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from typing import Any

_LOOK_SECONDS = 0.25  # a signal that another thread took is seen by the main one after at most so long

logger = logging.getLogger(__name__)

Serve = Callable[[Callable[[], None], asyncio.Event], Coroutine[Any, Any, None]]
"""Takes what it calls once it answers, and the event at which it cleans up and returns."""


class ServingThread:
    """Runs a `Serve` from start() to stop(); each is called once."""

    def __init__(self, name: str, serve: Serve) -> None:
        self._name = name
        self._serve = serve
        self._answers = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start and wait until it answers.

        Raises:
            whatever kept it from answering.
        """
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()
        while not self._answers.wait(_LOOK_SECONDS):
            continue
        if self._failure is not None:
            self._thread.join()
            raise self._failure

    def stop(self) -> None:
        """Stop and wait until it has cleaned up. Safe to call twice, and without a start."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        # A start that was interrupted goes on in its thread: it is let finish, since only then it can be stopped.
        self._answers.wait()
        if self._failure is None and self._loop is not None and self._stopping is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
        thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:
            if self._answers.is_set():
                logger.exception("%s ended", self._name)
            self._failure = error
        finally:
            self._answers.set()

    async def _main(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        await self._serve(self._answers.set, self._stopping)
