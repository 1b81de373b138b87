"""Counts HTTP requests on their way to a server, and bytes both ways, passing every one on as it is.

Both contenders go through one, so that each request counts once and as it was sent: retries, failures and requests
that an SDK makes by itself included.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import h11

HOST = "127.0.0.1"
_CHUNK = 64 * 1024
_MAX_HEAD = 64 * 1024
_SCOPE = re.compile(rb"Credential=[^/]+/\d{8}/[^/]+/([^/]+)/aws4_request")


class RequestMeter:
    """A relay on a free port of 127.0.0.1, in a thread of its own."""

    def __init__(self, upstream: str) -> None:
        """
        Args:
            upstream: the server's `http://host:port`.
        """
        parts = urlsplit(upstream)
        assert parts.hostname
        assert parts.port
        self._upstream = (parts.hostname, parts.port)
        self._counts: Counter[str] = Counter()
        self._sent = self._received = 0
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="request-meter", daemon=True)
        self._server: asyncio.Server | None = None
        self._relays: set[asyncio.Task[None]] = set()
        self.url = ""

    def counts(self) -> Counter[str]:
        """Requests so far, by the service they were signed for and their method or target: `s3 PUT`."""
        with self._lock:
            return Counter(self._counts)

    def total(self) -> int:
        return self.counts().total()

    def traffic(self) -> tuple[int, int]:
        """Bytes so far, heads included: to the server, and from it."""
        with self._lock:
            return self._sent, self._received

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._accept, HOST, 0), self._loop
        ).result()
        self.url = f"http://{HOST}:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        assert self._server
        self._server.close()
        relays = list(self._relays)
        for relay in relays:
            relay.cancel()
        await asyncio.gather(*relays, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay = asyncio.current_task()
        assert relay
        self._relays.add(relay)
        # Cancelled only by __exit__; asyncio would log a callback that ends cancelled.
        with contextlib.suppress(ConnectionError, asyncio.CancelledError), contextlib.closing(writer):
            there_reader, there_writer = await asyncio.open_connection(*self._upstream)
            with contextlib.closing(there_writer):
                answers = asyncio.create_task(_pass_on(there_reader, writer, self._came))
                try:
                    await _pass_on(reader, there_writer, self._went(_RequestParser(self._count)))
                    await answers
                finally:
                    answers.cancel()
        self._relays.discard(relay)

    def _went(self, parser: _RequestParser) -> Callable[[bytes], None]:
        def take(data: bytes) -> None:
            with self._lock:
                self._sent += len(data)
            parser.feed(data)

        return take

    def _came(self, data: bytes) -> None:
        with self._lock:
            self._received += len(data)

    def _count(self, request: h11.Request) -> None:
        headers = dict(request.headers)
        scope = _SCOPE.search(headers.get(b"authorization", b""))
        service = scope[1] if scope else b"unsigned"
        target = headers.get(b"x-amz-target", b"").rpartition(b".")[2]
        with self._lock:
            self._counts[f"{service.decode()} {(target or request.method).decode()}"] += 1


class _RequestParser:
    """Finds the requests in one connection's bytes, one after the other, whatever is answered to them."""

    def __init__(self, found: Callable[[h11.Request], None]) -> None:
        self._found = found
        self._parser = h11.Connection(h11.SERVER, _MAX_HEAD)

    def feed(self, data: bytes) -> None:
        self._parser.receive_data(data)
        while True:
            event = self._parser.next_event()
            if event is h11.NEED_DATA or isinstance(event, h11.ConnectionClosed):
                return
            if isinstance(event, h11.Request):
                self._found(event)
            elif isinstance(event, h11.EndOfMessage):
                # A parser of its own for each request: one parser would wait for the answer to be told to it.
                rest, _ = self._parser.trailing_data
                self._parser = h11.Connection(h11.SERVER, _MAX_HEAD)
                if rest:  # no bytes would mean the connection's end
                    self._parser.receive_data(rest)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Callable[[bytes], None]) -> None:
    while data := await reader.read(_CHUNK):
        seen(data)
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
