"""What lies between the lab's browser and a site: pages of somebody's, and a name of the CDN for each visitor.

- `http://pages.localhost:PORT/` has the pages, and the harness that holds them in frames
- `http://v7.pages.localhost:PORT/` is the CDN for visitor 7. Browsers keep answers by URL, so no visitor gets what
another one's browser has kept, and all share one browser
- every name under localhost is this machine, in browsers too, and is as trustworthy as https
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web

from localcloud.http.server import HOST
from tests.browser.lab.site import Answered, Asked, Site

SITE = "pages.localhost"
NAME_COOKIE = "/name-cookie"
"""On the CDN's side: gives the visitor the cookie that names a user."""


@dataclass
class Visitor:
    """Who sends requests, and from where; the CDN sees `address` as a part of the User-Agent."""

    number: int
    address: str
    moves_each_time: bool = False
    """Each request comes from another address, as behind some proxies."""
    asked: list[tuple[str, int]] = field(default_factory=list)
    """Each path that the CDN was asked for, with the status of its answer."""

    def user_agent(self) -> str:
        return f"Lab/1 {self.address}{f' {len(self.asked)}' if self.moves_each_time else ''}"


@dataclass
class Network:
    """The running server. Tests change it from their thread; each change is one assignment."""

    port: int
    site: Site
    visitors: dict[int, Visitor] = field(default_factory=dict)
    pages: dict[str, Answered] = field(default_factory=dict)
    """By path, on the pages' side."""

    @property
    def url(self) -> str:
        return f"http://{SITE}:{self.port}"

    def cdn(self, number: int) -> str:
        """The CDN's origin for a visitor."""
        return f"http://v{number}.{SITE}:{self.port}"

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        host = request.host.partition(":")[0]
        if host == SITE:
            page = self.pages.get(request.path)
            return web.Response(status=404) if page is None else _response(page)
        visitor = self.visitors[int(host.removesuffix(f".{SITE}").removeprefix("v"))]
        path, _, query = request.raw_path.partition("?")
        if path == NAME_COOKIE:
            return web.Response(headers={"Set-Cookie": f"edgeship_user=user-{visitor.number}; Path=/"})
        cookie = request.headers.get("Cookie", "")
        asked = Asked(self.cdn(visitor.number), path, query, visitor.user_agent(), cookie)
        answered = await self.site.answer(asked)
        visitor.asked.append((path, answered.status))
        return _response(answered)


def _response(answered: Answered) -> web.Response:
    return web.Response(status=answered.status, headers=answered.headers, body=answered.body)


@contextmanager
def network(site: Site) -> Iterator[Network]:
    """A server in front of `site`, on a free port, with a thread and an event loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="lab network")
    thread.start()
    try:
        running = Network(0, site)
        runner = asyncio.run_coroutine_threadsafe(_listen(running), loop).result(10)
        running.port = int(runner.addresses[0][1])
        try:
            yield running
        finally:
            asyncio.run_coroutine_threadsafe(_stop(runner, site), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _listen(running: Network) -> web.ServerRunner:
    runner = web.ServerRunner(web.Server(running.handle, access_log=None), handle_signals=False)
    await runner.setup()
    await web.TCPSite(runner, HOST, 0).start()
    return runner


async def _stop(runner: web.ServerRunner, site: Site) -> None:
    await runner.cleanup()
    await site.close()
