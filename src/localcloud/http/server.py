"""A CDN's side towards viewers, on a port of 127.0.0.1: HTTP/1.1 with keep-alive, in front of one handler.

TLS is not terminated here, so a viewer protocol policy counts as met.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web
from multidict import CIMultiDict

from localcloud.http.exchange import Answer, Request

HOST = "127.0.0.1"


class HttpServer:
    """aiohttp in front of one handler; usable inside any event loop."""

    def __init__(self, handle: Callable[[Request], Awaitable[Answer]]) -> None:
        self._handle = handle
        self._runner: web.ServerRunner | None = None

    async def start(self, port: int) -> int:
        """Listen on `port` of 127.0.0.1, or on a free one for 0; the port.

        Raises:
            OSError: the port is taken.
        """
        # No auto-decompression of what a viewer sends: a function or an origin gets its bytes as they came.
        self._runner = web.ServerRunner(
            web.Server(self._answer, access_log=None, auto_decompress=False, keepalive_timeout=75.0),
            handle_signals=False,
            shutdown_timeout=1.0,
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, port)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, viewer: web.BaseRequest) -> web.StreamResponse:
        path, _, query = viewer.raw_path.partition("?")
        if not path.startswith("/"):  # absolute form, or the * of OPTIONS
            path = viewer.rel_url.raw_path or "/"
        request = Request(
            method=viewer.method,
            path=path,
            query=query,
            headers=CIMultiDict(viewer.headers),
            body=await viewer.read() if viewer.body_exists else b"",
            client_ip=viewer.remote or HOST,
        )
        answer = await self._handle(request)
        headers = answer.headers
        for name in ("Content-Length", "Transfer-Encoding", "Connection"):
            headers.popall(name, None)
        return web.Response(status=answer.status, reason=answer.reason, headers=headers, body=answer.body)
