"""Simulated browsers: they load a widget through the CDN, do what its bytes say, and send the beacon that a page's
telemetry would.

No JavaScript runs here; what a page view meets is read from the bytes that the CDN served, so that a browser is as well
as the release that it got. One user after the other of a fixed population comes by.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import math
import random
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import aiohttp

USERS = 100
"""Few enough that one of the 1 % comes by every few seconds."""
VIEWS_OF_A_BROWSER = 10.0
"""In a second, at most. There are as many browsers as the rate needs, and no more: each is one more copy of the
functions behind it to start."""

_SOMETIMES = re.compile(rb"Math\.random\(\) < (0\.\d+)\) this\.(\w+)\(\)")
_ASKS = re.compile(rb"fetch\('https://([a-z.]+)/")
_THROWN = {"summarise": "Cannot read properties of undefined (reading 'lines')"}


@dataclass
class World:
    """What the widget's backends do; `down` are the hosts that answer 503."""

    down: set[str] = field(default_factory=set)


def error_of(body: bytes, world: World, chance: float) -> str | None:
    """What a page view of these bytes throws; `chance`, in [0, 1), is its Math.random()."""
    sometimes = _SOMETIMES.search(body)
    if sometimes is not None and chance < float(sometimes[1]):
        return _THROWN.get(sometimes[2].decode(), "it threw")
    asked = _ASKS.search(body)
    if asked is not None and asked[1].decode() in world.down:
        return "rates of the day: 503"
    return None


def telemetry_query(beacon: Mapping[str, Any]) -> str:
    """The query of a beacon, as telemetry.js writes it."""
    text = json.dumps(beacon, separators=(",", ":"))
    return f"d={base64.urlsafe_b64encode(text.encode()).decode().rstrip('=')}"


def frames_of(body: bytes, path: str, thrown: str) -> list[str]:
    """Where a browser says that it was thrown, if it is a property that these bytes read."""
    name = re.search(r"\(reading '(\w+)'\)", thrown)
    at = body.find(f".{name[1]}.".encode()) if name else -1
    if at < 0:
        return []
    line, column = body.count(b"\n", 0, at) + 1, at - body.rfind(b"\n", 0, at) + 1
    return [f"{path}:{line}:{column}"]


class Crowd:
    """Browsers that come by until the block ends, `rate` page views a second at most."""

    def __init__(self, edge_url: str, path: str, rate: float, seed: int = 1, noise: float = 0) -> None:
        """`path` is the entrypoint's, such as `/checkout/latest/widget.js`; its first segment names the widget.

        `noise` is the share of page views that fail with any version: old browsers, extensions.
        """
        self.world = World()
        self.served: Counter[str] = Counter()
        """Page views by version."""
        self.last_served: dict[str, float] = {}
        """When each version was served last, by the monotonic clock."""
        self.failed: Counter[str] = Counter()
        self.lost = 0
        """Page views without an answer."""
        self._edge_url = edge_url
        self._path = path
        self._widget = path.split("/")[1]
        self._browsers = math.ceil(rate / VIEWS_OF_A_BROWSER)
        self._pause = self._browsers / rate
        self._noise = noise
        self._random = random.Random(seed)  # noqa: S311  not for cryptography
        self._users = itertools.cycle(f"user-{number}" for number in range(USERS))
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._come_by()), name="edgeship-crowd", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()

    async def _come_by(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as client:
            await asyncio.gather(*(self._browse(client) for _ in range(self._browsers)))

    async def _browse(self, client: aiohttp.ClientSession) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                await self._view(client, next(self._users))
            except (aiohttp.ClientError, TimeoutError):
                self.lost += 1
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(max(0.0, self._pause - (time.monotonic() - began)))

    async def _view(self, client: aiohttp.ClientSession, user: str) -> None:
        began = time.monotonic()
        async with client.get(f"{self._edge_url}{self._path}?user={user}") as answer:
            body = await answer.read()
            version = answer.headers.get("x-amz-meta-version")
        if answer.status != 200 or version is None:
            self.lost += 1
            return
        self.served[version] += 1
        self.last_served[version] = time.monotonic()
        thrown = error_of(body, self.world, self._random.random())
        if thrown is None and self._random.random() < self._noise:
            thrown = "ResizeObserver is not defined"
        beacon: dict[str, Any] = {
            "v": 1,
            "w": self._widget,
            "r": version,
            "i": secrets.token_hex(8),
            "n": 0,
            "s": 1,
            "l": round((time.monotonic() - began) * 1000),
            "m": round(self._random.uniform(20, 40), 1),
        }
        if thrown is not None:
            self.failed[version] += 1
            frames = frames_of(body, self._path.rpartition("/")[2], thrown)
            beacon |= {"f": 1, "e": [[thrown, 1, frames] if frames else [thrown, 1]]}
        async with client.get(f"{self._edge_url}/telemetry?{telemetry_query(beacon)}") as answer:
            await answer.read()
