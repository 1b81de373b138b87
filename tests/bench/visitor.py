"""A browser that keeps asking the CDN, and tells when it first got what it was to get."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event
from typing import TypeVar
from urllib.parse import quote, urlsplit

_T = TypeVar("_T")

POLL_SECONDS = 0.1


class NeverServed(RuntimeError):
    """The CDN did not come to serve the bytes in time."""


class Visitor:
    """Asks over one connection at a time, without asking caches to be passed over."""

    def __init__(self, site_url: str) -> None:
        self._address = urlsplit(site_url).netloc

    def load(self, files: Mapping[str, bytes]) -> list[str]:
        """Get every path of `files`; those whose bytes are not the expected ones."""
        connection = http.client.HTTPConnection(self._address, timeout=30)
        try:
            return [path for path, body in files.items() if _get(connection, path) != body]
        finally:
            connection.close()

    def linger(self, path: str, seconds: float) -> None:
        """Keep getting one path for a while, as the visitors of a live site do."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.load({path: b""})
            time.sleep(POLL_SECONDS)

    def insist(self, files: Mapping[str, bytes], seconds: float = 30.0) -> None:
        """Get every path of `files`, and those that differ again until none does.

        Raises:
            NeverServed: some still do after `seconds`.
        """
        deadline = time.monotonic() + seconds
        while wrong := self.load(files):
            if time.monotonic() > deadline:
                raise NeverServed(f"{len(wrong)} of {len(files)} files are not the expected ones: {wrong[0]} ...")
            time.sleep(POLL_SECONDS)
            files = {path: files[path] for path in wrong}

    def during(self, files: Mapping[str, bytes], work: Callable[[], _T], seconds: float = 90.0) -> tuple[_T, float]:
        """Do `work`, asking for `files` all the while: its result, and when all of them were first served.

        The time is of the monotonic clock and may be before or after the end of the work.

        Raises:
            NeverServed: some were not served within `seconds`, and the work was done.
        """
        over = Event()

        def watch() -> float | None:
            left = dict(files)
            while wrong := self.load(left):
                left = {path: left[path] for path in wrong}
                if over.wait(POLL_SECONDS):
                    return None
            return time.monotonic()

        with ThreadPoolExecutor(1) as pool:
            began = time.monotonic()
            watching = pool.submit(watch)
            try:
                done = work()
                wait([watching], max(1.0, began + seconds - time.monotonic()))
            finally:
                over.set()
            served = watching.result()
        if served is None:
            raise NeverServed(f"{', '.join(files)}: not served within {seconds:g} s")
        return done, served


def _get(connection: http.client.HTTPConnection, path: str) -> bytes | None:
    """What a browser ends up with: a moving path leads to the exact one, which it gets over the same connection."""
    answer, body = _request(connection, quote(path, safe="/~"))
    leads_to = answer.headers.get("location" if answer.status == 302 else "x-edgeship-location")
    if leads_to is not None:
        target = urlsplit(leads_to)
        answer, body = _request(connection, target.path + (f"?{target.query}" if target.query else ""))
    return body if answer.status == 200 else None


def _request(connection: http.client.HTTPConnection, path: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer, answer.read()
