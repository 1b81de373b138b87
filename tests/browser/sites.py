"""Small HTTP servers on loopback: one stands in for the CDN and keeps beacons, the other has somebody's page."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlsplit

CDN_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "x-amz-meta-version,ETag",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Timing-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Answer:
    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    delay: float = 0
    """Seconds."""


@dataclass(frozen=True)
class Request:
    """When it came, by the monotonic clock, and for what."""

    at: float
    target: str
    headers: Mapping[str, str]
    method: str = "GET"

    @property
    def path(self) -> str:
        return urlsplit(self.target).path


class Site:
    """A server that answers requests by their path; what it is asked for is kept."""

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self.answers: dict[str, Answer] = {}
        self._headers = headers or {}
        self._requests: list[Request] = []
        self._arrived = threading.Condition()

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[Self]:
        site = cls()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = site._answer(Request(time.monotonic(), self.path, dict(self.headers), self.command))
                time.sleep(answer.delay)
                self.send_response(answer.status)
                for name, value in {**site._headers, **answer.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_OPTIONS = do_GET  # noqa: N815  its name there

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name there
                pass

        server = cls._bind(Handler)
        site.url = f"http://127.0.0.1:{server.server_port}"
        worker = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        worker.start()
        try:
            yield site
        finally:
            server.shutdown()
            worker.join()
            server.server_close()

    url: str
    _used_ports: ClassVar[set[int]] = set()

    @classmethod
    def _bind(cls, handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
        """On a port that no test before has had: it is an origin, and the browser keeps what it got from one."""
        while True:
            server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
            if server.server_port not in Site._used_ports:
                Site._used_ports.add(server.server_port)
                return server
            server.server_close()

    def requests(self, path: str) -> list[Request]:
        with self._arrived:
            return [request for request in self._requests if request.path == path]

    def wait(self, path: str, count: int, seconds: float = 10) -> list[Request]:
        """The requests for `path`, as soon as there are `count`, or after `seconds`."""
        with self._arrived:
            self._arrived.wait_for(lambda: sum(r.path == path for r in self._requests) >= count, seconds)
        return self.requests(path)

    def _answer(self, request: Request) -> Answer:
        with self._arrived:
            self._requests.append(request)
            self._arrived.notify_all()
        return self.answers.get(request.path, Answer(b"nothing here", "text/plain", status=404))


class Cdn(Site):
    """Serves releases with the headers of the real one, and takes beacons."""

    TELEMETRY = "/telemetry"

    def __init__(self) -> None:
        super().__init__(CDN_HEADERS)
        self.answers[self.TELEMETRY] = Answer(b"", "text/plain", {"Cache-Control": "no-store"}, status=204)

    def script(self, path: str, source: str | bytes, version: str | None = None, delay: float = 0) -> None:
        """Serve a script as a moving path's is served; without `version` no header tells it."""
        headers = {"Cache-Control": "public, max-age=300, must-revalidate"}
        if version is not None:
            headers["x-amz-meta-version"] = version
        body = source.encode() if isinstance(source, str) else source
        self.answers[path] = Answer(body, "text/javascript", headers, delay=delay)

    def beacons(self, count: int = 0, path: str = TELEMETRY) -> list[dict[str, Any]]:
        """What has been reported, as soon as there are `count`, or after some seconds."""
        return [beacon(request) for request in self.wait(path, count)]


def beacon(request: Request) -> dict[str, Any]:
    (text,) = parse_qs(urlsplit(request.target).query, strict_parsing=True)["d"]
    # What a signature at the CDN changes nothing of.
    assert re.fullmatch(r"[A-Za-z0-9_-]+", text)
    document: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return document
