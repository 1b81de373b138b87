"""The wire between a client and the CDN: tells what went over it, and can be cut."""

from __future__ import annotations

import http.client
import threading
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Exchange:
    """One request and the answer that it got."""

    path: str
    sent: Message
    body: bytes
    status: int
    headers: Message


class Wire:
    """Listens on a port of this machine and forwards every request to `url`, one connection for each."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).netloc
        self._server: ThreadingHTTPServer | None = None
        self._port = 0
        self.exchanges: list[Exchange] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def mend(self) -> None:
        """Listen, on the same port as before."""
        wire = self

        class Forwarder(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                wire.forward(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Nothing: the exchanges are kept."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Forwarder)
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def cut(self) -> None:
        """Refuse connections until mended."""
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    def forward(self, viewer: BaseHTTPRequestHandler) -> None:
        body = viewer.rfile.read(int(viewer.headers.get("Content-Length", 0)))
        connection = http.client.HTTPConnection(self._host, timeout=20)
        try:
            connection.request("POST", viewer.path, body, dict(viewer.headers))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        self.exchanges.append(Exchange(viewer.path, viewer.headers, body, answer.status, answer.headers))
        viewer.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in ("connection", "server", "date"):
                viewer.send_header(name, value)
        viewer.end_headers()
        viewer.wfile.write(content)

    def __enter__(self) -> Self:
        self.mend()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
