"""A web server on this machine that keeps what it is sent and answers as it is told, with or without TLS."""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass(frozen=True)
class Received:
    """A request; header names are in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes


Answer = tuple[int, dict[str, str], bytes]
Behaviour = Answer | Callable[[BaseHTTPRequestHandler], None]
"""An answer, or what is done instead of answering."""


@dataclass
class Receiver:
    """`behaviours` are for the requests to come, one each; after them it answers 200 `ok`."""

    port: int
    received: list[Received] = field(default_factory=list)
    behaviours: deque[Behaviour] = field(default_factory=deque)


@contextmanager
def receiver(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """On 127.0.0.1, at a port of the system's choice."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            kept.received.append(Received(self.path, headers, body))
            behaviour: Behaviour = kept.behaviours.popleft() if kept.behaviours else (200, {}, b"ok")
            if callable(behaviour):
                self.close_connection = True
                behaviour(self)
                return
            status, answered, content = behaviour
            self.send_response(status)
            for name, value in {"content-length": str(len(content)), **answered}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_PUT = do_POST  # noqa: N815  http.server's name

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    kept = Receiver(server.server_address[1])
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
